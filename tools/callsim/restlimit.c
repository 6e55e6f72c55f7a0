/* SPDX-License-Identifier: ISC */
#include "tools/callsim/restlimit.h"

#include <assert.h>

bool
restlimit_take(struct restlimit *l, unsigned per_s, int64_t now_ms)
{
	unsigned	oldest;

	assert(per_s <= RESTLIMIT_MAX);
	if (per_s == 0)
		return true;
	while (l->count > 0) {
		oldest = (l->next + RESTLIMIT_MAX - l->count) % RESTLIMIT_MAX;
		if (now_ms - l->at_ms[oldest] < RESTLIMIT_WINDOW_MS)
			break;
		l->count--;
	}
	if (l->count >= per_s)
		return false;
	l->at_ms[l->next] = now_ms;
	l->next = (l->next + 1) % RESTLIMIT_MAX;
	l->count++;
	return true;
}
