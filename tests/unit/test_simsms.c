/* SPDX-License-Identifier: ISC */
/* The handlers themselves: a request in, a reply out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simsms.h"

#define BASIC	"Basic a2V5OnNlY3JldA=="	/* key:secret */
#define GOOD	"\"channel\":\"sms\",\"message_type\":\"text\",\"to\":\"447700900123\",\"from\":\"442079460000\""

static struct sim	 sim;
static struct rest_reply reply;

static void
setup(void)
{
	memset(&sim, 0, sizeof(sim));
	memset(&reply, 0, sizeof(reply));
	clock_set(1000000, 1795229319000);
}

static void
teardown(void)
{
	json_object_put(reply.body);
	simsms_clear(&sim);
	clock_set(-1, -1);
}

static void
ask(int route, const char *type, const char *text, const char *authorization)
{
	struct rest_request	req = { .sim = &sim, .text = text, .len = strlen(text), .content_type = type,
	    .authorization = authorization, .body = json_parse(text, strlen(text), NULL) };

	json_object_put(reply.body);
	memset(&reply, 0, sizeof(reply));
	simsms_routes[route].handle(&req, &reply);
	json_object_put(req.body);
}

static void
messages(const char *text)
{
	ask(0, "application/json", text, BASIC);
}

static const char *
legacy(const char *form)
{
	ask(1, "application/x-www-form-urlencoded", form, BASIC);
	ck_assert_int_eq(reply.status, 200);
	return json_get_str(json_object_array_get_idx(json_get_arr(reply.body, "messages"), 0), "status");
}

static struct json_object *
last(void)
{
	struct json_object	*list = simsms_list(&sim);

	ck_assert_ptr_nonnull(list);
	return json_object_array_get_idx(list, json_object_array_length(list) - 1);
}

START_TEST(a_message_is_taken_and_noted)
{
	messages("{" GOOD ",\"text\":\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85\",\"client_ref\":\"call-42\",\"ttl\":600,"
	    "\"webhook_url\":\"https://b.example/s\",\"sms\":{\"encoding_type\":\"auto\"}}");
	ck_assert_int_eq(reply.status, 202);
	ck_assert_str_eq(json_get_str(reply.body, "message_uuid"), json_get_str(last(), "id"));
	ck_assert_str_eq(json_get_str(last(), "type"), "unicode");
	ck_assert_str_eq(json_get_str(last(), "to"), "447700900123");
	ck_assert_str_eq(json_get_str(last(), "text"), "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85");
	ck_assert_str_eq(json_get_str(last(), "client_ref"), "call-42");
	ck_assert_uint_eq(sim.sms.taken, 1);
}
END_TEST

START_TEST(each_wrong_parameter_is_named)
{
	static char	long_text[1200], long_ref[300];
	const struct { const char *text, *name; } rows[] = {
		{ "[]", "body" }, { "{}", "channel" }, { "{\"channel\":\"mms\"}", "channel" },
		{ "{\"channel\":\"sms\",\"message_type\":\"image\"}", "message_type" },
		{ "{\"channel\":\"sms\",\"message_type\":\"text\",\"to\":\"+447700900123\"}", "to" },
		{ "{\"channel\":\"sms\",\"message_type\":\"text\",\"to\":\"447700900123\",\"from\":\"TooLongSender\"}", "from" },
		{ "{" GOOD "}", "text" }, { "{" GOOD ",\"text\":\"\"}", "text" }, { long_text, "text" },
		{ "{" GOOD ",\"text\":\"a\",\"ttl\":0}", "ttl" }, { "{" GOOD ",\"text\":\"a\",\"priority\":1}", "priority" },
		{ "{" GOOD ",\"text\":\"a\",\"webhook_url\":\"b.example\"}", "webhook_url" },
		{ "{" GOOD ",\"text\":\"a\",\"sms\":{\"encoding_type\":\"utf\"}}", "sms.encoding_type" },
		{ "{" GOOD ",\"text\":\"a\",\"sms\":1}", "sms" }, { long_ref, "client_ref" },
	};
	struct json_object	*bad;
	size_t			 i;

	(void)snprintf(long_text, sizeof(long_text), "{" GOOD ",\"text\":\"%01001d\"}", 0);
	(void)snprintf(long_ref, sizeof(long_ref), "{" GOOD ",\"text\":\"a\",\"client_ref\":\"%0101d\"}", 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		messages(rows[i].text);
		ck_assert_msg(reply.status == 422, "%s: %d", rows[i].text, reply.status);
		ck_assert_str_eq(json_get_str(reply.body, "title"), "Invalid params");
		bad = json_object_array_get_idx(json_get_arr(reply.body, "invalid_parameters"), 0);
		ck_assert_str_eq(json_get_str(bad, "name"), rows[i].name);
	}
	ck_assert_ptr_null(simsms_list(&sim));
	ck_assert_uint_eq(sim.sms.refused, i);
}
END_TEST

START_TEST(money_and_patience_end)
{
	sim.options.sms.balance_set = true;
	sim.options.sms.balance = 1;
	messages("{" GOOD ",\"text\":\"a\"}");
	ck_assert_int_eq(reply.status, 202);
	messages("{" GOOD ",\"text\":\"a\"}");
	ck_assert_int_eq(reply.status, 402);
	ck_assert_str_eq(legacy("from=44207946000&to=447700900123&text=a"), "9");
	sim.options.sms.balance_set = false;
	sim.options.sms.per_s = 2;
	sim.sms.in_second = 0;
	messages("{" GOOD ",\"text\":\"a\"}");
	messages("{" GOOD ",\"text\":\"a\"}");
	ck_assert_int_eq(reply.status, 202);
	messages("{" GOOD ",\"text\":\"a\"}");
	ck_assert_int_eq(reply.status, 429);
	ck_assert_int_eq(reply.retry_after_s, 1);
	ck_assert_str_eq(legacy("from=44207946000&to=447700900123&text=a"), "1");
	clock_set(2000000, 1795229320000);
	messages("{" GOOD ",\"text\":\"a\"}");
	ck_assert_int_eq(reply.status, 202);
}
END_TEST

START_TEST(the_older_api_says_200_and_a_status)
{
	static const struct { const char *form, *status; } rows[] = {
		{ "from=Callpipe&to=447700900123&text=Hello+there%21", "0" },
		{ "to=447700900123&text=a", "2" }, { "from=Callpipe&text=a", "2" }, { "from=Callpipe&to=447700900123&text=", "2" },
		{ "from=Callpipe&to=123&text=a", "3" }, { "from=Callpipe&to=447700900123&text=a&type=binary", "3" },
		{ "from=AVeryLongSender&to=447700900123&text=a", "15" },
		{ "from=C&to=447700900123&text=a&sig=00", "14" },
		{ "from=C&to=447700900123&text=a&sig=00&api_secret=x", "32" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(strcmp(legacy(rows[i].form), rows[i].status) == 0, "%s", rows[i].form);
	ck_assert_uint_eq(sim.sms.taken, 1);
	ck_assert_str_eq(json_get_str(last(), "text"), "Hello there!");
	ask(1, "application/x-www-form-urlencoded", "from=C&to=447700900123&text=a", NULL);
	ck_assert_str_eq(json_get_str(json_object_array_get_idx(json_get_arr(reply.body, "messages"), 0), "status"), "4");
	ask(1, "application/json", "{\"from\":\"C\",\"to\":\"447700900123\",\"text\":\"a\",\"api_key\":\"k\",\"api_secret\":\"s\"}",
	    NULL);
	ck_assert_str_eq(json_get_str(json_object_array_get_idx(json_get_arr(reply.body, "messages"), 0), "status"), "0");
}
END_TEST

START_TEST(persian_needs_unicode_at_the_older_api)
{
	ck_assert_str_eq(legacy("from=C&to=447700900123&text=%D8%B3&type=text"), "0");
	ck_assert(!json_get_bool(last(), "readable", true));
	ck_assert_str_eq(legacy("from=C&to=447700900123&text=%D8%B3&type=unicode"), "0");
	ck_assert(json_get_bool(last(), "readable", false));
}
END_TEST

START_TEST(texts_are_cut_as_the_alphabet_demands)
{
	char	text[2000];
	size_t	i;
	const struct { size_t n; const char *c; unsigned want; } rows[] = {
		{ 160, "a", 1 }, { 161, "a", 2 }, { 306, "a", 2 }, { 307, "a", 3 }, { 80, "{", 1 }, { 81, "{", 2 },
		{ 70, "\xd8\xb3", 1 }, { 71, "\xd8\xb3", 2 }, { 35, "\xf0\x9f\x98\x80", 1 }, { 36, "\xf0\x9f\x98\x80", 2 },
	};
	size_t	row;

	for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		text[0] = '\0';
		for (i = 0; i < rows[row].n; i++)
			strcat(text, rows[row].c);
		ck_assert_msg(simsms_segments(text, simsms_is_gsm(text)) == rows[row].want, "row %zu", row);
	}
	ck_assert(simsms_is_gsm("\xc3\xa9\xe2\x82\xac{}") && !simsms_is_gsm("\xd8\xb3") && !simsms_is_gsm("`"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("simsms");
	TCase	*t = tcase_create("simsms");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_message_is_taken_and_noted);
	tcase_add_test(t, each_wrong_parameter_is_named);
	tcase_add_test(t, money_and_patience_end);
	tcase_add_test(t, the_older_api_says_200_and_a_status);
	tcase_add_test(t, persian_needs_unicode_at_the_older_api);
	tcase_add_test(t, texts_are_cut_as_the_alphabet_demands);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
