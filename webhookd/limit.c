/* SPDX-License-Identifier: ISC */
#include "webhookd/limit.h"

#include <assert.h>
#include <string.h>

#define NEVER	INT64_MIN

void
limit_init(struct limit *l, int per_s, int shares)
{
	int	i;

	memset(l, 0, sizeof(*l));
	l->n = per_s / shares > 0 ? per_s / shares : 1;
	assert(l->n <= LIMIT_MAX);
	/* More processes than there are events in a second: each waits longer. */
	l->window_ms = (per_s >= shares ? 1000 : 1000LL * shares / per_s) + LIMIT_SLACK_MS;
	for (i = 0; i < LIMIT_MAX; i++)
		l->at[i] = NEVER;
	l->paused_until_ms = NEVER;
}

int64_t
limit_wait_ms(const struct limit *l, int64_t now_ms)
{
	int64_t	oldest = l->at[l->next], wait = 0;

	if (oldest != NEVER && now_ms < oldest + l->window_ms)
		wait = oldest + l->window_ms - now_ms;
	if (l->paused_until_ms != NEVER && l->paused_until_ms - now_ms > wait)
		wait = l->paused_until_ms - now_ms;
	return wait;
}

void
limit_take(struct limit *l, int64_t now_ms)
{
	l->at[l->next] = now_ms;
	l->next = (l->next + 1) % (unsigned)l->n;
}

void
limit_pause(struct limit *l, int64_t now_ms, int64_t ms)
{
	if (now_ms + ms > l->paused_until_ms)
		l->paused_until_ms = now_ms + ms;
}
