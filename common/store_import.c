/* SPDX-License-Identifier: ISC */
/*
 * A campaign with thousands of numbers, all or nothing: one transaction, by
 * the caller's thread, on a connection that lives as long as that.
 */
#include <errno.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/store_dial.h"
#include "common/store_impl.h"

static int
run(sqlite3 *db, const char *sql, const struct store_param *params, size_t n)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if ((rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL)) == SQLITE_OK &&
	    (rc = store_bind(stmt, params, n)) == SQLITE_OK)
		rc = sqlite3_step(stmt);
	(void)sqlite3_finalize(stmt);
	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		return 0;
	errno = store_errno(rc);
	return -1;
}

static int
add_campaign(sqlite3 *db, const struct store_campaign *c, int64_t now, int64_t *ret_id)
{
	struct store_param	params[] = {
		store_p_text(c->name), store_p_text(c->flow), store_p_text(c->options), { STORE_INT, now, NULL, 0 },
	};

	if (run(db, "INSERT INTO campaigns (name, flow, options, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
	    params, 4) == -1)
		return -1;
	*ret_id = sqlite3_last_insert_rowid(db);
	return 0;
}

static int
add_dials(sqlite3 *db, const struct store_campaign *c, int64_t id, int64_t now,
    int (*next)(void *arg, struct store_dial *d), void *arg)
{
	struct store_param	 params[STORE_DIAL_NFIELDS];
	struct store_dial	 d;
	sqlite3_stmt		*stmt;
	int			 rc, more = -1;

	if ((rc = sqlite3_prepare_v2(db, store_add_dial_sql, -1, &stmt, NULL)) != SQLITE_OK)
		goto out;
	for (store_dial_init(&d); (more = next(arg, &d)) == 1; store_dial_init(&d)) {
		d.campaign = id;
		d.created_at = d.next_at = now;
		(void)snprintf(d.flow, sizeof(d.flow), "%s", c->flow);
		store_fields_params(store_dial_fields, STORE_DIAL_NFIELDS, &d, params);
		if ((rc = store_bind(stmt, params, STORE_DIAL_NFIELDS)) != SQLITE_OK || (rc = sqlite3_step(stmt)) != SQLITE_DONE)
			goto out;
		(void)sqlite3_reset(stmt);
		rc = SQLITE_OK;
	}
out:
	(void)sqlite3_finalize(stmt);
	if (rc != SQLITE_OK)
		errno = store_errno(rc);
	return rc == SQLITE_OK && more == 0 ? 0 : -1;
}

int
store_import_campaign(struct store *s, const struct store_campaign *c, int (*next)(void *arg, struct store_dial *d),
    void *arg, int64_t *ret_id)
{
	const char	*path = sqlite3_db_filename(s->db, "main");
	sqlite3		*db = NULL;
	int64_t		 now = clock_wall_ms();
	int		 rc, e;

	if (s->writer == NULL || c->name[0] == '\0' || c->flow[0] == '\0') {
		errno = s->writer == NULL ? EROFS : EINVAL;
		return -1;
	}
	if ((rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL)) != SQLITE_OK) {
		(void)sqlite3_close(db);
		errno = store_errno(rc);
		return -1;
	}
	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_timeout(db, STORE_BUSY_MS);
	rc = -1;
	if (run(db, "BEGIN IMMEDIATE", NULL, 0) == 0 && add_campaign(db, c, now, ret_id) == 0 &&
	    add_dials(db, c, *ret_id, now, next, arg) == 0)
		rc = run(db, "COMMIT", NULL, 0);
	e = errno;
	(void)sqlite3_close(db);	/* what was not committed is rolled back */
	errno = e;
	return rc;
}
