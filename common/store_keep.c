/* SPDX-License-Identifier: ISC */
#include "common/store_keep.h"

#include <errno.h>

#include "common/store_impl.h"

int
store_any_old(struct store *s, enum store_old what, int64_t before)
{
	static const enum store_query	queries[] = {
		[STORE_OLD_EVENTS] = STORE_Q_OLD_EVENTS, [STORE_OLD_JOBS] = STORE_Q_OLD_JOBS, [STORE_OLD_TRANSCRIPTS] = STORE_Q_OLD_TRANSCRIPTS,
		[STORE_OLD_ANSWERS] = STORE_Q_OLD_ANSWERS,
	};
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((stmt = store_query_begin(s, queries[what])) == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, before);
	rc = store_query_step(stmt);
	store_query_end(s, queries[what], stmt);
	return rc;
}

int
store_drop_old(struct store *s, enum store_old what, int64_t before, store_done *done, void *arg)
{
	struct store_param	params[] = { store_p_wall(before), store_p_int(STORE_KEEP_BATCH) };

	switch (what) {
	case STORE_OLD_EVENTS:
		return store_submit(s, STORE_OP_DROP_EVENTS, params, 2, done, arg);
	case STORE_OLD_JOBS:
		return store_submit(s, STORE_OP_DROP_JOBS, params, 2, done, arg);
	case STORE_OLD_TRANSCRIPTS:
		if (store_submit(s, STORE_OP_DROP_RECORDED_TEXTS, params, 2, NULL, NULL) == -1)
			return -1;
		return store_submit(s, STORE_OP_DROP_TEXTS, params, 2, done, arg);
	case STORE_OLD_ANSWERS:
		if (store_submit(s, STORE_OP_DROP_FLOW_STATES, params, 2, NULL, NULL) == -1 ||
		    store_submit(s, STORE_OP_DROP_DIAL_VARS, params, 2, NULL, NULL) == -1)
			return -1;
		return store_submit(s, STORE_OP_DROP_ANSWERS, params, 2, done, arg);
	}
	errno = EINVAL;
	return -1;
}

int
store_old_recordings(struct store *s, int64_t before, int64_t after, int limit,
    bool (*fn)(void *arg, const struct store_recording *r), void *arg)
{
	struct store_recording	 r;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = store_query_begin(s, STORE_Q_OLD_RECORDINGS)) == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, before);
	(void)sqlite3_bind_int64(stmt, 2, after);
	(void)sqlite3_bind_int(stmt, 3, limit);
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_recording_fields, STORE_RECORDING_NFIELDS, stmt, &r);
		r.id = sqlite3_column_int64(stmt, STORE_RECORDING_NFIELDS);
		if (!fn(arg, &r))
			break;
	}
	store_query_end(s, STORE_Q_OLD_RECORDINGS, stmt);
	return rc == -1 ? -1 : 0;
}

int
store_drop_recording(struct store *s, int64_t id, store_done *done, void *arg)
{
	struct store_param	params[] = { store_p_int(id) };

	return store_submit(s, STORE_OP_DROP_RECORDING, params, 1, done, arg);
}
