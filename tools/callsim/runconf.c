/* SPDX-License-Identifier: ISC */
/* The actions that move legs between conversations (spec/vonage.md 3.4, 3.9). */
#include <errno.h>
#include <string.h>

#include "tools/callsim/actionevent.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/nccorun.h"
#include "tools/callsim/sim.h"

int
run_move(struct leg *leg, struct conversation *to, const char *url, bool get)
{
	struct json_object	*o;
	char			 from[LEG_CONV_SIZE];

	memcpy(from, leg->conv_uuid, sizeof(from));
	if (conv_join(to, leg) == -1)
		return -1;
	if ((o = leg_note(leg, leg->notes.transfers)) != NULL) {
		(void)json_add_str(o, "from", from);
		(void)json_add_str(o, "to", to->uuid);
		(void)json_add_str(o, "name", to->name);
	}
	leg_send(leg, url, get, actionevent_transfer(leg->uuid, from, to->uuid), NULL);
	return 0;
}

static void
take_rights(struct leg *leg, const struct ncco_action *a)
{
	leg->muted = a->mute;
	if (leg_uuids_set(&leg->can_speak, &a->can_speak) == -1 ||
	    leg_uuids_set(&leg->can_hear, &a->can_hear) == -1)
		call_trouble(leg->call, CALL_RESULT_ERROR, "conversation: out of memory");
}

void
run_conversation(struct leg *leg, const struct ncco_action *a)
{
	struct conversation	*v = conv_named(leg->sim, a->name), *old = leg->conv;

	if ((v == NULL && (v = conv_new(leg->sim, a->name, old->rate_hz)) == NULL) ||
	    run_move(leg, v, run_event_url(leg, a), a->event_get) == -1) {
		leg_error(leg, errno == ENOBUFS ? "conversation: it is full" : "conversation: out of memory");
		return;
	}
	take_rights(leg, a);
	leg->run.state = RUN_CONFERENCE;
	leg->run.ends_conversation = a->end_on_exit;
	if (a->start_on_enter)
		conv_start(v);
	else if (!v->started && a->music_url != NULL)
		(void)play_url(leg, TRACK_HOLD, a->music_url, 0, 0);
	if (a->record && v->recorder == NULL)
		(void)recorder_start_whole(leg, a);
	if (old != v)
		conv_settle(old, "platform");
}

void
run_transfer(struct leg *leg, const struct ncco_action *a)
{
	struct conversation	*v = conv_find(leg->sim, a->conversation_id), *old = leg->conv;
	struct leg		*all[CONV_LEGS_MAX], *one;
	unsigned		 n = 0, i;

	if (v == NULL || v == old || v->nlegs + old->nlegs > CONV_LEGS_MAX) {
		leg_error(leg, "transfer: there is no such conversation, or it is full");
		return;
	}
	TAILQ_FOREACH(one, &old->legs, in_conv)
		all[n++] = one;
	for (i = 0; i < n; i++) {
		if (all[i]->state != LEG_LIVE)
			continue;
		if (run_move(all[i], v, run_event_url(leg, a), a->event_get) == -1)
			call_trouble(leg->call, CALL_RESULT_ERROR, "transfer: %s", strerror(errno));
		else
			take_rights(all[i], a);
	}
	for (i = 0; i < n; i++)		/* last: a is of leg's own NCCO, which may go with it */
		if (all[i]->state == LEG_LIVE && all[i]->conv == v)
			run_stop(all[i]);
	conv_settle(old, "platform");
}
