/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/b64.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "tools/callsim/sign.h"

#define NOW_MS	1795229319323LL
#define BODY	"{\"status\":\"answered\"}"

static struct sign	 s;

static void
setup(void)
{
	clock_set(1, NOW_MS);
	s = (struct sign){ .api_key = "a1b2c3d4", .application_id = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab" };
	ck_assert_int_eq(sign_open(&s, "a secret that is no file"), 0);
}

static void
teardown(void)
{
	sign_close(&s);
	clock_set(-1, -1);
}

struct token {
	struct json_object	*head, *claims;
	bool			 genuine;	/* by HMAC with that secret */
};

static struct json_object *
part(const char *text, size_t len)
{
	char			 raw[4096];
	size_t			 n = 0;
	struct json_object	*o;

	ck_assert_int_eq(b64url_decode(raw, sizeof(raw), text, len, &n), 0);
	o = json_parse(raw, n, NULL);
	ck_assert_ptr_nonnull(o);
	return o;
}

static struct token
make(const char *body)
{
	struct token	 t = { 0 };
	char		*h, *dot, *dot2, mac64[64];
	unsigned char	 mac[EVP_MAX_MD_SIZE];
	unsigned	 len = 0;

	ck_assert_int_eq(sign_header(&s, body, body == NULL ? 0 : strlen(body), &h), 0);
	ck_assert_ptr_nonnull(h);
	ck_assert_int_eq(strncmp(h, "Bearer ", 7), 0);
	ck_assert_ptr_nonnull(dot = strchr(h + 7, '.'));
	ck_assert_ptr_nonnull(dot2 = strchr(dot + 1, '.'));
	t.head = part(h + 7, (size_t)(dot - h) - 7);
	t.claims = part(dot + 1, (size_t)(dot2 - dot) - 1);
	(void)HMAC(EVP_sha256(), "a secret that is no file", 24, (unsigned char *)h + 7,
	    (size_t)(dot2 - h) - 7, mac, &len);
	b64url_encode(mac64, mac, len);
	t.genuine = strcmp(mac64, dot2 + 1) == 0;
	free(h);
	return t;
}

static void
token_put(struct token t)
{
	json_object_put(t.head);
	json_object_put(t.claims);
}

static void
hash_of(const char *body, char hex[65])
{
	unsigned char	d[EVP_MAX_MD_SIZE];
	unsigned	n = 0, i;

	(void)EVP_Digest(body, strlen(body), d, &n, EVP_sha256(), NULL);
	for (i = 0; i < 32; i++)
		(void)snprintf(hex + i * 2, 3, "%02x", d[i]);
}

START_TEST(a_post_carries_every_documented_claim)
{
	struct token	t = make(BODY);
	char		hex[65];
	int64_t		iat = 0;

	hash_of(BODY, hex);
	ck_assert(t.genuine);
	ck_assert_str_eq(json_get_str(t.head, "alg"), "HS256");
	ck_assert_str_eq(json_get_str(t.claims, "iss"), "Vonage");
	ck_assert_str_eq(json_get_str(t.claims, "api_key"), "a1b2c3d4");
	ck_assert_str_eq(json_get_str(t.claims, "application_id"), "aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
	ck_assert_str_eq(json_get_str(t.claims, "payload_hash"), hex);
	ck_assert_uint_eq(strlen(json_get_str(t.claims, "jti")), 36);
	ck_assert_int_eq(json_get_int(t.claims, "iat", 0, INT64_MAX, &iat), 1);
	ck_assert_int_eq(iat, NOW_MS / 1000);
	ck_assert(json_object_is_type(json_get(t.claims, "iat"), json_type_int));
	token_put(t);
}
END_TEST

START_TEST(a_get_has_no_hash_and_each_token_its_own_jti)
{
	struct token	a = make(NULL), b = make(NULL);

	ck_assert(a.genuine && json_get(a.claims, "payload_hash") == NULL);
	ck_assert_str_ne(json_get_str(a.claims, "jti"), json_get_str(b.claims, "jti"));
	token_put(a);
	token_put(b);
	ck_assert_int_eq(sign_set_fault(&s, "empty-hash"), 0);
	a = make(NULL);
	ck_assert_str_eq(json_get_str(a.claims, "payload_hash"),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	token_put(a);
}
END_TEST

START_TEST(each_fault_breaks_what_it_names_and_no_more)
{
	static const struct { const char *fault; bool genuine; const char *claim, *is; } rows[] = {
		{ "none", true, "iss", "Vonage" }, { "alg-none", false, "iss", "Vonage" },
		{ "alg-rs256", true, "iss", "Vonage" }, { "wrong-secret", false, "iss", "Vonage" },
		{ "other-app", true, "application_id", "00000000-0000-4000-8000-000000000000" },
		{ "other-key", true, "api_key", "00000000" }, { "no-jti", true, "jti", NULL },
		{ "no-hash", true, "payload_hash", NULL },
		{ "stale", true, "iat", "1795225719" }, { "future", true, "iat", "1795232919" },
		{ "expired", true, "exp", "1795229259" },
	};
	struct token	t;
	const char	*value;
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(sign_set_fault(&s, rows[i].fault), 0);
		t = make(BODY);
		ck_assert_msg(t.genuine == rows[i].genuine, "%s", rows[i].fault);
		value = json_get(t.claims, rows[i].claim) == NULL ? NULL :
		    json_object_get_string(json_get(t.claims, rows[i].claim));
		ck_assert_msg((value == NULL) == (rows[i].is == NULL), "%s", rows[i].fault);
		if (value != NULL)
			ck_assert_str_eq(value, rows[i].is);
		token_put(t);
	}
	ck_assert_int_eq(sign_set_fault(&s, "alg-none"), 0);
	t = make(BODY);
	ck_assert_str_eq(json_get_str(t.head, "alg"), "none");
	token_put(t);
}
END_TEST

START_TEST(a_wrong_hash_is_that_of_no_body_sent)
{
	struct token	t;
	char		hex[65];

	hash_of(BODY, hex);
	ck_assert_int_eq(sign_set_fault(&s, "wrong-hash"), 0);
	t = make(BODY);
	ck_assert(t.genuine);
	ck_assert_str_ne(json_get_str(t.claims, "payload_hash"), hex);
	token_put(t);
}
END_TEST

START_TEST(a_replay_repeats_the_first_jti)
{
	struct token	a, b;

	ck_assert_int_eq(sign_set_fault(&s, "replay"), 0);
	a = make(BODY);
	b = make("{}");
	ck_assert_str_eq(json_get_str(a.claims, "jti"), json_get_str(b.claims, "jti"));
	ck_assert(a.genuine && b.genuine);
	token_put(a);
	token_put(b);
}
END_TEST

START_TEST(a_counted_fault_ends)
{
	struct token	 t;
	char		*h;

	ck_assert_int_eq(sign_set_fault(&s, "missing:2"), 0);
	ck_assert(sign_header(&s, BODY, strlen(BODY), &h) == 0 && h == NULL);
	ck_assert(sign_header(&s, NULL, 0, &h) == 0 && h == NULL);
	t = make(BODY);
	ck_assert(t.genuine);
	token_put(t);
	ck_assert(sign_set_fault(&s, "missing:0") == -1 && sign_set_fault(&s, "lost") == -1);
}
END_TEST

START_TEST(a_secret_may_stand_in_a_file)
{
	char		 path[] = "/tmp/callpipe-sign.XXXXXX";
	int		 fd = mkstemp(path);
	struct sign	 f = { 0 };

	ck_assert(fd != -1 && write(fd, "abc\n", 4) == 4);
	ck_assert_int_eq(sign_open(&f, path), 0);
	ck_assert_str_eq(f.secret, "abc");
	sign_close(&f);
	ck_assert(ftruncate(fd, 0) == 0 && sign_open(&f, path) == -1 && errno == EINVAL);
	(void)close(fd);
	(void)unlink(path);
}
END_TEST

START_TEST(failed_allocations_are_reported)
{
	char	*h = NULL;
	int	 i;

	for (i = 0; i < 20; i++) {
		mem_fail_at(i);
		if (sign_header(&s, BODY, strlen(BODY), &h) == 0)
			break;
		ck_assert_ptr_null(h);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(i, 1);
	free(h);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("sign");
	TCase	*t = tcase_create("sign");
	SRunner	*r = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_post_carries_every_documented_claim);
	tcase_add_test(t, a_get_has_no_hash_and_each_token_its_own_jti);
	tcase_add_test(t, each_fault_breaks_what_it_names_and_no_more);
	tcase_add_test(t, a_wrong_hash_is_that_of_no_body_sent);
	tcase_add_test(t, a_replay_repeats_the_first_jti);
	tcase_add_test(t, a_counted_fault_ends);
	tcase_add_test(t, a_secret_may_stand_in_a_file);
	tcase_add_test(t, failed_allocations_are_reported);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
