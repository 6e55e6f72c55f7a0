/* SPDX-License-Identifier: ISC */
/*
 * fallback: what a call is told when another webhook failed (spec/vonage.md 1.3).
 *
 * An answer that failed: the flow "fallback", which needs no other daemon. An
 * event that failed: what follows it, as it tells all that the event did; if nothing does,
 * the NCCO of the step where the call is, once more; a call
 * that is in no flow hears an apology. Never an error.
 */
#ifndef WEBHOOKD_FALLBACK_H
#define WEBHOOKD_FALLBACK_H

#include <stddef.h>

struct event;
struct known_call;
struct webhookd;

/* When there is no memory left for anything else. */
#define FALLBACK_LAST	"[{\"action\":\"talk\",\"text\":\"We are sorry, there is a technical problem. Please call again later.\"}]"

/* call may be NULL: then it is made from the event. The caller's text; NULL: FALLBACK_LAST is what is left. */
char	*fallback_make(struct webhookd *w, struct known_call *call, const struct event *ev, size_t *ret_len);

#endif
