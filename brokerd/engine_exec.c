/* SPDX-License-Identifier: ISC */
#include "brokerd/engine_exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "brokerd/exec_child.h"
#include "brokerd/exec_frame.h"
#include "brokerd/exec_request.h"
#include "brokerd/timer.h"
#include "common/log.h"
#include "common/mem.h"

#define PROTOCOL_VERSION	1
#define START_MS		20000	/* most time to the first line */
#define BACKOFF_FIRST_MS	100
#define BACKOFF_MAX_MS		10000
#define FAILING_AFTER		4	/* failures in a row: requests no longer wait for it */
#define PARALLEL_MAX		64

struct exec_job {
	struct engine_job	 job;
	TAILQ_ENTRY(exec_job)	 link;	/* in waiting or in the instance's list */
	struct exec_instance	*at;	/* NULL: waits */
	struct event		*timer;	/* to wait, then in all */
	int64_t			 id;
	struct buf		 line;	/* of the request */
	uint8_t			*pcm;
	size_t			 pcm_len;
	uint32_t		 rate_hz;	/* of the audio that comes */
	const char		*action;	/* by a tool call */
	bool			 cancelled;	/* its owner is gone; its end is awaited */
};
TAILQ_HEAD(exec_jobs, exec_job);

struct exec_instance {
	struct exec_engine	*engine;
	struct exec_child	*child;		/* NULL: not running */
	struct event		*restart;
	struct event		*progress;	/* or the first line */
	struct exec_jobs	 jobs;
	struct exec_job		*receiving;	/* whose PCM comes */
	int			 index, njobs, parallel, failures;
	bool			 ready, deaf;
};

struct exec_engine {
	struct engine		 engine;
	struct event_base	*base;
	char			**argv;
	int			 progress_ms, wait_ms, total_ms;
	size_t			 queue_max, nwaiting;
	struct exec_jobs	 waiting;
	struct exec_instance	*instances;
	int			 ninstances;
	int64_t			 next_id;
	uint64_t		 restarts;
	char			*voice;		/* unless the request says otherwise */
};

static void dispatch(struct exec_engine *e);
static bool instance_down(struct exec_instance *in, const char *cause);

/* ---- jobs ---- */

static void
job_free(struct exec_job *j)
{
	if (j == NULL)
		return;
	if (j->timer != NULL)
		event_free(j->timer);
	buf_clear(&j->line);
	free(j->pcm);
	free(j);
}

static void
job_unlink(struct exec_job *j)
{
	struct exec_engine	*e = (struct exec_engine *)j->job.engine;

	if (j->at == NULL) {
		TAILQ_REMOVE(&e->waiting, j, link);
		e->nwaiting--;
		return;
	}
	TAILQ_REMOVE(&j->at->jobs, j, link);
	if (--j->at->njobs == 0)
		(void)event_del(j->at->progress);
	if (j->at->receiving == j)
		j->at->receiving = NULL;
}

static void
job_fail(struct exec_job *j, int retry_ms, const char *cause)
{
	job_unlink(j);
	if (!j->cancelled)
		engine_fail(&j->job, retry_ms, cause);
	job_free(j);
}

/* It does not take its input. Told from the loop, because a start must not call back. */
static void
give_up(struct exec_instance *in)
{
	in->ready = false;
	in->deaf = true;
	timer_arm(in->progress, 0);
}

/* The child is told to stop; the job stays until it says that it did. */
static void
abandon(struct exec_job *j)
{
	char	 line[64];
	int	 n;

	j->cancelled = true;
	(void)event_del(j->timer);
	if (j->at->child == NULL)
		return;
	n = snprintf(line, sizeof(line), "{\"op\":\"cancel\",\"id\":%lld}", (long long)j->id);
	if (exec_child_send(j->at->child, line, (size_t)n, NULL, 0) == -1)
		give_up(j->at);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct exec_job	*j = arg;

	(void)fd;
	(void)what;
	if (j->at == NULL) {
		job_fail(j, -1, "waited too long for a free process");
		return;
	}
	abandon(j);
	engine_fail(&j->job, -1, "took longer than total_ms");
}

static void
exec_cancel(struct engine_job *job)
{
	struct exec_job	*j = (struct exec_job *)job;

	if (j->at == NULL) {
		job_unlink(j);
		job_free(j);
	} else {
		abandon(j);
	}
}

static struct exec_job *
job_new(struct exec_engine *e, const struct engine_request *rq)
{
	struct engine_request	 voiced = *rq;
	struct exec_job		*j;

	if ((j = mem_calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->job.engine = &e->engine;
	j->job.on = rq->on;
	j->job.arg = rq->arg;
	j->id = e->next_id++;
	j->action = "";
	buf_init(&j->line, EXEC_LINE_MAX);
	if ((j->timer = event_new(e->base, -1, 0, on_late, j)) == NULL) {
		errno = ENOMEM;
		goto fail;
	}
	if (voiced.voice == NULL || voiced.voice[0] == '\0')
		voiced.voice = e->voice;
	if (exec_request_encode(&voiced, e->engine.service, j->id, &j->line) == -1)
		goto fail;
	if (e->engine.service == ENGINE_STT) {
		j->pcm_len = rq->nsamples * 2;
		if ((j->pcm = mem_alloc(j->pcm_len + 1)) == NULL)
			goto fail;
		memcpy(j->pcm, rq->pcm, j->pcm_len);
	}
	return j;
fail:
	job_free(j);
	return NULL;
}

/* ---- who runs what ---- */

static struct exec_instance *
free_instance(struct exec_engine *e)
{
	struct exec_instance	*best = NULL, *in;
	int			 i;

	for (i = 0; i < e->ninstances; i++) {
		in = &e->instances[i];
		if (in->ready && in->njobs < in->parallel && (best == NULL || in->njobs < best->njobs))
			best = in;
	}
	return best;
}

static bool
all_failing(const struct exec_engine *e)
{
	int	 i;

	for (i = 0; i < e->ninstances; i++)
		if (e->instances[i].ready || e->instances[i].failures < FAILING_AFTER)
			return false;
	return true;
}

static void
hand_over(struct exec_instance *in, struct exec_job *j)
{
	struct exec_engine	*e = in->engine;

	TAILQ_REMOVE(&e->waiting, j, link);
	e->nwaiting--;
	TAILQ_INSERT_TAIL(&in->jobs, j, link);
	j->at = in;
	if (in->njobs++ == 0)
		timer_arm(in->progress, e->progress_ms);
	timer_arm(j->timer, e->total_ms);
	if (exec_child_send(in->child, j->line.data, j->line.len, j->pcm, j->pcm_len) == -1)
		give_up(in);
	buf_clear(&j->line);
	free(j->pcm);
	j->pcm = NULL;
}

static void
dispatch(struct exec_engine *e)
{
	struct exec_instance	*in;

	while (!TAILQ_EMPTY(&e->waiting) && (in = free_instance(e)) != NULL)
		hand_over(in, TAILQ_FIRST(&e->waiting));
}

static struct engine_job *
exec_start(struct engine *engine, const struct engine_request *rq)
{
	struct exec_engine	*e = (struct exec_engine *)engine;
	struct exec_job		*j;

	if (all_failing(e)) {
		errno = EHOSTDOWN;
		return NULL;
	}
	if (e->nwaiting > e->queue_max || (e->nwaiting == e->queue_max && free_instance(e) == NULL)) {
		errno = EAGAIN;
		return NULL;
	}
	if ((j = job_new(e, rq)) == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&e->waiting, j, link);
	e->nwaiting++;
	timer_arm(j->timer, e->wait_ms);
	dispatch(e);
	return &j->job;
}

/* ---- what a child says ---- */

static struct exec_job *
find_job(struct exec_instance *in, int64_t id)
{
	struct exec_job	*j;

	TAILQ_FOREACH(j, &in->jobs, link)
		if (j->id == id)
			return j;
	return NULL;
}

static bool
first_line(struct exec_instance *in, struct json_object *obj)
{
	struct exec_engine	*e = in->engine;
	int64_t			 version = 0, parallel = 1;
	const char		*kind = json_get_str_or(obj, "kind", "");

	if (json_get_str(obj, "hello") == NULL)
		return instance_down(in, "its first line is no hello");
	if (json_get_int(obj, "version", 1, 1000, &version) != 1 || version != PROTOCOL_VERSION)
		return instance_down(in, "speaks another version of the protocol");
	if (strcmp(kind, engine_service_names[e->engine.service]) != 0)
		return instance_down(in, "serves another kind than its configuration says");
	(void)json_get_int(obj, "parallel", 1, PARALLEL_MAX, &parallel);
	in->ready = true;
	in->parallel = (int)parallel;
	(void)event_del(in->progress);
	log_info(NULL, "engine.ready", "engine=%s instance=%d pid=%d program=%s", e->engine.name, in->index,
	    (int)exec_child_pid(in->child), LOG_Q(json_get_str_or(obj, "name", "")));
	dispatch(e);
	return true;
}

static void
finish(struct exec_instance *in, struct exec_job *j, enum exec_answer answer, struct engine_result *res)
{
	if (j->action[0] != '\0')
		res->action = j->action;
	if (answer == EXEC_DONE)
		in->failures = 0;
	job_unlink(j);
	if (!j->cancelled)
		engine_finish(&j->job, res);
	job_free(j);
	dispatch(in->engine);
}

static void
keep_action(struct exec_job *j, const char *action)
{
	if (strcmp(action, "hangup") == 0)
		j->action = "hangup";
	else if (strcmp(action, "transfer") == 0)
		j->action = "transfer";
}

static bool
on_message(void *arg, struct json_object *obj, size_t bytes)
{
	struct exec_instance	*in = arg;
	struct exec_engine	*e = in->engine;
	struct exec_job		*j;
	struct engine_result	 res;
	enum exec_answer	 answer;
	const char		*delta;
	int64_t			 id = -1, rate = 0;

	if (in->deaf)
		return true;
	if (!in->ready)
		return first_line(in, obj);
	if (in->njobs > 0)
		timer_arm(in->progress, e->progress_ms);
	in->receiving = NULL;
	if (json_get_int(obj, "id", 0, INT64_MAX, &id) != 1 || (j = find_job(in, id)) == NULL) {
		log_debug(NULL, "engine.unexpected", "engine=%s id=%lld", e->engine.name, (long long)id);
		return true;
	}
	if ((delta = json_get_str(obj, "delta")) != NULL && e->engine.service == ENGINE_CHAT && !j->cancelled)
		j->job.on->text(j->job.arg, delta, strlen(delta));
	if (bytes > 0 && e->engine.service == ENGINE_TTS &&
	    json_get_int(obj, "rate_hz", 4000, 48000, &rate) == 1) {
		j->rate_hz = (uint32_t)rate;
		in->receiving = j;
	}
	answer = exec_answer_decode(obj, e->engine.service, &res);
	if (answer == EXEC_MORE)
		keep_action(j, res.action);
	else
		finish(in, j, answer, &res);
	return true;
}

static bool
on_pcm(void *arg, const int16_t *pcm, size_t n)
{
	struct exec_instance	*in = arg;
	struct exec_job		*j = in->receiving;

	if (j == NULL)
		return true;
	timer_arm(in->progress, in->engine->progress_ms);
	if (!j->cancelled)
		j->job.on->pcm(j->job.arg, pcm, n, j->rate_hz);
	return true;
}

static void
on_gone(void *arg, const char *cause)
{
	(void)instance_down(arg, cause);
}

static const struct exec_child_ops child_ops = { on_message, on_pcm, on_gone };

/* ---- life of an instance ---- */

static int
backoff_ms(int failures)
{
	int	 ms = BACKOFF_FIRST_MS, i;

	if (failures <= 1)
		return 0;
	for (i = 2; i < failures && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

/* Those who wait for an engine that keeps failing are better served by the next one. */
static void
refuse_waiting(struct exec_engine *e)
{
	while (all_failing(e) && !TAILQ_EMPTY(&e->waiting))
		job_fail(TAILQ_FIRST(&e->waiting), -1, "its processes keep failing");
}

/* Returns false, for callbacks: the child is gone. */
static bool
instance_down(struct exec_instance *in, const char *cause)
{
	struct exec_engine	*e = in->engine;
	struct exec_jobs	 lost;
	struct exec_job		*j;

	in->failures++;
	log_warn(NULL, "engine.down", "engine=%s instance=%d failures=%d requests_lost=%d restart_ms=%d cause=%s",
	    e->engine.name, in->index, in->failures, in->njobs, backoff_ms(in->failures), LOG_Q(cause));
	exec_child_free(in->child);
	in->child = NULL;
	in->ready = in->deaf = false;
	(void)event_del(in->progress);
	timer_arm(in->restart, backoff_ms(in->failures));
	e->restarts++;
	TAILQ_INIT(&lost);
	while ((j = TAILQ_FIRST(&in->jobs)) != NULL) {	/* new ones may come while we tell of the old */
		job_unlink(j);
		TAILQ_INSERT_TAIL(&lost, j, link);
	}
	while ((j = TAILQ_FIRST(&lost)) != NULL) {
		TAILQ_REMOVE(&lost, j, link);
		if (!j->cancelled)
			engine_fail(&j->job, 0, "the engine's process ended or stalled");
		job_free(j);
	}
	refuse_waiting(e);
	return false;
}

static void
on_restart(evutil_socket_t fd, short what, void *arg)
{
	struct exec_instance	*in = arg;
	struct exec_engine	*e = in->engine;

	(void)fd;
	(void)what;
	in->child = exec_child_start(e->base, e->engine.name, e->argv, &child_ops, in);
	if (in->child == NULL) {
		(void)instance_down(in, strerror(errno));
		return;
	}
	timer_arm(in->progress, START_MS);
}

static void
on_stall(evutil_socket_t fd, short what, void *arg)
{
	struct exec_instance	*in = arg;

	(void)fd;
	(void)what;
	if (in->deaf)
		(void)instance_down(in, "does not take its input");
	else
		(void)instance_down(in, in->ready ? "no answer for progress_ms" : "no first line");
}

/* ---- life of the engine ---- */

static void
instance_clear(struct exec_instance *in)
{
	struct exec_job	*j;

	while ((j = TAILQ_FIRST(&in->jobs)) != NULL) {
		TAILQ_REMOVE(&in->jobs, j, link);
		job_free(j);
	}
	exec_child_free(in->child);
	if (in->restart != NULL)
		event_free(in->restart);
	if (in->progress != NULL)
		event_free(in->progress);
}

static void
exec_free(struct engine *engine)
{
	struct exec_engine	*e = (struct exec_engine *)engine;
	struct exec_job		*j;
	int			 i;

	for (i = 0; i < e->ninstances; i++)
		instance_clear(&e->instances[i]);
	while ((j = TAILQ_FIRST(&e->waiting)) != NULL) {
		TAILQ_REMOVE(&e->waiting, j, link);
		job_free(j);
	}
	exec_child_free_argv(e->argv);
	free(e->voice);
	free(e->instances);
	free(e);
}

static void
exec_stat(const struct engine *engine, struct json_object *stat)
{
	const struct exec_engine	*e = (const struct exec_engine *)engine;
	int				 i, ready = 0, busy = 0;

	for (i = 0; i < e->ninstances; i++) {
		ready += e->instances[i].ready;
		busy += e->instances[i].njobs;
	}
	(void)json_add_int(stat, "ready", ready);
	(void)json_add_int(stat, "busy", busy);
	(void)json_add_int(stat, "waiting", (int64_t)e->nwaiting);
	(void)json_add_int(stat, "restarts", (int64_t)e->restarts);
}

static const struct engine_ops exec_ops = {
	.start = exec_start,
	.cancel = exec_cancel,
	.stat = exec_stat,
	.free = exec_free,
};

static int
instance_init(struct exec_engine *e, int i)
{
	struct exec_instance	*in = &e->instances[i];

	in->engine = e;
	in->index = i;
	in->parallel = 1;
	TAILQ_INIT(&in->jobs);
	e->ninstances = i + 1;
	in->restart = event_new(e->base, -1, 0, on_restart, in);
	in->progress = event_new(e->base, -1, 0, on_stall, in);
	if (in->restart == NULL || in->progress == NULL) {
		errno = ENOMEM;
		return -1;
	}
	timer_arm(in->restart, 0);
	return 0;
}

struct engine *
engine_exec_new(struct event_base *base, const struct engine_conf *conf)
{
	struct exec_engine	*e;
	int			 i;

	if ((e = mem_calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->engine.ops = &exec_ops;
	(void)snprintf(e->engine.name, sizeof(e->engine.name), "%s", conf->name);
	e->engine.service = (enum engine_service)conf->service;
	e->base = base;
	e->progress_ms = conf->progress_ms;
	e->wait_ms = conf->first_byte_ms;
	e->total_ms = conf->total_ms;
	e->queue_max = (size_t)conf->queue;
	TAILQ_INIT(&e->waiting);
	if ((e->argv = exec_child_copy_argv(conf->command, conf->ncommand)) == NULL ||
	    (e->voice = mem_strdup(conf->voice == NULL ? "" : conf->voice)) == NULL ||
	    (e->instances = mem_calloc((size_t)conf->instances, sizeof(*e->instances))) == NULL)
		goto fail;
	for (i = 0; i < conf->instances; i++)
		if (instance_init(e, i) == -1)
			goto fail;
	return &e->engine;
fail:
	exec_free(&e->engine);
	return NULL;
}
