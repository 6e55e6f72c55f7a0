/* SPDX-License-Identifier: ISC */
/* All of a person goes, nothing of others does, and the log proves it. */
#include "tests/unit/store_fixture.h"

#include "common/store_forget.h"

#define THEM	"447700900001"
#define OTHER	"447700900002"
#define OURS	"442079460000"

static int	nseen;
static char	kinds[1024], last_item[600], last_sha[65];

static void
note(void *arg, const struct store_forgotten *f)
{
	(void)arg;
	nseen++;
	ck_assert_uint_eq(strlen(f->number_hash), 64);
	ck_assert_uint_eq(strlen(f->chain), 64);
	(void)snprintf(kinds + strlen(kinds), sizeof(kinds) - strlen(kinds), "%s ", f->kind);
	if (strcmp(f->kind, "file") == 0) {
		(void)snprintf(last_item, sizeof(last_item), "%s", f->item);
		(void)snprintf(last_sha, sizeof(last_sha), "%s", f->sha256);
	}
}

static int64_t
forget(const char *number, bool erase)
{
	nseen = 0;
	kinds[0] = '\0';
	store_flush(s);
	return store_forget(s, number, erase, note, NULL, err, sizeof(err));
}

static int64_t
count(const char *sql)
{
	const char	*text = raw_text(sql);

	return strtoll(text, NULL, 10);
}

static void
add_call(const char *id, const char *number, const char *direction, const char *state)
{
	struct store_call	c;
	struct store_leg	l;
	struct store_turn	t;
	struct store_event	e = { .call = call_id(id), .received_at = 7 };
	struct store_job	j = { .kind = "hangup", .call = call_id(id), .state = "done" };
	char			body[200];
	bool			out = strcmp(direction, "outbound") == 0;

	store_call_init(&c);
	c.id = call_id(id);
	(void)snprintf(c.direction, sizeof(c.direction), "%s", direction);
	(void)snprintf(c.caller, sizeof(c.caller), "%s", out ? OURS : number);
	(void)snprintf(c.called, sizeof(c.called), "%s", out ? number : OURS);
	(void)snprintf(c.state, sizeof(c.state), "%s", state);
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_leg_init(&l);
	(void)snprintf(l.uuid, sizeof(l.uuid), "%s", id);
	l.call = c.id;
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	store_turn_init(&t);
	t.call = c.id;
	t.turn = 1;
	t.user_text = (char *)"my name is secret";
	ck_assert_int_eq(store_put_turn(s, &t, NULL, NULL), 0);
	(void)snprintf(body, sizeof(body), "{\"from\":\"%s\"}", number);
	e.body = body;
	e.body_len = strlen(body);
	ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), 0);
	ck_assert_int_eq(store_add_job(s, &j, NULL, NULL), 0);
	ck_assert_int_eq(store_add_usage(s, &c.id, 1, "chat_in", "mind", 5), 0);
}

START_TEST(all_of_a_person_goes_and_nothing_of_another)
{
	struct store_contact	c = { THEM, "Ann", "en", "", false, false }, d = { OTHER, "Bea", "en", "", false, false };
	struct store_recording	r = { .call = call_id("in"), .started_at = 5 };
	struct store_event	e = { .received_at = 9, .body = "{\"to\":\"+" THEM "\"}", .body_len = sizeof("{\"to\":\"+" THEM "\"}") - 1 };
	struct store_leg	l;
	FILE			*f;

	add_call("in", THEM, "inbound", "ended");
	add_call("out", THEM, "outbound", "ended");
	add_call("theirs", OTHER, "inbound", "ended");
	store_leg_init(&l);
	(void)snprintf(l.uuid, sizeof(l.uuid), "forwarded");
	l.call = call_id("theirs");
	(void)snprintf(l.to, sizeof(l.to), "%s", THEM);
	ck_assert_int_eq(store_put_leg(s, &l, NULL, NULL), 0);
	ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), 0);
	ck_assert_int_eq(store_put_contact(s, &c, NULL, NULL), 0);
	ck_assert_int_eq(store_put_contact(s, &d, NULL, NULL), 0);
	(void)snprintf(r.path, sizeof(r.path), "%.400s/a.wav", dir);
	ck_assert_ptr_nonnull(f = fopen(r.path, "w"));
	(void)fputs("abc", f);
	(void)fclose(f);
	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), 0);

	/* Only told. */
	ck_assert_msg(forget(THEM, false) > 10, "%s", err);
	ck_assert_int_eq(access(r.path, F_OK), 0);
	ck_assert_int_eq(count("SELECT count(*) FROM forgotten"), 0);
	ck_assert_int_eq(count("SELECT count(*) FROM calls"), 3);

	ck_assert_msg(forget(THEM, true) == nseen, "%s", err);
	ck_assert_int_eq(access(r.path, F_OK), -1);
	ck_assert_str_eq(last_item, r.path);
	/* SHA-256 of "abc": FIPS 180-2, appendix B.1 */
	ck_assert_str_eq(last_sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_str_eq(raw_text("SELECT group_concat(id) FROM calls"), "theirs");
	ck_assert_str_eq(raw_text("SELECT group_concat(uuid) FROM legs"), "theirs");
	ck_assert_str_eq(raw_text("SELECT group_concat(call) FROM turns"), "theirs");
	ck_assert_str_eq(raw_text("SELECT group_concat(call) FROM events"), "theirs");
	ck_assert_str_eq(raw_text("SELECT group_concat(call) FROM jobs"), "theirs");
	ck_assert_str_eq(raw_text("SELECT group_concat(number) FROM contacts"), OTHER);
	ck_assert_int_eq(count("SELECT count(*) FROM recordings"), 0);
	ck_assert_int_eq(count("SELECT sum(amount) FROM usage"), 15);
	ck_assert_int_eq(count("SELECT count(*) FROM usage WHERE call IS NOT NULL"), 1);
	ck_assert_int_eq(count("SELECT count(*) FROM forgotten"), nseen);
	/* Proved: nothing is left, the chain holds, the log names nobody. */
	ck_assert_int_eq(forget(THEM, true), 0);
	ck_assert_int_gt(store_forgotten(s, note, NULL), 10);
	ck_assert_int_eq(count("SELECT count(*) FROM forgotten WHERE instr(number_hash || kind || item, '" THEM "')"), 0);
}
END_TEST

START_TEST(the_log_cannot_be_changed_unseen)
{
	sqlite3	*db;

	add_call("a", THEM, "inbound", "ended");
	ck_assert_int_gt(forget(THEM, true), 0);
	db = raw_open();
	ck_assert_int_ne(sqlite3_exec(db, "UPDATE forgotten SET item = 'x' WHERE id = 2", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_ne(sqlite3_exec(db, "DELETE FROM forgotten", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_gt(store_forgotten(s, note, NULL), 0);
	raw_exec(db, "DROP TRIGGER forgotten_no_update");
	raw_exec(db, "UPDATE forgotten SET item = 'x' WHERE id = 2");
	(void)sqlite3_close(db);
	nseen = 0;
	ck_assert_int_eq(store_forgotten(s, note, NULL), -2);
	ck_assert_int_eq(nseen, 2);
}
END_TEST

static int
sqlite_exec(const char *sql)
{
	sqlite3	*db;
	int	 rc;

	store_flush(s);
	db = raw_open();
	rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	(void)sqlite3_close(db);
	return rc;
}

START_TEST(what_must_not_be_forgotten_is_refused)
{
	add_call("open", THEM, "inbound", "answered");
	ck_assert_int_eq(forget(THEM, true), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(forget(OURS, true), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_msg(strstr(err, "your own") != NULL, "%s", err);
	/* a number that only calls out is ours too */
	add_call("out", OTHER, "outbound", "ended");
	ck_assert_int_eq(sqlite_exec("UPDATE calls SET caller = '" OURS "9' WHERE id = 'out'"), 0);
	ck_assert_int_eq(forget(OURS "9", true), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(sqlite_exec("DELETE FROM calls WHERE id = 'out'"), 0);
	/* what a daemon is doing right now would be written again */
	ck_assert_int_eq(sqlite_exec("INSERT INTO dials (number, flow, state, created_at) VALUES ('" OTHER "', 'f', 'placing', 1)"), 0);
	ck_assert_int_eq(forget(OTHER, true), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(sqlite_exec("UPDATE dials SET state = 'waiting';"
	    " INSERT INTO jobs (kind, state, args) VALUES ('sms', 'running', '{\"to\":\"" OTHER "\"}')"), 0);
	ck_assert_int_eq(forget(OTHER, true), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(sqlite_exec("UPDATE jobs SET state = 'parked' WHERE state = 'running'"), 0);
	ck_assert_int_gt(forget(OTHER, false), 1);
	ck_assert_int_eq(forget("", true), -1);
	ck_assert_int_eq(count("SELECT count(*) FROM calls"), 1);
	ck_assert_int_eq(count("SELECT count(*) FROM forgotten"), 0);
}
END_TEST

/* A folder stands where the file was: it cannot be read, so nothing is forgotten. */
START_TEST(a_file_that_stays_keeps_its_rows)
{
	struct store_recording	r = { .call = call_id("a"), .started_at = 5 };

	add_call("a", THEM, "inbound", "ended");
	(void)snprintf(r.path, sizeof(r.path), "%.400s/folder", dir);
	ck_assert_int_eq(mkdir(r.path, 0700), 0);
	ck_assert_int_eq(store_add_recording(s, &r, NULL, NULL), 0);
	ck_assert_int_eq(forget(THEM, true), -1);
	ck_assert_msg(strstr(err, r.path) != NULL, "%s", err);
	ck_assert_int_eq(count("SELECT count(*) FROM turns"), 1);
	ck_assert_int_eq(count("SELECT count(*) FROM forgotten"), 0);
	ck_assert_int_eq(rmdir(r.path), 0);
	ck_assert_int_gt(forget(THEM, true), 0);
	ck_assert_int_eq(count("SELECT count(*) FROM forgotten WHERE kind = 'file' AND sha256 = '-'"), 1);
}
END_TEST

/* A reader holds the write-ahead log: what was deleted is still in it, and that is told. */
START_TEST(a_log_that_cannot_be_emptied_is_told)
{
	sqlite3	*reader;

	add_call("a", THEM, "inbound", "ended");
	store_flush(s);
	reader = raw_open();
	raw_exec(reader, "BEGIN; SELECT count(*) FROM calls");
	ck_assert_int_gt(forget(THEM, true), 0);
	ck_assert_msg(strstr(err, "write-ahead log") != NULL, "%s", err);
	raw_exec(reader, "COMMIT");
	(void)sqlite3_close(reader);
	ck_assert_int_eq(forget(THEM, true), 0);
	ck_assert_str_eq(err, "");
}
END_TEST

/* A table that comes to hold something of a person must be told to forget it. */
START_TEST(every_table_about_calls_or_numbers_is_known_here)
{
	ck_assert_str_eq(raw_text("SELECT group_concat(name, ' ') FROM (SELECT DISTINCT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
	    " WHERE m.type = 'table' AND c.name IN ('call', 'number', 'caller') ORDER BY m.name)"),
	    "answers attempts calls contacts conversations dials events flow_states jobs legs recordings turns usage");
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("store_forget");
	TCase	*t = tcase_create("forget");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup, teardown_dir);
	tcase_add_test(t, all_of_a_person_goes_and_nothing_of_another);
	tcase_add_test(t, the_log_cannot_be_changed_unseen);
	tcase_add_test(t, what_must_not_be_forgotten_is_refused);
	tcase_add_test(t, a_file_that_stays_keeps_its_rows);
	tcase_add_test(t, a_log_that_cannot_be_emptied_is_told);
	tcase_set_timeout(t, 30);	/* it waits STORE_BUSY_MS for the reader */
	tcase_add_test(t, every_table_about_calls_or_numbers_is_known_here);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
