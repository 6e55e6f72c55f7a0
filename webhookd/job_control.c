/* SPDX-License-Identifier: ISC */
/* control: mute, earmuff, transfer; play: talk, stream, DTMF. Of a call that lives, in the order they were asked for. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "webhookd/jobs.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

static void
on_reply(void *arg, const struct vonage_reply *reply)
{
	job_end_reply(arg, reply);
}

static void
start_control(struct job *job)
{
	struct json_object	*body = json_get_obj(job->args, "body");

	if (body == NULL)
		job_end(job, JOB_REFUSED, "no body");
	else if (vonage_put(job->w->vonage, job_leg(job), job_region(job), body, on_reply, job) == -1)
		job_end_errno(job, errno);
}

static void
start_play(struct job *job)
{
	const char	*what = json_get_str_or(job->args, "what", "");

	if (vonage_play(job->w->vonage, job_leg(job), job_region(job), what, json_get_obj(job->args, "body"), on_reply, job) == -1)
		job_end_errno(job, errno);
}

const struct job_kind job_control = {
	.name = "control", .start = start_control, .at_once = 16, .pause_ms = 1000, .pause_factor = 2,
	.in_line = true, .of_call = true,
};

const struct job_kind job_play = {
	.name = "play", .start = start_play, .at_once = 16, .pause_ms = 1000, .pause_factor = 2,
	.in_line = true, .of_call = true,
};
