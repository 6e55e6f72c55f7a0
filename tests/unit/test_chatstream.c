/* SPDX-License-Identifier: ISC */
#include "brokerd/chatstream.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct seen { char text[512]; };

static void
on_text(void *arg, const char *text, size_t len)
{
	(void)strncat(((struct seen *)arg)->text, text, len);
}

#define C(delta)	"{\"choices\":[{\"index\":0,\"delta\":" delta "}]}"

static const struct {
	const char	*events[6];
	const char	*text;
	bool		 whole;		/* not cut short */
	const char	*error;		/* part of it; NULL none */
	const char	*action;
} cases[] = {
	{ { C("{\"role\":\"assistant\",\"content\":null}"), "[DONE]" }, "", true, NULL, "" },
	{ { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}" }, "a", false, NULL, "" },
	{ { C("{\"content\":\"a\"}"), C("{\"content\":\"b\"}") }, "ab", false, NULL, "" },
	{ { C("{\"content\":\"a\"}"), "{\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}" }, "ab", true, NULL, "" },
	{ { "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}", C("{\"content\":\"late\"}"), "[DONE]", "no json" }, "", true, NULL, "" },
	{ { "{\"choices\":[{\"index\":0}]}", "{\"choices\":[]}", "[DONE]" }, "", true, NULL, "" },
	{ { "{\"error\":{\"message\":\"overloaded\",\"code\":429}}" }, "", false, "overloaded", "" },
	{ { "{\"object\":\"error\",\"message\":\"old vllm\"}" }, "", false, "old vllm", "" },
	{ { "not json" }, "", false, "no JSON", "" },
	{ { C("{\"content\":\"<thi\"}"), C("{\"content\":\"nk>secret</think>ok\"}"), "[DONE]" }, "ok", true, NULL, "" },
	{ { C("{\"content\":\"a < b <\"}"), "[DONE]" }, "a < b <", true, NULL, "" },
	{ { C("{\"reasoning_content\":\"hm\",\"reasoning\":\"hm\",\"content\":\"x\"}"), "[DONE]" }, "x", true, NULL, "" },
	{ { C("{\"refusal\":\"I cannot.\"}"), "[DONE]" }, "I cannot.", true, NULL, "" },
	{ { C("{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"end_call\",\"arguments\":\"\"}}]}"),
	    C("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]}"), "[DONE]" }, "", true, NULL, "hangup" },
	{ { C("{\"content\":\"Bye.\",\"tool_calls\":[{\"function\":{\"name\":\"end_call\",\"arguments\":{\"reason\":\"other\"}}}]}"), "[DONE]" },
	    "Bye.", true, NULL, "hangup" },
	{ { C("{\"tool_calls\":[7,null,{\"index\":99}]}"), "[DONE]" }, "", true, NULL, "" },
};

START_TEST(chunks_become_text_and_an_action)
{
	struct chatstream	 cs;
	struct seen		 seen = { "" };
	size_t			 i;
	bool			 go = true;

	chatstream_init(&cs, on_text, &seen);
	for (i = 0; go && cases[_i].events[i] != NULL; i++)
		go = chatstream_event(&cs, "", cases[_i].events[i], strlen(cases[_i].events[i]));
	ck_assert_int_eq(go, cases[_i].error == NULL);
	ck_assert_int_eq(chatstream_end(&cs), cases[_i].whole);
	ck_assert_str_eq(seen.text, cases[_i].text);
	ck_assert_str_eq(chatstream_action(&cs), cases[_i].action);
	if (cases[_i].error != NULL)
		ck_assert_ptr_nonnull(strstr(cs.error, cases[_i].error));
	chatstream_clear(&cs);
}
END_TEST

START_TEST(two_interleaved_calls_are_kept_apart)
{
	static const char	*events[] = {
		C("{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"x\",\"arguments\":\"{\\\"n\\\":\"}}]}"),
		C("{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"y\",\"arguments\":\"[\"}}]}"),
		C("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}},{\"index\":1,\"function\":{\"arguments\":\"]\"}}]}"),
	};
	struct chatstream	 cs;
	struct seen		 seen = { "" };
	size_t			 i;

	chatstream_init(&cs, on_text, &seen);
	for (i = 0; i < 3; i++)
		ck_assert(chatstream_event(&cs, "", events[i], strlen(events[i])));
	ck_assert_uint_eq(cs.ncalls, 2);
	ck_assert_str_eq(cs.calls[0].args.data, "{\"n\":1}");
	ck_assert_str_eq(cs.calls[1].args.data, "[]");
	ck_assert_str_eq(cs.calls[1].id, "b");
	chatstream_clear(&cs);
}
END_TEST

START_TEST(an_error_event_and_usage_are_understood)
{
	static const char	 usage[] = "{\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":3}}";
	struct chatstream	 cs;
	struct seen		 seen = { "" };

	chatstream_init(&cs, on_text, &seen);
	ck_assert(chatstream_event(&cs, "", usage, strlen(usage)));
	ck_assert_int_eq(cs.tokens_in, 40);
	ck_assert_int_eq(cs.tokens_out, 3);
	ck_assert(!chatstream_event(&cs, "error", "{\"message\":\"gone\"}", 18));
	ck_assert_str_eq(cs.error, "gone");
	chatstream_clear(&cs);
}
END_TEST

START_TEST(an_answer_that_is_not_streamed_is_taken_too)
{
	static const char	 body[] = "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Hello.\"},\"finish_reason\":\"stop\"}]}";
	struct chatstream	 cs;
	struct seen		 seen = { "" };

	chatstream_init(&cs, on_text, &seen);
	ck_assert(chatstream_whole(&cs, body, strlen(body)));
	ck_assert(chatstream_end(&cs));
	ck_assert_str_eq(seen.text, "Hello.");
	chatstream_clear(&cs);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("chatstream");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, chunks_become_text_and_an_action, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, two_interleaved_calls_are_kept_apart);
	tcase_add_test(tc, an_error_event_and_usage_are_understood);
	tcase_add_test(tc, an_answer_that_is_not_streamed_is_taken_too);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
