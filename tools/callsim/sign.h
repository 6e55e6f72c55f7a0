/* SPDX-License-Identifier: ISC */
/*
 * sign: the Authorization header of Vonage's signed webhooks (spec/vonage.md
 * 6), and what can be wrong with it. Made here on libcrypto: the daemons'
 * own code checks it and is not used.
 *
 * One struct sign serves all requests of a process, from its one thread.
 */
#ifndef CALLSIM_SIGN_H
#define CALLSIM_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_SECRET_MAX	4096	/* bytes of the signature secret */
#define SIGN_STALE_S	3600	/* how old a stale token is; receivers accept 300 (spec/vonage.md 6) */

enum sign_fault {
	SIGN_GOOD,
	SIGN_MISSING,		/* no header */
	SIGN_WRONG_HASH,	/* payload_hash of another body; a GET gets one too */
	SIGN_NO_HASH,		/* a POST without payload_hash */
	SIGN_STALE,		/* iat is an hour old */
	SIGN_FUTURE,		/* iat is an hour ahead */
	SIGN_EXPIRED,		/* with exp, a minute ago */
	SIGN_ALG_NONE,		/* alg none, no signature */
	SIGN_ALG_RS256,		/* says RS256, is HMAC */
	SIGN_WRONG_SECRET,
	SIGN_OTHER_APP,		/* another application_id */
	SIGN_OTHER_KEY,		/* another api_key */
	SIGN_NO_JTI,
	SIGN_REPLAY,		/* all requests have the jti of the first */
	SIGN_EMPTY_HASH		/* not a fault: a GET has the hash of the empty body (UNCONFIRMED) */
};

struct sign {			/* zeroed, then sign_open() */
	char		*secret;	/* NULL: nothing is signed */
	const char	*api_key, *application_id;	/* borrowed; NULL: the claim is left out */
	enum sign_fault	 fault;
	uint64_t	 faulty;	/* headers still to be made faulty */
	char		 first_jti[40];	/* SIGN_REPLAY */
};

/* secret: a file that holds it (a newline at its end is cut), or else the secret itself. 0; -1 with errno. */
int	sign_open(struct sign *s, const char *secret);
void	sign_close(struct sign *s);
/* "missing" or "missing:3" (the first 3 headers only). 0; -1 with EINVAL. */
int	sign_set_fault(struct sign *s, const char *text);
/*
 * The value of the header for a request with that body; body NULL: a GET or
 * an upgrade, which have no payload_hash. *ret gets malloced text, or NULL
 * when no header is to be sent. 0; -1 with ENOMEM.
 */
int	sign_header(struct sign *s, const char *body, size_t len, char **ret);

#endif
