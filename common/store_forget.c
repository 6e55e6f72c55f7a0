/* SPDX-License-Identifier: ISC */
#include "common/store_forget.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/store_impl.h"

#define GENESIS	"callpipe"		/* the chain before its first row */

/*
 * person: their calls; person_legs: their own legs anywhere. A number also
 * stands as "number" or "+number" in the JSON of events and jobs.
 */
static const char person_sql[] =
    "CREATE TEMP TABLE person AS SELECT id FROM calls"
    " WHERE (direction IS NOT 'outbound' AND ltrim(caller, '+') = ?1) OR (direction = 'outbound' AND ltrim(called, '+') = ?1)";
static const char person_legs_sql[] =
    "CREATE TEMP TABLE person_legs AS SELECT uuid FROM legs WHERE call IN person"
    " OR ltrim(from_addr, '+') = ?1 OR ltrim(to_addr, '+') = ?1";

#define THEIRS		"call IN person"
#define NAMES(column)	"(instr(" column ", '\"' || ?1 || '\"') > 0 OR instr(" column ", '\"+' || ?1 || '\"') > 0)"

/* What is theirs, table by table. The first column is the id that the log shows. */
static const struct part {
	const char	*kind, *table, *id, *where;
	bool		 part_of_row;	/* told here, deleted with its row further down */
} parts[] = {
	/* by these, events that come late are known (store_id_forgotten()) */
	{ "conversation", "conversations", "id", THEIRS, false },
	{ "conversation", "calls", "conversation", "id IN person AND conversation <> ''", true },
	{ "turn", "turns", "call || ' ' || turn", THEIRS, false },
	{ "answer", "answers", "call || ' ' || name", THEIRS, false },
	{ "flow", "flow_states", "call", THEIRS, false },
	{ "event", "events", "id", THEIRS " OR leg IN person_legs OR (call IS NULL AND " NAMES("body") ")", false },
	{ "job", "jobs", "id", THEIRS " OR " NAMES("args"), false },
	{ "recording", "recordings", "id", THEIRS, false },
	{ "leg", "legs", "uuid", "uuid IN person_legs", false },
	{ "attempt", "attempts", "dial || ' ' || n", "ltrim(number, '+') = ?1", false },
	{ "dial", "dials", "id", "ltrim(number, '+') = ?1", false },
	{ "call", "calls", "id", "id IN person", false },
	{ "contact", "contacts", "rowid", "ltrim(number, '+') = ?1", false },
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

struct forget {
	sqlite3		*db;
	const char	*number;
	bool		 erase;
	char		 number_hash[65], chain[65];
	store_forget_fn	*fn;
	void		*arg;
	int64_t		 count;
	char		*err;
	size_t		 err_size;
};

/* ---- small SQL ---- */

static int
fail(struct forget *f, int rc)
{
	errno = store_errno(rc);
	(void)snprintf(f->err, f->err_size, "%s", sqlite3_errmsg(f->db));
	return -1;
}

/* With the number as ?1 where the text has one. */
static sqlite3_stmt *
prepare(struct forget *f, const char *sql)
{
	sqlite3_stmt	*stmt = NULL;
	int		 rc = sqlite3_prepare_v2(f->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 0)
		rc = sqlite3_bind_text(stmt, 1, f->number, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		return stmt;
	(void)sqlite3_finalize(stmt);
	(void)fail(f, rc);
	return NULL;
}

static int
run(struct forget *f, const char *sql)
{
	sqlite3_stmt	*stmt = prepare(f, sql);
	int		 rc;

	if (stmt == NULL)
		return -1;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		continue;
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : fail(f, rc);
}

/* The first column of the first row, -1 on failure. */
static int64_t
count(struct forget *f, const char *sql)
{
	sqlite3_stmt	*stmt = prepare(f, sql);
	int64_t		 n = -1;

	if (stmt == NULL)
		return -1;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	else
		(void)fail(f, sqlite3_errcode(f->db));
	(void)sqlite3_finalize(stmt);
	return n;
}

/* ---- what a thing was ---- */

/* Of a row: "name=value\n" for each column after the first. */
static bool
hash_row(sqlite3_stmt *stmt, char out[65])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	unsigned char	 sum[EVP_MAX_MD_SIZE];
	unsigned	 len = 0;
	bool		 ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
	int		 i;

	for (i = 1; ok && i < sqlite3_column_count(stmt); i++) {
		const char	*name = sqlite3_column_name(stmt, i);
		const void	*value = sqlite3_column_blob(stmt, i);

		ok = EVP_DigestUpdate(ctx, name, strlen(name)) == 1 && EVP_DigestUpdate(ctx, "=", 1) == 1 &&
		    (value == NULL || EVP_DigestUpdate(ctx, value, (size_t)sqlite3_column_bytes(stmt, i)) == 1) &&
		    EVP_DigestUpdate(ctx, "\n", 1) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, sum, &len) == 1;
	EVP_MD_CTX_free(ctx);
	if (ok && len == DIGEST_LEN)
		digest_hex(sum, out);
	return ok && len == DIGEST_LEN;
}

static int
chain_of(const struct store_forgotten *it, const char *before, char out[65])
{
	char		at[24];
	const char	*texts[] = { before, at, it->number_hash, it->kind, it->item, it->sha256 };

	(void)snprintf(at, sizeof(at), "%lld", (long long)it->at);
	return digest_texts_hex(texts, sizeof(texts) / sizeof(texts[0]), out);
}

/* ---- one item ---- */

static int
log_item(struct forget *f, const struct store_forgotten *it)
{
	sqlite3_stmt	*stmt = NULL;
	const char	*texts[] = { it->number_hash, it->kind, it->item, it->sha256, it->chain };
	int		 rc, i;

	rc = sqlite3_prepare_v2(f->db, "INSERT INTO forgotten (at, number_hash, kind, item, sha256, chain)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, it->at);
	for (i = 0; rc == SQLITE_OK && i < 5; i++)
		rc = sqlite3_bind_text(stmt, i + 2, texts[i], -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : fail(f, rc);
}

static int
item(struct forget *f, const char *kind, const char *id, const char *sha256)
{
	struct store_forgotten	it = { .at = clock_wall_ms() };

	memcpy(it.number_hash, f->number_hash, sizeof(it.number_hash));
	(void)snprintf(it.kind, sizeof(it.kind), "%s", kind);
	(void)snprintf(it.item, sizeof(it.item), "%s", id);
	(void)snprintf(it.sha256, sizeof(it.sha256), "%s", sha256);
	if (chain_of(&it, f->chain, it.chain) == -1)
		return fail(f, SQLITE_NOMEM);
	if (f->erase && log_item(f, &it) == -1)
		return -1;
	memcpy(f->chain, it.chain, sizeof(f->chain));
	f->count++;
	f->fn(f->arg, &it);
	return 0;
}

static int
forget_file(struct forget *f, const char *path)
{
	char	sha256[65] = "-";
	int	e, rc = digest_file_hex(path, sha256);

	if (rc == -1 && errno == ENOENT)
		rc = 0;			/* gone already */
	if (rc == -1 || (f->erase && unlink(path) == -1 && errno != ENOENT)) {
		e = errno;
		(void)snprintf(f->err, f->err_size, "%.300s: %s", path, strerror(e));
		errno = e;
		return -1;
	}
	return item(f, "file", path, sha256);
}

/* ---- a table ---- */

static int
forget_rows(struct forget *f, const struct part *p)
{
	char		 sql[512], sha256[65];
	sqlite3_stmt	*stmt;
	int		 rc, path = -1, i;

	(void)snprintf(sql, sizeof(sql), "SELECT %s AS item, * FROM %s WHERE %s ORDER BY rowid", p->id, p->table, p->where);
	if ((stmt = prepare(f, sql)) == NULL)
		return -1;
	for (i = 1; strcmp(p->kind, "recording") == 0 && i < sqlite3_column_count(stmt); i++)
		if (strcmp(sqlite3_column_name(stmt, i), "path") == 0)
			path = i;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (path != -1 && forget_file(f, (const char *)sqlite3_column_text(stmt, path)) == -1)
			break;
		if (!hash_row(stmt, sha256)) {
			rc = SQLITE_NOMEM;
			break;
		}
		if (item(f, p->kind, (const char *)sqlite3_column_text(stmt, 0), sha256) == -1)
			break;
	}
	(void)sqlite3_finalize(stmt);
	if (rc == SQLITE_ROW)
		return -1;		/* told already */
	if (rc != SQLITE_DONE)
		return fail(f, rc);
	(void)snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE %s", p->table, p->where);
	return f->erase && !p->part_of_row ? run(f, sql) : 0;
}

static const char own_sql[] =
    "SELECT count(*) FROM calls WHERE (direction IS NOT 'outbound' AND ltrim(called, '+') = ?1)"
    " OR (direction = 'outbound' AND ltrim(caller, '+') = ?1)";

/* What a daemon holds in its hands would be written again. */
static const struct { const char *sql, *what; } busy[] = {
	{ "SELECT count(*) FROM calls WHERE id IN person AND state <> 'ended'", "a call with that number goes on" },
	{ "SELECT count(*) FROM dials WHERE ltrim(number, '+') = ?1 AND state IN ('placing', 'calling')",
	    "that number is being called" },
	{ "SELECT count(*) FROM jobs WHERE state = 'running' AND (" THEIRS " OR " NAMES("args") ")",
	    "a job of that person is under way (callctl jobs)" },
};

static int
allowed(struct forget *f)
{
	int64_t	n;
	size_t	i;

	if ((n = count(f, own_sql)) != 0) {
		if (n > 0) {
			(void)snprintf(f->err, f->err_size, "%lld calls went to that number or were placed from it: it is one of your own",
			    (long long)n);
			errno = EPERM;
		}
		return -1;
	}
	for (i = 0; i < sizeof(busy) / sizeof(busy[0]); i++) {
		if ((n = count(f, busy[i].sql)) == 0)
			continue;
		if (n > 0) {
			(void)snprintf(f->err, f->err_size, "%s", busy[i].what);
			errno = EBUSY;
		}
		return -1;
	}
	return 0;
}

static int
last_chain(struct forget *f)
{
	sqlite3_stmt	*stmt = prepare(f, "SELECT chain FROM forgotten ORDER BY id DESC LIMIT 1");
	const char	*texts[] = { GENESIS };
	int		 rc;

	if (stmt == NULL)
		return -1;
	if ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		store_copy_text(stmt, 0, f->chain, sizeof(f->chain));
	else
		rc = digest_texts_hex(texts, 1, f->chain) == 0 ? SQLITE_DONE : SQLITE_NOMEM;
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail(f, rc);
}

static int
forget_all(struct forget *f)
{
	size_t	i;

	if (run(f, "BEGIN IMMEDIATE") == -1 || run(f, person_sql) == -1 || run(f, person_legs_sql) == -1 ||
	    allowed(f) == -1 || last_chain(f) == -1)
		return -1;
	if (f->erase && run(f, "UPDATE usage SET call = NULL, turn = NULL WHERE call IN person") == -1)
		return -1;
	for (i = 0; i < NPARTS; i++)
		if (forget_rows(f, &parts[i]) == -1)
			return -1;
	return run(f, f->erase ? "COMMIT" : "ROLLBACK");
}

int
store_forget_hash(const char *number, char out[65])
{
	const char	*texts[] = { "forget", number };

	return digest_texts_hex(texts, 2, out);
}

int64_t
store_forget(struct store *s, const char *number, bool erase, store_forget_fn *fn, void *arg, char *err, size_t err_size)
{
	struct forget	 f = { .number = number, .erase = erase, .fn = fn, .arg = arg, .err = err, .err_size = err_size };
	int		 rc, e;

	err[0] = '\0';
	if (number[0] == '\0') {
		(void)snprintf(err, err_size, "no number");
		errno = EINVAL;
		return -1;
	}
	if (store_forget_hash(number, f.number_hash) == -1)
		return -1;
	rc = sqlite3_open_v2(sqlite3_db_filename(s->db, "main"), &f.db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK) {
		(void)fail(&f, rc);
		(void)sqlite3_close(f.db);
		return -1;
	}
	(void)sqlite3_extended_result_codes(f.db, 1);
	(void)sqlite3_busy_timeout(f.db, STORE_BUSY_MS);
	rc = run(&f, "PRAGMA secure_delete = ON") == 0 && run(&f, "PRAGMA temp_store = MEMORY") == 0 ? forget_all(&f) : -1;
	e = errno;
	if (rc == 0 && erase && sqlite3_wal_checkpoint_v2(f.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		(void)snprintf(err, err_size, "the write-ahead log still has what was deleted, somebody reads it: %s",
		    sqlite3_errmsg(f.db));
	(void)sqlite3_close(f.db);	/* what was not committed is rolled back */
	errno = e;
	return rc == 0 ? f.count : -1;
}

int64_t
store_forgotten(struct store *s, store_forget_fn *fn, void *arg)
{
	struct store_forgotten	 it;
	sqlite3_stmt		*stmt;
	char			 before[65], want[65];
	const char		*texts[] = { GENESIS };
	int64_t			 n = 0;
	int			 rc;

	if (digest_texts_hex(texts, 1, before) == -1)
		return -1;
	if ((rc = sqlite3_prepare_v2(s->db, "SELECT at, number_hash, kind, item, sha256, chain FROM forgotten ORDER BY id",
	    -1, &stmt, NULL)) != SQLITE_OK) {
		errno = store_errno(rc);
		return -1;
	}
	while (n >= 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		it.at = sqlite3_column_int64(stmt, 0);
		store_copy_text(stmt, 1, it.number_hash, sizeof(it.number_hash));
		store_copy_text(stmt, 2, it.kind, sizeof(it.kind));
		store_copy_text(stmt, 3, it.item, sizeof(it.item));
		store_copy_text(stmt, 4, it.sha256, sizeof(it.sha256));
		store_copy_text(stmt, 5, it.chain, sizeof(it.chain));
		fn(arg, &it);
		if (chain_of(&it, before, want) == -1) {
			rc = SQLITE_NOMEM;
			break;
		}
		memcpy(before, it.chain, sizeof(before));
		n = strcmp(want, it.chain) == 0 ? n + 1 : -2;
	}
	(void)sqlite3_finalize(stmt);
	if (n >= 0 && rc != SQLITE_DONE) {
		errno = store_errno(rc);
		return -1;
	}
	return n;
}

int
store_id_forgotten(struct store *s, const char *id)
{
	sqlite3_stmt	*stmt;
	int		 rc;

	if (id[0] == '\0')
		return 0;
	if ((stmt = store_query_begin(s, STORE_Q_FORGOTTEN_ID)) == NULL)
		return -1;
	(void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_TRANSIENT);
	rc = store_query_step(stmt);
	store_query_end(s, STORE_Q_FORGOTTEN_ID, stmt);
	return rc;
}

int64_t
store_number_forgotten(struct store *s, const char *number, int64_t since)
{
	char		 number_hash[65];
	sqlite3_stmt	*stmt;
	int64_t		 at = -1;

	number += number[0] == '+';
	if (number[0] == '\0')
		return 0;
	if (store_forget_hash(number, number_hash) == -1 || (stmt = store_query_begin(s, STORE_Q_FORGOTTEN_NUMBER)) == NULL)
		return -1;
	(void)sqlite3_bind_text(stmt, 1, number_hash, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_int64(stmt, 2, since);
	if (store_query_step(stmt) == 1)
		at = sqlite3_column_int64(stmt, 0);		/* NULL reads as 0 */
	store_query_end(s, STORE_Q_FORGOTTEN_NUMBER, stmt);
	return at;
}
