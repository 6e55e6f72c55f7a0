/* SPDX-License-Identifier: ISC */
#include "brokerd/engine.h"

#include <string.h>

const char *const engine_service_names[ENGINE_NSERVICES + 1] = {
	[ENGINE_STT] =	"stt",
	[ENGINE_CHAT] =	"chat",
	[ENGINE_TTS] =	"tts",
	[ENGINE_NSERVICES] = NULL,
};

struct engine_job *
engine_start(struct engine *e, const struct engine_request *rq)
{
	struct engine_job	*job;

	if ((job = e->ops->start(e, rq)) != NULL)
		e->started++;
	return job;
}

void
engine_cancel(struct engine_job *job)
{
	if (job != NULL)
		job->engine->ops->cancel(job);
}

void
engine_pause(struct engine_job *job, bool paused)
{
	if (job != NULL && job->engine->ops->pause != NULL)
		job->engine->ops->pause(job, paused);
}

void
engine_free(struct engine *e)
{
	if (e != NULL)
		e->ops->free(e);
}

void
engine_finish(struct engine_job *job, const struct engine_result *res)
{
	if (!res->ok)
		job->engine->failed++;
	job->on->done(job->arg, res);
}

void
engine_fail(struct engine_job *job, int retry_ms, const char *error)
{
	struct engine_result	 res;

	memset(&res, 0, sizeof(res));
	res.error = error;
	res.retry_ms = retry_ms;
	res.text = res.action = "";
	engine_finish(job, &res);
}
