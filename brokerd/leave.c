/* SPDX-License-Identifier: ISC */
/* leave: a caller who says nothing, and the end of a call on our side (call.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/call.h"
#include "brokerd/timer.h"
#include "common/clock.h"
#include "common/mem.h"

#define HANGUP_AGAIN_MS	1000

/* ---- a silent caller ---- */

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;
	struct turn	*t;
	bool		 last = c->idle_prompts >= c->assistant->idle_prompts;

	(void)fd;
	(void)what;
	if (c->turn != NULL || c->ending || (t = call_new_turn(c, TURN_THINKING)) == NULL)
		return;
	c->idle_prompts++;
	log_info(&c->log, "idle", "prompt=%d last=%d", c->idle_prompts, last);
	if (last)
		(void)snprintf(t->row.action, sizeof(t->row.action), "hangup");
	talk_phrase(c, t, last ? PHRASE_GOODBYE : PHRASE_STILL_THERE);
}

/* ---- hanging up ---- */

static void
order_control(struct call *c)
{
	struct msg_control	 m = { .job = 0 };
	struct bus_peer		*peer = broker_webhookd(c->b);

	(void)snprintf(m.action, sizeof(m.action), "hangup");
	(void)snprintf(m.reason, sizeof(m.reason), "%s", c->unstored ? "unstored" : "");
	if (peer == NULL || bus_order_json(c->b->d->bus, peer, MSG_CALL_CONTROL, &c->id, &m) != BUS_OK)
		log_warn(&c->log, "hangup.waits", "cause=no_webhookd");
	timer_arm(c->hangup, HANGUP_AGAIN_MS);
}

static void
on_hangup(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	order_control(arg);
}

struct hangup { struct broker *b; struct callid id; };

static void
on_job(void *arg, int rc, int err)
{
	struct hangup	*h = arg;
	struct call	*c = broker_find(h->b, &h->id);

	free(h);
	if (c == NULL)
		return;
	if (rc == 0) {
		order_control(c);
		return;
	}
	/* The line must not stay open for a full disk: the order alone has to do. */
	log_error(&c->log, "hangup.job", "error=%s did=ordered_without_a_row", LOG_Q(strerror(err)));
	c->unstored = true;
	order_control(c);
}

void
leave_hang_up(struct call *c, const char *reason)
{
	struct store_job	 job;
	struct hangup		*h;

	if (c->ending)
		return;
	c->ending = true;
	c->b->count.hangups++;
	memset(&job, 0, sizeof(job));
	(void)snprintf(job.kind, sizeof(job.kind), "hangup");
	(void)snprintf(job.key, sizeof(job.key), "%s", c->id.text);
	(void)snprintf(job.state, sizeof(job.state), "waiting");
	(void)snprintf(job.args, sizeof(job.args), "{\"reason\":\"%s\"}", reason);
	job.call = c->id;
	job.created_at = job.next_at = clock_wall_ms();
	log_info(&c->log, "hangup", "reason=%s", reason);
	if ((h = mem_calloc(1, sizeof(*h))) != NULL) {
		h->b = c->b;
		h->id = c->id;
		if (store_add_job(c->b->store, &job, on_job, h) == 0)
			return;
		free(h);
	}
	log_error(&c->log, "hangup.job", "error=%s did=ordered_without_a_row", LOG_Q(strerror(errno)));
	c->unstored = true;
	order_control(c);
}

int
leave_init(struct call *c)
{
	c->idle = event_new(c->b->base, -1, 0, on_idle, c);
	c->hangup = event_new(c->b->base, -1, 0, on_hangup, c);
	return c->idle == NULL || c->hangup == NULL ? -1 : 0;
}
