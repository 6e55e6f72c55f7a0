/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/csv.h"

static char	got[2000];

/* All rows as "LINE[a|b|c]", bad ones as "LINE!". */
static const char *
rows_n(const char *text, size_t len)
{
	struct csv	c;
	struct csv_row	r;
	size_t		i;
	char		*at = got;

	csv_init(&c, text, len);
	csv_row_init(&r);
	*at = '\0';
	while (csv_next(&c, &r) == 1) {
		at += snprintf(at, 100, "%u%s", r.line, r.error != NULL ? "!" : "[");
		for (i = 0; i < r.n; i++)
			at += snprintf(at, 200, "%s%s", i > 0 ? "|" : "", r.fields[i]);
		if (r.error == NULL)
			at += snprintf(at, 3, "] ");
	}
	csv_row_clear(&r);
	return got;
}
#define ROWS(text)	rows_n(text, sizeof(text) - 1)

START_TEST(rows_are_read_as_rfc_4180_has_them)
{
	ck_assert_str_eq(ROWS(""), "");
	ck_assert_str_eq(ROWS("\r\n\n"), "");
	ck_assert_str_eq(ROWS("a,b\n1,2\n"), "1[a|b] 2[1|2] ");
	ck_assert_str_eq(ROWS("a,b\r\n1,2"), "1[a|b] 2[1|2] ");
	ck_assert_str_eq(ROWS("a,b\r"), "1[a|b] ");
	ck_assert_str_eq(ROWS("\xef\xbb\xbfnumber,name\n"), "1[number|name] ");
	ck_assert_str_eq(ROWS(",\n"), "1[|] ");
	ck_assert_str_eq(ROWS("\"a,b\",\"say \"\"hi\"\"\",\"\"\n"), "1[a,b|say \"hi\"|] ");
	ck_assert_str_eq(ROWS("\"two\nlines\",x\ny\n"), "1[two\nlines|x] 3[y] ");
	ck_assert_str_eq(ROWS(" a , b\n"), "1[ a | b] ");
	ck_assert_str_eq(ROWS("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85\n"), "1[\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85] ");
}
END_TEST

START_TEST(a_bad_row_is_told_with_its_line_and_the_next_is_read)
{
	ck_assert_str_eq(ROWS("a\nx\"y\nb\n"), "1[a] 2!3[b] ");
	ck_assert_str_eq(ROWS("\"a\"b,c\nd\n"), "1!2[d] ");
	ck_assert_str_eq(ROWS("a\n\"open,c\nd\ne\n"), "1[a] 2!3[d] 4[e] ");
	ck_assert_str_eq(ROWS("a\n\xff\xfe\nb"), "1[a] 2!3[b] ");
	ck_assert_str_eq(ROWS("a\nx\0y\nb"), "1[a] 2!3[b] ");
	ck_assert_str_eq(ROWS("a\rb\nc\n"), "1!2[c] ");
}
END_TEST

START_TEST(what_is_too_much_is_a_bad_row)
{
	static char	text[CSV_ROW_MAX + 100];

	memset(text, ',', CSV_FIELDS);
	memcpy(text + CSV_FIELDS, "\nb\n", 4);
	ck_assert_str_eq(rows_n(text, CSV_FIELDS + 3), "1!2[b] ");
	text[CSV_FIELDS - 1] = '\n';
	ck_assert_int_eq(strncmp(rows_n(text, CSV_FIELDS), "1[|||", 5), 0);
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 3, "\nb\n", 3);
	ck_assert_str_eq(rows_n(text, sizeof(text)), "1!2[b] ");
}
END_TEST

START_TEST(what_is_put_reads_the_same)
{
	static const char *const	cases[] = { "", "a", "a,b", "say \"hi\"", "two\nlines", "\"", "x\r\ny" };
	char				want[100];
	struct buf			b;
	size_t				i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_init(&b, 1000);
		csv_put(&b, cases[i]);
		(void)buf_puts(&b, ",z\n");
		(void)snprintf(want, sizeof(want), "1[%s|z] ", cases[i]);
		ck_assert_str_eq(rows_n(b.data, b.len), want);
		buf_clear(&b);
	}
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("csv");
	TCase	*tc = tcase_create("rows");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, rows_are_read_as_rfc_4180_has_them);
	tcase_add_test(tc, a_bad_row_is_told_with_its_line_and_the_next_is_read);
	tcase_add_test(tc, what_is_too_much_is_a_bad_row);
	tcase_add_test(tc, what_is_put_reads_the_same);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
