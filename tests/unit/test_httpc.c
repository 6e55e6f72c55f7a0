/* SPDX-License-Identifier: ISC */
#include "tests/unit/httpc_fixture.h"

/* ---- whole answers ---- */

static char	got_headers[4096], got_body[8192];
static int	got_method;

static void
note_header(struct evhttp_request *req, const char *name)
{
	const char	*value = evhttp_find_header(evhttp_request_get_input_headers(req), name);
	size_t		 len = strlen(got_headers);

	(void)snprintf(got_headers + len, sizeof(got_headers) - len, "%s=%s;", name, value != NULL ? value : "none");
}

static void
serve_echo(struct evhttp_request *req, void *arg)
{
	struct evbuffer	*out = evbuffer_new();
	ev_ssize_t	 n;

	(void)arg;
	*got_headers = '\0';
	got_method = evhttp_request_get_command(req);
	note_header(req, "Authorization");
	note_header(req, "Content-Type");
	note_header(req, "Expect");
	note_header(req, "X-Test");
	n = evbuffer_copyout(evhttp_request_get_input_buffer(req), got_body, sizeof(got_body) - 1);
	got_body[n < 0 ? 0 : n] = '\0';
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	(void)evbuffer_add_printf(out, "{\"len\":%d}", (int)n);
	evhttp_send_reply(req, 200, "OK", out);
	evbuffer_free(out);
}

START_TEST(an_answer_is_collected)
{
	struct httpc_opts	o = opts_for(&calls[0], "GET", url_of(port, "/"));
	struct call		*c;

	evhttp_set_gencb(server, serve_echo, NULL);
	c = start(0, &o);
	run_until(&c->done, 1);
	ck_assert_int_eq(c->res.error, HTTPC_OK);
	ck_assert_int_eq(c->res.status, 200);
	ck_assert_str_eq(c->res.body, "{\"len\":0}");
	ck_assert_str_eq(c->type, "application/json");
	ck_assert_str_eq(c->text, "");
	ck_assert(!c->res.any_data);
	ck_assert_int_eq(c->res.retry_after_ms, -1);
	ck_assert_int_gt(c->res.first_byte_us, 0);
	ck_assert_int_ge(c->res.total_us, c->res.first_byte_us);
	ck_assert_int_ge(c->res.first_byte_us, c->res.connect_us);
	run_for(5);
	ck_assert_int_eq(c->done, 1);
}
END_TEST

START_TEST(a_request_says_what_it_was_told_and_no_more)
{
	static const char *const	json[] = { "Content-Type: application/json", "X-Test: 1", NULL };
	static const struct {
		const char *method, *body, *bearer; const char *const *headers; int command; const char *seen;
	} rows[] = {
		{ "POST", "{\"a\":1}", "KEY", json, EVHTTP_REQ_POST,
		    "Authorization=Bearer KEY;Content-Type=application/json;Expect=none;X-Test=1;" },
		{ "POST", NULL, "", NULL, EVHTTP_REQ_POST, "Authorization=none;Content-Type=none;Expect=none;X-Test=none;" },
		{ "PUT", "x", NULL, NULL, EVHTTP_REQ_PUT, "Authorization=none;Content-Type=none;Expect=none;X-Test=none;" },
		{ "DELETE", NULL, NULL, NULL, EVHTTP_REQ_DELETE, "Authorization=none;Content-Type=none;Expect=none;X-Test=none;" },
	};
	int	i;

	evhttp_set_allowed_methods(server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE);
	evhttp_set_gencb(server, serve_echo, NULL);
	for (i = 0; i < 4; i++) {
		struct httpc_opts	o = opts_for(&calls[i], rows[i].method, url_of(port, "/"));
		char			body[16] = "";

		if (rows[i].body != NULL) {
			(void)snprintf(body, sizeof(body), "%s", rows[i].body);
			o.body = body;
			o.body_len = strlen(body);
		}
		o.bearer = rows[i].bearer;
		o.headers = rows[i].headers;
		(void)start(i, &o);
		memset(body, '#', sizeof(body));	/* it was copied */
		run_until(&calls[i].done, 1);
		ck_assert_int_eq(calls[i].res.status, 200);
		ck_assert_int_eq(got_method, rows[i].command);
		ck_assert_str_eq(got_headers, rows[i].seen);
		ck_assert_str_eq(got_body, rows[i].body != NULL ? rows[i].body : "");
	}
}
END_TEST

START_TEST(a_large_body_does_not_wait_for_100_continue)
{
	size_t			 size = 3u << 20;
	char			*body = mem_calloc(1, size), want[32];
	struct httpc_opts	 o = opts_for(&calls[0], "POST", url_of(port, "/"));

	evhttp_set_gencb(server, serve_echo, NULL);
	o.body = body;
	o.body_len = size;
	o.first_byte_ms = 900;		/* libcurl would wait for a second */
	(void)start(0, &o);
	free(body);
	run_until(&calls[0].done, 1);
	ck_assert_int_eq(calls[0].res.status, 200);
	(void)snprintf(want, sizeof(want), "{\"len\":%d}", (int)sizeof(got_body) - 1);
	ck_assert_str_eq(calls[0].res.body, want);
}
END_TEST

START_TEST(multipart_is_made_from_memory)
{
	static const char		wav[] = "RIFF\0\1\2\377data";
	static const struct httpc_part	parts[] = {
		{ "model", NULL, NULL, "whisper-1", 9 },
		{ "file", "a \"b\".wav", "audio/wav", wav, sizeof(wav) - 1 },
		{ "empty", NULL, NULL, NULL, 0 },
	};
	struct httpc_opts	o = opts_for(&calls[0], "POST", url_of(raw_port, "/t"));

	o.parts = parts;
	o.nparts = 3;
	raw_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	ck_assert_str_eq(calls[0].res.body, "ok");
	ck_assert_ptr_nonnull(strstr(raw_request, "POST /t HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(raw_request, "Content-Type: multipart/form-data; boundary="));
}
END_TEST

static void
check_multipart(struct evhttp_request *req, void *arg)
{
	struct evbuffer	*in = evhttp_request_get_input_buffer(req);

	(void)arg;
	ck_assert_int_ge(evbuffer_search(in, "name=\"model\"\r\n\r\nwhisper-1\r\n", 27, NULL).pos, 0);
	ck_assert_int_ge(evbuffer_search(in, "filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRI\0\1\377FF\r\n", 54, NULL).pos, 0);
	evhttp_send_reply(req, 204, "No Content", NULL);
}

START_TEST(multipart_is_binary_safe)
{
	static const struct httpc_part	parts[] = {
		{ "model", NULL, NULL, "whisper-1", 9 }, { "file", "a.wav", "audio/wav", "RI\0\1\377FF", 7 },
	};
	struct httpc_opts	o = opts_for(&calls[0], "POST", url_of(port, "/t"));

	evhttp_set_gencb(server, check_multipart, NULL);
	o.parts = parts;
	o.nparts = 2;
	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	ck_assert_int_eq(calls[0].res.status, 204);
	ck_assert_uint_eq(calls[0].res.body_len, 0);
}
END_TEST

START_TEST(connections_are_kept)
{
	int	i;

	raw_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	for (i = 0; i < 3; i++) {
		struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(raw_port, "/"));

		(void)start(i, &o);
		run_until(&calls[i].done, 1);
		ck_assert_str_eq(calls[i].res.body, "ok");
		*raw_request = '\0';
	}
	ck_assert_int_eq(raw_accepted, 1);
}
END_TEST

START_TEST(redirects_are_answers)
{
	struct httpc_opts	o = opts_for(&calls[0], "GET", url_of(raw_port, "/"));

	raw_answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	ck_assert_int_eq(calls[0].res.error, HTTPC_OK);
	ck_assert_int_eq(calls[0].res.status, 302);
}
END_TEST

/* ---- refusals ---- */

START_TEST(wrong_options_are_refused)
{
	static const struct httpc_part	part = { "a", NULL, NULL, "b", 1 };
	static const char *const	no_colon[] = { "X-Test", NULL };
	static const char *const	two_lines[] = { "X-Test: 1\r\nX-Evil: 2", NULL };
	const struct httpc_opts		rows[] = {
		{ .method = "GET", .url = NULL }, { .method = "GET", .url = "" }, { .method = "GET", .url = "nonsense" },
		{ .method = "GET", .url = "ftp://127.0.0.1/" }, { .method = "GET", .url = "file:///etc/passwd" },
		{ .method = "GET", .url = "http://" }, { .method = "GET", .url = "http://127.0.0.1:99999/" },
		{ .method = "GET", .url = "http://127.0.0.1/\r\nX: 1" },
		{ .method = NULL, .url = "http://127.0.0.1/" }, { .method = "TRACE", .url = "http://127.0.0.1/" },
		{ .method = "GET", .url = "http://127.0.0.1/", .body = "x", .body_len = 1 },
		{ .method = "POST", .url = "http://127.0.0.1/", .body = "x", .body_len = 1, .parts = &part, .nparts = 1 },
		{ .method = "GET", .url = "http://127.0.0.1/", .headers = no_colon },
		{ .method = "GET", .url = "http://127.0.0.1/", .headers = two_lines },
		{ .method = "GET", .url = "http://127.0.0.1/", .bearer = "a\r\nb" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct httpc_opts	o = rows[i];

		o.on_done = on_done;
		errno = 0;
		ck_assert_msg(httpc_start(h, &o) == NULL, "row %zu", i);
		ck_assert_int_eq(errno, EINVAL);
	}
	ck_assert_ptr_null(httpc_new(base, 0));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(retry_after_is_seconds_or_a_date)
{
	static const struct { const char *value; bool in_ms; int64_t want; } rows[] = {
		{ "20", false, 20000 }, { "0", false, 0 }, { "1.5", false, 1500 }, { "1500", true, 1500 },
		{ "99999999", false, 86400000 }, { "99999999999", true, 86400000 },
		{ "Tue, 14 Nov 2023 22:13:50 GMT", false, 30000 },
		{ "Tue, 14 Nov 2023 22:13:10 GMT", false, 0 },		/* past */
		{ "Tue, 14 Nov 2023 22:13:50 GMT", true, -1 },
		{ "", false, -1 }, { "soon", false, -1 }, { "-5", false, -1 }, { "-5", true, -1 },
		{ "00000000000000000000000000000000000000000000000000000000000000000001", false, -1 },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(httpc_retry_after(rows[i].value, strlen(rows[i].value), rows[i].in_ms, 1700000000000) ==
		    rows[i].want, "\"%s\"", rows[i].value);
}
END_TEST

START_TEST(retry_after_ms_wins)
{
	static const char *const	rows[] = {
		"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nretry-after-ms: 250\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 429 Slow\r\nRETRY-AFTER-MS:250 \r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\nHTTP/1.1 503 Down\r\nretry-after-ms: 250\r\nContent-Length: 0\r\n\r\n",
	};
	int	i;

	for (i = 0; i < 3; i++) {
		struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(raw_port, "/"));

		raw_answer = rows[i];
		*raw_request = '\0';
		(void)start(i, &o);
		run_until(&calls[i].done, 1);
		ck_assert_int_eq(calls[i].res.retry_after_ms, 250);
		ck_assert_int_ge(calls[i].res.status, 429);
	}
}
END_TEST

START_TEST(error_bodies_are_collected_although_data_is_streamed)
{
	static const struct { const char *answer; long status; bool streamed; } rows[] = {
		{ "HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nbad", 400, false },
		{ "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n\r\n", 500, false },
		{ "HTTP/1.1 201 Made\r\nContent-Length: 3\r\n\r\nbad", 201, true },
	};
	int	i;

	for (i = 0; i < 3; i++) {
		struct httpc_opts	o = opts_for(&calls[i], "GET", url_of(raw_port, "/"));

		raw_answer = rows[i].answer;
		*raw_request = '\0';
		o.on_data = on_data;
		(void)start(i, &o);
		run_until(&calls[i].done, 1);
		ck_assert_int_eq(calls[i].res.error, HTTPC_OK);
		ck_assert_int_eq(calls[i].res.status, rows[i].status);
		ck_assert(calls[i].res.any_data == rows[i].streamed);
		ck_assert_str_eq(calls[i].res.body, rows[i].streamed ? "" : "bad");
		ck_assert_str_eq(calls[i].data.data, rows[i].streamed ? "bad" : "");
	}
}
END_TEST

START_TEST(errors_have_names)
{
	ck_assert_str_eq(httpc_error_name(HTTPC_OK), "ok");
	ck_assert_str_eq(httpc_error_name(HTTPC_FAILED), "failed");
	ck_assert_str_eq(httpc_error_name((enum httpc_error)99), "?");
}
END_TEST

START_TEST(proxies_are_for_others_than_loopback)
{
	struct httpc_opts	o = opts_for(&calls[0], "GET", url_of(raw_port, "/near"));
	char			proxy[64];

	(void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", raw_port);
	ck_assert_int_eq(setenv("http_proxy", proxy, 1), 0);
	(void)unsetenv("no_proxy");
	raw_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	(void)start(0, &o);
	run_until(&calls[0].done, 1);
	ck_assert_ptr_nonnull(strstr(raw_request, "GET /near HTTP/1.1"));
	*raw_request = '\0';
	o = opts_for(&calls[1], "GET", "http://engine.invalid/far");
	(void)start(1, &o);
	run_until(&calls[1].done, 1);
	(void)unsetenv("http_proxy");
	ck_assert_int_eq(calls[1].res.error, HTTPC_OK);
	ck_assert_ptr_nonnull(strstr(raw_request, "GET http://engine.invalid/far HTTP/1.1"));
}
END_TEST

static void
add_all(TCase *tc)
{
	tcase_add_test(tc, an_answer_is_collected);
	tcase_add_test(tc, a_request_says_what_it_was_told_and_no_more);
	tcase_add_test(tc, a_large_body_does_not_wait_for_100_continue);
	tcase_add_test(tc, multipart_is_made_from_memory);
	tcase_add_test(tc, multipart_is_binary_safe);
	tcase_add_test(tc, connections_are_kept);
	tcase_add_test(tc, redirects_are_answers);
	tcase_add_test(tc, wrong_options_are_refused);
	tcase_add_test(tc, retry_after_is_seconds_or_a_date);
	tcase_add_test(tc, retry_after_ms_wins);
	tcase_add_test(tc, error_bodies_are_collected_although_data_is_streamed);
	tcase_add_test(tc, errors_have_names);
	tcase_add_test(tc, proxies_are_for_others_than_loopback);
}

int
main(void)
{
	return run_suite("httpc", add_all);
}
