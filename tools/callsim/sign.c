/* SPDX-License-Identifier: ISC */
#include "tools/callsim/sign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "common/b64.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/num.h"

#define TOKEN_MAX	(16 * 1024)
#define OTHER_APP	"00000000-0000-4000-8000-000000000000"

static const char *const fault_names[] = {
	[SIGN_GOOD] = "none", [SIGN_MISSING] = "missing", [SIGN_WRONG_HASH] = "wrong-hash",
	[SIGN_NO_HASH] = "no-hash", [SIGN_STALE] = "stale", [SIGN_FUTURE] = "future",
	[SIGN_EXPIRED] = "expired", [SIGN_ALG_NONE] = "alg-none", [SIGN_ALG_RS256] = "alg-rs256",
	[SIGN_WRONG_SECRET] = "wrong-secret", [SIGN_OTHER_APP] = "other-app",
	[SIGN_OTHER_KEY] = "other-key", [SIGN_NO_JTI] = "no-jti", [SIGN_REPLAY] = "replay",
	[SIGN_EMPTY_HASH] = "empty-hash",
};

int
sign_open(struct sign *s, const char *secret)
{
	char	 text[SIGN_SECRET_MAX + 2];
	size_t	 len;
	FILE	*f = fopen(secret, "re");

	if (f == NULL) {
		len = strlen(secret);
		if (len <= SIGN_SECRET_MAX)
			memcpy(text, secret, len);
	} else {
		len = fread(text, 1, sizeof(text), f);
		if (ferror(f) != 0)
			len = 0;
		(void)fclose(f);
		if (len > 0 && text[len - 1] == '\n')
			len--;
	}
	errno = EINVAL;
	if (len > 0 && len <= SIGN_SECRET_MAX && memchr(text, '\0', len) == NULL)
		s->secret = mem_strndup(text, len);
	OPENSSL_cleanse(text, sizeof(text));
	return s->secret == NULL ? -1 : 0;
}

void
sign_close(struct sign *s)
{
	if (s->secret != NULL)
		OPENSSL_cleanse(s->secret, strlen(s->secret));
	free(s->secret);
	s->secret = NULL;
}

int
sign_set_fault(struct sign *s, const char *text)
{
	const char	*colon = strchr(text, ':');
	size_t		 len = colon == NULL ? strlen(text) : (size_t)(colon - text), i;
	int64_t		 first = INT64_MAX;

	if (colon != NULL && num_parse(colon + 1, 1, 1000000, &first) == -1)
		return -1;
	for (i = 0; i < sizeof(fault_names) / sizeof(fault_names[0]); i++)
		if (strlen(fault_names[i]) == len && memcmp(fault_names[i], text, len) == 0) {
			s->fault = (enum sign_fault)i;
			s->faulty = (uint64_t)first;
			return 0;
		}
	errno = EINVAL;
	return -1;
}

static int
add_hash(struct json_object *o, const char *body, size_t len)
{
	unsigned char	 digest[EVP_MAX_MD_SIZE];
	unsigned	 n = 0, i;
	char		 hex[2 * EVP_MAX_MD_SIZE + 1] = "";

	if (EVP_Digest(body, len, digest, &n, EVP_sha256(), NULL) != 1)
		return -1;
	for (i = 0; i < n; i++)
		(void)snprintf(hex + i * 2, sizeof(hex) - i * 2, "%02x", digest[i]);
	return json_add_str(o, "payload_hash", hex);
}

static int
add_payload_hash(struct json_object *o, enum sign_fault fault, const char *body, size_t len)
{
	if (fault == SIGN_WRONG_HASH)
		return add_hash(o, "another body", 12);
	if (body == NULL)
		return fault == SIGN_EMPTY_HASH ? add_hash(o, "", 0) : 0;
	return fault == SIGN_NO_HASH ? 0 : add_hash(o, body, len);
}

static int
add_jti(struct sign *s, struct json_object *o, enum sign_fault fault)
{
	unsigned char	r[16];
	char		jti[40] = "";
	size_t		i, at = 0;

	if (fault == SIGN_NO_JTI)
		return 0;
	if (fault == SIGN_REPLAY && s->first_jti[0] != '\0')
		return json_add_str(o, "jti", s->first_jti);
	if (RAND_bytes(r, sizeof(r)) != 1)
		return -1;
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	for (i = 0; i < sizeof(r); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			jti[at++] = '-';
		at += (size_t)snprintf(jti + at, sizeof(jti) - at, "%02x", r[i]);
	}
	if (s->first_jti[0] == '\0')
		memcpy(s->first_jti, jti, sizeof(jti));
	return json_add_str(o, "jti", jti);
}

static struct json_object *
claims(struct sign *s, enum sign_fault fault, const char *body, size_t len)
{
	struct json_object	*o = json_object_new_object();
	int64_t			 now = clock_wall_ms() / 1000;
	int64_t			 iat = fault == SIGN_STALE ? now - SIGN_STALE_S :
	    fault == SIGN_FUTURE ? now + SIGN_STALE_S : now;

	if (o == NULL || json_add_int(o, "iat", iat) == -1 || add_jti(s, o, fault) == -1 ||
	    json_add_str(o, "iss", "Vonage") == -1 ||
	    (fault == SIGN_EXPIRED && json_add_int(o, "exp", now - 60) == -1) ||
	    add_payload_hash(o, fault, body, len) == -1 ||
	    json_add_str(o, "api_key", fault == SIGN_OTHER_KEY ? "00000000" : s->api_key) == -1 ||
	    json_add_str(o, "application_id", fault == SIGN_OTHER_APP ? OTHER_APP : s->application_id) == -1) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

static void
put_signature(struct buf *token, size_t begin, const struct sign *s, enum sign_fault fault)
{
	unsigned char	 mac[EVP_MAX_MD_SIZE];
	unsigned	 len = 0;
	char		 other[SIGN_SECRET_MAX + 8];

	if (fault == SIGN_ALG_NONE)
		return;
	(void)snprintf(other, sizeof(other), "%s%s", fault == SIGN_WRONG_SECRET ? "not-" : "", s->secret);
	(void)HMAC(EVP_sha256(), other, (int)strlen(other), (const unsigned char *)token->data + begin,
	    token->len - begin - 1, mac, &len);
	OPENSSL_cleanse(other, sizeof(other));
	(void)b64url_append(token, mac, len);
}

int
sign_header(struct sign *s, const char *body, size_t len, char **ret)
{
	enum sign_fault		 fault = s->faulty > 0 ? s->fault : SIGN_GOOD;
	struct json_object	*o;
	const char		*head, *text;
	struct buf		 token;
	size_t			 text_len = 0;

	*ret = NULL;
	if (s->secret == NULL)
		return 0;
	if (s->faulty > 0)
		s->faulty--;
	if (fault == SIGN_MISSING)
		return 0;
	head = fault == SIGN_ALG_NONE ? "{\"alg\":\"none\",\"typ\":\"JWT\"}" : fault == SIGN_ALG_RS256 ?
	    "{\"alg\":\"RS256\",\"typ\":\"JWT\"}" : "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	if ((o = claims(s, fault, body, len)) == NULL || (text = json_text(o, &text_len)) == NULL) {
		json_object_put(o);
		errno = ENOMEM;
		return -1;
	}
	buf_init(&token, TOKEN_MAX);
	buf_puts(&token, "Bearer ");
	(void)b64url_append(&token, head, strlen(head));
	buf_putc(&token, '.');
	(void)b64url_append(&token, text, text_len);
	buf_putc(&token, '.');
	if (!buf_failed(&token))
		put_signature(&token, strlen("Bearer "), s, fault);
	json_object_put(o);
	*ret = buf_steal(&token, NULL);
	return *ret == NULL ? -1 : 0;
}
