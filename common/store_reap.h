/* SPDX-License-Identifier: ISC */
/* store_reap: open calls that somebody should look after (store.h has the rules). fn: false stops. 0, -1 with errno. */
#ifndef COMMON_STORE_REAP_H
#define COMMON_STORE_REAP_H

#include "common/store.h"

/* Calls that did not end, and were neither begun nor asked about since (wall ms); those longest ago first. */
int	store_each_silent_call(struct store *s, int64_t since, int limit, bool (*fn)(void *arg, const struct store_call *c), void *arg);
/* Calls that did not end, began before (wall ms), and no hang-up was ordered for; the oldest first. */
int	store_each_long_call(struct store *s, int64_t before, int limit, bool (*fn)(void *arg, const struct store_call *c), void *arg);

#endif
