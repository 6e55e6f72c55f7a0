/* SPDX-License-Identifier: ISC */
#include "vadd/suppress.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/mem.h"
#include "vadd/fourier.h"
#include "vadd/spectrum.h"

#define LEARN_FIRST	8		/* blocks averaged before learning turns slow */
#define LEARN		0.1f
#define LEARN_MOST	10.0f		/* times the noise: what is louder was perhaps speech */
#define TRACK		0.2f		/* within an utterance, and the next three: Gerkmann and Hendriks */
#define SPEECH_XI	31.6f		/* a-priori SNR of speech where it is: 15 dB */
#define PRESENT_KEEP	0.9f		/* of the probability's mean, and what it may not exceed for long */
#define PRESENT_MAX	0.99f
#define DECIDED		0.95f		/* weight of the last block in the a-priori SNR; .98 there, but words like .95 (the tuning half) */
#define XI_MIN		0.0032f		/* -25 dB */
#define POST_MAX	1000.0f		/* a-posteriori SNR */
#define POWER_MIN	1e-3f		/* far below one step of 16 bits */

#define SNR_FULL_DB	30.0f		/* loudest speech to noise; the mean of speech is some 8 dB below */
#define SNR_NONE_DB	40.0f
#define STEADY_FULL_DB	1.5f		/* change of the noise from one learnt block to the next: .2 hum, .6 hiss, to 1.4 an engine */
#define STEADY_NONE_DB	2.5f		/* babble of eight voices has 2.4 to 4 */
#define STEADY_MOST_DB	10.0f
#define LEVEL_FIRST	3277.0f		/* rms of the speech that is expected: -20 dB */
#define LEVEL_KEEP	0.9963f		/* a block: 1 dB a second */

#define LOOK_STEPS	16		/* of an octave */
#define LOOK_FIRST	(-14)		/* 2^-14 */
#define LOOK_OCTAVES	24		/* to 2^10 */
#define LOOK_SIZE	(LOOK_OCTAVES * LOOK_STEPS + 1)

struct suppress {
	unsigned	 block, hop, bins;
	unsigned	 learnt;	/* blocks, up to LEARN_FIRST */
	float		 most_db;	/* of this utterance */
	float		 level;		/* power of the loudest speech */
	float		 last_db, change_db;	/* of the learnt blocks: level of the last, mean change */
	size_t		 at;		/* samples before this are done but for the last hop */
	float		*noise, *speech, *present;	/* bins: power; power of the last output; mean probability */
	float		*tail;		/* hop: what the next block adds to */
};

static float	look_gain[LOOK_SIZE];	/* exp(E1(v) / 2) */
static float	look_speech[LOOK_SIZE];	/* probability of speech, by power over noise */

/* ---- the two curves, as tables: no libm for each bin ---- */

/* The exponential integral: series below 1, continued fraction above. */
static double
e1(double v)
{
	double	 sum = -0.57721566490153286 - log(v), term = 1.0, f = 0.0;
	int	 k;

	if (v > 1.0) {
		for (k = 60; k > 0; k--)
			f = k / (1.0 + k / (v + f));
		return exp(-v) / (v + f);
	}
	for (k = 1; k < 30; k++) {
		term *= -v / k;
		sum -= term / k;
	}
	return sum;
}

static void
look_init(void)
{
	double	 v;
	int	 i;

	if (look_gain[0] != 0.0f)
		return;
	for (i = 0; i < LOOK_SIZE; i++) {
		/* Between powers of two the steps are even, as the bits of a float are. */
		v = ldexp(1.0 + (double)(i % LOOK_STEPS) / LOOK_STEPS, LOOK_FIRST + i / LOOK_STEPS);
		look_gain[i] = (float)exp(e1(v) / 2);
		look_speech[i] = (float)(1.0 / (1.0 + (1.0 + SPEECH_XI) * exp(-v * SPEECH_XI / (1.0 + SPEECH_XI))));
	}
}

/* Not fmaxf() and fminf(), which are calls. */
static float
larger(float a, float b)
{
	return a > b ? a : b;
}

static float
smaller(float a, float b)
{
	return a < b ? a : b;
}

static float
look(const float *table, float x)
{
	uint32_t	 bits;
	size_t		 i;

	if (!(x > ldexpf(1.0f, LOOK_FIRST)))
		return table[0];
	if (x >= ldexpf(1.0f, LOOK_FIRST + LOOK_OCTAVES))
		return table[LOOK_SIZE - 1];
	memcpy(&bits, &x, sizeof(bits));
	bits -= (uint32_t)(127 + LOOK_FIRST) << 23;
	i = bits >> 19;			/* 4 bits of the mantissa: LOOK_STEPS */
	return table[i] + (float)(bits & 0x7ffffU) / 524288.0f * (table[i + 1] - table[i]);
}

/* ---- life ---- */

struct suppress *
suppress_new(uint32_t rate_hz)
{
	struct suppress	*s;

	if (!audio_rate_ok(rate_hz)) {
		errno = EINVAL;
		return NULL;
	}
	if ((s = mem_calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->block = rate_hz == 8000 ? 256 : rate_hz == 16000 ? 512 : 1024;
	s->hop = s->block / 2;
	s->bins = s->hop + 1;
	if ((s->noise = mem_calloc(3 * (size_t)s->bins + s->hop, sizeof(float))) == NULL) {
		free(s);
		return NULL;
	}
	s->speech = s->noise + s->bins;
	s->present = s->speech + s->bins;
	s->tail = s->present + s->bins;
	/* Parseval: half of the bins, and a window of mean square 1/2. */
	s->level = LEVEL_FIRST * LEVEL_FIRST * (float)(s->block * s->block) / 4.0f;
	fourier_init();
	look_init();
	return s;
}

void
suppress_free(struct suppress *s)
{
	if (s == NULL)
		return;
	free(s->noise);
	free(s);
}

size_t
suppress_block(const struct suppress *s)
{
	return s->block;
}

/* ---- noise ---- */

static void
analyse(const struct suppress *s, float *x, float *re, float *im)
{
	fourier_window(s->block, x);
	fourier_forward(s->block, x, re, im);
}

void
suppress_learn(struct suppress *s, const int16_t *block)
{
	float		 x[FOURIER_MAX], re[FOURIER_BINS_MAX], im[FOURIER_BINS_MAX], p, share, sum = 0.0f;
	unsigned	 i;

	if (audio_peak(block, s->block) == 0)
		return;
	for (i = 0; i < s->block; i++)
		x[i] = block[i];
	analyse(s, x, re, im);
	if (s->learnt < LEARN_FIRST)
		s->learnt++;
	share = s->learnt < LEARN_FIRST ? 1.0f / (float)s->learnt : LEARN;
	for (i = 0; i < s->bins; i++) {
		p = re[i] * re[i] + im[i] * im[i];
		sum += p;
		if (s->learnt == LEARN_FIRST)
			p = smaller(p, s->noise[i] * LEARN_MOST + POWER_MIN);
		s->noise[i] += share * (p - s->noise[i]);
	}
	sum = spectrum_db(sum);
	if (s->learnt > 1)
		s->change_db += share * (smaller(fabsf(sum - s->last_db), STEADY_MOST_DB) - s->change_db);
	s->last_db = sum;
}

/* What of this bin is noise although somebody speaks. */
static void
track(struct suppress *s, unsigned i, float power)
{
	float		 p = look(look_speech, power / (s->noise[i] + POWER_MIN));

	s->present[i] = PRESENT_KEEP * s->present[i] + (1.0f - PRESENT_KEEP) * p;
	if (s->present[i] > PRESENT_MAX)
		p = smaller(p, PRESENT_MAX);	/* else a noise that has grown is speech for ever */
	s->noise[i] += TRACK * (1.0f - p) * (power - s->noise[i]);
}

/* ---- gain ---- */

static float
gain(struct suppress *s, unsigned i, float power)
{
	const float	 noise = s->noise[i] + POWER_MIN, post = smaller(power / noise, POST_MAX);
	float		 xi, wiener, g;

	xi = DECIDED * s->speech[i] / noise + (1.0f - DECIDED) * larger(post - 1.0f, 0.0f);
	xi = larger(xi, XI_MIN);
	wiener = xi / (1.0f + xi);
	g = smaller(wiener * look(look_gain, wiener * post), 1.0f);
	s->speech[i] = g * g * power;
	return g;
}

/* Where x lies between none (0) and full (1). */
static float
part(float x, float none, float full)
{
	return larger(0.0f, smaller((x - none) / (full - none), 1.0f));
}

/* The lowest gain: 1 on a clean line, among voices, and where nothing was learnt. */
static float
lowest(struct suppress *s, const float *power)
{
	float		 now = 0.0f, noise = POWER_MIN, share;
	unsigned	 i;

	for (i = 0; i < s->bins; i++) {
		now += power[i];
		noise += s->noise[i];
	}
	s->level = larger(now, s->level * LEVEL_KEEP);
	share = part(spectrum_db(s->level / noise), SNR_NONE_DB, SNR_FULL_DB) *
	    part(s->change_db, STEADY_NONE_DB, STEADY_FULL_DB);
	return share > 0.0f && s->learnt == LEARN_FIRST ? powf(10.0f, -s->most_db * share / 20.0f) : 1.0f;
}

/* x: a block in; out: its part of the result, which is a sum. follow: the block is whole. */
static void
filter(struct suppress *s, float *x, bool follow)
{
	float		 re[FOURIER_BINS_MAX], im[FOURIER_BINS_MAX], power[FOURIER_BINS_MAX], low, g;
	unsigned	 i;

	analyse(s, x, re, im);
	for (i = 0; i < s->bins; i++) {
		power[i] = re[i] * re[i] + im[i] * im[i];
		if (follow)
			track(s, i, power[i]);
	}
	low = lowest(s, power);
	for (i = 0; i < s->bins; i++) {
		g = larger(gain(s, i, power[i]), low);
		re[i] *= g;
		im[i] *= g;
	}
	fourier_backward(s->block, re, im, x);
	fourier_window(s->block, x);
}

static int16_t
to_sample(float x)
{
	if (x >= 32767.0f)
		return 32767;
	if (x <= -32768.0f)
		return -32768;
	return (int16_t)lrintf(x);
}

/* The block from at - hop to at + hop; what lies outside of 0 to n is silence. */
static void
step(struct suppress *s, int16_t *pcm, size_t n)
{
	float		 x[FOURIER_MAX];
	const bool	 whole = s->at > 0 && s->at + s->hop <= n;
	size_t		 from;
	unsigned	 i;

	for (i = 0; i < s->block; i++) {
		from = s->at + i;
		x[i] = from >= s->hop && from - s->hop < n ? pcm[from - s->hop] : 0.0f;
	}
	filter(s, x, whole);
	if (s->at > 0)
		for (i = 0; i < s->hop && s->at - s->hop + i < n; i++)
			pcm[s->at - s->hop + i] = to_sample(s->tail[i] + x[i]);
	memcpy(s->tail, x + s->hop, s->hop * sizeof(*x));
	s->at += s->hop;
}

void
suppress_begin(struct suppress *s, float most_db)
{
	s->most_db = most_db;
	s->at = 0;
	memset(s->speech, 0, s->bins * sizeof(float));
	memset(s->present, 0, s->bins * sizeof(float));
	memset(s->tail, 0, s->hop * sizeof(float));
}

void
suppress_feed(struct suppress *s, int16_t *pcm, size_t n)
{
	while (s->at + s->hop <= n)
		step(s, pcm, n);
}

void
suppress_end(struct suppress *s, int16_t *pcm, size_t n)
{
	while (s->at < n + s->hop)
		step(s, pcm, n);
}
