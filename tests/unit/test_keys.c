/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/keys.h"
#include "common/mem.h"

/* Pressed one after the other. */
static struct keys
press(const char *keys)
{
	struct keys	k = { .n = 0 };

	for (; *keys != '\0'; keys++)
		keys_add(&k, *keys);
	return k;
}

static const struct { const char *pressed, *heard, *kept; bool over; } rows[] = {
	{ "1", "[caller pressed 1]", "[caller pressed 1 key]", false },
	{ "1234#", "[caller pressed 1 2 3 4]", "[caller pressed 4 keys]", true },
	{ "*21*", "[caller pressed * 2 1 *]", "[caller pressed 4 keys]", false },
	{ "#", "[caller pressed #]", "[caller pressed 1 key]", true },
	{ "1x\xc3", "[caller pressed 1]", "[caller pressed 1 key]", false },
	{ "", "", "", false },
	{ "12345678901234567890123456789012345", "[caller pressed 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2]",
	    "[caller pressed 32 keys]", true },
};

START_TEST(keys_become_one_text)
{
	struct keys	k = press(rows[_i].pressed);
	char		heard[KEYS_TEXT_SIZE], kept[KEYS_TEXT_SIZE];

	ck_assert_int_eq(k.over, rows[_i].over);
	keys_take(&k, true, heard, kept);
	ck_assert_str_eq(heard, rows[_i].heard);
	ck_assert_str_eq(kept, rows[_i].kept);
	ck_assert_uint_eq(k.n, 0);
	ck_assert(!k.over);
	k = press(rows[_i].pressed);
	keys_take(&k, false, heard, kept);
	ck_assert_str_eq(kept, rows[_i].heard);
}
END_TEST

START_TEST(nothing_of_taken_keys_stays)
{
	struct keys	k = press("4929");
	char		heard[KEYS_TEXT_SIZE], kept[KEYS_TEXT_SIZE];
	size_t		i;

	keys_take(&k, true, heard, kept);
	for (i = 0; i < sizeof(k.list); i++)
		ck_assert_int_eq(k.list[i], 0);
	ck_assert_ptr_null(strpbrk(kept, "92"));
}
END_TEST

START_TEST(a_question_has_what_was_carried_words_and_keys)
{
	static const struct { const char *carry, *words, *pressed, *all; } parts[] = {
		{ NULL, "a", "", "a" }, { "x", "", "[k]", "x [k]" }, { "x", "a", "[k]", "x a [k]" }, { NULL, "", "", "" },
	};
	char	*text, *longer;
	size_t	 i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		ck_assert_ptr_nonnull(text = question_join(parts[i].carry, parts[i].words, parts[i].pressed));
		ck_assert_str_eq(text, parts[i].all);
		free(text);
	}
	ck_assert_ptr_nonnull(longer = mem_alloc(QUESTION_MAX + 1));
	memset(longer, 'x', QUESTION_MAX);
	longer[QUESTION_MAX] = '\0';
	ck_assert_ptr_null(question_join(longer, "a", NULL));
	free(longer);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("keys");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, keys_become_one_text, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, nothing_of_taken_keys_stays);
	tcase_add_test(tc, a_question_has_what_was_carried_words_and_keys);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
