/* SPDX-License-Identifier: ISC */
/*
 * broker: the calls of this process and what they share: store, engines, bus.
 *
 * Ownership: a call is served from the claim of its offer until it ends, is
 * released, its sockd dies, or another process is found to own it. A process
 * that was stopped for longer than BROKER_LAG_MS asks the store whether it still
 * owns a call before it writes anything about it (broker_still_owner).
 */
#ifndef BROKERD_BROKER_H
#define BROKERD_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "brokerd/config.h"
#include "brokerd/setup.h"
#include "common/bus.h"
#include "common/daemon.h"
#include "common/store.h"

#define BROKER_TICK_MS		250
#define BROKER_LAG_MS		700	/* less than the 1000 ms after which a stopped process loses its calls (bus.h) */
#define BROKER_SETUPS_MAX	8	/* configurations that calls still use */

struct asks;
struct call;
struct event_base;
TAILQ_HEAD(calls, call);

struct broker_counters {
	uint64_t	 offers, declined, turns, interrupted, coughs, not_caught, failed, fillers, hangups, transfers, transfers_failed, duplicates, stale;
};

struct broker {
	struct daemon	*d;
	struct event_base *base;
	struct store	*store;
	struct event	*store_ev, *tick;
	struct httpc	*http;
	struct setup	*setups[BROKER_SETUPS_MAX];	/* the first is the current one */
	size_t		 nsetups;
	struct calls	 calls;
	struct asks	*asks;
	size_t		 ncalls;
	int		 max_calls, confirm_ms, max_history, ahead_ms, ask_max;
	size_t		 ask_bytes_max;
	int64_t		 alive_ms;	/* monotonic, of the last tick */
	struct broker_counters count;
};

int	broker_start(struct daemon *d);
void	broker_reload(struct daemon *d, const void *next);
void	broker_drain(struct daemon *d);
void	broker_stop(struct daemon *d);
void	broker_stat(struct daemon *d, struct json_object *stat);
void	broker_order(void *daemon, const struct bus_msg *msg);
void	broker_peer(void *daemon, struct bus_peer *peer);

struct call *broker_find(struct broker *b, const struct callid *id);
/* A call is over: it is freed from the loop, soon. */
void	broker_end_call(struct broker *b, struct call *c);
/* After a stop: does the store still name us? Quick when there was none. */
bool	broker_still_owner(struct broker *b, const struct callid *id);
/* The live webhookd to be told of a job; NULL none. */
struct bus_peer *broker_webhookd(struct broker *b);

#endif
