/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "tools/calltap_mix.h"

#define RATE	1000		/* a sample is a millisecond */
#define N	20

static struct buf	 out;
static struct mix	*m;

static int
collect(void *arg, const int16_t *values, size_t n)
{
	return buf_append(arg, values, n * sizeof(*values));
}

static void
begin(enum mix_form form)
{
	buf_init(&out, 1 << 22);
	m = mix_new(RATE, form, collect, &out);
	ck_assert_ptr_nonnull(m);
}

static void
end(void)
{
	mix_free(m);
	buf_clear(&out);
}

/* A piece of N samples that all have this value. */
static void
add(enum mix_side side, uint64_t start, int16_t value)
{
	int16_t	pcm[N];
	size_t	i;

	for (i = 0; i < N; i++)
		pcm[i] = value;
	ck_assert_int_eq(mix_add(m, side, start, pcm, N), 0);
}

static int16_t
value(size_t i)
{
	int16_t	v;

	ck_assert_uint_lt(i, out.len / 2);
	memcpy(&v, out.data + 2 * i, 2);
	return v;
}

START_TEST(both_sides_are_aligned_on_the_sample_clock)
{
	begin(MIX_FORM_BOTH);
	add(MIX_IN, 5000, 1);
	add(MIX_OUT, 5010, 2);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 30 * 4);
	ck_assert_int_eq(value(0), 1);
	ck_assert_int_eq(value(1), 0);
	ck_assert_int_eq(value(2 * 10), 1);
	ck_assert_int_eq(value(2 * 10 + 1), 2);
	ck_assert_int_eq(value(2 * 29), 0);
	ck_assert_int_eq(value(2 * 29 + 1), 2);
	end();
}
END_TEST

START_TEST(one_side_comes_out_mono_and_the_other_moves_the_clock)
{
	begin(MIX_FORM_OUT);
	add(MIX_IN, 0, 7);
	add(MIX_OUT, 20, 8);
	add(MIX_IN, 40, 9);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 60 * 2);
	ck_assert_int_eq(value(0), 0);
	ck_assert_int_eq(value(20), 8);
	ck_assert_int_eq(value(40), 0);
	end();
}
END_TEST

START_TEST(order_is_put_right_within_the_window)
{
	begin(MIX_FORM_IN);
	add(MIX_IN, 100, 1);
	add(MIX_IN, 900, 3);
	add(MIX_IN, 120, 2);
	add(MIX_IN, 80, 9);		/* before the first: nothing was written yet */
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_int_eq(value(0), 9);
	ck_assert_int_eq(value(20), 1);
	ck_assert_int_eq(value(40), 2);
	ck_assert_int_eq(value(60), 0);
	ck_assert_int_eq(value(820), 3);
	end();
}
END_TEST

START_TEST(no_more_than_a_second_is_kept_back)
{
	struct mix_stats	st;
	uint64_t		t;

	begin(MIX_FORM_IN);
	for (t = 0; t < 3000; t += N)
		add(MIX_IN, t, (int16_t)(t / N));
	ck_assert_uint_eq(out.len, 2000 * 2);
	add(MIX_IN, 1000, 99);
	mix_get_stats(m, &st);
	ck_assert_uint_eq(st.late, 1);
	ck_assert_uint_eq(st.written, 2000);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 3000 * 2);
	ck_assert_int_eq(value(1000), 50);
	end();
}
END_TEST

START_TEST(a_gap_is_silence_as_long_as_it_was)
{
	begin(MIX_FORM_IN);
	add(MIX_IN, 0, 1);
	add(MIX_IN, 30000, 2);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 30020 * 2);
	ck_assert_int_eq(value(29999), 0);
	ck_assert_int_eq(value(30000), 2);
	end();
}
END_TEST

START_TEST(an_absurd_gap_is_cut_out)
{
	struct mix_stats	st;

	begin(MIX_FORM_IN);
	add(MIX_IN, 0, 1);
	add(MIX_IN, 1000000, 2);
	add(MIX_IN, 1000020, 3);
	add(MIX_IN, UINT64_MAX, 4);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 60 * 2);
	ck_assert_int_eq(value(20), 2);
	ck_assert_int_eq(value(40), 3);
	mix_get_stats(m, &st);
	ck_assert_uint_eq(st.jumps, 1);
	ck_assert_uint_eq(st.late, 1);
	end();
}
END_TEST

START_TEST(a_new_clock_goes_on_where_the_old_one_ended)
{
	begin(MIX_FORM_BOTH);
	add(MIX_IN, 50000, 1);
	mix_restart(m);
	add(MIX_IN, 0, 2);
	add(MIX_OUT, 0, 3);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 40 * 4);
	ck_assert_int_eq(value(2 * 20), 2);
	ck_assert_int_eq(value(2 * 20 + 1), 3);
	end();
}
END_TEST

START_TEST(a_clock_that_began_anew_unannounced_is_noticed)
{
	uint64_t	t;
	int		i;

	begin(MIX_FORM_IN);
	for (t = 0; t < 10000; t += N)
		add(MIX_IN, t, 1);
	for (i = 0, t = 0; i < MIX_LATE_MAX + 2; i++, t += N)
		add(MIX_IN, t, 2);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 10040 * 2);
	ck_assert_int_eq(value(10000), 2);
	end();
}
END_TEST

START_TEST(pieces_of_no_or_too_much_length_are_passed_over)
{
	int16_t	*big = calloc(RATE + 1, sizeof(*big));

	begin(MIX_FORM_IN);
	ck_assert_int_eq(mix_add(m, MIX_IN, 0, big, 0), 0);
	ck_assert_int_eq(mix_add(m, MIX_IN, 0, big, RATE + 1), 0);
	ck_assert_int_eq(mix_flush(m), 0);
	ck_assert_uint_eq(out.len, 0);
	free(big);
	end();
}
END_TEST

START_TEST(a_failing_write_is_handed_on)
{
	int16_t	pcm[1000] = { 0 };

	buf_init(&out, 100);
	m = mix_new(RATE, MIX_FORM_IN, collect, &out);
	ck_assert_int_eq(mix_add(m, MIX_IN, 0, pcm, 1000), 0);
	ck_assert_int_eq(mix_add(m, MIX_IN, 1000, pcm, 1000), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	end();
}
END_TEST

START_TEST(mix_new_survives_each_failed_allocation)
{
	int	n;

	m = NULL;
	for (n = 0; m == NULL; n++) {
		mem_fail_at(n);
		m = mix_new(RATE, MIX_FORM_IN, collect, &out);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 4);
	mix_free(m);
	ck_assert_ptr_null(mix_new(0, MIX_FORM_IN, collect, &out));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("calltap_mix");
	TCase	*t = tcase_create("mix");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(t, both_sides_are_aligned_on_the_sample_clock);
	tcase_add_test(t, one_side_comes_out_mono_and_the_other_moves_the_clock);
	tcase_add_test(t, order_is_put_right_within_the_window);
	tcase_add_test(t, no_more_than_a_second_is_kept_back);
	tcase_add_test(t, a_gap_is_silence_as_long_as_it_was);
	tcase_add_test(t, an_absurd_gap_is_cut_out);
	tcase_add_test(t, a_new_clock_goes_on_where_the_old_one_ended);
	tcase_add_test(t, a_clock_that_began_anew_unannounced_is_noticed);
	tcase_add_test(t, pieces_of_no_or_too_much_length_are_passed_over);
	tcase_add_test(t, a_failing_write_is_handed_on);
	tcase_add_test(t, mix_new_survives_each_failed_allocation);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
