/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>

#include "tools/callsim/arrival.h"

#define MS	1000

START_TEST(frames_sent_ahead_are_early_by_what_waits)
{
	struct arrival		a = { 0 };
	struct arrival_frame	f;
	int			i;

	ck_assert(!arrival_take(&a, 5 * MS).has_lateness);
	for (i = 1; i < 6; i++) {	/* the lead, all at once */
		f = arrival_take(&a, 5 * MS);
		ck_assert(f.has_lateness && !f.has_jitter);
		ck_assert_int_eq(f.lateness_us, -20 * MS * i);
	}
	f = arrival_take(&a, 25 * MS);
	ck_assert_int_eq(f.lateness_us, -100 * MS);
}
END_TEST

START_TEST(a_late_frame_is_a_hole_and_moves_the_due_times)
{
	struct arrival		a = { 0 };
	struct arrival_frame	f;

	arrival_take(&a, 0);
	f = arrival_take(&a, 27 * MS);
	ck_assert_int_eq(f.lateness_us, 7 * MS);
	f = arrival_take(&a, 47 * MS);
	ck_assert(f.has_lateness);
	ck_assert_int_eq(f.lateness_us, 0);
}
END_TEST

START_TEST(a_long_pause_or_a_clear_begins_a_new_reply)
{
	struct arrival	a = { 0 };

	arrival_take(&a, 0);
	ck_assert(!arrival_take(&a, (20 + ARRIVAL_PAUSE_MS + 1) * MS).has_lateness);
	arrival_clear(&a);
	ck_assert(!arrival_take(&a, (40 + ARRIVAL_PAUSE_MS) * MS).has_lateness);
}
END_TEST

START_TEST(jitter_counts_only_when_the_reply_has_settled)
{
	struct arrival		a = { 0 };
	struct arrival_frame	f = { 0 };
	int			i;

	for (i = 0; i <= ARRIVAL_SETTLE_MS / 20; i++) {
		ck_assert(!f.has_jitter);
		f = arrival_take(&a, i * 20 * MS);
	}
	ck_assert(f.has_jitter);
	ck_assert_int_eq(f.jitter_us, 0);
	f = arrival_take(&a, (i * 20 - 3) * MS);
	ck_assert_int_eq(f.jitter_us, 3 * MS);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("arrival");
	TCase	*t = tcase_create("arrival");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, frames_sent_ahead_are_early_by_what_waits);
	tcase_add_test(t, a_late_frame_is_a_hole_and_moves_the_due_times);
	tcase_add_test(t, a_long_pause_or_a_clear_begins_a_new_reply);
	tcase_add_test(t, jitter_counts_only_when_the_reply_has_settled);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
