/* SPDX-License-Identifier: ISC */
#include "sockd/record.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "sockd/recfile.h"

enum job_kind { JOB_OPEN, JOB_DATA, JOB_CLOSE };

/* A recording as the worker sees it. */
struct target {
	struct callid	call;
	uint32_t	rate_hz;
	struct recfile	file;
	bool		failed;
};

struct job {
	struct job	*next;
	enum job_kind	 kind;
	struct target	*to;
	uint64_t	 offset;	/* bytes */
	size_t		 len;
	int16_t		 data[];
};

struct recorder {
	char			*dir;
	pthread_t		 thread;
	bool			 started;
	pthread_mutex_t		 lock;	/* of all below */
	pthread_cond_t		 wake;
	struct job		*first, **last;
	bool			 stopping;
	struct recorder_stats	 stats;
	struct recorder_file	*files;	/* ring [RECORDER_TOLD_MAX] of what is to be told */
	size_t			 first_file, nfiles;
};

struct record {
	struct recorder	*r;
	struct target	*to;
	struct job	*close_job;	/* taken at the start, so that a file can always be ended */
	uint32_t	 rate_hz;
	uint64_t	 base;		/* position of window[0] */
	uint64_t	 end;		/* position behind the last sample of either side */
	uint64_t	 left_end;
	size_t		 size;		/* samples of a channel in the window */
	size_t		 head;		/* where base is in the ring */
	int16_t		*window;	/* stereo, interleaved */
};

static void
job_push(struct recorder *r, struct job *j)
{
	(void)pthread_mutex_lock(&r->lock);
	j->next = NULL;
	*r->last = j;
	r->last = &j->next;
	r->stats.backlog_bytes += j->len;
	(void)pthread_cond_signal(&r->wake);
	(void)pthread_mutex_unlock(&r->lock);
}

static void
count(struct recorder *r, uint64_t *counter, uint64_t n)
{
	(void)pthread_mutex_lock(&r->lock);
	*counter += n;
	(void)pthread_mutex_unlock(&r->lock);
}

static void
give_up(struct recorder *r, struct target *t, const char *doing)
{
	struct log_ctx	ctx = { .call = t->call.text };

	log_error(&ctx, "record.failed", "path=%s doing=%s cause=%s did=recording_given_up",
	    LOG_Q(t->file.path), doing, LOG_Q(strerror(errno)));
	recfile_drop(&t->file);
	t->failed = true;
	count(r, &r->stats.failed, 1);
}

/* Leave word for the loop's thread. */
static void
note_file(struct recorder *r, const struct callid *call, const struct recfile *file, int64_t ended_wall_ms)
{
	struct recorder_file	f = { .call = *call, .rate_hz = file->rate_hz, .bytes = file->data_len,
	    .duration_ms = file->data_len / 4 * 1000 / file->rate_hz, .ended_wall_ms = ended_wall_ms };

	(void)snprintf(f.path, sizeof(f.path), "%.511s", file->path);
	(void)pthread_mutex_lock(&r->lock);
	if (r->nfiles == RECORDER_TOLD_MAX) {
		r->first_file = (r->first_file + 1) % RECORDER_TOLD_MAX;
		r->nfiles--;
	}
	r->files[(r->first_file + r->nfiles++) % RECORDER_TOLD_MAX] = f;
	(void)pthread_mutex_unlock(&r->lock);
}

bool
recorder_next_file(struct recorder *r, struct recorder_file *ret)
{
	bool	found;

	(void)pthread_mutex_lock(&r->lock);
	if ((found = r->nfiles > 0)) {
		*ret = r->files[r->first_file];
		r->first_file = (r->first_file + 1) % RECORDER_TOLD_MAX;
		r->nfiles--;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return found;
}

static void
end_file(struct recorder *r, struct target *t)
{
	struct log_ctx	ctx = { .call = t->call.text };

	if (!t->failed) {
		if (recfile_save(&t->file) == -1) {
			give_up(r, t, "save");
		} else {
			count(r, &r->stats.saved, 1);
			note_file(r, &t->call, &t->file, clock_wall_ms());
			log_info(&ctx, "record.saved", "path=%s ms=%llu", LOG_Q(t->file.path),
			    (unsigned long long)(t->file.data_len / 4 * 1000 / t->rate_hz));
		}
	}
	free(t);
}

static void
job_run(struct recorder *r, struct job *j)
{
	struct target	*t = j->to;

	switch (j->kind) {
	case JOB_OPEN:
		if (recfile_create(&t->file, r->dir, t->call.text, t->rate_hz) == -1)
			give_up(r, t, "create");
		break;
	case JOB_DATA:
		if (!t->failed && recfile_write(&t->file, j->offset, j->data, j->len) == -1)
			give_up(r, t, "write");
		break;
	case JOB_CLOSE:
		end_file(r, t);
		break;
	}
}

/*
 * Whose: the file is CALL.wav or CALL-2.wav. "-2" can end a call's own id too, but
 * not one of 32 hexadecimal digits, with dashes or without.
 */
static int
call_of(const char *path, struct callid *ret)
{
	const char	*name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	char		 stem[RECFILE_PATH_MAX];
	size_t		 len = strlen(name) - strlen(".wav"), digits = 0;

	(void)snprintf(stem, sizeof(stem), "%.*s", (int)len, name);
	while (digits < len && stem[len - digits - 1] >= '0' && stem[len - digits - 1] <= '9')
		digits++;
	if (digits > 0 && digits < 4 && len > 32 + digits && stem[len - digits - 1] == '-')
		stem[len - digits - 1] = '\0';
	return callid_parse(stem, ret);
}

static void
on_recovered(void *arg, const struct recfile *f, int64_t written_wall_ms)
{
	struct callid	call;

	if (call_of(f->path, &call) == 0)
		note_file(arg, &call, f, written_wall_ms);
}

static void *
work(void *arg)
{
	struct recorder	*r = arg;
	struct job	*j;
	unsigned	 n = recfile_recover(r->dir, on_recovered, r);

	if (n > 0)
		log_info(NULL, "record.recovered", "files=%u", n);
	count(r, &r->stats.recovered, n);
	for (;;) {
		(void)pthread_mutex_lock(&r->lock);
		while (r->first == NULL && !r->stopping)
			(void)pthread_cond_wait(&r->wake, &r->lock);
		if ((j = r->first) != NULL && (r->first = j->next) == NULL)
			r->last = &r->first;
		if (j != NULL)
			r->stats.backlog_bytes -= j->len;
		(void)pthread_mutex_unlock(&r->lock);
		if (j == NULL)
			return NULL;
		job_run(r, j);
		free(j);
	}
}

struct recorder *
recorder_new(const char *dir)
{
	struct recorder	*r;
	sigset_t	 all, old;
	int		 rc;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->last = &r->first;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->wake, NULL);
	if ((r->dir = mem_strdup(dir)) == NULL ||
	    (r->files = mem_calloc(RECORDER_TOLD_MAX, sizeof(*r->files))) == NULL)
		goto fail;
	(void)sigfillset(&all);		/* signals are for the loop's thread */
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&r->thread, NULL, work, r);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0) {
		errno = rc;
		goto fail;
	}
	r->started = true;
	return r;
fail:
	recorder_free(r);
	return NULL;
}

void
recorder_free(struct recorder *r)
{
	int	saved_errno = errno;

	if (r == NULL)
		return;
	if (r->started) {
		(void)pthread_mutex_lock(&r->lock);
		r->stopping = true;
		(void)pthread_cond_signal(&r->wake);
		(void)pthread_mutex_unlock(&r->lock);
		(void)pthread_join(r->thread, NULL);
	}
	(void)pthread_cond_destroy(&r->wake);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->dir);
	free(r->files);
	free(r);
	errno = saved_errno;
}

void
recorder_stats(struct recorder *r, struct recorder_stats *ret)
{
	(void)pthread_mutex_lock(&r->lock);
	*ret = r->stats;
	(void)pthread_mutex_unlock(&r->lock);
}

static struct job *
job_new(enum job_kind kind, struct target *to, size_t len)
{
	struct job	*j = mem_alloc(sizeof(*j) + len);

	if (j == NULL)
		return NULL;
	*j = (struct job){ .kind = kind, .to = to, .len = len };
	return j;
}

struct record *
record_open(struct recorder *r, const struct callid *call, uint32_t rate_hz, uint32_t lead_ms)
{
	struct record	*rec;
	struct job	*open_job = NULL;

	if ((rec = mem_calloc(1, sizeof(*rec))) == NULL)
		return NULL;
	rec->r = r;
	rec->rate_hz = rate_hz;
	rec->size = (size_t)rate_hz * (RECORD_FLUSH_MS + 2 * RECORD_MARGIN_MS + lead_ms) / 1000;
	if ((rec->to = mem_calloc(1, sizeof(*rec->to))) == NULL ||
	    (rec->window = mem_calloc(rec->size, 2 * sizeof(*rec->window))) == NULL ||
	    (rec->close_job = job_new(JOB_CLOSE, rec->to, 0)) == NULL ||
	    (open_job = job_new(JOB_OPEN, rec->to, 0)) == NULL) {
		free(rec->close_job);
		free(rec->window);
		free(rec->to);
		free(rec);
		errno = ENOMEM;
		return NULL;
	}
	rec->to->call = *call;
	rec->to->rate_hz = rate_hz;
	rec->to->file.fd = -1;
	job_push(r, open_job);
	count(r, &r->stats.opened, 1);
	return rec;
}

/* Copy n samples at the ring's head out (data may be NULL) and leave silence there. */
static void
window_take(struct record *rec, size_t n, int16_t *data)
{
	size_t	part;

	rec->base += n;
	while (n > 0) {
		part = rec->size - rec->head < n ? rec->size - rec->head : n;
		if (data != NULL) {
			memcpy(data, rec->window + 2 * rec->head, part * 4);
			data += 2 * part;
		}
		memset(rec->window + 2 * rec->head, 0, part * 4);
		rec->head = (rec->head + part) % rec->size;
		n -= part;
	}
}

/* Hand the samples before position upto to the worker. */
static void
flush(struct record *rec, uint64_t upto)
{
	struct recorder_stats	 st;
	struct job		*j = NULL;
	uint64_t		 offset = rec->base * 4;
	size_t			 n;

	if (upto <= rec->base)
		return;
	/* Beyond the window there is only silence, and that needs no writing. */
	n = upto - rec->base > rec->size ? rec->size : (size_t)(upto - rec->base);
	recorder_stats(rec->r, &st);
	if (st.backlog_bytes + n * 4 <= RECORDER_BACKLOG_MAX)
		j = job_new(JOB_DATA, rec->to, n * 4);
	window_take(rec, n, j != NULL ? j->data : NULL);
	rec->base = upto;
	if (j == NULL) {
		count(rec->r, &rec->r->stats.dropped_ms, (uint64_t)n * 1000 / rec->rate_hz);
		return;
	}
	j->offset = offset;
	job_push(rec->r, j);
}

static void
put(struct record *rec, unsigned channel, uint64_t start, const void *pcm, size_t n)
{
	const uint8_t	*in = pcm;
	size_t		 i, at;

	if (start + n > rec->base + rec->size)
		flush(rec, start + n - rec->size);
	if (start < rec->base) {
		at = rec->base - start < n ? (size_t)(rec->base - start) : n;
		count(rec->r, &rec->r->stats.dropped_ms, (uint64_t)at * 1000 / rec->rate_hz);
		start += at;
		in += at * sizeof(int16_t);
		n -= at;
	}
	at = (rec->head + (size_t)(start - rec->base)) % rec->size;
	for (i = 0; i < n; i++) {
		memcpy(&rec->window[2 * at + channel], in + i * sizeof(int16_t), sizeof(int16_t));
		at = at + 1 == rec->size ? 0 : at + 1;
	}
	if (start + n > rec->end)
		rec->end = start + n;
}

void
record_left(struct record *rec, uint64_t start, const void *pcm, size_t n)
{
	uint64_t	margin = (uint64_t)rec->rate_hz * RECORD_MARGIN_MS / 1000;
	uint64_t	unit = (uint64_t)rec->rate_hz * RECORD_FLUSH_MS / 1000;

	put(rec, 0, start, pcm, n);
	if (start + n > rec->left_end)
		rec->left_end = start + n;
	if (rec->left_end >= rec->base + unit + margin)
		flush(rec, rec->left_end - margin);
}

void
record_right(struct record *rec, uint64_t start, const void *pcm, size_t n)
{
	put(rec, 1, start, pcm, n);
}

void
record_cut(struct record *rec, uint64_t from)
{
	uint64_t	pos = from > rec->base ? from : rec->base;
	uint64_t	keep = rec->left_end > pos ? rec->left_end : pos;

	for (; pos < rec->end; pos++)
		rec->window[2 * ((rec->head + (size_t)(pos - rec->base)) % rec->size) + 1] = 0;
	if (rec->end > keep)
		rec->end = keep;
}

void
record_close(struct record *rec)
{
	if (rec == NULL)
		return;
	flush(rec, rec->end);
	job_push(rec->r, rec->close_job);
	free(rec->window);
	free(rec);
}
