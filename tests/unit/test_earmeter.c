/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tools/callsim/earmeter.h"

#define RATE	16000
#define MS(n)	((int64_t)(n) * RATE / 1000)
#define FRAME	(RATE / 50)

static struct earmeter	m;

static void
setup(void)
{
	earmeter_init(&m, RATE, EARMETER_LEVEL_DB, EARMETER_QUIET_MS);
}

/* Hear up to end_ms: loud in [from_ms, to_ms), silence otherwise. */
static void
hear(int end_ms, int from_ms, int to_ms)
{
	int16_t	frame[FRAME];
	int64_t	at;
	int	i;

	while (m.pos < MS(end_ms)) {
		for (i = 0; i < FRAME; i++) {
			at = m.pos + i;
			frame[i] = at >= MS(from_ms) && at < MS(to_ms) ? (i & 1 ? 4000 : -4000) : 0;
		}
		earmeter_heard(&m, frame, FRAME);
	}
}

START_TEST(latency_is_last_loud_sample_said_to_first_heard)
{
	double	ms;

	earmeter_say(&m, MS(100), MS(1000));
	hear(3000, 1605, 2000);
	ck_assert(earmeter_latency_ms(&m, &m.turn, &ms));
	ck_assert_double_eq_tol(ms, 605, 0.1);
	ck_assert(!m.turn.interrupting);
	ck_assert(!earmeter_stop_ms(&m, &m.turn, &ms));
	ck_assert_int_eq(earmeter_ms(&m, m.turn.reply_begin), 1605);
}
END_TEST

START_TEST(no_reply_has_no_latency)
{
	double	ms;

	earmeter_say(&m, MS(100), MS(1000));
	hear(5000, 0, 0);
	ck_assert(!earmeter_latency_ms(&m, &m.turn, &ms));
	ck_assert_int_eq(earmeter_ms(&m, m.turn.reply_begin), -1);
}
END_TEST

START_TEST(a_stretch_ends_after_the_quiet_time_and_not_before)
{
	hear(1000, 0, 1000);
	hear(1000 + EARMETER_QUIET_MS - 20, 0, 0);
	ck_assert(m.sounding);
	hear(1000 + EARMETER_QUIET_MS + 20, 0, 0);
	ck_assert(!m.sounding);
	ck_assert_uint_eq(m.stretches, 1);
}
END_TEST

START_TEST(an_interrupted_reply_stops_at_its_last_loud_sample_before_the_clear)
{
	double	ms;

	hear(2000, 500, 2000);
	earmeter_say(&m, MS(2100), MS(2900));
	hear(2240, 2000, 2240);
	earmeter_cleared(&m);
	hear(4000, 3400, 4000);		/* within quiet_ms would be one stretch without the clear */
	ck_assert(m.turn.interrupting);
	ck_assert(earmeter_stop_ms(&m, &m.turn, &ms));
	ck_assert_double_eq_tol(ms, 140, 0.1);
	ck_assert(earmeter_latency_ms(&m, &m.turn, &ms));
	ck_assert_double_eq_tol(ms, 500, 0.1);
}
END_TEST

START_TEST(speaking_just_after_the_reply_is_no_interruption)
{
	double	ms;

	hear(2000, 500, 2000);
	earmeter_say(&m, MS(2000 + EARMETER_TALKING_MS + 50), MS(3000));
	hear(4000, 3400, 4000);
	ck_assert(!m.turn.interrupting);
	ck_assert(!earmeter_stop_ms(&m, &m.turn, &ms));
	ck_assert_uint_eq(m.stretches, 2);
}
END_TEST

START_TEST(a_reply_that_begins_early_counts_only_when_it_goes_on)
{
	static const struct { int to_ms; bool early; } rows[] = { { 1200, true }, { 250, false } };
	double	ms;
	size_t	i;

	for (i = 0; i < 2; i++) {
		setup();
		earmeter_say(&m, MS(100), MS(1000));
		hear(1400, 200, rows[i].to_ms);
		hear(3000, 2000, 2500);
		ck_assert(earmeter_latency_ms(&m, &m.turn, &ms));
		ck_assert_double_eq_tol(ms, rows[i].early ? -800 : 1000, 0.1);
	}
}
END_TEST

START_TEST(noise_below_the_level_is_not_heard)
{
	int16_t	frame[FRAME];
	int	i, n;

	for (i = 0; i < FRAME; i++)
		frame[i] = i & 1 ? 100 : -100;	/* -50 dB */
	for (n = 0; n < 50; n++)
		earmeter_heard(&m, frame, FRAME);
	ck_assert(!m.sounding);
	ck_assert_uint_eq(m.stretches, 0);
}
END_TEST

START_TEST(bounds_of_a_clip_leave_out_its_silence)
{
	static int16_t	clip[RATE];
	size_t		begin = 0, end = 0;
	int		i;

	ck_assert(!earmeter_bounds(clip, RATE, RATE, &begin, &end));
	for (i = 4003; i < 12005; i++)
		clip[i] = i & 1 ? 9000 : -9000;
	for (i = 12005; i < RATE; i++)
		clip[i] = i & 1 ? 20 : -20;
	ck_assert(earmeter_bounds(clip, RATE, RATE, &begin, &end));
	ck_assert_uint_eq(begin, 4003);
	ck_assert_uint_eq(end, 12004);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("earmeter");
	TCase	*t = tcase_create("earmeter");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, latency_is_last_loud_sample_said_to_first_heard);
	tcase_add_test(t, no_reply_has_no_latency);
	tcase_add_test(t, a_stretch_ends_after_the_quiet_time_and_not_before);
	tcase_add_test(t, an_interrupted_reply_stops_at_its_last_loud_sample_before_the_clear);
	tcase_add_test(t, speaking_just_after_the_reply_is_no_interruption);
	tcase_add_test(t, a_reply_that_begins_early_counts_only_when_it_goes_on);
	tcase_add_test(t, noise_below_the_level_is_not_heard);
	tcase_add_test(t, bounds_of_a_clip_leave_out_its_silence);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
