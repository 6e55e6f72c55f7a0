/* SPDX-License-Identifier: ISC */
#include "sockd/sclock.h"

#include <stdlib.h>

#include <check.h>

START_TEST(position_counts_frames_only)
{
	struct sclock	c;
	int		i;

	sclock_start(&c, 1000000);
	ck_assert_int_eq(sclock_ms(&c), 0);
	for (i = 0; i < 50; i++)
		sclock_frame(&c, 1000000);
	ck_assert_int_eq(sclock_ms(&c), 1000);
}
END_TEST

START_TEST(jitter_does_not_move_the_mapping)
{
	static const int64_t	jitter[] = { 30000, 5000, 90000, 0, 12000, 41000, 0, 77000 };
	struct sclock		c;
	int64_t			t0 = 7000000;
	int			i;

	sclock_start(&c, t0 - 300000);		/* the first frame came late after the start */
	for (i = 1; i <= 200; i++)
		sclock_frame(&c, t0 + i * 20000 + jitter[i % 8]);
	ck_assert_int_eq(sclock_at(&c, t0 + 2500000), 2500000);
	ck_assert_int_eq(sclock_at(&c, t0 - 1), 0);
}
END_TEST

START_TEST(drift_is_followed)
{
	struct sclock	c;
	int64_t		now = 0;
	int		i;

	sclock_start(&c, 0);
	for (i = 1; i <= 50 * 600; i++) {	/* ten minutes, 200 ppm slow */
		now = (int64_t)i * 20004;
		sclock_frame(&c, now);
	}
	ck_assert_int_le(llabs(sclock_at(&c, now) - (int64_t)i * 20000), 25000);
}
END_TEST

START_TEST(another_socket_goes_on_where_the_moment_is_mapped)
{
	struct sclock	c;
	int		i;

	sclock_start(&c, 0);
	for (i = 1; i <= 50; i++)
		sclock_frame(&c, i * 20000);
	ck_assert_uint_eq(sclock_skip_to(&c, 3005000), 100);
	ck_assert_int_eq(sclock_ms(&c), 3000);
	sclock_frame(&c, 3900000);
	ck_assert_int_eq(sclock_ms(&c), 3020);
	ck_assert_int_eq(sclock_at(&c, 3900000), 3020000);
	ck_assert_uint_eq(sclock_skip_to(&c, 3900000), 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("sclock");
	TCase	*t = tcase_create("sclock");

	tcase_add_test(t, position_counts_frames_only);
	tcase_add_test(t, jitter_does_not_move_the_mapping);
	tcase_add_test(t, drift_is_followed);
	tcase_add_test(t, another_socket_goes_on_where_the_moment_is_mapped);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner	*r = srunner_create(suite());
	int	 nfailed;

	srunner_run_all(r, CK_ENV);
	nfailed = srunner_ntests_failed(r);
	srunner_free(r);
	return nfailed != 0;
}
