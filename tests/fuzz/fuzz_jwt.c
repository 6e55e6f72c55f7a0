/* SPDX-License-Identifier: ISC */
/*
 * Bearer tokens (HS256) as they come with webhooks. The first byte says what
 * the rest is: 't' a token, which must not pass, since nobody but us signs;
 * 'p' claims, which signed by us must come out as they went in; 's' a header
 * and, after a newline, a payload, signed rightly whatever they are: it
 * passes only when both are objects and the algorithm is HS256.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/b64.h"
#include "common/jwt.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"

#define SECRET	"a secret of the account"
#define NOW_S	1763640000

static const struct jwt_times	times = { .now_wall_ms = (int64_t)NOW_S * 1000, .leeway_s = 30, .max_age_s = 300 };

static enum jwt_status
verify(const char *text, size_t len, struct json_object **ret)
{
	struct json_object	*claims = NULL;
	enum jwt_status		 status;

	status = jwt_verify_hs256(SECRET, strlen(SECRET), text, len, &times, &claims);
	must((status == JWT_OK) == (claims != NULL), "claims without a good token, or the reverse");
	must(status != JWT_FAILED && *jwt_status_text(status) != '\0', "no outcome");
	if (claims != NULL)
		must(json_object_is_type(claims, json_type_object), "claims that are no object");
	*ret = claims;
	return status;
}

static void
token(const uint8_t *data, size_t size)
{
	struct json_object	*claims;

	must(verify((const char *)data, size, &claims) != JWT_OK, "a token passes that we did not sign");
}

static void
payload(const uint8_t *data, size_t size)
{
	struct json_object	*in, *out;
	enum jwt_status		 status;
	char			*text = NULL;

	in = json_parse((const char *)data, size, NULL);
	if (json_object_is_type(in, json_type_object) &&
	    (text = jwt_sign_hs256(SECRET, strlen(SECRET), in)) != NULL) {
		must(strlen(text) <= JWT_MAX, "a token is too long");
		status = verify(text, strlen(text), &out);
		must(status == JWT_OK || status == JWT_CLAIM || status == JWT_EXPIRED || status == JWT_EARLY,
		    "our own signature is refused");
		if (out != NULL)
			must(strcmp(json_text(in, NULL), json_text(out, NULL)) == 0, "claims were changed");
		json_object_put(out);
		text[strlen(text) - 2] ^= 1;
		must(verify(text, strlen(text), &out) != JWT_OK, "a changed signature passes");
	}
	json_object_put(in);
	free(text);
}

static bool
is_hs256(const uint8_t *data, size_t size)
{
	struct json_object	*obj = json_parse((const char *)data, size, NULL);
	bool			 is = strcmp(json_get_str_or(obj, "alg", ""), "HS256") == 0;

	json_object_put(obj);
	return is;
}

static void
signed_by_us(const uint8_t *data, size_t size)
{
	struct json_object	*claims;
	const uint8_t		*nl = memchr(data, '\n', size);
	uint8_t			 mac[EVP_MAX_MD_SIZE];
	unsigned		 mac_len = sizeof(mac);
	struct buf		 b;

	if (nl == NULL)
		return;
	buf_init(&b, RESULT_MAX);
	(void)b64url_append(&b, data, (size_t)(nl - data));
	(void)buf_putc(&b, '.');
	(void)b64url_append(&b, nl + 1, (size_t)(data + size - nl - 1));
	(void)HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const uint8_t *)b.data, b.len, mac, &mac_len);
	(void)buf_putc(&b, '.');
	(void)b64url_append(&b, mac, mac_len);
	must(!buf_failed(&b), "no memory");
	if (verify(b.data, b.len, &claims) == JWT_OK)
		must(b.len <= JWT_MAX && is_hs256(data, (size_t)(nl - data)), "another algorithm passes");
	json_object_put(claims);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'p')
		payload(data + 1, size - 1);
	else if (data[0] == 's')
		signed_by_us(data + 1, size - 1);
	else
		token(data + 1, size - 1);
	return 0;
}
