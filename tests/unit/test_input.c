/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>

#include "tools/callsim/input.h"

static struct input	in;

static void
begin(bool dtmf, bool speech, bool hash)
{
	const struct input_config config = { .dtmf = dtmf, .speech = speech, .dtmf_timeout_ms = 3000,
	    .max_digits = 4, .submit_on_hash = hash, .silence_ms = 2000, .start_timeout_ms = 10000,
	    .max_duration_ms = 60000 };

	input_begin(&in, &config);
	input_arm(&in, 100);
}

START_TEST(the_last_of_max_digits_completes_it_at_once)
{
	begin(true, false, false);
	ck_assert(!input_key(&in, '1', 200));
	ck_assert(!input_key(&in, '#', 300));
	ck_assert(!input_key(&in, '*', 400));
	ck_assert(input_key(&in, '4', 500));
	ck_assert_str_eq(in.digits, "1#*4");
	ck_assert(!in.timed_out);
	(void)input_key(&in, '5', 600);
	ck_assert_str_eq(in.digits, "1#*4");
}
END_TEST

START_TEST(the_hash_submits_only_when_it_is_asked_for)
{
	begin(true, false, true);
	ck_assert(!input_key(&in, '7', 200));
	ck_assert(input_key(&in, '#', 300));
	ck_assert_str_eq(in.digits, "7");
}
END_TEST

START_TEST(the_time_out_of_keys_runs_from_the_last_one)
{
	begin(true, false, false);
	(void)input_key(&in, '1', 3000);
	ck_assert(!input_tick(&in, 5999));
	ck_assert(input_tick(&in, 6000));
	ck_assert(in.timed_out);
	begin(true, false, false);
	ck_assert(!input_tick(&in, 3099));
	ck_assert(input_tick(&in, 3100));
	ck_assert_str_eq(in.digits, "");
}
END_TEST

START_TEST(timers_do_not_run_before_it_is_armed)
{
	begin(true, false, false);
	in.armed = false;
	ck_assert(!input_tick(&in, 1000000));
	input_arm(&in, 1000000);
	input_arm(&in, 2000000);
	ck_assert(!input_tick(&in, 1002999));
	ck_assert(input_tick(&in, 1003000));
}
END_TEST

START_TEST(speech_ends_with_its_silence_and_pieces_are_joined)
{
	begin(false, true, false);
	(void)input_speech_begin(&in, "two", 1000);
	(void)input_speech_end(&in, 1500);
	ck_assert(!input_tick(&in, 3499));
	(void)input_speech_begin(&in, "seats", 3499);
	ck_assert(!input_tick(&in, 30000));
	(void)input_speech_end(&in, 30000);
	ck_assert(input_tick(&in, 32000));
	ck_assert_str_eq(in.text, "two seats");
	ck_assert_int_eq(in.reason, INPUT_END_ON_SILENCE);
}
END_TEST

START_TEST(speech_has_a_longest_duration_and_a_latest_begin)
{
	begin(false, true, false);
	(void)input_speech_begin(&in, "on and on", 1000);
	ck_assert(!input_tick(&in, 60999));
	ck_assert(input_tick(&in, 61000));
	ck_assert_int_eq(in.reason, INPUT_MAX_DURATION);
	begin(false, true, false);
	ck_assert(!input_tick(&in, 10099));
	ck_assert(input_tick(&in, 10100));
	ck_assert_int_eq(in.reason, INPUT_START_TIMEOUT);
	ck_assert(!in.timed_out);
}
END_TEST

START_TEST(what_begins_first_decides_between_keys_and_speech)
{
	begin(true, true, false);
	ck_assert(!input_tick(&in, 5000));	/* keys alone would have timed out */
	(void)input_key(&in, '1', 5000);
	(void)input_speech_begin(&in, "words", 5100);
	ck_assert_str_eq(in.text, "");
	ck_assert(input_tick(&in, 8000));
	ck_assert(in.timed_out);
	begin(true, true, false);
	(void)input_speech_begin(&in, "words", 200);
	(void)input_key(&in, '1', 300);
	ck_assert_str_eq(in.digits, "");
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("input");
	TCase	*t = tcase_create("input");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, the_last_of_max_digits_completes_it_at_once);
	tcase_add_test(t, the_hash_submits_only_when_it_is_asked_for);
	tcase_add_test(t, the_time_out_of_keys_runs_from_the_last_one);
	tcase_add_test(t, timers_do_not_run_before_it_is_armed);
	tcase_add_test(t, speech_ends_with_its_silence_and_pieces_are_joined);
	tcase_add_test(t, speech_has_a_longest_duration_and_a_latest_begin);
	tcase_add_test(t, what_begins_first_decides_between_keys_and_speech);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
