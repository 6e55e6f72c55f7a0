/* SPDX-License-Identifier: ISC */
#include "common/store_jobs.h"

#include <errno.h>
#include <string.h>

#include "common/store_impl.h"

static struct store_param
number(int64_t value)
{
	return (struct store_param){ STORE_INT, value, NULL, 0 };
}

static int
submit(struct store *s, enum store_op op, const struct store_param *params, size_t n, store_done *done, void *arg)
{
	if (s->writer == NULL) {
		errno = EROFS;
		return -1;
	}
	return store_writer_submit(s->writer, op, params, n, done, arg);
}

int
store_due_jobs(struct store *s, const char *kind, int64_t now, int limit,
    bool (*fn)(void *arg, const struct store_job *j), void *arg)
{
	struct store_param	params[] = { store_p_text(kind), number(now), number(limit > 0 ? limit : -1) };

	return store_each_job_by(s, STORE_Q_DUE_JOBS, params, 3, fn, arg);
}

int
store_claim_job(struct store *s, int64_t id, const char *owner, int64_t now, int64_t until, store_done *done, void *arg)
{
	struct store_param	params[] = { number(id), store_p_text(owner), number(now), number(until) };

	return submit(s, STORE_OP_CLAIM_JOB, params, 4, done, arg);
}

int
store_end_job(struct store *s, const struct store_job *j, store_done *done, void *arg)
{
	struct store_param	params[] = { number(j->id), store_p_text(j->owner), store_p_text(j->state),
	    number(j->attempts), number(j->rounds), store_p_wall(j->next_at), store_p_text(j->error) };

	return submit(s, STORE_OP_END_JOB, params, 7, done, arg);
}

int
store_renew_job(struct store *s, int64_t id, const char *owner, int64_t until, store_done *done, void *arg)
{
	struct store_param	params[] = { number(id), store_p_text(owner), number(until) };

	return submit(s, STORE_OP_RENEW_JOB, params, 3, done, arg);
}

int
store_release_jobs(struct store *s, const char *owner, int64_t now)
{
	struct store_param	params[] = { store_p_text(owner), number(now) };

	return submit(s, STORE_OP_RELEASE_JOBS, params, 2, NULL, NULL);
}

int
store_retry_job(struct store *s, int64_t id, int64_t now, store_done *done, void *arg)
{
	struct store_param	params[] = { number(id), number(now) };

	return submit(s, STORE_OP_RETRY_JOB, params, 2, done, arg);
}

int
store_drop_job(struct store *s, int64_t id, store_done *done, void *arg)
{
	struct store_param	params[] = { number(id) };

	return submit(s, STORE_OP_DROP_JOB, params, 1, done, arg);
}

/* Is there a row? */
static int
exists(struct store *s, enum store_query q, const struct store_param *params, size_t n)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((stmt = store_query_begin(s, q)) == NULL)
		return -1;
	(void)store_bind(stmt, params, n);
	rc = store_query_step(stmt);
	store_query_end(s, q, stmt);
	return rc;
}

int
store_has_recording(struct store *s, const char *uuid)
{
	struct store_param	param = store_p_text(uuid);

	return exists(s, STORE_Q_RECORDING_UUID, &param, 1);
}

int
store_has_recording_file(struct store *s, const char *path)
{
	struct store_param	param = store_p_text(path);

	return exists(s, STORE_Q_RECORDING_PATH, &param, 1);
}

int
store_fetch_unfinished(struct store *s, const char *name)
{
	struct store_param	param = store_p_text(name);

	return exists(s, STORE_Q_FETCH_UNFINISHED, &param, 1);
}

int
store_had_job(struct store *s, const struct callid *call, const char *kind, const char *key)
{
	struct store_param	params[] = { store_p_text(call->text), store_p_text(kind), store_p_text(key) };

	return exists(s, STORE_Q_JOB_OF_CALL, params, 3);
}
