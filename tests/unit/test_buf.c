/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/buf.h"
#include "common/mem.h"

START_TEST(an_empty_buffer_is_an_empty_text)
{
	struct buf	b;

	buf_init(&b, 10);
	ck_assert_str_eq(b.data, "");
	ck_assert_uint_eq(b.size, 0);
	buf_reset(&b);
	buf_consume(&b, 0);
	ck_assert(!buf_failed(&b));
	buf_clear(&b);
	buf_clear(&b);
}
END_TEST

START_TEST(appends_keep_the_text_terminated)
{
	struct buf	b;
	int		i;

	buf_init(&b, 10000);
	for (i = 0; i < 1000; i++) {
		ck_assert_int_eq(buf_printf(&b, "%d,", i % 10), 0);
		ck_assert_uint_eq(strlen(b.data), b.len);
	}
	ck_assert_uint_eq(b.len, 2000);
	ck_assert_int_eq(buf_append(&b, "\0x", 2), 0);
	ck_assert_int_eq(b.data[b.len], '\0');
	buf_consume(&b, 2000);
	ck_assert_mem_eq(b.data, "\0x", 3);
	buf_clear(&b);
}
END_TEST

START_TEST(the_maximum_is_exact_and_the_failure_sticks)
{
	struct buf	b;

	buf_init(&b, 4);
	ck_assert_int_eq(buf_puts(&b, "abcd"), 0);
	ck_assert_int_eq(buf_putc(&b, 'e'), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_str_eq(b.data, "abcd");
	buf_consume(&b, 4);
	errno = 0;
	ck_assert_int_eq(buf_puts(&b, "x"), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert(buf_failed(&b));
	buf_reset(&b);
	ck_assert(!buf_failed(&b));
	ck_assert_int_eq(buf_printf(&b, "%s", "abcde"), -1);
	ck_assert_str_eq(b.data, "");
	buf_clear(&b);
}
END_TEST

START_TEST(a_buffer_may_be_as_large_as_memory)
{
	struct buf	b;

	buf_init(&b, SIZE_MAX);
	ck_assert_int_eq(buf_puts(&b, "x"), 0);
	ck_assert_int_eq(buf_append(&b, "", SIZE_MAX), -1);
	buf_clear(&b);
	buf_init(&b, 0);
	ck_assert_int_eq(buf_append(&b, NULL, 0), 0);
	ck_assert_int_eq(buf_putc(&b, 'x'), -1);
	buf_clear(&b);
}
END_TEST

static const struct {
	const char	*text;
	size_t		 len;
	const char	*json;
} strings[] = {
	{ "", 0, "\"\"" },
	{ "plain/slash", 11, "\"plain/slash\"" },
	{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
	{ "\b\f\n\r\t\0\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"" },
	{ "\xd8\xb3\xe2\x82\xac", 5, "\"\xd8\xb3\xe2\x82\xac\"" },
	{ "a\xff\xe2\x82", 4, "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

START_TEST(json_strings_are_quoted_and_repaired)
{
	struct buf	b;
	size_t		i;

	buf_init(&b, 100);
	for (i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		buf_reset(&b);
		ck_assert_int_eq(buf_put_json_str(&b, strings[i].text, strings[i].len), 0);
		ck_assert_str_eq(b.data, strings[i].json);
	}
	buf_clear(&b);
}
END_TEST

START_TEST(a_json_string_too_long_adds_nothing)
{
	struct buf	b;
	size_t		max;

	for (max = 2; max < 9; max++) {
		buf_init(&b, max);
		ck_assert_int_eq(buf_puts(&b, "[]"), 0);
		ck_assert_int_eq(buf_put_json_str(&b, "ab\n\n", 4), -1);
		ck_assert_str_eq(b.data, "[]");
		buf_clear(&b);
	}
}
END_TEST

START_TEST(stolen_memory_is_the_callers)
{
	struct buf	b;
	size_t		len = 0;
	char		*text;

	buf_init(&b, 100);
	(void)buf_puts(&b, "mine");
	text = buf_steal(&b, &len);
	ck_assert_str_eq(text, "mine");
	ck_assert_uint_eq(len, 4);
	free(text);
	ck_assert_str_eq(b.data, "");
	text = buf_steal(&b, NULL);
	ck_assert_str_eq(text, "");
	free(text);
	ck_assert_int_eq(buf_puts(&b, "again"), 0);
	ck_assert_int_eq(buf_append(&b, b.data, 1000), -1);
	errno = 0;
	ck_assert_ptr_null(buf_steal(&b, &len));
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_uint_eq(b.size, 0);
	ck_assert(!buf_failed(&b));
}
END_TEST

START_TEST(a_buffer_survives_each_failed_allocation)
{
	struct buf	b;
	char		*text = NULL;
	int		 n, i;

	for (n = 0; text == NULL; n++) {
		buf_init(&b, 4096);
		mem_fail_at(n);
		(void)buf_puts(&b, "{");
		for (i = 0; i < 40; i++)
			(void)buf_put_json_str(&b, "a\nb", 3);
		(void)buf_printf(&b, "%0200d", 5);
		text = buf_steal(&b, NULL);
		ck_assert(text != NULL || errno == ENOMEM);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 3);
	ck_assert_uint_eq(strlen(text), 1 + 40 * 6 + 200);
	free(text);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("buf");
	TCase	*tc = tcase_create("buf");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, an_empty_buffer_is_an_empty_text);
	tcase_add_test(tc, appends_keep_the_text_terminated);
	tcase_add_test(tc, the_maximum_is_exact_and_the_failure_sticks);
	tcase_add_test(tc, a_buffer_may_be_as_large_as_memory);
	tcase_add_test(tc, json_strings_are_quoted_and_repaired);
	tcase_add_test(tc, a_json_string_too_long_adds_nothing);
	tcase_add_test(tc, stolen_memory_is_the_callers);
	tcase_add_test(tc, a_buffer_survives_each_failed_allocation);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
