/* SPDX-License-Identifier: ISC */
/*
 * dial: placing calls.
 *
 * Rows of dials (store_dial.h) are placed as they come due, those of campaigns
 * at their pace; callctl writes rows too, so they are looked for twice a second.
 * Before each request its attempt is committed, with the number n that its
 * answer_url and event_url carry (?d=DIAL&n=ATTEMPT). An attempt whose answer was
 * never read (time-out, kill -9) is looked up at Vonage by number and time
 * before the number is tried again, unless an event of the call comes first.
 *
 * Nobody is called: on the do-not-call list of contacts, in quiet hours, more
 * than max_per_day times in 24 hours (the dial waits), or with a number that
 * is none. Contacts that are blocked may not call us; we may call them.
 */
#ifndef WEBHOOKD_DIAL_H
#define WEBHOOKD_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/store_dial.h"

struct dials;
struct json_object;
struct known_call;
struct webhookd;

struct dials_stats {
	uint64_t placed, adopted, unknown, lost, refused, retries, held, reached, failed;
	uint64_t campaigns;		/* that this process has now */
};

struct dials *dials_new(struct webhookd *w);	/* NULL: ENOMEM */
void	dials_free(struct dials *ds);
void	dials_kick(struct dials *ds);		/* look soon */
bool	dials_idle(const struct dials *ds);	/* no attempt is between its commit and its end */
const struct dials_stats *dials_get_stats(const struct dials *ds);

/*
 * Add a number to be called. d: number (any form of dial_number()), flow, and
 * if wanted key, vars, options, next_at; the rest is set here. done runs after the commit
 * with the row as it is now: that of an earlier request when the key was used
 * before. rc -1: err, and no row. -1 at once: EINVAL (why in err), EAGAIN, ENOMEM; done does not run then.
 */
typedef void dial_done(void *arg, int rc, int err, const struct store_dial *row);
int	dial_add(struct webhookd *w, const struct store_dial *d, dial_done *done, void *arg, char *err, size_t err_size);

/*
 * A webhook with d and n in its address came for the leg uuid: the attempt is a
 * call now, if it was not yet, and the leg goes to its number (to; "" is not told): legs
 * that a flow connects inherit the address. To be called before the call is looked for.
 */
void	dial_adopt(struct webhookd *w, int64_t dial, int64_t n, const char *uuid, const char *conversation,
	    const char *to);
/*
 * The first leg of a call with a dial has this status ("human" and "machine"
 * too; detail is the sub_state then). Not for statuses that did not move the leg, but harmless.
 */
void	dial_event(struct webhookd *w, struct known_call *call, const char *status, const char *detail);
/* The variables that the dial has for its flow: the caller's; NULL: none, or no such dial. */
struct json_object *dial_vars(struct webhookd *w, int64_t dial);

#endif
