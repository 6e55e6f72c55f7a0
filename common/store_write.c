/* SPDX-License-Identifier: ISC */
#include "common/store_impl.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"

/* Parameters are numbered in the order of the fields (store_field.c); NULL is "not told". */
#define KEEP(column, n)	" " column " = coalesce(?" n ", " column ")"

static const char put_call_sql[] =
    "INSERT INTO calls (" STORE_CALL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " coalesce(?11, 'new'), ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
    " nullif(?20, 0), ?21, ?22)"
    " ON CONFLICT (id) DO UPDATE SET"
    KEEP("conversation", "2") "," KEEP("direction", "3") "," KEEP("caller", "4") "," KEEP("called", "5") ","
    KEEP("name", "6") "," KEEP("assistant", "7") "," KEEP("language", "8") "," KEEP("flow", "9") ","
    KEEP("region_url", "10") ","
    " state = CASE state WHEN 'ended' THEN state ELSE coalesce(?11, state) END,"
    KEEP("end_reason", "12") "," KEEP("sockd", "13") "," KEEP("brokerd", "14") "," KEEP("started_at", "15") ","
    KEEP("answered_at", "16") "," KEEP("ended_at", "17") "," KEEP("duration_s", "18") ","
    " ending = max(ending, ?19), dial = coalesce(nullif(?20, 0), dial),"
    KEEP("machine", "21") "," KEEP("asked_at", "22");

static const char set_owner_sql[] =
    "INSERT INTO calls (id, sockd, brokerd, owner_gen) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (id) DO UPDATE SET" KEEP("sockd", "2") "," KEEP("brokerd", "3") ", owner_gen = ?4"
    " WHERE owner_gen IS NULL OR ?4 >= owner_gen";

/* The first end is the end. */
static const char end_call_sql[] =
    "INSERT INTO calls (id, state, end_reason, ended_at) VALUES (?1, 'ended', ?2, ?3)"
    " ON CONFLICT (id) DO UPDATE SET state = 'ended',"
    " end_reason = coalesce(end_reason, ?2), ended_at = coalesce(ended_at, ?3)";

/* Turns that nobody will finish; a late word of their owner still replaces this. */
static const char end_turns_sql[] =
    "UPDATE turns SET state = 'cancelled', error = coalesce(error, 'the call ended')"
    " WHERE call = ?1 AND state IN ('heard', 'thinking', 'speaking')";

/* A lower rank adds what it knows but never moves the status back. */
static const char put_leg_sql[] =
    "INSERT INTO legs (" STORE_LEG_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
    " ON CONFLICT (uuid) DO UPDATE SET"
    KEEP("call", "2") "," KEEP("conversation", "3") "," KEEP("type", "4") "," KEEP("direction", "5") ","
    KEEP("from_addr", "6") "," KEEP("to_addr", "7") ","
    " status = CASE WHEN ?9 >= rank THEN coalesce(?8, status) ELSE status END,"
    " event_ts = CASE WHEN ?9 >= rank THEN coalesce(?20, event_ts) ELSE event_ts END,"
    " rank = max(rank, ?9),"
    KEEP("started_at", "10") "," KEEP("answered_at", "11") "," KEEP("ended_at", "12") ","
    KEEP("duration_s", "13") "," KEEP("price", "14") "," KEEP("rate", "15") "," KEEP("network", "16") ","
    KEEP("detail", "17") "," KEEP("disconnected_by", "18") "," KEEP("sip_code", "19");

static const char add_event_sql[] =
    "INSERT INTO events (call, leg, kind, status, dedupe, received_at, body, conversation)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (dedupe) WHERE dedupe IS NOT NULL DO NOTHING";

static const char add_conversation_sql[] =
    "INSERT INTO conversations (id, call, at) VALUES (?1, ?2, ?3) ON CONFLICT (id, call) DO NOTHING";

/* An owner that was taken for dead (older epoch) must not overwrite its successor's row. */
#define NEW(column)	" " column " = excluded." column
static const char put_turn_sql[] =
    "INSERT INTO turns (" STORE_TURN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
    " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)"
    " ON CONFLICT (call, turn) DO UPDATE SET"
    NEW("epoch") "," NEW("utt") "," NEW("utt_gen") "," NEW("state") "," NEW("created_at") ","
    NEW("user_text") "," NEW("bot_text") "," NEW("heard_text") "," NEW("error") "," NEW("language") ","
    NEW("speech_start_ms") "," NEW("speech_end_ms") "," NEW("utterance_at_ms") "," NEW("endpoint_ms") ","
    NEW("stt_ms") "," NEW("token_ms") "," NEW("audio_ms") "," NEW("send_ms") "," NEW("ear_ms") ","
    NEW("reply_start_ms") "," NEW("reply_heard_ms") "," NEW("reply_total_ms") "," NEW("interrupted") ","
    NEW("stt") "," NEW("chat") "," NEW("tts") "," NEW("action")
    " WHERE excluded.epoch >= epoch";

static const char put_contact_sql[] =
    "INSERT INTO contacts (" STORE_CONTACT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    " ON CONFLICT (number) DO UPDATE SET" NEW("name") "," NEW("language") "," NEW("assistant") ","
    NEW("blocked") "," NEW("do_not_call");

static const char add_recording_sql[] =
    "INSERT INTO recordings (" STORE_RECORDING_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT (path) DO UPDATE SET" NEW("call") "," NEW("started_at") "," NEW("duration_ms") ","
    NEW("bytes") "," NEW("rate_hz") "," KEEP("uuid", "7") "," KEEP("url", "8") "," KEEP("sha256", "9") "," KEEP("format", "10");

static const char add_usage_sql[] =
    "INSERT INTO usage (call, turn, kind, engine, amount, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

static const char add_job_sql[] =
    "INSERT INTO jobs (" STORE_JOB_COLUMNS ") VALUES (?1, ?2, ?3, coalesce(?4, 'waiting'), ?5, ?6, ?7, ?8, ?9,"
    " ?10, ?11, ?12)"
    " ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running', 'parked') DO NOTHING";

/* Only what is due, and only once: whoever comes second changes no row. A parked one begins a new round. */
static const char claim_job_sql[] =
    "UPDATE jobs SET attempts = CASE state WHEN 'parked' THEN 1 ELSE attempts + 1 END,"
    " state = 'running', owner = ?2, next_at = ?4"
    " WHERE id = ?1 AND state IN ('waiting', 'running', 'parked') AND " STORE_JOB_DUE("?3")
    " AND " STORE_FIRST_IN_LINE;

/* Unless another process has taken it since. */
static const char end_job_sql[] =
    "UPDATE jobs SET state = ?3, attempts = ?4, rounds = ?5, next_at = ?6, error = ?7, owner = NULL"
    " WHERE id = ?1 AND (owner IS ?2 OR state IN ('waiting', 'parked'))";

static const char renew_job_sql[] =
    "UPDATE jobs SET next_at = ?3 WHERE id = ?1 AND owner = ?2 AND state = 'running'";

static const char release_jobs_sql[] =
    "UPDATE jobs SET next_at = ?2 WHERE owner = ?1 AND state = 'running'";

static const char retry_job_sql[] =
    "UPDATE jobs SET state = 'waiting', attempts = 0, rounds = 0, next_at = ?2, owner = NULL"
    " WHERE id = ?1 AND state IN ('waiting', 'parked', 'failed', 'dropped')";

static const char drop_job_sql[] =
    "UPDATE jobs SET state = 'dropped', next_at = NULL WHERE id = ?1 AND state IN ('waiting', 'parked', 'failed')";

static const char set_job_sql[] =
    "UPDATE jobs SET" KEEP("state", "2") ", attempts = ?3," KEEP("next_at", "4") ", error = ?5 WHERE id = ?1";

/* What is too old (store_keep.h): ?1 before, ?2 rows at most. */
#define OLD(table, column) "DELETE FROM " table " WHERE rowid IN (SELECT rowid FROM " table " WHERE " column " < ?1 LIMIT ?2)"
static const char drop_texts_sql[] =
    "UPDATE turns SET user_text = NULL, bot_text = NULL, heard_text = NULL WHERE rowid IN"
    " (SELECT rowid FROM turns WHERE created_at < ?1 AND " STORE_HAS_TEXT " LIMIT ?2)";
static const char drop_recorded_texts_sql[] =
    "UPDATE recordings SET transcript = NULL WHERE rowid IN"
    " (SELECT rowid FROM recordings WHERE started_at < ?1 AND transcript IS NOT NULL LIMIT ?2)";

static const char put_flow_state_sql[] =
    "INSERT INTO flow_states (call, flow, step, seq, key, vars, visits, updated_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (call) DO UPDATE SET" NEW("flow") "," NEW("step") "," NEW("seq") "," NEW("key") ","
    NEW("vars") "," NEW("visits") "," NEW("updated_at")
    " WHERE excluded.seq >= flow_states.seq";	/* of a webhookd that another one overtook */

static const char put_answer_sql[] =
    "INSERT INTO answers (call, flow, name, how, value, confidence, at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS REAL), ?7)"
    " ON CONFLICT (call, flow, name) DO UPDATE SET" NEW("how") "," NEW("value") "," NEW("confidence") "," NEW("at");

static const char set_do_not_call_sql[] =
    "INSERT INTO contacts (number, do_not_call) VALUES (?1, 1)"
    " ON CONFLICT (number) DO UPDATE SET do_not_call = 1";

const struct store_op_info store_ops[STORE_NOPS] = {
	[STORE_OP_PUT_CALL] =		{ "put_call", put_call_sql, false },
	[STORE_OP_SET_OWNER] =		{ "set_owner", set_owner_sql, false },
	[STORE_OP_END_CALL] =		{ "end_call", end_call_sql, false },
	[STORE_OP_END_TURNS] =		{ "end_turns", end_turns_sql, false },
	[STORE_OP_PUT_LEG] =		{ "put_leg", put_leg_sql, false },
	[STORE_OP_ADD_EVENT] =		{ "add_event", add_event_sql, false },
	[STORE_OP_PUT_TURN] =		{ "put_turn", put_turn_sql, false },
	[STORE_OP_PUT_CONTACT] =	{ "put_contact", put_contact_sql, false },
	[STORE_OP_ADD_RECORDING] =	{ "add_recording", add_recording_sql, false },
	[STORE_OP_ADD_USAGE] =		{ "add_usage", add_usage_sql, false },
	[STORE_OP_ADD_JOB] =		{ "add_job", add_job_sql, false },
	[STORE_OP_SET_JOB] =		{ "set_job", set_job_sql, true },
	[STORE_OP_CLAIM_JOB] =		{ "claim_job", claim_job_sql, true },
	[STORE_OP_END_JOB] =		{ "end_job", end_job_sql, false },
	[STORE_OP_RENEW_JOB] =		{ "renew_job", renew_job_sql, true },
	[STORE_OP_RELEASE_JOBS] =	{ "release_jobs", release_jobs_sql, false },
	[STORE_OP_RETRY_JOB] =		{ "retry_job", retry_job_sql, true },
	[STORE_OP_DROP_JOB] =		{ "drop_job", drop_job_sql, true },
	[STORE_OP_ADD_DIAL] =		{ "add_dial", store_add_dial_sql, false },
	[STORE_OP_HOLD_DIAL] =		{ "hold_dial", store_hold_dial_sql, true },
	[STORE_OP_END_DIAL] =		{ "end_dial", store_end_dial_sql, true },
	[STORE_OP_AMEND_DIAL] =		{ "amend_dial", store_amend_dial_sql, true },
	[STORE_OP_ASKED_DIAL] =		{ "asked_dial", store_asked_dial_sql, false },
	[STORE_OP_ADD_ATTEMPT] =	{ "add_attempt", store_add_attempt_sql, true },
	[STORE_OP_SET_UNKNOWN] =	{ "set_unknown", store_set_unknown_sql, true },
	[STORE_OP_SET_PLACED] =		{ "set_placed", store_set_placed_sql, true },
	[STORE_OP_CLAIM_CAMPAIGN] =	{ "claim_campaign", store_claim_campaign_sql, true },
	[STORE_OP_SET_CAMPAIGN] =	{ "set_campaign", store_set_campaign_sql, true },
	[STORE_OP_NEXT_CAMPAIGN] =	{ "next_campaign", store_next_campaign_sql, false },
	[STORE_OP_FINISH_CAMPAIGN] =	{ "finish_campaign", store_finish_campaign_sql, true },
	[STORE_OP_ADD_CONVERSATION] =	{ "add_conversation", add_conversation_sql, false },
	[STORE_OP_DROP_EVENTS] =	{ "drop_events", OLD("events", "received_at"), false },
	[STORE_OP_DROP_JOBS] =		{ "drop_jobs", "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE created_at < ?1"
	    " AND " STORE_JOB_OVER " LIMIT ?2)", false },
	[STORE_OP_DROP_TEXTS] =		{ "drop_texts", drop_texts_sql, false },
	[STORE_OP_DROP_RECORDED_TEXTS] = { "drop_recorded_texts", drop_recorded_texts_sql, false },
	[STORE_OP_DROP_ANSWERS] =	{ "drop_answers", OLD("answers", "at"), false },
	[STORE_OP_DROP_FLOW_STATES] =	{ "drop_flow_states", OLD("flow_states", "updated_at"), false },
	[STORE_OP_DROP_DIAL_VARS] =	{ "drop_dial_vars", "UPDATE dials SET vars = NULL WHERE rowid IN (SELECT rowid FROM dials"
	    " WHERE updated_at < ?1 AND " STORE_DIAL_KEPT " LIMIT ?2)", false },
	[STORE_OP_DROP_RECORDING] =	{ "drop_recording", "DELETE FROM recordings WHERE id = ?1", false },
	[STORE_OP_PUT_FLOW_STATE] =	{ "put_flow_state", put_flow_state_sql, false },
	[STORE_OP_PUT_ANSWER] =		{ "put_answer", put_answer_sql, false },
	[STORE_OP_SET_DO_NOT_CALL] =	{ "set_do_not_call", set_do_not_call_sql, false },
};

int
store_submit(struct store *s, enum store_op op, const struct store_param *params, size_t n, store_done *done, void *arg)
{
	if (s->writer == NULL) {
		errno = EROFS;
		return -1;
	}
	return store_writer_submit(s->writer, op, params, n, done, arg);
}

/* Write a struct by its fields; key is its first member, which must not be empty. */
static int
submit_row(struct store *s, enum store_op op, const struct store_field *fields, size_t n, const void *row,
    store_done *done, void *arg)
{
	struct store_param	params[STORE_PARAMS_MAX];

	store_fields_params(fields, n, row, params);
	if (params[0].type == STORE_NULL) {
		errno = EINVAL;
		return -1;
	}
	return store_submit(s, op, params, n, done, arg);
}

int
store_put_call(struct store *s, const struct store_call *c, store_done *done, void *arg)
{
	return submit_row(s, STORE_OP_PUT_CALL, store_call_fields, STORE_CALL_NFIELDS, c, done, arg);
}

int
store_put_leg(struct store *s, const struct store_leg *l, store_done *done, void *arg)
{
	return submit_row(s, STORE_OP_PUT_LEG, store_leg_fields, STORE_LEG_NFIELDS, l, done, arg);
}

int
store_put_turn(struct store *s, const struct store_turn *t, store_done *done, void *arg)
{
	return submit_row(s, STORE_OP_PUT_TURN, store_turn_fields, STORE_TURN_NFIELDS, t, done, arg);
}

int
store_put_contact(struct store *s, const struct store_contact *c, store_done *done, void *arg)
{
	return submit_row(s, STORE_OP_PUT_CONTACT, store_contact_fields, STORE_CONTACT_NFIELDS, c, done, arg);
}

int
store_add_job(struct store *s, const struct store_job *j, store_done *done, void *arg)
{
	return submit_row(s, STORE_OP_ADD_JOB, store_job_fields, STORE_JOB_NFIELDS, j, done, arg);
}

int
store_add_recording(struct store *s, const struct store_recording *r, store_done *done, void *arg)
{
	struct store_param	params[STORE_PARAMS_MAX];

	if (*r->path == '\0') {
		errno = EINVAL;
		return -1;
	}
	/* the call may not be known: its column comes first, but is no key */
	store_fields_params(store_recording_fields, STORE_RECORDING_NFIELDS, r, params);
	return store_submit(s, STORE_OP_ADD_RECORDING, params, STORE_RECORDING_NFIELDS, done, arg);
}

int
store_set_owner(struct store *s, const struct callid *id, const char *sockd, const char *brokerd, int64_t gen,
    store_done *done, void *arg)
{
	struct store_param	params[] = { store_p_text(id->text), store_p_text(sockd), store_p_text(brokerd), store_p_int(gen) };

	if (*id->text == '\0' || gen < 1) {
		errno = EINVAL;
		return -1;
	}
	return store_submit(s, STORE_OP_SET_OWNER, params, 4, done, arg);
}

int
store_add_conversation(struct store *s, const struct callid *call, const char *conversation, store_done *done, void *arg)
{
	struct store_param	params[] = { store_p_text(conversation), store_p_text(call->text), store_p_wall(clock_wall_ms()) };

	if (*call->text == '\0' || *conversation == '\0') {
		errno = EINVAL;
		return -1;
	}
	return store_submit(s, STORE_OP_ADD_CONVERSATION, params, 3, done, arg);
}

int
store_end_call(struct store *s, const struct callid *id, const char *reason, int64_t ended_at, store_done *done,
    void *arg)
{
	struct store_param	params[] = { store_p_text(id->text), store_p_text(reason), store_p_wall(ended_at) };

	if (*id->text == '\0') {
		errno = EINVAL;
		return -1;
	}
	if (store_submit(s, STORE_OP_END_TURNS, params, 1, NULL, NULL) == -1)
		return -1;
	return store_submit(s, STORE_OP_END_CALL, params, 3, done, arg);
}

int
store_add_event(struct store *s, const struct store_event *e, store_done *done, void *arg)
{
	struct store_param	params[] = {
		store_p_text(e->call.text), store_p_text(e->leg), store_p_text(e->kind), store_p_text(e->status),
		store_p_text(e->dedupe), { STORE_INT, e->received_at, NULL, 0 }, store_p_bytes(e->body, e->body_len),
		store_p_text(e->conversation),
	};

	return store_submit(s, STORE_OP_ADD_EVENT, params, 8, done, arg);
}

int
store_add_usage(struct store *s, const struct callid *call, int64_t turn, const char *kind, const char *engine,
    int64_t amount)
{
	struct store_param	params[] = {
		store_p_text(call->text), store_p_int(turn), store_p_text(kind), store_p_text(engine),
		{ STORE_INT, amount, NULL, 0 }, { STORE_INT, clock_wall_ms(), NULL, 0 },
	};

	if (kind == NULL || *kind == '\0') {
		errno = EINVAL;
		return -1;
	}
	return store_submit(s, STORE_OP_ADD_USAGE, params, 6, NULL, NULL);
}

int
store_set_job(struct store *s, int64_t id, const char *state, int attempts, int64_t next_at, const char *error,
    store_done *done, void *arg)
{
	struct store_param	params[] = {
		{ STORE_INT, id, NULL, 0 }, store_p_text(state), { STORE_INT, attempts, NULL, 0 },
		store_p_wall(next_at), store_p_text(error),
	};

	return store_submit(s, STORE_OP_SET_JOB, params, 5, done, arg);
}

void
store_call_init(struct store_call *c)
{
	memset(c, 0, sizeof(*c));
	store_fields_init(store_call_fields, STORE_CALL_NFIELDS, c);
}

void
store_leg_init(struct store_leg *l)
{
	memset(l, 0, sizeof(*l));
	store_fields_init(store_leg_fields, STORE_LEG_NFIELDS, l);
}

void
store_turn_init(struct store_turn *t)
{
	memset(t, 0, sizeof(*t));
	store_fields_init(store_turn_fields, STORE_TURN_NFIELDS, t);
}
