/* SPDX-License-Identifier: ISC */
/* Against a webhook server in this process that answers as each test says. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <netinet/in.h>

#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/delivery.h"

#define NCCO	"[{\"action\":\"talk\",\"text\":\"Hi\"}]"
#define JSON	"application/json"

struct page {			/* answers of a path, the last one stays */
	const char	*path;
	struct { int status; const char *type, *body; } answers[3];
	unsigned	 asked;
};

static struct event_base *base;
static struct evhttp	*http;
static struct web	*web;
static struct web_options options;
static char		 here[64], fallback[128], errors[128];
static struct page	 pages[3];
static char		 last_body[4096], last_query[4096], error_body[4096];

static struct {
	unsigned	 calls;
	long		 status;
	unsigned	 attempts;
	bool		 fallback;
	char		 body[1024];
} got;

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct page	*p = arg;
	struct evbuffer	*in = evhttp_request_get_input_buffer(req), *out = evbuffer_new();
	unsigned	 n = p->asked++;
	const char	*query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));

	while (n > 0 && (n >= 3 || p->answers[n].status == 0))
		n--;
	(void)snprintf(last_body, sizeof(last_body), "%.*s", (int)evbuffer_get_length(in),
	    (const char *)evbuffer_pullup(in, -1));
	(void)snprintf(last_query, sizeof(last_query), "%s", query == NULL ? "" : query);
	if (p->path[1] == 'e')
		(void)snprintf(error_body, sizeof(error_body), "%s", last_body);
	if (p->answers[n].type != NULL)
		(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", p->answers[n].type);
	if (p->answers[n].body != NULL)
		(void)evbuffer_add(out, p->answers[n].body, strlen(p->answers[n].body));
	evhttp_send_reply(req, p->answers[n].status, NULL, out);
	evbuffer_free(out);
}

static void
setup(void)
{
	struct evhttp_bound_socket	*bound;
	struct sockaddr_in		 sin;
	socklen_t			 len = sizeof(sin);
	static const char *const	 paths[] = { "/hook", "/fallback", "/errors" };
	size_t				 i;

	log_open("test", LOG_LVL_ERROR, 2);
	memset(&got, 0, sizeof(got));
	memset(&options, 0, sizeof(options));
	error_body[0] = '\0';
	base = event_base_new();
	http = evhttp_new(base);
	bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	ck_assert_int_eq(getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &len), 0);
	(void)snprintf(here, sizeof(here), "http://127.0.0.1:%u/hook", ntohs(sin.sin_port));
	(void)snprintf(fallback, sizeof(fallback), "http://127.0.0.1:%u/fallback", ntohs(sin.sin_port));
	(void)snprintf(errors, sizeof(errors), "http://127.0.0.1:%u/errors", ntohs(sin.sin_port));
	for (i = 0; i < 3; i++) {
		pages[i] = (struct page){ .path = paths[i], .answers = { { 200, JSON, NCCO } } };
		evhttp_set_cb(http, paths[i], on_request, &pages[i]);
	}
	ck_assert_ptr_nonnull(web = web_new(base, &options));
}

static void
teardown(void)
{
	web_free(web);
	evhttp_free(http);
	event_base_free(base);
}

static void
on_done(void *arg, const struct web_reply *r)
{
	got.calls++;
	got.status = r->status;
	got.attempts = r->attempts;
	got.fallback = r->fallback;
	(void)snprintf(got.body, sizeof(got.body), "%.*s", (int)r->body_len, r->body);
	if (arg != NULL)
		(void)event_base_loopexit(base, &(struct timeval){ 0, 50000 });	/* an error event may follow */
}

static void
hook(unsigned n, int status, const char *type, const char *body)
{
	pages[0].answers[n].status = status;
	pages[0].answers[n].type = type;
	pages[0].answers[n].body = body;
}

static void
deliver(enum delivery_kind kind, bool wants_ncco)
{
	struct delivery	d = { .kind = kind, .url = here, .json = "{\"uuid\":\"u\",\"conversation_uuid\":\"CON-1\"}",
	    .wants_ncco = wants_ncco };

	ck_assert_int_eq(delivery_send(web, &d, on_done, &got), 0);
	(void)event_base_dispatch(base);
	ck_assert_uint_eq(got.calls, 1);
}

START_TEST(only_the_documented_statuses_are_tried_again_once)
{
	static const struct { int status; unsigned attempts; } rows[] = {
		{ 200, 1 }, { 401, 1 }, { 404, 1 }, { 429, 2 }, { 500, 1 }, { 502, 1 }, { 503, 2 }, { 504, 2 },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pages[0].asked = 0;
		got.calls = 0;
		hook(0, rows[i].status, JSON, NCCO);
		deliver(DELIVERY_ANSWER, true);
		ck_assert_msg(pages[0].asked == rows[i].attempts && got.attempts == rows[i].attempts, "%d: %u",
		    rows[i].status, pages[0].asked);
		ck_assert_int_eq(got.status, rows[i].status);
	}
}
END_TEST

START_TEST(the_second_attempt_counts)
{
	hook(0, 503, NULL, NULL);
	hook(1, 200, JSON, NCCO);
	options.fallback_url = fallback;
	deliver(DELIVERY_ANSWER, true);
	ck_assert(got.status == 200 && strcmp(got.body, NCCO) == 0 && !got.fallback && pages[1].asked == 0);
}
END_TEST

START_TEST(a_connection_that_is_refused_is_tried_again)
{
	struct delivery	d = { .kind = DELIVERY_ANSWER, .url = "http://127.0.0.1:1/", .json = "{}" };

	options.fallback_url = fallback;
	ck_assert_int_eq(delivery_send(web, &d, on_done, &got), 0);
	(void)event_base_dispatch(base);
	ck_assert(got.fallback && got.status == 200 && web_counts(web)->attempts == 3);
	ck_assert_ptr_nonnull(strstr(last_body, "\"url\":\"http://127.0.0.1:1/\""));
}
END_TEST

/* What came of the webhook, with and without a fallback URL. */
START_TEST(the_fallback_is_asked_when_no_usable_ncco_came)
{
	static const struct {
		enum delivery_kind kind;
		int		 status;
		const char	*type, *body;
		bool		 asked, told;
		const char	*without;	/* what the caller sees then */
	} rows[] = {
		{ DELIVERY_ANSWER, 200, JSON, NCCO, false, false, NCCO },
		{ DELIVERY_ANSWER, 200, "application/json; charset=utf-8", "[]", false, false, "[]" },
		{ DELIVERY_ANSWER, 404, JSON, NCCO, true, false, NCCO },
		{ DELIVERY_ANSWER, 201, JSON, NCCO, true, false, NCCO },
		{ DELIVERY_ANSWER, 200, "text/html", NCCO, true, false, NCCO },
		{ DELIVERY_ANSWER, 200, "application/xml", NCCO, true, false, NCCO },
		{ DELIVERY_ANSWER, 200, JSON, "[{\"action\":\"x\"}]", true, true, "[{\"action\":\"x\"}]" },
		{ DELIVERY_EVENT, 204, NULL, NULL, false, false, "" },
		{ DELIVERY_EVENT, 200, JSON, "{}", false, false, "{}" },
		{ DELIVERY_EVENT, 200, "text/plain", "ok", false, false, "ok" },
		{ DELIVERY_EVENT, 200, JSON, NCCO, false, false, NCCO },
		{ DELIVERY_EVENT, 500, JSON, NCCO, true, false, "" },
		{ DELIVERY_EVENT, 200, "text/html", NCCO, true, false, "" },
		{ DELIVERY_EVENT, 200, JSON, "[{\"action\":\"x\"}]", true, true, "[{\"action\":\"x\"}]" },
	};
	size_t	i;
	int	with;

	options.event_url = errors;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (with = 0; with <= 1; with++) {
			pages[1].asked = pages[2].asked = got.calls = 0;
			hook(0, rows[i].status, rows[i].type, rows[i].body);
			options.fallback_url = with ? fallback : NULL;
			deliver(rows[i].kind, true);
			ck_assert_msg(pages[1].asked == (with && rows[i].asked), "row %zu", i);
			ck_assert_msg(pages[2].asked == (with && rows[i].told), "row %zu", i);
			ck_assert_msg(got.fallback == (with && rows[i].asked), "row %zu", i);
			ck_assert_msg(strcmp(got.body, with && rows[i].asked ? NCCO : rows[i].without) == 0,
			    "row %zu: %s", i, got.body);
		}
	ck_assert_ptr_nonnull(strstr(error_body, "\"reason\":\"Syntax error in NCCO. action 0: unknown action"));
	ck_assert_ptr_nonnull(strstr(error_body, "\"conversation_uuid\":\"CON-1\""));
}
END_TEST

START_TEST(an_event_that_wants_no_ncco_has_no_fallback)
{
	options.fallback_url = fallback;
	hook(0, 500, JSON, NCCO);
	deliver(DELIVERY_EVENT, false);
	ck_assert(!got.fallback && pages[1].asked == 0 && got.status == 500);
}
END_TEST

START_TEST(the_fallback_is_told_why)
{
	struct json_object	*o, *original;

	options.fallback_url = fallback;
	hook(0, 500, NULL, NULL);
	deliver(DELIVERY_ANSWER, true);
	o = json_parse(last_body, strlen(last_body), NULL);
	original = json_get_obj(o, "original_request");
	ck_assert_str_eq(json_get_str(o, "uuid"), "u");
	ck_assert_ptr_nonnull(json_get_str(o, "reason"));
	ck_assert_str_eq(json_get_str(original, "url"), here);
	ck_assert_str_eq(json_get_str(original, "type"), "answer");
	json_object_put(o);
	got.calls = 0;
	options.fallback_get = true;
	deliver(DELIVERY_EVENT, true);
	ck_assert_str_eq(last_body, "");
	ck_assert_ptr_nonnull(strstr(last_query, "uuid=u&"));
	ck_assert_ptr_nonnull(strstr(last_query, "%22type%22%3A%22event%22"));
}
END_TEST

START_TEST(a_fallback_that_fails_leaves_things_as_they_are)
{
	options.fallback_url = fallback;
	pages[1].answers[0].status = 503;
	hook(0, 500, NULL, NULL);
	deliver(DELIVERY_EVENT, true);
	ck_assert(got.fallback && got.body[0] == '\0' && pages[1].asked == 2);
	got.calls = 0;
	deliver(DELIVERY_ANSWER, true);
	ck_assert(got.fallback && got.status == 503);
	ck_assert_uint_eq(web_counts(web)->fallbacks, 2);
}
END_TEST

START_TEST(a_lost_event_reaches_nobody_but_the_fallback)
{
	struct delivery	d = { .kind = DELIVERY_EVENT, .url = here, .json = "{}", .wants_ncco = true, .lost = true };

	options.fallback_url = fallback;
	ck_assert_int_eq(delivery_send(web, &d, on_done, &got), 0);
	(void)event_base_dispatch(base);
	ck_assert(pages[0].asked == 0 && pages[1].asked == 1 && got.fallback);
}
END_TEST

START_TEST(what_is_cancelled_calls_nobody)
{
	struct delivery	d = { .kind = DELIVERY_ANSWER, .url = here, .json = "{}" };
	int		token;

	ck_assert_int_eq(delivery_send(web, &d, on_done, &token), 0);
	web_cancel(web, &token);
	deliver(DELIVERY_ANSWER, true);
	ck_assert_uint_eq(pages[0].asked, 2);
}
END_TEST

START_TEST(failed_allocations_end_in_an_error)
{
	struct delivery	d = { .kind = DELIVERY_ANSWER, .url = here, .json = "{}" };
	int		i;

	for (i = 0; i < 20; i++) {
		mem_fail_at(i);
		if (delivery_send(web, &d, on_done, &got) == 0)
			break;
	}
	mem_fail_at(-1);
	ck_assert_int_ge(i, 3);
	(void)event_base_dispatch(base);
	ck_assert_uint_eq(got.calls, 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("delivery");
	TCase	*t = tcase_create("delivery");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, only_the_documented_statuses_are_tried_again_once);
	tcase_add_test(t, the_second_attempt_counts);
	tcase_add_test(t, a_connection_that_is_refused_is_tried_again);
	tcase_add_test(t, the_fallback_is_asked_when_no_usable_ncco_came);
	tcase_add_test(t, an_event_that_wants_no_ncco_has_no_fallback);
	tcase_add_test(t, the_fallback_is_told_why);
	tcase_add_test(t, a_fallback_that_fails_leaves_things_as_they_are);
	tcase_add_test(t, a_lost_event_reaches_nobody_but_the_fallback);
	tcase_add_test(t, what_is_cancelled_calls_nobody);
	tcase_add_test(t, failed_allocations_end_in_an_error);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
