/* SPDX-License-Identifier: ISC */
#include "tools/callsim/nccorun.h"

#include <stdlib.h>

#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/delivery.h"
#include "tools/callsim/sim.h"

const char *
run_event_url(const struct leg *leg, const struct ncco_action *a)
{
	return a->event_url == NULL ? leg->sim->options.event_url : a->event_url;
}

static void
begin_action(struct leg *leg, const struct ncco_action *a)
{
	leg->run.now = a;
	switch (a->kind) {
	case NCCO_TALK:
		run_talk(leg, a);
		break;
	case NCCO_STREAM:
		run_stream(leg, a);
		break;
	case NCCO_RECORD:
		run_record(leg, a);
		break;
	case NCCO_CONVERSATION:
		run_conversation(leg, a);
		break;
	case NCCO_CONNECT:
		run_connect(leg, a);
		break;
	case NCCO_WAIT:
		run_wait(leg, a);
		break;
	case NCCO_INPUT:
		run_input(leg, a);
		break;
	case NCCO_NOTIFY:
		run_notify(leg, a);
		break;
	case NCCO_TRANSFER:
		run_transfer(leg, a);
		break;
	}
}

/* The NCCO of onAnswer is through: the callee meets who called it. */
static void
join_parent(struct leg *leg)
{
	struct leg	*parent = leg->parent;

	leg->joins = false;
	leg->run.state = RUN_IDLE;
	if (parent == NULL || parent->run.connecting != leg || conv_join(parent->conv, leg) == -1) {
		leg_end(leg, "platform");
		return;
	}
	run_answered(leg);
}

static bool
connects_ahead(const struct runner *r)
{
	size_t	i;

	for (i = r->next; i < r->ncco.nactions; i++)
		if (r->ncco.actions[i].kind == NCCO_CONNECT)
			return true;
	return false;
}

void
run_tell_owed(struct leg *leg)
{
	struct leg	*child;

	if (!leg->run.owed)
		return;
	leg->run.owed = false;
	TAILQ_FOREACH(child, &leg->call->legs, in_call) {
		if (child->parent != leg || !child->owes_completed)
			continue;
		child->owes_completed = false;
		leg_event(child, EVENT_COMPLETED, NULL);
	}
}

void
run_next(struct leg *leg)
{
	struct runner	*r = &leg->run;

	while (leg->state == LEG_LIVE && r->state == RUN_GO) {
		if (r->next == r->ncco.nactions) {
			r->state = RUN_DONE;
			r->now = NULL;
			run_tell_owed(leg);
			if (leg->joins)
				join_parent(leg);
			else
				conv_settle(leg->conv, "platform");
			return;
		}
		begin_action(leg, &r->ncco.actions[r->next++]);
	}
}

/* What ends with it may leave the leg alone: after is what that finds it in. */
static void
stop(struct leg *leg, enum run_state after)
{
	struct runner		*r = &leg->run;
	struct conversation	*v = leg->conv;
	struct leg		*child = r->connecting, *other, *next;

	if (r->state == RUN_REPLY)
		r->stale++;
	r->state = after;
	r->now = NULL;
	r->connecting = NULL;
	nccofetch_cancel(leg);
	play_stop(leg, TRACK_NCCO);
	play_stop(leg, TRACK_HOLD);
	if (r->recorder != NULL)
		(void)recorder_finish(r->recorder);
	json_object_put(r->note);
	r->note = NULL;
	if (child != NULL)
		leg_end(child, "platform");
	run_tell_owed(leg);
	if (!r->ends_conversation)
		return;
	r->ends_conversation = false;
	for (other = v == NULL ? NULL : TAILQ_FIRST(&v->legs); other != NULL; other = next) {
		next = TAILQ_NEXT(other, in_conv);
		if (other == leg || other->state == LEG_OVER)
			continue;
		leg_end(other, "platform");
		next = TAILQ_FIRST(&v->legs);	/* others may have gone with it */
	}
}

void
run_stop(struct leg *leg)
{
	stop(leg, RUN_IDLE);
}

void
run_hold(struct leg *leg)
{
	stop(leg, RUN_HELD);
}

void
run_start(struct leg *leg, struct ncco *ncco)
{
	struct runner	*r = &leg->run;

	run_hold(leg);
	ncco_clear(&r->ncco);
	r->ncco = *ncco;
	*ncco = (struct ncco){ 0 };
	r->next = 0;
	r->state = RUN_GO;
	run_next(leg);
}

void
run_clear(struct leg *leg)
{
	struct runner	*r = &leg->run;

	if (r->recorder != NULL)
		r->recorder->holder = NULL;
	r->recorder = NULL;
	ncco_clear(&r->ncco);
	free(r->keys_url);
	free(r->answer_url);
	r->keys_url = r->answer_url = NULL;
	json_object_put(r->note);
	r->note = NULL;
}

void
run_tick(struct leg *leg)
{
	struct runner	*r = &leg->run;

	switch (r->state) {
	case RUN_PLAYING:
		if (!play_busy(leg, TRACK_NCCO))
			r->state = RUN_GO;
		break;
	case RUN_RECORDING:
		run_record_tick(leg);
		break;
	case RUN_WAITING:
		if (leg_ms(leg) >= r->until_ms)
			r->state = RUN_GO;
		break;
	case RUN_INPUT:
		run_input_tick(leg);
		break;
	case RUN_IDLE:
	case RUN_HELD:
	case RUN_GO:
	case RUN_CONFERENCE:
	case RUN_CONNECTING:
	case RUN_REPLY:
	case RUN_DONE:
		break;
	}
	run_next(leg);
}

/* true: the NCCO was replaced. */
static bool
replace(struct leg *leg, const char *body, size_t len)
{
	struct ncco		 fresh = { 0 };
	enum ncco_result	 rc;
	char			 cause[NCCO_CAUSE_SIZE];

	if (leg == NULL || leg->state != LEG_LIVE || body == NULL || !delivery_is_array(body, len))
		return false;
	if ((rc = ncco_parse(&fresh, body, len, cause, sizeof(cause))) != NCCO_OK) {
		nccofetch_bad(leg, rc, cause);
		return false;
	}
	if (fresh.nactions == 0) {
		ncco_clear(&fresh);
		return false;
	}
	run_start(leg, &fresh);
	return true;
}

static void on_answer(struct leg *leg, struct ncco *ncco);

/* The NCCO of a created leg begins: it came with the request, or is asked for now. */
static void
begin_own(struct leg *leg)
{
	struct runner	*r = &leg->run;

	if (r->answer_url == NULL) {
		r->state = RUN_GO;
		run_next(leg);
	} else if (nccofetch(leg, NCCOFETCH_ANSWER, r->answer_url, r->answer_get, on_answer) == 0)
		r->state = RUN_HELD;
	else {
		call_trouble(leg->call, CALL_RESULT_ERROR, "answer webhook: out of memory");
		leg_end(leg, "platform");
	}
}

static void
on_answer(struct leg *leg, struct ncco *ncco)
{
	if (leg->state != LEG_LIVE)
		return;
	if (ncco == NULL)
		leg_end(leg, "platform");
	else
		run_start(leg, ncco);
}

static void
take_reply(struct leg *leg, const char *body, size_t len)
{
	struct runner	*r;
	bool		 owed, replaced;

	if (leg == NULL)
		return;
	r = &leg->run;
	if (r->stale > 0) {
		r->stale--;
		return;
	}
	if (leg->state != LEG_LIVE || r->state != RUN_REPLY)
		return;
	r->state = RUN_GO;	/* answered: no more on its way */
	owed = r->owed;
	r->owed = false;	/* the fallback NCCO may try again: what it replaces tells nothing */
	replaced = replace(leg, body, len);
	r->owed = owed;
	if (!replaced && r->answer_url != NULL && r->ncco.nactions == 0 && r->next == 0)
		begin_own(leg);
	else if (!replaced)
		run_next(leg);
	if (r->connecting == NULL && (leg->state != LEG_LIVE || !connects_ahead(r)))
		run_tell_owed(leg);
}

void
run_reply_own(void *arg, const char *body, size_t len)
{
	take_reply(arg, body, len);
}

void
run_reply_parent(void *arg, const char *body, size_t len)
{
	struct leg	*leg = arg;

	take_reply(leg->parent, body, len);
}

void
run_reply_told(void *arg, const char *body, size_t len)
{
	struct leg	*leg = arg;

	(void)replace(leg->parent != NULL && leg->run.state == RUN_IDLE ? leg->parent : leg, body, len);
}

/* The parent's connect is over, if it waited for leg. */
static bool
release_parent(struct leg *leg)
{
	struct leg	*parent = leg->parent;

	if (parent == NULL || parent->run.connecting != leg)
		return false;
	parent->run.connecting = NULL;
	play_stop(parent, TRACK_HOLD);
	parent->run.state = RUN_GO;
	return true;
}

void
run_answered(struct leg *leg)
{
	if (release_parent(leg)) {
		run_tell_owed(leg->parent);
		run_next(leg->parent);
	} else if (leg->run.state == RUN_HELD)
		begin_own(leg);
}

void
run_detected(struct leg *leg, enum event_status status)
{
	if (leg->joins)			/* its onAnswer runs: the parent waits on */
		run_told(leg, status);
	else if (release_parent(leg)) {
		run_tell_owed(leg->parent);
		leg->parent->run.state = RUN_REPLY;
		leg_event(leg, status, run_reply_parent);
	} else if (leg->run.state == RUN_HELD) {
		leg->run.state = RUN_REPLY;
		leg_event(leg, status, run_reply_own);
	} else
		run_told(leg, status);
}

void
run_told(struct leg *leg, enum event_status status)
{
	leg_event(leg, status, run_reply_told);
}

static void
on_callee_ncco(struct leg *leg, struct ncco *ncco)
{
	if (leg->state != LEG_LIVE)
		return;
	if (ncco == NULL)
		join_parent(leg);
	else
		run_start(leg, ncco);
}

void
run_on_answer(struct leg *leg, const char *url)
{
	struct conversation	*v = conv_new(leg->sim, NULL, leg->conv->rate_hz);

	if (v == NULL || conv_join(v, leg) == -1 ||
	    nccofetch(leg, NCCOFETCH_ON_ANSWER, url, true, on_callee_ncco) == -1) {
		call_trouble(leg->call, CALL_RESULT_ERROR, "onAnswer: out of memory");
		leg_end(leg, "platform");
		return;
	}
	leg->joins = true;
	leg->run.state = RUN_HELD;
}

void
run_connect_failed(struct leg *leg, enum event_status status, bool completed)
{
	struct leg	*parent = release_parent(leg) ? leg->parent : NULL;
	bool		 waits = parent != NULL && leg->synchronous;

	if (waits)
		parent->run.state = RUN_REPLY;
	leg->ended_by = "platform";
	if (completed && waits)		/* after the last attempt: spec/vonage.md 2.6 */
		leg->owes_completed = parent->run.owed = true;
	leg_event(leg, status, waits ? run_reply_parent : NULL);
	if (completed && !waits)
		leg_event(leg, EVENT_COMPLETED, NULL);
	leg_finish(leg, "platform");
	if (parent != NULL && !waits) {
		run_tell_owed(parent);
		run_next(parent);
	}
}

void
run_disconnected(struct leg *leg)
{
	struct leg	*parent = leg->parent;
	eventq_reply	*reply = NULL;

	if (parent != NULL && parent->state == LEG_LIVE) {
		reply = run_reply_told;
		if (parent->run.state == RUN_DONE || parent->run.state == RUN_PLAYING) {
			play_stop(parent, TRACK_NCCO);
			parent->run.state = RUN_REPLY;
			reply = run_reply_parent;
		}
	}
	leg_event(leg, EVENT_DISCONNECTED, reply);
	leg_finish(leg, "user");
}

void
run_gone(struct leg *leg)
{
	if (release_parent(leg)) {
		run_tell_owed(leg->parent);
		run_next(leg->parent);
	}
}
