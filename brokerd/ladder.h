/* SPDX-License-Identifier: ISC */
/*
 * ladder: which engine is tried, and what next when it fails.
 *
 * The engines of a ladder are tried first to last. One that failed in a way
 * that may pass is tried once more (at once, or after what it asked for when that
 * is at most LADDER_WAIT_MS), then the next one. After the first piece of a
 * result nothing is tried again, because it may have been heard. An engine that
 * failed LADDER_AVOID_AFTER requests in a row is passed over for LADDER_AVOID_MS while
 * another one is there; then a request tries it again.
 */
#ifndef BROKERD_LADDER_H
#define BROKERD_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "brokerd/engine.h"

#define LADDER_RUNGS_MAX	8
#define LADDER_WAIT_MS		1500	/* a caller waits no longer for the same engine (spec/ai.md 0.4) */
#define LADDER_AVOID_AFTER	2
#define LADDER_AVOID_MS		10000

struct event_base;

struct ladder {				/* no jobs may be left when it goes */
	struct event_base *base;
	struct engine	*rungs[LADDER_RUNGS_MAX];	/* borrowed */
	size_t		 n;
};

/* The rung to try: not in the mask tried, if possible not to be avoided at now. -1: none is left. Pure. */
int	ladder_pick(const struct ladder *l, unsigned tried, int64_t now_ms);

struct ladder_job;
struct ladder_events {			/* as struct engine_events */
	void (*text)(void *arg, const char *delta, size_t len);
	void (*pcm)(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz);
	/* Exactly once unless cancelled; the job is freed after it. engine: who did it, "" nobody. */
	void (*done)(void *arg, const struct engine_result *res, const char *engine);
};
/*
 * rq is copied, its on and arg are not used. NULL with errno ENOMEM; engines that cannot start
 * are reported by done. No callback runs before this returns.
 */
struct ladder_job *ladder_start(const struct ladder *l, const struct engine_request *rq,
    const struct ladder_events *on, void *arg);
void	ladder_cancel(struct ladder_job *j);	/* NULL is a no-op; allowed in its text and pcm callbacks */
void	ladder_pause(struct ladder_job *j, bool paused);

#endif
