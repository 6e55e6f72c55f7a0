/* SPDX-License-Identifier: ISC */
#include "common/token.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "common/b64.h"
#include "common/mem.h"
#include "common/num.h"

#define NONCE_LEN	(TOKEN_NONCE_SIZE - 1)
#define MAC_BYTES	16
#define MAC_LEN		B64URL_LEN(MAC_BYTES)
#define EXPIRY_MAX_LEN	15
#define EXPIRY_MAX	INT64_C(999999999999999)
#define SIGNED_SIZE	(CALLID_MAX + 1 + EXPIRY_MAX_LEN + 1 + NONCE_LEN + 1)

_Static_assert(TOKEN_SIZE == EXPIRY_MAX_LEN + 1 + NONCE_LEN + 1 + MAC_LEN + 1, "token.h says so");

struct token_seen {
	size_t			 max, count;
	uint64_t		 dropped;
	struct token_key	*keys;		/* a heap: the first expires first */
};

static int
make_mac(const void *secret, size_t secret_len, const struct callid *call,
    const struct token_key *key, char out[MAC_LEN + 1])
{
	char		text[SIGNED_SIZE];
	uint8_t		mac[EVP_MAX_MD_SIZE];
	unsigned	mac_len = sizeof(mac);
	int		n;

	n = snprintf(text, sizeof(text), "%s.%" PRId64 ".%s", call->text, key->expiry_s, key->nonce);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    HMAC(EVP_sha256(), secret, (int)secret_len, (const uint8_t *)text, (size_t)n, mac,
	    &mac_len) == NULL)
		return -1;
	b64url_encode(out, mac, MAC_BYTES);
	return 0;
}

static bool
secret_ok(size_t secret_len)
{
	return secret_len >= TOKEN_SECRET_MIN && secret_len <= INT32_MAX;
}

int
token_make(const void *secret, size_t secret_len, const struct callid *call, int64_t now_wall_ms,
    unsigned ttl_s, char out[TOKEN_SIZE])
{
	struct token_key	key;
	char			mac[MAC_LEN + 1];
	uint8_t			random[NONCE_LEN / 2];
	size_t			i;

	if (!secret_ok(secret_len) || ttl_s < 1 || ttl_s > TOKEN_TTL_MAX_S || now_wall_ms < 0 ||
	    now_wall_ms / 1000 > EXPIRY_MAX - TOKEN_TTL_MAX_S - 1) {
		errno = EINVAL;
		return -1;
	}
	key.expiry_s = (now_wall_ms + 999) / 1000 + ttl_s;
	if (RAND_bytes(random, sizeof(random)) != 1) {
		errno = EIO;
		return -1;
	}
	for (i = 0; i < sizeof(random); i++)
		(void)snprintf(key.nonce + 2 * i, 3, "%02x", random[i]);
	if (make_mac(secret, secret_len, call, &key, mac) == -1) {
		errno = EIO;
		return -1;
	}
	(void)snprintf(out, TOKEN_SIZE, "%" PRId64 ".%s.%s", key.expiry_s, key.nonce, mac);
	return 0;
}

/* Take text apart; *ret_mac points into it and runs to its end. */
static bool
split(const char *text, struct token_key *ret, const char **ret_mac)
{
	size_t	len = strnlen(text, TOKEN_SIZE), expiry_len = strcspn(text, ".");

	if (len == TOKEN_SIZE || expiry_len > EXPIRY_MAX_LEN ||
	    len != expiry_len + 1 + NONCE_LEN + 1 + MAC_LEN)
		return false;
	/* no leading zero: a token has one spelling */
	if (text[0] == '0' || num_parse_n(text, expiry_len, 1, EXPIRY_MAX, &ret->expiry_s) == -1)
		return false;
	text += expiry_len + 1;
	if (strspn(text, "0123456789abcdef") != NONCE_LEN || text[NONCE_LEN] != '.')
		return false;
	memcpy(ret->nonce, text, NONCE_LEN);
	ret->nonce[NONCE_LEN] = '\0';
	*ret_mac = text + NONCE_LEN + 1;
	return true;
}

static enum token_status
check(const void *secret, size_t secret_len, const struct callid *call, const char *text,
    int64_t now_wall_ms, struct token_key *ret)
{
	char		 expected[MAC_LEN + 1];
	const char	*mac;

	if (!split(text, ret, &mac))
		return TOKEN_MALFORMED;
	if (!secret_ok(secret_len) || make_mac(secret, secret_len, call, ret, expected) == -1 ||
	    CRYPTO_memcmp(mac, expected, MAC_LEN) != 0)
		return TOKEN_FORGED;
	return now_wall_ms >= ret->expiry_s * 1000 ? TOKEN_EXPIRED : TOKEN_OK;
}

enum token_status
token_check(const void *secret, size_t secret_len, const struct callid *call, const char *text,
    int64_t now_wall_ms, const char **ret_reason, struct token_key *ret_key)
{
	static const char *const	reasons[] = {
		[TOKEN_OK] = "ok",
		[TOKEN_MALFORMED] = "malformed token",
		[TOKEN_FORGED] = "forged token, or one for another call",
		[TOKEN_EXPIRED] = "expired token",
	};
	struct token_key		key;
	enum token_status		status;

	status = check(secret, secret_len, call, text, now_wall_ms, &key);
	if (ret_reason != NULL)
		*ret_reason = reasons[status];
	if (ret_key != NULL && status == TOKEN_OK)
		*ret_key = key;
	return status;
}

struct token_seen *
token_seen_new(size_t max)
{
	struct token_seen	*seen;

	if (max == 0) {
		errno = EINVAL;
		return NULL;
	}
	if ((seen = mem_calloc(1, sizeof(*seen))) == NULL)
		return NULL;
	if ((seen->keys = mem_calloc(max, sizeof(*seen->keys))) == NULL) {
		free(seen);
		errno = ENOMEM;
		return NULL;
	}
	seen->max = max;
	return seen;
}

void
token_seen_free(struct token_seen *seen)
{
	if (seen == NULL)
		return;
	free(seen->keys);
	free(seen);
}

static void
swap(struct token_key *a, struct token_key *b)
{
	struct token_key	c = *a;

	*a = *b;
	*b = c;
}

static void
pop_first(struct token_seen *seen)
{
	struct token_key	*keys = seen->keys;
	size_t			 at = 0, child;

	keys[0] = keys[--seen->count];
	for (;;) {
		child = 2 * at + 1;
		if (child >= seen->count)
			return;
		if (child + 1 < seen->count && keys[child + 1].expiry_s < keys[child].expiry_s)
			child++;
		if (keys[at].expiry_s <= keys[child].expiry_s)
			return;
		swap(&keys[at], &keys[child]);
		at = child;
	}
}

static void
push_last(struct token_seen *seen, const char *nonce, int64_t expiry_s)
{
	struct token_key	*keys = seen->keys;
	size_t			 at = seen->count++, parent;

	keys[at].expiry_s = expiry_s;
	memcpy(keys[at].nonce, nonce, TOKEN_NONCE_SIZE);
	for (; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (keys[parent].expiry_s <= keys[at].expiry_s)
			return;
		swap(&keys[parent], &keys[at]);
	}
}

bool
token_seen_add(struct token_seen *seen, const char nonce[TOKEN_NONCE_SIZE], int64_t expiry_s,
    int64_t now_wall_ms)
{
	size_t	i;

	while (seen->count > 0 && now_wall_ms >= seen->keys[0].expiry_s * 1000)
		pop_first(seen);
	for (i = 0; i < seen->count; i++) {
		if (memcmp(seen->keys[i].nonce, nonce, TOKEN_NONCE_SIZE) == 0)
			return false;
	}
	if (seen->count == seen->max) {
		pop_first(seen);
		seen->dropped++;
	}
	push_last(seen, nonce, expiry_s);
	return true;
}

size_t
token_seen_count(const struct token_seen *seen)
{
	return seen->count;
}

uint64_t
token_seen_dropped(const struct token_seen *seen)
{
	return seen->dropped;
}
