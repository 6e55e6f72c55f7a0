/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/mix.h"
#include "tools/callsim/tracks.h"

START_TEST(sums_are_cut_at_the_limits)
{
	int16_t	sum[4] = { 100, 30000, -30000, 0 };
	int16_t	in[4] = { -50, 10000, -10000, 7 };

	mix_add(sum, in, 4);
	ck_assert_int_eq(sum[0], 50);
	ck_assert_int_eq(sum[1], INT16_MAX);
	ck_assert_int_eq(sum[2], INT16_MIN);
	ck_assert_int_eq(sum[3], 7);
}
END_TEST

START_TEST(a_level_of_one_doubles_and_of_minus_one_halves)
{
	int16_t	s[3] = { 1000, -20000, 20000 };

	mix_level(s, 3, 1);
	ck_assert_int_eq(s[0], 2000);
	ck_assert_int_eq(s[1], INT16_MIN);
	ck_assert_int_eq(s[2], INT16_MAX);
	s[0] = 1000;
	mix_level(s, 1, -1);
	ck_assert_int_eq(s[0], 500);
	mix_level(s, 1, 0);
	ck_assert_int_eq(s[0], 500);
}
END_TEST

START_TEST(a_bridge_gives_a_whole_frame_for_each_and_keeps_the_level)
{
	static const struct { uint32_t from, to; } rows[] = {
		{ 8000, 16000 }, { 16000, 8000 }, { 24000, 16000 }, { 8000, 24000 }, { 24000, 8000 },
	};
	int16_t		 in[AUDIO_FRAME_SAMPLES_MAX], out[AUDIO_FRAME_SAMPLES_MAX];
	struct bridge	*b;
	size_t		 i, n, at;
	int		 frame;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b = bridge_new(rows[i].from, rows[i].to);
		ck_assert_ptr_nonnull(b);
		for (frame = 0, at = 0; frame < 50; frame++) {
			for (n = 0; n < AUDIO_FRAME_SAMPLES(rows[i].from); n++, at++)
				in[n] = (int16_t)(8000 * sin(2 * M_PI * 500 * (double)at / rows[i].from));
			bridge_frame(b, in, out);
			if (frame < 2)
				continue;	/* the resampler's delay */
			ck_assert(fabs(audio_rms_db(out, AUDIO_FRAME_SAMPLES(rows[i].to)) -
			    audio_rms_db(in, AUDIO_FRAME_SAMPLES(rows[i].from))) < 0.5);
		}
		bridge_free(b);
	}
	ck_assert_ptr_null(bridge_new(16000, 11025));
}
END_TEST

static struct clip *
clip_of(size_t n, int16_t value)
{
	int16_t		*s = mem_alloc(n * sizeof(*s));
	struct clip	*c;
	size_t		 i;

	for (i = 0; i < n; i++)
		s[i] = value;
	c = clip_make(s, n, 8000, 8000);
	free(s);
	return c;
}

START_TEST(tracks_loop_without_a_hole_and_sound_together)
{
	struct tracks	 t = { 0 };
	struct clip	*c = clip_of(100, 10), *d = clip_of(1000, 1);
	int16_t		 out[160];

	ck_assert(!tracks_frame(&t, out, 160));
	tracks_play(&t, TRACK_NCCO, c, 2, 0);
	tracks_play(&t, TRACK_HOLD, d, 0, 0);
	ck_assert(tracks_frame(&t, out, 160));
	ck_assert_int_eq(out[0], 11);
	ck_assert_int_eq(out[159], 11);		/* in the second time */
	ck_assert(tracks_playing(&t, TRACK_NCCO));
	ck_assert(tracks_frame(&t, out, 160));
	ck_assert_int_eq(out[39], 11);
	ck_assert_int_eq(out[40], 1);
	ck_assert(!tracks_playing(&t, TRACK_NCCO));
	ck_assert(tracks_playing(&t, TRACK_HOLD));
	tracks_clear(&t);
	ck_assert(!tracks_frame(&t, out, 160));
	clip_unref(c);
	clip_unref(d);
}
END_TEST

START_TEST(an_empty_clip_ends_even_in_an_endless_loop)
{
	struct tracks	 t = { 0 };
	struct clip	*c = clip_of(0, 0);
	int16_t		 out[160];

	tracks_play(&t, TRACK_NCCO, c, 0, 0);
	(void)tracks_frame(&t, out, 160);
	ck_assert(!tracks_playing(&t, TRACK_NCCO));
	tracks_clear(&t);
	clip_unref(c);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("mix");
	TCase	*t = tcase_create("mix");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, sums_are_cut_at_the_limits);
	tcase_add_test(t, a_level_of_one_doubles_and_of_minus_one_halves);
	tcase_add_test(t, a_bridge_gives_a_whole_frame_for_each_and_keeps_the_level);
	tcase_add_test(t, tracks_loop_without_a_hole_and_sound_together);
	tcase_add_test(t, an_empty_clip_ends_even_in_an_endless_loop);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
