/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/json.h"
#include "common/jwt.h"
#include "common/mem.h"
#include "tools/callsim/simtoken.h"

#define APP	"11111111-2222-3333-4444-555555555555"
#define NOW_MS	1763640000000LL

static struct simtoken	*key;
static char		*private_pem;
static size_t		 private_len;

static void
setup(void)
{
	char		 path[] = "/tmp/test_simtoken.XXXXXX", cause[200], *data;
	int		 fd = mkstemp(path);
	FILE		*f = fdopen(fd, "w");
	EVP_PKEY	*pkey = EVP_RSA_gen(2048);
	BIO		*bio = BIO_new(BIO_s_mem());

	ck_assert(f != NULL && pkey != NULL && bio != NULL);
	ck_assert_int_eq(PEM_write_PUBKEY(f, pkey), 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	private_len = (size_t)BIO_get_mem_data(bio, &data);
	private_pem = mem_strndup(data, private_len);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	key = simtoken_load(path, cause, sizeof(cause));
	(void)unlink(path);
	ck_assert_msg(key != NULL, "%s", cause);
}

static void
teardown(void)
{
	simtoken_free(key);
	free(private_pem);
}

/* Why a token with these claims is refused; NULL: it is good. */
static const char *
judge(const char *claims_text, const char *application)
{
	struct json_object	*claims = json_parse(claims_text, strlen(claims_text), NULL);
	char			*token;
	const char		*why;

	ck_assert_ptr_nonnull(claims);
	ck_assert_ptr_nonnull(token = jwt_sign_rs256(private_pem, private_len, claims, NULL));
	why = simtoken_refuse(key, token, application, NOW_MS);
	free(token);
	json_object_put(claims);
	return why;
}

START_TEST(the_token_of_our_client_is_good)
{
	struct json_object	*claims = jwt_vonage_claims(APP, NOW_MS, 900);
	char			*token = jwt_sign_rs256(private_pem, private_len, claims, NULL);

	ck_assert_ptr_nonnull(token);
	ck_assert_pstr_eq(simtoken_refuse(key, token, APP, NOW_MS), NULL);
	ck_assert_pstr_eq(simtoken_refuse(key, token, NULL, NOW_MS), NULL);
	ck_assert_pstr_eq(simtoken_refuse(key, token, APP, NOW_MS + 901000), "the token has expired");
	token[strlen(token) - 5] ^= 1;
	ck_assert_pstr_eq(simtoken_refuse(key, token, APP, NOW_MS), "the signature is not by this key");
	free(token);
	json_object_put(claims);
}
END_TEST

START_TEST(claims_are_checked)
{
	static const struct { const char *claims, *says; } rows[] = {
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":1763640000}", NULL },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":1763639000}", "the token has expired" },
		{ "{\"application_id\":\"99999999-2222-3333-4444-555555555555\",\"jti\":\"x\",\"iat\":1763640000}",
		    "it is of another application" },
		{ "{\"jti\":\"x\",\"iat\":1763640000}", "application_id is missing or no UUID" },
		{ "{\"application_id\":\"" APP "\",\"iat\":1763640000}", "jti is missing" },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\"}", "iat is missing or no integer" },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":\"1763640000\"}", "iat is missing or no integer" },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":1763640060}", "iat lies in the future" },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":1763640000,\"exp\":1763640010}",
		    "exp is too near to iat" },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":1763640000,\"exp\":1763800000}",
		    "exp is too far from iat" },
		{ "{\"application_id\":\"" APP "\",\"jti\":\"x\",\"iat\":1763640000,\"nbf\":1763640100}",
		    "nbf is no integer or lies in the future" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_pstr_eq(judge(rows[i].claims, APP), rows[i].says);
}
END_TEST

START_TEST(other_texts_are_no_tokens)
{
	static const char *const rows[] = {
		"", "x", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30",
		"eyJhbGciOiJub25lIn0.e30.",		/* {"alg":"none"} */
		"eyJhbGciOiJIUzI1NiJ9.e30.AAAA",	/* {"alg":"HS256"} */
		"eyJhbGciOiJSUzI1NiJ9.e30.AAAA",	/* RS256, forged */
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(simtoken_refuse(key, rows[i], NULL, NOW_MS) != NULL, "%s", rows[i]);
}
END_TEST

START_TEST(a_file_that_is_no_key_is_refused)
{
	char	cause[200];

	ck_assert_ptr_null(simtoken_load("/nonexistent", cause, sizeof(cause)));
	ck_assert_ptr_null(simtoken_load("/dev/null", cause, sizeof(cause)));
	ck_assert_ptr_nonnull(strstr(cause, "no RSA public key"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("simtoken");
	TCase	*t = tcase_create("simtoken");
	SRunner	*r = srunner_create(s);
	int	 failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, the_token_of_our_client_is_good);
	tcase_add_test(t, claims_are_checked);
	tcase_add_test(t, other_texts_are_no_tokens);
	tcase_add_test(t, a_file_that_is_no_key_is_refused);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
