/* SPDX-License-Identifier: ISC */
#include "tools/callsim/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/conversation.h"

#define DEFAULT_RATE	16000	/* of the line when no websocket says another */
#define FLUSH_MS	10	/* how often an ending call looks whether its events are out */

static void on_flush(evutil_socket_t fd, short what, void *arg);

const char *
call_result_name(enum call_result r)
{
	static const char *const names[] = {
		[CALL_RESULT_OK] = "ok", [CALL_RESULT_FAILED] = "failed",
		[CALL_RESULT_REJECTED] = "rejected", [CALL_RESULT_BAD_NCCO] = "bad-ncco",
		[CALL_RESULT_REFUSED] = "refused", [CALL_RESULT_BAD_FRAME] = "bad-frame",
		[CALL_RESULT_ERROR] = "error",
	};

	return names[r];
}

static int
new_details(struct call_details *d)
{
	d->talks = json_object_new_array();
	d->transcript = json_object_new_array();
	d->turns = json_object_new_array();
	d->marks = json_object_new_array();
	d->rest = json_object_new_array();
	d->disconnects = json_object_new_array();
	return d->talks == NULL || d->transcript == NULL || d->turns == NULL ||
	    d->marks == NULL || d->rest == NULL || d->disconnects == NULL ? -1 : 0;
}

struct call *
call_new_empty(struct sim *sim, void (*done)(void *arg, struct call *c), void *arg)
{
	struct call	*c;

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&sim->calls, c, entry);
	TAILQ_INIT(&c->legs);
	c->sim = sim;
	c->done = done;
	c->arg = arg;
	if ((c->timer = evtimer_new(sim->base, on_flush, c)) == NULL ||
	    (sim->options.details && new_details(&c->details) == -1)) {
		call_free(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

struct call *
call_new(struct sim *sim, const char *from, const char *to, const char *uuid,
    void (*done)(void *arg, struct call *c), void *arg)
{
	struct conversation	*v;
	struct leg		*leg;
	struct call		*c;

	if ((c = call_new_empty(sim, done, arg)) == NULL)
		return NULL;
	if ((leg = c->first = leg_new(c, uuid, NCCO_PHONE, from, to)) == NULL ||
	    (v = conv_new(sim, NULL, DEFAULT_RATE)) == NULL || conv_join(v, leg) == -1) {
		call_free(c);
		errno = ENOMEM;
		return NULL;
	}
	leg->inbound = true;
	leg->run.state = RUN_HELD;
	leg->actor.script = &sim->script;
	leg->actor.voices = sim->voices;
	leg->actor.loop = sim->options.loop;
	return c;
}

void
call_free(struct call *c)
{
	struct call_details	*d;
	struct leg		*leg;

	if (c == NULL)
		return;
	d = &c->details;
	TAILQ_REMOVE(&c->sim->calls, c, entry);
	while ((leg = TAILQ_FIRST(&c->legs)) != NULL)
		leg_retire(leg);
	if (c->timer != NULL)
		event_free(c->timer);
	json_object_put(d->talks);
	json_object_put(d->transcript);
	json_object_put(d->turns);
	json_object_put(d->marks);
	json_object_put(d->rest);
	json_object_put(d->disconnects);
	free(c);
}

void
call_trouble(struct call *c, enum call_result result, const char *fmt, ...)
{
	struct log_ctx	ctx = { .call = c->first == NULL ? NULL : c->first->uuid };
	char		why[sizeof(c->reason)];
	va_list		ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_warn(&ctx, "trouble", "result=%s why=%s", call_result_name(result), LOG_Q(why));
	if (c->result != CALL_RESULT_OK)
		return;
	c->result = result;
	(void)snprintf(c->reason, sizeof(c->reason), "%s", why);
}

bool
call_is(const struct call *c, const char *id)
{
	const struct leg	*leg;

	TAILQ_FOREACH(leg, &c->legs, in_call)
		if ((leg->state == LEG_LIVE || leg->state == LEG_RINGING) &&
		    (strcmp(id, leg->uuid) == 0 || strcmp(id, leg->conv_uuid) == 0))
			return true;
	return false;
}

int64_t
call_now_ms(const struct call *c)
{
	return c->first == NULL ? 0 : leg_ms(c->first);
}

struct vbuffer_gaps
call_gaps(const struct call *c)
{
	struct vbuffer_gaps	 sum = { 0 }, g;
	const struct leg	*leg;

	TAILQ_FOREACH(leg, &c->legs, in_call) {
		if (leg->sock.buffer == NULL)
			continue;
		g = vbuffer_gaps(leg->sock.buffer);
		sum.count += g.count;
		sum.total_ms += g.total_ms;
		if (g.max_ms > sum.max_ms)
			sum.max_ms = g.max_ms;
	}
	return sum;
}

uint64_t
call_events_failed(const struct call *c)
{
	const struct leg	*leg;
	uint64_t		 n = 0;

	TAILQ_FOREACH(leg, &c->legs, in_call)
		n += eventq_failed(leg->events);
	return n;
}

/* No leg is left: nothing to close but the events. */
static void
abandon(struct call *c)
{
	struct timeval	soon = { 0, FLUSH_MS * 1000 };

	c->state = CALL_ENDING;
	evtimer_add(c->timer, &soon);
}

static uint32_t
rate_of(const struct ncco *n)
{
	size_t	i;

	for (i = 0; i < n->nactions; i++)
		if (n->actions[i].kind == NCCO_CONNECT && n->actions[i].endpoint == NCCO_WEBSOCKET)
			return n->actions[i].rate_hz;
	return DEFAULT_RATE;
}

static void
on_answer(struct leg *leg, struct ncco *ncco)
{
	struct call	*c = leg->call;

	if (c->state != CALL_ASKING)
		return;
	if (ncco == NULL) {
		leg_finish(leg, "platform");
		return;
	}
	leg_event(leg, EVENT_STARTED, NULL);
	leg_event(leg, EVENT_RINGING, NULL);
	leg->conv->rate_hz = rate_of(ncco);	/* nobody else is in it yet */
	if (leg_give_line(leg, c->sim->options.line.wav_path) == -1) {
		call_trouble(c, CALL_RESULT_ERROR, "line: %s", strerror(errno));
		ncco_clear(ncco);
		leg_finish(leg, "platform");
		return;
	}
	c->state = CALL_LIVE;
	leg_answered(leg);
	run_start(leg, ncco);
}

void
call_start(struct call *c)
{
	const struct sim_options *o = &c->sim->options;

	c->state = CALL_ASKING;
	if (nccofetch(c->first, NCCOFETCH_ANSWER, o->answer_url, o->answer_get, on_answer) == 0)
		return;
	call_trouble(c, CALL_RESULT_ERROR, "answer webhook: out of memory");
	leg_finish(c->first, "platform");
}

static bool
settled(struct call *c)
{
	struct leg	*leg;

	TAILQ_FOREACH(leg, &c->legs, in_call)
		if (!eventq_idle(leg->events) || !actor_settled(leg))
			return false;
	return true;
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (!settled(c)) {
		struct timeval soon = { 0, FLUSH_MS * 1000 };

		evtimer_add(c->timer, &soon);
		return;
	}
	c->state = CALL_OVER;
	c->sim->stats.events_sent += c->events_sent;
	c->sim->stats.events_failed += call_events_failed(c);
	c->done(c->arg, c);
}

void
call_leg_over(struct call *c)
{
	struct log_ctx	 ctx = { .call = c->first == NULL ? NULL : c->first->uuid };
	struct leg	*leg;

	TAILQ_FOREACH(leg, &c->legs, in_call)
		if (leg->state != LEG_OVER)
			return;
	if (c->state == CALL_ENDING || c->state == CALL_OVER)
		return;
	if (c->state == CALL_LIVE)
		log_info(&ctx, "call.end", "by=%s ms=%lld result=%s", c->ended_by, (long long)c->duration_ms,
		    call_result_name(c->result));
	abandon(c);
}

void
call_end(struct call *c, const char *by)
{
	struct leg	*leg, *next;

	if (c->state != CALL_LIVE)
		return;
	leg_end(c->first, by);
	for (leg = TAILQ_FIRST(&c->legs); leg != NULL; leg = next) {
		next = TAILQ_NEXT(leg, in_call);
		leg_end(leg, by);
	}
}

void
call_too_long(struct call *c)
{
	if (!c->sim->options.loop)
		call_trouble(c, CALL_RESULT_FAILED, "the call lasted longer than --max-seconds");
	call_end(c, "user");
}
