/* SPDX-License-Identifier: ISC */
/* control: mute, earmuff, transfer; play: talk, stream, DTMF. Of a call that lives, in the order they were asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/leftsockets.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

static void
on_reply(void *arg, const struct vonage_reply *reply)
{
	job_end_reply(arg, reply);
}

static void
stop_control(struct job *job)
{
	free(job->own);
	job->own = NULL;
}

/* An operator took the call out of its step, and Vonage would not: it is there as before. */
static void
stay(struct job *job)
{
	struct known_call	*call = calls_find(job->w->calls, &job->row.call);
	int64_t			 seq;

	if (call != NULL && json_get_int(job->args, "left", 1, INT64_MAX, &seq) == 1)
		flow_leave_undo(job->w, call, seq);
}

static void
on_controlled(void *arg, const struct vonage_reply *reply)
{
	struct job		*job = arg;
	struct leftsockets	*left = job->own;

	if (left != NULL && reply->result == VONAGE_OK)
		leftsockets_hang_up(job->w, &job->row.call, left);
	if (reply->result == VONAGE_REFUSED)
		stay(job);
	stop_control(job);
	job_end_reply(job, reply);
}

/* The caller's own leg is moved: what it leaves is noted. Without memory for that it is left to Vonage. */
static void
note_left(struct job *job, struct json_object *body)
{
	if (strcmp(json_get_str_or(body, "action", ""), "transfer") != 0 || strcmp(job_leg(job), job->row.call.text) != 0 ||
	    (job->own = mem_calloc(1, sizeof(struct leftsockets))) == NULL)
		return;
	leftsockets_note(job->w, &job->row.call, job->own);
}

static void
start_control(struct job *job)
{
	struct json_object	*body = json_get_obj(job->args, "body");
	int			 e;

	if (body == NULL) {
		job_end(job, JOB_REFUSED, "no body");
		return;
	}
	note_left(job, body);
	if (vonage_put(job->w->vonage, job_leg(job), job_region(job), body, on_controlled, job) == 0)
		return;
	e = errno;
	stop_control(job);
	if (e != EAGAIN && e != ENOMEM)
		stay(job);
	job_end_errno(job, e);
}

static void
start_play(struct job *job)
{
	const char	*what = json_get_str_or(job->args, "what", "");

	if (vonage_play(job->w->vonage, job_leg(job), job_region(job), what, json_get_obj(job->args, "body"), on_reply, job) == -1)
		job_end_errno(job, errno);
}

const struct job_kind job_control = {
	.name = "control", .start = start_control, .stop = stop_control, .at_once = 16, .pause_ms = 1000, .pause_factor = 2,
	.in_line = true, .of_call = true,
};

const struct job_kind job_play = {
	.name = "play", .start = start_play, .at_once = 16, .pause_ms = 1000, .pause_factor = 2,
	.in_line = true, .of_call = true,
};
