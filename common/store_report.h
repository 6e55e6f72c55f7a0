/* SPDX-License-Identifier: ISC */
/* store_report: what calls came to, in groups; and the prices. For tools. */
#ifndef COMMON_STORE_REPORT_H
#define COMMON_STORE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct store;

enum store_report_by { STORE_BY_ALL, STORE_BY_DAY, STORE_BY_FLOW, STORE_BY_ASSISTANT, STORE_BY_DIRECTION, STORE_BY_OUTCOME,
	STORE_BY_CAMPAIGN };
extern const char *const store_report_names[];		/* "all", "day", ...; NULL */

struct store_report {
	char	key[64];		/* of the group: "2026-11-21" (UTC), a flow, ... */
	int64_t	calls, answered;
	int64_t	success;		/* by outcome (callpipe-store(5)), or their dial is done */
	int64_t	duration_s;		/* of all */
	int64_t	turns, dead_air_ms;	/* dead air: the sum of ear latencies */
	int64_t	ear_p50_ms, ear_p95_ms;	/* -1: no turn was measured */
	double	cost;			/* of what has a price */
	int64_t	unpriced;		/* calls with usage that has none */
};
/* Calls that began in [since, until), wall ms, one row a group in the order of key. 0, -1 with errno. */
int	store_each_report(struct store *s, int64_t since, int64_t until, enum store_report_by by,
	    bool (*fn)(void *arg, const struct store_report *r), void *arg);

struct store_price { char kind[32], engine[64]; int64_t per; double price; };
int	store_each_price(struct store *s, bool (*fn)(void *arg, const struct store_price *p), void *arg);
/* At once, on a connection of its own. per 0: take it out (ENOENT: it was not there). EINVAL: no kind, per or price below 0. */
int	store_set_price(struct store *s, const struct store_price *p);

#endif
