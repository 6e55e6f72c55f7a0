/* SPDX-License-Identifier: ISC */
#include "vadd/spectrum.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "vadd/vec.h"
#include "vadd/wave.h"

#define HALF	(SPECTRUM_SAMPLES / 2)
#define QUARTER	(SPECTRUM_SAMPLES / 4)
#define LAG_FIRST	20		/* samples: a pitch of 400 Hz */
#define LAG_END		115		/* 70 Hz */

static inline float
cosine(unsigned k)
{
	return wave[k];
}

static inline float
sine(unsigned k)
{
	return wave[k + SPECTRUM_SAMPLES - QUARTER];
}

/* Stages of one and two points: their factors are 1 and i. */
static void
first_stages(float *re, float *im)
{
	float		 ar, ai, br, bi, cr, ci, dr, di;
	unsigned	 k;

	for (k = 0; k < HALF; k += 4) {
		ar = re[k] + re[k + 1];
		ai = im[k] + im[k + 1];
		br = re[k] - re[k + 1];
		bi = im[k] - im[k + 1];
		cr = re[k + 2] + re[k + 3];
		ci = im[k + 2] + im[k + 3];
		dr = re[k + 2] - re[k + 3];
		di = im[k + 2] - im[k + 3];
		re[k] = ar + cr;
		im[k] = ai + ci;
		re[k + 1] = br + di;
		im[k + 1] = bi - dr;
		re[k + 2] = ar - cr;
		im[k + 2] = ai - ci;
		re[k + 3] = br - di;
		im[k + 3] = bi + dr;
	}
}

/* The butterflies of a stage, four beside each other; factors: len cosines, then len sines. */
static void
stage(float *restrict re, float *restrict im, unsigned len, const float *restrict factors)
{
	vec		 ar, ai, br, bi, c, s, tr, ti;
	unsigned	 start, k;

	for (start = 0; start < HALF; start += 2 * len) {
		for (k = start; k < start + len; k += VEC_LANES) {
			ar = vec_load(re + k);
			ai = vec_load(im + k);
			br = vec_load(re + k + len);
			bi = vec_load(im + k + len);
			c = vec_load(factors + k - start);
			s = vec_load(factors + len + k - start);
			tr = br * c + bi * s;
			ti = bi * c - br * s;
			vec_store(re + k + len, ar - tr);
			vec_store(im + k + len, ai - ti);
			vec_store(re + k, ar + tr);
			vec_store(im + k, ai + ti);
		}
	}
}

/* Complex FFT of HALF points, radix 2, input in bit-reversed order. */
static void
transform(float *re, float *im)
{
	const float	*factors = wave_factors;
	unsigned	 len;

	first_stages(re, im);
	for (len = 4; len < HALF; factors += 2UL * len, len *= 2)
		stage(re, im, len, factors);
}

/* Split the packed transform: bin k of the real signal, 0 < k < HALF. */
static inline void
unpack(const float *re, const float *im, unsigned k, float *ret_re, float *ret_im)
{
	const unsigned	 m = HALF - k;
	const float	 er = (re[k] + re[m]) / 2, ei = (im[k] - im[m]) / 2;
	const float	 or = (im[k] + im[m]) / 2, oi = (re[m] - re[k]) / 2;

	*ret_re = er + or * cosine(k) + oi * sine(k);
	*ret_im = ei + oi * cosine(k) - or * sine(k);
}

void
spectrum_power(const float samples[SPECTRUM_SAMPLES], float power[SPECTRUM_BINS])
{
	/* 2 for the negative frequencies, 3/8 is the window's mean square. */
	const float	 scale = 2.0f / (SPECTRUM_SAMPLES * (SPECTRUM_SAMPLES * 0.375f));
	float		 re[HALF], im[HALF], xr, xi;
	unsigned	 k;

	for (k = 0; k < HALF; k++) {
		re[wave_order[k]] = samples[2UL * k] * wave_window[2UL * k];
		im[wave_order[k]] = samples[2UL * k + 1] * wave_window[2UL * k + 1];
	}
	transform(re, im);
	power[0] = (re[0] + im[0]) * (re[0] + im[0]) * scale / 2;
	for (k = 1; k < HALF; k++) {
		unpack(re, im, k, &xr, &xi);
		power[k] = (xr * xr + xi * xi) * scale;
	}
}

float
spectrum_harmonicity(const float power[SPECTRUM_BINS], unsigned first, unsigned end)
{
	float	 lag;

	return spectrum_pitch(power, first, end, &lag);
}

float
spectrum_pitch(const float power[SPECTRUM_BINS], unsigned first, unsigned end, float *ret_lag)
{
	float		 even[SPECTRUM_SAMPLES] = { 0 }, re[HALF], im[HALF], xr, xi, best = 0.0f, sum = 0.0f;
	unsigned	 k, lag = 0;

	*ret_lag = 0.0f;
	for (k = first; k < end; k++) {
		even[k] = even[SPECTRUM_SAMPLES - k] = sqrtf(power[k]);
		sum += 2.0f * even[k];
	}
	if (!(sum > 1e-9f))
		return 0.0f;
	for (k = 0; k < HALF; k++) {
		re[wave_order[k]] = even[2UL * k];
		im[wave_order[k]] = even[2UL * k + 1];
	}
	transform(re, im);
	for (k = LAG_FIRST; k < LAG_END; k++) {
		unpack(re, im, k, &xr, &xi);
		if (xr > best) {
			best = xr;
			lag = k;
		}
	}
	*ret_lag = (float)lag;
	return best / sum;
}

float
spectrum_db(float x)
{
	uint32_t	 bits;
	float		 m, log2x;

	if (!(x >= 1e-12f))
		return -120.0f;
	memcpy(&bits, &x, sizeof(bits));
	log2x = (float)((int)(bits >> 23) - 127);
	bits = (bits & 0x7fffffU) | 0x3f800000U;
	memcpy(&m, &bits, sizeof(m));
	/* log2 over [1, 2) at the five Chebyshev-Lobatto points, exact at both ends. */
	log2x += (((-0.0800109f * m + 0.6382568f) * m - 2.1118558f) * m + 4.0679332f) * m - 2.5143233f;
	return log2x * 3.01029996f;
}
