/* SPDX-License-Identifier: ISC */
/*
 * Version 2: flows, outbound calls, downloads, forgetting. Columns are
 * described in callpipe-store(5).
 */
#include "common/store_impl.h"

const char store_schema_2_columns[] =
    "ALTER TABLE calls ADD COLUMN owner_gen INTEGER;"		/* of the claim that set brokerd */
    "ALTER TABLE calls ADD COLUMN dial INTEGER;"		/* dials.id of a call that we placed */
    "ALTER TABLE calls ADD COLUMN machine TEXT;"		/* human, machine, beep_start, beep_timeout */
    "ALTER TABLE calls ADD COLUMN asked_at INTEGER;"		/* when Vonage was last asked for its state */
    "ALTER TABLE contacts ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN do_not_call INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recordings ADD COLUMN uuid TEXT;"		/* Vonage's recording_uuid */
    "ALTER TABLE recordings ADD COLUMN url TEXT;"
    "ALTER TABLE recordings ADD COLUMN sha256 TEXT;"
    "ALTER TABLE recordings ADD COLUMN format TEXT;"		/* wav, mp3, ogg */
    "ALTER TABLE recordings ADD COLUMN transcript TEXT;"
    "CREATE INDEX recordings_started ON recordings(started_at);"
    "CREATE UNIQUE INDEX recordings_uuid ON recordings(uuid) WHERE uuid IS NOT NULL;"
    "CREATE INDEX legs_open ON legs(started_at) WHERE rank < 9;"
    "ALTER TABLE events ADD COLUMN conversation TEXT;"
    "CREATE INDEX events_lost_leg ON events(leg) WHERE call IS NULL;"	/* came before their call was known */
    "CREATE INDEX events_lost_conversation ON events(conversation) WHERE call IS NULL;"
    /* Every conversation that a leg of the call was moved into. */
    "CREATE TABLE conversations ("
    " id TEXT NOT NULL, call TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (id, call)) STRICT;"
    "CREATE INDEX conversations_call ON conversations(call);";

const char store_schema_2_flows[] =
    /* Where a call is in its flow; vars and visits are JSON objects. */
    "CREATE TABLE flow_states ("
    " call TEXT NOT NULL PRIMARY KEY, flow TEXT NOT NULL, step TEXT NOT NULL, seq INTEGER NOT NULL DEFAULT 0, key TEXT,"
    " vars TEXT, visits TEXT, updated_at INTEGER) STRICT;"
    /* What a person answered to a question of a flow; the same question again replaces it. */
    "CREATE TABLE answers ("
    " id INTEGER PRIMARY KEY, call TEXT NOT NULL, flow TEXT NOT NULL, name TEXT NOT NULL, how TEXT,"	/* dtmf, speech, record */
    " value TEXT, confidence REAL, at INTEGER NOT NULL, UNIQUE (call, flow, name)) STRICT;";

const char store_schema_2_dials[] =
    "CREATE TABLE campaigns ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL, flow TEXT NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'running',"			/* running, paused, stopped, done */
    " options TEXT, created_at INTEGER NOT NULL, updated_at INTEGER, next_at INTEGER,"
    " owner TEXT, owner_until INTEGER) STRICT;"
    "CREATE INDEX campaigns_open ON campaigns(id) WHERE state IN ('running', 'paused');"
    /* One number to be called, by a campaign or alone (0), until it is reached or given up. */
    "CREATE TABLE dials ("
    " id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL DEFAULT 0, key TEXT, number TEXT NOT NULL, flow TEXT NOT NULL,"
    " vars TEXT, options TEXT,"
    " state TEXT NOT NULL DEFAULT 'waiting',"			/* waiting, placing, calling, done, failed, stopped */
    " attempts INTEGER NOT NULL DEFAULT 0, serial INTEGER NOT NULL DEFAULT 0,"
    " next_at INTEGER, call TEXT, result TEXT, error TEXT,"
    " created_at INTEGER NOT NULL, updated_at INTEGER, asked_at INTEGER) STRICT;"
    "CREATE UNIQUE INDEX dials_key ON dials(key) WHERE key IS NOT NULL;"
    "CREATE INDEX dials_due ON dials(campaign, next_at, id) WHERE state = 'waiting';"
    "CREATE INDEX dials_live ON dials(campaign, id) WHERE state IN ('placing', 'calling');"
    "CREATE INDEX dials_campaign ON dials(campaign, id);"
    "CREATE INDEX dials_call ON dials(call);"
    /* Each request to place a call, committed before it is sent. */
    "CREATE TABLE attempts ("
    " dial INTEGER NOT NULL, n INTEGER NOT NULL, number TEXT NOT NULL, at INTEGER NOT NULL, owner TEXT,"
    " call TEXT, state TEXT NOT NULL DEFAULT 'placing',"	/* placing, unknown, placed, over */
    " result TEXT, placed_at INTEGER, ended_at INTEGER, from_number TEXT, PRIMARY KEY (dial, n)) STRICT;"
    "CREATE UNIQUE INDEX attempts_one ON attempts(dial) WHERE state <> 'over';"
    "CREATE INDEX attempts_number ON attempts(number, at);"
    "CREATE INDEX attempts_call ON attempts(call);"
    "CREATE INDEX attempts_open ON attempts(at) WHERE state IN ('placing', 'unknown');"
    /*
     * A dial and its attempt move in one statement, so that a death at any
     * moment leaves both in the same state.
     */
    "CREATE TRIGGER attempts_begin AFTER INSERT ON attempts BEGIN"
    " UPDATE dials SET state = 'placing', serial = new.n, call = NULL, asked_at = NULL, updated_at = new.at"
    " WHERE id = new.dial; END;"
    "CREATE TRIGGER attempts_placed AFTER UPDATE OF state ON attempts"
    " WHEN new.state = 'placed' AND old.state <> 'placed' BEGIN"
    " UPDATE dials SET state = 'calling', call = new.call, attempts = attempts + 1, updated_at = new.placed_at"
    " WHERE id = new.dial AND serial = new.n; END;"
    "CREATE TRIGGER dials_over AFTER UPDATE OF state ON dials"
    " WHEN old.state IN ('placing', 'calling') AND new.state NOT IN ('placing', 'calling') BEGIN"
    " UPDATE attempts SET state = 'over', result = new.result, ended_at = new.updated_at"
    " WHERE dial = new.id AND n = new.serial AND state <> 'over'; END;"
    "CREATE TRIGGER campaigns_stopped AFTER UPDATE OF state ON campaigns WHEN new.state = 'stopped' BEGIN"
    " UPDATE dials SET state = 'stopped', updated_at = new.updated_at"
    " WHERE campaign = new.id AND state = 'waiting'; END;";

/* What was deleted for a person, each row chained to the one before by its hash; never changed. */
const char store_schema_2_forgotten[] =
    "CREATE TABLE forgotten ("
    " id INTEGER PRIMARY KEY, at INTEGER NOT NULL, number_hash TEXT NOT NULL, kind TEXT NOT NULL,"
    " item TEXT NOT NULL, sha256 TEXT NOT NULL, chain TEXT NOT NULL) STRICT;"
    "CREATE INDEX forgotten_ids ON forgotten(item) WHERE " STORE_FORGOTTEN_IDS ";"
    "CREATE INDEX forgotten_numbers ON forgotten(number_hash, at);"
    "CREATE TRIGGER forgotten_no_update BEFORE UPDATE ON forgotten"
    " BEGIN SELECT raise(ABORT, 'the log of forgetting is append-only'); END;"
    "CREATE TRIGGER forgotten_no_delete BEFORE DELETE ON forgotten"
    " BEGIN SELECT raise(ABORT, 'the log of forgetting is append-only'); END;";

/* A job is taken by one process at a time, parked when all attempts failed, and may wait for those before it. */
#define UNFINISHED	"state IN ('waiting', 'running', 'parked')"
const char store_schema_2_jobs[] =
    "ALTER TABLE jobs ADD COLUMN rounds INTEGER NOT NULL DEFAULT 0;"	/* how often it was parked */
    "ALTER TABLE jobs ADD COLUMN owner TEXT;"			/* who runs it */
    "ALTER TABLE jobs ADD COLUMN line TEXT;"			/* jobs of one line are done in their order */
    "DROP INDEX jobs_due;"
    "DROP INDEX jobs_open;"
    "DROP INDEX jobs_key;"
    "CREATE INDEX jobs_due ON jobs(kind, next_at) WHERE " UNFINISHED ";"
    "CREATE INDEX jobs_open ON jobs(id) WHERE " UNFINISHED ";"
    "CREATE INDEX jobs_line ON jobs(line, id) WHERE line IS NOT NULL;"
    "CREATE UNIQUE INDEX jobs_key ON jobs(kind, key) WHERE " UNFINISHED ";";

/*
 * What things cost: price for each per units of a kind (stt_ms, chat_in, ...)
 * of that engine, or of all others (engine ''). Vonage tells its prices itself.
 */
const char store_schema_2_costs[] =
    "CREATE TABLE prices ("
    " kind TEXT NOT NULL, engine TEXT NOT NULL DEFAULT '', per INTEGER NOT NULL CHECK (per > 0), price REAL NOT NULL,"
    " PRIMARY KEY (kind, engine)) STRICT;"
    "CREATE VIEW v_cost AS SELECT u.call, u.kind, u.engine, sum(u.amount) AS amount,"
    " sum(u.amount) * p.price / p.per AS cost FROM usage AS u LEFT JOIN prices AS p ON p.kind = u.kind"
    "  AND p.engine = (SELECT engine FROM prices WHERE kind = u.kind AND engine IN ('', coalesce(u.engine, ''))"
    "   ORDER BY engine DESC LIMIT 1)"
    " GROUP BY u.call, u.kind, u.engine"
    " UNION ALL SELECT call, 'vonage', coalesce(type, 'phone'), sum(coalesce(duration_s, 0)), sum(CAST(price AS REAL))"
    " FROM legs WHERE price IS NOT NULL GROUP BY call, coalesce(type, 'phone');";

/* Retention finds what is old without reading all. */
const char store_schema_2_keep[] =
    "CREATE INDEX turns_texts ON turns(created_at) WHERE " STORE_HAS_TEXT ";"
    "CREATE INDEX recordings_texts ON recordings(started_at) WHERE transcript IS NOT NULL;"
    "CREATE INDEX jobs_over ON jobs(created_at) WHERE " STORE_JOB_OVER ";"
    "CREATE INDEX answers_at ON answers(at);"
    "CREATE INDEX dials_vars ON dials(updated_at) WHERE " STORE_DIAL_KEPT ";"
    "CREATE INDEX calls_heard ON calls(" STORE_HEARD_AT ") WHERE state <> 'ended';"
    "CREATE INDEX flow_states_at ON flow_states(updated_at);";

/*
 * What a call came to, also without the assistant: questions answered, a person
 * connected, a message left. Else as in version 1.
 */
const char store_schema_2_outcomes[] =
    "DROP VIEW v_calls;"
    "CREATE VIEW v_calls AS SELECT c.id,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', c.started_at / 1000.0, 'unixepoch') AS at,"
    " c.direction, c.caller, c.called, c.name, c.assistant, c.language, c.flow, c.state,"
    " CASE WHEN c.state <> 'ended' THEN 'open'"
    "  WHEN c.answered_at IS NULL AND NOT EXISTS (SELECT 1 FROM turns WHERE call = c.id) THEN 'unanswered'"
    "  WHEN EXISTS (SELECT 1 FROM turns WHERE call = c.id AND action = 'transfer') THEN 'transferred'"
    "  WHEN EXISTS (SELECT 1 FROM turns WHERE call = c.id AND action = 'hangup') THEN 'finished'"
    "  WHEN EXISTS (SELECT 1 FROM legs WHERE call = c.id AND uuid <> c.id AND answered_at IS NOT NULL"
    "   AND coalesce(type, '') <> 'websocket' AND coalesce(to_addr, '') NOT LIKE 'ws%:%')"
    "   OR EXISTS (SELECT 1 FROM conversations AS a JOIN conversations AS b ON b.id = a.id AND b.call <> a.call"
    "    WHERE a.call = c.id) THEN 'connected'"
    "  WHEN EXISTS (SELECT 1 FROM answers WHERE call = c.id AND how <> 'record') THEN 'answered questions'"
    "  WHEN EXISTS (SELECT 1 FROM turns WHERE call = c.id AND user_text IS NOT NULL) THEN 'caller left'"
    /* of a call with the assistant the recording is of the dialogue */
    "  WHEN EXISTS (SELECT 1 FROM recordings WHERE call = c.id AND uuid IS NOT NULL)"
    "   AND NOT EXISTS (SELECT 1 FROM turns WHERE call = c.id)"
    "   AND NOT EXISTS (SELECT 1 FROM legs WHERE call = c.id AND type = 'websocket') THEN 'left a message'"
    "  ELSE 'no speech' END AS outcome,"
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
