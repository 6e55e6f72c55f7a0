/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simleg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/control.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/mix.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simlog.h"

static int
new_notes(struct leg_notes *n)
{
	n->talks = json_object_new_array();
	n->streams = json_object_new_array();
	n->inputs = json_object_new_array();
	n->recordings = json_object_new_array();
	n->transfers = json_object_new_array();
	n->events = json_object_new_array();
	n->keys = json_object_new_array();
	return n->talks == NULL || n->streams == NULL || n->inputs == NULL || n->recordings == NULL ||
	    n->transfers == NULL || n->events == NULL || n->keys == NULL ? -1 : 0;
}

struct leg *
leg_new(struct call *call, const char *uuid, enum ncco_endpoint type, const char *from, const char *to)
{
	struct sim	*sim = call->sim;
	struct leg	*leg;
	char		 random[SIM_UUID_SIZE];
	unsigned	 i;

	if ((leg = mem_calloc(1, sizeof(*leg))) == NULL)
		return NULL;
	leg->sim = sim;
	leg->call = call;
	leg->type = type;
	leg->created_ms = clock_wall_ms();
	TAILQ_INIT(&leg->recorders);
	for (i = 0; i < TRACK_COUNT; i++)
		leg->playing[i] = (struct playing){ .leg = leg, .track = (enum track_name)i };
	TAILQ_INSERT_TAIL(&sim->legs, leg, in_sim);
	TAILQ_INSERT_TAIL(&call->legs, leg, in_call);
	sim_uuid(random, call->first != NULL || !sim->options.undashed);
	(void)snprintf(leg->uuid, sizeof(leg->uuid), "%s", uuid == NULL ? random : uuid);
	leg->from = mem_strdup(from);
	leg->to = mem_strdup(to);
	leg->headers = mem_strdup("{}");
	leg->event_url = mem_strdup(sim->options.event_url);
	leg->events = eventq_new(sim->base, sim->web, &sim->options.faults, &call->events_sent);
	if (leg->from == NULL || leg->to == NULL || leg->headers == NULL || leg->event_url == NULL ||
	    leg->events == NULL || (sim->options.details && new_notes(&leg->notes) == -1)) {
		leg_free(leg);
		errno = ENOMEM;
		return NULL;
	}
	return leg;
}

/* What only a living leg needs. */
static void
drop_parts(struct leg *leg)
{
	struct leg_notes	*n = &leg->notes;
	struct recorder		*r;

	if (leg->call == NULL)
		return;
	TAILQ_REMOVE(&leg->call->legs, leg, in_call);
	nccofetch_cancel(leg);
	nccofetch_cancel_transfer(leg);
	play_stop_all(leg);
	while ((r = TAILQ_FIRST(&leg->recorders)) != NULL)
		recorder_drop(r);
	conv_leave(leg);
	sockleg_clear(&leg->sock);
	actor_clear(&leg->actor);
	dial_clear(&leg->dial);
	run_clear(leg);
	eventq_free(leg->events);
	line_free(leg->line);
	bridge_free(leg->out);
	bridge_free(leg->in);
	bridge_free(leg->in_talk);
	free(leg->can_speak.ids);
	free(leg->can_hear.ids);
	json_object_put(n->talks);
	json_object_put(n->streams);
	json_object_put(n->inputs);
	json_object_put(n->recordings);
	json_object_put(n->transfers);
	json_object_put(n->events);
	json_object_put(n->keys);
	leg->call = NULL;
	leg->parent = NULL;
}

void
leg_free(struct leg *leg)
{
	if (leg == NULL)
		return;
	drop_parts(leg);
	TAILQ_REMOVE(&leg->sim->legs, leg, in_sim);
	free(leg->from);
	free(leg->to);
	free(leg->headers);
	free(leg->event_url);
	free(leg);
}

void
leg_retire(struct leg *leg)
{
	struct sim	*sim = leg->sim;
	struct leg	*oldest;

	if (leg->state != LEG_OVER || leg->started_ms == 0) {
		leg_free(leg);
		return;
	}
	drop_parts(leg);
	if (++sim->nlegs_past <= CONTROL_PAST_MAX)
		return;
	TAILQ_FOREACH(oldest, &sim->legs, in_sim)
		if (oldest->call == NULL) {
			leg_free(oldest);
			sim->nlegs_past--;
			return;
		}
}

int
leg_give_line(struct leg *leg, const char *wav_path)
{
	struct line_config	config = leg->sim->options.line;

	config.wav_path = wav_path;
	leg->rate_hz = leg->conv->rate_hz;
	leg->line = line_new(leg->rate_hz, &config);
	return leg->line == NULL ? -1 : 0;
}

int64_t
leg_ms(const struct leg *leg)
{
	return leg->ticks == 0 ? 0 : (leg->ticks - 1) * AUDIO_FRAME_MS;
}

struct json_object *
leg_note(struct leg *leg, struct json_object *array)
{
	struct json_object	*o;

	if (array == NULL || json_object_array_length(array) >= LEG_NOTES_MAX ||
	    (o = json_object_new_object()) == NULL)
		return NULL;
	(void)json_add_int(o, "ms", leg_ms(leg));
	(void)json_object_array_add(array, o);
	return o;
}

int
leg_uuids_set(struct leg_uuids *u, const struct ncco_list *list)
{
	size_t	i;

	free(u->ids);
	*u = (struct leg_uuids){ .given = list->given };
	if (list->count == 0)
		return 0;
	if ((u->ids = mem_calloc(list->count, sizeof(*u->ids))) == NULL)
		return -1;
	for (i = 0; i < list->count; i++)
		(void)snprintf(u->ids[u->n++], sizeof(*u->ids), "%s", list->items[i]);
	return 0;
}

void
leg_send(struct leg *leg, const char *url, bool get, char *json, eventq_reply *reply)
{
	struct json_object	*o = leg_note(leg, leg->notes.events);

	if (o != NULL && json != NULL) {
		(void)json_add_str(o, "url", url == NULL ? leg->event_url : url);
		(void)json_add(o, "event", json_parse(json, strlen(json), NULL));
	}
	if (eventq_send(leg->events, url == NULL ? leg->event_url : url, get, json, reply, leg) == 0)
		return;
	call_trouble(leg->call, CALL_RESULT_ERROR, "event: %s", strerror(errno));
	if (reply != NULL)
		reply(leg, NULL, 0);
}

void
leg_error(struct leg *leg, const char *reason)
{
	leg_send(leg, leg->sim->options.event_url, false, event_error_json(leg->conv_uuid, reason, clock_wall_ms()),
	    NULL);
}

void
leg_event(struct leg *leg, enum event_status status, eventq_reply *reply)
{
	/* ringing carries the time of started (spec/vonage.md 2.3) */
	int64_t		 now_ms = status == EVENT_RINGING ? leg->started_ms : clock_wall_ms();
	struct event_leg info;

	if (status == EVENT_STARTED)
		leg->started_ms = now_ms;
	else if (status == EVENT_ANSWERED)
		leg->answered_ms = now_ms;
	else if (status == EVENT_COMPLETED)
		leg->ended_ms = now_ms;
	info = (struct event_leg){
		.uuid = leg->uuid, .conversation_uuid = leg->conv_uuid, .from = leg->from, .to = leg->to,
		.direction = leg->inbound ? "inbound" : "outbound", .headers = leg->headers,
		.started_ms = leg->started_ms, .answered_ms = leg->answered_ms,
		.detail = leg->detail, .sub_state = leg->sub_state, .sip_code = leg->sip_code,
	};
	/* completed does not hide why a leg was not reached */
	if (status != EVENT_COMPLETED || leg->answered_ms != 0)
		leg->status = status;
	leg_send(leg, leg->event_url, leg->event_get, event_json(&info, status, now_ms, leg->ended_by), reply);
}

void
leg_answered(struct leg *leg)
{
	leg->state = LEG_LIVE;
	leg_event(leg, EVENT_ANSWERED, NULL);
}

static void
finish_phone(struct leg *leg)
{
	const char	*left;
	unsigned	 line;

	if (leg->line == NULL)
		return;
	if ((left = actor_unfinished(leg, &line)) != NULL)
		call_trouble(leg->call, CALL_RESULT_FAILED, "the call ended before line %u of the script%s%s (%s)",
		    line, leg == leg->call->first ? "" : " of ", leg == leg->call->first ? "" : leg->to, left);
	if (line_finish(leg->line) == -1)
		call_trouble(leg->call, CALL_RESULT_ERROR, "%s: %s", leg->sim->options.line.wav_path, strerror(errno));
	actor_turn_close(leg);
}

static void
tell_speech(struct leg *leg, bool begins)
{
	struct leg	*all[CONV_LEGS_MAX], *other;
	unsigned	 n = 0, i;

	TAILQ_FOREACH(other, &leg->conv->legs, in_conv)
		if (other->run.state == RUN_INPUT || other == leg)
			all[n++] = other;
	for (i = 0; i < n; i++)
		if (all[i]->state == LEG_LIVE)
			run_speech(all[i], leg, begins);
}

/* It says no more: an input that listens to it need not wait for the end. */
static void
hush(struct leg *leg)
{
	leg->saying = NULL;
	if (leg->was_saying && leg->conv != NULL)
		tell_speech(leg, false);
	leg->was_saying = false;
}

void
leg_finish(struct leg *leg, const char *by)
{
	struct conversation	*v = leg->conv;

	if (leg->state == LEG_OVER)
		return;
	leg_close_frame(leg);		/* while it still hears */
	leg->state = LEG_OVER;
	leg->ended_by = by;
	if (leg == leg->call->first) {
		leg->call->ended_by = by;
		leg->call->duration_ms = leg->ticks * AUDIO_FRAME_MS;
	}
	if (leg->ended_ms == 0)
		leg->ended_ms = clock_wall_ms();
	finish_phone(leg);
	hush(leg);
	play_stop_all(leg);
	run_stop(leg);
	nccofetch_cancel_transfer(leg);
	recorder_finish_all(leg);
	sockleg_close(leg);
	conv_leave(leg);
	run_gone(leg);
	conv_settle(v, "platform");
	call_leg_over(leg->call);
}

void
leg_end(struct leg *leg, const char *by)
{
	enum leg_state	before = leg->state;

	if (before == LEG_OVER)
		return;
	leg->ended_by = by;
	if (before == LEG_RINGING)
		leg_event(leg, EVENT_CANCELLED, NULL);
	if (before != LEG_NEW) {
		leg->detail = NULL;
		leg_event(leg, EVENT_COMPLETED, NULL);
	}
	leg_finish(leg, by);
}

void
leg_key(struct leg *leg, char key)
{
	struct json_object	*o = leg_note(leg, leg->notes.keys);
	struct leg		*other;
	char			 text[2] = { key, '\0' };

	if (o != NULL)
		(void)json_add_str(o, "key", text);
	simlog_leg("key", leg->uuid, text);
	TAILQ_FOREACH(other, &leg->conv->legs, in_conv)
		if (other != leg)
			sockleg_key(other, key);
	run_key(leg, key);
}

void
leg_speaks(struct leg *leg, const char *text)
{
	simlog_leg("say", leg->uuid, text);
	leg->saying = text;
	leg->was_saying = true;
	tell_speech(leg, true);
}

/* What the leg heard in the tick that is over goes to its ear and its recorders. */
void
leg_close_frame(struct leg *leg)
{
	int16_t		 scratch[AUDIO_FRAME_SAMPLES_MAX], bridged[AUDIO_FRAME_SAMPLES_MAX];
	int16_t		 talked[AUDIO_FRAME_SAMPLES_MAX];
	const int16_t	*heard, *talk = leg->talk_any ? leg->talk : NULL;

	if (!leg->frame_open || leg->conv == NULL || (leg->line == NULL && TAILQ_EMPTY(&leg->recorders)))
		return;
	leg->frame_open = false;
	heard = conv_heard(leg, scratch);
	if (!TAILQ_EMPTY(&leg->recorders))
		recorder_leg_frame(leg, heard);
	if (leg->line == NULL)
		return;
	if (leg->in != NULL && heard != NULL) {
		bridge_frame(leg->in, heard, bridged);
		heard = bridged;
	}
	if (leg->in_talk != NULL && talk != NULL) {
		bridge_frame(leg->in_talk, talk, talked);
		talk = talked;
	}
	line_hear(leg->line, heard, talk);
}

void
leg_make_frame(struct leg *leg)
{
	int16_t	 frame[AUDIO_FRAME_SAMPLES_MAX];
	int16_t	*out = leg->out == NULL ? leg->said : frame;

	leg->age_ticks++;
	if (leg->state != LEG_LIVE)
		return;
	leg->ticks++;
	leg->talk_any = tracks_frame(&leg->tracks, leg->talk, AUDIO_FRAME_SAMPLES(leg->conv->rate_hz));
	if (leg->line != NULL)
		leg->said_any = line_tick(leg->line, out);
	else if (leg->sock.buffer != NULL)
		leg->said_any = sockleg_frame(leg, out);
	if (leg->out != NULL) {
		if (!leg->said_any)
			memset(frame, 0, sizeof(frame));
		bridge_frame(leg->out, frame, leg->said);
		leg->said_any = true;
	}
	leg->frame_open = true;
}

void
leg_tick(struct leg *leg)
{
	dial_tick(leg);
	if (leg->state != LEG_LIVE)
		return;
	if (leg->was_saying && !line_saying(leg->line))
		hush(leg);
	play_tick(leg);
	if (leg->line != NULL)
		actor_tell_turn(leg);
	run_tick(leg);
	if (leg->line != NULL && leg->state == LEG_LIVE)
		actor_tick(leg);
	if (leg->state == LEG_LIVE && leg->limit_ms > 0 && leg_ms(leg) >= leg->limit_ms)
		leg_end(leg, "platform");
	if (leg->state == LEG_LIVE && leg_ms(leg) >= leg->sim->options.max_ms)
		call_too_long(leg->call);
}
