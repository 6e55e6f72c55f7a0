/* SPDX-License-Identifier: ISC */
/* The actions that a leg runs by itself: talk, stream, record, wait, notify, input. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/actionevent.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/nccorun.h"
#include "tools/callsim/sim.h"

void
run_talk(struct leg *leg, const struct ncco_action *a)
{
	if (play_text(leg, TRACK_NCCO, a->text, a->language, a->loop, a->level) == 0)
		leg->run.state = RUN_PLAYING;
	else
		call_trouble(leg->call, CALL_RESULT_ERROR, "talk: %s", strerror(errno));
}

void
run_stream(struct leg *leg, const struct ncco_action *a)
{
	if (play_url(leg, TRACK_NCCO, a->stream_url, a->loop, a->level) == 0)
		leg->run.state = RUN_PLAYING;
	else
		call_trouble(leg->call, CALL_RESULT_ERROR, "stream: %s", strerror(errno));
}

void
run_wait(struct leg *leg, const struct ncco_action *a)
{
	leg->run.until_ms = leg_ms(leg) + a->timeout_ms;
	leg->run.state = RUN_WAITING;
}

void
run_notify(struct leg *leg, const struct ncco_action *a)
{
	leg->run.state = RUN_REPLY;
	leg_send(leg, run_event_url(leg, a), a->event_get, actionevent_notify(leg->conv_uuid, a->payload),
	    run_reply_own);
}

static void
hold(struct runner *r, struct recorder *rec)
{
	r->recorder = rec;
	if (rec != NULL)
		rec->holder = &r->recorder;
}

static void
start_recorder(struct leg *leg, const struct ncco_action *a)
{
	struct recorder	*rec = recorder_start(leg, a);

	leg->run.state = rec != NULL && a->blocking ? RUN_RECORDING : RUN_GO;
	hold(&leg->run, a->blocking ? rec : NULL);
}

void
run_record(struct leg *leg, const struct ncco_action *a)
{
	if (a->beep_start && play_beep(leg) == 0)
		leg->run.state = RUN_RECORDING;
	else
		start_recorder(leg, a);
}

void
run_record_tick(struct leg *leg)
{
	struct runner	*r = &leg->run;

	if (r->recorder == NULL) {	/* the beep sounds before */
		if (tracks_playing(&leg->tracks, TRACK_BEEP))
			return;
		leg->beeps++;
		start_recorder(leg, r->now);
	} else if (r->recorder->ended) {
		(void)recorder_finish(r->recorder);
		r->state = RUN_GO;
	}
}

/* Who is listened to: the first of speech.uuid that is here, else the leg itself. */
static struct leg *
listens_to(struct leg *leg, const struct ncco_action *a)
{
	struct leg	*other;

	if (a->speech_uuid.count > 0)
		TAILQ_FOREACH(other, &leg->conv->legs, in_conv)
			if (strcmp(other->uuid, a->speech_uuid.items[0]) == 0)
				return other;
	return leg;
}

static void
listen_for_keys(struct leg *leg, const struct ncco_action *a)
{
	struct runner	*r = &leg->run;

	free(r->keys_url);
	r->keys_ran = true;
	r->keys_get = a->event_get;
	if ((r->keys_url = mem_strdup(run_event_url(leg, a))) == NULL)
		call_trouble(leg->call, CALL_RESULT_ERROR, "input: out of memory");
}

void
run_input(struct leg *leg, const struct ncco_action *a)
{
	struct runner		*r = &leg->run;
	struct input_config	 config = { .dtmf = a->want_dtmf, .speech = a->want_speech,
				    .dtmf_timeout_ms = a->dtmf_timeout_ms, .max_digits = a->max_digits,
				    .submit_on_hash = a->submit_on_hash, .silence_ms = a->silence_ms,
				    .start_timeout_ms = a->start_timeout_ms,
				    .max_duration_ms = a->max_duration_ms };

	r->inputs++;
	if (a->asynchronous) {
		listen_for_keys(leg, a);
		return;
	}
	r->state = RUN_INPUT;
	r->listens = listens_to(leg, a);
	input_begin(&r->input, &config);
	input_arm(&r->input, leg_ms(leg));
	r->note = json_object_get(leg_note(leg, leg->notes.inputs));
	if (a->want_speech && a->save_audio)
		hold(r, recorder_start_speech(r->listens));
	if (r->listens->saying != NULL)
		(void)input_speech_begin(&r->input, r->listens->saying, leg_ms(leg));
}

static void
note_input(struct runner *r, int64_t now_ms)
{
	const struct input	*in = &r->input;

	if (r->note == NULL)
		return;
	(void)json_add_int(r->note, "end_ms", now_ms);
	(void)json_add_str(r->note, "digits", in->digits);
	(void)json_add_str(r->note, "text", in->text);
	(void)json_add_bool(r->note, "timed_out", in->timed_out);
	if (in->config.speech && in->ndigits == 0)
		(void)json_add_str(r->note, "reason", input_reason_name(in->reason));
	json_object_put(r->note);
	r->note = NULL;
}

static void
input_complete(struct leg *leg)
{
	struct runner	*r = &leg->run;
	const char	*url = NULL;

	note_input(r, leg_ms(leg));
	if (r->recorder != NULL)
		url = recorder_finish(r->recorder);
	r->state = RUN_REPLY;
	leg_send(leg, run_event_url(leg, r->now), r->now->event_get, actionevent_input(leg, &r->input, url),
	    run_reply_own);
}

void
run_input_tick(struct leg *leg)
{
	if (input_tick(&leg->run.input, leg_ms(leg)))
		input_complete(leg);
}

/* What plays may be interrupted: bargeIn lasts until the input (spec/vonage.md 3.1). */
static bool
may_barge(const struct runner *r)
{
	const struct ncco_action	*a = r->now;

	for (; a->kind == NCCO_TALK || a->kind == NCCO_STREAM; a--) {
		if (a->barge_in)
			return true;
		if (a == r->ncco.actions)
			break;
	}
	return false;
}

/* bargeIn: what plays is cut off and the input begins that follows it. */
static void
barge_in(struct leg *leg, bool by_key)
{
	struct runner	*r = &leg->run;
	size_t		 i = r->next;

	if (r->state != RUN_PLAYING || !may_barge(r))
		return;
	while (i < r->ncco.nactions && (r->ncco.actions[i].kind == NCCO_TALK ||
	    r->ncco.actions[i].kind == NCCO_STREAM))
		i++;
	if (i == r->ncco.nactions || r->ncco.actions[i].kind != NCCO_INPUT ||
	    !(by_key ? r->ncco.actions[i].want_dtmf : r->ncco.actions[i].want_speech))
		return;
	play_stop(leg, TRACK_NCCO);
	leg->actor.talks_ended++;
	r->next = i;
	r->state = RUN_GO;
	run_next(leg);
}

void
run_key(struct leg *leg, char key)
{
	struct runner	*r = &leg->run;

	barge_in(leg, true);
	if (r->state == RUN_INPUT && input_key(&r->input, key, leg_ms(leg)))
		input_complete(leg);
	else if (r->state == RUN_RECORDING && r->recorder != NULL && recend_key(&r->recorder->end, key))
		r->recorder->ended = true;
	if (r->keys_url != NULL)
		leg_send(leg, r->keys_url, r->keys_get, actionevent_key(leg, key), NULL);
	run_next(leg);
}

void
run_speech(struct leg *leg, struct leg *speaker, bool begins)
{
	struct runner	*r = &leg->run;

	if (begins && leg == speaker && r->state == RUN_PLAYING) {
		barge_in(leg, false);	/* the input finds it speaking */
		return;
	}
	if (r->state != RUN_INPUT || r->listens != speaker)
		return;
	if (begins)
		(void)input_speech_begin(&r->input, speaker->saying, leg_ms(leg));
	else
		(void)input_speech_end(&r->input, leg_ms(leg));
}
