/* SPDX-License-Identifier: ISC */
#include "common/hist.h"

#include <assert.h>
#include <stddef.h>

static const int32_t edge_us[] = {
	100, 250, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 5500, 6000, 7000,
	8000, 9000, 10000, 12000, 14000, 16000, 18000, 20000, 25000, 30000, 35000, 40000, 50000,
	60000, 80000, 100000, 150000, 200000, 300000, 500000, 1000000, 2000000, 5000000, INT32_MAX
};
static_assert(sizeof(edge_us) / sizeof(edge_us[0]) == HIST_NCLASSES, "one edge a class");

static unsigned
class_of(int64_t us)
{
	unsigned	lo = 0, hi = HIST_NCLASSES - 1, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (us <= edge_us[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void
hist_add(struct hist *h, int64_t us)
{
	uint32_t	*count = &h->counts[class_of(us)];

	if (*count < UINT32_MAX)
		(*count)++;
	if (us > h->max_us)
		h->max_us = us;
}

void
hist_merge(struct hist *into, const struct hist *h)
{
	unsigned	i;

	for (i = 0; i < HIST_NCLASSES; i++) {
		if (h->counts[i] > UINT32_MAX - into->counts[i])
			into->counts[i] = UINT32_MAX;
		else
			into->counts[i] += h->counts[i];
	}
	if (h->max_us > into->max_us)
		into->max_us = h->max_us;
}

uint64_t
hist_total(const struct hist *h)
{
	uint64_t	total = 0;
	unsigned	i;

	for (i = 0; i < HIST_NCLASSES; i++)
		total += h->counts[i];
	return total;
}

int64_t
hist_permille(const struct hist *h, unsigned permille)
{
	uint64_t	total = hist_total(h), upto, seen = 0;
	unsigned	i;

	if (total == 0)
		return 0;
	upto = (total * permille + 999) / 1000;
	for (i = 0; i < HIST_NCLASSES; i++) {
		seen += h->counts[i];
		if (seen >= upto)
			break;
	}
	if (i >= HIST_NCLASSES - 1)
		return h->max_us;
	return edge_us[i] < h->max_us ? edge_us[i] : h->max_us;
}
