/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <check.h>

#include "common/quiet.h"

static struct quiet
hours(const char *text)
{
	struct quiet	q = { -1, -1 };

	ck_assert_msg(quiet_parse(text, &q) == 0, "%s", text);
	return q;
}

START_TEST(hours_are_written_in_one_way)
{
	static const char *const	bad[] = { "21:00", "21:00-8:00", "21:00-08:60", "25:00-08:00", "24:01-08:00", "aa:00-08:00",
	    "21:00 08:00", "21:00-08:00 ", "08:00-08:00", "00:00-24:00", "-1:00-08:00" };
	struct quiet			q = { 5, 6 };
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(quiet_parse(bad[i], &q) == -1, "%s", bad[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_int_eq(q.from_min, 5);
	ck_assert_int_eq(hours("21:00-08:30").to_min, 510);
	ck_assert_int_eq(hours("20:00-24:00").to_min, 0);
	ck_assert_int_eq(hours("").from_min, hours("none").to_min);
}
END_TEST

START_TEST(they_last_over_midnight)
{
	static const struct { const char *hours; int minute, left; } cases[] = {
		{ "21:00-08:00", 1259, 0 }, { "21:00-08:00", 1260, 660 }, { "21:00-08:00", 0, 480 }, { "21:00-08:00", 479, 1 },
		{ "21:00-08:00", 480, 0 }, { "12:00-14:00", 719, 0 }, { "12:00-14:00", 720, 120 }, { "12:00-14:00", 840, 0 },
		{ "20:00-24:00", 1439, 1 }, { "20:00-24:00", 0, 0 }, { "00:00-07:00", 0, 420 }, { "", 0, 0 }, { "none", 700, 0 },
	};
	struct quiet	q;
	size_t		i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		q = hours(cases[i].hours);
		ck_assert_msg(quiet_left_min(&q, cases[i].minute) == cases[i].left, "%s at %d: %d", cases[i].hours,
		    cases[i].minute, quiet_left_min(&q, cases[i].minute));
	}
}
END_TEST

START_TEST(the_time_is_that_of_the_zone)
{
	struct quiet	q = hours("21:00-08:00");
	int64_t		winter = 1768428030500;		/* 2026-01-14T22:00:30.5Z */

	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	ck_assert_int_eq(quiet_until(&q, winter), winter + 10 * 3600000 - 30500);
	ck_assert_int_eq(setenv("TZ", "XXX+3", 1), 0);		/* 19:00 there */
	tzset();
	ck_assert_int_eq(quiet_until(&q, winter), winter);
	ck_assert_int_eq(setenv("TZ", "XXX-3:30", 1), 0);	/* 01:30 */
	tzset();
	ck_assert_int_eq(quiet_until(&q, winter), winter + 6 * 3600000 + 30 * 60000 - 30500);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("quiet");
	TCase	*tc = tcase_create("hours");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, hours_are_written_in_one_way);
	tcase_add_test(tc, they_last_over_midnight);
	tcase_add_test(tc, the_time_is_that_of_the_zone);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
