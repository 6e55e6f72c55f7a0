/* SPDX-License-Identifier: ISC */
/*
 * late: webhooks of a person who was forgotten (common/store_forget.h).
 *
 * Vonage tells some things minutes after a call, and sends again for a day what
 * it thinks was lost. What comes so of a call, a leg or a conversation that was deleted, or of a
 * number that was forgotten lately and from before that, is not stored again, neither as it came nor out of
 * our memory of the call. A new call of that person is a call like any other.
 */
#ifndef WEBHOOKD_LATE_H
#define WEBHOOKD_LATE_H

#include <stdbool.h>

struct callid;
struct event;
struct known_call;
struct webhookd;

#define LATE_NUMBER_MS	86400000LL	/* as long as Vonage sends again: spec/vonage.md 1.2 */

/* Is it of a call that was deleted? An answer that is asked for again is answered with nothing. */
bool	late_call(struct webhookd *w, const struct callid *id);
/*
 * Is ev of somebody who was forgotten? call is whose we take it for, or NULL. If so it is logged, and the
 * call is not in memory any more (void from then on).
 */
bool	late_event(struct webhookd *w, const struct known_call *call, const struct event *ev);

#endif
