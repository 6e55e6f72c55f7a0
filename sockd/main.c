/* SPDX-License-Identifier: ISC */
/* sockd: holds the WebSocket of each call. See callpipe-sockd(8) and architecture.md 2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/token.h"
#include "sockd/life.h"
#include "sockd/loop_ev.h"
#include "sockd/orders.h"
#include "sockd/out.h"
#include "sockd/call.h"
#include "sockd/play.h"
#include "sockd/record.h"
#include "sockd/route.h"
#include "sockd/sockd.h"

struct timers {
	struct ev_loop		*loop;
	struct ev_timer		 tick, housekeeping;
	struct ev_prepare	 flush;
};

/* Calls may leave the list while it is walked, the present one only. */
static void
on_tick(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct sockd	*s = timer->data;
	struct call	*c, *next;
	int64_t		 now_us = clock_mono_us();

	(void)revents;
	for (c = s->playing; c != NULL; c = next) {
		next = c->play_next;
		play_tick(c, now_us);
	}
	if (s->playing == NULL)
		ev_timer_stop(loop, timer);
}

void
sockd_tick_wanted(struct sockd *s)
{
	if (s->timers != NULL && !ev_is_active(&s->timers->tick)) {
		ev_timer_set(&s->timers->tick, SOCKD_TICK_S, SOCKD_TICK_S);
		ev_timer_start(s->timers->loop, &s->timers->tick);
	}
}

/* webhookd writes the rows of recordings: sockd has no database. */
static void
tell_recordings(struct sockd *s)
{
	struct bus_peer		*to;
	struct recorder_file	 f;
	struct msg_saved	 m = { 0 };

	/* While no webhookd lives they wait in the recorder. */
	while (s->recorder != NULL && (to = bus_peer_least(s->d->bus, CONF_WEBHOOKD, NULL, 0)) != NULL &&
	    recorder_next_file(s->recorder, &f)) {
		(void)snprintf(m.path, sizeof(m.path), "%s", f.path);
		m.rate_hz = (int32_t)f.rate_hz;
		m.duration_ms = (int64_t)f.duration_ms;
		m.bytes = (int64_t)f.bytes;
		m.ended_wall_ms = f.ended_wall_ms;
		if (bus_order_json(s->d->bus, to, MSG_RECORD_SAVED, &f.call, &m) != BUS_OK)
			log_warn(&(struct log_ctx){ .call = f.call.text }, "record.untold",
			    "path=%s peer=%s did=left_without_a_row", LOG_Q(f.path), to->name);
		bus_fact_json(s->d->bus, MSG_RECORD_SAVED, &f.call, &m);
	}
}

static void
on_housekeeping(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	life_housekeeping(timer->data, clock_mono_ms());
	tell_recordings(timer->data);
}

static void
on_prepare(struct ev_loop *loop, struct ev_prepare *prepare, int revents)
{
	struct sockd	*s = prepare->data;

	(void)loop;
	(void)revents;
	out_flush(s->out);
}

static int
start_timers(struct sockd *s)
{
	struct timers	*t;

	if ((t = s->timers = mem_calloc(1, sizeof(*t))) == NULL)
		return -1;
	t->loop = loop_native(s->d->loop);
	ev_timer_init(&t->tick, on_tick, SOCKD_TICK_S, SOCKD_TICK_S);
	ev_timer_init(&t->housekeeping, on_housekeeping, SOCKD_HOUSEKEEPING_S, SOCKD_HOUSEKEEPING_S);
	ev_prepare_init(&t->flush, on_prepare);
	t->tick.data = t->housekeeping.data = t->flush.data = s;
	ev_timer_start(t->loop, &t->housekeeping);
	ev_prepare_start(t->loop, &t->flush);
	return 0;
}

static int
open_ws(struct sockd *s)
{
	struct ws_conf	wc = { .path = s->conf->path, .max_conns = s->conf->max_calls,
		.tls_cert = s->conf->tls_cert, .tls_key = s->conf->tls_key };
	char		host[64], err[256];

	wc.host = host;
	if (sockd_listen(s->conf->listen, s->d->instance, host, sizeof(host), &wc.port) == -1)
		return -1;
	if ((s->ws = ws_new(loop_native(s->d->loop), &wc, &life_ws_ops, s, err, sizeof(err))) == NULL) {
		log_error(NULL, "ws.failed", "cause=%s", LOG_Q(err));
		return -1;
	}
	(void)sockd_uri(s->conf, s->d->instance, ws_port(s->ws), s->uri, sizeof(s->uri));
	log_info(NULL, "ws.listen", "host=%s port=%d uri=%s tls=%d", host, ws_port(s->ws), LOG_Q(s->uri),
	    wc.tls_cert[0] != '\0');
	return 0;
}

static int
sockd_start(struct daemon *d)
{
	struct sockd	*s;

	if ((s = d->state = mem_calloc(1, sizeof(*s))) == NULL)
		goto no_memory;
	s->d = d;
	s->conf = d->conf;
	if (!s->conf->require_token)
		log_warn(NULL, "token.off", "require_token=false did=ANYBODY_CAN_OPEN_A_CALL only=for_tests");
	if ((s->out = out_new(d->bus, &s->n.frames_audio_lost)) == NULL ||
	    (s->tokens = token_seen_new(SOCKD_TOKENS_SEEN)) == NULL ||
	    (s->conf->record && (s->recorder = recorder_new(s->conf->record_dir)) == NULL) ||
	    start_timers(s) == -1)
		goto no_memory;
	return open_ws(s);
no_memory:
	log_error(NULL, "start.failed", "cause=\"out of memory or threads\"");
	return -1;
}

static void
sockd_stop(struct daemon *d)
{
	struct sockd	*s = d->state;

	if (s == NULL)
		return;
	s->stopping = true;
	ws_free(s->ws);			/* ends all calls */
	s->ws = NULL;
	if (s->timers != NULL) {
		ev_timer_stop(s->timers->loop, &s->timers->tick);
		ev_timer_stop(s->timers->loop, &s->timers->housekeeping);
		ev_prepare_stop(s->timers->loop, &s->timers->flush);
	}
	recorder_free(s->recorder);
	token_seen_free(s->tokens);
	out_free(s->out);
	free(s->timers);
	free(s);
	d->state = NULL;
}

static void
sockd_drain(struct daemon *d)
{
	struct sockd	*s = d->state;

	log_info(NULL, "drain", "calls=%u", s->ncalls);
	if (s->ncalls == 0)
		daemon_drained(d);
}

static bool
differs(const char *a, const char *b)
{
	return strcmp(a, b) != 0;
}

static void
sockd_reload(struct daemon *d, const void *next)
{
	struct sockd		*s = d->state;
	const struct sockd_conf	*old = s->conf, *new = next;

	if (differs(old->listen, new->listen) || differs(old->path, new->path) ||
	    differs(old->public_uri, new->public_uri) || differs(old->tls_cert, new->tls_cert) ||
	    differs(old->tls_key, new->tls_key) || differs(old->record_dir, new->record_dir) ||
	    (new->record && s->recorder == NULL) || old->max_calls < new->max_calls)
		log_warn(NULL, "conf.restart_needed", "options=\"listen, path, public_uri, tls_*, record_dir, "
		    "record from off to on, a higher max_calls\" did=kept_the_old");
	s->conf = next;
}

static void
on_order(void *arg, const struct bus_msg *msg)
{
	struct daemon	*d = arg;

	if (d->state != NULL)
		orders_take(d->state, msg);
}

static void
on_peer(void *arg, struct bus_peer *peer)
{
	struct daemon	*d = arg;

	if (d->state != NULL)
		route_peer(d->state, peer);
}

static const struct daemon_ops sockd = {
	.name = "sockd",
	.options = sockd_options,
	.conf_size = sizeof(struct sockd_conf),
	.loop = &loop_libev,
	.bus = { .order = on_order, .peer = on_peer },
	.order_to = 1U << CONF_WEBHOOKD | 1U << CONF_VADD | 1U << CONF_BROKERD,
	.listen_to = 1U << CONF_WEBHOOKD | 1U << CONF_VADD | 1U << CONF_BROKERD,
	.check = sockd_check,
	.start = sockd_start,
	.reload = sockd_reload,
	.drain = sockd_drain,
	.stop = sockd_stop,
	.stat = sockd_stat,
};

int
main(int argc, char *argv[])
{
	return daemon_main(&sockd, argc, argv);
}
