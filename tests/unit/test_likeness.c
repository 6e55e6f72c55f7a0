/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "vadd/likeness.h"

#define N	LIKENESS_BANDS
#define ROWS	400

static struct likeness	 l;
static float		 played[ROWS][N], other[ROWS][N];
static uint32_t		 seed;

static float
draw(void)
{
	seed = seed * 1664525U + 1013904223U;
	return (float)(seed >> 8) / (1 << 23) * 10 - 10;
}

static void
setup(void)
{
	int	 i, b;

	memset(&l, 0, sizeof(l));
	seed = 9;
	for (i = 0; i < ROWS; i++)
		for (b = 0; b < N; b++) {
			played[i][b] = draw();
			other[i][b] = draw();
		}
}

static unsigned
best(void)
{
	unsigned	 d, top = 0;

	for (d = 1; d < LIKENESS_DELAYS; d++)
		if (likeness_at(&l, d) > likeness_at(&l, top))
			top = d;
	return top;
}

static void
hear(int from, int to, int delay, float louder)
{
	float	 y[N];
	int	 i, b;

	for (i = from; i < to; i++) {
		likeness_play(&l, i, played[i]);
		for (b = 0; b < N; b++)
			y[b] = (i >= delay ? played[i - delay][b] : 0) + louder;
		likeness_hear(&l, i, y);
	}
}

static const int delays[] = { 0, 5, 17, 41 };

START_TEST(the_delay_is_where_they_are_alike_however_loud)
{
	hear(0, 100, delays[_i], -20);
	ck_assert_uint_eq(best(), (unsigned)delays[_i]);
	ck_assert(likeness_at(&l, best()) > 0.95f);
	hear(100, 160, 30, 20);			/* it moved */
	ck_assert_uint_eq(best(), 30);
}
END_TEST

START_TEST(another_voice_is_like_none)
{
	int	 i;

	for (i = 0; i < 200; i++) {
		likeness_play(&l, i, played[i]);
		likeness_hear(&l, i, other[i]);
	}
	ck_assert(likeness_at(&l, best()) < 0.4f);
}
END_TEST

START_TEST(that_both_grow_loud_says_nothing)
{
	float	 x[N];
	int	 i, b;

	for (i = 0; i < 100; i++) {
		for (b = 0; b < N; b++)
			x[b] = (float)(i % 10 * 3);
		likeness_play(&l, i, x);
		likeness_hear(&l, i, x);
	}
	ck_assert(likeness_at(&l, best()) == 0.0f);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	int	 i;

	for (i = 0; i < 200; i++) {
		likeness_play(&l, i, i % 3 == 0 ? NULL : played[i]);
		likeness_hear(&l, i, played[i >= 7 ? i - 7 : 0]);
	}
	ck_assert_uint_eq(best(), 7);
	ck_assert(likeness_at(&l, 7) > 0.95f);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("likeness");
	TCase	*tc = tcase_create("likeness");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, the_delay_is_where_they_are_alike_however_loud, 0, (int)(sizeof(delays) / sizeof(delays[0])));
	tcase_add_test(tc, another_voice_is_like_none);
	tcase_add_test(tc, that_both_grow_loud_says_nothing);
	tcase_add_test(tc, what_is_not_known_is_left_out);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
