/* SPDX-License-Identifier: ISC */
#include "webhookd/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/calls.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define LOOK_US		1000000
#define LEASE_MS	15000
#define PAUSE_MS	1000		/* doubled each attempt, at most PAUSE_MAX_MS */
#define PAUSE_MAX_MS	60000

struct slot {			/* a job under way here */
	struct jobs	*jobs;
	struct store_job job;
	bool		 used;
};

struct jobs {
	struct webhookd		*w;
	struct loop_watch	*timer;
	struct slot		 slots[JOBS_AT_ONCE];
};

static int64_t
pause_ms(int attempts)
{
	int64_t	ms = PAUSE_MS;

	while (--attempts > 0 && ms < PAUSE_MAX_MS)
		ms *= 2;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

/* A hang-up that has no row (id 0) leaves none. */
static void
set_job(struct slot *s, const char *state, int64_t next_at, const char *error)
{
	if (s->job.id != 0)
		(void)store_set_job(s->jobs->w->store, s->job.id, state, s->job.attempts, next_at, error, NULL, NULL);
}

static void
finish(struct slot *s, enum vonage_result res, const char *text)
{
	struct webhookd	*w = s->jobs->w;
	struct log_ctx	 ctx = { s->job.call.text };
	bool		 retry = res == VONAGE_RETRY && s->job.attempts < JOBS_ATTEMPTS;

	if (res == VONAGE_OK || res == VONAGE_GONE) {
		log_info(&ctx, "hangup", "result=%s attempts=%d", res == VONAGE_OK ? "ok" : "already_over", s->job.attempts);
		set_job(s, "done", -1, "");
	} else if (retry) {
		log_warn(&ctx, "hangup.retry", "attempts=%d cause=%s", s->job.attempts, LOG_Q(text));
		set_job(s, "waiting", clock_wall_ms() + pause_ms(s->job.attempts), text);
	} else {
		w->stats.hangups_failed++;
		log_error(&ctx, "hangup.failed", "attempts=%d cause=%s", s->job.attempts, LOG_Q(text));
		set_job(s, "failed", -1, text);
	}
	s->used = false;
}

static void
on_done(void *arg, const struct vonage_reply *reply)
{
	finish(arg, reply->result, reply->text);
}

static void
start(struct slot *s)
{
	struct webhookd		*w = s->jobs->w;
	struct known_call	*call = calls_find(w->calls, &s->job.call);

	s->job.attempts++;
	w->stats.hangups++;
	if (call != NULL)
		call->row.ending = true;	/* a socket lost from now on is no accident */
	set_job(s, "waiting", clock_wall_ms() + LEASE_MS, "");
	if (vonage_hangup(w->vonage, s->job.call.text, call != NULL ? call->row.region_url : "", on_done, s) == -1)
		finish(s, errno == ENOMEM ? VONAGE_RETRY : VONAGE_REFUSED,
		    errno == ENOKEY ? "application_id or private_key is not configured" : strerror(errno));
}

static struct slot *
free_slot(struct jobs *j, int64_t id, const struct callid *call)
{
	struct slot	*s, *empty = NULL;

	for (s = j->slots; s < j->slots + JOBS_AT_ONCE; s++) {
		if (s->used && (id != 0 ? s->job.id == id : callid_equal(&s->job.call, call)))
			return NULL;
		if (!s->used)
			empty = s;
	}
	return empty;
}

static bool
take(void *arg, const struct store_job *job)
{
	struct jobs	*j = arg;
	struct slot	*s;

	if (strcmp(job->kind, "hangup") != 0 || (s = free_slot(j, job->id, &job->call)) == NULL)
		return true;
	s->jobs = j;
	s->job = *job;
	s->used = true;
	return true;
}

/* Rows are read first and started after: starting writes to the same table. */
void
jobs_kick(struct jobs *j)
{
	bool	was[JOBS_AT_ONCE];
	size_t	i;

	for (i = 0; i < JOBS_AT_ONCE; i++)
		was[i] = j->slots[i].used;
	if (store_due_jobs(j->w->store, clock_wall_ms(), JOBS_AT_ONCE, take, j) == -1)
		log_error(NULL, "jobs.read", "cause=%s", LOG_Q(strerror(errno)));
	for (i = 0; i < JOBS_AT_ONCE; i++)
		if (j->slots[i].used && !was[i])
			start(&j->slots[i]);
}

void
jobs_hang_up_now(struct jobs *j, const struct callid *call)
{
	struct slot	*s = free_slot(j, 0, call);

	if (s == NULL)
		return;			/* under way, or all are taken: brokerd orders again */
	*s = (struct slot){ .jobs = j, .used = true, .job = { .call = *call, .attempts = JOBS_ATTEMPTS } };
	start(s);
}

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
	loop_timer_set(w->d->loop, j->timer, 0);
	return j;
}

void
jobs_free(struct jobs *j)
{
	if (j == NULL)
		return;
	loop_watch_free(j->w->d->loop, j->timer);
	free(j);
}
