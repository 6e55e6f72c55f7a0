/* SPDX-License-Identifier: ISC */
#include "webhookd/flow_act.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/recturn.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

void
flow_act_turn(struct webhookd *w, struct known_call *call, const struct event *ev, const struct follow *next)
{
	(void)record_turn_start(w, call, ev, next->flow, next->step);
}

void
flow_act_hangup(struct webhookd *w, struct known_call *call)
{
	/* first the job: a call that is to end and has none stays open until it is reaped */
	if (jobs_add(w, "hangup", &call->row.id, call->row.id.text, NULL, clock_wall_ms()) == -1) {
		log_error(&(struct log_ctx){ call->row.id.text }, "store.refused", "what=hangup cause=%s did=once_now", LOG_Q(strerror(errno)));
		jobs_hang_up_now(w->jobs, &call->row.id);
	}
	call->row.ending = true;
	(void)store_put_call(w->store, &call->row, NULL, NULL);
}

static void
on_transferred(void *arg, const struct vonage_reply *r)
{
	struct callid	*id = arg;

	if (r->result == VONAGE_OK)
		log_info(&(struct log_ctx){ id->text }, "flow.transferred", "status=%ld", r->status);
	else
		log_warn(&(struct log_ctx){ id->text }, "flow.transfer_failed", "cause=%s", LOG_Q(r->text));
	free(id);
}

/* An NCCO that is too long for the row of a job is sent once. */
static int
send_once(struct webhookd *w, struct known_call *call, struct json_object *body)
{
	struct callid	*id = mem_alloc(sizeof(*id));

	if (id == NULL)
		return -1;
	*id = call->row.id;
	if (vonage_put(w->vonage, id->text, call->row.region_url, body, on_transferred, id) == 0)
		return 0;
	free(id);
	return -1;
}

/* The number of the step makes the key: a step that is entered again is another transfer. */
static int
add_transfer(struct webhookd *w, struct known_call *call, struct json_object *body)
{
	struct json_object	*args = json_object_new_object();
	char			 key[96];
	int			 rc = -1;

	(void)snprintf(key, sizeof(key), "%.64s %lld", call->row.id.text, (long long)call->flow.seq);
	if (args != NULL && json_add_str(args, "leg", call->row.id.text) == 0 && json_add(args, "body", json_object_get(body)) == 0)
		rc = jobs_add(w, "control", &call->row.id, key, args, clock_wall_ms());
	json_object_put(args);
	return rc == 0 || errno != EMSGSIZE ? rc : send_once(w, call, body);
}

void
flow_act_transfer(struct webhookd *w, struct known_call *call, const char *ncco, size_t len)
{
	struct json_object	*actions = json_parse(ncco, len, NULL), *body = NULL;

	if (actions != NULL)
		body = vonage_transfer_body(actions, NULL);
	if (body == NULL || add_transfer(w, call, body) == -1)
		log_error(&(struct log_ctx){ call->row.id.text }, "flow.transfer_failed", "cause=%s", LOG_Q(strerror(errno)));
	json_object_put(body);
	json_object_put(actions);
}

char *
flow_act_quiet(size_t *ret_len)
{
	static const char	quiet[] = "[{\"action\":\"wait\",\"timeout\":5}]";

	*ret_len = sizeof(quiet) - 1;
	return mem_strdup(quiet);
}
