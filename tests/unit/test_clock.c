/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include <check.h>

#include "common/clock.h"

START_TEST(both_clocks_stand_where_they_are_set)
{
	clock_set(5000123, 1763640000000);
	ck_assert_int_eq(clock_mono_us(), 5000123);
	ck_assert_int_eq(clock_mono_ms(), 5000);
	ck_assert_int_eq(clock_wall_ms(), 1763640000000);
	clock_set(0, 0);
	ck_assert_int_eq(clock_mono_us(), 0);
	ck_assert_int_eq(clock_wall_ms(), 0);
	clock_set(-1, -1);
	ck_assert_int_gt(clock_mono_us(), 0);
	ck_assert_int_gt(clock_wall_ms(), 1600000000000);
}
END_TEST

START_TEST(monotonic_time_never_goes_back)
{
	int64_t	before = clock_mono_us(), now;
	int	i;

	for (i = 0; i < 1000; i++, before = now)
		ck_assert_int_ge(now = clock_mono_us(), before);
}
END_TEST

static const struct {
	int64_t		 wall_ms;
	const char	*iso;
} times[] = {
	{ 0, "1970-01-01T00:00:00.000Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ -1000, "1969-12-31T23:59:59.000Z" },
	{ 1763640000123, "2025-11-20T12:00:00.123Z" },
	{ 1709164800000, "2024-02-29T00:00:00.000Z" },
	{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
	{ INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z" },
};

START_TEST(wall_time_is_printed_and_read_back)
{
	char	text[CLOCK_ISO_SIZE];
	int64_t	back;
	size_t	i;

	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		ck_assert_str_eq(clock_iso(times[i].wall_ms, text), times[i].iso);
		back = 4711;
		ck_assert_int_eq(clock_parse_iso(text, &back), 0);
		ck_assert_int_eq(back, times[i].wall_ms);
	}
}
END_TEST

START_TEST(times_beyond_four_digit_years_are_clamped)
{
	char	text[CLOCK_ISO_SIZE];

	ck_assert_str_eq(clock_iso(INT64_MAX, text), "9999-12-31T23:59:59.000Z");
	ck_assert_str_eq(clock_iso(INT64_MIN, text), "0000-01-01T00:00:00.000Z");
}
END_TEST

START_TEST(fractions_of_any_length_are_read_as_milliseconds)
{
	static const struct { const char *text; int64_t ms; } rows[] = {
		{ "1970-01-01T00:00:01Z", 1000 },
		{ "1970-01-01T00:00:01.5Z", 1500 },
		{ "1970-01-01T00:00:01.05Z", 1050 },
		{ "1970-01-01T00:00:01.123999999999999999999Z", 1123 },
	};
	int64_t	ms;
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(clock_parse_iso(rows[i].text, &ms), 0);
		ck_assert_int_eq(ms, rows[i].ms);
	}
}
END_TEST

START_TEST(other_texts_are_refused)
{
	static const char *const	rows[] = {
		"", "Z", "2026", "2026-11-20", "2026-11-20T12:00:00", "2026-11-20 12:00:00Z",
		"2026-11-20T12:00:00+01:00", "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00.123",
		"2026-11-20T12:00:00Z ", "2026-11-20t12:00:00z", "2026-02-30T00:00:00Z",
		"2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z", "+026-01-01T00:00:00Z", "2026-1-01T00:00:00.0Z",
	};
	int64_t	ms = 4711;
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		errno = 0;
		ck_assert_msg(clock_parse_iso(rows[i], &ms) == -1, "\"%s\" was taken", rows[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_int_eq(ms, 4711);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("clock");
	TCase	*tc = tcase_create("clock");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, both_clocks_stand_where_they_are_set);
	tcase_add_test(tc, monotonic_time_never_goes_back);
	tcase_add_test(tc, wall_time_is_printed_and_read_back);
	tcase_add_test(tc, times_beyond_four_digit_years_are_clamped);
	tcase_add_test(tc, fractions_of_any_length_are_read_as_milliseconds);
	tcase_add_test(tc, other_texts_are_refused);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
