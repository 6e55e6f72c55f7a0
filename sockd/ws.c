/* SPDX-License-Identifier: ISC */
#include "sockd/ws.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <libwebsockets.h>

#include "common/audio.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"

#define HOUSEKEEPING_S	0.25
#define PING		"callpipe"
#define RX_CHUNK	1024		/* saves 3 KiB a call (stack.md 1) */

struct ws_text { size_t len; char text[WS_TEXT_SIZE]; };

struct ws_conn {
	struct ws_conn	*next, *prev;
	struct ws	*ws;
	struct lws	*wsi;
	void		*user;
	struct callid	 call;
	struct buf	 rx;		/* a message that came in pieces */
	struct ws_text	*texts;		/* [WS_TEXTS_MAX] that wait for the socket; NULL until needed */
	unsigned	 ntexts;
	int64_t		 ping_due_ms;
	unsigned	 npings;	/* unanswered */
	bool		 ping_wanted, rx_binary;
	bool		 broken;	/* a write failed */
	bool		 was_cut;
	bool		 said_close;	/* the peer sent a close frame */
	unsigned	 close_code;	/* not 0: asked to close */
	const char	*close_reason;
	int64_t		 cut_ms;	/* when the close is given up */
};

struct ws {
	struct lws_context	*context;
	struct lws_vhost	*vhost;
	struct ev_loop		*loop;
	struct ev_timer		 housekeeping;
	struct lws_protocols	 protocols[2];
	const struct ws_ops	*ops;
	void			*arg;
	char			*path;
	struct ws_conn		*conns;
	struct ws_stats		 stats;
	bool			 closing;
	uint8_t			 frame[LWS_PRE + AUDIO_FRAME_BYTES_MAX];
	uint8_t			 text[LWS_PRE + WS_TEXT_SIZE];
};

static struct ws *
ws_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static void
conn_free(struct ws_conn *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->ws->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	buf_clear(&c->rx);
	free(c->texts);
	free(c);
}

static struct ws_conn *
conn_new(struct ws *ws, struct lws *wsi, const struct callid *call)
{
	struct ws_conn	*c;

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->ws = ws;
	c->wsi = wsi;
	c->call = *call;
	c->ping_due_ms = clock_mono_ms() + WS_PING_MS;
	buf_init(&c->rx, WS_RX_MAX);
	if ((c->next = ws->conns) != NULL)
		c->next->prev = c;
	ws->conns = c;
	return c;
}

/* ---- the upgrade ---- */

static void
query_arg(struct lws *wsi, const char *name, char *out, size_t size)
{
	char		 text[512];
	const char	*value = lws_get_urlarg_by_name(wsi, name, text, (int)sizeof(text));

	out[0] = '\0';
	if (value != NULL && strlen(value) < size)
		memcpy(out, value, strlen(value) + 1);
}

static int
refuse(struct ws *ws, struct lws *wsi, int status)
{
	if (status == 404 || status == 426)
		ws->stats.wrong_request++;
	else
		ws->stats.refused++;
	(void)lws_return_http_status(wsi, (unsigned)status, NULL);
	return 1;		/* a negative value would drop the connection without the answer */
}

static bool
right_path(const struct ws *ws, struct lws *wsi)
{
	char	uri[256];

	return lws_hdr_copy(wsi, uri, sizeof(uri), WSI_TOKEN_GET_URI) > 0 && strcmp(uri, ws->path) == 0;
}

static int
on_upgrade(struct ws *ws, struct lws *wsi)
{
	char			 uuid[CALLID_SIZE], token[WS_TOKEN_SIZE], peer[64];
	struct ws_request	 req = { .uuid = uuid, .token = token, .peer = peer };
	struct callid		 call;
	struct ws_conn		*c;
	int			 status;

	if (ws->closing)
		return refuse(ws, wsi, 503);
	if (!right_path(ws, wsi))
		return refuse(ws, wsi, 404);
	query_arg(wsi, "uuid=", uuid, sizeof(uuid));
	query_arg(wsi, "t=", token, sizeof(token));
	(void)lws_get_peer_simple(wsi, peer, sizeof(peer));
	if ((status = ws->ops->upgrade(ws->arg, &req)) != 0)
		return refuse(ws, wsi, status);
	if (callid_parse(uuid, &call) == -1 || (c = conn_new(ws, wsi, &call)) == NULL)
		return refuse(ws, wsi, 503);
	lws_set_opaque_user_data(wsi, c);
	return 0;
}

static int
on_established(struct ws *ws, struct ws_conn *c)
{
	int	size = WS_SNDBUF;

	/* Else the kernel takes 88 s of audio before a stalled reader is felt. */
	(void)setsockopt(lws_get_socket_fd(c->wsi), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	ws->stats.accepted++;
	if ((c->user = ws->ops->opened(ws->arg, c, &c->call)) == NULL)
		ws_close(c, WS_CLOSE_NO_MEMORY, "no memory");
	return 0;
}

/* ---- messages in ---- */

static void
hand_on(struct ws_conn *c, bool binary, const void *data, size_t len)
{
	if (c->user == NULL || c->close_code != 0)
		return;
	if (binary)
		c->ws->ops->audio(c->user, data, len);
	else
		c->ws->ops->text(c->user, data, len);
}

static int
on_receive(struct ws_conn *c, const void *data, size_t len)
{
	bool	first = lws_is_first_fragment(c->wsi) != 0;
	bool	end = lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0;

	if (first) {
		buf_reset(&c->rx);
		c->rx_binary = lws_frame_is_binary(c->wsi) != 0;
	}
	if (end && c->rx.len == 0) {
		hand_on(c, c->rx_binary, data, len);
		return 0;
	}
	if (buf_append(&c->rx, data, len) == -1) {
		c->ws->stats.too_big++;
		lws_close_reason(c->wsi, c->rx.error == EMSGSIZE ? LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE :
		    LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, NULL, 0);
		return -1;
	}
	if (end) {
		hand_on(c, c->rx_binary, c->rx.data, c->rx.len);
		buf_reset(&c->rx);
	}
	return 0;
}

/* ---- messages out ---- */

static bool
can_write(const struct ws_conn *c)
{
	return !c->broken && !lws_partial_buffered(c->wsi);
}

static int
write_text(struct ws_conn *c, const char *text, size_t len, enum lws_write_protocol how)
{
	struct ws	*ws = c->ws;

	memcpy(ws->text + LWS_PRE, text, len);
	if (lws_write(c->wsi, ws->text + LWS_PRE, len, how) < 0) {
		c->broken = true;
		return -1;
	}
	ws->stats.written++;
	return 0;
}

/* What waited goes out; at the end the close, if it was asked for. -1: let the connection go. */
static int
on_writeable(struct ws_conn *c)
{
	unsigned	i;

	if (c->broken)
		return -1;
	for (i = 0; i < c->ntexts && can_write(c); i++) {
		if (write_text(c, c->texts[i].text, c->texts[i].len, LWS_WRITE_TEXT) == -1)
			return -1;
	}
	if (i > 0)
		memmove(c->texts, c->texts + i, (c->ntexts -= i) * sizeof(*c->texts));
	if (c->ping_wanted && can_write(c)) {
		c->ping_wanted = false;
		/* With a payload: lws does not report an empty pong. */
		if (write_text(c, PING, strlen(PING), LWS_WRITE_PING) == -1)
			return -1;
	}
	if (c->ntexts > 0 || c->ping_wanted) {
		(void)lws_callback_on_writable(c->wsi);
		return 0;
	}
	if (c->close_code != 0 && can_write(c)) {
		lws_close_reason(c->wsi, (enum lws_close_status)c->close_code,
		    (unsigned char *)(uintptr_t)c->close_reason, strlen(c->close_reason));
		return -1;
	}
	return 0;
}

void *
ws_frame(struct ws *ws)
{
	return ws->frame + LWS_PRE;
}

bool
ws_writable(const struct ws_conn *c)
{
	return c->close_code == 0 && c->ntexts == 0 && can_write(c);
}

int
ws_send_audio(struct ws_conn *c, size_t len)
{
	/*
	 * Outside of WRITEABLE, which saves two epoll_ctl and a wake for each frame: with
	 * nothing buffered lws_write() is a send(2), and it buffers what the kernel did not
	 * take; until that is gone ws_writable() is false.
	 */
	if (lws_write(c->wsi, c->ws->frame + LWS_PRE, len, LWS_WRITE_BINARY) < 0) {
		c->broken = true;
		(void)lws_callback_on_writable(c->wsi);
		return -1;
	}
	c->ws->stats.written++;
	return 0;
}

int
ws_send_text(struct ws_conn *c, const char *text, size_t len)
{
	if (c->close_code != 0 || c->broken || len > WS_TEXT_SIZE)
		return -1;
	if (ws_writable(c)) {
		if (write_text(c, text, len, LWS_WRITE_TEXT) == 0)
			return 0;
		(void)lws_callback_on_writable(c->wsi);
		return -1;
	}
	if (c->ntexts == WS_TEXTS_MAX || (c->texts == NULL &&
	    (c->texts = mem_calloc(WS_TEXTS_MAX, sizeof(*c->texts))) == NULL)) {
		c->ws->stats.text_lost++;
		return -1;
	}
	c->texts[c->ntexts].len = len;
	memcpy(c->texts[c->ntexts++].text, text, len);
	(void)lws_callback_on_writable(c->wsi);
	return 0;
}

void
ws_close(struct ws_conn *c, unsigned code, const char *reason)
{
	if (c->close_code != 0)
		return;
	c->close_code = code;
	c->close_reason = reason;
	c->cut_ms = clock_mono_ms() + WS_CLOSE_WAIT_MS;
	(void)lws_callback_on_writable(c->wsi);
}

void
ws_set_user(struct ws_conn *c, void *user)
{
	c->user = user;
}

/* ---- libwebsockets ---- */

static void
on_gone(struct ws_conn *c, const char *cause)
{
	void	*user = c->user;

	c->user = NULL;
	if (user != NULL)
		c->ws->ops->closed(user, c->npings >= WS_PINGS_MAX ? "no pong" : cause);
}

static int
callback(struct lws *wsi, enum lws_callback_reasons reason, void *unused, void *in, size_t len)
{
	struct ws_conn	*c;

	(void)unused;
	switch ((int)reason) {		/* of some 80 reasons these concern us */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return on_upgrade(ws_of(wsi), wsi);
	case LWS_CALLBACK_HTTP:
		return refuse(ws_of(wsi), wsi, right_path(ws_of(wsi), wsi) ? 426 : 404);
	case LWS_CALLBACK_ESTABLISHED:
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_RECEIVE_PONG:
	case LWS_CALLBACK_SERVER_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY:
		break;
	default:
		return 0;
	}
	if ((c = lws_get_opaque_user_data(wsi)) == NULL)
		return 0;
	if (reason == LWS_CALLBACK_RECEIVE || reason == LWS_CALLBACK_RECEIVE_PONG)
		c->npings = 0;
	if (reason == LWS_CALLBACK_RECEIVE)
		return on_receive(c, in, len);
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return on_writeable(c);
	if (reason == LWS_CALLBACK_ESTABLISHED)
		return on_established(c->ws, c);
	if (reason == LWS_CALLBACK_WS_PEER_INITIATED_CLOSE)
		c->said_close = true;
	if (reason == LWS_CALLBACK_CLOSED)
		on_gone(c, c->said_close ? "closed" : "disconnected");
	if (reason == LWS_CALLBACK_WSI_DESTROY) {	/* comes always, CLOSED only after ESTABLISHED */
		on_gone(c, "cut");
		lws_set_opaque_user_data(wsi, NULL);
		conn_free(c);
	}
	return 0;
}

/*
 * Outside of lws' own callbacks only. Frees c now or, while lws holds output
 * that it would like to flush first, when the loop sees that the socket is shut.
 */
static void
cut(struct ws_conn *c)
{
	(void)shutdown(lws_get_socket_fd(c->wsi), SHUT_RDWR);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void
look_after(struct ws_conn *c, int64_t now_ms)
{
	if (c->close_code != 0 ? now_ms >= c->cut_ms : c->broken) {
		c->ws->stats.cut += !c->was_cut;
		c->was_cut = true;
		cut(c);
		return;
	}
	if (now_ms < c->ping_due_ms || c->close_code != 0)
		return;
	c->ping_due_ms = now_ms + WS_PING_MS;
	if (c->npings >= WS_PINGS_MAX) {
		c->ws->stats.ping_lost++;
		cut(c);
		return;
	}
	c->npings++;
	c->ping_wanted = true;
	(void)lws_callback_on_writable(c->wsi);
}

static void
on_housekeeping(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct ws	*ws = timer->data;
	struct ws_conn	*c, *next;
	int64_t		 now_ms = clock_mono_ms();

	(void)loop;
	(void)revents;
	for (c = ws->conns; c != NULL; c = next) {
		next = c->next;
		look_after(c, now_ms);
	}
}

static void
log_line(int level, const char *line)
{
	static struct log_rate	 rate;
	unsigned long		 missed;
	size_t			 len = strcspn(line, "\n");

	if (log_rate_ok(&rate, 1000, &missed))
		log_warn(NULL, "ws.lws", "level=%d missed=%lu text=%s", level, missed, log_quote_n(line, len));
}

static bool
open_context(struct ws *ws, const struct ws_conf *conf)
{
	void				*foreign[1] = { ws->loop };
	struct lws_context_creation_info info = {
		.port = conf->port, .iface = conf->host, .protocols = ws->protocols,
		.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
		    LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE,
		.foreign_loops = foreign, .user = ws, .gid = (gid_t)-1, .uid = (uid_t)-1,
		.fd_limit_per_thread = (unsigned)conf->max_conns + 64, .timeout_secs = 5,
		.alpn = "http/1.1",
	};
	bool				 tls = conf->tls_cert != NULL && conf->tls_cert[0] != '\0';

	if (tls)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if ((ws->context = lws_create_context(&info)) == NULL)
		return false;
	if (tls) {
		info.ssl_cert_filepath = conf->tls_cert;
		info.ssl_private_key_filepath = conf->tls_key;
	}
	ws->vhost = lws_create_vhost(ws->context, &info);
	return ws->vhost != NULL;
}

struct ws *
ws_new(struct ev_loop *loop, const struct ws_conf *conf, const struct ws_ops *ops, void *arg,
    char *err, size_t err_size)
{
	struct ws	*ws;

	lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
	if ((ws = mem_calloc(1, sizeof(*ws))) == NULL || (ws->path = mem_strdup(conf->path)) == NULL) {
		free(ws);
		(void)snprintf(err, err_size, "out of memory");
		return NULL;
	}
	ws->loop = loop;
	ws->ops = ops;
	ws->arg = arg;
	ws->protocols[0] = (struct lws_protocols){ .name = "callpipe", .callback = callback,
		.rx_buffer_size = RX_CHUNK };
	ev_timer_init(&ws->housekeeping, on_housekeeping, HOUSEKEEPING_S, HOUSEKEEPING_S);
	ws->housekeeping.data = ws;
	if (!open_context(ws, conf)) {
		(void)snprintf(err, err_size, "cannot listen on %s port %d (address in use? certificate? "
		    "package libwebsockets-evlib-ev missing?)", conf->host, conf->port);
		ws_free(ws);
		errno = EADDRINUSE;
		return NULL;
	}
	ev_timer_start(loop, &ws->housekeeping);
	return ws;
}

void
ws_free(struct ws *ws)
{
	struct ws_conn	*c, *next;

	if (ws == NULL)
		return;
	ws->closing = true;
	ev_timer_stop(ws->loop, &ws->housekeeping);
	for (c = ws->conns; c != NULL; c = next) {
		next = c->next;
		cut(c);
	}
	if (ws->context != NULL)
		lws_context_destroy(ws->context);
	free(ws->path);
	free(ws);
}

int
ws_port(const struct ws *ws)
{
	return lws_get_vhost_listen_port(ws->vhost);
}

void
ws_stats(const struct ws *ws, struct ws_stats *ret)
{
	*ret = ws->stats;
}
