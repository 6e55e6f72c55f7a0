/* SPDX-License-Identifier: ISC */
/*
 * The writer thread. The loop's thread appends requests to a queue; the
 * writer takes what is there, runs it in one transaction, takes what came
 * meanwhile while the oldest has waited less than STORE_GROUP_MS, commits.
 * It never waits for company: a lone request is committed at once.
 *
 * A group that fails is rolled back and each of its requests tried alone
 * once, so that a bad one fails by itself.
 */
#include "common/store_impl.h"

#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"

#define BUSY_SLEEP_US	500	/* between two tries for the lock of another process */

struct request {
	struct request		*next;
	store_done		*done;
	void			*arg;
	enum store_op		 op;
	int			 err;		/* 0 committed */
	int64_t			 queued_us;
	size_t			 size;		/* of this allocation */
	size_t			 nparams;
	struct store_param	 params[];	/* their bytes follow */
};

struct queue { struct request *head, **tail; size_t n; };

struct store_writer {
	sqlite3		*db;		/* the writer thread's, as all to "mutex" */
	sqlite3_stmt	*ops[STORE_NOPS];
	sqlite3_stmt	*begin, *commit, *rollback;
	int64_t		 busy_left_us;	/* of busy_ms, for the group at hand */
	int64_t		 next_checkpoint_ms;
	int		 wal_pages;	/* after the last commit */
	struct log_rate	 failures;
	atomic_int	 busy_ms;
	char		*wal_path;
	int		 fd;		/* eventfd */
	pthread_t	 thread;

	pthread_mutex_t	 mutex;		/* guards the rest */
	pthread_cond_t	 work, idle;
	struct queue	 waiting, finished;
	size_t		 bytes;		/* of requests that are not committed */
	size_t		 undelivered;	/* requests in finished, and those on the way to it */
	uint64_t	 submitted, completed;
	bool		 stopping;
	struct store_stats stats;
};

static void
queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
	q->n = 0;
}

static void
queue_put(struct queue *q, struct request *r)
{
	r->next = NULL;
	*q->tail = r;
	q->tail = &r->next;
	q->n++;
}

static struct request *
queue_get(struct queue *q)
{
	struct request	*r = q->head;

	if (r == NULL)
		return NULL;
	if ((q->head = r->next) == NULL)
		q->tail = &q->head;
	q->n--;
	return r;
}

/* ---- the writer thread ---- */

/* Runs in sqlite3_step() of BEGIN: sleep a little, as long as the group's share of time lasts. */
static int
on_busy(void *arg, int ntries)
{
	struct store_writer	*w = arg;

	(void)ntries;
	if (w->busy_left_us <= 0)
		return 0;
	w->busy_left_us -= BUSY_SLEEP_US;
	(void)nanosleep(&(struct timespec){ 0, BUSY_SLEEP_US * 1000L }, NULL);
	return 1;
}

/* Step a statement that gives no rows; an SQLite code. */
static int
run(sqlite3_stmt *stmt)
{
	int	rc = sqlite3_step(stmt), rc2 = sqlite3_reset(stmt);

	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		return SQLITE_OK;
	return rc2 != SQLITE_OK ? rc2 : rc;
}

static void
roll_back(struct store_writer *w)
{
	if (!sqlite3_get_autocommit(w->db))
		(void)run(w->rollback);
}

/* 0, or an errno value. */
static int
execute(struct store_writer *w, const struct request *r)
{
	sqlite3_stmt	*stmt = w->ops[r->op];
	int		 rc;

	if ((rc = store_bind(stmt, r->params, r->nparams)) == SQLITE_OK)
		rc = run(stmt);
	(void)sqlite3_clear_bindings(stmt);
	if (rc != SQLITE_OK)
		return store_errno(rc);
	return store_ops[r->op].must_change && sqlite3_changes(w->db) == 0 ? ENOENT : 0;
}

/* A failure that leaves the transaction, and so the other requests, as they were. */
static bool
is_own_fault(struct store_writer *w, int err)
{
	return (err == ENOENT || err == EEXIST || err == EINVAL || err == EMSGSIZE) && !sqlite3_get_autocommit(w->db);
}

/* The words of SQLite are known here only. */
static void
report(struct store_writer *w, const struct request *r)
{
	unsigned long	missed;

	if (r->err != ENOENT && r->err != EEXIST && log_rate_ok(&w->failures, 10000, &missed))
		log_error(NULL, "store.write", "op=%s cause=%s sqlite=%s more=%lu", store_ops[r->op].name,
		    log_quote(strerror(r->err)), log_quote(sqlite3_errmsg(w->db)), missed);
}

static void
execute_alone(struct store_writer *w, struct request *r)
{
	int	rc;

	if ((rc = run(w->begin)) != SQLITE_OK)
		r->err = store_errno(rc);
	else if ((r->err = execute(w, r)) == 0 && (rc = run(w->commit)) != SQLITE_OK)
		r->err = store_errno(rc);
	if (r->err != 0) {
		report(w, r);
		roll_back(w);
	}
}

/* Append at most room requests to the group. */
static void
take(struct store_writer *w, struct queue *group, size_t room)
{
	struct request	*r;

	(void)pthread_mutex_lock(&w->mutex);
	while (room-- > 0 && (r = queue_get(&w->waiting)) != NULL)
		queue_put(group, r);
	(void)pthread_mutex_unlock(&w->mutex);
}

/* 0, or -1: nothing of the group is in the database. */
static int
execute_group(struct store_writer *w, struct queue *group)
{
	struct request	*r = group->head, *last = NULL;
	int64_t		 until_us = r->queued_us + STORE_GROUP_MS * 1000;

	if (run(w->begin) != SQLITE_OK)
		return -1;
	while (r != NULL) {
		if ((r->err = execute(w, r)) != 0) {
			if (!is_own_fault(w, r->err))
				goto fail;
			report(w, r);
		}
		last = r;
		if ((r = r->next) == NULL && clock_mono_us() < until_us) {
			take(w, group, STORE_GROUP_MAX - group->n);
			r = last->next;
		}
	}
	if (run(w->commit) == SQLITE_OK)
		return 0;
fail:
	roll_back(w);
	return -1;
}

/* Count what was done, and hand back what somebody waits for. */
static void
finish(struct store_writer *w, struct queue *group, uint64_t commits, int64_t took_us)
{
	struct request	*r;
	bool		 wake = false;

	(void)pthread_mutex_lock(&w->mutex);
	w->stats.commits += commits;
	if ((uint64_t)took_us > w->stats.commit_us_max)
		w->stats.commit_us_max = (uint64_t)took_us;
	while ((r = queue_get(group)) != NULL) {
		w->completed++;
		w->bytes -= r->size;
		w->stats.failed += r->err != 0;
		if (r->done != NULL) {
			queue_put(&w->finished, r);
			wake = true;
		} else
			free(r);
	}
	(void)pthread_cond_broadcast(&w->idle);
	(void)pthread_mutex_unlock(&w->mutex);
	if (wake)
		(void)eventfd_write(w->fd, 1);	/* cannot be full: it is read as a whole */
}

static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store_writer	*w = arg;

	(void)db;
	(void)name;
	w->wal_pages = pages;
	return SQLITE_OK;
}

/*
 * SQLite would do this inside COMMIT, before anybody is told of it. TRUNCATE
 * gives the disk back; whoever reads or writes now only postpones it.
 */
static void
checkpoint(struct store_writer *w)
{
	struct stat	st;
	int64_t		now_ms = clock_mono_ms();

	if (w->wal_pages >= STORE_CHECKPOINT_PAGES) {
		w->wal_pages = 0;
		(void)sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
	if (now_ms < w->next_checkpoint_ms)
		return;
	w->next_checkpoint_ms = now_ms + STORE_CHECKPOINT_MS;
	if (stat(w->wal_path, &st) == -1 || st.st_size < STORE_WAL_LARGE)
		return;
	w->busy_left_us = 0;
	(void)sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static void
commit_group(struct store_writer *w, struct queue *group)
{
	struct request	*r;
	uint64_t	 commits = 1;
	int64_t		 begin_us = clock_mono_us();

	w->busy_left_us = atomic_load(&w->busy_ms) * INT64_C(1000);
	if (execute_group(w, group) == -1) {
		w->busy_left_us = atomic_load(&w->busy_ms) * INT64_C(1000);
		for (commits = 0, r = group->head; r != NULL; r = r->next) {
			execute_alone(w, r);
			commits += r->err == 0;
		}
	}
	finish(w, group, commits, clock_mono_us() - begin_us);
	checkpoint(w);
}

/* Wait for requests, or for the time of a checkpoint. false: stop. */
static bool
wait_for_work(struct store_writer *w)
{
	struct timespec	until;
	bool		more;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STORE_CHECKPOINT_MS / 1000;
	(void)pthread_mutex_lock(&w->mutex);
	while (w->waiting.n == 0 && !w->stopping) {
		if (pthread_cond_timedwait(&w->work, &w->mutex, &until) == ETIMEDOUT)
			break;
	}
	more = w->waiting.n > 0 || !w->stopping;
	(void)pthread_mutex_unlock(&w->mutex);
	return more;
}

static void *
writer_main(void *arg)
{
	struct store_writer	*w = arg;
	struct queue		 group;

	while (wait_for_work(w)) {
		queue_init(&group);
		take(w, &group, STORE_GROUP_MAX);
		if (group.n > 0)
			commit_group(w, &group);
		else
			checkpoint(w);
	}
	return NULL;
}

/* ---- the loop's thread ---- */

static int
prepare(struct store_writer *w)
{
	static const char *const	sql[] = { "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK" };
	sqlite3_stmt			**stmts[] = { &w->begin, &w->commit, &w->rollback };
	int				 rc;
	size_t				 i;

	for (i = 0; i < 3; i++) {
		rc = sqlite3_prepare_v3(w->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, stmts[i], NULL);
		if (rc != SQLITE_OK)
			goto fail;
	}
	for (i = 0; i < STORE_NOPS; i++) {
		rc = sqlite3_prepare_v3(w->db, store_ops[i].sql, -1, SQLITE_PREPARE_PERSISTENT, &w->ops[i], NULL);
		if (rc != SQLITE_OK)
			goto fail;
	}
	return 0;
fail:
	errno = store_errno(rc);
	return -1;
}

/* All but the thread and what it needs to be told to stop. */
static void
writer_free(struct store_writer *w, bool close_db)
{
	struct request	*r;
	size_t		 i;

	while ((r = queue_get(&w->finished)) != NULL)
		free(r);
	for (i = 0; i < STORE_NOPS; i++)
		(void)sqlite3_finalize(w->ops[i]);
	(void)sqlite3_finalize(w->begin);
	(void)sqlite3_finalize(w->commit);
	(void)sqlite3_finalize(w->rollback);
	if (close_db)
		(void)sqlite3_close(w->db);
	else
		(void)sqlite3_busy_timeout(w->db, STORE_BUSY_MS);
	if (w->fd != -1)
		(void)close(w->fd);
	free(w->wal_path);
	free(w);
}

static void
init_sync(struct store_writer *w)
{
	pthread_condattr_t	attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&w->mutex, NULL);
	(void)pthread_cond_init(&w->work, &attr);
	(void)pthread_cond_init(&w->idle, NULL);
	(void)pthread_condattr_destroy(&attr);
}

static void
destroy_sync(struct store_writer *w)
{
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_cond_destroy(&w->idle);
	(void)pthread_mutex_destroy(&w->mutex);
}

/* Signals are the loop's: the thread takes none. */
static int
start_thread(struct store_writer *w)
{
	sigset_t	all, old;
	int		e;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&w->thread, NULL, writer_main, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = e;
	return e == 0 ? 0 : -1;
}

struct store_writer *
store_writer_start(sqlite3 *db, const char *path)
{
	struct store_writer	*w;
	size_t			 size = strlen(path) + sizeof("-wal");
	int			 saved_errno;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->db = db;
	w->fd = -1;
	atomic_init(&w->busy_ms, STORE_BUSY_MS);
	queue_init(&w->waiting);
	queue_init(&w->finished);
	if ((w->wal_path = mem_alloc(size)) == NULL)
		goto fail;
	(void)snprintf(w->wal_path, size, "%s-wal", path);
	if ((w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 || prepare(w) == -1)
		goto fail;
	(void)sqlite3_busy_handler(db, on_busy, w);
	(void)sqlite3_wal_hook(db, on_commit, w);
	init_sync(w);
	if (start_thread(w) == 0)
		return w;
	destroy_sync(w);
fail:
	saved_errno = errno;
	writer_free(w, false);
	errno = saved_errno;
	return NULL;
}

void
store_writer_stop(struct store_writer *w)
{
	(void)pthread_mutex_lock(&w->mutex);
	w->stopping = true;
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->mutex);
	(void)pthread_join(w->thread, NULL);
	destroy_sync(w);
	writer_free(w, true);
}

/* One allocation holds the request and the bytes of its parameters. */
static struct request *
request_new(enum store_op op, const struct store_param *params, size_t nparams, store_done *done, void *arg)
{
	struct request	*r;
	size_t		 i, size = sizeof(*r) + nparams * sizeof(*params), text = 0;
	char		*at;

	for (i = 0; i < nparams; i++) {
		if (params[i].len > STORE_REQUEST_BYTES || (text += params[i].len) > STORE_REQUEST_BYTES) {
			errno = EMSGSIZE;
			return NULL;
		}
	}
	if ((r = mem_alloc(size + text)) == NULL)
		return NULL;
	*r = (struct request){ .done = done, .arg = arg, .op = op, .queued_us = clock_mono_us(),
	    .size = size + text, .nparams = nparams };
	memcpy(r->params, params, nparams * sizeof(*params));
	for (at = (char *)r + size, i = 0; i < nparams; at += params[i++].len) {
		if (params[i].len > 0)
			memcpy(at, params[i].data, params[i].len);
		if (params[i].data != NULL)
			r->params[i].data = at;
	}
	return r;
}

int
store_writer_submit(struct store_writer *w, enum store_op op, const struct store_param *params, size_t nparams,
    store_done *done, void *arg)
{
	struct request	*r;
	bool		 full;

	if ((r = request_new(op, params, nparams, done, arg)) == NULL)
		return -1;
	(void)pthread_mutex_lock(&w->mutex);
	full = w->submitted - w->completed >= STORE_QUEUE_MAX || w->undelivered >= STORE_QUEUE_MAX ||
	    w->bytes + r->size > STORE_QUEUE_BYTES;
	if (full)
		w->stats.refused++;
	else {
		queue_put(&w->waiting, r);
		w->submitted++;
		w->undelivered += done != NULL;
		w->bytes += r->size;
		w->stats.requests++;
		(void)pthread_cond_signal(&w->work);
	}
	(void)pthread_mutex_unlock(&w->mutex);
	if (!full)
		return 0;
	free(r);
	errno = EAGAIN;
	return -1;
}

void
store_writer_set_busy_ms(struct store_writer *w, int ms)
{
	atomic_store(&w->busy_ms, ms);
}

int
store_writer_fd(const struct store_writer *w)
{
	return w->fd;
}

void
store_writer_dispatch(struct store_writer *w)
{
	struct request	*r, *next;
	eventfd_t	 ignored;

	(void)eventfd_read(w->fd, &ignored);
	(void)pthread_mutex_lock(&w->mutex);
	r = w->finished.head;
	w->undelivered -= w->finished.n;
	queue_init(&w->finished);
	(void)pthread_mutex_unlock(&w->mutex);
	for (; r != NULL; r = next) {
		next = r->next;
		r->done(r->arg, r->err == 0 ? 0 : -1, r->err);
		free(r);
	}
}

void
store_writer_flush(struct store_writer *w)
{
	uint64_t	upto;

	(void)pthread_mutex_lock(&w->mutex);
	upto = w->submitted;
	while (w->completed < upto)
		(void)pthread_cond_wait(&w->idle, &w->mutex);
	(void)pthread_mutex_unlock(&w->mutex);
}

void
store_writer_stats(struct store_writer *w, struct store_stats *ret)
{
	(void)pthread_mutex_lock(&w->mutex);
	*ret = w->stats;
	ret->queued = w->submitted - w->completed;
	(void)pthread_mutex_unlock(&w->mutex);
}
