/* SPDX-License-Identifier: ISC */
#include "brokerd/ladder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/timer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"

struct ladder_job {
	const struct ladder	*ladder;
	const struct ladder_events *on;
	void			*arg;
	struct engine_request	 rq;	/* points to the copies below */
	struct chat_messages	 messages;
	char			*call, *language, *text, *voice;
	int16_t			*pcm;
	struct engine_job	*job;	/* runs now */
	struct event		*again;	/* the same rung, or the end when there is none */
	int			 rung;	/* -1: none is left */
	unsigned		 tried;	/* mask */
	bool			 retried;	/* this rung */
	bool			 begun;	/* a piece was given out */
	char			 error[200];
};

int
ladder_pick(const struct ladder *l, unsigned tried, int64_t now_ms)
{
	int	 i, fallback = -1;

	for (i = 0; i < (int)l->n; i++) {
		if ((tried & 1U << i) != 0)
			continue;
		if (l->rungs[i]->avoid_until_ms <= now_ms)
			return i;
		if (fallback == -1)
			fallback = i;
	}
	return fallback;
}

static void
job_free(struct ladder_job *j)
{
	if (j == NULL)
		return;
	if (j->again != NULL)
		event_free(j->again);
	chat_messages_clear(&j->messages);
	free(j->call);
	free(j->language);
	free(j->text);
	free(j->voice);
	free(j->pcm);
	free(j);
}

static const struct log_ctx *
log_of(const struct ladder_job *j, struct log_ctx *ctx)
{
	ctx->call = j->call[0] != '\0' ? j->call : NULL;
	return ctx;
}

static void
note_failure(struct ladder_job *j, struct engine *e, const char *error)
{
	struct log_ctx	 ctx;

	(void)snprintf(j->error, sizeof(j->error), "%s: %s", e->name, error);
	log_warn(log_of(j, &ctx), "engine.failed", "engine=%s service=%s begun=%d error=%s", e->name,
	    engine_service_names[e->service], j->begun, LOG_Q(error));
	if (++e->failures >= LADDER_AVOID_AFTER)
		e->avoid_until_ms = clock_mono_ms() + LADDER_AVOID_MS;
}

/* Start the current rung or the next that starts; without one the timer tells it. */
static void
try_rungs(struct ladder_job *j)
{
	struct engine	*e;

	while (j->rung != -1) {
		e = j->ladder->rungs[j->rung];
		j->tried |= 1U << j->rung;
		if ((j->job = engine_start(e, &j->rq)) != NULL)
			return;
		note_failure(j, e, strerror(errno));
		j->retried = false;
		j->rung = ladder_pick(j->ladder, j->tried, clock_mono_ms());
	}
	timer_arm(j->again, 0);
}

static void
end_failed(struct ladder_job *j)
{
	struct engine_result	 res = { .error = j->error, .retry_ms = -1, .text = "", .action = "", .tokens_in = -1, .tokens_out = -1 };

	j->on->done(j->arg, &res, "");
	job_free(j);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct ladder_job	*j = arg;

	(void)fd;
	(void)what;
	if (j->rung == -1)
		end_failed(j);
	else
		try_rungs(j);
}

static void
on_text(void *arg, const char *delta, size_t len)
{
	struct ladder_job	*j = arg;

	j->begun = j->begun || len > 0;
	j->on->text(j->arg, delta, len);
}

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct ladder_job	*j = arg;

	j->begun = j->begun || n > 0;
	j->on->pcm(j->arg, pcm, n, rate_hz);
}

static void
on_done(void *arg, const struct engine_result *res)
{
	struct ladder_job	*j = arg;
	struct engine		*e = j->ladder->rungs[j->rung];

	j->job = NULL;
	if (res->ok) {
		e->failures = 0;
		e->avoid_until_ms = 0;
		j->on->done(j->arg, res, e->name);
		job_free(j);
		return;
	}
	note_failure(j, e, res->error);
	if (j->begun) {
		end_failed(j);
		return;
	}
	if (!j->retried && res->retry_ms >= 0 && res->retry_ms <= LADDER_WAIT_MS) {
		j->retried = true;
		timer_arm(j->again, res->retry_ms);
		return;
	}
	j->retried = false;
	j->rung = ladder_pick(j->ladder, j->tried, clock_mono_ms());
	timer_arm(j->again, 0);
}

static const struct engine_events engine_events = { on_text, on_pcm, on_done };

static char *
copy(const char *text)
{
	return mem_strdup(text == NULL ? "" : text);
}

static int
copy_request(struct ladder_job *j, const struct engine_request *rq)
{
	if ((j->call = copy(rq->call)) == NULL || (j->language = copy(rq->language)) == NULL ||
	    (j->text = copy(rq->text)) == NULL || (j->voice = copy(rq->voice)) == NULL)
		return -1;
	if (rq->messages != NULL && chat_messages_copy(&j->messages, rq->messages) == -1)
		return -1;
	if (rq->nsamples > 0) {
		if ((j->pcm = mem_alloc(rq->nsamples * sizeof(*j->pcm))) == NULL)
			return -1;
		memcpy(j->pcm, rq->pcm, rq->nsamples * sizeof(*j->pcm));
	}
	j->rq = *rq;
	j->rq.call = j->call;
	j->rq.language = j->language;
	j->rq.text = j->text;
	j->rq.voice = j->voice;
	j->rq.messages = &j->messages;
	j->rq.pcm = j->pcm;
	j->rq.on = &engine_events;
	j->rq.arg = j;
	return 0;
}

struct ladder_job *
ladder_start(const struct ladder *l, const struct engine_request *rq, const struct ladder_events *on, void *arg)
{
	struct ladder_job	*j;

	if ((j = mem_calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->ladder = l;
	j->on = on;
	j->arg = arg;
	(void)snprintf(j->error, sizeof(j->error), "no engine is configured");
	if ((j->again = event_new(l->base, -1, 0, on_again, j)) == NULL || copy_request(j, rq) == -1) {
		job_free(j);
		errno = ENOMEM;
		return NULL;
	}
	j->rung = ladder_pick(l, 0, clock_mono_ms());
	try_rungs(j);
	return j;
}

void
ladder_cancel(struct ladder_job *j)
{
	if (j == NULL)
		return;
	engine_cancel(j->job);
	job_free(j);
}

void
ladder_pause(struct ladder_job *j, bool paused)
{
	if (j != NULL)
		engine_pause(j->job, paused);
}
