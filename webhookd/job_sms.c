/* SPDX-License-Identifier: ISC */
/* sms: a short message, cut to what one may be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "webhookd/jobs.h"
#include "webhookd/sms.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define CHARACTERS_MAX	1000	/* of the Messages API, as one SDK has it: spec/vonage.md 9.1 */

static void
on_reply(void *arg, const struct vonage_reply *reply)
{
	struct job	*job = arg;

	if (reply->result == VONAGE_OK)
		job->w->stats.sms_sent++;
	job_end_reply(job, reply);
}

static void
start(struct job *job)
{
	const struct webhookd_conf *c = conf_of(job->w);
	const char	*to = json_get_str_or(job->args, "to", ""), *text = json_get_str_or(job->args, "text", "");
	const char	*from = json_get_str_or(job->args, "from", c->sms_from);
	struct log_ctx	 ctx = job_log(job);
	char		*fitted;
	bool		 cut;
	int		 rc, e;

	if ((fitted = sms_fit(text, (size_t)c->sms_max_segments, CHARACTERS_MAX, &cut)) == NULL) {
		job_end_errno(job, errno);
		return;
	}
	if (cut)
		log_warn(&ctx, "sms.cut", "from_bytes=%zu to_bytes=%zu", strlen(text), strlen(fitted));
	rc = vonage_sms(job->w->vonage, to, from, fitted, json_get_str(job->args, "ref"), on_reply, job);
	e = errno;
	free(fitted);
	if (rc == 0)
		return;
	if (e == ENOTSUP)
		job_end(job, JOB_REFUSED, "sms_api is off");
	else if (e == ENOKEY)
		job_end(job, JOB_REFUSED, "api_key and api_secret, or application_id and private_key, are not configured");
	else if (e == EINVAL)
		job_end(job, JOB_REFUSED, "a number, a sender or a text that cannot be, or a host that is not Vonage's");
	else
		job_end_errno(job, e);
}

const struct job_kind job_sms = {
	.name = "sms", .start = start, .at_once = 8, .pause_ms = 1000, .pause_factor = 3,
	.parked_max_ms = INT64_MAX, .once = true,
};
