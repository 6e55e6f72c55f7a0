/* SPDX-License-Identifier: ISC */
#include "webhookd/reconnect.h"

#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/calls.h"
#include "webhookd/ncco.h"

#define RETRY_US	100000	/* a look at the peers so often while somebody waits */

struct waiter {
	TAILQ_ENTRY(waiter)	 entry;
	struct http_req		*req;
	struct callid		 id;
	char			 key[129];
	int64_t			 until_ms;	/* monotonic */
};

struct reconnect {
	struct webhookd		*w;
	struct loop_watch	*timer;
	TAILQ_HEAD(waiter_head, waiter) waiters;
};

/* Send the NCCO and remember it for a doubled event. */
static void
answer(struct reconnect *r, struct waiter *wait, const char *flow, const char *uri)
{
	struct known_call	*call = calls_find(r->w->calls, &wait->id);
	char			*text;
	size_t			 len;

	if (call == NULL || (text = ncco_make(r->w, call, flow, FLOW_START, uri, &len)) == NULL) {
		reply_problem(wait->req, 503, "Out of memory", NULL);
		return;
	}
	free(call->reply);
	call->reply = text;
	call->reply_len = len;
	(void)snprintf(call->reply_key, sizeof(call->reply_key), "%s", wait->key);
	http_reply(wait->req, 200, "application/json", text, len);
}

/* true: answered. */
static bool
try_answer(struct reconnect *r, struct waiter *wait, bool last)
{
	struct log_ctx	ctx = { wait->id.text };
	char		uri[512];

	if (ncco_socket_uri(r->w, &wait->id, uri, sizeof(uri))) {
		r->w->stats.reconnects++;
		log_info(&ctx, "call.reconnect", "to=sockd");
		answer(r, wait, "reconnect", uri);
		return true;
	}
	if (!last)
		return false;
	if (ncco_any_socket_uri(r->w, &wait->id, uri, sizeof(uri))) {
		r->w->stats.reconnects++;
		log_warn(&ctx, "call.reconnect", "cause=no_sockd did=one_moment_then_connect");
		answer(r, wait, "moment", uri);
	} else {
		r->w->stats.reconnects_given_up++;
		log_error(&ctx, "call.lost", "cause=no_sockd_was_ever_seen did=apologised");
		answer(r, wait, "apology", NULL);
	}
	return true;
}

static void
look(struct reconnect *r, bool last)
{
	struct waiter	*wait, *next;

	for (wait = TAILQ_FIRST(&r->waiters); wait != NULL; wait = next) {
		next = TAILQ_NEXT(wait, entry);
		if (try_answer(r, wait, last || clock_mono_ms() >= wait->until_ms)) {
			TAILQ_REMOVE(&r->waiters, wait, entry);
			free(wait);
		}
	}
	if (!TAILQ_EMPTY(&r->waiters))
		loop_timer_set(r->w->d->loop, r->timer, RETRY_US);
}

static void
on_timer(void *arg)
{
	look(arg, false);
}

struct reconnect *
reconnect_new(struct webhookd *w)
{
	struct reconnect	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->w = w;
	TAILQ_INIT(&r->waiters);
	if ((r->timer = loop_timer_new(w->d->loop, on_timer, r)) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
reconnect_free(struct reconnect *r)
{
	if (r == NULL)
		return;
	look(r, true);
	loop_watch_free(r->w->d->loop, r->timer);
	free(r);
}

void
reconnect_start(struct reconnect *r, struct http_req *req, const struct callid *id, const char *key)
{
	struct known_call	*call = calls_find(r->w->calls, id);
	struct waiter		*wait;

	if (call != NULL && key[0] != '\0' && call->reply != NULL && strcmp(call->reply_key, key) == 0) {
		http_reply(req, 200, "application/json", call->reply, call->reply_len);
		return;
	}
	if (call == NULL || (wait = mem_calloc(1, sizeof(*wait))) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	wait->req = req;
	wait->id = *id;
	(void)snprintf(wait->key, sizeof(wait->key), "%s", key);
	wait->until_ms = clock_mono_ms() + conf_of(r->w)->reconnect_wait_ms;
	if (++call->reconnects > conf_of(r->w)->max_reconnects) {
		r->w->stats.reconnects_given_up++;
		log_error(&(struct log_ctx){ id->text }, "call.lost", "cause=max_reconnects did=apologised");
		answer(r, wait, "apology", NULL);
		free(wait);
		return;
	}
	TAILQ_INSERT_TAIL(&r->waiters, wait, entry);
	look(r, false);
}

void
reconnect_retry(struct reconnect *r)
{
	look(r, false);
}
