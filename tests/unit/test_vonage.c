/* SPDX-License-Identifier: ISC */
#include "tests/unit/vonage_fixture.h"

static struct vonage	*v;
static bool		 living;
static const char	*regions[4];

struct outcome { int n; enum vonage_result result; long status; int64_t retry_after_ms; char text[600], uuid[65], base[64]; };
static struct outcome	outcomes[64];

static bool
is_alive(void *arg, const char *leg)
{
	(void)arg;
	(void)leg;
	return living;
}

static void
on_reply(void *arg, const struct vonage_reply *r)
{
	struct outcome	*o = arg;

	o->n++;
	o->result = r->result;
	o->status = r->status;
	o->retry_after_ms = r->retry_after_ms;
	(void)snprintf(o->text, sizeof(o->text), "%s", r->text);
	(void)snprintf(o->uuid, sizeof(o->uuid), "%s", r->body != NULL ? json_get_str_or(r->body, "uuid", "") : "");
	(void)snprintf(o->base, sizeof(o->base), "%s", r->base);
}

static struct outcome *
outcome(int i)
{
	memset(&outcomes[i], 0, sizeof(outcomes[i]));
	return &outcomes[i];
}

static void
open_client(const char *const *hosts)
{
	struct vonage_opts	o = { .api_base = server_base, .application_id = APP, .private_key = pem, .alive = is_alive,
	    .regions = hosts, .api_key = "key", .api_secret = "secret" };

	v = vonage_new(loop, client, &o);
	ck_assert_ptr_nonnull(v);
}

static void
setup(void)
{
	setup_server();
	living = true;
	open_client(NULL);
}

static void
teardown(void)
{
	httpc_free(client);
	client = NULL;
	vonage_free(v);
	evhttp_free(server);
	loop_free(loop);
}

static struct json_object *
json(const char *text)
{
	struct json_object	*o = json_parse(text, strlen(text), NULL);

	ck_assert_msg(o != NULL, "%s", text);
	return o;
}

/* The request i as "METHOD PATH BODY". */
static void
check_asked(int i, const char *method, const char *path, const char *body)
{
	ck_assert_str_eq(asked[i].method, method);
	ck_assert_str_eq(asked[i].path, path);
	ck_assert_str_eq(asked[i].body, body);
	ck_assert_str_eq(asked[i].type, *body != '\0' ? "application/json" : "");
	ck_assert_int_eq(strncmp(asked[i].auth, "Bearer ey", 9), 0);
}

static const struct { const char *body; } puts_of[] = {
	{ "{\"action\":\"hangup\"}" }, { "{\"action\":\"mute\"}" }, { "{\"action\":\"unmute\"}" },
	{ "{\"action\":\"earmuff\"}" }, { "{\"action\":\"unearmuff\"}" },
	{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":[{\"action\":\"talk\",\"text\":\"One moment\"}]}}" },
	{ "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"url\":[\"https://b.example/ncco\"]}}" },
};

START_TEST(each_action_is_a_put)
{
	struct json_object	*body = json(puts_of[_i].body);

	add_answer(204, NULL);
	ck_assert_int_eq(vonage_put(v, "leg-1", "", body, on_reply, outcome(0)), 0);
	json_object_put(body);
	ck_assert_int_eq(outcomes[0].n, 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_OK);
	ck_assert_int_eq(outcomes[0].status, 204);
	check_asked(0, "PUT", "/v1/calls/leg-1", puts_of[_i].body);
}
END_TEST

START_TEST(transfers_are_made_of_an_ncco_or_a_url)
{
	struct json_object	*ncco = json("[{\"action\":\"talk\",\"text\":\"One moment\"}]"), *body;

	body = vonage_transfer_body(ncco, NULL);
	ck_assert_str_eq(json_text(body, NULL), puts_of[5].body);
	json_object_put(body);
	body = vonage_transfer_body(NULL, "https://b.example/ncco");
	ck_assert_str_eq(json_text(body, NULL), puts_of[6].body);
	json_object_put(body);
	ck_assert_ptr_null(vonage_transfer_body(ncco, "https://b.example/ncco"));
	ck_assert_ptr_null(vonage_transfer_body(NULL, NULL));
	json_object_put(ncco);
}
END_TEST

static const struct { const char *what, *body; } plays[] = {
	{ "talk", "{\"text\":\"Hello\",\"language\":\"en-US\",\"level\":\"0\"}" },
	{ "stream", "{\"stream_url\":[\"https://b.example/a.mp3\"],\"loop\":1}" },
	{ "dtmf", "{\"digits\":\"17p3#\"}" }, { "input/dtmf", "{\"event_url\":[\"https://b.example/e\"]}" },
	{ "talk", NULL }, { "stream", NULL }, { "input/dtmf", NULL },
};

START_TEST(playing_starts_by_put_and_stops_by_delete)
{
	struct json_object	*body = plays[_i].body != NULL ? json(plays[_i].body) : NULL;
	char			 path[64];

	ck_assert_int_eq(vonage_play(v, "leg-1", NULL, plays[_i].what, body, on_reply, outcome(0)), 0);
	json_object_put(body);
	RUN_UNTIL(outcomes[0].n == 1);
	(void)snprintf(path, sizeof(path), "/v1/calls/leg-1/%s", plays[_i].what);
	check_asked(0, plays[_i].body != NULL ? "PUT" : "DELETE", path, plays[_i].body != NULL ? plays[_i].body : "");
}
END_TEST

START_TEST(what_would_be_refused_is_not_sent)
{
	static const char *const bad_puts[] = { "{\"action\":\"dance\"}", "{}", "{\"action\":\"transfer\"}",
	    "{\"action\":\"mute\",\"destination\":{}}", "[]" };
	static const struct { const char *what, *body; } bad_plays[] = {
		{ "dtmf", NULL }, { "dtmf", "{\"digits\":\"12a\"}" }, { "dtmf", "{\"digits\":\"\"}" }, { "talk", "{}" },
		{ "stream", "{\"stream_url\":\"https://a\"}" }, { "stream", "{\"stream_url\":[]}" }, { "hangup", NULL }, { "sing", "{}" },
	};
	struct json_object	*o;
	size_t			 i;

	for (i = 0; i < sizeof(bad_puts) / sizeof(bad_puts[0]); i++) {
		o = json(bad_puts[i]);
		ck_assert_int_eq(vonage_put(v, "leg-1", NULL, o, on_reply, outcome(0)), -1);
		ck_assert_int_eq(errno, EINVAL);
		json_object_put(o);
	}
	for (i = 0; i < sizeof(bad_plays) / sizeof(bad_plays[0]); i++) {
		o = bad_plays[i].body != NULL ? json(bad_plays[i].body) : NULL;
		ck_assert_msg(vonage_play(v, "leg-1", NULL, bad_plays[i].what, o, on_reply, outcome(0)) == -1, "%zu", i);
		ck_assert_int_eq(errno, EINVAL);
		json_object_put(o);
	}
	ck_assert_int_eq(vonage_hangup(v, "../other", NULL, on_reply, outcome(0)), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(vonage_list(v, "a b", on_reply, outcome(0)), -1);
	run_for(20);
	ck_assert_int_eq(nasked, 0);
}
END_TEST

START_TEST(no_key_no_request)
{
	struct vonage_opts	o = { .api_base = server_base, .application_id = APP };
	struct vonage		*w = vonage_new(loop, client, &o);

	ck_assert_int_eq(vonage_hangup(w, "leg-1", NULL, on_reply, outcome(0)), -1);
	ck_assert_int_eq(errno, ENOKEY);
	vonage_free(w);
}
END_TEST

/* ---- answers ---- */

static const struct { int status; const char *body; enum vonage_result put, create; const char *text; } errors[] = {
	{ 400, "{\"type\":\"BAD_REQUEST\",\"error_title\":\"Bad Request\"}", VONAGE_RETRY, VONAGE_REFUSED, "status 400: Bad Request" },
	{ 400, "{\"type\":400,\"title\":\"Bad Request\",\"invalid_parameters\":[{\"reason\":\"too long\",\"name\":\"number\"}]}",
	    VONAGE_REFUSED, VONAGE_REFUSED, "status 400: Bad Request (number: too long)" },
	{ 403, "{\"msg_error\":\"not allowed\"}", VONAGE_REFUSED, VONAGE_REFUSED, "status 403: not allowed" },
	{ 404, "{\"title\":\"Not Found\",\"detail\":\"no such call\"}", VONAGE_GONE, VONAGE_REFUSED, "status 404: no such call" },
	{ 429, "{\"title\":\"Too Many\",\"detail\":null}", VONAGE_RETRY, VONAGE_RETRY, "status 429: Too Many" },
	{ 500, "<html>oops</html>", VONAGE_RETRY, VONAGE_UNKNOWN, "status 500: <html>oops</html>" },
	{ 503, NULL, VONAGE_RETRY, VONAGE_UNKNOWN, "status 503" },
	{ 0, NULL, VONAGE_RETRY, VONAGE_UNKNOWN, NULL },
	{ 201, "{\"uuid\":\"u-1\"}", VONAGE_OK, VONAGE_OK, "status 201" },
	{ 201, "{\"status\":\"started\"}", VONAGE_OK, VONAGE_UNKNOWN, NULL },
};

START_TEST(an_answer_means_what_the_table_says)
{
	struct json_object	*body = json("{\"to\":[]}");

	add_answer(errors[_i].status, errors[_i].body);
	add_answer(errors[_i].status, errors[_i].body);
	ck_assert_int_eq(vonage_hangup(v, "leg-1", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, errors[_i].put);
	if (errors[_i].text != NULL)
		ck_assert_str_eq(outcomes[0].text, errors[_i].text);
	nasked = 0;
	ck_assert_int_eq(vonage_create(v, body, on_reply, outcome(1)), 0);
	json_object_put(body);
	RUN_UNTIL(outcomes[1].n == 1);
	ck_assert_int_eq(outcomes[1].result, errors[_i].create);
	ck_assert_int_eq(nasked, 1);		/* never repeated by itself */
	ck_assert_str_eq(asked[0].method, "POST");
	ck_assert_str_eq(asked[0].path, "/v1/calls");
}
END_TEST

START_TEST(nothing_was_sent_when_there_was_no_connection)
{
	struct vonage_opts	o = { .api_base = "http://127.0.0.1:1", .application_id = APP, .private_key = pem };
	struct vonage		*w = vonage_new(loop, client, &o);
	struct json_object	*body = json("{\"to\":[]}");

	ck_assert_int_eq(vonage_create(w, body, on_reply, outcome(0)), 0);
	json_object_put(body);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_RETRY);
	ck_assert_int_eq(vonage_get_stats(w)->unknown, 0);
	vonage_free(w);
}
END_TEST

START_TEST(a_401_is_asked_again_once_with_a_new_token)
{
	add_answer(401, "{}");
	add_answer(204, NULL);
	ck_assert_int_eq(vonage_hangup(v, "leg-1", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_OK);
	ck_assert_int_eq(nasked, 2);
	ck_assert_str_ne(asked[0].auth, asked[1].auth);
	nasked = nanswers = 0;
	add_answer(401, "{}");
	add_answer(401, "{}");
	ck_assert_int_eq(vonage_hangup(v, "leg-1", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_RETRY);
	ck_assert_int_eq(nasked, 2);
}
END_TEST

START_TEST(one_token_serves_many_requests)
{
	ck_assert_int_eq(vonage_get(v, "a", NULL, on_reply, outcome(0)), 0);
	ck_assert_int_eq(vonage_get(v, "b", NULL, on_reply, outcome(1)), 0);
	RUN_UNTIL(outcomes[0].n + outcomes[1].n == 2);
	ck_assert_str_eq(asked[0].auth, asked[1].auth);
	ck_assert_int_eq(vonage_get_stats(v)->tokens, 1);
}
END_TEST

/* ---- regions ---- */

START_TEST(a_token_goes_to_vonage_only)
{
	static const struct { const char *url; bool ok; } rows[] = {
		{ "https://api-eu-3.vonage.com", true }, { "https://api.nexmo.com/v1/files/1", true }, { "https://vonage.com", true },
		{ "http://api.nexmo.com", false }, { "https://api.nexmo.com.evil.example", false }, { "https://evilnexmo.com", false },
		{ "https://user@api.nexmo.com", false }, { "https://api.nexmo.com:444", false }, { "https://evil.example/nexmo.com", false },
		{ "https://evil.example\\.nexmo.com", false }, { "https://", false }, { "", false },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(vonage_host_ok(rows[i].url) == rows[i].ok, "%s", rows[i].url);
	ck_assert(vonage_url_ok(v, "http://127.0.0.1:99/v1/files/1"));	/* api_base is a simulator's too */
	ck_assert(!vonage_url_ok(v, "http://127.0.0.1:99@evil.example/"));
	ck_assert(!vonage_url_ok(v, "http://127.0.0.1.evil.example:99/"));
	ck_assert_int_eq(vonage_get(v, "a", "https://evil.example", on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_str_eq(outcomes[0].base, server_base);
}
END_TEST

START_TEST(other_regions_are_asked_for_a_living_leg)
{
	char	other[80], third[80];

	vonage_free(v);
	(void)snprintf(other, sizeof(other), "%s/other", server_base);
	(void)snprintf(third, sizeof(third), "%s/third", server_base);
	regions[0] = server_base;	/* the one that was asked is left out */
	regions[1] = other;
	regions[2] = third;
	regions[3] = NULL;
	open_client(regions);
	add_answer(404, "{}");
	add_answer(404, "{}");
	add_answer(204, NULL);
	ck_assert_int_eq(vonage_hangup(v, "leg-1", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_OK);
	ck_assert_str_eq(asked[1].path, "/other/v1/calls/leg-1");
	ck_assert_str_eq(asked[2].path, "/third/v1/calls/leg-1");
	ck_assert_str_eq(outcomes[0].base, third);
	nasked = nanswers = 0;
	for (int i = 0; i < 3; i++)
		add_answer(404, "{}");
	ck_assert_int_eq(vonage_hangup(v, "leg-1", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_GONE);
	ck_assert_int_eq(nasked, 3);
	nasked = nanswers = 0;
	add_answer(404, "{}");
	living = false;
	ck_assert_int_eq(vonage_hangup(v, "leg-1", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_GONE);
	ck_assert_int_eq(nasked, 1);
}
END_TEST

/* ---- limits ---- */

START_TEST(three_calls_and_fifteen_others_a_second)
{
	struct json_object	*body = json("{\"to\":[]}");
	int			 i, creates = 0, others = 0;
	int64_t			 create_at[8], other_at[32];

	for (i = 0; i < 32; i++)
		answers[nanswers++] = (struct answer){ 201, "{\"uuid\":\"u\"}", NULL, NULL };
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(vonage_create(v, body, on_reply, outcome(i)), 0);
	for (i = 5; i < 23; i++)
		ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(i)), 0);
	json_object_put(body);
	ck_assert_int_eq(vonage_get_stats(v)->queued, 2 + 3);
	RUN_UNTIL(nasked == 23);
	for (i = 0; i < 23; i++) {
		if (strcmp(asked[i].method, "POST") == 0)
			create_at[creates++] = asked[i].at_ms;
		else
			other_at[others++] = asked[i].at_ms;
	}
	ck_assert_int_eq(creates, 5);
	ck_assert_int_ge(create_at[3] - create_at[0], 990);
	ck_assert_int_ge(other_at[15] - other_at[0], 990);
	ck_assert_int_le(other_at[14] - other_at[0], 800);
	RUN_UNTIL(vonage_get_stats(v)->requests == 23);
}
END_TEST

/* By then another webhookd may have placed it. */
START_TEST(a_call_that_waited_too_long_is_not_placed)
{
	struct json_object	*body = json("{\"to\":[]}");
	int			 i;

	for (i = 0; i < 4; i++) {
		answers[nanswers++] = (struct answer){ 201, "{\"uuid\":\"u\"}", NULL, NULL };
		ck_assert_int_eq(vonage_create(v, body, on_reply, outcome(i)), 0);
	}
	json_object_put(body);
	RUN_UNTIL(outcomes[2].n == 1);
	ck_assert_int_eq(outcomes[3].n, 0);
	clock_set(clock_mono_us() + (VONAGE_CREATE_WAIT_MS + 1000) * INT64_C(1000), clock_wall_ms());
	RUN_UNTIL(outcomes[3].n == 1);
	clock_set(-1, -1);
	ck_assert_int_eq(outcomes[3].result, VONAGE_RETRY);
	ck_assert_int_eq(nasked, 3);
}
END_TEST

START_TEST(a_hang_up_goes_before_all_that_wait)
{
	int	i;

	for (i = 0; i < 18; i++)
		ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(i)), 0);
	ck_assert_int_eq(vonage_hangup(v, "leg", NULL, on_reply, outcome(18)), 0);
	RUN_UNTIL(nasked == 19);
	ck_assert_str_eq(asked[15].method, "PUT");
}
END_TEST

START_TEST(a_full_queue_refuses_but_not_hang_ups)
{
	static struct outcome	any;
	int			i;

	for (i = 0; i < 15 + VONAGE_QUEUE_MAX; i++)
		ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, &any), 0);
	ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, &any), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(vonage_hangup(v, "leg", NULL, on_reply, &any), 0);
	ck_assert_int_eq(vonage_get_stats(v)->queue_full, 1);
}
END_TEST

START_TEST(a_turn_waits_in_line_and_counts)
{
	struct vonage_request	*turn = NULL, *other = NULL;
	int			 i;

	ck_assert_int_eq(vonage_turn(v, on_reply, outcome(20), &turn), 0);
	ck_assert_int_eq(outcomes[20].n, 0);
	RUN_UNTIL(outcomes[20].n == 1);
	ck_assert_int_eq(outcomes[20].result, VONAGE_OK);
	for (i = 0; i < 14; i++)
		ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(i)), 0);
	ck_assert_uint_eq(vonage_get_stats(v)->queued, 0);
	ck_assert_int_eq(vonage_turn(v, on_reply, outcome(21), &turn), 0);
	ck_assert_int_eq(vonage_turn(v, on_reply, outcome(22), &other), 0);
	ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(14)), 0);	/* the sixteenth of this second */
	ck_assert_uint_eq(vonage_get_stats(v)->queued, 3);
	vonage_turn_cancel(other);
	vonage_turn_cancel(NULL);
	run_for(300);
	ck_assert_int_eq(nasked, 14);
	ck_assert_int_eq(outcomes[21].n, 0);
	RUN_UNTIL(outcomes[14].n == 1);
	ck_assert_int_eq(outcomes[21].n, 1);
	ck_assert_int_eq(outcomes[22].n, 0);
	ck_assert_uint_eq(vonage_get_stats(v)->queued, 0);
	ck_assert_int_eq(nasked, 15);
	/* one that still waits is dropped with the client */
	for (i = 0; i < 16; i++)
		ck_assert_int_eq(vonage_turn(v, on_reply, outcome(23), &turn), 0);
}
END_TEST

START_TEST(a_429_holds_back_the_rest)
{
	answers[nanswers++] = (struct answer){ 429, "{}", "Retry-After", "2" };
	ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_RETRY);
	ck_assert_int_eq(outcomes[0].retry_after_ms, 2000);
	ck_assert_int_eq(vonage_get_stats(v)->throttled, 1);
	ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(1)), 0);
	run_for(300);
	ck_assert_int_eq(nasked, 1);
	RUN_UNTIL(outcomes[1].n == 1);
	ck_assert_int_ge(asked[1].at_ms - asked[0].at_ms, 1950);
}
END_TEST

START_TEST(a_429_holds_back_for_a_minute_at_most)
{
	answers[nanswers++] = (struct answer){ 429, "{}", "Retry-After", "7200" };
	ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	clock_set(clock_mono_us() + INT64_C(61000000), clock_wall_ms());
	ck_assert_int_eq(vonage_hangup(v, "leg", NULL, on_reply, outcome(1)), 0);
	RUN_UNTIL(outcomes[1].n == 1);
	clock_set(-1, -1);
}
END_TEST

START_TEST(a_slash_behind_a_host_is_not_doubled)
{
	char	region[80];

	(void)snprintf(region, sizeof(region), "%s/", server_base);
	ck_assert_int_eq(vonage_get(v, "leg", region, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	check_asked(0, "GET", "/v1/calls/leg", "");
}
END_TEST

/* ---- lists ---- */

static char	listed[256];

static bool
each(void *arg, struct json_object *call)
{
	const char	*uuid = json_get_str_or(call, "uuid", "?");

	(void)arg;
	(void)strncat(listed, uuid, sizeof(listed) - strlen(listed) - 1);
	return strcmp(uuid, "enough") != 0;
}

START_TEST(a_list_is_walked_page_by_page)
{
	*listed = '\0';
	add_answer(200, "{\"_links\":{\"next\":{\"href\":\"/calls?x\"}},\"_embedded\":{\"calls\":[{\"uuid\":\"a\"},{\"uuid\":\"b\"}]}}");
	add_answer(200, "{\"_links\":{\"self\":{}},\"_embedded\":{\"calls\":[{\"uuid\":\"c\"},7]}}");
	ck_assert_int_eq(vonage_list_all(v, "status=completed&date_start=2026-11-14T07%3A45%3A14Z", each, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_OK);
	ck_assert_str_eq(listed, "abc");
	check_asked(0, "GET", "/v1/calls?page_size=100&record_index=0&status=completed&date_start=2026-11-14T07%3A45%3A14Z", "");
	check_asked(1, "GET", "/v1/calls?page_size=100&record_index=2&status=completed&date_start=2026-11-14T07%3A45%3A14Z", "");
}
END_TEST

START_TEST(a_list_ends_when_it_is_enough_or_fails)
{
	*listed = '\0';
	add_answer(200, "{\"_links\":{\"next\":{}},\"_embedded\":{\"calls\":[{\"uuid\":\"enough\"},{\"uuid\":\"b\"}]}}");
	ck_assert_int_eq(vonage_list_all(v, NULL, each, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_str_eq(listed, "enough");
	nasked = nanswers = 0;
	add_answer(500, NULL);
	ck_assert_int_eq(vonage_list_all(v, NULL, each, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_RETRY);
}
END_TEST

/* _i: what a server says with 200; whether that is a list without calls. */
static const struct { const char *body; bool list; } empty[] = {
	{ "{\"count\":0,\"_embedded\":{\"calls\":[]},\"_links\":{}}", true },
	{ "{\"_embedded\":{\"calls\":[]}}", true }, { "{\"count\":0}", true },
	{ "[]", false }, { "{}", false }, { "", false }, { "<html>We are back soon</html>", false },
	{ "{\"_embedded\":{\"calls\":{}}}", false }, { "{\"count\":7}", false },
};

START_TEST(an_answer_that_is_no_list_is_not_an_empty_one)
{
	add_answer(200, empty[_i].body);
	ck_assert_int_eq(vonage_list_all(v, NULL, each, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(outcomes[0].result, empty[_i].list ? VONAGE_OK : VONAGE_RETRY);
}
END_TEST

static bool
each_at_once(void *arg, struct json_object *call)
{
	clock_set(clock_mono_us() + 1000000, clock_wall_ms());	/* the limit of 15 a second is not what is tested */
	return each(arg, call);
}

START_TEST(a_list_that_is_too_long_is_not_complete)
{
	int	i;

	*listed = '\0';
	for (i = 0; i < VONAGE_PAGES_MAX; i++)
		add_answer(200, "{\"_links\":{\"next\":{}},\"_embedded\":{\"calls\":[{\"uuid\":\"a\"}]}}");
	ck_assert_int_eq(vonage_list_all(v, NULL, each_at_once, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	ck_assert_int_eq(nasked, VONAGE_PAGES_MAX);
	ck_assert_uint_eq(strlen(listed), VONAGE_PAGES_MAX);
	ck_assert_int_eq(outcomes[0].result, VONAGE_RETRY);
	ck_assert_ptr_nonnull(strstr(outcomes[0].text, "more pages"));
	/* the last page is the end */
	nasked = 0;
	answers[VONAGE_PAGES_MAX - 1].body = "{\"_links\":{},\"_embedded\":{\"calls\":[{\"uuid\":\"a\"}]}}";
	ck_assert_int_eq(vonage_list_all(v, NULL, each_at_once, on_reply, outcome(0)), 0);
	RUN_UNTIL(outcomes[0].n == 1);
	clock_set(-1, -1);
	ck_assert_int_eq(outcomes[0].result, VONAGE_OK);
}
END_TEST

START_TEST(each_failed_allocation_is_survived)
{
	struct vonage_opts	 o = { .api_base = server_base, .application_id = APP, .private_key = pem };
	struct json_object	*body = json("{\"to\":[]}");
	struct vonage		*x = NULL;
	int			 n, rc = -1;

	for (n = 0; x == NULL; n++) {
		mem_fail_at(n);
		x = vonage_new(loop, client, &o);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 8);
	ck_assert_ptr_nonnull(vonage_token(x));
	for (n = 0; rc == -1; n++) {
		mem_fail_at(n);
		rc = vonage_create(x, body, on_reply, outcome(0));
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 4);
	json_object_put(body);
	ck_assert_int_eq(vonage_get_stats(x)->queued, 0);	/* what was not sent does not count */
	RUN_UNTIL(outcomes[0].n == 1);
	vonage_free(x);
}
END_TEST

START_TEST(what_waits_is_dropped_at_the_end)
{
	int	i;

	for (i = 0; i < 20; i++)
		ck_assert_int_eq(vonage_get(v, "leg", NULL, on_reply, outcome(i)), 0);
	ck_assert_int_eq(vonage_list_all(v, NULL, each, on_reply, outcome(20)), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, each_action_is_a_put, 0, sizeof(puts_of) / sizeof(puts_of[0]));
	tcase_add_test(tc, transfers_are_made_of_an_ncco_or_a_url);
	tcase_add_loop_test(tc, playing_starts_by_put_and_stops_by_delete, 0, sizeof(plays) / sizeof(plays[0]));
	tcase_add_test(tc, what_would_be_refused_is_not_sent);
	tcase_add_test(tc, no_key_no_request);
	tcase_add_loop_test(tc, an_answer_means_what_the_table_says, 0, sizeof(errors) / sizeof(errors[0]));
	tcase_add_test(tc, nothing_was_sent_when_there_was_no_connection);
	tcase_add_test(tc, a_401_is_asked_again_once_with_a_new_token);
	tcase_add_test(tc, one_token_serves_many_requests);
	tcase_add_test(tc, a_token_goes_to_vonage_only);
	tcase_add_test(tc, other_regions_are_asked_for_a_living_leg);
	tcase_add_test(tc, three_calls_and_fifteen_others_a_second);
	tcase_add_test(tc, a_call_that_waited_too_long_is_not_placed);
	tcase_add_test(tc, a_hang_up_goes_before_all_that_wait);
	tcase_add_test(tc, a_full_queue_refuses_but_not_hang_ups);
	tcase_add_test(tc, a_turn_waits_in_line_and_counts);
	tcase_add_test(tc, a_429_holds_back_the_rest);
	tcase_add_test(tc, a_429_holds_back_for_a_minute_at_most);
	tcase_add_test(tc, a_slash_behind_a_host_is_not_doubled);
	tcase_add_test(tc, a_list_is_walked_page_by_page);
	tcase_add_test(tc, a_list_ends_when_it_is_enough_or_fails);
	tcase_add_loop_test(tc, an_answer_that_is_no_list_is_not_an_empty_one, 0, sizeof(empty) / sizeof(empty[0]));
	tcase_add_test(tc, a_list_that_is_too_long_is_not_complete);
	tcase_add_test(tc, each_failed_allocation_is_survived);
	tcase_add_test(tc, what_waits_is_dropped_at_the_end);
}

int
main(void)
{
	return run_cases("vonage", setup, teardown, add);
}
