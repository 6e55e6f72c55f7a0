/* SPDX-License-Identifier: ISC */
#include "webhookd/hooksign.h"

#include <sys/queue.h>

#include <openssl/evp.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/digest.h"
#include "common/json.h"
#include "common/jwt.h"
#include "common/mem.h"

#define SHA256_LEN	DIGEST_LEN
#define SEEN_MS		((HOOKSIGN_AGE_S + HOOKSIGN_LEEWAY_S + 1) * 1000)	/* from the first sight at the earliest iat */
#define BUCKETS		65536		/* at most some entries in each */
#define JTI_MAX		256

struct seen {
	TAILQ_ENTRY(seen) entry;	/* in the order of first sight */
	LIST_ENTRY(seen) chain;
	uint8_t		 jti[SHA256_LEN], request[SHA256_LEN];
	int64_t		 mono_ms;	/* of the first sight */
	bool		 retried;
};

struct hooksign {
	TAILQ_HEAD(seen_order, seen) order;
	LIST_HEAD(seen_chain, seen) buckets[BUCKETS];
	size_t		 n, max;
	uint64_t	 forgotten;
};

const char *
hooksign_text(enum hooksign_result result)
{
	static const char *const	texts[HOOKSIGN_NRESULTS] = {
		[HOOKSIGN_OK] = "ok", [HOOKSIGN_MISSING] = "missing", [HOOKSIGN_MALFORMED] = "malformed",
		[HOOKSIGN_ALGORITHM] = "algorithm", [HOOKSIGN_FORGED] = "forged", [HOOKSIGN_STALE] = "stale",
		[HOOKSIGN_EARLY] = "early", [HOOKSIGN_CLAIM] = "claim", [HOOKSIGN_ISSUER] = "issuer",
		[HOOKSIGN_API_KEY] = "api_key", [HOOKSIGN_APPLICATION] = "application", [HOOKSIGN_HASH] = "hash",
		[HOOKSIGN_REPLAYED] = "replayed", [HOOKSIGN_FAILED] = "failed",
	};

	return texts[result];
}

struct hooksign *
hooksign_new(size_t max_seen)
{
	struct hooksign	*h;

	if ((h = mem_calloc(1, sizeof(*h))) == NULL)
		return NULL;
	TAILQ_INIT(&h->order);
	h->max = max_seen > 0 ? max_seen : 1;
	return h;
}

static void
forget(struct hooksign *h, struct seen *s)
{
	TAILQ_REMOVE(&h->order, s, entry);
	LIST_REMOVE(s, chain);
	h->n--;
	free(s);
}

void
hooksign_free(struct hooksign *h)
{
	struct seen	*s;

	if (h == NULL)
		return;
	while ((s = TAILQ_FIRST(&h->order)) != NULL)
		forget(h, s);
	free(h);
}

size_t
hooksign_seen(const struct hooksign *h)
{
	return h->n;
}

uint64_t
hooksign_forgotten(const struct hooksign *h)
{
	return h->forgotten;
}

static bool
sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1;
}

/* Of method, address and body: what must be the same for a second try. */
static bool
hash_request(const struct hooksign_request *req, const uint8_t body[SHA256_LEN], uint8_t out[SHA256_LEN])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	bool		 good;

	good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, req->method, strlen(req->method) + 1) == 1 &&
	    EVP_DigestUpdate(ctx, req->target, strlen(req->target) + 1) == 1 &&
	    EVP_DigestUpdate(ctx, body, SHA256_LEN) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/* The token after "Bearer" (RFC 6750; the word in any case). NULL: none. */
static const char *
bearer(const char *header)
{
	static const char	word[] = "bearer ";

	if (header == NULL || strncasecmp(header, word, sizeof(word) - 1) != 0)
		return NULL;
	header += sizeof(word) - 1;
	return header + strspn(header, " ");
}

static enum hooksign_result
result_of(enum jwt_status status)
{
	switch (status) {
	case JWT_OK:
		return HOOKSIGN_OK;
	case JWT_MALFORMED:
		return HOOKSIGN_MALFORMED;
	case JWT_ALGORITHM:
		return HOOKSIGN_ALGORITHM;
	case JWT_FORGED:
		return HOOKSIGN_FORGED;
	case JWT_CLAIM:
		return HOOKSIGN_CLAIM;
	case JWT_EXPIRED:
		return HOOKSIGN_STALE;
	case JWT_EARLY:
		return HOOKSIGN_EARLY;
	case JWT_FAILED:
		break;
	}
	return HOOKSIGN_FAILED;
}

/* With the first of our secrets that made the signature; all of them are tried. */
static enum hooksign_result
verify(const struct hooksign_conf *conf, const char *token, int64_t now_wall_ms, struct json_object **ret)
{
	struct jwt_times	times = { .now_wall_ms = now_wall_ms, .leeway_s = HOOKSIGN_LEEWAY_S,
	    .max_age_s = HOOKSIGN_AGE_S, .need_iat = true };
	enum jwt_status		status = JWT_FORGED;
	size_t			i;

	for (i = 0; i < conf->nsecrets && status == JWT_FORGED; i++)
		status = jwt_verify_hs256(conf->secrets[i], strlen(conf->secrets[i]), token, strlen(token), &times, ret);
	return result_of(status);
}

/* Hexadecimal in any case, compared without telling by the time how much was right. */
static bool
hash_matches(const char *hex, const uint8_t hash[SHA256_LEN])
{
	char	given[DIGEST_HEX_SIZE - 1], want[DIGEST_HEX_SIZE];
	size_t	i;

	if (hex == NULL || strlen(hex) != sizeof(given))
		return false;
	for (i = 0; i < sizeof(given); i++)
		given[i] = (char)tolower((unsigned char)hex[i]);
	digest_hex(hash, want);
	return digest_equal(given, want, sizeof(given));
}

static enum hooksign_result
check_claims(const struct hooksign_conf *conf, struct json_object *claims, const struct hooksign_request *req,
    const uint8_t body[SHA256_LEN])
{
	const char	*jti = json_get_str_or(claims, "jti", "");

	if (strcmp(json_get_str_or(claims, "iss", ""), "Vonage") != 0)
		return HOOKSIGN_ISSUER;
	if (conf->api_key[0] != '\0' && strcmp(json_get_str_or(claims, "api_key", ""), conf->api_key) != 0)
		return HOOKSIGN_API_KEY;
	if (conf->application_id[0] != '\0' && json_get(claims, "application_id") != NULL &&
	    strcmp(json_get_str_or(claims, "application_id", ""), conf->application_id) != 0)
		return HOOKSIGN_APPLICATION;
	if (*jti == '\0' || strlen(jti) > JTI_MAX)
		return HOOKSIGN_CLAIM;
	/* What a GET has for payload_hash is UNCONFIRMED: its address is all there is of it */
	if (strcmp(req->method, "GET") != 0 && !hash_matches(json_get_str(claims, "payload_hash"), body))
		return HOOKSIGN_HASH;
	return HOOKSIGN_OK;
}

static struct seen_chain *
chain_of(struct hooksign *h, const uint8_t jti[SHA256_LEN])
{
	return &h->buckets[((size_t)jti[0] << 8 | jti[1]) % BUCKETS];
}

static enum hooksign_result
remember(struct hooksign *h, const uint8_t jti[SHA256_LEN], const uint8_t request[SHA256_LEN], int64_t now_ms)
{
	struct seen	*s;

	while ((s = TAILQ_FIRST(&h->order)) != NULL && now_ms - s->mono_ms > SEEN_MS)
		forget(h, s);
	LIST_FOREACH(s, chain_of(h, jti), chain) {
		if (memcmp(s->jti, jti, SHA256_LEN) != 0)
			continue;
		if (s->retried || now_ms - s->mono_ms > HOOKSIGN_RETRY_MS || memcmp(s->request, request, SHA256_LEN) != 0)
			return HOOKSIGN_REPLAYED;
		s->retried = true;
		return HOOKSIGN_OK;
	}
	if ((s = mem_calloc(1, sizeof(*s))) == NULL)
		return HOOKSIGN_FAILED;
	if (h->n == h->max) {
		forget(h, TAILQ_FIRST(&h->order));
		h->forgotten++;
	}
	memcpy(s->jti, jti, SHA256_LEN);
	memcpy(s->request, request, SHA256_LEN);
	s->mono_ms = now_ms;
	TAILQ_INSERT_TAIL(&h->order, s, entry);
	LIST_INSERT_HEAD(chain_of(h, jti), s, chain);
	h->n++;
	return HOOKSIGN_OK;
}

enum hooksign_result
hooksign_check(struct hooksign *h, const struct hooksign_conf *conf, const struct hooksign_request *req,
    int64_t now_wall_ms, int64_t now_mono_ms)
{
	const char		*token = bearer(req->authorization), *jti;
	struct json_object	*claims = NULL;
	uint8_t			 body[SHA256_LEN], request[SHA256_LEN], id[SHA256_LEN];
	enum hooksign_result	 result;

	if (token == NULL)
		return HOOKSIGN_MISSING;
	if ((result = verify(conf, token, now_wall_ms, &claims)) != HOOKSIGN_OK)
		return result;
	if (!sha256(req->body_len > 0 ? req->body : "", req->body_len, body))
		result = HOOKSIGN_FAILED;
	else if ((result = check_claims(conf, claims, req, body)) == HOOKSIGN_OK) {
		jti = json_get_str(claims, "jti");
		if (!sha256(jti, strlen(jti), id) || !hash_request(req, body, request))
			result = HOOKSIGN_FAILED;
		else
			result = remember(h, id, request, now_mono_ms);
	}
	json_object_put(claims);
	return result;
}
