/* SPDX-License-Identifier: ISC */
#include "tools/callsim/mix.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define BRIDGE_FRAMES	4	/* room in the queue: the resampler is never so uneven */

struct bridge {
	struct audio_resampler	*r;
	size_t			 nin, nout;	/* samples of a frame */
	size_t			 n;		/* queued */
	bool			 begun;
	int16_t			 queue[BRIDGE_FRAMES * AUDIO_FRAME_SAMPLES_MAX];
};

static int16_t
clip16(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

void
mix_add(int16_t *sum, const int16_t *in, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		sum[i] = clip16(sum[i] + in[i]);
}

void
mix_level(int16_t *samples, size_t n, double level)
{
	double	factor = pow(2, level);
	size_t	i;

	if (level == 0)
		return;
	for (i = 0; i < n; i++)
		samples[i] = clip16((int32_t)lrint(samples[i] * factor));
}

struct bridge *
bridge_new(uint32_t from_hz, uint32_t to_hz)
{
	struct bridge	*b;

	if (!audio_rate_ok(from_hz) || !audio_rate_ok(to_hz)) {
		errno = EINVAL;
		return NULL;
	}
	if ((b = mem_calloc(1, sizeof(*b))) == NULL)
		return NULL;
	b->nin = AUDIO_FRAME_SAMPLES(from_hz);
	b->nout = AUDIO_FRAME_SAMPLES(to_hz);
	if ((b->r = audio_resampler_new(from_hz, to_hz)) == NULL) {
		free(b);
		errno = ENOMEM;
		return NULL;
	}
	return b;
}

void
bridge_free(struct bridge *b)
{
	if (b == NULL)
		return;
	audio_resampler_free(b->r);
	free(b);
}

void
bridge_frame(struct bridge *b, const int16_t *in, int16_t *out)
{
	size_t	room = sizeof(b->queue) / sizeof(b->queue[0]), have;

	/* Half a frame of silence ahead, so that no later frame is short. */
	if (!b->begun)
		b->n = b->nout / 2;
	b->begun = true;
	b->n += audio_resampler_run(b->r, in, b->nin, b->queue + b->n, room - b->n);
	have = b->n < b->nout ? b->n : b->nout;
	memcpy(out, b->queue, have * sizeof(*out));
	memset(out + have, 0, (b->nout - have) * sizeof(*out));
	b->n -= have;
	memmove(b->queue, b->queue + have, b->n * sizeof(b->queue[0]));
}
