/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <float.h>
#include <string.h>

#include <check.h>

#include "common/num.h"

static const struct {
	const char	*text;
	int64_t		 min, max, value;
	int		 error;		/* 0: value is expected */
} integers[] = {
	{ "0", 0, 0, 0, 0 },
	{ "-0", 0, 0, 0, 0 },
	{ "007", 0, 9, 7, 0 },
	{ "-12", -12, 0, -12, 0 },
	{ "65535", 1, 65535, 65535, 0 },
	{ "65536", 1, 65535, 0, ERANGE },
	{ "0", 1, 65535, 0, ERANGE },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, 0 },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, 0 },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, 0, ERANGE },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, 0, ERANGE },
	{ "99999999999999999999999999", INT64_MIN, INT64_MAX, 0, ERANGE },
	{ "99999999999999999999999999x", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "-", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "--1", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "+1", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ " 1", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "1 ", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "1\n", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "0x10", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "1.0", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "1e3", INT64_MIN, INT64_MAX, 0, EINVAL },
	{ "\xd9\xa1", INT64_MIN, INT64_MAX, 0, EINVAL },
};

START_TEST(integers_are_whole_texts_in_a_range)
{
	int64_t	value;
	size_t	i;
	int	rc;

	for (i = 0; i < sizeof(integers) / sizeof(*integers); i++) {
		value = 4711;
		errno = 0;
		rc = num_parse(integers[i].text, integers[i].min, integers[i].max, &value);
		ck_assert_msg(rc == (integers[i].error == 0 ? 0 : -1) &&
		    errno == integers[i].error, "\"%s\": %d errno %d", integers[i].text, rc, errno);
		ck_assert_int_eq(value, integers[i].error == 0 ? integers[i].value : 4711);
	}
}
END_TEST

START_TEST(integers_need_no_terminator)
{
	int64_t	value = 0;

	ck_assert_int_eq(num_parse_n("1234", 2, 0, 99, &value), 0);
	ck_assert_int_eq(value, 12);
	ck_assert_int_eq(num_parse_n("12", 0, 0, 99, &value), -1);
	ck_assert_int_eq(num_parse_n("1\0", 2, 0, 99, &value), -1);
	ck_assert_int_eq(num_parse_n("-5", 1, -9, 99, &value), -1);
}
END_TEST

static const struct {
	const char	*text;
	double		 min, max, value;
	int		 error;
} fractions[] = {
	{ "-1.5", -2, 2, -1.5, 0 },
	{ "20", 0, 100, 20, 0 },
	{ "0.1", 0, 1, 0.1, 0 },
	{ "00.10", 0, 1, 0.1, 0 },
	{ "1.0000001", 0, 1, 0, ERANGE },
	{ "-0.1", 0, 1, 0, ERANGE },
	{ "1e3", 0, 1e9, 0, EINVAL },
	{ "0x1", 0, 1e9, 0, EINVAL },
	{ "1,5", 0, 9, 0, EINVAL },
	{ ".5", 0, 9, 0, EINVAL },
	{ "5.", 0, 9, 0, EINVAL },
	{ "+5", 0, 9, 0, EINVAL },
	{ "", 0, 9, 0, EINVAL },
	{ "-", -9, 9, 0, EINVAL },
	{ "nan", 0, 9, 0, EINVAL },
	{ "inf", 0, 9, 0, EINVAL },
	{ "1.5.5", 0, 9, 0, EINVAL },
	{ " 1", 0, 9, 0, EINVAL },
};

START_TEST(fractions_are_plain_decimals_in_a_range)
{
	double	value;
	size_t	i;
	int	rc;

	for (i = 0; i < sizeof(fractions) / sizeof(*fractions); i++) {
		value = 4711;
		errno = 0;
		rc = num_parse_double(fractions[i].text, fractions[i].min, fractions[i].max, &value);
		ck_assert_msg(rc == (fractions[i].error == 0 ? 0 : -1) &&
		    errno == fractions[i].error, "\"%s\": %d errno %d", fractions[i].text, rc, errno);
		ck_assert_double_eq(value, fractions[i].error == 0 ? fractions[i].value : 4711);
	}
}
END_TEST

START_TEST(a_fraction_beyond_double_is_out_of_range)
{
	char	text[402];
	double	value = 1;

	memset(text, '9', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(num_parse_double(text, -DBL_MAX, DBL_MAX, &value), -1);
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

START_TEST(sums_and_products_report_overflow)
{
	size_t	n = 7;

	ck_assert(!num_add(SIZE_MAX, 1, &n));
	ck_assert(!num_mul(SIZE_MAX / 2, 3, &n));
	ck_assert_uint_eq(n, 7);
	ck_assert(num_add(SIZE_MAX - 1, 1, &n));
	ck_assert_uint_eq(n, SIZE_MAX);
	ck_assert(num_mul(1000, 1000, &n));
	ck_assert_uint_eq(n, 1000000);
	ck_assert(num_mul(0, SIZE_MAX, &n));
	ck_assert_uint_eq(n, 0);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("num");
	TCase	*tc = tcase_create("num");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, integers_are_whole_texts_in_a_range);
	tcase_add_test(tc, integers_need_no_terminator);
	tcase_add_test(tc, fractions_are_plain_decimals_in_a_range);
	tcase_add_test(tc, a_fraction_beyond_double_is_out_of_range);
	tcase_add_test(tc, sums_and_products_report_overflow);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
