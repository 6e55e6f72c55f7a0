/* SPDX-License-Identifier: ISC */
/*
 * token: the one-time pass in a WebSocket's URI.
 *
 * The upgrade itself is not signed (spec/vonage.md 4.1), so the address that
 * webhookd hands out carries a token that only it can have made and that
 * opens one socket of one call within a short time:
 *
 *   <expiry, unix seconds, decimal>.<nonce, 16 hex digits>.<mac, 22 characters>
 *
 * mac is the base64url of the first 16 bytes of HMAC-SHA256, keyed with the
 * secret that webhookd and sockd share, over "<call id>.<expiry>.<nonce>".
 * A token has one spelling only. No character needs escaping in a URI.
 */
#ifndef COMMON_TOKEN_H
#define COMMON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"

#define TOKEN_SIZE		56	/* 15 digits, dot, 16, dot, 22, NUL */
#define TOKEN_NONCE_SIZE	17
#define TOKEN_SECRET_MIN	16	/* bytes */
#define TOKEN_TTL_MAX_S		86400

enum token_status { TOKEN_OK, TOKEN_MALFORMED, TOKEN_FORGED, TOKEN_EXPIRED };

struct token_key {			/* what makes a token unique */
	char	nonce[TOKEN_NONCE_SIZE];
	int64_t	expiry_s;		/* since 1970 */
};

/*
 * Make a token for ttl_s seconds (1 to TOKEN_TTL_MAX_S) from now. 0; -1 with
 * errno EINVAL (ttl_s, time, or a secret shorter than TOKEN_SECRET_MIN) or EIO
 * (the system gives no random numbers); out is untouched then.
 */
int token_make(const void *secret, size_t secret_len, const struct callid *call,
    int64_t now_wall_ms, unsigned ttl_s, char out[TOKEN_SIZE]);
/*
 * Is text a token for this call, and still good? Forged is told before
 * expired. *ret_reason is always set, to a static text for the log ("ok",
 * ...), *ret_key only for TOKEN_OK; either may be NULL. A token may pass any
 * number of times here: one-time is what token_seen_add() makes it.
 */
enum token_status token_check(const void *secret, size_t secret_len, const struct callid *call,
    const char *text, int64_t now_wall_ms, const char **ret_reason, struct token_key *ret_key);

/*
 * The tokens that were used, until they expire: at most max of them. At the
 * maximum the one that expires first is forgotten early and counted, since
 * refusing callers would be worse than a replay within seconds. Adding looks
 * at all of them (about 10 us for 4,096). Not locked: one thread.
 */
struct token_seen;
struct token_seen *token_seen_new(size_t max);	/* NULL: EINVAL (max is 0) or ENOMEM */
void token_seen_free(struct token_seen *seen);	/* NULL is a no-op */
/* Remember it; false if it was seen before. Forgets those that expired. Cannot fail. */
bool token_seen_add(struct token_seen *seen, const char nonce[TOKEN_NONCE_SIZE], int64_t expiry_s,
    int64_t now_wall_ms);
size_t token_seen_count(const struct token_seen *seen);
/* How many were forgotten before they expired, ever. */
uint64_t token_seen_dropped(const struct token_seen *seen);

#endif
