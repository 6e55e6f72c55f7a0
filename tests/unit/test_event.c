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

static struct event
parse(const char *text)
{
	struct json_object	*obj = json_parse(text, strlen(text), NULL);
	struct event		 ev;

	ck_assert_ptr_nonnull(obj);
	event_parse(obj, &ev);
	json_object_put(obj);
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

	TAILQ_INIT(&q);
	ck_assert_int_eq(evhttp_parse_query_str("status=answered&uuid=f7ae&from=447700900123&uuid=second", &q), 0);
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
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
