/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "vadd/standing.h"

static struct standing	 st;

static void
setup(void)
{
	memset(&st, 0, sizeof(st));
}

/* An utterance of so many frames whose level goes up and down by swing/2 around mid. */
static bool
utterance(int frames, double mid, double swing, bool capped)
{
	int	 i;

	standing_begin(&st);
	for (i = 0; i < frames; i++)
		standing_feed(&st, (float)(mid + swing / 2 * sin(i * 0.3)), true);
	return standing_end(&st, capped);
}

static void
silence(int frames, double level)
{
	while (frames-- > 0)
		standing_feed(&st, (float)level, false);
}

START_TEST(what_stands_is_learnt_and_only_what_is_louder_counts)
{
	ck_assert(!standing_hides(&st, -40, false));
	ck_assert(utterance(1000, -40, 3, true));
	ck_assert(standing_hides(&st, -40, false));
	ck_assert(standing_hides(&st, -37, false));
	ck_assert(!standing_hides(&st, -34, false));
	ck_assert(!standing_hides(&st, -36, true));
	silence(499, -40);
	ck_assert(standing_hides(&st, -40, false));
	silence(1, -40);
	ck_assert(!standing_hides(&st, -40, false));
}
END_TEST

START_TEST(who_talks_and_talks_is_not_hidden)
{
	ck_assert(!utterance(1000, -30, 12, true));
	ck_assert(!standing_hides(&st, -60, false));
	silence(3, -30);
	ck_assert(!utterance(1000, -30, 12, true));
	ck_assert(!standing_hides(&st, -60, false));
	/* And what ended by itself was no such sound. */
	ck_assert(!utterance(1000, -30, 1, false));
	ck_assert(!standing_hides(&st, -30, false));
}
END_TEST

START_TEST(each_time_it_is_hidden_for_longer_until_it_has_gone)
{
	static const int	 frames[] = { 500, 2000, 8000, 32000, 32000 };
	size_t			 i;

	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		ck_assert(utterance(1000, -40, 2, true));
		silence(frames[i] - 1, -40);
		ck_assert(standing_hides(&st, -40, false));
		silence(1, -40);
		ck_assert(!standing_hides(&st, -40, false));
	}
	ck_assert(utterance(1000, -40, 2, true));
	silence(60, -70);
	ck_assert(!standing_hides(&st, -70, false));
	ck_assert(utterance(1000, -40, 2, true));
	silence(500, -40);
	ck_assert(!standing_hides(&st, -40, false));
}
END_TEST

START_TEST(levels_beyond_the_scale_are_taken)
{
	ck_assert(utterance(70000, -200, 0, true));
	ck_assert(standing_hides(&st, -90, false));
	setup();
	ck_assert(utterance(1000, 30, 0, true));
	ck_assert(standing_hides(&st, 0, false));
	setup();
	standing_begin(&st);
	ck_assert(standing_end(&st, true));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("standing");
	TCase	*tc = tcase_create("standing");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, what_stands_is_learnt_and_only_what_is_louder_counts);
	tcase_add_test(tc, who_talks_and_talks_is_not_hidden);
	tcase_add_test(tc, each_time_it_is_hidden_for_longer_until_it_has_gone);
	tcase_add_test(tc, levels_beyond_the_scale_are_taken);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
