/* SPDX-License-Identifier: ISC */
#include "tools/callsim/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simlog.h"

#define DEFAULT_RATE	16000

struct leg *
control_find(struct sim *sim, const char *uuid)
{
	struct leg	*leg;

	TAILQ_FOREACH(leg, &sim->legs, in_sim)
		if (leg->started_ms != 0 && strcmp(leg->uuid, uuid) == 0)
			return leg;
	return NULL;
}

void
control_describe(const struct leg *leg, struct control_info *ret)
{
	static const char *const types[] = {
		[NCCO_PHONE] = "phone", [NCCO_SIP] = "sip", [NCCO_VBC] = "vbc", [NCCO_APP] = "app",
		[NCCO_WEBSOCKET] = "websocket",
	};
	struct event_cost	cost = event_cost(leg->answered_ms, leg->ended_ms);

	*ret = (struct control_info){
		.uuid = leg->uuid, .conversation_uuid = leg->conv_uuid, .from = leg->from, .to = leg->to,
		.type = types[leg->type], .direction = leg->inbound ? "inbound" : "outbound",
		.status = event_status_name(leg->status), .living = leg->state != LEG_OVER,
		.created_ms = leg->created_ms, .answered_ms = leg->answered_ms, .ended_ms = leg->ended_ms,
		.network = leg->inbound ? "GB-FIXED" : "23410",
	};
	if (ret->living)
		return;
	ret->duration_s = cost.seconds;
	ret->rate = cost.rate;
	ret->price = cost.price;
}

void
control_each(struct sim *sim, bool (*fn)(void *arg, const struct leg *leg), void *arg)
{
	const struct leg	*leg;

	TAILQ_FOREACH(leg, &sim->legs, in_sim)
		if (leg->started_ms != 0 && !fn(arg, leg))
			return;
}

static void
on_done(void *arg, struct call *c)
{
	(void)arg;
	sim_call_over(c);
	call_free(c);
}

/* The detection as the parser of NCCOs has it; mode "basic" is the old form. */
static enum ncco_result
read_detection(struct ncco_action *a, struct json_object *detection, char cause[CONTROL_CAUSE_SIZE])
{
	if (detection == NULL)
		return NCCO_OK;
	if (strcmp(json_get_str_or(detection, "mode", ""), "basic") == 0)
		return ncco_read_amd(a, json_get_str_or(detection, "behavior", "continue"), NULL, cause,
		    CONTROL_CAUSE_SIZE);
	return ncco_read_amd(a, NULL, detection, cause, CONTROL_CAUSE_SIZE);
}

static int
take_ncco(struct leg *leg, const struct control_create *create, char cause[CONTROL_CAUSE_SIZE])
{
	struct runner	*r = &leg->run;

	r->state = RUN_HELD;
	if (create->ncco != NULL) {
		if (ncco_read(&r->ncco, create->ncco, cause, CONTROL_CAUSE_SIZE) == NCCO_OK)
			return 0;
		errno = EINVAL;
		return -1;
	}
	r->answer_get = !create->answer_post;
	return (r->answer_url = mem_strdup(create->answer_url)) == NULL ? -1 : 0;
}

/* Everything but the event queue, which leg_new() made. */
static int
take_request(struct leg *leg, const struct control_create *create, const struct ncco_action *a)
{
	struct conversation	*v;

	leg->rate_hz = a->rate_hz;
	leg->limit_ms = create->length_s * 1000;
	leg->event_get = create->event_get;
	if (create->event_url != NULL) {
		free(leg->event_url);
		if ((leg->event_url = mem_strdup(create->event_url)) == NULL)
			return -1;
	}
	if (a->headers != NULL) {
		free(leg->headers);
		if ((leg->headers = mem_strdup(a->headers)) == NULL)
			return -1;
	}
	v = conv_new(leg->sim, NULL, a->endpoint == NCCO_WEBSOCKET ? a->rate_hz : DEFAULT_RATE);
	return v == NULL ? -1 : conv_join(v, leg);
}

static struct leg *
create_leg(struct sim *sim, const struct control_create *create, const struct ncco_action *a,
    char cause[CONTROL_CAUSE_SIZE])
{
	struct call	*c = call_new_empty(sim, on_done, NULL);
	struct leg	*leg;

	if (c == NULL)
		return NULL;
	leg = c->first = leg_new(c, NULL, a->endpoint, create->from == NULL ? "" : create->from, dial_address(a));
	if (leg != NULL && take_ncco(leg, create, cause) == 0 && take_request(leg, create, a) == 0 &&
	    (a->endpoint == NCCO_WEBSOCKET ? sockleg_open(leg, a) : dial_start(leg, a)) == 0) {
		c->state = CALL_LIVE;
		return leg;
	}
	if (leg != NULL)
		conv_leave(leg);
	if (c->reason[0] != '\0') {	/* sockleg_open() told why */
		(void)snprintf(cause, CONTROL_CAUSE_SIZE, "%.*s", CONTROL_CAUSE_SIZE - 1, c->reason);
		errno = EINVAL;
	}
	call_free(c);
	return NULL;
}

struct leg *
control_create(struct sim *sim, const struct control_create *create, char cause[CONTROL_CAUSE_SIZE])
{
	struct ncco_action	 a = { 0 };
	struct leg		*leg = NULL;
	int			 saved_errno = EINVAL;

	cause[0] = '\0';
	if (ncco_read_endpoint(&a, create->endpoint, cause, CONTROL_CAUSE_SIZE) == NCCO_OK &&
	    read_detection(&a, create->detection, cause) == NCCO_OK) {
		a.timeout_ms = (uint32_t)create->ringing_s * 1000;
		leg = create_leg(sim, create, &a, cause);
		saved_errno = errno;
	}
	ncco_action_clear(&a);
	errno = saved_errno;
	return leg;
}

/* OK for a living, answered leg. */
static enum control_result
up(const struct leg *leg)
{
	switch (leg->state) {
	case LEG_NEW:
	case LEG_RINGING:
		return CONTROL_NOT_UP;
	case LEG_LIVE:
		return CONTROL_OK;
	case LEG_OVER:
		break;
	}
	return CONTROL_OVER;
}

enum control_result
control_hangup(struct leg *leg)
{
	if (leg->state == LEG_OVER)
		return CONTROL_OVER;
	leg_end(leg, "platform");
	return CONTROL_OK;
}

enum control_result
control_mute(struct leg *leg, bool muted)
{
	enum control_result	rc = up(leg);

	if (rc == CONTROL_OK)
		leg->muted = muted;
	return rc;
}

enum control_result
control_earmuff(struct leg *leg, bool earmuffed)
{
	enum control_result	rc = up(leg);

	if (rc == CONTROL_OK)
		leg->earmuffed = earmuffed;
	return rc;
}

/* Into a conversation of its own, which the NCCO controls from now on. */
static enum control_result
transfer(struct leg *leg, struct ncco *ncco)
{
	struct conversation	*old = leg->conv, *v = conv_new(leg->sim, NULL, old->rate_hz);
	const struct ncco_list	 everybody = { 0 };

	if (v == NULL) {
		ncco_clear(ncco);
		return CONTROL_ERROR;
	}
	nccofetch_cancel_transfer(leg);
	run_hold(leg);
	leg->joins = false;
	if (run_move(leg, v, leg->event_url, leg->event_get) == -1) {
		ncco_clear(ncco);
		return CONTROL_ERROR;
	}
	/* what held for the old conversation is over, and who waits for this leg goes on without it */
	(void)leg_uuids_set(&leg->can_speak, &everybody);
	(void)leg_uuids_set(&leg->can_hear, &everybody);
	run_gone(leg);
	leg->parent = NULL;
	run_start(leg, ncco);
	conv_settle(old, "platform");
	return CONTROL_OK;
}

enum control_result
control_transfer(struct leg *leg, struct json_object *ncco, char cause[CONTROL_CAUSE_SIZE])
{
	enum control_result	rc = up(leg);
	struct ncco		n = { 0 };

	if (rc != CONTROL_OK)
		return rc;
	if (ncco_read(&n, ncco, cause, CONTROL_CAUSE_SIZE) != NCCO_OK)
		return CONTROL_BAD;
	return transfer(leg, &n);
}

static void
on_fetched(struct leg *leg, struct ncco *ncco)
{
	if (ncco == NULL)
		return;		/* the trouble was told; what runs goes on */
	if (leg->state != LEG_LIVE)
		ncco_clear(ncco);
	else if (transfer(leg, ncco) != CONTROL_OK)
		call_trouble(leg->call, CALL_RESULT_ERROR, "transfer: out of memory");
}

enum control_result
control_transfer_url(struct leg *leg, const char *url)
{
	enum control_result	rc = up(leg);

	if (rc == CONTROL_OK && nccofetch(leg, NCCOFETCH_TRANSFER, url, true, on_fetched) == -1)
		return CONTROL_ERROR;
	return rc;
}

enum control_result
control_talk(struct leg *leg, const char *text, const char *language, int64_t loop, double level)
{
	enum control_result	rc = up(leg);

	if (rc == CONTROL_OK && play_text(leg, TRACK_REST, text, language, loop, level) == -1)
		return CONTROL_ERROR;
	return rc;
}

enum control_result
control_talk_stop(struct leg *leg)
{
	enum control_result	rc = up(leg);

	if (rc == CONTROL_OK)
		play_stop(leg, TRACK_REST);
	return rc;
}

enum control_result
control_stream(struct leg *leg, const char *url, int64_t loop, double level)
{
	enum control_result	rc = up(leg);

	if (rc == CONTROL_OK && play_url(leg, TRACK_REST, url, loop, level) == -1)
		return CONTROL_ERROR;
	return rc;
}

enum control_result
control_stream_stop(struct leg *leg)
{
	return control_talk_stop(leg);
}

enum control_result
control_dtmf(struct leg *leg, const char *digits)
{
	enum control_result	rc = up(leg);

	if (rc != CONTROL_OK)
		return rc;
	simlog_leg("keys-heard", leg->uuid, digits);
	actor_keys(&leg->actor, digits);
	for (; *digits != '\0'; digits++)
		if (*digits != 'p')
			sockleg_key(leg, *digits);
	return CONTROL_OK;
}

enum control_result
control_input_dtmf(struct leg *leg, const char *url)
{
	enum control_result	rc = up(leg);
	struct runner		*r = &leg->run;
	char			*copy = NULL;

	if (rc != CONTROL_OK)
		return rc;
	if (url != NULL && !r->keys_ran)
		return CONTROL_BAD;
	if (url != NULL && (copy = mem_strdup(url)) == NULL)
		return CONTROL_ERROR;
	free(r->keys_url);
	r->keys_url = copy;
	r->keys_get = false;
	return CONTROL_OK;
}
