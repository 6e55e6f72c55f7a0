/* SPDX-License-Identifier: ISC */
/*
 * wsclient: Vonage's end of the WebSocket (spec/vonage.md 4), on wslay: not
 * the implementation that the daemons use. ws:// only, no extensions.
 *
 * All calls of a process share one struct ws_net on one libevent loop. The
 * handlers are called from the loop, never from inside the functions here;
 * they may call any of them, wsclient_free() too.
 * What the peer does not read is kept up to 64 KiB; audio beyond that is
 * dropped and counted, a text then ends the connection.
 */
#ifndef CALLSIM_WSCLIENT_H
#define CALLSIM_WSCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#define WS_TEXT_MAX	65536	/* bytes of one message; longer: the connection ends */
#define WS_OPEN_MS	5000	/* to look up, connect and shake hands */
#define WS_CLOSE_MS	1000	/* to wait for the answer to our close */

struct ws_net;
struct wsclient;

struct ws_handlers {
	void	(*connected)(void *arg);
	void	(*binary)(void *arg, const void *data, size_t len);	/* data until return */
	void	(*text)(void *arg, const char *text, size_t len);	/* ends with NUL */
	/*
	 * The connection is gone or never came, why in words (valid until
	 * wsclient_free()). timed_out: it never came. Only wsclient_free() is
	 * useful then.
	 */
	void	(*closed)(void *arg, const char *why, bool timed_out);
};

/* NULL: out of memory. base is borrowed. */
struct ws_net *ws_net_new(struct event_base *base);
/* Ends connections that still wait for the answer to their close. */
void	ws_net_free(struct ws_net *net);

/* NULL: EINVAL (not a ws:// URI) or ENOMEM. authorization: header value or NULL. */
struct wsclient *wsclient_open(struct ws_net *net, const char *uri, const char *authorization,
    const struct ws_handlers *handlers, void *arg);
/* Drop the connection as if the network had failed: reset, no close frame. */
void	wsclient_free(struct wsclient *ws);	/* NULL is a no-op */
/* Close with code 1000; ws is gone for the caller at once, no handler is called. */
void	wsclient_close(struct wsclient *ws);
/* Before connected() and after closed() these do nothing. */
void	wsclient_send_binary(struct wsclient *ws, const void *data, size_t len);
void	wsclient_send_text(struct wsclient *ws, const char *text, size_t len);
/* Stop or go on reading from the socket. */
void	wsclient_stall(struct wsclient *ws, bool stalled);
/* Audio messages dropped because the peer did not read. */
uint64_t wsclient_dropped(const struct wsclient *ws);

#endif
