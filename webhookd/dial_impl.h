/* SPDX-License-Identifier: ISC */
/*
 * dial_impl: what the files of dial share. Not for others.
 *
 *   dial.c         the rows that are due, one after the other; the rules; adding
 *   dial_place.c   one attempt, from its commit to the answer
 *   dial_lookup.c  attempts whose answer was never read; calls that fell silent
 *   dial_end.c     what events make of a dial
 *   campaign.c     whose turn it is: claims, pace, batches
 */
#ifndef WEBHOOKD_DIAL_IMPL_H
#define WEBHOOKD_DIAL_IMPL_H

#include "common/dialopts.h"
#include "webhookd/dial.h"
#include "webhookd/webhookd.h"

#define DIAL_TICK_MS		500	/* rows of callctl are seen within 1 s */
#define DIAL_SLOTS		64	/* attempts between their commit and the end of their answer's */
#define DIAL_LOOKUPS		256	/* attempts that are looked up; more wait in the store */
#define DIAL_DAY_MS		86400000	/* of max_per_day */
#define DIAL_STALE_MS		20000	/* a commit that took longer: not sent any more */
#define DIAL_ORPHAN_MS		120000	/* an attempt of another webhookd that is so old is anybody's */
#define DIAL_HOLD_MAX_MS	60000	/* longest pause after Vonage did not take a call */
#define DIAL_REAP_MS		2000	/* how often calls that fell silent are looked for */
#define DIAL_REAPS		4	/* of which so many are asked about at a time */
#define DIAL_FORBIDDEN_MAX	3	/* 403 in a row pause a campaign */
#define CAMPAIGNS_MAX		64	/* that run or are paused; later ones wait */

struct dial_slot {		/* an attempt under way */
	struct dials	*ds;
	bool		 used;
	int		 n;
	int64_t		 added_mono_ms;
	struct store_dial row;
	struct dial_options o;
};

struct dial_lookup {		/* an attempt that nobody knows the end of */
	struct dials	*ds;
	bool		 used, busy;
	int64_t		 dial, at, next_ms;	/* wall */
	int		 n, looks;		/* looks that found nothing */
	char		 number[DIAL_NUMBER_SIZE], from[16];	/* from "": any */
	char		 uuid[65], conversation[64];	/* found; "" not */
};

struct dial_campaign {		/* one that runs, as it was read in this tick */
	int64_t		 id;
	int64_t		 until;			/* of our lease; 0: not ours */
	int64_t		 next_at;
	int64_t		 finish_ms;		/* not to be tried to finish before */
	int		 forbidden;		/* of its calls since one was placed */
	struct store_campaign row;
	bool		 seen, finishing;
};

struct dials {
	struct webhookd	*w;
	struct loop_watch *timer;
	struct dial_slot slots[DIAL_SLOTS];
	struct dial_lookup lookups[DIAL_LOOKUPS];
	struct dial_campaign campaigns[CAMPAIGNS_MAX];
	int		 hold_ms;		/* 0: Vonage takes calls */
	int64_t		 hold_until_ms;		/* monotonic */
	int64_t		 placed_at;		/* the last call, wall; 0 none */
	int64_t		 reap_ms;
	int		 reaping;
	int		 room;			/* attempts that may begin in this tick */
	struct dials_stats stats;
};

/* dial.c */
uint32_t dial_random(void);
struct dial_slot *dial_slot_of(struct dials *ds, int64_t dial);	/* NULL: none */
/* Options of a dial: of the configuration, of its campaign, its own. -1: EINVAL, text in err. */
int	dial_options_of(struct webhookd *w, const struct store_dial *d, struct dial_options *ret, char *err, size_t err_size);
/* Place one that is due, or hold it. true: an attempt begins. */
bool	dial_try(struct dials *ds, const struct store_dial *d);
/* Vonage takes no calls: everything waits. wait_ms -1: longer each time. */
void	dial_hold_back(struct dials *ds, int64_t wait_ms);
/* The completion of a write that only must not fail silently; arg is the struct dials. */
void	dial_written(void *arg, int rc, int err);

/* dial_place.c */
bool	dial_place(struct dials *ds, const struct store_dial *d, const struct dial_options *o);
/* The attempt is this call: remember and store it. done may be NULL. */
void	dial_is_call(struct dials *ds, int64_t dial, int n, const struct callid *call, const char *conversation,
	    store_done *done, void *arg);

/* dial_lookup.c */
void	dial_lookup_tick(struct dials *ds);
void	dial_lookup_forget(struct dials *ds, int64_t dial);
void	dial_reap_tick(struct dials *ds);

/* campaign.c */
void	campaigns_tick(struct dials *ds);
/* A call of that campaign (0: of none) was placed; or answered 403: several in a row are the account's, and it is paused. */
void	campaign_placed(struct dials *ds, int64_t id);
void	campaign_forbidden(struct dials *ds, int64_t id, const char *text);

#endif
