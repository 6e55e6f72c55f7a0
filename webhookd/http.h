/* SPDX-License-Identifier: ISC */
/*
 * http: the listener. evhttp behind a guard.
 *
 * evhttp alone waits for ever for a client that sends a byte a second, has no
 * limit of connections, and accepts what a proxy in front may read
 * differently. Here each connection has an absolute time for a request
 * (request_ms), their number has a maximum (the surplus is closed at once and counted),
 * and requests with two Content-Length headers, Content-Length and
 * Transfer-Encoding together, no Host (HTTP/1.1), an absolute URI or a %00 in the path are
 * answered 400 without being handled ("//host/path" is absolute too). A client that
 * reads its answer, however long, is left to it; one that stops reading is cut.
 *
 * Every request that reaches the handler is answered exactly once by
 * http_reply(), then or later, from the loop; a client that left in
 * the meantime makes no difference.
 */
#ifndef WEBHOOKD_HTTP_H
#define WEBHOOKD_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct evkeyvalq;
struct http;
struct http_req;
struct netlist;

struct http_conf {
	const char	*listen;	/* "127.0.0.1:8080" (port 0: any free one), "[::1]:8080" or "unix:/path" */
	int		 max_connections;
	int		 request_ms;	/* to send a whole request, and to be idle between two */
	size_t		 max_body, max_headers;	/* bytes: 413, 400 */
};

struct http_stats { uint64_t requests, refused, too_many, late; };

typedef void http_handler(void *arg, struct http_req *req);

/* NULL with a text in err. The strings of conf are not kept. */
struct http *http_new(struct event_base *base, const struct http_conf *conf,
    http_handler *handler, void *arg, char *err, size_t err_size);
void	http_free(struct http *h);
/* Close the listening socket; what is under way goes on. */
void	http_stop_accepting(struct http *h);
size_t	http_in_flight(const struct http *h);	/* requests not yet answered */
int	http_port(const struct http *h);	/* 0 for a Unix socket */
const struct http_stats *http_get_stats(const struct http *h);
/* From whom X-Forwarded-For is believed (netlist.h); copied, may change at any time. At first from nobody. */
void	http_set_trusted(struct http *h, const struct netlist *trusted);

/* The request; all borrowed until http_reply(). */
const char *http_method(const struct http_req *req);	/* GET, POST, HEAD, PUT, DELETE */
const char *http_path(const struct http_req *req);	/* decoded, no query */
const char *http_target(const struct http_req *req);	/* path and query as they came */
const char *http_peer(const struct http_req *req);	/* address of who sent it, behind trusted proxies too; "unix" */
const char *http_header(const struct http_req *req, const char *name);	/* NULL: absent */
struct evkeyvalq *http_query(struct http_req *req);	/* decoded pairs */
const char *http_body(struct http_req *req, size_t *ret_len);	/* NUL-terminated; NULL: ENOMEM */

/* A header of the answer, before it is sent. Without one of its own an answer has "Cache-Control: no-store". */
void	http_add_header(struct http_req *req, const char *name, const char *value);
/* type NULL: no body. Consumes req. */
void	http_reply(struct http_req *req, int status, const char *type, const void *body, size_t len);
/* len bytes of a file from offset on; fd is closed when they were sent. Consumes req. */
void	http_reply_file(struct http_req *req, int status, const char *type, int fd, int64_t offset, int64_t len);

/*
 * An answer without an end (server-sent events), in chunks. gone runs once,
 * when the client left, was too slow (HTTP_STREAM_MAX bytes waiting) or http_free() ran;
 * the stream is freed after it. Streams do not count as in flight: they do not hold up a drain.
 */
#define HTTP_STREAM_MAX	(1u << 20)
struct http_stream;
/* Consumes req. NULL: ENOMEM (answered 503); gone does not run then. */
struct http_stream *http_stream_start(struct http_req *req, const char *type, void (*gone)(void *arg), void *arg);
void	http_stream_send(struct http_stream *st, const void *data, size_t len);
void	http_stream_end(struct http_stream *st);	/* gone does not run; st is freed */

#endif
