/* SPDX-License-Identifier: ISC */
/*
 * fourier: real FFT of 256, 512 or 1024 samples, there and back, and its window.
 *
 * Single precision, about 1e-6 of the loudest bin. The tables are made by
 * the first fourier_init(); not locked.
 */
#ifndef VADD_FOURIER_H
#define VADD_FOURIER_H

#define FOURIER_MAX		1024
#define FOURIER_BINS_MAX	(FOURIER_MAX / 2 + 1)

/* Before anything else; again costs nothing. */
void	fourier_init(void);

/* Multiply n samples with the root of a Hann window: its squares, half overlapping, add up to 1. */
void	fourier_window(unsigned n, float *x);

/* Samples x[n] to bins 0 to n / 2, both included. */
void	fourier_forward(unsigned n, const float *x, float *re, float *im);
/* Bins to samples; re and im are used up. backward(forward(x)) is x. */
void	fourier_backward(unsigned n, float *re, float *im, float *x);

#endif
