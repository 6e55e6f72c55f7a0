/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/plain.h"

static const struct { const char *in, *out; size_t columns; } shown[] = {
	{ "", "", 0 },
	{ "hello", "hello", 5 },
	{ "a\nb\tc\rd", "a\\nb\\tc\\rd", 10 },
	{ "\033[31mred", "\\e[31mred", 9 },
	{ "\x7f", "\\x7f", 4 },
	{ "a\xff" "b", "a\\xffb", 6 },
	{ "\xc2\x9b" "31m", "\\u{9b}31m", 9 },		/* the C1 form of ESC [ */
	{ "\xe2\x80\xae" "abc", "\\u{202e}abc", 11 },	/* right to left override */
	{ "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85", "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85", 4 },
	{ "e\xcc\x81", "e\xcc\x81", 1 },		/* combining */
	{ "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87", 4 },
	{ "back\\slash", "back\\slash", 10 },
};

START_TEST(foreign_text_is_shown_without_control_characters)
{
	struct buf	b;

	buf_init(&b, 1000);
	plain_put(&b, shown[_i].in, strlen(shown[_i].in));
	ck_assert_str_eq(b.data, shown[_i].out);
	ck_assert_uint_eq(plain_width(shown[_i].in), shown[_i].columns);
	buf_clear(&b);
}
END_TEST

static const struct { const char *in; size_t columns; const char *out; } cuts[] = {
	{ "hello", 5, "hello" }, { "hello", 4, "hel~" }, { "hello", 1, "~" }, { "hello", 0, "" },
	{ "", 3, "" }, { "a\033b", 3, "a~" },		/* an escape is not cut in two */
	{ "\xe4\xb8\xad\xe6\x96\x87", 3, "\xe4\xb8\xad~" },
	{ "\xe4\xb8\xad\xe6\x96\x87", 2, "~" },
};

START_TEST(a_cut_is_at_a_character_and_is_marked)
{
	struct buf	b;

	buf_init(&b, 1000);
	ck_assert_uint_le(plain_put_cut(&b, cuts[_i].in, cuts[_i].columns), cuts[_i].columns);
	ck_assert_str_eq(b.data, cuts[_i].out);
	buf_clear(&b);
}
END_TEST

START_TEST(a_column_has_its_width)
{
	struct buf	b;

	buf_init(&b, 1000);
	plain_put_column(&b, "abc", 5);
	plain_put_column(&b, "abcdefgh", 5);
	ck_assert_str_eq(b.data, "abc  abcd~");
	buf_clear(&b);
}
END_TEST

static const struct { const char *in; size_t indent, columns; const char *out; } wraps[] = {
	{ "one two three", 2, 8, "one two\n  three" },
	{ "one", 2, 8, "one" },
	{ "  one   two ", 0, 20, "one two" },
	{ "a\nb", 0, 20, "a b" },
	{ "abcdefghijkl mn", 1, 8, "abcdefgh\n ijkl mn" },
	{ "", 2, 8, "" },
};

START_TEST(text_is_wrapped_between_words)
{
	struct buf	b;

	buf_init(&b, 1000);
	plain_put_wrapped(&b, wraps[_i].in, wraps[_i].indent, wraps[_i].columns);
	ck_assert_str_eq(b.data, wraps[_i].out);
	buf_clear(&b);
}
END_TEST

static const struct { const char *in, *out; } values[] = {
	{ "abc", "abc" }, { "", "\"\"" }, { "a b", "\"a b\"" }, { "a=b", "\"a=b\"" },
	{ "say \"hi\"", "\"say \\\"hi\\\"\"" }, { "a\\b", "\"a\\\\b\"" }, { "a\nb", "\"a\\nb\"" },
	{ "-12.5", "-12.5" }, { "{\"a\":1}", "\"{\\\"a\\\":1}\"" },
};

START_TEST(values_of_logfmt_are_quoted_when_they_must_be)
{
	struct buf	b;

	buf_init(&b, 1000);
	plain_put_value(&b, values[_i].in, strlen(values[_i].in));
	ck_assert_str_eq(b.data, values[_i].out);
	buf_clear(&b);
}
END_TEST

START_TEST(colours_are_nothing_when_off)
{
	int	c;

	for (c = 0; c < PLAIN_NCOLOURS; c++) {
		ck_assert_str_eq(plain_sgr(false, (enum plain_colour)c), "");
		ck_assert_str_ne(plain_sgr(true, (enum plain_colour)c), "");
	}
}
END_TEST

START_TEST(a_full_buffer_is_an_error_of_the_buffer)
{
	struct buf	b;

	buf_init(&b, 4);
	plain_put_column(&b, "abc", 10);
	ck_assert(buf_failed(&b));
	buf_clear(&b);
}
END_TEST

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite	*s = suite_create("plain");
	TCase	*t = tcase_create("plain");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(t, foreign_text_is_shown_without_control_characters, 0, COUNT(shown));
	tcase_add_loop_test(t, a_cut_is_at_a_character_and_is_marked, 0, COUNT(cuts));
	tcase_add_test(t, a_column_has_its_width);
	tcase_add_loop_test(t, text_is_wrapped_between_words, 0, COUNT(wraps));
	tcase_add_loop_test(t, values_of_logfmt_are_quoted_when_they_must_be, 0, COUNT(values));
	tcase_add_test(t, colours_are_nothing_when_off);
	tcase_add_test(t, a_full_buffer_is_an_error_of_the_buffer);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
