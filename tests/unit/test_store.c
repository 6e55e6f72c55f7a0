/* SPDX-License-Identifier: ISC */
#include "tests/unit/store_fixture.h"

/* ---- opening ---- */

START_TEST(a_new_database_is_private_wal_and_versioned)
{
	struct stat	st;

	(void)umask(0);
	s = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	ck_assert_str_eq(raw_text("PRAGMA journal_mode"), "wal");
	ck_assert_str_eq(raw_text("PRAGMA user_version"), "2");
	ck_assert_str_eq(raw_text("SELECT count(*) FROM v_calls"), "0");
	ck_assert_str_eq(raw_text("SELECT count(*) FROM v_turns"), "0");
	ck_assert_str_eq(raw_text("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT'"),
	    "0");
}
END_TEST

START_TEST(what_cannot_be_a_database_is_refused_with_its_name)
{
	char	missing[700];

	(void)snprintf(missing, sizeof(missing), "%s/no/callpipe.db", dir);
	ck_assert_ptr_null(store_open(missing, STORE_WRITE, err, sizeof(err)));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_msg(strstr(err, missing) != NULL && strstr(err, "directory does not exist") != NULL, "%s", err);
	ck_assert_ptr_null(store_open(dir, STORE_WRITE, err, sizeof(err)));
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_ptr_null(store_open(":memory:", STORE_WRITE, err, sizeof(err)));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(store_open("", STORE_WRITE, err, sizeof(err)));
	ck_assert_ptr_null(store_open("/dev/null", STORE_WRITE, err, sizeof(err)));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(store_open(path, STORE_READ, err, sizeof(err)));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(foreign_and_damaged_files_are_left_alone)
{
	FILE	*f;
	sqlite3	*db = raw_open();

	raw_exec(db, "CREATE TABLE theirs (x)");
	ck_assert_ptr_null(store_open(path, STORE_WRITE, err, sizeof(err)));
	ck_assert_msg(strstr(err, "not a database of callpipe") != NULL, "%s", err);
	raw_exec(db, "PRAGMA user_version = 1");
	ck_assert_ptr_null(store_open(path, STORE_READ, err, sizeof(err)));
	ck_assert_msg(strstr(err, "not a database of callpipe") != NULL, "%s", err);
	ck_assert_str_eq(raw_text("SELECT count(*) FROM sqlite_schema"), "1");
	(void)sqlite3_close(db);
	teardown_dir();
	setup_dir();
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	(void)fprintf(f, "%04000d", 7);
	(void)fclose(f);
	ck_assert_ptr_null(store_open(path, STORE_WRITE, err, sizeof(err)));
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_msg(strstr(err, path) != NULL, "%s", err);
}
END_TEST

START_TEST(a_newer_database_is_refused_and_an_empty_one_not_read)
{
	sqlite3	*db;

	store_close(s);
	s = NULL;
	db = raw_open();
	raw_exec(db, "PRAGMA user_version = 3");
	ck_assert_ptr_null(store_open(path, STORE_WRITE, err, sizeof(err)));
	ck_assert_int_eq(errno, ENOTSUP);
	ck_assert_msg(strstr(err, "version 3") != NULL, "%s", err);
	ck_assert_ptr_null(store_open(path, STORE_READ, err, sizeof(err)));
	ck_assert_int_eq(errno, ENOTSUP);
	raw_exec(db, "PRAGMA user_version = 0");
	ck_assert_ptr_null(store_open(path, STORE_READ, err, sizeof(err)));
	ck_assert_int_eq(errno, ENOTSUP);
	(void)sqlite3_close(db);
}
END_TEST

START_TEST(a_reader_sees_commits_and_cannot_write)
{
	struct store		*reader = store_open(path, STORE_READ, err, sizeof(err));
	struct callid		 id = call_id("a");
	struct store_stats	 stats;
	int			 n = 0;

	ck_assert_msg(reader != NULL, "%s", err);
	add_event("a", "", "{}", NULL);
	store_flush(s);
	ck_assert_int_eq(store_each_event(reader, &id, count_event, &n), 0);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(store_set_owner(reader, &id, "sockd.0", "brokerd.0", 1, NULL, NULL), -1);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_int_eq(store_fd(reader), -1);
	store_dispatch(reader);
	store_flush(reader);
	store_get_stats(reader, &stats);
	ck_assert_uint_eq(stats.requests, 0);
	ck_assert_int_eq(store_check(reader, err, sizeof(err)), 0);
	ck_assert_str_eq(err, "ok");
	store_close(reader);
}
END_TEST

START_TEST(a_database_that_nobody_writes_can_be_read)
{
	struct callid	id = call_id("a");

	add_event("a", "", "{}", NULL);
	store_close(s);
	s = store_open(path, STORE_READ, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
	ck_assert_int_eq(nevents("a"), 1);
	ck_assert_int_eq(store_end_call(s, &id, "x", 1, NULL, NULL), -1);
}
END_TEST

START_TEST(processes_that_start_at_once_migrate_once)
{
	pid_t	pids[6];
	int	go[2], status, i;
	char	c;

	ck_assert_int_eq(pipe(go), 0);
	for (i = 0; i < 6; i++) {
		if ((pids[i] = fork()) == 0) {
			(void)close(go[1]);
			while (read(go[0], &c, 1) > 0)	/* end of file is the start */
				continue;
			s = store_open(path, STORE_WRITE, err, sizeof(err));
			if (s == NULL)
				(void)fprintf(stderr, "%s\n", err);
			_exit(s == NULL);
		}
	}
	(void)close(go[1]);
	for (i = 0; i < 6; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	(void)close(go[0]);
	s = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
	ck_assert_int_eq(store_check(s, err, sizeof(err)), 0);
	ck_assert_str_eq(err, "ok");
}
END_TEST

START_TEST(opening_survives_each_failed_allocation)
{
	int	n;

	for (n = 0; s == NULL; n++) {
		mem_fail_at(n);
		s = store_open(path, STORE_WRITE, err, sizeof(err));
		ck_assert(s != NULL || errno == ENOMEM);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 4);
}
END_TEST

/* ---- calls ---- */

START_TEST(a_call_comes_back_as_it_was_put)
{
	struct store_call	c = full_call("a"), got;

	memset(&got, 0, sizeof(got));
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 1);
	ck_assert_str_eq(got.id.text, "a");
	ck_assert_str_eq(got.conversation, c.conversation);
	ck_assert_str_eq(got.direction, c.direction);
	ck_assert_str_eq(got.caller, c.caller);
	ck_assert_str_eq(got.called, c.called);
	ck_assert_str_eq(got.name, c.name);
	ck_assert_str_eq(got.assistant, c.assistant);
	ck_assert_str_eq(got.language, c.language);
	ck_assert_str_eq(got.flow, c.flow);
	ck_assert_str_eq(got.region_url, c.region_url);
	ck_assert_str_eq(got.state, c.state);
	ck_assert_str_eq(got.end_reason, c.end_reason);
	ck_assert_str_eq(got.sockd, c.sockd);
	ck_assert_str_eq(got.brokerd, c.brokerd);
	ck_assert_int_eq(got.started_at, c.started_at);
	ck_assert_int_eq(got.answered_at, c.answered_at);
	ck_assert_int_eq(got.ended_at, c.ended_at);
	ck_assert_int_eq(got.duration_s, 60);
	ck_assert(got.ending);
}
END_TEST

START_TEST(unknown_members_leave_what_is_there)
{
	struct store_call	c = full_call("a"), got;

	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_call_init(&c);
	c.id = call_id("a");
	SET(c.flow, "menu");
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 1);
	ck_assert_str_eq(got.flow, "menu");
	ck_assert_str_eq(got.caller, "447700900000");
	ck_assert_int_eq(got.duration_s, 60);
	ck_assert(got.ending);
	store_call_init(&c);
	c.id = call_id("b");
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 1);
	ck_assert_str_eq(got.state, "new");
	ck_assert_int_eq(got.started_at, -1);
	ck_assert_int_eq(got.duration_s, -1);
	c.id = call_id("unheard-of");
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 0);
	ck_assert_str_eq(got.id.text, "b");
}
END_TEST

START_TEST(an_ended_call_stays_ended_and_the_first_end_counts)
{
	struct store_call	c = full_call("a"), got;

	*c.end_reason = '\0';
	c.ended_at = -1;
	ck_assert_int_eq(store_end_call(s, &c.id, "completed", 5000, NULL, NULL), 0);
	ck_assert_int_eq(store_end_call(s, &c.id, "again", 6000, NULL, NULL), 0);
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);	/* an "answered" that came late */
	store_flush(s);
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 1);
	ck_assert_str_eq(got.state, "ended");
	ck_assert_str_eq(got.end_reason, "completed");
	ck_assert_int_eq(got.ended_at, 5000);
	ck_assert_str_eq(got.caller, "447700900000");
}
END_TEST

START_TEST(an_owner_may_come_before_the_call)
{
	struct store_call	c = full_call("a"), got;

	*c.sockd = *c.brokerd = '\0';
	ck_assert_int_eq(store_set_owner(s, &c.id, "sockd.3", "brokerd.2", 1, NULL, NULL), 0);
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	ck_assert_int_eq(store_set_owner(s, &c.id, NULL, "brokerd.7", 2, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 1);
	ck_assert_str_eq(got.sockd, "sockd.3");
	ck_assert_str_eq(got.brokerd, "brokerd.7");
	ck_assert_str_eq(got.state, "answered");
}
END_TEST

START_TEST(a_late_claim_does_not_take_the_call_back)
{
	static const struct { int64_t gen; const char *brokerd, *owner; } claims[] = {
		{ 3, "brokerd.1", "brokerd.1" },
		{ 2, "brokerd.0", "brokerd.1" },	/* was taken for dead and woke up */
		{ 3, "brokerd.2", "brokerd.2" },	/* the same offer, again */
		{ 10, "brokerd.3", "brokerd.3" },
		{ 9, "brokerd.1", "brokerd.3" },
	};
	struct store_call	got;
	struct callid		id = call_id("a");
	size_t			i;

	for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		ck_assert_int_eq(store_set_owner(s, &id, "sockd.0", claims[i].brokerd, claims[i].gen, NULL, NULL), 0);
		store_flush(s);
		ck_assert_int_eq(store_get_call(s, &id, &got), 1);
		ck_assert_str_eq(got.brokerd, claims[i].owner);
	}
	ck_assert_int_eq(store_set_owner(s, &id, "sockd.0", "brokerd.0", 0, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(nothing_is_written_without_its_key)
{
	struct store_call	c;
	struct store_leg	l;
	struct store_turn	t;
	struct store_contact	n = { "", "", "", "", false, false };
	struct store_job	j;
	struct store_recording	r;
	struct callid		none = { "" };

	store_call_init(&c);
	store_leg_init(&l);
	store_turn_init(&t);
	memset(&j, 0, sizeof(j));
	memset(&r, 0, sizeof(r));
	r.call = call_id("a");
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), -1);
	ck_assert_int_eq(store_put_turn(s, &t, NULL, NULL), -1);
	ck_assert_int_eq(store_put_contact(s, &n, NULL, NULL), -1);
	ck_assert_int_eq(store_add_job(s, &j, NULL, NULL), -1);
	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), -1);
	ck_assert_int_eq(store_set_owner(s, &none, "a", "b", 1, NULL, NULL), -1);
	ck_assert_int_eq(store_end_call(s, &none, "a", 1, NULL, NULL), -1);
	ck_assert_int_eq(store_add_usage(s, &none, 1, "", "x", 1), -1);
}
END_TEST

static bool
note_call(void *arg, const struct store_call *c)
{
	int	*left = arg;

	(void)strncat(seen, c->id.text, sizeof(seen) - strlen(seen) - 1);
	return --*left > 0;
}

static const char *
list_calls(bool open_only, const char *caller, int limit, int stop_after)
{
	*seen = '\0';
	ck_assert_int_eq(store_each_call(s, open_only, caller, limit, note_call, &stop_after), 0);
	return seen;
}

START_TEST(calls_are_listed_newest_first)
{
	struct store_call	c;
	int			i;

	for (i = 0; i < 5; i++) {
		char	id[2] = { (char)('a' + i), '\0' };

		c = full_call(id);
		c.started_at = 1700000000000 + (i == 4 ? -1 : i);
		SET(c.caller, i % 2 == 0 ? "even" : "odd");
		SET(c.state, i < 2 ? "ended" : "answered");
		ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	}
	store_flush(s);
	ck_assert_str_eq(list_calls(false, NULL, 0, 99), "dcbae");
	ck_assert_str_eq(list_calls(false, "", 2, 99), "dc");
	ck_assert_str_eq(list_calls(true, NULL, 0, 99), "dce");
	ck_assert_str_eq(list_calls(false, "even", 0, 99), "cae");
	ck_assert_str_eq(list_calls(true, "odd", 0, 99), "d");
	ck_assert_str_eq(list_calls(false, NULL, 0, 3), "dcb");
	ck_assert_str_eq(list_calls(false, "nobody", 0, 3), "");
}
END_TEST

START_TEST(a_conversation_leads_to_its_call)
{
	struct store_call	c = full_call("a");
	struct store_leg	l;
	struct callid		id = { "" };

	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_leg_init(&l);
	SET(l.uuid, "leg");
	SET(l.conversation, "CON-2");
	l.call = call_id("a");
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_find_call_of_conversation(s, "CON-3", &id), 0);
	ck_assert_str_eq(id.text, "");
	ck_assert_int_eq(store_find_call_of_conversation(s, "CON-1", &id), 1);
	ck_assert_str_eq(id.text, "a");
	SET(id.text, "");
	ck_assert_int_eq(store_find_call_of_conversation(s, "CON-2", &id), 1);
	ck_assert_str_eq(id.text, "a");
	SET(id.text, "");
	ck_assert_int_eq(store_add_conversation(s, &l.call, "CON-4", NULL, NULL), 0);
	ck_assert_int_eq(store_add_conversation(s, &l.call, "CON-4", NULL, NULL), 0);
	ck_assert_int_eq(store_add_conversation(s, &l.call, "", NULL, NULL), -1);
	store_flush(s);
	ck_assert_int_eq(store_find_call_of_conversation(s, "CON-4", &id), 1);
	ck_assert_str_eq(id.text, "a");
}
END_TEST

static bool
join_bodies(void *arg, const struct store_event *e)
{
	char	*text = arg;

	(void)strncat(text, e->body, e->body_len);
	return true;
}

START_TEST(the_events_of_a_call_are_those_of_its_legs_and_conversations_too)
{
	static const struct { const char *call, *leg, *conversation, *body; } rows[] = {
		{ "", "leg", "", "1" }, { "", "", "CON-1", "2" }, { "a", "", "", "3" }, { "", "other", "CON-9", "x" },
		{ "b", "leg", "CON-1", "x" }, { "", "a", "", "4" }, { "", "", "CON-4", "5" }, { "", "", "", "x" },
	};
	struct store_call	c = full_call("a");
	struct store_leg	l;
	struct callid		id = call_id("a");
	char			text[32] = "";
	size_t			i;

	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);	/* of CON-1 */
	store_leg_init(&l);
	SET(l.uuid, "leg");
	l.call = id;
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	ck_assert_int_eq(store_add_conversation(s, &id, "CON-4", NULL, NULL), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_event	e = { .received_at = 1, .body = rows[i].body, .body_len = 1 };

		SET(e.call.text, rows[i].call);
		SET(e.leg, rows[i].leg);
		SET(e.conversation, rows[i].conversation);
		SET(e.kind, "notify");
		ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), 0);
	}
	store_flush(s);
	ck_assert_int_eq(store_each_event(s, &id, join_bodies, text), 0);
	ck_assert_str_eq(text, "12345");
}
END_TEST

static bool
nest(void *arg, const struct store_call *c)
{
	int	*depth = arg;

	(void)c;
	if (++*depth < 4)
		ck_assert_int_eq(store_each_call(s, false, NULL, 0, nest, depth), 0);
	return false;
}

START_TEST(a_query_may_be_asked_inside_itself)
{
	struct store_call	c = full_call("a");
	int			depth = 0;

	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_each_call(s, false, NULL, 0, nest, &depth), 0);
	ck_assert_int_eq(depth, 4);
	ck_assert_str_eq(list_calls(false, NULL, 0, 99), "a");
}
END_TEST

/* ---- legs, events ---- */

static struct store_leg
leg_at(const char *status, int rank, int64_t event_ts)
{
	struct store_leg	l;

	store_leg_init(&l);
	SET(l.uuid, "leg1");
	l.call = call_id("a");
	SET(l.status, status);
	l.rank = rank;
	l.event_ts = event_ts;
	return l;
}

START_TEST(a_leg_comes_back_as_it_was_put)
{
	struct store_leg	l = leg_at("completed", 9, 1700000000123), got;

	SET(l.conversation, "CON-1");
	SET(l.type, "phone");
	SET(l.direction, "outbound");
	SET(l.from, "1");
	SET(l.to, "wss://example.test/socket?t=0123456789");
	l.started_at = 1;
	l.answered_at = 2;
	l.ended_at = 3;
	l.duration_s = 0;
	SET(l.price, "0.0045");
	SET(l.rate, "0.0066");
	SET(l.network, "23410");
	SET(l.detail, "remote_busy");
	SET(l.disconnected_by, "user");
	l.sip_code = 486;
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	store_flush(s);
	memset(&got, 0, sizeof(got));
	ck_assert_int_eq(store_get_leg(s, "leg1", &got), 1);
	ck_assert_mem_eq(&got, &l, sizeof(l));
	ck_assert_int_eq(store_get_leg(s, "leg2", &got), 0);
}
END_TEST

START_TEST(a_leg_never_moves_backwards)
{
	struct store_leg	l = leg_at("completed", 9, 300), got;

	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	l = leg_at("answered", 5, 200);		/* late */
	l.answered_at = 1700000000000;
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_leg(s, "leg1", &got), 1);
	ck_assert_str_eq(got.status, "completed");
	ck_assert_int_eq(got.rank, 9);
	ck_assert_int_eq(got.event_ts, 300);
	ck_assert_int_eq(got.answered_at, 1700000000000);
	ck_assert_int_eq(got.sip_code, -1);
}
END_TEST

static bool
note_leg(void *arg, const struct store_leg *l)
{
	(void)arg;
	(void)strncat(seen, l->uuid, sizeof(seen) - strlen(seen) - 1);
	return true;
}

START_TEST(legs_are_listed_in_the_order_they_began)
{
	struct store_leg	l = leg_at("started", 0, 1);
	struct callid		id = call_id("a");

	l.started_at = 20;
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	SET(l.uuid, "leg0");
	l.started_at = 10;
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	store_flush(s);
	*seen = '\0';
	ck_assert_int_eq(store_each_leg(s, &id, note_leg, NULL), 0);
	ck_assert_str_eq(seen, "leg0leg1");
}
END_TEST

START_TEST(a_doubled_event_is_stored_once)
{
	add_event("a", "k1", "1", outcome(0));
	add_event("a", "k1", "2", outcome(1));
	add_event("a", "k2", "3", outcome(2));
	add_event("a", "", "4", outcome(3));
	add_event("a", "", "5", outcome(4));
	settle();
	ck_assert_int_eq(nevents("a"), 4);
	ck_assert_int_eq(outcomes[1].n, 1);
	ck_assert_int_eq(outcomes[1].rc, 0);	/* a double is no failure */
	add_event("a", "k1", "6", NULL);
	store_flush(s);
	ck_assert_int_eq(nevents("a"), 4);
}
END_TEST

static bool
check_bytes(void *arg, const struct store_event *e)
{
	const struct store_event	*want = arg;

	ck_assert_uint_eq(e->body_len, want->body_len);
	ck_assert_mem_eq(e->body, want->body, want->body_len);
	ck_assert_str_eq(e->leg, want->leg);
	ck_assert_str_eq(e->kind, want->kind);
	ck_assert_str_eq(e->status, want->status);
	ck_assert_str_eq(e->dedupe, want->dedupe);
	ck_assert_int_eq(e->received_at, want->received_at);
	ck_assert_int_gt(e->id, 0);
	return true;
}

START_TEST(an_event_is_kept_to_the_byte)
{
	static const struct { const char *body; size_t len; const char *type; } rows[] = {
		{ "{\"status\":\"answered\"}", 21, "text" },
		{ "{\"name\":\"Zo\xc3\xab\"}", 15, "text" },
		{ "", 0, "text" },
		{ "a\0b", 3, "blob" },
		{ "\xff\xfe", 2, "blob" },
	};
	char			id[2] = "a";
	size_t			i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++, id[0]++) {
		struct store_event	e = event_of(id, "", "");
		char			sql[80];

		SET(e.leg, "leg");
		SET(e.status, "answered");
		e.body = rows[i].body;
		e.body_len = rows[i].len;
		ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), 0);
		store_flush(s);
		ck_assert_int_eq(store_each_event(s, &e.call, check_bytes, &e), 0);
		(void)snprintf(sql, sizeof(sql), "SELECT typeof(body) FROM events WHERE call = '%s'", id);
		ck_assert_str_eq(raw_text(sql), rows[i].type);
	}
}
END_TEST

static void
add_opening(Suite *suite)
{
	TCase	*tc = tcase(suite, "opening", setup_dir);

	tcase_add_test(tc, a_new_database_is_private_wal_and_versioned);
	tcase_add_test(tc, what_cannot_be_a_database_is_refused_with_its_name);
	tcase_add_test(tc, foreign_and_damaged_files_are_left_alone);
	tcase_add_test(tc, processes_that_start_at_once_migrate_once);
	tcase_add_test(tc, opening_survives_each_failed_allocation);
}

static void
add_rows(Suite *suite)
{
	TCase	*tc = tcase(suite, "calls", setup);

	tcase_add_test(tc, a_newer_database_is_refused_and_an_empty_one_not_read);
	tcase_add_test(tc, a_reader_sees_commits_and_cannot_write);
	tcase_add_test(tc, a_database_that_nobody_writes_can_be_read);
	tcase_add_test(tc, a_call_comes_back_as_it_was_put);
	tcase_add_test(tc, unknown_members_leave_what_is_there);
	tcase_add_test(tc, an_ended_call_stays_ended_and_the_first_end_counts);
	tcase_add_test(tc, an_owner_may_come_before_the_call);
	tcase_add_test(tc, a_late_claim_does_not_take_the_call_back);
	tcase_add_test(tc, nothing_is_written_without_its_key);
	tcase_add_test(tc, calls_are_listed_newest_first);
	tcase_add_test(tc, a_conversation_leads_to_its_call);
	tcase_add_test(tc, the_events_of_a_call_are_those_of_its_legs_and_conversations_too);
	tcase_add_test(tc, a_query_may_be_asked_inside_itself);
	tcase_add_test(tc, a_leg_comes_back_as_it_was_put);
	tcase_add_test(tc, a_leg_never_moves_backwards);
	tcase_add_test(tc, legs_are_listed_in_the_order_they_began);
	tcase_add_test(tc, a_doubled_event_is_stored_once);
	tcase_add_test(tc, an_event_is_kept_to_the_byte);
}

static void
add_all(Suite *suite)
{
	add_opening(suite);
	add_rows(suite);
}

int
main(void)
{
	return run_suite("store", add_all);
}
