/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/mem.h"
#include "vadd/segment.h"

static const struct segment_limits usual = {
	.onset_ms = 60, .preroll_ms = 300, .pause_ms = 200, .hangover_ms = 500, .max_ms = 20000
};

/* Feed decisions as text, "1110", and write what happened: "+60:0 p.. - ..." */
static void
feed(struct segment *seg, const char *decisions, char *out, size_t size)
{
	struct segment_event	 ev;
	size_t			 n = strlen(out);

	for (; *decisions != '\0'; decisions++) {
		if (segment_feed(seg, *decisions == '1', 20, &ev) == SEGMENT_NONE)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%llu,%llu,%llu%s ",
		    (const char *[]){ "", "+", "p", "r", "-" }[ev.kind],
		    (unsigned long long)ev.announced_ms, (unsigned long long)ev.audio_ms,
		    (unsigned long long)ev.speech_ms, ev.capped ? "!" : "");
		ck_assert_uint_lt(n, size);
	}
}

/* "30x0 5x1" to 30 zeros and 5 ones. */
static char *
expand(const char *text)
{
	static char	 out[16384];
	size_t		 n = 0;
	long		 count;
	char		*end;

	while (*text != '\0') {
		count = strtol(text, &end, 10);
		ck_assert_int_eq(*end, 'x');
		while (count-- > 0) {
			ck_assert_uint_lt(n + 1, sizeof(out));
			out[n++] = end[1];
		}
		text = end + 2;
		while (*text == ' ')
			text++;
	}
	out[n] = '\0';
	return out;
}

static const struct { const char *in, *out; } cases[] = {
	/* onset: 60 ms of speech; pre-roll 300 ms before its first frame */
	{ "50x0 3x1", "+1060,700,1000 " },
	{ "50x0 2x1 50x0", "" },
	{ "50x0 1x1 1x0 1x1 1x0 1x1 1x0 1x1 50x0", "" },	/* clicks */
	{ "50x0 2x1 1x0 2x1", "+1100,700,1000 " },	/* a hole */
	{ "5x0 3x1", "+160,0,100 " },			/* never before the beginning */
	/* pause after 200 ms, end after 500; audio ends 200 ms after speech */
	{ "50x0 10x1 25x0", "+1060,700,1000 p1400,1400,1200 -1700,1400,1200 " },
	/* a pause of 480 ms does not split */
	{ "50x0 10x1 24x0 3x1", "+1060,700,1000 p1400,1400,1200 r1740,1740,1680 " },
	/* a click within the pause neither resumes nor starts the hangover anew */
	{ "50x0 10x1 20x0 1x1 5x0", "+1060,700,1000 p1400,1400,1200 -1720,1400,1200 " },
	/* short silence is not worth a word */
	{ "50x0 10x1 9x0 10x1", "+1060,700,1000 " },
	/* the next utterance takes no audio of the last one */
	{ "50x0 10x1 25x0 3x1", "+1060,700,1000 p1400,1400,1200 -1700,1400,1200 +1760,1400,1700 " },
	/* blips over a long time do not stretch the onset back without end */
	{ "50x0 2x1 1x0 1x1 1x0 1x1 1x0 1x1 1x0 1x1 1x0 2x1", "+1260,780,1080 " },
};

START_TEST(decisions_become_utterances)
{
	struct segment	*seg;
	char		 out[512] = "";

	ck_assert_ptr_nonnull(seg = segment_new(&usual, 0));
	feed(seg, expand(cases[_i].in), out, sizeof(out));
	ck_assert_str_eq(out, cases[_i].out);
	segment_free(seg);
}
END_TEST

START_TEST(an_endless_utterance_is_closed_and_the_next_follows_without_a_gap)
{
	struct segment	*seg;
	char		 out[512] = "";

	ck_assert_ptr_nonnull(seg = segment_new(&usual, 0));
	feed(seg, expand("50x0 1100x1"), out, sizeof(out));
	ck_assert_str_eq(out, "+1060,700,1000 -20700,20700,20700! +20760,20700,20700 ");
	segment_free(seg);
}
END_TEST

START_TEST(flush_closes_what_is_open_once)
{
	struct segment_event	 ev;
	struct segment		*seg;
	char			 out[64] = "";

	ck_assert_ptr_nonnull(seg = segment_new(&usual, 5000));
	ck_assert_int_eq(segment_flush(seg, &ev), SEGMENT_NONE);
	feed(seg, "1111100", out, sizeof(out));
	ck_assert_str_eq(out, "+5060,5000,5000 ");
	ck_assert(segment_is_open(seg));
	ck_assert_int_eq(segment_flush(seg, &ev), SEGMENT_END);
	ck_assert_uint_eq(ev.announced_ms, 5140);
	ck_assert_uint_eq(ev.audio_ms, 5140);
	ck_assert_uint_eq(ev.speech_ms, 5100);
	ck_assert(!segment_is_open(seg));
	ck_assert_int_eq(segment_flush(seg, &ev), SEGMENT_NONE);
	segment_free(seg);
}
END_TEST

START_TEST(no_begin_reaches_further_back_than_told)
{
	struct segment_event	 ev;
	struct segment		*seg;
	unsigned		 seed, n;

	for (seed = 1; seed < 50; seed++) {
		ck_assert_ptr_nonnull(seg = segment_new(&usual, 0));
		srandom(seed);
		for (n = 0; n < 5000; n++) {
			if (segment_feed(seg, random() % 100 < seed * 2, 20, &ev) == SEGMENT_BEGIN)
				ck_assert_uint_le(ev.announced_ms - ev.audio_ms, segment_reach_ms(&usual));
			if (ev.kind == SEGMENT_END)
				ck_assert_uint_le(ev.audio_ms, ev.announced_ms);
		}
		segment_free(seg);
	}
}
END_TEST

#define LIMITS(onset, preroll, pause, hangover, max, short_speech, short_hangover) { \
	.onset_ms = onset, .preroll_ms = preroll, .pause_ms = pause, .hangover_ms = hangover, \
	.max_ms = max, .short_ms = short_speech, .short_hangover_ms = short_hangover }

START_TEST(a_short_answer_is_not_waited_on)
{
	const struct segment_limits	 l = LIMITS(40, 300, 160, 500, 20000, 400, 260);
	struct segment			*seg;
	char				 out[256] = "";

	ck_assert_ptr_nonnull(seg = segment_new(&l, 0));
	feed(seg, expand("50x0 20x1 13x0"), out, sizeof(out));
	ck_assert_str_eq(out, "+1040,700,1000 p1560,1560,1400 -1660,1560,1400 ");
	out[0] = '\0';
	feed(seg, expand("50x0 21x1 24x0"), out, sizeof(out));
	ck_assert_str_eq(out, "+2700,2360,2660 p3240,3240,3080 ");
	feed(seg, "0", out, sizeof(out));
	ck_assert_str_eq(out, "+2700,2360,2660 p3240,3240,3080 -3580,3240,3080 ");
	segment_free(seg);
}
END_TEST

START_TEST(clicks_do_not_hold_an_utterance_open)
{
	struct segment	*seg;
	char		 out[256] = "";
	int		 i;

	ck_assert_ptr_nonnull(seg = segment_new(&usual, 0));
	feed(seg, expand("50x0 10x1"), out, sizeof(out));
	for (i = 0; i < 8; i++)
		feed(seg, expand("7x0 1x1"), out, sizeof(out));
	ck_assert_str_eq(out, "+1060,700,1000 p1500,1500,1200 -1860,1400,1200 ");
	segment_free(seg);
}
END_TEST

START_TEST(what_is_aborted_is_not_told)
{
	struct segment_event	 ev;
	struct segment		*seg;
	char			 out[256] = "";

	ck_assert_ptr_nonnull(seg = segment_new(&usual, 0));
	feed(seg, expand("50x0 10x1"), out, sizeof(out));
	segment_abort(seg);
	ck_assert(!segment_is_open(seg));
	ck_assert_int_eq(segment_flush(seg, &ev), SEGMENT_NONE);
	feed(seg, expand("50x0 3x1"), out, sizeof(out));
	ck_assert_str_eq(out, "+1060,700,1000 +2260,1900,2200 ");
	segment_free(seg);
}
END_TEST

START_TEST(wrong_limits_are_refused_with_a_cause)
{
	static const struct segment_limits	 bad[] = {
		LIMITS(0, 300, 200, 500, 20000, 0, 0), LIMITS(1001, 300, 200, 500, 20000, 0, 0),
		LIMITS(60, 2001, 200, 500, 20000, 0, 0), LIMITS(60, 300, 0, 500, 20000, 0, 0),
		LIMITS(60, 300, 500, 500, 20000, 0, 0), LIMITS(60, 300, 200, 10001, 20000, 0, 0),
		LIMITS(60, 300, 200, 500, 999, 0, 0), LIMITS(60, 300, 200, 500, 60001, 0, 0),
		LIMITS(1000, 2000, 200, 500, 5000, 0, 0),
		LIMITS(60, 300, 200, 500, 20000, 900, 200), LIMITS(60, 300, 200, 500, 20000, 900, 501),
	};
	struct segment	*seg;
	const char	*cause = NULL;

	ck_assert_int_eq(segment_limits_check(&bad[_i], &cause), -1);
	ck_assert_ptr_nonnull(cause);
	errno = 0;
	ck_assert_ptr_null(segment_new(&bad[_i], 0));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_nonnull(seg = segment_new(&usual, 0));
	ck_assert_int_eq(segment_set_limits(seg, &bad[_i]), -1);
	segment_free(seg);
}
END_TEST

START_TEST(a_failed_allocation_is_told)
{
	mem_fail_at(0);
	ck_assert_ptr_null(segment_new(&usual, 0));
	ck_assert_int_eq(errno, ENOMEM);
	mem_fail_at(-1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("segment");
	TCase	*tc = tcase_create("segment");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(tc, decisions_become_utterances, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, an_endless_utterance_is_closed_and_the_next_follows_without_a_gap);
	tcase_add_test(tc, flush_closes_what_is_open_once);
	tcase_add_test(tc, no_begin_reaches_further_back_than_told);
	tcase_add_loop_test(tc, wrong_limits_are_refused_with_a_cause, 0, 9);
	tcase_add_test(tc, a_failed_allocation_is_told);
	tcase_add_test(tc, a_short_answer_is_not_waited_on);
	tcase_add_test(tc, clicks_do_not_hold_an_utterance_open);
	tcase_add_test(tc, what_is_aborted_is_not_told);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
