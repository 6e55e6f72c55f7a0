/* SPDX-License-Identifier: ISC */
#include "vadd/decimate.h"

#include <assert.h>
#include <string.h>

#include "vadd/vec.h"

/*
 * First halves of sin(x)/x cut at 4 kHz under a Kaiser window (beta 4.8), of sum 1; the second
 * halves are the same from behind.
 */
static const float taps_2[] = {
	-3.136341601e-4f, -4.514167598e-4f, 6.175224256e-4f, 8.152125120e-4f, -1.047969353e-3f, -1.319524161e-3f, 1.633895495e-3f, 1.995441628e-3f,
	-2.408931183e-3f, -2.879637896e-3f, 3.413467442e-3f, 4.017127251e-3f, -4.698354649e-3f, -5.466225122e-3f, 6.331572425e-3f, 7.307567445e-3f,
	-8.410526879e-3f, -9.661061857e-3f, 1.108574179e-2f, 1.271956079e-2f, -1.460969389e-2f, -1.682140134e-2f, 1.944766190e-2f, 2.262560438e-2f,
	-2.656607982e-2f, -3.161052359e-2f, 3.834983685e-2f, 4.790175893e-2f, -6.266370839e-2f, -8.887240032e-2f, 1.494018551e-1f, 4.501372630e-1f,
};
static const float taps_3[] = {
	-1.470711226e-4f, -3.770150536e-4f, -2.355658834e-4f, 2.886778755e-4f, 6.965877792e-4f, 4.148842637e-4f, -4.889408523e-4f, -1.141957940e-3f,
	-6.615397905e-4f, 7.611932918e-4f, 1.741083706e-3f, 9.902246362e-4f, -1.120922911e-3f, -2.526733030e-3f, -1.418341688e-3f, 1.586700578e-3f,
	3.538745567e-3f, 1.967379403e-3f, -2.181850167e-3f, -4.828088839e-3f, -2.665376899e-3f, 2.937449588e-3f, 6.464182561e-3f, 3.551407039e-3f,
	-3.897840492e-3f, -8.548505851e-3f, -4.684024611e-3f, 5.131185945e-3f, 1.124117813e-2f, 6.158135214e-3f, -6.751080135e-3f, -1.481690107e-2f,
	-8.141621768e-3f, 8.965134471e-3f, 1.979574812e-2f, 1.096481620e-2f, -1.219968268e-2f, -2.729822935e-2f, -1.537948117e-2f, 1.748849297e-2f,
	4.025221402e-2f, 2.353472625e-2f, -2.813325269e-2f, -6.942641946e-2f, -4.497107207e-2f, 6.331818462e-2f, 2.118607033e-1f, 3.183924800e-1f,
};

static const float *
half_of(const struct decimate *d, unsigned *ret_n)
{
	*ret_n = d->ratio == 2 ? sizeof(taps_2) / sizeof(taps_2[0]) : sizeof(taps_3) / sizeof(taps_3[0]);
	return d->ratio == 2 ? taps_2 : taps_3;
}

void
decimate_init(struct decimate *d, uint32_t rate_hz)
{
	assert(rate_hz == 2 * VAD_RATE_HZ || rate_hz == 3 * VAD_RATE_HZ);
	memset(d, 0, sizeof(*d));
	d->ratio = rate_hz / VAD_RATE_HZ;
}

static int16_t
rounded(float x)
{
	x = x < -32768.0f ? -32768.0f : x > 32767.0f ? 32767.0f : x;
	return (int16_t)((int)(x + 32768.5f) - 32768);
}

void
decimate_run(struct decimate *d, const int16_t *samples, int16_t out[VAD_FRAME_SAMPLES])
{
	float		 all[DECIMATE_TAPS_MAX + DECIMATE_RATIO_MAX * VAD_FRAME_SAMPLES], taps[DECIMATE_TAPS_MAX], lanes[VEC_LANES];
	const float	*half;
	unsigned	 half_n, n, keep, i, k;
	vec		 a, b;

	half = half_of(d, &half_n);
	n = 2 * half_n;
	keep = n - d->ratio;
	for (k = 0; k < half_n; k++)
		taps[k] = taps[n - 1 - k] = half[k];
	memcpy(all, d->past, keep * sizeof(*all));
	for (i = 0; i < d->ratio * VAD_FRAME_SAMPLES; i++)
		all[keep + i] = samples[i];
	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		a = b = vec_all(0.0f);
		for (k = 0; k < n; k += 2 * VEC_LANES) {
			a += vec_load(all + i * d->ratio + k) * vec_load(taps + k);
			b += vec_load(all + i * d->ratio + k + VEC_LANES) * vec_load(taps + k + VEC_LANES);
		}
		vec_store(lanes, a + b);
		out[i] = rounded((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
	}
	memcpy(d->past, all + d->ratio * VAD_FRAME_SAMPLES, keep * sizeof(*all));
}
