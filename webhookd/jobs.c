/* SPDX-License-Identifier: ISC */
#include "webhookd/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_jobs.h"
#include "webhookd/calls.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define LOOK_US		1000000
#define PAUSE_MAX_MS	60000
#define UNDER_WAY_MAX	64

static const struct job_kind *const kinds[] = { &job_hangup, &job_control, &job_play, &job_fetch, &job_sms, &job_turn, &job_summary, &job_transfer };
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

struct jobs {
	struct webhookd		*w;
	struct loop_watch	*timer;
	struct job		*under_way[UNDER_WAY_MAX];
	size_t			 n;
	bool			 stopping;
};

int64_t
jobs_pause_ms(const struct job_kind *kind, int attempts)
{
	int64_t	ms = kind->pause_ms;

	while (--attempts > 0 && ms < PAUSE_MAX_MS)
		ms *= kind->pause_factor;
	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	/* a quarter of jitter: what failed together does not come back together */
	return ms * 3 / 4 + arc4random_uniform((uint32_t)(ms / 2 + 1));
}

static const struct job_kind *
kind_of(const char *name)
{
	size_t	i;

	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* ---- those under way ---- */

static void
job_free(struct job *job)
{
	json_object_put(job->args);
	free(job);
}

static void
forget(struct job *job)
{
	struct jobs	*j = job->jobs;
	size_t		 i;

	for (i = 0; j->under_way[i] != job; i++)
		continue;
	j->under_way[i] = j->under_way[--j->n];
	job_free(job);
}

static size_t
count_kind(const struct jobs *j, const struct job_kind *kind)
{
	size_t	i, n = 0;

	for (i = 0; i < j->n; i++)
		n += j->under_way[i]->kind == kind;
	return n;
}

/* NULL: out of memory, or no room. */
static struct job *
job_new(struct jobs *j, const struct job_kind *kind, const struct store_job *row)
{
	struct job	*job;

	if (j->n == UNDER_WAY_MAX || count_kind(j, kind) >= (size_t)kind->at_once ||
	    (job = mem_calloc(1, sizeof(*job))) == NULL)
		return NULL;
	job->kind = kind;
	job->w = j->w;
	job->jobs = j;
	job->row = *row;
	job->retry_after_ms = -1;
	job->args = *row->args != '\0' ? json_parse(row->args, strlen(row->args), NULL) : NULL;
	if (!json_object_is_type(job->args, json_type_object)) {
		json_object_put(job->args);
		if ((job->args = json_object_new_object()) == NULL) {
			free(job);
			return NULL;
		}
	}
	j->under_way[j->n++] = job;
	return job;
}

/* ---- the end of an attempt ---- */

struct log_ctx
job_log(const struct job *job)
{
	return (struct log_ctx){ job->row.call.text[0] != '\0' ? job->row.call.text : NULL };
}

static void
on_ended(void *arg, int rc, int err)
{
	struct jobs	*j = arg;

	if (rc == -1)
		log_error(NULL, "jobs.store", "what=end cause=%s did=left_to_its_lease", LOG_Q(strerror(err)));
	jobs_kick(j);		/* another one may have waited in its line */
}

static void
store_end(struct job *job, const char *state, int64_t next_at, const char *text)
{
	struct jobs	*j = job->jobs;

	if (job->row.id == 0)
		return;
	(void)snprintf(job->row.state, sizeof(job->row.state), "%s", state);
	(void)snprintf(job->row.error, sizeof(job->row.error), "%s", text);
	(void)snprintf(job->row.owner, sizeof(job->row.owner), "%s", job->w->d->name);
	job->row.next_at = next_at;
	if (store_end_job(j->w->store, &job->row, j->stopping ? NULL : on_ended, j) == -1)
		log_error(NULL, "jobs.store", "what=end cause=%s did=left_to_its_lease", LOG_Q(strerror(errno)));
}

static void
try_again(struct job *job, const char *text)
{
	const struct webhookd_conf *c = conf_of(job->w);
	struct log_ctx		 ctx = job_log(job);
	int64_t			 ms = jobs_pause_ms(job->kind, job->row.attempts);

	/* a hang-up waits no longer than its kind allows, whatever Vonage asks for */
	if (job->kind->parked_max_ms > 0 && job->retry_after_ms > job->kind->parked_max_ms)
		job->retry_after_ms = job->kind->parked_max_ms;
	if (job->row.attempts < JOBS_ATTEMPTS) {
		if (job->retry_after_ms > ms)
			ms = job->retry_after_ms;
		log_warn(&ctx, "job.again", "kind=%s id=%lld attempts=%d in_ms=%lld cause=%s", job->kind->name,
		    (long long)job->row.id, job->row.attempts, (long long)ms, LOG_Q(text));
		job->w->stats.jobs_again++;
		store_end(job, "waiting", clock_wall_ms() + ms, text);
		return;
	}
	ms = c->job_retry_s * 1000LL;
	if (job->kind->parked_max_ms < ms)
		ms = job->kind->parked_max_ms;
	if (job->retry_after_ms > ms)
		ms = job->retry_after_ms;
	job->row.rounds++;
	log_error(&ctx, "job.parked", "kind=%s id=%lld round=%d in_s=%lld cause=%s", job->kind->name,
	    (long long)job->row.id, job->row.rounds, (long long)(ms / 1000), LOG_Q(text));
	job->w->stats.jobs_parked++;
	store_end(job, "parked", clock_wall_ms() + ms, text);
}

void
job_end(struct job *job, enum job_result result, const char *text)
{
	struct webhookd	*w = job->w;
	struct log_ctx	 ctx = job_log(job);
	bool		 more = job->row.attempts < JOBS_ATTEMPTS ||
	    (job->kind->parked_max_ms > 0 && job->row.rounds < conf_of(w)->job_rounds);

	if (text == NULL)
		text = "";
	if (result == JOB_DONE) {
		log_info(&ctx, "job.done", "kind=%s id=%lld attempts=%d text=%s", job->kind->name,
		    (long long)job->row.id, job->row.attempts, LOG_Q(text));
		w->stats.jobs_done++;
		store_end(job, "done", -1, "");
	} else if (result == JOB_AGAIN && more && job->row.id != 0)
		try_again(job, text);
	else {
		log_error(&ctx, "job.failed", "kind=%s id=%lld attempts=%d rounds=%d cause=%s", job->kind->name,
		    (long long)job->row.id, job->row.attempts, job->row.rounds, LOG_Q(text));
		w->stats.jobs_failed++;
		if (job->kind == &job_hangup)
			w->stats.hangups_failed++;
		store_end(job, "failed", -1, text);
	}
	forget(job);
}

void
job_end_reply(struct job *job, const struct vonage_reply *reply)
{
	char	text[300];

	job->retry_after_ms = reply->retry_after_ms;
	switch (reply->result) {
	case VONAGE_OK:
		job_end(job, JOB_DONE, reply->text);
		break;
	case VONAGE_RETRY:
		job_end(job, JOB_AGAIN, reply->text);
		break;
	case VONAGE_GONE:
	case VONAGE_REFUSED:
		job_end(job, JOB_REFUSED, reply->text);
		break;
	case VONAGE_UNKNOWN:
		(void)snprintf(text, sizeof(text), "not known whether it was done: %.240s", reply->text);
		job_end(job, JOB_REFUSED, text);
		break;
	}
}

void
job_end_errno(struct job *job, int e)
{
	job_end(job, e == EAGAIN || e == ENOMEM ? JOB_AGAIN : JOB_REFUSED,
	    e == ENOKEY ? "application_id or private_key is not configured" :
	    e == EAGAIN ? "too many requests wait for Vonage" : strerror(e));
}

/* ---- what kinds ask ---- */

const char *
job_leg(const struct job *job)
{
	return json_get_str_or(job->args, "leg", job->row.call.text);
}

const char *
job_region(struct job *job)
{
	struct known_call	*call = job->row.call.text[0] != '\0' ? calls_find(job->w->calls, &job->row.call) : NULL;

	return json_get_str_or(job->args, "region_url", call != NULL ? call->row.region_url : "");
}

void
job_renew(struct job *job)
{
	if (job->row.id != 0)
		(void)store_renew_job(job->w->store, job->row.id, job->w->d->name, clock_wall_ms() + JOBS_LEASE_MS, NULL, NULL);
}

/* ---- the beginning ---- */

static bool
is_over(struct job *job)
{
	struct known_call	*call;

	if (!job->kind->of_call || job->row.call.text[0] == '\0')
		return false;
	call = calls_find(job->w->calls, &job->row.call);
	return call != NULL && strcmp(call->row.state, "ended") == 0;
}

static void
begin(struct job *job)
{
	if (job->interrupted && job->kind->once)
		job_end(job, JOB_REFUSED, "not known whether it was done: interrupted");
	else if (is_over(job))
		job_end(job, JOB_REFUSED, "the call is over");
	else
		job->kind->start(job);
}

/* Ours now, or not. A hang-up goes on when the disk is full: done twice does no harm, not at all does. */
static void
on_claimed(void *arg, int rc, int err)
{
	struct job	*job = arg;
	struct jobs	*j = job->jobs;

	job->claiming = false;
	if (j->stopping && rc == 0) {
		job->row.attempts--;
		store_end(job, "waiting", clock_wall_ms(), "");
	}
	if (j->stopping || (rc == -1 && (err == ENOENT || job->kind->once))) {
		if (rc == -1 && err != ENOENT)
			log_error(NULL, "jobs.store", "what=claim cause=%s", LOG_Q(strerror(err)));
		forget(job);
		return;
	}
	begin(job);
}

static void
claim(struct job *job)
{
	struct webhookd	*w = job->w;
	int64_t		 now = clock_wall_ms();

	job->interrupted = strcmp(job->row.state, "running") == 0;
	job->row.attempts = strcmp(job->row.state, "parked") == 0 ? 1 : job->row.attempts + 1;
	job->claiming = true;
	if (store_claim_job(w->store, job->row.id, w->d->name, now, now + JOBS_LEASE_MS, on_claimed, job) == -1)
		on_claimed(job, -1, errno);
}

struct looking { struct jobs *jobs; const struct job_kind *kind; size_t before; };

static bool
take(void *arg, const struct store_job *row)
{
	struct looking	*l = arg;
	size_t		 i;

	for (i = 0; i < l->jobs->n; i++)
		if (l->jobs->under_way[i]->row.id == row->id)
			return true;
	return job_new(l->jobs, l->kind, row) != NULL;
}

/* Rows are read first and claimed after: claiming writes to the same table. */
static void
look_for(struct jobs *j, const struct job_kind *kind)
{
	struct looking	 l = { j, kind, j->n };
	struct job	*found[UNDER_WAY_MAX];
	size_t		 i, n;

	if (count_kind(j, kind) >= (size_t)kind->at_once)
		return;
	if (store_due_jobs(j->w->store, kind->name, clock_wall_ms(), kind->at_once, take, &l) == -1)
		log_error(NULL, "jobs.read", "cause=%s", LOG_Q(strerror(errno)));
	n = j->n - l.before;
	memcpy(found, j->under_way + l.before, n * sizeof(found[0]));
	for (i = 0; i < n; i++)		/* an end at once would move the others */
		claim(found[i]);
}

void
jobs_kick(struct jobs *j)
{
	size_t	i;

	for (i = 0; j != NULL && !j->stopping && i < NKINDS; i++)
		look_for(j, kinds[i]);
}

void
jobs_hang_up_now(struct jobs *j, const struct callid *call)
{
	struct store_job	 row = { .call = *call, .attempts = JOBS_ATTEMPTS };
	struct job		*job;
	size_t			 i;

	for (i = 0; i < j->n; i++)
		if (j->under_way[i]->kind == &job_hangup && callid_equal(&j->under_way[i]->row.call, call))
			return;		/* under way */
	if (j->stopping || (job = job_new(j, &job_hangup, &row)) == NULL)
		return;			/* all are taken: brokerd orders again */
	begin(job);
}

/* ---- adding ---- */

static void
on_added(void *arg, int rc, int err)
{
	struct webhookd	*w = arg;

	if (rc == -1)
		log_error(NULL, "jobs.store", "what=add cause=%s", LOG_Q(strerror(err)));
	else
		jobs_kick(w->jobs);
}

static int
fill(struct store_job *row, const char *kind, const struct callid *call, const char *key, struct json_object *args, int64_t not_before_wall_ms)
{
	const struct job_kind	*k = kind_of(kind);
	const char		*text = args != NULL ? json_text(args, NULL) : "{}";

	if (k == NULL || text == NULL || strlen(text) >= sizeof(row->args) || (key != NULL && strlen(key) >= sizeof(row->key))) {
		errno = k == NULL ? EINVAL : text == NULL ? ENOMEM : EMSGSIZE;
		return -1;
	}
	*row = (struct store_job){ .state = "waiting", .created_at = clock_wall_ms() };
	(void)snprintf(row->kind, sizeof(row->kind), "%s", kind);
	(void)snprintf(row->key, sizeof(row->key), "%s", key != NULL ? key : "");
	(void)snprintf(row->args, sizeof(row->args), "%s", text);
	if (call != NULL) {
		row->call = *call;
		if (k->in_line)
			(void)snprintf(row->line, sizeof(row->line), "%s", call->text);
	}
	row->next_at = not_before_wall_ms > 0 ? not_before_wall_ms : row->created_at;
	return 0;
}

int
jobs_add(struct webhookd *w, const char *kind, const struct callid *call, const char *key,
    struct json_object *args, int64_t not_before_wall_ms)
{
	struct store_job	row;

	if (fill(&row, kind, call, key, args, not_before_wall_ms) == -1)
		return -1;
	return store_add_job(w->store, &row, on_added, w);
}

int
jobs_add_then(struct webhookd *w, const char *kind, const struct callid *call, const char *key,
    struct json_object *args, struct store_job *ret, store_done *done, void *arg)
{
	if (fill(ret, kind, call, key, args, 0) == -1)
		return -1;
	return store_add_job(w->store, ret, done, arg);
}

/* ---- all of it ---- */

static void
on_timer(void *arg)
{
	struct jobs	*j = arg;

	jobs_kick(j);
	loop_timer_set(j->w->d->loop, j->timer, LOOK_US);
}

struct jobs *
jobs_new(struct webhookd *w)
{
	struct jobs	*j;

	if ((j = mem_calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->w = w;
	if ((j->timer = loop_timer_new(w->d->loop, on_timer, j)) == NULL) {
		free(j);
		return NULL;
	}
	/* What a process of our name began before it died; the lock on the name says that it is no more. */
	if (store_release_jobs(w->store, w->d->name, clock_wall_ms()) == -1)
		log_error(NULL, "jobs.store", "what=release cause=%s", LOG_Q(strerror(errno)));
	loop_timer_set(w->d->loop, j->timer, 0);
	return j;
}

void
jobs_drain(struct jobs *j)
{
	j->stopping = true;
}

size_t
jobs_busy(const struct jobs *j)
{
	return j->n - count_kind(j, &job_fetch) - count_kind(j, &job_turn);
}

void
jobs_free(struct jobs *j)
{
	struct webhookd	*w;

	if (j == NULL)
		return;
	w = j->w;
	j->stopping = true;
	/* all completions that know us */
	store_flush(w->store);
	store_dispatch(w->store);
	w->jobs = NULL;
	while (j->n > 0) {
		struct job	*job = j->under_way[0];

		if (job->kind->stop != NULL)
			job->kind->stop(job);
		forget(job);
	}
	(void)store_release_jobs(w->store, w->d->name, clock_wall_ms());
	loop_watch_free(w->d->loop, j->timer);
	free(j);
}
