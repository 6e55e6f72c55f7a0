/* SPDX-License-Identifier: ISC */
#include "vadd/fourier.h"

#include <math.h>

#define TURN	(2 * FOURIER_MAX)	/* steps of the table in a full turn */
#define QUARTER	(TURN / 4)
#define HALF	(FOURIER_MAX / 2)	/* points of the largest complex transform */

/* Four at once where the machine can, an extension that gcc and clang have; the results are the same. */
typedef float	four __attribute__((vector_size(4 * sizeof(float)), aligned(sizeof(float)), may_alias));

static float	wave[TURN + QUARTER];	/* cos(2 pi k / TURN) */
static float	turn_re[HALF], turn_im[HALF];	/* of each stage in a row: at len + k, e^(-pi i k / len) */

void
fourier_init(void)
{
	unsigned	 k, len;

	if (wave[0] != 0.0f)
		return;
	for (k = 0; k < TURN + QUARTER; k++)
		wave[k] = (float)cos(2.0 * M_PI * k / TURN);
	for (len = 1; len < HALF; len *= 2) {
		for (k = 0; k < len; k++) {
			turn_re[len + k] = wave[k * (TURN / 2 / len)];
			turn_im[len + k] = -wave[k * (TURN / 2 / len) + TURN - QUARTER];
		}
	}
}

void
fourier_window(unsigned n, float *x)
{
	const unsigned	 step = FOURIER_MAX / n;
	unsigned	 i;

	for (i = 0; i < n; i++)
		x[i] *= wave[i * step + TURN - QUARTER];	/* sin(pi i / n) */
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

/* The first two stages together: their factors are 1 and -i. */
static void
transform4(unsigned n, float *re, float *im)
{
	float		 ar, ai, br, bi, cr, ci, dr, di;
	unsigned	 i;

	for (i = 0; i < n; i += 4) {
		ar = re[i] + re[i + 1];
		ai = im[i] + im[i + 1];
		br = re[i] - re[i + 1];
		bi = im[i] - im[i + 1];
		cr = re[i + 2] + re[i + 3];
		ci = im[i + 2] + im[i + 3];
		dr = re[i + 2] - re[i + 3];
		di = im[i + 2] - im[i + 3];
		re[i] = ar + cr;
		im[i] = ai + ci;
		re[i + 1] = br + di;
		im[i + 1] = bi - dr;
		re[i + 2] = ar - cr;
		im[i + 2] = ai - ci;
		re[i + 3] = br - di;
		im[i + 3] = bi + dr;
	}
}

/* len sums and differences, len a multiple of 4. */
static void
butterflies(unsigned len, float *re, float *im)
{
	const four	*wr = (const four *)(turn_re + len), *wi = (const four *)(turn_im + len);
	four		*ar = (four *)re, *ai = (four *)im, *br = (four *)(re + len), *bi = (four *)(im + len), tr, ti;
	unsigned	 k;

	for (k = 0; k < len / 4; k++) {
		tr = br[k] * wr[k] - bi[k] * wi[k];
		ti = bi[k] * wr[k] + br[k] * wi[k];
		br[k] = ar[k] - tr;
		bi[k] = ai[k] - ti;
		ar[k] += tr;
		ai[k] += ti;
	}
}

/* Complex FFT of n points in place, radix 2. */
static void
transform(unsigned n, float *re, float *im)
{
	unsigned	 len, start;

	reorder(n, re, im);
	transform4(n, re, im);
	for (len = 4; len < n; len *= 2)
		for (start = 0; start < n; start += 2 * len)
			butterflies(len, re + start, im + start);
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
