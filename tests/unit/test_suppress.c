/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/mem.h"
#include "vadd/suppress.h"

#define SECONDS_MAX	8
#define SAMPLES_MAX	(SECONDS_MAX * 24000)

static const uint32_t	 rates[] = { 8000, 16000, 24000 };
static int16_t		 in[SAMPLES_MAX], voice[SAMPLES_MAX], out[SAMPLES_MAX + 1];

/* Even noise of a power, by position: the same at every call. */
static double
hiss(size_t at, double rms)
{
	uint32_t	 x = (uint32_t)at * 2654435761U, y;

	x ^= x >> 15;
	x *= 2246822519U;
	y = x;
	y ^= y >> 13;
	y *= 3266489917U;
	return ((double)(y >> 8) / 16777216 - 0.5) * rms * sqrt(12);
}

/* Syllables of a voice, four a second, each .17 s long. */
static double
vowel(size_t at, uint32_t rate_hz)
{
	const double	 t = (double)at / rate_hz, part = fmod(t, 0.25);
	double		 f, v = 0;

	if (part > 0.17)
		return 0;
	for (f = 140; f < 3400; f += 140)
		v += sin(2 * M_PI * f * t) / (1 + pow((f - 600) / 300, 2)) + 0.1 * sin(2 * M_PI * f * t);
	return 3000 * v * sin(M_PI * part / 0.17);
}

static int16_t
clip(double x)
{
	return (int16_t)lrint(fmax(-32768, fmin(x, 32767)));
}

static double
power(const int16_t *x, size_t n)
{
	double	 sum = 0;
	size_t	 i;

	for (i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	return sum / (double)n + 1e-9;
}

static double
db(double ratio)
{
	return 10 * log10(ratio);
}

/* Silence of the line, for a second: hiss of an rms. */
static void
learn_hiss(struct suppress *s, uint32_t rate_hz, double rms)
{
	int16_t	 block[SUPPRESS_BLOCK_MAX];
	size_t	 at, i, n = suppress_block(s);

	for (at = 0; at < rate_hz; at += n / 2) {
		for (i = 0; i < n; i++)
			block[i] = clip(hiss(1000000 + at + i, rms));
		suppress_learn(s, block);
	}
}

static void
run(struct suppress *s, float most_db, size_t n)
{
	memcpy(out, in, n * sizeof(*in));
	out[n] = 12345;
	suppress_begin(s, most_db);
	suppress_end(s, out, n);
	ck_assert_int_eq(out[n], 12345);
}

/* A voice for two seconds in hiss of an rms. Returns the samples. */
static size_t
speak(uint32_t rate_hz, double rms)
{
	size_t	 i;

	for (i = 0; i < 2 * (size_t)rate_hz; i++) {
		voice[i] = clip(vowel(i, rate_hz));
		in[i] = clip(vowel(i, rate_hz) + hiss(i, rms));
	}
	return i;
}

START_TEST(silence_stays_silence)
{
	struct suppress	*s = suppress_new(rates[_i]);
	size_t		 i, n = rates[_i];

	memset(in, 0, sizeof(in));
	run(s, 12, n);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(out[i], 0);
	suppress_learn(s, in);		/* tells nothing */
	learn_hiss(s, rates[_i], 300);
	suppress_learn(s, in);
	run(s, 24, n);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(out[i], 0);
	suppress_free(s);
}
END_TEST

START_TEST(a_clean_line_stays_to_the_bit)
{
	struct suppress	*s = suppress_new(rates[_i]);
	size_t		 n;

	n = speak(rates[_i], 300);
	run(s, 12, n);			/* nor a line that nobody knows */
	ck_assert_mem_eq(out, in, n * sizeof(*in));
	learn_hiss(s, rates[_i], 5);
	n = speak(rates[_i], 5);
	run(s, 12, n);
	ck_assert_mem_eq(out, in, n * sizeof(*in));
	learn_hiss(s, rates[_i], 300);
	n = speak(rates[_i], 300);
	run(s, 0, n);			/* and every line at 0 dB */
	ck_assert_mem_eq(out, in, n * sizeof(*in));
	suppress_free(s);
}
END_TEST

START_TEST(among_voices_nothing_is_changed)
{
	struct suppress	*s = suppress_new(rates[_i]);
	int16_t		 block[SUPPRESS_BLOCK_MAX];
	size_t		 at, i, n = suppress_block(s);

	for (at = 0; at < 50; at++) {
		for (i = 0; i < n; i++)	/* from one block to the next 4 dB up or down */
			block[i] = clip(hiss(at * n + i, at % 2 != 0 ? 400 : 250));
		suppress_learn(s, block);
	}
	n = speak(rates[_i], 300);
	run(s, 15, n);
	ck_assert_mem_eq(out, in, n * sizeof(*in));
	suppress_free(s);
}
END_TEST

START_TEST(nothing_is_shifted_and_nothing_swallowed)
{
	static const size_t	 lengths[] = { 0, 1, 127, 128, 129, 255, 256, 257, 1023, 5000 };
	struct suppress		*s = suppress_new(rates[_i]);
	double			 sum, best = 0;
	size_t			 n, i, at = 9999;
	int			 lag;

	learn_hiss(s, rates[_i], 300);
	n = speak(rates[_i], 300);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		run(s, 12, lengths[i]);	/* looks behind the end */
	run(s, 12, n);
	for (lag = -40; lag <= 40; lag++) {
		sum = 0;
		for (i = 40; i < n - 40; i++)
			sum += (double)voice[i] * out[(size_t)((int)i + lag)];
		if (sum > best) {
			best = sum;
			at = (size_t)(lag + 40);
		}
	}
	ck_assert_uint_eq(at, 40);

	/* A voice from the first sample to the last. */
	memmove(in, in + n / 20, n / 2 * sizeof(*in));
	memmove(voice, voice + n / 20, n / 2 * sizeof(*voice));
	n = n / 50;			/* 40 ms */
	run(s, 12, n);
	for (i = 0; i < n; i += n / 8)
		ck_assert_msg(fabs(db(power(out + i, n / 8) / power(voice + i, n / 8))) < 2, "%zu: %f dB", i,
		    db(power(out + i, n / 8) / power(voice + i, n / 8)));
	suppress_free(s);
}
END_TEST

START_TEST(noise_is_lowered_by_what_was_asked_and_no_more)
{
	static const float	 most[] = { 6, 12, 18 };
	struct suppress		*s;
	const uint32_t		 rate_hz = rates[_i];
	double			 change;
	size_t			 i, k, n = 2 * rate_hz;

	for (k = 0; k < 3; k++) {
		s = suppress_new(rate_hz);
		learn_hiss(s, rate_hz, 400);
		for (i = 0; i < n; i++)
			in[i] = clip(hiss(i, 400));
		run(s, most[k], n);
		change = db(power(in, n) / power(out, n));
		ck_assert_msg(change > 0.7 * (double)most[k] && change <= (double)most[k] + 0.1, "%f dB at %u Hz: %f", (double)most[k], rate_hz, change);
		suppress_free(s);
	}
}
END_TEST

START_TEST(a_voice_in_noise_stands_out_by_more)
{
	struct suppress	*s = suppress_new(rates[_i]);
	const double	 rms = sqrt(power(voice, speak(rates[_i], 0))) / sqrt(10);	/* 10 dB below */
	double		 before = 0, after = 0, pause_in = 0, pause_out = 0;
	size_t		 i, n;

	learn_hiss(s, rates[_i], rms);
	n = speak(rates[_i], rms);
	run(s, 12, n);
	for (i = 0; i < n; i++) {
		if (fmod((double)i / rates[_i], 0.25) > 0.2) {
			pause_in += (double)in[i] * in[i];
			pause_out += (double)out[i] * out[i];
		}
		before += pow(in[i] - voice[i], 2);
		after += pow(out[i] - voice[i], 2);
	}
	ck_assert_msg(db(before / after) > 3, "SNR grows by %f dB", db(before / after));
	ck_assert_msg(db(pause_in / pause_out) > 9, "pauses are lowered by %f dB", db(pause_in / pause_out));
	ck_assert_msg(fabs(db(power(out, n) / power(voice, n))) < 1, "the voice changes by %f dB", db(power(out, n) / power(voice, n)));
	suppress_free(s);
}
END_TEST

START_TEST(a_voice_well_above_the_noise_is_hardly_changed)
{
	struct suppress	*s = suppress_new(rates[_i]);
	const double	 rms = sqrt(power(voice, speak(rates[_i], 0))) / sqrt(100);	/* 20 dB below */
	double		 changed = 0;
	size_t		 i, n;

	learn_hiss(s, rates[_i], rms);
	n = speak(rates[_i], rms);
	run(s, 12, n);
	for (i = 0; i < n; i++)
		changed += pow(out[i] - voice[i], 2);
	changed = db(changed / (double)n / power(voice, n));
	ck_assert_msg(changed < -21, "the change is at %f dB", changed);
	ck_assert(fabs(db(power(out, n) / power(voice, n))) < 0.3);
	suppress_free(s);
}
END_TEST

START_TEST(noise_that_grows_while_somebody_speaks_is_followed)
{
	struct suppress	*s = suppress_new(8000);
	size_t		 i, n = 6 * 8000;

	learn_hiss(s, 8000, 200);
	for (i = 0; i < n; i++)
		in[i] = clip(hiss(i, 600));	/* 10 dB louder than what was learnt */
	run(s, 12, n);
	ck_assert_msg(db(power(in + n / 2, n / 2) / power(out + n / 2, n / 2)) > 8, "%f dB",
	    db(power(in + n / 2, n / 2) / power(out + n / 2, n / 2)));
	suppress_free(s);
}
END_TEST

/* Full scale square waves, steps, single samples, chance. */
static void
fill(unsigned kind, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		switch (kind) {
		case 0: in[i] = i / 20 % 2 != 0 ? 32767 : -32768; break;
		case 1: in[i] = i < n / 2 ? -32768 : 32767; break;
		case 2: in[i] = i % 997 == 0 ? 32767 : 0; break;
		case 3: in[i] = clip(hiss(i, 30000)); break;
		default: in[i] = i % 2 != 0 ? 32767 : -32768; break;
		}
	}
}

START_TEST(any_samples_do)
{
	struct suppress	*s = suppress_new(rates[_i]);
	const size_t	 n = rates[_i];
	unsigned	 kind, other;
	double		 change;

	for (kind = 0; kind < 5; kind++) {
		fill(kind, n);
		for (other = 0; other < 20; other++)
			suppress_learn(s, in + other * 100);
		for (other = 0; other < 5; other++) {
			fill(other, n);
			run(s, 24, n);
			change = db(power(out, n) / power(in, n));
			ck_assert_msg(change > -24.5 && change < 0.5, "%u after %u: %f dB", other, kind, change);
		}
	}
	suppress_free(s);
}
END_TEST

START_TEST(the_same_bits_however_it_is_fed)
{
	struct suppress	*a = suppress_new(rates[_i]), *b = suppress_new(rates[_i]);
	static int16_t	 pcm[SAMPLES_MAX];
	size_t		 n, at, turn;

	learn_hiss(a, rates[_i], 300);
	learn_hiss(b, rates[_i], 300);
	n = speak(rates[_i], 300) - 77;
	for (turn = 0; turn < 2; turn++) {	/* the second time with what the first left behind */
		run(a, 12, n);
		memcpy(pcm, in, n * sizeof(*in));
		suppress_begin(b, 12);
		for (at = 300; at < n; at += 160 + 7 * turn)
			suppress_feed(b, pcm, at);
		suppress_end(b, pcm, n);
		ck_assert_mem_eq(out, pcm, n * sizeof(*pcm));
	}
	ck_assert_mem_ne(out, in, n * sizeof(*in));
	suppress_free(a);
	suppress_free(b);
}
END_TEST

START_TEST(wrong_rates_and_failed_allocations_are_told)
{
	struct suppress	*s = NULL;
	int		 n;

	ck_assert_ptr_null(suppress_new(11025));
	ck_assert_int_eq(errno, EINVAL);
	for (n = 0; s == NULL; n++) {
		mem_fail_at(n);
		s = suppress_new(16000);
	}
	mem_fail_at(-1);
	ck_assert_int_eq(n, 3);
	suppress_free(s);
	suppress_free(NULL);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("suppress");
	TCase	*tc = tcase_create("suppress");
	SRunner	*sr;
	int	 failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, silence_stays_silence, 0, 3);
	tcase_add_loop_test(tc, a_clean_line_stays_to_the_bit, 0, 3);
	tcase_add_loop_test(tc, among_voices_nothing_is_changed, 0, 3);
	tcase_add_loop_test(tc, nothing_is_shifted_and_nothing_swallowed, 0, 3);
	tcase_add_loop_test(tc, noise_is_lowered_by_what_was_asked_and_no_more, 0, 3);
	tcase_add_loop_test(tc, a_voice_in_noise_stands_out_by_more, 0, 3);
	tcase_add_loop_test(tc, a_voice_well_above_the_noise_is_hardly_changed, 0, 3);
	tcase_add_test(tc, noise_that_grows_while_somebody_speaks_is_followed);
	tcase_add_loop_test(tc, any_samples_do, 0, 3);
	tcase_add_loop_test(tc, the_same_bits_however_it_is_fed, 0, 3);
	tcase_add_test(tc, wrong_rates_and_failed_allocations_are_told);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
