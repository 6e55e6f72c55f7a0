/* SPDX-License-Identifier: ISC */
/*
 * jwt: JSON Web Tokens, in the two forms that Vonage uses (spec/vonage.md 5
 * and 6): RS256 for our requests to its REST API, HS256 for its webhooks to us.
 *
 * Written on OpenSSL's libcrypto, without libjwt: the packaged 1.10.2 takes
 * the algorithm from the token (HS256 keyed with a public PEM passes where
 * RS256 was meant), accepts "none" with a NULL key, checks no time at all and
 * brings a second JSON library (stack.md 6). Here the function's name is the
 * algorithm: a token that names another one is refused before any key is used,
 * and nothing in it is believed before its signature was.
 *
 * Tokens have at most JWT_MAX characters. Keys and claims stay the caller's.
 * Thread-safe.
 */
#ifndef COMMON_JWT_H
#define COMMON_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

#define JWT_MAX			8192	/* characters */
#define JWT_RSA_BITS_MIN	2048
#define JWT_TTL_MIN_S		30	/* of a token for Vonage: spec/vonage.md 5 */
#define JWT_TTL_MAX_S		86400
#define JWT_SKEW_S		10	/* iat is this much before now, for clocks behind ours */

/*
 * The claims of a token for Vonage's REST API: application_id, iat (now less
 * JWT_SKEW_S), exp (now and ttl_s, JWT_TTL_MIN_S to _MAX_S) and jti, a random
 * UUID. NULL with errno EINVAL, EIO (no random numbers) or ENOMEM; the
 * caller puts it.
 */
struct json_object *jwt_vonage_claims(const char *application_id, int64_t now_wall_ms,
    unsigned ttl_s);

/*
 * Sign claims. The token is text that the caller frees. NULL with errno EINVAL
 * (the key), EMSGSIZE (over JWT_MAX), ENOMEM or EIO (libcrypto failed).
 *
 * RS256: pem is an RSA private key, PKCS#1 or PKCS#8, without a passphrase, in
 * which "\n" may also stand as backslash and n, as keys from environment
 * variables do. *ret_cause (may be NULL) gets a static text that holds nothing
 * of the key. Takes about 1 ms: keep the token until 60 s before its end.
 */
char *jwt_sign_rs256(const char *pem, size_t pem_len, struct json_object *claims,
    const char **ret_cause);
/* An empty secret is EINVAL. */
char *jwt_sign_hs256(const void *secret, size_t secret_len, struct json_object *claims);

enum jwt_status {
	JWT_OK,
	JWT_MALFORMED,		/* not three parts of base64url, or no JSON object in one */
	JWT_ALGORITHM,		/* names another algorithm, or none, or a "crit" extension */
	JWT_FORGED,		/* the signature is not by this key (or the key is unusable) */
	JWT_CLAIM,		/* iat, exp or nbf of a wrong type, or a required one absent */
	JWT_EXPIRED,		/* exp passed, or iat older than max_age_s */
	JWT_EARLY,		/* nbf or iat lies in the future */
	JWT_FAILED,		/* no memory */
};
const char *jwt_status_text(enum jwt_status status);

/*
 * What is asked of the times. exp and nbf are enforced whenever they are there
 * (exp + leeway_s and nbf - leeway_s are still good); iat must not be more
 * than leeway_s ahead. For Vonage's webhooks: leeway_s 30, max_age_s 300,
 * need_iat (spec/vonage.md 6). All other claims are the caller's to check.
 */
struct jwt_times {
	int64_t		now_wall_ms;
	unsigned	leeway_s;
	unsigned	max_age_s;	/* of iat, leeway not added; 0: any age */
	bool		need_iat, need_exp;
};

/*
 * Verify a token of len characters. Only for JWT_OK *ret_claims is set: the
 * payload, to be put by the caller. Signatures are compared in constant time.
 */
enum jwt_status jwt_verify_hs256(const void *secret, size_t secret_len, const char *token,
    size_t len, const struct jwt_times *times, struct json_object **ret_claims);
/* pem is an RSA public key (for what plays Vonage: tools/callsim). */
enum jwt_status jwt_verify_rs256(const char *pem, size_t pem_len, const char *token, size_t len,
    const struct jwt_times *times, struct json_object **ret_claims);

#endif
