/* SPDX-License-Identifier: ISC */
#include "common/store_report.h"

#include <errno.h>
#include <math.h>

#include "common/store_impl.h"

const char *const store_report_names[] = { "all", "day", "flow", "assistant", "direction", "outcome", "campaign", NULL };

/* k is the key of a group; percentiles by nearest rank. */
#define REPORT(key)											\
    "WITH c AS MATERIALIZED (SELECT v.*, " key " AS k,"							\
    "  (SELECT d.state FROM calls AS x JOIN dials AS d ON d.id = x.dial WHERE x.id = v.id) AS dial_state,"	\
    "  (SELECT sum(cost) FROM v_cost WHERE call = v.id) AS cost,"					\
    "  EXISTS (SELECT 1 FROM v_cost WHERE call = v.id AND cost IS NULL) AS unpriced"			\
    "  FROM v_calls AS v WHERE v.started_at >= ?1 AND v.started_at < ?2),"				\
    " e AS (SELECT c.k, t.ear_ms, row_number() OVER (PARTITION BY c.k ORDER BY t.ear_ms) AS n,"	\
    "  count(*) OVER (PARTITION BY c.k) AS of"								\
    "  FROM turns AS t JOIN c ON c.id = t.call WHERE t.ear_ms IS NOT NULL),"				\
    " p AS (SELECT k, min(ear_ms) FILTER (WHERE n * 100 >= of * 50) AS p50,"				\
    "  min(ear_ms) FILTER (WHERE n * 100 >= of * 95) AS p95 FROM e GROUP BY k)"			\
    " SELECT c.k, count(*), sum(c.answered_at IS NOT NULL OR c.turns > 0),"				\
    " sum(c.outcome IN ('finished', 'transferred', 'connected', 'answered questions', 'left a message')"	\
    "  OR c.dial_state IS 'done'),"									\
    " sum(coalesce(c.duration_s, 0)), sum(c.turns), sum(coalesce(c.dead_air_ms, 0)), p.p50, p.p95,"	\
    " sum(coalesce(c.cost, 0)), sum(c.unpriced)"							\
    " FROM c LEFT JOIN p ON p.k = c.k GROUP BY c.k ORDER BY c.k"

static const char *const reports[] = {
	[STORE_BY_ALL] = REPORT("'all'"), [STORE_BY_DAY] = REPORT("substr(v.at, 1, 10)"),
	[STORE_BY_FLOW] = REPORT("coalesce(v.flow, '-')"), [STORE_BY_ASSISTANT] = REPORT("coalesce(v.assistant, '-')"),
	[STORE_BY_DIRECTION] = REPORT("coalesce(v.direction, '-')"), [STORE_BY_OUTCOME] = REPORT("v.outcome"),
	[STORE_BY_CAMPAIGN] = REPORT("coalesce((SELECT p.name FROM calls AS c JOIN dials AS d ON d.id = c.dial"
	    " JOIN campaigns AS p ON p.id = d.campaign WHERE c.id = v.id), '-')"),
};

static int64_t
known(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(stmt, column);
}

static int
finish(sqlite3_stmt *stmt, int rc)
{
	int	e = errno;

	(void)sqlite3_finalize(stmt);
	errno = e;
	return rc == -1 ? -1 : 0;
}

int
store_each_report(struct store *s, int64_t since, int64_t until, enum store_report_by by,
    bool (*fn)(void *arg, const struct store_report *r), void *arg)
{
	struct store_report	 r;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((rc = sqlite3_prepare_v2(s->db, reports[by], -1, &stmt, NULL)) != SQLITE_OK) {
		errno = store_errno(rc);
		return -1;
	}
	(void)sqlite3_bind_int64(stmt, 1, since);
	(void)sqlite3_bind_int64(stmt, 2, until);
	while ((rc = store_query_step(stmt)) == 1) {
		store_copy_text(stmt, 0, r.key, sizeof(r.key));
		r.calls = sqlite3_column_int64(stmt, 1);
		r.answered = sqlite3_column_int64(stmt, 2);
		r.success = sqlite3_column_int64(stmt, 3);
		r.duration_s = sqlite3_column_int64(stmt, 4);
		r.turns = sqlite3_column_int64(stmt, 5);
		r.dead_air_ms = sqlite3_column_int64(stmt, 6);
		r.ear_p50_ms = known(stmt, 7);
		r.ear_p95_ms = known(stmt, 8);
		r.cost = sqlite3_column_double(stmt, 9);
		r.unpriced = sqlite3_column_int64(stmt, 10);
		if (!fn(arg, &r))
			break;
	}
	return finish(stmt, rc);
}

int
store_each_price(struct store *s, bool (*fn)(void *arg, const struct store_price *p), void *arg)
{
	struct store_price	 p;
	sqlite3_stmt		*stmt;
	int			 rc;

	if ((rc = sqlite3_prepare_v2(s->db, "SELECT kind, engine, per, price FROM prices ORDER BY kind, engine", -1, &stmt,
	    NULL)) != SQLITE_OK) {
		errno = store_errno(rc);
		return -1;
	}
	while ((rc = store_query_step(stmt)) == 1) {
		store_copy_text(stmt, 0, p.kind, sizeof(p.kind));
		store_copy_text(stmt, 1, p.engine, sizeof(p.engine));
		p.per = sqlite3_column_int64(stmt, 2);
		p.price = sqlite3_column_double(stmt, 3);
		if (!fn(arg, &p))
			break;
	}
	return finish(stmt, rc);
}

static int
write_price(sqlite3 *db, const struct store_price *p)
{
	static const char	put[] = "INSERT INTO prices (kind, engine, per, price) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (kind, engine) DO UPDATE SET per = ?3, price = ?4";
	sqlite3_stmt		*stmt = NULL;
	int			 rc;

	rc = sqlite3_prepare_v2(db, p->per == 0 ? "DELETE FROM prices WHERE kind = ?1 AND engine = ?2" : put, -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_text(stmt, 1, p->kind, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(stmt, 2, p->engine, -1, SQLITE_STATIC);
		if (p->per != 0) {
			(void)sqlite3_bind_int64(stmt, 3, p->per);
			(void)sqlite3_bind_double(stmt, 4, p->price);
		}
		rc = sqlite3_step(stmt);
	}
	(void)sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE) {
		errno = store_errno(rc);
		return -1;
	}
	if (sqlite3_changes(db) == 0) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

int
store_set_price(struct store *s, const struct store_price *p)
{
	sqlite3	*db = NULL;
	int	 rc, e;

	if (p->kind[0] == '\0' || p->per < 0 || !isfinite(p->price) || p->price < 0) {
		errno = EINVAL;
		return -1;
	}
	rc = sqlite3_open_v2(sqlite3_db_filename(s->db, "main"), &db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL);
	(void)sqlite3_busy_timeout(db, STORE_BUSY_MS);
	if (rc != SQLITE_OK)
		errno = store_errno(rc);
	rc = rc == SQLITE_OK ? write_price(db, p) : -1;
	e = errno;
	(void)sqlite3_close(db);
	errno = e;
	return rc;
}
