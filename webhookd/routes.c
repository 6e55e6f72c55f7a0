/* SPDX-License-Identifier: ISC */
/* Paths and methods: which request is whose, and what is refused before it is anybody's. */
#include <event2/keyvalq_struct.h>

#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "webhookd/media.h"
#include "webhookd/mediaurl.h"
#include "webhookd/api.h"
#include "webhookd/webhookd.h"

enum route { ROUTE_NONE, ROUTE_ANSWER, ROUTE_EVENT, ROUTE_HEALTH, ROUTE_READY, ROUTE_MEDIA };

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

static enum route
route_of(const struct webhookd *w, const char *path)
{
	const struct webhookd_conf *conf = conf_of(w);

	if (strcmp(path, "/webhooks/answer") == 0 || is_one_of(path, conf->answer_aliases, conf->nanswer_aliases))
		return ROUTE_ANSWER;
	if (strcmp(path, "/webhooks/event") == 0 || is_one_of(path, conf->event_aliases, conf->nevent_aliases))
		return ROUTE_EVENT;
	if (strncmp(path, MEDIAURL_PATH, strlen(MEDIAURL_PATH)) == 0)
		return ROUTE_MEDIA;
	if (strcmp(path, "/health") == 0)
		return ROUTE_HEALTH;
	return strcmp(path, "/ready") == 0 ? ROUTE_READY : ROUTE_NONE;
}

/* The members of a webhook: a JSON body, or the query. NULL: answered already. */
static struct json_object *
members_of(struct webhookd *w, struct http_req *req, const char **ret_body, size_t *ret_len)
{
	struct json_object	*obj = NULL;
	const char		*cause = "malformed";

	if (strcmp(http_method(req), "GET") == 0) {
		if ((obj = event_from_query(http_query(req))) != NULL)
			*ret_body = json_text(obj, ret_len);
		else
			reply_problem(req, 503, "Out of memory", NULL);
		return obj;
	}
	if ((*ret_body = http_body(req, ret_len)) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return NULL;
	}
	obj = json_parse(*ret_body, *ret_len, &cause);
	if (obj != NULL && json_object_is_type(obj, json_type_object))
		return obj;
	if (obj != NULL)
		cause = "the body is not a JSON object";
	json_object_put(obj);
	w->stats.bad_requests++;
	log_warn(NULL, "webhook.refused", "path=%s peer=%s bytes=%zu cause=%s", LOG_Q(http_path(req)), http_peer(req),
	    *ret_len, LOG_Q(cause));
	reply_problem(req, 400, "Bad Request", cause);
	return NULL;
}

static void
webhook(struct webhookd *w, struct http_req *req, enum route route)
{
	struct json_object	*obj;
	const char		*body, *method = http_method(req);
	size_t			 len;

	if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0) {
		reply_problem(req, 405, "Method Not Allowed", "GET or POST");
		return;
	}
	if ((obj = members_of(w, req, &body, &len)) == NULL)
		return;
	if (route == ROUTE_ANSWER)
		answer_handle(w, req, obj);
	else
		hook_handle(w, req, obj, body, len);
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
		api_handle(w, req);
		return;
	}
	switch (route) {
	case ROUTE_ANSWER:
	case ROUTE_EVENT:
		webhook(w, req, route);
		return;
	case ROUTE_HEALTH:
		http_reply(req, 200, "application/json", "{\"status\":\"ok\"}\n", 16);
		return;
	case ROUTE_READY:
		ready(w, req);
		return;
	case ROUTE_MEDIA:
		media_handle(w, req);
		return;
	case ROUTE_NONE:
		break;
	}
	w->stats.not_found++;
	reply_problem(req, 404, "Not Found", NULL);
}
