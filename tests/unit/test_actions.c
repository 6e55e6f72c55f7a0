/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "webhookd/actions.h"
#include "webhookd/talk.h"

#define URL	"\"eventUrl\":[\"https://x/e\"]"
#define WS	"\"type\":\"websocket\",\"content-type\":\"audio/l16;rate=8000\""
static const struct { const char *action, *cause; } cases[] = {
	{ "{\"action\":\"talk\",\"text\":\"a\",\"language\":\"en-GB\",\"style\":2,\"premium\":true,\"loop\":0,\"level\":-0.5}", NULL },
	{ "{\"action\":\"talk\",\"text\":\"a\",\"level\":\"0.4\"}", NULL }, { "{\"action\":\"talk\"}", "no \"text\"" },
	{ "{\"action\":\"talk\",\"text\":\"\"}", "empty" }, { "{\"action\":\"talk\",\"text\":\"a\",\"level\":2}", "outside" },
	{ "{\"action\":\"talk\",\"text\":\"a\",\"loop\":1.5}", "no whole number" }, { "{\"action\":\"talk\",\"text\":\"a\",\"premium\":\"yes\"}", "not true" },
	{ "{\"action\":\"talk\",\"text\":\"a\",\"when\":\"b\"}", "unknown option" },
	{ "{\"action\":\"stream\",\"streamUrl\":[\"https://x/a.mp3\"]}", NULL }, { "{\"action\":\"stream\",\"streamUrl\":\"https://x\"}", "exactly one" },
	{ "{\"action\":\"stream\",\"streamUrl\":[\"ftp://x\"]}", "no address" }, { "{\"action\":\"stream\",\"streamUrl\":[\"https://x\",\"https://y\"]}", "exactly one" },
	{ "{\"action\":\"record\",\"format\":\"ogg\",\"split\":\"conversation\",\"channels\":2,\"endOnSilence\":3,\"endOnKey\":\"#\",\"timeOut\":7200,"
	    "\"beepStart\":true,\"transcription\":{\"language\":\"fa-IR\"}," URL ",\"eventMethod\":\"GET\"}", NULL },
	{ "{\"action\":\"record\",\"format\":\"flac\"}", "none of its words" }, { "{\"action\":\"record\",\"endOnSilence\":2}", "outside 3 to 10" },
	{ "{\"action\":\"record\",\"endOnKey\":\"12\"}", "longer than 1" }, { "{\"action\":\"record\",\"channels\":2}", "needs \"split\"" },
	{ "{\"action\":\"conversation\",\"name\":\"a\",\"musicOnHoldUrl\":[\"https://x\"],\"canHear\":[]}", NULL },
	{ "{\"action\":\"conversation\",\"name\":\"a\",\"mute\":true,\"canSpeak\":[]}", "exclude" }, { "{\"action\":\"conversation\"}", "no \"name\"" },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"4420\",\"dtmfAnswer\":\"1p2#\",\"onAnswer\":{\"url\":\"https://x\"}}],"
	    "\"advancedMachineDetection\":{\"behavior\":\"continue\",\"mode\":\"detect\",\"beep_timeout\":45},\"timeout\":60,\"limit\":7200}", NULL },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standardHeaders\":{\"User-to-User\":\"1\"}}],\"ringbackTone\":\"https://x\"}", NULL },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"vbc\",\"extension\":\"12\"}]}", NULL }, { "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"app\",\"user\":\"a\"}]}", NULL },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\",\"uri\":\"wss://x\",\"content-type\":\"audio/l16;rate=16000\",\"headers\":{},"
	    "\"authorization\":{\"type\":\"vonage\"}}]}", NULL },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\"}]}", "no \"uri\"" }, { "{\"action\":\"connect\",\"endpoint\":[]}", "exactly one endpoint" },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"fax\"}]}", "no type of endpoint" }, { "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"+44\"}]}", "other characters" },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"\"}]}", "empty" },
	{ "{\"action\":\"connect\",\"from\":\"1\",\"randomFromNumber\":true,\"endpoint\":[{\"type\":\"vbc\",\"extension\":\"1\"}]}", "exclude" },
	{ "{\"action\":\"wait\",\"timeout\":0.5}", NULL }, { "{\"action\":\"wait\",\"timeout\":8000}", "outside" }, { "{\"action\":\"wait\"}", NULL },
	{ "{\"action\":\"input\",\"type\":[\"dtmf\",\"speech\"],\"dtmf\":{\"timeOut\":10,\"maxDigits\":20,\"submitOnHash\":true},"
	    "\"speech\":{\"language\":\"fa-IR\",\"startTimeout\":60,\"endOnSilence\":0.4,\"context\":[\"a\"],\"provider\":\"google\",\"providerOptions\":{}}}", NULL },
	{ "{\"action\":\"input\"}", "no \"type\"" }, { "{\"action\":\"input\",\"type\":[]}", "0 elements" }, { "{\"action\":\"input\",\"type\":[\"video\"]}", "none of its words" },
	{ "{\"action\":\"input\",\"type\":[\"dtmf\"],\"mode\":\"asynchronous\",\"dtmf\":{}}", "asynchronous" }, { "{\"action\":\"input\",\"type\":[\"dtmf\"],\"dtmf\":{\"maxDigits\":21}}", "outside" },
	{ "{\"action\":\"notify\",\"payload\":{}," URL "}", NULL }, { "{\"action\":\"notify\",\"payload\":{}}", "no \"eventUrl\"" }, { "{\"action\":\"notify\"," URL "}", "no \"payload\"" },
	{ "{\"action\":\"transfer\",\"conversationId\":\"CON-1\",\"mute\":true}", NULL }, { "{\"action\":\"transfer\"}", "no \"conversationId\"" },
	{ "{\"action\":\"talk\",\"text\":\"<speak>a <break time='1s'/></speak>\"}", NULL }, { "{\"action\":\"talk\",\"text\":\"1 < 2 > 1\"}", NULL },
	{ "{\"action\":\"talk\",\"text\":\"a <speak>b</speak>\"}", "nothing before" }, { "{\"action\":\"talk\",\"text\":\"<speak>b\"}", "nothing before" },
	{ "{\"action\":\"talk\",\"text\":\"<speak>b</speak>c\"}", "nothing before" }, { "{\"action\":\"talk\",\"text\":\"b</speak>\"}", "nothing before" },
	{ "{\"action\":\"stream\",\"streamUrl\":[\"wss://x\"]}", "no address" }, { "{\"action\":\"stream\",\"streamUrl\":[\"https://x y\"]}", "no address" },
	{ "{\"action\":\"record\",\"channels\":1}", "needs \"split\"" },
	{ "{\"action\":\"input\",\"type\":[\"speech\"],\"mode\":\"asynchronous\"}", "of type dtmf only" },
	{ "{\"action\":\"input\",\"type\":[null],\"mode\":\"asynchronous\"}", "no text" }, { "{\"action\":\"input\",\"type\":[\"dtmf\"],\"mode\":\"asynchronous\"}", NULL },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\",\"uri\":\"a@b\"}]}", "no sip:user@host" }, { "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"vbc\",\"extension\":\"a\"}]}", "other characters" },
	{ "{\"action\":\"connect\",\"endpoint\":[{" WS ",\"uri\":\"https://x\"}]}", "no address" }, { "{\"action\":\"connect\",\"endpoint\":[{" WS ",\"uri\":\"ws://x\",\"headers\":{\"event\":\"a\"}}]}", "named event" },
	{ "{\"action\":\"connect\",\"endpoint\":[{" WS ",\"uri\":\"ws://x\",\"authorization\":{}}]}", NULL },
	{ "{\"action\":\"connect\",\"endpoint\":[{" WS ",\"uri\":\"ws://x\",\"authorization\":{\"type\":\"custom\"}}]}", "if it is custom" },
	{ "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\",\"uri\":\"ws://x\",\"content-type\":\"audio/l16;rate=44100\"}]}", "none of its words" },
	{ "{\"action\":\"pay\"}", "unknown action" }, { "{}", "no \"action\"" },
};

START_TEST(an_action_is_valid_or_has_a_cause)
{
	struct json_object	*a = json_parse(cases[_i].action, strlen(cases[_i].action), NULL);
	char			 why[300];
	bool			 ok;

	ck_assert_msg(a != NULL, "%s", cases[_i].action);
	ok = actions_valid(a, why, sizeof(why));
	ck_assert_msg(ok == (cases[_i].cause == NULL), "%s: %s", cases[_i].action, why);
	if (!ok)
		ck_assert_msg(strstr(why, cases[_i].cause) != NULL, "%s: %s", cases[_i].action, why);
	json_object_put(a);
}
END_TEST

START_TEST(texts_become_numbers_where_numbers_are_wanted)
{
	static const char	text[] = "{\"action\":\"connect\",\"timeout\":\"20\",\"randomFromNumber\":\"true\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"20\"}]}";
	struct json_object	*a = json_parse(text, strlen(text), NULL);

	actions_fit(a);
	ck_assert(json_object_is_type(json_get(a, "timeout"), json_type_int));
	ck_assert(json_get_bool(a, "randomFromNumber", false));
	ck_assert_str_eq(json_get_str(json_object_array_get_idx(json_get_arr(a, "endpoint"), 0), "number"), "20");
	json_object_put(a);
}
END_TEST

START_TEST(barge_in_wants_an_input)
{
	static const struct { const char *ncco; size_t errors; } nccos[] = {
		{ "[{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true},{\"action\":\"stream\",\"streamUrl\":[\"https://x\"],\"bargeIn\":true},{\"action\":\"input\",\"type\":[\"dtmf\"]}]", 0 },
		{ "[{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true}]", 1 },
		{ "[{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true},{\"action\":\"wait\"},{\"action\":\"input\",\"type\":[\"dtmf\"]}]", 1 },
	};
	struct json_object	*ncco;
	size_t			 i;

	for (i = 0; i < sizeof(nccos) / sizeof(nccos[0]); i++) {
		struct actions_report	r = { .fn = NULL };

		ncco = json_parse(nccos[i].ncco, strlen(nccos[i].ncco), NULL);
		actions_check(ncco, true, &r);
		ck_assert_uint_eq(r.errors, nccos[i].errors);
		/* one that is sent as it is has no mixture */
		r.errors = 0;
		actions_check(ncco, false, &r);
		ck_assert_uint_eq(r.errors, 1);
		json_object_put(ncco);
	}
}
END_TEST

#define TALK	"{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true}"
#define STREAM	"{\"action\":\"stream\",\"streamUrl\":[\"https://x\"],\"bargeIn\":true}"
#define INPUT	"{\"action\":\"input\",\"type\":[\"dtmf\"]}"

START_TEST(barge_in_stays_where_vonage_takes_it)
{
	static const struct { const char *ncco, *kept; } nccos[] = {
		{ "[" TALK "," STREAM "," TALK "," INPUT "]", "--b-" },
		{ "[" STREAM "," TALK "," TALK "," INPUT "," TALK "]", "-bb--" },
		{ "[" STREAM "," STREAM "," INPUT "]", "bb-" },
		{ "[" TALK "," TALK ",{\"action\":\"wait\"}," INPUT "]", "----" },
		{ "[]", "" },
	};
	struct json_object	*ncco;
	size_t			 i, k;

	for (i = 0; i < sizeof(nccos) / sizeof(nccos[0]); i++) {
		ncco = json_parse(nccos[i].ncco, strlen(nccos[i].ncco), NULL);
		actions_fit_barge_in(ncco);
		ck_assert_uint_eq(json_object_array_length(ncco), strlen(nccos[i].kept));
		for (k = 0; nccos[i].kept[k] != '\0'; k++)
			ck_assert_msg(json_get_bool(json_object_array_get_idx(ncco, k), "bargeIn", false) == (nccos[i].kept[k] == 'b'),
			    "%zu: %zu", i, k);
		json_object_put(ncco);
	}
}
END_TEST

START_TEST(tags_are_not_counted)
{
	ck_assert_uint_eq(actions_talk_chars("<speak>a<break time='1s'/>b</speak>"), 2);
	ck_assert_uint_eq(actions_talk_chars("a < b"), 5);
	ck_assert_uint_eq(actions_talk_chars("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85"), 4);
}
END_TEST

START_TEST(a_long_text_is_cut_at_sentences_words_or_characters)
{
	char	*plain;

	ck_assert_uint_eq(talk_next("One. Two.", 100), 9);
	ck_assert_uint_eq(talk_next("One. Two three.", 8), 4);
	ck_assert_uint_eq(talk_next("It is 3.5 m. So", 13), 12);
	ck_assert_uint_eq(talk_next("One two three", 9), 8);
	ck_assert_uint_eq(talk_next("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85", 3), 6);
	ck_assert_uint_eq(talk_next("\xd8\xb3\xd8\x9f \xd9\x84\xd8\xa7\xd9\x85", 4), 4);
	ck_assert_ptr_nonnull(plain = talk_plain("<speak>A &amp; B<break/>C</speak>"));
	ck_assert_str_eq(plain, " A & B C ");
	free(plain);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("actions");
	TCase	*t = tcase_create("actions");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, an_action_is_valid_or_has_a_cause, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, texts_become_numbers_where_numbers_are_wanted);
	tcase_add_test(t, barge_in_wants_an_input);
	tcase_add_test(t, barge_in_stays_where_vonage_takes_it);
	tcase_add_test(t, tags_are_not_counted);
	tcase_add_test(t, a_long_text_is_cut_at_sentences_words_or_characters);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
