/* SPDX-License-Identifier: ISC */
/*
 * floor: levels of the bands of a spectrum, and the noise below them.
 *
 * Minimum statistics (Martin 2001): the least of the smoothed level of the last 1.9 s. All
 * levels are dB of full scale in one band. Pure; the arithmetic belongs to the weights, see features.h.
 */
#ifndef VADD_FLOOR_H
#define VADD_FLOOR_H

#include <stdbool.h>

#include "vadd/spectrum.h"

#define FLOOR_BANDS		14
#define FLOOR_SUBWINDOWS	8	/* the floor is the least of as many */
#define FLOOR_FIRST_BIN		6	/* of the bands, 200 Hz */
#define FLOOR_END_BIN		115	/* 3600 Hz */
#define FLOOR_FIRST_DB		(-48.0f)	/* highest believed in the first frame */

struct floor {			/* floor_init(); floor may be read */
	float		floor[FLOOR_BANDS];
	float		smooth[FLOOR_BANDS];	/* power, mean of about 5 frames */
	float		least[FLOOR_SUBWINDOWS][FLOOR_BANDS];
	float		current[FLOOR_BANDS];	/* least of the running subwindow */
	unsigned	sub, nsub, in_sub;
	bool		heard;			/* a frame was learnt */
};

void	floor_init(struct floor *f);
/* Levels of a frame; returns the power of all bands. With learn, floor_learn() follows. */
float	floor_levels(struct floor *f, const float power[SPECTRUM_BINS], bool learn, float level[FLOOR_BANDS]);
/* The floor takes the last frame in. */
void	floor_learn(struct floor *f);
/* What was heard in the last half second is background. */
void	floor_relearn(struct floor *f);

#endif
