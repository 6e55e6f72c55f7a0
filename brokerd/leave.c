/* SPDX-License-Identifier: ISC */
/*
 * leave: a caller who says nothing, and what ends a conversation on our side: a
 * hang-up, or a person who takes over (call.h).
 *
 * Both are jobs of the store that webhookd carries out. A hang-up is the end, and is
 * ordered until the call is over. A transfer may fail, or the call's flow have nobody: until
 * the socket closes the conversation goes on as ever, the job's row is looked at each second, and
 * when it says that nothing came of it the caller is told (PHRASE_NOBODY).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/call.h"
#include "brokerd/timer.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/store_jobs.h"
#include "common/store_list.h"

#define HANGUP_AGAIN_MS	1000
#define LOOK_MS		1000	/* at the job of a transfer */
#define NOBODY_AGAIN_MS	300
#define NOBODY_TRIES	30	/* so often a moment is looked for in which nobody speaks: 9 s */

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

static bool
order(struct call *c, const char *action, const char *reason)
{
	struct msg_control	 m = { .job = 0 };
	struct bus_peer		*peer = broker_webhookd(c->b);

	(void)snprintf(m.action, sizeof(m.action), "%s", action);
	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	return peer != NULL && bus_order_json(c->b->d->bus, peer, MSG_CALL_CONTROL, &c->id, &m) == BUS_OK;
}

static void
order_control(struct call *c)
{
	if (!order(c, "hangup", c->unstored ? "unstored" : ""))
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

struct added { struct broker *b; struct callid id; };	/* a job of that call is being committed */

/* 0; -1: errno, and done is not called. */
static int
add_job(struct call *c, const char *kind, const char *key, const char *line, const char *args, store_done *done)
{
	struct store_job	 job;
	struct added		*a;

	memset(&job, 0, sizeof(job));
	(void)snprintf(job.kind, sizeof(job.kind), "%s", kind);
	(void)snprintf(job.key, sizeof(job.key), "%s", key);
	(void)snprintf(job.line, sizeof(job.line), "%s", line);
	(void)snprintf(job.state, sizeof(job.state), "waiting");
	(void)snprintf(job.args, sizeof(job.args), "%s", args);
	job.call = c->id;
	job.created_at = job.next_at = clock_wall_ms();
	if ((a = mem_calloc(1, sizeof(*a))) == NULL)
		return -1;
	a->b = c->b;
	a->id = c->id;
	if (store_add_job(c->b->store, &job, done, a) == 0)
		return 0;
	free(a);
	return -1;
}

/* The call, if it is still ours. arg is freed. */
static struct call *
call_of(void *arg)
{
	struct added	*a = arg;
	struct call	*c = broker_find(a->b, &a->id);

	free(a);
	return c;
}

static void
on_job(void *arg, int rc, int err)
{
	struct call	*c = call_of(arg);

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
	char	 args[64];

	if (c->ending)
		return;
	c->ending = true;
	c->b->count.hangups++;
	(void)snprintf(args, sizeof(args), "{\"reason\":\"%.40s\"}", reason);
	log_info(&c->log, "hangup", "reason=%s", reason);
	if (add_job(c, "hangup", c->id.text, "", args, on_job) == 0)
		return;
	log_error(&c->log, "hangup.job", "error=%s did=ordered_without_a_row", LOG_Q(strerror(errno)));
	c->unstored = true;
	order_control(c);
}

/* ---- a person ---- */

/* In line with what an operator wants of the call; each turn's wish is carried out once. */
static void
transfer_key(const struct call *c, char *out, size_t size)
{
	(void)snprintf(out, size, "%s %lld", c->id.text, (long long)c->transfer);
}

static void
nobody(struct call *c, const char *cause)
{
	log_warn(&c->log, "transfer.nowhere", "turn=%lld cause=%s did=went_on", (long long)c->transfer, LOG_Q(cause));
	c->b->count.transfers_failed++;
	c->transfer = 0;
	c->owed_nobody = NOBODY_TRIES;
	timer_arm(c->handover, 0);
}

static void
say_nobody(struct call *c)
{
	struct turn	*t;

	if (c->turn != NULL || c->old != NULL || listen_active(c)) {
		if (--c->owed_nobody > 0)
			timer_arm(c->handover, NOBODY_AGAIN_MS);
		return;
	}
	c->owed_nobody = 0;
	if (!c->ending && c->assistant->phrase[PHRASE_NOBODY][0] != '\0' && (t = call_new_turn(c, TURN_THINKING)) != NULL)
		talk_phrase(c, t, PHRASE_NOBODY);
}

struct wish { const char *key; struct store_job job; };

static bool
find_wish(void *arg, const struct store_job *j)
{
	struct wish	*w = arg;

	if (strcmp(j->kind, "transfer") == 0 && strcmp(j->key, w->key) == 0)
		w->job = *j;
	return true;
}

static void
look_at_transfer(struct call *c)
{
	char		 key[128];
	struct wish	 w = { .key = key };

	transfer_key(c, key, sizeof(key));
	if (store_each_job_of(c->b->store, &c->id, find_wish, &w) == -1)
		log_warn(&c->log, "transfer.look", "error=%s", LOG_Q(strerror(errno)));
	if (strcmp(w.job.state, "failed") == 0 || strcmp(w.job.state, "dropped") == 0) {
		nobody(c, w.job.error);
		return;
	}
	if (strcmp(w.job.state, "done") == 0) {
		/* The caller is elsewhere. Should this socket stay open nobody is to be asked in it, and nothing hung up. */
		log_info(&c->log, "transfer.done", "turn=%lld", (long long)c->transfer);
		c->ending = true;
		talk_update(c);
		return;
	}
	timer_arm(c->handover, LOOK_MS);
}

static void
on_handover(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (c->lost)
		return;
	if (c->transfer != 0)
		look_at_transfer(c);
	else if (c->owed_nobody > 0)
		say_nobody(c);
}

static void
on_wish(void *arg, int rc, int err)
{
	struct call	*c = call_of(arg);

	if (c == NULL || c->transfer == 0)
		return;
	if (rc == -1) {
		nobody(c, strerror(err));
		return;
	}
	(void)order(c, "transfer", "");		/* not heard: webhookd looks at its jobs each second */
	timer_arm(c->handover, LOOK_MS);
}

static void
transfer(struct call *c, int64_t turn)
{
	char	 key[128], args[64];

	if (c->ending || c->transfer != 0)
		return;
	c->transfer = turn;
	c->b->count.transfers++;
	if (!c->offer.transfer) {
		nobody(c, "the call's flow has nobody");
		return;
	}
	log_info(&c->log, "transfer", "turn=%lld", (long long)turn);
	transfer_key(c, key, sizeof(key));
	(void)snprintf(args, sizeof(args), "{\"turn\":%lld}", (long long)turn);
	/* a former owner may have died between the job and the turn's last row */
	if (store_had_job(c->b->store, &c->id, "transfer", key) == 1)
		timer_arm(c->handover, LOOK_MS);
	else if (add_job(c, "transfer", key, c->id.text, args, on_wish) == -1)
		nobody(c, strerror(errno));
}

/* ---- all of it ---- */

void
leave_after(struct call *c, const struct turn *t)
{
	if (t->row.action[0] == '\0' || c->lost || !broker_still_owner(c->b, &c->id))
		return;
	if (strcmp(t->row.action, "hangup") == 0)
		leave_hang_up(c, "goodbye");
	else if (strcmp(t->row.action, "transfer") == 0)
		transfer(c, t->row.turn);
}

void
leave_clear(struct call *c)
{
	timer_free(&c->idle);
	timer_free(&c->hangup);
	timer_free(&c->handover);
}

int
leave_init(struct call *c)
{
	c->idle = event_new(c->b->base, -1, 0, on_idle, c);
	c->hangup = event_new(c->b->base, -1, 0, on_hangup, c);
	c->handover = event_new(c->b->base, -1, 0, on_handover, c);
	return c->idle == NULL || c->hangup == NULL || c->handover == NULL ? -1 : 0;
}
