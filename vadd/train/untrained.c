/* SPDX-License-Identifier: ISC */
/*
 * untrained: the detector by rules that was vad.c until 0.1.0, for comparison.
 */
#include "vadd/train/detectors.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "vadd/floor.h"
#include "vadd/spectrum.h"
#include "vadd/tones.h"

#define NBANDS		FLOOR_BANDS
#define TOP_BANDS	5	/* speech need not fill more */
#define OVERLAP		(SPECTRUM_SAMPLES - VAD_FRAME_SAMPLES)
#define QUIET_FRAMES	10	/* digital silence counts as background after 200 ms */

struct untrained {
	float		past[OVERLAP];	/* end of the last frame, DC removed */
	float		dc_in, dc_out;	/* high-pass of first order */
	struct floor	floor;
	unsigned	quiet;		/* frames of digital silence in a row */
	float		usual;		/* standing out, upper quartile of some seconds */
	float		voice;		/* level of the caller's speech, dB */
	float		score;		/* of the last frame, with its release */
	unsigned	run;		/* speech frames of late, to 10 */
	struct tones	tones;
};

struct untrained *
untrained_new(void)
{
	struct untrained	*vad;

	if ((vad = mem_calloc(1, sizeof(*vad))) == NULL)
		return NULL;
	floor_init(&vad->floor);
	vad->voice = -40.0f;
	return vad;
}

void
untrained_free(struct untrained *vad)
{
	free(vad);
}

/* Window of old and new samples with DC removed (pole at .98: 25 Hz). */
static void
take_samples(struct untrained *vad, const int16_t *samples, float *window)
{
	unsigned	 i;
	float		 x;

	memcpy(window, vad->past, sizeof(vad->past));
	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		x = (float)samples[i] / 32768.0f;
		vad->dc_out = x - vad->dc_in + 0.98f * vad->dc_out + 1e-20f;
		vad->dc_in = x;
		window[OVERLAP + i] = vad->dc_out;
	}
	memcpy(vad->past, window + VAD_FRAME_SAMPLES, sizeof(vad->past));
}

static bool
is_silent(const int16_t *samples)
{
	unsigned	 i;

	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		if (samples[i] > 1 || samples[i] < -1)
			return false;
	}
	return true;
}

static float
bounded(float x, float low, float high)
{
	return x < low ? low : x > high ? high : x;
}

void
untrained_relearn(struct untrained *vad)
{
	floor_relearn(&vad->floor);
	vad->voice = -40.0f;
}

/* ---- the decision ---- */

/* Mean over the best bands of what stands out of the floor, dB; *ret_level is of the whole frame. */
static float
stands_out(struct untrained *vad, const float *power, bool learn, float *ret_level)
{
	float		 level[NBANDS], over[NBANDS] = { 0 }, out = 0.0f, all, t;
	unsigned	 b, j;

	all = floor_levels(&vad->floor, power, learn, level);
	for (b = 0; b < NBANDS; b++) {
		t = bounded(level[b] - vad->floor.floor[b] - 2.0f, 0.0f, 18.0f);
		for (j = b; j > 0 && over[j - 1] < t; j--)
			over[j] = over[j - 1];
		over[j] = t;
	}
	for (b = 0; b < TOP_BANDS; b++)
		out += over[b];
	*ret_level = bounded(spectrum_db(all), -90.0f, 0.0f);
	return out / TOP_BANDS;
}

/* The level of speech rises in some frames and falls 1 dB in a second. */
static void
voice_update(struct untrained *vad, float level, bool speech)
{
	if (speech && level > vad->voice)
		vad->voice += 0.15f * (level - vad->voice);
	else if (vad->voice > -60.0f)
		vad->voice -= 0.02f;
}

/*
 * What stands out in more than a quarter of the last seconds may belong to
 * the background: a road, voices far away. Returns how much of it to take
 * off: little when the frame is as loud as the caller's voice, all when not.
 */
static float
usual_update(struct untrained *vad, float out, float below_voice)
{
	float		 usual, far;

	vad->usual += out > vad->usual ? 0.03f : -0.012f;
	usual = bounded(vad->usual - 1.0f, 0.0f, 14.0f);
	far = bounded((below_voice - 5.0f) / 6.0f, 0.0f, 1.0f);
	return usual * far + bounded(usual, 0.0f, 3.0f) * (1.0f - far);
}

static float
score_of(float out, float below_voice, float harmonic)
{
	float		 z;

	z = (out - 2.4f) / 2.0f;
	z += bounded((harmonic - 0.15f) * 8.0f, -0.4f, 1.5f);
	if (below_voice > 17.0f)
		z -= bounded((below_voice - 17.0f) / 5.0f, 0.0f, 2.0f);
	/* A sigmoid without exp(). */
	return 0.5f + 0.5f * z / (1.0f + (z < 0.0f ? -z : z));
}

static struct vad_result
conclude(struct untrained *vad, float score)
{
	const float	 held = vad->score * (vad->run > 4 ? 0.9f : 0.4f);

	if (score < 0.5f)
		vad->run -= vad->run > 0;
	else if (vad->run < 10)
		vad->run++;
	vad->score = score > held ? score : held;
	return (struct vad_result){ .score = vad->score, .speech = vad->score >= 0.5f };
}

struct vad_result
untrained_feed(struct untrained *vad, const int16_t *samples)
{
	float		 window[SPECTRUM_SAMPLES], power[SPECTRUM_BINS], out, level, below, score;
	bool		 learn;
	int		 tone;

	if (samples == NULL)
		return conclude(vad, 0.0f);
	vad->quiet = is_silent(samples) ? vad->quiet + 1 : 0;
	learn = vad->quiet == 0 || vad->quiet > QUIET_FRAMES;
	take_samples(vad, samples, window);
	spectrum_power(window, power);
	out = stands_out(vad, power, learn, &level);
	tone = tones_judge(&vad->tones, power);
	if (learn)
		floor_learn(&vad->floor);
	below = vad->voice - level;
	score = score_of(out - usual_update(vad, out, below), below,
	    spectrum_harmonicity(power, FLOOR_FIRST_BIN, FLOOR_END_BIN));
	voice_update(vad, level, score >= 0.5f && tone == 0);
	if (tone == 2) {
		vad->score = 0.0f;	/* no release: it was none of it speech */
		score = 0.0f;
	} else if (tone == 1 && vad->score < 0.5f) {
		score *= 0.6f;		/* wait for the next frame */
	}
	return conclude(vad, score);
}
