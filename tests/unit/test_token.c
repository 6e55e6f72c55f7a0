/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/mem.h"
#include "common/token.h"

#define NOW		INT64_C(1763640000123)
#define SECRET		"0123456789abcdef0123456789abcdef"

static const struct callid	call = { "aaaaaaaa-bbbb-cccc-dddd-0123456789ab" };

static enum token_status
check(const char *text, int64_t now)
{
	return token_check(SECRET, strlen(SECRET), &call, text, now, NULL, NULL);
}

START_TEST(a_token_opens_its_own_call_until_it_expires)
{
	char			 text[TOKEN_SIZE];
	struct token_key	 key;
	const char		*reason = NULL;
	struct callid		 other = { "aaaaaaaa-bbbb-cccc-dddd-0123456789ac" };

	ck_assert_int_eq(token_make(SECRET, strlen(SECRET), &call, NOW, 60, text), 0);
	ck_assert_uint_eq(strlen(text), 10 + 1 + 16 + 1 + 22);
	ck_assert_int_eq(token_check(SECRET, strlen(SECRET), &call, text, NOW, &reason, &key), TOKEN_OK);
	ck_assert_str_eq(reason, "ok");
	ck_assert_int_eq(key.expiry_s, 1763640061);
	ck_assert_mem_eq(key.nonce, text + 11, 16);
	ck_assert_int_eq(check(text, NOW + 60000), TOKEN_OK);
	ck_assert_int_eq(check(text, key.expiry_s * 1000 - 1), TOKEN_OK);
	ck_assert_int_eq(check(text, key.expiry_s * 1000), TOKEN_EXPIRED);
	ck_assert_int_eq(token_check(SECRET, strlen(SECRET), &other, text, NOW, &reason, NULL),
	    TOKEN_FORGED);
	ck_assert_str_eq(reason, "forged token, or one for another call");
	ck_assert_int_eq(token_check(SECRET "x", strlen(SECRET) + 1, &call, text, NOW, &reason, NULL),
	    TOKEN_FORGED);
	ck_assert_int_eq(token_check("", 0, &call, text, NOW, &reason, NULL), TOKEN_FORGED);
}
END_TEST

START_TEST(a_token_made_by_other_means_is_good)
{
	/* printf %s "$call.1763640061.00112233aabbccdd" | openssl dgst -sha256 -hmac $SECRET -binary */
	ck_assert_int_eq(check("1763640061.00112233aabbccdd.PzYA16eABz60JNkXZGclrA", NOW), TOKEN_OK);
}
END_TEST

START_TEST(every_changed_character_is_noticed)
{
	char			text[TOKEN_SIZE], bad[TOKEN_SIZE];
	enum token_status	status;
	size_t			i;
	int			c;

	ck_assert_int_eq(token_make(SECRET, strlen(SECRET), &call, NOW, 60, text), 0);
	for (i = 0; i < strlen(text); i++) {
		for (c = 1; c < 256; c++) {
			if ((char)c == text[i])
				continue;
			memcpy(bad, text, sizeof(bad));
			bad[i] = (char)c;
			status = check(bad, NOW);
			ck_assert_msg(status == TOKEN_FORGED || status == TOKEN_MALFORMED,
			    "\"%s\": %d", bad, status);
		}
	}
}
END_TEST

START_TEST(what_is_no_token_is_malformed)
{
	static const char *const	rows[] = {
		"", ".", "..", "1763640061", "1763640061.00112233aabbccdd",
		"1763640061.00112233aabbccdd.", "1763640061.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaa",
		"1763640061.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaaa",
		"01763640061.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa",
		"+1763640061.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa",
		"-1763640061.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa",
		" 1763640061.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa",
		"0.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa", ".00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa",
		"1763640061.00112233AABBCCDD.aaaaaaaaaaaaaaaaaaaaaa",
		"1763640061.00112233aabbccd.aaaaaaaaaaaaaaaaaaaaaaa",
		"1763640061.00112233aabbccdd0.aaaaaaaaaaaaaaaaaaaaa",
		"9999999999999999.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa",
		"99999999999999999999999999999999999999999999999999999999999999999999999999999999",
	};
	const char	*reason;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(token_check(SECRET, strlen(SECRET), &call, rows[i], NOW, &reason, NULL) ==
		    TOKEN_MALFORMED, "\"%s\"", rows[i]);
		ck_assert_str_eq(reason, "malformed token");
	}
	ck_assert_int_eq(check("999999999999999.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa", NOW),
	    TOKEN_FORGED);
}
END_TEST

START_TEST(forged_is_told_before_expired)
{
	ck_assert_int_eq(check("1.00112233aabbccdd.aaaaaaaaaaaaaaaaaaaaaa", NOW), TOKEN_FORGED);
}
END_TEST

START_TEST(two_tokens_of_one_moment_differ)
{
	char	a[TOKEN_SIZE], b[TOKEN_SIZE];

	ck_assert_int_eq(token_make(SECRET, strlen(SECRET), &call, NOW, 60, a), 0);
	ck_assert_int_eq(token_make(SECRET, strlen(SECRET), &call, NOW, 60, b), 0);
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(weak_secrets_and_odd_times_make_no_token)
{
	char	text[TOKEN_SIZE] = "before";

	ck_assert_int_eq(token_make(SECRET, 15, &call, NOW, 60, text), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(token_make(SECRET, 16, &call, NOW, 0, text), -1);
	ck_assert_int_eq(token_make(SECRET, 16, &call, NOW, TOKEN_TTL_MAX_S + 1, text), -1);
	ck_assert_int_eq(token_make(SECRET, 16, &call, -1, 60, text), -1);
	ck_assert_int_eq(token_make(SECRET, 16, &call, INT64_MAX, 60, text), -1);
	ck_assert_str_eq(text, "before");
	ck_assert_int_eq(token_make(SECRET, 16, &call, 0, TOKEN_TTL_MAX_S, text), 0);
	ck_assert_int_eq(token_make(SECRET, 16, &call, INT64_C(999999999900000000), 60, text), 0);
	ck_assert_uint_eq(strlen(text), TOKEN_SIZE - 1);
}
END_TEST

static const char *
nonce(unsigned n)
{
	static char	text[TOKEN_NONCE_SIZE];

	(void)snprintf(text, sizeof(text), "%016x", n);
	return text;
}

START_TEST(a_token_is_new_once)
{
	struct token_seen	*seen = token_seen_new(10);

	ck_assert(token_seen_add(seen, nonce(1), 100, 40000));
	ck_assert(!token_seen_add(seen, nonce(1), 100, 40000));
	ck_assert(token_seen_add(seen, nonce(2), 100, 40000));
	ck_assert(!token_seen_add(seen, nonce(1), 100, 99999));
	ck_assert_uint_eq(token_seen_count(seen), 2);
	token_seen_free(seen);
	token_seen_free(NULL);
}
END_TEST

START_TEST(expired_tokens_are_forgotten)
{
	struct token_seen	*seen = token_seen_new(1000);
	unsigned		 i, second;

	for (i = 0; i < 1000; i++)	/* each expiry from 100 to 1099 once, in disorder */
		ck_assert(token_seen_add(seen, nonce(i), 100 + i * 7919 % 1000, 0));
	for (second = 100; second < 1099; second++) {
		/* the one of 1099 s is known to the end, so that nothing is added */
		ck_assert(!token_seen_add(seen, nonce(321), 1099, second * 1000));
		ck_assert_uint_eq(token_seen_count(seen), 1099 - second);
	}
	ck_assert(token_seen_add(seen, nonce(5000), 9999, 1099000));
	ck_assert_uint_eq(token_seen_count(seen), 1);
	ck_assert_uint_eq(token_seen_dropped(seen), 0);
	token_seen_free(seen);
}
END_TEST

START_TEST(at_the_maximum_the_first_to_expire_goes)
{
	struct token_seen	*seen = token_seen_new(3);

	ck_assert(token_seen_add(seen, nonce(1), 300, 0));
	ck_assert(token_seen_add(seen, nonce(2), 100, 0));
	ck_assert(token_seen_add(seen, nonce(3), 200, 0));
	ck_assert(token_seen_add(seen, nonce(4), 400, 0));
	ck_assert_uint_eq(token_seen_count(seen), 3);
	ck_assert_uint_eq(token_seen_dropped(seen), 1);
	ck_assert(!token_seen_add(seen, nonce(1), 300, 0));
	ck_assert(!token_seen_add(seen, nonce(3), 200, 0));
	ck_assert(!token_seen_add(seen, nonce(4), 400, 0));
	ck_assert(token_seen_add(seen, nonce(2), 100, 0));
	ck_assert_uint_eq(token_seen_dropped(seen), 2);
	token_seen_free(seen);
}
END_TEST

START_TEST(the_memory_survives_each_failed_allocation)
{
	struct token_seen	*seen = NULL;
	int			 n;

	for (n = 0; seen == NULL; n++) {
		mem_fail_at(n);
		seen = token_seen_new(4);
	}
	mem_fail_at(-1);
	ck_assert_int_eq(n, 3);
	token_seen_free(seen);
	ck_assert_ptr_null(token_seen_new(0));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(token_seen_new(SIZE_MAX));
	ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("token");
	TCase	*tc = tcase_create("token");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, a_token_opens_its_own_call_until_it_expires);
	tcase_add_test(tc, a_token_made_by_other_means_is_good);
	tcase_add_test(tc, every_changed_character_is_noticed);
	tcase_add_test(tc, what_is_no_token_is_malformed);
	tcase_add_test(tc, forged_is_told_before_expired);
	tcase_add_test(tc, two_tokens_of_one_moment_differ);
	tcase_add_test(tc, weak_secrets_and_odd_times_make_no_token);
	tcase_add_test(tc, a_token_is_new_once);
	tcase_add_test(tc, expired_tokens_are_forgotten);
	tcase_add_test(tc, at_the_maximum_the_first_to_expire_goes);
	tcase_add_test(tc, the_memory_survives_each_failed_allocation);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
