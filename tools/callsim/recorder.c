/* SPDX-License-Identifier: ISC */
#include "tools/callsim/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/actionevent.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/files.h"
#include "tools/callsim/mix.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/transcription.h"

static void
recorder_free(struct recorder *r)
{
	if (r->holder != NULL)
		*r->holder = NULL;
	free(r->event_url);
	free(r->transcribe_url);
	json_object_put(r->sentences);
	free(r);
}

static struct recorder *
open_recorder(struct leg *leg, enum recfile_format format, unsigned channels)
{
	struct recorder	*r;
	const char	*dir, *why = NULL;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->leg = leg;
	r->format = format;
	r->channels = channels;
	r->begin_ms = clock_wall_ms();
	sim_uuid(r->uuid, true);
	if ((dir = sim_recordings_dir(leg->sim)) != NULL) {
		(void)snprintf(r->path, sizeof(r->path), "%s/%s.%s", dir, r->uuid, recfile_suffix(format));
		r->file = recfile_open(r->path, format, channels, leg->conv->rate_hz, &why);
	}
	if (r->file == NULL) {
		call_trouble(leg->call, CALL_RESULT_ERROR, "recording %s: %s", r->path,
		    why == NULL ? strerror(errno) : why);
		recorder_free(r);
		return NULL;
	}
	return r;
}

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_strdup(text);
}

static void
take_options(struct recorder *r, const struct ncco_action *a)
{
	r->event_url = copy(a->event_url);
	r->event_get = a->event_get;
	r->transcribe = a->transcribe;
	r->transcribe_url = copy(a->transcribe_url);
	r->transcribe_get = a->transcribe_get;
	r->sentences = json_object_new_array();
}

struct recorder *
recorder_start(struct leg *leg, const struct ncco_action *a)
{
	static const enum recfile_format formats[] = {
		[NCCO_MP3] = RECFILE_MP3, [NCCO_WAV] = RECFILE_WAV, [NCCO_OGG] = RECFILE_OGG,
	};
	unsigned	 channels = !a->split ? 1 : a->channels > 2 ? a->channels : 2;
	struct recorder	*r;

	/* mp3 has two channels at most; spec/vonage.md 3.3 */
	if ((r = open_recorder(leg, channels > 2 ? RECFILE_WAV : formats[a->format], channels)) == NULL)
		return NULL;
	take_options(r, a);
	r->end = (struct recend){ .silence_ms = a->record_silence_ms, .timeout_ms = a->record_timeout_ms,
	    .key = a->end_on_key };
	TAILQ_INSERT_TAIL(&leg->recorders, r, entry);
	return r;
}

struct recorder *
recorder_start_whole(struct leg *leg, const struct ncco_action *a)
{
	struct recorder	*r;

	if ((r = open_recorder(leg, RECFILE_MP3, 1)) == NULL)
		return NULL;
	take_options(r, a);
	r->whole = true;
	leg->conv->recorder = r;
	return r;
}

struct recorder *
recorder_start_speech(struct leg *leg)
{
	struct recorder	*r;

	if ((r = open_recorder(leg, RECFILE_WAV, 1)) == NULL)
		return NULL;
	r->silent = true;
	TAILQ_INSERT_TAIL(&leg->recorders, r, entry);
	return r;
}

static void
note(const struct recorder *r, const char *url, int64_t size)
{
	struct json_object	*o = leg_note(r->leg, r->leg->notes.recordings);

	if (o == NULL)
		return;
	(void)json_add_str(o, "uuid", r->uuid);
	(void)json_add_str(o, "url", url);
	(void)json_add_str(o, "file", r->path);
	(void)json_add_int(o, "size", size);
	(void)json_add_int(o, "length_ms", r->frames * AUDIO_FRAME_MS);
	(void)json_add_int(o, "channels", r->channels);
}

static void
send_transcription(const struct recorder *r)
{
	char		 path[RECORDER_PATH_SIZE + 8];
	const char	*url;

	(void)snprintf(path, sizeof(path), "%s.json", r->path);
	if (transcription_write(path, r->uuid, r->sentences, r->frames * AUDIO_FRAME_MS) == -1 ||
	    (url = files_publish(r->leg->sim, path, "application/json")) == NULL) {
		call_trouble(r->leg->call, CALL_RESULT_ERROR, "transcription %s: %s", path, strerror(errno));
		return;
	}
	leg_send(r->leg, r->transcribe_url == NULL ? r->leg->sim->options.event_url : r->transcribe_url,
	    r->transcribe_get, actionevent_transcribed(r, url), NULL);
}

const char *
recorder_finish(struct recorder *r)
{
	struct log_ctx	 ctx = { 0 };
	const char	*url = NULL;
	int64_t		 size;

	if (r == NULL)
		return NULL;
	ctx.call = r->leg->uuid;
	if (!r->whole)
		TAILQ_REMOVE(&r->leg->recorders, r, entry);
	size = recfile_close(r->file);
	if (size == -1 || (url = files_publish(r->leg->sim, r->path, recfile_type(r->format))) == NULL)
		call_trouble(r->leg->call, CALL_RESULT_ERROR, "recording %s: %s", r->path,
		    size == -1 ? "not written whole" : strerror(errno));
	else if (!r->silent) {
		log_info(&ctx, "recording", "uuid=%s ms=%lld size=%lld", r->uuid,
		    (long long)(r->frames * AUDIO_FRAME_MS), (long long)size);
		note(r, url, size);
		leg_send(r->leg, r->event_url == NULL ? r->leg->sim->options.event_url : r->event_url,
		    r->event_get, actionevent_record(r, url, size, clock_wall_ms()), NULL);
		if (r->transcribe)
			send_transcription(r);
	}
	recorder_free(r);
	return url;
}

void
recorder_finish_all(struct leg *leg)
{
	struct recorder	*r;

	while ((r = TAILQ_FIRST(&leg->recorders)) != NULL)
		(void)recorder_finish(r);
}

void
recorder_drop(struct recorder *r)
{
	if (!r->whole)
		TAILQ_REMOVE(&r->leg->recorders, r, entry);
	(void)recfile_close(r->file);
	recorder_free(r);
}

void
recorder_write(struct recorder *r, const int16_t *const *channels)
{
	recfile_write(r->file, channels);
	r->frames++;
}

/* Each leg keeps the channel that it got first; who is too much shares the last. */
static unsigned
channel_of(struct recorder *r, const struct leg *leg)
{
	unsigned	i;

	for (i = 1; i < r->channels - 1; i++) {
		if (r->owners[i] == NULL)
			r->owners[i] = leg;
		if (r->owners[i] == leg)
			break;
	}
	return i;
}

/* Each leg in a channel of its own, the recorded one first; the last has talks, and who is too much. */
static void
write_legs(struct recorder *r)
{
	int16_t			 shared[AUDIO_FRAME_SAMPLES_MAX] = { 0 };
	const int16_t		*channels[RECFILE_CHANNELS_MAX] = { NULL };
	const struct leg	*other;
	size_t			 n = AUDIO_FRAME_SAMPLES(r->leg->conv->rate_hz);
	unsigned		 at;

	channels[0] = r->leg->said_any ? r->leg->said : NULL;
	TAILQ_FOREACH(other, &r->leg->conv->legs, in_conv) {
		if (other == r->leg || other->state != LEG_LIVE)
			continue;
		if ((at = channel_of(r, other)) < r->channels - 1)
			channels[at] = other->said_any ? other->said : NULL;
		else if (other->said_any)
			mix_add(shared, other->said, n);
	}
	if (r->leg->talk_any)
		mix_add(shared, r->leg->talk, n);
	channels[r->channels - 1] = shared;
	recorder_write(r, channels);
}

/* heard with the platform's talk; NULL: silence. */
static void
write_one(struct recorder *r, const int16_t *all)
{
	const struct leg	*leg = r->leg;
	const int16_t		*said = leg->said_any ? leg->said : NULL, *channels[2] = { said, all };
	int16_t			 sum[AUDIO_FRAME_SAMPLES_MAX];
	size_t			 n = AUDIO_FRAME_SAMPLES(leg->conv->rate_hz);

	if (r->channels > 2) {
		write_legs(r);
		return;
	}
	if (r->channels == 1 && !r->silent && all != NULL) {
		memcpy(sum, all, n * sizeof(*sum));
		if (said != NULL)
			mix_add(sum, said, n);
		channels[0] = sum;
	}
	recorder_write(r, channels);
}

void
recorder_leg_frame(struct leg *leg, const int16_t *heard)
{
	size_t		 n = AUDIO_FRAME_SAMPLES(leg->conv->rate_hz);
	int16_t		 sum[AUDIO_FRAME_SAMPLES_MAX];
	const int16_t	*all = heard;
	bool		 loud = leg->said_any && audio_rms_db(leg->said, n) >= RECFILE_LEVEL_DB;
	struct recorder	*r;

	if (leg->talk_any && heard == NULL)
		all = leg->talk;
	else if (leg->talk_any) {
		memcpy(sum, heard, n * sizeof(*sum));
		mix_add(sum, leg->talk, n);
		all = sum;
	}
	TAILQ_FOREACH(r, &leg->recorders, entry) {
		if (r->ended)
			continue;
		write_one(r, all);
		r->ended = recend_frame(&r->end, loud, AUDIO_FRAME_MS);
	}
}

void
recorder_said(struct leg *leg, const char *text, int64_t duration_ms)
{
	struct recorder	*r;

	TAILQ_FOREACH(r, &leg->recorders, entry)
		if (r->transcribe && !r->ended)
			transcription_add(r->sentences, text, r->frames * AUDIO_FRAME_MS, duration_ms);
}
