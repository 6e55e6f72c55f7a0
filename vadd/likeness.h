/* SPDX-License-Identifier: ISC */
/*
 * likeness: how like are the spectra that are heard to those that were played, at every delay?
 *
 * Of each 20 ms only the shape counts, levels in bands less their mean: that both grow loud says little, there
 * is always a delay at which two voices begin together. A correlation over some 400 ms. Pure; slots are frames of 20 ms,
 * and only the last LIKENESS_SLOTS of what was played are kept. No libm but sqrtf().
 */
#ifndef VADD_LIKENESS_H
#define VADD_LIKENESS_H

#include <stdint.h>

#define LIKENESS_BANDS	16
#define LIKENESS_DELAYS	42		/* 0 to 820 ms */
#define LIKENESS_SLOTS	64		/* at least LIKENESS_DELAYS; a power of two */

struct likeness {			/* zero is a good beginning: nothing known */
	int8_t	form[LIKENESS_SLOTS][LIKENESS_BANDS];	/* shape, half dB */
	float	power[LIKENESS_SLOTS];			/* of that, dB^2 */
	struct { float xy, xx, yy; } sums[LIKENESS_DELAYS];
};

/* This was played in that slot: levels less what they are in the mean, dB, -60 to 60; NULL: we do not know. */
void	likeness_play(struct likeness *l, int64_t slot, const float level[LIKENESS_BANDS]);
/* This was heard in that slot, the newest. */
void	likeness_hear(struct likeness *l, int64_t slot, const float level[LIKENESS_BANDS]);
/* -1 to 1; 0 when too little moved to say. */
float	likeness_at(const struct likeness *l, unsigned delay);

#endif
