/* SPDX-License-Identifier: ISC */
/*
 * summary: after a call that wants one ("sms": true of its flow, or of
 * what followed in it) a short message
 * to the person with what was said; the text is the assistant's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "common/store_jobs.h"
#include "webhookd/ask.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/webhookd.h"

static void
on_text(void *arg, const struct msg_answer *answer)
{
	struct job		*job = arg;
	struct json_object	*args;
	int			 rc = -1, e;

	job->own = NULL;
	if (!answer->ok) {
		job_end(job, JOB_AGAIN, answer->error);
		return;
	}
	if (answer->text[0] == '\0') {
		job_end(job, JOB_DONE, "nothing was said");
		return;
	}
	/* we died between adding it and our own end: it may be sent already */
	if (store_had_job(job->w->store, &job->row.call, "sms", job->row.call.text) == 1) {
		job_end(job, JOB_DONE, "the message was added before");
		return;
	}
	errno = ENOMEM;
	if ((args = json_object_new_object()) != NULL) {
		(void)json_add_str(args, "to", json_get_str(job->args, "to"));
		(void)json_add_str(args, "text", answer->text);
		(void)json_add_str(args, "ref", job->row.call.text);
		rc = jobs_add(job->w, "sms", &job->row.call, job->row.call.text, args, 0);
	}
	e = errno;
	json_object_put(args);
	if (rc == -1)
		job_end(job, JOB_AGAIN, strerror(e));
	else
		job_end(job, JOB_DONE, NULL);
}

static void
start(struct job *job)
{
	struct msg_ask		 m = { .what = "summary" };
	struct store_call	 row;

	if (store_get_call(job->w->store, &job->row.call, &row) == 1) {
		(void)snprintf(m.language, sizeof(m.language), "%s", row.language);
		(void)snprintf(m.assistant, sizeof(m.assistant), "%s", row.assistant);
		(void)snprintf(m.name, sizeof(m.name), "%s", row.name);
		(void)snprintf(m.caller, sizeof(m.caller), "%s", row.caller);
		(void)snprintf(m.called, sizeof(m.called), "%s", row.called);
	}
	if ((job->own = ask_start(job->w, &job->row.call, &m, on_text, job)) == NULL)
		job_end(job, JOB_AGAIN, strerror(errno));
}

static void
stop(struct job *job)
{
	ask_cancel(job->own);
}

const struct job_kind job_summary = {
	.name = "summary", .start = start, .stop = stop, .at_once = 4, .pause_ms = 2000, .pause_factor = 3,
	.parked_max_ms = INT64_MAX,
};

void
summary_after(struct webhookd *w, struct known_call *call)
{
	const struct flow_state	*at = flow_state_of(w, call);
	const struct flow	*f = flow_find(w->flows, at->flow);
	struct json_object	*args;
	const char		*to = strcmp(call->row.direction, "outbound") == 0 ? call->row.called : call->row.caller;

	if ((f == NULL || !flow_wants_sms(f)) && (at->vars == NULL || strcmp(json_get_str_or(at->vars, "sms", ""), "1") != 0))
		return;
	if ((args = json_object_new_object()) == NULL || json_add_str(args, "to", to) == -1 ||
	    jobs_add(w, "summary", &call->row.id, call->row.id.text, args, 0) == -1)
		log_error(&(struct log_ctx){ call->row.id.text }, "summary.refused", "cause=%s", LOG_Q(strerror(errno)));
	json_object_put(args);
}
