/* SPDX-License-Identifier: ISC */
/*
 * lead: takes the silence away from the beginning of a piece of speech.
 *
 * The caller hears it as delay. LEAD_KEEP_MS before the first sample over
 * LEAD_LEVEL stay, so that soft onsets are whole. Pure; zero-initialise.
 */
#ifndef BROKERD_ENGINES_LEAD_H
#define BROKERD_ENGINES_LEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAD_KEEP_MS	30
#define LEAD_LEVEL	160		/* -46 dB */
#define LEAD_KEEP_MAX	1440		/* samples: 30 ms at 48 kHz */

struct lead {
	bool	 started;		/* speech was seen: everything passes */
	size_t	 nkept;
	int16_t	 kept[LEAD_KEEP_MAX];	/* the last silence */
};

/*
 * Write to out what is to be heard of in now; out has room for n +
 * LEAD_KEEP_MAX samples and does not overlap in. Returns the samples written.
 * rate_hz: 1 to 48000, the same in all calls.
 */
size_t	lead_trim(struct lead *lead, uint32_t rate_hz, const int16_t *in, size_t n, int16_t *out);

#endif
