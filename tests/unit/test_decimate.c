/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>

#include <check.h>

#include "vadd/decimate.h"

#define TURN	6.283185307179586
#define FRAMES	50

/* Level of what is left of a sine of this frequency, dB. */
static double
left_of(uint32_t rate_hz, double hz, double amplitude)
{
	struct decimate	 d;
	int16_t		 in[DECIMATE_RATIO_MAX * VAD_FRAME_SAMPLES], out[VAD_FRAME_SAMPLES];
	const int	 n = (int)rate_hz / 50;
	double		 sum = 0;
	int		 f, i;

	decimate_init(&d, rate_hz);
	for (f = 0; f < FRAMES; f++) {
		for (i = 0; i < n; i++)
			in[i] = (int16_t)lrint(amplitude * sin(TURN * hz * (f * n + i) / rate_hz));
		decimate_run(&d, in, out);
		for (i = 0; f >= 2 && i < VAD_FRAME_SAMPLES; i++)
			sum += (double)out[i] * out[i];
	}
	sum /= (FRAMES - 2) * VAD_FRAME_SAMPLES;
	return 10 * log10(sum * 2 / (amplitude * amplitude) + 1e-12);
}

START_TEST(what_the_detector_hears_passes_and_what_would_be_heard_wrong_does_not)
{
	const uint32_t	 rate_hz = _i == 0 ? 16000 : 24000;
	double		 hz;

	for (hz = 100; hz <= 3600; hz += 125)
		ck_assert_double_eq_tol(left_of(rate_hz, hz, 10000), 0, 0.05);
	for (hz = 4400; hz < rate_hz / 2.0; hz += 190)
		ck_assert_double_le(left_of(rate_hz, hz, 10000), -55);
}
END_TEST

START_TEST(a_constant_stays_and_the_loudest_is_cut_not_wrapped)
{
	struct decimate	 d;
	int16_t		 in[DECIMATE_RATIO_MAX * VAD_FRAME_SAMPLES], out[VAD_FRAME_SAMPLES];
	int		 f, i;

	decimate_init(&d, _i == 0 ? 16000 : 24000);
	for (f = 0; f < 3; f++) {
		for (i = 0; i < DECIMATE_RATIO_MAX * VAD_FRAME_SAMPLES; i++)
			in[i] = f == 2 ? 32767 : -1234;
		decimate_run(&d, in, out);
		if (f == 1)
			for (i = 0; i < VAD_FRAME_SAMPLES; i++)
				ck_assert_int_eq(out[i], -1234);
	}
	for (i = 0; i < VAD_FRAME_SAMPLES; i++)
		ck_assert_int_ge(out[i], -5000);	/* the step overshoots and is bounded */
	ck_assert_int_eq(out[VAD_FRAME_SAMPLES - 1], 32767);
}
END_TEST

START_TEST(frames_join_without_a_seam_two_milliseconds_late)
{
	struct decimate	 d;
	int16_t		 in[DECIMATE_RATIO_MAX * VAD_FRAME_SAMPLES], out[VAD_FRAME_SAMPLES];
	const int	 ratio = _i == 0 ? 2 : 3, n = ratio * VAD_FRAME_SAMPLES, taps = ratio * 32;
	double		 t, late = (taps - 1) / 2.0 - (ratio - 1);
	int		 f, i;

	decimate_init(&d, (uint32_t)ratio * VAD_RATE_HZ);
	for (f = 0; f < 5; f++) {
		for (i = 0; i < n; i++)
			in[i] = (int16_t)lrint(8000 * sin(0.05 * (f * n + i)));
		decimate_run(&d, in, out);
		for (i = 0; f > 0 && i < VAD_FRAME_SAMPLES; i++) {
			t = f * n + i * ratio - late;
			ck_assert_double_eq_tol(out[i], 8000 * sin(0.05 * t), 8);
		}
	}
	ck_assert_double_le(late / (ratio * VAD_RATE_HZ), 0.0021);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("decimate");
	TCase	*tc = tcase_create("decimate");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(tc, what_the_detector_hears_passes_and_what_would_be_heard_wrong_does_not, 0, 2);
	tcase_add_loop_test(tc, a_constant_stays_and_the_loudest_is_cut_not_wrapped, 0, 2);
	tcase_add_loop_test(tc, frames_join_without_a_seam_two_milliseconds_late, 0, 2);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
