/* SPDX-License-Identifier: ISC */
/*
 * vtext: the text messages of Vonage's WebSocket, both ways (spec/vonage.md 4.2,
 * 4.5, 4.6). Pure; reads any bytes.
 */
#ifndef SOCKD_VTEXT_H
#define SOCKD_VTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VTEXT_MAX	16384		/* most bytes of a text message; headers are <= 512 */
#define VTEXT_OUT_SIZE	96		/* enough for each command and its NUL */

enum vtext_kind {
	VTEXT_CONNECTED, VTEXT_DTMF, VTEXT_CLEARED, VTEXT_NOTIFY,
	VTEXT_UNKNOWN,			/* JSON object, or no JSON: nothing that we know */
	VTEXT_BAD			/* one that we know, with members that are not as they must be */
};

struct vtext_connected {
	uint32_t	rate_hz;	/* 0: a content-type that is not offered */
	char		content_type[64];
	/* Headers given in the NCCO; "" when absent; cut at a character when too long. */
	char		call[65];
	char		caller[64], called[64];	/* "from" or "caller", "to" or "called" */
	char		assistant[64], language[16];	/* "lang" or "language" */
	char		name[128], profile[32];
	bool		transfer;	/* "transfer": "yes" */
};
struct vtext {
	enum vtext_kind	kind;
	union {
		struct vtext_connected connected;
		struct { char digit; int64_t duration_ms; } dtmf;	/* duration 0: not told */
		struct { uint32_t mark; } notify;	/* 0: not one of ours */
	} u;
};

void	vtext_parse(struct vtext *out, const char *text, size_t len);
/* 8000, 16000, 24000 from "audio/l16;rate=16000" (any case, spaces allowed); 0: anything else. */
uint32_t vtext_rate(const char *content_type);

size_t	vtext_clear(char out[VTEXT_OUT_SIZE]);
size_t	vtext_notify(char out[VTEXT_OUT_SIZE], uint32_t mark);

#endif
