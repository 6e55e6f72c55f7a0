/* SPDX-License-Identifier: ISC */
#include "common/audio.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <speex/speex_resampler.h>

#include "common/mem.h"

#define QUALITY		5		/* stack.md 9 */
#define RATE_MIN	1000
#define BLOCK		4096		/* samples for speexdsp at a time, whose lengths are 32 bits */
#define SILENCE_DB	(-120.0)
#define ULAW_BIAS	0x84
#define ULAW_CLIP	32635

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are handled in host order");

struct audio_resampler {
	SpeexResamplerState	*speex;		/* NULL when from_hz == to_hz */
	uint32_t		 from_hz, to_hz;
	uint64_t		 in_total, out_total;	/* since the start or the last flush */
};

bool
audio_rate_ok(uint32_t rate_hz)
{
	return rate_hz == 8000 || rate_hz == 16000 || rate_hz == 24000;
}

struct audio_resampler *
audio_resampler_new(uint32_t from_hz, uint32_t to_hz)
{
	struct audio_resampler	*r;
	int			 error = RESAMPLER_ERR_SUCCESS;

	if (from_hz < RATE_MIN || from_hz > AUDIO_RATE_MAX || to_hz < RATE_MIN ||
	    to_hz > AUDIO_RATE_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->from_hz = from_hz;
	r->to_hz = to_hz;
	if (from_hz == to_hz)
		return r;
	if ((r->speex = speex_resampler_init(1, from_hz, to_hz, QUALITY, &error)) == NULL) {
		audio_resampler_free(r);
		errno = error == RESAMPLER_ERR_INVALID_ARG ? EINVAL : ENOMEM;
		return NULL;
	}
	(void)speex_resampler_skip_zeros(r->speex);
	return r;
}

void
audio_resampler_free(struct audio_resampler *r)
{
	if (r == NULL)
		return;
	if (r->speex != NULL)
		speex_resampler_destroy(r->speex);
	free(r);
}

size_t
audio_resampler_max_out(const struct audio_resampler *r, size_t nin)
{
	uint64_t	n = nin;

	if (r->speex == NULL)
		return nin;
	n += (uint64_t)speex_resampler_get_input_latency(r->speex);
	return (size_t)(n * r->to_hz / r->from_hz + 2);
}

/* in may be NULL for silence. Stops early only when out is full. */
static size_t
push(struct audio_resampler *r, const int16_t *in, size_t nin, int16_t *out, size_t out_size)
{
	static const int16_t	 silence[BLOCK];
	const int16_t		*block;
	spx_uint32_t		 n_in, n_out;
	size_t			 taken = 0, given = 0;

	while (taken < nin && given < out_size) {
		n_in = (spx_uint32_t)(nin - taken < BLOCK ? nin - taken : BLOCK);
		n_out = (spx_uint32_t)(out_size - given < UINT32_MAX ? out_size - given : UINT32_MAX);
		block = in != NULL ? in + taken : silence;
		(void)speex_resampler_process_int(r->speex, 0, block, &n_in, out + given, &n_out);
		taken += n_in;
		given += n_out;
	}
	assert(in == NULL || taken == nin);
	return given;
}

size_t
audio_resampler_run(struct audio_resampler *r, const int16_t *in, size_t nin, int16_t *out,
    size_t out_size)
{
	size_t	n;

	if (nin == 0)
		return 0;
	if (r->speex == NULL) {
		assert(out_size >= nin);
		memcpy(out, in, nin * sizeof(*in));
		return nin;
	}
	n = push(r, in, nin, out, out_size);
	r->in_total += nin;
	r->out_total += n;
	return n;
}

size_t
audio_resampler_flush(struct audio_resampler *r, int16_t *out, size_t out_size)
{
	uint64_t	whole, tail;
	size_t		n = 0;

	if (r->speex == NULL)
		return 0;
	/* the filter's tail gives a sample or two of pure silence more: cut to the true length */
	whole = (r->in_total * r->to_hz + r->from_hz - 1) / r->from_hz;
	if (whole > r->out_total) {
		tail = whole - r->out_total;
		n = push(r, NULL, (size_t)speex_resampler_get_input_latency(r->speex) + 2 +
		    r->from_hz / r->to_hz, out, tail < out_size ? (size_t)tail : out_size);
	}
	(void)speex_resampler_reset_mem(r->speex);
	(void)speex_resampler_skip_zeros(r->speex);
	r->in_total = r->out_total = 0;
	return n;
}

double
audio_rms_db(const int16_t *samples, size_t n)
{
	uint64_t	sum = 0;
	double		db;
	size_t		i;

	for (i = 0; i < n; i++)
		sum += (uint64_t)((int32_t)samples[i] * samples[i]);
	if (sum == 0)
		return SILENCE_DB;
	db = 10.0 * log10((double)sum / (double)n / (32768.0 * 32768.0));
	return db > SILENCE_DB ? db : SILENCE_DB;
}

int
audio_peak(const int16_t *samples, size_t n)
{
	int	peak = 0;
	size_t	i;

	for (i = 0; i < n; i++) {
		if (abs(samples[i]) > peak)
			peak = abs(samples[i]);
	}
	return peak;
}

uint8_t
audio_ulaw_encode(int16_t sample)
{
	int	magnitude = abs((int)sample), sign = sample < 0 ? 0x80 : 0, segment = 7, mask;

	if (magnitude > ULAW_CLIP)
		magnitude = ULAW_CLIP;
	magnitude += ULAW_BIAS;
	for (mask = 0x4000; segment > 0 && (magnitude & mask) == 0; mask >>= 1)
		segment--;
	return (uint8_t)~(sign | segment << 4 | (magnitude >> (segment + 3) & 0x0f));
}

int16_t
audio_ulaw_decode(uint8_t code)
{
	int	bits = ~code & 0xff, magnitude;

	magnitude = ((((bits & 0x0f) << 3) + ULAW_BIAS) << (bits >> 4 & 0x07)) - ULAW_BIAS;
	return (int16_t)(bits & 0x80 ? -magnitude : magnitude);
}
