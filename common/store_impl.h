/* SPDX-License-Identifier: ISC */
/*
 * store_impl: what the files of store share. Not for others.
 *
 *   store.c         opening, closing, the connections
 *   store_schema.c  tables, views, migrations; store_schema_N.c: of version N
 *   store_writer.c  the writer thread, its queue and group commit
 *   store_field.c   structs to parameters, columns to structs
 *   store_write.c   one request for each write
 *   store_jobs.c    jobs: taking, ending, by hand
 *   store_query.c   the cached statements of reads
 *   store_read.c    reads into structs
 *   store_dial.c    dials, attempts and campaigns: all of the above for them
 *   store_flow.c    flow_states and answers
 */
#ifndef COMMON_STORE_IMPL_H
#define COMMON_STORE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "common/store.h"

#define STORE_GROUP_MAX		1000		/* requests in one transaction */
#define STORE_REQUEST_BYTES	(4u << 20)	/* most text in one request */
#define STORE_QUEUE_BYTES	(64u << 20)	/* most memory of requests not yet committed */
#define STORE_WAL_LARGE		(16 << 20)	/* bytes of WAL file that are worth truncating */
#define STORE_WAL_LIMIT		67108864	/* journal_size_limit (stack.md 7) */
#define STORE_CHECKPOINT_PAGES	1000		/* of WAL, then they are copied into the database */
#define STORE_CHECKPOINT_MS	60000		/* at most one truncation in that time */
#define STORE_READ_BUSY_MS	200		/* WAL readers wait only while another recovers or closes */
#define STORE_APP_ID		0x63616c6c	/* PRAGMA application_id: "call" */

/* ---- parameters ---- */
enum store_type { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB };

struct store_param {
	enum store_type	 type;
	int64_t		 number;
	const void	*data;		/* STORE_TEXT, STORE_BLOB: len bytes */
	size_t		 len;
};
#define STORE_PARAMS_MAX	40

struct store_param store_p_int(int64_t value);		/* -1: NULL */
struct store_param store_p_wall(int64_t wall_ms);	/* below 1: NULL */
struct store_param store_p_text(const char *text);	/* NULL, "": NULL */
struct store_param store_p_bytes(const void *data, size_t len);	/* text if it is UTF-8 without NUL */

/* ---- rows of a struct: the order is that of the columns in SQL ---- */
enum store_field_type {
	STORE_F_TEXT,		/* char[size]; "" is NULL */
	STORE_F_OWNED,		/* char *, allocated when read */
	STORE_F_INT64,		/* -1 is NULL */
	STORE_F_WALL,		/* int64_t, below 1 written as NULL, NULL read as -1 */
	STORE_F_INT,		/* int, -1 is NULL */
	STORE_F_COUNT,		/* int or int64_t that is never unknown: NULL reads as 0 */
	STORE_F_BOOL
};
struct store_field { enum store_field_type type; size_t offset, size; };
#define STORE_FIELD(type, st, member)	{ type, offsetof(struct st, member), sizeof(((struct st *)0)->member) }

void	store_fields_init(const struct store_field *fields, size_t n, void *row);
void	store_fields_params(const struct store_field *fields, size_t n, const void *row, struct store_param *ret);
/* 0, or -1 with ENOMEM; what was allocated till then is in row. */
int	store_fields_read(const struct store_field *fields, size_t n, sqlite3_stmt *stmt, void *row);

/* Columns of the tables in the order of their rows of fields. */
#define STORE_CALL_COLUMNS	"id, conversation, direction, caller, called, name, assistant, language, flow," \
	" region_url, state, end_reason, sockd, brokerd, started_at, answered_at, ended_at, duration_s, ending," \
	" dial, machine, asked_at"
#define STORE_LEG_COLUMNS	"uuid, call, conversation, type, direction, from_addr, to_addr, status, rank," \
	" started_at, answered_at, ended_at, duration_s, price, rate, network, detail, disconnected_by, sip_code, event_ts"
#define STORE_TURN_COLUMNS	"call, turn, epoch, utt, utt_gen, state, created_at, user_text, bot_text, heard_text," \
	" error, language, speech_start_ms, speech_end_ms, utterance_at_ms, endpoint_ms, stt_ms, token_ms, audio_ms," \
	" send_ms, ear_ms, reply_start_ms, reply_heard_ms, reply_total_ms, interrupted, stt, chat, tts, action"
#define STORE_CONTACT_COLUMNS	"number, name, language, assistant, blocked, do_not_call"
#define STORE_RECORDING_COLUMNS	"call, path, started_at, duration_ms, bytes, rate_hz," \
	" uuid, url, sha256, format"
#define STORE_JOB_COLUMNS	"kind, call, key, state, attempts, created_at, next_at, error, args," \
	" rounds, owner, line"

#define STORE_DIAL_COLUMNS	"campaign, key, number, flow, vars, options, state, attempts, serial, next_at, call," \
	" result, error, created_at, updated_at, asked_at"
#define STORE_ATTEMPT_COLUMNS	"dial, n, number, at, owner, call, state, result, placed_at, ended_at, from_number"
#define STORE_CAMPAIGN_COLUMNS	"name, flow, state, options, created_at, updated_at, next_at, owner, owner_until"

/* No job before it in its line is still to be done; one that was parked holds up nobody. */
/*
 * Due at NOW ("?2"). A hang-up waits 60 seconds at most (webhookd/job_hangup.c): one that is further away was put
 * off by a clock that has been set back since, and a line is open meanwhile.
 */
#define STORE_JOB_DUE(now)	"(next_at IS NULL OR next_at <= " now " OR (kind = 'hangup' AND next_at > " now " + 120000))"
#define STORE_FIRST_IN_LINE	"(line IS NULL OR NOT EXISTS (SELECT 1 FROM jobs AS e WHERE e.line = jobs.line" \
	" AND e.id < jobs.id AND e.state IN ('waiting', 'running')))"

#define STORE_CALL_NFIELDS	22
#define STORE_LEG_NFIELDS	20
#define STORE_TURN_NFIELDS	29
#define STORE_CONTACT_NFIELDS	6
#define STORE_RECORDING_NFIELDS	10
#define STORE_JOB_NFIELDS	12
#define STORE_DIAL_NFIELDS	16
#define STORE_ATTEMPT_NFIELDS	11
#define STORE_CAMPAIGN_NFIELDS	9
extern const struct store_field store_call_fields[STORE_CALL_NFIELDS];
extern const struct store_field store_leg_fields[STORE_LEG_NFIELDS];
extern const struct store_field store_turn_fields[STORE_TURN_NFIELDS];
extern const struct store_field store_contact_fields[STORE_CONTACT_NFIELDS];
extern const struct store_field store_recording_fields[STORE_RECORDING_NFIELDS];
extern const struct store_field store_job_fields[STORE_JOB_NFIELDS];
extern const struct store_field store_dial_fields[STORE_DIAL_NFIELDS];
extern const struct store_field store_attempt_fields[STORE_ATTEMPT_NFIELDS];
extern const struct store_field store_campaign_fields[STORE_CAMPAIGN_NFIELDS];

/* A job that is over; as in the index jobs_over. */
#define STORE_DIAL_KEPT	"vars IS NOT NULL AND state IN ('done', 'failed', 'stopped')"
#define STORE_JOB_OVER	"state NOT IN ('waiting', 'running', 'parked')"
/* A turn with words; as in the index turns_texts. */
#define STORE_HAS_TEXT	"coalesce(user_text, bot_text, heard_text) IS NOT NULL"

/* What late events can be known by; as in the index forgotten_ids. */
#define STORE_FORGOTTEN_IDS "kind IN ('call', 'leg', 'conversation')"

/* When a call was last asked about; as in the index calls_heard. */
#define STORE_HEARD_AT	"coalesce(asked_at, started_at, 0)"

/* ---- writing ---- */
enum store_op {
	STORE_OP_PUT_CALL, STORE_OP_SET_OWNER, STORE_OP_END_CALL, STORE_OP_END_TURNS, STORE_OP_PUT_LEG, STORE_OP_ADD_EVENT,
	STORE_OP_PUT_TURN, STORE_OP_PUT_CONTACT, STORE_OP_ADD_RECORDING, STORE_OP_ADD_USAGE,
	STORE_OP_ADD_JOB, STORE_OP_SET_JOB,
	STORE_OP_ADD_DIAL, STORE_OP_HOLD_DIAL, STORE_OP_END_DIAL, STORE_OP_AMEND_DIAL, STORE_OP_ASKED_DIAL,
	STORE_OP_ADD_ATTEMPT, STORE_OP_SET_UNKNOWN, STORE_OP_SET_PLACED,
	STORE_OP_CLAIM_CAMPAIGN, STORE_OP_SET_CAMPAIGN, STORE_OP_NEXT_CAMPAIGN, STORE_OP_FINISH_CAMPAIGN,
	STORE_OP_ADD_CONVERSATION,
	STORE_OP_CLAIM_JOB, STORE_OP_END_JOB, STORE_OP_RENEW_JOB, STORE_OP_RELEASE_JOBS, STORE_OP_RETRY_JOB, STORE_OP_DROP_JOB,
	STORE_OP_DROP_EVENTS, STORE_OP_DROP_JOBS, STORE_OP_DROP_TEXTS, STORE_OP_DROP_RECORDED_TEXTS, STORE_OP_DROP_ANSWERS,
	STORE_OP_DROP_FLOW_STATES, STORE_OP_DROP_DIAL_VARS, STORE_OP_DROP_RECORDING,
	STORE_OP_PUT_FLOW_STATE, STORE_OP_PUT_ANSWER, STORE_OP_SET_DO_NOT_CALL,
	STORE_NOPS
};
struct store_op_info {
	const char	*name, *sql;
	bool		 must_change;	/* no row changed is ENOENT */
};
extern const struct store_op_info store_ops[STORE_NOPS];

/* SQL of store_dial.c for that table. */
extern const char store_add_dial_sql[], store_hold_dial_sql[], store_end_dial_sql[], store_amend_dial_sql[],
    store_asked_dial_sql[], store_add_attempt_sql[], store_set_unknown_sql[], store_set_placed_sql[],
    store_claim_campaign_sql[], store_set_campaign_sql[], store_next_campaign_sql[], store_finish_campaign_sql[];
/* Queue one request; EROFS for a store of readers. */
int	store_submit(struct store *s, enum store_op op, const struct store_param *params, size_t n,
	    store_done *done, void *arg);

struct store_writer;

/* Takes db over on success. NULL: errno. */
struct store_writer *store_writer_start(sqlite3 *db, const char *path);
void	store_writer_stop(struct store_writer *w);	/* commits the rest, closes db */
/* Copies the parameters. 0; -1 with EAGAIN (queue full), EMSGSIZE, ENOMEM. */
int	store_writer_submit(struct store_writer *w, enum store_op op, const struct store_param *params,
    size_t nparams, store_done *done, void *arg);
int	store_writer_fd(const struct store_writer *w);
void	store_writer_dispatch(struct store_writer *w);
void	store_writer_flush(struct store_writer *w);
/* How long a group waits for the lock of another process (STORE_BUSY_MS); tests have less time. */
void	store_writer_set_busy_ms(struct store_writer *w, int ms);
void	store_writer_stats(struct store_writer *w, struct store_stats *ret);

/* ---- reading ---- */
/* An attempt that max_per_day counts: under way, or it became a call. */
#define STORE_ATTEMPT_COUNTS	"(call IS NOT NULL OR state <> 'over')"

enum store_query {
	STORE_Q_CALL, STORE_Q_CONVERSATION, STORE_Q_CALLS, STORE_Q_OPEN_CALLS, STORE_Q_CALLS_OF, STORE_Q_OPEN_CALLS_OF,
	STORE_Q_LEG, STORE_Q_LEGS, STORE_Q_EVENTS, STORE_Q_TURNS, STORE_Q_LAST_TURN, STORE_Q_CONTACT,
	STORE_Q_DUE_JOBS, STORE_Q_JOBS, STORE_Q_OPEN_JOBS, STORE_Q_CHECK,
	STORE_Q_DIAL, STORE_Q_DIAL_KEY, STORE_Q_DIAL_CALL, STORE_Q_DIALS_DUE, STORE_Q_DIALS_LIVE, STORE_Q_DIALS,
	STORE_Q_ATTEMPTS, STORE_Q_ATTEMPTS_OPEN, STORE_Q_ATTEMPT_CALL, STORE_Q_ATTEMPTS_NUMBER,
	STORE_Q_CAMPAIGN, STORE_Q_CAMPAIGNS, STORE_Q_PROGRESS, STORE_Q_RECORDING_UUID,
	STORE_Q_OLD_EVENTS, STORE_Q_OLD_JOBS, STORE_Q_OLD_TRANSCRIPTS, STORE_Q_OLD_ANSWERS, STORE_Q_OLD_RECORDINGS,
	STORE_Q_FLOW_STATE, STORE_Q_ANSWERS, STORE_Q_COUNT_OPEN,
	STORE_Q_SILENT_CALLS, STORE_Q_LONG_CALLS,
	STORE_Q_ANSWERS_OF_FLOW, STORE_Q_FORGOTTEN_ID, STORE_Q_FORGOTTEN_NUMBER,
	STORE_Q_RECORDING_PATH, STORE_Q_FETCH_UNFINISHED, STORE_Q_JOB_OF_CALL, STORE_Q_EVENT_KEY,
	STORE_NQUERIES
};
extern const char *const store_queries[STORE_NQUERIES];

struct store {
	sqlite3			*db;		/* reads, in the loop's thread */
	sqlite3_stmt		*queries[STORE_NQUERIES];
	struct store_writer	*writer;	/* NULL: STORE_READ */
};

/* The statement of a query, reset and unbound; a second one while the first is in use. NULL: errno. */
sqlite3_stmt *store_query_begin(struct store *s, enum store_query q);
/* 1 a row, 0 the end, -1 with errno. */
int	store_query_step(sqlite3_stmt *stmt);
void	store_query_end(struct store *s, enum store_query q, sqlite3_stmt *stmt);	/* keeps errno */
int	store_bind(sqlite3_stmt *stmt, const struct store_param *params, size_t nparams);	/* an SQLite code */
int	store_each_job_by(struct store *s, enum store_query q, const struct store_param *params, size_t nparams,
    bool (*fn)(void *arg, const struct store_job *j), void *arg);
void	store_copy_text(sqlite3_stmt *stmt, int column, char *ret, size_t size);

int	store_errno(int sqlite_rc);

/* ---- schema ---- */
extern const char store_schema_2_columns[], store_schema_2_flows[], store_schema_2_dials[], store_schema_2_forgotten[],
	store_schema_2_jobs[], store_schema_2_costs[],
	store_schema_2_keep[], store_schema_2_outcomes[];
/* 0; -1 with errno and a text. Creates or migrates under a lock. */
int	store_migrate(sqlite3 *db, char *err, size_t err_size);
/* For readers: is it a callpipe database of this version? */
int	store_check_version(sqlite3 *db, char *err, size_t err_size);

#endif
