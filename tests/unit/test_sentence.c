/* SPDX-License-Identifier: ISC */
#include "brokerd/sentence.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char	*text;
	const char	*pieces[6];
} cases[] = {
	{ "We are open from noon to ten. Do you want a table? Yes!", { "We are open from noon to ten. ", "Do you want a table? ", "Yes!" } },
	{ "It costs $29.95 today. Fine with you?", { "It costs $29.95 today. ", "Fine with you?" } },
	{ "Yes. We are open.", { "Yes. We are open." } },
	{ "Dr. Smith is in. Shall I call him?", { "Dr. Smith is in. ", "Shall I call him?" } },
	{ "Write to info@example.com please. Thanks a lot.", { "Write to info@example.com please. ", "Thanks a lot." } },
	{ "We close at 10. Then we go home.", { "We close at 10. Then we go home." } },
	{ "سلام، خوش آمدید. چه کمکی می‌خواهید؟ بفرمایید لطفا", { "سلام، خوش آمدید. ", "چه کمکی می‌خواهید؟ ", "بفرمایید لطفا" } },
	{ "چطور هستید شما؟خیلی خوبم ممنون", { "چطور هستید شما؟", "خیلی خوبم ممنون" } },
	{ "He said \"we are closed.\" Then he left us.", { "He said \"we are closed.\" ", "Then he left us." } },
	{ "first of all\nsecond of all\n", { "first of all\n", "second of all\n" } },
	{ "Wait a moment... I am looking.", { "Wait a moment... ", "I am looking." } },
	{ "", { NULL } },
};

static void
expect_pieces(size_t i, size_t step)
{
	struct sentence	 s;
	struct buf	 piece;
	size_t		 pos, n = 0, len = strlen(cases[i].text);

	sentence_init(&s);
	buf_init(&piece, 4096);
	for (pos = 0; pos < len; pos += step) {
		ck_assert_int_eq(sentence_feed(&s, cases[i].text + pos, len - pos < step ? len - pos : step), 0);
		while (sentence_next(&s, false, &piece) == 1)
			ck_assert_str_eq(piece.data, cases[i].pieces[n++]);
	}
	sentence_end(&s);
	while (sentence_next(&s, false, &piece) == 1)
		ck_assert_str_eq(piece.data, cases[i].pieces[n++]);
	ck_assert_ptr_null(cases[i].pieces[n]);
	buf_clear(&piece);
	sentence_clear(&s);
}

START_TEST(pieces_do_not_depend_on_how_the_text_arrives)
{
	expect_pieces((size_t)_i, 4096);
	expect_pieces((size_t)_i, 1);
	expect_pieces((size_t)_i, 7);
}
END_TEST

START_TEST(a_mark_at_the_end_waits_unless_the_text_stalls)
{
	struct sentence	 s;
	struct buf	 piece;

	sentence_init(&s);
	buf_init(&piece, 4096);
	ck_assert_int_eq(sentence_feed(&s, "We are open now.", 16), 0);
	ck_assert_int_eq(sentence_next(&s, false, &piece), 0);
	ck_assert_int_eq(sentence_next(&s, true, &piece), 1);
	ck_assert_str_eq(piece.data, "We are open now.");
	ck_assert_int_eq(sentence_next(&s, true, &piece), 0);
	buf_clear(&piece);
	sentence_clear(&s);
}
END_TEST

START_TEST(only_the_first_piece_ends_at_a_comma_when_stalled)
{
	static const char text[] = "Let me look that up for you now, one moment";
	struct sentence	 s;
	struct buf	 piece;

	sentence_init(&s);
	buf_init(&piece, 4096);
	ck_assert_int_eq(sentence_feed(&s, text, strlen(text)), 0);
	ck_assert_int_eq(sentence_next(&s, false, &piece), 0);
	ck_assert_int_eq(sentence_next(&s, true, &piece), 1);
	ck_assert_str_eq(piece.data, "Let me look that up for you now, ");
	ck_assert_int_eq(sentence_feed(&s, text, strlen(text)), 0);
	ck_assert_int_eq(sentence_next(&s, true, &piece), 0);
	buf_clear(&piece);
	sentence_clear(&s);
}
END_TEST

START_TEST(endless_text_is_cut_between_words)
{
	struct sentence	 s;
	struct buf	 piece;
	size_t		 total = 0;
	int		 i;

	sentence_init(&s);
	buf_init(&piece, 4096);
	for (i = 0; i < 400; i++)
		ck_assert_int_eq(sentence_feed(&s, "word ", 5), 0);
	sentence_end(&s);
	while (sentence_next(&s, false, &piece) == 1) {
		ck_assert_uint_le(piece.len, SENTENCE_MAX);
		ck_assert_int_eq(piece.data[piece.len - 1], ' ');
		total += piece.len;
	}
	ck_assert_uint_eq(total, 2000);
	buf_clear(&piece);
	sentence_clear(&s);
}
END_TEST

START_TEST(endless_bytes_that_are_no_utf8_are_given_out_too)
{
	struct sentence	 s;
	struct buf	 piece;
	char		 bytes[SENTENCE_MAX + 100];

	memset(bytes, 0x80, sizeof(bytes));
	sentence_init(&s);
	buf_init(&piece, 4096);
	ck_assert_int_eq(sentence_feed(&s, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(sentence_next(&s, false, &piece), 1);
	ck_assert_uint_eq(piece.len, SENTENCE_MAX);
	sentence_end(&s);
	ck_assert_int_eq(sentence_next(&s, false, &piece), 1);
	ck_assert_uint_eq(piece.len, 100);
	buf_clear(&piece);
	sentence_clear(&s);
}
END_TEST

static const struct { const char *raw, *spoken; } spoken[] = {
	{ "**Bold** and _soft_ and `code`.", "Bold and soft and code." },
	{ "# Hours\n- Monday\n* Tuesday", "Hours Monday Tuesday" },
	{ "See [our page](https://example.com/x) now", "See our page now" },
	{ "![map](https://example.com/m.png) here", "map here" },
	{ "snake_case stays", "snake_case stays" },
	{ "Hello \xf0\x9f\x98\x80 there\xe2\x80\x8f!", "Hello there!" },
	{ "می‌خواهم", "می‌خواهم" },
	{ "  a \n\n b  ", "a b" },
	{ "***", "" },
	{ "[not a link] (really)", "[not a link] (really)" },
};

START_TEST(markdown_is_not_spoken)
{
	struct buf	 out;

	buf_init(&out, 4096);
	ck_assert_int_eq(sentence_speakable(spoken[_i].raw, strlen(spoken[_i].raw), &out), 0);
	ck_assert_str_eq(out.data, spoken[_i].spoken);
	buf_clear(&out);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("sentence");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, pieces_do_not_depend_on_how_the_text_arrives, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, a_mark_at_the_end_waits_unless_the_text_stalls);
	tcase_add_test(tc, only_the_first_piece_ends_at_a_comma_when_stalled);
	tcase_add_test(tc, endless_text_is_cut_between_words);
	tcase_add_test(tc, endless_bytes_that_are_no_utf8_are_given_out_too);
	tcase_add_loop_test(tc, markdown_is_not_spoken, 0, sizeof(spoken) / sizeof(spoken[0]));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
