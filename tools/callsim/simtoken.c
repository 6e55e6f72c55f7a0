/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simtoken.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/b64.h"
#include "common/json.h"
#include "common/mem.h"

struct simtoken {
	EVP_PKEY	*key;
};

struct simtoken *
simtoken_load(const char *path, char *cause, size_t cause_size)
{
	struct simtoken	*t = mem_calloc(1, sizeof(*t));
	FILE		*f = t == NULL ? NULL : fopen(path, "re");

	if (f == NULL) {
		(void)snprintf(cause, cause_size, "%s: %s", path, strerror(errno));
		free(t);
		return NULL;
	}
	t->key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	(void)fclose(f);
	if (t->key == NULL || !EVP_PKEY_is_a(t->key, "RSA")) {
		(void)snprintf(cause, cause_size, "%s: no RSA public key in PEM", path);
		simtoken_free(t);
		return NULL;
	}
	return t;
}

void
simtoken_free(struct simtoken *t)
{
	if (t == NULL)
		return;
	EVP_PKEY_free(t->key);
	free(t);
}

/* A part of the token as a JSON object. */
static struct json_object *
part(const char *text, size_t len)
{
	char			 raw[SIMTOKEN_MAX];
	struct json_object	*o;
	size_t			 n;

	if (b64url_decode(raw, sizeof(raw), text, len, &n) == -1)
		return NULL;
	o = json_parse(raw, n, NULL);
	if (o != NULL && !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
	}
	return o;
}

static const char *
refuse_header(const char *text, size_t len)
{
	struct json_object	*o = part(text, len);
	const char		*alg, *why = NULL;

	if (o == NULL)
		return "the header is no JSON object";
	if ((alg = json_get_str(o, "alg")) == NULL || strcmp(alg, "RS256") != 0)
		why = "the algorithm is not RS256";
	json_object_put(o);
	return why;
}

static const char *
refuse_signature(const struct simtoken *t, const char *signed_text, size_t signed_len, const char *sig)
{
	unsigned char	 raw[1024];
	EVP_MD_CTX	*ctx;
	size_t		 n;
	int		 good = 0;

	if (b64url_decode(raw, sizeof(raw), sig, strlen(sig), &n) == -1)
		return "the signature is not base64url";
	if ((ctx = EVP_MD_CTX_new()) != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, t->key) == 1)
		good = EVP_DigestVerify(ctx, raw, n, (const unsigned char *)signed_text, signed_len);
	EVP_MD_CTX_free(ctx);
	return good == 1 ? NULL : "the signature is not by this key";
}

/* Claims are real integers: Vonage does not take "7". */
static bool
take_seconds(struct json_object *o, const char *name, int64_t *ret)
{
	struct json_object	*v = json_get(o, name);

	if (!json_object_is_type(v, json_type_int))
		return false;
	*ret = json_object_get_int64(v);
	return true;
}

static const char *
refuse_times(struct json_object *o, int64_t now_s)
{
	int64_t	iat, exp, nbf;

	if (!take_seconds(o, "iat", &iat))
		return "iat is missing or no integer";
	if (iat > now_s + SIMTOKEN_LEEWAY_S)
		return "iat lies in the future";
	if (iat < 0)
		return "iat is no time";
	if (json_get(o, "exp") == NULL)
		exp = iat + SIMTOKEN_TTL_S;
	else if (!take_seconds(o, "exp", &exp))
		return "exp is no integer";
	if (exp < iat || exp - iat < SIMTOKEN_TTL_MIN_S)
		return "exp is too near to iat";
	if (exp - iat > SIMTOKEN_TTL_MAX_S + SIMTOKEN_LEEWAY_S)
		return "exp is too far from iat";
	if (exp < now_s)
		return "the token has expired";
	if (json_get(o, "nbf") != NULL && (!take_seconds(o, "nbf", &nbf) || nbf > now_s + SIMTOKEN_LEEWAY_S))
		return "nbf is no integer or lies in the future";
	return NULL;
}

static const char *
refuse_claims(const char *text, size_t len, const char *application_id, int64_t now_s)
{
	struct json_object	*o = part(text, len);
	const char		*id, *jti, *why;

	if (o == NULL)
		return "the payload is no JSON object";
	id = json_get_str(o, "application_id");
	jti = json_get_str(o, "jti");
	if (id == NULL || strlen(id) != 36)
		why = "application_id is missing or no UUID";
	else if (application_id != NULL && strcmp(id, application_id) != 0)
		why = "it is of another application";
	else if (jti == NULL || jti[0] == '\0')
		why = "jti is missing";
	else
		why = refuse_times(o, now_s);
	json_object_put(o);
	return why;
}

const char *
simtoken_refuse(const struct simtoken *t, const char *token, const char *application_id, int64_t now_ms)
{
	const char	*dot1, *dot2, *why;

	if (strlen(token) > SIMTOKEN_MAX)
		return "the token is too long";
	if ((dot1 = strchr(token, '.')) == NULL || (dot2 = strchr(dot1 + 1, '.')) == NULL ||
	    strchr(dot2 + 1, '.') != NULL)
		return "the token has not three parts";
	if ((why = refuse_header(token, (size_t)(dot1 - token))) != NULL ||
	    (why = refuse_signature(t, token, (size_t)(dot2 - token), dot2 + 1)) != NULL)
		return why;
	return refuse_claims(dot1 + 1, (size_t)(dot2 - dot1 - 1), application_id, now_ms / 1000);
}
