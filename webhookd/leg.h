/* SPDX-License-Identifier: ISC */
/*
 * leg: the state of one leg as its events report it. Pure: no I/O.
 *
 * Events come late, doubled and out of order. A leg has the rank of the
 * highest status seen (event.h) and never goes back; among equal ranks the
 * later timestamp wins, and the first terminal status stays, except that
 * "completed" adds its figures (duration, price, times) to any other end.
 */
#ifndef WEBHOOKD_LEG_H
#define WEBHOOKD_LEG_H

#include <stdbool.h>

#include "common/store.h"
#include "webhookd/event.h"

enum leg_change {
	LEG_SAME,	/* late or doubled: nothing of the state moved (figures may have) */
	LEG_MOVED,	/* a new status */
	LEG_ENDED	/* a new status, and it is terminal */
};

/* A leg nobody has heard of: rank EVENT_RANK_NONE. */
void	leg_init(struct store_leg *leg, const char *uuid);
/* now: wall ms, used where the event has no timestamp. */
enum leg_change leg_apply(struct store_leg *leg, const struct event *ev, int64_t now);

#endif
