/* SPDX-License-Identifier: ISC */
#include "brokerd/ttsbody.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct seen { int16_t samples[64]; size_t n; uint32_t rate_hz; };

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct seen	*s = arg;

	ck_assert_uint_le(s->n + n, 64);
	memcpy(s->samples + s->n, pcm, n * 2);
	s->n += n;
	s->rate_hz = rate_hz;
}

#define WAV(format, channels, rate, size)	"RIFF" size "WAVEfmt \x10\0\0\0" format channels rate "\0\0\0\0\2\0\x10\0"
#define DATA(size)	"data" size
#define FF		"\xff\xff\xff\xff"

/* len -1: strlen is right */
#define B(text)		text, sizeof(text) - 1

static const struct {
	const char	*type, *body;
	size_t		 len, nsamples;
	uint32_t	 rate_hz;
	const char	*error;
} cases[] = {
	{ "audio/pcm", B("\1\0\2\0\3\0"), 3, 24000, NULL },
	{ "audio/L16;rate=16000", B("\1\0\2\0\3\0"), 3, 16000, NULL },
	{ "application/octet-stream", B("\1\0\2\0\3\0\4"), 3, 24000, NULL },
	{ "audio/wav", B(WAV("\1\0", "\1\0", "\x22\x56\0\0", FF) DATA(FF) "\1\0\2\0\3\0"), 3, 22050, NULL },
	{ "audio/pcm", B(WAV("\1\0", "\1\0", "\x80\x3e\0\0", "\xff\xff\xff\x7f") "LIST\4\0\0\0abcd" DATA("\xff\xff\xff\x7f") "\1\0\2\0\3\0"), 3, 16000, NULL },
	{ "audio/x-wav", B(WAV("\xfe\xff", "\1\0", "\x80\x3e\0\0", "\0\0\0\0") DATA("\0\0\0\0") "\1\0\2\0\3\0"), 3, 16000, NULL },
	{ "audio/wav", B(WAV("\1\0", "\2\0", "\x80\x3e\0\0", FF) DATA(FF) "\1\0\1\0\2\0\2\0\3\0\3\0"), 3, 16000, NULL },
	{ "audio/wav", B(WAV("\3\0", "\1\0", "\x80\x3e\0\0", FF) DATA(FF) "\1\0\2\0"), 0, 0, "16-bit PCM" },
	{ "audio/mpeg", B("ID3\4abcdef"), 0, 0, "MP3" },
	{ "application/octet-stream", B("\xff\xfb\x90\x64zzzz"), 0, 0, "MP3" },
	{ "application/json", B("{\"error\":{\"message\":\"no such voice\"}}"), 0, 0, "no such voice" },
	{ "audio/pcm", B(""), 0, 0, "empty" },
	{ "text/html", B("<html>oops"), 0, 0, "text" },
	{ "text/event-stream", B("data: {\"type\":\"speech.audio.delta\",\"audio\":\"AQACAA==\"}\n\n"
	    "data: {\"type\":\"speech.audio.delta\",\"delta\":\"AwA=\"}\n\ndata: {\"type\":\"speech.audio.done\"}\n\n"), 3, 24000, NULL },
	{ "text/event-stream", B("data: {\"error\":{\"message\":\"broken\"}}\n\n"), 0, 0, "broken" },
};

START_TEST(each_body_is_made_into_samples_however_it_is_split)
{
	struct ttsbody	 b;
	struct seen	 seen;
	size_t		 step, at, n, i;
	int		 rc;

	for (step = 1; step <= cases[_i].len + 1; step++) {
		memset(&seen, 0, sizeof(seen));
		ttsbody_init(&b, 24000, on_pcm, &seen);
		for (rc = 0, at = 0; rc == 0 && at < cases[_i].len; at += n) {
			n = cases[_i].len - at < step ? cases[_i].len - at : step;
			rc = ttsbody_feed(&b, cases[_i].type, cases[_i].body + at, n);
		}
		if (rc == 0)
			rc = ttsbody_end(&b, cases[_i].type);
		ck_assert_int_eq(rc, cases[_i].error == NULL ? 0 : -1);
		if (cases[_i].error != NULL)
			ck_assert_msg(strstr(b.error, cases[_i].error) != NULL, "%s", b.error);
		ck_assert_uint_eq(seen.n, cases[_i].nsamples);
		for (i = 0; i < seen.n; i++)
			ck_assert_int_eq(seen.samples[i], (int)i + 1);
		if (seen.n > 0)
			ck_assert_uint_eq(seen.rate_hz, cases[_i].rate_hz);
		ttsbody_clear(&b);
	}
}
END_TEST

START_TEST(a_second_header_is_not_heard)
{
	static const char	 piece[] = WAV("\1\0", "\1\0", "\x80\x3e\0\0", FF) DATA(FF) "\1\0\2\0";
	struct ttsbody		 b;
	struct seen		 seen = { .n = 0 };

	ttsbody_init(&b, 24000, on_pcm, &seen);
	ck_assert_int_eq(ttsbody_feed(&b, "audio/wav", piece, sizeof(piece) - 1), 0);
	ck_assert_int_eq(ttsbody_feed(&b, "audio/wav", piece, sizeof(piece) - 1), 0);
	ck_assert_int_eq(ttsbody_end(&b, "audio/wav"), 0);
	ck_assert_uint_eq(seen.n, 4);
	ck_assert_int_eq(seen.samples[2], 1);
	ttsbody_clear(&b);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("ttsbody");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, each_body_is_made_into_samples_however_it_is_split, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, a_second_header_is_not_heard);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
