/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "brokerd/engines/dialogue.h"

#define MSGS_MAX	64

struct talk {
	struct dialogue_message	msgs[MSGS_MAX];
	char			said[MSGS_MAX][DIALOGUE_TEXT_SIZE];
	size_t			n;
};

/* The caller says text; the answer joins the history. */
static struct dialogue_reply
say(struct talk *t, const char *text)
{
	struct dialogue_reply	r;

	t->msgs[t->n++] = (struct dialogue_message){ DIALOGUE_USER, text };
	dialogue_answer(&dialogue_default_facts, t->msgs, t->n, &r);
	(void)snprintf(t->said[t->n], DIALOGUE_TEXT_SIZE, "%s", r.text);
	t->msgs[t->n] = (struct dialogue_message){ DIALOGUE_ASSISTANT, t->said[t->n] };
	t->n++;
	return r;
}

#define GOES_ON(talk, words, answer) do {					\
	struct dialogue_reply r_ = say(talk, words);				\
	ck_assert_str_eq(r_.text, answer);					\
	ck_assert_int_eq(r_.action, DIALOGUE_GO_ON);				\
} while (0)

START_TEST(without_a_caller_it_greets_and_says_what_it_is)
{
	struct dialogue_message	sys = { DIALOGUE_OTHER, "You are a pirate." };
	struct dialogue_reply	r;

	dialogue_answer(&dialogue_default_facts, &sys, 1, &r);
	ck_assert_str_eq(r.text,
	    "Hello, this is the telephone program of the callpipe restaurant. What can I do for you?");
	ck_assert_int_eq(r.action, DIALOGUE_GO_ON);
}
END_TEST

START_TEST(nobody_is_promised_who_is_not_there)
{
	static const char *const	rows[] = { "i want to speak to a person", "pancakes pancakes" };
	struct dialogue_facts		facts = dialogue_default_facts;
	struct dialogue_message		m[2] = { { DIALOGUE_USER, "pancakes" } };
	struct dialogue_reply		r;
	size_t				i;

	for (i = 0; i < 2; i++) {
		facts.no_person = false;
		m[1] = (struct dialogue_message){ DIALOGUE_USER, rows[i] };
		dialogue_answer(&facts, m, 2, &r);
		ck_assert_ptr_nonnull(strstr(r.text, "you to a person"));
		facts.no_person = true;
		dialogue_answer(&facts, m, 2, &r);
		ck_assert_int_eq(r.action, DIALOGUE_GO_ON);
		ck_assert_ptr_null(strstr(r.text, "you to a person"));
		ck_assert_ptr_null(strstr(r.text, "ask for a person"));
	}
}
END_TEST

START_TEST(keys_are_told_back_or_are_the_number_that_was_asked_for)
{
	struct talk	t = { .n = 0 };

	GOES_ON(&t, "[caller pressed 1 2 3]", "You pressed 1 2 3. What can I do for you?");
	GOES_ON(&t, "[caller pressed *]", "You pressed *. What can I do for you?");
	GOES_ON(&t, "[caller pressed 4 keys]", "You pressed 4 keys. What can I do for you?");
	GOES_ON(&t, "i would like to book a table", "For how many people shall the table be?");
	GOES_ON(&t, "[caller pressed 4]", "A table for four. For which day?");
}
END_TEST

START_TEST(a_transcript_is_summarised)
{
	static char		long_text[4000];
	struct dialogue_message	m[2] = { { DIALOGUE_OTHER, "Summarise this." },
	    { DIALOGUE_USER, "Assistant: Hello.\nCaller: a table for two\nAssistant: For which day?\nCaller: friday\nAssistant: Noted.\n" } };
	struct dialogue_reply	r;
	size_t			i, len = 0;

	dialogue_answer(&dialogue_default_facts, m, 2, &r);
	ck_assert_str_eq(r.text, "You said: a table for two; friday. Our last words: Noted.");
	ck_assert_int_eq(r.action, DIALOGUE_GO_ON);
	for (i = 0; i < 100; i++)
		len += (size_t)snprintf(long_text + len, sizeof(long_text) - len, "%s: \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 there\n", i % 2 ? "Assistant" : "Caller");
	m[1].text = long_text;
	dialogue_answer(&dialogue_default_facts, m, 2, &r);
	ck_assert_uint_le(strlen(r.text), DIALOGUE_SUMMARY_MAX);
	ck_assert_ptr_nonnull(strstr(r.text, "Our last words: \xd8\xb3"));
	m[1].text = "Caller: one line that a caller may well say";
	dialogue_answer(&dialogue_default_facts, m, 2, &r);
	ck_assert_ptr_null(strstr(r.text, "You said"));
}
END_TEST

START_TEST(the_demo_call_ends_well)
{
	struct talk		t = { .n = 0 };
	struct dialogue_reply	r;

	GOES_ON(&t, "what are your opening hours", "We are open every day from noon to ten in the evening.");
	GOES_ON(&t, "i would like to book a table for two", "A table for two. For which day?");
	GOES_ON(&t, "tomorrow evening at eight",
	    "A table for two tomorrow at eight in the evening. Is that right?");
	GOES_ON(&t, "what did i say", "You said: tomorrow evening at eight.");
	GOES_ON(&t, "yes please", "Noted: a table for two tomorrow at eight in the evening, but this is a "
	    "demonstration and no table is kept. Anything else?");
	r = say(&t, "goodbye");
	ck_assert_str_eq(r.text, "Thank you for calling. Goodbye.");
	ck_assert_int_eq(r.action, DIALOGUE_HANGUP);
}
END_TEST

START_TEST(what_is_missing_is_asked_for_in_turn)
{
	struct talk	t = { .n = 0 };

	GOES_ON(&t, "can i book a table", "For how many people shall the table be?");
	GOES_ON(&t, "four", "A table for four. For which day?");
	GOES_ON(&t, "on saturday", "A table for four on Saturday. At what time?");
	GOES_ON(&t, "seven", "A table for four on Saturday at seven in the evening. Is that right?");
}
END_TEST

START_TEST(a_number_with_for_answers_the_question_for_the_time)
{
	struct talk	t = { .n = 0 };

	GOES_ON(&t, "a table for two tomorrow", "A table for two tomorrow. At what time?");
	GOES_ON(&t, "for seven", "A table for two tomorrow at seven in the evening. Is that right?");
}
END_TEST

START_TEST(a_correction_changes_only_what_it_names)
{
	struct talk	t = { .n = 0 };

	(void)say(&t, "a table for two tomorrow at seven");
	GOES_ON(&t, "no", "What shall I change, the people, the day or the time?");
	GOES_ON(&t, "for three people", "A table for three tomorrow at seven in the evening. Is that right?");
	GOES_ON(&t, "no at half past eight",
	    "A table for three tomorrow at eight thirty in the evening. Is that right?");
}
END_TEST

START_TEST(a_time_when_closed_is_refused)
{
	struct talk	t = { .n = 0 };

	GOES_ON(&t, "a table for two tomorrow at nine in the morning", "We are closed then. We are open from "
	    "noon to ten in the evening, at what time would you like to come?");
	GOES_ON(&t, "nine", "A table for two tomorrow at nine in the evening. Is that right?");
}
END_TEST

START_TEST(after_two_failures_a_person_is_offered)
{
	struct talk		t = { .n = 0 };
	struct dialogue_reply	r;

	r = say(&t, "elephants");
	ck_assert_ptr_nonnull(strstr(r.text, "I did not catch that"));
	r = say(&t, "");
	ck_assert_str_eq(r.text, "I am sorry, I still do not understand. Shall I connect you to a person?");
	r = say(&t, "yes");
	ck_assert_int_eq(r.action, DIALOGUE_TRANSFER);
}
END_TEST

START_TEST(an_understood_sentence_between_failures_counts_anew)
{
	struct talk		t = { .n = 0 };
	struct dialogue_reply	r;

	(void)say(&t, "elephants");
	(void)say(&t, "opening hours");
	r = say(&t, "elephants");
	ck_assert_ptr_nonnull(strstr(r.text, "I did not catch that"));
}
END_TEST

START_TEST(a_failure_while_booking_asks_the_same_again)
{
	struct talk	t = { .n = 0 };

	(void)say(&t, "a table for two");
	GOES_ON(&t, "elephants", "Sorry, I did not catch that. For which day?");
}
END_TEST

START_TEST(repeat_gives_the_last_answer_and_person_transfers)
{
	struct talk		t = { .n = 0 };
	struct dialogue_reply	r;

	(void)say(&t, "opening hours");
	GOES_ON(&t, "repeat that please", "We are open every day from noon to ten in the evening.");
	r = say(&t, "transfer me to a person");
	ck_assert_int_eq(r.action, DIALOGUE_TRANSFER);
}
END_TEST

START_TEST(memory_skips_its_own_question_and_cuts_long_text_at_a_character)
{
	struct talk		t = { .n = 0 };
	struct dialogue_reply	r;
	char			text[400];
	size_t			i;

	r = say(&t, "what did i say");
	ck_assert_str_eq(r.text, "You have not said anything before that.");
	for (i = 0; i < sizeof(text) - 3; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[i] = '\0';
	(void)say(&t, text);
	(void)say(&t, "what did i say");
	r = say(&t, "what did i say");
	ck_assert_uint_eq(strlen(r.text), strlen("You said: .") + 159);
}
END_TEST

START_TEST(after_anything_else_no_means_goodbye)
{
	struct talk		t = { .n = 0 };
	struct dialogue_reply	r;

	GOES_ON(&t, "thank you", "You are welcome. Is there anything else?");
	r = say(&t, "no thank you");
	ck_assert_int_eq(r.action, DIALOGUE_HANGUP);
}
END_TEST

START_TEST(the_state_does_not_need_the_answers)
{
	struct dialogue_message	msgs[] = {
		{ DIALOGUE_USER, "a table for two" }, { DIALOGUE_USER, "tomorrow" }, { DIALOGUE_USER, "at seven" },
	};
	struct dialogue_reply	r;

	dialogue_answer(&dialogue_default_facts, msgs, 3, &r);
	ck_assert_str_eq(r.text, "A table for two tomorrow at seven in the evening. Is that right?");
}
END_TEST

START_TEST(two_numbers_over_twelve_do_not_mix)
{
	struct talk	t = { .n = 0 };

	GOES_ON(&t, "a table for 15 people tomorrow at 7:20",
	    "A table for 15 tomorrow at seven 20 in the evening. Is that right?");
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("dialogue");
	TCase	*tc = tcase_create("dialogue");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, without_a_caller_it_greets_and_says_what_it_is);
	tcase_add_test(tc, nobody_is_promised_who_is_not_there);
	tcase_add_test(tc, keys_are_told_back_or_are_the_number_that_was_asked_for);
	tcase_add_test(tc, a_transcript_is_summarised);
	tcase_add_test(tc, the_demo_call_ends_well);
	tcase_add_test(tc, what_is_missing_is_asked_for_in_turn);
	tcase_add_test(tc, a_number_with_for_answers_the_question_for_the_time);
	tcase_add_test(tc, a_correction_changes_only_what_it_names);
	tcase_add_test(tc, a_time_when_closed_is_refused);
	tcase_add_test(tc, after_two_failures_a_person_is_offered);
	tcase_add_test(tc, an_understood_sentence_between_failures_counts_anew);
	tcase_add_test(tc, a_failure_while_booking_asks_the_same_again);
	tcase_add_test(tc, repeat_gives_the_last_answer_and_person_transfers);
	tcase_add_test(tc, memory_skips_its_own_question_and_cuts_long_text_at_a_character);
	tcase_add_test(tc, after_anything_else_no_means_goodbye);
	tcase_add_test(tc, the_state_does_not_need_the_answers);
	tcase_add_test(tc, two_numbers_over_twelve_do_not_mix);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
