/* SPDX-License-Identifier: ISC */
#include "brokerd/voice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/log.h"
#include "common/mem.h"

static void
set_error(struct voice *v, const char *error)
{
	v->failed = true;
	(void)snprintf(v->error, sizeof(v->error), "%s", error);
}

static int
set_rate(struct voice *v, uint32_t rate_hz)
{
	if (v->resampler != NULL && v->from_hz == rate_hz)
		return 0;
	audio_resampler_free(v->resampler);
	v->from_hz = rate_hz;
	v->resampler = audio_resampler_new(rate_hz, v->rate_hz);
	return v->resampler == NULL ? -1 : 0;
}

static void
keep(struct voice *v, const int16_t *pcm, size_t n)
{
	if (v->pcm.len + n * 2 > v->max) {
		if (!v->cut)
			log_warn(NULL, "tts.cut", "seconds=%zu", v->max / 2 / v->rate_hz);
		v->cut = true;
		return;
	}
	if (buf_append(&v->pcm, pcm, n * 2) == -1)
		set_error(v, "no memory");
}

/* in NULL: push out what is still inside. */
static void
resample(struct voice *v, const int16_t *in, size_t n)
{
	int16_t	*out;
	size_t	 room, got;

	room = audio_resampler_max_out(v->resampler, n);
	if ((out = mem_alloc((room + 1) * sizeof(*out))) == NULL) {
		set_error(v, "no memory");
		return;
	}
	got = in == NULL ? audio_resampler_flush(v->resampler, out, room) :
	    audio_resampler_run(v->resampler, in, n, out, room);
	keep(v, out, got);
	free(out);
}

static void
on_text(void *arg, const char *delta, size_t len)
{
	(void)arg;
	(void)delta;
	(void)len;
}

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct voice	*v = arg;

	if (set_rate(v, rate_hz) == -1) {
		set_error(v, strerror(errno));
		return;
	}
	resample(v, pcm, n);
	if (!v->paused && voice_ready(v) > (size_t)v->rate_hz * VOICE_PAUSE_S) {
		v->paused = true;
		ladder_pause(v->job, true);
	}
	v->ops->more(v->arg);
}

static void
on_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct voice	*v = arg;

	v->job = NULL;
	v->ended = true;
	(void)snprintf(v->engine, sizeof(v->engine), "%s", engine);
	if (!res->ok)
		set_error(v, res->error);
	if (v->resampler != NULL)
		resample(v, NULL, 0);
	v->ops->more(v->arg);
}

static const struct ladder_events ladder_events = { on_text, on_pcm, on_done };

static struct voice *
voice_new(uint32_t rate_hz, unsigned max_s)
{
	struct voice	*v;

	if ((v = mem_calloc(1, sizeof(*v))) == NULL)
		return NULL;
	v->rate_hz = rate_hz;
	v->max = (size_t)rate_hz * 2 * max_s;
	buf_init(&v->pcm, v->max);
	return v;
}

struct voice *
voice_speak(const struct ladder *tts, const struct engine_request *rq, uint32_t rate_hz,
    unsigned max_s, const struct voice_ops *ops, void *arg)
{
	struct voice	*v;

	if ((v = voice_new(rate_hz, max_s)) == NULL)
		return NULL;
	v->ops = ops;
	v->arg = arg;
	if ((v->job = ladder_start(tts, rq, &ladder_events, v)) == NULL) {
		voice_free(v);
		return NULL;
	}
	return v;
}

struct voice *
voice_clip(const struct clip *clip, uint32_t rate_hz)
{
	struct voice	*v;

	if ((v = voice_new(rate_hz, PHRASE_MAX_S + 1)) == NULL)
		return NULL;
	if (set_rate(v, clip->rate_hz) == 0) {
		resample(v, clip->samples, clip->n);
		resample(v, NULL, 0);
	}
	v->ended = true;
	if (v->resampler == NULL || v->failed) {
		voice_free(v);
		errno = ENOMEM;
		return NULL;
	}
	return v;
}

void
voice_free(struct voice *v)
{
	int	 saved_errno = errno;

	if (v == NULL)
		return;
	ladder_cancel(v->job);
	audio_resampler_free(v->resampler);
	buf_clear(&v->pcm);
	free(v);
	errno = saved_errno;
}

size_t
voice_ready(const struct voice *v)
{
	return v->pcm.len / 2;
}

const int16_t *
voice_samples(const struct voice *v)
{
	return (const int16_t *)(const void *)v->pcm.data;
}

void
voice_take(struct voice *v, size_t n)
{
	buf_consume(&v->pcm, n * 2);
	if (v->paused && voice_ready(v) < (size_t)v->rate_hz * VOICE_PAUSE_S / 2) {
		v->paused = false;
		ladder_pause(v->job, false);
	}
}
