/* SPDX-License-Identifier: ISC */
#include "vadd/features.h"

#include <string.h>

#define NBANDS		FEATURES_BANDS
#define QUIET_FRAMES	10	/* digital silence counts as background after 200 ms */
#define FLAT_FIRST	10	/* bins of the flatness: 312 to 3400 Hz */
#define FLAT_END	109

/* dB of full scale */
#define LOUD_FIRST	(-40.0f)
#define LOUD_MIN	(-65.0f)

static float
bounded(float x, float low, float high)
{
	return x < low ? low : x > high ? high : x;
}

void
features_init(struct features *f)
{
	unsigned	 b;

	memset(f, 0, sizeof(*f));
	floor_init(&f->floor);
	for (b = 0; b < NBANDS; b++)
		f->before[b] = FLOOR_FIRST_DB;
	f->loud = LOUD_FIRST;
}

/* Window of old and new samples with DC removed (pole at .98: 25 Hz). */
static void
take_samples(struct features *f, const int16_t *samples, float *window)
{
	unsigned	 i;
	float		 x;

	memcpy(window, f->past, sizeof(f->past));
	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		x = (float)samples[i] / 32768.0f;
		f->dc_out = x - f->dc_in + 0.98f * f->dc_out + 1e-20f;
		f->dc_in = x;
		window[FEATURES_OVERLAP + i] = f->dc_out;
	}
	memcpy(f->past, window + VAD_FRAME_SAMPLES, sizeof(f->past));
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

void
features_relearn(struct features *f)
{
	floor_relearn(&f->floor);
	f->loud = LOUD_FIRST;
}

/* ---- the features ---- */

/* Geometric over arithmetic mean of the power, dB: 0 flat (noise about -2.5), -25 and less for tones. */
static float
flatness(const float *power)
{
	float		 sum = 0.0f, product, db = 0.0f;
	unsigned	 k, i;

	for (k = FLAT_FIRST; k < FLAT_END; k += 3) {
		product = 1.0f;			/* of three: spares two of three logarithms */
		for (i = k; i < k + 3; i++) {
			sum += power[i];
			product *= power[i] * 1e9f + 1e-4f;
		}
		db += spectrum_db(product);
	}
	sum = spectrum_db(sum * 1e9f / (FLAT_END - FLAT_FIRST) + 1e-4f);
	return bounded(db / (FLAT_END - FLAT_FIRST) - sum, -40.0f, 0.0f);
}

static void
put_bands(struct features *f, const float *level, float *out, float *ret_over)
{
	float		 over, up = 0.0f, down = 0.0f, d, all = 0.0f;
	unsigned	 b;

	for (b = 0; b < NBANDS; b++) {
		over = bounded(level[b] - f->floor.floor[b], -6.0f, 40.0f);
		all += over > 0.0f ? over : 0.0f;
		out[b] = over * 0.1f;
		out[NBANDS + b] = bounded(level[b] - f->loud, -45.0f, 15.0f) * 0.1f;
		d = bounded(level[b] - f->before[b], -30.0f, 30.0f);
		if (d > 0.0f)
			up += d;
		else
			down -= d;
		f->before[b] = level[b];
	}
	out[2 * NBANDS] = up / NBANDS * 0.2f;
	out[2 * NBANDS + 1] = down / NBANDS * 0.2f;
	*ret_over = all / NBANDS;
}

/* Rises with what stands out, in some frames; falls 1 dB in a second. */
static void
loud_update(struct features *f, float level, float over)
{
	if (level > f->loud && over > 5.0f)
		f->loud += 0.15f * (level - f->loud);
	else if (f->loud > LOUD_MIN)
		f->loud -= 0.02f;
}

int
features_take(struct features *f, const int16_t *samples, float out[FEATURES_COUNT])
{
	float	 window[SPECTRUM_SAMPLES], power[SPECTRUM_BINS], level[NBANDS], over, all, lag, *rest = out + 2 * NBANDS;
	bool	 learn;
	int	 tone;

	f->quiet = is_silent(samples) ? f->quiet + (f->quiet <= QUIET_FRAMES) : 0;
	learn = f->quiet == 0 || f->quiet > QUIET_FRAMES;
	take_samples(f, samples, window);
	spectrum_power(window, power);
	all = f->level = bounded(spectrum_db(floor_levels(&f->floor, power, learn, level)), -90.0f, 0.0f);
	put_bands(f, level, out, &over);
	tone = tones_judge(&f->tones, power);
	rest[2] = over * 0.1f;
	rest[3] = bounded(all - f->loud, -45.0f, 15.0f) * 0.1f;
	rest[4] = (f->loud + 40.0f) * 0.05f;
	rest[5] = spectrum_pitch(power, FLOOR_FIRST_BIN, FLOOR_END_BIN, &lag) * 6.0f;
	rest[6] = bounded((lag - f->lag) / (lag + f->lag + 1.0f), -0.3f, 0.3f);
	rest[6] = (rest[6] < 0.0f ? -rest[6] : rest[6]) * 10.0f;
	f->lag = lag;
	rest[7] = flatness(power) * 0.1f;
	rest[8] = f->tones.last[0].share * 3.0f;
	rest[9] = (f->tones.last[0].share + f->tones.last[1].share) * 3.0f;
	rest[10] = tone == 2 ? 2.0f : (float)tone;
	rest[11] = f->quiet > 0 ? 1.0f : 0.0f;
	if (learn)
		floor_learn(&f->floor);
	loud_update(f, all, over);
	return tone;
}
