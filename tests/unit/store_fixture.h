/* SPDX-License-Identifier: ISC */
/* What the tests of store share: a database in a fresh directory, and short words for its use. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sqlite3.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store.h"
#include "common/store_impl.h"

static char	 dir[512], path[600], err[512];
static struct store *s;

/* ---- fixtures and small helpers ---- */

static inline void
setup_dir(void)
{
	const char	*tmp = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/store.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/callpipe.db", dir);
	s = NULL;
}

static inline void
remove_file(const char *suffix)
{
	char	name[700];

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	(void)unlink(name);
}

static inline void
teardown_dir(void)
{
	store_close(s);
	remove_file("");
	remove_file("-wal");
	remove_file("-shm");
	ck_assert_int_eq(rmdir(dir), 0);
}

static inline void
setup(void)
{
	setup_dir();
	s = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
}

static inline struct callid
call_id(const char *text)
{
	struct callid	id;

	ck_assert_int_eq(callid_parse(text, &id), 0);
	return id;
}

static inline void
set_text(char *dst, size_t size, const char *text)
{
	ck_assert_uint_lt(strlen(text), size);
	memcpy(dst, text, strlen(text) + 1);
}
#define SET(field, text)	set_text(field, sizeof(field), text)

static inline sqlite3 *
raw_open(void)
{
	sqlite3	*db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static inline void
raw_exec(sqlite3 *db, const char *sql)
{
	int	rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
}

/* First column of the first row as text, "NULL" and "none" as such. */
static inline const char *
raw_text(const char *sql)
{
	static char	 ring[8][256];
	static unsigned	 at;
	char		*out = ring[at++ % 8];
	sqlite3		*db = raw_open();
	sqlite3_stmt	*stmt;

	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) != SQLITE_ROW)
		(void)snprintf(out, 256, "none");
	else if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		(void)snprintf(out, 256, "NULL");
	else
		(void)snprintf(out, 256, "%s", (const char *)sqlite3_column_text(stmt, 0));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return out;
}

struct outcome { int n, rc, err, order; };
static struct outcome	outcomes[64];
static int		delivered;
static char		seen[256] __attribute__((unused));	/* keys noted by a callback */

static inline void
on_done(void *arg, int rc, int e)
{
	struct outcome	*o = arg;

	o->n++;
	o->rc = rc;
	o->err = e;
	o->order = ++delivered;
}

static inline struct outcome *
outcome(int i)
{
	memset(&outcomes[i], 0, sizeof(outcomes[i]));
	return &outcomes[i];
}

/* Commit all, deliver all. */
static inline void
settle(void)
{
	store_flush(s);
	store_dispatch(s);
}

static inline struct store_event
event_of(const char *call, const char *dedupe, const char *body)
{
	struct store_event	e;

	memset(&e, 0, sizeof(e));
	SET(e.call.text, call);
	SET(e.kind, "event");
	SET(e.dedupe, dedupe);
	e.received_at = 1700000000000;
	e.body = body;
	e.body_len = strlen(body);
	return e;
}

static inline void
add_event(const char *call, const char *dedupe, const char *body, struct outcome *o)
{
	struct store_event	e = event_of(call, dedupe, body);

	ck_assert_int_eq(store_add_event(s, &e, o == NULL ? NULL : on_done, o), 0);
}

static inline bool
count_event(void *arg, const struct store_event *e)
{
	(void)e;
	++*(int *)arg;
	return true;
}

static inline int
nevents(const char *call)
{
	struct callid	id = call_id(call);
	int		n = 0;

	ck_assert_int_eq(store_each_event(s, &id, count_event, &n), 0);
	return n;
}

static inline struct store_call
full_call(const char *id)
{
	struct store_call	c;

	store_call_init(&c);
	c.id = call_id(id);
	SET(c.conversation, "CON-1");
	SET(c.direction, "inbound");
	SET(c.caller, "447700900000");
	SET(c.called, "447700900001");
	SET(c.name, "Zo\xc3\xab");
	SET(c.assistant, "desk");
	SET(c.language, "en-GB");
	SET(c.flow, "default");
	SET(c.region_url, "https://api-eu.example");
	SET(c.state, "answered");
	SET(c.end_reason, "hangup");
	SET(c.sockd, "sockd.0");
	SET(c.brokerd, "brokerd.1");
	c.started_at = 1700000000000;
	c.answered_at = 1700000001000;
	c.ended_at = 1700000061000;
	c.duration_s = 60;
	c.ending = true;
	return c;
}

static inline TCase *
tcase(Suite *suite, const char *name, void (*begin)(void))
{
	TCase	*tc = tcase_create(name);

	tcase_add_checked_fixture(tc, begin, teardown_dir);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return tc;
}

/* main() of a test: run what add puts into the suite. */
static inline int
run_suite(const char *name, void (*add)(Suite *suite))
{
	Suite	*suite = suite_create(name);
	SRunner	*runner;
	int	 failed;

	log_open(name, LOG_LVL_ERROR, open("/dev/null", O_WRONLY));	/* failures are made on purpose */
	add(suite);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
