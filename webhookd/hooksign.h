/* SPDX-License-Identifier: ISC */
/*
 * hooksign: is a webhook really from Vonage? (spec/vonage.md 6)
 *
 * Every webhook brings "Authorization: Bearer TOKEN", an HS256 token made with
 * the account's signature secret. Checked, in this order: the form, the
 * algorithm (HS256 and no other), the signature against each of our secrets
 * (two while one is being changed), iat from HOOKSIGN_AGE_S ago to
 * HOOKSIGN_LEEWAY_S ahead, exp, iss, api_key, application_id, jti, and of a
 * request that is no GET the SHA-256 of its raw body. Nothing in the token is
 * believed before its signature was good.
 *
 * A jti is remembered for as long as its token would be accepted. Vonage tries
 * a webhook once more when it got no answer, and whether that try has a jti of
 * its own is UNCONFIRMED: so the same jti with the very same request (method,
 * address, body) passes once more within HOOKSIGN_RETRY_MS. Any other reuse is a replay.
 *
 * No I/O, no clock, no logging. One process remembers for itself: a token that
 * another webhookd has seen, or this one before a restart, is new to it.
 */
#ifndef WEBHOOKD_HOOKSIGN_H
#define WEBHOOKD_HOOKSIGN_H

#include <stddef.h>
#include <stdint.h>

#define HOOKSIGN_AGE_S		300	/* two public implementations use 300 and 30 (spec/vonage.md 6) */
#define HOOKSIGN_LEEWAY_S	30
#define HOOKSIGN_RETRY_MS	20000	/* longest time-outs of an event, twice: spec/vonage.md 1.2 */
#define HOOKSIGN_SEEN_MAX	500000	/* tokens remembered: 1,500 webhooks a second for the whole window; then the oldest goes */
#define HOOKSIGN_SECRET_MIN	8	/* bytes */

enum hooksign_result {
	HOOKSIGN_OK,
	HOOKSIGN_MISSING,	/* no Authorization, or not "Bearer" */
	HOOKSIGN_MALFORMED,
	HOOKSIGN_ALGORITHM,	/* "none", RS256, ... */
	HOOKSIGN_FORGED,	/* by none of our secrets */
	HOOKSIGN_STALE,		/* iat too old, or exp passed */
	HOOKSIGN_EARLY,
	HOOKSIGN_CLAIM,		/* iat or jti absent or of a wrong type */
	HOOKSIGN_ISSUER,
	HOOKSIGN_API_KEY,
	HOOKSIGN_APPLICATION,
	HOOKSIGN_HASH,		/* payload_hash absent, or of another body */
	HOOKSIGN_REPLAYED,
	HOOKSIGN_FAILED,	/* out of memory: not refused, but not let in either */
	HOOKSIGN_NRESULTS
};
/* As in the log: "missing", "forged", ... */
const char *hooksign_text(enum hooksign_result result);

struct hooksign_conf {			/* borrowed */
	char	*const *secrets;
	size_t	 nsecrets;
	const char *api_key;		/* "": any */
	const char *application_id;	/* "": any; a token without one is good for all */
};

struct hooksign_request {		/* borrowed */
	const char *authorization;	/* the header; NULL absent */
	const char *method, *target;	/* "POST", "/webhooks/event?c=..." as it came */
	const void *body;		/* as it came; not read for "GET" */
	size_t	 body_len;
};

struct hooksign;
struct hooksign *hooksign_new(size_t max_seen);	/* NULL: ENOMEM */
void	hooksign_free(struct hooksign *h);
enum hooksign_result hooksign_check(struct hooksign *h, const struct hooksign_conf *conf,
    const struct hooksign_request *req, int64_t now_wall_ms, int64_t now_mono_ms);
size_t	hooksign_seen(const struct hooksign *h);	/* tokens remembered now */
uint64_t hooksign_forgotten(const struct hooksign *h);	/* in all, before their time */

#endif
