/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/mem.h"
#include "vadd/echo.h"

#define N	ECHO_FRAME_SAMPLES
#define SECONDS	12
#define TOTAL	(SECONDS * 8000)

static int16_t	 bot[TOTAL], caller[TOTAL];
static uint32_t	 seed;

static double
noise(void)
{
	seed = seed * 1664525U + 1013904223U;
	return (double)(seed >> 8) / (1 << 23) - 1;
}

/* Syllables of a voice: a pitch under two formants that move; not two alike. */
static void
speak(int16_t *out, uint32_t from, double pitch, double db)
{
	double	 f1 = 500, f2 = 1500, hz, t, v, env, f0, gain = 32768 * pow(10, db / 20);
	int	 i, len = 0, at = 0, gap = 0;

	seed = from;
	for (i = 0; i < TOTAL; i++, at++) {
		if (at >= len + gap) {
			at = 0;
			len = 1000 + (int)(fabs(noise()) * 1400);
			gap = fabs(noise()) > 0.7 ? 2400 : 160;
			f1 = 350 + fabs(noise()) * 500;
			f2 = 1000 + fabs(noise()) * 1500;
		}
		t = i / 8000.0;
		env = at < len ? sin(3.14159265 * at / len) : 0;
		f0 = pitch * (1 + 0.1 * sin(3 * t));
		for (v = 0, hz = f0; env > 0 && hz < 3400; hz += f0)
			v += sin(6.28318531 * hz * t) * (1 / (1 + pow((hz - f1) / 120, 2)) + 0.5 / (1 + pow((hz - f2) / 180, 2)));
		out[i] = (int16_t)lrint(gain * env * v / 2);
	}
}

/* The line: the echo of what was played (delay 0: none), and the caller from `talk` on (0: never). */
static void
frame_of(int frame, int delay_ms, double db, int talk, int16_t out[N])
{
	const double	 g = pow(10, db / 20);
	int		 i, at;
	double		 v;

	for (i = 0; i < N; i++) {
		at = frame * N + i - delay_ms * 8;
		v = noise() * 20;
		if (delay_ms > 0 && at >= 1)
			v += g * 16384 * tanh((bot[at] - 0.4 * bot[at - 1]) / 16384.0);
		if (talk > 0 && frame >= talk)
			v += caller[frame * N + i];
		out[i] = audio_ulaw_decode(audio_ulaw_encode((int16_t)v));
	}
}

static struct echo_result
run(struct echo *e, int from, int to, int delay_ms, double db, int talk, int *ret_explained)
{
	struct echo_result	 r = { .path = ECHO_UNKNOWN };
	int16_t			 in[N];
	int			 f;

	for (f = from; f < to; f++) {
		echo_played(e, (uint64_t)f * N, bot + f * N);
		frame_of(f, delay_ms, db, talk, in);
		r = echo_heard(e, (uint64_t)f * N, true, in);
		ck_assert(r.match >= -1.01f && r.match <= 1.01f);
		*ret_explained += r.explained;
	}
	return r;
}

static struct echo *e;

static void
setup(void)
{
	speak(bot, 3, 120, -14);
	speak(caller, 77, 190, -20);
	ck_assert_ptr_nonnull(e = echo_new());
}

static void
teardown(void)
{
	echo_free(e);
}

static const int delays[] = { 20, 100, 300, 600, 800 };

START_TEST(the_path_of_an_echo_is_found_and_explains_it)
{
	struct echo_result	 r;
	int			 explained = 0;

	r = run(e, 0, 200, delays[_i], -20, 0, &explained);
	ck_assert_int_eq(r.path, ECHO_KNOWN);
	ck_assert_int_le(abs((int)r.delay_ms - delays[_i]), 20);
	explained = 0;
	(void)run(e, 200, 400, delays[_i], -20, 0, &explained);
	ck_assert_int_ge(explained, 190);
	explained = 0;
	(void)run(e, 400, 550, delays[_i], -20, 400, &explained);
	ck_assert_int_le(explained, 95);	/* there are pauses between the syllables */
}
END_TEST

START_TEST(without_an_echo_there_is_no_path_and_nothing_is_explained)
{
	struct echo_result	 r;
	int			 explained = 0;

	r = run(e, 0, 200, 0, 0, 0, &explained);
	ck_assert_int_eq(r.path, ECHO_NONE);
	ck_assert(r.active);
	(void)run(e, 200, 260, 0, 0, 200, &explained);
	ck_assert_int_eq(explained, 0);
}
END_TEST

START_TEST(a_call_in_which_nothing_is_played_is_left_alone)
{
	struct echo_result	 r;
	int			 f;

	for (f = 0; f < 200; f++) {
		r = echo_heard(e, (uint64_t)f * N, false, caller + f * N);
		ck_assert(!r.active && !r.explained && r.path == ECHO_UNKNOWN);
	}
}
END_TEST

START_TEST(any_samples_and_positions_are_good)
{
	int16_t			 in[N];
	struct echo_result	 r;
	int			 f, i;

	seed = 5;
	for (f = 0; f < 3000; f++) {
		for (i = 0; i < N; i++)
			in[i] = f % 3 == 0 ? (i % 2 ? INT16_MAX : INT16_MIN) : (int16_t)(noise() * 32767);
		echo_played(e, (uint64_t)(seed % 4000) * N * (f % 7 == 0 ? 1000000 : 1), in);
		if (f % 11 == 0)
			echo_cut(e, (uint64_t)(seed % 4000) * N);
		r = echo_heard(e, (uint64_t)(f % 50 == 0 ? (int)(seed % 9999) : f) * N, f % 3 == 0, in);
		ck_assert(isfinite(r.match) && isfinite(r.excess_db) && isfinite(r.harmonicity));
	}
}
END_TEST

START_TEST(what_was_cut_is_not_active)
{
	struct echo_result	 r;
	int16_t			 in[N];
	int			 f, explained = 0;

	(void)run(e, 0, 50, 300, -20, 0, &explained);
	echo_cut(e, 50 * N);
	for (f = 50; f < 50 + 54; f++) {
		frame_of(f, 0, 0, 0, in);
		r = echo_heard(e, (uint64_t)f * N, true, in);
	}
	ck_assert(!r.active);
}
END_TEST

START_TEST(a_path_that_is_gone_is_forgotten_and_another_is_found)
{
	struct echo_result	 r;
	int			 explained = 0;

	r = run(e, 0, 150, 300, -20, 0, &explained);
	ck_assert_int_eq(r.path, ECHO_KNOWN);
	r = run(e, 150, 300, 520, -20, 0, &explained);	/* moved */
	ck_assert_int_eq(r.path, ECHO_KNOWN);
	ck_assert_int_le(abs((int)r.delay_ms - 520), 20);
	r = run(e, 300, 600, 0, 0, 0, &explained);	/* the receiver at the ear */
	ck_assert_int_ne(r.path, ECHO_KNOWN);
}
END_TEST

START_TEST(believing_makes_the_path_known_at_once)
{
	struct echo_result	 r;
	int			 explained = 0;

	r = run(e, 0, 15 + 11, 300, -15, 0, &explained);
	ck_assert_int_eq(r.path, ECHO_UNKNOWN);
	ck_assert(r.match > 0.5f);
	echo_believe(e);
	r = run(e, 26, 27, 300, -15, 0, &explained);
	ck_assert_int_eq(r.path, ECHO_KNOWN);
	ck_assert_int_le(abs((int)r.delay_ms - 300), 20);
}
END_TEST

START_TEST(what_was_played_before_we_were_there_is_untold_for_as_long_as_it_can_come_back)
{
	struct echo_result	 r = { .untold = false };
	int16_t			 in[N];
	int			 f;

	for (f = 100; f < 200; f++) {
		if (f >= 110)
			echo_played(e, (uint64_t)f * N, bot + f * N);
		frame_of(f, 300, -20, 0, in);
		r = echo_heard(e, (uint64_t)f * N, true, in);
		if (f >= 105 && f < 109 + ECHO_DELAY_MAX_MS / 20)
			ck_assert(r.untold);
	}
	ck_assert(!r.untold);
	for (; f < 240; f++)
		r = echo_heard(e, (uint64_t)f * N, false, in);	/* silence need not be told */
	ck_assert(!r.untold);
}
END_TEST

START_TEST(frames_that_were_lost_on_the_way_do_not_hide_an_echo)
{
	struct echo_result	 r;
	int16_t			 in[N];
	int			 f, explained = 0;

	for (f = 0; f < 400; f++) {
		if (f % 9 != 4)
			echo_played(e, (uint64_t)f * N, bot + f * N);
		frame_of(f, 300, -20, 0, in);
		r = echo_heard(e, (uint64_t)f * N, true, in);
		explained += f >= 200 && r.explained;
		ck_assert(!r.untold);
	}
	ck_assert_int_ge(explained, 190);
}
END_TEST

START_TEST(a_voice_has_a_pitch_and_a_cough_has_none)
{
	struct echo_result	 r;
	int16_t			 in[N];
	int			 f, i, voiced = 0, hoarse = 0;

	for (f = 0; f < 100; f++) {
		echo_played(e, (uint64_t)f * N, bot + f * N);
		voiced += echo_heard(e, (uint64_t)f * N, true, caller + f * N).harmonicity > 0.15f;
	}
	ck_assert_int_ge(voiced, 30);
	for (; f < 140; f++) {
		for (i = 0; i < N; i++)
			in[i] = (int16_t)(noise() * 8000);
		echo_played(e, (uint64_t)f * N, bot + f * N);
		r = echo_heard(e, (uint64_t)f * N, true, in);
		ck_assert(r.excess_db > 10.0f);
		hoarse += r.harmonicity > 0.15f;
	}
	ck_assert_int_le(hoarse, 6);
}
END_TEST

/* A sender who is far out of order costs no time: 2^40 samples are 7 thousand million slots. */
START_TEST(a_cut_of_long_ago_is_quick)
{
	static const int16_t	 quiet[N];
	int			 i;

	for (i = 0; i < 20; i++) {
		echo_free(e);
		ck_assert_ptr_nonnull(e = echo_new());
		echo_played(e, UINT64_C(1) << 40, bot);
		echo_cut(e, 0);
		ck_assert(!echo_heard(e, UINT64_C(1) << 40, true, quiet).active);
	}
}
END_TEST

START_TEST(it_is_small_and_a_failed_allocation_is_told)
{
	ck_assert_uint_le(echo_size(), 5120);	/* of the 8 KB of a stream */
	mem_fail_at(0);
	ck_assert_ptr_null(echo_new());
	mem_fail_at(-1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("echo");
	TCase	*tc = tcase_create("echo");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_path_of_an_echo_is_found_and_explains_it, 0, (int)(sizeof(delays) / sizeof(delays[0])));
	tcase_add_test(tc, without_an_echo_there_is_no_path_and_nothing_is_explained);
	tcase_add_test(tc, a_call_in_which_nothing_is_played_is_left_alone);
	tcase_add_test(tc, any_samples_and_positions_are_good);
	tcase_add_test(tc, what_was_cut_is_not_active);
	tcase_add_test(tc, a_path_that_is_gone_is_forgotten_and_another_is_found);
	tcase_add_test(tc, believing_makes_the_path_known_at_once);
	tcase_add_test(tc, what_was_played_before_we_were_there_is_untold_for_as_long_as_it_can_come_back);
	tcase_add_test(tc, frames_that_were_lost_on_the_way_do_not_hide_an_echo);
	tcase_add_test(tc, a_voice_has_a_pitch_and_a_cough_has_none);
	tcase_add_test(tc, a_cut_of_long_ago_is_quick);
	tcase_add_test(tc, it_is_small_and_a_failed_allocation_is_told);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
