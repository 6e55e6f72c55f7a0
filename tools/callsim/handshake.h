/* SPDX-License-Identifier: ISC */
/*
 * handshake: the client's side of the WebSocket opening handshake (RFC 6455
 * section 4.1), as text. Pure except for the random key.
 */
#ifndef CALLSIM_HANDSHAKE_H
#define CALLSIM_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define HANDSHAKE_KEY_SIZE	25	/* base64 of 16 bytes, and NUL */
#define HANDSHAKE_ANSWER_MAX	8192

struct handshake_target {		/* of a ws:// URI */
	char	 host[256];
	uint16_t port;
	char	 path[2048];		/* with its query */
};

/* Split a ws:// URI. 0, or -1 with EINVAL. */
int	handshake_target(struct handshake_target *ret, const char *uri);
void	handshake_key(char ret[HANDSHAKE_KEY_SIZE]);
/* Append the request; authorization may be NULL. buf_failed() tells the rest. */
void	handshake_request(struct buf *out, const struct handshake_target *t, const char *key, const char *authorization);
/*
 * Check what came so far. The length of the whole answer when it accepts, 0
 * when more must come, -1 when it does not: cause says why ("status 403").
 */
int	handshake_check(const char *data, size_t len, const char *key, char *cause, size_t cause_size);

#endif
