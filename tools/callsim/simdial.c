/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simdial.h"

#include <errno.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/nccofetch.h"
#include "tools/callsim/sim.h"

const char *
dial_address(const struct ncco_action *a)
{
	switch (a->endpoint) {
	case NCCO_PHONE:
		return a->number;
	case NCCO_SIP:
	case NCCO_WEBSOCKET:
		return a->uri;
	case NCCO_VBC:
		return a->extension;
	case NCCO_APP:
		return a->user;
	}
	return NULL;
}

static enum phone_detect
detect_of(const struct ncco_action *a)
{
	if (a->amd == NCCO_AMD_OFF)
		return PHONE_DETECT_OFF;
	if (!a->amd_advanced)
		return PHONE_DETECT_BASIC;
	switch (a->amd_mode) {
	case NCCO_AMD_DETECT:
		return PHONE_DETECT_RESULT;
	case NCCO_AMD_DETECT_BEEP:
		return PHONE_DETECT_BEEP;
	case NCCO_AMD_DEFAULT:
		return PHONE_DETECT_DEFAULT;
	}
	return PHONE_DETECT_OFF;
}

int
dial_start(struct leg *leg, const struct ncco_action *a)
{
	struct phone_request	 want = { .ringing_timer_s = (a->timeout_ms + 999) / 1000, .detect = detect_of(a),
				    .detect_hangup = a->amd == NCCO_AMD_HANGUP,
				    .beep_timeout_s = a->beep_timeout_ms / 1000 };
	struct dial		*d = &leg->dial;

	if ((a->dtmf_answer != NULL && (d->dtmf_answer = mem_strdup(a->dtmf_answer)) == NULL) ||
	    (a->on_answer_url != NULL && (d->on_answer_url = mem_strdup(a->on_answer_url)) == NULL))
		return -1;
	d->phone = phones_call(leg->sim->phones, dial_address(a));
	d->plan = phone_plan(leg->sim->phones, d->phone, &want);
	leg->actor.script = &d->phone->script;
	leg->actor.voices = d->phone->voices;
	leg->state = LEG_RINGING;
	leg_event(leg, EVENT_STARTED, NULL);
	if (d->plan.rings)
		leg_event(leg, EVENT_RINGING, NULL);
	return 0;
}

static void
reached(struct leg *leg)
{
	struct clip	*greeting;

	if (leg_give_line(leg, NULL) == -1) {
		call_trouble(leg->call, CALL_RESULT_ERROR, "line: out of memory");
		leg_end(leg, "platform");
		return;
	}
	leg_answered(leg);
	if ((greeting = phone_clip(leg->dial.phone, leg->rate_hz)) != NULL) {
		line_say(leg->line, greeting);
		leg->actor.greeting = true;
	}
	if (leg->dial.dtmf_answer != NULL)
		actor_keys(&leg->actor, leg->dial.dtmf_answer);
	if (leg->dial.on_answer_url != NULL) {
		run_on_answer(leg, leg->dial.on_answer_url);
		return;
	}
	if (leg->dial.plan.starts_ncco)
		run_answered(leg);
}

static void
not_reached(struct leg *leg)
{
	static const enum event_status statuses[] = {
		[PHONE_END_ANSWERED] = EVENT_ANSWERED, [PHONE_END_BUSY] = EVENT_BUSY,
		[PHONE_END_UNANSWERED] = EVENT_UNANSWERED, [PHONE_END_REJECTED] = EVENT_REJECTED,
		[PHONE_END_FAILED] = EVENT_FAILED, [PHONE_END_TIMEOUT] = EVENT_TIMEOUT,
	};
	const struct phone_plan	*p = &leg->dial.plan;

	leg->detail = p->detail;
	leg->sip_code = p->sip_code;
	run_connect_failed(leg, statuses[p->end], p->completed);
}

static void
detected(struct leg *leg, const struct phone_step *s)
{
	leg->sub_state = s->sub_state;
	if (s->starts_ncco)
		run_detected(leg, s->machine ? EVENT_MACHINE : EVENT_HUMAN);
	else
		run_told(leg, s->machine ? EVENT_MACHINE : EVENT_HUMAN);
	leg->sub_state = NULL;
	if (s->hangs_up)
		leg_end(leg, "platform");
}

void
dial_tick(struct leg *leg)
{
	struct dial	*d = &leg->dial;

	if (d->phone == NULL)
		return;
	if (leg->state == LEG_RINGING && leg->age_ticks * AUDIO_FRAME_MS >= d->plan.after_ms) {
		if (d->plan.end == PHONE_END_ANSWERED)
			reached(leg);
		else
			not_reached(leg);
	}
	while (leg->state == LEG_LIVE && d->step < d->plan.nsteps &&
	    leg_ms(leg) >= d->plan.steps[d->step].at_ms)
		detected(leg, &d->plan.steps[d->step++]);
}

void
dial_clear(struct dial *d)
{
	free(d->dtmf_answer);
	free(d->on_answer_url);
	d->dtmf_answer = d->on_answer_url = NULL;
}
