/* SPDX-License-Identifier: ISC */
/*
 * transfer: the AI on a call's WebSocket wants a person (brokerd made the job; its key is
 * the call and the turn). The flow says which step that is; the call is put there by REST.
 *
 * A process that dies between must neither lose it nor ring the person twice: the step is
 * committed before the request is sent, the same wish is the same step again, and an
 * attempt that is not the first asks Vonage whether the call was moved already (a transfer
 * takes it into another conversation, spec/vonage.md 7.4). When nothing came of it the call is put back
 * into its step, and the job's state tells brokerd.
 */
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
#include "webhookd/event.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/leftsockets.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define ATTEMPTS_MAX	4	/* in 4 s or so: the caller waits in silence */

struct move {
	struct job	*job;
	char		*ncco;
	size_t		 len;
};

static void
move_free(struct job *job)
{
	struct move	*m = job->own;

	job->own = NULL;
	if (m == NULL)
		return;
	free(m->ncco);
	free(m);
}

static void
end(struct job *job, enum job_result result, const char *text)
{
	move_free(job);
	job_end(job, result, text);
}

/* It failed: once more, or the caller stays with the AI. */
static void
fail(struct job *job, enum job_result result, const char *text)
{
	struct known_call	*call = calls_find(job->w->calls, &job->row.call);

	if (result == JOB_AGAIN && job->row.attempts >= ATTEMPTS_MAX)
		result = JOB_REFUSED;
	if (result == JOB_REFUSED && call != NULL)
		flow_transfer_undo(job->w, call, job->row.key);
	end(job, result, text);
}

/* ---- afterwards ---- */

static void
moved(struct job *job, const char *text)
{
	struct leftsockets	s;

	log_info(&(struct log_ctx){ job->row.call.text }, "call.transferred", "key=%s", LOG_Q(job->row.key));
	leftsockets_note(job->w, &job->row.call, &s);
	leftsockets_hang_up(job->w, &job->row.call, &s);
	end(job, JOB_DONE, text);
}

static void
on_put(void *arg, const struct vonage_reply *reply)
{
	struct job	*job = arg;

	job->retry_after_ms = reply->retry_after_ms;
	if (reply->result == VONAGE_OK)
		moved(job, reply->text);
	else if (reply->result == VONAGE_GONE)
		end(job, JOB_DONE, "the call is over");
	else
		fail(job, reply->result == VONAGE_RETRY ? JOB_AGAIN : JOB_REFUSED, reply->text);
}

/* ---- the request ---- */

static void
put(struct job *job)
{
	struct move		*m = job->own;
	struct json_object	*ncco = json_parse(m->ncco, m->len, NULL), *body = NULL;
	int			 rc = -1, e;

	errno = ENOMEM;
	if (ncco != NULL && (body = vonage_transfer_body(ncco, NULL)) != NULL)
		rc = vonage_put(job->w->vonage, job_leg(job), job_region(job), body, on_put, job);
	e = errno;
	json_object_put(body);
	json_object_put(ncco);
	if (rc == -1)
		fail(job, e == EAGAIN || e == ENOMEM ? JOB_AGAIN : JOB_REFUSED,
		    e == ENOKEY ? "application_id or private_key is not configured" : strerror(e));
}

static void
on_looked(void *arg, const struct vonage_reply *reply)
{
	struct job		*job = arg;
	struct known_call	*call = calls_find(job->w->calls, &job->row.call);

	if (reply->result == VONAGE_GONE || call == NULL)
		end(job, JOB_DONE, "the call is over");
	else if (reply->result != VONAGE_OK || reply->body == NULL)
		fail(job, reply->result == VONAGE_RETRY ? JOB_AGAIN : JOB_REFUSED, reply->text);
	else if (flow_was_moved(job->w, call, json_get_str_or(reply->body, "conversation_uuid", "")))
		moved(job, "it was done before");
	else
		put(job);
}

/* The step is committed. */
static void
on_saved(void *arg, int rc, int err)
{
	struct job	*job = arg;

	if (rc == -1 && err == ENOENT) {
		end(job, JOB_AGAIN, "the lease was lost");	/* somebody else does it */
		return;
	}
	if (rc == -1)
		log_error(&(struct log_ctx){ job->row.call.text }, "jobs.store", "what=renew cause=%s did=went_on", LOG_Q(strerror(err)));
	if (job->row.attempts == 1 && !job->interrupted)
		put(job);
	else if (vonage_get(job->w->vonage, job_leg(job), job_region(job), on_looked, job) == -1)
		fail(job, errno == EAGAIN || errno == ENOMEM ? JOB_AGAIN : JOB_REFUSED, strerror(errno));
}

/* ---- the job ---- */

static void
go(struct job *job, struct known_call *call)
{
	struct webhookd	*w = job->w;
	struct move	*m = mem_calloc(1, sizeof(*m));

	if ((job->own = m) == NULL) {
		fail(job, JOB_AGAIN, "out of memory");
		return;
	}
	m->job = job;
	switch (flow_transfer(w, call, job->row.key, &m->ncco, &m->len)) {
	case FLOW_WISH_GO:
		/* behind the state in the writer's queue: its end says that that is committed */
		if (store_renew_job(w->store, job->row.id, w->d->name, clock_wall_ms() + JOBS_LEASE_MS, on_saved, job) == -1)
			fail(job, JOB_AGAIN, strerror(errno));
		break;
	case FLOW_WISH_NOWHERE:
		log_warn(&(struct log_ctx){ call->row.id.text }, "transfer.nowhere", "flow=%s step=%s", call->flow.flow, call->flow.step);
		end(job, JOB_REFUSED, "the call's flow has nobody");
		break;
	case FLOW_WISH_ELSEWHERE:
		end(job, JOB_DONE, "the call is elsewhere by now");
		break;
	case FLOW_WISH_ENDS:
		end(job, JOB_DONE, "the flow hangs up");
		break;
	case FLOW_WISH_FAILED:
		fail(job, JOB_AGAIN, "out of memory");
		break;
	}
}

static void
start(struct job *job)
{
	struct known_call	*call = calls_find(job->w->calls, &job->row.call);

	if (call == NULL || strcmp(call->row.state, "ended") == 0 || call->row.ending)
		job_end(job, JOB_DONE, "the call is over");
	else if (clock_wall_ms() - job->row.created_at > conf_of(job->w)->turn_max_s * 1000LL)
		fail(job, JOB_REFUSED, "too late");
	else
		go(job, call);
}

const struct job_kind job_transfer = {
	.name = "transfer", .start = start, .stop = move_free, .at_once = 16, .pause_ms = 500, .pause_factor = 2, .in_line = true,
};
