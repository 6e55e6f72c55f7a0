/* SPDX-License-Identifier: ISC */
/* hangup: a leg that is over is a hang-up that succeeded. */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "webhookd/calls.h"
#include "webhookd/jobs.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

static void
on_reply(void *arg, const struct vonage_reply *reply)
{
	struct job	*job = arg;

	if (reply->result == VONAGE_GONE)
		job_end(job, JOB_DONE, "already over");
	else
		job_end_reply(job, reply);
}

static void
start(struct job *job)
{
	struct webhookd		*w = job->w;
	struct known_call	*call = calls_find(w->calls, &job->row.call);

	w->stats.hangups++;
	/* the call itself: a socket lost from now on is no accident */
	if (call != NULL && strcmp(job_leg(job), job->row.call.text) == 0)
		call->row.ending = true;
	if (vonage_hangup(w->vonage, job_leg(job), job_region(job), on_reply, job) == -1)
		job_end_errno(job, errno);
}

const struct job_kind job_hangup = {
	.name = "hangup", .start = start, .at_once = 16, .pause_ms = 1000, .pause_factor = 2,
	.parked_max_ms = 60000,		/* a line that stays open costs by the minute */
};
