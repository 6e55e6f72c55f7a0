/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/b64.h"
#include "common/jwt.h"
#include "common/mem.h"

#define NOW_S		INT64_C(1763640000)
#define SECRET		"a signature secret of the account"
#define SECRET_LEN	(sizeof(SECRET) - 1)

static char	private_pem[4096], public_pem[1024], other_pem[4096];

static const struct jwt_times	at_now = { .now_wall_ms = NOW_S * 1000, .leeway_s = 30,
	.max_age_s = 300, .need_iat = true };

static void
write_pem(EVP_PKEY *key, bool private, const char *passphrase, char *out, size_t size)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	int	 n;

	if (private)
		ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, key,
		    passphrase != NULL ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
		    (void *)(uintptr_t)passphrase), 1);
	else
		ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, key), 1);
	n = BIO_read(bio, out, (int)size - 1);
	ck_assert_int_gt(n, 0);
	out[n] = '\0';
	BIO_free(bio);
}

static void
make_keys(void)
{
	EVP_PKEY	*key = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);

	write_pem(key, true, NULL, private_pem, sizeof(private_pem));
	write_pem(key, false, NULL, public_pem, sizeof(public_pem));
	write_pem(other, true, NULL, other_pem, sizeof(other_pem));
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* "header.payload.signature" from JSON texts, signed with HS256 and key. */
static char *
forge(const char *header, const char *payload, const void *key, size_t key_len)
{
	unsigned char	mac[EVP_MAX_MD_SIZE];
	unsigned	mac_len;
	struct buf	b;

	buf_init(&b, 100000);
	(void)b64url_append(&b, header, strlen(header));
	(void)buf_putc(&b, '.');
	(void)b64url_append(&b, payload, strlen(payload));
	(void)HMAC(EVP_sha256(), key, (int)key_len, (unsigned char *)b.data, b.len, mac, &mac_len);
	(void)buf_putc(&b, '.');
	(void)b64url_append(&b, mac, mac_len);
	return buf_steal(&b, NULL);
}

static enum jwt_status
verify(const char *token)
{
	struct json_object	*claims = NULL;
	enum jwt_status		 status;

	status = jwt_verify_hs256(SECRET, SECRET_LEN, token, strlen(token), &at_now, &claims);
	ck_assert((status == JWT_OK) == (claims != NULL));
	(void)json_object_put(claims);
	return status;
}

static enum jwt_status
verify_parts(const char *header, const char *payload)
{
	char		*token = forge(header, payload, SECRET, SECRET_LEN);
	enum jwt_status	 status = verify(token);

	free(token);
	return status;
}

#define HS256	"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define FRESH	"{\"iat\":1763640000,\"iss\":\"Vonage\"}"

START_TEST(a_signed_token_gives_its_claims_back)
{
	struct json_object	*claims = json_object_new_object(), *back = NULL;
	char			*token;

	ck_assert_int_eq(json_add_int(claims, "iat", NOW_S), 0);
	ck_assert_int_eq(json_add_str(claims, "iss", "Vonage"), 0);
	token = jwt_sign_hs256(SECRET, SECRET_LEN, claims);
	ck_assert_ptr_nonnull(token);
	ck_assert_int_eq(jwt_verify_hs256(SECRET, SECRET_LEN, token, strlen(token), &at_now, &back),
	    JWT_OK);
	ck_assert_str_eq(json_text(back, NULL), FRESH);
	(void)json_object_put(back);
	ck_assert_int_eq(jwt_verify_hs256("x" SECRET, SECRET_LEN, token, strlen(token), &at_now, &back),
	    JWT_FORGED);
	ck_assert_int_eq(jwt_verify_hs256("", 0, token, strlen(token), &at_now, &back), JWT_FORGED);
	free(token);
	errno = 0;
	ck_assert_ptr_null(jwt_sign_hs256("", 0, claims));
	ck_assert_int_eq(errno, EINVAL);
	(void)json_object_put(claims);
}
END_TEST

START_TEST(the_example_of_rfc_7515_is_accepted)
{
	/* appendix A.1: header with a line break, key in base64url, exp 1300819380 */
	static const char	 token[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
	    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
	    "Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	static const char	 key_text[] = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75"
	    "aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
	struct jwt_times	 times = { .now_wall_ms = INT64_C(1300819379000) };
	struct json_object	*claims = NULL;
	unsigned char		 key[64];
	size_t			 key_len;

	ck_assert_int_eq(b64url_decode(key, sizeof(key), key_text, strlen(key_text), &key_len), 0);
	ck_assert_int_eq(jwt_verify_hs256(key, key_len, token, strlen(token), &times, &claims), JWT_OK);
	ck_assert_str_eq(json_get_str(claims, "iss"), "joe");
	(void)json_object_put(claims);
	times.now_wall_ms += 1000;
	ck_assert_int_eq(jwt_verify_hs256(key, key_len, token, strlen(token), &times, &claims),
	    JWT_EXPIRED);
}
END_TEST

START_TEST(the_algorithm_is_pinned)
{
	static const char *const	headers[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"NONE\"}", "{\"alg\":\"\"}",
		"{\"alg\":\"RS256\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"hs256\"}",
		"{\"alg\":\"HS256 \"}", "{\"alg\":\"HS256\\u0000\"}", "{\"alg\":null}", "{\"alg\":256}",
		"{\"alg\":[\"HS256\"]}", "{}", "{\"typ\":\"JWT\"}", "{\"ALG\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", "{\"alg\":\"HS256\",\"crit\":null}",
	};
	size_t	i;

	ck_assert_int_eq(verify_parts(HS256, FRESH), JWT_OK);
	ck_assert_int_eq(verify_parts("{\"alg\":\"HS256\"}", FRESH), JWT_OK);
	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		ck_assert_msg(verify_parts(headers[i], FRESH) == JWT_ALGORITHM, "%s", headers[i]);
	/* {"alg":"none"} with no signature at all */
	ck_assert_int_eq(verify("eyJhbGciOiJub25lIn0.eyJpYXQiOjE3NjM2NDAwMDB9."), JWT_ALGORITHM);
	/* {"alg":"HS256"} with none */
	ck_assert_int_eq(verify("eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3NjM2NDAwMDB9."), JWT_FORGED);
}
END_TEST

START_TEST(a_public_key_is_no_secret_for_hs256)
{
	struct json_object	*claims = NULL;
	char			*token;

	token = forge(HS256, FRESH, public_pem, strlen(public_pem));
	ck_assert_int_eq(jwt_verify_rs256(public_pem, strlen(public_pem), token, strlen(token), &at_now,
	    &claims), JWT_ALGORITHM);
	free(token);
	token = forge("{\"alg\":\"RS256\"}", FRESH, public_pem, strlen(public_pem));
	ck_assert_int_eq(jwt_verify_rs256(public_pem, strlen(public_pem), token, strlen(token), &at_now,
	    &claims), JWT_FORGED);
	ck_assert_int_eq(verify(token), JWT_ALGORITHM);
	free(token);
	ck_assert_ptr_null(claims);
}
END_TEST

START_TEST(every_changed_character_is_noticed)
{
	char		*token = forge(HS256, FRESH, SECRET, SECRET_LEN), kept;
	size_t		 i;
	int		 c;

	for (i = 0; token[i] != '\0'; i++) {
		kept = token[i];
		for (c = 1; c < 256; c++) {
			if ((char)c == kept)
				continue;
			token[i] = (char)c;
			ck_assert_msg(verify(token) != JWT_OK, "character %zu as %d", i, c);
		}
		token[i] = kept;
	}
	for (i = strlen(token); i-- > 0; ) {
		token[i] = '\0';
		ck_assert_int_ne(verify(token), JWT_OK);
	}
	free(token);
}
END_TEST

START_TEST(what_is_no_token_is_malformed)
{
	static const char *const	rows[] = {
		"", ".", "..", "...", "a.b.c", "a", "e30", "e30.e30", ".e30.e30", "e3=.e30.e30",
		"eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.A", "W10.e30.AAAA",
		"eyJhbGciOiJIUzI1NiJ9.e30.AA==", "eyJhbGciOiJIUzI1NiJ9.e30.AA AA",
		"eyJhbGciOiJIUzI1NiJ9.e30.+/+/", "bnVsbA.e30.AAAA", " eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
	};
	static const char *const	payloads[] = { "[]", "12", "null", "", "{", "{\"iat\":NaN}", "\xff" };
	size_t				i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(verify(rows[i]) == JWT_MALFORMED, "\"%s\"", rows[i]);
	for (i = 0; i < sizeof(payloads) / sizeof(*payloads); i++)
		ck_assert_msg(verify_parts(HS256, payloads[i]) == JWT_MALFORMED, "\"%s\"", payloads[i]);
}
END_TEST

static const struct {
	const char	*payload;
	enum jwt_status	 status;
} time_rows[] = {
	{ "{\"iat\":1763640000}", JWT_OK },
	{ "{\"iat\":1763639700}", JWT_OK },			/* 300 s old */
	{ "{\"iat\":1763639699}", JWT_EXPIRED },
	{ "{\"iat\":1763640030}", JWT_OK },			/* 30 s ahead */
	{ "{\"iat\":1763640031}", JWT_EARLY },
	{ "{\"iat\":1763640000.5}", JWT_OK },
	{ "{}", JWT_CLAIM },
	{ "{\"iat\":null}", JWT_CLAIM },
	{ "{\"iat\":\"1763640000\"}", JWT_CLAIM },
	{ "{\"iat\":true}", JWT_CLAIM },
	{ "{\"iat\":-1}", JWT_CLAIM },
	{ "{\"iat\":1e300}", JWT_CLAIM },
	{ "{\"iat\":0}", JWT_EXPIRED },
	{ "{\"iat\":1763640000,\"exp\":1763640001}", JWT_OK },
	{ "{\"iat\":1763640000,\"exp\":1763639971}", JWT_OK },	/* leeway */
	{ "{\"iat\":1763640000,\"exp\":1763639970}", JWT_EXPIRED },
	{ "{\"iat\":1763640000,\"exp\":0}", JWT_EXPIRED },
	{ "{\"iat\":1763640000,\"exp\":null}", JWT_CLAIM },
	{ "{\"iat\":1763640000,\"exp\":\"9999999999\"}", JWT_CLAIM },
	{ "{\"iat\":1763640000,\"nbf\":1763640030}", JWT_OK },
	{ "{\"iat\":1763640000,\"nbf\":1763640031}", JWT_EARLY },
	{ "{\"iat\":1763640000,\"nbf\":{}}", JWT_CLAIM },
};

START_TEST(times_are_enforced_with_leeway)
{
	enum jwt_status	status;
	size_t		i;

	for (i = 0; i < sizeof(time_rows) / sizeof(*time_rows); i++) {
		status = verify_parts(HS256, time_rows[i].payload);
		ck_assert_msg(status == time_rows[i].status, "%s: %s", time_rows[i].payload,
		    jwt_status_text(status));
	}
}
END_TEST

START_TEST(what_is_required_is_the_callers_choice)
{
	struct jwt_times	 times = { .now_wall_ms = NOW_S * 1000, .need_exp = true };
	struct json_object	*claims = NULL;
	char			*token = forge(HS256, "{\"iat\":1}", SECRET, SECRET_LEN);

	ck_assert_int_eq(jwt_verify_hs256(SECRET, SECRET_LEN, token, strlen(token), &times, &claims),
	    JWT_CLAIM);
	times.need_exp = false;		/* and any age */
	ck_assert_int_eq(jwt_verify_hs256(SECRET, SECRET_LEN, token, strlen(token), &times, &claims),
	    JWT_OK);
	(void)json_object_put(claims);
	free(token);
}
END_TEST

START_TEST(tokens_are_at_most_eight_kilobytes)
{
	struct json_object	*claims = json_object_new_object();
	char			 long_text[7000], *token;
	const char		*cause = NULL;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	ck_assert_int_eq(json_add_str(claims, "x", long_text), 0);
	ck_assert_ptr_null(jwt_sign_hs256(SECRET, SECRET_LEN, claims));
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_ptr_null(jwt_sign_rs256(private_pem, strlen(private_pem), claims, &cause));
	ck_assert_str_eq(cause, "too many claims");
	(void)json_object_put(claims);
	token = forge(HS256, long_text, SECRET, SECRET_LEN);
	ck_assert_uint_gt(strlen(token), JWT_MAX);
	ck_assert_int_eq(verify(token), JWT_MALFORMED);
	free(token);
}
END_TEST

START_TEST(vonages_claims_are_those_of_its_documentation)
{
	struct json_object	*claims, *again;
	int64_t			 n = 0;

	claims = jwt_vonage_claims("aaaaaaaa-bbbb-cccc-dddd-0123456789ab", NOW_S * 1000, 900);
	ck_assert_str_eq(json_get_str(claims, "application_id"), "aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
	ck_assert_int_eq(json_get_int(claims, "iat", 0, INT64_MAX, &n), 1);
	ck_assert_int_eq(n, NOW_S - JWT_SKEW_S);
	ck_assert_int_eq(json_get_int(claims, "exp", 0, INT64_MAX, &n), 1);
	ck_assert_int_eq(n, NOW_S + 900);
	ck_assert_uint_eq(strlen(json_get_str(claims, "jti")), 36);
	ck_assert_int_eq(json_get_str(claims, "jti")[14], '4');
	again = jwt_vonage_claims("a", NOW_S * 1000, 900);
	ck_assert_str_ne(json_get_str(claims, "jti"), json_get_str(again, "jti"));
	(void)json_object_put(claims);
	(void)json_object_put(again);
	ck_assert_ptr_null(jwt_vonage_claims("", NOW_S * 1000, 900));
	ck_assert_ptr_null(jwt_vonage_claims("a", NOW_S * 1000, JWT_TTL_MIN_S - 1));
	ck_assert_ptr_null(jwt_vonage_claims("a", NOW_S * 1000, JWT_TTL_MAX_S + 1));
	ck_assert_ptr_null(jwt_vonage_claims("a", -1, 900));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static char *
sign_with(const char *pem, const char **cause)
{
	struct json_object	*claims = jwt_vonage_claims("a", NOW_S * 1000, 900);
	char			*token = jwt_sign_rs256(pem, strlen(pem), claims, cause);

	(void)json_object_put(claims);
	return token;
}

START_TEST(an_rs256_token_verifies_with_the_public_key)
{
	struct json_object	*claims = NULL;
	const char		*cause = NULL;
	char			*token = sign_with(private_pem, &cause);
	size_t			 len;

	ck_assert_ptr_nonnull(token);
	ck_assert_int_eq(strncmp(token, "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.", 37), 0);
	len = strlen(token);
	ck_assert_int_eq(jwt_verify_rs256(public_pem, strlen(public_pem), token, len, &at_now, &claims),
	    JWT_OK);
	ck_assert_str_eq(json_get_str(claims, "application_id"), "a");
	(void)json_object_put(claims);
	token[40] = token[40] == 'A' ? 'B' : 'A';
	ck_assert_int_eq(jwt_verify_rs256(public_pem, strlen(public_pem), token, len, &at_now, &claims),
	    JWT_FORGED);
	free(token);
	token = sign_with(other_pem, &cause);
	ck_assert_int_eq(jwt_verify_rs256(public_pem, strlen(public_pem), token, strlen(token), &at_now,
	    &claims), JWT_FORGED);
	ck_assert_int_eq(jwt_verify_rs256("", 0, token, strlen(token), &at_now, &claims), JWT_FORGED);
	free(token);
}
END_TEST

START_TEST(a_key_may_hold_its_line_ends_as_two_characters)
{
	char		 folded[2 * sizeof(private_pem)], *token;
	const char	*cause = NULL;
	size_t		 i, n = 0;

	for (i = 0; private_pem[i] != '\0'; i++) {
		if (private_pem[i] == '\n')
			folded[n++] = '\\';
		folded[n++] = private_pem[i] == '\n' ? 'n' : private_pem[i];
	}
	folded[n] = '\0';
	token = sign_with(folded, &cause);
	ck_assert_ptr_nonnull(token);
	free(token);
}
END_TEST

START_TEST(a_key_of_the_older_form_signs_too)
{
	BIO		*bio = BIO_new_mem_buf(private_pem, -1);
	EVP_PKEY	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	char		 pem[4096], *token;
	const char	*cause = NULL;
	int		 n;

	BIO_free(bio);
	bio = BIO_new(BIO_s_mem());
	ck_assert_int_eq(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_read(bio, pem, sizeof(pem) - 1);
	pem[n] = '\0';
	ck_assert_int_eq(strncmp(pem, "-----BEGIN RSA PRIVATE KEY-----", 31), 0);
	token = sign_with(pem, &cause);
	ck_assert_ptr_nonnull(token);
	free(token);
	BIO_free(bio);
	EVP_PKEY_free(key);
}
END_TEST

static void
key_is_refused(const char *pem, const char *expected)
{
	const char	*cause = "";
	char		*token;

	errno = 0;
	token = sign_with(pem, &cause);
	ck_assert_ptr_null(token);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_str_eq(cause, expected);
}

START_TEST(unusable_keys_are_refused_with_a_cause)
{
	static const char	none[] = "not a PEM key of the kind wanted, or one with a passphrase";
	char			pem[4096], *huge;
	EVP_PKEY		*key;

	key_is_refused("", none);
	key_is_refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", none);
	key_is_refused(public_pem, none);
	huge = mem_calloc(1, 20001);
	memset(huge, 'x', 20000);
	key_is_refused(huge, "too long for a PEM key");
	free(huge);
	key = EVP_RSA_gen(1024);
	write_pem(key, true, NULL, pem, sizeof(pem));
	key_is_refused(pem, "RSA key of fewer than 2048 bits");
	EVP_PKEY_free(key);
	key = EVP_EC_gen("P-256");
	write_pem(key, true, NULL, pem, sizeof(pem));
	key_is_refused(pem, "not an RSA key");
	write_pem(key, true, "secret", pem, sizeof(pem));
	key_is_refused(pem, none);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(signing_and_verifying_survive_each_failed_allocation)
{
	struct json_object	*claims = NULL;
	char			*token = NULL;
	const char		*cause;
	enum jwt_status		 status = JWT_FAILED;
	int			 n, m;

	for (n = 0; token == NULL; n++) {
		mem_fail_at(n);
		cause = NULL;
		token = sign_with(private_pem, &cause);
		ck_assert(token != NULL || (errno == ENOMEM && strcmp(cause, "out of memory") == 0));
	}
	for (m = 0; status != JWT_OK; m++) {
		mem_fail_at(m);
		status = jwt_verify_rs256(public_pem, strlen(public_pem), token, strlen(token), &at_now,
		    &claims);
		ck_assert(status == JWT_OK || status == JWT_FAILED);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 4);
	ck_assert_int_eq(m, 4);
	(void)json_object_put(claims);
	free(token);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("jwt");
	TCase	*tc = tcase_create("jwt");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_keys, NULL);
	tcase_add_test(tc, a_signed_token_gives_its_claims_back);
	tcase_add_test(tc, the_example_of_rfc_7515_is_accepted);
	tcase_add_test(tc, the_algorithm_is_pinned);
	tcase_add_test(tc, a_public_key_is_no_secret_for_hs256);
	tcase_add_test(tc, every_changed_character_is_noticed);
	tcase_add_test(tc, what_is_no_token_is_malformed);
	tcase_add_test(tc, times_are_enforced_with_leeway);
	tcase_add_test(tc, what_is_required_is_the_callers_choice);
	tcase_add_test(tc, tokens_are_at_most_eight_kilobytes);
	tcase_add_test(tc, vonages_claims_are_those_of_its_documentation);
	tcase_add_test(tc, an_rs256_token_verifies_with_the_public_key);
	tcase_add_test(tc, a_key_may_hold_its_line_ends_as_two_characters);
	tcase_add_test(tc, a_key_of_the_older_form_signs_too);
	tcase_add_test(tc, unusable_keys_are_refused_with_a_cause);
	tcase_add_test(tc, signing_and_verifying_survive_each_failed_allocation);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
