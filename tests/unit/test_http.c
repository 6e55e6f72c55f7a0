/* SPDX-License-Identifier: ISC */
/* The listener against raw bytes, in one loop and one process. */
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/keyvalq_struct.h>

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "webhookd/http.h"
#include "webhookd/netlist.h"

static struct event_base	*base;
static struct http		*http;
static struct http_req		*held;
static bool			 hold;
static char			 seen[256], peer[64];

static void
handler(void *arg, struct http_req *req)
{
	size_t	len;
	const char *body = http_body(req, &len);

	(void)arg;
	(void)snprintf(seen, sizeof(seen), "%s %s %zu:%s", http_method(req), http_path(req), len, body);
	(void)snprintf(peer, sizeof(peer), "%s", http_peer(req));
	ck_assert_ptr_eq(http_body(req, &len), body);	/* asked again, it is the same */
	if (hold)
		held = req;
	else
		http_reply(req, 200, "text/plain", "fine", 4);
}

static void
open_http(int request_ms, int max_connections)
{
	struct http_conf	hc = { .listen = "127.0.0.1:0", .max_connections = max_connections,
	    .request_ms = request_ms, .max_body = 1000, .max_headers = 2000 };
	char			err[256];

	(void)signal(SIGPIPE, SIG_IGN);
	held = NULL;
	hold = false;
	seen[0] = '\0';
	base = event_base_new();
	http = http_new(base, &hc, handler, NULL, err, sizeof(err));
	ck_assert_msg(http != NULL, "%s", err);
}

static void
close_http(void)
{
	http_free(http);
	event_base_free(base);
}

struct client {
	struct bufferevent	*bev;
	struct buf		 in;
	bool			 ended;
};

static void
on_data(struct bufferevent *bev, void *arg)
{
	struct client	*c = arg;
	char		 data[4096];
	size_t		 n;

	while ((n = bufferevent_read(bev, data, sizeof(data))) > 0)
		(void)buf_append(&c->in, data, n);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client	*c = arg;

	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		c->ended = true;
}

static void
client_open(struct client *c, const char *text, size_t len)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(http)) };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	buf_init(&c->in, 1 << 20);
	c->ended = false;
	c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(c->bev, on_data, NULL, on_event, c);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	ck_assert_int_eq(bufferevent_socket_connect(c->bev, (struct sockaddr *)&sin, sizeof(sin)), 0);
	(void)bufferevent_write(c->bev, text, len);
}

static void
client_close(struct client *c)
{
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	buf_clear(&c->in);
}

/* Turn the loop until the text is there or the connection ended. */
static void
run_until(struct client *c, const char *text)
{
	while (!c->ended && strstr(c->in.data, text) == NULL)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

static const struct { const char *text; int status; } requests[] = {
	{ "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
	{ "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd", 200 },
	{ "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400 },
	{ "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", 400 },
	{ "GET /x HTTP/1.1\r\n\r\n", 400 },
	{ "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
	{ "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
	{ "GET //a/v1/calls HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
	{ "GET /x%00y HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
	{ "PATCH /x HTTP/1.1\r\nHost: a\r\n\r\n", 501 },
	{ "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413 },
};

START_TEST(each_request_gets_its_status)
{
	struct client	c;
	char		want[32];

	open_http(5000, 10);
	client_open(&c, requests[_i].text, strlen(requests[_i].text));
	run_until(&c, "\r\n\r\n");
	(void)snprintf(want, sizeof(want), "HTTP/1.1 %d", requests[_i].status);
	ck_assert_msg(strncmp(c.in.data, want, strlen(want)) == 0, "%s: %s", requests[_i].text, c.in.data);
	if (requests[_i].status != 200)
		ck_assert_str_eq(seen, "");
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(a_body_reaches_the_handler_whole)
{
	static const char	text[] = "POST /a%20b?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab";
	struct client		c;

	open_http(5000, 10);
	client_open(&c, text, sizeof(text) - 1);
	(void)bufferevent_write(c.bev, "cd", 2);
	run_until(&c, "fine");
	ck_assert_str_eq(seen, "POST /a b 4:abcd");
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(the_sender_behind_a_trusted_proxy_is_told)
{
	static const char	text[] = "GET /x?y=1 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\nX-Real-IP: 198.51.100.2\r\n"
	    "x-forwarded-for: 203.0.113.9\r\n\r\n";
	char			loopback[] = "127.0.0.0/8", *texts[] = { loopback };
	struct netlist		trusted;
	struct client		c;
	size_t			bad;

	open_http(5000, 10);
	client_open(&c, text, sizeof(text) - 1);
	run_until(&c, "fine");
	ck_assert_str_eq(peer, "127.0.0.1");
	client_close(&c);
	ck_assert_int_eq(netlist_parse(texts, 1, &trusted, &bad), 0);
	http_set_trusted(http, &trusted);
	client_open(&c, text, sizeof(text) - 1);
	run_until(&c, "fine");
	ck_assert_str_eq(peer, "203.0.113.9");
	client_close(&c);
	close_http();
}
END_TEST

static void
drip(evutil_socket_t fd, short what, void *arg)
{
	struct client	*c = arg;

	(void)fd;
	(void)what;
	(void)bufferevent_write(c->bev, "x", 1);	/* each byte restarts evhttp's own timeout */
}

START_TEST(a_dripping_client_is_cut)
{
	struct timeval	 tv = { 0, 20000 };
	struct event	*timer;
	struct client	 c;

	open_http(200, 10);
	client_open(&c, "GET /x HT", 9);
	timer = event_new(base, -1, EV_PERSIST, drip, &c);
	ck_assert_int_eq(event_add(timer, &tv), 0);
	while (!c.ended)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_uint_eq(http_get_stats(http)->late, 1);
	event_free(timer);
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(an_idle_connection_is_closed_after_its_time)
{
	static const char	text[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct client		c;

	open_http(100, 10);
	client_open(&c, text, sizeof(text) - 1);
	run_until(&c, "fine");
	while (!c.ended)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_uint_eq(http_get_stats(http)->late, 1);
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(a_request_that_waits_for_its_answer_is_not_cut)
{
	static const char	text[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct timeval		tv = { 0, 400000 };
	struct client		c;

	open_http(100, 10);
	hold = true;
	client_open(&c, text, sizeof(text) - 1);
	while (held == NULL)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	(void)event_base_loopexit(base, &tv);			/* four periods of the guard */
	ck_assert_int_eq(event_base_dispatch(base), 0);
	ck_assert(!c.ended);
	http_reply(held, 200, NULL, "late", 4);
	run_until(&c, "late");
	ck_assert_ptr_nonnull(strstr(c.in.data, "late"));
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(an_answer_to_a_client_that_left_is_harmless)
{
	static const char	text[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct timeval		tv = { 0, 50000 };
	struct client		c;

	open_http(1000, 10);
	hold = true;
	client_open(&c, text, sizeof(text) - 1);
	while (held == NULL)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_uint_eq(http_in_flight(http), 1);
	bufferevent_free(c.bev);
	c.bev = NULL;
	(void)event_base_loopexit(base, &tv);
	ck_assert_int_eq(event_base_dispatch(base), 0);
	http_reply(held, 200, NULL, "late", 4);
	ck_assert_uint_eq(http_in_flight(http), 0);
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(connections_over_the_maximum_are_refused)
{
	static const char	text[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct client		c[3];
	size_t			i;

	open_http(5000, 2);
	for (i = 0; i < 3; i++) {
		client_open(&c[i], text, sizeof(text) - 1);
		run_until(&c[i], "\r\n\r\n");
	}
	ck_assert_ptr_nonnull(strstr(c[1].in.data, "200 OK"));
	ck_assert_ptr_nonnull(strstr(c[2].in.data, "503 "));
	ck_assert_uint_eq(http_get_stats(http)->too_many, 1);
	for (i = 0; i < 3; i++)
		client_close(&c[i]);
	close_http();
}
END_TEST

/* ---- answers without an end ---- */

static struct http_stream	*stream;
static bool			 left;

static void
on_gone(void *arg)
{
	(void)arg;
	left = true;
	stream = NULL;
}

static void
wait_for_request(struct client *c, const char *text)
{
	hold = true;
	client_open(c, text, strlen(text));
	while (held == NULL)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

static void
open_stream(struct client *c)
{
	left = false;
	open_http(50, 10);
	wait_for_request(c, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
	stream = http_stream_start(held, "text/event-stream", on_gone, NULL);
	ck_assert_ptr_nonnull(stream);
	ck_assert_uint_eq(http_in_flight(http), 0);
}

/* It also outlives the time for a request, 50 ms. */
START_TEST(a_stream_brings_pieces_until_it_is_ended)
{
	struct client	c;
	struct timeval	tv = { 0, 200000 };

	open_stream(&c);
	http_stream_send(stream, "data: 1\n\n", 9);
	run_until(&c, "data: 1");
	ck_assert_ptr_nonnull(strstr(c.in.data, "Content-Type: text/event-stream"));
	(void)event_base_loopexit(base, &tv);
	(void)event_base_dispatch(base);
	ck_assert(!c.ended && !left);
	http_stream_send(stream, "data: 2\n\n", 9);
	run_until(&c, "data: 2");
	http_stream_end(stream);
	run_until(&c, "\r\n0\r\n");
	ck_assert(!left);
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(the_owner_of_a_stream_hears_that_its_client_left)
{
	struct client	c;

	open_stream(&c);
	http_stream_send(stream, "data: 1\n\n", 9);
	run_until(&c, "data: 1");
	bufferevent_free(c.bev);
	c.bev = NULL;
	while (!left)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(a_client_that_does_not_read_is_let_go)
{
	struct client	c;
	char		data[4096];
	int		sent = 0;

	open_stream(&c);
	run_until(&c, "\r\n\r\n");
	(void)bufferevent_disable(c.bev, EV_READ);
	memset(data, 'x', sizeof(data));
	while (!left && sent++ < 100000) {
		http_stream_send(stream, data, sizeof(data));
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	}
	ck_assert(left);
	ck_assert_uint_eq(http_get_stats(http)->late, 1);
	client_close(&c);
	close_http();
}
END_TEST

START_TEST(the_end_of_the_listener_ends_its_streams)
{
	struct client	c;

	open_stream(&c);
	http_free(http);
	ck_assert(left);
	client_close(&c);
	event_base_free(base);
}
END_TEST

START_TEST(a_piece_of_a_file_is_an_answer)
{
	struct client	c;
	FILE		*f = tmpfile();

	ck_assert_ptr_nonnull(f);
	(void)fputs("0123456789", f);
	(void)fflush(f);
	open_http(5000, 10);
	wait_for_request(&c, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
	http_add_header(held, "Cache-Control", "max-age=5");
	http_reply_file(held, 206, "text/plain", dup(fileno(f)), 3, 4);
	run_until(&c, "3456");
	ck_assert_ptr_nonnull(strstr(c.in.data, "Content-Length: 4"));
	ck_assert_ptr_nonnull(strstr(c.in.data, "Cache-Control: max-age=5"));
	ck_assert_ptr_null(strstr(c.in.data, "no-store"));
	(void)fclose(f);
	client_close(&c);
	close_http();
}
END_TEST

/* Its size is more than the kernel keeps for us, its time many times request_ms. */
#define LONG_ANSWER	(32u << 20)

static size_t	arrived;

static void
on_much(struct bufferevent *bev, void *arg)
{
	struct evbuffer	*in = bufferevent_get_input(bev);

	(void)arg;
	arrived += evbuffer_get_length(in);
	(void)evbuffer_drain(in, evbuffer_get_length(in));
}

START_TEST(a_client_that_reads_a_long_answer_slowly_gets_all_of_it)
{
	const struct timeval	 tick = { 0, 20000 };
	struct ev_token_bucket_cfg *slow = ev_token_bucket_cfg_new(512 << 10, 512 << 10, 1 << 20, 1 << 20, &tick);
	struct client		 c;
	char			*body = calloc(1, LONG_ANSWER);

	ck_assert(slow != NULL && body != NULL);
	open_http(150, 10);
	wait_for_request(&c, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
	arrived = 0;
	bufferevent_setcb(c.bev, on_much, NULL, on_event, &c);
	ck_assert_int_eq(bufferevent_set_rate_limit(c.bev, slow), 0);
	http_reply(held, 200, "text/plain", body, LONG_ANSWER);
	while (!c.ended && arrived < LONG_ANSWER)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_uint_ge(arrived, LONG_ANSWER);
	client_close(&c);
	ev_token_bucket_cfg_free(slow);
	free(body);
	close_http();
}
END_TEST

START_TEST(a_client_that_stops_reading_its_answer_is_cut)
{
	struct client	 c;
	char		*body = calloc(1, LONG_ANSWER);

	ck_assert_ptr_nonnull(body);
	open_http(150, 10);
	wait_for_request(&c, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
	(void)bufferevent_disable(c.bev, EV_READ);
	http_reply(held, 200, "text/plain", body, LONG_ANSWER);
	while (http_get_stats(http)->late == 0)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	client_close(&c);
	free(body);
	close_http();
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("http");
	TCase	*t = tcase_create("http");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, each_request_gets_its_status, 0, sizeof(requests) / sizeof(requests[0]));
	tcase_add_test(t, a_body_reaches_the_handler_whole);
	tcase_add_test(t, the_sender_behind_a_trusted_proxy_is_told);
	tcase_add_test(t, a_dripping_client_is_cut);
	tcase_add_test(t, an_idle_connection_is_closed_after_its_time);
	tcase_add_test(t, a_request_that_waits_for_its_answer_is_not_cut);
	tcase_add_test(t, an_answer_to_a_client_that_left_is_harmless);
	tcase_add_test(t, connections_over_the_maximum_are_refused);
	tcase_add_test(t, a_stream_brings_pieces_until_it_is_ended);
	tcase_add_test(t, the_owner_of_a_stream_hears_that_its_client_left);
	tcase_add_test(t, a_client_that_does_not_read_is_let_go);
	tcase_add_test(t, the_end_of_the_listener_ends_its_streams);
	tcase_add_test(t, a_piece_of_a_file_is_an_answer);
	tcase_add_test(t, a_client_that_reads_a_long_answer_slowly_gets_all_of_it);
	tcase_add_test(t, a_client_that_stops_reading_its_answer_is_cut);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
