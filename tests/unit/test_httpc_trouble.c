/* SPDX-License-Identifier: ISC */
/* Answers that come late, broken or not at all; and many at once. */
#include "tests/unit/httpc_fixture.h"

START_TEST(silence_has_three_deadlines)
{
	static const struct { const char *answer; int first, idle, total; enum httpc_error error; long status; } rows[] = {
		{ NULL, 30, 0, 0, HTTPC_TIMEOUT_FIRST, 0 },
		{ "HTTP/1.1 200 O", 30, 0, 500, HTTPC_TIMEOUT_FIRST, 0 },	/* no whole line yet */
		{ CHUNKED, 500, 30, 0, HTTPC_TIMEOUT_IDLE, 200 },
		{ CHUNKED "3\r\nabc\r\n", 500, 30, 0, HTTPC_TIMEOUT_IDLE, 200 },
		{ CHUNKED "3\r\nab", 500, 30, 0, HTTPC_TIMEOUT_IDLE, 200 },
		{ NULL, 500, 500, 30, HTTPC_TIMEOUT_TOTAL, 0 },
		{ CHUNKED "3\r\nabc\r\n", 500, 500, 30, HTTPC_TIMEOUT_TOTAL, 200 },
	};
	int	i;

	for (i = 0; i < (int)(sizeof(rows) / sizeof(*rows)); i++) {
		struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(raw_port, "/"));

		*raw_request = '\0';
		raw_answer = rows[i].answer;
		o.on_data = on_data;
		o.first_byte_ms = rows[i].first;
		o.idle_ms = rows[i].idle;
		o.total_ms = rows[i].total;
		(void)start(i, &o);
		run_until(&calls[i].done, 1);
		ck_assert_msg(calls[i].res.error == rows[i].error, "row %d: %s", i, httpc_error_name(calls[i].res.error));
		ck_assert_int_eq(calls[i].res.status, rows[i].status);
		ck_assert_ptr_nonnull(strstr(calls[i].text, " ms"));
	}
}
END_TEST

static int	drips;

static void
drip(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval	tv = { 0, 30000 };

	(void)fd;
	(void)what;
	if (raw != NULL && strstr(raw_request, "\r\n\r\n") != NULL)
		raw_send(++drips < 12 ? "1\r\nx\r\n" : "0\r\n\r\n");
	if (drips < 12)
		(void)event_add(arg, &tv);
}

START_TEST(a_slow_answer_that_moves_is_not_idle)
{
	const struct timeval	tv = { 0, 30000 };
	struct event		*ev = evtimer_new(base, drip, event_self_cbarg());
	struct httpc_opts	 o = opts_for(&calls[0], "GET", url_of(raw_port, "/"));

	drips = 0;
	raw_answer = CHUNKED;
	o.on_data = on_data;
	o.idle_ms = 300;		/* the whole takes 360 */
	(void)start(0, &o);
	(void)event_add(ev, &tv);
	run_until(&calls[0].done, 1);
	event_free(ev);
	ck_assert_int_eq(calls[0].res.error, HTTPC_OK);
	ck_assert_str_eq(calls[0].data.data, "xxxxxxxxxxx");
}
END_TEST

/* A port where nobody listens. */
static int
closed_port(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int			fd = socket(AF_INET, SOCK_STREAM, 0), p;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	p = port_of(fd);
	(void)close(fd);
	return p;
}

START_TEST(what_cannot_be_reached_says_so)
{
	char			tls[64];
	struct httpc_opts	o = opts_for(&calls[0], "GET", url_of(closed_port(), "/"));

	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	ck_assert_int_eq(calls[0].res.error, HTTPC_CONNECT);
	ck_assert_int_eq(calls[0].res.status, 0);
	ck_assert_str_ne(calls[0].text, "");
	(void)snprintf(tls, sizeof(tls), "https://127.0.0.1:%d/", raw_port);
	o = opts_for(&calls[1], "GET", tls);
	(void)start(1, &o);
	run_until(&raw_accepted, 1);
	raw_send("HTTP/1.1 400 This is no TLS\r\n\r\n");
	run_until(&calls[1].done, 1);
	ck_assert_int_eq(calls[1].res.error, HTTPC_CONNECT);
	o = opts_for(&calls[2], "GET", "http://engine.invalid/");
	(void)unsetenv("http_proxy");
	(void)start(2, &o);
	run_until(&calls[2].done, 1);
	ck_assert_int_eq(calls[2].res.error, HTTPC_CONNECT);
}
END_TEST

START_TEST(connecting_has_a_deadline)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct httpc_opts	o;
	int			fd = socket(AF_INET, SOCK_STREAM, 0), full[8], i;

	/* a listener that accepts nobody: when its queue is full, further ones get no answer */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	sin.sin_port = htons((uint16_t)port_of(fd));
	for (i = 0; i < 8; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(full[i], (struct sockaddr *)&sin, sizeof(sin));
	}
	o = opts_for(&calls[0], "GET", url_of(ntohs(sin.sin_port), "/"));
	o.connect_ms = 50;
	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	ck_assert_int_eq(calls[0].res.error, HTTPC_CONNECT);
	for (i = 0; i < 8; i++)
		(void)close(full[i]);
	(void)close(fd);
}
END_TEST

START_TEST(a_cut_answer_is_told_from_none)
{
	static const struct { const char *answer; enum httpc_error error; long status; } rows[] = {
		{ HEAD "Content-Length: 10\r\n\r\nabc", HTTPC_ABORTED, 200 },
		{ CHUNKED "3\r\nabc\r\n", HTTPC_ABORTED, 200 },
		{ CHUNKED "3\r\nab", HTTPC_ABORTED, 200 },
		{ "", HTTPC_FAILED, 0 },
		{ "What?\r\n\r\n", HTTPC_FAILED, 0 },
		{ HEAD "\r\nabc", HTTPC_OK, 200 },	/* no length: the end of the connection is its end */
	};
	int	i;

	for (i = 0; i < (int)(sizeof(rows) / sizeof(*rows)); i++) {
		struct call	*c;

		*raw_request = '\0';
		raw_answer = rows[i].answer;
		raw_then_close = true;
		c = stream(i);
		if (*rows[i].answer == '\0') {
			while (*raw_request == '\0')
				(void)event_base_loop(base, EVLOOP_ONCE);
			raw_event(raw, 0, NULL);
		}
		run_until(&c->done, 1);
		ck_assert_msg(c->res.error == rows[i].error, "row %d: %s %s", i, httpc_error_name(c->res.error), c->text);
		ck_assert_int_eq(c->res.status, rows[i].status);
	}
}
END_TEST

static int
count_requests(const char *text)
{
	int	n = 0;

	while ((text = strstr(text, "GET /")) != NULL)
		n++, text++;
	return n;
}

/* The server closes a kept connection just as the next request comes. */
static int
requests_seen(bool fresh, enum httpc_error *ret_error)
{
	struct httpc_opts	o = opts_for(&calls[0], "GET", url_of(raw_port, "/"));
	int			closed = 0;

	*raw_request = '\0';
	raw_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	calls[0].done = calls[1].done = 0;
	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	raw_answer = NULL;
	*raw_request = '\0';
	o = opts_for(&calls[1], "GET", url_of(raw_port, "/"));
	o.fresh = fresh;
	(void)start(1, &o);
	while (!calls[1].done) {
		if (strstr(raw_request, "\r\n\r\n") != NULL && closed++ == 0)
			raw_event(raw, 0, NULL);
		else if (count_requests(raw_request) == 2 && raw_answer == NULL)
			raw_send(raw_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		(void)event_base_loop(base, EVLOOP_ONCE);
	}
	*ret_error = calls[1].res.error;
	return count_requests(raw_request);
}

START_TEST(a_fresh_request_is_sent_once)
{
	enum httpc_error	error;

	ck_assert_int_eq(requests_seen(false, &error), 2);	/* libcurl tries again by itself */
	ck_assert_int_eq(error, HTTPC_OK);
	ck_assert_int_eq(requests_seen(true, &error), 1);
	ck_assert_int_eq(error, HTTPC_FAILED);
}
END_TEST

static void
serve_number(struct evhttp_request *req, void *arg)
{
	struct evbuffer	*out = evbuffer_new();

	(void)arg;
	(void)evbuffer_add_printf(out, "%s", evhttp_request_get_uri(req));
	evhttp_send_reply(req, 200, "OK", out);
	evbuffer_free(out);
}

START_TEST(many_requests_run_side_by_side)
{
	char	path[16];
	int	i, done = 0;

	evhttp_set_gencb(server, serve_number, NULL);
	for (i = 0; i < 250; i++) {	/* more than the 100 connections */
		struct httpc_opts	o;

		(void)snprintf(path, sizeof(path), "/%d", i);
		o = opts_for(&calls[i], "GET", url_of(port, path));
		o.on_data = i % 2 == 0 ? on_data : NULL;
		(void)start(i, &o);
	}
	while (done < 250) {
		(void)event_base_loop(base, EVLOOP_ONCE);
		for (i = done = 0; i < 250; i++)
			done += calls[i].done;
	}
	for (i = 0; i < 250; i++) {
		(void)snprintf(path, sizeof(path), "/%d", i);
		ck_assert_int_eq(calls[i].res.error, HTTPC_OK);
		ck_assert_str_eq(i % 2 == 0 ? calls[i].data.data : calls[i].body.data, path);
	}
}
END_TEST

START_TEST(requests_survive_each_failed_allocation)
{
	static const struct httpc_part	part = { "a", "b", "text/plain", "c", 1 };
	struct httpc_opts		o = opts_for(&calls[0], "POST", url_of(port, "/x"));
	int				n, failed = 0;

	evhttp_set_gencb(server, serve_number, NULL);
	o.parts = &part;
	o.nparts = 1;
	o.bearer = "key";
	o.total_ms = 200;		/* a descriptor that nobody could watch */
	for (n = 0; n < 8; n++) {
		calls[0].done = 0;
		mem_fail_at(n);
		if ((calls[0].req = httpc_start(h, &o)) == NULL) {
			ck_assert_int_eq(errno, ENOMEM);
			mem_fail_at(-1);
			failed++;
			continue;
		}
		run_until(&calls[0].done, 1);
		mem_fail_at(-1);
		failed += calls[0].res.error != HTTPC_OK;
		ck_assert(calls[0].res.error == HTTPC_OK || calls[0].res.error == HTTPC_TIMEOUT_TOTAL ||
		    calls[0].res.error == HTTPC_FAILED);
	}
	ck_assert_int_ge(failed, 3);
	ck_assert_int_eq(calls[0].res.error, HTTPC_OK);
	mem_fail_at(0);
	ck_assert_ptr_null(httpc_new(base, 1));
	mem_fail_at(-1);
}
END_TEST

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, silence_has_three_deadlines);
	tcase_add_test(tc, a_slow_answer_that_moves_is_not_idle);
	tcase_add_test(tc, what_cannot_be_reached_says_so);
	tcase_add_test(tc, connecting_has_a_deadline);
	tcase_add_test(tc, a_cut_answer_is_told_from_none);
	tcase_add_test(tc, a_fresh_request_is_sent_once);
	tcase_add_test(tc, many_requests_run_side_by_side);
	tcase_add_test(tc, requests_survive_each_failed_allocation);
}

int
main(void)
{
	return run_suite("httpc_trouble", add_all);
}
