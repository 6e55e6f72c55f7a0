/* SPDX-License-Identifier: ISC */
#include "common/store_jobs.h"
#include "tests/unit/store_fixture.h"

/* ---- turns ---- */

static void
put_turn(struct store_turn *t)
{
	ck_assert_int_eq(store_put_turn(s, t, NULL, NULL), 0);
	store_flush(s);
}

static bool
check_turn(void *arg, const struct store_turn *t)
{
	const struct store_turn	*want = arg;

	ck_assert_str_eq(t->call.text, want->call.text);
	ck_assert_int_eq(t->turn, want->turn);
	ck_assert_int_eq(t->epoch, want->epoch);
	ck_assert_int_eq(t->utt, want->utt);
	ck_assert_int_eq(t->utt_gen, want->utt_gen);
	ck_assert_str_eq(t->state, want->state);
	ck_assert_int_eq(t->created_at, want->created_at);
	ck_assert_pstr_eq(t->user_text, want->user_text);
	ck_assert_pstr_eq(t->bot_text, want->bot_text);
	ck_assert_pstr_eq(t->heard_text, want->heard_text);
	ck_assert_pstr_eq(t->error, want->error);
	ck_assert_str_eq(t->language, want->language);
	ck_assert_mem_eq(&t->speech_start_ms, &want->speech_start_ms,
	    offsetof(struct store_turn, interrupted) - offsetof(struct store_turn, speech_start_ms));
	ck_assert(t->interrupted == want->interrupted);
	ck_assert_str_eq(t->stt, want->stt);
	ck_assert_str_eq(t->chat, want->chat);
	ck_assert_str_eq(t->tts, want->tts);
	ck_assert_str_eq(t->action, want->action);
	return true;
}

/* Numbers that differ from each other in each member. */
static void
fill_turn(struct store_turn *t)
{
	int64_t	*at;
	int64_t	 n = 100;

	for (at = &t->speech_start_ms; at <= &t->reply_total_ms; at++)
		*at = n++;
	t->utt = 7;
	t->utt_gen = 2;
	t->created_at = 1700000000000;
	t->interrupted = true;
	SET(t->state, "speaking");
	SET(t->language, "de");
	SET(t->stt, "sphinx");
	SET(t->chat, "rules");
	SET(t->tts, "flite");
	SET(t->action, "hangup");
}

START_TEST(a_turn_comes_back_as_it_was_put)
{
	struct store_turn	t;
	char			user[] = "when do you open?", bot[] = "At nine.", heard[] = "At", error[] = "tts: late";

	store_turn_init(&t);
	t.call = call_id("a");
	t.turn = 1;
	t.epoch = 3;
	put_turn(&t);
	ck_assert_int_eq(store_each_turn(s, &t.call, check_turn, &t), 0);
	fill_turn(&t);
	t.user_text = user;
	t.bot_text = bot;
	t.heard_text = heard;
	t.error = error;
	put_turn(&t);
	ck_assert_int_eq(store_each_turn(s, &t.call, check_turn, &t), 0);
	t.error = NULL;		/* it replaces, it does not add */
	t.interrupted = false;
	put_turn(&t);
	ck_assert_int_eq(store_each_turn(s, &t.call, check_turn, &t), 0);
}
END_TEST

START_TEST(a_late_owner_does_not_overwrite_a_turn)
{
	struct store_turn	t;
	int64_t			turn, epoch, utt;

	store_turn_init(&t);
	t.call = call_id("a");
	ck_assert_int_eq(store_last_turn(s, &t.call, &turn, &epoch, &utt), 0);
	ck_assert(turn == 0 && epoch == 0 && utt == 0);
	t.turn = 4;
	t.epoch = 9;
	t.utt = 6;
	SET(t.state, "done");
	put_turn(&t);
	t.epoch = 8;
	SET(t.state, "failed");
	put_turn(&t);
	ck_assert_str_eq(raw_text("SELECT state FROM turns"), "done");
	ck_assert_int_eq(store_last_turn(s, &t.call, &turn, &epoch, &utt), 0);
	ck_assert_int_eq(turn, 4);
	ck_assert_int_eq(epoch, 9);
	ck_assert_int_eq(utt, 6);
}
END_TEST

static void
simple_turn(const char *call, int64_t turn, int64_t ear_ms, const char *user, const char *action)
{
	struct store_turn	t;
	char			text[64];

	store_turn_init(&t);
	t.call = call_id(call);
	t.turn = turn;
	t.epoch = turn;
	t.utt = turn;
	t.ear_ms = ear_ms;
	t.endpoint_ms = 500;
	t.stt_ms = 30;
	SET(t.action, action);
	SET(text, user);
	t.user_text = text;
	ck_assert_int_eq(store_put_turn(s, &t, NULL, NULL), 0);
}

START_TEST(v_calls_sums_up_a_call)
{
	static const int64_t	ears[] = { 900, 600, -1, 700, 1000 };
	struct store_call	c = full_call("a");
	size_t			i;

	c.duration_s = -1;
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	for (i = 0; i < 5; i++)
		simple_turn("a", (int64_t)i + 1, ears[i], "hello", i == 4 ? "hangup" : "");
	store_flush(s);
	ck_assert_str_eq(raw_text("SELECT outcome FROM v_calls"), "open");
	ck_assert_int_eq(store_end_call(s, &c.id, "hangup", 1, NULL, NULL), 0);
	store_flush(s);
	ck_assert_str_eq(raw_text("SELECT outcome FROM v_calls"), "finished");
	ck_assert_str_eq(raw_text("SELECT turns FROM v_calls"), "5");
	ck_assert_str_eq(raw_text("SELECT ear_p50_ms FROM v_calls"), "700");
	ck_assert_str_eq(raw_text("SELECT ear_avg_ms FROM v_calls"), "800");
	ck_assert_str_eq(raw_text("SELECT ear_max_ms FROM v_calls"), "1000");
	ck_assert_str_eq(raw_text("SELECT dead_air_ms FROM v_calls"), "3200");
	ck_assert_str_eq(raw_text("SELECT duration_s FROM v_calls"), "60");
	ck_assert_str_eq(raw_text("SELECT at FROM v_calls"), "2023-11-14T22:13:20.000Z");
}
END_TEST

START_TEST(v_calls_names_the_outcome)
{
	static const struct { const char *user, *action; bool answered; const char *outcome; } rows[] = {
		{ NULL, "", false, "unanswered" },
		{ NULL, "", true, "no speech" },
		{ "", "", true, "no speech" },
		{ "hello", "", true, "caller left" },
		{ "bye", "hangup", true, "finished" },
		{ "help", "transfer", true, "transferred" },
	};
	char	id[2] = "a", sql[80];
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++, id[0]++) {
		struct store_call	c = full_call(id);

		if (!rows[i].answered)
			c.answered_at = -1;
		SET(c.state, "ended");
		ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
		if (rows[i].user != NULL)
			simple_turn(id, 1, 600, rows[i].user, rows[i].action);
		store_flush(s);
		(void)snprintf(sql, sizeof(sql), "SELECT outcome FROM v_calls WHERE id = '%s'", id);
		ck_assert_str_eq(raw_text(sql), rows[i].outcome);
	}
}
END_TEST

START_TEST(v_turns_accounts_for_the_whole_latency)
{
	simple_turn("a", 1, 700, "hello", "");
	simple_turn("a", 2, -1, "hello", "");
	store_flush(s);
	ck_assert_str_eq(raw_text("SELECT other_ms FROM v_turns WHERE turn = 1"), "170");
	ck_assert_str_eq(raw_text("SELECT other_ms FROM v_turns WHERE turn = 2"), "NULL");
	ck_assert_str_eq(raw_text("SELECT endpoint_ms + stt_ms FROM v_turns WHERE turn = 1"), "530");
}
END_TEST

/* ---- contacts, recordings, usage ---- */

START_TEST(contacts_are_found_by_number)
{
	struct store_contact	c = { "447700900000", "Ann", "en", "desk", false, false }, got;

	ck_assert_int_eq(store_put_contact(s, &c, NULL, NULL), 0);
	SET(c.name, "Anna");
	SET(c.assistant, "");
	ck_assert_int_eq(store_put_contact(s, &c, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_contact(s, "447700900000", &got), 1);
	ck_assert_str_eq(got.name, "Anna");
	ck_assert_str_eq(got.language, "en");
	ck_assert_str_eq(got.assistant, "");
	ck_assert_int_eq(store_get_contact(s, "447700900001", &got), 0);
	ck_assert_int_eq(store_get_contact(s, "", &got), 0);
}
END_TEST

START_TEST(a_recording_is_one_row_a_file)
{
	struct store_recording	r = { .path = "/var/lib/a.wav", .started_at = 5, .duration_ms = 100, .bytes = 44, .rate_hz = 8000 };

	r.call = call_id("a");
	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), 0);
	r.duration_ms = 200;
	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), 0);
	store_flush(s);
	ck_assert_str_eq(raw_text("SELECT count(*) || ' ' || max(duration_ms) || ' ' || rate_hz FROM recordings"), "1 200 8000");
}
END_TEST

START_TEST(usage_adds_up)
{
	struct callid	id = call_id("a");

	clock_set(1, 1700000000000);
	ck_assert_int_eq(store_add_usage(s, &id, 1, "chat_in", "openai", 300), 0);
	ck_assert_int_eq(store_add_usage(s, &id, 1, "chat_in", "openai", 12), 0);
	ck_assert_int_eq(store_add_usage(s, &id, 2, "tts_chars", "flite", 40), 0);
	store_flush(s);
	clock_set(-1, -1);
	ck_assert_str_eq(raw_text("SELECT sum(amount) FROM usage WHERE kind = 'chat_in' AND turn = 1"), "312");
	ck_assert_str_eq(raw_text("SELECT at FROM usage LIMIT 1"), "1700000000000");
}
END_TEST

/* ---- jobs ---- */

static struct store_job
job_of(const char *key, int64_t next_at)
{
	struct store_job	j;

	memset(&j, 0, sizeof(j));
	SET(j.kind, "hangup");
	SET(j.key, key);
	j.call = call_id("a");
	j.created_at = 1000;
	j.next_at = next_at;
	SET(j.args, "{\"uuid\":\"a\"}");
	return j;
}

static void
add_job(const char *key, int64_t next_at)
{
	struct store_job	j = job_of(key, next_at);

	ck_assert_int_eq(store_add_job(s, &j, NULL, NULL), 0);
	store_flush(s);
}

static struct store_job	last_job;

static bool
note_job(void *arg, const struct store_job *j)
{
	(void)arg;
	last_job = *j;
	(void)strncat(seen, j->key, sizeof(seen) - strlen(seen) - 1);
	return true;
}

static const char *
due(int64_t now, int limit)
{
	*seen = '\0';
	ck_assert_int_eq(store_due_jobs(s, "hangup", now, limit, note_job, NULL), 0);
	return seen;
}

static const char *
jobs(bool unfinished_only)
{
	*seen = '\0';
	ck_assert_int_eq(store_each_job(s, unfinished_only, note_job, NULL), 0);
	return seen;
}

START_TEST(a_hang_up_is_not_put_off_by_a_clock_that_was_set_back)
{
	add_job("a", 200000);
	ck_assert_str_eq(due(100000, 0), "");		/* in 100 s: may be */
	ck_assert_str_eq(due(70000, 0), "a");		/* in 130 s: it never waits so long */
	ck_assert_int_eq(store_claim_job(s, last_job.id, "me", 70000, 100000, NULL, NULL), 0);
	store_flush(s);
	ck_assert_str_eq(due(71000, 0), "");		/* its lease */
	ck_assert_str_eq(due(100000, 0), "a");
}
END_TEST

START_TEST(jobs_are_due_oldest_first)
{
	add_job("a", 3000);
	add_job("b", 2000);
	add_job("c", 9000);
	ck_assert_str_eq(due(1999, 9), "");
	ck_assert_str_eq(due(3000, 9), "ba");
	ck_assert_str_eq(due(9000, 2), "ba");
	ck_assert_str_eq(due(2000, 0), "b");
	ck_assert_str_eq(last_job.kind, "hangup");
	ck_assert_str_eq(last_job.call.text, "a");
	ck_assert_str_eq(last_job.state, "waiting");
	ck_assert_str_eq(last_job.args, "{\"uuid\":\"a\"}");
	ck_assert_int_eq(last_job.attempts, 0);
	ck_assert_int_eq(last_job.created_at, 1000);
	ck_assert_int_eq(last_job.next_at, 2000);
}
END_TEST

START_TEST(a_job_is_unique_until_it_is_finished)
{
	add_job("a", 1000);
	add_job("a", 5000);
	ck_assert_str_eq(jobs(false), "a");
	ck_assert_int_eq(last_job.next_at, 1000);
	ck_assert_int_eq(store_set_job(s, last_job.id, "running", 1, 9500, "", NULL, NULL), 0);
	add_job("a", 5000);
	ck_assert_str_eq(jobs(true), "a");
	ck_assert_str_eq(due(9000, 9), "");
	ck_assert_int_eq(store_set_job(s, last_job.id, "waiting", 2, 7000, "HTTP 500", NULL, NULL), 0);
	store_flush(s);
	ck_assert_str_eq(due(9000, 9), "a");
	ck_assert_str_eq(last_job.error, "HTTP 500");
	ck_assert_int_eq(last_job.attempts, 2);
	ck_assert_int_eq(last_job.next_at, 7000);
	ck_assert_int_eq(store_set_job(s, last_job.id, "done", 3, -1, NULL, NULL, NULL), 0);
	store_flush(s);
	ck_assert_str_eq(jobs(true), "");
	add_job("a", 5000);
	ck_assert_str_eq(jobs(false), "aa");
	add_job("", 1);
	add_job("", 1);
	ck_assert_str_eq(due(1, 9), "");
	*seen = '\0';
	ck_assert_str_eq(raw_text("SELECT count(*) FROM jobs"), "4");
}
END_TEST

START_TEST(a_request_that_cannot_be_does_not_fail_its_neighbours)
{
	add_job("a", 1);
	(void)jobs(false);
	ck_assert_int_eq(store_set_job(s, last_job.id, "failed", 5, -1, "gone", NULL, NULL), 0);
	add_job("a", 1);
	add_event("x", "", "1", outcome(0));
	ck_assert_int_eq(store_set_job(s, last_job.id, "waiting", 0, 1, "", on_done, outcome(1)), 0);
	ck_assert_int_eq(store_set_job(s, 12345, "done", 0, 1, "", on_done, outcome(2)), 0);
	add_event("x", "", "2", outcome(3));
	settle();
	ck_assert_int_eq(outcomes[0].rc, 0);
	ck_assert_int_eq(outcomes[1].rc, -1);
	ck_assert_int_eq(outcomes[1].err, EEXIST);
	ck_assert_int_eq(outcomes[2].err, ENOENT);
	ck_assert_int_eq(outcomes[3].rc, 0);
	ck_assert_int_eq(nevents("x"), 2);
}
END_TEST

static void
add_rows(Suite *suite)
{
	TCase	*tc = tcase(suite, "rows", setup);

	tcase_add_test(tc, a_turn_comes_back_as_it_was_put);
	tcase_add_test(tc, a_late_owner_does_not_overwrite_a_turn);
	tcase_add_test(tc, v_calls_sums_up_a_call);
	tcase_add_test(tc, v_calls_names_the_outcome);
	tcase_add_test(tc, v_turns_accounts_for_the_whole_latency);
	tcase_add_test(tc, contacts_are_found_by_number);
	tcase_add_test(tc, a_recording_is_one_row_a_file);
	tcase_add_test(tc, usage_adds_up);
	tcase_add_test(tc, a_hang_up_is_not_put_off_by_a_clock_that_was_set_back);
	tcase_add_test(tc, jobs_are_due_oldest_first);
	tcase_add_test(tc, a_job_is_unique_until_it_is_finished);
	tcase_add_test(tc, a_request_that_cannot_be_does_not_fail_its_neighbours);
}

int
main(void)
{
	return run_suite("store_rows", add_rows);
}
