/* SPDX-License-Identifier: ISC */
/* Each check of spec/vonage.md 6 with what passes and what does not. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/b64.h"
#include "common/json.h"
#include "common/jwt.h"
#include "common/mem.h"
#include "webhookd/hooksign.h"

#define NOW_S		1763640000
#define BODY		"{\"status\":\"answered\",\"uuid\":\"f7ae\"}"
/* printf %s BODY | sha256sum */
#define BODY_HASH	"8d72c72c9f29a887df3b81cede955e1820151a01a8274e3f97024b9cfdb42bfc"

static char		 current[] = "the-secret-of-now", old[] = "the-secret-before", other[] = "somebody-elses-one";
static char		*secrets[] = { current, old };
static struct hooksign	*hs;
static struct hooksign_conf conf;
static int64_t		 now_s, mono_ms;
static int		 serial;
static char		 body_hash[65];

struct want {			/* the claims of a token; NULL leaves one out, -1 a number */
	const char	*secret, *iss, *api_key, *application, *hash, *jti;
	int64_t		 iat, exp;
	const char	*method, *target, *body;
};

static struct want
good(void)
{
	static char	jti[32];

	(void)snprintf(jti, sizeof(jti), "jti-%d", ++serial);
	return (struct want){ .secret = current, .iss = "Vonage", .api_key = "a1b2c3d4", .application = "app-1",
	    .hash = body_hash, .jti = jti, .iat = NOW_S, .exp = -1, .method = "POST", .target = "/webhooks/event", .body = BODY };
}

static enum hooksign_result
present(const char *header, const struct want *w)
{
	struct hooksign_request	req = { .authorization = header, .method = w->method, .target = w->target,
	    .body = w->body, .body_len = strlen(w->body) };

	return hooksign_check(hs, &conf, &req, now_s * 1000, mono_ms);
}

static enum hooksign_result
check(const struct want *w)
{
	struct json_object	*claims = json_object_new_object();
	char			 header[2048], *token;

	(void)json_add_str(claims, "iss", w->iss);
	(void)json_add_str(claims, "api_key", w->api_key);
	(void)json_add_str(claims, "application_id", w->application);
	(void)json_add_str(claims, "payload_hash", w->hash);
	(void)json_add_str(claims, "jti", w->jti);
	if (w->iat != -1)
		(void)json_add_int(claims, "iat", w->iat);
	if (w->exp != -1)
		(void)json_add_int(claims, "exp", w->exp);
	token = jwt_sign_hs256(w->secret, strlen(w->secret), claims);
	ck_assert_ptr_nonnull(token);
	(void)snprintf(header, sizeof(header), "Bearer %s", token);
	free(token);
	json_object_put(claims);
	return present(header, w);
}

static void
setup(void)
{
	hs = hooksign_new(1000);
	ck_assert_ptr_nonnull(hs);
	conf = (struct hooksign_conf){ .secrets = secrets, .nsecrets = 1, .api_key = "a1b2c3d4", .application_id = "app-1" };
	now_s = NOW_S;
	mono_ms = 1000000;
	serial = 0;
	(void)snprintf(body_hash, sizeof(body_hash), "%s", BODY_HASH);
}

static void
teardown(void)
{
	hooksign_free(hs);
}

START_TEST(a_good_token_passes)
{
	struct want	w = good();

	ck_assert_int_eq(check(&w), HOOKSIGN_OK);
	ck_assert_uint_eq(hooksign_seen(hs), 1);
}
END_TEST

#define REFUSED(what, result)	do { struct want w = good(); what; ck_assert_int_eq(check(&w), result); } while (0)

START_TEST(each_claim_is_checked)
{
	REFUSED(w.secret = other, HOOKSIGN_FORGED);
	REFUSED(w.iss = "Nexmo", HOOKSIGN_ISSUER);
	REFUSED(w.iss = "vonage", HOOKSIGN_ISSUER);
	REFUSED(w.iss = NULL, HOOKSIGN_ISSUER);
	REFUSED(w.api_key = "a1b2c3d5", HOOKSIGN_API_KEY);
	REFUSED(w.api_key = NULL, HOOKSIGN_API_KEY);
	REFUSED(w.application = "app-2", HOOKSIGN_APPLICATION);
	REFUSED(w.application = NULL, HOOKSIGN_OK);		/* optional; if present ours */
	REFUSED(w.jti = NULL, HOOKSIGN_CLAIM);
	REFUSED(w.jti = "", HOOKSIGN_CLAIM);
	REFUSED(w.iat = -1, HOOKSIGN_CLAIM);
	ck_assert_uint_eq(hooksign_seen(hs), 1);		/* what was refused is not remembered */
}
END_TEST

START_TEST(what_is_not_configured_is_not_compared)
{
	conf.api_key = conf.application_id = "";
	REFUSED(w.api_key = "any", HOOKSIGN_OK);
	REFUSED(w.application = "any", HOOKSIGN_OK);
}
END_TEST

START_TEST(the_times_have_a_window)
{
	REFUSED(w.iat = NOW_S - 300, HOOKSIGN_OK);
	REFUSED(w.iat = NOW_S - 301, HOOKSIGN_STALE);
	REFUSED(w.iat = NOW_S + 30, HOOKSIGN_OK);
	REFUSED(w.iat = NOW_S + 31, HOOKSIGN_EARLY);
	REFUSED(w.exp = NOW_S + 1, HOOKSIGN_OK);
	REFUSED(w.exp = NOW_S - 29, HOOKSIGN_OK);		/* the leeway of clocks */
	REFUSED(w.exp = NOW_S - 30, HOOKSIGN_STALE);
}
END_TEST

START_TEST(the_hash_is_that_of_the_raw_body)
{
	char	upper[65];
	size_t	i;

	for (i = 0; i < sizeof(upper); i++)
		upper[i] = body_hash[i] >= 'a' ? (char)(body_hash[i] - 32) : body_hash[i];
	REFUSED(w.hash = upper, HOOKSIGN_OK);
	REFUSED(w.body = BODY " ", HOOKSIGN_HASH);		/* the same JSON, other bytes */
	REFUSED(w.hash = NULL, HOOKSIGN_HASH);
	REFUSED(w.hash = "", HOOKSIGN_HASH);
	REFUSED(body_hash[63] = 'x', HOOKSIGN_HASH);
	REFUSED((body_hash[63] = '\0', w.hash = body_hash), HOOKSIGN_HASH);
}
END_TEST

START_TEST(a_get_has_signature_and_claims_only)
{
	REFUSED((w.method = "GET", w.hash = NULL, w.body = ""), HOOKSIGN_OK);
	REFUSED((w.method = "GET", w.hash = "e3b0", w.body = ""), HOOKSIGN_OK);
	REFUSED((w.method = "GET", w.hash = NULL, w.body = "", w.secret = other), HOOKSIGN_FORGED);
	REFUSED((w.method = "GET", w.hash = NULL, w.body = "", w.iss = "x"), HOOKSIGN_ISSUER);
	/* of an empty POST there is a hash */
	REFUSED((w.hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", w.body = ""), HOOKSIGN_OK);
	REFUSED((w.hash = NULL, w.body = ""), HOOKSIGN_HASH);
}
END_TEST

START_TEST(two_secrets_are_good_while_one_is_changed)
{
	REFUSED(w.secret = old, HOOKSIGN_FORGED);
	conf.nsecrets = 2;
	REFUSED(w.secret = old, HOOKSIGN_OK);
	REFUSED(w.secret = current, HOOKSIGN_OK);
	REFUSED(w.secret = other, HOOKSIGN_FORGED);
	REFUSED((w.secret = old, w.iat = NOW_S - 1000), HOOKSIGN_STALE);
	conf.nsecrets = 0;
	REFUSED(w.secret = current, HOOKSIGN_FORGED);
}
END_TEST

START_TEST(a_token_is_used_once_and_once_more_for_the_same_request)
{
	struct want	w = good(), w2;

	ck_assert_int_eq(check(&w), HOOKSIGN_OK);
	mono_ms += HOOKSIGN_RETRY_MS;
	ck_assert_int_eq(check(&w), HOOKSIGN_OK);		/* Vonage's one more try */
	ck_assert_int_eq(check(&w), HOOKSIGN_REPLAYED);
	w2 = good();
	ck_assert_int_eq(check(&w2), HOOKSIGN_OK);
	mono_ms += HOOKSIGN_RETRY_MS + 1;
	ck_assert_int_eq(check(&w2), HOOKSIGN_REPLAYED);	/* too late for a try */
}
END_TEST

START_TEST(a_token_is_not_good_for_another_request)
{
	struct want	w = good();

	ck_assert_int_eq(check(&w), HOOKSIGN_OK);
	w.target = "/webhooks/event?c=other";
	ck_assert_int_eq(check(&w), HOOKSIGN_REPLAYED);
	w = good();
	w.method = "GET";
	w.body = "";
	ck_assert_int_eq(check(&w), HOOKSIGN_OK);
	w.target = "/webhooks/answer?from=1";
	ck_assert_int_eq(check(&w), HOOKSIGN_REPLAYED);
}
END_TEST

START_TEST(tokens_are_remembered_as_long_as_they_are_good)
{
	struct want	w = good(), later;

	w.iat = NOW_S + 30;
	ck_assert_int_eq(check(&w), HOOKSIGN_OK);
	now_s += 330;						/* the last second of its window */
	mono_ms += 330 * 1000;
	ck_assert_int_eq(check(&w), HOOKSIGN_REPLAYED);
	now_s += 2;
	mono_ms += 2000;
	ck_assert_int_eq(check(&w), HOOKSIGN_STALE);
	later = good();
	later.iat = now_s;
	ck_assert_int_eq(check(&later), HOOKSIGN_OK);
	ck_assert_uint_eq(hooksign_seen(hs), 1);		/* the first one is forgotten */
	ck_assert_uint_eq(hooksign_forgotten(hs), 0);
}
END_TEST

START_TEST(memory_has_a_maximum)
{
	int	i;

	for (i = 0; i < 1500; i++)
		REFUSED((void)0, HOOKSIGN_OK);
	ck_assert_uint_eq(hooksign_seen(hs), 1000);
	ck_assert_uint_eq(hooksign_forgotten(hs), 500);
}
END_TEST

/* A token of our own making: header, payload and signature as given. */
static void
raw(char *out, size_t size, const char *header, const char *payload, const char *signature)
{
	char	h[256], p[512];

	b64url_encode(h, header, strlen(header));
	b64url_encode(p, payload, strlen(payload));
	(void)snprintf(out, size, "Bearer %s.%s.%s", h, p, signature);
}

START_TEST(the_algorithm_is_pinned)
{
	static const char	claims[] = "{\"iss\":\"Vonage\",\"iat\":1763640000,\"jti\":\"x\"}";
	static const char	*const headers[] = { "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"HS512\"}",
	    "{\"alg\":\"hs256\"}", "{\"typ\":\"JWT\"}", "{\"alg\":[\"HS256\"]}" };
	struct want		w = good();
	char			text[2048];
	size_t			i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		raw(text, sizeof(text), headers[i], claims, "");
		ck_assert_msg(present(text, &w) == HOOKSIGN_ALGORITHM, "%s", headers[i]);
	}
	raw(text, sizeof(text), "{\"alg\":\"HS256\"}", claims, "");
	ck_assert_int_eq(present(text, &w), HOOKSIGN_FORGED);
}
END_TEST

START_TEST(what_is_no_bearer_token_is_told_apart)
{
	static const struct { const char *header; enum hooksign_result result; } rows[] = {
		{ NULL, HOOKSIGN_MISSING }, { "", HOOKSIGN_MISSING }, { "Basic YTpi", HOOKSIGN_MISSING }, { "Bearer", HOOKSIGN_MISSING },
		{ "Bearer ", HOOKSIGN_MALFORMED }, { "Bearer a.b", HOOKSIGN_MALFORMED }, { "bearer a.b.c.d", HOOKSIGN_MALFORMED },
		{ "BEARER  !.!.!", HOOKSIGN_MALFORMED },
	};
	struct want	w = good();
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(present(rows[i].header, &w), rows[i].result);
}
END_TEST

START_TEST(without_memory_nobody_is_let_in)
{
	struct want	w = good();
	int		n;

	mem_fail_at(0);
	ck_assert_ptr_null(hooksign_new(10));
	for (n = 0; n < 40; n++) {
		struct json_object	*claims;
		char			 header[2048], *token;
		enum hooksign_result	 result;

		w = good();
		claims = json_object_new_object();
		(void)json_add_str(claims, "iss", w.iss);
		(void)json_add_str(claims, "api_key", w.api_key);
		(void)json_add_str(claims, "payload_hash", w.hash);
		(void)json_add_str(claims, "jti", w.jti);
		(void)json_add_int(claims, "iat", w.iat);
		token = jwt_sign_hs256(w.secret, strlen(w.secret), claims);
		(void)snprintf(header, sizeof(header), "Bearer %s", token);
		free(token);
		json_object_put(claims);
		mem_fail_at(n);
		result = present(header, &w);
		mem_fail_at(-1);
		ck_assert(result == HOOKSIGN_OK || result == HOOKSIGN_FAILED);
		ck_assert_int_eq(result == HOOKSIGN_OK, n >= 3);	/* header, payload, memory of the token */
	}
}
END_TEST

START_TEST(each_result_has_a_text)
{
	int	i;

	for (i = 0; i < HOOKSIGN_NRESULTS; i++)
		ck_assert_uint_gt(strlen(hooksign_text((enum hooksign_result)i)), 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("hooksign");
	TCase	*t = tcase_create("hooksign");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_good_token_passes);
	tcase_add_test(t, each_claim_is_checked);
	tcase_add_test(t, what_is_not_configured_is_not_compared);
	tcase_add_test(t, the_times_have_a_window);
	tcase_add_test(t, the_hash_is_that_of_the_raw_body);
	tcase_add_test(t, a_get_has_signature_and_claims_only);
	tcase_add_test(t, two_secrets_are_good_while_one_is_changed);
	tcase_add_test(t, a_token_is_used_once_and_once_more_for_the_same_request);
	tcase_add_test(t, a_token_is_not_good_for_another_request);
	tcase_add_test(t, tokens_are_remembered_as_long_as_they_are_good);
	tcase_add_test(t, memory_has_a_maximum);
	tcase_add_test(t, the_algorithm_is_pinned);
	tcase_add_test(t, what_is_no_bearer_token_is_told_apart);
	tcase_add_test(t, without_memory_nobody_is_let_in);
	tcase_add_test(t, each_result_has_a_text);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
