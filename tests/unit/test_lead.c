/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <check.h>

#include "brokerd/engines/lead.h"

#define RATE	16000
#define KEEP	(RATE * LEAD_KEEP_MS / 1000)

static int16_t	in[RATE], out[RATE + LEAD_KEEP_MAX];

/* Feed in[] in pieces; the sum of what came out. */
static size_t
feed(size_t nin, size_t piece)
{
	struct lead	lead = { .started = false };
	size_t		i, n = 0;

	for (i = 0; i < nin; i += piece)
		n += lead_trim(&lead, RATE, in + i, nin - i < piece ? nin - i : piece, out + n);
	return n;
}

static const size_t	pieces[] = { 1, 7, 160, 480, 481, 800, 16000 };

START_TEST(silence_before_speech_is_cut_to_what_is_kept)
{
	size_t	n;

	memset(in, 0, sizeof(in));
	in[5000] = 1000;
	n = feed(RATE, pieces[_i]);
	ck_assert_uint_eq(n, RATE - 5000 + KEEP);
	ck_assert_int_eq(out[KEEP], 1000);
}
END_TEST

START_TEST(less_silence_than_is_kept_passes_whole)
{
	memset(in, 0, sizeof(in));
	in[100] = -1000;
	ck_assert_uint_eq(feed(RATE, pieces[_i]), RATE);
	ck_assert_int_eq(out[100], -1000);
}
END_TEST

START_TEST(silence_alone_gives_nothing)
{
	memset(in, 0, sizeof(in));
	in[30] = LEAD_LEVEL - 1;
	ck_assert_uint_eq(feed(RATE, pieces[_i]), 0);
}
END_TEST

START_TEST(silence_within_speech_is_left_alone)
{
	memset(in, 0, sizeof(in));
	in[0] = in[15999] = 1000;
	ck_assert_uint_eq(feed(RATE, pieces[_i]), RATE);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("lead");
	TCase	*tc = tcase_create("lead");
	SRunner	*sr;
	int	 failed, n = (int)(sizeof(pieces) / sizeof(*pieces));

	tcase_add_loop_test(tc, silence_before_speech_is_cut_to_what_is_kept, 0, n);
	tcase_add_loop_test(tc, less_silence_than_is_kept_passes_whole, 0, n);
	tcase_add_loop_test(tc, silence_alone_gives_nothing, 0, n);
	tcase_add_loop_test(tc, silence_within_speech_is_left_alone, 0, n);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
