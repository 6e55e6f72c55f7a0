/* SPDX-License-Identifier: ISC */
#include "vadd/spectrum.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define HALF	(SPECTRUM_SAMPLES / 2)
#define QUARTER	(SPECTRUM_SAMPLES / 4)
#define LAG_FIRST	20		/* samples: a pitch of 400 Hz */
#define LAG_END		115		/* 70 Hz */

/* cos(2 pi k / 256), k = 0..319; a table, so that every machine has the same. */
static const float wave[SPECTRUM_SAMPLES + QUARTER] = {
	1.00000000f, 0.99969882f, 0.99879546f, 0.99729046f, 0.99518473f, 0.99247953f, 0.98917651f, 0.98527764f,
	0.98078528f, 0.97570213f, 0.97003125f, 0.96377607f, 0.95694034f, 0.94952818f, 0.94154407f, 0.93299280f,
	0.92387953f, 0.91420976f, 0.90398929f, 0.89322430f, 0.88192126f, 0.87008699f, 0.85772861f, 0.84485357f,
	0.83146961f, 0.81758481f, 0.80320753f, 0.78834643f, 0.77301045f, 0.75720885f, 0.74095113f, 0.72424708f,
	0.70710678f, 0.68954054f, 0.67155895f, 0.65317284f, 0.63439328f, 0.61523159f, 0.59569930f, 0.57580819f,
	0.55557023f, 0.53499762f, 0.51410274f, 0.49289819f, 0.47139674f, 0.44961133f, 0.42755509f, 0.40524131f,
	0.38268343f, 0.35989504f, 0.33688985f, 0.31368174f, 0.29028468f, 0.26671276f, 0.24298018f, 0.21910124f,
	0.19509032f, 0.17096189f, 0.14673047f, 0.12241068f, 0.09801714f, 0.07356456f, 0.04906767f, 0.02454123f,
	0.00000000f, -0.02454123f, -0.04906767f, -0.07356456f, -0.09801714f, -0.12241068f, -0.14673047f, -0.17096189f,
	-0.19509032f, -0.21910124f, -0.24298018f, -0.26671276f, -0.29028468f, -0.31368174f, -0.33688985f, -0.35989504f,
	-0.38268343f, -0.40524131f, -0.42755509f, -0.44961133f, -0.47139674f, -0.49289819f, -0.51410274f, -0.53499762f,
	-0.55557023f, -0.57580819f, -0.59569930f, -0.61523159f, -0.63439328f, -0.65317284f, -0.67155895f, -0.68954054f,
	-0.70710678f, -0.72424708f, -0.74095113f, -0.75720885f, -0.77301045f, -0.78834643f, -0.80320753f, -0.81758481f,
	-0.83146961f, -0.84485357f, -0.85772861f, -0.87008699f, -0.88192126f, -0.89322430f, -0.90398929f, -0.91420976f,
	-0.92387953f, -0.93299280f, -0.94154407f, -0.94952818f, -0.95694034f, -0.96377607f, -0.97003125f, -0.97570213f,
	-0.98078528f, -0.98527764f, -0.98917651f, -0.99247953f, -0.99518473f, -0.99729046f, -0.99879546f, -0.99969882f,
	-1.00000000f, -0.99969882f, -0.99879546f, -0.99729046f, -0.99518473f, -0.99247953f, -0.98917651f, -0.98527764f,
	-0.98078528f, -0.97570213f, -0.97003125f, -0.96377607f, -0.95694034f, -0.94952818f, -0.94154407f, -0.93299280f,
	-0.92387953f, -0.91420976f, -0.90398929f, -0.89322430f, -0.88192126f, -0.87008699f, -0.85772861f, -0.84485357f,
	-0.83146961f, -0.81758481f, -0.80320753f, -0.78834643f, -0.77301045f, -0.75720885f, -0.74095113f, -0.72424708f,
	-0.70710678f, -0.68954054f, -0.67155895f, -0.65317284f, -0.63439328f, -0.61523159f, -0.59569930f, -0.57580819f,
	-0.55557023f, -0.53499762f, -0.51410274f, -0.49289819f, -0.47139674f, -0.44961133f, -0.42755509f, -0.40524131f,
	-0.38268343f, -0.35989504f, -0.33688985f, -0.31368174f, -0.29028468f, -0.26671276f, -0.24298018f, -0.21910124f,
	-0.19509032f, -0.17096189f, -0.14673047f, -0.12241068f, -0.09801714f, -0.07356456f, -0.04906767f, -0.02454123f,
	0.00000000f, 0.02454123f, 0.04906767f, 0.07356456f, 0.09801714f, 0.12241068f, 0.14673047f, 0.17096189f,
	0.19509032f, 0.21910124f, 0.24298018f, 0.26671276f, 0.29028468f, 0.31368174f, 0.33688985f, 0.35989504f,
	0.38268343f, 0.40524131f, 0.42755509f, 0.44961133f, 0.47139674f, 0.49289819f, 0.51410274f, 0.53499762f,
	0.55557023f, 0.57580819f, 0.59569930f, 0.61523159f, 0.63439328f, 0.65317284f, 0.67155895f, 0.68954054f,
	0.70710678f, 0.72424708f, 0.74095113f, 0.75720885f, 0.77301045f, 0.78834643f, 0.80320753f, 0.81758481f,
	0.83146961f, 0.84485357f, 0.85772861f, 0.87008699f, 0.88192126f, 0.89322430f, 0.90398929f, 0.91420976f,
	0.92387953f, 0.93299280f, 0.94154407f, 0.94952818f, 0.95694034f, 0.96377607f, 0.97003125f, 0.97570213f,
	0.98078528f, 0.98527764f, 0.98917651f, 0.99247953f, 0.99518473f, 0.99729046f, 0.99879546f, 0.99969882f,
	1.00000000f, 0.99969882f, 0.99879546f, 0.99729046f, 0.99518473f, 0.99247953f, 0.98917651f, 0.98527764f,
	0.98078528f, 0.97570213f, 0.97003125f, 0.96377607f, 0.95694034f, 0.94952818f, 0.94154407f, 0.93299280f,
	0.92387953f, 0.91420976f, 0.90398929f, 0.89322430f, 0.88192126f, 0.87008699f, 0.85772861f, 0.84485357f,
	0.83146961f, 0.81758481f, 0.80320753f, 0.78834643f, 0.77301045f, 0.75720885f, 0.74095113f, 0.72424708f,
	0.70710678f, 0.68954054f, 0.67155895f, 0.65317284f, 0.63439328f, 0.61523159f, 0.59569930f, 0.57580819f,
	0.55557023f, 0.53499762f, 0.51410274f, 0.49289819f, 0.47139674f, 0.44961133f, 0.42755509f, 0.40524131f,
	0.38268343f, 0.35989504f, 0.33688985f, 0.31368174f, 0.29028468f, 0.26671276f, 0.24298018f, 0.21910124f,
	0.19509032f, 0.17096189f, 0.14673047f, 0.12241068f, 0.09801714f, 0.07356456f, 0.04906767f, 0.02454123f,
};

static float
cosine(unsigned k)
{
	return wave[k];
}

static float
sine(unsigned k)
{
	return wave[k + SPECTRUM_SAMPLES - QUARTER];
}

/* The 7 bits of k from behind. */
static unsigned
reversed(unsigned k)
{
	k = (k & 0x0fU) << 4 | (k & 0xf0U) >> 4;
	k = (k & 0x33U) << 2 | (k & 0xccU) >> 2;
	k = (k & 0x55U) << 1 | (k & 0xaaU) >> 1;
	return k >> 1;
}

/* Complex FFT of HALF points, radix 2, input in bit-reversed order. */
static void
transform(float *re, float *im)
{
	unsigned	 len, start, k, a, b;
	float		 c, s, tr, ti;

	for (len = 1; len < HALF; len *= 2) {
		for (k = 0; k < len; k++) {
			c = cosine(k * (HALF / len));
			s = sine(k * (HALF / len));
			for (start = 0; start < HALF; start += 2 * len) {
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

/* Split the packed transform: bin k of the real signal, 0 < k < HALF. */
static void
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
		re[reversed(k)] = samples[2UL * k] * (0.5f - 0.5f * cosine(2 * k));
		im[reversed(k)] = samples[2UL * k + 1] * (0.5f - 0.5f * cosine(2 * k + 1));
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
		re[reversed(k)] = even[2UL * k];
		im[reversed(k)] = even[2UL * k + 1];
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
