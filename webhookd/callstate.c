/* SPDX-License-Identifier: ISC */
#include "webhookd/callstate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/calls.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

struct asked { struct webhookd *w; struct callid call; callstate_fn *fn; void *arg; };

/* A call that nobody knows has no figures. */
static void
gone(struct event *ev)
{
	event_clear(ev);
	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_STATUS;
	ev->rank = EVENT_RANK_TERMINAL;
	ev->duration_s = ev->start_time = ev->end_time = ev->n = ev->d = ev->size = -1;
	ev->sip_code = -1;
	ev->timestamp = clock_wall_ms();
	(void)snprintf(ev->status, sizeof(ev->status), "completed");
}

static bool
apply(struct asked *a, struct event *ev)
{
	struct known_call	*call = calls_find(a->w->calls, &a->call);

	if (call == NULL)
		return ev->rank == EVENT_RANK_TERMINAL;
	(void)snprintf(ev->uuid, sizeof(ev->uuid), "%s", a->call.text);
	if (ev->timestamp == -1)
		ev->timestamp = clock_wall_ms();
	hook_apply(a->w, call, ev);
	return ev->rank == EVENT_RANK_TERMINAL;
}

static void
on_reply(void *arg, const struct vonage_reply *r)
{
	struct asked	*a = arg;
	struct event	 ev;
	bool		 over = false, known;

	memset(&ev, 0, sizeof(ev));
	if (r->result == VONAGE_OK && r->body != NULL)
		event_parse(r->body, &ev);
	else if (r->result == VONAGE_GONE)
		gone(&ev);
	known = ev.status[0] != '\0';		/* 200 with something else is no answer */
	if (known)
		over = apply(a, &ev);
	event_clear(&ev);
	log_info(&(struct log_ctx){ a->call.text }, "call.asked", "status=%s result=%s", LOG_Q(ev.status),
	    vonage_result_name(r->result));
	if (a->fn != NULL)
		a->fn(a->arg, over, known);
	free(a);
}

int
callstate_ask(struct webhookd *w, const struct callid *id, callstate_fn *fn, void *arg)
{
	struct known_call	*call = calls_find(w->calls, id);
	struct asked		*a;
	int			 e;

	if ((a = mem_calloc(1, sizeof(*a))) == NULL)
		return -1;
	*a = (struct asked){ w, *id, fn, arg };
	if (vonage_get(w->vonage, id->text, call != NULL ? call->row.region_url : NULL, on_reply, a) == 0)
		return 0;
	e = errno;
	free(a);
	errno = e;
	return -1;
}
