/* SPDX-License-Identifier: ISC */
/* Engine programs in shell: one that behaves, and one for each way not to. */
#include "brokerd/engine_exec.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#define HELLO(kind)	"echo '{\"hello\":\"callpipe-engine\",\"version\":1,\"kind\":\"" kind "\",\"name\":\"t\"}';"
#define GET_ID		"id=$(printf %s \"$l\" | sed -n 's/.*\"id\":\\([0-9]*\\).*/\\1/p');"
#define LOOP(body)	"while read -r l; do " GET_ID body " done"
#define DONE		"echo \"{\\\"id\\\":$id,\\\"done\\\":true}\";"

struct outcome {
	int	 done, ok, retry_ms;
	char	 text[256], action[32], error[128];
	size_t	 samples;
	uint32_t rate_hz;
};

static struct event_base *base;

static void
on_text(void *arg, const char *delta, size_t len)
{
	struct outcome	*o = arg;

	(void)strncat(o->text, delta, len);
}

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct outcome	*o = arg;

	(void)pcm;
	o->samples += n;
	o->rate_hz = rate_hz;
}

static void
on_done(void *arg, const struct engine_result *res)
{
	struct outcome	*o = arg;

	o->done++;
	o->ok = res->ok;
	o->retry_ms = res->retry_ms;
	(void)strncat(o->text, res->text, sizeof(o->text) - strlen(o->text) - 1);
	(void)snprintf(o->action, sizeof(o->action), "%s", res->action);
	(void)snprintf(o->error, sizeof(o->error), "%s", res->ok ? "" : res->error);
	(void)event_base_loopbreak(base);
}

static const struct engine_events events = { on_text, on_pcm, on_done };

static struct engine *
engine_of(enum engine_service service, const char *script, int progress_ms)
{
	char			 name[] = "test", sh[] = "/bin/sh", c[] = "-c";
	char			*argv[] = { sh, c, (char *)(uintptr_t)script };
	struct engine_conf	 conf = {
		.name = name, .service = (int)service, .queue = 2, .first_byte_ms = 5000,
		.progress_ms = progress_ms, .total_ms = 10000, .command = argv, .ncommand = 3, .instances = 1,
	};
	struct engine		*e = engine_exec_new(base, &conf);

	ck_assert_ptr_nonnull(e);
	return e;
}

static void
setup(void)
{
	base = event_base_new();
}

static void
teardown(void)
{
	event_base_free(base);
}

static bool	person;		/* the call can be connected to one */

/* Run until the request is done. */
static struct outcome
ask(struct engine *e, const char *text)
{
	struct chat_message	 m = { CHAT_USER, (char *)(uintptr_t)text };
	struct chat_messages	 ms = { &m, 1 };
	int16_t			 pcm[800] = { 0 };
	struct outcome		 o = { 0 };
	struct engine_request	 rq = {
		.call = "c1", .language = "en", .text = text, .voice = "", .messages = &ms,
		.pcm = pcm, .nsamples = 800, .rate_hz = 8000, .transfer = person, .on = &events, .arg = &o,
	};

	ck_assert_ptr_nonnull(engine_start(e, &rq));
	ck_assert_int_eq(o.done, 0);
	(void)event_base_dispatch(base);
	ck_assert_int_eq(o.done, 1);
	return o;
}

START_TEST(chat_streams_text_and_ends_with_an_action)
{
	struct engine	*e = engine_of(ENGINE_CHAT, HELLO("chat") LOOP(
	    "echo \"{\\\"id\\\":$id,\\\"delta\\\":\\\"Good\\\"}\"; echo \"{\\\"id\\\":$id,\\\"delta\\\":\\\"bye.\\\"}\";"
	    "echo \"{\\\"id\\\":$id,\\\"done\\\":true,\\\"action\\\":\\\"hangup\\\"}\";"), 5000);
	struct outcome	 o = ask(e, "bye");

	ck_assert_int_eq(o.ok, 1);
	ck_assert_str_eq(o.text, "Goodbye.");
	ck_assert_str_eq(o.action, "hangup");
	engine_free(e);
}
END_TEST

START_TEST(a_tool_call_stands_for_an_action)
{
	struct engine	*e = engine_of(ENGINE_CHAT, HELLO("chat") LOOP(
	    "echo \"{\\\"id\\\":$id,\\\"tool\\\":{\\\"name\\\":\\\"end_call\\\",\\\"arguments\\\":{}}}\";" DONE), 5000);

	ck_assert_str_eq(ask(e, "bye").action, "hangup");
	engine_free(e);
}
END_TEST

/* It says what it was told that it may want. */
START_TEST(a_program_is_told_whether_there_is_a_person)
{
	struct engine	*e = engine_of(ENGINE_CHAT, HELLO("chat") LOOP(
	    "case $l in *'\"actions\":[\"hangup\",\"transfer\"]'*) a=both;; *'\"actions\":[\"hangup\"]'*) a=one;; *) a=none;; esac;"
	    "echo \"{\\\"id\\\":$id,\\\"delta\\\":\\\"$a\\\"}\";" DONE), 5000);

	ck_assert_str_eq(ask(e, "bye").text, "one");
	person = true;
	ck_assert_str_eq(ask(e, "bye").text, "both");
	person = false;
	engine_free(e);
}
END_TEST

START_TEST(tts_gives_samples_with_their_rate)
{
	struct engine	*e = engine_of(ENGINE_TTS, HELLO("tts") LOOP(
	    "echo \"{\\\"id\\\":$id,\\\"rate_hz\\\":16000,\\\"bytes\\\":6}\"; printf abcdef;" DONE), 5000);
	struct outcome	 o = ask(e, "hello");

	ck_assert_int_eq(o.ok, 1);
	ck_assert_uint_eq(o.samples, 3);
	ck_assert_uint_eq(o.rate_hz, 16000);
	engine_free(e);
}
END_TEST

START_TEST(stt_sends_the_audio_after_the_line)
{
	struct engine	*e = engine_of(ENGINE_STT, HELLO("stt") "read -r l;" GET_ID
	    "n=$(head -c 1600 | wc -c); echo \"{\\\"id\\\":$id,\\\"text\\\":\\\"bytes $n\\\",\\\"done\\\":true}\"; cat", 5000);

	ck_assert_str_eq(ask(e, "").text, "bytes 1600");
	engine_free(e);
}
END_TEST

START_TEST(an_error_of_the_program_says_whether_to_retry)
{
	struct engine	*e = engine_of(ENGINE_CHAT, HELLO("chat") LOOP(
	    "echo \"{\\\"id\\\":$id,\\\"error\\\":\\\"no such language\\\",\\\"retry\\\":false}\";"), 5000);
	struct outcome	 o = ask(e, "x");

	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, -1);
	ck_assert_str_eq(o.error, "no such language");
	engine_free(e);
}
END_TEST

static const char *const bad[] = {
	HELLO("chat") "read -r l; exit 3",		/* dies with the request */
	HELLO("chat") "read -r l; cat >/dev/null",	/* stalls */
	HELLO("chat") "read -r l; echo no json; cat >/dev/null",
	HELLO("chat") "read -r l; kill -9 $$",
};

START_TEST(a_lost_request_may_be_tried_again_at_once_and_the_program_is_restarted)
{
	struct engine	*e = engine_of(ENGINE_CHAT, bad[_i], 300);
	struct outcome	 o = ask(e, "x");

	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, 0);
	ck_assert_int_eq(ask(e, "again").ok, 0);	/* a new process took it */
	engine_free(e);
}
END_TEST

START_TEST(a_program_that_never_starts_refuses_requests)
{
	struct engine		*e = engine_of(ENGINE_CHAT, "exit 1", 300);
	struct outcome		 o = ask(e, "x");
	struct engine_request	 rq = { .messages = &(struct chat_messages){ NULL, 0 }, .on = &events };

	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, -1);
	ck_assert_ptr_null(engine_start(e, &rq));
	ck_assert_int_eq(errno, EHOSTDOWN);
	engine_free(e);
}
END_TEST

START_TEST(the_queue_has_a_maximum)
{
	struct engine		*e = engine_of(ENGINE_CHAT, HELLO("chat") "read -r l; cat >/dev/null", 5000);
	struct engine_request	 rq = { .messages = &(struct chat_messages){ NULL, 0 }, .on = &events };
	struct engine_job	*a = engine_start(e, &rq), *b = engine_start(e, &rq);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_null(engine_start(e, &rq));
	ck_assert_int_eq(errno, EAGAIN);
	engine_cancel(a);
	engine_cancel(b);
	engine_free(e);
}
END_TEST

START_TEST(a_cancelled_request_tells_nobody_and_frees_its_process)
{
	struct engine		*e = engine_of(ENGINE_CHAT, HELLO("chat") LOOP(
	    "case $l in *cancel*) echo \"{\\\"id\\\":$id,\\\"done\\\":true,\\\"cancelled\\\":true}\";;"
	    "*first*) ;; *) " DONE " ;; esac;"), 5000);
	struct chat_message	 m = { CHAT_USER, (char *)(uintptr_t)"first" };
	struct chat_messages	 ms = { &m, 1 };
	struct outcome		 o = { 0 };
	struct engine_request	 rq = { .messages = &ms, .on = &events, .arg = &o };
	struct engine_job	*j;

	(void)ask(e, "warm up");		/* so that the next one runs at once */
	j = engine_start(e, &rq);
	engine_cancel(j);
	ck_assert_int_eq(ask(e, "second").ok, 1);
	ck_assert_int_eq(o.done, 0);
	engine_free(e);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("engine_exec");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, chat_streams_text_and_ends_with_an_action);
	tcase_add_test(tc, a_tool_call_stands_for_an_action);
	tcase_add_test(tc, a_program_is_told_whether_there_is_a_person);
	tcase_add_test(tc, tts_gives_samples_with_their_rate);
	tcase_add_test(tc, stt_sends_the_audio_after_the_line);
	tcase_add_test(tc, an_error_of_the_program_says_whether_to_retry);
	tcase_add_loop_test(tc, a_lost_request_may_be_tried_again_at_once_and_the_program_is_restarted, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, a_program_that_never_starts_refuses_requests);
	tcase_add_test(tc, the_queue_has_a_maximum);
	tcase_add_test(tc, a_cancelled_request_tells_nobody_and_frees_its_process);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
