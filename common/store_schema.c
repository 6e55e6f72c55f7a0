/* SPDX-License-Identifier: ISC */
#include "common/store_impl.h"

#include <errno.h>
#include <stdio.h>

/*
 * No foreign keys: two processes write and events may come before the row of
 * their call. Columns are described in callpipe-store(5).
 */
static const char schema_1_tables[] =
    "CREATE TABLE calls ("
    " id TEXT NOT NULL PRIMARY KEY, conversation TEXT, direction TEXT, caller TEXT, called TEXT,"
    " name TEXT, assistant TEXT, language TEXT, flow TEXT, region_url TEXT,"
    " state TEXT NOT NULL DEFAULT 'new', end_reason TEXT, sockd TEXT, brokerd TEXT,"
    " started_at INTEGER, answered_at INTEGER, ended_at INTEGER, duration_s INTEGER,"
    " ending INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX calls_started ON calls(started_at);"
    "CREATE INDEX calls_caller ON calls(caller, started_at);"
    "CREATE INDEX calls_conversation ON calls(conversation);"
    "CREATE INDEX calls_open ON calls(started_at) WHERE state <> 'ended';"

    "CREATE TABLE legs ("
    " uuid TEXT NOT NULL PRIMARY KEY, call TEXT, conversation TEXT, type TEXT, direction TEXT,"
    " from_addr TEXT, to_addr TEXT, status TEXT, rank INTEGER NOT NULL DEFAULT 0,"
    " started_at INTEGER, answered_at INTEGER, ended_at INTEGER, duration_s INTEGER,"
    " price TEXT, rate TEXT, network TEXT, detail TEXT, disconnected_by TEXT,"
    " sip_code INTEGER, event_ts INTEGER) STRICT;"
    "CREATE INDEX legs_call ON legs(call);"
    "CREATE INDEX legs_conversation ON legs(conversation);"

    "CREATE TABLE events ("
    " id INTEGER PRIMARY KEY, call TEXT, leg TEXT, kind TEXT, status TEXT, dedupe TEXT,"
    " received_at INTEGER NOT NULL, body ANY) STRICT;"
    "CREATE INDEX events_call ON events(call);"
    "CREATE INDEX events_received ON events(received_at);"
    "CREATE UNIQUE INDEX events_dedupe ON events(dedupe) WHERE dedupe IS NOT NULL;"

    "CREATE TABLE turns ("
    " call TEXT NOT NULL, turn INTEGER NOT NULL, epoch INTEGER, utt INTEGER, utt_gen INTEGER,"
    " state TEXT, created_at INTEGER, user_text TEXT, bot_text TEXT, heard_text TEXT, error TEXT,"
    " language TEXT, speech_start_ms INTEGER, speech_end_ms INTEGER, utterance_at_ms INTEGER,"
    " endpoint_ms INTEGER, stt_ms INTEGER, token_ms INTEGER, audio_ms INTEGER, send_ms INTEGER,"
    " ear_ms INTEGER, reply_start_ms INTEGER, reply_heard_ms INTEGER, reply_total_ms INTEGER,"
    " interrupted INTEGER NOT NULL DEFAULT 0, stt TEXT, chat TEXT, tts TEXT, action TEXT,"
    " PRIMARY KEY (call, turn)) STRICT;"
    "CREATE INDEX turns_created ON turns(created_at);"

    "CREATE TABLE contacts ("
    " number TEXT NOT NULL PRIMARY KEY, name TEXT, language TEXT, assistant TEXT) STRICT;"

    "CREATE TABLE recordings ("
    " id INTEGER PRIMARY KEY, call TEXT, path TEXT NOT NULL UNIQUE, started_at INTEGER,"
    " duration_ms INTEGER, bytes INTEGER, rate_hz INTEGER) STRICT;"
    "CREATE INDEX recordings_call ON recordings(call);"

    "CREATE TABLE usage ("
    " id INTEGER PRIMARY KEY, call TEXT, turn INTEGER, kind TEXT NOT NULL, engine TEXT,"
    " amount INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX usage_call ON usage(call);"
    "CREATE INDEX usage_at ON usage(at);"

    "CREATE TABLE jobs ("
    " id INTEGER PRIMARY KEY, kind TEXT NOT NULL, call TEXT, key TEXT,"
    " state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,"
    " created_at INTEGER, next_at INTEGER, error TEXT, args TEXT) STRICT;"
    "CREATE INDEX jobs_due ON jobs(next_at) WHERE state = 'waiting';"
    "CREATE INDEX jobs_call ON jobs(call);"
    "CREATE INDEX jobs_open ON jobs(id) WHERE state IN ('waiting', 'running');"
    "CREATE UNIQUE INDEX jobs_key ON jobs(kind, key) WHERE state IN ('waiting', 'running');";

static const char schema_1_turns[] =
    "CREATE VIEW v_turns AS SELECT call, turn, epoch, state,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS at,"
    " user_text, bot_text, heard_text, error, language, interrupted,"
    " ear_ms, endpoint_ms, stt_ms, token_ms, audio_ms, send_ms,"
    " ear_ms - coalesce(endpoint_ms, 0) - coalesce(stt_ms, 0) - coalesce(token_ms, 0)"
    "  - coalesce(audio_ms, 0) - coalesce(send_ms, 0) AS other_ms,"
    " speech_start_ms, speech_end_ms, utterance_at_ms,"
    " reply_start_ms, reply_heard_ms, reply_total_ms, utt, stt, chat, tts, action, created_at"
    " FROM turns;";

static const char schema_1_calls[] =
    "CREATE VIEW v_calls AS SELECT c.id,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', c.started_at / 1000.0, 'unixepoch') AS at,"
    " c.direction, c.caller, c.called, c.name, c.assistant, c.language, c.flow, c.state,"
    " CASE WHEN c.state <> 'ended' THEN 'open'"
    "  WHEN c.answered_at IS NULL AND NOT EXISTS (SELECT 1 FROM turns WHERE call = c.id) THEN 'unanswered'"
    "  WHEN EXISTS (SELECT 1 FROM turns WHERE call = c.id AND action = 'transfer') THEN 'transferred'"
    "  WHEN EXISTS (SELECT 1 FROM turns WHERE call = c.id AND action = 'hangup') THEN 'finished'"
    "  WHEN NOT EXISTS (SELECT 1 FROM turns WHERE call = c.id AND user_text IS NOT NULL) THEN 'no speech'"
    "  ELSE 'caller left' END AS outcome,"
    " c.end_reason,"
    " coalesce(c.duration_s, (c.ended_at - coalesce(c.answered_at, c.started_at)) / 1000) AS duration_s,"
    " (SELECT count(*) FROM turns WHERE call = c.id AND utt > 0) AS turns,"
    " (SELECT count(*) FROM turns WHERE call = c.id AND state = 'failed') AS failed,"
    " (SELECT count(*) FROM turns WHERE call = c.id AND interrupted) AS interrupted,"
    " (SELECT e.ear_ms FROM (SELECT ear_ms, row_number() OVER (ORDER BY ear_ms) AS n, count(*) OVER () AS of"
    "  FROM turns WHERE call = c.id AND ear_ms IS NOT NULL) AS e WHERE e.n = (e.of + 1) / 2) AS ear_p50_ms,"
    " (SELECT CAST(round(avg(ear_ms)) AS INTEGER) FROM turns WHERE call = c.id) AS ear_avg_ms,"
    " (SELECT max(ear_ms) FROM turns WHERE call = c.id) AS ear_max_ms,"
    " (SELECT sum(ear_ms) FROM turns WHERE call = c.id) AS dead_air_ms,"
    " c.conversation, c.sockd, c.brokerd, c.started_at, c.answered_at, c.ended_at"
    " FROM calls AS c;";

#define MIGRATION_PARTS	8

/* migrations[n] leads from version n to n + 1. */
static const char *const migrations[STORE_VERSION][MIGRATION_PARTS] = {
	{ schema_1_tables, schema_1_turns, schema_1_calls, NULL },
	{ store_schema_2_columns, store_schema_2_flows, store_schema_2_dials, store_schema_2_forgotten,
	    store_schema_2_jobs, store_schema_2_costs, store_schema_2_keep, store_schema_2_outcomes },
};

static int
fail(sqlite3 *db, const char *what, char *err, size_t err_size)
{
	int	e = store_errno(sqlite3_errcode(db));

	(void)snprintf(err, err_size, "%s: %s", what, sqlite3_errmsg(db));
	errno = e;
	return -1;
}

/* -1 with errno; else the first column of the first row. */
static int
get_number(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL)) == SQLITE_OK) {
		if ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
			*ret = sqlite3_column_int64(stmt, 0);
		(void)sqlite3_finalize(stmt);
	}
	if (rc == SQLITE_ROW)
		return 0;
	errno = store_errno(rc);
	return -1;
}

/* The version, 0 for an empty database; -1 with errno and a text. */
static int
get_version(sqlite3 *db, int *ret, char *err, size_t err_size)
{
	int64_t	app = 0, tables = 0, version = 0;

	if (get_number(db, "PRAGMA user_version", &version) == -1 ||
	    get_number(db, "PRAGMA application_id", &app) == -1 ||
	    get_number(db, "SELECT count(*) FROM sqlite_schema", &tables) == -1)
		return fail(db, "cannot read the version", err, err_size);
	if (app != STORE_APP_ID && (version != 0 || tables != 0)) {
		(void)snprintf(err, err_size, "this is not a database of callpipe");
		errno = EINVAL;
		return -1;
	}
	if (version > STORE_VERSION) {
		(void)snprintf(err, err_size, "the database has version %lld, this program knows %d: "
		    "it belongs to a newer callpipe", (long long)version, STORE_VERSION);
		errno = ENOTSUP;
		return -1;
	}
	*ret = (int)version;
	return 0;
}

static int
migrate_from(sqlite3 *db, int version, char *err, size_t err_size)
{
	char	sql[80];
	int	i;

	if (version == STORE_VERSION)
		return 0;
	for (; version < STORE_VERSION; version++) {
		for (i = 0; i < MIGRATION_PARTS && migrations[version][i] != NULL; i++) {
			if (sqlite3_exec(db, migrations[version][i], NULL, NULL, NULL) != SQLITE_OK)
				return fail(db, "cannot migrate", err, err_size);
		}
	}
	(void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    STORE_APP_ID, STORE_VERSION);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, "cannot set the version", err, err_size);
	return 0;
}

int
store_migrate(sqlite3 *db, char *err, size_t err_size)
{
	int	saved_errno, version;

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, "cannot lock", err, err_size);
	if (get_version(db, &version, err, err_size) == -1 || migrate_from(db, version, err, err_size) == -1)
		goto fail;
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		(void)fail(db, "cannot commit the schema", err, err_size);
		goto fail;
	}
	return 0;
fail:
	saved_errno = errno;
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	errno = saved_errno;
	return -1;
}

int
store_check_version(sqlite3 *db, char *err, size_t err_size)
{
	int	version;

	if (get_version(db, &version, err, err_size) == -1)
		return -1;
	if (version < STORE_VERSION) {
		(void)snprintf(err, err_size, "the database has version %d, not %d: start webhookd or brokerd "
		    "once, which migrate it", version, STORE_VERSION);
		errno = ENOTSUP;
		return -1;
	}
	return 0;
}
