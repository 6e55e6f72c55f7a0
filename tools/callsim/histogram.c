/* SPDX-License-Identifier: ISC */
#include "tools/callsim/histogram.h"

#include <math.h>
#include <stddef.h>

void
histogram_add(struct histogram *h, double ms)
{
	double	at = floor((ms - HISTOGRAM_MIN_MS) * 10);
	size_t	bin = 0;

	if (at >= HISTOGRAM_BINS)
		bin = HISTOGRAM_BINS - 1;
	else if (at > 0)
		bin = (size_t)at;
	h->bins[bin]++;
	if (h->count == 0 || ms < h->min_ms)
		h->min_ms = ms;
	if (h->count == 0 || ms > h->max_ms)
		h->max_ms = ms;
	h->count++;
}

double
histogram_quantile(const struct histogram *h, double q)
{
	uint64_t want = (uint64_t)ceil(q * (double)h->count), seen = 0;
	double	 edge;
	size_t	 i;

	if (h->count == 0)
		return 0;
	if (want == 0)
		want = 1;
	for (i = 0; i < HISTOGRAM_BINS; i++) {
		seen += h->bins[i];
		if (seen >= want)
			break;
	}
	edge = HISTOGRAM_MIN_MS + ((double)i + 1) / 10;
	if (edge > h->max_ms)
		edge = h->max_ms;
	return edge < h->min_ms ? h->min_ms : edge;
}
