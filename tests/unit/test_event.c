/* SPDX-License-Identifier: ISC */
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "webhookd/event.h"
#include "webhookd/pairs.h"

static struct event
parse(const char *text)
{
	struct json_object	*obj = json_parse(text, strlen(text), NULL);
	struct event		 ev;

	ck_assert_ptr_nonnull(obj);
	event_parse(obj, &ev);
	event_clear(&ev);
	json_object_put(obj);
	return ev;
}

/* The same, while what it borrows is there; forget() ends it. */
static struct json_object	*kept;

static struct event
parse_kept(const char *text)
{
	struct event	ev;

	kept = json_parse(text, strlen(text), NULL);
	ck_assert_ptr_nonnull(kept);
	event_parse(kept, &ev);
	return ev;
}

static void
forget(struct event *ev)
{
	event_clear(ev);
	json_object_put(kept);
	kept = NULL;
}

/* As it comes by GET. */
static struct event
parse_query(const char *query)
{
	struct evkeyvalq	q;
	struct event		ev;

	ck_assert_int_eq(pairs_parse(query, &q), 0);
	kept = event_from_query(&q);
	ck_assert_ptr_nonnull(kept);
	event_parse(kept, &ev);
	event_read_query(&q, &ev);
	evhttp_clear_headers(&q);
	return ev;
}

/* Payloads of spec/vonage.md 2.3 and 2.4. */
static const struct {
	const char	*text;
	enum event_kind	 kind;
	int		 rank;
	const char	*uuid, *status;
} samples[] = {
	{ "{\"headers\":{},\"from\":\"442079460000\",\"to\":\"447700900123\",\"uuid\":\"aaaaaaaa-bbbb-cccc-dddd-0123456789ab\",\"status\":\"started\",\"direction\":\"outbound\",\"timestamp\":\"2026-11-20T12:00:00.796Z\"}",
	    EVENT_STATUS, EVENT_RANK_STARTED, "aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "started" },
	{ "{\"start_time\":null,\"headers\":{},\"rate\":null,\"uuid\":\"f7ae\",\"status\":\"answered\",\"network\":null}",
	    EVENT_STATUS, EVENT_RANK_ANSWERED, "f7ae", "answered" },
	{ "{\"call_uuid\":\"aaaa\",\"status\":\"machine\",\"sub_state\":\"beep_start\"}", EVENT_STATUS, EVENT_RANK_MACHINE, "aaaa", "machine" },
	{ "{\"uuid\":\"f7ae\",\"status\":\"completed\",\"duration\":\"341\"}", EVENT_STATUS, EVENT_RANK_TERMINAL, "f7ae", "completed" },
	{ "{\"uuid\":\"f7ae\",\"status\":\"levitating\"}", EVENT_STATUS, EVENT_RANK_NONE, "f7ae", "levitating" },
	{ "{\"conversation_uuid_from\":\"CON-a\",\"type\":\"transfer\",\"uuid\":\"f7ae\",\"conversation_uuid_to\":\"CON-b\"}", EVENT_TRANSFER, EVENT_RANK_NONE, "f7ae", "" },
	{ "{\"uuid\":\"f7ae\",\"status\":\"input\",\"dtmf\":{\"digits\":\"1\",\"timed_out\":true}}", EVENT_INPUT, EVENT_RANK_NONE, "f7ae", "input" },
	{ "{\"uuid\":\"f7ae\",\"dtmf\":\"1234\"}", EVENT_INPUT, EVENT_RANK_NONE, "f7ae", "" },
	{ "{\"recording_url\":\"https://api.nexmo.com/v1/files/b\",\"size\":12345}", EVENT_RECORD, EVENT_RANK_NONE, "", "" },
	{ "{\"payload\":{\"step\":\"x\"},\"conversation_uuid\":\"CON-1\"}", EVENT_NOTIFY, EVENT_RANK_NONE, "", "" },
	{ "{\"reason\":\"Syntax error in NCCO.\",\"conversation_uuid\":\"CON-1\"}", EVENT_ERROR, EVENT_RANK_NONE, "", "" },
	{ "{\"conversation_uuid_from\":\"CON-a\",\"status\":\"transfer\",\"uuid\":\"f7ae\"}", EVENT_TRANSFER, EVENT_RANK_NONE, "f7ae", "transfer" },
	{ "{\"uuid\":\"f7ae\",\"status\":\"transfer\",\"conversation_uuid_to\":\"CON-b\"}", EVENT_TRANSFER, EVENT_RANK_NONE, "f7ae", "transfer" },
	{ "{\"uuid\":\"f7ae\",\"status\":\"input\"}", EVENT_INPUT, EVENT_RANK_NONE, "f7ae", "input" },
	{ "{\"conversation_uuid\":\"CON-1\",\"recording_uuid\":\"r\",\"status\":\"transcribed\",\"transcription_url\":\"https://api.nexmo.com/v1/files/c\",\"type\":\"record\"}",
	    EVENT_TRANSCRIPTION, EVENT_RANK_NONE, "", "transcribed" },
	{ "{\"from\":\"447700900123\",\"to\":\"442079460000\",\"uuid\":\"f7ae\",\"conversation_uuid\":\"CON-1\",\"reason\":\"Connection closed.\",\"original_request\":{\"url\":\"https://b/answer\",\"type\":\"answer\"}}",
	    EVENT_FALLBACK, EVENT_RANK_NONE, "f7ae", "" },
	{ "{\"from\":\"447700900123\",\"to\":\"442079460000\",\"uuid\":\"f7ae\",\"conversation_uuid\":\"CON-1\",\"region_url\":\"https://api-eu-3.vonage.com\"}",
	    EVENT_ANSWER, EVENT_RANK_NONE, "f7ae", "" },
	{ "{\"to\":\"442079460000\",\"uuid\":\"f7ae\",\"conversation_uuid\":\"CON-1\"}", EVENT_ANSWER, EVENT_RANK_NONE, "f7ae", "" },	/* a withheld number */
	{ "{\"to\":\"442079460000\",\"uuid\":\"f7ae\",\"conversation_uuid\":\"CON-1\",\"payment\":{},\"timestamp\":\"2026-11-20T12:00:00Z\"}",
	    EVENT_UNKNOWN, EVENT_RANK_NONE, "f7ae", "" },
	{ "{\"message_uuid\":\"aaaa\",\"to\":\"447700900123\",\"from\":\"442079460000\",\"timestamp\":\"2026-11-20T12:00:00Z\",\"status\":\"delivered\",\"channel\":\"sms\"}",
	    EVENT_SMS, EVENT_RANK_NONE, "", "delivered" },
	{ "{\"messageId\":\"0A00\",\"msisdn\":\"447700900123\",\"status\":\"failed\",\"err-code\":\"1\"}", EVENT_SMS, EVENT_RANK_NONE, "", "failed" },
	{ "{\"type\":\"error\",\"conversation_uuid\":\"CON-1\"}", EVENT_ERROR, EVENT_RANK_NONE, "", "" },
	{ "{\"status\":null,\"payload\":null,\"speech\":null,\"dtmf\":null,\"reason\":null,\"recording_url\":null}", EVENT_UNKNOWN, EVENT_RANK_NONE, "", "" },
	{ "{}", EVENT_UNKNOWN, EVENT_RANK_NONE, "", "" },
	{ "{\"status\":7,\"uuid\":[1],\"headers\":\"x\",\"duration\":{}}", EVENT_UNKNOWN, EVENT_RANK_NONE, "", "" },
};

START_TEST(each_sample_is_what_the_reference_says)
{
	struct event	ev = parse(samples[_i].text);

	ck_assert_int_eq(ev.kind, samples[_i].kind);
	ck_assert_int_eq(ev.rank, samples[_i].rank);
	ck_assert_str_eq(ev.uuid, samples[_i].uuid);
	ck_assert_str_eq(ev.status, samples[_i].status);
}
END_TEST

START_TEST(figures_are_read_as_strings_and_as_numbers)
{
	struct event	a = parse("{\"status\":\"completed\",\"duration\":\"7\",\"price\":\"0.02\",\"rate\":\"0.01\",\"network\":\"GB-FIXED\",\"sip_code\":200}");
	struct event	b = parse("{\"status\":\"completed\",\"duration\":7,\"price\":0.5,\"rate\":null,\"network\":null,\"sip_code\":\"200\"}");

	ck_assert_int_eq(a.duration_s, 7);
	ck_assert_int_eq(b.duration_s, 7);
	ck_assert_str_eq(a.price, "0.02");
	ck_assert_str_eq(b.price, "0.5");
	ck_assert_str_eq(b.rate, "");
	ck_assert_int_eq(a.sip_code, 200);
	ck_assert_int_eq(b.sip_code, 200);
}
END_TEST

START_TEST(a_uuid_that_is_too_long_counts_as_absent)
{
	char	text[256];

	(void)snprintf(text, sizeof(text), "{\"status\":\"started\",\"uuid\":\"%0100d\"}", 0);
	ck_assert_str_eq(parse(text).uuid, "");
}
END_TEST

START_TEST(the_call_is_read_from_headers_as_object_and_as_text)
{
	ck_assert_str_eq(parse("{\"status\":\"disconnected\",\"headers\":{\"call\":\"f7ae\"},\"to\":\"wss://b/socket\"}").call.text, "f7ae");
	ck_assert(parse("{\"status\":\"disconnected\",\"to\":\"wss://b/socket\"}").websocket);
	ck_assert_str_eq(parse("{\"status\":\"x\",\"headers\":\"{\\\"call\\\":\\\"f7ae\\\"}\"}").call.text, "f7ae");
	ck_assert_str_eq(parse("{\"status\":\"x\",\"headers\":{\"call\":\"../etc\"}}").call.text, "");
}
END_TEST

START_TEST(a_query_reads_like_a_body)
{
	struct evkeyvalq	 q;
	struct json_object	*obj;
	struct event		 ev;

	ck_assert_int_eq(pairs_parse("status=answered&uuid=f7ae&from=447700900123&uuid=second", &q), 0);
	obj = event_from_query(&q);
	ck_assert_ptr_nonnull(obj);
	event_parse(obj, &ev);
	ck_assert_str_eq(ev.uuid, "f7ae");
	ck_assert_str_eq(ev.from, "447700900123");
	ck_assert_int_eq(ev.rank, EVENT_RANK_ANSWERED);
	json_object_put(obj);
	evhttp_clear_headers(&q);
}
END_TEST

START_TEST(only_events_with_a_time_have_a_key)
{
	struct event	ev = parse("{\"status\":\"answered\",\"uuid\":\"f7ae\",\"timestamp\":\"2026-11-20T12:00:01.084Z\"}");
	char		key[129];

	event_dedupe_key(&ev, key, sizeof(key));
	ck_assert_ptr_nonnull(strstr(key, "f7ae|status|answered"));
	ev.timestamp = -1;
	event_dedupe_key(&ev, key, sizeof(key));
	ck_assert_str_eq(key, "");
}
END_TEST

/* spec/vonage.md 3.7 */
#define SPEECH	"{\"timeout_reason\":\"end_on_silence_timeout\",\"results\":[{\"confidence\":\"0.9405097\",\"text\":\"sales\"}," \
	"{\"confidence\":0.70543784,\"text\":\"sails\"},{\"text\":\"\"},{\"text\":7},null,{\"text\":\"sells\"}],\"recording_url\":\"https://api-us.nexmo.com/v1/files/e\"}"

static void
check_speech(const struct event *ev)
{
	ck_assert_int_eq(ev->kind, EVENT_INPUT);
	ck_assert(ev->has_speech);
	ck_assert_uint_eq(ev->ntexts, 3);
	ck_assert_str_eq(ev->texts[0].text, "sales");
	ck_assert_double_eq_tol(ev->texts[0].confidence, 0.9405097, 1e-9);
	ck_assert_str_eq(ev->texts[1].text, "sails");
	ck_assert_double_eq_tol(ev->texts[1].confidence, 0.70543784, 1e-9);
	ck_assert_str_eq(ev->texts[2].text, "sells");
	ck_assert_double_eq_tol(ev->texts[2].confidence, -1, 1e-9);
	ck_assert_str_eq(ev->timeout_reason, "end_on_silence_timeout");
	ck_assert_str_eq(ev->recording_url, "https://api-us.nexmo.com/v1/files/e");
	ck_assert_str_eq(ev->digits, "");
}

START_TEST(speech_is_read_from_a_body_and_from_a_query)
{
	struct event	ev = parse_kept("{\"uuid\":\"f7ae\",\"speech\":" SPEECH ",\"dtmf\":{\"digits\":null,\"timed_out\":false}}");

	check_speech(&ev);
	ck_assert(ev.has_dtmf);
	ck_assert(!ev.timed_out);
	forget(&ev);
	ev = parse_query("uuid=f7ae&speech=%7B%22timeout_reason%22%3A%22end_on_silence_timeout%22%2C%22results%22%3A%5B"
	    "%7B%22confidence%22%3A%220.9405097%22%2C%22text%22%3A%22sales%22%7D%2C%7B%22confidence%22%3A0.70543784%2C%22text%22%3A%22sails%22%7D"
	    "%2C%7B%22text%22%3A%22sells%22%7D%5D%2C%22recording_url%22%3A%22https%3A%2F%2Fapi-us.nexmo.com%2Fv1%2Ffiles%2Fe%22%7D&dtmf=%7B%7D");
	check_speech(&ev);
	ck_assert(!ev.has_dtmf);
	forget(&ev);
}
END_TEST

START_TEST(silence_and_errors_of_the_recogniser_are_read)
{
	struct event	ev = parse_kept("{\"speech\":{\"timeout_reason\":\"start_timeout\",\"results\":[]},\"dtmf\":{\"digits\":\"\",\"timed_out\":true}}");

	ck_assert_uint_eq(ev.ntexts, 0);
	ck_assert_str_eq(ev.timeout_reason, "start_timeout");
	ck_assert(ev.timed_out);
	forget(&ev);
	ev = parse_kept("{\"speech\":{\"error\":\"ERR1: Failed to analyze audio\"}}");
	ck_assert(ev.has_speech);
	ck_assert_str_eq(ev.speech_error, "ERR1: Failed to analyze audio");
	forget(&ev);
	ev = parse_kept("{\"speech\":{},\"dtmf\":{}}");
	ck_assert_int_eq(ev.kind, EVENT_INPUT);
	ck_assert(!ev.has_speech && !ev.has_dtmf);
	forget(&ev);
}
END_TEST

static const struct { const char *text, *digits; bool timed_out; } digits[] = {
	{ "{\"dtmf\":{\"digits\":\"1234\",\"timed_out\":true}}", "1234", true },
	{ "{\"dtmf\":{\"digits\":\"7\"}}", "7", false },			/* asynchronous: one at a time */
	{ "{\"dtmf\":\"1234\"}", "1234", false },				/* very old applications */
	{ "{\"dtmf\":12}", "12", false },
	{ "{\"dtmf\":{\"digits\":12,\"timed_out\":\"true\"}}", "12", true },
	{ "{\"dtmf\":{\"digits\":\"*0#\"}}", "*0#", false },
	{ "{\"dtmf\":{\"digits\":\"1 2\"}}", "", false },
	{ "{\"dtmf\":{\"digits\":\"123456789012345678901234567890123\"}}", "", false },	/* never cut into another number */
	{ "{\"dtmf\":{\"digits\":[1]}}", "", false },
	{ "{\"dtmf\":\"{\\\"digits\\\":\\\"42\\\",\\\"timed_out\\\":true}\"}", "42", true },
	{ "{\"dtmf\":\"{broken\"}", "", false },
};

START_TEST(digits_are_read_in_all_their_forms)
{
	struct event	ev = parse(digits[_i].text);

	ck_assert_int_eq(ev.kind, EVENT_INPUT);
	ck_assert_str_eq(ev.digits, digits[_i].digits);
	ck_assert_int_eq(ev.timed_out, digits[_i].timed_out);
}
END_TEST

START_TEST(times_come_in_two_forms)
{
	static const char *const	bad[] = { "2026-11-20 12:00:00Z", "2026-11-20 12:00", "2026-11-20_12:00:00", "2026-13-20 12:00:00", "" };
	struct event			ev = parse("{\"uuid\":\"f7ae\",\"status\":\"completed\",\"start_time\":\"2026-11-20T12:00:00.000Z\",\"end_time\":\"2026-11-20 12:01:00\"}");
	int64_t				ms = 7;
	size_t				i;

	ck_assert_int_eq(ev.end_time - ev.start_time, 60000);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(event_time(bad[i], &ms) == -1 && ms == 7, "%s", bad[i]);
}
END_TEST

START_TEST(a_record_event_tells_of_its_file)
{
	struct event	ev = parse("{\"start_time\":\"2026-11-20T12:00:00Z\",\"recording_url\":\"https://api.nexmo.com/v1/files/b\",\"size\":12345,"
	    "\"recording_uuid\":\"aaaa\",\"end_time\":\"2026-11-20T12:01:00Z\",\"conversation_uuid\":\"CON-1\",\"timestamp\":\"2026-11-20T12:01:02.000Z\"}");

	ck_assert_int_eq(ev.kind, EVENT_RECORD);
	ck_assert_str_eq(ev.recording_url, "https://api.nexmo.com/v1/files/b");
	ck_assert_str_eq(ev.recording_uuid, "aaaa");
	ck_assert_int_eq(ev.size, 12345);
	ck_assert_int_eq(ev.end_time - ev.start_time, 60000);
	ev = parse("{\"recording_url\":\"\",\"size\":\"0\",\"recording_uuid\":\"aaaa\"}");	/* an old incident */
	ck_assert_int_eq(ev.kind, EVENT_RECORD);
	ck_assert_str_eq(ev.recording_url, "");
	ck_assert_int_eq(ev.size, 0);
	ck_assert_int_eq(parse("{\"recording_url\":\"x\",\"size\":-1}").size, -1);
}
END_TEST

START_TEST(a_transfer_names_the_new_conversation)
{
	struct event	ev = parse("{\"conversation_uuid_from\":\"CON-a\",\"type\":\"transfer\",\"uuid\":\"f7ae\",\"conversation_uuid_to\":\"CON-b\"}");

	ck_assert_str_eq(ev.conversation_from, "CON-a");
	ck_assert_str_eq(ev.conversation, "CON-b");
}
END_TEST

START_TEST(a_payload_may_be_anything)
{
	struct event	ev = parse_kept("{\"payload\":{\"step\":\"x\"},\"conversation_uuid\":\"CON-1\"}");

	ck_assert_str_eq(json_get_str(ev.payload, "step"), "x");
	forget(&ev);
	ev = parse_query("payload=%7B%22step%22%3A%22y%22%7D&conversation_uuid=CON-1");
	ck_assert_int_eq(ev.kind, EVENT_NOTIFY);
	ck_assert_str_eq(json_get_str(ev.payload, "step"), "y");
	forget(&ev);
	ev = parse_query("payload=word");
	ck_assert_str_eq(json_object_get_string(ev.payload), "word");
	forget(&ev);
	ck_assert_ptr_null(ev.payload);
}
END_TEST

START_TEST(a_fallback_tells_what_went_wrong)
{
	static const char	*const queries[] = {
		"uuid=f7ae&reason=x&original_request=%7B%22url%22%3A%22https%3A%2F%2Fb%2Fe%22%2C%22type%22%3A%22event%22%7D",
		"uuid=f7ae&reason=x&original_request%5Burl%5D=https%3A%2F%2Fb%2Fe&original_request%5Btype%5D=event",
		"uuid=f7ae&reason=x&original_request.url=https%3A%2F%2Fb%2Fe&original_request.type=event",
	};
	struct event	ev = parse_query(queries[_i]);

	ck_assert_int_eq(ev.kind, EVENT_FALLBACK);
	ck_assert_str_eq(ev.original_type, "event");
	ck_assert_str_eq(ev.original_url, "https://b/e");
	ck_assert_str_eq(ev.reason, "x");
	forget(&ev);
}
END_TEST

START_TEST(a_fallback_has_the_event_that_failed)
{
	struct event	ev = parse_query("uuid=f7ae&timestamp=2026-11-20T12:00:00.000Z&dtmf=%7B%22digits%22%3A%227%22%7D&reason=x"
			    "&original_request.url=https%3A%2F%2Fb%2Fe%3Fc%3Df7ae%26f%3Dmenu%26s%3Dask%26n%3D3&original_request.type=event");
	struct event	orig;
	char		key[129], plain[129];

	ck_assert(event_of_fallback(&ev, &orig));
	ck_assert_int_eq(orig.kind, EVENT_INPUT);
	ck_assert_str_eq(orig.digits, "7");
	ck_assert_str_eq(orig.f, "menu");
	ck_assert_int_eq(orig.n, 3);
	event_dedupe_key(&orig, key, sizeof(key));
	forget(&ev);
	/* the same as if it had come by itself */
	ev = parse_query("uuid=f7ae&timestamp=2026-11-20T12:00:00.000Z&dtmf=%7B%22digits%22%3A%227%22%7D&c=f7ae&f=menu&s=ask&n=3");
	event_dedupe_key(&ev, plain, sizeof(plain));
	ck_assert_str_eq(key, plain);
	ck_assert(!event_of_fallback(&ev, &orig));
	forget(&ev);
	ev = parse_query("uuid=f7ae&status=answered&reason=x&original_request.type=answer");
	ck_assert(!event_of_fallback(&ev, &orig));
	forget(&ev);
	/* an end is told by itself, or found by asking: a fallback ends nobody's call */
	ev = parse_query("uuid=f7ae&status=completed&reason=x&original_request.type=event");
	ck_assert(!event_of_fallback(&ev, &orig));
	forget(&ev);
	ev = parse_query("uuid=f7ae&status=busy&reason=x&original_request.type=event");
	ck_assert(event_of_fallback(&ev, &orig));
	forget(&ev);
}
END_TEST

START_TEST(our_own_members_come_from_the_query)
{
	struct event	ev = parse_query("c=f7ae&f=menu&s=language&n=3&d=17&uuid=leg&c=other");

	ck_assert_str_eq(ev.c.text, "f7ae");
	ck_assert_str_eq(ev.f, "menu");
	ck_assert_str_eq(ev.s, "language");
	ck_assert_int_eq(ev.n, 3);
	ck_assert_int_eq(ev.d, 17);
	forget(&ev);
	ev = parse_query("c=..%2Fetc&n=-1&d=x&f=1234567890123456789012345678901234567890123456789012345678901234");
	ck_assert_str_eq(ev.c.text, "");
	ck_assert_str_eq(ev.f, "");
	ck_assert_str_eq(ev.s, "");
	ck_assert_int_eq(ev.n, -1);
	ck_assert_int_eq(ev.d, -1);
	forget(&ev);
}
END_TEST

START_TEST(a_form_reads_like_a_query)
{
	struct event	 ev;

	kept = event_from_form("messageId=0A00&status=delivered&msisdn=447700900123");
	ck_assert_ptr_nonnull(kept);
	event_parse(kept, &ev);
	ck_assert_int_eq(ev.kind, EVENT_SMS);
	ck_assert_str_eq(ev.message, "0A00");
	forget(&ev);
	kept = event_from_form("no form at all");
	ck_assert_ptr_nonnull(kept);
	event_parse(kept, &ev);
	ck_assert_int_eq(ev.kind, EVENT_UNKNOWN);
	forget(&ev);
}
END_TEST

static void
key_of(const char *text, char *key, size_t size)
{
	struct event	ev = parse_kept(text);

	event_dedupe_key(&ev, key, size);
	forget(&ev);
}

#define AT	"\"conversation_uuid\":\"CON-1\",\"timestamp\":\"2026-11-20T12:00:26.628Z\""

START_TEST(two_events_of_one_ms_are_two)
{
	static const char	*const pairs[][2] = {
		{ "{\"payload\":{\"n\":1}," AT "}", "{\"payload\":{\"n\":2}," AT "}" },
		{ "{\"uuid\":\"a\",\"dtmf\":{\"digits\":\"1\"}," AT "}", "{\"uuid\":\"a\",\"dtmf\":{\"digits\":\"2\"}," AT "}" },
		{ "{\"recording_url\":\"x\",\"recording_uuid\":\"1\"," AT "}", "{\"recording_url\":\"x\",\"recording_uuid\":\"2\"," AT "}" },
		{ "{\"reason\":\"x\"," AT "}", "{\"reason\":\"y\"," AT "}" },
	};
	char	one[129], two[129];
	size_t	i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		key_of(pairs[i][0], one, sizeof(one));
		key_of(pairs[i][1], two, sizeof(two));
		ck_assert_str_ne(one, "");
		ck_assert_str_ne(one, two);
		key_of(pairs[i][0], two, sizeof(two));
		ck_assert_str_eq(one, two);
	}
	key_of("{\"conversation_uuid\":\"CON-1\",\"recording_uuid\":\"r\",\"status\":\"transcribed\"}", one, sizeof(one));
	ck_assert_str_ne(one, "");				/* these come without a time */
}
END_TEST

START_TEST(hostile_shapes_are_read_without_harm)
{
	static const char	*const texts[] = {
		"{\"headers\":\"[[[[\",\"speech\":\"{\\\"results\\\":7}\",\"dtmf\":[],\"payload\":\"[1\"}",
		"{\"speech\":{\"results\":{\"0\":1}},\"dtmf\":true,\"size\":1e400,\"sip_code\":-5}",
		"{\"original_request\":[],\"original_requestX\":{}}",
		"{\"speech\":[1,2],\"dtmf\":{\"digits\":{}},\"recording_url\":{}}",
		"{\"headers\":\"{}\",\"speech\":\"{}\",\"dtmf\":\"{}\",\"payload\":\"{}\",\"original_request\":\"{}\"}",
		"{\"conversation_uuid_to\":{},\"conversation_uuid_from\":[]}",
	};
	char	key[129];
	size_t	i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		key_of(texts[i], key, sizeof(key));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("event");
	TCase	*t = tcase_create("event");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, each_sample_is_what_the_reference_says, 0, sizeof(samples) / sizeof(samples[0]));
	tcase_add_test(t, figures_are_read_as_strings_and_as_numbers);
	tcase_add_test(t, a_uuid_that_is_too_long_counts_as_absent);
	tcase_add_test(t, the_call_is_read_from_headers_as_object_and_as_text);
	tcase_add_test(t, a_query_reads_like_a_body);
	tcase_add_test(t, only_events_with_a_time_have_a_key);
	tcase_add_test(t, speech_is_read_from_a_body_and_from_a_query);
	tcase_add_test(t, silence_and_errors_of_the_recogniser_are_read);
	tcase_add_loop_test(t, digits_are_read_in_all_their_forms, 0, sizeof(digits) / sizeof(digits[0]));
	tcase_add_test(t, times_come_in_two_forms);
	tcase_add_test(t, a_record_event_tells_of_its_file);
	tcase_add_test(t, a_transfer_names_the_new_conversation);
	tcase_add_test(t, a_payload_may_be_anything);
	tcase_add_loop_test(t, a_fallback_tells_what_went_wrong, 0, 3);
	tcase_add_test(t, a_fallback_has_the_event_that_failed);
	tcase_add_test(t, our_own_members_come_from_the_query);
	tcase_add_test(t, a_form_reads_like_a_query);
	tcase_add_test(t, two_events_of_one_ms_are_two);
	tcase_add_test(t, hostile_shapes_are_read_without_harm);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
