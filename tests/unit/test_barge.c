/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>

#include "vadd/barge.h"

static const struct echo_result own = { .path = ECHO_KNOWN, .active = true, .excess_db = 18, .match = 0.3f,
	.harmonicity = 0.3f };
static const struct echo_result cough = { .path = ECHO_KNOWN, .active = true, .excess_db = 18, .harmonicity = 0.1f };
static const struct echo_result tail = { .path = ECHO_KNOWN, .active = true, .excess_db = 1, .match = 0.3f };
static const struct echo_result same = { .path = ECHO_KNOWN, .active = true, .explained = true, .match = 0.9f };
static const struct echo_result like = { .path = ECHO_UNKNOWN, .active = true, .excess_db = 15, .match = 0.9f };
static const struct echo_result untold = { .path = ECHO_UNKNOWN, .active = true, .untold = true, .excess_db = 15 };
static const struct echo_result deaf = { .path = ECHO_UNKNOWN, .active = true, .untold = true, .deaf = true, .excess_db = 15,
	.harmonicity = 0.3f };
static const struct echo_result nothing;

/* Frames of one kind until the verdict; *ms is when it came, after the first speech. */
static enum barge_verdict
until_verdict(struct barge *b, bool speech, const struct echo_result *e, uint32_t *ms)
{
	enum barge_verdict	 v = BARGE_NONE;
	uint32_t		 end_ms = b->age_ms + 1000;

	while (v == BARGE_NONE && b->age_ms < end_ms)
		v = barge_feed(b, speech, e, BARGE_CONFIRM_MS, 20);
	*ms = b->age_ms;
	return v;
}

START_TEST(a_voice_of_its_own_is_confirmed_in_time)
{
	struct barge	 b;
	uint32_t	 ms;

	barge_begin(&b, 60);
	ck_assert_int_eq(until_verdict(&b, true, &own, &ms), BARGE_CONFIRM);
	ck_assert_uint_ge(ms, 160);
	ck_assert_uint_le(ms, 400);
	ck_assert_int_eq(barge_feed(&b, true, &own, BARGE_CONFIRM_MS, 20), BARGE_NONE);
	ck_assert_int_eq(barge_pause(&b), BARGE_NONE);
	barge_begin(&b, 60);			/* a sockd that does not tell what is played */
	ck_assert_int_eq(until_verdict(&b, true, &nothing, &ms), BARGE_CONFIRM);
	ck_assert_uint_le(ms, 400);
}
END_TEST

START_TEST(the_bot_is_withdrawn_in_time_whether_its_path_is_known_or_not)
{
	struct barge	 b;
	uint32_t	 ms;

	barge_begin(&b, 60);
	ck_assert_int_eq(until_verdict(&b, true, &same, &ms), BARGE_ECHO);
	ck_assert_uint_ge(ms, 160);
	ck_assert_uint_le(ms, 400);
	barge_begin(&b, 60);
	ck_assert_int_eq(until_verdict(&b, true, &like, &ms), BARGE_ECHO);
	ck_assert_uint_le(ms, 400);
	ck_assert_int_eq(b.state, BARGE_WITHDRAWN);
}
END_TEST

START_TEST(what_stops_soon_is_short)
{
	struct barge	 b;
	uint32_t	 ms, i;

	barge_begin(&b, 60);
	ck_assert_int_eq(barge_feed(&b, true, &own, BARGE_CONFIRM_MS, 20), BARGE_NONE);
	ck_assert_int_eq(until_verdict(&b, false, &nothing, &ms), BARGE_SHORT);
	ck_assert_uint_le(ms, 400);
	barge_begin(&b, 60);			/* the detector holds it open, but nothing is loud any more */
	for (i = 0; i < 6; i++)
		ck_assert_int_eq(barge_feed(&b, true, &own, BARGE_CONFIRM_MS, 20), BARGE_NONE);
	ck_assert_int_eq(until_verdict(&b, true, &tail, &ms), BARGE_SHORT);
	barge_begin(&b, 100);
	ck_assert_int_eq(barge_pause(&b), BARGE_SHORT);
	ck_assert_int_eq(barge_pause(&b), BARGE_NONE);
}
END_TEST

START_TEST(what_has_no_pitch_is_short_and_what_goes_on_interrupts)
{
	struct barge	 b;
	uint32_t	 ms, first;

	barge_begin(&b, 60);
	ck_assert_int_eq(until_verdict(&b, true, &cough, &first), BARGE_SHORT);
	ck_assert_uint_le(first, 400);
	ck_assert_int_eq(until_verdict(&b, true, &cough, &ms), BARGE_NONE);
	ck_assert_int_eq(until_verdict(&b, true, &own, &ms), BARGE_AGAIN);
	ck_assert_int_eq(b.state, BARGE_CONFIRMED);
	barge_begin(&b, 60);			/* nor is the bot one afterwards */
	ck_assert_int_eq(until_verdict(&b, true, &cough, &first), BARGE_SHORT);
	ck_assert_int_eq(until_verdict(&b, true, &same, &ms), BARGE_NONE);
}
END_TEST

START_TEST(nothing_is_confirmed_while_we_do_not_know_what_is_played)
{
	struct barge	 b;
	uint32_t	 ms;

	barge_begin(&b, 60);
	ck_assert_int_eq(until_verdict(&b, true, &untold, &ms), BARGE_SHORT);
	ck_assert_int_eq(until_verdict(&b, true, &untold, &ms), BARGE_NONE);
	ck_assert_int_eq(until_verdict(&b, true, &own, &ms), BARGE_AGAIN);
	barge_begin(&b, 60);			/* nobody tells at all: by duration */
	ck_assert_int_eq(until_verdict(&b, true, &deaf, &ms), BARGE_CONFIRM);
	ck_assert_uint_le(ms, 400);
}
END_TEST

START_TEST(a_longer_confirm_ms_decides_later)
{
	struct barge	 b;

	barge_begin(&b, 60);
	while (barge_feed(&b, true, &own, 600, 20) == BARGE_NONE)
		ck_assert_uint_lt(b.age_ms, 700);
	ck_assert_uint_eq(b.age_ms, 600);
	ck_assert_int_eq(b.state, BARGE_CONFIRMED);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("barge");
	TCase	*tc = tcase_create("barge");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, a_voice_of_its_own_is_confirmed_in_time);
	tcase_add_test(tc, the_bot_is_withdrawn_in_time_whether_its_path_is_known_or_not);
	tcase_add_test(tc, what_stops_soon_is_short);
	tcase_add_test(tc, what_has_no_pitch_is_short_and_what_goes_on_interrupts);
	tcase_add_test(tc, nothing_is_confirmed_while_we_do_not_know_what_is_played);
	tcase_add_test(tc, a_longer_confirm_ms_decides_later);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
