/* SPDX-License-Identifier: ISC */
#include "tools/callsim/rest.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/files.h"
#include "tools/callsim/restlimit.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simlog.h"
#include "tools/callsim/simtoken.h"

#define HEADERS_MAX	(16 * 1024)	/* a bearer token may be 8 KiB */
#define TIMEOUT_S	300		/* an answer may be stalled, a connection kept */

/* Another part of the API adds its table here. */
static const struct rest_route *const tables[] = { restcalls_routes, simsms_routes };

struct pending {		/* a request whose answer waits */
	TAILQ_ENTRY(pending) entry;
	struct rest	*rest;
	struct evhttp_request *req;
	struct event	*timer;
	struct rest_reply reply;
	bool		 lost;		/* the connection is closed instead */
};

struct rest {
	struct sim	*sim;
	struct evhttp	*http;
	struct simtoken	*key;
	uint16_t	 port;
	struct restlimit creates, others;
	int64_t		 fault_seen[REST_FAULTS_MAX];
	TAILQ_HEAD(pendings, pending) pendings;
	struct json_object *created, *log;
	uint64_t	 requests, throttled, unauthorized, failed, lost;
};

static const char *
method_name(enum evhttp_cmd_type method)
{
	switch ((int)method) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	}
	return "other";
}

static const char *
reason_of(int status)
{
	static const struct { int status; const char *text; } rows[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 402, "Payment Required" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 422, "Unprocessable Entity" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 503, "Service Unavailable" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Unknown";
}

/* ---- answers ---- */

static void
send_reply(struct evhttp_request *req, const struct rest_reply *reply)
{
	struct evkeyvalq	*headers = evhttp_request_get_output_headers(req);
	struct evbuffer		*out = reply->body == NULL ? NULL : evbuffer_new();
	const char		*text = json_text(reply->body, NULL);
	char			 number[24];

	if (out != NULL && text != NULL) {
		(void)evhttp_add_header(headers, "Content-Type", "application/json");
		(void)evbuffer_add(out, text, strlen(text));
	}
	if (reply->retry_after_s > 0) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)reply->retry_after_s);
		(void)evhttp_add_header(headers, "Retry-After", number);
	}
	evhttp_send_reply(req, reply->status, reason_of(reply->status), out);
	if (out != NULL)
		evbuffer_free(out);
}

/* No answer: what is sent after the shutdown fails, and evhttp frees the connection. */
static void
close_connection(struct evhttp_request *req)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	evutil_socket_t		  fd = bufferevent_getfd(evhttp_connection_get_bufferevent(conn));

	if (fd != -1)
		(void)shutdown(fd, SHUT_RDWR);
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Connection", "close");
	evhttp_send_reply(req, 500, NULL, NULL);
}

static void
pending_free(struct pending *p)
{
	TAILQ_REMOVE(&p->rest->pendings, p, entry);
	if (p->req != NULL)
		evhttp_connection_set_closecb(evhttp_request_get_connection(p->req), NULL, NULL);
	if (p->timer != NULL)
		event_free(p->timer);
	json_object_put(p->reply.body);
	free(p);
}

/* The connection is going: the request with it, unless the peer closed first and evhttp let it go. */
static void
on_close(struct evhttp_connection *conn, void *arg)
{
	struct pending	*p = arg;

	evhttp_connection_set_closecb(conn, NULL, NULL);
	if (evhttp_request_get_connection(p->req) == NULL)
		evhttp_request_free(p->req);
	p->req = NULL;
	pending_free(p);
}

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
	struct pending		*p = arg;
	struct evhttp_request	*req = p->req;
	struct rest_reply	 reply = p->reply;
	bool			 lost = p->lost;

	(void)fd;
	(void)what;
	p->reply.body = NULL;
	pending_free(p);
	if (lost)
		close_connection(req);
	else
		send_reply(req, &reply);
	json_object_put(reply.body);
}

static void
send_later(struct rest *r, struct evhttp_request *req, struct rest_reply *reply, int64_t ms, bool lost)
{
	struct pending	*p = mem_calloc(1, sizeof(*p));
	struct timeval	 tv = { ms / 1000, ms % 1000 * 1000 };

	if (p == NULL || (p->timer = evtimer_new(r->sim->base, on_due, p)) == NULL) {
		free(p);
		close_connection(req);
		json_object_put(reply->body);
		return;
	}
	p->rest = r;
	p->req = req;
	p->reply = *reply;
	p->lost = lost;
	TAILQ_INSERT_TAIL(&r->pendings, p, entry);
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, p);
	evtimer_add(p->timer, &tv);
}

/* ---- checks before the handler ---- */

/* Does path fit the pattern; what stood for "*" goes to id. */
static bool
matches(const char *pattern, const char *path, char id[80])
{
	size_t	n;

	id[0] = '\0';
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '*') {
			if (*path++ != *pattern)
				return false;
			continue;
		}
		n = strcspn(path, "/");
		if (n == 0 || n >= 80)
			return false;
		memcpy(id, path, n);
		id[n] = '\0';
		path += n;
	}
	return *path == '\0';
}

/* *ret_known: some route has the path, whatever the method. */
static const struct rest_route *
find_route(const char *path, enum evhttp_cmd_type method, char id[80], bool *ret_known)
{
	const struct rest_route	*row;
	size_t			 i;

	*ret_known = false;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (row = tables[i]; row->pattern != NULL; row++)
			if (matches(row->pattern, path, id)) {
				*ret_known = true;
				if (row->method == method)
					return row;
			}
	return NULL;
}

const char *
rest_refuse_token(const struct rest *r, const char *auth)
{
	if (auth == NULL || strncmp(auth, "Bearer ", 7) != 0 || auth[7] == '\0')
		return "no bearer token";
	return r->key == NULL ? NULL : simtoken_refuse(r->key, auth + 7, r->sim->options.sign.application_id,
	    clock_wall_ms());
}

static bool
within_limit(struct rest *r, enum rest_limit limit)
{
	const struct rest_options	*o = &r->sim->options.rest;
	int64_t				 now_ms = clock_mono_ms();

	switch (limit) {
	case REST_LIMIT_NONE:
		return true;
	case REST_LIMIT_CREATES:
		return restlimit_take(&r->creates, (unsigned)o->creates_per_s, now_ms);
	case REST_LIMIT_OTHERS:
		return restlimit_take(&r->others, (unsigned)o->others_per_s, now_ms);
	}
	return true;
}

static const struct rest_fault *
take_fault(struct rest *r, enum rest_kind kind)
{
	const struct rest_options	*o = &r->sim->options.rest;
	const struct rest_fault		*f;
	int64_t				 n;
	size_t				 i;

	for (i = 0; i < o->nfaults; i++) {
		f = &o->faults[i];
		if (!f->any && f->kind != kind)
			continue;
		n = r->fault_seen[i]++;
		if (n >= f->skip && (f->count == 0 || n < f->skip + f->count))
			return f;
	}
	return NULL;
}

static void
throttle(struct rest *r, struct rest_reply *reply, int64_t retry_after_s)
{
	r->throttled++;
	reply->retry_after_s = retry_after_s;
	rest_fail_problem(reply, 429, "throttled", "Too Many Requests", "You are being throttled. Try again later.");
}

/* The reply of a fault that does not let the request through. false: it does. */
static bool
fault_reply(struct rest *r, const struct rest_fault *f, struct rest_reply *reply)
{
	if (f == NULL)
		return false;
	switch (f->mode) {
	case REST_MODE_LOSE:
	case REST_MODE_STALL:
		return false;
	case REST_MODE_DROP:
		break;
	case REST_MODE_500:
		rest_fail_title(reply, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error");
		break;
	case REST_MODE_503:
		rest_fail_title(reply, 503, "SERVICE_UNAVAILABLE", "Service Unavailable");
		break;
	case REST_MODE_429:
	case REST_MODE_429_AFTER:
		throttle(r, reply, f->mode == REST_MODE_429 ? 0 : 2);
		break;
	case REST_MODE_401:
		rest_fail_title(reply, 401, "UNAUTHORIZED", "Unauthorized");
		break;
	}
	return true;
}

/* ---- one request ---- */

/* The list in the summary of the request's call: taken before the handler, which may end the call. */
static struct json_object *
list_of(struct rest *r, const char *id, int64_t *ret_ms)
{
	struct call	*c = id[0] == '\0' ? NULL : sim_find(r->sim, id);

	if (c == NULL)
		return NULL;
	*ret_ms = call_now_ms(c);
	return json_object_get(c->details.rest);
}

static void
note(struct json_object *list, int64_t ms, const struct rest_request *req, const struct rest_reply *reply)
{
	struct json_object	*o;

	if (list == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", ms);
	(void)json_add_str(o, "method", method_name(req->method));
	(void)json_add_str(o, "path", req->path);
	(void)json_add_str(o, "action", reply->note);
	(void)json_add_int(o, "status", reply->status);
	(void)json_object_array_add(list, o);
}

static void
keep(struct rest *r, const struct rest_request *req, const char *uri, const struct rest_reply *reply,
    const char *fault)
{
	struct json_object	*o;
	char			 iso[CLOCK_ISO_SIZE];

	if (!r->sim->options.rest.keep_log || json_object_array_length(r->log) == REST_LOG_MAX ||
	    (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(o, "ts", clock_iso(clock_wall_ms(), iso));
	(void)json_add_str(o, "method", method_name(req->method));
	(void)json_add_str(o, "path", uri);
	(void)json_add_int(o, "status", reply->status);
	(void)json_add_str(o, "action", reply->note);
	(void)json_add_str(o, "fault", fault);
	(void)json_object_array_add(r->log, o);
}

static void
tell(const struct rest_request *req, const char *uri, const struct rest_reply *reply, const char *fault,
    const char *why)
{
	struct json_object	*o;

	log_info(NULL, "rest", "method=%s path=%s status=%d%s%s", method_name(req->method), LOG_Q(uri), reply->status,
	    fault == NULL ? "" : " fault=", fault == NULL ? "" : fault);
	if (!simlog_on() || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(o, "method", method_name(req->method));
	(void)json_add_str(o, "path", uri);
	(void)json_add_int(o, "status", reply->status);
	(void)json_add_str(o, "action", reply->note);
	(void)json_add_str(o, "fault", fault);
	(void)json_add_str(o, "why", why);
	if (req->body != NULL)
		(void)json_add(o, "body", json_object_get(req->body));
	if (reply->body != NULL)
		(void)json_add(o, "reply", json_object_get(reply->body));
	simlog_put("rest", o);
}

static const char *const mode_names[] = {
	[REST_MODE_LOSE] = "lose", [REST_MODE_DROP] = "drop", [REST_MODE_STALL] = "stall",
	[REST_MODE_500] = "500", [REST_MODE_503] = "503", [REST_MODE_429] = "429",
	[REST_MODE_429_AFTER] = "429-after", [REST_MODE_401] = "401",
};

/* The reply; *ret_fault when one was played. NULL or why it was refused. */
static const char *
judge(struct rest *r, struct rest_request *req, struct rest_reply *reply, const struct rest_fault **ret_fault)
{
	const struct rest_route	*route;
	struct json_object	*list;
	const char		*why;
	int64_t			 ms = 0;
	bool			 known;

	if ((route = find_route(req->path, req->method, req->id, &known)) == NULL) {
		if (known)
			rest_fail_title(reply, 405, "METHOD_NOT_ALLOWED", "Method Not Allowed");
		else
			rest_fail_title(reply, 404, "NOT_FOUND", "Not Found");
		return known ? "no such method here" : "no such path";
	}
	if (!route->open && (why = rest_refuse_token(r, req->authorization)) != NULL) {
		r->unauthorized++;
		rest_fail_title(reply, 401, "UNAUTHORIZED", "Unauthorized");
		return why;
	}
	if (!within_limit(r, route->limit)) {
		throttle(r, reply, 0);
		return "over the limit";
	}
	*ret_fault = take_fault(r, route->kind);
	list = list_of(r, req->id, &ms);
	if (!fault_reply(r, *ret_fault, reply))
		route->handle(req, reply);
	note(list, ms, req, reply);
	json_object_put(list);
	return NULL;
}

static void
on_request(struct evhttp_request *ev, void *arg)
{
	struct rest		*r = arg;
	const struct evhttp_uri	*uri = evhttp_request_get_evhttp_uri(ev);
	struct evbuffer		*in = evhttp_request_get_input_buffer(ev);
	struct evkeyvalq	*headers = evhttp_request_get_input_headers(ev), query = { 0 };
	struct rest_request	 req = { .sim = r->sim, .method = evhttp_request_get_command(ev), .query = &query };
	struct rest_reply	 reply = { 0 };
	const struct rest_fault	*fault = NULL;
	const char		*why;
	bool			 lost;

	if (files_serve(r->sim, ev))
		return;
	r->requests++;
	TAILQ_INIT(&query);
	(void)evhttp_parse_query_str(evhttp_uri_get_query(uri), &query);
	req.path = evhttp_uri_get_path(uri);
	req.len = evbuffer_get_length(in);
	(void)evbuffer_add(in, "", 1);
	req.text = (const char *)evbuffer_pullup(in, -1);
	req.content_type = evhttp_find_header(headers, "Content-Type");
	req.authorization = evhttp_find_header(headers, "Authorization");
	req.body = req.len == 0 ? NULL : json_parse(req.text, req.len, NULL);
	why = judge(r, &req, &reply, &fault);
	if (reply.status == 0)
		rest_fail_title(&reply, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error");
	r->failed += reply.status >= 400;
	lost = fault != NULL && (fault->mode == REST_MODE_LOSE || fault->mode == REST_MODE_DROP ||
	    fault->mode == REST_MODE_STALL);
	r->lost += lost;
	keep(r, &req, evhttp_request_get_uri(ev), &reply, fault == NULL ? NULL : mode_names[fault->mode]);
	tell(&req, evhttp_request_get_uri(ev), &reply, fault == NULL ? NULL : mode_names[fault->mode], why);
	json_object_put(req.body);
	evhttp_clear_headers(&query);
	if (lost)
		send_later(r, ev, &reply, fault->mode == REST_MODE_STALL ? REST_STALL_MS : 0, true);
	else if (r->sim->options.rest.delay_ms > 0)
		send_later(r, ev, &reply, r->sim->options.rest.delay_ms, false);
	else {
		send_reply(ev, &reply);
		json_object_put(reply.body);
	}
}

/* ---- life ---- */

static int
listen_on(struct rest *r, uint16_t port)
{
	struct evhttp_bound_socket	*bound;
	struct sockaddr_in		 sin;
	socklen_t			 len = sizeof(sin);

	if ((r->http = evhttp_new(r->sim->base)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	evhttp_set_allowed_methods(r->http, EVHTTP_REQ_GET | EVHTTP_REQ_PUT | EVHTTP_REQ_POST | EVHTTP_REQ_DELETE);
	evhttp_set_max_body_size(r->http, REST_BODY_MAX);
	evhttp_set_max_headers_size(r->http, HEADERS_MAX);
	evhttp_set_timeout(r->http, TIMEOUT_S);
	evhttp_set_gencb(r->http, on_request, r);
	if ((bound = evhttp_bind_socket_with_handle(r->http, "127.0.0.1", port)) == NULL ||
	    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &len) == -1)
		return -1;
	r->port = ntohs(sin.sin_port);
	return 0;
}

struct rest *
rest_new(struct sim *sim, uint16_t port, char *cause, size_t cause_size)
{
	const char	*pem = sim->options.rest.public_key;
	struct rest	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&r->pendings);
	r->sim = sim;
	if ((r->created = json_object_new_array()) == NULL || (r->log = json_object_new_array()) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		goto fail;
	}
	if (pem != NULL && (r->key = simtoken_load(pem, cause, cause_size)) == NULL)
		goto fail;
	if (listen_on(r, port) == 0)
		return r;
	(void)snprintf(cause, cause_size, "REST port %u: %s", port, strerror(errno));
fail:
	rest_free(r);
	return NULL;
}

void
rest_free(struct rest *r)
{
	struct pending	*p;

	if (r == NULL)
		return;
	while ((p = TAILQ_FIRST(&r->pendings)) != NULL)
		pending_free(p);
	if (r->http != NULL)
		evhttp_free(r->http);
	simtoken_free(r->key);
	json_object_put(r->created);
	json_object_put(r->log);
	free(r);
}

uint16_t
rest_port(const struct rest *r)
{
	return r->port;
}

struct json_object *
rest_counts(const struct rest *r)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "requests", (int64_t)r->requests);
	(void)json_add_int(o, "failed", (int64_t)r->failed);
	(void)json_add_int(o, "throttled", (int64_t)r->throttled);
	(void)json_add_int(o, "unauthorized", (int64_t)r->unauthorized);
	(void)json_add_int(o, "lost", (int64_t)r->lost);
	return o;
}

void
rest_created(struct rest *r, const char *uuid)
{
	(void)json_object_array_add(r->created, json_object_new_string(uuid));
}

struct json_object *
rest_created_list(const struct rest *r)
{
	return r->created;
}

struct json_object *
rest_log(const struct rest *r)
{
	return r->log;
}
