/* SPDX-License-Identifier: ISC */
/*
 * spectrum: power spectrum of 32 ms at 8 kHz, for vad. Pure, no libm.
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

/* 10 log10(x) to .02 dB for x >= 1e-12; -120 below and for no number. */
float spectrum_db(float x);

#endif
