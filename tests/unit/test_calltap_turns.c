/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/calltap_line.h"
#include "tools/calltap_turns.h"

#define NOON	1795176000000		/* 2026-11-20T12:00:00Z */

static struct turns	turns;
static struct buf	out, body;

static void
setup(void)
{
	(void)setenv("TZ", "UTC", 1);
	tzset();
	turns_init(&turns, false, false);
	buf_init(&out, 100000);
	buf_init(&body, 100000);
}

static void
teardown(void)
{
	buf_clear(&out);
	buf_clear(&body);
}

static struct bus_msg
message(enum msg_kind kind, const char *call)
{
	struct bus_msg	m = { .head = { .kind = kind, .version = 1, .seq = 7 } };

	(void)snprintf(m.head.from, sizeof(m.head.from), "brokerd.0");
	(void)snprintf(m.head.call.text, sizeof(m.head.call.text), "%s", call);
	m.body = body.data;
	m.len = body.len;
	return m;
}

static const char *
tell(enum msg_kind kind, const void *fields)
{
	struct bus_msg	m;

	buf_reset(&body);
	buf_reset(&out);
	ck_assert_int_eq(msg_encode(kind, fields, &body), 0);
	m = message(kind, "3f9c");
	turns_fact(&turns, NOON, &m, &out);
	return out.data;
}

static struct msg_turn
turn(int64_t number, const char *state, const char *role, const char *text)
{
	struct msg_turn	t = { .turn = number, .epoch = 1, .speech_end_ms = -1, .ear_ms = -1, .endpoint_ms = -1,
		.stt_ms = -1, .token_ms = -1, .audio_ms = -1, .send_ms = -1 };

	(void)snprintf(t.state, sizeof(t.state), "%s", state);
	(void)snprintf(t.role, sizeof(t.role), "%s", role);
	(void)snprintf(t.text, sizeof(t.text), "%s", text);
	return t;
}

START_TEST(a_turn_is_told_once_in_its_order)
{
	struct msg_turn	t = turn(1, "thinking", "user", "when do you open");

	ck_assert_str_eq(tell(MSG_TURN, &t), "12:00:00.0  caller  when do you open\n");
	ck_assert_str_eq(tell(MSG_TURN, &t), "");
	t = turn(1, "speaking", "assistant", "At");
	t.speech_end_ms = 900;
	t.ear_ms = 842;
	t.endpoint_ms = 520;
	t.stt_ms = 180;
	t.audio_ms = 60;
	ck_assert_str_eq(tell(MSG_TURN, &t), "12:00:00.0          answered after 842 ms: endpoint 520 + stt 180 + audio 60 + other 82\n");
	ck_assert_str_eq(tell(MSG_TURN, &t), "");
	t = turn(1, "done", "assistant", "At noon.");
	ck_assert_str_eq(tell(MSG_TURN, &t), "12:00:00.0  bot     At noon.\n");
	ck_assert_str_eq(tell(MSG_TURN, &t), "");
	ck_assert_uint_eq(turns.over, 1);
}
END_TEST

START_TEST(interruption_cancellation_and_failure_are_told)
{
	struct msg_turn	t = turn(1, "done", "assistant", "We are");

	t.interrupted = true;
	ck_assert_str_eq(tell(MSG_TURN, &t), "12:00:00.0  bot     We are -- (interrupted)\n");
	t = turn(2, "cancelled", "assistant", "");
	ck_assert_str_eq(tell(MSG_TURN, &t), "12:00:00.0          (turn 2 was cancelled: nothing of an answer was heard)\n");
	t = turn(3, "failed", "assistant", "");
	ck_assert_str_eq(tell(MSG_TURN, &t), "12:00:00.0          no engine could answer turn 3\n");
	ck_assert_uint_eq(turns.over, 3);
}
END_TEST

START_TEST(calls_begin_go_on_and_end)
{
	struct msg_offer	o = { .gen = 1, .rate_hz = 8000, .caller = "4915550001", .name = "An\033na" };
	struct msg_end		e = { .gen = 1, .reason = "closed", .clock_ms = 12340 };
	struct msg_dtmf		d = { .gen = 1, .digit = "5" };

	ck_assert_str_eq(tell(MSG_CALL_START, &o), "12:00:00.0  call    3f9c begins, from 4915550001 (An\\ena)\n");
	o.resume = true;
	o.caller[0] = o.name[0] = '\0';
	ck_assert_str_eq(tell(MSG_CALL_START, &o), "12:00:00.0  call    3f9c goes on\n");
	ck_assert_str_eq(tell(MSG_DTMF, &d), "12:00:00.0  caller  pressed 5\n");
	ck_assert_str_eq(tell(MSG_CALL_END, &e), "12:00:00.0  call    ends after 12.3 s: closed\n");
}
END_TEST

START_TEST(more_turns_than_are_remembered_do_no_harm)
{
	struct msg_turn	t;
	int		i;

	for (i = 1; i <= 2 * TURNS_MAX; i++) {
		t = turn(i, "thinking", "user", "hello");
		ck_assert_uint_gt(strlen(tell(MSG_TURN, &t)), 0);
	}
	ck_assert_str_eq(tell(MSG_TURN, &t), "");
}
END_TEST

START_TEST(malformed_facts_tell_nothing)
{
	struct bus_msg	m;

	(void)buf_puts(&body, "{\"turn\":\"x");
	m = message(MSG_TURN, "3f9c");
	turns_fact(&turns, NOON, &m, &out);
	ck_assert_str_eq(out.data, "");
}
END_TEST

/* ---- calltap_line ---- */

START_TEST(a_fact_is_one_line_of_keys_and_values)
{
	struct bus_msg	m;

	(void)buf_puts(&body, "{\"n\":5,\"t\":\"a b\",\"o\":{\"x\":1},\"z\":null,\"e\":\"\\u001b[2J\"}");
	m = message(MSG_STAT, "");
	line_text(&out, NOON, &m, false);
	ck_assert_str_eq(out.data, "2026-11-20T12:00:00.000Z brokerd.0 stat - n=5 t=\"a b\" o=\"{\\\"x\\\":1}\" z=null e=\"\\e[2J\"");
	buf_reset(&out);
	line_json(&out, NOON, &m);
	ck_assert_str_eq(out.data, "{\"ts\":\"2026-11-20T12:00:00.000Z\",\"from\":\"brokerd.0\",\"kind\":\"stat\",\"seq\":7,"
	    "\"body\":{\"n\":5,\"t\":\"a b\",\"o\":{\"x\":1},\"z\":null,\"e\":\"\\u001b[2J\"}}");
}
END_TEST

START_TEST(audio_is_told_by_its_place_and_level)
{
	int16_t		pcm[160] = { 0 };
	struct msg_pcm	p = { .rate_hz = 8000, .pcm_len = sizeof(pcm), .start = 320, .pcm = pcm };
	struct bus_msg	m;

	ck_assert_int_eq(msg_pcm_encode(&p, &body), 0);
	m = message(MSG_AUDIO_IN, "3f9c");
	line_text(&out, NOON, &m, false);
	ck_assert_str_eq(out.data, "2026-11-20T12:00:00.000Z brokerd.0 audio.in 3f9c rate_hz=8000 start=320 ms=20 level_db=-120.0");
	m.len--;
	buf_reset(&out);
	line_text(&out, NOON, &m, false);
	ck_assert_ptr_nonnull(strstr(out.data, " malformed="));
	buf_reset(&out);
	line_json(&out, NOON, &m);
	ck_assert_ptr_nonnull(strstr(out.data, "\"malformed\":"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("calltap_turns");
	TCase	*t = tcase_create("turns and lines");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_turn_is_told_once_in_its_order);
	tcase_add_test(t, interruption_cancellation_and_failure_are_told);
	tcase_add_test(t, calls_begin_go_on_and_end);
	tcase_add_test(t, more_turns_than_are_remembered_do_no_harm);
	tcase_add_test(t, malformed_facts_tell_nothing);
	tcase_add_test(t, a_fact_is_one_line_of_keys_and_values);
	tcase_add_test(t, audio_is_told_by_its_place_and_level);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
