/* SPDX-License-Identifier: ISC */
/*
 * Server-sent events: the facts of all processes as they are published. What
 * is binary (audio) and `stat` is left out. A client that reads too slowly is
 * let go by http.h; nothing waits for it.
 */
#include "webhookd/api.h"

#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"

#define STREAMS_MAX	32
#define KEEPALIVE_US	15000000	/* proxies close what is silent for a minute */
#define EVENT_MAX	(64 * 1024)

struct listener {
	TAILQ_ENTRY(listener)	 entry;
	struct api_events	*events;
	struct http_stream	*stream;
	char			 call[CALLID_SIZE];	/* "" all */
	uint64_t		 kinds;			/* bit 1 << msg_kind */
	char			*authorization;		/* that let it in; owned */
};

struct api_events {
	struct webhookd		*w;
	struct loop_watch	*timer;
	TAILQ_HEAD(listeners, listener) listeners;
	size_t			 nlisteners;
	bool			 subscribed;
	uint64_t		 seq;
};

/* Kinds that a listener can get: all control bodies. */
static bool
is_event(enum msg_kind kind)
{
	return !msg_kind_binary(kind) && kind != MSG_STAT;
}

/* Subscribed with the first listener and for good: facts of one kind are cheap, and listeners come and go. */
static void
subscribe(struct api_events *e)
{
	int	k;

	if (e->subscribed)
		return;
	e->subscribed = true;
	for (k = 0; k < MSG_NKINDS; k++)
		if (is_event((enum msg_kind)k) && bus_subscribe(e->w->d->bus, (enum msg_kind)k, NULL) == -1)
			log_warn(NULL, "api.subscribe", "kind=%s", msg_kind_name((enum msg_kind)k));
}

static void
listener_free(struct listener *l)
{
	if (l->authorization != NULL)
		explicit_bzero(l->authorization, strlen(l->authorization));
	free(l->authorization);
	free(l);
}

static void
on_gone(void *arg)
{
	struct listener	*l = arg;

	TAILQ_REMOVE(&l->events->listeners, l, entry);
	l->events->nlisteners--;
	listener_free(l);
}

static void
on_timer(void *arg)
{
	struct api_events	*e = arg;
	struct listener		*l, *next;

	for (l = TAILQ_FIRST(&e->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, entry);
		http_stream_send(l->stream, ": alive\n\n", 9);
	}
	loop_timer_set(e->w->d->loop, e->timer, KEEPALIVE_US);
}

struct api_events *
api_events_new(struct webhookd *w)
{
	struct api_events	*e;

	if ((e = mem_calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->w = w;
	TAILQ_INIT(&e->listeners);
	if ((e->timer = loop_timer_new(w->d->loop, on_timer, e)) == NULL) {
		free(e);
		return NULL;
	}
	loop_timer_set(w->d->loop, e->timer, KEEPALIVE_US);
	return e;
}

void
api_events_free(struct api_events *e)
{
	struct listener	*l;

	if (e == NULL)
		return;
	while ((l = TAILQ_FIRST(&e->listeners)) != NULL) {
		http_stream_end(l->stream);
		on_gone(l);
	}
	loop_watch_free(e->w->d->loop, e->timer);
	free(e);
}

void
api_events_reload(struct api_events *e, const struct webhookd_conf *conf)
{
	struct listener	*l, *next;
	const char	*who;

	for (l = TAILQ_FIRST(&e->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (api_scope_of(conf, l->authorization, &who) >= API_READ)
			continue;
		log_info(NULL, "api.stream_ended", "cause=token");
		http_stream_end(l->stream);
		on_gone(l);
	}
}

size_t
api_events_streams(const struct api_events *e)
{
	return e->nlisteners;
}

/* "turn,call.state" as bits; 0: a name that is none. */
static uint64_t
kinds_of(const char *text)
{
	enum msg_kind	kind;
	uint64_t	bits = 0;
	size_t		len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (msg_kind_parse(text, len, &kind) == -1 || !is_event(kind))
			return 0;
		bits |= UINT64_C(1) << kind;
		if (text[len] == '\0')
			return bits;
	}
}

void
api_follow_events(struct api_request *rq)
{
	struct api_events	*e = rq->w->api_events;
	const char		*call = api_query(rq, "call"), *kinds = api_query(rq, "kind");
	struct listener		*l;
	uint64_t		 bits = kinds == NULL ? UINT64_MAX : kinds_of(kinds);

	if (bits == 0 || (call != NULL && !callid_valid(call, strlen(call)))) {
		api_problem(rq, 400, "Bad Request", bits == 0 ? "kind: no such kind of fact" : "call: not a call id");
		return;
	}
	if (e->nlisteners >= STREAMS_MAX || (l = mem_calloc(1, sizeof(*l))) == NULL) {
		api_problem(rq, 503, "Too many listeners", NULL);
		return;
	}
	if ((l->authorization = mem_strdup(http_header(rq->req, "Authorization"))) == NULL) {
		free(l);
		api_problem(rq, 503, "Out of memory", NULL);
		return;
	}
	l->events = e;
	l->kinds = bits;
	(void)snprintf(l->call, sizeof(l->call), "%s", call != NULL ? call : "");
	api_log(rq, "events", NULL);
	http_add_header(rq->req, "X-Accel-Buffering", "no");	/* nginx hands it on at once */
	if ((l->stream = http_stream_start(rq->req, "text/event-stream", on_gone, l)) == NULL) {
		listener_free(l);
		return;
	}
	TAILQ_INSERT_TAIL(&e->listeners, l, entry);
	e->nlisteners++;
	subscribe(e);
	http_stream_send(l->stream, ": callpipe\n\n", 12);
}

static int
print(struct api_events *e, const struct bus_msg *msg, struct buf *out)
{
	char	at[CLOCK_ISO_SIZE];

	(void)buf_printf(out, "id: %llu\nevent: %s\ndata: {\"kind\":\"%s\",\"at\":\"%s\",\"from\":\"%s\"",
	    (unsigned long long)e->seq, msg_kind_name(msg->head.kind), msg_kind_name(msg->head.kind),
	    clock_iso(clock_wall_ms(), at), msg->head.from);
	if (msg->head.call.text[0] != '\0')
		(void)buf_printf(out, ",\"call\":\"%s\"", msg->head.call.text);
	(void)buf_puts(out, ",\"body\":");
	(void)buf_append(out, msg->body, msg->len);
	(void)buf_puts(out, "}\n\n");
	return buf_failed(out) ? -1 : 0;
}

/* A body is one line of JSON made by one of our daemons; anything else does not go out. */
static bool
is_line(const struct bus_msg *msg)
{
	return msg->len >= 2 && memchr(msg->body, '\n', msg->len) == NULL && memchr(msg->body, '\r', msg->len) == NULL &&
	    ((const char *)msg->body)[0] == '{';
}

void
api_events_fact(struct api_events *e, const struct bus_msg *msg)
{
	struct listener	*l, *next;
	struct buf	 out;

	if (e == NULL || e->nlisteners == 0 || !is_event(msg->head.kind) || !is_line(msg))
		return;
	buf_init(&out, EVENT_MAX);
	e->seq++;
	if (print(e, msg, &out) == 0)
		for (l = TAILQ_FIRST(&e->listeners); l != NULL; l = next) {
			next = TAILQ_NEXT(l, entry);
			if ((l->kinds & UINT64_C(1) << msg->head.kind) != 0 &&
			    (l->call[0] == '\0' || strcmp(l->call, msg->head.call.text) == 0))
				http_stream_send(l->stream, out.data, out.len);
		}
	buf_clear(&out);
}

void
api_events_publish(struct webhookd *w, enum msg_kind kind, const struct callid *call, const void *fields)
{
	struct bus_msg	msg = { .head = { .kind = kind, .call = *call } };
	struct buf	body;

	bus_fact_json(w->d->bus, kind, call, fields);
	if (w->api_events == NULL || w->api_events->nlisteners == 0)
		return;
	buf_init(&body, MSG_BODY_MAX);
	if (msg_encode(kind, fields, &body) == 0) {
		(void)snprintf(msg.head.from, sizeof(msg.head.from), "%.*s", (int)sizeof(msg.head.from) - 1, w->d->name);
		msg.body = body.data;
		msg.len = body.len;
		api_events_fact(w->api_events, &msg);
	}
	buf_clear(&body);
}
