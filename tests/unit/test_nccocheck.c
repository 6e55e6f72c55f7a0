/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "tools/callsim/nccocheck.h"

#define TO(endpoint)	"[{\"action\":\"connect\",\"endpoint\":[{" endpoint "}]}]"
#define WS(members)	TO("\"type\":\"websocket\"," members)
#define CONNECT(members) "[{\"action\":\"connect\"," members ",\"endpoint\":[{\"type\":\"websocket\","	\
	"\"uri\":\"ws://h/s\",\"content-type\":\"audio/l16;rate=16000\"}]}]"
#define RATE16		"\"content-type\":\"audio/l16;rate=16000\""
#define ONE(action, members) "[{\"action\":\"" action "\"," members "}]"
#define TALK(members)	ONE("talk", "\"text\":\"a\"," members)
#define SAY(text)	ONE("talk", "\"text\":\"" text "\"")
#define STREAM(members)	ONE("stream", "\"streamUrl\":[\"https://b.example/a.mp3\"]," members)
#define CONF(members)	ONE("conversation", "\"name\":\"room\"," members)
#define DTMF(members)	ONE("input", "\"type\":[\"dtmf\"]," members)
#define SPEECH(members)	ONE("input", "\"type\":[\"speech\"],\"speech\":{" members "}")
#define NOTIFY(members)	ONE("notify", "\"payload\":{\"k\":1}," members)
#define URL		"\"eventUrl\":[\"https://b.example/e\"]"
#define MUSIC		"{\"action\":\"stream\",\"streamUrl\":[\"https://x/y.mp3\"],\"bargeIn\":true}"
#define BARGE		"{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true}"
#define PLAIN		"{\"action\":\"talk\",\"text\":\"b\"}"
#define INPUT		"{\"action\":\"input\",\"type\":[\"dtmf\"]}"
#define WAIT		"{\"action\":\"wait\"}"
#define NUMBER		"\"type\":\"phone\",\"number\":\"447700900123\""

static enum ncco_result
parse(struct ncco *n, const char *text, char cause[NCCO_CAUSE_SIZE])
{
	memset(n, 0, sizeof(*n));
	cause[0] = '\0';
	return ncco_parse(n, text, strlen(text), cause, NCCO_CAUSE_SIZE);
}

START_TEST(the_usual_ncco_is_read)
{
	struct ncco	n;
	char		cause[NCCO_CAUSE_SIZE];

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
	ck_assert_uint_eq(n.actions[0].style, 1);
	ck_assert(n.actions[0].premium && n.actions[0].level > 0.49 && n.actions[0].loop == 1);
	ck_assert_int_eq(n.actions[1].kind, NCCO_CONNECT);
	ck_assert_int_eq(n.actions[1].endpoint, NCCO_WEBSOCKET);
	ck_assert_str_eq(n.actions[1].uri, "ws://h:1/s?t=1");
	ck_assert_uint_eq(n.actions[1].rate_hz, 24000);
	ck_assert_str_eq(n.actions[1].headers, "{\"call\":\"f7\"}");
	ck_assert_str_eq(n.actions[1].event_url, "https://b.example/e");
	ck_assert_int_eq(n.actions[1].auth, NCCO_AUTH_CUSTOM);
	ck_assert_str_eq(n.actions[1].authorization, "Bearer x");
	ck_assert(n.actions[1].event_get && n.actions[1].synchronous);
	ck_assert_uint_eq(n.actions[1].timeout_ms, 60000);
	ck_assert_uint_eq(n.actions[1].limit_ms, 7200000);
	ck_assert_str_eq(json_get_str(n.actions[1].json, "from"), "44");
	ncco_clear(&n);
	ck_assert_int_eq(parse(&n, "[]", cause), NCCO_OK);
	ck_assert_uint_eq(n.nactions, 0);
	ncco_clear(&n);
}
END_TEST

/* Each rule: the last that is accepted, the first that is refused, and why. */
static const struct { const char *good, *bad, *says; } rules[] = {
	/* the array and its actions */
	{ NULL, "", "not JSON" }, { "[]", "{}", "not an array" }, { NULL, "[1]", "not an object" },
	{ NULL, "[{}]", "no \"action\"" }, { NULL, "[{\"action\":\"dance\"}]", "unknown action" },
	{ NULL, "[{\"action\":\"pay\"}]", "unknown action" },
	{ NULL, "[{\"action\":1}]", "no \"action\"" },
	/* talk */
	{ NULL, "[{\"action\":\"talk\"}]", "without text" },
	{ SAY("a"), SAY(""), "empty" }, { NULL, ONE("talk", "\"text\":1"), "wrong type" },
	{ NULL, ONE("talk", "\"text\":null"), "wrong type" },
	{ NULL, SAY("a\\u0000b"), "NUL" },
	{ NULL, TALK("\"speed\":1"), "unknown member" },
	{ TALK("\"loop\":0"), TALK("\"loop\":-1"), "\"loop\" is not in" },
	{ NULL, TALK("\"loop\":1.5"), "wrong type" }, { NULL, TALK("\"loop\":\"2\""), "wrong type" },
	{ TALK("\"level\":-1"), TALK("\"level\":-1.1"), "-1..1" },
	{ TALK("\"level\":\"0.3\""), TALK("\"level\":\"loud\""), "-1..1" },
	{ TALK("\"level\":0.7"), TALK("\"level\":0.75"), "steps" },
	{ TALK("\"style\":3"), TALK("\"style\":-1"), "style" },
	{ TALK("\"premium\":false"), TALK("\"premium\":\"no\""), "wrong type" },
	{ TALK("\"voiceName\":\"Amy\""), TALK("\"voiceName\":1"), "wrong type" },
	{ TALK("\"language\":\"en-GB-WLS\""), TALK("\"language\":\"fa-IR\""), "no voice speaks" },
	{ TALK("\"language\":\"ar\""), TALK("\"language\":\"en\""), "no voice speaks" },
	/* SSML */
	{ SAY("<speak>a <break time='1s'/> b</speak>"), SAY("<speak>a <break time='1s'> b</speak>"), "closes break" },
	{ SAY("1 < 2 & 3"), SAY("<speak>1 < 2</speak>"), "name is missing" },
	{ SAY("<speak>a &amp; b</speak>"), SAY("<speak>a & b</speak>"), "bare &" },
	{ SAY("<speak><p><s>a</s></p></speak>"), SAY("<speak><p><s>a</p></s></speak>"), "closes s" },
	{ NULL, SAY("<speak>a"), "not closed" }, { NULL, SAY("<speak>a</speak> b"), "behind" },
	{ NULL, SAY("a <speak>b</speak>"), "outside" }, { NULL, SAY("<speak>a</speak"), "does not end" },
	{ SAY("<speak><prosody rate=\\\"slow\\\">a</prosody></speak>"),
	    SAY("<speak><prosody rate=slow>a</prosody></speak>"), "not quoted" },
	{ NULL, SAY("<speak><blink>a</blink></speak>"), "not known" },
	{ NULL, SAY("<speak><speak>a</speak></speak>"), "not known here" },
	/* bargeIn */
	{ "[" BARGE "," INPUT "]", "[" BARGE "]", "followed by input" },
	{ "[" BARGE "," PLAIN "," INPUT "]", "[" BARGE "," PLAIN "]", "followed by input" },
	{ "[" BARGE "," BARGE "," INPUT "," WAIT "]", "[" BARGE "," WAIT "," INPUT "]", "followed by input" },
	{ NULL, "[" INPUT "," BARGE "]", "action 1: talk with bargeIn" },
	{ "[" MUSIC "," MUSIC "," INPUT "]", "[" MUSIC "]", "stream with bargeIn is not followed by input" },
	{ "[" PLAIN "," MUSIC "," INPUT "]", "[" MUSIC "," BARGE "," INPUT "]", "action 0: stream with bargeIn" },
	{ NULL, "[" BARGE "," MUSIC "," INPUT "]", "action 0: talk with bargeIn" },
	/* stream */
	{ STREAM("\"loop\":0"), STREAM("\"loop\":-1"), "loop" },
	{ STREAM("\"level\":1"), STREAM("\"level\":2"), "-1..1" },
	{ STREAM("\"bargeIn\":false"), STREAM("\"bargeIn\":1"), "wrong type" },
	{ NULL, "[{\"action\":\"stream\"}]", "without streamUrl" },
	{ NULL, ONE("stream", "\"streamUrl\":\"https://b.example/a.mp3\""), "wrong type" },
	{ NULL, ONE("stream", "\"streamUrl\":[\"a.mp3\"]"), "no http URL" },
	{ NULL, ONE("stream", "\"streamUrl\":[\"http://\"]"), "no http URL" },
	{ NULL, ONE("stream", "\"streamUrl\":[\"http://b.example/a b\"]"), "no http URL" },
	{ NULL, STREAM("\"text\":\"a\""), "unknown member" },
	/* record */
	{ "[{\"action\":\"record\"}]", ONE("record", "\"colour\":1"), "unknown member" },
	{ ONE("record", "\"format\":\"ogg\""), ONE("record", "\"format\":\"flac\""), "format" },
	{ ONE("record", "\"split\":\"conversation\""), ONE("record", "\"split\":\"legs\""), "split" },
	{ ONE("record", "\"split\":\"conversation\",\"channels\":32"),
	    ONE("record", "\"split\":\"conversation\",\"channels\":33"), "1..32" },
	{ NULL, ONE("record", "\"channels\":2"), "need split" },
	{ ONE("record", "\"endOnSilence\":3"), ONE("record", "\"endOnSilence\":2"), "3..10" },
	{ ONE("record", "\"endOnSilence\":10"), ONE("record", "\"endOnSilence\":11"), "3..10" },
	{ ONE("record", "\"endOnKey\":\"#\""), ONE("record", "\"endOnKey\":\"A\""), "endOnKey" },
	{ ONE("record", "\"endOnKey\":\"0\""), ONE("record", "\"endOnKey\":\"12\""), "endOnKey" },
	{ ONE("record", "\"timeOut\":3"), ONE("record", "\"timeOut\":2"), "3..7200" },
	{ ONE("record", "\"timeOut\":7200"), ONE("record", "\"timeOut\":7201"), "3..7200" },
	{ ONE("record", "\"beepStart\":true"), ONE("record", "\"beepStart\":\"true\""), "wrong type" },
	{ ONE("record", "\"transcription\":{}"), ONE("record", "\"transcription\":true"), "wrong type" },
	{ ONE("record", "\"transcription\":{\"language\":\"fa-IR\",\"sentimentAnalysis\":true," URL "}"),
	    ONE("record", "\"transcription\":{\"language\":\"xx-YY\"}"), "language" },
	{ NULL, ONE("record", "\"transcription\":{\"eventUrl\":[]}"), "exactly one" },
	/* conversation */
	{ CONF("\"startOnEnter\":false,\"endOnExit\":true,\"record\":true"), CONF("\"record\":\"yes\""), "wrong type" },
	{ NULL, "[{\"action\":\"conversation\"}]", "without name" },
	{ CONF("\"musicOnHoldUrl\":[\"https://b.example/m.mp3\"]"), CONF("\"musicOnHoldUrl\":[]"), "exactly one" },
	{ CONF("\"canSpeak\":[]"), CONF("\"canSpeak\":[1]"), "no text" },
	{ CONF("\"canHear\":[\"u\"],\"mute\":true"), CONF("\"canSpeak\":[\"u\"],\"mute\":true"), "mute together" },
	{ CONF("\"canSpeak\":[\"u\"],\"mute\":false"), CONF("\"max\":3"), "unknown member" },
	/* connect */
	{ NULL, "[{\"action\":\"connect\"}]", "exactly one" },
	{ NULL, ONE("connect", "\"endpoint\":{}"), "wrong type" },
	{ NULL, ONE("connect", "\"endpoint\":[1]"), "not an object" },
	{ NULL, ONE("connect", "\"endpoint\":[{},{}]"), "exactly one" },
	{ NULL, TO("\"type\":\"fax\""), "unknown endpoint" }, { NULL, TO(""), "no type" },
	{ CONNECT("\"from\":\"44\""), CONNECT("\"from\":\"44\",\"randomFromNumber\":true"), "randomFromNumber" },
	{ CONNECT("\"randomFromNumber\":true"), CONNECT("\"randomFromNumber\":1"), "wrong type" },
	{ CONNECT(URL), CONNECT("\"eventUrl\":\"http://b/\""), "wrong type" },
	{ NULL, CONNECT("\"eventUrl\":[]"), "exactly one" },
	{ NULL, CONNECT("\"eventUrl\":[\"http://b/\",\"http://c/\"]"), "exactly one" },
	{ NULL, CONNECT("\"eventUrl\":[\"ftp://b/\"]"), "no http URL" },
	{ NULL, CONNECT("\"eventUrl\":[\"/relative\"]"), "no http URL" },
	{ CONNECT("\"eventMethod\":\"GET\""), CONNECT("\"eventMethod\":\"PUT\""), "eventMethod" },
	{ CONNECT("\"eventType\":\"synchronous\""), CONNECT("\"eventType\":\"async\""), "eventType" },
	{ CONNECT("\"limit\":7200"), CONNECT("\"limit\":7201"), "limit" },
	{ CONNECT("\"timeout\":1"), CONNECT("\"timeout\":0"), "timeout" },
	{ CONNECT("\"machineDetection\":\"hangup\""), CONNECT("\"machineDetection\":\"stop\""), "machineDetection" },
	{ CONNECT("\"advancedMachineDetection\":{\"behavior\":\"hangup\",\"mode\":\"default\",\"beep_timeout\":30}"),
	    CONNECT("\"advancedMachineDetection\":{\"beep_timeout\":29}"), "30..120" },
	{ CONNECT("\"advanced_machine_detection\":{\"mode\":\"detect_beep\"}"),
	    CONNECT("\"advancedMachineDetection\":{\"mode\":\"beep\"}"), "mode" },
	{ CONNECT("\"ringbackTone\":\"https://b/r.mp3\""), CONNECT("\"ringbackTone\":\"r.mp3\""), "absolute" },
	/* endpoints: phone */
	{ TO(NUMBER), TO("\"type\":\"phone\""), "without number" },
	{ TO("\"type\":\"phone\",\"number\":\"1234567\""), TO("\"type\":\"phone\",\"number\":\"123456\""), "7 to 15" },
	{ NULL, TO("\"type\":\"phone\",\"number\":\"+447700900123\""), "7 to 15" },
	{ TO(NUMBER ",\"dtmfAnswer\":\"1p2#*\""), TO(NUMBER ",\"dtmfAnswer\":\"1w2\""), "dtmfAnswer" },
	{ TO(NUMBER ",\"onAnswer\":{\"url\":\"https://b/n\"}"), TO(NUMBER ",\"onAnswer\":{}"), "without url" },
	{ TO(NUMBER ",\"shaken\":\"x\""), TO(NUMBER ",\"extension\":\"1\""), "unknown member" },
	/* app, vbc, sip */
	{ TO("\"type\":\"app\",\"user\":\"jo\""), TO("\"type\":\"app\""), "without user" },
	{ TO("\"type\":\"vbc\",\"extension\":\"4321\""), TO("\"type\":\"vbc\",\"extension\":\"jo\""), "digits" },
	{ TO("\"type\":\"sip\",\"uri\":\"sip:a@b;transport=tls\""), TO("\"type\":\"sip\",\"uri\":\"sip:b\""), "sip:user@host" },
	{ TO("\"type\":\"sip\",\"uri\":\"sip:a@b\",\"headers\":{\"k\":\"v\"}"),
	    TO("\"type\":\"sip\",\"uri\":\"sip:a@b\",\"headers\":{\"k\":1}"), "no text" },
	{ TO("\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standardHeaders\":{\"User-to-User\":\"31\"}"),
	    TO("\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standardHeaders\":{\"Subject\":\"31\"}"), "User-to-User" },
	{ NULL, TO("\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standard_headers\":{}"), "unknown member" },
	/* websocket */
	{ NULL, WS(RATE16), "uri" }, { NULL, WS("\"uri\":\"http://h/\"," RATE16), "uri" },
	{ NULL, WS("\"uri\":\"ws://h/\""), "content-type" },
	{ WS("\"uri\":\"ws://h/\",\"content-type\":\"audio/l16;rate=8000\""),
	    WS("\"uri\":\"ws://h/\",\"content-type\":\"audio/l16;rate=44100\""), "content-type" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"color\":1"), "unknown member" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":[]"), "wrong type" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":{\"event\":\"x\"}"), "named event" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"headers\":{\"content-type\":null}"), "named event" },
	{ WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"vonage\"}"),
	    WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"vonage\",\"value\":\"x\"}"), "no value" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"basic\"}"), "type" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"custom\"}"), "without value" },
	{ NULL, WS("\"uri\":\"ws://h/\"," RATE16 ",\"authorization\":{\"type\":\"custom\",\"value\":\"a\\r\\nb\"}"),
	    "printable" },
	/* wait: clamped, not refused */
	{ ONE("wait", "\"timeout\":99999"), ONE("wait", "\"timeout\":\"5\""), "wrong type" },
	{ "[" WAIT "]", ONE("wait", "\"timeOut\":5"), "unknown member" },
	/* input */
	{ NULL, "[{\"action\":\"input\"}]", "without type" },
	{ NULL, ONE("input", "\"type\":[]"), "without type" }, { NULL, ONE("input", "\"type\":\"dtmf\""), "wrong type" },
	{ ONE("input", "\"type\":[\"dtmf\",\"speech\"]"), ONE("input", "\"type\":[\"dtmf\",\"mouse\"]"), "of type" },
	{ DTMF("\"dtmf\":{\"timeOut\":10}"), DTMF("\"dtmf\":{\"timeOut\":11}"), "0..10" },
	{ DTMF("\"dtmf\":{\"maxDigits\":20}"), DTMF("\"dtmf\":{\"maxDigits\":21}"), "1..20" },
	{ DTMF("\"dtmf\":{\"submitOnHash\":true}"), DTMF("\"dtmf\":{\"submit\":true}"), "unknown member" },
	{ DTMF("\"mode\":\"asynchronous\""), DTMF("\"mode\":\"asynchronous\",\"dtmf\":{}"), "no dtmf settings" },
	{ NULL, ONE("input", "\"type\":[\"speech\"],\"mode\":\"asynchronous\""), "dtmf only" },
	{ DTMF("\"mode\":\"synchronous\",\"dtmf\":{}"), DTMF("\"mode\":\"both\""), "mode" },
	{ SPEECH("\"endOnSilence\":0.4"), SPEECH("\"endOnSilence\":0.3"), "0.4..10" },
	{ SPEECH("\"startTimeout\":60"), SPEECH("\"startTimeout\":61"), "1..60" },
	{ SPEECH("\"maxDuration\":1"), SPEECH("\"maxDuration\":0"), "1..60" },
	{ SPEECH("\"sensitivity\":10"), SPEECH("\"sensitivity\":9"), "10..100" },
	{ SPEECH("\"language\":\"fa-IR\""), SPEECH("\"language\":\"en-GB-WLS\""), "language" },
	{ SPEECH("\"context\":[\"yes\",\"no\"]"), SPEECH("\"context\":\"yes\""), "wrong type" },
	{ SPEECH("\"uuid\":[\"u\"]"), SPEECH("\"uuid\":[\"u\",\"v\"]"), "exactly one" },
	{ SPEECH("\"saveAudio\":true"), SPEECH("\"saveAudio\":0"), "wrong type" },
	{ SPEECH("\"provider\":\"google\",\"providerOptions\":{\"x\":1}"), SPEECH("\"provider\":\"acme\""), "provider" },
	/* notify, transfer */
	{ NOTIFY(URL), NOTIFY("\"eventMethod\":\"POST\""), "needs payload and eventUrl" },
	{ NULL, ONE("notify", "\"payload\":\"x\"," URL), "wrong type" },
	{ NULL, ONE("notify", URL), "needs payload" },
	{ ONE("transfer", "\"conversationId\":\"CON-1\",\"mute\":true"),
	    ONE("transfer", "\"conversationId\":\"CON-1\",\"mute\":true,\"canSpeak\":[]"), "mute together" },
	{ NULL, "[{\"action\":\"transfer\"}]", "without conversationId" },
};

START_TEST(each_rule_accepts_and_refuses)
{
	struct ncco	n;
	char		cause[NCCO_CAUSE_SIZE];
	size_t		i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].good != NULL) {
			ck_assert_msg(parse(&n, rules[i].good, cause) == NCCO_OK, "row %zu: %s: %s", i,
			    rules[i].good, cause);
			ncco_clear(&n);
		}
		ck_assert_msg(parse(&n, rules[i].bad, cause) == NCCO_BAD, "row %zu: %s", i, rules[i].bad);
		ck_assert_msg(strstr(cause, rules[i].says) != NULL, "row %zu: %s", i, cause);
		ck_assert_uint_eq(n.nactions, 0);
	}
}
END_TEST

START_TEST(what_callsim_cannot_do_is_told_apart)
{
	struct ncco	n;
	char		cause[NCCO_CAUSE_SIZE];

	ck_assert_int_eq(parse(&n, WS("\"uri\":\"wss://h/\"," RATE16), cause), NCCO_REFUSED);
}
END_TEST

START_TEST(defaults_and_options_are_read)
{
	struct ncco	n;
	char		cause[NCCO_CAUSE_SIZE];

	ck_assert_int_eq(parse(&n, "[{\"action\":\"record\",\"split\":\"conversation\",\"channels\":3,"
	    "\"endOnKey\":\"#\",\"transcription\":{\"language\":\"en-US\"}},"
	    "{\"action\":\"record\"},{\"action\":\"wait\"},{\"action\":\"wait\",\"timeout\":0},"
	    "{\"action\":\"input\",\"type\":[\"speech\"],\"speech\":{\"endOnSilence\":1.5,\"context\":[\"a\",\"b\"]}},"
	    "{\"action\":\"conversation\",\"name\":\"r\",\"canHear\":[]},"
	    "{\"action\":\"talk\",\"text\":\"<speak>1 &lt; 2</speak>\"}]", cause), NCCO_OK);
	ck_assert_int_eq(n.actions[0].format, NCCO_WAV);	/* of more than two channels */
	ck_assert(n.actions[0].split && n.actions[0].blocking && n.actions[0].transcribe);
	ck_assert_int_eq(n.actions[0].end_on_key, '#');
	ck_assert_int_eq(n.actions[1].format, NCCO_MP3);
	ck_assert(!n.actions[1].blocking && n.actions[1].channels == 1);
	ck_assert_uint_eq(n.actions[2].timeout_ms, 10000);
	ck_assert_uint_eq(n.actions[3].timeout_ms, 100);
	ck_assert_uint_eq(n.actions[4].silence_ms, 1500);
	ck_assert_uint_eq(n.actions[4].start_timeout_ms, 10000);
	ck_assert_uint_eq(n.actions[4].max_digits, 4);
	ck_assert_str_eq(n.actions[4].context.items[1], "b");
	ck_assert(n.actions[5].can_hear.given && n.actions[5].can_hear.count == 0);
	ck_assert(!n.actions[5].can_speak.given && n.actions[5].start_on_enter);
	ck_assert_str_eq(n.actions[6].text, " 1 < 2 ");
	ck_assert_str_eq(n.actions[6].ssml, "<speak>1 &lt; 2</speak>");
	ncco_clear(&n);
}
END_TEST

START_TEST(endpoints_of_the_rest_api_have_their_own_spelling)
{
	const char		*text = "{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standard_headers\":{\"User-to-User\":\"1\"}}";
	struct json_object	*o = json_parse(text, strlen(text), NULL), *amd;
	struct ncco_action	 a = { 0 };
	char			 cause[NCCO_CAUSE_SIZE];

	ck_assert_int_eq(ncco_read_endpoint(&a, o, cause, sizeof(cause)), NCCO_OK);
	ck_assert_int_eq(a.endpoint, NCCO_SIP);
	ck_assert_str_eq(a.standard_headers, "{\"User-to-User\":\"1\"}");
	json_object_put(o);
	text = "{\"mode\":\"detect_beep\",\"beep_timeout\":60}";
	amd = json_parse(text, strlen(text), NULL);
	ck_assert_int_eq(ncco_read_amd(&a, "hangup", amd, cause, sizeof(cause)), NCCO_OK);
	ck_assert(a.amd == NCCO_AMD_CONTINUE && a.amd_mode == NCCO_AMD_DETECT_BEEP && a.beep_timeout_ms == 60000);
	ck_assert_int_eq(ncco_read_amd(&a, "sing", NULL, cause, sizeof(cause)), NCCO_BAD);
	json_object_put(amd);
	ncco_action_clear(&a);
	text = "{\"type\":\"phone\",\"number\":\"1\"}";
	o = json_parse(text, strlen(text), NULL);
	ck_assert_int_eq(ncco_read_endpoint(&a, o, cause, sizeof(cause)), NCCO_BAD);
	ck_assert_ptr_nonnull(strstr(cause, "7 to 15"));
	json_object_put(o);
}
END_TEST

START_TEST(talk_is_measured_in_characters_without_tags)
{
	static char	text[8000];
	struct ncco	n;
	char		cause[NCCO_CAUSE_SIZE];
	int		i, over, tags;

	for (over = 0; over <= 1; over++)
		for (tags = 0; tags <= 1; tags++) {
			strcpy(text, tags ? "[{\"action\":\"talk\",\"text\":\"<speak><break time='1s'/>" :
			    "[{\"action\":\"talk\",\"text\":\"");
			for (i = 0; i < NCCO_TEXT_MAX + over; i++)
				strcat(text, "\xd9\x85");
			strcat(text, tags ? "</speak>\"}]" : "\"}]");
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
	char		cause[NCCO_CAUSE_SIZE];
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
	char		cause[NCCO_CAUSE_SIZE], *text;

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
	static const char *const texts[] = {
		CONNECT("\"eventUrl\":[\"http://b/\"],\"from\":\"4\""),
		"[{\"action\":\"talk\",\"text\":\"<speak>a</speak>\"},{\"action\":\"conversation\",\"name\":\"r\","
		"\"canHear\":[\"a\",\"b\"]},{\"action\":\"notify\",\"payload\":{}," URL "}]",
	};
	struct ncco	n;
	char		cause[NCCO_CAUSE_SIZE];
	size_t		k;
	int		i;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < 50; i++) {
			mem_fail_at(i);
			if (parse(&n, texts[k], cause) == NCCO_OK)
				break;
			ck_assert_uint_eq(n.nactions, 0);
		}
		mem_fail_at(-1);
		ck_assert_int_ge(i, 5);
		ncco_clear(&n);
	}
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
	tcase_add_test(t, each_rule_accepts_and_refuses);
	tcase_add_test(t, what_callsim_cannot_do_is_told_apart);
	tcase_add_test(t, defaults_and_options_are_read);
	tcase_add_test(t, endpoints_of_the_rest_api_have_their_own_spelling);
	tcase_add_test(t, talk_is_measured_in_characters_without_tags);
	tcase_add_test(t, headers_may_have_512_bytes);
	tcase_add_test(t, the_first_message_merges_the_headers);
	tcase_add_test(t, failed_allocations_end_in_an_error);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
