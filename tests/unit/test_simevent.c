/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "tools/callsim/simevent.h"

#define NOW	1795229319323LL		/* 2026-11-21T02:48:39.323Z */

static const struct event_leg leg = {
	.uuid = "u", .conversation_uuid = "CON-c", .from = "44", .to = "ws://h/", .direction = "outbound",
	.headers = "{\"call\":\"f7\"}", .started_ms = NOW - 9000, .answered_ms = NOW - 7000,
};

static struct json_object *
event(enum event_status status)
{
	char			*text = event_json(&leg, status, NOW, "user");
	struct json_object	*o;

	ck_assert_ptr_nonnull(text);
	o = json_parse(text, strlen(text), NULL);
	ck_assert_ptr_nonnull(o);
	free(text);
	return o;
}

START_TEST(all_events_carry_the_leg_and_the_time)
{
	enum event_status	st;
	struct json_object	*o;

	for (st = EVENT_STARTED; st <= EVENT_COMPLETED; st++) {
		o = event(st);
		ck_assert_str_eq(json_get_str(o, "uuid"), "u");
		ck_assert_str_eq(json_get_str(o, "conversation_uuid"), "CON-c");
		ck_assert_str_eq(json_get_str(o, "to"), "ws://h/");
		ck_assert_str_eq(json_get_str(json_get_obj(o, "headers"), "call"), "f7");
		ck_assert_str_eq(json_get_str(o, "timestamp"), "2026-11-21T02:48:39.323Z");
		ck_assert((json_get_str(o, "direction") == NULL) == (st == EVENT_DISCONNECTED));
		json_object_put(o);
	}
}
END_TEST

START_TEST(completed_has_duration_and_price_as_strings)
{
	struct json_object	*o = event(EVENT_COMPLETED);

	ck_assert_str_eq(json_get_str(o, "duration"), "7");
	ck_assert_str_eq(json_get_str(o, "rate"), "0.00450000");
	ck_assert_str_eq(json_get_str(o, "price"), "0.00052500");
	ck_assert_str_eq(json_get_str(o, "disconnected_by"), "user");
	ck_assert_str_eq(json_get_str(o, "start_time"), "2026-11-21T02:48:32.000Z");
	ck_assert_str_eq(json_get_str(o, "end_time"), "2026-11-21T02:48:39.000Z");
	json_object_put(o);
}
END_TEST

START_TEST(answered_has_null_times)
{
	struct json_object	*o = event(EVENT_ANSWERED);

	ck_assert(json_object_object_get_ex(o, "start_time", NULL));
	ck_assert_ptr_null(json_get(o, "start_time"));
	json_object_put(o);
}
END_TEST

START_TEST(a_query_is_appended_and_encoded)
{
	static const struct { const char *url, *json, *want; } rows[] = {
		{ "http://h/a", "{\"from\":\"a b&c\",\"n\":7}", "http://h/a?from=a%20b%26c&n=7" },
		{ "http://h/a?x=1", "{\"o\":{\"k\":\"v\"},\"z\":null}", "http://h/a?x=1&o=%7B%22k%22%3A%22v%22%7D" },
	};
	char	*got;
	size_t	 i;

	for (i = 0; i < 2; i++) {
		got = event_query_url(rows[i].url, rows[i].json);
		ck_assert_str_eq(got, rows[i].want);
		free(got);
	}
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("simevent");
	TCase	*t = tcase_create("simevent");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, all_events_carry_the_leg_and_the_time);
	tcase_add_test(t, completed_has_duration_and_price_as_strings);
	tcase_add_test(t, answered_has_null_times);
	tcase_add_test(t, a_query_is_appended_and_encoded);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
