/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tools/callctl_fall.h"

static struct store_turn
turn(int64_t endpoint, int64_t stt, int64_t token, int64_t audio, int64_t sent, int64_t ear)
{
	struct store_turn	t;

	store_turn_init(&t);
	t.turn = 3;
	t.endpoint_ms = endpoint;
	t.stt_ms = stt;
	t.token_ms = token;
	t.audio_ms = audio;
	t.send_ms = sent;
	t.ear_ms = ear;
	(void)memcpy(t.chat, "big", 4);
	return t;
}

static const struct { int64_t ms[6]; const char *parts, *bar; enum fall_part slowest; } rows[] = {
	{ { 500, 200, 100, 100, 100, 1000 }, "endpoint 500 | stt 200 | token 100 | audio 100 | send 100", "eeeeessta>", FALL_ENDPOINT },
	{ { 100, 100, 500, 100, 0, 1000 }, "endpoint 100 | stt 100 | token 500 | audio 100 | send 0 | other 200", "esttttta..", FALL_TOKEN },
	{ { -1, -1, -1, -1, -1, -1 }, "", "", FALL_NPARTS },
	{ { -1, -1, -1, -1, -1, 1000 }, "other 1000", "..........", FALL_OTHER },
	{ { 500, 300, -1, -1, -1, -1 }, "endpoint 500 | stt 300", "eeeeesss", FALL_ENDPOINT },
	{ { 900, 1, 1, 97, 1, 1000 }, "endpoint 900 | stt 1 | token 1 | audio 97 | send 1", "eeeeeeeees", FALL_ENDPOINT },
	{ { 0, 0, 0, 9000, 0, 9000 }, "endpoint 0 | stt 0 | token 0 | audio 9000 | send 0", "aaaaaaaaaa", FALL_AUDIO },
};

START_TEST(parts_and_bar_are_those_of_the_turn)
{
	const int64_t		*ms = rows[_i].ms;
	struct store_turn	 t = turn(ms[0], ms[1], ms[2], ms[3], ms[4], ms[5]);
	struct fall		 f;
	struct buf		 b;

	buf_init(&b, 1000);
	fall_of(&t, &f);
	fall_put_parts(&b, &f);
	ck_assert_str_eq(b.data, rows[_i].parts);
	buf_reset(&b);
	fall_put_bar(&b, &f, 1000, 10);
	ck_assert_str_eq(b.data, rows[_i].bar);
	ck_assert_int_eq(fall_slowest(&f), rows[_i].slowest);
	buf_clear(&b);
}
END_TEST

START_TEST(the_hint_names_the_engine_that_was_slow)
{
	struct store_turn	t = turn(500, 100, 3500, 60, 40, 4200);
	struct buf		b;

	buf_init(&b, 1000);
	fall_put_hint(&b, &t);
	ck_assert_str_eq(b.data, "turn 3 took 4200 ms, 3500 of them token: the chat engine big was slow to its first words");
	buf_clear(&b);
}
END_TEST

START_TEST(a_turn_without_times_gives_no_hint)
{
	struct store_turn	t = turn(-1, -1, -1, -1, -1, -1);
	struct buf		b;

	buf_init(&b, 1000);
	fall_put_hint(&b, &t);
	ck_assert_uint_eq(b.len, 0);
	buf_clear(&b);
}
END_TEST

START_TEST(each_part_has_a_hint)
{
	int	i;

	for (i = 0; i < 6; i++) {
		struct store_turn	t = turn(i == 0 ? 900 : 1, i == 1 ? 900 : 1, i == 2 ? 900 : 1,
		    i == 3 ? 900 : 1, i == 4 ? 900 : 1, i == 5 ? 9000 : 904);
		struct buf		b;

		buf_init(&b, 1000);
		fall_put_hint(&b, &t);
		ck_assert_ptr_nonnull(strstr(b.data, fall_part_name((enum fall_part)i)));
		buf_clear(&b);
	}
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("callctl_fall");
	TCase	*t = tcase_create("fall");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(t, parts_and_bar_are_those_of_the_turn, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, the_hint_names_the_engine_that_was_slow);
	tcase_add_test(t, a_turn_without_times_gives_no_hint);
	tcase_add_test(t, each_part_has_a_hint);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
