/* SPDX-License-Identifier: ISC */
#include "common/store_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bind and step a query that has at most one row: 1, 0, -1; *ret_stmt is to be ended unless it is NULL. */
static int
find(struct store *s, enum store_query q, const char *key, sqlite3_stmt **ret_stmt)
{
	struct store_param	param = { STORE_TEXT, 0, key, strlen(key) };

	if ((*ret_stmt = store_query_begin(s, q)) == NULL)
		return -1;
	(void)store_bind(*ret_stmt, &param, 1);
	return store_query_step(*ret_stmt);
}

/* As above, into a struct without owned text. */
static int
find_row(struct store *s, enum store_query q, const char *key, const struct store_field *fields, size_t n, void *row)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((rc = find(s, q, key, &stmt)) == 1)
		(void)store_fields_read(fields, n, stmt, row);
	if (stmt != NULL)
		store_query_end(s, q, stmt);
	return rc;
}

int
store_get_call(struct store *s, const struct callid *id, struct store_call *ret)
{
	return find_row(s, STORE_Q_CALL, id->text, store_call_fields, STORE_CALL_NFIELDS, ret);
}

int
store_get_leg(struct store *s, const char *uuid, struct store_leg *ret)
{
	return find_row(s, STORE_Q_LEG, uuid, store_leg_fields, STORE_LEG_NFIELDS, ret);
}

int
store_get_contact(struct store *s, const char *number, struct store_contact *ret)
{
	return find_row(s, STORE_Q_CONTACT, number, store_contact_fields, STORE_CONTACT_NFIELDS, ret);
}

int
store_find_call_of_conversation(struct store *s, const char *conversation, struct callid *ret)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((rc = find(s, STORE_Q_CONVERSATION, conversation, &stmt)) == 1)
		store_copy_text(stmt, 0, ret->text, sizeof(ret->text));
	if (stmt != NULL)
		store_query_end(s, STORE_Q_CONVERSATION, stmt);
	return rc;
}

static enum store_query
calls_query(bool open_only, const char *caller)
{
	if (caller != NULL && *caller != '\0')
		return open_only ? STORE_Q_OPEN_CALLS_OF : STORE_Q_CALLS_OF;
	return open_only ? STORE_Q_OPEN_CALLS : STORE_Q_CALLS;
}

int
store_each_call(struct store *s, bool open_only, const char *caller, int limit,
    bool (*fn)(void *arg, const struct store_call *c), void *arg)
{
	enum store_query	q = calls_query(open_only, caller);
	struct store_param	params[] = { { STORE_INT, limit > 0 ? limit : -1, NULL, 0 }, store_p_text(caller) };
	struct store_call	c;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = store_query_begin(s, q)) == NULL)
		return -1;
	(void)store_bind(stmt, params, q == STORE_Q_CALLS || q == STORE_Q_OPEN_CALLS ? 1 : 2);
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_call_fields, STORE_CALL_NFIELDS, stmt, &c);
		if (!fn(arg, &c))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_each_leg(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_leg *l), void *arg)
{
	struct store_leg	 l;
	sqlite3_stmt		*stmt;
	int			 rc;

	for (rc = find(s, STORE_Q_LEGS, call->text, &stmt); rc == 1; rc = store_query_step(stmt)) {
		(void)store_fields_read(store_leg_fields, STORE_LEG_NFIELDS, stmt, &l);
		if (!fn(arg, &l))
			break;
	}
	if (stmt != NULL)
		store_query_end(s, STORE_Q_LEGS, stmt);
	return rc == -1 ? -1 : 0;
}

static void
read_event(sqlite3_stmt *stmt, struct store_event *e)
{
	e->id = sqlite3_column_int64(stmt, 0);
	store_copy_text(stmt, 1, e->call.text, sizeof(e->call.text));
	store_copy_text(stmt, 2, e->leg, sizeof(e->leg));
	store_copy_text(stmt, 3, e->kind, sizeof(e->kind));
	store_copy_text(stmt, 4, e->status, sizeof(e->status));
	store_copy_text(stmt, 5, e->dedupe, sizeof(e->dedupe));
	e->received_at = sqlite3_column_int64(stmt, 6);
	store_copy_text(stmt, 8, e->conversation, sizeof(e->conversation));
	e->body = sqlite3_column_blob(stmt, 7);
	e->body_len = (size_t)sqlite3_column_bytes(stmt, 7);
	if (e->body == NULL)
		e->body = "";
}

int
store_each_event(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_event *e),
    void *arg)
{
	struct store_event	 e;
	sqlite3_stmt		*stmt;
	int			 rc;

	for (rc = find(s, STORE_Q_EVENTS, call->text, &stmt); rc == 1; rc = store_query_step(stmt)) {
		read_event(stmt, &e);
		if (!fn(arg, &e))
			break;
	}
	if (stmt != NULL)
		store_query_end(s, STORE_Q_EVENTS, stmt);
	return rc == -1 ? -1 : 0;
}

void
store_turn_clear(struct store_turn *t)
{
	free(t->user_text);
	free(t->bot_text);
	free(t->heard_text);
	free(t->error);
	t->user_text = t->bot_text = t->heard_text = t->error = NULL;
}

int
store_each_turn(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_turn *t),
    void *arg)
{
	struct store_turn	 t;
	sqlite3_stmt		*stmt;
	int			 rc;
	bool			 more = true;

	for (rc = find(s, STORE_Q_TURNS, call->text, &stmt); rc == 1 && more;) {
		if (store_fields_read(store_turn_fields, STORE_TURN_NFIELDS, stmt, &t) == -1)
			rc = -1;
		else
			more = fn(arg, &t);
		store_turn_clear(&t);
		if (rc == 1 && more)
			rc = store_query_step(stmt);
	}
	if (stmt != NULL)
		store_query_end(s, STORE_Q_TURNS, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_last_turn(struct store *s, const struct callid *call, int64_t *ret_turn, int64_t *ret_epoch, int64_t *ret_utt)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((rc = find(s, STORE_Q_LAST_TURN, call->text, &stmt)) == 1) {
		*ret_turn = sqlite3_column_int64(stmt, 0);
		*ret_epoch = sqlite3_column_int64(stmt, 1);
		*ret_utt = sqlite3_column_int64(stmt, 2);
	}
	if (stmt != NULL)
		store_query_end(s, STORE_Q_LAST_TURN, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_each_job_by(struct store *s, enum store_query q, const struct store_param *params, size_t nparams,
    bool (*fn)(void *arg, const struct store_job *j), void *arg)
{
	struct store_job	 j;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = store_query_begin(s, q)) == NULL)
		return -1;
	(void)store_bind(stmt, params, nparams);
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_job_fields, STORE_JOB_NFIELDS, stmt, &j);
		j.id = sqlite3_column_int64(stmt, STORE_JOB_NFIELDS);
		if (!fn(arg, &j))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_each_job(struct store *s, bool unfinished_only, bool (*fn)(void *arg, const struct store_job *j), void *arg)
{
	return store_each_job_by(s, unfinished_only ? STORE_Q_OPEN_JOBS : STORE_Q_JOBS, NULL, 0, fn, arg);
}
