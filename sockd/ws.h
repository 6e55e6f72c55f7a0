/* SPDX-License-Identifier: ISC */
/*
 * ws: the WebSocket server. All of libwebsockets is behind this header; it
 * runs on the process' libev loop with timers of our own (stack.md 1).
 *
 * A connection is made by a GET upgrade of the configured path with query
 * arguments uuid= (call id) and t= (token); ws_ops.upgrade decides. Other
 * requests are answered 404 or 426. A message is handed on whole. What a peer
 * may send is bounded: WS_RX_MAX bytes a message, or it is closed with 1009.
 *
 * Out: ws_send_audio() writes at once or says that the socket takes nothing now
 * (then nothing is queued, the caller keeps the frame). ws_send_text() writes
 * at once or queues (at most WS_TEXTS_MAX); queued text goes before any audio, so
 * order is kept. Every WS_PING_MS the peer is pinged; one that leaves
 * WS_PINGS_MAX pings unanswered, and sends nothing else either, is dropped.
 *
 * A struct ws_conn lives until its closed callback returns. One thread.
 */
#ifndef SOCKD_WS_H
#define SOCKD_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"

struct ws;
struct ws_conn;
struct ev_loop;

#define WS_TOKEN_SIZE	128
#define WS_RX_MAX	16384
#define WS_TEXTS_MAX	8
#define WS_TEXT_SIZE	96
#define WS_PING_MS	20000
#define WS_PINGS_MAX	2
#define WS_CLOSE_WAIT_MS 2000		/* from asking for the close to cutting the connection */
#define WS_SNDBUF	32768

enum {					/* close codes: RFC 6455, and 44xx for our own causes */
	WS_CLOSE_GOING_AWAY = 1001,
	WS_CLOSE_BAD_DATA = 1003,
	WS_CLOSE_TOO_BIG = 1009,
	WS_CLOSE_NO_MEMORY = 1011,
	WS_CLOSE_NOT_CONNECTED = 4400,	/* no websocket:connected */
	WS_CLOSE_IDLE = 4408,
	WS_CLOSE_REPLACED = 4409,
	WS_CLOSE_STALLED = 4410
};

struct ws_request {			/* borrowed for the callback */
	const char	*uuid;		/* decoded; "" when missing or too long */
	const char	*token;		/* as above */
	const char	*peer;		/* address, for the log */
};
struct ws_ops {
	/* Let it in: 0, or the HTTP status to refuse it with. The callback logs why. */
	int	(*upgrade)(void *arg, const struct ws_request *req);
	/* It is open; the result becomes its user. NULL: closed with 1011. */
	void	*(*opened)(void *arg, struct ws_conn *c, const struct callid *call);
	void	(*audio)(void *user, const void *data, size_t len);	/* a binary message */
	void	(*text)(void *user, const char *text, size_t len);
	/* Gone, for whatever reason; cause is short and static. Not called without a user. */
	void	(*closed)(void *user, const char *cause);
};
struct ws_conf {
	const char	*host;		/* numeric address to listen on */
	int		 port;		/* 0: any */
	const char	*path;		/* "/socket" */
	int		 max_conns;	/* file descriptors to reserve */
	const char	*tls_cert, *tls_key;	/* NULL or "": plain */
};
struct ws_stats {
	uint64_t	accepted, refused, wrong_request;	/* upgrades; requests that are none */
	uint64_t	too_big, ping_lost, text_lost, cut;	/* closed for; texts over the queue; closes not answered */
	uint64_t	written;				/* messages */
};

/* NULL: errno and a text in err. ops and arg live as long as the server. */
struct ws *ws_new(struct ev_loop *loop, const struct ws_conf *conf, const struct ws_ops *ops, void *arg,
    char *err, size_t err_size);
/* Cuts all connections (their closed callback is called) and frees. NULL is a no-op. */
void	ws_free(struct ws *ws);
int	ws_port(const struct ws *ws);		/* bound */
void	ws_stats(const struct ws *ws, struct ws_stats *ret);

/* Room for one frame of AUDIO_FRAME_BYTES_MAX; valid until the next call of any function here. */
void	*ws_frame(struct ws *ws);
/* May ws_send_audio() be called now? */
bool	ws_writable(const struct ws_conn *c);
/* Send len bytes of ws_frame() as one binary message. -1: the connection is lost and will be closed soon. */
int	ws_send_audio(struct ws_conn *c, size_t len);
int	ws_send_text(struct ws_conn *c, const char *text, size_t len);
/* Close in good order; text is static. The closed callback comes later, from the loop. */
void	ws_close(struct ws_conn *c, unsigned code, const char *reason);
void	ws_set_user(struct ws_conn *c, void *user);	/* NULL: no callbacks any more */

#endif
