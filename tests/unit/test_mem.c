/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <check.h>

#include "common/mem.h"

START_TEST(the_chosen_allocation_fails_once_and_no_other)
{
	void	*a, *b, *c;

	mem_fail_at(1);
	a = mem_alloc(1);
	errno = 0;
	b = mem_alloc(1);
	ck_assert_int_eq(errno, ENOMEM);
	c = mem_alloc(1);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(b);
	ck_assert_ptr_nonnull(c);
	free(a);
	free(c);
}
END_TEST

START_TEST(each_kind_of_allocation_can_be_made_to_fail)
{
	char	*kept = mem_strdup("kept");

	mem_fail_at(0);
	ck_assert_ptr_null(mem_calloc(2, 2));
	mem_fail_at(0);
	ck_assert_ptr_null(mem_realloc(kept, 100));
	ck_assert_str_eq(kept, "kept");
	mem_fail_at(0);
	ck_assert_ptr_null(mem_strdup("x"));
	mem_fail_at(0);
	ck_assert_ptr_null(mem_strndup("x", 1));
	mem_fail_at(5);
	mem_fail_at(-1);
	free(kept);
	kept = mem_strdup("");
	ck_assert_str_eq(kept, "");
	free(kept);
}
END_TEST

START_TEST(calloc_refuses_a_product_that_overflows)
{
	volatile size_t	huge = SIZE_MAX / 2;

	errno = 0;
	ck_assert_ptr_null(mem_calloc(huge, 3));
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_ptr_null(mem_strndup("", SIZE_MAX));
}
END_TEST

START_TEST(nothing_is_a_valid_size)
{
	void	*p;

	ck_assert_ptr_nonnull(p = mem_alloc(0));
	ck_assert_ptr_nonnull(p = mem_realloc(p, 0));
	free(p);
	ck_assert_ptr_nonnull(p = mem_calloc(0, 8));
	free(p);
}
END_TEST

START_TEST(strndup_copies_bytes_and_ends_them)
{
	char	*copy = mem_strndup("ab\0cd", 5);

	ck_assert_mem_eq(copy, "ab\0cd", 6);
	free(copy);
	copy = mem_strndup("abcd", 2);
	ck_assert_str_eq(copy, "ab");
	free(copy);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("mem");
	TCase	*tc = tcase_create("mem");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, the_chosen_allocation_fails_once_and_no_other);
	tcase_add_test(tc, each_kind_of_allocation_can_be_made_to_fail);
	tcase_add_test(tc, calloc_refuses_a_product_that_overflows);
	tcase_add_test(tc, nothing_is_a_valid_size);
	tcase_add_test(tc, strndup_copies_bytes_and_ends_them);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
