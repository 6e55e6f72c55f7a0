/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <check.h>

#include "brokerd/engines/understand.h"

#define PM	(12 * 60)

static const struct {
	const char	*text;
	enum intent	 intent;
	int		 people;
	int		 number;
	int		 minute;
	const char	*day;
} sentences[] = {
	{ "", INTENT_NONE, 0, 0, -1, "" },
	{ "   ...!", INTENT_NONE, 0, 0, -1, "" },
	{ "elephants dance", INTENT_NONE, 0, 0, -1, "" },
	{ "What are your opening hours?", INTENT_HOURS, 0, 0, -1, "" },
	{ "are you open on sunday", INTENT_HOURS, 0, 0, -1, "on Sunday" },
	{ "i would like to book a table for two", INTENT_BOOK, 2, 0, -1, "" },
	{ "a table for four tomorrow at seven", INTENT_BOOK, 4, 0, PM + 420, "tomorrow" },
	{ "a table for 12 people on friday at half past eight", INTENT_BOOK, 12, 0, PM + 510, "on Friday" },
	{ "a table for twenty five people", INTENT_BOOK, 25, 0, -1, "" },
	{ "tomorrow evening at eight", INTENT_DETAIL, 0, 0, PM + 480, "tomorrow" },
	{ "this evening", INTENT_DETAIL, 0, 0, -1, "today" },
	{ "next friday at noon", INTENT_DETAIL, 0, 0, PM, "next Friday" },
	{ "seven thirty", INTENT_DETAIL, 0, 0, PM + 450, "" },
	{ "at 7:30", INTENT_DETAIL, 0, 0, PM + 450, "" },
	{ "7.30 p.m.", INTENT_DETAIL, 0, 0, PM + 450, "" },
	{ "7pm", INTENT_DETAIL, 0, 0, PM + 420, "" },
	{ "seven p m", INTENT_DETAIL, 0, 0, PM + 420, "" },
	{ "19:30", INTENT_DETAIL, 0, 0, PM + 450, "" },
	{ "at nine in the morning", INTENT_DETAIL, 0, 0, 540, "" },
	{ "at 12 am", INTENT_DETAIL, 0, 0, 0, "" },
	{ "quarter to eight", INTENT_DETAIL, 0, 0, PM + 465, "" },
	{ "quarter past six", INTENT_DETAIL, 0, 0, PM + 375, "" },
	{ "seven o'clock", INTENT_DETAIL, 0, 0, PM + 420, "" },
	{ "seven", INTENT_DETAIL, 0, 7, -1, "" },
	{ "two people", INTENT_DETAIL, 2, 0, -1, "" },
	{ "for two people please", INTENT_DETAIL, 2, 0, -1, "" },
	{ "what did i say", INTENT_MEMORY, 0, 0, -1, "" },
	{ "Please repeat that.", INTENT_REPEAT, 0, 0, -1, "" },
	{ "say that again please", INTENT_REPEAT, 0, 0, -1, "" },
	{ "transfer me to a person", INTENT_PERSON, 0, 0, -1, "" },
	{ "can i speak to a human", INTENT_PERSON, 0, 0, -1, "" },
	{ "are you a person", INTENT_IDENTITY, 0, 0, -1, "" },
	{ "what can you do", INTENT_IDENTITY, 0, 0, -1, "" },
	{ "a table for one person", INTENT_BOOK, 1, 0, -1, "" },
	{ "cancel my booking", INTENT_CANCEL, 0, 0, -1, "" },
	{ "thank you goodbye", INTENT_BYE, 0, 0, -1, "" },
	{ "that is all thank you", INTENT_BYE, 0, 0, -1, "" },
	{ "yes please", INTENT_YES, 0, 0, -1, "" },
	{ "that is right", INTENT_YES, 0, 0, -1, "" },
	{ "no thank you", INTENT_NO, 0, 0, -1, "" },
	{ "no that is wrong", INTENT_NO, 0, 0, -1, "" },
	{ "thank you very much", INTENT_THANKS, 0, 0, -1, "" },
	{ "good evening", INTENT_HELLO, 0, 0, -1, "" },
	{ "7:99 99:30 1234567890 -5", INTENT_DETAIL, 0, 5, -1, "" },
};

START_TEST(sentences_are_understood)
{
	struct understood	u;

	understand(sentences[_i].text, &u);
	ck_assert_msg(u.intent == sentences[_i].intent, "%s: intent %d", sentences[_i].text, (int)u.intent);
	ck_assert_msg(u.people == sentences[_i].people, "%s: people %d", sentences[_i].text, u.people);
	ck_assert_msg(u.number == sentences[_i].number, "%s: number %d", sentences[_i].text, u.number);
	ck_assert_msg(u.minute == sentences[_i].minute, "%s: minute %d", sentences[_i].text, u.minute);
	ck_assert_str_eq(u.day, sentences[_i].day);
}
END_TEST

START_TEST(text_of_any_length_and_bytes_is_survived)
{
	struct understood	u;
	char			text[2000];
	size_t			i, round;
	unsigned		seed = 1;

	for (round = 0; round < 500; round++) {
		for (i = 0; i < sizeof(text) - 1; i++) {
			seed = seed * 1103515245U + 12345U;
			text[i] = round % 2 ? (char)(seed >> 16 & 0xff) : "a 7:.p'm half 3"[(seed >> 16) % 15];
			if (text[i] == '\0')
				text[i] = ' ';
		}
		text[sizeof(text) - 1 - round] = '\0';
		understand(text, &u);
		ck_assert_int_lt(u.minute, 24 * 60);
	}
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("understand");
	TCase	*tc = tcase_create("understand");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(tc, sentences_are_understood, 0, (int)(sizeof(sentences) / sizeof(*sentences)));
	tcase_add_test(tc, text_of_any_length_and_bytes_is_survived);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
