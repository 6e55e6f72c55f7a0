/* SPDX-License-Identifier: ISC */
#include "tests/unit/store_fixture.h"

#include "common/store_list.h"


static void
note(const char *text)
{
	size_t	len = strlen(seen), n = strlen(text);

	ck_assert_uint_lt(len + n + 2, sizeof(seen));
	memcpy(seen + len, text, n);
	memcpy(seen + len + n, " ", 2);
}

static bool
note_contact(void *arg, const struct store_contact *c)
{
	note(c->name);
	return --*(int *)arg > 0;
}

static bool
note_recording(void *arg, const struct store_recording *r)
{
	note(r->path);
	return --*(int *)arg > 0;
}

static bool
note_job(void *arg, const struct store_job *j)
{
	note(j->key);
	ck_assert_int_gt(j->id, 0);
	return --*(int *)arg > 0;
}

static void
put_call(const char *id)
{
	struct store_call	c = full_call(id);

	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
}

START_TEST(a_prefix_names_the_only_call_that_begins_so)
{
	struct callid	id = { "" };

	put_call("abc-1");
	put_call("abc-2");
	put_call("abd.9");
	put_call("zzz");
	settle();
	ck_assert_int_eq(store_find_call_by_prefix(s, "abd", &id), 1);
	ck_assert_str_eq(id.text, "abd.9");
	ck_assert_int_eq(store_find_call_by_prefix(s, "zzz", &id), 1);
	ck_assert_int_eq(store_find_call_by_prefix(s, "abc-1", &id), 1);
	ck_assert_str_eq(id.text, "abc-1");
	ck_assert_int_eq(store_find_call_by_prefix(s, "abc", &id), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(store_find_call_by_prefix(s, "x", &id), 0);
	ck_assert_int_eq(store_find_call_by_prefix(s, "-", &id), 0);
	ck_assert_str_eq(id.text, "abc-1");
}
END_TEST

START_TEST(contacts_come_by_number_until_enough)
{
	struct store_contact	c = { "200", "Bea", "en", "desk", false, false };
	int			n = 9;

	ck_assert_int_eq(store_put_contact(s, &c, NULL, NULL), 0);
	SET(c.number, "100");
	SET(c.name, "Ali");
	ck_assert_int_eq(store_put_contact(s, &c, NULL, NULL), 0);
	settle();
	seen[0] = '\0';
	ck_assert_int_eq(store_each_contact(s, note_contact, &n), 0);
	ck_assert_str_eq(seen, "Ali Bea ");
	n = 1;
	seen[0] = '\0';
	ck_assert_int_eq(store_each_contact(s, note_contact, &n), 0);
	ck_assert_str_eq(seen, "Ali ");
}
END_TEST

START_TEST(recordings_and_jobs_are_those_of_the_call)
{
	struct store_recording	r = { .call = call_id("one"), .path = "/a.wav", .started_at = 5, .duration_ms = 1, .bytes = 2, .rate_hz = 8000 };
	struct store_job	j = { .kind = "hangup", .call = call_id("one"), .key = "k1", .state = "waiting", .created_at = 1, .next_at = 1, .args = "{}" };
	struct callid		one = call_id("one"), two = call_id("two");
	int			n = 9;

	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), 0);
	ck_assert_int_eq(store_add_job(s, &j, NULL, NULL), 0);
	r.call = j.call = two;
	SET(r.path, "/b.wav");
	SET(j.key, "k2");
	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), 0);
	ck_assert_int_eq(store_add_job(s, &j, NULL, NULL), 0);
	settle();
	seen[0] = '\0';
	ck_assert_int_eq(store_each_recording(s, &one, note_recording, &n), 0);
	ck_assert_int_eq(store_each_job_of(s, &two, note_job, &n), 0);
	ck_assert_str_eq(seen, "/a.wav k2 ");
}
END_TEST

static struct store_call	last;

static bool
note_call(void *arg, const struct store_call *c)
{
	(void)arg;
	note(c->id.text);
	last = *c;
	return true;
}

START_TEST(pages_of_calls_of_one_millisecond_have_each_of_them_once)
{
	static const char *const	ids[] = { "b", "e", "a", "d", "c" };
	struct callid			id;
	size_t				i;

	for (i = 0; i < 5; i++)
		put_call(ids[i]);
	settle();
	seen[0] = '\0';
	ck_assert_int_eq(store_each_call_before(s, INT64_MAX, NULL, false, NULL, 2, note_call, NULL), 0);
	for (i = 0; i < 2; i++) {
		id = last.id;
		ck_assert_int_eq(store_each_call_before(s, last.started_at, &id, false, NULL, 2, note_call, NULL), 0);
	}
	ck_assert_str_eq(seen, "e d c b a ");
	ck_assert_int_eq(store_each_call_before(s, last.started_at, NULL, false, NULL, 2, note_call, NULL), 0);
	ck_assert_str_eq(seen, "e d c b a ");
}
END_TEST

static void
add_tests(Suite *suite)
{
	TCase	*tc = tcase(suite, "lists", setup);

	tcase_add_test(tc, a_prefix_names_the_only_call_that_begins_so);
	tcase_add_test(tc, contacts_come_by_number_until_enough);
	tcase_add_test(tc, recordings_and_jobs_are_those_of_the_call);
	tcase_add_test(tc, pages_of_calls_of_one_millisecond_have_each_of_them_once);
}

int
main(void)
{
	return run_suite("store_list", add_tests);
}
