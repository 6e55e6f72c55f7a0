/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/vbuffer.h"

#define LEN	8

static struct vbuffer	*b;

static void
setup(void)
{
	b = vbuffer_new(LEN);
	ck_assert_ptr_nonnull(b);
}

static void
teardown(void)
{
	vbuffer_free(b);
}

static int
push(uint32_t n)
{
	char	frame[LEN] = { 0 };

	memcpy(frame, &n, sizeof(n));
	return vbuffer_push(b, frame);
}

static uint32_t
tick(void)			/* the frame's number, or UINT32_MAX */
{
	char		frame[LEN];
	uint32_t	n = UINT32_MAX;

	if (vbuffer_tick(b, frame) == 1)
		memcpy(&n, frame, sizeof(n));
	return n;
}

START_TEST(frames_come_out_in_order_while_the_ring_grows_and_turns)
{
	uint32_t	in = 0, out = 0;

	while (in < 5000) {
		ck_assert_int_eq(push(in++), 0);
		ck_assert_int_eq(push(in++), 0);
		if (vbuffer_depth(b) < 1000)
			ck_assert_uint_eq(tick(), out++);
		else
			while (vbuffer_depth(b) > 10)
				ck_assert_uint_eq(tick(), out++);
	}
	while (out < in)
		ck_assert_uint_eq(tick(), out++);
	ck_assert_uint_eq(tick(), UINT32_MAX);
}
END_TEST

START_TEST(frame_3073_is_refused_and_the_rest_stays)
{
	uint32_t	i;

	for (i = 0; i < VBUFFER_FRAMES_MAX; i++)
		ck_assert_int_eq(push(i), 0);
	ck_assert_int_eq(push(i), -1);
	ck_assert_int_eq(errno, ENOBUFS);
	ck_assert_uint_eq(vbuffer_depth(b), VBUFFER_FRAMES_MAX);
	ck_assert_uint_eq(tick(), 0);
	ck_assert_int_eq(push(i), 0);
}
END_TEST

START_TEST(a_mark_is_reached_when_the_frames_before_it_were_taken)
{
	char	*p;

	push(1);
	ck_assert_int_eq(vbuffer_mark(b, "one"), 0);
	push(2);
	ck_assert_int_eq(vbuffer_mark(b, "two"), 0);
	ck_assert_ptr_null(vbuffer_reached(b));
	tick();
	p = vbuffer_reached(b);
	ck_assert_str_eq(p, "one");
	free(p);
	ck_assert_ptr_null(vbuffer_reached(b));
	tick();
	p = vbuffer_reached(b);
	ck_assert_str_eq(p, "two");
	free(p);
	ck_assert_int_eq(vbuffer_mark(b, "empty"), 0);
	p = vbuffer_reached(b);
	ck_assert_str_eq(p, "empty");
	free(p);
}
END_TEST

START_TEST(clear_drops_frames_and_marks)
{
	push(1);
	push(2);
	vbuffer_mark(b, "gone");
	ck_assert_uint_eq(vbuffer_clear(b), 2);
	ck_assert_uint_eq(tick(), UINT32_MAX);
	ck_assert_ptr_null(vbuffer_reached(b));
	push(3);
	ck_assert_uint_eq(tick(), 3);
}
END_TEST

START_TEST(only_short_holes_inside_a_reply_are_gaps)
{
	static const struct { int empty; int clear; uint64_t gaps; uint32_t max_ms; } rows[] = {
		{ 0, 0, 0, 0 }, { 1, 0, 1, 20 }, { 9, 0, 1, 180 }, { 10, 0, 0, 0 }, { 50, 0, 0, 0 },
		{ 3, 1, 0, 0 },
	};
	struct vbuffer_gaps	g;
	size_t			i;
	int			n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vbuffer_free(b);
		setup();
		for (n = 0; n < 20; n++)	/* before the first frame nothing is a gap */
			tick();
		push(1);
		tick();
		for (n = 0; n < rows[i].empty; n++)
			tick();
		if (rows[i].clear)
			vbuffer_clear(b);
		push(2);
		tick();
		g = vbuffer_gaps(b);
		ck_assert_msg(g.count == rows[i].gaps && g.max_ms == rows[i].max_ms, "row %zu", i);
	}
}
END_TEST

START_TEST(each_failed_allocation_is_reported_and_nothing_is_lost)
{
	struct vbuffer	*other;

	mem_fail_at(0);
	ck_assert_ptr_null(vbuffer_new(LEN));
	mem_fail_at(0);
	ck_assert_int_eq(push(1), -1);
	ck_assert_int_eq(push(1), 0);
	mem_fail_at(0);
	ck_assert_int_eq(vbuffer_mark(b, "x"), -1);
	mem_fail_at(1);
	ck_assert_int_eq(vbuffer_mark(b, "x"), -1);
	mem_fail_at(-1);
	ck_assert_uint_eq(tick(), 1);
	ck_assert_ptr_null(vbuffer_reached(b));
	other = vbuffer_new(LEN);
	vbuffer_free(other);
	vbuffer_free(NULL);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("vbuffer");
	TCase	*t = tcase_create("vbuffer");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frames_come_out_in_order_while_the_ring_grows_and_turns);
	tcase_add_test(t, frame_3073_is_refused_and_the_rest_stays);
	tcase_add_test(t, a_mark_is_reached_when_the_frames_before_it_were_taken);
	tcase_add_test(t, clear_drops_frames_and_marks);
	tcase_add_test(t, only_short_holes_inside_a_reply_are_gaps);
	tcase_add_test(t, each_failed_allocation_is_reported_and_nothing_is_lost);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
