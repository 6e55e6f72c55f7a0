/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include <check.h>

#include "webhookd/limit.h"

/* Events that happen from 0 on as early as they may; the time of the nth. */
static int64_t
time_of(int per_s, int shares, int n)
{
	struct limit	l;
	int64_t		now = 0, ms;

	limit_init(&l, per_s, shares);
	for (;; n--) {
		while ((ms = limit_wait_ms(&l, now)) > 0)
			now += ms;
		if (n == 0)
			return now;
		limit_take(&l, now);
	}
}

START_TEST(n_pass_in_any_second)
{
	ck_assert_int_eq(time_of(3, 1, 2), 0);
	ck_assert_int_eq(time_of(3, 1, 3), 1050);
	ck_assert_int_eq(time_of(3, 1, 5), 1050);
	ck_assert_int_eq(time_of(3, 1, 6), 2100);
	ck_assert_int_eq(time_of(15, 1, 14), 0);
	ck_assert_int_eq(time_of(15, 1, 15), 1050);
}
END_TEST

START_TEST(several_processes_share_fairly)
{
	ck_assert_int_eq(time_of(15, 2, 6), 0);		/* 7 each */
	ck_assert_int_eq(time_of(15, 2, 7), 1050);
	ck_assert_int_eq(time_of(3, 4, 1), 1333 + 50);
	ck_assert_int_eq(time_of(3, 64, 1), 21333 + 50);
}
END_TEST

START_TEST(there_is_no_burst_between_two_windows)
{
	struct limit	l;

	limit_init(&l, 3, 1);
	limit_take(&l, 900);
	limit_take(&l, 990);
	limit_take(&l, 1000);
	ck_assert_int_eq(limit_wait_ms(&l, 1010), 940);
	ck_assert_int_eq(limit_wait_ms(&l, 1950), 0);
	limit_take(&l, 1950);
	ck_assert_int_eq(limit_wait_ms(&l, 1950), 90);
}
END_TEST

START_TEST(a_pause_holds_all_back_and_the_longest_counts)
{
	struct limit	l;

	limit_init(&l, 15, 1);
	limit_pause(&l, 1000, 2000);
	limit_pause(&l, 1500, 500);
	ck_assert_int_eq(limit_wait_ms(&l, 1500), 1500);
	ck_assert_int_eq(limit_wait_ms(&l, 3000), 0);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("limit");
	TCase	*tc = tcase_create("limit");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, n_pass_in_any_second);
	tcase_add_test(tc, several_processes_share_fairly);
	tcase_add_test(tc, there_is_no_burst_between_two_windows);
	tcase_add_test(tc, a_pause_holds_all_back_and_the_longest_counts);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
