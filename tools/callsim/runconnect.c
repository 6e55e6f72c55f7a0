/* SPDX-License-Identifier: ISC */
/* The action connect: a new leg in the conversation (spec/vonage.md 3.5). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/nccorun.h"
#include "tools/callsim/sim.h"

#define CONNECTS_PER_S	3	/* spec/vonage.md 3.5; websockets do not count here */

/* Vonage takes three a second and tells of the others by an error event (2.5). */
static bool
throttled(struct sim *sim, const struct ncco_action *a)
{
	int64_t	now_ms = clock_mono_ms(), *oldest = &sim->connects_ms[sim->nconnects % CONNECTS_PER_S];

	if (a->endpoint == NCCO_WEBSOCKET)
		return false;
	if (sim->nconnects >= CONNECTS_PER_S && now_ms - *oldest < 1000)
		return true;
	*oldest = now_ms;
	sim->nconnects++;
	return false;
}

static const char *
from_of(const struct leg *leg, const struct ncco_action *a)
{
	if (a->from != NULL)
		return a->from;
	if (a->endpoint != NCCO_WEBSOCKET && !a->random_from)
		return "";		/* unknown */
	return leg->inbound ? leg->to : leg->from;
}

static int
take_texts(struct leg *child, const struct ncco_action *a)
{
	free(child->event_url);
	child->event_url = mem_strdup(run_event_url(child, a));
	if (a->headers != NULL) {
		free(child->headers);
		child->headers = mem_strdup(a->headers);
	}
	child->event_get = a->event_get;
	child->synchronous = a->synchronous;
	child->limit_ms = a->limit_ms;
	return child->event_url == NULL || child->headers == NULL ? -1 : 0;
}

void
run_connect(struct leg *leg, const struct ncco_action *a)
{
	/* the tone of connect is not for phones: spec/vonage.md 3.5 */
	const char	*ringback = a->endpoint == NCCO_PHONE ? a->on_answer_ringback : a->ringback_url;
	struct leg	*child;

	if (throttled(leg->sim, a)) {
		leg_error(leg, "Connect action throttled.");
		return;
	}
	if ((child = leg_new(leg->call, NULL, a->endpoint, from_of(leg, a), dial_address(a))) == NULL) {
		call_trouble(leg->call, CALL_RESULT_ERROR, "connect: %s", strerror(errno));
		return;
	}
	child->parent = leg;
	child->rate_hz = a->rate_hz;	/* 0 of a phone: not known yet */
	if (take_texts(child, a) == -1 || conv_join(leg->conv, child) == -1) {
		leg_error(leg, "connect: the conversation is full");
		leg_finish(child, "platform");
		return;
	}
	if ((a->endpoint == NCCO_WEBSOCKET ? sockleg_open(child, a) : dial_start(child, a)) == -1) {
		leg_finish(child, "platform");
		return;
	}
	leg->run.connecting = child;
	leg->run.state = RUN_CONNECTING;
	if (ringback != NULL)
		(void)play_url(leg, TRACK_HOLD, ringback, 0, 0);
}
