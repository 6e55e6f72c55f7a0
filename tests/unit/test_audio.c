/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <sndfile.h>

#include "common/audio.h"
#include "common/mem.h"

static char	dir[256], path[300];

static void
setup(void)
{
	const char	*tmp = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/audio.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.wav", dir);
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

static void
sine(int16_t *out, size_t n, double hz, uint32_t rate_hz, double amplitude)
{
	size_t	i;

	for (i = 0; i < n; i++)
		out[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * hz * (double)i / rate_hz));
}

/* Write float frames with libsndfile, as other programs would. */
static void
write_floats(int format, int rate_hz, int nchannels, const float *data, sf_count_t nframes)
{
	SF_INFO	 info = { .format = format, .samplerate = rate_hz, .channels = nchannels };
	SNDFILE	*file = sf_open(path, SFM_WRITE, &info);

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(sf_writef_float(file, data, nframes), nframes);
	(void)sf_close(file);
}

START_TEST(frames_are_twenty_milliseconds_at_vonages_rates)
{
	ck_assert(audio_rate_ok(8000) && audio_rate_ok(16000) && audio_rate_ok(24000));
	ck_assert(!audio_rate_ok(0) && !audio_rate_ok(44100) && !audio_rate_ok(48000));
	ck_assert_int_eq(AUDIO_FRAME_BYTES(16000), 640);
	ck_assert_int_eq(AUDIO_FRAME_SAMPLES(24000), AUDIO_FRAME_SAMPLES_MAX);
}
END_TEST

START_TEST(a_written_file_is_read_back_sample_by_sample)
{
	int16_t			 samples[3001];
	struct audio_clip	 clip;
	const char		*cause;
	size_t			 i;

	for (i = 0; i < 3001; i++)
		samples[i] = (int16_t)(i * 7919);
	samples[0] = INT16_MIN;
	samples[1] = INT16_MAX;
	ck_assert_int_eq(audio_write_file(path, 16000, samples, NULL, 3001), 0);
	ck_assert_int_eq(audio_read_file(path, 0, 1, &clip, &cause), 0);
	ck_assert_uint_eq(clip.rate_hz, 16000);
	ck_assert_uint_eq(clip.nsamples, 3001);
	ck_assert_mem_eq(clip.samples, samples, sizeof(samples));
	audio_clip_clear(&clip);
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(two_channels_are_written_side_by_side_and_read_as_their_mean)
{
	int16_t			 left[2500], right[2500];
	struct audio_clip	 clip;
	const char		*cause;
	struct stat		 st;
	size_t			 i;

	for (i = 0; i < 2500; i++) {
		left[i] = (int16_t)(i * 2);
		right[i] = (int16_t)-(int)i * 4;
	}
	ck_assert_int_eq(audio_write_file(path, 8000, left, right, 2500), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, AUDIO_WAV_HEADER_LEN + 2500 * 4);
	ck_assert_int_eq(audio_read_file(path, 0, 1, &clip, &cause), 0);
	ck_assert_uint_eq(clip.nsamples, 2500);
	for (i = 0; i < 2500; i++)
		ck_assert_int_eq(clip.samples[i], -(int)i);
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(other_formats_are_read_too)
{
	static const int	formats[] = {
		SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_WAV | SF_FORMAT_PCM_24,
		SF_FORMAT_WAV | SF_FORMAT_ULAW, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
		SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_AU | SF_FORMAT_PCM_16,
	};
	float			 data[16000];
	struct audio_clip	 clip;
	const char		*cause;
	size_t			 f, i;

	for (i = 0; i < 16000; i++)
		data[i] = 0.5f * (float)sin(2 * M_PI * 440 * (double)i / 16000);
	for (f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		write_floats(formats[f], 16000, 1, data, 16000);
		ck_assert_int_eq(audio_read_file(path, 0, 2, &clip, &cause), 0);
		ck_assert_uint_eq(clip.nsamples, 16000);
		ck_assert_msg(fabs(audio_rms_db(clip.samples, 16000) + 9.03) < 0.3, "%x: %.2f",
		    (unsigned)formats[f], audio_rms_db(clip.samples, 16000));
		audio_clip_clear(&clip);
	}
}
END_TEST

START_TEST(loud_and_broken_floats_are_clipped)
{
	float			 data[] = { 2.0f, -2.0f, NAN, INFINITY, -INFINITY, 0.0f };
	struct audio_clip	 clip;
	const char		*cause;

	write_floats(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 8000, 1, data, 6);
	ck_assert_int_eq(audio_read_file(path, 0, 1, &clip, &cause), 0);
	ck_assert_mem_eq(clip.samples, ((int16_t[]){ 32767, -32768, 0, 32767, -32768, 0 }), 12);
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(a_clip_may_be_as_long_as_allowed_and_no_longer)
{
	int16_t			*samples = mem_calloc(16001, sizeof(*samples));
	struct audio_clip	 clip;
	const char		*cause = NULL;

	ck_assert_int_eq(audio_write_file(path, 8000, samples, NULL, 16000), 0);
	ck_assert_int_eq(audio_read_file(path, 0, 2, &clip, &cause), 0);
	audio_clip_clear(&clip);
	ck_assert_int_eq(audio_write_file(path, 8000, samples, NULL, 16001), 0);
	ck_assert_int_eq(audio_read_file(path, 0, 2, &clip, &cause), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_ptr_nonnull(cause);
	free(samples);
}
END_TEST

START_TEST(an_empty_clip_is_a_clip)
{
	struct audio_clip	 clip;
	const char		*cause;

	ck_assert_int_eq(audio_write_file(path, 8000, (int16_t[]){ 0 }, NULL, 0), 0);
	ck_assert_int_eq(audio_read_file(path, 16000, 2, &clip, &cause), 0);
	ck_assert_uint_eq(clip.nsamples, 0);
	ck_assert_uint_eq(clip.rate_hz, 16000);
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(what_is_not_audio_is_refused_with_a_cause)
{
	struct audio_clip	 clip;
	const char		*cause = NULL;
	FILE			*file;

	ck_assert_int_eq(audio_read_file(path, 0, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_nonnull(cause);
	ck_assert_int_eq(audio_read_file(dir, 0, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_ptr_nonnull(file = fopen(path, "w"));
	(void)fputs("{\"error\":\"no such voice\"}", file);
	(void)fclose(file);
	cause = NULL;
	ck_assert_int_eq(audio_read_file(path, 0, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_ptr_nonnull(cause);
	ck_assert_int_eq(audio_read_memory("", 0, 0, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EBADMSG);
}
END_TEST

START_TEST(headers_with_impossible_numbers_are_refused)
{
	struct {
		uint8_t	header[AUDIO_WAV_HEADER_LEN];
		int16_t	samples[90];
	} file = { { 0 }, { 0 } };
	struct audio_clip	 clip;
	const char		*cause = NULL;

	audio_wav_header(file.header, 96000, 1, sizeof(file.samples));
	ck_assert_int_eq(audio_read_memory(&file, sizeof(file), 0, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EBADMSG);
	audio_wav_header(file.header, 8000, 9, sizeof(file.samples));
	ck_assert_int_eq(audio_read_memory(&file, sizeof(file), 0, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EBADMSG);
	audio_wav_header(file.header, 8000, 1, sizeof(file.samples));
	ck_assert_int_eq(audio_read_memory(&file, sizeof(file), 999, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(a_length_in_the_header_is_not_believed)
{
	struct {
		uint8_t	header[AUDIO_WAV_HEADER_LEN];
		int16_t	samples[100];
	} file = { { 0 }, { 0 } };
	struct audio_clip	 clip;
	const char		*cause = NULL;
	size_t			 i;

	for (i = 0; i < 100; i++)
		file.samples[i] = (int16_t)i;
	/* a streamed answer tells a length it cannot know */
	audio_wav_header(file.header, 8000, 1, UINT64_MAX);
	ck_assert_int_eq(audio_read_memory(&file, sizeof(file), 0, 1, &clip, &cause), 0);
	ck_assert_uint_eq(clip.nsamples, 100);
	ck_assert_mem_eq(clip.samples, file.samples, sizeof(file.samples));
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(every_truncation_and_flip_of_a_file_is_survived)
{
	struct {
		uint8_t	header[AUDIO_WAV_HEADER_LEN];
		int16_t	samples[50];
	} file = { { 0 }, { 0 } }, bad;
	struct audio_clip	 clip;
	const char		*cause;
	size_t			 i;
	int			 bit;

	audio_wav_header(file.header, 8000, 2, sizeof(file.samples));
	for (i = 0; i < sizeof(file); i++) {
		if (audio_read_memory(&file, i, 0, 1, &clip, &cause) == 0)
			audio_clip_clear(&clip);
	}
	for (i = 0; i < AUDIO_WAV_HEADER_LEN; i++) {
		for (bit = 0; bit < 8; bit++) {
			bad = file;
			bad.header[i] ^= (uint8_t)(1U << bit);
			if (audio_read_memory(&bad, sizeof(bad), 0, 1, &clip, &cause) == 0)
				audio_clip_clear(&clip);
		}
	}
}
END_TEST

/* The recordings of Vonage are mp3 (spec/vonage.md 3.3). */
START_TEST(an_mp3_is_read_and_its_damage_survived)
{
	static float		 tone[32000];
	static uint8_t		 file[65536], bad[65536];
	struct audio_clip	 clip;
	const char		*cause;
	FILE			*f;
	size_t			 i, len;
	double			 db;

	for (i = 0; i < 32000; i++)
		tone[i] = 0.5f * sinf(2 * (float)M_PI * 440 * (float)i / 16000);
	write_floats(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 16000, 1, tone, 32000);
	ck_assert_int_eq(audio_read_file(path, 8000, 5, &clip, &cause), 0);
	ck_assert_uint_ge(clip.nsamples, 16000);
	ck_assert_uint_le(clip.nsamples, 18000);	/* with the encoder's padding */
	db = audio_rms_db(clip.samples + 4000, 8000);
	ck_assert_msg(db > -10.5 && db < -7.5, "%f", db);	/* half of full scale, a sine */
	audio_clip_clear(&clip);
	ck_assert_int_eq(audio_read_file(path, 8000, 1, &clip, &cause), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));	/* libmpg123 says there what it thinks of it */
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	len = fread(file, 1, sizeof(file), f);
	(void)fclose(f);
	for (i = 0; i < len; i += i < 600 ? 7 : 211)	/* truncated */
		if (audio_read_memory(file, i, 16000, 5, &clip, &cause) == 0)
			audio_clip_clear(&clip);
	for (i = 0; i < len; i += i < 600 ? 3 : 97) {	/* a byte of it wrong */
		memcpy(bad, file, len);
		bad[i] ^= 0xff;
		if (audio_read_memory(bad, len, 16000, 5, &clip, &cause) == 0) {
			ck_assert_uint_le(clip.nsamples, 5 * 16000 + 1);
			audio_clip_clear(&clip);
		}
	}
}
END_TEST

START_TEST(reading_survives_each_failed_allocation)
{
	int16_t			 samples[4000] = { 0 };
	struct audio_clip	 clip = { .samples = NULL };
	const char		*cause;
	int			 n, rc = -1;

	ck_assert_int_eq(audio_write_file(path, 8000, samples, NULL, 4000), 0);
	for (n = 0; rc == -1; n++) {
		mem_fail_at(n);
		rc = audio_read_file(path, 16000, 1, &clip, &cause);
		ck_assert(rc == 0 || errno == ENOMEM);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 4);
	ck_assert_uint_eq(clip.nsamples, 8000);
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(writing_reports_what_the_system_says)
{
	int16_t		samples[8] = { 0 };
	struct rlimit	before, small;
	char		elsewhere[320];
	int		rc, error;

	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/none/a.wav", dir);
	ck_assert_int_eq(audio_write_file(elsewhere, 8000, samples, NULL, 8), -1);
	ck_assert_int_eq(errno, ENOENT);

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 50, .rlim_max = before.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = audio_write_file(path, 8000, samples, samples, 8);
	error = errno;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(error, EFBIG);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(the_wav_header_is_canonical)
{
	static const uint8_t	expected[] = "RIFF\x24\x10\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x80\x3e\0\0"
				    "\0\xfa\0\0\4\0\x10\0data\0\x10\0";
	uint8_t			header[AUDIO_WAV_HEADER_LEN];

	audio_wav_header(header, 16000, 2, 4096);
	ck_assert_mem_eq(header, expected, AUDIO_WAV_HEADER_LEN);
	audio_wav_header(header, 16000, 2, UINT64_MAX);
	ck_assert_mem_eq(header + 40, "\xd8\xff\xff\xff", 4);
	ck_assert_mem_eq(header + 4, "\xfc\xff\xff\xff", 4);
}
END_TEST

static const uint32_t rates[] = { 8000, 16000, 22050, 24000, 44100, 48000 };
#define NRATES	(sizeof(rates) / sizeof(*rates))

/* Resample n samples in blocks, flush; returns what came out. */
static size_t
convert(struct audio_resampler *r, const int16_t *in, size_t n, size_t block, int16_t *out,
    size_t out_size)
{
	size_t	at, len, given = 0, got;

	for (at = 0; at < n; at += len) {
		len = n - at < block ? n - at : block;
		got = audio_resampler_run(r, in + at, len, out + given, out_size - given);
		ck_assert_uint_le(got, audio_resampler_max_out(r, len));
		given += got;
	}
	got = audio_resampler_flush(r, out + given, out_size - given);
	ck_assert_uint_le(got, audio_resampler_max_out(r, 0));
	return given + got;
}

START_TEST(a_resampled_tone_keeps_its_length_and_shape)
{
	static int16_t		 in[48000], out[48000 * 7], ideal[48000 * 7];
	struct audio_resampler	*r;
	double			 error, power, d;
	size_t			 f, t, n, i;
	int			 round;

	for (f = 0; f < NRATES; f++) {
		for (t = 0; t < NRATES; t++) {
			sine(in, rates[f], 1000, rates[f], 10000);
			sine(ideal, rates[t], 1000, rates[t], 10000);
			ck_assert_ptr_nonnull(r = audio_resampler_new(rates[f], rates[t]));
			for (round = 0; round < 2; round++) {	/* the second after a flush */
				n = convert(r, in, rates[f], rates[f] / 50, out, 48000 * 7);
				ck_assert_msg(n == rates[t], "%u to %u: %zu", rates[f], rates[t], n);
				error = power = 0;
				for (i = 500; i < n - 500; i++) {
					d = out[i] - ideal[i];
					error += d * d;
					power += (double)ideal[i] * ideal[i];
				}
				ck_assert_msg(10 * log10(power / (error + 1e-9)) > 60,
				    "%u to %u: SNR %.1f dB", rates[f], rates[t],
				    10 * log10(power / error));
			}
			audio_resampler_free(r);
		}
	}
}
END_TEST

START_TEST(every_size_of_block_gives_the_same_samples)
{
	static const size_t	 blocks[] = { 1, 7, 160, 480, 4095, 9000 };
	static int16_t		 in[9000], whole[9000 * 3 + 10], out[9000 * 3 + 10];
	struct audio_resampler	*r;
	size_t			 n, m, i, t;

	sine(in, 9000, 300, 8000, 12000);
	for (t = 0; t < NRATES; t++) {
		ck_assert_ptr_nonnull(r = audio_resampler_new(16000, rates[t]));
		n = convert(r, in, 9000, 9000, whole, 9000 * 3 + 10);
		for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
			m = convert(r, in, 9000, blocks[i], out, 9000 * 3 + 10);
			ck_assert_uint_eq(m, n);
			ck_assert_mem_eq(out, whole, n * sizeof(*out));
		}
		audio_resampler_free(r);
	}
}
END_TEST

START_TEST(short_inputs_have_their_length)
{
	int16_t			 in[100] = { 0 }, out[1000];
	struct audio_resampler	*r;
	size_t			 f, t, n;

	for (f = 0; f < NRATES; f++) {
		for (t = 0; t < NRATES; t++) {
			ck_assert_ptr_nonnull(r = audio_resampler_new(rates[f], rates[t]));
			for (n = 0; n < 100; n++)
				ck_assert_uint_eq(convert(r, in, n, 100, out, 1000),
				    (n * rates[t] + rates[f] - 1) / rates[f]);
			audio_resampler_free(r);
		}
	}
}
END_TEST

START_TEST(tones_above_the_new_rate_vanish)
{
	static int16_t		 in[24000], out[24000];
	struct audio_resampler	*r = audio_resampler_new(24000, 8000);
	size_t			 n;

	sine(in, 24000, 6000, 24000, 16000);
	n = convert(r, in, 24000, 480, out, 24000);
	ck_assert_double_lt(audio_rms_db(out + 100, n - 200), -80);
	audio_resampler_free(r);
}
END_TEST

START_TEST(impossible_rates_and_failed_allocations_give_no_resampler)
{
	ck_assert_ptr_null(audio_resampler_new(0, 8000));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(audio_resampler_new(8000, 0));
	ck_assert_ptr_null(audio_resampler_new(8000, AUDIO_RATE_MAX + 1));
	mem_fail_at(0);
	ck_assert_ptr_null(audio_resampler_new(8000, 16000));
	ck_assert_int_eq(errno, ENOMEM);
	audio_resampler_free(NULL);
}
END_TEST

START_TEST(levels_are_in_decibels_of_full_scale)
{
	static int16_t	samples[8000];
	size_t		i;

	ck_assert(audio_rms_db(samples, 8000) == -120);
	ck_assert(audio_rms_db(NULL, 0) == -120);
	ck_assert_int_eq(audio_peak(samples, 8000), 0);
	for (i = 0; i < 8000; i++)
		samples[i] = i % 2 ? 32767 : -32768;
	ck_assert_double_lt(fabs(audio_rms_db(samples, 8000)), 0.001);
	ck_assert_int_eq(audio_peak(samples, 8000), 32768);
	sine(samples, 8000, 100, 8000, 3276.8);
	ck_assert_double_lt(fabs(audio_rms_db(samples, 8000) + 23.01), 0.01);
	ck_assert_int_eq(audio_peak(samples, 8000), 3277);
}
END_TEST

START_TEST(mu_law_is_that_of_libsndfile)
{
	uint8_t	 file[256 + 28] = ".snd\0\0\0\x1c\0\0\1\0\0\0\0\1\0\0\x1f\x40\0\0\0\1\0\0\0";
	int	 code;
	const char *cause;
	struct audio_clip clip;

	for (code = 0; code < 256; code++)
		file[28 + code] = (uint8_t)code;
	ck_assert_int_eq(audio_read_memory(file, sizeof(file), 0, 1, &clip, &cause), 0);
	ck_assert_uint_eq(clip.nsamples, 256);
	for (code = 0; code < 256; code++) {
		ck_assert_int_eq(audio_ulaw_decode((uint8_t)code), clip.samples[code]);
		/* 0x7f is the negative zero */
		ck_assert_int_eq(audio_ulaw_encode(clip.samples[code]), code == 0x7f ? 0xff : code);
	}
	audio_clip_clear(&clip);
}
END_TEST

START_TEST(mu_law_takes_the_nearest_level)
{
	int	sample, got, step;

	for (sample = -32768; sample <= 32767; sample++) {
		got = audio_ulaw_decode(audio_ulaw_encode((int16_t)sample));
		for (step = 8; step * 32 <= abs(sample) + 0x84; step *= 2)
			continue;
		if (abs(sample) <= 32635)
			ck_assert_msg(abs(got - sample) <= step / 2, "%d gives %d", sample, got);
		ck_assert(sample == 0 || got == 0 || (got < 0) == (sample < 0));
	}
	ck_assert_int_eq(audio_ulaw_encode(INT16_MIN), 0x00);
	ck_assert_int_eq(audio_ulaw_encode(INT16_MAX), 0x80);
	ck_assert_int_eq(audio_ulaw_encode(0), 0xff);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("audio");
	TCase	*files = tcase_create("files"), *signal = tcase_create("signal");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, a_written_file_is_read_back_sample_by_sample);
	tcase_add_test(files, two_channels_are_written_side_by_side_and_read_as_their_mean);
	tcase_add_test(files, other_formats_are_read_too);
	tcase_add_test(files, loud_and_broken_floats_are_clipped);
	tcase_add_test(files, a_clip_may_be_as_long_as_allowed_and_no_longer);
	tcase_add_test(files, an_empty_clip_is_a_clip);
	tcase_add_test(files, what_is_not_audio_is_refused_with_a_cause);
	tcase_add_test(files, headers_with_impossible_numbers_are_refused);
	tcase_add_test(files, a_length_in_the_header_is_not_believed);
	tcase_add_test(files, every_truncation_and_flip_of_a_file_is_survived);
	tcase_add_test(files, an_mp3_is_read_and_its_damage_survived);
	tcase_add_test(files, reading_survives_each_failed_allocation);
	tcase_add_test(files, writing_reports_what_the_system_says);
	tcase_set_timeout(signal, 60);
	tcase_add_test(signal, frames_are_twenty_milliseconds_at_vonages_rates);
	tcase_add_test(signal, the_wav_header_is_canonical);
	tcase_add_test(signal, a_resampled_tone_keeps_its_length_and_shape);
	tcase_add_test(signal, every_size_of_block_gives_the_same_samples);
	tcase_add_test(signal, short_inputs_have_their_length);
	tcase_add_test(signal, tones_above_the_new_rate_vanish);
	tcase_add_test(signal, impossible_rates_and_failed_allocations_give_no_resampler);
	tcase_add_test(signal, levels_are_in_decibels_of_full_scale);
	tcase_add_test(signal, mu_law_is_that_of_libsndfile);
	tcase_add_test(signal, mu_law_takes_the_nearest_level);
	suite_add_tcase(suite, files);
	suite_add_tcase(suite, signal);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
