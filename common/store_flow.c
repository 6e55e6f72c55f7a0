/* SPDX-License-Identifier: ISC */
#include "common/store_flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/store_impl.h"

static int
submit(struct store *s, enum store_op op, const struct store_param *params, size_t n, store_done *done, void *arg)
{
	if (s->writer == NULL) {
		errno = EROFS;
		return -1;
	}
	if (params[0].type == STORE_NULL) {
		errno = EINVAL;
		return -1;
	}
	return store_writer_submit(s->writer, op, params, n, done, arg);
}

void
store_flow_state_clear(struct store_flow_state *st)
{
	free(st->vars);
	free(st->visits);
	memset(st, 0, sizeof(*st));
}

int
store_put_flow_state(struct store *s, const struct store_flow_state *st, store_done *done, void *arg)
{
	struct store_param	params[] = {
		store_p_text(st->call.text), { STORE_TEXT, 0, st->flow, strlen(st->flow) }, { STORE_TEXT, 0, st->step, strlen(st->step) },
		{ STORE_INT, st->seq, NULL, 0 }, store_p_text(st->key), store_p_text(st->vars), store_p_text(st->visits),
		store_p_wall(st->updated_at),
	};

	return submit(s, STORE_OP_PUT_FLOW_STATE, params, sizeof(params) / sizeof(params[0]), done, arg);
}

/* 0, or -1: out of memory. NULL stays NULL. */
static int
copy_owned(sqlite3_stmt *stmt, int column, char **ret)
{
	const char	*text = (const char *)sqlite3_column_text(stmt, column);

	*ret = text != NULL ? mem_strdup(text) : NULL;
	return text == NULL || *ret != NULL ? 0 : -1;
}

int
store_get_flow_state(struct store *s, const struct callid *call, struct store_flow_state *ret)
{
	struct store_param	 key = { STORE_TEXT, 0, call->text, strlen(call->text) };
	sqlite3_stmt		*stmt;
	int			 rc;

	memset(ret, 0, sizeof(*ret));
	if ((stmt = store_query_begin(s, STORE_Q_FLOW_STATE)) == NULL)
		return -1;
	(void)store_bind(stmt, &key, 1);
	if ((rc = store_query_step(stmt)) == 1) {
		ret->call = *call;
		store_copy_text(stmt, 0, ret->flow, sizeof(ret->flow));
		store_copy_text(stmt, 1, ret->step, sizeof(ret->step));
		ret->seq = sqlite3_column_int64(stmt, 2);
		store_copy_text(stmt, 3, ret->key, sizeof(ret->key));
		ret->updated_at = sqlite3_column_type(stmt, 6) == SQLITE_NULL ? -1 : sqlite3_column_int64(stmt, 6);
		if (copy_owned(stmt, 4, &ret->vars) == -1 || copy_owned(stmt, 5, &ret->visits) == -1) {
			store_flow_state_clear(ret);
			errno = ENOMEM;
			rc = -1;
		}
	}
	store_query_end(s, STORE_Q_FLOW_STATE, stmt);
	return rc;
}

int
store_has_event(struct store *s, const char *key)
{
	struct store_param	 param = store_p_text(key);
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = store_query_begin(s, STORE_Q_EVENT_KEY)) == NULL)
		return -1;
	(void)store_bind(stmt, &param, 1);
	rc = store_query_step(stmt);
	store_query_end(s, STORE_Q_EVENT_KEY, stmt);
	return rc;
}

int
store_put_answer(struct store *s, const struct store_answer *a, store_done *done, void *arg)
{
	struct store_param	params[] = {
		store_p_text(a->call.text), { STORE_TEXT, 0, a->flow, strlen(a->flow) }, { STORE_TEXT, 0, a->name, strlen(a->name) },
		store_p_text(a->how), store_p_text(a->value), store_p_text(a->confidence), { STORE_INT, a->at, NULL, 0 },
	};

	if (a->name[0] == '\0') {
		errno = EINVAL;
		return -1;
	}
	return submit(s, STORE_OP_PUT_ANSWER, params, sizeof(params) / sizeof(params[0]), done, arg);
}

static int
each_answer(struct store *s, enum store_query q, const char *key, bool (*fn)(void *arg, const struct store_answer *a), void *arg)
{
	struct store_param	 param = store_p_text(key);
	struct store_answer	 a;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = store_query_begin(s, q)) == NULL)
		return -1;
	(void)store_bind(stmt, &param, 1);
	while ((rc = store_query_step(stmt)) == 1) {
		memset(&a, 0, sizeof(a));
		store_copy_text(stmt, 0, a.flow, sizeof(a.flow));
		store_copy_text(stmt, 1, a.name, sizeof(a.name));
		store_copy_text(stmt, 2, a.how, sizeof(a.how));
		store_copy_text(stmt, 3, a.value, sizeof(a.value));
		store_copy_text(stmt, 4, a.confidence, sizeof(a.confidence));
		a.at = sqlite3_column_int64(stmt, 5);
		store_copy_text(stmt, 6, a.call.text, sizeof(a.call.text));
		store_copy_text(stmt, 7, a.person, sizeof(a.person));
		if (!fn(arg, &a))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_each_answer(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_answer *a), void *arg)
{
	return each_answer(s, STORE_Q_ANSWERS, call->text, fn, arg);
}

int
store_each_answer_of_flow(struct store *s, const char *flow, bool (*fn)(void *arg, const struct store_answer *a), void *arg)
{
	return each_answer(s, STORE_Q_ANSWERS_OF_FLOW, flow, fn, arg);
}

int
store_set_do_not_call(struct store *s, const char *number, store_done *done, void *arg)
{
	struct store_param	params[] = { store_p_text(number) };

	return submit(s, STORE_OP_SET_DO_NOT_CALL, params, 1, done, arg);
}

int64_t
store_count_open(struct store *s, const char *flow, const char *pattern, int64_t since)
{
	struct store_param	 params[] = {
		{ STORE_TEXT, 0, flow, strlen(flow) }, { STORE_TEXT, 0, pattern[0] != '\0' ? pattern : "*", pattern[0] != '\0' ? strlen(pattern) : 1 },
		{ STORE_INT, since, NULL, 0 },
	};
	sqlite3_stmt		*stmt;
	int64_t			 n = -1;

	if ((stmt = store_query_begin(s, STORE_Q_COUNT_OPEN)) == NULL)
		return -1;
	(void)store_bind(stmt, params, 3);
	if (store_query_step(stmt) == 1)
		n = sqlite3_column_int64(stmt, 0);
	store_query_end(s, STORE_Q_COUNT_OPEN, stmt);
	return n;
}
