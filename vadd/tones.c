/* SPDX-License-Identifier: ISC */
#include "vadd/tones.h"

#include <stdbool.h>
#include <string.h>

#define AFTER_FRAMES	3	/* the end of a tone splashes over the whole band */

/* The strongest lobe of the spectrum; takes it out of power. */
static struct tones_peak
take_peak(float *power, float total)
{
	struct tones_peak p = { 0.0f, 0.0f };
	float		 sum = 0.0f, moment = 0.0f;
	int		 k, top = 3;

	for (k = 3; k < SPECTRUM_BINS - 3; k++) {
		if (power[k] > power[top])
			top = k;
	}
	for (k = top - 2; k <= top + 2; k++) {
		sum += power[k];
		moment += power[k] * (float)k;
		power[k] = 0.0f;
	}
	if (sum > 0.0f && total > 0.0f) {
		p.hz = moment / sum * 31.25f;
		p.share = sum / total;
	}
	return p;
}

/* A weak peak matters to nobody; a strong one must have been there before. */
static bool
peak_stands(struct tones_peak p, const struct tones_peak *last, float range_hz)
{
	unsigned	 i;
	float		 d;

	if (p.share < 0.05f)
		return true;
	for (i = 0; i < 2; i++) {
		d = p.hz - last[i].hz;
		if (d > -range_hz && d < range_hz && last[i].share >= 0.02f)
			return true;
	}
	return false;
}

int
tones_judge(struct tones *t, const float power[SPECTRUM_BINS])
{
	float		 rest[SPECTRUM_BINS], total = 0.0f;
	struct tones_peak	 p[2];
	unsigned	 k;
	bool		 narrow;

	memcpy(rest, power, sizeof(rest));
	for (k = 1; k < SPECTRUM_BINS; k++)
		total += power[k];
	p[0] = take_peak(rest, total);
	p[1] = take_peak(rest, total);
	narrow = p[0].share + p[1].share > 0.9f;
	if (narrow && peak_stands(p[0], t->last, 9.0f) && peak_stands(p[1], t->last, 9.0f))
		t->held++;
	else if (narrow && t->held > 0 && peak_stands(p[0], t->last, 30.0f))
		t->held--;		/* two close tones beat: not yet over */
	else
		t->held = 0;
	memcpy(t->last, p, sizeof(p));
	if (t->held >= 1) {
		t->after = AFTER_FRAMES;
		return 2;
	}
	if (t->after > 0) {
		t->after--;
		return 1;
	}
	return narrow ? 1 : 0;
}
