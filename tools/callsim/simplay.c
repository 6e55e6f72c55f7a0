/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simplay.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/httpc.h"
#include "common/log.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simlog.h"

#define BEEP_HZ		1000
#define BEEP_MS		300

/* The end of what was noted; why NULL: it was played to its end. */
static void
close_note(struct playing *p, const char *why)
{
	if (p->note == NULL)
		return;
	(void)json_add_int(p->note, "end_ms", leg_ms(p->leg));
	(void)json_add_str(p->note, "cut", why);
	json_object_put(p->note);
	p->note = NULL;
}

static void
begin(struct playing *p, struct json_object *note, int64_t loop, double level)
{
	play_stop(p->leg, p->track);
	p->loading = true;
	p->begun = false;
	p->loop = loop;
	p->level = level;
	p->note = json_object_get(note);
}

static void
failed(struct playing *p, const char *what, const char *why)
{
	struct leg	*leg = p->leg;
	char		 reason[200];

	p->loading = false;
	close_note(p, why);
	(void)snprintf(reason, sizeof(reason), "%s: %s", what, why);
	leg_error(leg, reason);
	if (p->track == TRACK_NCCO && leg->call != NULL)
		call_trouble(leg->call, CALL_RESULT_FAILED, "%s", reason);
}

static void
loaded(struct playing *p, struct clip *clip)
{
	p->loading = false;
	p->begun = true;
	tracks_play(&p->leg->tracks, p->track, clip, p->loop, p->level);
	if (p->note != NULL)
		(void)json_add_int(p->note, "begin_ms", leg_ms(p->leg));
}

static void
on_spoken(void *arg, struct clip *clip)
{
	struct playing	*p = arg;

	if (!p->loading)
		return;
	if (clip == NULL)
		failed(p, "talk", "flite could not speak it");
	else
		loaded(p, clip);
}

/* The transcript of the call, and what the person at the phone hears in words. */
static void
note_text(struct leg *leg, const char *text, const char *language)
{
	struct call_details	*d = &leg->call->details;
	struct json_object	*o;

	actor_hears(&leg->actor, text);
	simlog_leg("talk", leg->uuid, text);
	if (d->talks == NULL)
		return;
	(void)json_object_array_add(d->talks, json_object_new_string(text));
	if ((o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", leg_ms(leg));
	(void)json_add_str(o, "who", "talk");
	(void)json_add_str(o, "text", text);
	(void)json_add_str(o, "language", language == NULL ? "en-US" : language);
	(void)json_object_array_add(d->transcript, o);
}

int
play_text(struct leg *leg, enum track_name track, const char *text, const char *language, int64_t loop,
    double level)
{
	struct playing		*p = &leg->playing[track];
	struct json_object	*note = leg_note(leg, leg->notes.talks);

	if (note != NULL) {
		(void)json_add_str(note, "text", text);
		(void)json_add_int(note, "loop", loop);
	}
	begin(p, note, loop, level);
	note_text(leg, text, language);
	if (speech_say(leg->sim->speech, leg->sim->options.talk_voice, text, leg->conv->rate_hz, on_spoken, p) == 0)
		return 0;
	p->loading = false;
	close_note(p, strerror(errno));
	return -1;
}

static void
on_fetched(void *arg, const struct httpc_result *res)
{
	struct playing	 *p = arg;
	struct audio_clip audio = { 0 };
	struct clip	 *clip;
	const char	 *why = NULL;
	char		  text[160];

	p->fetch = NULL;
	if (p->leg->conv == NULL) {
		p->loading = false;
		return;
	}
	if (res->error != HTTPC_OK || res->status != 200) {
		(void)snprintf(text, sizeof(text), "%s (status %ld)", httpc_error_name(res->error), res->status);
		failed(p, "stream", text);
		return;
	}
	if (audio_read_memory(res->body, res->body_len, 0, CLIP_SECONDS_MAX, &audio, &why) == -1) {
		failed(p, "stream", why == NULL ? strerror(errno) : why);
		return;
	}
	clip = clip_make(audio.samples, audio.nsamples, audio.rate_hz, p->leg->conv->rate_hz);
	audio_clip_clear(&audio);
	if (clip == NULL) {
		failed(p, "stream", strerror(errno));
		return;
	}
	loaded(p, clip);
	clip_unref(clip);
}

int
play_url(struct leg *leg, enum track_name track, const char *url, int64_t loop, double level)
{
	struct playing		*p = &leg->playing[track];
	struct json_object	*note = leg_note(leg, leg->notes.streams);
	struct httpc_opts	 o = { .method = "GET", .url = url, .total_ms = PLAY_FETCH_MS,
				    .max_body = PLAY_FETCH_MAX, .on_done = on_fetched, .arg = p };

	if (note != NULL) {
		(void)json_add_str(note, "url", url);
		(void)json_add_int(note, "loop", loop);
	}
	simlog_leg("stream", leg->uuid, url);
	begin(p, note, loop, level);
	if ((p->fetch = httpc_start(leg->sim->httpc, &o)) != NULL)
		return 0;
	p->loading = false;
	close_note(p, strerror(errno));
	return -1;
}

int
play_beep(struct leg *leg)
{
	int16_t		 wave[AUDIO_FRAME_SAMPLES_MAX * BEEP_MS / AUDIO_FRAME_MS];
	uint32_t	 rate_hz = leg->conv->rate_hz;
	size_t		 n = (size_t)rate_hz * BEEP_MS / 1000, i;
	struct clip	*clip;

	for (i = 0; i < n; i++)
		wave[i] = (int16_t)(8000 * sin(2 * M_PI * BEEP_HZ * (double)i / rate_hz));
	if ((clip = clip_make(wave, n, rate_hz, rate_hz)) == NULL)
		return -1;
	tracks_play(&leg->tracks, TRACK_BEEP, clip, 1, 0);
	clip_unref(clip);
	return 0;
}

void
play_stop(struct leg *leg, enum track_name track)
{
	struct playing	*p = &leg->playing[track];

	if (p->loading) {
		speech_cancel(leg->sim->speech, p);
		if (p->fetch != NULL)
			httpc_cancel(p->fetch);
		p->fetch = NULL;
	}
	if (p->loading || tracks_playing(&leg->tracks, track))
		close_note(p, "stopped");
	p->loading = p->begun = false;
	tracks_stop(&leg->tracks, track);
}

void
play_stop_all(struct leg *leg)
{
	unsigned	i;

	for (i = 0; i < TRACK_COUNT; i++)
		play_stop(leg, (enum track_name)i);
}

bool
play_busy(const struct leg *leg, enum track_name track)
{
	return leg->playing[track].loading || tracks_playing(&leg->tracks, track);
}

void
play_tick(struct leg *leg)
{
	unsigned	 i;

	for (i = 0; i < TRACK_COUNT; i++)
		if (leg->playing[i].begun && !tracks_playing(&leg->tracks, (enum track_name)i)) {
			leg->playing[i].begun = false;
			close_note(&leg->playing[i], NULL);
			if (i == TRACK_NCCO)
				leg->actor.talks_ended++;
		}
}
