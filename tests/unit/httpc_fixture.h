/* SPDX-License-Identifier: ISC */
/*
 * What the tests of httpc share: a loop with an evhttp server, and beside it
 * a server whose every byte is written by the test. Both on free ports.
 */
#ifndef TESTS_UNIT_HTTPC_FIXTURE_H
#define TESTS_UNIT_HTTPC_FIXTURE_H

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "common/buf.h"
#include "common/httpc.h"
#include "common/httpc_impl.h"
#include "common/mem.h"

#define HEAD	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define CHUNKED	HEAD "Transfer-Encoding: chunked\r\n\r\n"

static struct event_base	*base;
static struct httpc		*h;
static struct evhttp		*server;
static int			 port, raw_port;
static struct evconnlistener	*raw_listener;
static struct bufferevent	*raw;		/* the last connection to the raw server */
static char			 raw_request[65536];
static int			 raw_accepted, raw_closed, raw_open;
static const char		*raw_answer;	/* sent when a request has come; NULL: the test does */
static bool			 raw_then_close;

/* One request and what became of it. */
struct call {
	struct httpc_req	*req;
	struct buf		 data, body;
	int			 done, pieces;
	struct httpc_result	 res;
	char			 type[128], text[256];
	int			(*piece)(struct call *c);	/* after each piece; NULL: 0 */
	void			(*over)(struct call *c);
	struct call		*other;
};
static struct call	calls[256];

static inline int
on_data(void *arg, const char *type, const void *data, size_t len)
{
	struct call	*c = arg;

	ck_assert_uint_gt(len, 0);
	(void)snprintf(c->type, sizeof(c->type), "%s", type);
	ck_assert_int_eq(buf_append(&c->data, data, len), 0);
	c->pieces++;
	return c->piece != NULL ? c->piece(c) : 0;
}

static inline void
on_done(void *arg, const struct httpc_result *res)
{
	struct call	*c = arg;

	c->done++;
	c->res = *res;
	ck_assert_ptr_nonnull(res->body);
	ck_assert_int_eq(res->body[res->body_len], '\0');
	ck_assert_int_eq(buf_append(&c->body, res->body, res->body_len), 0);
	c->res.body = c->body.data;
	(void)snprintf(c->type, sizeof(c->type), "%s", res->content_type);
	(void)snprintf(c->text, sizeof(c->text), "%s", res->text);
	if (c->over != NULL)
		c->over(c);
}

static inline char *
url_of(int to_port, const char *path)
{
	static char	ring[8][256];
	static unsigned	at;
	char		*out = ring[at++ % 8];

	(void)snprintf(out, 256, "http://127.0.0.1:%d%s", to_port, path);
	return out;
}

static inline struct httpc_opts
opts_for(struct call *c, const char *method, const char *url)
{
	return (struct httpc_opts){ .method = method, .url = url, .on_done = on_done, .arg = c };
}

static inline struct call *
start(int i, const struct httpc_opts *o)
{
	struct call	*c = &calls[i];

	c->req = httpc_start(h, o);
	ck_assert_msg(c->req != NULL, "%s: %s", o->url, strerror(errno));
	ck_assert_int_eq(c->done, 0);
	return c;
}

static inline void
give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ck_abort_msg("the test took too long");
}

/* Run the loop until *counter is n. */
static inline void
run_until(const int *counter, int n)
{
	const struct timeval	limit = { 20, 0 };
	struct event		*guard = evtimer_new(base, give_up, NULL);

	(void)event_add(guard, &limit);
	while (*counter < n)
		(void)event_base_loop(base, EVLOOP_ONCE);
	event_free(guard);
}

static inline void
tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
}

/* Let the loop run for a while: nothing is to happen. */
static inline void
run_for(int ms)
{
	const struct timeval	tv = { ms / 1000, ms % 1000 * 1000 };
	int			over = 0;
	struct event		*ev = evtimer_new(base, tick, &over);

	(void)event_add(ev, &tv);
	run_until(&over, 1);
	event_free(ev);
}

static inline void
raw_send(const char *text)
{
	ck_assert_int_eq(bufferevent_write(raw, text, strlen(text)), 0);
}

static inline void
raw_event(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	(void)arg;
	raw_closed++;
	raw_open--;
	bufferevent_free(bev);
	if (bev == raw)
		raw = NULL;
}

static inline void
raw_written(struct bufferevent *bev, void *arg)
{
	(void)arg;
	if (raw_then_close && *raw_request != '\0') {
		raw_open--;
		bufferevent_free(bev);
		raw = NULL;
	}
}

static inline void
raw_read(struct bufferevent *bev, void *arg)
{
	size_t	len = strlen(raw_request);
	size_t	n = bufferevent_read(bev, raw_request + len, sizeof(raw_request) - 1 - len);

	(void)arg;
	raw_request[len + n] = '\0';
	if (strstr(raw_request, "\r\n\r\n") != NULL && raw_answer != NULL)
		raw_send(raw_answer);
}

static inline void
raw_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	(void)l;
	(void)sa;
	(void)len;
	(void)arg;
	raw_accepted++;
	raw_open++;
	raw = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(raw, raw_read, raw_written, raw_event, NULL);
	(void)bufferevent_enable(raw, EV_READ | EV_WRITE);
}

static inline int
port_of(evutil_socket_t fd)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	return ntohs(sin.sin_port);
}

/* Ask the raw server, for an answer in pieces. */
static inline struct call *
stream(int i)
{
	struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(raw_port, "/"));

	o.on_data = on_data;
	return start(i, &o);
}

static inline void
setup(void)
{
	struct sockaddr_in		 sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct evhttp_bound_socket	*bound;
	int				 i;

	(void)signal(SIGPIPE, SIG_IGN);		/* as the daemons do */
	base = event_base_new();
	h = httpc_new(base, 100);
	ck_assert(base != NULL && h != NULL);
	server = evhttp_new(base);
	bound = evhttp_bind_socket_with_handle(server, "127.0.0.1", 0);
	ck_assert_ptr_nonnull(bound);
	port = port_of(evhttp_bound_socket_get_fd(bound));
	raw_listener = evconnlistener_new_bind(base, raw_accept, NULL, LEV_OPT_CLOSE_ON_FREE, -1,
	    (struct sockaddr *)&sin, sizeof(sin));
	ck_assert_ptr_nonnull(raw_listener);
	raw_port = port_of(evconnlistener_get_fd(raw_listener));
	raw = NULL;
	raw_answer = NULL;
	raw_then_close = false;
	raw_accepted = raw_closed = raw_open = 0;
	*raw_request = '\0';
	memset(calls, 0, sizeof(calls));
	for (i = 0; i < 256; i++) {
		buf_init(&calls[i].data, 64u << 20);
		buf_init(&calls[i].body, 64u << 20);
	}
}

static inline void
teardown(void)
{
	int	i;

	httpc_free(h);
	h = NULL;
	evhttp_free(server);
	evconnlistener_free(raw_listener);
	while (raw_open > 0)		/* each sees the end of its connection */
		(void)event_base_loop(base, EVLOOP_ONCE);
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	for (i = 0; i < 256; i++) {
		buf_clear(&calls[i].data);
		buf_clear(&calls[i].body);
	}
}

/* main() of a test: run what add puts into the case. */
static inline int
run_suite(const char *name, void (*add)(TCase *tc))
{
	Suite	*suite = suite_create(name);
	TCase	*tc = tcase_create(name);
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
