/* SPDX-License-Identifier: ISC */
/*
 * How the bytes of a file go out. Without a fault all at once; with one in
 * steps of a timer, as the connection has to be watched and then spoilt.
 */
#include "tools/callsim/files_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/mem.h"
#include "common/num.h"

#define STEP_MS		50	/* between two looks; long enough for the bytes to be read */
#define EXCESS		100	/* of Content-Length, FILES_WRONG_LENGTH */

enum ending { END_WELL, END_RESET, END_CLOSE, END_STALL };

struct transfer {
	struct evhttp_request	*req;
	struct event		*timer;
	int			 fd;
	off_t			 offset;
	int64_t			 left;		/* still to be sent */
	int64_t			 step;		/* bytes each time */
	enum ending		 ending;
	bool			 drained;	/* was seen to be, one step ago */
};

/* A number of the header up to end, or -1. */
static int64_t
position(const char *begin, const char *end)
{
	int64_t	n = -1;

	(void)num_parse_n(begin, (size_t)(end - begin), 0, INT64_MAX / 2, &n);
	return n;
}

int
files_range(const char *range, int64_t size, off_t *ret_offset, int64_t *ret_len)
{
	const char	*dash;
	int64_t		 first, last;

	if (strncmp(range, "bytes=", 6) != 0 || strchr(range, ',') != NULL ||
	    (dash = strchr(range, '-')) == NULL)
		return -1;
	first = position(range + 6, dash);
	last = position(dash + 1, dash + strlen(dash));
	if ((first == -1 && dash != range + 6) || (last == -1 && dash[1] != '\0') ||
	    (first == -1 && last == -1) || (first != -1 && last != -1 && last < first))
		return -1;
	if (first == -1) {		/* the last bytes */
		first = last > size ? 0 : size - last;
		last = size - 1;
	}
	if (first >= size)
		return -2;
	if (last == -1 || last >= size)
		last = size - 1;
	*ret_offset = (off_t)first;
	*ret_len = last - first + 1;
	return 0;
}

static const char *
reason(int status)
{
	return status == 206 ? "Partial Content" : "OK";
}

static void
send_whole(struct evhttp_request *req, const struct filesend *f)
{
	struct evbuffer	*out = evbuffer_new();

	if (out == NULL || (f->len > 0 && evbuffer_add_file(out, f->fd, f->offset, f->len) == -1)) {
		(void)close(f->fd);
		evhttp_send_reply(req, 500, NULL, NULL);
	} else {			/* the descriptor is the buffer's now */
		if (f->len == 0)
			(void)close(f->fd);
		evhttp_send_reply(req, f->status, reason(f->status), out);
	}
	if (out != NULL)
		evbuffer_free(out);
}

static void
transfer_free(struct transfer *t)
{
	if (t->timer != NULL)
		event_free(t->timer);
	if (t->fd != -1)
		(void)close(t->fd);
	free(t);
}

/* The connection is going: the request with it, unless the peer closed first and evhttp let it go. */
static void
on_close(struct evhttp_connection *conn, void *arg)
{
	struct transfer	*t = arg;

	(void)conn;
	if (evhttp_request_get_connection(t->req) == NULL)
		evhttp_request_free(t->req);
	transfer_free(t);
}

static void
transfer_end(struct transfer *t)
{
	struct evhttp_connection	*conn = evhttp_request_get_connection(t->req);
	struct sockaddr			 nobody = { .sa_family = AF_UNSPEC };
	evutil_socket_t			 fd = bufferevent_getfd(evhttp_connection_get_bufferevent(conn));

	evhttp_connection_set_closecb(conn, NULL, NULL);
	if (t->ending == END_WELL)
		evhttp_send_reply_end(t->req);
	else {
		if (t->ending == END_RESET)	/* not SO_LINGER: libevent says FIN before it closes */
			(void)connect(fd, &nobody, sizeof(nobody));
		evhttp_connection_free(conn);
	}
	transfer_free(t);
}

static void
rearm(struct transfer *t, int ms)
{
	struct timeval	tv = { ms / 1000, ms % 1000 * 1000 };

	(void)evtimer_add(t->timer, &tv);
}

static void
send_step(struct transfer *t)
{
	struct evbuffer	*out = evbuffer_new();
	int64_t		 n = t->left < t->step ? t->left : t->step;
	int		 fd = dup(t->fd);

	if (out == NULL || fd == -1 || evbuffer_add_file(out, fd, t->offset, n) == -1) {
		if (fd != -1)
			(void)close(fd);
		t->left = 0;
		t->ending = END_RESET;
	} else {
		t->offset += n;
		t->left -= n;
		evhttp_send_reply_chunk(t->req, out);
	}
	if (out != NULL)
		evbuffer_free(out);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct transfer		*t = arg;
	struct bufferevent	*bev;

	(void)fd;
	(void)what;
	bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(t->req));
	if (evbuffer_get_length(bufferevent_get_output(bev)) > 0) {
		rearm(t, STEP_MS);
		return;
	}
	if (t->left > 0) {
		send_step(t);
		rearm(t, STEP_MS);
	} else if (!t->drained) {	/* once more: the kernel still sends, the peer still reads */
		t->drained = true;
		rearm(t, t->ending == END_STALL ? FILES_STALL_MS : STEP_MS);
	} else
		transfer_end(t);
}

/* What the fault makes of the body; the Content-Length that is told. */
static int64_t
spoil(struct transfer *t, const struct filesend *f)
{
	int64_t	told = f->len;

	t->left = t->step = f->len;
	switch (f->fault->mode) {
	case FILES_STALL:
		t->left = f->fault->value == 0 ? f->len / 2 : f->fault->value;
		t->ending = END_STALL;
		break;
	case FILES_RESET_AT:
		t->left = f->fault->value;
		t->ending = END_RESET;
		break;
	case FILES_SLOW:
		t->step = f->fault->value * STEP_MS / 1000 + 1;
		break;
	case FILES_TRUNCATE:
		t->left = f->len / 2;
		t->ending = END_CLOSE;
		break;
	case FILES_WRONG_LENGTH:
		told += EXCESS;
		t->ending = END_CLOSE;
		break;
	case FILES_404:
	case FILES_500:
	case FILES_NO_RANGE:
		break;
	}
	if ((f->fault->mode == FILES_STALL || f->fault->mode == FILES_RESET_AT) && t->left >= f->len) {
		t->left = f->len;
		t->ending = END_WELL;
	}
	return told;
}

void
filesend_start(struct evhttp_request *req, struct event_base *base, const struct filesend *f)
{
	struct transfer	*t;
	char		 text[32];

	if (f->fault == NULL) {
		send_whole(req, f);
		return;
	}
	if ((t = mem_calloc(1, sizeof(*t))) == NULL || (t->timer = evtimer_new(base, on_step, t)) == NULL) {
		free(t);
		(void)close(f->fd);
		evhttp_send_reply(req, 500, NULL, NULL);
		return;
	}
	t->req = req;
	t->fd = f->fd;
	t->offset = f->offset;
	(void)snprintf(text, sizeof(text), "%lld", (long long)spoil(t, f));
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Length", text);
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, t);
	evhttp_send_reply_start(req, f->status, reason(f->status));
	rearm(t, 0);
}
