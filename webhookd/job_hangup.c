/* SPDX-License-Identifier: ISC */
/* hangup: a leg that is over is a hang-up that succeeded. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "webhookd/calls.h"
#include "webhookd/event.h"
#include "webhookd/follow.h"
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

/* Another leg than the call's own, whose end was told. */
static bool
is_over(const struct job *job)
{
	struct store_leg	leg;

	return strcmp(job_leg(job), job->row.call.text) != 0 && store_get_leg(job->w->store, job_leg(job), &leg) == 1 &&
	    leg.rank >= EVENT_RANK_TERMINAL;
}

static void
start(struct job *job)
{
	struct webhookd		*w = job->w;
	struct known_call	*call = calls_find(w->calls, &job->row.call);

	/* what the AI ordered in a socket that the caller left since */
	if (call != NULL && strcmp(json_get_str_or(job->args, "reason", ""), "goodbye") == 0 && flow_given_away(w, call)) {
		job_end(job, JOB_DONE, "the call is elsewhere by now");
		return;
	}
	if (is_over(job)) {
		job_end(job, JOB_DONE, "already over");
		return;
	}
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
