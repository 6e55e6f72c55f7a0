/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/audio.h"
#include "common/mem.h"
#include "vadd/decimate.h"
#include "vadd/segment.h"
#include "vadd/spectrum.h"
#include "vadd/vad.h"

#define SECONDS		8
#define NSAMPLES	(SECONDS * VAD_RATE_HZ)
#define TWO_PI		6.283185307179586

static int16_t	 pcm[NSAMPLES];
static uint32_t	 seed;

/* Sum of uniform numbers: near enough to Gaussian, the same everywhere. */
static double
gauss(void)
{
	double	 sum = 0;
	int	 i;

	for (i = 0; i < 12; i++) {
		seed = seed * 1664525U + 1013904223U;
		sum += seed / 4294967296.0;
	}
	return sum - 6;
}

static double
amplitude(double db)
{
	return 32768 * pow(10, db / 20);
}

static void
add(int at, double v)
{
	v += pcm[at];
	pcm[at] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : lrint(v));
}

static void
room_tone(double db)
{
	int	 i;

	seed = 7;
	memset(pcm, 0, sizeof(pcm));
	for (i = 0; i < NSAMPLES; i++)
		add(i, gauss() * amplitude(db));
}

/*
 * Voiced speech from `from` to `to` seconds: harmonics of a gliding pitch
 * under two formants, four syllables a second.
 */
static void
add_voice(double from, double to, double db)
{
	double	 t, phase = 0, f0, f, v, weight, syllable;
	int	 i, h;

	for (i = (int)(from * VAD_RATE_HZ); i < (int)(to * VAD_RATE_HZ); i++) {
		t = (double)i / VAD_RATE_HZ - from;
		f0 = 120 + 15 * sin(TWO_PI * 0.9 * t);
		phase += f0 / VAD_RATE_HZ;
		syllable = 0.55 - 0.45 * cos(TWO_PI * 4 * t);
		for (h = 1, v = 0; h * f0 < 3400; h++) {
			f = h * f0;
			weight = 1 / (1 + pow((f - 600) / 150, 2)) + 0.5 / (1 + pow((f - 1600) / 200, 2));
			v += weight * sin(TWO_PI * h * phase);
		}
		add(i, v * syllable * amplitude(db));
	}
}

static void
add_tone(double from, double to, double hz, double db)
{
	int	 i;

	for (i = (int)(from * VAD_RATE_HZ); i < (int)(to * VAD_RATE_HZ); i++)
		add(i, sin(TWO_PI * hz * i / VAD_RATE_HZ) * amplitude(db));
}

/* Share of speech frames between two times; the whole of pcm is fed. */
static double
share(double from, double to)
{
	struct vad_result	 r;
	struct vad		*vad;
	int			 i, n = 0, speech = 0;

	ck_assert_ptr_nonnull(vad = vad_new());
	for (i = 0; i + VAD_FRAME_SAMPLES <= NSAMPLES; i += VAD_FRAME_SAMPLES) {
		r = vad_feed(vad, pcm + i);
		ck_assert(r.score >= 0.0f && r.score <= 1.0f);
		ck_assert_int_eq(r.speech, r.score >= 0.5f);
		if (i < from * VAD_RATE_HZ || i >= to * VAD_RATE_HZ)
			continue;
		n++;
		speech += r.speech;
	}
	vad_free(vad);
	return (double)speech / n;
}

START_TEST(voice_is_speech_at_every_level)
{
	static const struct { double voice, room; } level[] = {
		{ -14, -60 }, { -20, -55 }, { -30, -62 }, { -38, -68 }, { -45, -75 },
	};

	room_tone(level[_i].room);
	add_voice(3, 5, level[_i].voice);
	ck_assert_double_ge(share(3.08, 5), 0.7);
	ck_assert_double_le(share(1, 2.9), 0.03);
	ck_assert_double_le(share(5.3, SECONDS), 0.03);
}
END_TEST

START_TEST(standing_tones_are_not_speech)
{
	static const double	 tone[][2] = {
		{ 425, 0 }, { 440, 480 }, { 480, 620 }, { 400, 450 }, { 350, 440 },
		{ 941, 1336 }, { 697, 1209 }, { 852, 1633 }, { 1000, 0 }, { 2100, 0 },
	};
	double			 at;

	room_tone(-60);
	for (at = 2; at + 0.5 < SECONDS; at += 1) {
		add_tone(at, at + 0.5, tone[_i][0], -18);
		if (tone[_i][1] > 0)
			add_tone(at, at + 0.5, tone[_i][1], -20);
	}
	ck_assert_double_le(share(2, SECONDS), 0.12);
}
END_TEST

START_TEST(steady_noise_is_not_speech_at_any_level)
{
	room_tone(-70 + 10 * _i);
	ck_assert_double_le(share(2, SECONDS), 0.05);
}
END_TEST

START_TEST(louder_noise_is_learnt_within_three_seconds)
{
	int	 i;

	room_tone(-65);
	for (i = 3 * VAD_RATE_HZ; i < NSAMPLES; i++)
		add(i, gauss() * amplitude(-40));
	ck_assert_double_le(share(6, SECONDS), 0.05);
}
END_TEST

START_TEST(hum_and_silence_are_not_speech)
{
	int	 h;

	memset(pcm, 0, sizeof(pcm));
	ck_assert_double_eq(share(0, SECONDS), 0);
	for (h = 1; h < 12; h++)
		add_tone(0, SECONDS, 50 * h, -30 - 20 * log10(h));
	ck_assert_double_le(share(1, SECONDS), 0.02);
}
END_TEST

START_TEST(a_click_is_speech_for_less_than_an_onset)
{
	struct vad	*vad;
	int		 i, k, run = 0;

	room_tone(-60);
	for (i = 3 * VAD_RATE_HZ; i < NSAMPLES - 100; i += 3333) {
		for (k = 0; k < 60; k++)
			add(i + k, gauss() * amplitude(-15) * exp(-k / 15.0));
	}
	ck_assert_ptr_nonnull(vad = vad_new());
	for (i = 0; i + VAD_FRAME_SAMPLES <= NSAMPLES; i += VAD_FRAME_SAMPLES) {
		run = vad_feed(vad, pcm + i).speech ? run + 1 : 0;
		ck_assert_int_lt(run, 3);
	}
	vad_free(vad);
}
END_TEST

START_TEST(lost_frames_teach_nothing)
{
	struct vad	*vad;
	int		 i, speech = 0;

	room_tone(-55);
	ck_assert_ptr_nonnull(vad = vad_new());
	for (i = 0; i + VAD_FRAME_SAMPLES <= NSAMPLES; i += VAD_FRAME_SAMPLES) {
		if (i > 4 * VAD_RATE_HZ && i < 6 * VAD_RATE_HZ)
			speech += vad_feed(vad, NULL).speech;
		else if (i > 1 * VAD_RATE_HZ)
			speech += vad_feed(vad, pcm + i).speech;
		else
			(void)vad_feed(vad, pcm + i);
	}
	ck_assert_int_le(speech, 4);
	vad_free(vad);
}
END_TEST

START_TEST(any_samples_give_a_number)
{
	int	 i;

	for (i = 0; i < NSAMPLES; i++)
		pcm[i] = _i == 0 ? (i / 9 % 2 ? 32767 : -32768) : _i == 1 ? -32768 :
		    _i == 2 ? (int16_t)(i * 7919) : i < NSAMPLES / 2 ? 0 : (i % 2 ? 32767 : -32768);
	(void)share(0, SECONDS);
}
END_TEST

START_TEST(relearning_forgets_what_held_a_decision_open)
{
	struct vad	*vad;
	int		 i, before = 0, after = 0;

	/* A voice that becomes a road: what is left of it must go at once. */
	room_tone(-75);
	add_voice(2.5, 3.5, -20);
	for (i = 3 * VAD_RATE_HZ; i < NSAMPLES; i++)
		add(i, gauss() * amplitude(-35));
	ck_assert_ptr_nonnull(vad = vad_new());
	for (i = 0; i < 4 * VAD_RATE_HZ; i += VAD_FRAME_SAMPLES)
		before += vad_feed(vad, pcm + i).speech;
	vad_relearn(vad);
	for (; i < 5 * VAD_RATE_HZ; i += VAD_FRAME_SAMPLES)
		after += vad_feed(vad, pcm + i).speech;
	ck_assert_int_gt(before, 25);
	ck_assert_int_le(after, 8);
	vad_free(vad);
}
END_TEST

START_TEST(tones_with_a_cadence_open_nothing)
{
	static const double	 busy[][2] = { { 480, 620 }, { 425, 0 }, { 400, 450 }, { 440, 480 } };
	struct vad		*vad;
	double			 at;
	int			 i, run = 0, worst = 0;

	room_tone(-60);
	for (at = 1; at + 0.5 < SECONDS; at += 1) {
		add_tone(at, at + 0.5, busy[_i][0], -15);
		if (busy[_i][1] > 0)
			add_tone(at, at + 0.5, busy[_i][1], -15);
	}
	ck_assert_ptr_nonnull(vad = vad_new());
	for (i = 0; i + VAD_FRAME_SAMPLES <= NSAMPLES; i += VAD_FRAME_SAMPLES) {
		run = vad_feed(vad, pcm + i).speech ? run + 1 : 0;
		worst = run > worst ? run : worst;
	}
	ck_assert_int_lt(worst, 3);
	vad_free(vad);
}
END_TEST

START_TEST(an_hour_of_room_tone_opens_nothing)
{
	static const double	 level[] = { 3, 30, 300, 3000 };
	struct segment_event	 ev;
	struct segment		*seg;
	struct vad		*vad;
	int16_t			 frame[VAD_FRAME_SAMPLES];
	double			 low = 0;
	int			 n, i, opened = 0;

	seed = 11;
	ck_assert_ptr_nonnull(vad = vad_new());
	ck_assert_ptr_nonnull(seg = segment_new(&segment_defaults, 0));
	for (n = 0; n < 15 * 60 * 50; n++) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
			seed = seed * 1664525U + 1013904223U;
			low = 0.7 * low + seed / 4294967296.0 - 0.5;
			frame[i] = (int16_t)lrint(low * level[_i] * (1 + 0.5 * sin(n / 3000.0)));
		}
		opened += segment_feed(seg, vad_feed(vad, frame).speech, VAD_FRAME_MS, &ev) == SEGMENT_BEGIN;
	}
	ck_assert_int_eq(opened, 0);
	segment_free(seg);
	vad_free(vad);
}
END_TEST

START_TEST(the_same_samples_give_the_same_bits)
{
	struct vad	*a, *b;
	struct vad_result ra, rb;
	int		 i;

	room_tone(-50);
	add_voice(2, 6, -22);
	ck_assert_ptr_nonnull(a = vad_new());
	ck_assert_ptr_nonnull(b = vad_new());
	for (i = 0; i + VAD_FRAME_SAMPLES <= NSAMPLES; i += VAD_FRAME_SAMPLES) {
		ra = vad_feed(a, pcm + i);
		rb = vad_feed(b, pcm + i);
		ck_assert_mem_eq(&ra.score, &rb.score, sizeof(ra.score));
	}
	vad_free(a);
	vad_free(b);
}
END_TEST

START_TEST(the_spectrum_keeps_the_power_and_finds_the_tone)
{
	float	 x[SPECTRUM_SAMPLES], power[SPECTRUM_BINS], sum = 0;
	int	 i, top = 0;

	for (i = 0; i < SPECTRUM_SAMPLES; i++)
		x[i] = (float)sin(TWO_PI * 1000 * i / VAD_RATE_HZ);
	spectrum_power(x, power);
	for (i = 0; i < SPECTRUM_BINS; i++) {
		sum += power[i];
		top = power[i] > power[top] ? i : top;
	}
	ck_assert_int_eq(top, 32);
	ck_assert_double_eq_tol((double)sum, 0.5, 0.01);
}
END_TEST

START_TEST(decibels_are_right_to_two_hundredths)
{
	double	 x;

	for (x = 1.1e-12; x < 1e6; x *= 1.37)
		ck_assert_double_eq_tol((double)spectrum_db((float)x), 10 * log10(x), 0.02);
	ck_assert_double_eq((double)spectrum_db(0.0f), -120);
	ck_assert_double_eq((double)spectrum_db(-1.0f), -120);
	ck_assert_double_eq((double)spectrum_db(NAN), -120);
}
END_TEST

static int16_t
extreme(unsigned kind, int i)
{
	seed = seed * 1664525U + 1013904223U;
	switch (kind % 7) {
	case 0:
		return 0;
	case 1:
		return i / 9 % 2 ? 32767 : -32768;	/* a square wave */
	case 2:
		return i % 2 ? 32767 : -32768;
	case 3:
		return (int16_t)(seed >> 16);		/* random bits */
	case 4:
		return -32768;
	case 5:
		return (int16_t)(i % 2);
	default:
		return i % 160 == 0 ? 32767 : 0;
	}
}

/* Whatever came, in any order: the scores are numbers, and who speaks then is heard. */
START_TEST(extremes_spoil_nothing_that_follows)
{
	struct vad_result	 r;
	struct vad		*vad;
	int16_t			 frame[VAD_FRAME_SAMPLES];
	int			 n, i, speech = 0;

	ck_assert_ptr_nonnull(vad = vad_new());
	for (n = 0, seed = 5; n < 30 * 50; n++) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++)
			frame[i] = extreme(_i < 7 ? (unsigned)_i : (unsigned)n / 5, n * VAD_FRAME_SAMPLES + i);
		r = vad_feed(vad, n % 50 == 49 ? NULL : frame);
		ck_assert(isfinite(r.score) && r.score >= 0.0f && r.score <= 1.0f);
	}
	room_tone(-55);
	add_voice(3, 6, -22);
	for (i = 0; i < 6 * VAD_RATE_HZ; i += VAD_FRAME_SAMPLES) {
		r = vad_feed(vad, pcm + i);
		speech += i >= 3 * VAD_RATE_HZ && r.speech;
	}
	ck_assert_int_ge(speech, 100);		/* of 150 */
	vad_free(vad);
}
END_TEST

/* The line rang for 20 s before somebody answered, 10 dB quieter. */
START_TEST(who_answers_after_a_long_signal_is_heard)
{
	static const struct { double hz[2], on, off; } signal[] = {
		{ { 440, 480 }, 2, 4 }, { { 425, 0 }, 1, 4 }, { { 400, 450 }, 0.4, 0.2 }, { { 480, 620 }, 0.5, 0.5 }, { { 0, 0 }, 1, 1 },
	};
	struct vad	*vad;
	int16_t		 frame[VAD_FRAME_SAMPLES];
	double		 t;
	int		 n, i, speech = 0;

	ck_assert_ptr_nonnull(vad = vad_new());
	for (n = 0; n < 20 * 50; n++) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
			t = (double)(n * VAD_FRAME_SAMPLES + i) / VAD_RATE_HZ;
			frame[i] = fmod(t, signal[_i].on + signal[_i].off) >= signal[_i].on ? 0 :
			    (int16_t)lrint((sin(TWO_PI * signal[_i].hz[0] * t) + sin(TWO_PI * signal[_i].hz[1] * t)) * amplitude(-16));
		}
		(void)vad_feed(vad, frame);
	}
	room_tone(-60);
	add_voice(1, 4, -26);
	for (i = 0; i < 4 * VAD_RATE_HZ; i += VAD_FRAME_SAMPLES)
		speech += vad_feed(vad, pcm + i).speech && i >= VAD_RATE_HZ;
	ck_assert_int_ge(speech, 105);		/* of 150 */
	vad_free(vad);
}
END_TEST

/* Calls at 16 and 24 kHz: one frame in fifty may be decided otherwise than at 8 kHz, 2 ms of the filter's delay included. */
START_TEST(wider_calls_are_decided_as_narrow_ones)
{
	const unsigned		 ratio = 2 + (unsigned)_i;
	static int16_t		 wide[3 * NSAMPLES + 4096];
	struct audio_resampler	*up;
	struct decimate		 down;
	struct vad		*a, *b;
	int16_t			 frame[VAD_FRAME_SAMPLES];
	size_t			 n;
	int			 i, other = 0;

	room_tone(-58);
	for (i = 1; i < SECONDS - 1; i += 2)
		add_voice(i, i + 1.2, -16 - 4 * i);
	ck_assert_ptr_nonnull(up = audio_resampler_new(VAD_RATE_HZ, VAD_RATE_HZ * ratio));
	n = audio_resampler_run(up, pcm, NSAMPLES, wide, sizeof(wide) / sizeof(*wide));
	n += audio_resampler_flush(up, wide + n, sizeof(wide) / sizeof(*wide) - n);
	ck_assert_uint_eq(n, ratio * NSAMPLES);
	decimate_init(&down, VAD_RATE_HZ * ratio);
	ck_assert_ptr_nonnull(a = vad_new());
	ck_assert_ptr_nonnull(b = vad_new());
	for (i = 0; i + VAD_FRAME_SAMPLES <= NSAMPLES; i += VAD_FRAME_SAMPLES) {
		decimate_run(&down, wide + (size_t)i * ratio, frame);
		other += vad_feed(a, pcm + i).speech != vad_feed(b, frame).speech;
	}
	ck_assert_int_le(other, NSAMPLES / VAD_FRAME_SAMPLES / 50);
	audio_resampler_free(up);
	vad_free(a);
	vad_free(b);
}
END_TEST

START_TEST(a_failed_allocation_is_told)
{
	mem_fail_at(0);
	ck_assert_ptr_null(vad_new());
	mem_fail_at(-1);
	vad_free(NULL);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("vad");
	TCase	*tc = tcase_create("vad");
	SRunner	*sr;
	int	 failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, voice_is_speech_at_every_level, 0, 5);
	tcase_add_loop_test(tc, standing_tones_are_not_speech, 0, 10);
	tcase_add_loop_test(tc, steady_noise_is_not_speech_at_any_level, 0, 6);
	tcase_add_test(tc, louder_noise_is_learnt_within_three_seconds);
	tcase_add_test(tc, hum_and_silence_are_not_speech);
	tcase_add_test(tc, a_click_is_speech_for_less_than_an_onset);
	tcase_add_test(tc, lost_frames_teach_nothing);
	tcase_add_loop_test(tc, any_samples_give_a_number, 0, 4);
	tcase_add_test(tc, relearning_forgets_what_held_a_decision_open);
	tcase_add_loop_test(tc, tones_with_a_cadence_open_nothing, 0, 4);
	tcase_add_loop_test(tc, an_hour_of_room_tone_opens_nothing, 0, 4);
	tcase_add_test(tc, the_same_samples_give_the_same_bits);
	tcase_add_loop_test(tc, extremes_spoil_nothing_that_follows, 0, 8);
	tcase_add_loop_test(tc, who_answers_after_a_long_signal_is_heard, 0, 5);
	tcase_add_loop_test(tc, wider_calls_are_decided_as_narrow_ones, 0, 2);
	tcase_add_test(tc, the_spectrum_keeps_the_power_and_finds_the_tone);
	tcase_add_test(tc, decibels_are_right_to_two_hundredths);
	tcase_add_test(tc, a_failed_allocation_is_told);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
