/* SPDX-License-Identifier: ISC */
/*
 * tones: a veto against tones that stand still (DTMF, ringback, busy): one or two
 * peaks that hold 90 % of the power at the same frequencies from frame to frame. Pure.
 */
#ifndef VADD_TONES_H
#define VADD_TONES_H

#include "vadd/spectrum.h"

struct tones_peak { float hz, share; };

struct tones {			/* zero is a fresh one */
	struct tones_peak last[2];	/* of the last frame, the stronger first */
	unsigned	held;		/* frames with the same two peaks */
	unsigned	after;		/* frames to be doubted when it stops */
};

/* How far the frame looks like standing tones: 0 not, 1 to be doubted, 2 sure. */
int tones_judge(struct tones *t, const float power[SPECTRUM_BINS]);

#endif
