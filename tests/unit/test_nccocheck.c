/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "tools/callsim/nccocheck.h"

#define WS(members)	"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\"," members "}]}]"
#define CONNECT(members) "[{\"action\":\"connect\"," members ",\"endpoint\":[{\"type\":\"websocket\","	\
	"\"uri\":\"ws://h/s\",\"content-type\":\"audio/l16;rate=16000\"}]}]"
#define RATE16		"\"content-type\":\"audio/l16;rate=16000\""

static enum ncco_result
parse(struct ncco *n, const char *text, char cause[300])
{
	memset(n, 0, sizeof(*n));
	cause[0] = '\0';
	return ncco_parse(n, text, strlen(text), cause, 300);
}

START_TEST(the_usual_ncco_is_read)
{
	struct ncco	n;
	char		cause[300];

	ck_assert_int_eq(parse(&n, "[{\"action\":\"talk\",\"text\":\"Hello\",\"language\":\"en-GB\",\"style\":1,"
	    "\"premium\":true,\"level\":\"0.5\"},{\"action\":\"connect\",\"eventType\":\"synchronous\","
	    "\"eventUrl\":[\"https://b.example/e\"],\"eventMethod\":\"GET\",\"from\":\"44\","
	    "\"endpoint\":[{\"type\":\"websocket\",\"uri\":\"ws://h:1/s?t=1\","
	    "\"content-type\":\"audio/l16;rate=24000\",\"headers\":{\"call\":\"f7\"},"
	    "\"authorization\":{\"type\":\"custom\",\"value\":\"Bearer x\"}}]}]", cause), NCCO_OK);
	ck_assert_uint_eq(n.nactions, 2);
	ck_assert_int_eq(n.actions[0].kind, NCCO_TALK);
	ck_assert_str_eq(n.actions[0].text, "Hello");
	ck_assert_str_eq(n.actions[0].language, "en-GB");
	ck_assert_int_eq(n.actions[1].kind, NCCO_CONNECT);
	ck_assert_str_eq(n.actions[1].uri, "ws://h:1/s?t=1");
	ck_assert_uint_eq(n.actions[1].rate_hz, 24000);
	ck_assert_str_eq(n.actions[1].headers, "{\"call\":\"f7\"}");
	ck_assert_str_eq(n.actions[1].event_url, "https://b.example/e");
	ck_assert_str_eq(n.actions[1].authorization, "Bearer x");
	ck_assert(n.actions[1].event_get && n.actions[1].synchronous);
	ncco_clear(&n);
	ck_assert_int_eq(parse(&n, "[]", cause), NCCO_OK);
	ck_assert_uint_eq(n.nactions, 0);
	ncco_clear(&n);
}
END_TEST

START_TEST(what_vonage_refuses_is_bad)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "", "not JSON" }, { "{}", "not an array" }, { "[1]", "not an object" },
		{ "[{}]", "no \"action\"" }, { "[{\"action\":\"dance\"}]", "unknown action" },
		{ "[{\"action\":\"talk\"}]", "without text" },
		{ "[{\"action\":\"talk\",\"text\":\"\"}]", "without text" },
		{ "[{\"action\":\"talk\",\"text\":1}]", "wrong type" },
		{ "[{\"action\":\"talk\",\"text\":\"a\",\"speed\":1}]", "unknown member" },
		{ "[{\"action\":\"talk\",\"text\":\"a\",\"loop\":-1}]", "negative" },
		{ "[{\"action\":\"talk\",\"text\":\"a\\u0000b\"}]", "NUL" },
		{ "[{\"action\":\"connect\"}]", "exactly one" },
		{ "[{\"action\":\"connect\",\"endpoint\":{}}]", "wrong type" },
		{ "[{\"action\":\"connect\",\"endpoint\":[1]}]", "not an object" },
		{ "[{\"action\":\"connect\",\"endpoint\":[{},{}]}]", "exactly one" },
		{ "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"fax\"}]}]", "unknown endpoint" },
		{ WS(RATE16), "uri" }, { WS("\"uri\":\"http://h/\"," RATE16), "uri" },
		{ WS("\"uri\":\"ws://h/\""), "content-type" },
		{ WS("\"uri\":\"ws://h/\",\"content-type\":\"audio/l16;rate=44100\""), "content-type" },
		{ WS("\"uri\":\"ws://h/\"," RATE16 ",\"color\":1"), "unknown member" },
		{ WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":[]"), "wrong type" },
		{ WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":{\"event\":\"x\"}"), "named event" },
		{ WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"custom\"}"), "without value" },
		{ WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"custom\",\"value\":\"a\\r\\nb\"}"),
		    "printable" },
		{ CONNECT("\"eventUrl\":\"http://b/\""), "wrong type" },
		{ CONNECT("\"eventUrl\":[]"), "exactly one" },
		{ CONNECT("\"eventUrl\":[\"http://b/\",\"http://c/\"]"), "exactly one" },
		{ CONNECT("\"eventUrl\":[\"ftp://b/\"]"), "no http URL" },
		{ CONNECT("\"eventMethod\":\"PUT\""), "eventMethod" },
		{ CONNECT("\"eventType\":\"async\""), "eventType" },
		{ CONNECT("\"limit\":9000"), "limit" },
	};
	struct ncco	n;
	char		cause[300];
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(parse(&n, rows[i].text, cause) == NCCO_BAD, "row %zu: %s", i, rows[i].text);
		ck_assert_msg(strstr(cause, rows[i].says) != NULL, "row %zu: %s", i, cause);
		ck_assert_uint_eq(n.nactions, 0);
	}
}
END_TEST

START_TEST(what_callsim_does_not_play_is_refused)
{
	static const char *const rows[] = {
		"[{\"action\":\"record\"}]", "[{\"action\":\"input\",\"type\":[\"dtmf\"]}]",
		"[{\"action\":\"talk\",\"text\":\"a\",\"loop\":0}]",
		"[{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true}]",
		"[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"1\"}]}]",
		WS("\"uri\":\"wss://h/\"," RATE16),
		WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"vonage\"}"),
	};
	struct ncco	n;
	char		cause[300];
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(parse(&n, rows[i], cause) == NCCO_REFUSED, "%s: %s", rows[i], cause);
}
END_TEST

START_TEST(talk_is_measured_in_characters_without_tags)
{
	static char	text[8000];
	struct ncco	n;
	char		cause[300];
	int		i, over;

	for (over = 0; over <= 1; over++) {
		strcpy(text, "[{\"action\":\"talk\",\"text\":\"<speak><break time='1s'/>");
		for (i = 0; i < NCCO_TEXT_MAX - 3 + over; i++)	/* three tags become blanks */
			strcat(text, "\xd9\x85");
		strcat(text, "</speak>\"}]");
		ck_assert_int_eq(parse(&n, text, cause), over ? NCCO_BAD : NCCO_OK);
		if (!over)
			ck_assert_ptr_null(strchr(n.actions[0].text, '<'));
		ncco_clear(&n);
	}
}
END_TEST

START_TEST(headers_may_have_512_bytes)
{
	char		text[1200], value[600];
	struct ncco	n;
	char		cause[300];
	int		len;

	for (len = 504; len <= 505; len++) {		/* {"k":"..."} is 8 more */
		memset(value, 'x', sizeof(value));
		value[len] = '\0';
		(void)snprintf(text, sizeof(text), WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":{\"k\":\"%s\"}"), value);
		ck_assert_int_eq(parse(&n, text, cause), len == 504 ? NCCO_OK : NCCO_BAD);
		ncco_clear(&n);
	}
}
END_TEST

START_TEST(the_first_message_merges_the_headers)
{
	struct ncco	n;
	char		cause[300], *text;

	ck_assert_int_eq(parse(&n, WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":{\"call\":\"f7\",\"n\":3}"), cause), NCCO_OK);
	text = ncco_connected_text(&n.actions[0]);
	ck_assert_str_eq(text, "{\"event\":\"websocket:connected\",\"content-type\":\"audio/l16;rate=16000\","
	    "\"call\":\"f7\",\"n\":3}");
	free(text);
	ncco_clear(&n);
}
END_TEST

START_TEST(failed_allocations_end_in_an_error)
{
	struct ncco	n;
	char		cause[300];
	int		i;

	for (i = 0; i < 50; i++) {
		mem_fail_at(i);
		if (parse(&n, CONNECT("\"eventUrl\":[\"http://b/\"],\"from\":\"4\""), cause) == NCCO_OK)
			break;
	}
	mem_fail_at(-1);
	ck_assert_int_ge(i, 5);
	ncco_clear(&n);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("nccocheck");
	TCase	*t = tcase_create("nccocheck");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, the_usual_ncco_is_read);
	tcase_add_test(t, what_vonage_refuses_is_bad);
	tcase_add_test(t, what_callsim_does_not_play_is_refused);
	tcase_add_test(t, talk_is_measured_in_characters_without_tags);
	tcase_add_test(t, headers_may_have_512_bytes);
	tcase_add_test(t, the_first_message_merges_the_headers);
	tcase_add_test(t, failed_allocations_end_in_an_error);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
