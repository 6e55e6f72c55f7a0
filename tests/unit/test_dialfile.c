/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/mem.h"
#include "tools/dialfile.h"

static char	told[2000];

static void
note(void *arg, unsigned line, const char *why)
{
	size_t	len = strlen(told);

	(void)arg;
	(void)snprintf(told + len, sizeof(told) - len, "%u: %s\n", line, why);
}

static int
parse(struct dialfile *f, const char *text)
{
	told[0] = '\0';
	return dialfile_parse(f, text, strlen(text), note, NULL);
}

START_TEST(rows_are_numbers_with_variables)
{
	struct dialfile	f;

	ck_assert_int_eq(parse(&f, "name,number,day\r\n\"Ali, R.\",+447700900123,Monday\r\nBea,447700900124,\r\n"), 0);
	ck_assert_uint_eq(f.n, 2);
	ck_assert_uint_eq(f.bad, 0);
	ck_assert_str_eq(f.rows[0].number, "447700900123");
	ck_assert_str_eq(f.rows[0].vars, "{\"name\":\"Ali, R.\",\"day\":\"Monday\"}");
	ck_assert_str_eq(f.rows[1].vars, "{\"name\":\"Bea\",\"day\":\"\"}");
	dialfile_clear(&f);
	ck_assert_int_eq(parse(&f, "number\n1234567\n"), 0);
	ck_assert_str_eq(f.rows[0].vars, "");
	dialfile_clear(&f);
}
END_TEST

START_TEST(all_bad_rows_are_told)
{
	struct dialfile	f;

	ck_assert_int_eq(parse(&f, "number,name\n447700900123,a\n12,b\n447700900124\n+447700900123,c\n\"x\ny\"z,\n"
	    "447700900125,d,e\n447700900126,ok\n"), 0);
	ck_assert_uint_eq(f.n, 2);
	ck_assert_uint_eq(f.rows[1].line, 9);
	ck_assert_str_eq(told, "3: number: 7 to 15 digits are wanted, the first not 0, with or without +\n"
	    "4: 1 fields, the header has 2\n5: the number of line 2 again\n6: text after a closing quote\n"
	    "7: a quote inside a field without quotes\n8: 3 fields, the header has 2\n");
	ck_assert_uint_eq(f.bad, 6);
	dialfile_clear(&f);
}
END_TEST

START_TEST(a_bad_header_is_the_end)
{
	static const char *const	bad[] = { "", "\n\n", "name\nx\n", "number,number\n", "number,a b\n", "number,9a\n", "number,\n",
	    "\"number\n", "number,uuid\n", "number,sms\n" };
	struct dialfile			f;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(parse(&f, bad[i]) == -1 && errno == EINVAL, "%s", bad[i]);
		ck_assert_str_ne(told, "");
		dialfile_clear(&f);
	}
}
END_TEST

START_TEST(what_spreadsheets_write_is_read)
{
	struct dialfile	f;

	ck_assert_int_eq(parse(&f, "\xef\xbb\xbf" "Name;NUMBER;\"day\"\r\nAli, R.;+447700900123;\"Mon;day\"\r\nBea;447700900124;\r\n"), 0);
	ck_assert_str_eq(told, "");
	ck_assert_uint_eq(f.n, 2);
	ck_assert_str_eq(f.rows[0].number, "447700900123");
	ck_assert_str_eq(f.rows[0].vars, "{\"Name\":\"Ali, R.\",\"day\":\"Mon;day\"}");
	dialfile_clear(&f);
	/* a comma in the header: semicolons are text */
	ck_assert_int_eq(parse(&f, "\nNumber,name\n447700900123,a;b\n"), 0);
	ck_assert_str_eq(f.rows[0].vars, "{\"name\":\"a;b\"}");
	dialfile_clear(&f);
	ck_assert_int_eq(parse(&f, "number\n447700900123;\n"), 0);
	ck_assert_uint_eq(f.n, 0);
	dialfile_clear(&f);
	ck_assert_int_eq(parse(&f, "number;Number\n"), -1);
	ck_assert_str_eq(told, "1: two columns have the same name\n");
	dialfile_clear(&f);
}
END_TEST

START_TEST(utf16_is_told_as_such)
{
	static const struct { const char *text; size_t len; } rows[] = {
		{ "\xff\xfen\0u\0", 6 }, { "\xfe\xff\0n\0u", 6 }, { "n\0u\0", 4 }, { "\0n\0u", 4 },
	};
	struct dialfile	f;
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told[0] = '\0';
		ck_assert_int_eq(dialfile_parse(&f, rows[i].text, rows[i].len, note, NULL), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_str_eq(told, "1: the file is UTF-16: save it as CSV in UTF-8\n");
		dialfile_clear(&f);
	}
}
END_TEST

START_TEST(each_failed_allocation_is_told)
{
	struct dialfile	f;
	int		n, rc = -1;

	for (n = 0; rc == -1; n++) {
		ck_assert_int_lt(n, 100);
		mem_fail_at(n);
		rc = parse(&f, "number,name\n447700900123,a\n447700900124,b\n");
		dialfile_clear(&f);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 5);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("dialfile");
	TCase	*tc = tcase_create("files");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, rows_are_numbers_with_variables);
	tcase_add_test(tc, all_bad_rows_are_told);
	tcase_add_test(tc, a_bad_header_is_the_end);
	tcase_add_test(tc, what_spreadsheets_write_is_read);
	tcase_add_test(tc, utf16_is_told_as_such);
	tcase_add_test(tc, each_failed_allocation_is_told);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
