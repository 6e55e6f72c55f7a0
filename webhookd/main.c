/* SPDX-License-Identifier: ISC */
/* webhookd: speaks HTTP with Vonage. See callpipe-webhookd(8). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/httpc.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/ask.h"
#include "webhookd/api.h"
#include "webhookd/calls.h"
#include "webhookd/dial.h"
#include "webhookd/flow.h"
#include "webhookd/gate.h"
#include "webhookd/jobs.h"
#include "webhookd/reap.h"
#include "webhookd/retain.h"
#include "webhookd/ncco.h"
#include "webhookd/media.h"
#include "webhookd/reconnect.h"
#include "webhookd/recturn.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define HTTPC_CONNECTIONS	32
#define DRAIN_LOOK_US		50000

static struct webhookd		 self;
static struct loop_watch	*drain_timer;

/* ---- hooks ---- */

static void
on_store(void *arg)
{
	store_dispatch(((struct webhookd *)arg)->store);
}

static int
open_store(struct webhookd *w)
{
	char	err[256];

	if ((w->store = store_open(w->d->common->database, STORE_WRITE, err, sizeof(err))) == NULL) {
		log_error(NULL, "store.failed", "cause=%s", LOG_Q(err));
		return -1;
	}
	w->store_io = loop_io_new(w->d->loop, store_fd(w->store), on_store, w);
	return w->store_io != NULL ? 0 : -1;
}

static int
make_public_url(struct webhookd *w)
{
	char	url[300];
	char	host[256];
	const char *configured = conf_of(w)->public_url, *listen = conf_of(w)->listen;

	(void)snprintf(host, sizeof(host), "%.*s", (int)(strrchr(listen, ':') - listen), listen);
	(void)snprintf(url, sizeof(url), "http://%s:%d", host, http_port(w->http));
	if (configured[0] == '\0')
		configured = url;
	/* with its slash our own webhooks would come to "//webhooks/..." */
	w->public_url = mem_strndup(configured, strlen(configured) - (configured[strlen(configured) - 1] == '/'));
	return w->public_url != NULL ? 0 : -1;
}

static int
open_http(struct webhookd *w)
{
	const struct webhookd_conf *c = conf_of(w);
	struct http_conf	hc = { .listen = c->listen, .max_connections = c->max_connections,
	    .request_ms = c->request_ms, .max_body = (size_t)c->max_body, .max_headers = (size_t)c->max_headers };
	char			err[256];

	if ((w->http = http_new(loop_native(w->d->loop), &hc, routes_handle, w, err, sizeof(err))) == NULL) {
		log_error(NULL, "listen.failed", "cause=%s", LOG_Q(err));
		return -1;
	}
	if (make_public_url(w) == -1)
		return -1;
	log_info(NULL, "listen", "address=%s port=%d url=%s", LOG_Q(c->listen), http_port(w->http), LOG_Q(w->public_url));
	return (w->gate = gate_new(w)) != NULL ? 0 : -1;
}

/* As far as we know: a leg that nobody told the end of. */
static bool
is_alive(void *arg, const char *leg)
{
	struct webhookd		*w = arg;
	struct store_leg	 row;
	struct known_call	*call;
	struct callid		 id;

	if (callid_parse(leg, &id) == 0 && (call = calls_find(w->calls, &id)) != NULL)
		return strcmp(call->row.state, "ended") != 0;
	return store_get_leg(w->store, leg, &row) == 1 && row.rank < EVENT_RANK_TERMINAL;
}

static int
open_vonage(struct webhookd *w)
{
	const struct webhookd_conf *c = conf_of(w);
	struct vonage_opts	 o = { .api_base = c->api_base, .application_id = c->application_id,
	    .private_key = c->private_key, .sms_api = (enum vonage_sms_api)c->sms_api, .api_key = c->api_key,
	    .api_secret = c->api_secret, .sms_base = c->sms_base, .rest_base = c->rest_base, .shares = w->d->common->instances[CONF_WEBHOOKD], .alive = is_alive, .arg = w };

	if ((w->httpc = httpc_new(loop_native(w->d->loop), HTTPC_CONNECTIONS)) == NULL)
		return -1;
	return (w->vonage = vonage_new(w->d->loop, w->httpc, &o)) != NULL ? 0 : -1;
}

static int
start(struct daemon *d)
{
	struct webhookd		*w = &self;
	const struct webhookd_conf *c = d->conf;
	char			 err[400];

	w->d = d;
	d->state = w;
	if (ncco_load(c, &w->flows, err, sizeof(err)) == -1) {
		log_error(NULL, "flow.failed", "cause=%s", LOG_Q(err));
		return -1;
	}
	if (c->timezone[0] != '\0') {		/* before there are threads */
		(void)setenv("TZ", c->timezone, 1);
		tzset();
	}
	if (open_store(w) == -1)
		return -1;
	if (open_vonage(w) == -1 || (w->calls = calls_new(w->store)) == NULL || (w->reconnect = reconnect_new(w)) == NULL ||
	    (w->asks = asks_new(w)) == NULL || (w->media = media_new(w)) == NULL ||
	    (w->recturns = recturns_new(w)) == NULL ||
	    (w->api_events = api_events_new(w)) == NULL || (w->retain = retain_new(w)) == NULL || (w->reap = reap_new(w)) == NULL ||
	    (w->jobs = jobs_new(w)) == NULL || open_http(w) == -1 || (w->dials = dials_new(w)) == NULL) {
		log_error(NULL, "start.failed", "cause=%s", LOG_Q(strerror(errno)));
		return -1;
	}
	return 0;
}

static void
reload(struct daemon *d, const void *next)
{
	struct webhookd	*w = d->state;
	struct flow_set	*flows;
	char		 err[400];

	gate_reload(w->gate, next);
	api_events_reload(w->api_events, next);
	if (ncco_load(next, &flows, err, sizeof(err)) == -1) {
		log_error(NULL, "flow.refused", "cause=%s kept=old", LOG_Q(err));
		return;
	}
	flow_set_free(w->flows);
	w->flows = flows;
}

static void
on_drain_look(void *arg)
{
	struct webhookd	*w = arg;

	if (http_in_flight(w->http) == 0 && dials_idle(w->dials) && jobs_busy(w->jobs) == 0)
		daemon_drained(w->d);
	else
		loop_timer_set(w->d->loop, drain_timer, DRAIN_LOOK_US);
}

static void
drain(struct daemon *d)
{
	struct webhookd	*w = d->state;

	http_stop_accepting(w->http);
	jobs_drain(w->jobs);
	if ((drain_timer = loop_timer_new(d->loop, on_drain_look, w)) == NULL)
		daemon_drained(d);
	else
		on_drain_look(w);
}

static void
stop(struct daemon *d)
{
	struct webhookd	*w = &self;

	jobs_free(w->jobs);			/* first: jobs wait for asks */
	recturns_free(w->recturns);
	media_free(w->media);
	asks_free(w->asks);
	w->asks = NULL;
	reconnect_free(w->reconnect);
	api_events_free(w->api_events);
	retain_free(w->retain);
	reap_free(w->reap);
	loop_watch_free(d->loop, drain_timer);
	if (w->store != NULL) {
		store_flush(w->store);
		store_dispatch(w->store);	/* answers that waited for their commit */
	}
	gate_free(w->gate);
	http_free(w->http);
	httpc_free(w->httpc);
	vonage_free(w->vonage);
	dials_free(w->dials);			/* nothing calls back any more */
	calls_free(w->calls);
	loop_watch_free(d->loop, w->store_io);
	store_close(w->store);
	flow_set_free(w->flows);
	free(w->public_url);
}

static void
add_recording(struct webhookd *w, const struct callid *call, const struct msg_saved *m)
{
	struct store_recording	r = { .call = *call, .started_at = m->ended_wall_ms - m->duration_ms,
	    .duration_ms = m->duration_ms, .bytes = m->bytes, .rate_hz = m->rate_hz };

	(void)snprintf(r.path, sizeof(r.path), "%s", m->path);
	if (store_add_recording(w->store, &r, NULL, NULL) == -1)
		log_error(&(struct log_ctx){ call->text }, "store.refused", "what=recording cause=%s", LOG_Q(strerror(errno)));
}

static void
on_order(void *arg, const struct bus_msg *msg)
{
	struct daemon	*d = arg;
	struct webhookd	*w = d->state;
	struct log_ctx	 ctx = { msg->head.call.text };
	union { struct msg_control control; struct msg_saved saved; } m;

	if (msg->head.kind == MSG_AI_REPLY) {
		ask_answered(w, msg);
		return;
	}
	if ((msg->head.kind != MSG_CALL_CONTROL && msg->head.kind != MSG_RECORD_SAVED) ||
	    msg_decode(msg->head.kind, msg->body, msg->len, &m) == -1) {
		log_warn(NULL, "order.refused", "kind=%s from=%s", msg_kind_name(msg->head.kind), msg->head.from);
		return;
	}
	if (msg->head.kind == MSG_RECORD_SAVED) {
		add_recording(w, &msg->head.call, &m.saved);
		return;
	}
	log_info(&ctx, "call.control", "action=%s from=%s", LOG_Q(m.control.action), msg->head.from);
	if (strcmp(m.control.reason, "unstored") == 0)
		jobs_hang_up_now(w->jobs, &msg->head.call);
	jobs_kick(w->jobs);
}

static void
on_fact(void *arg, const struct bus_msg *msg)
{
	struct webhookd	*w = ((struct daemon *)arg)->state;

	if (w == NULL)
		return;
	reap_fact(w->reap, msg);
	api_events_fact(w->api_events, msg);
}

static void
on_peer(void *arg, struct bus_peer *peer)
{
	struct webhookd	*w = ((struct daemon *)arg)->state;

	if (w != NULL && w->asks != NULL && peer->daemon == CONF_BROKERD)
		ask_peer(w, peer);
	if (w != NULL && w->reconnect != NULL && peer->alive && peer->daemon == CONF_SOCKD)
		reconnect_retry(w->reconnect);
}

static const struct daemon_ops webhookd = {
	.name = "webhookd",
	.options = webhookd_options,
	.conf_size = sizeof(struct webhookd_conf),
	.bus = { .order = on_order, .fact = on_fact, .peer = on_peer },
	.check = webhookd_check,
	.start = start,
	.reload = reload,
	.drain = drain,
	.stop = stop,
	.stat = webhookd_stat,
};

int
main(int argc, char *argv[])
{
	return daemon_main(&webhookd, argc, argv);
}
