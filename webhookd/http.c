/* SPDX-License-Identifier: ISC */
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"
#include "common/num.h"
#include "webhookd/pairs.h"
#include "webhookd/http_impl.h"

/* ---- the guard ---- */

#define HEADERS_JOINED_MAX	65536
#define SEND_MIN		1024	/* bytes in request_ms of whoever reads an answer */

static void
guard_free(struct guard *g)
{
	if (g->stream != NULL)
		http_stream_gone(g->stream);
	TAILQ_REMOVE(&g->http->guards, g, entry);
	g->http->nconnections--;
	if (g->req != NULL)
		g->req->guard = NULL;
	event_free(g->timer);
	bufferevent_decref(g->bev);
	free(g);
}

static void
guard_arm(struct guard *g)
{
	struct timeval	tv = { g->http->request_ms / 1000, g->http->request_ms % 1000 * 1000 };

	(void)event_add(g->timer, &tv);
}

/* A long answer (a recording) that its client reads takes the time that it takes. */
static bool
guard_sends(struct guard *g)
{
	size_t	before = g->unsent;

	g->unsent = evbuffer_get_length(bufferevent_get_output(g->bev));
	return g->unsent > 0 && before > g->unsent && before - g->unsent >= SEND_MIN;
}

static void
guard_late(evutil_socket_t fd, short what, void *arg)
{
	struct guard	*g = arg;
	evutil_socket_t	 s = bufferevent_getfd(g->bev);
	bool		 sends = guard_sends(g);

	(void)fd;
	(void)what;
	if (s != -1 && (g->req != NULL || g->served || sends || g->stream != NULL)) {
		g->served = false;
		guard_arm(g);
		return;
	}
	if (s != -1) {
		g->http->stats.late++;
		(void)shutdown(s, SHUT_RDWR);	/* evhttp sees the end and frees its side */
		if (g->conn != NULL) {
			guard_arm(g);
			return;			/* on_close() frees the guard */
		}
	}
	guard_free(g);
}

/* evhttp asks for the bufferevent of each new connection. */
static struct bufferevent *
make_bev(struct event_base *base, void *arg)
{
	struct http		*h = arg;
	struct bufferevent	*bev;
	struct guard		*g;

	if ((bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE)) == NULL)
		return NULL;
	if ((g = mem_calloc(1, sizeof(*g))) == NULL ||
	    (g->timer = evtimer_new(base, guard_late, g)) == NULL) {
		free(g);
		bufferevent_free(bev);
		return NULL;
	}
	g->http = h;
	g->bev = bev;
	bufferevent_incref(bev);	/* evhttp may free its own at any time */
	TAILQ_INSERT_TAIL(&h->guards, g, entry);
	h->nconnections++;
	guard_arm(g);
	return bev;
}

/* evhttp frees the connection: without this its socket would stay open until the timer. */
static void
on_close(struct evhttp_connection *conn, void *arg)
{
	evhttp_connection_set_closecb(conn, NULL, NULL);
	guard_free(arg);
}

/* The guard of a connection with a request; those in use wander to the front. */
static struct guard *
guard_of(struct http *h, struct evhttp_connection *conn)
{
	struct bufferevent	*bev = evhttp_connection_get_bufferevent(conn);
	struct guard		*g;

	TAILQ_FOREACH(g, &h->guards, entry)
		if (g->bev == bev)
			break;
	if (g == NULL)
		return NULL;
	TAILQ_REMOVE(&h->guards, g, entry);
	TAILQ_INSERT_HEAD(&h->guards, g, entry);
	g->conn = conn;
	evhttp_connection_set_closecb(conn, on_close, g);
	g->served = true;
	return g;
}

/* ---- refusals ---- */

static int
count_headers(struct evhttp_request *ev, const char *name)
{
	struct evkeyval	*kv;
	int		 n = 0;

	TAILQ_FOREACH(kv, evhttp_request_get_input_headers(ev), next)
		n += evutil_ascii_strcasecmp(kv->key, name) == 0;
	return n;
}

static const char *
refusal(struct evhttp_request *ev, const struct evhttp_uri *uri)
{
	struct evkeyvalq	*in = evhttp_request_get_input_headers(ev);
	bool			 te = evhttp_find_header(in, "Transfer-Encoding") != NULL;
	int			 nlen = count_headers(ev, "Content-Length");

	if (nlen > 1)
		return "more than one Content-Length";
	if (nlen == 1 && te)
		return "Content-Length and Transfer-Encoding together";
	if (count_headers(ev, "Host") > 1)
		return "more than one Host";
	if (ev->major == 1 && ev->minor >= 1 && evhttp_find_header(in, "Host") == NULL)
		return "no Host";
	/* "//x/v1/calls" has a host too, and the path /v1/calls, where a proxy sees another one */
	if (uri == NULL || evhttp_uri_get_scheme(uri) != NULL || evhttp_uri_get_host(uri) != NULL)
		return "an absolute or malformed URI";
	if (evhttp_uri_get_path(uri) == NULL || strstr(evhttp_uri_get_path(uri), "%00") != NULL)
		return "a bad path";
	return NULL;
}

static void
send_text(struct evhttp_request *ev, int status, const char *text)
{
	struct evbuffer	*out = evbuffer_new();

	if (out != NULL)
		(void)evbuffer_add_printf(out, "{\"title\":\"%s\"}\n", text);
	(void)evhttp_add_header(evhttp_request_get_output_headers(ev), "Content-Type", "application/problem+json");
	(void)evhttp_add_header(evhttp_request_get_output_headers(ev), "Connection", "close");
	evhttp_send_reply(ev, status, NULL, out);
	if (out != NULL)
		evbuffer_free(out);
}

/* ---- a request ---- */

/* All headers of that name, in their order, joined by commas (RFC 9110 5.3). NULL: none, or no memory. */
static char *
join_headers(struct evhttp_request *ev, const char *name)
{
	struct evkeyval	*kv;
	struct buf	 b;

	if (count_headers(ev, name) == 0)
		return NULL;
	buf_init(&b, HEADERS_JOINED_MAX);
	TAILQ_FOREACH(kv, evhttp_request_get_input_headers(ev), next)
		if (evutil_ascii_strcasecmp(kv->key, name) == 0)
			(void)buf_printf(&b, "%s%s", b.len > 0 ? "," : "", kv->value);
	return buf_steal(&b, NULL);
}

/* Without memory for the header it was the proxy: never somebody whom the sender named. */
static void
find_peer(struct http_req *r, const char *addr)
{
	const char	*peer = r->http->port == 0 || addr == NULL ? "unix" : addr;
	char		*forwarded;

	forwarded = netlist_has(&r->http->trusted, peer) ? join_headers(r->ev, "X-Forwarded-For") : NULL;
	netlist_sender(&r->http->trusted, peer, forwarded, r->peer);
	free(forwarded);
}

static struct http_req *
req_new(struct http *h, struct evhttp_request *ev, const struct evhttp_uri *uri)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(ev);
	struct http_req		*r;
	const char		*query = evhttp_uri_get_query(uri);
	char			*decoded, *addr = NULL;
	ev_uint16_t		 port;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->http = h;
	r->ev = ev;
	r->guard = guard_of(h, conn);
	if (pairs_parse(query != NULL ? query : "", &r->query) == -1) {
		http_req_free(r);
		return NULL;
	}
	if ((decoded = evhttp_uridecode(evhttp_uri_get_path(uri), 0, NULL)) != NULL) {
		r->path = mem_strdup(decoded);
		free(decoded);
	}
	evhttp_connection_get_peer(conn, &addr, &port);
	find_peer(r, addr);
	if (r->path == NULL) {
		http_req_free(r);
		return NULL;
	}
	return r;
}

static void
on_request(struct evhttp_request *ev, void *arg)
{
	struct http		*h = arg;
	const struct evhttp_uri	*uri = evhttp_request_get_evhttp_uri(ev);
	struct http_req		*r;
	const char		*why;

	h->stats.requests++;
	if ((why = refusal(ev, uri)) != NULL) {
		h->stats.refused++;
		send_text(ev, HTTP_BADREQUEST, why);
		return;
	}
	if (h->nconnections > h->max_connections) {
		h->stats.too_many++;
		send_text(ev, HTTP_SERVUNAVAIL, "too many connections");
		return;
	}
	if ((r = req_new(h, ev, uri)) == NULL) {
		send_text(ev, HTTP_SERVUNAVAIL, "out of memory");
		return;
	}
	if (r->guard != NULL)
		r->guard->req = r;
	h->in_flight++;
	h->handler(h->arg, r);
}

const char *
http_method(const struct http_req *r)
{
	switch (evhttp_request_get_command(r->ev)) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_HEAD:
		return "HEAD";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_TRACE:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		break;
	}
	return "OTHER";
}

const char *
http_path(const struct http_req *r)
{
	return r->path;
}

const char *
http_target(const struct http_req *r)
{
	return evhttp_request_get_uri(r->ev);
}

const char *
http_peer(const struct http_req *r)
{
	return r->peer;
}

const char *
http_header(const struct http_req *r, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(r->ev), name);
}

struct evkeyvalq *
http_query(struct http_req *r)
{
	return &r->query;
}

const char *
http_body(struct http_req *r, size_t *ret_len)
{
	struct evbuffer	*in = evhttp_request_get_input_buffer(r->ev);

	if (r->body == NULL) {
		r->body_len = evbuffer_get_length(in);
		if (evbuffer_add(in, "", 1) == -1)	/* a NUL for those who want a string */
			return NULL;
		r->body = (const char *)evbuffer_pullup(in, -1);
	}
	*ret_len = r->body_len;
	return r->body;
}

/* ---- opening ---- */

static int
listen_unix(struct http *h, const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct evconnlistener	*l;
	mode_t			 old;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	old = umask(0117);
	l = evconnlistener_new_bind(h->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
	    1024, (struct sockaddr *)&sun, sizeof(sun));
	(void)umask(old);
	if (l == NULL)
		return -1;
	if ((h->bound = evhttp_bind_listener(h->evhttp, l)) == NULL) {
		evconnlistener_free(l);
		return -1;
	}
	return 0;
}

static int
listen_tcp(struct http *h, const char *text)
{
	struct sockaddr_storage	 ss;
	socklen_t		 slen = sizeof(ss);
	const char		*colon = strrchr(text, ':');
	char			 host[256];
	int64_t			 port;
	size_t			 len;

	if (colon == NULL || num_parse(colon + 1, 0, 65535, &port) == -1 ||
	    (len = (size_t)(colon - text)) >= sizeof(host)) {
		errno = EINVAL;
		return -1;
	}
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	h->bound = evhttp_bind_socket_with_handle(h->evhttp, host, (ev_uint16_t)port);
	if (h->bound == NULL)
		return -1;
	if (getsockname(evhttp_bound_socket_get_fd(h->bound), (struct sockaddr *)&ss, &slen) == -1)
		return -1;
	h->port = ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port :
	    ((struct sockaddr_in *)&ss)->sin_port);
	return 0;
}

struct http *
http_new(struct event_base *base, const struct http_conf *conf, http_handler *handler, void *arg,
    char *err, size_t err_size)
{
	struct http	*h;
	int		 rc;

	if ((h = mem_calloc(1, sizeof(*h))) == NULL || (h->evhttp = evhttp_new(base)) == NULL) {
		(void)snprintf(err, err_size, "out of memory");
		free(h);
		return NULL;
	}
	TAILQ_INIT(&h->guards);
	h->base = base;
	h->handler = handler;
	h->arg = arg;
	h->max_connections = conf->max_connections;
	h->request_ms = conf->request_ms;
	evhttp_set_bevcb(h->evhttp, make_bev, h);
	evhttp_set_gencb(h->evhttp, on_request, h);
	evhttp_set_max_body_size(h->evhttp, (ev_ssize_t)conf->max_body);
	evhttp_set_max_headers_size(h->evhttp, (ev_ssize_t)conf->max_headers);
	evhttp_set_timeout(h->evhttp, conf->request_ms / 1000 + 5);
	evhttp_set_allowed_methods(h->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
	    EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE);
	rc = strncmp(conf->listen, "unix:", 5) == 0 ? listen_unix(h, conf->listen + 5) :
	    listen_tcp(h, conf->listen);
	if (rc == -1) {
		(void)snprintf(err, err_size, "listen %s: %s", conf->listen, strerror(errno));
		http_free(h);
		return NULL;
	}
	return h;
}

void
http_free(struct http *h)
{
	struct guard	*g;

	if (h == NULL)
		return;
	TAILQ_FOREACH(g, &h->guards, entry)
		if (g->stream != NULL)
			http_stream_gone(g->stream);
	evhttp_free(h->evhttp);			/* frees most guards by their close callback */
	while ((g = TAILQ_FIRST(&h->guards)) != NULL)
		guard_free(g);
	free(h);
}

void
http_stop_accepting(struct http *h)
{
	if (h->bound != NULL)
		evhttp_del_accept_socket(h->evhttp, h->bound);
	h->bound = NULL;
}

size_t
http_in_flight(const struct http *h)
{
	return h->in_flight;
}

int
http_port(const struct http *h)
{
	return h->port;
}

const struct http_stats *
http_get_stats(const struct http *h)
{
	return &h->stats;
}

void
http_set_trusted(struct http *h, const struct netlist *trusted)
{
	h->trusted = *trusted;
}
