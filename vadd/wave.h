/* SPDX-License-Identifier: ISC */
/* wave: constants of the spectrum, as tables, so that every machine has the same. For spectrum.c only. */
#ifndef VADD_WAVE_H
#define VADD_WAVE_H

#include <stdint.h>

#include "vadd/spectrum.h"

#define WAVE_COUNT	(SPECTRUM_SAMPLES + SPECTRUM_SAMPLES / 4)
#define WAVE_POINTS	(SPECTRUM_SAMPLES / 2)	/* of the complex transform */
#define WAVE_FACTORS	(2 * (WAVE_POINTS - 4))

extern const float	wave[WAVE_COUNT];		/* cos(2 pi k / 256) */
extern const float	wave_window[SPECTRUM_SAMPLES];	/* 0.5 - 0.5 wave[k] in floats */
/* For the stages of 4, 8 .. 64 points, one after the other: the cosines, then the sines, of their butterflies. */
extern const float	wave_factors[WAVE_FACTORS];
extern const uint8_t	wave_order[WAVE_POINTS];	/* the 7 bits of k from behind */

#endif
