/* SPDX-License-Identifier: ISC */
/*
 * mediaurl: names of spoken pieces, and the signature that opens them for a while. Pure.
 *
 *   PUBLIC_URL/media/<64 hex digits>.wav?e=<expiry, unix seconds>&m=<22 characters>
 *
 * m is the base64url of the first 16 bytes of HMAC-SHA256 over "NAME.EXPIRY" with a key
 * made from the token secret, so that neither opens a socket nor the other way round.
 */
#ifndef WEBHOOKD_MEDIAURL_H
#define WEBHOOKD_MEDIAURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIAURL_NAME_SIZE	(64 + 4 + 1)	/* hex, ".wav", NUL */
#define MEDIAURL_MAC_SIZE	23
#define MEDIAURL_PATH		"/media/"
#define MEDIAURL_STATIC		"/media/static/"

enum mediaurl_status { MEDIAURL_OK, MEDIAURL_FORGED, MEDIAURL_EXPIRED };

/* The name of a text as that assistant speaks it in that language. 0, or -1 with ENOMEM. */
int	mediaurl_name(const char *text, const char *language, const char *assistant, char out[MEDIAURL_NAME_SIZE]);
bool	mediaurl_name_ok(const char *name);
/* A plain file name: letters, digits, "._-", no dot first, ending in .wav or .mp3. */
bool	mediaurl_static_ok(const char *name);
/* 0, or -1 with ENOMEM. */
int	mediaurl_sign(const char *secret, const char *name, int64_t expiry_s, char out[MEDIAURL_MAC_SIZE]);
/* expiry and mac as they came, NULL absent. Forged is told before expired. ret_expiry_s only for MEDIAURL_OK. */
enum mediaurl_status mediaurl_check(const char *secret, const char *name, const char *expiry, const char *mac,
    int64_t now_wall_ms, int64_t *ret_expiry_s);
/*
 * "bytes=A-B", "bytes=A-", "bytes=-N" of a file of size bytes: 1 and the part; 0: no range (absent, malformed
 * or several: the whole file is the answer); -1: it cannot be satisfied.
 */
int	mediaurl_range(const char *range, int64_t size, int64_t *ret_from, int64_t *ret_len);

#endif
