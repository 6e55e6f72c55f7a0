/* SPDX-License-Identifier: ISC */
#include "tools/callsim/arrival.h"

#include <stdlib.h>

struct arrival_frame
arrival_take(struct arrival *a, int64_t now_us)
{
	struct arrival_frame	f = { 0 };

	if (!a->running || now_us - a->due_us > ARRIVAL_PAUSE_MS * 1000) {
		a->running = true;
		a->begin_us = now_us;
		a->due_us = now_us;
	} else {
		f.has_lateness = true;
		f.lateness_us = now_us - a->due_us;
		if (now_us - a->begin_us >= ARRIVAL_SETTLE_MS * 1000) {
			f.has_jitter = true;
			f.jitter_us = llabs(now_us - a->last_us - ARRIVAL_FRAME_US);
		}
		if (f.lateness_us > 0)
			a->due_us = now_us;
	}
	a->due_us += ARRIVAL_FRAME_US;
	a->last_us = now_us;
	return f;
}

void
arrival_clear(struct arrival *a)
{
	a->running = false;
}
