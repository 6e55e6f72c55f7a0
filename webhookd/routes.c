/* SPDX-License-Identifier: ISC */
/* Paths and methods: which request is whose, and what is refused before it is anybody's. */
#include <event2/keyvalq_struct.h>

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/log.h"
#include "webhookd/gate.h"
#include "webhookd/media.h"
#include "webhookd/mediaurl.h"
#include "webhookd/api.h"
#include "webhookd/webhookd.h"

enum route { ROUTE_NONE, ROUTE_ANSWER, ROUTE_EVENT, ROUTE_FALLBACK, ROUTE_HEALTH, ROUTE_READY, ROUTE_MEDIA };

static struct log_rate	bad_rate;
static unsigned long	bad_missed;

void
reply_json(struct http_req *req, int status, struct json_object *value)
{
	size_t		 len = 0;
	const char	*text = value != NULL ? json_text(value, &len) : NULL;

	http_reply(req, status, "application/json", text != NULL ? text : "{}", text != NULL ? len : 2);
	json_object_put(value);
}

void
reply_problem(struct http_req *req, int status, const char *title, const char *detail)
{
	struct json_object	*o = json_object_new_object();
	const char		*text;
	size_t			 len = 0;

	if (o != NULL) {
		(void)json_add_str(o, "type", "about:blank");
		(void)json_add_str(o, "title", title);
		(void)json_add_int(o, "status", status);
		(void)json_add_str(o, "detail", detail);
	}
	text = o != NULL ? json_text(o, &len) : NULL;
	http_reply(req, status, "application/problem+json", text != NULL ? text : "{}", text != NULL ? len : 2);
	json_object_put(o);
}

static bool
is_one_of(const char *path, char *const *list, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (strcmp(path, list[i]) == 0)
			return true;
	return false;
}

/*
 * Our own addresses, and those of other applications, so that a number can be
 * moved to callpipe without a change at Vonage.
 */
static const struct { const char *path; enum route route; } paths[] = {
	{ "/webhooks/answer", ROUTE_ANSWER }, { "/webhooks/event", ROUTE_EVENT }, { "/webhooks/fallback", ROUTE_FALLBACK },
	{ "/webhooks/input", ROUTE_EVENT }, { "/webhooks/record", ROUTE_EVENT }, { "/webhooks/recording", ROUTE_EVENT },
	{ "/webhooks/notify", ROUTE_EVENT }, { "/webhooks/transfer", ROUTE_EVENT }, { "/webhooks/error", ROUTE_EVENT },
	{ "/webhooks/transcription", ROUTE_EVENT },
	{ "/answer", ROUTE_ANSWER }, { "/ncco", ROUTE_ANSWER }, { "/event", ROUTE_EVENT }, { "/dtmf_input", ROUTE_EVENT },
	{ "/recording", ROUTE_EVENT }, { "/asr", ROUTE_EVENT }, { "/rtc_events", ROUTE_EVENT },
	{ "/health", ROUTE_HEALTH }, { "/ready", ROUTE_READY },
};

static enum route
route_of(const struct webhookd *w, const char *path)
{
	const struct webhookd_conf *conf = conf_of(w);
	size_t			 i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(path, paths[i].path) == 0)
			return paths[i].route;
	if (is_one_of(path, conf->answer_aliases, conf->nanswer_aliases))
		return ROUTE_ANSWER;
	if (is_one_of(path, conf->event_aliases, conf->nevent_aliases))
		return ROUTE_EVENT;
	return strncmp(path, MEDIAURL_PATH, strlen(MEDIAURL_PATH)) == 0 ? ROUTE_MEDIA : ROUTE_NONE;
}

const char *
webhook_body(struct http_req *req, struct json_object *obj, size_t *ret_len)
{
	const char	*body;

	if (strcmp(http_method(req), "GET") != 0 && (body = http_body(req, ret_len)) != NULL && *ret_len > 0)
		return body;
	return json_text(obj, ret_len);
}

static bool
is_form(struct http_req *req)
{
	static const char	form[] = "application/x-www-form-urlencoded";
	const char		*type = http_header(req, "Content-Type");

	return type != NULL && strncasecmp(type, form, sizeof(form) - 1) == 0;
}

/* JSON, or a form; without a body the query. NULL: *ret_cause says why. */
static struct json_object *
read_members(struct http_req *req, const char *body, size_t len, const char **ret_cause)
{
	struct json_object	*obj;

	*ret_cause = "malformed";
	if (strcmp(http_method(req), "GET") == 0 || (len == 0 && TAILQ_FIRST(http_query(req)) != NULL))
		return event_from_query(http_query(req));
	obj = is_form(req) && body[0] != '{' ? event_from_form(body) : json_parse(body, len, ret_cause);
	if (obj == NULL || json_object_is_type(obj, json_type_object))
		return obj;
	*ret_cause = "the body is not a JSON object";
	json_object_put(obj);
	errno = EBADMSG;
	return NULL;
}

/* NULL: answered already. */
static struct json_object *
members_of(struct webhookd *w, struct http_req *req, const char *body, size_t len)
{
	struct json_object	*obj;
	const char		*cause;

	errno = 0;
	if ((obj = read_members(req, body, len, &cause)) != NULL)
		return obj;
	if (errno == ENOMEM) {
		reply_problem(req, 503, "Out of memory", NULL);
		return NULL;
	}
	w->stats.bad_requests++;
	if (log_rate_ok(&bad_rate, GATE_LOG_MS, &bad_missed))
		log_warn(NULL, "webhook.refused", "path=%s peer=%s bytes=%zu cause=%s missed=%lu", LOG_Q(http_path(req)),
		    http_peer(req), len, LOG_Q(cause), bad_missed);
	reply_problem(req, 400, "Bad Request", cause);
	return NULL;
}

/*
 * What it is says its shape (spec/vonage.md 2.1); the path decides only about
 * what has none: on that of the answer webhook it is one, and gets its 400.
 */
static enum event_kind
kind_by(enum route route, enum event_kind shape)
{
	if (route == ROUTE_ANSWER && shape == EVENT_UNKNOWN)
		return EVENT_ANSWER;
	if (route == ROUTE_FALLBACK && (shape == EVENT_ANSWER || shape == EVENT_ERROR || shape == EVENT_UNKNOWN))
		return EVENT_FALLBACK;
	return shape;
}

static void
webhook(struct webhookd *w, struct http_req *req, enum route route)
{
	struct json_object	*obj;
	const char		*body = "", *method = http_method(req);
	struct event		 ev;
	size_t			 len = 0;

	if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0) {
		http_add_header(req, "Allow", "GET, POST");
		reply_problem(req, 405, "Method Not Allowed", "GET or POST");
		return;
	}
	if (strcmp(method, "POST") == 0 && (body = http_body(req, &len)) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	if (!gate_webhook(w->gate, req, body, len) || (obj = members_of(w, req, body, len)) == NULL)
		return;
	event_parse(obj, &ev);
	event_read_query(http_query(req), &ev);
	ev.kind = kind_by(route, ev.kind);
	if (ev.kind != EVENT_ANSWER)
		hook_handle(w, req, obj, &ev);
	else
		answer_handle(w, req, obj);
	event_clear(&ev);
	json_object_put(obj);
}

static void
ready(struct webhookd *w, struct http_req *req)
{
	const char	*why = NULL;

	if (w->d->draining)
		why = "draining";
	else if (bus_peer_least(w->d->bus, CONF_SOCKD, NULL, 0) == NULL)
		why = "no live sockd with room";
	if (why != NULL)
		reply_problem(req, 503, "Not ready", why);
	else
		http_reply(req, 200, "application/json", "{\"status\":\"ready\"}\n", 19);
}

void
routes_handle(void *arg, struct http_req *req)
{
	struct webhookd	*w = arg;
	enum route	 route = route_of(w, http_path(req));

	if (api_wants(http_path(req))) {
		if (gate_source(w->gate, req))
			api_handle(w, req);
		return;
	}
	switch (route) {
	case ROUTE_ANSWER:
	case ROUTE_EVENT:
	case ROUTE_FALLBACK:
		webhook(w, req, route);
		return;
	case ROUTE_HEALTH:
		http_reply(req, 200, "application/json", "{\"status\":\"ok\"}\n", 16);
		return;
	case ROUTE_READY:
		ready(w, req);
		return;
	case ROUTE_MEDIA:
		if (gate_source(w->gate, req))
			media_handle(w, req);
		return;
	case ROUTE_NONE:
		break;
	}
	w->stats.not_found++;
	reply_problem(req, 404, "Not Found", NULL);
}
