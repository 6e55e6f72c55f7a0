/* SPDX-License-Identifier: ISC */
/* The three engines against our own strict server, in this process. */
#include "brokerd/engine_openai.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

/* The server is no part of a library: it is compiled into its two users. */
#include "tests/provider/serve.c"

static struct event_base	*base;
static struct provider		*provider;
static struct httpc		*http;
static char			 url[64];

struct outcome {
	int	 done, ok, retry_ms, rejected;
	char	 text[1024], action[32], error[300];
	size_t	 samples;
	uint32_t rate_hz;
	int64_t	 tokens_in;
	struct engine_job *job;
	bool	 cancel_at_once;	/* in the first callback with a piece */
};

static void
leave(struct outcome *o)
{
	if (!o->cancel_at_once || o->job == NULL)
		return;
	engine_cancel(o->job);
	o->job = NULL;
	(void)event_base_loopexit(base, &(struct timeval){ 0, 50000 });
}

static void
on_text(void *arg, const char *delta, size_t len)
{
	struct outcome	*o = arg;

	(void)strncat(o->text, delta, len);
	leave(o);
}

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct outcome	*o = arg;

	(void)pcm;
	o->samples += n;
	o->rate_hz = rate_hz;
	leave(o);
}

static void
on_done(void *arg, const struct engine_result *res)
{
	struct outcome	*o = arg;

	o->done++;
	o->ok = res->ok;
	o->retry_ms = res->retry_ms;
	o->rejected = res->rejected;
	o->tokens_in = res->tokens_in;
	(void)strncat(o->text, res->text, sizeof(o->text) - strlen(o->text) - 1);
	(void)snprintf(o->action, sizeof(o->action), "%s", res->ok ? res->action : "");
	(void)snprintf(o->error, sizeof(o->error), "%s", res->ok ? "" : res->error);
	(void)event_base_loopbreak(base);
}

static const struct engine_events events = { on_text, on_pcm, on_done };

static void
setup(void)
{
	base = event_base_new();
	provider = provider_new(base, "secret");
	ck_assert_int_eq(provider_listen(provider, 0), 0);
	http = httpc_new(base, 16);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/", provider_port(provider));
}

static void
teardown(void)
{
	httpc_free(http);
	(void)event_base_loop(base, EVLOOP_NONBLOCK);	/* the server notices who left */
	provider_free(provider);
	event_base_free(base);
}

static char	empty[] = "", model[] = "m", voice[] = "alloy", key[] = "secret", name[] = "o";

static struct engine_conf
conf_of(enum engine_service service)
{
	return (struct engine_conf){
		.name = name, .type = ENGINE_TYPE_OPENAI, .service = (int)service, .queue = 2, .connect_ms = 1000,
		.first_byte_ms = 400, .progress_ms = 400, .total_ms = 5000, .base_url = url, .model = model, .key = key,
		.query = empty, .instructions = empty, .reasoning_effort = empty, .voice = voice, .rate_hz = 24000,
		.speed = 1.0, .max_tokens = 100, .temperature = -1, .stream_options = true, .tools = true,
	};
}

static bool	person;		/* the call can be connected to one */

static void
ask(const struct engine_conf *conf, const char *text, struct outcome *o)
{
	struct chat_message	 m[] = { { CHAT_SYSTEM, model }, { CHAT_USER, (char *)(uintptr_t)text } };
	struct chat_messages	 ms = { m, 2 };
	int16_t			 pcm[8000] = { 0 };
	struct engine_request	 rq = {
		.call = "c1", .language = "en", .text = text, .voice = "", .messages = &ms,
		.pcm = pcm, .nsamples = 8000, .rate_hz = 8000, .transfer = person, .on = &events, .arg = o,
	};
	struct engine		*e = engine_openai_new(http, conf);

	ck_assert_ptr_nonnull(e);
	o->job = engine_start(e, &rq);
	ck_assert_ptr_nonnull(o->job);
	ck_assert_int_eq(o->done, 0);
	(void)event_base_dispatch(base);
	ck_assert_int_eq(o->done, o->cancel_at_once ? 0 : 1);
	engine_free(e);
}

static struct outcome
simply(enum engine_service service, const char *text, enum behaviour b)
{
	struct engine_conf	 conf = conf_of(service);
	struct outcome		 o = { 0 };

	provider_behave(provider, b, 1);
	ask(&conf, text, &o);
	return o;
}

START_TEST(a_transcription_is_a_valid_request_and_gives_its_text)
{
	struct outcome	 o = simply(ENGINE_STT, "", BEHAVE_WELL);

	ck_assert_str_eq(provider_refusal(provider), "");
	ck_assert_int_eq(o.ok, 1);
	ck_assert_str_eq(o.text, "1000 ms of audio");
	provider_set_text(provider, "[BLANK_AUDIO]");
	o = simply(ENGINE_STT, "", BEHAVE_WELL);
	ck_assert_str_eq(o.text, "");
	ck_assert_int_eq(o.rejected, 1);
}
END_TEST

START_TEST(a_chat_is_a_valid_request_and_streams_its_text)
{
	struct outcome	 o = simply(ENGINE_CHAT, "two \"tables\" \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85", BEHAVE_WELL);

	ck_assert_str_eq(provider_refusal(provider), "");
	ck_assert_str_eq(o.text, "You said: two \"tables\" \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85.");
	ck_assert_str_eq(o.action, "");
	ck_assert_int_eq(o.tokens_in, 40);
}
END_TEST

START_TEST(a_call_of_end_call_means_to_hang_up)
{
	struct outcome	 o = simply(ENGINE_CHAT, "goodbye", BEHAVE_WELL);

	ck_assert_str_eq(o.text, "You said: goodbye.");
	ck_assert_str_eq(o.action, "hangup");
}
END_TEST

/* The server calls it if it is among the functions. */
START_TEST(a_person_is_offered_when_there_is_one)
{
	ck_assert_str_eq(simply(ENGINE_CHAT, "i want a person", BEHAVE_WELL).action, "");
	person = true;
	ck_assert_str_eq(simply(ENGINE_CHAT, "i want a person", BEHAVE_WELL).action, "transfer");
	ck_assert_str_eq(simply(ENGINE_CHAT, "goodbye", BEHAVE_WELL).action, "hangup");
	person = false;
	ck_assert_str_eq(provider_refusal(provider), "");
}
END_TEST

START_TEST(reasoning_is_not_text_and_an_answer_in_one_piece_is_taken)
{
	ck_assert_str_eq(simply(ENGINE_CHAT, "x", BEHAVE_REASON).text, "You said: x.");
	ck_assert_str_eq(simply(ENGINE_CHAT, "x", BEHAVE_WHOLE).text, "You said: x.");
}
END_TEST

START_TEST(all_forms_of_a_request_are_valid)
{
	struct engine_conf	 conf = conf_of(ENGINE_CHAT);
	struct outcome		 o = { 0 };
	char			 effort[] = "low";

	conf.max_tokens_field = MAX_TOKENS_OLD;
	conf.temperature = 0.5;
	conf.reasoning_effort = effort;
	conf.stream_options = conf.tools = false;
	ask(&conf, "goodbye", &o);
	ck_assert_str_eq(provider_refusal(provider), "");
	ck_assert_str_eq(o.action, "");
	memset(&o, 0, sizeof(o));
	conf = conf_of(ENGINE_TTS);
	conf.instructions = effort;
	conf.speed = 1.25;
	ask(&conf, "hi", &o);
	ck_assert_str_eq(provider_refusal(provider), "");
	ck_assert_int_eq(o.ok, 1);
}
END_TEST

START_TEST(speech_comes_as_whole_samples_at_its_rate)
{
	struct outcome	 o = simply(ENGINE_TTS, "hello", BEHAVE_WELL);

	ck_assert_str_eq(provider_refusal(provider), "");
	ck_assert_uint_eq(o.samples, 5 * 20 * 24);
	ck_assert_uint_eq(o.rate_hz, 24000);
	o = simply(ENGINE_TTS, "hello", BEHAVE_WAV);
	ck_assert_uint_eq(o.samples, 5 * 20 * 16);
	ck_assert_uint_eq(o.rate_hz, 16000);
}
END_TEST

static const struct { enum behaviour behaviour; int low, high; const char *words; } failures[] = {
	{ BEHAVE_ERROR_500, 375, 500, "something broke" },
	{ BEHAVE_RATE_LIMIT, 20, 20, "Rate limit" },
	{ BEHAVE_NO_CREDIT, -1, -1, "quota" },
	{ BEHAVE_BAD_GATEWAY, 375, 500, "Bad Gateway" },
	{ BEHAVE_STALL, -1, -1, "" },
};

START_TEST(failures_say_whether_to_try_again)
{
	enum engine_service	 service;
	struct outcome		 o;

	for (service = ENGINE_STT; service < ENGINE_NSERVICES; service++) {
		o = simply(service, "x", failures[_i].behaviour);
		ck_assert_int_eq(o.ok, 0);
		ck_assert_int_ge(o.retry_ms, failures[_i].low);
		ck_assert_int_le(o.retry_ms, failures[_i].high);
		ck_assert_msg(strstr(o.error, failures[_i].words) != NULL, "%s", o.error);
	}
}
END_TEST

static const enum behaviour later[] = { BEHAVE_STALL_LATER, BEHAVE_CUT };

START_TEST(what_breaks_off_after_its_beginning_is_not_tried_again)
{
	struct outcome	 o = simply(ENGINE_CHAT, "x", later[_i]);

	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, -1);
	ck_assert_str_eq(o.text, "You said: x.");
	o = simply(ENGINE_TTS, "a long sentence", later[_i]);
	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, -1);
	ck_assert_uint_gt(o.samples, 0);
}
END_TEST

START_TEST(an_error_in_the_stream_is_the_end)
{
	struct outcome	 o = simply(ENGINE_CHAT, "x", BEHAVE_ERROR_LATER);

	ck_assert_int_eq(o.ok, 0);
	ck_assert_str_eq(o.error, "the model fell over");
}
END_TEST

START_TEST(a_wrong_key_is_not_tried_again_and_none_sends_no_header)
{
	struct engine_conf	 conf = conf_of(ENGINE_CHAT);
	struct outcome		 o = { 0 };

	conf.key = empty;
	ask(&conf, "x", &o);
	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, -1);
	ck_assert_ptr_nonnull(strstr(o.error, "API key"));
}
END_TEST

START_TEST(a_server_that_is_not_there_may_be_tried_at_once)
{
	struct engine_conf	 conf = conf_of(ENGINE_STT);
	struct outcome		 o = { 0 };
	char			 nowhere[] = "http://127.0.0.1:1/v1";

	conf.base_url = nowhere;
	ask(&conf, "x", &o);
	ck_assert_int_eq(o.ok, 0);
	ck_assert_int_eq(o.retry_ms, 0);
}
END_TEST

START_TEST(a_job_can_be_cancelled_in_its_own_callback)
{
	static const enum engine_service services[] = { ENGINE_CHAT, ENGINE_TTS };
	struct engine_conf	 conf = conf_of(services[_i]);
	struct outcome		 o = { .cancel_at_once = true };

	ask(&conf, "a sentence that is cut", &o);
}
END_TEST

START_TEST(too_many_at_once_are_refused)
{
	struct engine_conf	 conf = conf_of(ENGINE_TTS);
	struct engine		*e = engine_openai_new(http, &conf);
	struct outcome		 o = { 0 };
	struct engine_request	 rq = { .text = "x", .voice = "", .on = &events, .arg = &o };
	struct engine_job	*a = engine_start(e, &rq), *b = engine_start(e, &rq);

	ck_assert_ptr_null(engine_start(e, &rq));
	ck_assert_int_eq(errno, EAGAIN);
	engine_cancel(a);
	engine_cancel(b);
	ck_assert_int_eq(o.done, 0);
	engine_free(e);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("engine_openai");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_transcription_is_a_valid_request_and_gives_its_text);
	tcase_add_test(tc, a_chat_is_a_valid_request_and_streams_its_text);
	tcase_add_test(tc, a_call_of_end_call_means_to_hang_up);
	tcase_add_test(tc, a_person_is_offered_when_there_is_one);
	tcase_add_test(tc, reasoning_is_not_text_and_an_answer_in_one_piece_is_taken);
	tcase_add_test(tc, all_forms_of_a_request_are_valid);
	tcase_add_test(tc, speech_comes_as_whole_samples_at_its_rate);
	tcase_add_loop_test(tc, failures_say_whether_to_try_again, 0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_loop_test(tc, what_breaks_off_after_its_beginning_is_not_tried_again, 0, sizeof(later) / sizeof(later[0]));
	tcase_add_test(tc, an_error_in_the_stream_is_the_end);
	tcase_add_test(tc, a_wrong_key_is_not_tried_again_and_none_sends_no_header);
	tcase_add_test(tc, a_server_that_is_not_there_may_be_tried_at_once);
	tcase_add_loop_test(tc, a_job_can_be_cancelled_in_its_own_callback, 0, 2);
	tcase_add_test(tc, too_many_at_once_are_refused);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
