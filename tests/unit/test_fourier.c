/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "vadd/fourier.h"

static const unsigned	 sizes[] = { 256, 512, 1024 };

static void
make(float *x, unsigned n)
{
	uint32_t	 seed = 1;
	unsigned	 i;

	for (i = 0; i < n; i++) {
		seed = seed * 1664525U + 1013904223U;
		x[i] = (float)(seed >> 16) - 32768.0f;
	}
}

START_TEST(bins_are_those_of_the_sum_by_definition)
{
	const unsigned	 n = sizes[_i];
	float		 x[FOURIER_MAX], re[FOURIER_BINS_MAX], im[FOURIER_BINS_MAX];
	double		 r, i;
	unsigned	 k, t;

	fourier_init();
	make(x, n);
	fourier_forward(n, x, re, im);
	for (k = 0; k <= n / 2; k++) {
		r = i = 0;
		for (t = 0; t < n; t++) {
			r += x[t] * cos(2 * M_PI * k * t / n);
			i -= x[t] * sin(2 * M_PI * k * t / n);
		}
		ck_assert_msg(fabs(r - (double)re[k]) < 2 && fabs(i - (double)im[k]) < 2,
		    "bin %u of %u: %f %f, not %f %f", k, n, (double)re[k], (double)im[k], r, i);
	}
}
END_TEST

START_TEST(back_is_what_went_there)
{
	const unsigned	 n = sizes[_i];
	float		 x[FOURIER_MAX], y[FOURIER_MAX], re[FOURIER_BINS_MAX], im[FOURIER_BINS_MAX];
	unsigned	 i;

	fourier_init();
	make(x, n);
	fourier_forward(n, x, re, im);
	fourier_backward(n, re, im, y);
	for (i = 0; i < n; i++)
		ck_assert_msg(fabsf(x[i] - y[i]) < 0.1f, "sample %u of %u: %f, not %f", i, n, (double)y[i], (double)x[i]);
}
END_TEST

START_TEST(windows_that_overlap_by_half_add_up_to_one)
{
	const unsigned	 n = sizes[_i];
	float		 x[FOURIER_MAX];
	unsigned	 i;

	fourier_init();
	for (i = 0; i < n; i++)
		x[i] = 1.0f;
	fourier_window(n, x);
	for (i = 0; i < n / 2; i++)
		ck_assert(fabsf(x[i] * x[i] + x[i + n / 2] * x[i + n / 2] - 1.0f) < 1e-6f);
	ck_assert(fabsf(x[0]) < 1e-6f && fabsf(x[n / 2] - 1.0f) < 1e-6f);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("fourier");
	TCase	*tc = tcase_create("fourier");
	SRunner	*sr;
	int	 nfailed;

	tcase_add_loop_test(tc, bins_are_those_of_the_sum_by_definition, 0, 3);
	tcase_add_loop_test(tc, back_is_what_went_there, 0, 3);
	tcase_add_loop_test(tc, windows_that_overlap_by_half_add_up_to_one, 0, 3);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	nfailed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return nfailed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
