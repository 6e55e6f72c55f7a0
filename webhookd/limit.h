/* SPDX-License-Identifier: ISC */
/*
 * limit: at most n events in any window of time. Pure: time is given.
 *
 * The times of the last n are kept, so there is no burst at the edge of two
 * windows as a refilled bucket has. A window is LIMIT_SLACK_MS longer than asked, because
 * requests may come closer together at the other end than they left.
 */
#ifndef WEBHOOKD_LIMIT_H
#define WEBHOOKD_LIMIT_H

#include <stdint.h>

#define LIMIT_MAX	32
#define LIMIT_SLACK_MS	50

struct limit {
	int	 n;			/* 1 to LIMIT_MAX */
	int64_t	 window_ms;
	int64_t	 at[LIMIT_MAX];		/* ring of the last n */
	unsigned next;
	int64_t	 paused_until_ms;	/* told to wait */
};

/* per_s events a second, shared fairly by so many processes. */
void	limit_init(struct limit *l, int per_s, int shares);
/* 0: one may happen now, else ms to wait. */
int64_t	limit_wait_ms(const struct limit *l, int64_t now_ms);
void	limit_take(struct limit *l, int64_t now_ms);
void	limit_pause(struct limit *l, int64_t now_ms, int64_t ms);	/* nothing for so long; the longest counts */

#endif
