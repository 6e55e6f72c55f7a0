/* SPDX-License-Identifier: ISC */
/*
 * decimate: 16 and 24 kHz to the 8 kHz of the detector, a frame for a frame.
 *
 * A linear filter of 64 taps (at 24 kHz 96): flat to 3.6 kHz, 57 dB down from 4.4 kHz on; 2 ms late.
 * Arithmetic in a written order, so that every machine decides on the same samples. Pure.
 */
#ifndef VADD_DECIMATE_H
#define VADD_DECIMATE_H

#include <stdint.h>

#include "vadd/vad.h"

#define DECIMATE_RATIO_MAX	3
#define DECIMATE_TAPS_MAX	96

struct decimate {			/* decimate_init() */
	unsigned	ratio;		/* 2 or 3 */
	float		past[DECIMATE_TAPS_MAX];	/* the end of what came */
};

/* rate_hz is 16000 or 24000. */
void	decimate_init(struct decimate *d, uint32_t rate_hz);
/* ratio * VAD_FRAME_SAMPLES samples in, VAD_FRAME_SAMPLES out. */
void	decimate_run(struct decimate *d, const int16_t *samples, int16_t out[VAD_FRAME_SAMPLES]);

#endif
