/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "webhookd/campaignpace.h"

#define NOW	1800000000000

static struct dial_options
options(int min_ms, int max_ms, int batch)
{
	struct dial_options	o;

	dial_options_default(&o);
	o.pace_min_ms = min_ms;
	o.pace_max_ms = max_ms;
	o.batch = batch;
	return o;
}

START_TEST(a_paced_campaign_begins_one_call_when_its_time_came)
{
	struct dial_options	o = options(70000, 90000, 3);

	ck_assert_int_eq(campaignpace_room(&o, 0, -1, NOW), 1);
	ck_assert_int_eq(campaignpace_room(&o, 2, NOW, NOW), 1);
	ck_assert_int_eq(campaignpace_room(&o, 3, NOW, NOW), 0);
	ck_assert_int_eq(campaignpace_room(&o, 9, NOW, NOW), 0);
	ck_assert_int_eq(campaignpace_room(&o, 0, NOW + 1, NOW), 0);
	ck_assert_int_eq(campaignpace_room(&o, 0, NOW + 90000, NOW), 0);
	ck_assert_int_eq(campaignpace_room(&o, 0, NOW + 90001, NOW), 1);	/* the clock went back */
}
END_TEST

START_TEST(without_a_pause_a_batch_begins_at_once)
{
	struct dial_options	o = options(0, 0, 8);

	ck_assert_int_eq(campaignpace_room(&o, 0, NOW + 5, NOW), 8);
	ck_assert_int_eq(campaignpace_room(&o, 5, -1, NOW), 3);
	ck_assert_int_eq(campaignpace_room(&o, INT32_MAX, -1, NOW), 0);
}
END_TEST

START_TEST(the_pause_is_random_within_its_bounds)
{
	uint32_t	r;
	int64_t		first = campaignpace_next(70000, 90000, 0, NOW), other = 0;

	for (r = 1; r < 50000; r += 13) {
		int64_t	next = campaignpace_next(70000, 90000, r, NOW);

		ck_assert_int_ge(next, NOW + 70000);
		ck_assert_int_le(next, NOW + 90000);
		other += next != first;
	}
	ck_assert_int_gt(other, 3000);
	ck_assert_int_eq(campaignpace_next(0, 0, 77, NOW), NOW);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("campaignpace");
	TCase	*tc = tcase_create("pace");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, a_paced_campaign_begins_one_call_when_its_time_came);
	tcase_add_test(tc, without_a_pause_a_batch_begins_at_once);
	tcase_add_test(tc, the_pause_is_random_within_its_bounds);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
