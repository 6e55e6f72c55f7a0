/* SPDX-License-Identifier: ISC */
#include "common/digest.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 4231, test case 2. */
START_TEST(hmac_is_that_of_the_rfc)
{
	static const char	*want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
	uint8_t			 mac[DIGEST_LEN];
	char			 hex[DIGEST_HEX_SIZE];
	size_t			 i;

	ck_assert_int_eq(digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, mac), 0);
	for (i = 0; i < DIGEST_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	ck_assert_str_eq(hex, want);
}
END_TEST

/* printf 'a\0b\0' | sha256sum */
START_TEST(texts_are_told_apart)
{
	const char	*ab[] = { "a", "b" }, *joined[] = { "ab", "" };
	char		 x[DIGEST_HEX_SIZE], y[DIGEST_HEX_SIZE];

	ck_assert_int_eq(digest_texts_hex(ab, 2, x), 0);
	ck_assert_str_eq(x, "8fb20ef63ced4145fc2e983ffe597d1dcff39154c3bf21f0fa9dde6a0c50fdc9");
	ck_assert_int_eq(digest_texts_hex(joined, 2, y), 0);
	ck_assert_str_ne(x, y);
}
END_TEST

START_TEST(equal_is_equal)
{
	ck_assert(digest_equal("abc", "abc", 3));
	ck_assert(!digest_equal("abc", "abd", 3));
	ck_assert(!digest_equal("abc", "bbc", 3));
	ck_assert(digest_equal("abc", "abd", 2));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("digest");
	TCase	*t = tcase_create("digest");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, hmac_is_that_of_the_rfc);
	tcase_add_test(t, texts_are_told_apart);
	tcase_add_test(t, equal_is_equal);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
