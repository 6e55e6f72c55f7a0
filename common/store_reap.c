/* SPDX-License-Identifier: ISC */
#include "common/store_reap.h"

#include "common/store_impl.h"

static int
each(struct store *s, enum store_query q, int64_t when, int limit, bool (*fn)(void *arg, const struct store_call *c), void *arg)
{
	struct store_call	 c;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = store_query_begin(s, q)) == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, when);
	(void)sqlite3_bind_int(stmt, 2, limit);
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_call_fields, STORE_CALL_NFIELDS, stmt, &c);
		if (!fn(arg, &c))
			break;
	}
	store_query_end(s, q, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_each_silent_call(struct store *s, int64_t since, int limit, bool (*fn)(void *arg, const struct store_call *c), void *arg)
{
	return each(s, STORE_Q_SILENT_CALLS, since, limit, fn, arg);
}

int
store_each_long_call(struct store *s, int64_t before, int limit, bool (*fn)(void *arg, const struct store_call *c), void *arg)
{
	return each(s, STORE_Q_LONG_CALLS, before, limit, fn, arg);
}
