/* SPDX-License-Identifier: ISC */
#include "vadd/fourier.h"

#include <math.h>

#define TURN	(2 * FOURIER_MAX)	/* steps of the table in a full turn */
#define QUARTER	(TURN / 4)

static float	wave[TURN + QUARTER];	/* cos(2 pi k / TURN) */

void
fourier_init(void)
{
	unsigned	 k;

	if (wave[0] != 0.0f)
		return;
	for (k = 0; k < TURN + QUARTER; k++)
		wave[k] = (float)cos(2.0 * M_PI * k / TURN);
}

float
fourier_window(unsigned n, unsigned i)
{
	return wave[i * (FOURIER_MAX / n) + TURN - QUARTER];	/* sin(pi i / n) */
}

/* The bits of the places from behind: what the transform wants. */
static void
reorder(unsigned n, float *re, float *im)
{
	unsigned	 i, j = 0, bit;
	float		 t;

	for (i = 1; i < n; i++) {
		for (bit = n / 2; j & bit; bit /= 2)
			j ^= bit;
		j |= bit;
		if (i >= j)
			continue;
		t = re[i];
		re[i] = re[j];
		re[j] = t;
		t = im[i];
		im[i] = im[j];
		im[j] = t;
	}
}

/* Complex FFT of n points in place, radix 2. */
static void
transform(unsigned n, float *re, float *im)
{
	unsigned	 len, start, k, a, b;
	float		 c, s, tr, ti;

	reorder(n, re, im);
	for (len = 1; len < n; len *= 2) {
		for (k = 0; k < len; k++) {
			c = wave[k * (TURN / 2 / len)];
			s = wave[k * (TURN / 2 / len) + TURN - QUARTER];
			for (start = 0; start < n; start += 2 * len) {
				a = start + k;
				b = a + len;
				tr = re[b] * c + im[b] * s;
				ti = im[b] * c - re[b] * s;
				re[b] = re[a] - tr;
				im[b] = im[a] - ti;
				re[a] += tr;
				im[a] += ti;
			}
		}
	}
}

void
fourier_forward(unsigned n, const float *x, float *re, float *im)
{
	const unsigned	 half = n / 2;
	float		 er, ei, or, oi, c, s, tr, ti;
	unsigned	 k, m;

	for (k = 0; k < half; k++) {	/* two real samples are a complex one */
		re[k] = x[2UL * k];
		im[k] = x[2UL * k + 1];
	}
	transform(half, re, im);
	tr = re[0];
	re[0] = tr + im[0];
	re[half] = tr - im[0];
	im[0] = im[half] = 0.0f;
	for (k = 1; k <= half / 2; k++) {	/* the transforms of even and odd samples, joined */
		m = half - k;
		c = wave[k * (TURN / n)];
		s = wave[k * (TURN / n) + TURN - QUARTER];
		er = (re[k] + re[m]) / 2;
		ei = (im[k] - im[m]) / 2;
		or = (im[k] + im[m]) / 2;
		oi = (re[m] - re[k]) / 2;
		tr = or * c + oi * s;
		ti = oi * c - or * s;
		re[k] = er + tr;
		im[k] = ei + ti;
		re[m] = er - tr;
		im[m] = ti - ei;
	}
}

void
fourier_backward(unsigned n, float *re, float *im, float *x)
{
	const unsigned	 half = n / 2;
	const float	 scale = 1.0f / (float)half;
	float		 er, ei, or, oi, c, s, tr, ti;
	unsigned	 k, m;

	tr = re[0];
	re[0] = (tr + re[half]) / 2;
	im[0] = (re[half] - tr) / 2;	/* conjugate: a forward transform goes back */
	for (k = 1; k <= half / 2; k++) {
		m = half - k;
		c = wave[k * (TURN / n)];
		s = wave[k * (TURN / n) + TURN - QUARTER];
		er = (re[k] + re[m]) / 2;
		ei = (im[k] - im[m]) / 2;
		tr = (re[k] - re[m]) / 2;
		ti = (im[k] + im[m]) / 2;
		or = tr * c - ti * s;
		oi = ti * c + tr * s;
		re[k] = er - oi;
		im[k] = -ei - or;
		re[m] = er + oi;
		im[m] = ei - or;
	}
	transform(half, re, im);
	for (k = 0; k < half; k++) {
		x[2UL * k] = re[k] * scale;
		x[2UL * k + 1] = -im[k] * scale;
	}
}
