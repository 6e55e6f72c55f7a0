/* SPDX-License-Identifier: ISC */
/* webhookd: speaks HTTP with Vonage. See callpipe-webhookd(8). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/httpc.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/token.h"
#include "webhookd/calls.h"
#include "webhookd/flow.h"
#include "webhookd/jobs.h"
#include "webhookd/reconnect.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define HTTPC_CONNECTIONS	32
#define DRAIN_LOOK_US		50000

static struct webhookd		 self;
static struct loop_watch	*drain_timer;

static const struct conf_opt options[] = {
	CONF_STR("listen", webhookd_conf, listen, "127.0.0.1:8080"),
	CONF_BOOL("allow_public", webhookd_conf, allow_public, false),
	CONF_STR("public_url", webhookd_conf, public_url, ""),
	CONF_STRV("answer_aliases", webhookd_conf, answer_aliases, nanswer_aliases, 16),
	CONF_STRV("event_aliases", webhookd_conf, event_aliases, nevent_aliases, 16),
	CONF_INT("max_connections", webhookd_conf, max_connections, 1000, 1, 100000),
	CONF_INT("request_ms", webhookd_conf, request_ms, 10000, 100, 300000),
	CONF_INT("max_body", webhookd_conf, max_body, 262144, 1024, 16777216),
	CONF_INT("max_headers", webhookd_conf, max_headers, 16384, 1024, 1048576),
	CONF_STR("flow_dir", webhookd_conf, flow_dir, "/etc/callpipe/flows"),
	CONF_STR("flow", webhookd_conf, flow, "assistant"),
	CONF_STR("greeting_known", webhookd_conf, greeting_known, "Hello ${contact.name}, how can I help you?"),
	CONF_STR("greeting_unknown", webhookd_conf, greeting_unknown, "Hello, how can I help you?"),
	CONF_STR("busy_text", webhookd_conf, busy_text, "All lines are busy at the moment. Please call again in a few minutes."),
	CONF_STR("moment_text", webhookd_conf, moment_text, "One moment, please."),
	CONF_STR("apology_text", webhookd_conf, apology_text, "We are sorry, there is a technical problem. Please call again later."),
	CONF_STR("language", webhookd_conf, language, "en-US"),
	CONF_STR("assistant", webhookd_conf, assistant, "default"),
	CONF_INT("rate_hz", webhookd_conf, rate_hz, 16000, 8000, 24000),
	CONF_INT("max_calls", webhookd_conf, max_calls, 500, 1, 1000000),
	CONF_SECRET("token_secret", webhookd_conf, token_secret),
	CONF_INT("token_ttl_s", webhookd_conf, token_ttl_s, 60, 5, 3600),
	CONF_INT("reconnect_wait_ms", webhookd_conf, reconnect_wait_ms, 2000, 0, 8000),
	CONF_INT("max_reconnects", webhookd_conf, max_reconnects, 10, 0, 1000),
	CONF_STR("api_base", webhookd_conf, api_base, "https://api.nexmo.com"),
	CONF_STR("application_id", webhookd_conf, application_id, ""),
	CONF_SECRET("private_key", webhookd_conf, private_key),
	CONF_END
};

/* ---- configuration ---- */

static int __attribute__((format(printf, 2, 3)))
refuse(struct conf_error *err, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

static bool
loopback(const char *listen)
{
	return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 ||
	    strncmp(listen, "localhost:", 10) == 0 || strncmp(listen, "unix:", 5) == 0;
}

static int
check(const void *conf, const struct common_conf *common, struct conf_error *err)
{
	const struct webhookd_conf *c = conf;
	struct flow		*flows[FLOW_COUNT];
	char			 why[400];
	int			 i;

	(void)common;
	if (!audio_rate_ok((uint32_t)c->rate_hz))
		return refuse(err, "webhookd.rate_hz: %d is not 8000, 16000 or 24000", c->rate_hz);
	if (c->token_secret == NULL || strlen(c->token_secret) < TOKEN_SECRET_MIN)
		return refuse(err, "webhookd.token_secret: at least %d bytes are wanted", TOKEN_SECRET_MIN);
	if (!loopback(c->listen) && !c->allow_public)
		return refuse(err, "webhookd.listen: %.200s is not a loopback address, and webhooks are not verified yet: "
		    "put a proxy in front, or set allow_public = true", c->listen);
	if (strncmp(c->listen, "unix:", 5) == 0 && c->public_url[0] == '\0')
		return refuse(err, "webhookd.public_url: needed when listening on a Unix socket");
	if (ncco_load(c, flows, why, sizeof(why)) == -1)
		return refuse(err, "%s", why);
	for (i = 0; i < FLOW_COUNT; i++)
		flow_free(flows[i]);
	return 0;
}

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
	w->public_url = mem_strdup(configured[0] != '\0' ? configured : url);
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
	log_warn(NULL, "webhooks.unsigned", "did=listen_on=%s", loopback(c->listen) ? "loopback_only" : "public_as_told");
	return 0;
}

static int
start(struct daemon *d)
{
	struct webhookd		*w = &self;
	const struct webhookd_conf *c = d->conf;
	char			 err[400];

	w->d = d;
	d->state = w;
	if (ncco_load(c, w->flows, err, sizeof(err)) == -1) {
		log_error(NULL, "flow.failed", "cause=%s", LOG_Q(err));
		return -1;
	}
	if (open_store(w) == -1)
		return -1;
	if ((w->httpc = httpc_new(loop_native(d->loop), HTTPC_CONNECTIONS)) == NULL ||
	    (w->vonage = vonage_new(w->httpc, c->api_base, c->application_id, c->private_key)) == NULL ||
	    (w->calls = calls_new(w->store)) == NULL || (w->reconnect = reconnect_new(w)) == NULL ||
	    (w->jobs = jobs_new(w)) == NULL || open_http(w) == -1) {
		log_error(NULL, "start.failed", "cause=%s", LOG_Q(strerror(errno)));
		return -1;
	}
	return 0;
}

static void
reload(struct daemon *d, const void *next)
{
	struct webhookd	*w = d->state;
	struct flow	*flows[FLOW_COUNT];
	char		 err[400];
	int		 i;

	if (ncco_load(next, flows, err, sizeof(err)) == -1) {
		log_error(NULL, "flow.refused", "cause=%s kept=old", LOG_Q(err));
		return;
	}
	for (i = 0; i < FLOW_COUNT; i++) {
		flow_free(w->flows[i]);
		w->flows[i] = flows[i];
	}
}

static void
on_drain_look(void *arg)
{
	struct webhookd	*w = arg;

	if (http_in_flight(w->http) == 0)
		daemon_drained(w->d);
	else
		loop_timer_set(w->d->loop, drain_timer, DRAIN_LOOK_US);
}

static void
drain(struct daemon *d)
{
	struct webhookd	*w = d->state;

	http_stop_accepting(w->http);
	if ((drain_timer = loop_timer_new(d->loop, on_drain_look, w)) == NULL)
		daemon_drained(d);
	else
		on_drain_look(w);
}

static void
stop(struct daemon *d)
{
	struct webhookd	*w = &self;
	int		 i;

	reconnect_free(w->reconnect);
	jobs_free(w->jobs);
	loop_watch_free(d->loop, drain_timer);
	if (w->store != NULL) {
		store_flush(w->store);
		store_dispatch(w->store);	/* answers that waited for their commit */
	}
	http_free(w->http);
	httpc_free(w->httpc);
	vonage_free(w->vonage);
	calls_free(w->calls);
	loop_watch_free(d->loop, w->store_io);
	store_close(w->store);
	for (i = 0; i < FLOW_COUNT; i++)
		flow_free(w->flows[i]);
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
on_peer(void *arg, struct bus_peer *peer)
{
	struct webhookd	*w = ((struct daemon *)arg)->state;

	if (w != NULL && w->reconnect != NULL && peer->alive && peer->daemon == CONF_SOCKD)
		reconnect_retry(w->reconnect);
}

static void
stat(struct daemon *d, struct json_object *o)
{
	const struct webhookd		*w = d->state;
	const struct webhookd_stats	*s = &w->stats;
	const struct http_stats		*h = http_get_stats(w->http);
	struct store_stats		 st;
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "requests", h->requests }, { "requests_refused", h->refused }, { "connections_refused", h->too_many },
		{ "connections_late", h->late }, { "in_flight", http_in_flight(w->http) },
		{ "answers", s->answers }, { "answers_again", s->answers_again }, { "busy", s->busy },
		{ "events", s->events }, { "events_late", s->events_late }, { "events_doubled", s->events_doubled },
		{ "bad_requests", s->bad_requests }, { "not_found", s->not_found },
		{ "reconnects", s->reconnects }, { "reconnects_given_up", s->reconnects_given_up },
		{ "commit_failed", s->commit_failed }, { "hangups", s->hangups }, { "hangups_failed", s->hangups_failed },
		{ "calls_known", calls_count(w->calls) },
	};
	size_t				 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)json_add_int(o, rows[i].name, (int64_t)rows[i].value);
	store_get_stats(w->store, &st);
	(void)json_add_int(o, "store_queued", (int64_t)st.queued);
	(void)json_add_int(o, "store_failed", (int64_t)st.failed);
	(void)json_add_int(o, "port", http_port(w->http));
}

static const struct daemon_ops webhookd = {
	.name = "webhookd",
	.options = options,
	.conf_size = sizeof(struct webhookd_conf),
	.bus = { .order = on_order, .peer = on_peer },
	.check = check,
	.start = start,
	.reload = reload,
	.drain = drain,
	.stop = stop,
	.stat = stat,
};

int
main(int argc, char *argv[])
{
	return daemon_main(&webhookd, argc, argv);
}
