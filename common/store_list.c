/* SPDX-License-Identifier: ISC */
#include "common/store_list.h"

#include <errno.h>
#include <string.h>

#include "common/store_impl.h"

/* Prepared for one use: these are for people, not for calls. NULL: errno. */
static sqlite3_stmt *
prepare(struct store *s, const char *sql, const char *text)
{
	struct store_param	 param = store_p_text(text);
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL)) == SQLITE_OK && text != NULL)
		rc = store_bind(stmt, &param, 1);
	if (rc == SQLITE_OK)
		return stmt;
	(void)sqlite3_finalize(stmt);
	errno = store_errno(rc);
	return NULL;
}

static int
finish(sqlite3_stmt *stmt, int rc)
{
	int	saved_errno = errno;

	(void)sqlite3_finalize(stmt);
	errno = saved_errno;
	return rc == -1 ? -1 : 0;
}

int
store_each_contact(struct store *s, bool (*fn)(void *arg, const struct store_contact *c), void *arg)
{
	struct store_contact	 c;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((stmt = prepare(s, "SELECT " STORE_CONTACT_COLUMNS " FROM contacts ORDER BY number", NULL)) == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_contact_fields, STORE_CONTACT_NFIELDS, stmt, &c);
		if (!fn(arg, &c))
			break;
	}
	return finish(stmt, rc);
}

static void
read_recording(sqlite3_stmt *stmt, struct store_recording *r)
{
	(void)store_fields_read(store_recording_fields, STORE_RECORDING_NFIELDS, stmt, r);
	r->id = sqlite3_column_int64(stmt, STORE_RECORDING_NFIELDS);
}

int
store_each_recording(struct store *s, const struct callid *call,
    bool (*fn)(void *arg, const struct store_recording *r), void *arg)
{
	struct store_recording	 r;
	sqlite3_stmt		*stmt;
	int			 rc;

	stmt = prepare(s, "SELECT " STORE_RECORDING_COLUMNS ", id FROM recordings WHERE call = ?1 ORDER BY id", call->text);
	if (stmt == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		read_recording(stmt, &r);
		if (!fn(arg, &r))
			break;
	}
	return finish(stmt, rc);
}

int
store_get_recording(struct store *s, int64_t id, struct store_recording *ret)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((stmt = prepare(s, "SELECT " STORE_RECORDING_COLUMNS ", id FROM recordings WHERE id = ?1", NULL)) == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, id);
	if ((rc = store_query_step(stmt)) == 1)
		read_recording(stmt, ret);
	return finish(stmt, rc) == -1 ? -1 : rc;
}

int
store_each_call_before(struct store *s, int64_t before, const struct callid *before_id, bool open_only, const char *caller, int limit,
    bool (*fn)(void *arg, const struct store_call *c), void *arg)
{
	struct store_call	 c;
	sqlite3_stmt		*stmt;
	int			 rc;

	stmt = prepare(s, "SELECT " STORE_CALL_COLUMNS " FROM calls WHERE started_at <= ?2 AND (started_at < ?2 OR id < ?5)"
	    " AND (?3 = 0 OR state <> 'ended') AND (?1 IS NULL OR caller = ?1)"
	    " ORDER BY started_at DESC, id DESC LIMIT ?4", caller);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 2, before);
	(void)sqlite3_bind_int(stmt, 3, open_only);
	(void)sqlite3_bind_int(stmt, 4, limit);
	if (before_id != NULL)
		(void)sqlite3_bind_text(stmt, 5, before_id->text, -1, SQLITE_STATIC);
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_call_fields, STORE_CALL_NFIELDS, stmt, &c);
		if (!fn(arg, &c))
			break;
	}
	return finish(stmt, rc);
}

int
store_each_job_of(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_job *j), void *arg)
{
	struct store_job	 j;
	sqlite3_stmt		*stmt;
	int			 rc;

	stmt = prepare(s, "SELECT " STORE_JOB_COLUMNS ", id FROM jobs WHERE call = ?1 ORDER BY id", call->text);
	if (stmt == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1) {
		(void)store_fields_read(store_job_fields, STORE_JOB_NFIELDS, stmt, &j);
		j.id = sqlite3_column_int64(stmt, STORE_JOB_NFIELDS);
		if (!fn(arg, &j))
			break;
	}
	return finish(stmt, rc);
}

int
store_find_call_by_prefix(struct store *s, const char *prefix, struct callid *ret)
{
	struct callid	 found = { "" };
	sqlite3_stmt	*stmt;
	int		 rc, n = 0;

	/* ids are ASCII, so 0x7f is above all of them */
	stmt = prepare(s, "SELECT id FROM calls WHERE id >= ?1 AND id < ?1 || char(127) ORDER BY id LIMIT 2", prefix);
	if (stmt == NULL)
		return -1;
	while ((rc = store_query_step(stmt)) == 1)
		if (n++ == 0)
			store_copy_text(stmt, 0, found.text, sizeof(found.text));
	if (finish(stmt, rc) == -1)
		return -1;
	if (n > 1) {
		errno = EEXIST;
		return -1;
	}
	if (n == 1)
		*ret = found;
	return n;
}
