/* SPDX-License-Identifier: ISC */
/* http_impl: what http.c and http_reply.c share. Not for others. */
#ifndef WEBHOOKD_HTTP_IMPL_H
#define WEBHOOKD_HTTP_IMPL_H

#include <sys/queue.h>

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <stdbool.h>

#include "webhookd/http.h"
#include "webhookd/netlist.h"

struct guard {				/* one connection's clock */
	TAILQ_ENTRY(guard)	 entry;
	struct http		*http;
	struct bufferevent	*bev;	/* our own reference */
	struct event		*timer;
	struct evhttp_connection *conn;	/* NULL before its first request: then nobody tells us of its end */
	struct http_req		*req;	/* being answered; evhttp has one at a time */
	struct http_stream	*stream;
	bool			 served;	/* a request came in this period */
	size_t			 unsent;	/* bytes of its answer, at the last look of the clock */
};

struct http {
	struct event_base	*base;
	struct evhttp		*evhttp;
	struct evhttp_bound_socket *bound;
	TAILQ_HEAD(guard_head, guard) guards;
	http_handler		*handler;
	void			*arg;
	int			 nconnections, max_connections, request_ms, port;
	size_t			 in_flight;
	struct http_stats	 stats;
	struct netlist		 trusted;	/* whose X-Forwarded-For is believed */
};

struct http_stream {
	struct http		*http;
	struct evhttp_request	*ev;
	struct guard		*guard;
	struct event		*late;		/* a slow client is let go from the loop, not from a send */
	void			(*gone)(void *arg);
	void			*arg;
};

struct http_req {
	struct http		*http;
	struct evhttp_request	*ev;
	struct guard		*guard;	/* NULL: the connection is gone */
	struct evkeyvalq	 query;
	char			*path;
	char			 peer[NETLIST_ADDR_SIZE];
	const char		*body;		/* pulled up and ended by a NUL once it was asked for */
	size_t			 body_len;
};

void	http_req_free(struct http_req *r);
/* Its connection is gone: tell the owner, free it. */
void	http_stream_gone(struct http_stream *st);

#endif
