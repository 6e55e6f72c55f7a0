/* SPDX-License-Identifier: ISC */
#include "common/store_dial.h"

#include <errno.h>
#include <string.h>

#include "common/store_impl.h"

#define D(type, member)	STORE_FIELD(STORE_F_##type, store_dial, member)
const struct store_field store_dial_fields[STORE_DIAL_NFIELDS] = {
	D(COUNT, campaign), D(TEXT, key), D(TEXT, number), D(TEXT, flow), D(TEXT, vars), D(TEXT, options), D(TEXT, state),
	D(COUNT, attempts), D(COUNT, serial), D(WALL, next_at), D(TEXT, call), D(TEXT, result), D(TEXT, error),
	D(WALL, created_at), D(WALL, updated_at), D(WALL, asked_at),
};

#define A(type, member)	STORE_FIELD(STORE_F_##type, store_attempt, member)
const struct store_field store_attempt_fields[STORE_ATTEMPT_NFIELDS] = {
	A(COUNT, dial), A(COUNT, n), A(TEXT, number), A(WALL, at), A(TEXT, owner), A(TEXT, call), A(TEXT, state),
	A(TEXT, result), A(WALL, placed_at), A(WALL, ended_at), A(TEXT, from_number),
};

#define P(type, member)	STORE_FIELD(STORE_F_##type, store_campaign, member)
const struct store_field store_campaign_fields[STORE_CAMPAIGN_NFIELDS] = {
	P(TEXT, name), P(TEXT, flow), P(TEXT, state), P(TEXT, options), P(WALL, created_at), P(WALL, updated_at),
	P(WALL, next_at), P(TEXT, owner), P(WALL, owner_until),
};

/* ---- SQL of the writes ---- */

const char store_add_dial_sql[] =
    "INSERT INTO dials (" STORE_DIAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, 'waiting'), ?8, ?9, ?10,"
    " ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING";
const char store_hold_dial_sql[] =
    "UPDATE dials SET state = ?2, next_at = ?3, result = ?4, error = ?5, updated_at = ?6"
    " WHERE id = ?1 AND state = 'waiting'";
/* Who stops a campaign means also those that would be tried again. */
#define OR_STOPPED(state) \
    " state = CASE WHEN " state " = 'waiting' AND EXISTS (SELECT 1 FROM campaigns WHERE id = dials.campaign" \
    " AND state = 'stopped') THEN 'stopped' ELSE " state " END"
const char store_end_dial_sql[] =
    "UPDATE dials SET" OR_STOPPED("?3") ", next_at = ?4, result = ?5, error = ?6, updated_at = ?7"
    " WHERE id = ?1 AND serial = ?2 AND state IN ('placing', 'calling')";
const char store_amend_dial_sql[] =
    "UPDATE dials SET" OR_STOPPED("?3") ", next_at = ?4, result = ?5, updated_at = ?6"
    " WHERE id = ?1 AND serial = ?2 AND state IN ('waiting', 'failed') AND result = 'unanswered'";
const char store_asked_dial_sql[] =
    "UPDATE dials SET asked_at = ?3 WHERE id = ?1 AND serial = ?2 AND state = 'calling'";
const char store_add_attempt_sql[] =
    "INSERT INTO attempts (dial, n, number, at, owner, from_number) SELECT id, ?2, number, ?3, ?4, ?7 FROM dials"
    " WHERE id = ?1 AND state = 'waiting' AND serial = ?2 - 1 AND (?5 = 0 OR ?5 >"
    " (SELECT count(*) FROM attempts AS a WHERE a.number = dials.number AND a.at > ?6 AND " STORE_ATTEMPT_COUNTS "))";
const char store_set_unknown_sql[] =
    "UPDATE attempts SET state = 'unknown' WHERE dial = ?1 AND n = ?2 AND state = 'placing'";
const char store_set_placed_sql[] =
    "UPDATE attempts SET state = 'placed', call = ?3, placed_at = coalesce(placed_at, ?4)"
    " WHERE dial = ?1 AND n = ?2 AND (state IN ('placing', 'unknown') OR (state = 'placed' AND call = ?3))";
const char store_claim_campaign_sql[] =
    "UPDATE campaigns SET owner = ?2, owner_until = ?3 WHERE id = ?1 AND state = 'running'"
    " AND (owner IS NULL OR owner = ?2 OR owner_until < ?4)";
const char store_set_campaign_sql[] =
    "UPDATE campaigns SET state = ?2, updated_at = ?3 WHERE id = ?1 AND state <> ?2"
    " AND state IN ('running', 'paused')";
const char store_next_campaign_sql[] = "UPDATE campaigns SET next_at = ?2 WHERE id = ?1";
const char store_finish_campaign_sql[] =
    "UPDATE campaigns SET state = 'done', updated_at = ?2 WHERE id = ?1 AND state = 'running' AND NOT EXISTS"
    " (SELECT 1 FROM dials WHERE campaign = ?1 AND state IN ('waiting', 'placing', 'calling'))";

static struct store_param
p_num(int64_t n)
{
	return (struct store_param){ STORE_INT, n, NULL, 0 };
}

static int
refuse(int e)
{
	errno = e;
	return -1;
}

void
store_dial_init(struct store_dial *d)
{
	memset(d, 0, sizeof(*d));
	store_fields_init(store_dial_fields, STORE_DIAL_NFIELDS, d);
}

void
store_campaign_init(struct store_campaign *c)
{
	memset(c, 0, sizeof(*c));
	store_fields_init(store_campaign_fields, STORE_CAMPAIGN_NFIELDS, c);
}

/* ---- writing ---- */

int
store_add_dial(struct store *s, const struct store_dial *d, store_done *done, void *arg)
{
	struct store_param	params[STORE_DIAL_NFIELDS];

	if (d->number[0] == '\0' || d->flow[0] == '\0')
		return refuse(EINVAL);
	store_fields_params(store_dial_fields, STORE_DIAL_NFIELDS, d, params);
	return store_submit(s, STORE_OP_ADD_DIAL, params, STORE_DIAL_NFIELDS, done, arg);
}

int
store_hold_dial(struct store *s, int64_t id, const char *state, int64_t next_at, const char *result,
    const char *error, int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = {
		p_num(id), store_p_text(state), store_p_wall(next_at), store_p_text(result), store_p_text(error), p_num(now),
	};

	return store_submit(s, STORE_OP_HOLD_DIAL, params, 6, done, arg);
}

int
store_end_dial(struct store *s, int64_t id, int n, const char *state, int64_t next_at, const char *result,
    const char *error, int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = {
		p_num(id), p_num(n), store_p_text(state), store_p_wall(next_at), store_p_text(result), store_p_text(error),
		p_num(now),
	};

	return store_submit(s, STORE_OP_END_DIAL, params, 7, done, arg);
}

int
store_amend_dial(struct store *s, int64_t id, int n, const char *state, int64_t next_at, const char *result,
    int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = {
		p_num(id), p_num(n), store_p_text(state), store_p_wall(next_at), store_p_text(result), p_num(now),
	};

	return store_submit(s, STORE_OP_AMEND_DIAL, params, 6, done, arg);
}

int
store_asked_dial(struct store *s, int64_t id, int n, int64_t now)
{
	struct store_param	params[] = { p_num(id), p_num(n), p_num(now) };

	return store_submit(s, STORE_OP_ASKED_DIAL, params, 3, NULL, NULL);
}

int
store_add_attempt(struct store *s, const struct store_attempt *a, int max, int64_t since, store_done *done, void *arg)
{
	struct store_param	params[] = {
		p_num(a->dial), p_num(a->n), p_num(a->at), store_p_text(a->owner), p_num(max), p_num(since),
		store_p_text(a->from_number),
	};

	return store_submit(s, STORE_OP_ADD_ATTEMPT, params, 7, done, arg);
}

int
store_set_unknown(struct store *s, int64_t dial, int n, store_done *done, void *arg)
{
	struct store_param	params[] = { p_num(dial), p_num(n) };

	return store_submit(s, STORE_OP_SET_UNKNOWN, params, 2, done, arg);
}

int
store_set_placed(struct store *s, int64_t dial, int n, const struct callid *call, int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = { p_num(dial), p_num(n), store_p_text(call->text), p_num(now) };

	return call->text[0] == '\0' ? refuse(EINVAL) : store_submit(s, STORE_OP_SET_PLACED, params, 4, done, arg);
}

int
store_claim_campaign(struct store *s, int64_t id, const char *owner, int64_t until, int64_t now, store_done *done,
    void *arg)
{
	struct store_param	params[] = { p_num(id), store_p_text(owner), p_num(until), p_num(now) };

	return store_submit(s, STORE_OP_CLAIM_CAMPAIGN, params, 4, done, arg);
}

int
store_set_campaign(struct store *s, int64_t id, const char *state, int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = { p_num(id), store_p_text(state), p_num(now) };

	return store_submit(s, STORE_OP_SET_CAMPAIGN, params, 3, done, arg);
}

int
store_next_campaign(struct store *s, int64_t id, int64_t next_at)
{
	struct store_param	params[] = { p_num(id), store_p_wall(next_at) };

	return store_submit(s, STORE_OP_NEXT_CAMPAIGN, params, 2, NULL, NULL);
}

int
store_finish_campaign(struct store *s, int64_t id, int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = { p_num(id), p_num(now) };

	return store_submit(s, STORE_OP_FINISH_CAMPAIGN, params, 2, done, arg);
}

/* ---- reading ---- */

static sqlite3_stmt *
begin(struct store *s, enum store_query q, const struct store_param *params, size_t n)
{
	sqlite3_stmt	*stmt = store_query_begin(s, q);

	if (stmt != NULL)
		(void)store_bind(stmt, params, n);
	return stmt;
}

static void
read_dial(sqlite3_stmt *stmt, struct store_dial *d)
{
	(void)store_fields_read(store_dial_fields, STORE_DIAL_NFIELDS, stmt, d);
	d->id = sqlite3_column_int64(stmt, STORE_DIAL_NFIELDS);
}

static void
read_campaign(sqlite3_stmt *stmt, struct store_campaign *c)
{
	(void)store_fields_read(store_campaign_fields, STORE_CAMPAIGN_NFIELDS, stmt, c);
	c->id = sqlite3_column_int64(stmt, STORE_CAMPAIGN_NFIELDS);
}

static bool
take_dial(void *arg, const struct store_dial *d)
{
	*(struct store_dial *)arg = *d;
	return false;
}

/* How many were given, or -1. */
static int
each_dial(struct store *s, enum store_query q, const struct store_param *params, size_t n, store_dial_fn *fn, void *arg)
{
	struct store_dial	 d;
	sqlite3_stmt		*stmt;
	int			 rc, count = 0;

	if ((stmt = begin(s, q, params, n)) == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		read_dial(stmt, &d);
		count++;
		if (!fn(arg, &d))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : count;
}

int
store_get_dial(struct store *s, int64_t id, struct store_dial *ret)
{
	struct store_param	param = p_num(id);

	return each_dial(s, STORE_Q_DIAL, &param, 1, take_dial, ret);
}

int
store_find_dial_of_key(struct store *s, const char *key, struct store_dial *ret)
{
	struct store_param	param = store_p_text(key);

	return each_dial(s, STORE_Q_DIAL_KEY, &param, 1, take_dial, ret);
}

int
store_find_dial_of_call(struct store *s, const struct callid *call, struct store_dial *ret)
{
	struct store_param	param = store_p_text(call->text);

	return each_dial(s, STORE_Q_DIAL_CALL, &param, 1, take_dial, ret);
}

int
store_due_dials(struct store *s, int64_t campaign, int64_t now, int limit, store_dial_fn *fn, void *arg)
{
	struct store_param	params[] = { p_num(campaign), p_num(now), p_num(limit) };

	return each_dial(s, STORE_Q_DIALS_DUE, params, 3, fn, arg) == -1 ? -1 : 0;
}

int
store_live_dials(struct store *s, store_dial_fn *fn, void *arg)
{
	return each_dial(s, STORE_Q_DIALS_LIVE, NULL, 0, fn, arg) == -1 ? -1 : 0;
}

int
store_each_dial(struct store *s, int64_t campaign, int64_t after, store_dial_fn *fn, void *arg)
{
	struct store_param	params[] = { p_num(campaign), p_num(after) };

	return each_dial(s, STORE_Q_DIALS, params, 2, fn, arg) == -1 ? -1 : 0;
}

static int
each_attempt(struct store *s, enum store_query q, const struct store_param *param, store_attempt_fn *fn, void *arg)
{
	struct store_attempt	 a;
	sqlite3_stmt		*stmt;
	int			 rc, count = 0;

	if ((stmt = begin(s, q, param, param != NULL)) == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_attempt_fields, STORE_ATTEMPT_NFIELDS, stmt, &a);
		count++;
		if (!fn(arg, &a))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : count;
}

static bool
take_attempt(void *arg, const struct store_attempt *a)
{
	*(struct store_attempt *)arg = *a;
	return false;
}

int
store_each_attempt(struct store *s, int64_t dial, store_attempt_fn *fn, void *arg)
{
	struct store_param	param = p_num(dial);

	return each_attempt(s, STORE_Q_ATTEMPTS, &param, fn, arg) == -1 ? -1 : 0;
}

int
store_open_attempts(struct store *s, store_attempt_fn *fn, void *arg)
{
	return each_attempt(s, STORE_Q_ATTEMPTS_OPEN, NULL, fn, arg) == -1 ? -1 : 0;
}

int
store_find_attempt_of_call(struct store *s, const struct callid *call, struct store_attempt *ret)
{
	struct store_param	param = store_p_text(call->text);

	return each_attempt(s, STORE_Q_ATTEMPT_CALL, &param, take_attempt, ret);
}

int
store_count_attempts(struct store *s, const char *number, int64_t since, int *ret_count, int64_t *ret_oldest)
{
	struct store_param	 params[] = { store_p_text(number), p_num(since) };
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = begin(s, STORE_Q_ATTEMPTS_NUMBER, params, 2)) == NULL)
		return -1;
	if ((rc = store_query_step(stmt)) == 1) {
		*ret_count = sqlite3_column_int(stmt, 0);
		*ret_oldest = sqlite3_column_int64(stmt, 1);
	}
	store_query_end(s, STORE_Q_ATTEMPTS_NUMBER, stmt);
	return rc == -1 ? -1 : 0;
}

static int
each_campaign(struct store *s, enum store_query q, int64_t param, store_campaign_fn *fn, void *arg)
{
	struct store_param	 p = p_num(param);
	struct store_campaign	 c;
	sqlite3_stmt		*stmt;
	int			 rc, count = 0;

	if ((stmt = begin(s, q, &p, 1)) == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		read_campaign(stmt, &c);
		count++;
		if (!fn(arg, &c))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : count;
}

static bool
take_campaign(void *arg, const struct store_campaign *c)
{
	*(struct store_campaign *)arg = *c;
	return false;
}

int
store_get_campaign(struct store *s, int64_t id, struct store_campaign *ret)
{
	return each_campaign(s, STORE_Q_CAMPAIGN, id, take_campaign, ret);
}

int
store_each_campaign(struct store *s, bool open_only, store_campaign_fn *fn, void *arg)
{
	return each_campaign(s, STORE_Q_CAMPAIGNS, open_only, fn, arg) == -1 ? -1 : 0;
}

int
store_campaign_progress(struct store *s, int64_t id, bool (*fn)(void *arg, const struct store_progress *p), void *arg)
{
	struct store_param	 param = p_num(id);
	struct store_progress	 p;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = begin(s, STORE_Q_PROGRESS, &param, 1)) == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		store_copy_text(stmt, 0, p.state, sizeof(p.state));
		store_copy_text(stmt, 1, p.result, sizeof(p.result));
		p.count = sqlite3_column_int64(stmt, 2);
		p.attempts = sqlite3_column_int64(stmt, 3);
		if (!fn(arg, &p))
			break;
	}
	store_query_end(s, STORE_Q_PROGRESS, stmt);
	return rc == -1 ? -1 : 0;
}
