/* SPDX-License-Identifier: ISC */
/* The cached statements of the loop's connection. */
#include "common/store_impl.h"

#include <errno.h>
#include <stdio.h>

#define FROM_CALLS	"SELECT " STORE_CALL_COLUMNS " FROM calls"
#define NEWEST_FIRST	" ORDER BY started_at DESC, rowid DESC LIMIT ?1"
#define FROM_JOBS	"SELECT " STORE_JOB_COLUMNS ", id FROM jobs"

#define FROM_DIALS	"SELECT " STORE_DIAL_COLUMNS ", id FROM dials"
#define FROM_ATTEMPTS	"SELECT " STORE_ATTEMPT_COLUMNS " FROM attempts"
#define FROM_ANSWERS	"SELECT a.flow, a.name, a.how, a.value, a.confidence, a.at, a.call,"			\
    " CASE c.direction WHEN 'outbound' THEN c.called ELSE c.caller END"					\
    " FROM answers AS a LEFT JOIN calls AS c ON c.id = a.call"
#define FROM_CAMPAIGNS	"SELECT " STORE_CAMPAIGN_COLUMNS ", id FROM campaigns"

const char *const store_queries[STORE_NQUERIES] = {
	[STORE_Q_CALL] =	FROM_CALLS " WHERE id = ?1",
	/* a leg may have been moved into another conversation */
	[STORE_Q_CONVERSATION] =
	    "SELECT id FROM (SELECT id, 1 AS n, started_at FROM calls WHERE conversation = ?1"
	    " UNION ALL SELECT call, 2, started_at FROM legs WHERE conversation = ?1 AND call IS NOT NULL"
	    " UNION ALL SELECT call, 3, at FROM conversations WHERE id = ?1)"
	    " ORDER BY n, started_at DESC LIMIT 1",
	[STORE_Q_CALLS] =	FROM_CALLS NEWEST_FIRST,
	[STORE_Q_OPEN_CALLS] =	FROM_CALLS " WHERE state <> 'ended'" NEWEST_FIRST,
	[STORE_Q_CALLS_OF] =	FROM_CALLS " WHERE caller = ?2" NEWEST_FIRST,
	[STORE_Q_OPEN_CALLS_OF] = FROM_CALLS " WHERE caller = ?2 AND state <> 'ended'" NEWEST_FIRST,
	[STORE_Q_LEG] =		"SELECT " STORE_LEG_COLUMNS " FROM legs WHERE uuid = ?1",
	[STORE_Q_LEGS] =	"SELECT " STORE_LEG_COLUMNS " FROM legs WHERE call = ?1 ORDER BY started_at, rowid",
	[STORE_Q_EVENTS] =
	    "SELECT id, call, leg, kind, status, dedupe, received_at, body, conversation FROM events WHERE id IN ("
	    "SELECT id FROM events WHERE call = ?1"
	    " UNION SELECT id FROM events WHERE call IS NULL AND (leg = ?1 OR leg IN (SELECT uuid FROM legs WHERE call = ?1))"
	    " UNION SELECT id FROM events WHERE call IS NULL AND conversation IN (SELECT conversation FROM calls WHERE id = ?1"
	    "  UNION SELECT conversation FROM legs WHERE call = ?1 UNION SELECT id FROM conversations WHERE call = ?1)"
	    ") ORDER BY id",
	[STORE_Q_TURNS] =	"SELECT " STORE_TURN_COLUMNS " FROM turns WHERE call = ?1 ORDER BY turn",
	[STORE_Q_LAST_TURN] =
	    "SELECT coalesce(max(turn), 0), coalesce(max(epoch), 0), coalesce(max(utt), 0) FROM turns WHERE call = ?1",
	[STORE_Q_CONTACT] =	"SELECT " STORE_CONTACT_COLUMNS " FROM contacts WHERE number = ?1",
	[STORE_Q_DUE_JOBS] =
	    FROM_JOBS " WHERE kind = ?1 AND state IN ('waiting', 'running', 'parked') AND " STORE_JOB_DUE("?2")
	    " AND " STORE_FIRST_IN_LINE " ORDER BY next_at, id LIMIT ?3",
	[STORE_Q_JOBS] =	FROM_JOBS " ORDER BY id",
	[STORE_Q_OPEN_JOBS] =	FROM_JOBS " WHERE state IN ('waiting', 'running', 'parked') ORDER BY id",
	[STORE_Q_RECORDING_UUID] = "SELECT 1 FROM recordings WHERE uuid = ?1",
	[STORE_Q_CHECK] =	"PRAGMA integrity_check(1)",
	[STORE_Q_DIAL] =	FROM_DIALS " WHERE id = ?1",
	[STORE_Q_DIAL_KEY] =	FROM_DIALS " WHERE key = ?1",
	[STORE_Q_DIAL_CALL] =	FROM_DIALS " WHERE call = ?1",
	[STORE_Q_DIALS_DUE] =
	    FROM_DIALS " WHERE campaign = ?1 AND state = 'waiting' AND (next_at IS NULL OR next_at <= ?2)"
	    " ORDER BY next_at, id LIMIT ?3",
	[STORE_Q_DIALS_LIVE] =	FROM_DIALS " WHERE state IN ('placing', 'calling')",
	[STORE_Q_DIALS] =	FROM_DIALS " WHERE (?1 = -1 OR campaign = ?1) AND id > ?2 ORDER BY id",
	[STORE_Q_ATTEMPTS] =	FROM_ATTEMPTS " WHERE dial = ?1 ORDER BY n",
	[STORE_Q_ATTEMPTS_OPEN] = FROM_ATTEMPTS " WHERE state IN ('placing', 'unknown') ORDER BY at",
	[STORE_Q_ATTEMPT_CALL] = FROM_ATTEMPTS " WHERE call = ?1",
	/* what never was a call does not count */
	[STORE_Q_ATTEMPTS_NUMBER] =
	    "SELECT count(*), min(at) FROM attempts WHERE number = ?1 AND at > ?2"
	    " AND " STORE_ATTEMPT_COUNTS,
	[STORE_Q_CAMPAIGN] =	FROM_CAMPAIGNS " WHERE id = ?1",
	[STORE_Q_CAMPAIGNS] =	FROM_CAMPAIGNS " WHERE (?1 = 0 OR state IN ('running', 'paused')) ORDER BY id",
	[STORE_Q_PROGRESS] =
	    "SELECT state, result, count(*), sum(attempts) FROM dials WHERE campaign = ?1 GROUP BY state, result"
	    " ORDER BY state, result",
	[STORE_Q_OLD_EVENTS] =	"SELECT 1 FROM events WHERE received_at < ?1 LIMIT 1",
	[STORE_Q_OLD_JOBS] =	"SELECT 1 FROM jobs WHERE created_at < ?1 AND " STORE_JOB_OVER " LIMIT 1",
	[STORE_Q_OLD_TRANSCRIPTS] =
	    "SELECT 1 WHERE EXISTS (SELECT 1 FROM turns WHERE created_at < ?1 AND " STORE_HAS_TEXT ")"
	    " OR EXISTS (SELECT 1 FROM recordings WHERE started_at < ?1 AND transcript IS NOT NULL)",
	[STORE_Q_OLD_ANSWERS] =
	    "SELECT 1 WHERE EXISTS (SELECT 1 FROM answers WHERE at < ?1)"
	    " OR EXISTS (SELECT 1 FROM flow_states WHERE updated_at < ?1)"
	    " OR EXISTS (SELECT 1 FROM dials WHERE updated_at < ?1 AND " STORE_DIAL_KEPT ")",
	[STORE_Q_OLD_RECORDINGS] =
	    "SELECT " STORE_RECORDING_COLUMNS ", id FROM recordings WHERE started_at < ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	[STORE_Q_FLOW_STATE] =	"SELECT flow, step, seq, key, vars, visits, updated_at FROM flow_states WHERE call = ?1",
	[STORE_Q_ANSWERS] =	FROM_ANSWERS " WHERE a.call = ?1 ORDER BY a.id",
	[STORE_Q_COUNT_OPEN] =
	    "SELECT count(*) FROM calls WHERE state <> 'ended' AND started_at >= ?3 AND flow = ?1"
	    " AND coalesce(called, '') GLOB ?2",
	[STORE_Q_SILENT_CALLS] = FROM_CALLS " WHERE state <> 'ended' AND " STORE_HEARD_AT " < ?1 ORDER BY " STORE_HEARD_AT " LIMIT ?2",
	[STORE_Q_LONG_CALLS] = FROM_CALLS " WHERE state <> 'ended' AND ending = 0 AND started_at < ?1 ORDER BY started_at LIMIT ?2",
	[STORE_Q_ANSWERS_OF_FLOW] = FROM_ANSWERS " WHERE a.flow = coalesce(?1, a.flow) ORDER BY a.id",
	[STORE_Q_EVENT_KEY] = "SELECT 1 FROM events WHERE dedupe = ?1",
	[STORE_Q_RECORDING_PATH] = "SELECT 1 FROM recordings WHERE path = ?1",
	[STORE_Q_FETCH_UNFINISHED] =
	    "SELECT 1 FROM jobs WHERE state IN ('waiting', 'running', 'parked') AND kind = 'fetch'"
	    " AND (key = ?1 OR ?1 = 'job-' || id) LIMIT 1",
	[STORE_Q_JOB_OF_CALL] =	"SELECT 1 FROM jobs WHERE call = ?1 AND kind = ?2 AND key = ?3 LIMIT 1",
	[STORE_Q_FORGOTTEN_ID] = "SELECT 1 FROM forgotten WHERE item = ?1 AND " STORE_FORGOTTEN_IDS " LIMIT 1",
	[STORE_Q_FORGOTTEN_NUMBER] = "SELECT max(at) FROM forgotten WHERE number_hash = ?1 AND at >= ?2",
};

static sqlite3_stmt *
prepare(struct store *s, enum store_query q)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	rc = sqlite3_prepare_v3(s->db, store_queries[q], -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (rc == SQLITE_OK)
		return stmt;
	errno = store_errno(rc);
	return NULL;
}

sqlite3_stmt *
store_query_begin(struct store *s, enum store_query q)
{
	if (s->queries[q] == NULL)
		return s->queries[q] = prepare(s, q);
	if (sqlite3_stmt_busy(s->queries[q]))
		return prepare(s, q);	/* asked from the callback of the same query */
	return s->queries[q];
}

int
store_query_step(sqlite3_stmt *stmt)
{
	int	rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	errno = store_errno(rc);
	return -1;
}

void
store_query_end(struct store *s, enum store_query q, sqlite3_stmt *stmt)
{
	int	saved_errno = errno;

	/* a reader that is not reset keeps the WAL from shrinking */
	(void)sqlite3_reset(stmt);
	if (stmt == s->queries[q])
		(void)sqlite3_clear_bindings(stmt);
	else
		(void)sqlite3_finalize(stmt);
	errno = saved_errno;
}

int
store_check(struct store *s, char *ret_text, size_t size)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((stmt = store_query_begin(s, STORE_Q_CHECK)) == NULL)
		return -1;
	if ((rc = store_query_step(stmt)) == 1)
		(void)snprintf(ret_text, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
	store_query_end(s, STORE_Q_CHECK, stmt);
	return rc == -1 ? -1 : 0;
}
