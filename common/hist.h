/* SPDX-License-Identifier: ISC */
/*
 * hist: times, such as how late frames were sent, counted in 40 classes from 0.1 ms to 5 s.
 * A percentile is the upper edge of its class, so it errs upwards: 5 % to 25 %
 * of the value above 1 ms. Pure; 168 bytes.
 */
#ifndef COMMON_HIST_H
#define COMMON_HIST_H

#include <stdint.h>

#define HIST_NCLASSES	40

struct hist {
	uint32_t	counts[HIST_NCLASSES];	/* stand still at their maximum */
	int64_t		max_us;
};

void	hist_add(struct hist *h, int64_t us);
/* into += h */
void	hist_merge(struct hist *into, const struct hist *h);
uint64_t hist_total(const struct hist *h);
/* Microseconds that permille of all values do not exceed (never above the largest value); 0 when empty. */
int64_t	hist_permille(const struct hist *h, unsigned permille);

#endif
