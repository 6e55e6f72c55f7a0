/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/callsim/restcheck.h"

#define TO	"\"to\":[{\"type\":\"phone\",\"number\":\"447700900123\"}]"
#define FROM	"\"from\":{\"type\":\"phone\",\"number\":\"442079460000\"}"
#define NCCO	"\"ncco\":[{\"action\":\"talk\",\"text\":\"hi\"}]"
#define URL	"\"answer_url\":[\"http://127.0.0.1/a\"]"
#define BASE	TO "," FROM ","

static const char *const	 numbers[] = { "442079460000", "442079460001" };
static struct restcheck_account	 account = { .numbers = numbers, .nnumbers = 2, .has_event_url = true };

static struct json_object *
parse(const char *text)
{
	struct json_object	*o = json_parse(text, strlen(text), NULL);

	ck_assert_msg(o != NULL, "%s", text);
	return o;
}

/* The name and reason of the first invalid parameter, or the status of another refusal. */
static const char *
refused(const struct rest_reply *reply)
{
	static char		 text[300];
	struct json_object	*list = json_get_arr(reply->body, "invalid_parameters"), *row;

	if (list == NULL) {
		(void)snprintf(text, sizeof(text), "%d", reply->status);
		return text;
	}
	row = json_object_array_get_idx(list, 0);
	(void)snprintf(text, sizeof(text), "%s: %s", json_get_str(row, "name"), json_get_str(row, "reason"));
	return text;
}

START_TEST(a_full_request_is_understood)
{
	struct json_object	*o = parse("{" BASE URL ",\"answer_method\":\"POST\",\"event_url\":[\"https://x/e\"],"
	    "\"event_method\":\"GET\",\"advanced_machine_detection\":{\"behavior\":\"hangup\",\"mode\":\"detect_beep\","
	    "\"beep_timeout\":45},\"machine_detection\":\"continue\",\"length_timer\":1800,\"ringing_timer\":40}");
	struct control_create	 c;
	struct rest_reply	 reply = { 0 };
	const char		*basic;

	ck_assert_int_eq(restcheck_create(o, &account, &c, &basic, &reply), 0);
	ck_assert_str_eq(c.from, "442079460000");
	ck_assert_str_eq(json_get_str(c.endpoint, "number"), "447700900123");
	ck_assert_str_eq(c.answer_url, "http://127.0.0.1/a");
	ck_assert_str_eq(c.event_url, "https://x/e");
	ck_assert(c.answer_post && c.event_get && c.ncco == NULL);
	ck_assert_str_eq(json_get_str(c.detection, "mode"), "detect_beep");
	ck_assert_ptr_null(basic);		/* the advanced form overrides it */
	ck_assert_int_eq(c.length_s, 1800);
	ck_assert_int_eq(c.ringing_s, 40);
	json_object_put(o);
}
END_TEST

START_TEST(a_short_request_gets_the_defaults)
{
	struct json_object	*o = parse("{" TO ",\"random_from_number\":true," NCCO ",\"machine_detection\":\"hangup\"}");
	struct control_create	 c;
	struct rest_reply	 reply = { 0 };
	const char		*basic;

	ck_assert_int_eq(restcheck_create(o, &account, &c, &basic, &reply), 0);
	ck_assert_ptr_null(c.from);
	ck_assert_ptr_null(c.event_url);
	ck_assert_ptr_null(c.detection);
	ck_assert_str_eq(basic, "hangup");
	ck_assert_uint_eq(json_object_array_length(c.ncco), 1);
	ck_assert_int_eq(c.length_s, 7200);
	ck_assert_int_eq(c.ringing_s, 60);
	ck_assert(!c.answer_post && !c.event_get);
	json_object_put(o);
}
END_TEST

START_TEST(every_kind_of_endpoint_is_taken)
{
	static const char *const rows[] = {
		"{\"type\":\"phone\",\"number\":\"4477009\",\"dtmfAnswer\":\"1p2#\"}",
		"{\"type\":\"sip\",\"uri\":\"sip:a@example.com\",\"headers\":{\"k\":\"v\"},\"standard_headers\":{\"User-to-User\":\"x\"}}",
		"{\"type\":\"websocket\",\"uri\":\"ws://127.0.0.1/s\",\"content-type\":\"audio/l16;rate=16000\",\"headers\":{}}",
		"{\"type\":\"vbc\",\"extension\":\"123\"}",
		"{\"type\":\"app\",\"user\":\"jamie\"}",
	};
	char			 text[500];
	struct control_create	 c;
	const char		*basic;
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rest_reply	 reply = { 0 };
		struct json_object	*o;

		(void)snprintf(text, sizeof(text), "{\"to\":[%s]," FROM "," NCCO "}", rows[i]);
		o = parse(text);
		ck_assert_msg(restcheck_create(o, &account, &c, &basic, &reply) == 0, "%s: %s", rows[i], refused(&reply));
		json_object_put(o);
	}
}
END_TEST

static const struct { const char *text, *says; } refusals[] = {
	{ "[]", "body: must be an object" },
	{ "{" BASE NCCO ",\"answer_uri\":[]}", "answer_uri: is not allowed" },
	{ "{" FROM "," NCCO "}", "to: must be an array of one" },
	{ "{\"to\":[]," FROM "," NCCO "}", "to: must be an array of one" },
	{ "{\"to\":{\"type\":\"phone\",\"number\":\"447700900123\"}," FROM "," NCCO "}", "to: has a wrong type" },
	{ "{\"to\":[{\"type\":\"phone\",\"number\":\"447700900123\"},{\"type\":\"app\",\"user\":\"x\"}]," FROM "," NCCO "}",
	    "to: must be an array of one" },
	{ "{\"to\":[{\"number\":\"447700900123\"}]," FROM "," NCCO "}", "to.type: is required" },
	{ "{\"to\":[{\"type\":\"fax\",\"number\":\"447700900123\"}]," FROM "," NCCO "}", "to.type: is no type" },
	{ "{\"to\":[{\"type\":\"phone\"}]," FROM "," NCCO "}", "to.number: is required" },
	{ "{\"to\":[{\"type\":\"phone\",\"number\":\"+447700900123\"}]," FROM "," NCCO "}", "to.number: must be 7 to 15" },
	{ "{\"to\":[{\"type\":\"phone\",\"number\":\"447700\"}]," FROM "," NCCO "}", "to.number: must be 7 to 15" },
	{ "{\"to\":[{\"type\":\"phone\",\"number\":\"4477009001231234\"}]," FROM "," NCCO "}", "to.number: must be 7" },
	{ "{\"to\":[{\"type\":\"phone\",\"number\":447700900123}]," FROM "," NCCO "}", "to.number: has a wrong type" },
	{ "{\"to\":[{\"type\":\"phone\",\"number\":\"447700900123\",\"ext\":\"1\"}]," FROM "," NCCO "}", "to.ext: is not" },
	{ "{\"to\":[{\"type\":\"sip\",\"uri\":\"alice\"}]," FROM "," NCCO "}", "to.uri: must be a SIP URI" },
	{ "{\"to\":[{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standardHeaders\":{}}]," FROM "," NCCO "}",
	    "to.standardHeaders: is not allowed" },
	{ "{\"to\":[{\"type\":\"websocket\",\"uri\":\"http://x\"}]," FROM "," NCCO "}", "to.uri: must be a ws" },
	{ "{" TO "," NCCO "}", "from: is required" },
	{ "{" BASE NCCO ",\"random_from_number\":true}", "random_from_number: cannot be used" },
	{ "{" TO ",\"from\":{\"number\":\"442079460000\"}," NCCO "}", "from.type: must be phone" },
	{ "{" TO ",\"from\":{\"type\":\"phone\",\"number\":\"Acme\"}," NCCO "}", "from.number: can contain up to 15" },
	{ "{" TO ",\"from\":{\"type\":\"phone\",\"number\":\"442079469999\"}," NCCO "}", "403" },
	{ "{" BASE "\"length_timer\":10}", "answer_url: is required" },
	{ "{" BASE NCCO "," URL "}", "answer_url: cannot be used" },
	{ "{" BASE NCCO ",\"answer_method\":\"GET\"}", "answer_method: needs" },
	{ "{" BASE URL ",\"answer_method\":\"PUT\"}", "answer_method: is not one" },
	{ "{" BASE URL ",\"answer_method\":\"post\"}", "answer_method: is not one" },
	{ "{" BASE "\"answer_url\":\"http://x\"}", "answer_url: has a wrong type" },
	{ "{" BASE "\"answer_url\":[\"http://x\",\"http://y\"]}", "answer_url: must be an array of one" },
	{ "{" BASE "\"answer_url\":[\"ftp://x\"]}", "answer_url: is not an http URL" },
	{ "{" BASE "\"answer_url\":[\"http://x y\"]}", "answer_url: is not an http URL" },
	{ "{" BASE NCCO ",\"event_url\":[7]}", "event_url: must be an array of one" },
	{ "{" BASE NCCO ",\"event_method\":\"HEAD\"}", "event_method: is not one" },
	{ "{" BASE NCCO ",\"machine_detection\":\"detect\"}", "machine_detection: is not one" },
	{ "{" BASE NCCO ",\"advanced_machine_detection\":{\"behaviour\":\"hangup\"}}",
	    "advanced_machine_detection.behaviour: is not allowed" },
	{ "{" BASE NCCO ",\"advanced_machine_detection\":{\"mode\":\"beep\"}}", "mode: is not one" },
	{ "{" BASE NCCO ",\"advanced_machine_detection\":{\"beep_timeout\":29}}", "beep_timeout: must be a number from 30 to 120" },
	{ "{" BASE NCCO ",\"advanced_machine_detection\":{\"beep_timeout\":121}}", "beep_timeout: must be" },
	{ "{" BASE NCCO ",\"length_timer\":0}", "length_timer: must be a number from 1 to 86400" },
	{ "{" BASE NCCO ",\"length_timer\":86401}", "length_timer: must be" },
	{ "{" BASE NCCO ",\"length_timer\":\"60\"}", "length_timer: has a wrong type" },
	{ "{" BASE NCCO ",\"ringing_timer\":121}", "ringing_timer: must be a number from 1 to 120" },
	{ "{" BASE NCCO ",\"ringing_timer\":null}", "ringing_timer: has a wrong type" },
};

START_TEST(what_vonage_refuses_is_refused_by_name)
{
	struct control_create	 c;
	const char		*basic;
	size_t			 i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct rest_reply	 reply = { 0 };
		struct json_object	*o = parse(refusals[i].text);

		ck_assert_msg(restcheck_create(o, &account, &c, &basic, &reply) == -1, "taken: %s", refusals[i].text);
		ck_assert_msg(strstr(refused(&reply), refusals[i].says) != NULL, "%s: %s", refusals[i].text, refused(&reply));
		json_object_put(reply.body);
		json_object_put(o);
	}
}
END_TEST

START_TEST(an_application_without_event_url_needs_one)
{
	struct restcheck_account bare = { .has_event_url = false };
	struct json_object	*o = parse("{" BASE NCCO "}");
	struct control_create	 c;
	struct rest_reply	 reply = { 0 };
	const char		*basic;

	ck_assert_int_eq(restcheck_create(o, &bare, &c, &basic, &reply), -1);
	ck_assert_str_eq(refused(&reply), "event_url: is required: the application has none");
	json_object_put(reply.body);
	json_object_put(o);
}
END_TEST

START_TEST(actions_on_a_call_are_checked)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "{\"action\":\"hangup\"}", NULL }, { "{\"action\":\"unearmuff\"}", NULL },
		{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":[]}}", NULL },
		{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"url\":[\"http://x\"]}}", NULL },
		{ "{}", "action: is required" },
		{ "{\"action\":\"hang\"}", "action: is not one" },
		{ "{\"action\":7}", "action: has a wrong type" },
		{ "{\"action\":\"hangup\",\"reason\":\"x\"}", "reason: is not allowed" },
		{ "{\"action\":\"mute\",\"destination\":{}}", "destination: is for transfer" },
		{ "{\"action\":\"transfer\"}", "destination: is required" },
		{ "{\"action\":\"transfer\",\"destination\":{\"ncco\":[]}}", "destination.type: must be ncco" },
		{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\"}}", "destination.ncco: one of" },
		{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":[],\"url\":[\"http://x\"]}}",
		    "destination.ncco: one of" },
		{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"url\":\"http://x\"}}",
		    "destination.url: has a wrong type" },
	};
	struct restcheck_put	 put;
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rest_reply	 reply = { 0 };
		struct json_object	*o = parse(rows[i].text);
		int			 rc = restcheck_put(o, &put, &reply);

		ck_assert_int_eq(rc, rows[i].says == NULL ? 0 : -1);
		if (rc == -1)
			ck_assert_msg(strstr(refused(&reply), rows[i].says) != NULL, "%s: %s", rows[i].text, refused(&reply));
		json_object_put(reply.body);
		json_object_put(o);
	}
}
END_TEST

typedef int check_play(struct json_object *, struct restcheck_play *, struct rest_reply *);

START_TEST(what_is_played_is_checked)
{
	static const struct { check_play *check; const char *text, *says; } rows[] = {
		{ restcheck_talk, "{\"text\":\"hi\",\"level\":\"0.5\",\"loop\":0,\"language\":\"en-GB\",\"style\":2,\"premium\":true}", NULL },
		{ restcheck_talk, "{\"text\":\"<speak>hi <break time='1s'/></speak>\",\"level\":-1}", NULL },
		{ restcheck_talk, "{}", "text: is required" },
		{ restcheck_talk, "{\"text\":\"\"}", "text: is required" },
		{ restcheck_talk, "{\"text\":\"<speak>hi\"}", "text: " },
		{ restcheck_talk, "{\"text\":\"x\",\"language\":\"fa-IR\"}", "language: is not supported" },
		{ restcheck_talk, "{\"text\":\"x\",\"level\":\"0.55\"}", "level: must be" },
		{ restcheck_talk, "{\"text\":\"x\",\"level\":1.1}", "level: must be" },
		{ restcheck_talk, "{\"text\":\"x\",\"level\":\"loud\"}", "level: must be" },
		{ restcheck_talk, "{\"text\":\"x\",\"loop\":-1}", "loop: must be" },
		{ restcheck_talk, "{\"text\":\"x\",\"bargeIn\":true}", "bargeIn: is not allowed" },
		{ restcheck_stream, "{\"stream_url\":[\"https://x/a.mp3\"]}", NULL },
		{ restcheck_stream, "{}", "stream_url: is required" },
		{ restcheck_stream, "{\"stream_url\":\"https://x/a.mp3\"}", "stream_url: has a wrong type" },
		{ restcheck_dtmf, "{\"digits\":\"17p3#*\"}", NULL },
		{ restcheck_dtmf, "{\"digits\":\"17w3\"}", "digits: can contain" },
		{ restcheck_dtmf, "{\"digits\":17}", "digits: has a wrong type" },
		{ restcheck_dtmf, "{}", "digits: is required" },
		{ restcheck_input_dtmf, "{\"event_url\":[\"http://x\"]}", NULL },
		{ restcheck_input_dtmf, "{}", "event_url: is required" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rest_reply	 reply = { 0 };
		struct restcheck_play	 play = { 0 };
		struct json_object	*o = parse(rows[i].text);
		int			 rc = rows[i].check(o, &play, &reply);

		ck_assert_msg((rc == 0) == (rows[i].says == NULL), "%s", rows[i].text);
		if (rc == -1)
			ck_assert_msg(strstr(refused(&reply), rows[i].says) != NULL, "%s: %s", rows[i].text, refused(&reply));
		free(play.plain);
		json_object_put(reply.body);
		json_object_put(o);
	}
}
END_TEST

START_TEST(a_talk_has_at_most_1500_characters)
{
	static char		 text[2000];
	struct restcheck_play	 play = { 0 };
	struct rest_reply	 reply = { 0 };
	struct json_object	*o = json_object_new_object();

	memset(text, 'x', 1501);
	(void)json_add_str(o, "text", text);
	ck_assert_int_eq(restcheck_talk(o, &play, &reply), -1);
	ck_assert_str_eq(refused(&reply), "text: is longer than 1500 characters");
	text[1500] = '\0';
	(void)json_add_str(o, "text", text);
	ck_assert_int_eq(restcheck_talk(o, &play, &reply), 0);
	ck_assert_uint_eq(strlen(play.plain), 1500);
	free(play.plain);
	json_object_put(reply.body);
	json_object_put(o);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("restcheck");
	TCase	*t = tcase_create("restcheck");
	SRunner	*r = srunner_create(s);
	int	 failed;

	tcase_add_test(t, a_full_request_is_understood);
	tcase_add_test(t, a_short_request_gets_the_defaults);
	tcase_add_test(t, every_kind_of_endpoint_is_taken);
	tcase_add_test(t, what_vonage_refuses_is_refused_by_name);
	tcase_add_test(t, an_application_without_event_url_needs_one);
	tcase_add_test(t, actions_on_a_call_are_checked);
	tcase_add_test(t, what_is_played_is_checked);
	tcase_add_test(t, a_talk_has_at_most_1500_characters);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
