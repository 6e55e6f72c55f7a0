/* SPDX-License-Identifier: ISC */
/* timer: arm a libevent timer in milliseconds; replaces an earlier time. */
#ifndef BROKERD_TIMER_H
#define BROKERD_TIMER_H

#include <stdint.h>

#include <event2/event.h>

static inline void
timer_arm(struct event *ev, int64_t ms)
{
	struct timeval	 tv = { ms / 1000, ms % 1000 * 1000 };

	(void)event_add(ev, &tv);
}

static inline void
timer_free(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

#endif
