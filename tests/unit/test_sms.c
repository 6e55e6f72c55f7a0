/* SPDX-License-Identifier: ISC */
/* sms.c, and vonage_sms.c with both APIs. */
#include "tests/unit/vonage_fixture.h"
#include "webhookd/sms.h"

/* n times c, in a ring. */
static const char *
many(const char *c, size_t n)
{
	static char	ring[8][8192];
	static unsigned	at;
	char		*out = ring[at++ % 8];
	size_t		 i, len = strlen(c);

	ck_assert_uint_lt(n * len, 8192);
	for (i = 0; i < n; i++)
		memcpy(out + i * len, c, len);
	out[n * len] = '\0';
	return out;
}

static const struct { const char *c; size_t n; bool unicode; size_t units, segments; } rows[] = {
	{ "a", 0, false, 0, 0 }, { "a", 160, false, 160, 1 }, { "a", 161, false, 161, 2 }, { "a", 306, false, 306, 2 },
	{ "a", 307, false, 307, 3 }, { "\xc3\xa9", 160, false, 160, 1 },	/* e acute is in GSM-7 */
	{ "\xe2\x82\xac", 80, false, 160, 1 }, { "\xe2\x82\xac", 81, false, 162, 2 },	/* the euro counts two */
	{ "\xe2\x82\xac", 153, false, 306, 3 },		/* and is not split: 76 of them a segment */
	{ "[", 1, false, 2, 1 }, { "`", 1, true, 1, 1 }, { "\xc3\xa7", 1, true, 1, 1 },	/* c cedilla: only the capital one */
	{ "\xc3\x87", 1, false, 1, 1 }, { "\xce\xa9", 1, false, 1, 1 },
	{ "\xd8\xb3", 70, true, 70, 1 }, { "\xd8\xb3", 71, true, 71, 2 }, { "\xd8\xb3", 134, true, 134, 2 }, { "\xd8\xb3", 135, true, 135, 3 },
	{ "\xf0\x9f\x98\x80", 35, true, 70, 1 }, { "\xf0\x9f\x98\x80", 67, true, 134, 3 },	/* 33 pairs a segment */
};

START_TEST(segments_are_counted_as_they_are_paid)
{
	struct sms_size	s;

	ck_assert_int_eq(sms_measure(many(rows[_i].c, rows[_i].n), &s), 0);
	ck_assert_int_eq(s.unicode, rows[_i].unicode);
	ck_assert_uint_eq(s.characters, rows[_i].n);
	ck_assert_uint_eq(s.units, rows[_i].units);
	ck_assert_uint_eq(s.segments, rows[_i].segments);
}
END_TEST

START_TEST(text_is_cut_to_what_fits)
{
	static const char *const words[] = { "word ", "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 ", "\xf0\x9f\x98\x80", "x", "a\xe2\x82\xac" };
	struct sms_size	s;
	size_t		i, max;
	char		*out;
	bool		cut;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (max = 1; max <= 4; max++) {
			out = sms_fit(many(words[i], 700), max, 1000, &cut);
			ck_assert_ptr_nonnull(out);
			ck_assert(cut);
			ck_assert_int_eq(sms_measure(out, &s), 0);	/* valid UTF-8, too */
			ck_assert_uint_eq(s.segments, max);
			ck_assert_str_eq(out + strlen(out) - 3, "...");
			ck_assert(out[strlen(out) - 4] != ' ');
			free(out);
		}
	}
	out = sms_fit("short", 1, 1000, &cut);
	ck_assert_str_eq(out, "short");
	ck_assert(!cut);
	free(out);
	out = sms_fit(many("a", 1001), 20, 1000, &cut);
	ck_assert_uint_eq(strlen(out), 1000);
	free(out);
	ck_assert_ptr_null(sms_fit("\xff", 1, 1000, &cut));
	ck_assert_int_eq(errno, EILSEQ);
}
END_TEST

/* ---- sending ---- */

static struct vonage	*v;
static int		 done;
static struct vonage_reply got;
static char		 text[600];

static void
on_reply(void *arg, const struct vonage_reply *r)
{
	(void)arg;
	done++;
	got = *r;
	(void)snprintf(text, sizeof(text), "%s", r->text);
}

static void
open_client(enum vonage_sms_api api, bool app)
{
	struct vonage_opts	o = { .api_base = server_base, .application_id = app ? APP : "", .private_key = app ? pem : "",
	    .sms_api = api, .api_key = "key", .api_secret = "sec?ret>", .rest_base = server_base };

	vonage_free(v);
	v = vonage_new(loop, client, &o);
	ck_assert_ptr_nonnull(v);
	done = 0;
}

static void
setup(void)
{
	setup_server();
	v = NULL;
}

static void
teardown(void)
{
	httpc_free(client);
	vonage_free(v);
	evhttp_free(server);
	loop_free(loop);
}

START_TEST(the_messages_api_takes_json)
{
	open_client(VONAGE_SMS_MESSAGES, true);
	add_answer(202, "{\"message_uuid\":\"aaaaaaaa-bbbb\"}");
	ck_assert_int_eq(vonage_sms(v, "+447700900123", "442079460000", "Hello \"you\"", "call-42", on_reply, NULL), 0);
	RUN_UNTIL(done == 1);
	ck_assert_int_eq(got.result, VONAGE_OK);
	ck_assert_str_eq(asked[0].method, "POST");
	ck_assert_str_eq(asked[0].path, "/v1/messages");
	ck_assert_str_eq(asked[0].body, "{\"channel\":\"sms\",\"message_type\":\"text\",\"to\":\"447700900123\","
	    "\"from\":\"442079460000\",\"text\":\"Hello \\\"you\\\"\",\"client_ref\":\"call-42\"}");
	ck_assert_int_eq(strncmp(asked[0].auth, "Bearer ", 7), 0);
}
END_TEST

START_TEST(without_an_application_key_and_secret_do)
{
	open_client(VONAGE_SMS_MESSAGES, false);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "Hi", NULL, on_reply, NULL), 0);
	RUN_UNTIL(done == 1);
	ck_assert_str_eq(asked[0].auth, "Basic a2V5OnNlYz9yZXQ+");
}
END_TEST

START_TEST(the_older_api_takes_a_form)
{
	open_client(VONAGE_SMS_LEGACY, true);
	add_answer(200, "{\"message-count\":\"1\",\"messages\":[{\"to\":\"447700900123\",\"message-id\":\"0A\",\"status\":\"0\"}]}");
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "a b&c", "r", on_reply, NULL), 0);
	RUN_UNTIL(done == 1);
	ck_assert_int_eq(got.result, VONAGE_OK);
	ck_assert_str_eq(asked[0].path, "/sms/json");
	ck_assert_str_eq(asked[0].type, "application/x-www-form-urlencoded");
	ck_assert_str_eq(asked[0].body, "from=Company&to=447700900123&text=a%20b%26c&type=text&client-ref=r");
	ck_assert_str_eq(asked[0].auth, "Basic a2V5OnNlYz9yZXQ+");
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "\xd8\xb3", NULL, on_reply, NULL), 0);
	RUN_UNTIL(done == 2);
	ck_assert_str_eq(asked[1].body, "from=Company&to=447700900123&text=%D8%B3&type=unicode");
}
END_TEST

static const struct { int http; const char *body; enum vonage_result result; const char *text; } legacy[] = {
	{ 200, "{\"messages\":[{\"status\":\"1\",\"error-text\":\"Throttled\"}]}", VONAGE_RETRY, "sms status 1: Throttled" },
	{ 200, "{\"messages\":[{\"status\":5}]}", VONAGE_RETRY, "sms status 5: " },
	{ 200, "{\"messages\":[{\"status\":\"2\",\"error-text\":\"Missing to param\"}]}", VONAGE_REFUSED, "sms status 2: Missing to param" },
	{ 200, "{\"messages\":[{\"status\":\"0\"},{\"status\":\"1\"}]}", VONAGE_REFUSED, "sms status 1: " },	/* half of it went */
	{ 200, "{\"messages\":[]}", VONAGE_UNKNOWN, NULL }, { 200, "{\"messages\":[{}]}", VONAGE_UNKNOWN, NULL },
	{ 200, "<html>", VONAGE_UNKNOWN, NULL }, { 0, NULL, VONAGE_UNKNOWN, NULL }, { 500, NULL, VONAGE_UNKNOWN, NULL },
	{ 429, "{}", VONAGE_RETRY, NULL }, { 401, "{}", VONAGE_RETRY, NULL }, { 402, "{\"title\":\"Low balance\"}", VONAGE_REFUSED, "status 402: Low balance" },
};

START_TEST(a_200_is_not_yet_a_message)
{
	open_client(VONAGE_SMS_LEGACY, false);
	add_answer(legacy[_i].http, legacy[_i].body);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "Hi", NULL, on_reply, NULL), 0);
	RUN_UNTIL(done == 1);
	ck_assert_int_eq(got.result, legacy[_i].result);
	if (legacy[_i].text != NULL)
		ck_assert_str_eq(text, legacy[_i].text);
	ck_assert_int_eq(nasked, 1);
}
END_TEST

START_TEST(what_cannot_be_sent_is_refused)
{
	open_client(VONAGE_SMS_OFF, true);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "Hi", NULL, on_reply, NULL), -1);
	ck_assert_int_eq(errno, ENOTSUP);
	open_client(VONAGE_SMS_MESSAGES, true);
	ck_assert_int_eq(vonage_sms(v, "12", "Company", "Hi", NULL, on_reply, NULL), -1);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "TwelveLetters", "Hi", NULL, on_reply, NULL), -1);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "A&B", "Hi", NULL, on_reply, NULL), -1);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "", NULL, on_reply, NULL), -1);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "\xff", NULL, on_reply, NULL), -1);
	ck_assert_int_eq(vonage_sms(v, "447700900123", "Company", "Hi", many("r", 101), on_reply, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(nasked, 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, segments_are_counted_as_they_are_paid, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, text_is_cut_to_what_fits);
	tcase_add_test(tc, the_messages_api_takes_json);
	tcase_add_test(tc, without_an_application_key_and_secret_do);
	tcase_add_test(tc, the_older_api_takes_a_form);
	tcase_add_loop_test(tc, a_200_is_not_yet_a_message, 0, sizeof(legacy) / sizeof(legacy[0]));
	tcase_add_test(tc, what_cannot_be_sent_is_refused);
}

int
main(void)
{
	return run_cases("sms", setup, teardown, add);
}
