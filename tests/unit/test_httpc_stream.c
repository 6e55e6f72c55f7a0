/* SPDX-License-Identifier: ISC */
/* Answers that come in pieces, and what is done in mid-answer. */
#include "tests/unit/httpc_fixture.h"

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
add_all(TCase *tc)
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

int
main(void)
{
	return run_suite("httpc_stream", add_all);
}
