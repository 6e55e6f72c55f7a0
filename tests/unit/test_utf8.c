/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "common/utf8.h"

static const struct {
	const char	*text;
	size_t		 len, char_len;
} chars[] = {
	{ "", 0, 0 },
	{ "a", 1, 1 },
	{ "\0", 1, 1 },
	{ "\xc3\xa9", 2, 2 },
	{ "\xc3\xa9", 1, 0 },
	{ "\xd8\xb3\xd9\x84", 4, 2 },
	{ "\xe2\x82\xac", 3, 3 },
	{ "\xe2\x82\xac", 2, 0 },
	{ "\xf0\x9f\x98\x80", 4, 4 },
	{ "\xf0\x9f\x98", 3, 0 },
	{ "\x80", 1, 0 },			/* a tail alone */
	{ "\xc0\x80", 2, 0 },			/* overlong */
	{ "\xc1\xbf", 2, 0 },
	{ "\xe0\x9f\xbf", 3, 0 },
	{ "\xe0\xa0\x80", 3, 3 },
	{ "\xf0\x8f\xbf\xbf", 4, 0 },
	{ "\xed\xa0\x80", 3, 0 },		/* surrogate */
	{ "\xed\x9f\xbf", 3, 3 },
	{ "\xf4\x8f\xbf\xbf", 4, 4 },		/* U+10FFFF */
	{ "\xf4\x90\x80\x80", 4, 0 },
	{ "\xf5\x80\x80\x80", 4, 0 },
	{ "\xff", 1, 0 },
	{ "\xe2\x28\xa1", 3, 0 },
	{ "\xe2\x82\x28", 3, 0 },
};

START_TEST(a_character_is_valid_or_has_no_length)
{
	size_t	i;

	for (i = 0; i < sizeof(chars) / sizeof(*chars); i++)
		ck_assert_msg(utf8_char_len(chars[i].text, chars[i].len) == chars[i].char_len,
		    "row %zu: %zu", i, utf8_char_len(chars[i].text, chars[i].len));
}
END_TEST

START_TEST(a_text_is_valid_when_all_characters_are)
{
	ck_assert(utf8_valid("", 0));
	ck_assert(utf8_valid("a\xd8\xb3\xe2\x82\xac", 6));
	ck_assert(!utf8_valid("a\xd8\xb3\xe2\x82", 5));
	ck_assert(!utf8_valid("\xff" "a", 2));
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("utf8");
	TCase	*tc = tcase_create("utf8");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, a_character_is_valid_or_has_no_length);
	tcase_add_test(tc, a_text_is_valid_when_all_characters_are);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
