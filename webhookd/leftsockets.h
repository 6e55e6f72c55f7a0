/* SPDX-License-Identifier: ISC */
/*
 * leftsockets: the WebSocket legs that a caller leaves when the call is moved by REST. Vonage is expected to end
 * them, but nobody confirmed it (spec/vonage.md 7.4): they would be paid by the minute, and the AI, which
 * hears nobody any more, would hang up the call.
 */
#ifndef WEBHOOKD_LEFTSOCKETS_H
#define WEBHOOKD_LEFTSOCKETS_H

#include <stddef.h>

#define LEFTSOCKETS_MAX	4

struct callid;
struct webhookd;

struct leftsockets {
	char	legs[LEFTSOCKETS_MAX][65];
	size_t	n;
};
/* Those that the call has now: before the request, as the new NCCO may connect another. */
void	leftsockets_note(struct webhookd *w, const struct callid *call, struct leftsockets *ret);
/* A hang-up job for each, some seconds from now. */
void	leftsockets_hang_up(struct webhookd *w, const struct callid *call, const struct leftsockets *s);

#endif
