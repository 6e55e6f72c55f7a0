/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "tools/callsim/restlist.h"

static struct evkeyvalq	 query;

static int
parse(const char *text, struct restlist *ret, struct rest_reply *reply)
{
	evhttp_clear_headers(&query);
	TAILQ_INIT(&query);
	ck_assert_int_eq(evhttp_parse_query_str(text, &query), 0);
	return restlist_parse(&query, ret, reply);
}

static const char *
link_of(struct json_object *page, const char *name)
{
	return json_get_str(json_get_obj(json_get_obj(page, "_links"), name), "href");
}

static struct json_object *
many(int n)
{
	struct json_object	*list = json_object_new_array(), *o;
	int			 i;

	for (i = 0; i < n; i++) {
		o = json_object_new_object();
		(void)json_add_int(o, "n", i);
		(void)json_object_array_add(list, o);
	}
	return list;
}

static int64_t
first_of(struct json_object *page, size_t *ret_len)
{
	struct json_object	*calls = json_get_arr(json_get_obj(page, "_embedded"), "calls");
	int64_t			 n = -1;

	*ret_len = json_object_array_length(calls);
	if (*ret_len > 0)
		(void)json_get_int(json_object_array_get_idx(calls, 0), "n", 0, 1000, &n);
	return n;
}

START_TEST(pages_follow_each_other)
{
	struct json_object	*calls = many(25), *page;
	struct restlist		 q;
	struct rest_reply	 reply = { 0 };
	size_t			 len;

	ck_assert_int_eq(parse("", &q, &reply), 0);
	page = restlist_page(&q, calls);
	ck_assert_int_eq(first_of(page, &len), 0);
	ck_assert_uint_eq(len, 10);
	ck_assert_str_eq(link_of(page, "self"), "/calls?page_size=10&record_index=0&order=asc");
	ck_assert_str_eq(link_of(page, "next"), "/calls?page_size=10&record_index=10&order=asc");
	ck_assert_str_eq(link_of(page, "last"), "/calls?page_size=10&record_index=20&order=asc");
	ck_assert_ptr_null(link_of(page, "prev"));
	json_object_put(page);
	ck_assert_int_eq(parse("record_index=20&order=desc&status=completed&date_start=2026-11-14T07:45:14Z", &q, &reply), 0);
	page = restlist_page(&q, calls);
	ck_assert_int_eq(first_of(page, &len), 4);
	ck_assert_uint_eq(len, 5);
	ck_assert_ptr_null(link_of(page, "next"));
	ck_assert_str_eq(link_of(page, "prev"),
	    "/calls?page_size=10&record_index=10&order=desc&status=completed&date_start=2026-11-14T07%3A45%3A14Z");
	json_object_put(page);
	ck_assert_int_eq(parse("record_index=500", &q, &reply), 0);
	page = restlist_page(&q, calls);
	ck_assert_int_eq(first_of(page, &len), -1);
	ck_assert_uint_eq(len, 0);
	json_object_put(page);
	json_object_put(calls);
}
END_TEST

START_TEST(filters_choose_legs)
{
	struct control_info	 info = { .uuid = "u", .conversation_uuid = "CON-1", .status = "answered",
	    .created_ms = 1763640000000 };
	static const struct { const char *query; bool takes; } rows[] = {
		{ "", true }, { "status=answered", true }, { "status=completed", false },
		{ "conversation_uuid=CON-1", true }, { "conversation_uuid=CON-2", false },
		{ "date_start=2025-11-20T12:00:00Z", true }, { "date_start=2025-11-20T12:00:01Z", false },
		{ "date_end=2025-11-20T12:00:00Z", true }, { "date_end=2025-11-20T11:59:59Z", false },
		{ "date_start=2025-11-20T11:00:00Z&date_end=2025-11-20T13:00:00Z&status=answered", true },
	};
	struct restlist		 q;
	struct rest_reply	 reply = { 0 };
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(parse(rows[i].query, &q, &reply), 0);
		ck_assert_msg(restlist_takes(&q, &info) == rows[i].takes, "%s", rows[i].query);
	}
}
END_TEST

START_TEST(bad_queries_are_refused)
{
	static const char *const rows[] = {
		"status=done", "page_size=0", "page_size=101", "page_size=x", "record_index=-1", "order=up",
		"date_start=yesterday", "date_end=1763640000", "number=447700900123",
	};
	struct restlist	q;
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rest_reply	reply = { 0 };

		ck_assert_msg(parse(rows[i], &q, &reply) == -1, "%s", rows[i]);
		ck_assert_int_eq(reply.status, 400);
		json_object_put(reply.body);
	}
}
END_TEST

START_TEST(a_leg_shows_its_end_only_when_it_ended)
{
	struct control_info	 info = { .uuid = "63f6", .conversation_uuid = "CON-1", .from = "442079460000",
	    .to = "sip:a@b", .type = "sip", .direction = "outbound", .status = "answered", .living = true,
	    .created_ms = 1763640000500, .answered_ms = 1763640003500, .ended_ms = 1763640063700,
	    .duration_s = 60, .rate = 0.0045, .price = 0.0045, .network = "GB-FIXED" };
	struct json_object	*o = restlist_call(&info);

	ck_assert_str_eq(link_of(o, "self"), "/calls/63f6");
	ck_assert_str_eq(json_get_str(json_get_obj(o, "to"), "uri"), "sip:a@b");
	ck_assert_str_eq(json_get_str(json_get_obj(o, "from"), "number"), "442079460000");
	ck_assert_ptr_null(json_get(o, "duration"));
	json_object_put(o);
	info.living = false;
	info.status = "completed";
	o = restlist_call(&info);
	ck_assert_str_eq(json_get_str(o, "duration"), "60");
	ck_assert_str_eq(json_get_str(o, "rate"), "0.00450000");
	ck_assert_str_eq(json_get_str(o, "start_time"), "2025-11-20T12:00:03.000Z");
	ck_assert_str_eq(json_get_str(o, "end_time"), "2025-11-20T12:01:03.000Z");
	json_object_put(o);
	info.direction = "inbound";
	info.type = "phone";
	info.to = "442079460000";
	o = restlist_call(&info);
	ck_assert_str_eq(json_get_str(json_get_obj(o, "to"), "number"), "442079460000");
	json_object_put(o);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("restlist");
	TCase	*t = tcase_create("restlist");
	SRunner	*r = srunner_create(s);
	int	 failed;

	TAILQ_INIT(&query);
	tcase_add_test(t, pages_follow_each_other);
	tcase_add_test(t, filters_choose_legs);
	tcase_add_test(t, bad_queries_are_refused);
	tcase_add_test(t, a_leg_shows_its_end_only_when_it_ended);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
