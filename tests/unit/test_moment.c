/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "brokerd/moment.h"

static const struct { const char *text, *moment; } cases[] = {
	/* yes or no */
	{ "A table for two tomorrow at seven in the evening. Is that right?", "expecting_yes_no" },
	{ "So the number is four one seven, is that correct?", "expecting_yes_no" },
	{ "Your order number is 417, right?", "expecting_yes_no" },
	{ "Is your order number 417?", "expecting_yes_no" },
	{ "Are you still there?", "expecting_yes_no" },
	{ "Would you like me to cancel it?", "expecting_yes_no" },
	{ "Do you want it? Please say yes or no.", "expecting_yes_no" },
	{ "Shall I book it? I can hold it for an hour.", "expecting_yes_no" },
	{ "Ist das richtig?", "expecting_yes_no" },
	{ "Soll ich das für Sie buchen?", "expecting_yes_no" },
	{ "C'est bien ça ?", "expecting_yes_no" },
	{ "¿Es correcto?", "expecting_yes_no" },
	{ "È corretto?", "expecting_yes_no" },
	{ "یک میز برای دو نفر. درست است؟", "expecting_yes_no" },
	{ "آیا مطمئن هستید؟", "expecting_yes_no" },
	{ "لطفاً بگویید بله یا خیر.", "expecting_yes_no" },
	/* digits */
	{ "What is your order number?", "expecting_digits" },
	{ "Thank you. Please tell me the last four digits of your card.", "expecting_digits" },
	{ "Could you give me your phone number? Take your time.", "expecting_digits" },
	{ "WHAT IS YOUR PIN?", "expecting_digits" },
	{ "Wie ist Ihre Kundennummer?", "expecting_digits" },
	{ "Quel est votre numéro de client ?", "expecting_digits" },
	{ "¿Cuál es su código postal?", "expecting_digits" },
	{ "Mi dica il suo numero di telefono.", "expecting_digits" },
	{ "شماره تلفن شما چیست؟", "expecting_digits" },
	{ "لطفاً کد خود را وارد کنید.", "expecting_digits" },
	/* dictation */
	{ "What is your address?", "dictation" },
	{ "Please spell your name.", "dictation" },
	{ "Können Sie das bitte buchstabieren?", "dictation" },
	{ "لطفاً آدرس خود را بگویید.", "dictation" },
	/* anything */
	{ "We are open every day from noon to ten in the evening.", "" },
	{ "Your order number is 417.", "" },
	{ "At what time?", "" },
	{ "How can I help you?", "" },
	{ "Is it for lunch or for dinner?", "" },
	{ "Is there anything else?", "" },
	{ "Is that right? And for how many people?", "" },
	{ "What is your order number? And what is it about?", "" },
	{ "That is right.", "" },
	{ "The spinach? It is fresh.", "" },
	{ "میز برای ناهار است یا شام؟", "" },
	{ "...", "" }, { "?", "" }, { "", "" }, { NULL, "" }, { "\xff\xd8?\xe2\x80", "" },
};

START_TEST(what_the_bot_asks_for_is_told_from_its_words)
{
	ck_assert_msg(strcmp(moment_of(cases[_i].text), cases[_i].moment) == 0, "\"%s\": %s, not %s", cases[_i].text,
	    moment_of(cases[_i].text), cases[_i].moment);
}
END_TEST

START_TEST(of_a_long_sentence_the_end_counts)
{
	static char	 text[3000];

	memset(text, 'a', sizeof(text) - 1);
	memcpy(text + 2000, " and so on, ", 12);
	memcpy(text + sizeof(text) - 1 - 20, " your order number? ", 20);
	ck_assert_str_eq(moment_of(text), "expecting_digits");
	memset(text, '?', sizeof(text) - 1);
	ck_assert_str_eq(moment_of(text), "");
	memset(text, '\xd8', sizeof(text) - 1);
	ck_assert_str_eq(moment_of(text), "");
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("moment");
	TCase	*tc = tcase_create("moment");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(tc, what_the_bot_asks_for_is_told_from_its_words, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, of_a_long_sentence_the_end_counts);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
