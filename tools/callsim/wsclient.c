/* SPDX-License-Identifier: ISC */
#include "tools/callsim/wsclient.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/dns.h>
#include <event2/util.h>
#include <wslay/wslay.h>

#include "common/buf.h"
#include "common/mem.h"
#include "tools/callsim/handshake.h"

#define OUT_MAX		(64 * 1024)	/* audio stops here */
#define OUT_HARD_MAX	(256 * 1024)	/* texts and control frames stop here */
#define SEND_BUFFER	(32 * 1024)	/* SO_SNDBUF: feel a stalled peer early */
#define READ_SIZE	(64 * 1024)

enum ws_state { WS_OPENING, WS_SHAKING, WS_OPEN, WS_CLOSING, WS_GONE };

struct ws_net {
	struct event_base *base;
	struct evdns_base *dns;
	TAILQ_HEAD(wsclients, wsclient) all;
	uint8_t		 input[READ_SIZE];
};

struct wsclient {
	TAILQ_ENTRY(wsclient) entry;
	struct ws_net	*net;
	struct ws_handlers handlers;
	void		*arg;
	enum ws_state	 state;
	bool		 busy;		/* inside wslay: do not free */
	bool		 doomed;	/* freed while busy */
	bool		 timed_out;
	bool		 stalled;
	int		 fd;
	struct event	*ev_read, *ev_write, *timer;
	struct evdns_getaddrinfo_request *lookup;
	struct handshake_target target;
	char		 key[HANDSHAKE_KEY_SIZE];
	char		*authorization;
	char		 why[200];
	wslay_event_context_ptr wslay;
	wslay_frame_context_ptr frames;	/* our audio, without wslay's queue */
	struct buf	 in, out;	/* a message coming in; bytes going out */
	const uint8_t	*feed;		/* what wslay may read now */
	size_t		 feed_len;
	uint64_t	 random;
	uint64_t	 dropped;
};

static void ws_destroy(struct wsclient *ws);

struct ws_net *
ws_net_new(struct event_base *base)
{
	struct ws_net	*net;

	if ((net = mem_calloc(1, sizeof(*net))) == NULL)
		return NULL;
	TAILQ_INIT(&net->all);
	net->base = base;
	net->dns = evdns_base_new(base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
	    EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (net->dns == NULL)		/* no resolv.conf: numbers and /etc/hosts still work */
		net->dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (net->dns == NULL) {
		free(net);
		return NULL;
	}
	return net;
}

void
ws_net_free(struct ws_net *net)
{
	struct wsclient	*ws;

	if (net == NULL)
		return;
	while ((ws = TAILQ_FIRST(&net->all)) != NULL)
		ws_destroy(ws);
	evdns_base_free(net->dns, 0);
	free(net);
}

/* The connection is over; closed() is called from the loop. */
static void
ws_fail(struct wsclient *ws, const char *what, const char *detail)
{
	struct timeval	now = { 0, 0 };

	if (ws->state == WS_GONE)
		return;
	ws->state = WS_GONE;
	(void)snprintf(ws->why, sizeof(ws->why), "%s%s%s", what, detail == NULL ? "" : ": ",
	    detail == NULL ? "" : detail);
	if (ws->ev_read != NULL)
		event_del(ws->ev_read);
	if (ws->ev_write != NULL)
		event_del(ws->ev_write);
	evtimer_add(ws->timer, &now);
}

static void
ws_timer(evutil_socket_t fd, short what, void *arg)
{
	struct wsclient	*ws = arg;

	(void)fd;
	(void)what;
	switch (ws->state) {
	case WS_OPENING:
	case WS_SHAKING:
		ws->timed_out = true;
		ws_fail(ws, "no WebSocket within the time for opening", NULL);
		break;
	case WS_CLOSING:
		ws_destroy(ws);
		break;
	case WS_GONE:
		if (ws->handlers.closed != NULL)
			ws->handlers.closed(ws->arg, ws->why, ws->timed_out);
		else
			ws_destroy(ws);
		break;
	case WS_OPEN:
		break;
	}
}

static void
ws_flush(struct wsclient *ws)
{
	ssize_t	n;

	while (ws->out.len > 0 && ws->state != WS_GONE) {
		n = send(ws->fd, ws->out.data, ws->out.len, MSG_NOSIGNAL);
		if (n > 0) {
			buf_consume(&ws->out, (size_t)n);
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			event_add(ws->ev_write, NULL);
		else if (errno != EINTR)
			ws_fail(ws, "send", strerror(errno));
		if (errno != EINTR)
			return;
	}
}

static ssize_t
cb_recv(wslay_event_context_ptr ctx, uint8_t *out, size_t len, int flags, void *arg)
{
	struct wsclient	*ws = arg;

	(void)flags;
	if (ws->feed_len == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (len > ws->feed_len)
		len = ws->feed_len;
	memcpy(out, ws->feed, len);
	ws->feed += len;
	ws->feed_len -= len;
	return (ssize_t)len;
}

static ssize_t
cb_send(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags, void *arg)
{
	struct wsclient	*ws = arg;

	(void)flags;
	if (buf_append(&ws->out, data, len) == -1) {
		wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	return (ssize_t)len;
}

static ssize_t
cb_frame_send(const uint8_t *data, size_t len, int flags, void *arg)
{
	struct wsclient	*ws = arg;

	(void)flags;
	return buf_append(&ws->out, data, len) == -1 ? -1 : (ssize_t)len;
}

/* Masks need not be secret here: the peer is our own or a test's. */
static int
cb_frame_mask(uint8_t *out, size_t len, void *arg)
{
	struct wsclient	*ws = arg;
	size_t		 i;

	for (i = 0; i < len; i++) {
		ws->random ^= ws->random << 13;
		ws->random ^= ws->random >> 7;
		ws->random ^= ws->random << 17;
		out[i] = (uint8_t)(ws->random >> 24);
	}
	return 0;
}

static int
cb_mask(wslay_event_context_ptr ctx, uint8_t *out, size_t len, void *arg)
{
	(void)ctx;
	return cb_frame_mask(out, len, arg);
}

static void
cb_chunk(wslay_event_context_ptr ctx, const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *arg)
{
	struct wsclient	*ws = arg;

	(void)ctx;
	(void)buf_append(&ws->in, chunk->data, chunk->data_length);
}

static void
cb_start(wslay_event_context_ptr ctx, const struct wslay_event_on_frame_recv_start_arg *start, void *arg)
{
	struct wsclient	*ws = arg;

	(void)ctx;
	if (start->opcode == WSLAY_TEXT_FRAME || start->opcode == WSLAY_BINARY_FRAME)
		buf_reset(&ws->in);
}

static void
cb_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *msg, void *arg)
{
	struct wsclient	*ws = arg;
	char		 code[32];

	(void)ctx;
	if (ws->state != WS_OPEN || ws->doomed)
		return;
	if (msg->opcode == WSLAY_CONNECTION_CLOSE) {
		(void)snprintf(code, sizeof(code), "%u", msg->status_code);
		ws_fail(ws, "the application closed the socket, code", code);
	} else if (msg->opcode != WSLAY_TEXT_FRAME && msg->opcode != WSLAY_BINARY_FRAME)
		return;
	else if (buf_failed(&ws->in))
		ws_fail(ws, "a message is longer than 64 KiB", NULL);
	else if (msg->opcode == WSLAY_TEXT_FRAME)
		ws->handlers.text(ws->arg, ws->in.data, ws->in.len);
	else
		ws->handlers.binary(ws->arg, ws->in.data, ws->in.len);
}

static int
start_framing(struct wsclient *ws)
{
	static const struct wslay_event_callbacks cbs = {
		.recv_callback = cb_recv, .send_callback = cb_send, .genmask_callback = cb_mask,
		.on_frame_recv_start_callback = cb_start, .on_frame_recv_chunk_callback = cb_chunk,
		.on_msg_recv_callback = cb_message,
	};
	static const struct wslay_frame_callbacks frame_cbs = {
		.send_callback = cb_frame_send, .genmask_callback = cb_frame_mask,
	};

	if (wslay_event_context_client_init(&ws->wslay, &cbs, ws) != 0 ||
	    wslay_frame_context_init(&ws->frames, &frame_cbs, ws) != 0)
		return -1;
	wslay_event_config_set_no_buffering(ws->wslay, 1);
	return 0;
}

/* Give data to wslay; ws may be freed when this returns. */
static void
ws_feed(struct wsclient *ws, const uint8_t *data, size_t len)
{
	int	rc, rc2;

	ws->feed = data;
	ws->feed_len = len;
	ws->busy = true;
	rc = wslay_event_recv(ws->wslay);
	rc2 = wslay_event_send(ws->wslay);	/* pongs, the answer to a close */
	ws->busy = false;
	if (ws->doomed) {
		ws_destroy(ws);
		return;
	}
	ws_flush(ws);
	if (ws->state == WS_CLOSING && wslay_event_get_close_received(ws->wslay))
		ws_destroy(ws);
	else if (ws->state == WS_OPEN && (rc != 0 || rc2 != 0 || !wslay_event_want_read(ws->wslay)))
		ws_fail(ws, "the application broke the WebSocket protocol", NULL);
}

static void
ws_shake(struct wsclient *ws)
{
	char	cause[120];
	int	n;

	n = handshake_check(ws->in.data, ws->in.len, ws->key, cause, sizeof(cause));
	if (n == 0)
		return;
	if (n == -1) {
		ws_fail(ws, "handshake refused", cause);
		return;
	}
	if (start_framing(ws) == -1) {
		ws_fail(ws, "out of memory", NULL);
		return;
	}
	ws->state = WS_OPEN;
	evtimer_del(ws->timer);
	buf_consume(&ws->in, (size_t)n);
	n = (int)ws->in.len;		/* frames may follow the answer at once */
	if (n > 0)
		memcpy(ws->net->input, ws->in.data, (size_t)n);
	buf_reset(&ws->in);
	ws->busy = true;
	ws->handlers.connected(ws->arg);
	ws->busy = false;
	if (ws->doomed) {
		ws_destroy(ws);
		return;
	}
	(void)wslay_event_send(ws->wslay);	/* the handler may have closed */
	ws_flush(ws);
	if (n > 0 && ws->state == WS_OPEN)
		ws_feed(ws, ws->net->input, (size_t)n);
}

static void
ws_readable(evutil_socket_t fd, short what, void *arg)
{
	struct wsclient	*ws = arg;
	ssize_t		 n;

	(void)what;
	n = recv(fd, ws->net->input, sizeof(ws->net->input), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 && ws->state == WS_CLOSING)
		ws_destroy(ws);
	else if (n == 0)
		ws_fail(ws, ws->state == WS_OPEN ? "the connection ended without a close frame (1006)" :
		    "the connection ended during the handshake", NULL);
	else if (n == -1)
		ws_fail(ws, "receive", strerror(errno));
	else if (ws->state == WS_SHAKING) {
		if (buf_append(&ws->in, ws->net->input, (size_t)n) == -1)
			ws_fail(ws, "handshake answer too long", NULL);
		else
			ws_shake(ws);
	} else if (ws->state == WS_OPEN || ws->state == WS_CLOSING)
		ws_feed(ws, ws->net->input, (size_t)n);
}

static void
ws_writable(evutil_socket_t fd, short what, void *arg)
{
	struct wsclient	*ws = arg;
	int		 error = 0;
	socklen_t	 len = sizeof(error);

	(void)what;
	if (ws->state == WS_OPENING) {
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
			error = errno;
		if (error != 0) {
			ws_fail(ws, "connect", strerror(error));
			return;
		}
		ws->state = WS_SHAKING;
		handshake_request(&ws->out, &ws->target, ws->key, ws->authorization);
		if (buf_failed(&ws->out)) {
			ws_fail(ws, "out of memory", NULL);
			return;
		}
		event_add(ws->ev_read, NULL);
	}
	ws_flush(ws);
}

static int
ws_connect(struct wsclient *ws, const struct sockaddr *sa, socklen_t len)
{
	int	one = 1, size = SEND_BUFFER;

	ws->fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ws->fd == -1)
		return -1;
	(void)setsockopt(ws->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(ws->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(ws->fd, sa, len) == -1 && errno != EINPROGRESS)
		return -1;
	ws->ev_read = event_new(ws->net->base, ws->fd, EV_READ | EV_PERSIST, ws_readable, ws);
	ws->ev_write = event_new(ws->net->base, ws->fd, EV_WRITE, ws_writable, ws);
	if (ws->ev_read == NULL || ws->ev_write == NULL) {
		errno = ENOMEM;
		return -1;
	}
	event_add(ws->ev_write, NULL);
	return 0;
}

static void
ws_looked_up(int error, struct evutil_addrinfo *res, void *arg)
{
	struct wsclient	*ws = arg;

	if (error == EVUTIL_EAI_CANCEL)		/* ws is gone already */
		return;
	ws->lookup = NULL;
	if (error != 0)
		ws_fail(ws, "look-up of the host", evutil_gai_strerror(error));
	else if (ws_connect(ws, res->ai_addr, (socklen_t)res->ai_addrlen) == -1)
		ws_fail(ws, "connect", strerror(errno));
	if (res != NULL)
		evutil_freeaddrinfo(res);
}

struct wsclient *
wsclient_open(struct ws_net *net, const char *uri, const char *authorization,
    const struct ws_handlers *handlers, void *arg)
{
	struct evutil_addrinfo	 hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct timeval		 limit = { WS_OPEN_MS / 1000, 0 };
	struct wsclient		*ws;
	char			 port[8];

	if ((ws = mem_calloc(1, sizeof(*ws))) == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&net->all, ws, entry);
	ws->net = net;
	ws->fd = -1;
	ws->handlers = *handlers;
	ws->arg = arg;
	buf_init(&ws->in, WS_TEXT_MAX);
	buf_init(&ws->out, OUT_HARD_MAX);
	if (handshake_target(&ws->target, uri) == -1)
		goto fail;
	(void)!getrandom(&ws->random, sizeof(ws->random), 0);
	ws->random |= 1;			/* xorshift must not start at 0 */
	handshake_key(ws->key);
	errno = ENOMEM;
	if ((ws->timer = evtimer_new(net->base, ws_timer, ws)) == NULL ||
	    (authorization != NULL && (ws->authorization = mem_strdup(authorization)) == NULL))
		goto fail;
	evtimer_add(ws->timer, &limit);
	(void)snprintf(port, sizeof(port), "%u", ws->target.port);
	ws->lookup = evdns_getaddrinfo(net->dns, ws->target.host, port, &hints, ws_looked_up, ws);
	return ws;
fail:
	ws_destroy(ws);
	return NULL;
}

static void
ws_destroy(struct wsclient *ws)
{
	int	saved_errno = errno;

	TAILQ_REMOVE(&ws->net->all, ws, entry);
	if (ws->lookup != NULL)
		evdns_getaddrinfo_cancel(ws->lookup);
	if (ws->ev_read != NULL)
		event_free(ws->ev_read);
	if (ws->ev_write != NULL)
		event_free(ws->ev_write);
	if (ws->timer != NULL)
		event_free(ws->timer);
	if (ws->wslay != NULL)
		wslay_event_context_free(ws->wslay);
	if (ws->frames != NULL)
		wslay_frame_context_free(ws->frames);
	if (ws->fd != -1)
		(void)close(ws->fd);
	buf_clear(&ws->in);
	buf_clear(&ws->out);
	free(ws->authorization);
	free(ws);
	errno = saved_errno;
}

void
wsclient_free(struct wsclient *ws)
{
	struct linger	reset = { .l_onoff = 1, .l_linger = 0 };

	if (ws == NULL)
		return;
	if (ws->fd != -1 && ws->state != WS_GONE)
		(void)setsockopt(ws->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (ws->busy)
		ws->doomed = true;
	else
		ws_destroy(ws);
}

void
wsclient_close(struct wsclient *ws)
{
	struct timeval	limit = { WS_CLOSE_MS / 1000, 0 };

	if (ws->state != WS_OPEN || ws->doomed) {
		wsclient_free(ws);
		return;
	}
	ws->state = WS_CLOSING;
	ws->handlers = (struct ws_handlers){ 0 };
	if (ws->stalled)
		wsclient_stall(ws, false);
	(void)wslay_event_queue_close(ws->wslay, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
	if (!ws->busy)
		(void)wslay_event_send(ws->wslay);
	evtimer_add(ws->timer, &limit);
	ws_flush(ws);
}

void
wsclient_send_binary(struct wsclient *ws, const void *data, size_t len)
{
	struct wslay_frame_iocb	f = { .fin = 1, .opcode = WSLAY_BINARY_FRAME, .mask = 1,
		.payload_length = len, .data = data, .data_length = len };

	if (ws->state != WS_OPEN || ws->doomed)
		return;
	if (ws->out.len + len > OUT_MAX) {
		ws->dropped++;
		return;
	}
	(void)wslay_frame_send(ws->frames, &f);
	if (buf_failed(&ws->out))
		ws_fail(ws, "out of memory", NULL);
	else
		ws_flush(ws);
}

void
wsclient_send_text(struct wsclient *ws, const char *text, size_t len)
{
	struct wslay_frame_iocb	f = { .fin = 1, .opcode = WSLAY_TEXT_FRAME, .mask = 1,
		.payload_length = len, .data = (const uint8_t *)text, .data_length = len };

	if (ws->state != WS_OPEN || ws->doomed)
		return;
	if (wslay_frame_send(ws->frames, &f) < 0 || buf_failed(&ws->out))
		ws_fail(ws, "the application does not read", NULL);
	else
		ws_flush(ws);
}

void
wsclient_stall(struct wsclient *ws, bool stalled)
{
	ws->stalled = stalled;
	if (ws->ev_read == NULL || ws->state == WS_GONE || ws->state == WS_OPENING)
		return;
	if (stalled)
		event_del(ws->ev_read);
	else
		event_add(ws->ev_read, NULL);
}

uint64_t
wsclient_dropped(const struct wsclient *ws)
{
	return ws->dropped;
}
