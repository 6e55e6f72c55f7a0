/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "vadd/features.h"

static struct features	 f;
static float		 x[FEATURES_COUNT];
static int16_t		 samples[VAD_FRAME_SAMPLES];
static uint32_t		 seed;

static int
noise(int amplitude)
{
	seed = seed * 1664525U + 1013904223U;
	return (int)(seed >> 16) % (2 * amplitude + 1) - amplitude;
}

static void
take_noise(int frames, int amplitude)
{
	int	 i;

	while (frames-- > 0) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++)
			samples[i] = (int16_t)noise(amplitude);
		(void)features_take(&f, samples, x);
	}
}

static void
setup(void)
{
	seed = 3;
	features_init(&f);
}

START_TEST(all_features_are_small_numbers_whatever_comes)
{
	int	 i, k, n;

	for (n = 0; n < 3000; n++) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
			k = n * VAD_FRAME_SAMPLES + i;
			samples[i] = n % 500 < 100 ? 0 : n % 500 < 200 ? (k / 9 % 2 ? 32767 : -32768) :
			    n % 500 < 300 ? -32768 : n % 500 < 400 ? (int16_t)noise(32767) : (int16_t)(k % 2);
		}
		(void)features_take(&f, samples, x);
		for (i = 0; i < FEATURES_COUNT; i++)
			ck_assert_msg(isfinite(x[i]) && fabsf(x[i]) <= 10, "feature %d is %f", i, (double)x[i]);
	}
}
END_TEST

START_TEST(steady_noise_stands_out_of_nothing_at_any_level)
{
	static const int	 amplitude[] = { 10, 100, 1000, 10000, 32767 };
	int			 b;
	float			 mean = 0;

	take_noise(200, amplitude[_i]);
	for (b = 0; b < FEATURES_BANDS; b++)
		mean += x[b] / FEATURES_BANDS;
	ck_assert_float_lt(fabsf(mean), 0.5f);		/* 5 dB */
}
END_TEST

START_TEST(the_floor_follows_louder_noise_and_relearns_at_once)
{
	int	 b;
	float	 mean = 0;

	take_noise(150, 30);
	take_noise(30, 3000);
	features_relearn(&f);
	take_noise(2, 3000);
	for (b = 0; b < FEATURES_BANDS; b++)
		mean += x[b] / FEATURES_BANDS;
	ck_assert_float_lt(fabsf(mean), 0.6f);
}
END_TEST

START_TEST(a_standing_tone_is_vetoed)
{
	int	 i, n, sure = 0;

	take_noise(50, 30);
	for (n = 0; n < 20; n++) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++)
			samples[i] = (int16_t)lrint(8000 * sin(2 * 3.14159265 * 425 * (n * VAD_FRAME_SAMPLES + i) / 8000));
		sure += features_take(&f, samples, x) == 2;
	}
	ck_assert_int_ge(sure, 18);
	ck_assert_float_gt(x[2 * FEATURES_BANDS + 9], 2.7f);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("features");
	TCase	*tc = tcase_create("features");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, all_features_are_small_numbers_whatever_comes);
	tcase_add_loop_test(tc, steady_noise_stands_out_of_nothing_at_any_level, 0, 5);
	tcase_add_test(tc, the_floor_follows_louder_noise_and_relearns_at_once);
	tcase_add_test(tc, a_standing_tone_is_vetoed);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
