/* SPDX-License-Identifier: ISC */
#include "webhookd/campaignpace.h"

#include "webhookd/dialresult.h"

int
campaignpace_room(const struct dial_options *o, int in_progress, int64_t next_at, int64_t now)
{
	if (in_progress >= o->batch)
		return 0;
	if (o->pace_max_ms == 0)
		return o->batch - in_progress;
	/* later than the longest pause: the clock was set back */
	return now >= next_at || next_at - now > o->pace_max_ms ? 1 : 0;
}

int64_t
campaignpace_next(int min_ms, int max_ms, uint32_t random, int64_t now)
{
	return now + dialresult_between(min_ms, max_ms, random);
}
