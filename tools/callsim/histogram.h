/* SPDX-License-Identifier: ISC */
/*
 * histogram: percentiles of very many times without keeping them.
 *
 * Values are milliseconds, put in bins of 0.1 ms from -2000 to +6000 ms; what
 * lies outside goes into the outermost bin, the extremes are kept exactly.
 * Memory is fixed (320 KB), adding costs one increment. Pure.
 */
#ifndef CALLSIM_HISTOGRAM_H
#define CALLSIM_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_MIN_MS	(-2000)
#define HISTOGRAM_MAX_MS	6000
#define HISTOGRAM_BINS		((HISTOGRAM_MAX_MS - HISTOGRAM_MIN_MS) * 10)

struct histogram {		/* zero-initialise */
	uint64_t count;
	double	 min_ms, max_ms;		/* valid when count > 0 */
	uint32_t bins[HISTOGRAM_BINS];
};

void	histogram_add(struct histogram *h, double ms);
/* The upper edge of the bin that holds the q-th part (0 < q <= 1); 0 when empty. */
double	histogram_quantile(const struct histogram *h, double q);

#endif
