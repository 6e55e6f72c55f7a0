/* SPDX-License-Identifier: ISC */
#include "tools/callsim/clip.h"

#include <errno.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tools/callsim/earmeter.h"

struct clip *
clip_make(const int16_t *samples, size_t n, uint32_t from_hz, uint32_t to_hz)
{
	struct audio_resampler	*r;
	struct clip		*c = NULL;
	size_t			 size, len;

	if ((r = audio_resampler_new(from_hz, to_hz)) == NULL)
		return NULL;
	size = audio_resampler_max_out(r, n) + audio_resampler_max_out(r, 0) + 1;
	if ((c = mem_calloc(1, sizeof(*c))) == NULL ||
	    (c->audio.samples = mem_alloc(size * sizeof(int16_t))) == NULL)
		goto fail;
	len = audio_resampler_run(r, samples, n, c->audio.samples, size);
	len += audio_resampler_flush(r, c->audio.samples + len, size - len);
	audio_resampler_free(r);
	c->refs = 1;
	c->audio.nsamples = len;
	c->audio.rate_hz = to_hz;
	if (!earmeter_bounds(c->audio.samples, len, to_hz, &c->speech_begin, &c->speech_end)) {
		c->speech_begin = 0;
		c->speech_end = len;
	}
	return c;
fail:
	audio_resampler_free(r);
	clip_unref(c);
	errno = ENOMEM;
	return NULL;
}

struct clip *
clip_ref(struct clip *c)
{
	c->refs++;
	return c;
}

void
clip_unref(struct clip *c)
{
	if (c == NULL || (c->refs > 0 && --c->refs > 0))
		return;
	audio_clip_clear(&c->audio);
	free(c);
}
