/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include <check.h>

#include "common/callid.h"

#define SIXTY_FOUR	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(opaque_ids_are_taken_as_they_are)
{
	static const char *const	rows[] = {
		"aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "aaaaaaaabbbbccccdddd0123456789ab",
		"CON-f972836a-550f-45fa-956c-12a2ab5b7d22", "a", "_", "x.y", "a-", SIXTY_FOUR,
	};
	struct callid	id;
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(callid_parse(rows[i], &id) == 0, "\"%s\"", rows[i]);
		ck_assert_str_eq(id.text, rows[i]);
	}
}
END_TEST

START_TEST(what_could_name_another_file_is_refused)
{
	static const char *const	rows[] = {
		"", "-", "-a", ".", "..", ".a", "a/b", "../a", "a b", "a\n", "a\\", "a%2f", "a:b",
		"\xc3\xa9", "a*", SIXTY_FOUR "0", SIXTY_FOUR SIXTY_FOUR,
	};
	struct callid	id = { "before" };
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		errno = 0;
		ck_assert_msg(callid_parse(rows[i], &id) == -1, "\"%s\"", rows[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_str_eq(id.text, "before");
	ck_assert(!callid_valid("a\0b", 3));
}
END_TEST

START_TEST(ids_are_compared_by_bytes)
{
	struct callid	a, b;

	ck_assert_int_eq(callid_parse_n("abcdef", 3, &a), 0);
	ck_assert_str_eq(a.text, "abc");
	ck_assert_int_eq(callid_parse("abc", &b), 0);
	ck_assert(callid_equal(&a, &b));
	ck_assert_uint_eq(callid_hash(&a), callid_hash(&b));
	ck_assert_int_eq(callid_parse("Abc", &b), 0);
	ck_assert(!callid_equal(&a, &b));
	ck_assert_uint_ne(callid_hash(&a), callid_hash(&b));
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("callid");
	TCase	*tc = tcase_create("callid");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, opaque_ids_are_taken_as_they_are);
	tcase_add_test(tc, what_could_name_another_file_is_refused);
	tcase_add_test(tc, ids_are_compared_by_bytes);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
