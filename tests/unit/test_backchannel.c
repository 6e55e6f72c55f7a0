/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/backchannel.h"

START_TEST(sounds_of_a_listener_ask_for_nothing)
{
	ck_assert(backchannel("uh-huh", NULL));
	ck_assert(backchannel(" Mm-hm. ", NULL));
	ck_assert(backchannel("okay, right", NULL));
	ck_assert(backchannel("OK", NULL));
	ck_assert(backchannel("\xd8\xa8\xd8\xa7\xd8\xb4\xd9\x87", NULL));
}
END_TEST

START_TEST(in_many_languages_and_spellings)
{
	static const char *const texts[] = {
		"Uh-huh.", "D\u2019accord !", "d'accord", "\u00bfVale?", "AJ\u00c1", "Ok\u00e9", "Ага.", "УГУ, понятно", "tamam",
		"خب، باشه", "آهان؟", "اوهوم", "طيب", "अच्छा।", "嗯。", "なるほど、うん",
	};
	size_t	 i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(backchannel(texts[i], NULL), "%s", texts[i]);
	ck_assert(!backchannel("بله", NULL));		/* yes */
	ck_assert(!backchannel("نه", NULL));
	ck_assert(!backchannel("да", NULL));
	ck_assert(!backchannel("はい", NULL));
	ck_assert(!backchannel("خب صبر کن", NULL));	/* well, wait */
}
END_TEST

START_TEST(an_assistant_may_have_its_own_words)
{
	ck_assert(backchannel("Jawohl!", "jawohl doch"));
	ck_assert(backchannel("doch doch", "jawohl doch"));
	ck_assert(!backchannel("okay", "jawohl doch"));
	ck_assert(!backchannel("okay", ""));
	ck_assert(!backchannel("", ""));
}
END_TEST

START_TEST(any_bytes_are_good)
{
	char	 text[300];
	size_t	 i;

	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)(i % 255 + 1);
	text[i] = '\0';
	ck_assert(!backchannel(text, NULL));
	ck_assert(!backchannel("\xe2\x80", NULL));
	ck_assert(!backchannel("\xff\xfe ok", NULL));
	memset(text, 'm', sizeof(text) - 1);
	ck_assert(!backchannel(text, NULL));
	ck_assert(!backchannel("ok", text));
}
END_TEST

START_TEST(anything_else_does)
{
	ck_assert(!backchannel("uh-huh but I have a question", NULL));
	ck_assert(!backchannel("", NULL));
	ck_assert(!backchannel(" ... ", NULL));
	ck_assert(!backchannel("no", NULL));
	ck_assert(!backchannel("yes", NULL));
	ck_assert(!backchannel("stop", NULL));
	ck_assert(!backchannel("okay stop", NULL));
	ck_assert(!backchannel("rights", NULL));
	ck_assert(!backchannel("righ", NULL));
	ck_assert(!backchannel("ok ok ok ok ok", NULL));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("backchannel");
	TCase	*tc = tcase_create("backchannel");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, sounds_of_a_listener_ask_for_nothing);
	tcase_add_test(tc, in_many_languages_and_spellings);
	tcase_add_test(tc, an_assistant_may_have_its_own_words);
	tcase_add_test(tc, any_bytes_are_good);
	tcase_add_test(tc, anything_else_does);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
