/* SPDX-License-Identifier: ISC */
#include "tests/unit/store_fixture.h"

#include "common/store_dial.h"

#define NOW	1800000000000

static struct store_dial
dial_to(const char *number, const char *key)
{
	struct store_dial	d;

	store_dial_init(&d);
	SET(d.number, number);
	SET(d.flow, "outbound-reminder");
	SET(d.key, key);
	d.created_at = NOW;
	return d;
}

/* Put a dial and tell its id. */
static int64_t
added(const char *number, const char *key)
{
	struct store_dial	d = dial_to(number, key);

	ck_assert_int_eq(store_add_dial(s, &d, NULL, NULL), 0);
	settle();
	ck_assert_int_eq(store_find_dial_of_key(s, key, &d), 1);
	return d.id;
}

/* The cause of the last queued request, 0 none. */
static int
cause(int rc)
{
	ck_assert_int_eq(rc, 0);
	settle();
	return outcomes[0].err;
}
#define WAIT	on_done, &outcomes[0]

static struct store_dial
now_of(int64_t id)
{
	struct store_dial	d;

	ck_assert_int_eq(store_get_dial(s, id, &d), 1);
	return d;
}

/* The cause why an attempt does not begin, 0 none. */
static int
begun(int64_t dial, int n, const char *owner, int64_t at, int max, int64_t since)
{
	struct store_attempt	a = { .dial = dial, .n = n, .at = at };

	SET(a.owner, owner);
	SET(a.from_number, "442079460000");
	return cause(store_add_attempt(s, &a, max, since, WAIT));
}

START_TEST(the_same_key_gives_the_same_row_back)
{
	int64_t			id = added("447700900123", "k");
	struct store_dial	d = dial_to("447700900999", "k");

	ck_assert_int_eq(store_add_dial(s, &d, NULL, NULL), 0);
	settle();
	ck_assert_int_eq(store_find_dial_of_key(s, "k", &d), 1);
	ck_assert_int_eq(d.id, id);
	ck_assert_str_eq(d.number, "447700900123");
	ck_assert_str_eq(d.state, "waiting");
	d.number[0] = '\0';
	ck_assert_int_eq(store_add_dial(s, &d, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(an_attempt_moves_its_dial_with_it)
{
	int64_t			id = added("447700900123", "k");
	struct callid		call = call_id("uuid-1");
	struct store_attempt	a;

	ck_assert_int_eq(begun(id, 1, "webhookd.0", NOW, 0, 0), 0);
	ck_assert_str_eq(now_of(id).state, "placing");
	ck_assert_int_eq(now_of(id).serial, 1);
	ck_assert_int_eq(now_of(id).attempts, 0);
	ck_assert_int_eq(cause(store_set_unknown(s, id, 1, WAIT)), 0);
	ck_assert_int_eq(cause(store_set_placed(s, id, 1, &call, NOW + 5, WAIT)), 0);
	ck_assert_int_eq(cause(store_set_placed(s, id, 1, &call, NOW + 9, WAIT)), 0);
	ck_assert_str_eq(now_of(id).state, "calling");
	ck_assert_str_eq(now_of(id).call.text, "uuid-1");
	ck_assert_int_eq(now_of(id).attempts, 1);
	ck_assert_int_eq(cause(store_end_dial(s, id, 1, "waiting", NOW + 60000, "busy", "", NOW + 10, WAIT)), 0);
	ck_assert_str_eq(now_of(id).state, "waiting");
	ck_assert_str_eq(now_of(id).result, "busy");
	ck_assert_int_eq(store_find_attempt_of_call(s, &call, &a), 1);
	ck_assert_str_eq(a.state, "over");
	ck_assert_str_eq(a.from_number, "442079460000");
	ck_assert_str_eq(a.result, "busy");
	ck_assert_int_eq(a.placed_at, NOW + 5);
	ck_assert_int_eq(a.ended_at, NOW + 10);
}
END_TEST

START_TEST(only_one_attempt_is_under_way)
{
	int64_t		id = added("447700900123", "k");
	struct callid	one = call_id("one"), two = call_id("two");

	ck_assert_int_eq(begun(id, 2, "webhookd.0", NOW, 0, 0), ENOENT);
	ck_assert_int_eq(begun(id, 1, "webhookd.0", NOW, 0, 0), 0);
	ck_assert_int_eq(begun(id, 1, "webhookd.1", NOW, 0, 0), ENOENT);
	ck_assert_int_eq(begun(id, 2, "webhookd.1", NOW, 0, 0), ENOENT);
	ck_assert_int_eq(cause(store_set_placed(s, id, 1, &one, NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_set_placed(s, id, 1, &two, NOW, WAIT)), ENOENT);
	ck_assert_int_eq(cause(store_set_unknown(s, id, 1, WAIT)), ENOENT);
	ck_assert_int_eq(cause(store_end_dial(s, id, 2, "done", -1, "human", "", NOW, WAIT)), ENOENT);
	ck_assert_int_eq(cause(store_end_dial(s, id, 1, "done", -1, "human", "", NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_end_dial(s, id, 1, "failed", -1, "busy", "", NOW, WAIT)), ENOENT);
	ck_assert_int_eq(begun(id, 2, "webhookd.0", NOW, 0, 0), ENOENT);
	ck_assert_str_eq(now_of(id).state, "done");
}
END_TEST

static bool
count_dial(void *arg, const struct store_dial *d)
{
	(void)d;
	++*(int *)arg;
	return true;
}

static int
due(int64_t campaign, int64_t now, int limit)
{
	int	n = 0;

	ck_assert_int_eq(store_due_dials(s, campaign, now, limit, count_dial, &n), 0);
	return n;
}

START_TEST(a_held_dial_is_due_when_its_time_came)
{
	int64_t	id = added("447700900123", "k");

	(void)added("447700900124", "l");
	ck_assert_int_eq(due(0, NOW, 9), 2);
	ck_assert_int_eq(due(0, NOW, 1), 1);
	ck_assert_int_eq(due(7, NOW, 9), 0);
	ck_assert_int_eq(cause(store_hold_dial(s, id, "waiting", NOW + 50, "quiet", "quiet hours", NOW, WAIT)), 0);
	ck_assert_int_eq(due(0, NOW, 9), 1);
	ck_assert_int_eq(due(0, NOW + 50, 9), 2);
	ck_assert_int_eq(cause(store_hold_dial(s, id, "failed", -1, "do_not_call", "", NOW, WAIT)), 0);
	ck_assert_int_eq(due(0, NOW + 50, 9), 1);
	ck_assert_int_eq(cause(store_hold_dial(s, id, "waiting", -1, "", "", NOW, WAIT)), ENOENT);
}
END_TEST

START_TEST(attempts_that_never_were_calls_do_not_count)
{
	int64_t		a = added("447700900123", "a"), b = added("447700900123", "b"), oldest = -1;
	struct callid	call = call_id("uuid");
	int		n = -1;

	ck_assert_int_eq(begun(a, 1, "w", NOW, 0, 0), 0);
	ck_assert_int_eq(cause(store_end_dial(s, a, 1, "waiting", NOW, "lost", "", NOW, WAIT)), 0);
	ck_assert_int_eq(store_count_attempts(s, "447700900123", 0, &n, &oldest), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(begun(a, 2, "w", NOW + 1, 0, 0), 0);
	ck_assert_int_eq(cause(store_set_placed(s, a, 2, &call, NOW + 2, WAIT)), 0);
	ck_assert_int_eq(cause(store_end_dial(s, a, 2, "done", -1, "human", "", NOW + 3, WAIT)), 0);
	ck_assert_int_eq(begun(b, 1, "w", NOW + 4, 0, 0), 0);
	ck_assert_int_eq(store_count_attempts(s, "447700900123", 0, &n, &oldest), 0);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(oldest, NOW + 1);
	ck_assert_int_eq(store_count_attempts(s, "447700900123", NOW + 1, &n, &oldest), 0);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(store_count_attempts(s, "447700900124", 0, &n, &oldest), 0);
	ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(a_later_word_amends_the_result)
{
	int64_t		id = added("447700900123", "k");
	struct callid	call = call_id("uuid");

	ck_assert_int_eq(begun(id, 1, "w", NOW, 0, 0), 0);
	ck_assert_int_eq(cause(store_set_placed(s, id, 1, &call, NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_amend_dial(s, id, 1, "failed", -1, "invalid_number", NOW, WAIT)), ENOENT);
	ck_assert_int_eq(cause(store_end_dial(s, id, 1, "waiting", NOW + 9, "unanswered", "", NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_amend_dial(s, id, 1, "failed", -1, "invalid_number", NOW, WAIT)), 0);
	ck_assert_str_eq(now_of(id).state, "failed");
	ck_assert_str_eq(now_of(id).result, "invalid_number");
}
END_TEST

/* ---- campaigns ---- */

struct rows { int n, fail_at; };

static int
next_row(void *arg, struct store_dial *d)
{
	struct rows	*r = arg;

	if (--r->n < 0)
		return 0;
	if (r->n == r->fail_at) {
		errno = ECANCELED;
		return -1;
	}
	(void)snprintf(d->number, sizeof(d->number), "4477%08d", r->n);
	SET(d->vars, "{\"name\":\"Ali\"}");
	return 1;
}

static int
import(int n, int fail_at, int64_t *id)
{
	struct store_campaign	c;
	struct rows		rows = { n, fail_at };

	store_campaign_init(&c);
	SET(c.name, "reminders");
	SET(c.flow, "outbound-reminder");
	SET(c.options, "{\"batch\":5}");
	return store_import_campaign(s, &c, next_row, &rows, id);
}

static bool
add_up(void *arg, const struct store_progress *p)
{
	(void)snprintf((char *)arg + strlen(arg), 100, "%s/%s/%d/%d ", p->state, p->result, (int)p->count, (int)p->attempts);
	return true;
}

START_TEST(a_campaign_is_imported_whole_or_not_at_all)
{
	struct store_campaign	c;
	char			text[300] = "";
	int64_t			id = -1;

	ck_assert_int_eq(import(5000, 17, &id), -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_str_eq(raw_text("SELECT count(*) FROM dials"), "0");
	ck_assert_str_eq(raw_text("SELECT count(*) FROM campaigns"), "0");
	ck_assert_int_eq(import(5000, -1, &id), 0);
	ck_assert_int_eq(store_get_campaign(s, id, &c), 1);
	ck_assert_str_eq(c.state, "running");
	ck_assert_str_eq(c.options, "{\"batch\":5}");
	ck_assert_int_eq(store_campaign_progress(s, id, add_up, text), 0);
	ck_assert_str_eq(text, "waiting//5000/0 ");
	ck_assert_int_eq(due(id, INT64_MAX, 100), 100);
	ck_assert_int_eq(due(0, INT64_MAX, 100), 0);
}
END_TEST

START_TEST(one_webhookd_has_a_campaign_until_its_lease_ends)
{
	int64_t	id = -1;

	ck_assert_int_eq(import(1, -1, &id), 0);
	ck_assert_int_eq(cause(store_claim_campaign(s, id, "webhookd.0", NOW + 100, NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_claim_campaign(s, id, "webhookd.1", NOW + 200, NOW + 99, WAIT)), ENOENT);
	ck_assert_int_eq(cause(store_claim_campaign(s, id, "webhookd.0", NOW + 150, NOW + 99, WAIT)), 0);
	ck_assert_int_eq(cause(store_claim_campaign(s, id, "webhookd.1", NOW + 300, NOW + 151, WAIT)), 0);
	ck_assert_int_eq(cause(store_set_campaign(s, id, "paused", NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_claim_campaign(s, id, "webhookd.1", NOW + 300, NOW + 151, WAIT)), ENOENT);
}
END_TEST

START_TEST(a_number_is_not_called_more_often_than_the_maximum)
{
	int64_t		a = added("447700900123", "a"), b = added("447700900123", "b"), other = added("447700900124", "c");
	struct callid	call = call_id("uuid-1");

	/* two processes saw no attempt, and both begin */
	ck_assert_int_eq(begun(a, 1, "webhookd.0", NOW, 1, NOW - 1000), 0);
	ck_assert_int_eq(begun(b, 1, "webhookd.1", NOW, 1, NOW - 1000), ENOENT);
	ck_assert_str_eq(now_of(b).state, "waiting");
	ck_assert_int_eq(now_of(b).serial, 0);
	ck_assert_int_eq(begun(other, 1, "webhookd.1", NOW, 1, NOW - 1000), 0);
	/* what was never placed does not count */
	ck_assert_int_eq(cause(store_end_dial(s, a, 1, "waiting", NOW, "not_taken", "", NOW, WAIT)), 0);
	ck_assert_int_eq(begun(b, 1, "webhookd.1", NOW + 1, 1, NOW - 999), 0);
	ck_assert_int_eq(cause(store_set_placed(s, b, 1, &call, NOW + 1, WAIT)), 0);
	ck_assert_int_eq(cause(store_end_dial(s, b, 1, "done", -1, "human", "", NOW + 2, WAIT)), 0);
	ck_assert_int_eq(begun(a, 2, "webhookd.0", NOW + 3, 1, NOW - 997), ENOENT);
	ck_assert_int_eq(begun(a, 2, "webhookd.0", NOW + 3, 2, NOW - 997), 0);
	ck_assert_int_eq(cause(store_end_dial(s, a, 2, "waiting", NOW, "not_taken", "", NOW + 4, WAIT)), 0);
	/* and it was long ago */
	ck_assert_int_eq(begun(a, 3, "webhookd.0", NOW + 1001, 1, NOW + 1), 0);
}
END_TEST

START_TEST(stopping_ends_what_waits_and_what_would_be_tried_again)
{
	struct store_dial	d;
	int64_t			id = -1, first;
	char			text[300] = "";

	ck_assert_int_eq(import(3, -1, &id), 0);
	ck_assert_int_eq(store_due_dials(s, id, INT64_MAX, 1, count_dial, &(int){ 0 }), 0);
	first = atoll(raw_text("SELECT min(id) FROM dials"));
	ck_assert_int_eq(begun(first, 1, "w", NOW, 0, 0), 0);
	ck_assert_int_eq(cause(store_set_campaign(s, id, "stopped", NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_set_campaign(s, id, "running", NOW, WAIT)), ENOENT);
	ck_assert_int_eq(cause(store_end_dial(s, first, 1, "waiting", NOW, "busy", "", NOW, WAIT)), 0);
	ck_assert_int_eq(store_get_dial(s, first, &d), 1);
	ck_assert_str_eq(d.state, "stopped");
	ck_assert_int_eq(store_campaign_progress(s, id, add_up, text), 0);
	ck_assert_str_eq(text, "stopped//2/0 stopped/busy/1/0 ");
}
END_TEST

START_TEST(a_campaign_is_done_when_nothing_is_left)
{
	int64_t		id = -1, dial;

	ck_assert_int_eq(import(1, -1, &id), 0);
	ck_assert_int_eq(cause(store_finish_campaign(s, id, NOW, WAIT)), ENOENT);
	dial = atoll(raw_text("SELECT min(id) FROM dials"));
	ck_assert_int_eq(cause(store_hold_dial(s, dial, "failed", -1, "do_not_call", "", NOW, WAIT)), 0);
	ck_assert_int_eq(cause(store_finish_campaign(s, id, NOW, WAIT)), 0);
	ck_assert_str_eq(raw_text("SELECT state FROM campaigns"), "done");
}
END_TEST

static void
add_tests(Suite *suite)
{
	TCase	*tc = tcase(suite, "dials", setup);

	tcase_add_test(tc, the_same_key_gives_the_same_row_back);
	tcase_add_test(tc, an_attempt_moves_its_dial_with_it);
	tcase_add_test(tc, only_one_attempt_is_under_way);
	tcase_add_test(tc, a_held_dial_is_due_when_its_time_came);
	tcase_add_test(tc, attempts_that_never_were_calls_do_not_count);
	tcase_add_test(tc, a_number_is_not_called_more_often_than_the_maximum);
	tcase_add_test(tc, a_later_word_amends_the_result);
	tc = tcase(suite, "campaigns", setup);
	tcase_add_test(tc, a_campaign_is_imported_whole_or_not_at_all);
	tcase_add_test(tc, one_webhookd_has_a_campaign_until_its_lease_ends);
	tcase_add_test(tc, stopping_ends_what_waits_and_what_would_be_tried_again);
	tcase_add_test(tc, a_campaign_is_done_when_nothing_is_left);
}

int
main(void)
{
	return run_suite("store_dial", add_tests);
}
