/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "tools/callsim/rest.h"
#include "tools/callsim/restlimit.h"

START_TEST(so_many_a_second_and_no_more)
{
	static struct restlimit	l;
	int64_t			t;

	ck_assert(restlimit_take(&l, 3, 10000));
	ck_assert(restlimit_take(&l, 3, 10400));
	ck_assert(restlimit_take(&l, 3, 10800));
	for (t = 10801; t < 11000; t++)		/* refused ones do not count */
		ck_assert(!restlimit_take(&l, 3, t));
	ck_assert(restlimit_take(&l, 3, 11000));
	ck_assert(!restlimit_take(&l, 3, 11399));
	ck_assert(restlimit_take(&l, 3, 11400));
	ck_assert(restlimit_take(&l, 3, 20000));
}
END_TEST

START_TEST(without_a_limit_everything_passes)
{
	static struct restlimit	l;
	int			i;

	for (i = 0; i < 5000; i++)
		ck_assert(restlimit_take(&l, 0, 1));
}
END_TEST

START_TEST(the_ring_holds_the_largest_limit)
{
	static struct restlimit	l;
	int			i, round;

	for (round = 1; round <= 3; round++) {
		for (i = 0; i < RESTLIMIT_MAX; i++)
			ck_assert(restlimit_take(&l, RESTLIMIT_MAX, round * 1000));
		ck_assert(!restlimit_take(&l, RESTLIMIT_MAX, round * 1000 + 999));
	}
}
END_TEST

START_TEST(faults_are_read_from_the_command_line)
{
	struct rest_fault	f;

	ck_assert_int_eq(rest_fault_parse(&f, "lose"), 0);
	ck_assert(f.mode == REST_MODE_LOSE && f.any && f.count == 1 && f.skip == 0);
	ck_assert_int_eq(rest_fault_parse(&f, "429-after,create,0,2"), 0);
	ck_assert(f.mode == REST_MODE_429_AFTER && !f.any && f.kind == REST_CREATE && f.count == 0 && f.skip == 2);
	ck_assert_int_eq(rest_fault_parse(&f, "500,any,3"), 0);
	ck_assert(f.mode == REST_MODE_500 && f.any && f.count == 3);
	ck_assert_int_eq(rest_fault_parse(&f, "501"), -1);
	ck_assert_int_eq(rest_fault_parse(&f, "500,calls"), -1);
	ck_assert_int_eq(rest_fault_parse(&f, "500,get,-1"), -1);
	ck_assert_int_eq(rest_fault_parse(&f, "500,get,1,1,1"), -1);
	ck_assert_int_eq(rest_fault_parse(&f, ""), -1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("restlimit");
	TCase	*t = tcase_create("restlimit");
	SRunner	*r = srunner_create(s);
	int	 failed;

	tcase_add_test(t, so_many_a_second_and_no_more);
	tcase_add_test(t, without_a_limit_everything_passes);
	tcase_add_test(t, the_ring_holds_the_largest_limit);
	tcase_add_test(t, faults_are_read_from_the_command_line);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
