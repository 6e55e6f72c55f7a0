/* SPDX-License-Identifier: ISC */
/*
 * ask: what webhookd asks of brokerd's engines outside of a socket: a turn
 * (a recording in, the reply's text out), a text to be spoken into a file, a
 * summary of a call (msg_ask in msg.h).
 *
 * The live brokerd with the fewest calls and asks gets it. When it dies, refuses
 * ("refused: full") or has not answered in the time of its kind (ask_turn_ms, ask_say_ms,
 * ask_summary_ms), another one is asked, ASK_TRIES of them at most; while none is
 * there it waits for one, in the same time. A turn asked of two is answered from the
 * same row. At most ask_max are under way; more are refused at once.
 */
#ifndef WEBHOOKD_ASK_H
#define WEBHOOKD_ASK_H

#include "common/bus.h"
#include "common/callid.h"
#include "common/msg.h"

#define ASK_TRIES	3

struct ask;
struct asks;
struct webhookd;

/* Runs once, from the loop, never before ask_start() returned. Not ok: error says why. */
typedef void ask_done(void *arg, const struct msg_answer *answer);

struct asks *asks_new(struct webhookd *w);	/* NULL: ENOMEM */
void	asks_free(struct asks *a);		/* no callback runs any more */
/*
 * call may be NULL for "say". m is copied; its id is made when it is "". NULL with errno:
 * EAGAIN (ask_max are under way), ENOMEM, EINVAL (what).
 */
struct ask *ask_start(struct webhookd *w, const struct callid *call, const struct msg_ask *m, ask_done *done, void *arg);
void	ask_cancel(struct ask *k);		/* its callback will not run; NULL is a no-op */

/* From main.c: an answer came; a peer came or went. */
void	ask_answered(struct webhookd *w, const struct bus_msg *msg);
void	ask_peer(struct webhookd *w, const struct bus_peer *peer);

struct ask_stats { uint64_t asked, failed, refused, again; size_t pending; };
const struct ask_stats *ask_get_stats(const struct asks *a);

#endif
