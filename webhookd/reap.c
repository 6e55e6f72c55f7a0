/* SPDX-License-Identifier: ISC */
#include "webhookd/reap.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_reap.h"
#include "webhookd/calls.h"
#include "webhookd/callstate.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/webhookd.h"

#define LOOK_US		1000000
#define AT_ONCE		5		/* questions a look: a third of what Vonage takes in a second */
#define SOCKETS_MAX	10000		/* lost ones that are remembered; more are left to the other rule */

struct gone {			/* a call whose socket closed */
	TAILQ_ENTRY(gone)	 entry;
	struct reap		*reap;
	struct callid		 id;
	int64_t			 due_ms;	/* monotonic */
	bool			 asking;
	bool			 back;		/* a new socket came while it was asked */
};

struct reap {
	struct webhookd		*w;
	struct loop_watch	*timer;
	TAILQ_HEAD(gone_head, gone) gone;	/* in the order of due_ms */
	size_t			 ngone;
	size_t			 asking;	/* answers that will still come */
	struct reap_stats	 stats;
};

/* ---- hanging up ---- */

static void
hang_up(struct reap *r, const struct callid *id, const char *why)
{
	struct json_object	*args = json_object_new_object();
	struct log_ctx		 ctx = { id->text };

	if (args != NULL)
		(void)json_add_str(args, "reason", why);
	r->stats.hung_up++;
	log_warn(&ctx, "call.reaped", "cause=%s did=hang_up", why);
	if (jobs_add(r->w, "hangup", id, id->text, args, 0) == -1) {
		log_error(&ctx, "hangup.job", "cause=%s did=at_once", LOG_Q(strerror(errno)));
		jobs_hang_up_now(r->w->jobs, id);
	}
	json_object_put(args);
}

/* ---- lost sockets ---- */

static struct gone *
gone_find(struct reap *r, const struct callid *id)
{
	struct gone	*g;

	TAILQ_FOREACH(g, &r->gone, entry)
		if (callid_equal(&g->id, id))
			return g;
	return NULL;
}

static void
gone_free(struct gone *g)
{
	TAILQ_REMOVE(&g->reap->gone, g, entry);
	g->reap->ngone--;
	free(g);
}

/* In its place by due_ms: socket_gone_s may have been made shorter. */
static void
gone_put(struct reap *r, struct gone *g)
{
	struct gone	*before;

	g->due_ms = clock_mono_ms() + conf_of(r->w)->socket_gone_s * 1000LL;
	TAILQ_FOREACH_REVERSE(before, &r->gone, gone_head, entry)
		if (before->due_ms <= g->due_ms)
			break;
	if (before != NULL)
		TAILQ_INSERT_AFTER(&r->gone, before, g, entry);
	else
		TAILQ_INSERT_HEAD(&r->gone, g, entry);
}

void
reap_fact(struct reap *r, const struct bus_msg *msg)
{
	struct gone	*g;

	if (r == NULL || (msg->head.kind != MSG_CALL_START && msg->head.kind != MSG_CALL_END))
		return;
	g = gone_find(r, &msg->head.call);
	if (msg->head.kind == MSG_CALL_START) {
		if (g != NULL && g->asking)
			g->back = true;
		else if (g != NULL)
			gone_free(g);
		return;
	}
	if (g != NULL || r->ngone >= SOCKETS_MAX || (g = mem_calloc(1, sizeof(*g))) == NULL)
		return;
	g->reap = r;
	g->id = msg->head.call;
	gone_put(r, g);
	r->ngone++;
}

struct others {
	const struct store_call	*call;
	char			 here[sizeof(((struct store_leg *)NULL)->conversation)];	/* where the caller is; "" not known */
	bool			 person, beside, behind;	/* somebody else; a socket with the caller, or elsewhere */
};

/* Legs that hold the call without its socket, and sockets that the caller left behind: it was moved by REST. */
static bool
note_leg(void *arg, const struct store_leg *l)
{
	struct others	*o = arg;

	if (strcmp(l->uuid, o->call->id.text) == 0)
		return true;
	if (strcmp(l->type, "websocket") != 0)
		o->person |= l->rank < EVENT_RANK_TERMINAL;
	else if (l->conversation[0] == '\0' || o->here[0] == '\0' || strcmp(l->conversation, o->here) == 0)
		o->beside = true;
	else
		o->behind = true;
	return true;
}

/*
 * The caller hears nothing but the socket: its step is one, and no other person is there.
 * The legs are those of the store: this process may be younger than the call, or not the only one.
 */
static bool
only_a_socket(struct webhookd *w, struct known_call *call)
{
	const struct flow_state	*at = flow_state_of(w, call);
	const struct flow	*f = flow_find(w->flows, at->flow);
	const struct flow_step	*step = f != NULL ? flow_step_find(f, at->step) : NULL;
	struct others		 o = { .call = &call->row };
	const struct store_leg	*own;

	if (step != NULL && !step->socket)
		return false;
	/* ours: Vonage just told it, and its commit is on the way */
	if ((own = calls_leg(w->calls, call, call->row.id.text)) != NULL)
		(void)snprintf(o.here, sizeof(o.here), "%s", own->conversation);
	if (store_each_leg(w->store, &call->row.id, note_leg, &o) == -1) {
		log_error(&(struct log_ctx){ call->row.id.text }, "reap.read", "cause=%s did=not_hung_up", LOG_Q(strerror(errno)));
		return false;
	}
	return !o.person && (o.beside || !o.behind);
}

static void
on_told(void *arg, bool over, bool known)
{
	struct gone		*g = arg;
	struct known_call	*call;

	g->asking = false;
	g->reap->asking--;
	call = calls_find(g->reap->w->calls, &g->id);
	if (!known && !g->back && call != NULL && strcmp(call->row.state, "ended") != 0) {
		/* Vonage did not say: once more after the same time. */
		TAILQ_REMOVE(&g->reap->gone, g, entry);
		gone_put(g->reap, g);
		return;
	}
	if (known && !over && !g->back && call != NULL && !call->row.ending && only_a_socket(g->reap->w, call))
		hang_up(g->reap, &g->id, "socket_gone");
	gone_free(g);
}

static void
look_at_sockets(struct reap *r)
{
	struct known_call	*call;
	struct gone		*g, *next;
	int			 n = 0;

	for (g = TAILQ_FIRST(&r->gone); g != NULL && g->due_ms <= clock_mono_ms() && n < AT_ONCE; g = next) {
		next = TAILQ_NEXT(g, entry);
		if (g->asking)
			continue;
		call = calls_find(r->w->calls, &g->id);
		if (call == NULL || strcmp(call->row.state, "ended") == 0) {
			gone_free(g);
			continue;
		}
		log_info(&(struct log_ctx){ g->id.text }, "call.silent", "cause=socket_gone did=ask");
		n++;
		if (callstate_ask(r->w, &g->id, on_told, g) == -1)
			continue;		/* no key, or too many wait: the next look */
		g->asking = true;
		r->asking++;
		r->stats.asked++;
	}
}

/* ---- calls whose end was never told ---- */

struct found { struct callid ids[AT_ONCE]; bool ending[AT_ONCE]; int n; };

static bool
note(void *arg, const struct store_call *c)
{
	struct found	*f = arg;

	f->ending[f->n] = c->ending;
	f->ids[f->n++] = c->id;
	return f->n < AT_ONCE;
}

static void
look_at_silent(struct reap *r)
{
	struct found		 f = { .n = 0 };
	struct known_call	*call;
	int			 i;

	if (store_each_silent_call(r->w->store, clock_wall_ms() - conf_of(r->w)->call_silent_ms, AT_ONCE, note, &f) == -1) {
		log_error(NULL, "reap.read", "cause=%s", LOG_Q(strerror(errno)));
		return;
	}
	for (i = 0; i < f.n; i++) {
		/* The row of a call that just ended may not be written yet. */
		if ((call = calls_find(r->w->calls, &f.ids[i])) == NULL || strcmp(call->row.state, "ended") == 0)
			continue;
		call->row.asked_at = clock_wall_ms();
		(void)store_put_call(r->w->store, &call->row, NULL, NULL);
		if (callstate_ask(r->w, &f.ids[i], NULL, NULL) == 0) {
			r->stats.asked++;
			log_info(&(struct log_ctx){ f.ids[i].text }, "call.silent", "cause=no_end_was_told did=ask");
		}
		/* It was to end: the hang-up failed for good, or died before it was written. Of one that is over it is a 404. */
		if (call->row.ending || f.ending[i])
			hang_up(r, &f.ids[i], "still_open");
	}
}

static void
look_at_long(struct reap *r)
{
	struct found		 f = { .n = 0 };
	struct known_call	*call;
	int			 i;

	if (store_each_long_call(r->w->store, clock_wall_ms() - conf_of(r->w)->max_call_s * 1000LL, AT_ONCE, note, &f) == -1)
		return;
	for (i = 0; i < f.n; i++) {
		if ((call = calls_find(r->w->calls, &f.ids[i])) == NULL || call->row.ending || strcmp(call->row.state, "ended") == 0)
			continue;
		call->row.ending = true;
		(void)store_put_call(r->w->store, &call->row, NULL, NULL);
		hang_up(r, &f.ids[i], "max_call_s");
	}
}

/* ---- all of it ---- */

static void
on_timer(void *arg)
{
	struct reap	*r = arg;

	look_at_sockets(r);
	look_at_silent(r);
	look_at_long(r);
	loop_timer_set(r->w->d->loop, r->timer, LOOK_US);
}

struct reap *
reap_new(struct webhookd *w)
{
	struct reap	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->w = w;
	TAILQ_INIT(&r->gone);
	if ((r->timer = loop_timer_new(w->d->loop, on_timer, r)) == NULL) {
		free(r);
		return NULL;
	}
	if (bus_subscribe(w->d->bus, MSG_CALL_START, NULL) == -1 || bus_subscribe(w->d->bus, MSG_CALL_END, NULL) == -1)
		log_warn(NULL, "reap.subscribe", "cause=%s", LOG_Q(strerror(errno)));
	loop_timer_set(w->d->loop, r->timer, LOOK_US);
	return r;
}

void
reap_free(struct reap *r)
{
	struct gone	*g;

	if (r == NULL)
		return;
	loop_watch_free(r->w->d->loop, r->timer);
	while ((g = TAILQ_FIRST(&r->gone)) != NULL)
		gone_free(g);
	free(r);
}

const struct reap_stats *
reap_get_stats(const struct reap *r)
{
	return &r->stats;
}
