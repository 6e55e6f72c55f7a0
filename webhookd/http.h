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
 * answered 400 without being handled.
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

/* The request; all borrowed until http_reply(). */
const char *http_method(const struct http_req *req);	/* GET, POST, HEAD, PUT, DELETE */
const char *http_path(const struct http_req *req);	/* decoded, no query */
const char *http_peer(const struct http_req *req);	/* address, "unix" */
const char *http_header(const struct http_req *req, const char *name);	/* NULL: absent */
struct evkeyvalq *http_query(struct http_req *req);	/* decoded pairs */
const char *http_body(struct http_req *req, size_t *ret_len);	/* NUL-terminated */

/* type NULL: no body. Consumes req. */
void	http_reply(struct http_req *req, int status, const char *type, const void *body, size_t len);

#endif
