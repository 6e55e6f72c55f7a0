/* SPDX-License-Identifier: ISC */
/*
 * restlimit: so many requests in any second, as Vonage counts them
 * (spec/vonage.md 7.6: throttled requests are refused, not queued). The window
 * slides; refused ones do not count. Pure: the time is passed in.
 */
#ifndef CALLSIM_RESTLIMIT_H
#define CALLSIM_RESTLIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define RESTLIMIT_MAX		1000	/* a second */
#define RESTLIMIT_WINDOW_MS	1000

struct restlimit {		/* zero-initialise */
	int64_t	 at_ms[RESTLIMIT_MAX];	/* a ring of the last ones let through */
	unsigned next, count;
};

/* One more at now_ms (monotonic)? per_s 1 to RESTLIMIT_MAX; 0: always. */
bool	restlimit_take(struct restlimit *l, unsigned per_s, int64_t now_ms);

#endif
