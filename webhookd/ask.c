/* SPDX-License-Identifier: ISC */
#include "webhookd/ask.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/webhookd.h"

#define TICK_US		100000
#define REFUSED		"refused: "	/* how a brokerd begins its cause when another one may do it */

struct ask {
	TAILQ_ENTRY(ask)	 link;
	struct asks		*asks;
	struct callid		 call;		/* "" none */
	struct msg_ask		 m;
	ask_done		*done;
	void			*arg;
	struct bus_peer		*peer;		/* who is asked now; NULL: nobody yet */
	struct bus_peer		*tried[ASK_TRIES];
	size_t			 ntried;
	int64_t			 until_ms;	/* monotonic: the end of this try, or of waiting for one */
	char			 error[sizeof(((struct msg_answer *)NULL)->error)];
};
TAILQ_HEAD(ask_list, ask);

struct asks {
	struct webhookd		*w;
	struct loop_watch	*timer;
	struct ask_list		 list;
	uint64_t		 serial;
	struct ask_stats	 stats;
};

static int
try_ms(const struct webhookd *w, const char *what)
{
	const struct webhookd_conf	*c = conf_of(w);

	if (strcmp(what, "turn") == 0)
		return c->ask_turn_ms;
	if (strcmp(what, "say") == 0)
		return c->ask_say_ms;
	return strcmp(what, "summary") == 0 ? c->ask_summary_ms : -1;
}

static void
ask_free(struct ask *k)
{
	TAILQ_REMOVE(&k->asks->list, k, link);
	k->asks->stats.pending--;
	free(k);
}

static void
finish(struct ask *k, const struct msg_answer *answer)
{
	ask_done	*done = k->done;
	void		*arg = k->arg;
	struct log_ctx	 ctx = { k->call.text[0] != '\0' ? k->call.text : NULL };

	if (!answer->ok) {
		k->asks->stats.failed++;
		log_error(&ctx, "ask.failed", "what=%s id=%s tries=%zu cause=%s", k->m.what, LOG_Q(k->m.id), k->ntried,
		    LOG_Q(answer->error));
	}
	ask_free(k);
	done(arg, answer);
}

static void
fail(struct ask *k, const char *cause)
{
	struct msg_answer	 m = { .ok = false };

	(void)snprintf(m.id, sizeof(m.id), "%s", k->m.id);
	(void)snprintf(m.error, sizeof(m.error), "%s", cause);
	finish(k, &m);
}

/* ---- whom to ask ---- */

static bool
was_tried(const struct ask *k, const struct bus_peer *peer)
{
	size_t	 i;

	for (i = 0; i < k->ntried; i++)
		if (k->tried[i] == peer)
			return true;
	return false;
}

static int64_t
load_of(const struct asks *a, const struct bus_peer *peer)
{
	const struct ask	*k;
	int64_t			 load = peer->calls;

	TAILQ_FOREACH(k, &a->list, link)
		load += k->peer == peer;
	return load;
}

/* One that was not tried, if there is one. */
static struct bus_peer *
pick(const struct ask *k, bool again)
{
	struct bus	*bus = k->asks->w->d->bus;
	struct bus_peer	*peer, *best = NULL;
	size_t		 i;

	for (i = 0; (peer = bus_peer_at(bus, i)) != NULL; i++)
		if (peer->daemon == CONF_BROKERD && peer->alive && !peer->draining && (again || !was_tried(k, peer)) &&
		    (best == NULL || load_of(k->asks, peer) < load_of(k->asks, best)))
			best = peer;
	return best;
}

static void
send_to(struct ask *k, struct bus_peer *peer)
{
	struct webhookd	*w = k->asks->w;

	if (bus_order_json(w->d->bus, peer, MSG_AI_ASK, k->call.text[0] != '\0' ? &k->call : NULL, &k->m) != BUS_OK)
		return;			/* the next tick tries again, or another one */
	if (k->ntried > 0)
		k->asks->stats.again++;
	k->peer = peer;
	k->tried[k->ntried++] = peer;
	k->until_ms = clock_mono_ms() + try_ms(w, k->m.what);
	log_debug(NULL, "ask", "what=%s id=%s to=%s", k->m.what, LOG_Q(k->m.id), peer->name);
}

/* Nobody has it: give it to somebody, who may have had it before only when no other is there. */
static void
place(struct ask *k)
{
	struct bus_peer	*peer = pick(k, false);

	if (peer == NULL)
		peer = pick(k, true);
	if (peer != NULL)
		send_to(k, peer);
}

/* The one that was asked will not answer: another one, or the end. */
static void
try_next(struct ask *k, const char *cause)
{
	struct log_ctx	 ctx = { k->call.text[0] != '\0' ? k->call.text : NULL };

	log_warn(&ctx, "ask.again", "what=%s id=%s peer=%s cause=%s", k->m.what, LOG_Q(k->m.id),
	    k->peer != NULL ? k->peer->name : "-", LOG_Q(cause));
	(void)snprintf(k->error, sizeof(k->error), "%s", cause);
	k->peer = NULL;
	if (k->ntried >= ASK_TRIES)
		return;			/* the tick ends it: never a callback inside ask_start() */
	k->until_ms = clock_mono_ms() + try_ms(k->asks->w, k->m.what);
	place(k);
}

static void
look_at(struct ask *k)
{
	bool	 late = clock_mono_ms() >= k->until_ms;

	if (k->peer != NULL && late && pick(k, false) == NULL)
		fail(k, "no answer in time, and no other brokerd");
	else if (k->peer != NULL && late)
		try_next(k, "no answer in time");
	else if (k->peer == NULL && (late || k->ntried >= ASK_TRIES))
		fail(k, k->error[0] != '\0' ? k->error : "no brokerd is alive");
	else if (k->peer == NULL)
		place(k);
}

static void
on_tick(void *arg)
{
	struct asks	*a = arg;
	struct ask	*k, *next;
	size_t		 left = a->stats.pending;

	/* A callback may start or cancel others: begin anew after each end. */
	for (k = TAILQ_FIRST(&a->list); k != NULL && left-- > 0; k = next) {
		size_t	 before = a->stats.pending;

		next = TAILQ_NEXT(k, link);
		look_at(k);
		if (a->stats.pending != before)
			next = TAILQ_FIRST(&a->list);
	}
	if (a->stats.pending > 0)
		loop_timer_set(a->w->d->loop, a->timer, TICK_US);
}

/* ---- what comes in ---- */

static struct ask *
find(struct asks *a, const char *id)
{
	struct ask	*k;

	TAILQ_FOREACH(k, &a->list, link)
		if (strcmp(k->m.id, id) == 0)
			return k;
	return NULL;
}

void
ask_answered(struct webhookd *w, const struct bus_msg *msg)
{
	struct msg_answer	 m;
	struct ask		*k;

	if (msg_decode(MSG_AI_REPLY, msg->body, msg->len, &m) == -1) {
		log_warn(NULL, "order.bad", "kind=%s from=%s", msg_kind_name(msg->head.kind), LOG_Q(msg->head.from));
		return;
	}
	k = find(w->asks, m.id);
	/* Of one that was given up: its row is no longer what counts. */
	if (k == NULL || k->peer == NULL || strcmp(k->peer->name, msg->head.from) != 0)
		return;
	if (!m.ok && strncmp(m.error, REFUSED, strlen(REFUSED)) == 0)
		try_next(k, m.error);
	else
		finish(k, &m);
}

void
ask_peer(struct webhookd *w, const struct bus_peer *peer)
{
	struct ask	*k, *next;

	for (k = TAILQ_FIRST(&w->asks->list); k != NULL; k = next) {
		next = TAILQ_NEXT(k, link);
		if (!peer->alive && k->peer == peer)
			try_next(k, "brokerd is gone");
		else if (peer->alive && k->peer == NULL && k->ntried < ASK_TRIES)
			place(k);
	}
}

/* ---- life ---- */

struct ask *
ask_start(struct webhookd *w, const struct callid *call, const struct msg_ask *m, ask_done *done, void *arg)
{
	struct asks	*a = w->asks;
	struct ask	*k;

	if (try_ms(w, m->what) == -1) {
		errno = EINVAL;
		return NULL;
	}
	if (a->stats.pending >= (size_t)conf_of(w)->ask_max) {
		a->stats.refused++;
		errno = EAGAIN;
		return NULL;
	}
	if ((k = mem_calloc(1, sizeof(*k))) == NULL)
		return NULL;
	k->asks = a;
	k->m = *m;
	k->done = done;
	k->arg = arg;
	if (call != NULL)
		k->call = *call;
	if (k->m.id[0] == '\0')
		(void)snprintf(k->m.id, sizeof(k->m.id), "%s.%lld.%lld.%llu", w->d->name, (long long)getpid(),
		    (long long)clock_wall_ms(), (unsigned long long)++a->serial);
	k->until_ms = clock_mono_ms() + try_ms(w, m->what);
	TAILQ_INSERT_TAIL(&a->list, k, link);
	a->stats.asked++;
	if (a->stats.pending++ == 0)
		loop_timer_set(w->d->loop, a->timer, TICK_US);
	place(k);
	return k;
}

void
ask_cancel(struct ask *k)
{
	if (k != NULL)
		ask_free(k);
}

struct asks *
asks_new(struct webhookd *w)
{
	struct asks	*a;

	if ((a = mem_calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->w = w;
	TAILQ_INIT(&a->list);
	if ((a->timer = loop_timer_new(w->d->loop, on_tick, a)) == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

void
asks_free(struct asks *a)
{
	if (a == NULL)
		return;
	while (!TAILQ_EMPTY(&a->list))
		ask_free(TAILQ_FIRST(&a->list));
	loop_watch_free(a->w->d->loop, a->timer);
	free(a);
}

const struct ask_stats *
ask_get_stats(const struct asks *a)
{
	return &a->stats;
}
