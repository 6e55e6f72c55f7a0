/* SPDX-License-Identifier: ISC */
#include "brokerd/turn.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static const struct callid	id = { "call-1" };

static const struct { enum turn_state from, to; bool may; } moves[] = {
	{ TURN_HEARD, TURN_THINKING, true },
	{ TURN_HEARD, TURN_SPEAKING, false },
	{ TURN_HEARD, TURN_CANCELLED, true },
	{ TURN_THINKING, TURN_SPEAKING, true },
	{ TURN_THINKING, TURN_HEARD, false },
	{ TURN_SPEAKING, TURN_THINKING, true },	/* a former owner died while it spoke */
	{ TURN_SPEAKING, TURN_DONE, true },
	{ TURN_DONE, TURN_SPEAKING, false },
	{ TURN_CANCELLED, TURN_THINKING, false },
	{ TURN_FAILED, TURN_DONE, false },
};

START_TEST(only_legal_moves_are_allowed)
{
	ck_assert_int_eq(turn_may_follow(moves[_i].from, moves[_i].to), moves[_i].may);
}
END_TEST

START_TEST(every_state_has_a_name_that_is_parsed)
{
	enum turn_state	 s, parsed;

	for (s = TURN_HEARD; s < TURN_NSTATES; s++) {
		ck_assert_int_eq(turn_state_parse(turn_state_name(s), &parsed), 0);
		ck_assert_int_eq(parsed, s);
	}
	ck_assert_int_eq(turn_state_parse("dreaming", &parsed), -1);
}
END_TEST

START_TEST(the_waterfall_is_made_of_marks_and_the_sample_clock)
{
	struct msg_utterance	 u = { .utt = 3, .gen = 9, .speech_start_ms = 1000, .speech_end_ms = 2000, .at_ms = 2500 };
	struct turn		*t = turn_new(&id, 1, TURN_HEARD, 77);

	turn_set_utterance(t, &u);
	turn_mark(t, TURN_MARK_UTTERANCE, 1000000);
	turn_mark(t, TURN_MARK_TEXT, 1050000);
	turn_mark(t, TURN_MARK_TOKEN, 1150000);
	turn_mark(t, TURN_MARK_TOKEN, 9150000);		/* only the first counts */
	turn_mark(t, TURN_MARK_AUDIO, 1180400);
	turn_mark(t, TURN_MARK_STARTED, 1190000);
	turn_set_ear(t, 2700);
	ck_assert_int_eq(t->row.endpoint_ms, 500);
	ck_assert_int_eq(t->row.stt_ms, 50);
	ck_assert_int_eq(t->row.token_ms, 100);
	ck_assert_int_eq(t->row.audio_ms, 30);
	ck_assert_int_eq(t->row.send_ms, 10);
	ck_assert_int_eq(t->row.ear_ms, 700);
	turn_reset_reply(t, 5);
	ck_assert_int_eq(t->row.epoch, 5);
	ck_assert_int_eq(t->row.ear_ms, -1);
	ck_assert_int_eq(t->row.token_ms, -1);
	ck_assert_int_eq(t->row.stt_ms, 50);
	turn_free(t);
}
END_TEST

START_TEST(a_part_whose_marks_are_out_of_order_is_unknown)
{
	struct turn	*t = turn_new(&id, 1, TURN_THINKING, 77);

	turn_mark(t, TURN_MARK_STARTED, 1000000);	/* a filler was heard first */
	turn_mark(t, TURN_MARK_AUDIO, 2000000);
	ck_assert_int_eq(t->row.send_ms, -1);
	turn_free(t);
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters_in_the_fact)
{
	struct turn	*t = turn_new(&id, 1, TURN_THINKING, 77);
	struct msg_turn	 fact;
	char		 text[2001];
	size_t		 i;

	for (i = 0; i < 2000; i += 2)
		memcpy(text + i, "\xd8\xb3", 2);
	text[2000] = '\0';
	ck_assert_int_eq(turn_set_text(&t->row.user_text, text), 0);
	turn_fact(t, "user", &fact);
	ck_assert_uint_eq(strlen(fact.text), 1022);
	turn_fact(t, "assistant", &fact);
	ck_assert_str_eq(fact.text, "");
	turn_free(t);
}
END_TEST

START_TEST(a_row_that_was_read_becomes_a_turn)
{
	struct store_turn	 row;
	struct turn		*t;

	store_turn_init(&row);
	memcpy(row.state, "speaking", 9);
	row.turn = 4;
	ck_assert_int_eq(turn_set_text(&row.user_text, "hello"), 0);
	t = turn_from_row(&row);
	ck_assert_int_eq(t->state, TURN_SPEAKING);
	ck_assert_str_eq(t->row.user_text, "hello");
	ck_assert_ptr_null(row.user_text);
	turn_set_state(t, TURN_THINKING);
	ck_assert_str_eq(t->row.state, "thinking");
	turn_free(t);
}
END_TEST

START_TEST(a_failed_allocation_changes_nothing)
{
	struct turn	*t = turn_new(&id, 1, TURN_THINKING, 77);

	ck_assert_int_eq(turn_set_text(&t->row.user_text, "before"), 0);
	mem_fail_at(0);
	ck_assert_int_eq(turn_set_text(&t->row.user_text, "after"), -1);
	mem_fail_at(0);
	ck_assert_ptr_null(turn_new(&id, 1, TURN_THINKING, 77));
	mem_fail_at(-1);
	ck_assert_str_eq(t->row.user_text, "before");
	turn_free(t);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("turn");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, only_legal_moves_are_allowed, 0, sizeof(moves) / sizeof(moves[0]));
	tcase_add_test(tc, every_state_has_a_name_that_is_parsed);
	tcase_add_test(tc, the_waterfall_is_made_of_marks_and_the_sample_clock);
	tcase_add_test(tc, a_part_whose_marks_are_out_of_order_is_unknown);
	tcase_add_test(tc, a_long_text_is_cut_between_characters_in_the_fact);
	tcase_add_test(tc, a_row_that_was_read_becomes_a_turn);
	tcase_add_test(tc, a_failed_allocation_changes_nothing);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
