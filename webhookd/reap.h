/* SPDX-License-Identifier: ISC */
/*
 * reap: no line stays open, and no call stays open in the table.
 *
 * Vonage is asked (callstate.h) how a call is
 *   - whose socket is gone for socket_gone_s, without a new one and without its end;
 *   - of which nothing was heard for call_silent_ms: its `completed` may be lost.
 * One that Vonage does not know any more is ended here. One that lives although
 * its socket is gone, in a step that is nothing but that socket, is hung up. A call is also hung up
 * when it lasts longer than max_call_s, and once more when it was to end and is silent for call_silent_ms.
 *
 * A socket belongs to the caller's conversation: after a transfer, or while
 * another leg than the caller's and the bot's is there, its end means nothing.
 * What is remembered of lost sockets is in memory; after a restart the second rule does.
 */
#ifndef WEBHOOKD_REAP_H
#define WEBHOOKD_REAP_H

#include <stdint.h>

struct bus_msg;
struct reap;
struct webhookd;

struct reap_stats { uint64_t asked, hung_up; };

struct reap *reap_new(struct webhookd *w);	/* NULL: ENOMEM */
void	reap_free(struct reap *r);
/* A fact of sockd: call.start, call.end. */
void	reap_fact(struct reap *r, const struct bus_msg *msg);
const struct reap_stats *reap_get_stats(const struct reap *r);

#endif
