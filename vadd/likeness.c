/* SPDX-License-Identifier: ISC */
#include "vadd/likeness.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define KEEP		0.95f		/* 400 ms */
#define UNKNOWN		(-1.0f)		/* no power */
#define LEAST_DB	2.0f		/* in each band for 4 frames must move on either side */
#define FORM_MAX	63.0f

static void
shape(const float level[LIKENESS_BANDS], float out[LIKENESS_BANDS])
{
	float		 mean = 0.0f;
	unsigned	 b;

	for (b = 0; b < LIKENESS_BANDS; b++)
		mean += level[b] / LIKENESS_BANDS;
	for (b = 0; b < LIKENESS_BANDS; b++)
		out[b] = level[b] - mean > FORM_MAX ? FORM_MAX : level[b] - mean < -FORM_MAX ? -FORM_MAX : level[b] - mean;
}

void
likeness_play(struct likeness *l, int64_t slot, const float level[LIKENESS_BANDS])
{
	const size_t	 at = (size_t)slot & (LIKENESS_SLOTS - 1);
	float		 x[LIKENESS_BANDS];
	int32_t		 power = 0;
	unsigned	 b;

	l->power[at] = UNKNOWN;
	if (level == NULL)
		return;
	shape(level, x);
	for (b = 0; b < LIKENESS_BANDS; b++) {
		l->form[at][b] = (int8_t)(x[b] * 2.0f);
		power += l->form[at][b] * l->form[at][b];
	}
	l->power[at] = (float)power / 4.0f;
}

void
likeness_hear(struct likeness *l, int64_t slot, const float level[LIKENESS_BANDS])
{
	float		 y[LIKENESS_BANDS], yy = 0.0f;
	int32_t		 q[LIKENESS_BANDS], xy;
	unsigned	 b, d;
	size_t		 at;

	shape(level, y);
	for (b = 0; b < LIKENESS_BANDS; b++) {
		q[b] = (int32_t)(y[b] * 4.0f);
		yy += y[b] * y[b];
	}
	for (d = 0; d < LIKENESS_DELAYS; d++) {
		l->sums[d].xy *= KEEP;
		l->sums[d].xx *= KEEP;
		l->sums[d].yy *= KEEP;
		at = (size_t)(slot - d) & (LIKENESS_SLOTS - 1);
		if (slot < d || l->power[at] < 0.0f)
			continue;
		for (b = 0, xy = 0; b < LIKENESS_BANDS; b++)
			xy += l->form[at][b] * q[b];
		l->sums[d].xy += (float)xy / 8.0f;
		l->sums[d].xx += l->power[at];
		l->sums[d].yy += yy;
	}
}

float
likeness_at(const struct likeness *l, unsigned delay)
{
	const float	 least = LEAST_DB * LEAST_DB * LIKENESS_BANDS * 4;

	if (l->sums[delay].xx < least || l->sums[delay].yy < least)
		return 0.0f;
	return l->sums[delay].xy / sqrtf(l->sums[delay].xx * l->sums[delay].yy);
}
