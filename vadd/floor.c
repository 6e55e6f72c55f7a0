/* SPDX-License-Identifier: ISC */
#include "vadd/floor.h"

#include <stdint.h>
#include <string.h>

#define SUB_FRAMES	12	/* frames in a subwindow: 8 x 12 x 20 ms = 1.9 s */
#define SUB_FRAMES_FIRST 4	/* learn faster at the start of a call */
#define FLOOR_MIN	(-88.0f)	/* below the coding noise of G.711 */
#define RISE_DB		0.6f	/* most rise of the floor in a frame: 30 dB/s */

/* First bins of the bands, 31.25 Hz each; 200 to 3600 Hz, about as wide as the ear's. */
static const uint8_t edges[FLOOR_BANDS + 1] = {
	FLOOR_FIRST_BIN, 10, 14, 18, 22, 27, 32, 38, 45, 53, 62, 73, 86, 100, FLOOR_END_BIN
};

static float
bounded(float x, float low, float high)
{
	return x < low ? low : x > high ? high : x;
}

void
floor_init(struct floor *f)
{
	unsigned	 b, s;

	memset(f, 0, sizeof(*f));
	for (b = 0; b < FLOOR_BANDS; b++) {
		f->floor[b] = f->current[b] = FLOOR_FIRST_DB;
		for (s = 0; s < FLOOR_SUBWINDOWS; s++)
			f->least[s][b] = FLOOR_FIRST_DB;
	}
}

float
floor_levels(struct floor *f, const float power[SPECTRUM_BINS], bool learn, float level[FLOOR_BANDS])
{
	float		 sum, all = 0.0f;
	unsigned	 b, k;

	for (b = 0; b < FLOOR_BANDS; b++) {
		for (k = edges[b], sum = 0.0f; k < edges[b + 1]; k++)
			sum += power[k];
		all += sum;
		if (learn)
			f->smooth[b] = f->heard ? f->smooth[b] + 0.2f * (sum - f->smooth[b]) : sum;
		level[b] = bounded(spectrum_db(sum), FLOOR_MIN, 0.0f);
	}
	return all;
}

static void
close_subwindow(struct floor *f)
{
	memcpy(f->least[f->sub], f->current, sizeof(f->current));
	f->sub = (f->sub + 1) % FLOOR_SUBWINDOWS;
	f->nsub += f->nsub < FLOOR_SUBWINDOWS;
	f->in_sub = 0;
	memset(f->current, 0, sizeof(f->current));	/* 0 dB: above all */
}

/*
 * Minimum statistics: the least of the smoothed level of the last 1.9 s, and
 * a little more because a minimum lies below the mean (more in the narrow
 * bands, which vary more).
 */
void
floor_learn(struct floor *f)
{
	unsigned	 b, s;
	float		 level, target;

	for (b = 0; b < FLOOR_BANDS; b++) {
		level = bounded(spectrum_db(f->smooth[b]), FLOOR_MIN, 0.0f);
		if (level < f->current[b])
			f->current[b] = level;
		target = f->current[b];
		for (s = 0; s < FLOOR_SUBWINDOWS; s++) {
			if (f->least[s][b] < target)
				target = f->least[s][b];
		}
		target += edges[b + 1] - edges[b] < 8 ? 3.0f : 2.0f;
		if (target > f->floor[b] + RISE_DB)
			target = f->floor[b] + RISE_DB;
		f->floor[b] = target;
	}
	if (++f->in_sub >= (f->nsub < FLOOR_SUBWINDOWS ? SUB_FRAMES_FIRST : SUB_FRAMES))
		close_subwindow(f);
	f->heard = true;
}

void
floor_relearn(struct floor *f)
{
	unsigned	 b, s, newest, older;

	newest = (f->sub + FLOOR_SUBWINDOWS - 1) % FLOOR_SUBWINDOWS;
	older = (f->sub + FLOOR_SUBWINDOWS - 2) % FLOOR_SUBWINDOWS;
	for (b = 0; b < FLOOR_BANDS; b++) {
		if (f->least[older][b] < f->least[newest][b])
			f->least[newest][b] = f->least[older][b];
		for (s = 0; s < FLOOR_SUBWINDOWS; s++)
			f->least[s][b] = f->least[newest][b];
		f->floor[b] = f->least[newest][b] + 3.0f;
	}
}
