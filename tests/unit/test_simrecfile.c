/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/audio.h"
#include "tools/callsim/simrecfile.h"

/* Two seconds of a tone; its size. */
static int64_t
record(const char *path, enum recfile_format format, unsigned channels, uint32_t rate_hz)
{
	const int16_t	*all[RECFILE_CHANNELS_MAX] = { NULL };
	int16_t		 frame[AUDIO_FRAME_SAMPLES_MAX];
	const char	*why = NULL;
	struct recfile	*f = recfile_open(path, format, channels, rate_hz, &why);
	size_t		 i, at = 0;
	int		 n;

	ck_assert_msg(f != NULL, "%s", why == NULL ? "no words" : why);
	all[0] = frame;
	for (n = 0; n < 100; n++) {
		for (i = 0; i < AUDIO_FRAME_SAMPLES(rate_hz); i++, at++)
			frame[i] = (int16_t)(8000 * sin(2 * M_PI * 440 * (double)at / rate_hz));
		recfile_write(f, all);
	}
	return recfile_close(f);
}

START_TEST(each_format_can_be_read_again_at_16_khz)
{
	char		 path[] = "/tmp/test_simrecfile.XXXXXX";
	struct audio_clip clip;
	const char	*why;
	int		 fd = mkstemp(path), i;
	static const enum recfile_format formats[] = { RECFILE_MP3, RECFILE_WAV, RECFILE_OGG };
	static const uint32_t rates[] = { 8000, 16000, 24000 };

	ck_assert_int_ne(fd, -1);
	for (i = 0; i < 9; i++) {
		ck_assert_int_gt(record(path, formats[i / 3], 1, rates[i % 3]), 1000);
		ck_assert_int_eq(audio_read_file(path, 0, 10, &clip, &why), 0);
		ck_assert_uint_eq(clip.rate_hz, RECFILE_RATE);
		ck_assert(llabs((long long)clip.nsamples - 2 * RECFILE_RATE) < RECFILE_RATE / 5);
		ck_assert(fabs(audio_rms_db(clip.samples + 4000, 16000) - -15.3) < 1.5);
		audio_clip_clear(&clip);
	}
	(void)close(fd);
	(void)unlink(path);
}
END_TEST

START_TEST(mp3_has_32_kbit_a_second_and_wav_all_channels)
{
	char	path[] = "/tmp/test_simrecfile.XXXXXX";
	int	fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert(llabs((long long)record(path, RECFILE_MP3, 1, 16000) - 8000) < 1000);
	ck_assert_int_eq(record(path, RECFILE_WAV, 5, 16000) / (2 * 16000 * 5 * 2), 1);
	(void)close(fd);
	(void)unlink(path);
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
	const char	*why;

	ck_assert_ptr_null(recfile_open("/nonexistent/x", RECFILE_WAV, 1, 16000, &why));
	ck_assert_ptr_null(recfile_open("/tmp/x", RECFILE_WAV, 33, 16000, &why));
	ck_assert_ptr_null(recfile_open("/tmp/x", RECFILE_WAV, 1, 11025, &why));
}
END_TEST

START_TEST(silence_counts_from_the_last_sound_and_time_from_the_begin)
{
	struct recend	e = { .silence_ms = 3000 };
	int		i;

	for (i = 0; i < 149; i++)
		ck_assert(!recend_frame(&e, false, 20));
	ck_assert(!recend_frame(&e, true, 20));
	for (i = 0; i < 149; i++)
		ck_assert(!recend_frame(&e, false, 20));
	ck_assert(recend_frame(&e, false, 20));
	e = (struct recend){ .timeout_ms = 40 };
	ck_assert(!recend_frame(&e, true, 20));
	ck_assert(recend_frame(&e, true, 20));
	e = (struct recend){ 0 };
	for (i = 0; i < 1000; i++)
		ck_assert(!recend_frame(&e, false, 20));
}
END_TEST

START_TEST(only_its_own_key_ends_it)
{
	struct recend	e = { .key = '#' }, none = { 0 };

	ck_assert(recend_key(&e, '#'));
	ck_assert(!recend_key(&e, '1'));
	ck_assert(!recend_key(&none, '#'));
	ck_assert(!recend_key(&none, '\0'));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("simrecfile");
	TCase	*t = tcase_create("simrecfile");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, each_format_can_be_read_again_at_16_khz);
	tcase_add_test(t, mp3_has_32_kbit_a_second_and_wav_all_channels);
	tcase_add_test(t, what_cannot_be_written_is_told);
	tcase_add_test(t, silence_counts_from_the_last_sound_and_time_from_the_begin);
	tcase_add_test(t, only_its_own_key_ends_it);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
