/* SPDX-License-Identifier: ISC */
#include "brokerd/transcript.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *type, *body, *text; } answers[] = {
	{ "application/json", "{\"text\":\" Hello there.\\n\"}", "Hello there." },
	{ "application/json", "{\"text\":\"\"}", "" },
	{ "text/plain", "  hi \n", "hi" },
	{ "application/json", "{\"text\":\"you\",\"segments\":[{\"no_speech_prob\":0.9,\"avg_logprob\":-1.4}]}", "" },
	{ "application/json", "{\"text\":\"yes\",\"segments\":[{\"no_speech_prob\":0.9,\"avg_logprob\":-0.2}]}", "yes" },
	{ "application/json", "{\"text\":\"yes\",\"segments\":[]}", "yes" },
	{ "application/json", "{\"nothing\":1}", NULL },
	{ "application/json", "oops", NULL },
};

START_TEST(answers_of_all_shapes_give_their_text)
{
	struct buf	 out;
	const char	*cause;

	buf_init(&out, 1000);
	cause = transcript_decode(answers[_i].type, answers[_i].body, strlen(answers[_i].body), &out);
	ck_assert_int_eq(cause == NULL, answers[_i].text != NULL);
	if (cause == NULL)
		ck_assert_str_eq(out.data, answers[_i].text);
	buf_clear(&out);
}
END_TEST

static const char prompt[] = "The caller speaks about tables, bookings and opening hours.";
static const struct { const char *text; bool doubtful; } texts[] = {
	{ "What are your opening hours?", false },
	{ "[BLANK_AUDIO]", true },
	{ "(silence)", true },
	{ "*music*", true },
	{ "(one) and (two)", false },
	{ "...", true },
	{ "Thank you for watching!", true },
	{ "Thank you for watching the dog.", false },
	{ "no no no", false },
	{ "no, no, no, no, no, no", true },
	{ "about tables, bookings and opening", true },
	{ "opening hours", false },
	{ "\xd8\xa8\xd9\x84\xd9\x87", false },
};

START_TEST(inventions_on_silence_are_doubted)
{
	ck_assert_int_eq(transcript_doubt(texts[_i].text, prompt) != NULL, texts[_i].doubtful);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("transcript");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, answers_of_all_shapes_give_their_text, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_loop_test(tc, inventions_on_silence_are_doubted, 0, sizeof(texts) / sizeof(texts[0]));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
