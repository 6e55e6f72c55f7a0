/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "webhookd/throttle.h"

static struct throttle	*t;

static void
setup(void)
{
	t = throttle_new(3);
	ck_assert_ptr_nonnull(t);
}

static void
teardown(void)
{
	throttle_free(t);
}

/* How many of n at once pass. */
static int
burst(const char *key, int n, int64_t per_minute, int64_t size, int64_t now_ms)
{
	int	i, passed = 0;

	for (i = 0; i < n; i++)
		passed += throttle_take(t, key, per_minute, size, now_ms) == 0;
	return passed;
}

START_TEST(a_full_bucket_gives_its_burst_and_then_its_rate)
{
	ck_assert_int_eq(burst("a", 100, 60, 10, 0), 10);
	ck_assert_int_eq(burst("a", 100, 60, 10, 999), 0);
	ck_assert_int_eq(burst("a", 100, 60, 10, 1000), 1);
	ck_assert_int_eq(burst("a", 100, 60, 10, 4500), 3);
	ck_assert_int_eq(burst("a", 100, 60, 10, 5000), 1);	/* the half was not lost */
	ck_assert_int_eq(burst("a", 100, 60, 10, 1000000000), 10);	/* never more than it holds */
}
END_TEST

START_TEST(a_refusal_tells_when_to_come_again)
{
	int64_t	wait;

	ck_assert_int_eq(burst("a", 2, 7, 2, 5000), 2);
	wait = throttle_take(t, "a", 7, 2, 5000);
	ck_assert_int_eq(wait, 8572);				/* a seventh of a minute, rounded up */
	ck_assert_int_gt(throttle_take(t, "a", 7, 2, 5000 + wait - 1), 0);
	ck_assert_int_eq(throttle_take(t, "a", 7, 2, 5000 + wait), 0);
}
END_TEST

START_TEST(a_thousand_a_second_pass_where_five_thousand_may)
{
	int64_t	ms;
	int	passed = 0;

	for (ms = 0; ms < 30000; ms++)
		passed += throttle_take(t, "a", 300000, 5000, ms) == 0;
	ck_assert_int_eq(passed, 30000);
	passed = 0;
	for (ms = 30000; ms < 40000; ms++)			/* ten thousand a second do not */
		passed += burst("a", 10, 300000, 5000, ms);
	ck_assert_int_ge(passed, 50000);
	ck_assert_int_le(passed, 55000);
}
END_TEST

START_TEST(each_key_has_a_bucket_and_the_oldest_goes)
{
	ck_assert_int_eq(burst("a", 5, 60, 2, 0), 2);
	ck_assert_int_eq(burst("b", 5, 60, 2, 0), 2);
	ck_assert_int_eq(burst("c", 5, 60, 2, 0), 2);
	ck_assert_int_eq(burst("a", 5, 60, 2, 0), 0);		/* used: b is the oldest now */
	ck_assert_int_eq(burst("d", 5, 60, 2, 0), 2);
	ck_assert_uint_eq(throttle_count(t), 3);
	ck_assert_int_eq(burst("a", 5, 60, 2, 0), 0);
	ck_assert_int_eq(burst("b", 5, 60, 2, 0), 2);		/* forgotten: a full one again */
}
END_TEST

START_TEST(a_limit_may_change_or_not_be)
{
	ck_assert_int_eq(burst("a", 1000, 0, 0, 0), 1000);
	ck_assert_uint_eq(throttle_count(t), 0);
	ck_assert_int_eq(burst("a", 100, 60, 50, 0), 50);
	ck_assert_int_eq(burst("a", 100, 60, 5, 3600000), 5);	/* smaller from now on */
	ck_assert_int_eq(burst("a", 10, 60, 5, 1000), 0);	/* a clock that goes back gives nothing */
}
END_TEST

START_TEST(long_keys_and_no_memory_do_no_harm)
{
	char	key[300];

	memset(key, 'x', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	ck_assert_int_eq(burst(key, 3, 60, 2, 0), 2);
	mem_fail_at(0);
	ck_assert_int_eq(throttle_take(t, "new", 60, 1, 0), 0);
	mem_fail_at(0);
	ck_assert_ptr_null(throttle_new(1));
	mem_fail_at(-1);
	throttle_free(NULL);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("throttle");
	TCase	*tc = tcase_create("throttle");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_full_bucket_gives_its_burst_and_then_its_rate);
	tcase_add_test(tc, a_refusal_tells_when_to_come_again);
	tcase_add_test(tc, a_thousand_a_second_pass_where_five_thousand_may);
	tcase_add_test(tc, each_key_has_a_bucket_and_the_oldest_goes);
	tcase_add_test(tc, a_limit_may_change_or_not_be);
	tcase_add_test(tc, long_keys_and_no_memory_do_no_harm);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
