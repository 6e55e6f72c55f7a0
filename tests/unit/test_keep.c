/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/mem.h"
#include "vadd/keep.h"

static struct utterance *
utterance(uint32_t number, int64_t gen, size_t n)
{
	struct utterance	*u;
	int16_t			 block[80] = { 1, 2, 3 };

	ck_assert_ptr_nonnull(u = utterance_new(number, 8000));
	u->gen = gen;
	for (; n > 0; n -= n < 80 ? n : 80)
		ck_assert_int_eq(utterance_append(u, block, n < 80 ? n : 80), 0);
	return u;
}

START_TEST(an_utterance_grows_and_is_cut_to_size)
{
	struct utterance	*u = utterance(1, 1, 20000);

	ck_assert_uint_eq(u->nsamples, 20000);
	ck_assert_uint_ge(u->size, 20000);
	ck_assert_uint_le(u->size, 28080);
	utterance_cut(u, 160);
	ck_assert_uint_eq(u->nsamples, 160);
	ck_assert_uint_eq(u->size, 160);
	ck_assert_int_eq(u->pcm[82], 3);
	utterance_cut(u, 500);
	ck_assert_uint_eq(u->nsamples, 160);
	utterance_free(u);
	utterance_free(NULL);
}
END_TEST

START_TEST(an_append_that_fails_changes_nothing)
{
	struct utterance	*u = utterance(1, 1, 8000);
	int16_t			*block;

	ck_assert_ptr_nonnull(block = calloc(8000, sizeof(*block)));
	mem_fail_at(0);
	ck_assert_int_eq(utterance_append(u, block, 8000), -1);
	mem_fail_at(-1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_uint_eq(u->nsamples, 8000);
	mem_fail_at(0);
	utterance_cut(u, 4000);			/* no memory to shrink: kept */
	mem_fail_at(-1);
	ck_assert_uint_eq(u->nsamples, 4000);
	utterance_free(u);
	free(block);
}
END_TEST

START_TEST(only_the_right_number_and_generation_acknowledge)
{
	struct keep	 k;

	keep_init(&k, 100000);
	keep_put(&k, utterance(1, 7, 10));
	keep_put(&k, utterance(2, 7, 20));
	keep_put(&k, utterance(3, 9, 30));
	ck_assert_int_eq(keep_ack(&k, 9, 2), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(keep_ack(&k, 7, 2), 0);
	ck_assert_int_eq(keep_ack(&k, 7, 2), -1);
	ck_assert_uint_eq(k.nsamples, 40);
	ck_assert_int_eq(keep_ack(&k, 9, 3), 0);	/* the last: the tail moves */
	keep_put(&k, utterance(4, 9, 5));
	ck_assert_uint_eq(k.first->next->number, 4);
	ck_assert_uint_eq(k.count, 2);
	keep_clear(&k);
	ck_assert_uint_eq(k.nsamples, 0);
	ck_assert_ptr_null(k.first);
}
END_TEST

START_TEST(the_oldest_go_first_and_the_newest_stays)
{
	struct keep	 k;

	keep_init(&k, 1000);
	keep_put(&k, utterance(1, 1, 5000));
	ck_assert_ptr_null(keep_excess(&k));
	keep_put(&k, utterance(2, 1, 400));
	keep_put(&k, utterance(3, 1, 500));
	ck_assert_uint_eq(keep_excess(&k)->number, 1);
	keep_drop_first(&k);
	ck_assert_ptr_null(keep_excess(&k));
	keep_put(&k, utterance(4, 1, 900));
	ck_assert_uint_eq(keep_excess(&k)->number, 2);
	keep_drop_first(&k);
	ck_assert_uint_eq(keep_excess(&k)->number, 3);
	keep_drop_first(&k);
	ck_assert_ptr_null(keep_excess(&k));
	keep_drop_first(&k);
	keep_drop_first(&k);			/* of an empty queue */
	ck_assert_uint_eq(k.count, 0);
}
END_TEST

START_TEST(many_short_utterances_are_bounded_too)
{
	struct keep	 k;
	uint32_t	 i;

	keep_init(&k, 1000000);
	for (i = 1; i <= KEEP_UTTERANCES_MAX; i++)
		keep_put(&k, utterance(i, 1, 1));
	ck_assert_ptr_null(keep_excess(&k));
	keep_put(&k, utterance(i, 1, 1));
	ck_assert_uint_eq(keep_excess(&k)->number, 1);
	keep_clear(&k);
}
END_TEST

START_TEST(what_is_not_acknowledged_comes_again_ever_more_slowly)
{
	static const int64_t	 delays[] = { 5000, 10000, 20000, 30000, 30000, 30000, 30000, 30000, 30000, 30000 };
	struct utterance	*u;
	struct keep		 k;
	int64_t			 now = 100;
	size_t			 i;

	keep_init(&k, 100000);
	keep_put(&k, utterance(1, 1, 10));
	keep_put(&k, utterance(2, 1, 10));
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		while ((u = keep_due(&k, now)) != NULL)
			keep_sent(u, now, 5000);
		ck_assert_ptr_null(keep_due(&k, now + delays[i] - 1));
		now += delays[i];
		ck_assert_uint_eq(keep_due(&k, now)->number, 1);
	}
	keep_send_all(&k, now);
	ck_assert_uint_eq((u = keep_due(&k, now))->number, 1);
	keep_postpone(u, now, 200);
	ck_assert_uint_eq((u = keep_due(&k, now))->number, 2);
	keep_sent(u, now, 5000);
	ck_assert_uint_eq(keep_due(&k, now + 200)->number, 1);
	ck_assert_int_eq(u->due_ms, now + 10000);
	keep_clear(&k);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("keep");
	TCase	*tc = tcase_create("keep");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, an_utterance_grows_and_is_cut_to_size);
	tcase_add_test(tc, an_append_that_fails_changes_nothing);
	tcase_add_test(tc, only_the_right_number_and_generation_acknowledge);
	tcase_add_test(tc, the_oldest_go_first_and_the_newest_stays);
	tcase_add_test(tc, many_short_utterances_are_bounded_too);
	tcase_add_test(tc, what_is_not_acknowledged_comes_again_ever_more_slowly);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
