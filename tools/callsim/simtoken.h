/* SPDX-License-Identifier: ISC */
/*
 * simtoken: is a bearer token one that Vonage would take (spec/vonage.md 5)?
 * RS256 by the application's key, application_id, iat, jti, exp. Written on
 * libcrypto for callsim alone, so that a fault in the daemons' common/jwt.h
 * is not believed here.
 */
#ifndef CALLSIM_SIMTOKEN_H
#define CALLSIM_SIMTOKEN_H

#include <stddef.h>
#include <stdint.h>

#define SIMTOKEN_MAX		8192
#define SIMTOKEN_LEEWAY_S	30	/* of the clocks; Vonage's is not documented */
#define SIMTOKEN_TTL_S		900	/* without exp */
#define SIMTOKEN_TTL_MIN_S	30
#define SIMTOKEN_TTL_MAX_S	86400

struct simtoken;		/* the public key */

/* A PEM file. NULL with the reason in cause. */
struct simtoken *simtoken_load(const char *path, char *cause, size_t cause_size);
void	simtoken_free(struct simtoken *t);	/* NULL is a no-op */
/*
 * Check the token at now_ms (wall). application_id NULL: any UUID. NULL: good;
 * else a static text that says why not.
 */
const char *simtoken_refuse(const struct simtoken *t, const char *token, const char *application_id,
    int64_t now_ms);

#endif
