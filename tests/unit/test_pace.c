/* SPDX-License-Identifier: ISC */
#include "sockd/pace.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/mem.h"

#define FRAME	20000		/* microseconds */
#define RATE	8000
#define NSAMP	160		/* in a frame */

static const struct pace_limits limits = { .rate_hz = RATE, .lead_ms = 120, .max_queue_ms = 60000 };
static struct pace	p;
static int16_t		frame[NSAMP];

static void
setup(void)
{
	pace_init(&p, &limits);
}

static void
teardown(void)
{
	pace_clear(&p);
}

/* Samples count up from offset, so that a frame tells its position. */
static enum pace_result
push(uint32_t epoch, uint64_t offset, size_t nsamples, bool last, int64_t now)
{
	static int16_t		 pcm[RATE * 60];
	struct pace_piece	 piece = { .epoch = epoch, .turn = epoch + 100, .offset = offset,
		.last = last, .pcm = pcm, .pcm_len = nsamples * sizeof(pcm[0]) };
	size_t			 i;

	for (i = 0; i < nsamples; i++)
		pcm[i] = (int16_t)(offset + i + 1);
	return pace_push(&p, &piece, now);
}

/* Send all that is due; returns the number of frames, *sent is the last. */
static unsigned
run(int64_t now, struct pace_sent *sent)
{
	struct pace_sent	 s = { 0 };
	unsigned		 n = 0;

	while (pace_due(&p, now)) {
		pace_take(&p, now, frame, &s);
		n++;
		if (sent != NULL)
			*sent = s;
	}
	return n;
}

START_TEST(lead_is_filled_at_once_then_one_frame_each_20_ms)
{
	struct pace_sent	s = { 0 };
	int64_t			now = 1000000;
	unsigned		i;

	ck_assert_int_eq(push(1, 0, NSAMP * 20, true, now), PACE_OK);
	ck_assert_uint_eq(run(now, &s), 6);
	ck_assert_int_eq(s.ear_us, now + 5 * FRAME);
	ck_assert_uint_eq(run(now + FRAME - 1, NULL), 0);
	for (i = 1; i <= 14; i++) {
		ck_assert_uint_eq(run(now + i * FRAME, &s), 1);
		ck_assert_int_eq(s.late_us, 0);
		ck_assert_int_eq(s.ear_us, now + (5 + i) * FRAME);
		ck_assert(!s.gap);
	}
	ck_assert_uint_eq(run(now + 15 * FRAME, NULL), 0);
	ck_assert_int_eq(frame[NSAMP - 1], NSAMP * 20);
}
END_TEST

START_TEST(late_ticks_do_not_move_the_due_times)
{
	static const int64_t	ticks[] = { 21000, 23000, 49000, 60000, 88000, 100000, 139000 };
	struct pace_sent	s = { 0 };
	int64_t			start = 5000000;
	size_t			i;
	unsigned		n;

	ck_assert_int_eq(push(1, 0, NSAMP * 100, true, start), PACE_OK);
	n = run(start, NULL);
	for (i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
		n += run(start + ticks[i], &s);
		ck_assert_uint_eq(n, 6 + ticks[i] / FRAME);
		ck_assert_int_eq(s.ear_us, start + (n - 1) * FRAME);
		ck_assert_int_eq(s.late_us >= 0 && s.late_us < FRAME + 10000, 1);
	}
}
END_TEST

START_TEST(a_dry_far_buffer_is_a_gap_and_shifts_the_clock)
{
	struct pace_sent	s = { 0 };
	int64_t			start = 1000000;

	ck_assert_int_eq(push(1, 0, NSAMP * 20, true, start), PACE_OK);
	ck_assert_uint_eq(run(start, NULL), 6);
	ck_assert_uint_eq(run(start + 500000, &s), 6);
	ck_assert_int_eq(s.ear_us, start + 500000 + 5 * FRAME);
	ck_assert_uint_eq(run(start + 520000, &s), 1);
	ck_assert(!s.gap);
}
END_TEST

START_TEST(odd_pieces_give_whole_frames_and_a_padded_end)
{
	static const size_t	pieces[] = { 1, 50, 333, 7, 160, 2 };	/* 553 = 3 frames and 73 */
	struct pace_sent	s = { 0 };
	uint64_t		offset = 0;
	size_t			i;

	for (i = 0; i < 6; i++) {
		ck_assert_int_eq(push(3, offset, pieces[i], false, 1000), PACE_OK);
		offset += pieces[i];
	}
	ck_assert_uint_eq(run(1000, &s), 3);
	ck_assert_int_eq(frame[0], 2 * NSAMP + 1);
	ck_assert_uint_eq(s.nsamples, NSAMP);
	ck_assert_uint_eq(run(100000, NULL), 0);
	ck_assert_int_eq(push(3, offset, 0, true, 100000), PACE_OK);
	ck_assert_uint_eq(run(100000, &s), 1);
	ck_assert_uint_eq(s.nsamples, 73);
	ck_assert_int_eq(frame[72], 553);
	ck_assert_int_eq(frame[73], 0);
	ck_assert_int_eq(frame[NSAMP - 1], 0);
}
END_TEST

START_TEST(pieces_that_may_not_come_are_refused)
{
	ck_assert_int_eq(push(0, 0, NSAMP, false, 0), PACE_STALE);
	ck_assert_int_eq(push(5, 0, NSAMP, false, 0), PACE_OK);
	ck_assert_int_eq(push(4, 0, NSAMP, false, 0), PACE_STALE);
	ck_assert_int_eq(push(5, NSAMP, RATE * 60 - NSAMP + 1, false, 0), PACE_FULL);
	ck_assert_int_eq(push(5, NSAMP, NSAMP, true, 0), PACE_OK);
	ck_assert_int_eq(push(5, 2 * NSAMP, NSAMP, false, 0), PACE_FRAME);
	ck_assert(!pace_cancel(&p, 7, 0));
	ck_assert_int_eq(push(7, 0, NSAMP, false, 0), PACE_STALE);
	ck_assert_int_eq(push(8, 0, NSAMP, false, 0), PACE_OK);
	ck_assert_int_eq(pace_push(&p, &(struct pace_piece){ .epoch = 8, .pcm = frame, .pcm_len = 3 }, 0), PACE_FRAME);
}
END_TEST

START_TEST(too_many_epochs_are_refused)
{
	uint32_t	e;

	for (e = 1; e <= PACE_EPOCHS_MAX; e++)
		ck_assert_int_eq(push(e, 0, NSAMP, true, 0), PACE_OK);
	ck_assert_int_eq(push(e, 0, NSAMP, true, 0), PACE_FULL);
}
END_TEST

START_TEST(samples_sent_again_are_heard_once)
{
	ck_assert_int_eq(push(1, 0, 200, false, 0), PACE_OK);
	ck_assert_int_eq(push(1, 100, 200, false, 0), PACE_OK);
	ck_assert_int_eq(push(1, 0, 100, false, 0), PACE_OK);
	ck_assert_int_eq(push(1, 300, 20, true, 0), PACE_OK);
	ck_assert_uint_eq(p.unsent, 320);
	ck_assert_uint_eq(run(1000, NULL), 2);
	ck_assert_int_eq(frame[NSAMP - 1], 320);
}
END_TEST

START_TEST(end_is_told_when_the_mark_comes_back)
{
	struct pace_state	st;
	uint32_t		mark;

	ck_assert_int_eq(push(1, 0, NSAMP * 3, true, 0), PACE_OK);
	ck_assert_uint_eq(pace_want_mark(&p), 0);
	ck_assert_uint_eq(run(0, NULL), 3);
	mark = pace_want_mark(&p);
	ck_assert_uint_ne(mark, 0);
	ck_assert_uint_eq(pace_want_mark(&p), 0);
	ck_assert(!pace_pop(&p, 70000, &st));
	ck_assert(!pace_confirm(&p, mark + 1, 70000));
	ck_assert(pace_confirm(&p, mark, 70000));
	ck_assert(!pace_confirm(&p, mark, 70000));
	ck_assert(pace_pop(&p, 70000, &st));
	ck_assert_int_eq(st.end, PACE_HEARD);
	ck_assert_uint_eq(st.heard, NSAMP * 3);
	ck_assert_uint_eq(st.turn, 101);
	ck_assert(!pace_busy(&p));
}
END_TEST

START_TEST(end_is_told_by_estimate_when_the_mark_is_lost)
{
	struct pace_state	st;

	ck_assert_int_eq(push(1, 0, NSAMP * 3, true, 0), PACE_OK);
	(void)run(0, NULL);
	ck_assert_uint_ne(pace_want_mark(&p), 0);
	ck_assert(!pace_pop(&p, 3 * FRAME + PACE_MARK_GRACE_US - 1, &st));
	ck_assert(pace_pop(&p, 3 * FRAME + PACE_MARK_GRACE_US, &st));
	ck_assert_int_eq(st.end, PACE_HEARD);
	ck_assert_uint_eq(st.heard, NSAMP * 3);
}
END_TEST

START_TEST(pause_goes_back_to_what_was_heard)
{
	struct pace_state	st;
	struct pace_sent	s = { 0 };

	ck_assert_int_eq(push(1, 0, NSAMP * 50, true, 0), PACE_OK);
	(void)run(0, NULL);
	(void)run(10 * FRAME, NULL);
	(void)run(10 * FRAME, NULL);
	/* 200 ms are over; the burst of 6 ended at 120 ms, the next began at 200. */
	pace_pause(&p, 10 * FRAME + 50000);
	ck_assert(pace_now(&p, 10 * FRAME + 50000, &st));
	ck_assert_uint_eq(st.heard, NSAMP * 8);	/* the ninth was being played and is repeated */
	ck_assert_uint_eq(st.queued, NSAMP * 42);
	ck_assert_uint_eq(run(20 * FRAME, NULL), 0);
	ck_assert_uint_eq(pace_want_mark(&p), 0);
	pace_resume(&p, 30 * FRAME);
	pace_take(&p, 30 * FRAME, frame, &s);
	ck_assert_int_eq(frame[0], NSAMP * 8 + 1);
	ck_assert(!s.first);
	ck_assert_int_eq(s.ear_us, 30 * FRAME);
}
END_TEST

START_TEST(pause_after_the_end_was_sent_wants_a_new_mark)
{
	struct pace_state	st;
	uint32_t		mark;

	ck_assert_int_eq(push(1, 0, NSAMP * 5 + 10, true, 0), PACE_OK);
	ck_assert_uint_eq(run(0, NULL), 6);
	mark = pace_want_mark(&p);
	pace_pause(&p, 2 * FRAME);
	ck_assert(!pace_confirm(&p, mark, 2 * FRAME));
	ck_assert(!pace_pop(&p, 10000000, &st));
	pace_resume(&p, 10000000);
	ck_assert_uint_eq(run(10000000, NULL), 4);
	ck_assert_int_eq(frame[9], NSAMP * 5 + 10);
	ck_assert_int_eq(frame[10], 0);
	ck_assert_uint_eq(pace_want_mark(&p), mark + 1);
}
END_TEST

START_TEST(cancel_voids_an_epoch_and_says_what_was_heard)
{
	struct pace_state	st;

	ck_assert_int_eq(push(1, 0, NSAMP * 50, false, 0), PACE_OK);
	(void)run(0, NULL);
	ck_assert(pace_cancel(&p, 1, 3 * FRAME));
	ck_assert_uint_eq(run(4 * FRAME, NULL), 0);
	ck_assert(pace_pop(&p, 4 * FRAME, &st));
	ck_assert_int_eq(st.end, PACE_CANCELLED);
	ck_assert_uint_eq(st.heard, NSAMP * 3);
	ck_assert(!pace_pop(&p, 4 * FRAME, &st));
	ck_assert_uint_eq(p.unsent, 0);
	ck_assert_int_eq(push(1, NSAMP * 50, NSAMP, false, 0), PACE_STALE);
}
END_TEST

START_TEST(cancel_of_an_old_epoch_sets_a_newer_one_back)
{
	struct pace_state	st;

	ck_assert_int_eq(push(1, 0, NSAMP * 2, true, 0), PACE_OK);
	ck_assert_int_eq(push(2, 0, NSAMP * 50, true, 0), PACE_OK);
	ck_assert_uint_eq(run(0, NULL), 6);
	ck_assert(pace_cancel(&p, 1, FRAME));
	ck_assert(pace_pop(&p, FRAME, &st));
	ck_assert_uint_eq(st.epoch, 1);
	ck_assert_uint_eq(st.heard, NSAMP);
	ck_assert_uint_eq(p.unsent, NSAMP * 50);
	ck_assert_uint_eq(run(FRAME, NULL), 6);
	ck_assert_int_eq(frame[0], NSAMP * 5 + 1);
}
END_TEST

START_TEST(a_newer_epoch_ends_the_older_and_follows_without_a_gap)
{
	struct pace_state	st;
	struct pace_sent	s = { 0 };

	ck_assert_int_eq(push(1, 0, NSAMP + 10, false, 0), PACE_OK);
	ck_assert_uint_eq(run(0, NULL), 1);
	ck_assert_int_eq(push(2, 0, NSAMP * 2, true, 1000), PACE_OK);
	ck_assert_uint_eq(run(1000, &s), 3);
	ck_assert_uint_eq(s.epoch, 2);
	ck_assert_int_eq(s.ear_us, 3 * FRAME);
	ck_assert(pace_pop(&p, 10000000, &st));
	ck_assert_int_eq(st.end, PACE_SUPERSEDED);
	ck_assert_uint_eq(st.heard, NSAMP + 10);
	ck_assert(pace_pop(&p, 10000000, &st));
	ck_assert_int_eq(st.end, PACE_HEARD);
}
END_TEST

START_TEST(a_newer_epoch_voids_a_paused_one)
{
	struct pace_state	st;

	ck_assert_int_eq(push(1, 0, NSAMP * 9, true, 0), PACE_OK);
	(void)run(0, NULL);
	pace_pause(&p, FRAME);
	ck_assert_int_eq(push(2, 0, NSAMP, true, 2 * FRAME), PACE_OK);
	ck_assert(!p.paused);
	ck_assert(pace_pop(&p, 2 * FRAME, &st));
	ck_assert_int_eq(st.end, PACE_CANCELLED);
	ck_assert_uint_eq(run(2 * FRAME, NULL), 1);
	ck_assert_int_eq(frame[0], 1);
}
END_TEST

START_TEST(a_blocked_socket_drops_the_oldest_frames)
{
	struct pace_sent	s = { 0 };

	ck_assert_int_eq(push(1, 0, NSAMP * 100, true, 0), PACE_OK);
	(void)run(0, NULL);
	ck_assert_uint_eq(pace_drop_late(&p, FRAME + 200000, 200000), 0);
	ck_assert_uint_eq(pace_drop_late(&p, FRAME + 200001, 200000), 1);
	ck_assert_uint_eq(pace_drop_late(&p, FRAME + 260001, 200000), 3);
	ck_assert(pace_due(&p, FRAME + 260001));
	pace_take(&p, FRAME + 260001, frame, &s);
	ck_assert_int_eq(frame[0], NSAMP * 10 + 1);
	ck_assert_int_le(s.late_us, 200000);
}
END_TEST

START_TEST(close_tells_every_epoch)
{
	struct pace_state	st;

	ck_assert_int_eq(push(1, 0, NSAMP * 2, true, 0), PACE_OK);
	ck_assert_int_eq(push(2, 0, NSAMP * 9, true, 0), PACE_OK);
	(void)run(0, NULL);
	pace_close(&p, 3 * FRAME);
	ck_assert(pace_pop(&p, 3 * FRAME, &st));
	ck_assert_uint_eq(st.heard, NSAMP * 2);
	ck_assert(pace_pop(&p, 3 * FRAME, &st));
	ck_assert_int_eq(st.end, PACE_CLOSED);
	ck_assert_uint_eq(st.heard, NSAMP);
	ck_assert_uint_eq(st.queued, NSAMP * 8);
}
END_TEST

START_TEST(an_empty_epoch_is_over_at_once)
{
	struct pace_state	st;

	ck_assert_int_eq(push(1, 0, 0, true, 0), PACE_OK);
	ck_assert_uint_eq(pace_want_mark(&p), 0);
	ck_assert(pace_pop(&p, 0, &st));
	ck_assert_int_eq(st.end, PACE_HEARD);
	ck_assert_int_eq(st.first_us, 0);
}
END_TEST

START_TEST(a_long_reply_is_freed_as_it_is_heard)
{
	int64_t			now = 0;
	struct pace_state	st;
	unsigned		n = 0, i;

	for (i = 0; i < 59; i++)
		ck_assert_int_eq(push(1, (uint64_t)i * RATE, RATE, i == 58, now), PACE_OK);
	while (!pace_pop(&p, now, &st)) {
		n += run(now, NULL);
		(void)pace_want_mark(&p);
		ck_assert(p.ring_len <= 6);
		now += 5000;
	}
	ck_assert_uint_eq(n, 59 * 50);
	ck_assert_uint_eq(st.heard, 59 * RATE);
}
END_TEST

START_TEST(push_survives_each_failed_allocation)
{
	enum pace_result	rc = PACE_NOMEM;
	int			n;

	for (n = 0; rc == PACE_NOMEM; n++) {
		mem_fail_at(n);
		rc = push((uint32_t)n + 1, 0, NSAMP, true, 0);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 3);
	ck_assert_int_eq(rc, PACE_OK);
	ck_assert_uint_eq(run(0, NULL), 1);
}
END_TEST

/* Every order of push, tick, pause, resume, cancel keeps the sums right. */
START_TEST(random_orders_never_lose_or_repeat_what_was_heard)
{
	uint64_t		 offset = 0, rnd = 88172645463325252ULL + (uint64_t)_i;
	int64_t			 now = 0;
	uint32_t		 epoch = 1;
	struct pace_state	 st;
	struct pace_sent	 s = { 0 };
	int			 i;

	for (i = 0; i < 20000; i++) {
		rnd ^= rnd << 13, rnd ^= rnd >> 7, rnd ^= rnd << 17;
		now += (int64_t)(rnd >> 40) % 30000;
		switch ((rnd >> 20) % 16) {
		case 0: case 1: case 2: case 3:
			if (push(epoch, offset, (rnd >> 8) % 900, false, now) == PACE_OK)
				offset += (rnd >> 8) % 900;
			break;
		case 4:
			(void)push(epoch++, offset, 0, true, now);
			offset = 0;
			break;
		case 5:
			pace_pause(&p, now);
			break;
		case 6: case 7:
			pace_resume(&p, now);
			break;
		case 8:
			(void)pace_cancel(&p, epoch - (rnd & 1), now);
			epoch += rnd & 1 ? 0 : 1;
			offset = rnd & 1 ? offset : 0;
			break;
		case 9:
			(void)pace_confirm(&p, p.marks, now);
			break;
		case 10:
			(void)pace_drop_late(&p, now, 200000);
			break;
		default:
			while (pace_due(&p, now)) {
				pace_take(&p, now, frame, &s);
				ck_assert_int_ge(s.late_us, 0);
			}
			(void)pace_want_mark(&p);
		}
		ck_assert(p.far_us <= now + 120000);
		while (pace_pop(&p, now, &st))
			ck_assert(st.heard < 40000000);
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("pace");
	TCase	*t = tcase_create("pace");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lead_is_filled_at_once_then_one_frame_each_20_ms);
	tcase_add_test(t, late_ticks_do_not_move_the_due_times);
	tcase_add_test(t, a_dry_far_buffer_is_a_gap_and_shifts_the_clock);
	tcase_add_test(t, odd_pieces_give_whole_frames_and_a_padded_end);
	tcase_add_test(t, pieces_that_may_not_come_are_refused);
	tcase_add_test(t, too_many_epochs_are_refused);
	tcase_add_test(t, samples_sent_again_are_heard_once);
	tcase_add_test(t, end_is_told_when_the_mark_comes_back);
	tcase_add_test(t, end_is_told_by_estimate_when_the_mark_is_lost);
	tcase_add_test(t, pause_goes_back_to_what_was_heard);
	tcase_add_test(t, pause_after_the_end_was_sent_wants_a_new_mark);
	tcase_add_test(t, cancel_voids_an_epoch_and_says_what_was_heard);
	tcase_add_test(t, cancel_of_an_old_epoch_sets_a_newer_one_back);
	tcase_add_test(t, a_newer_epoch_ends_the_older_and_follows_without_a_gap);
	tcase_add_test(t, a_newer_epoch_voids_a_paused_one);
	tcase_add_test(t, a_blocked_socket_drops_the_oldest_frames);
	tcase_add_test(t, close_tells_every_epoch);
	tcase_add_test(t, an_empty_epoch_is_over_at_once);
	tcase_add_test(t, a_long_reply_is_freed_as_it_is_heard);
	tcase_add_test(t, push_survives_each_failed_allocation);
	tcase_add_loop_test(t, random_orders_never_lose_or_repeat_what_was_heard, 0, 20);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner	*r = srunner_create(suite());
	int	 nfailed;

	srunner_run_all(r, CK_ENV);
	nfailed = srunner_ntests_failed(r);
	srunner_free(r);
	return nfailed != 0;
}
