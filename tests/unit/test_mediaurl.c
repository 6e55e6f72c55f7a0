/* SPDX-License-Identifier: ISC */
#include "webhookd/mediaurl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET	"a-secret-of-this-test"
#define NOW_MS	INT64_C(1800000000000)
#define EXPIRY	1800000900

static char	name[MEDIAURL_NAME_SIZE], mac[MEDIAURL_MAC_SIZE];

static void
setup(void)
{
	ck_assert_int_eq(mediaurl_name("hello", "fa-IR", "desk", name), 0);
	ck_assert_int_eq(mediaurl_sign(SECRET, name, EXPIRY, mac), 0);
}

static enum mediaurl_status
check(const char *secret, const char *what, const char *expiry, const char *sum, int64_t now_ms)
{
	int64_t	at = -1;

	return mediaurl_check(secret, what, expiry, sum, now_ms, &at);
}

START_TEST(a_name_is_that_of_text_language_and_assistant)
{
	char	other[MEDIAURL_NAME_SIZE];
	static const char *const different[][3] = {
		{ "hello!", "fa-IR", "desk" }, { "hello", "en-US", "desk" }, { "hello", "fa-IR", "night" },
		{ "hellofa-IR", "", "desk" }, { "hello", "fa-IRdesk", "" },
	};
	size_t	i;

	ck_assert(mediaurl_name_ok(name));
	ck_assert_int_eq(mediaurl_name("hello", "fa-IR", "desk", other), 0);
	ck_assert_str_eq(name, other);
	for (i = 0; i < sizeof(different) / sizeof(different[0]); i++) {
		ck_assert_int_eq(mediaurl_name(different[i][0], different[i][1], different[i][2], other), 0);
		ck_assert_str_ne(name, other);
	}
}
END_TEST

START_TEST(the_address_is_good_until_it_expires)
{
	int64_t	at = -1;

	ck_assert_int_eq(mediaurl_check(SECRET, name, "1800000900", mac, NOW_MS, &at), MEDIAURL_OK);
	ck_assert_int_eq(at, EXPIRY);
	ck_assert_int_eq(check(SECRET, name, "1800000900", mac, EXPIRY * INT64_C(1000) - 1), MEDIAURL_OK);
	ck_assert_int_eq(check(SECRET, name, "1800000900", mac, EXPIRY * INT64_C(1000)), MEDIAURL_EXPIRED);
}
END_TEST

START_TEST(whatever_is_changed_is_forged)
{
	char	bad[MEDIAURL_NAME_SIZE], sum[MEDIAURL_MAC_SIZE + 1];
	size_t	i;

	memcpy(bad, name, sizeof(bad));
	bad[0] = bad[0] == '0' ? '1' : '0';
	ck_assert_int_eq(check(SECRET, bad, "1800000900", mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check("another-secret-of-it", name, "1800000900", mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, "1800000901", mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, "", mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, "-1", mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, "99999999999999999999", mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, NULL, mac, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, "1800000900", NULL, NOW_MS), MEDIAURL_FORGED);
	ck_assert_int_eq(check(SECRET, name, "1800000900", "", NOW_MS), MEDIAURL_FORGED);
	for (i = 0; i < MEDIAURL_MAC_SIZE - 1; i++) {
		memcpy(sum, mac, MEDIAURL_MAC_SIZE);
		sum[i] = sum[i] == 'A' ? 'B' : 'A';
		ck_assert_int_eq(check(SECRET, name, "1800000900", sum, NOW_MS), MEDIAURL_FORGED);
	}
	(void)snprintf(sum, sizeof(sum), "%sA", mac);
	ck_assert_int_eq(check(SECRET, name, "1800000900", sum, NOW_MS), MEDIAURL_FORGED);
}
END_TEST

START_TEST(names_stay_in_their_folder)
{
	static const char *const bad[] = { "", ".", "..", "../x.wav", "a/b.wav", ".hidden.wav", "a.wav/..", "a\\b.wav", "a.txt",
		"x.WAV", "a b.wav", "\xff.wav", ".wav", "a%2e.wav" };
	static const char *const good[] = { "a.wav", "hold-music_2.mp3", "A.b.wav" };
	char	long_name[200];
	size_t	i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(!mediaurl_static_ok(bad[i]), "%s", bad[i]);
		ck_assert_msg(!mediaurl_name_ok(bad[i]), "%s", bad[i]);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(mediaurl_static_ok(good[i]), "%s", good[i]);
	memset(long_name, 'a', sizeof(long_name));
	memcpy(long_name + sizeof(long_name) - 5, ".wav", 5);
	ck_assert(!mediaurl_static_ok(long_name));
	ck_assert(!mediaurl_name_ok(long_name));
}
END_TEST

START_TEST(a_range_is_cut_to_the_file)
{
	static const struct { const char *text; int rc; int64_t from, len; } rows[] = {
		{ "bytes=0-99", 1, 0, 100 }, { "bytes=10-", 1, 10, 990 }, { "bytes=-10", 1, 990, 10 }, { "bytes=-2000", 1, 0, 1000 },
		{ "bytes=990-2000", 1, 990, 10 }, { "bytes=999-999", 1, 999, 1 }, { "bytes=1000-", -1, 0, 0 }, { "bytes=-0", -1, 0, 0 },
		{ NULL, 0, 0, 0 }, { "", 0, 0, 0 }, { "bytes=", 0, 0, 0 }, { "bytes=-", 0, 0, 0 }, { "bytes=5-1", 0, 0, 0 },
		{ "bytes=0-1,5-9", 0, 0, 0 }, { "lines=0-1", 0, 0, 0 }, { "bytes=x-1", 0, 0, 0 }, { "bytes=0-1x", 0, 0, 0 },
		{ "bytes=99999999999999999999-", 0, 0, 0 }, { "bytes=0--1", 0, 0, 0 },
	};
	int64_t	from, len;
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		from = len = 0;
		ck_assert_msg(mediaurl_range(rows[i].text, 1000, &from, &len) == rows[i].rc, "%s", rows[i].text);
		ck_assert_msg(rows[i].rc != 1 || (from == rows[i].from && len == rows[i].len), "%s: %lld+%lld", rows[i].text,
		    (long long)from, (long long)len);
	}
	ck_assert_int_eq(mediaurl_range("bytes=0-", 0, &from, &len), -1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("mediaurl");
	TCase	*t = tcase_create("mediaurl");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_name_is_that_of_text_language_and_assistant);
	tcase_add_test(t, the_address_is_good_until_it_expires);
	tcase_add_test(t, whatever_is_changed_is_forged);
	tcase_add_test(t, names_stay_in_their_folder);
	tcase_add_test(t, a_range_is_cut_to_the_file);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
