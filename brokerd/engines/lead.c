/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/lead.h"

#include <string.h>

/* Append n samples of silence, keep the last max. */
static void
keep(struct lead *lead, size_t max, const int16_t *in, size_t n)
{
	size_t	old = lead->nkept;

	if (n > max) {
		in += n - max;
		n = max;
	}
	if (old > max - n) {
		memmove(lead->kept, lead->kept + (old - (max - n)), (max - n) * sizeof(*in));
		old = max - n;
	}
	memcpy(lead->kept + old, in, n * sizeof(*in));
	lead->nkept = old + n;
}

size_t
lead_trim(struct lead *lead, uint32_t rate_hz, const int16_t *in, size_t n, int16_t *out)
{
	size_t	i = 0, nout;

	if (n == 0)
		return 0;
	if (!lead->started) {
		while (i < n && in[i] < LEAD_LEVEL && in[i] > -LEAD_LEVEL)
			i++;
		keep(lead, rate_hz * LEAD_KEEP_MS / 1000, in, i);
		if (i == n)
			return 0;
		lead->started = true;
	}
	nout = lead->nkept;
	memcpy(out, lead->kept, nout * sizeof(*out));
	memcpy(out + nout, in + i, (n - i) * sizeof(*out));
	lead->nkept = 0;
	return nout + n - i;
}
