/* SPDX-License-Identifier: ISC */
#include "common/hist.h"

#include <stdlib.h>

#include <check.h>

START_TEST(an_empty_histogram_says_zero)
{
	struct hist	h = { .max_us = 0 };

	ck_assert_int_eq(hist_permille(&h, 990), 0);
	ck_assert_uint_eq(hist_total(&h), 0);
}
END_TEST

START_TEST(percentiles_are_upper_edges)
{
	static const struct { unsigned permille; int64_t us; } rows[] = {
		{ 0, 100 }, { 500, 5000 }, { 900, 5000 }, { 901, 20000 }, { 990, 20000 }, { 1000, 41000 },
	};
	struct hist	h = { .max_us = 0 };
	size_t		i;

	for (i = 0; i < 900; i++)
		hist_add(&h, 4600);
	for (i = 0; i < 99; i++)
		hist_add(&h, 19000);
	hist_add(&h, 41000);
	for (i = 1; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(hist_permille(&h, rows[i].permille), rows[i].us);
	ck_assert_uint_eq(hist_total(&h), 1000);
}
END_TEST

START_TEST(extremes_have_a_class_and_merge)
{
	struct hist	a = { .max_us = 0 }, b = { .max_us = 0 };

	hist_add(&a, 0);
	hist_add(&a, -5);
	hist_add(&b, INT64_MAX);
	hist_merge(&a, &b);
	ck_assert_uint_eq(hist_total(&a), 3);
	ck_assert_int_eq(hist_permille(&a, 500), 100);
	ck_assert_int_eq(hist_permille(&a, 1000), INT64_MAX);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("hist");
	TCase	*t = tcase_create("hist");

	tcase_add_test(t, an_empty_histogram_says_zero);
	tcase_add_test(t, percentiles_are_upper_edges);
	tcase_add_test(t, extremes_have_a_class_and_merge);
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
