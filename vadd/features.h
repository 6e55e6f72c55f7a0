/* SPDX-License-Identifier: ISC */
/*
 * features: what the network of vad is told about each 20 ms.
 *
 * Pure; arithmetic is +, -, *, / and sqrtf() in a written order, so that every
 * machine computes the same. The weights belong to exactly these features in
 * this order: who changes anything here raises FEATURES_VERSION and trains again.
 */
#ifndef VADD_FEATURES_H
#define VADD_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "vadd/floor.h"
#include "vadd/spectrum.h"
#include "vadd/tones.h"
#include "vadd/vad.h"

#define FEATURES_VERSION	1
#define FEATURES_BANDS		FLOOR_BANDS
#define FEATURES_COUNT		(2 * FEATURES_BANDS + 12)
#define FEATURES_OVERLAP	(SPECTRUM_SAMPLES - VAD_FRAME_SAMPLES)

struct features {			/* features_init() */
	float		past[FEATURES_OVERLAP];	/* end of the last frame, DC removed */
	float		dc_in, dc_out;		/* high-pass of first order */
	struct floor	floor;			/* of the bands */
	float		before[FEATURES_BANDS];	/* levels of the last frame, dB */
	unsigned	quiet;			/* frames of digital silence in a row */
	float		loud;			/* level of what stands out, dB; falls 1 dB/s */
	float		level;			/* of the last frame, dB */
	float		lag;			/* of the last pitch, samples */
	struct tones	tones;
};

void	features_init(struct features *f);
/*
 * Take VAD_FRAME_SAMPLES samples. All of out is finite and about -4 to 4.
 * Returns the verdict of tones_judge().
 */
int	features_take(struct features *f, const int16_t *samples, float out[FEATURES_COUNT]);
/* What was heard in the last half second is background. */
void	features_relearn(struct features *f);

#endif
