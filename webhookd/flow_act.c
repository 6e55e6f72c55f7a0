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
	struct store_job	j = { .call = call->row.id, .created_at = clock_wall_ms(), .next_at = clock_wall_ms() };

	(void)snprintf(j.kind, sizeof(j.kind), "hangup");
	(void)snprintf(j.key, sizeof(j.key), "%s", call->row.id.text);
	call->row.ending = true;
	(void)store_put_call(w->store, &call->row, NULL, NULL);
	if (store_add_job(w->store, &j, NULL, NULL) == -1) {
		log_error(&(struct log_ctx){ call->row.id.text }, "store.refused", "what=hangup cause=%s did=once_now", LOG_Q(strerror(errno)));
		jobs_hang_up_now(w->jobs, &call->row.id);
	} else
		jobs_kick(w->jobs);
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

void
flow_act_transfer(struct webhookd *w, struct known_call *call, const char *ncco, size_t len)
{
	struct json_object	*actions = json_parse(ncco, len, NULL), *body = NULL;
	struct callid		*id = mem_alloc(sizeof(*id));

	if (actions != NULL && id != NULL)
		body = vonage_transfer_body(actions, NULL);
	if (body != NULL)
		*id = call->row.id;
	if (body == NULL || vonage_put(w->vonage, id->text, call->row.region_url, body, on_transferred, id) == -1) {
		log_error(&(struct log_ctx){ call->row.id.text }, "flow.transfer_failed", "cause=%s", LOG_Q(strerror(errno)));
		free(id);
	}
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
