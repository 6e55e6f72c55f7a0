/* SPDX-License-Identifier: ISC */
/* Answers that come in pieces, late, or not at all, and what is done in mid-answer. */
#include "tests/unit/httpc_fixture.h"

#define HEAD	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define CHUNKED	HEAD "Transfer-Encoding: chunked\r\n\r\n"

static struct call *
stream(int i)
{
	struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(raw_port, "/"));

	o.on_data = on_data;
	return start(i, &o);
}

/* ---- pieces ---- */

static int
send_next(struct call *c)
{
	if (c->pieces < 5)
		raw_send("3\r\nabc\r\n");
	else
		raw_send("0\r\n\r\n");
	return 0;
}

START_TEST(pieces_are_given_as_they_come)
{
	struct call	*c;

	raw_answer = CHUNKED "3\r\nabc\r\n";	/* each further one is sent when the one before was seen */
	c = stream(0);
	c->piece = send_next;
	run_until(&c->done, 1);
	ck_assert_int_eq(c->res.error, HTTPC_OK);
	ck_assert_int_eq(c->pieces, 5);
	ck_assert_str_eq(c->data.data, "abcabcabcabcabc");
	ck_assert_str_eq(c->type, "text/event-stream");
	ck_assert(c->res.any_data);
	ck_assert_uint_eq(c->res.body_len, 0);
}
END_TEST

static const char	odd[] = CHUNKED "1\r\na\r\n0a;x=\"y\"\r\nbcdefghijk\r\n0002\r\n\r\n\r\n0\r\nTrailer: x\r\n\r\n";
static size_t		odd_sent;

/* One byte each time the loop comes round. */
static void
send_byte(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval	now = { 0, 0 };

	(void)fd;
	(void)what;
	if (raw == NULL || strstr(raw_request, "\r\n\r\n") == NULL || odd_sent == sizeof(odd) - 1)
		(void)event_add(arg, &now);
	else {
		ck_assert_int_eq(bufferevent_write(raw, odd + odd_sent++, 1), 0);
		(void)event_add(arg, &now);
	}
}

START_TEST(any_chunking_gives_the_same_bytes)
{
	const struct timeval	now = { 0, 0 };
	struct event		*ev = evtimer_new(base, send_byte, event_self_cbarg());
	struct call		*c = stream(0);

	odd_sent = 0;
	(void)event_add(ev, &now);
	run_until(&c->done, 1);
	event_free(ev);
	ck_assert_int_eq(c->res.error, HTTPC_OK);
	ck_assert_str_eq(c->data.data, "abcdefghijk\r\n");
}
END_TEST

static void
serve_big(struct evhttp_request *req, void *arg)
{
	struct evbuffer	*out = evbuffer_new();
	char		*big = mem_calloc(1, 4u << 20);

	(void)arg;
	(void)evbuffer_add(out, big, 4u << 20);
	evhttp_send_reply(req, 200, "OK", out);
	evbuffer_free(out);
	free(big);
}

static struct call *
start_big(int i, size_t max_body, bool streamed)
{
	struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(port, "/"));

	evhttp_set_gencb(server, serve_big, NULL);
	o.max_body = max_body;
	o.on_data = streamed ? on_data : NULL;
	o.idle_ms = 300;
	return start(i, &o);
}

START_TEST(the_maximum_of_a_body_is_exact)
{
	static const struct { size_t max; enum httpc_error error; } rows[] = {
		{ 4u << 20, HTTPC_OK }, { (4u << 20) - 1, HTTPC_TOO_LARGE }, { 0, HTTPC_TOO_LARGE }, { 1, HTTPC_TOO_LARGE },
	};
	int	i;

	for (i = 0; i < 8; i++) {
		struct call	*c = start_big(i, rows[i / 2].max, i % 2 != 0);

		run_until(&c->done, 1);
		ck_assert_int_eq(c->res.error, rows[i / 2].error);
		ck_assert_int_eq(c->res.status, 200);
		if (c->res.error == HTTPC_OK)
			ck_assert_uint_eq(c->data.len + c->body.len, 4u << 20);
	}
}
END_TEST

/* ---- pausing ---- */

static int
pause_first(struct call *c)
{
	if (c->pieces == 1)
		httpc_pause(c->req, true);
	return 0;
}

START_TEST(a_paused_answer_waits_without_a_deadline)
{
	struct call	*c = start_big(0, 8u << 20, true);
	int		 i;

	c->piece = pause_first;
	run_until(&c->pieces, 1);
	run_for(400);				/* idle_ms is 300 */
	ck_assert_int_eq(c->pieces, 1);
	ck_assert_int_eq(c->done, 0);
	for (i = 2; i < 20; i++) {		/* give and take */
		httpc_pause(c->req, false);
		ck_assert_int_eq(c->pieces, i - 1);	/* nothing comes from inside the call */
		run_until(&c->pieces, i);
		httpc_pause(c->req, true);
		i = c->pieces;
	}
	httpc_pause(c->req, false);
	run_until(&c->done, 1);
	ck_assert_int_eq(c->res.error, HTTPC_OK);
	ck_assert_uint_eq(c->data.len, 4u << 20);
}
END_TEST

static int
swap_roles(struct call *c)
{
	if (c->other->done)
		return 0;
	httpc_pause(c->req, true);
	httpc_pause(c->other->req, false);
	return 0;
}

START_TEST(answers_may_pause_and_resume_each_other)
{
	struct call	*a = start_big(0, 8u << 20, true), *b = start_big(1, 8u << 20, true);

	a->other = b;
	b->other = a;
	a->piece = b->piece = swap_roles;
	httpc_pause(b->req, true);
	run_until(&b->pieces, 20);
	while (!a->done || !b->done) {
		if (!a->done)
			httpc_pause(a->req, false);
		if (!b->done)
			httpc_pause(b->req, false);
		(void)event_base_loop(base, EVLOOP_ONCE);
	}
	ck_assert_int_eq(a->res.error, HTTPC_OK);
	ck_assert_int_eq(b->res.error, HTTPC_OK);
	ck_assert_uint_eq(a->data.len, 4u << 20);
	ck_assert_uint_eq(b->data.len, 4u << 20);
}
END_TEST

START_TEST(a_paused_answer_can_be_cancelled)
{
	struct call	*c = start_big(0, 8u << 20, true);

	c->piece = pause_first;
	run_until(&c->pieces, 1);
	httpc_pause(c->req, false);
	httpc_cancel(c->req);		/* before the resume was carried out */
	run_for(10);
	ck_assert_int_eq(c->pieces, 1);
	ck_assert_int_eq(c->done, 0);
}
END_TEST

/* ---- cancelling ---- */

START_TEST(a_cancelled_stream_closes_its_connection)
{
	struct call	*c;

	raw_answer = CHUNKED "3\r\nabc\r\n";
	c = stream(0);
	run_until(&c->pieces, 1);
	httpc_cancel(c->req);
	run_until(&raw_closed, 1);
	ck_assert_int_eq(c->done, 0);
	ck_assert_int_eq(c->pieces, 1);
}
END_TEST

START_TEST(a_request_can_be_cancelled_before_it_began)
{
	struct call		*c = stream(0);
	struct httpc_opts	 o = opts_for(&calls[1], "GET", "http://engine.invalid/");

	httpc_cancel(c->req);
	httpc_cancel(NULL);
	c = start(1, &o);		/* its name is being looked up */
	run_for(1);
	if (c->done == 0)
		httpc_cancel(c->req);
	run_for(5);
	ck_assert_int_eq(calls[0].done, 0);
}
END_TEST

static int
cancel_other(struct call *c)
{
	httpc_cancel(c->other->req);
	return 0;
}

static void
over_cancels_other(struct call *c)
{
	httpc_cancel(c->req);		/* it is over: nothing to do */
	httpc_cancel(c->other->req);
}

START_TEST(one_request_can_cancel_another)
{
	struct call	*a, *b, *c;

	raw_answer = CHUNKED "3\r\nabc\r\n0\r\n\r\n";
	a = stream(0);
	b = stream(1);			/* both answers lie ready at once */
	a->other = b;
	b->other = a;
	a->piece = b->piece = cancel_other;
	while (a->done + b->done < 1)
		(void)event_base_loop(base, EVLOOP_ONCE);
	run_for(5);
	ck_assert_int_eq(a->done + b->done, 1);
	ck_assert_int_eq(a->pieces + b->pieces, 1);
	*raw_request = '\0';
	raw_answer = HEAD "Content-Length: 3\r\n\r\nabc";
	c = stream(2);
	c->other = start_big(3, 8u << 20, false);
	httpc_pause(c->other->req, true);	/* so it is not over first */
	c->over = over_cancels_other;
	run_until(&c->done, 1);
	run_for(5);
	ck_assert_int_eq(calls[3].done, 0);
}
END_TEST

static int
cancel_myself(struct call *c)
{
	httpc_cancel(c->req);
	return 0;
}

static int
refuse(struct call *c)
{
	return c->pieces < 2 ? 0 : -1;
}

START_TEST(a_reader_can_stop_its_own_answer)
{
	struct call	*c;

	raw_answer = CHUNKED "3\r\nabc\r\n3\r\nabc\r\n3\r\nabc\r\n";
	c = stream(0);
	c->piece = refuse;
	run_until(&c->done, 1);
	ck_assert_int_eq(c->res.error, HTTPC_ABORTED);
	ck_assert_int_eq(c->res.status, 200);
	ck_assert_int_eq(c->pieces, 2);
	c = stream(1);
	c->piece = cancel_myself;	/* the header says: return -1; it is survived all the same */
	run_until(&raw_closed, 2);
	ck_assert_int_eq(c->done, 0);
	ck_assert_int_eq(c->pieces, 1);
}
END_TEST

static int
start_another(struct call *c)
{
	if (c->pieces == 1)
		(void)stream((int)(c - calls) + 1);
	return 0;
}

static void
over_starts_another(struct call *c)
{
	(void)stream((int)(c - calls) + 1);
}

START_TEST(requests_can_be_started_from_callbacks)
{
	raw_answer = HEAD "Content-Length: 3\r\n\r\nabc";
	calls[0].piece = start_another;
	calls[1].over = over_starts_another;
	(void)stream(0);
	run_until(&calls[2].done, 1);
	ck_assert_str_eq(calls[0].data.data, "abc");
	ck_assert_str_eq(calls[1].data.data, "abc");
	ck_assert_str_eq(calls[2].data.data, "abc");
}
END_TEST

START_TEST(freeing_ends_everything_silently)
{
	raw_answer = CHUNKED "3\r\nabc\r\n";
	(void)stream(0);
	run_until(&calls[0].pieces, 1);
	(void)stream(1);
	(void)start_big(2, 0, false);
	httpc_free(h);
	h = NULL;
	run_for(5);
	ck_assert_int_eq(calls[0].done + calls[1].done + calls[2].done, 0);
}
END_TEST

static void
add_mid_answer(TCase *tc)
{
	tcase_add_test(tc, pieces_are_given_as_they_come);
	tcase_add_test(tc, any_chunking_gives_the_same_bytes);
	tcase_add_test(tc, the_maximum_of_a_body_is_exact);
	tcase_add_test(tc, a_paused_answer_waits_without_a_deadline);
	tcase_add_test(tc, answers_may_pause_and_resume_each_other);
	tcase_add_test(tc, a_paused_answer_can_be_cancelled);
	tcase_add_test(tc, a_cancelled_stream_closes_its_connection);
	tcase_add_test(tc, a_request_can_be_cancelled_before_it_began);
	tcase_add_test(tc, one_request_can_cancel_another);
	tcase_add_test(tc, a_reader_can_stop_its_own_answer);
	tcase_add_test(tc, requests_can_be_started_from_callbacks);
	tcase_add_test(tc, freeing_ends_everything_silently);
}

/* ---- deadlines and accidents ---- */

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
	const struct timeval	tv = { 0, 10000 };

	(void)fd;
	(void)what;
	if (raw != NULL && strstr(raw_request, "\r\n\r\n") != NULL)
		raw_send(++drips < 12 ? "1\r\nx\r\n" : "0\r\n\r\n");
	if (drips < 12)
		(void)event_add(arg, &tv);
}

START_TEST(a_slow_answer_that_moves_is_not_idle)
{
	const struct timeval	tv = { 0, 10000 };
	struct event		*ev = evtimer_new(base, drip, event_self_cbarg());
	struct httpc_opts	 o = opts_for(&calls[0], "GET", url_of(raw_port, "/"));

	drips = 0;
	raw_answer = CHUNKED;
	o.on_data = on_data;
	o.idle_ms = 80;			/* the whole takes 120 */
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

int
main(void)
{
	Suite	*suite = suite_create("httpc_stream");
	TCase	*tc = tcase_create("httpc_stream");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_mid_answer(tc);
	tcase_add_test(tc, silence_has_three_deadlines);
	tcase_add_test(tc, a_slow_answer_that_moves_is_not_idle);
	tcase_add_test(tc, what_cannot_be_reached_says_so);
	tcase_add_test(tc, connecting_has_a_deadline);
	tcase_add_test(tc, a_cut_answer_is_told_from_none);
	tcase_add_test(tc, many_requests_run_side_by_side);
	tcase_add_test(tc, requests_survive_each_failed_allocation);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
