/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/json.h"
#include "webhookd/vonage.h"

static struct json_object	*ncco, *headers;

static void
setup(void)
{
	static const char	actions[] = "[{\"action\":\"talk\",\"text\":\"Hello\"}]", call[] = "{\"call\":\"c1\"}";

	ncco = json_parse(actions, strlen(actions), NULL);
	headers = json_parse(call, strlen(call), NULL);
	ck_assert(ncco != NULL && headers != NULL);
}

static void
teardown(void)
{
	json_object_put(ncco);
	json_object_put(headers);
}

static void
check_body(const struct vonage_call_spec *s, const char *want)
{
	char			 err[200] = "";
	struct json_object	*o = vonage_call_body(s, err, sizeof(err));

	ck_assert_msg(o != NULL, "%s", err);
	ck_assert_str_eq(json_text(o, NULL), want);
	json_object_put(o);
}

START_TEST(a_call_to_a_phone_with_all_there_is)
{
	check_body(&(struct vonage_call_spec){ .to = "+447700900123", .dtmf_answer = "1p2#", .from = "442079460000",
	    .answer_url = "https://b.example/answer", .answer_method = "POST", .event_url = "https://b.example/event",
	    .event_method = "POST", .amd_behavior = "continue", .amd_mode = "default", .amd_beep_timeout_s = 45,
	    .length_timer_s = 1800, .ringing_timer_s = 40 },
	    "{\"to\":[{\"type\":\"phone\",\"number\":\"447700900123\",\"dtmfAnswer\":\"1p2#\"}],"
	    "\"from\":{\"type\":\"phone\",\"number\":\"442079460000\"},\"answer_url\":[\"https://b.example/answer\"],"
	    "\"answer_method\":\"POST\",\"event_url\":[\"https://b.example/event\"],\"event_method\":\"POST\","
	    "\"advanced_machine_detection\":{\"behavior\":\"continue\",\"mode\":\"default\",\"beep_timeout\":45},"
	    "\"length_timer\":1800,\"ringing_timer\":40}");
}
END_TEST

START_TEST(calls_to_everything_else)
{
	check_body(&(struct vonage_call_spec){ .to = "447700900123", .random_from_number = true, .ncco = ncco, .machine_detection = "hangup" },
	    "{\"to\":[{\"type\":\"phone\",\"number\":\"447700900123\"}],\"random_from_number\":true,"
	    "\"ncco\":[{\"action\":\"talk\",\"text\":\"Hello\"}],\"machine_detection\":\"hangup\"}");
	check_body(&(struct vonage_call_spec){ .type = VONAGE_SIP, .to = "sip:a@b.example;transport=tls", .headers = headers,
	    .user_to_user = "abc", .from = "sip:me@b.example", .ncco = ncco },
	    "{\"to\":[{\"type\":\"sip\",\"uri\":\"sip:a@b.example;transport=tls\",\"headers\":{\"call\":\"c1\"},"
	    "\"standard_headers\":{\"User-to-User\":\"abc\"}}],\"from\":{\"type\":\"phone\",\"number\":\"sip:me@b.example\"},"
	    "\"ncco\":[{\"action\":\"talk\",\"text\":\"Hello\"}]}");
	check_body(&(struct vonage_call_spec){ .type = VONAGE_WEBSOCKET, .to = "wss://b.example/s", .headers = headers, .ncco = ncco },
	    "{\"to\":[{\"type\":\"websocket\",\"uri\":\"wss://b.example/s\",\"content-type\":\"audio/l16;rate=16000\","
	    "\"headers\":{\"call\":\"c1\"}}],\"ncco\":[{\"action\":\"talk\",\"text\":\"Hello\"}]}");
	check_body(&(struct vonage_call_spec){ .type = VONAGE_APP, .to = "alice", .ncco = ncco },
	    "{\"to\":[{\"type\":\"app\",\"user\":\"alice\"}],\"ncco\":[{\"action\":\"talk\",\"text\":\"Hello\"}]}");
	check_body(&(struct vonage_call_spec){ .type = VONAGE_VBC, .to = "2041", .ncco = ncco },
	    "{\"to\":[{\"type\":\"vbc\",\"extension\":\"2041\"}],\"ncco\":[{\"action\":\"talk\",\"text\":\"Hello\"}]}");
}
END_TEST

/* A good call with one thing changed; the word that the refusal begins with. */
static void
check_refused(const struct vonage_call_spec *s, const char *word)
{
	char	err[200] = "";

	ck_assert_ptr_null(vonage_call_body(s, err, sizeof(err)));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_msg(strncmp(err, word, strlen(word)) == 0, "%s: %s", word, err);
}
#define REFUSED(word, ...)	do {									\
	struct vonage_call_spec	s_ = { .to = "447700900123", .from = "442079460000", .ncco = ncco };	\
	__VA_ARGS__;											\
	check_refused(&s_, word);									\
} while (0)

START_TEST(what_vonage_would_refuse_is_refused_here)
{
	REFUSED("to:", s_.to = NULL);
	REFUSED("to:", s_.to = "");
	REFUSED("to:", s_.to = "123456");
	REFUSED("to:", s_.to = "1234567890123456");
	REFUSED("to:", s_.to = "0447700900123");
	REFUSED("to:", s_.to = "+44 7700 900123");
	REFUSED("to:", s_.to = "++447700900123");
	REFUSED("to:", s_.type = VONAGE_SIP);
	REFUSED("to:", s_.type = VONAGE_WEBSOCKET; s_.to = "http://b.example");
	REFUSED("dtmfAnswer:", s_.dtmf_answer = "12a");
	REFUSED("from:", s_.from = NULL);
	REFUSED("from:", s_.random_from_number = true);
	REFUSED("from:", s_.from = "Company");
	REFUSED("ncco:", s_.ncco = NULL);
	REFUSED("ncco:", s_.ncco = headers);
	REFUSED("ncco:", s_.answer_url = "https://b.example/a");
	REFUSED("answer_url:", s_.ncco = NULL; s_.answer_url = "ftp://b.example/a");
	REFUSED("answer_method:", s_.answer_method = "PUT");
	REFUSED("event_url:", s_.event_url = "b.example");
	REFUSED("machine_detection:", s_.machine_detection = "maybe");
	REFUSED("machine_detection:", s_.machine_detection = "hangup"; s_.amd_mode = "detect");
	REFUSED("mode:", s_.amd_mode = "guess");
	REFUSED("behavior:", s_.amd_behavior = "guess");
	REFUSED("beep_timeout:", s_.amd_mode = "detect_beep"; s_.amd_beep_timeout_s = 29);
	REFUSED("beep_timeout:", s_.amd_mode = "detect_beep"; s_.amd_beep_timeout_s = 121);
	REFUSED("beep_timeout:", s_.amd_beep_timeout_s = 45);
	REFUSED("length_timer:", s_.length_timer_s = 86401);
	REFUSED("length_timer:", s_.length_timer_s = -1);
	REFUSED("ringing_timer:", s_.ringing_timer_s = 121);
}
END_TEST

START_TEST(numbers_are_e164_with_or_without_plus)
{
	char	out[16] = "unchanged";

	ck_assert(!vonage_number("", out) && !vonage_number("+", out) && !vonage_number("12345a7", out));
	ck_assert_str_eq(out, "unchanged");
	ck_assert(vonage_number("+123456789012345", out));
	ck_assert_str_eq(out, "123456789012345");
	ck_assert(vonage_number("1234567", out));
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("vonage_spec");
	TCase	*tc = tcase_create("vonage_spec");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_call_to_a_phone_with_all_there_is);
	tcase_add_test(tc, calls_to_everything_else);
	tcase_add_test(tc, what_vonage_would_refuse_is_refused_here);
	tcase_add_test(tc, numbers_are_e164_with_or_without_plus);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
