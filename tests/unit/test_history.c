/* SPDX-License-Identifier: ISC */
#include "brokerd/history.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static void
fill(struct spoken *s)
{
	spoken_init(s, 8000);
	ck_assert_int_eq(spoken_begin(s, "", 0), 0);		/* a filler of one second */
	spoken_add_samples(s, 8000);
	spoken_end(s);
	ck_assert_int_eq(spoken_begin(s, "We are open now. ", 17), 0);
	spoken_add_samples(s, 16000);
	spoken_end(s);
	ck_assert_int_eq(spoken_begin(s, "Come and see us.", 16), 0);
	spoken_add_samples(s, 16000);
	spoken_end(s);
}

static const struct { uint64_t heard; const char *text; bool all; } heard[] = {
	{ 0, "", false },
	{ 8000, "", false },			/* only the filler */
	{ 8001, "", false },
	{ 16000, "We are", false },		/* half of 17 bytes is in "open" */
	{ 24000, "We are open now.", false },
	{ 39999, "We are open now. Come and see", false },
	{ 40000, "We are open now. Come and see us.", true },
	{ 99999, "We are open now. Come and see us.", true },
};

START_TEST(heard_text_ends_at_a_word_border)
{
	struct spoken	 s;
	struct buf	 out;

	fill(&s);
	buf_init(&out, 1000);
	ck_assert_int_eq(spoken_heard(&s, heard[_i].heard, &out), heard[_i].all);
	ck_assert_str_eq(out.data, heard[_i].text);
	buf_clear(&out);
	spoken_clear(&s);
}
END_TEST

START_TEST(a_zero_width_non_joiner_is_no_border)
{
	static const char text[] = "من می\xe2\x80\x8cخواهم";
	size_t	 first = strlen("من ");

	ck_assert_uint_eq(history_word_border(text, strlen(text), strlen(text) - 2), first);
	ck_assert_uint_eq(history_word_border(text, strlen(text), strlen(text)), strlen(text));
	ck_assert_uint_eq(history_word_border(text, strlen(text), 3), 0);
}
END_TEST

START_TEST(an_unfinished_piece_is_not_taken_for_a_whole_one)
{
	struct spoken	 s;
	struct buf	 out;

	spoken_init(&s, 8000);
	ck_assert_int_eq(spoken_begin(&s, "one two three four five six seven", 33), 0);
	spoken_add_samples(&s, 4000);
	buf_init(&out, 1000);
	ck_assert(!spoken_heard(&s, 4000, &out));
	ck_assert_str_eq(out.data, "one two");
	buf_clear(&out);
	spoken_clear(&s);
}
END_TEST

static const struct { enum chat_role role; const char *text; } expected[] = {
	{ CHAT_SYSTEM, "Be kind." },
	{ CHAT_ASSISTANT, "Hello." },
	{ CHAT_USER, "What are your hours please" },
	{ CHAT_ASSISTANT, "We are\xe2\x80\xa6" },
	{ CHAT_USER, "Thanks" },
};

START_TEST(messages_hold_what_was_heard_and_join_questions)
{
	struct history		*h = history_new(10);
	struct chat_messages	 m;
	size_t			 i;

	ck_assert_int_eq(history_put(h, 4, "Thanks", NULL, false), 0);
	ck_assert_int_eq(history_put(h, 1, NULL, "Hello.", false), 0);
	ck_assert_int_eq(history_put(h, 3, "please", "We are", true), 0);
	ck_assert_int_eq(history_put(h, 2, "What are your hours", "nothing yet", false), 0);
	ck_assert_int_eq(history_put(h, 2, "What are your hours", "", false), 0);
	ck_assert_int_eq(history_put(h, 5, "", "", false), 0);
	ck_assert_uint_eq(history_count(h), 4);
	ck_assert_int_eq(history_messages(h, "Be kind.", 10000, &m), 0);
	ck_assert_uint_eq(m.n, sizeof(expected) / sizeof(expected[0]));
	for (i = 0; i < m.n; i++) {
		ck_assert_int_eq(m.list[i].role, expected[i].role);
		ck_assert_str_eq(m.list[i].text, expected[i].text);
	}
	chat_messages_clear(&m);
	history_free(h);
}
END_TEST

START_TEST(the_oldest_exchanges_are_left_out_and_forgotten)
{
	struct history		*h = history_new(3);
	struct chat_messages	 m;
	int			 i;
	char			 text[8];

	for (i = 1; i <= 5; i++) {
		(void)snprintf(text, sizeof(text), "user%d", i);
		ck_assert_int_eq(history_put(h, i, text, "bot", false), 0);
	}
	ck_assert_uint_eq(history_count(h), 3);
	ck_assert_ptr_null(history_find(h, 2));
	ck_assert_str_eq(history_find(h, 3)->user, "user3");
	ck_assert_int_eq(history_messages(h, NULL, 20, &m), 0);
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.list[0].text, "user5");
	chat_messages_clear(&m);
	history_free(h);
}
END_TEST

START_TEST(messages_survive_each_failed_allocation)
{
	struct history		*h = history_new(3);
	struct chat_messages	 m;
	int			 n, rc = -1;

	ck_assert_int_eq(history_put(h, 1, "a", "b", false), 0);
	ck_assert_int_eq(history_put(h, 2, "c", "d", false), 0);
	for (n = 0; rc == -1; n++) {
		mem_fail_at(n);
		rc = history_messages(h, "p", 1000, &m);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 5);
	chat_messages_clear(&m);
	mem_fail_at(1);
	ck_assert_int_eq(history_put(h, 2, "x", "y", false), -1);
	mem_fail_at(-1);
	ck_assert_str_eq(history_find(h, 2)->user, "c");
	history_free(h);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("history");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, heard_text_ends_at_a_word_border, 0, sizeof(heard) / sizeof(heard[0]));
	tcase_add_test(tc, a_zero_width_non_joiner_is_no_border);
	tcase_add_test(tc, an_unfinished_piece_is_not_taken_for_a_whole_one);
	tcase_add_test(tc, messages_hold_what_was_heard_and_join_questions);
	tcase_add_test(tc, the_oldest_exchanges_are_left_out_and_forgotten);
	tcase_add_test(tc, messages_survive_each_failed_allocation);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
