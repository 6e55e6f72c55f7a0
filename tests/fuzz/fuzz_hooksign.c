/* SPDX-License-Identifier: ISC */
/*
 * Signatures of webhooks. The first byte says what the rest is: 'c' claims,
 * a newline and a body, signed rightly: they pass only when every claim is
 * what hooksign.h asks for; 'm' two bytes of a place, one of a change and a
 * body: a good token changed there must not pass; else a header as it came,
 * which nobody of ours has signed.
 */
#include <strings.h>

#include <openssl/evp.h>

#include "common/json.h"
#include "common/jwt.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/hooksign.h"

#define NOW_S	INT64_C(1763640000)
#define TARGET	"/webhooks/event?c=f7ae&f=menu&s=1"

static char	 today[] = "the-secret-of-today", before[] = "the-secret-of-before";
static char	*secrets[] = { today, before };
static const struct hooksign_conf conf = { .secrets = secrets, .nsecrets = 2, .api_key = "a1b2c3d4", .application_id = "app-1" };

static enum hooksign_result
present(struct hooksign *h, const char *header, const char *target, const void *body, size_t len)
{
	struct hooksign_request	req = { .authorization = header, .method = "POST", .target = target, .body = body, .body_len = len };
	enum hooksign_result	result = hooksign_check(h, &conf, &req, NOW_S * 1000, 1000);

	must(result != HOOKSIGN_FAILED && *hooksign_text(result) != '\0', "no outcome");
	return result;
}

static void
hash_of(const void *body, size_t len, char hex[65])
{
	uint8_t	hash[EVP_MAX_MD_SIZE];
	size_t	i;

	must(EVP_Digest(len > 0 ? body : "", len, hash, NULL, EVP_sha256(), NULL) == 1, "no digest");
	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

static char *
header_of(const char *secret, struct json_object *claims)
{
	char	*token, *header;
	size_t	 size;

	if ((token = jwt_sign_hs256(secret, strlen(secret), claims)) == NULL)
		return NULL;		/* too long */
	size = strlen(token) + 8;
	must((header = mem_alloc(size)) != NULL, "no memory");
	(void)snprintf(header, size, "Bearer %s", token);
	free(token);
	return header;
}

/* All that a body's token must say, looked at once more and otherwise. */
static void
must_be_good(struct json_object *claims, const void *body, size_t len)
{
	const char	*hash = json_get_str_or(claims, "payload_hash", "");
	char		 hex[65];
	int64_t		 iat;

	must(strcmp(json_get_str_or(claims, "iss", ""), "Vonage") == 0, "another issuer passes");
	must(strcmp(json_get_str_or(claims, "api_key", ""), "a1b2c3d4") == 0, "another account passes");
	must(json_get(claims, "application_id") == NULL ||
	    strcmp(json_get_str_or(claims, "application_id", ""), "app-1") == 0, "another application passes");
	must(*json_get_str_or(claims, "jti", "") != '\0', "no jti passes");
	must(json_get_int(claims, "iat", NOW_S - HOOKSIGN_AGE_S - HOOKSIGN_LEEWAY_S, NOW_S + HOOKSIGN_LEEWAY_S, &iat) == 1,
	    "another time passes");
	hash_of(body, len, hex);
	must(strcasecmp(hash, hex) == 0, "another body passes");
}

static void
claims_and_body(struct hooksign *h, const uint8_t *data, size_t size)
{
	const uint8_t		*nl = memchr(data, '\n', size), *body;
	struct json_object	*claims;
	char			*header = NULL;
	char			 hex[65];
	size_t			 len;

	if (nl == NULL)
		return;
	body = nl + 1;
	len = (size_t)(data + size - body);
	claims = json_parse((const char *)data, (size_t)(nl - data), NULL);
	if (!json_object_is_type(claims, json_type_object))
		goto out;
	hash_of(body, len, hex);
	if (strcmp(json_get_str_or(claims, "payload_hash", ""), "@") == 0)	/* no seed can know it */
		must(json_add_str(claims, "payload_hash", hex) == 0, "no memory");
	if ((header = header_of(len % 2 ? today : before, claims)) == NULL)
		goto out;
	if (present(h, header, TARGET, body, len) == HOOKSIGN_OK) {
		must_be_good(claims, body, len);
		must(present(h, header, "/event", body, len) == HOOKSIGN_REPLAYED, "it passes at another address");
		must(present(h, header, TARGET, body, len) == HOOKSIGN_OK, "the second try does not pass");
		must(present(h, header, TARGET, body, len) == HOOKSIGN_REPLAYED, "a third one passes");
	} else
		must(hooksign_seen(h) == 0, "what was refused is remembered");
out:
	json_object_put(claims);
	free(header);
}

static void
changed(struct hooksign *h, const uint8_t *data, size_t size)
{
	struct json_object	*claims = json_object_new_object();
	char			 hex[65];
	char			*header;
	size_t			 at;

	if (size < 3 || claims == NULL) {
		json_object_put(claims);
		return;
	}
	hash_of(data + 3, size - 3, hex);
	(void)json_add_str(claims, "iss", "Vonage");
	(void)json_add_str(claims, "api_key", "a1b2c3d4");
	(void)json_add_str(claims, "jti", "jti-1");
	(void)json_add_str(claims, "payload_hash", hex);
	(void)json_add_int(claims, "iat", NOW_S);
	must((header = header_of(today, claims)) != NULL, "no token");
	at = 7 + ((size_t)data[0] << 8 | data[1]) % (strlen(header) - 7);
	if (data[2] != 0) {
		header[at] = (char)(header[at] ^ data[2]);
		/* a space or a NUL ends it: nothing else may make it shorter */
		must(present(h, header, TARGET, data + 3, size - 3) != HOOKSIGN_OK, "a changed token passes");
		header[at] = (char)(header[at] ^ data[2]);
	}
	must(present(h, header, TARGET, data + 3, size - 3) == HOOKSIGN_OK, "a good one does not pass");
	json_object_put(claims);
	free(header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hooksign	*h;
	char		*text;

	if (size == 0)
		return 0;
	must((h = hooksign_new(4)) != NULL, "no memory");
	if (data[0] == 'c')
		claims_and_body(h, data + 1, size - 1);
	else if (data[0] == 'm')
		changed(h, data + 1, size - 1);
	else {
		must((text = mem_strndup((const char *)data, size)) != NULL, "no memory");
		must(present(h, text, TARGET, "{}", 2) != HOOKSIGN_OK, "a token passes that nobody signed");
		free(text);
	}
	hooksign_free(h);
	return 0;
}
