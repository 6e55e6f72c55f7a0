/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include <check.h>

#include "common/b64.h"
#include "common/mem.h"

static const struct {
	const char	*bytes;
	size_t		 len;
	const char	*text;
} pairs[] = {		/* RFC 4648 section 10, and the two characters of our own */
	{ "", 0, "" },
	{ "f", 1, "Zg" },
	{ "fo", 2, "Zm8" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg" },
	{ "fooba", 5, "Zm9vYmE" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\xfb\xff\xfe", 3, "-__-" },
	{ "\0\0\0\0", 4, "AAAAAA" },
	{ "\xff\xff", 2, "__8" },
};

START_TEST(bytes_and_text_belong_to_each_other)
{
	char		text[32], bytes[32];
	struct buf	b;
	size_t		i, len;

	buf_init(&b, 100);
	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		b64url_encode(text, pairs[i].bytes, pairs[i].len);
		ck_assert_str_eq(text, pairs[i].text);
		ck_assert_uint_eq(strlen(text), B64URL_LEN(pairs[i].len));
		buf_reset(&b);
		ck_assert_int_eq(b64url_append(&b, pairs[i].bytes, pairs[i].len), 0);
		ck_assert_str_eq(b.data, pairs[i].text);
		ck_assert_int_eq(b64url_decode(bytes, B64URL_BYTES(strlen(text)), text, strlen(text),
		    &len), 0);
		ck_assert_uint_eq(len, pairs[i].len);
		ck_assert_mem_eq(bytes, pairs[i].bytes, len);
	}
	buf_clear(&b);
}
END_TEST

START_TEST(other_spellings_are_refused)
{
	static const char *const	rows[] = {
		"Z", "Zg=", "Zg==", "Zm9vY", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "+__-", "-//-", "Zm9v.",
		"\xc3\xa9", "__9", "Zm9vYk",
	};
	char	bytes[32];
	size_t	i, len = 4711;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		errno = 0;
		ck_assert_msg(b64url_decode(bytes, sizeof(bytes), rows[i], strlen(rows[i]), &len) == -1,
		    "\"%s\"", rows[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_int_eq(b64url_decode(bytes, sizeof(bytes), "Zm\0v", 4, &len), -1);
	ck_assert_uint_eq(len, 4711);
}
END_TEST

START_TEST(no_more_is_written_than_fits)
{
	char		bytes[3] = "xyz";
	size_t		len = 4711;
	struct buf	b;

	ck_assert_int_eq(b64url_decode(bytes, 2, "Zm9v", 4, &len), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_int_eq(bytes[2], 'z');
	ck_assert_uint_eq(len, 4711);
	buf_init(&b, 4);
	ck_assert_int_eq(b64url_append(&b, "foob", 4), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	buf_clear(&b);
	mem_fail_at(0);
	ck_assert_int_eq(b64url_append(&b, "foo", 3), -1);
	mem_fail_at(-1);
	buf_clear(&b);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("b64");
	TCase	*tc = tcase_create("b64");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, bytes_and_text_belong_to_each_other);
	tcase_add_test(tc, other_spellings_are_refused);
	tcase_add_test(tc, no_more_is_written_than_fits);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
