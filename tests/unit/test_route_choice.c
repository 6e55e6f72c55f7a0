/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/zone.h"
#include "webhookd/route_choice.h"

struct members { const char *called, *caller, *from, *to, *days, *timezone; };	/* NULL: empty */

static char *
text(const char *t)
{
	return (char *)(uintptr_t)(t != NULL ? t : "");
}

static struct route_conf
route(const struct members *m)
{
	return (struct route_conf){ .called = text(m->called), .caller = text(m->caller), .from = text(m->from), .to = text(m->to),
	    .days = text(m->days), .timezone = text(m->timezone), .flow = text(NULL), .assistant = text(NULL), .language = text(NULL) };
}

static int64_t
at(int day, int hour, int minute)	/* of November 2026, UTC; the 16th is a Monday */
{
	return ((INT64_C(20757) + day) * 1440 + hour * 60 + minute) * 60000;	/* 2026-10-31 is day 20757 */
}

START_TEST(numbers_and_callers_fit)
{
	static const struct { struct members r; struct route_call c; bool fits; } cases[] = {
		{ { .called = "" }, { "4420", "1", false, false }, true },
		{ { .called = "4420" }, { "4420", "1", false, false }, true }, { { .called = "4420" }, { "44201", "1", false, false }, false },
		{ { .called = "44*" }, { "44201", "1", false, false }, true }, { { .called = "44*" }, { "4", "1", false, false }, false },
		{ { .caller = "known" }, { "1", "2", true, false }, true }, { { .caller = "known" }, { "1", "2", false, false }, false },
		{ { .caller = "unknown" }, { "1", "2", false, false }, true }, { { .caller = "unknown" }, { "1", "2", true, false }, false },
		{ { .caller = "49*" }, { "1", "4930", true, false }, true }, { { .caller = "49*" }, { "1", "4330", true, false }, false },
		{ { .caller = "withheld" }, { "1", "Anonymous", false, false }, true }, { { .caller = "withheld" }, { "1", "", false, false }, true },
		{ { .caller = "withheld" }, { "1", "44", false, false }, false },
		{ { .caller = "blocked" }, { "1", "2", true, true }, true }, { { .caller = "blocked" }, { "1", "2", true, false }, false },
		{ { .caller = "" }, { "1", "2", true, true }, false }, { { .caller = "2" }, { "1", "2", true, true }, false },
	};
	struct route_conf	r;
	size_t			i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = route(&cases[i].r);
		ck_assert_msg((route_choose(&r, 1, 0, &cases[i].c, 0) == 0) == cases[i].fits, "case %zu", i);
	}
}
END_TEST

START_TEST(times_fit)
{
	static const struct { const char *from, *to, *days, *zone; int day, hour, minute; bool fits; } cases[] = {
		{ "08:00", "18:00", "", "UTC", 16, 8, 0, true }, { "08:00", "18:00", "", "UTC", 16, 18, 0, false },
		{ "08:00", "18:00", "", "UTC", 16, 7, 59, false }, { "08:00", "24:00", "", "UTC", 16, 23, 59, true },
		{ "22:00", "06:00", "", "UTC", 16, 23, 0, true }, { "22:00", "06:00", "", "UTC", 16, 5, 59, true }, { "22:00", "06:00", "", "UTC", 16, 6, 0, false },
		{ "", "", "mon-fri", "UTC", 16, 12, 0, true }, { "", "", "mon-fri", "UTC", 15, 12, 0, false }, { "", "", "sat,Sun", "UTC", 15, 12, 0, true },
		{ "", "", "fri-mon", "UTC", 16, 12, 0, true }, { "", "", "fri-mon", "UTC", 17, 12, 0, false },
		{ "22:00", "06:00", "sun", "UTC", 16, 5, 0, true }, { "22:00", "06:00", "mon", "UTC", 16, 5, 0, false },
		{ "08:00", "18:00", "", "Europe/Berlin", 16, 7, 0, true }, { "08:00", "18:00", "", "Asia/Tehran", 16, 4, 29, false },
		{ "08:00", "18:00", "", "Asia/Tehran", 16, 4, 30, true }, { "", "", "tue", "Pacific/Auckland", 16, 12, 0, true },
	};
	const struct route_call	call = { "1", "2", false, false };
	size_t			i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct members		m = { .from = cases[i].from, .to = cases[i].to, .days = cases[i].days, .timezone = cases[i].zone };
		struct route_conf	r = route(&m);
		char			err[200] = "";

		ck_assert_msg(route_check(&r, err, sizeof(err)) == 0, "case %zu: %s", i, err);
		ck_assert_msg((route_choose(&r, 1, 0, &call, at(cases[i].day, cases[i].hour, cases[i].minute)) == 0) == cases[i].fits, "case %zu", i);
	}
}
END_TEST

START_TEST(bad_routes_are_refused)
{
	static const struct members	bad[] = {
		{ .from = "08:00" }, { .from = "8:00", .to = "18:00" }, { .from = "08:00", .to = "25:00" }, { .from = "08:60", .to = "18:00" },
		{ .from = "08:00", .to = "08:00" }, { .days = "monday" }, { .days = "mon-" }, { .days = "," }, { .timezone = "Mars/Base" },
		{ .timezone = "../etc/passwd" }, { .called = "4*4" }, { .caller = "**" },
		{ .called = "+4420*" }, { .caller = "+447700900123" },
	};
	struct route_conf		r;
	char				err[200];
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = route(&bad[i]);
		ck_assert_msg(route_check(&r, err, sizeof(err)) == -1, "route %zu", i);
	}
}
END_TEST

START_TEST(the_first_that_fits_then_the_next)
{
	static const struct members	of[] = { { .called = "9" }, { .called = "1" }, { .called = "2" }, { .called = "" } };
	const struct route_call		call = { "1", "2", false, false };
	struct route_conf		routes[4];
	size_t				i;

	for (i = 0; i < 4; i++)
		routes[i] = route(&of[i]);
	ck_assert_uint_eq(route_choose(routes, 4, 0, &call, 0), 1);
	ck_assert_uint_eq(route_choose(routes, 4, 2, &call, 0), 3);
	ck_assert_uint_eq(route_choose(routes, 4, 4, &call, 0), 4);
}
END_TEST

static const struct { const char *rule; int64_t unix_s; int32_t east_s; } rules[] = {
	{ "UTC0", 0, 0 }, { "<+0330>-3:30", 1700000000, 12600 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600 }, { "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200 },	/* 2026-03-29 01:00 UTC */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, 7200 }, { "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 3600 },	/* 2026-10-25 01:00 UTC */
	{ "NZST-12NZDT,M9.5.0,M4.1.0/3", 1798761600, 46800 },	/* 2027-01-01: summer in the south */
	{ "EST5EDT,M3.2.0,M11.1.0", 1782864000, -14400 },	/* 2026-07-01 */
};

START_TEST(rules_of_zones_give_their_offset)
{
	int32_t	east;

	ck_assert_int_eq(zone_rule_offset(rules[_i].rule, rules[_i].unix_s, &east), 0);
	ck_assert_int_eq(east, rules[_i].east_s);
	ck_assert_int_eq(zone_rule_offset("X", 0, &east), -1);
	ck_assert_int_eq(zone_rule_offset("CET-1CEST,M13.1.0,M1.1.0", 0, &east), -1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("route_choice");
	TCase	*t = tcase_create("route_choice");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, numbers_and_callers_fit);
	tcase_add_test(t, times_fit);
	tcase_add_test(t, bad_routes_are_refused);
	tcase_add_test(t, the_first_that_fits_then_the_next);
	tcase_add_loop_test(t, rules_of_zones_give_their_offset, 0, sizeof(rules) / sizeof(rules[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
