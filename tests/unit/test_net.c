/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "vadd/net.h"

static struct net_weights w;

static void
setup(void)
{
	w = net_weights;
}

START_TEST(the_weights_are_right_on_this_machine)
{
	const char	*cause = NULL;

	ck_assert_msg(net_check(&net_weights, &cause) == 0, "%s", cause);
	ck_assert_msg(vad_check(&cause) == 0, "%s", cause);
}
END_TEST

START_TEST(one_flipped_bit_anywhere_is_damage)
{
	const char	*cause = NULL;
	unsigned char	*byte = (unsigned char *)&w;
	size_t		 at;

	for (at = offsetof(struct net_weights, dense); at < offsetof(struct net_weights, sum); at += 61) {
		byte[at] ^= 1;
		ck_assert_int_eq(net_check(&w, &cause), -1);
		ck_assert_str_eq(cause, "the weights are damaged");
		byte[at] ^= 1;
	}
	ck_assert_int_eq(net_check(&w, &cause), 0);
}
END_TEST

START_TEST(weights_of_another_detector_are_refused)
{
	const char	*cause = NULL;

	w.version++;
	w.sum = net_sum(&w);
	ck_assert_int_eq(net_check(&w, &cause), -1);
	ck_assert_str_eq(cause, "the weights are of another detector");
	setup();
	w.inputs--;
	w.sum = net_sum(&w);
	ck_assert_int_eq(net_check(&w, &cause), -1);
}
END_TEST

START_TEST(other_arithmetic_is_noticed)
{
	const char	*cause = NULL;

	w.trial ^= 1;
	ck_assert_int_eq(net_check(&w, &cause), -1);
	ck_assert_ptr_nonnull(strstr(cause, "computes otherwise"));
}
END_TEST

START_TEST(squashing_is_monotonous_from_0_to_1)
{
	float	 x, last = -1;

	for (x = -20; x <= 20; x += 0.01f) {
		ck_assert_float_ge(net_squash(x), last);
		last = net_squash(x);
		ck_assert(last >= 0 && last <= 1);
		ck_assert_double_eq_tol((double)last, 1 / (1 + exp(-(double)x)), 1e-2);
	}
	ck_assert_float_eq(net_squash(0), 0.5f);
}
END_TEST

START_TEST(extreme_features_give_numbers)
{
	struct net	 net = { { 0 } };
	float		 x[FEATURES_COUNT];
	unsigned	 i, k;

	for (i = 0; i < 2000; i++) {
		for (k = 0; k < FEATURES_COUNT; k++)
			x[k] = (i * 31 + k * 7) % 5 < 2 ? -1e6f : 1e6f;
		ck_assert(isfinite(net_step(&net, &net_weights, x)));
	}
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("net");
	TCase	*tc = tcase_create("net");
	SRunner	*sr;
	int	 failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, the_weights_are_right_on_this_machine);
	tcase_add_test(tc, one_flipped_bit_anywhere_is_damage);
	tcase_add_test(tc, weights_of_another_detector_are_refused);
	tcase_add_test(tc, other_arithmetic_is_noticed);
	tcase_add_test(tc, squashing_is_monotonous_from_0_to_1);
	tcase_add_test(tc, extreme_features_give_numbers);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
