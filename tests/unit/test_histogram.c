/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tools/callsim/histogram.h"

static struct histogram h;

static void
setup(void)
{
	memset(&h, 0, sizeof(h));
}

START_TEST(quantiles_of_a_thousand_values_are_exact_to_a_bin)
{
	int	i;

	for (i = 1000; i >= 1; i--)
		histogram_add(&h, i / 10.0 - 0.05);
	ck_assert_uint_eq(h.count, 1000);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.5), 50.0, 0.101);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.99), 99.0, 0.101);
	ck_assert_double_eq_tol(histogram_quantile(&h, 1.0), 99.95, 0.001);
}
END_TEST

START_TEST(values_outside_the_range_keep_their_extremes)
{
	histogram_add(&h, -99999);
	histogram_add(&h, 99999);
	ck_assert_double_eq(h.min_ms, -99999);
	ck_assert_double_eq(h.max_ms, 99999);
	ck_assert_double_le(histogram_quantile(&h, 0.5), HISTOGRAM_MIN_MS + 0.2);
}
END_TEST

START_TEST(an_empty_one_says_zero_and_a_single_value_is_all_quantiles)
{
	ck_assert_double_eq(histogram_quantile(&h, 0.5), 0);
	histogram_add(&h, 12.34);
	ck_assert_double_eq_tol(histogram_quantile(&h, 0.001), 12.34, 1e-9);
	ck_assert_double_eq_tol(histogram_quantile(&h, 1), 12.34, 1e-9);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("histogram");
	TCase	*t = tcase_create("histogram");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, quantiles_of_a_thousand_values_are_exact_to_a_bin);
	tcase_add_test(t, values_outside_the_range_keep_their_extremes);
	tcase_add_test(t, an_empty_one_says_zero_and_a_single_value_is_all_quantiles);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
