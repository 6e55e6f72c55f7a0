/* SPDX-License-Identifier: ISC */
/*
 * spectrum: power spectrum of 32 ms at 8 kHz, for vad. Pure; of libm only sqrtf().
 */
#ifndef VADD_SPECTRUM_H
#define VADD_SPECTRUM_H

#define SPECTRUM_SAMPLES	256	/* 32 ms */
#define SPECTRUM_BINS		128	/* of 31.25 Hz, 0 to 4 kHz */

/*
 * Hann window and real FFT: power[k] is the mean square that bin k adds to
 * the signal's, so the sum over all k is about the mean square of samples.
 */
void spectrum_power(const float samples[SPECTRUM_SAMPLES], float power[SPECTRUM_BINS]);

/*
 * How regular the spectrum is between bins first and end (not included), as voiced
 * speech makes it: the best correlation of its magnitudes with harmonics of
 * 70 to 400 Hz. About .1 in noise, .25 and more in a clear vowel; 0 to 1.
 */
float spectrum_harmonicity(const float power[SPECTRUM_BINS], unsigned first, unsigned end);

/* The same, and the lag of it in samples, 20 to 114; 0: none. */
float spectrum_pitch(const float power[SPECTRUM_BINS], unsigned first, unsigned end, float *ret_lag);

/* 10 log10(x) to .02 dB for x >= 1e-12; -120 below and for no number. */
float spectrum_db(float x);

#endif
