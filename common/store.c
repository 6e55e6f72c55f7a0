/* SPDX-License-Identifier: ISC */
#include "common/store_impl.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"

int
store_errno(int sqlite_rc)
{
	switch (sqlite_rc & 0xff) {
	case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_PERM: case SQLITE_AUTH:
		return EACCES;
	case SQLITE_CONSTRAINT:
		return sqlite_rc == SQLITE_CONSTRAINT_UNIQUE ? EEXIST : EINVAL;
	case SQLITE_TOOBIG:
		return EMSGSIZE;
	case SQLITE_CORRUPT: case SQLITE_NOTADB:
		return EBADMSG;
	}
	return EIO;
}

int
store_bind(sqlite3_stmt *stmt, const struct store_param *params, size_t nparams)
{
	int	i, rc = SQLITE_OK;

	for (i = 0; rc == SQLITE_OK && i < (int)nparams; i++) {
		const struct store_param	*p = &params[i];

		switch (p->type) {
		case STORE_NULL:
			rc = sqlite3_bind_null(stmt, i + 1);
			break;
		case STORE_INT:
			rc = sqlite3_bind_int64(stmt, i + 1, p->number);
			break;
		case STORE_TEXT:
			rc = sqlite3_bind_text(stmt, i + 1, p->data, (int)p->len, SQLITE_STATIC);
			break;
		case STORE_BLOB:
			rc = sqlite3_bind_blob(stmt, i + 1, p->data, (int)p->len, SQLITE_STATIC);
			break;
		}
	}
	return rc;
}

/* SQLite would only say "unable to open database file". */
static int
check_file(const char *path, enum store_mode mode, char *err, size_t err_size)
{
	struct stat	st;
	int		fd, e, flags = mode == STORE_WRITE ? O_RDWR | O_CREAT : O_RDONLY;

	if (*path == '\0' || *path == ':') {	/* ":memory:" would be another one for each connection */
		(void)snprintf(err, err_size, "the database needs the path of a file, not \"%s\"", path);
		errno = EINVAL;
		return -1;
	}
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
	e = fd == -1 ? errno : fstat(fd, &st) == -1 ? errno : !S_ISREG(st.st_mode) ? EINVAL : 0;
	if (fd != -1)
		(void)close(fd);
	if (e == 0)
		return 0;
	if (e == ENOENT && mode == STORE_WRITE)
		(void)snprintf(err, err_size, "%s: its directory does not exist", path);
	else
		(void)snprintf(err, err_size, "%s: %s", path, e == EINVAL ? "not a regular file" : strerror(e));
	errno = e;
	return -1;
}

/* Several processes that start at once: changing to WAL does not wait by itself. */
static int
set_wal(sqlite3 *db)
{
	const struct timespec	pause = { 0, 2000000 };
	int			rc, tries = STORE_BUSY_MS / 2;

	while ((rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) == SQLITE_BUSY && tries-- > 0)
		(void)nanosleep(&pause, NULL);
	return rc;
}

static int
is_wal(sqlite3 *db)
{
	sqlite3_stmt	*stmt;
	bool		 yes = false;

	if (sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		yes = strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
	(void)sqlite3_finalize(stmt);
	return yes;
}

static sqlite3 *
fail_open(sqlite3 *db, const char *path, int rc, char *err, size_t err_size)
{
	(void)snprintf(err, err_size, "%s: %s%s", path, db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db),
	    (rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY ?
	    " (also readers must be allowed to write to its directory)" : "");
	(void)sqlite3_close(db);
	errno = store_errno(rc);
	return NULL;
}

/* A connection for one thread. */
static sqlite3 *
open_connection(const char *path, bool create, bool write, char *err, size_t err_size)
{
	sqlite3	*db;
	char	 sql[160];
	int	 rc;

	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_NOMUTEX | (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY), NULL);
	if (rc != SQLITE_OK)
		return fail_open(db, path, rc, err, err_size);
	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_timeout(db, STORE_BUSY_MS);
	if (create && ((rc = set_wal(db)) != SQLITE_OK || !is_wal(db)))
		return fail_open(db, path, rc == SQLITE_OK ? SQLITE_CANTOPEN : rc, err, err_size);
	(void)snprintf(sql, sizeof(sql), "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = %d; "
	    "PRAGMA query_only = %d", STORE_WAL_LIMIT, !create);
	if ((rc = sqlite3_exec(db, sql, NULL, NULL, NULL)) != SQLITE_OK)
		return fail_open(db, path, rc, err, err_size);
	return db;
}

/* Put the path before the text of a deeper failure. */
static void
name_path(const char *path, char *err, size_t err_size)
{
	char	text[256];

	(void)snprintf(text, sizeof(text), "%s", err);
	(void)snprintf(err, err_size, "%s: %s", path, text);
}

/* The writer's connection, with the schema in place. */
static sqlite3 *
open_writer(const char *path, char *err, size_t err_size)
{
	sqlite3	*db;
	int	 saved_errno;

	if ((db = open_connection(path, true, true, err, err_size)) == NULL)
		return NULL;
	if (store_migrate(db, err, err_size) == 0)
		return db;
	saved_errno = errno;
	name_path(path, err, err_size);
	(void)sqlite3_close(db);
	errno = saved_errno;
	return NULL;
}

static int
start_writer(struct store *s, const char *path, char *err, size_t err_size)
{
	sqlite3	*db;
	int	 saved_errno;

	if ((db = open_writer(path, err, err_size)) == NULL)
		return -1;
	if ((s->writer = store_writer_start(db, path)) != NULL)
		return 0;
	saved_errno = errno;
	(void)snprintf(err, err_size, "%s: cannot start the writer: %s", path, strerror(saved_errno));
	(void)sqlite3_close(db);
	errno = saved_errno;
	return -1;
}

struct store *
store_open(const char *path, enum store_mode mode, char *err, size_t err_size)
{
	struct store	*s;
	int		 saved_errno;

	if (check_file(path, mode, err, err_size) == -1)
		return NULL;
	if ((s = mem_calloc(1, sizeof(*s))) == NULL) {
		(void)snprintf(err, err_size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (mode == STORE_WRITE && start_writer(s, path, err, err_size) == -1)
		goto fail;
	if ((s->db = open_connection(path, false, mode == STORE_WRITE, err, err_size)) == NULL)
		goto fail;
	if (store_check_version(s->db, err, err_size) == -1) {
		name_path(path, err, err_size);
		goto fail;
	}
	(void)sqlite3_busy_timeout(s->db, STORE_READ_BUSY_MS);
	return s;
fail:
	saved_errno = errno;
	store_close(s);
	errno = saved_errno;
	return NULL;
}

void
store_close(struct store *s)
{
	size_t	i;

	if (s == NULL)
		return;
	for (i = 0; i < STORE_NQUERIES; i++)
		(void)sqlite3_finalize(s->queries[i]);
	(void)sqlite3_close(s->db);
	if (s->writer != NULL)
		store_writer_stop(s->writer);
	free(s);
}

int
store_fd(const struct store *s)
{
	return s->writer == NULL ? -1 : store_writer_fd(s->writer);
}

void
store_dispatch(struct store *s)
{
	if (s->writer != NULL)
		store_writer_dispatch(s->writer);
}

void
store_flush(struct store *s)
{
	if (s->writer != NULL)
		store_writer_flush(s->writer);
}

void
store_get_stats(struct store *s, struct store_stats *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (s->writer != NULL)
		store_writer_stats(s->writer, ret);
}
