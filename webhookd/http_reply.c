/* SPDX-License-Identifier: ISC */
/* What goes out: whole answers, files, streams. */
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/mem.h"
#include "webhookd/http_impl.h"

void
http_req_free(struct http_req *r)
{
	evhttp_clear_headers(&r->query);
	free(r->path);
	free(r);
}

void
http_stream_gone(struct http_stream *st)
{
	st->guard->stream = NULL;
	event_free(st->late);
	st->gone(st->arg);
	/* A request whose answer is not at its end evhttp leaves to us when the client goes. */
	if (evhttp_request_get_connection(st->ev) == NULL)
		evhttp_request_free(st->ev);
	free(st);
}

void
http_add_header(struct http_req *r, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(r->ev), name, value);
}

static void
add_type(struct evkeyvalq *out, const char *type)
{
	if (type != NULL)
		(void)evhttp_add_header(out, "Content-Type", type);
	if (evhttp_find_header(out, "Cache-Control") == NULL)
		(void)evhttp_add_header(out, "Cache-Control", "no-store");
}

/* Sends buf, which may be NULL and is freed; consumes r. */
static void
reply(struct http_req *r, int status, const char *type, struct evbuffer *buf)
{
	struct http	*h = r->http;

	add_type(evhttp_request_get_output_headers(r->ev), type);
	if (r->guard != NULL) {
		r->guard->req = NULL;
		r->guard->unsent = SIZE_MAX;
	}
	h->in_flight--;
	evhttp_send_reply(r->ev, status, NULL, buf);
	if (buf != NULL)
		evbuffer_free(buf);
	http_req_free(r);
}

void
http_reply(struct http_req *r, int status, const char *type, const void *body, size_t len)
{
	struct evbuffer	*buf = body != NULL ? evbuffer_new() : NULL;

	if (body != NULL && (buf == NULL || evbuffer_add(buf, body, len) == -1))
		status = HTTP_INTERNAL;
	reply(r, status, type, buf);
}

void
http_reply_file(struct http_req *r, int status, const char *type, int fd, int64_t offset, int64_t len)
{
	struct evbuffer	*buf = evbuffer_new();

	if (len == 0 || buf == NULL)
		(void)close(fd);
	else if (evbuffer_add_file(buf, fd, (ev_off_t)offset, (ev_off_t)len) == -1) {
		(void)close(fd);
		status = HTTP_INTERNAL;
	}
	reply(r, status, type, buf);
}

/* ---- answers without an end ---- */

static void
stream_free(struct http_stream *st)
{
	st->guard->stream = NULL;
	event_free(st->late);
	free(st);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct http_stream	*st = arg;
	evutil_socket_t		 s = bufferevent_getfd(st->guard->bev);

	(void)fd;
	(void)what;
	st->http->stats.late++;
	if (s != -1)
		(void)shutdown(s, SHUT_RDWR);	/* evhttp sees the end; the guard tells gone() */
}

struct http_stream *
http_stream_start(struct http_req *r, const char *type, void (*gone)(void *arg), void *arg)
{
	struct http_stream	*st = r->guard != NULL ? mem_calloc(1, sizeof(*st)) : NULL;

	if (st == NULL || (st->late = evtimer_new(r->http->base, on_late, st)) == NULL) {
		free(st);
		http_reply(r, HTTP_SERVUNAVAIL, NULL, NULL, 0);
		errno = ENOMEM;
		return NULL;
	}
	st->http = r->http;
	st->ev = r->ev;
	st->guard = r->guard;
	st->gone = gone;
	st->arg = arg;
	add_type(evhttp_request_get_output_headers(r->ev), type);
	st->guard->req = NULL;
	st->guard->stream = st;
	r->http->in_flight--;
	evhttp_send_reply_start(r->ev, HTTP_OK, NULL);
	http_req_free(r);
	return st;
}

void
http_stream_send(struct http_stream *st, const void *data, size_t len)
{
	struct evbuffer	*buf;
	struct timeval	 now = { 0, 0 };

	if (evtimer_pending(st->late, NULL))
		return;
	if (evbuffer_get_length(bufferevent_get_output(st->guard->bev)) + len > HTTP_STREAM_MAX ||
	    (buf = evbuffer_new()) == NULL) {
		(void)evtimer_add(st->late, &now);
		return;
	}
	if (evbuffer_add(buf, data, len) == 0)
		evhttp_send_reply_chunk(st->ev, buf);
	evbuffer_free(buf);
}

void
http_stream_end(struct http_stream *st)
{
	struct evhttp_request	*ev = st->ev;

	stream_free(st);
	evhttp_send_reply_end(ev);
}
