/* SPDX-License-Identifier: ISC */
/* What comes in on a socket, from the upgrade to the end of the call. */
#include "tests/unit/sockdrig.h"

static void
setup(void)
{
	rig_each = 1;
	rig_setup();
	rig_fake_start(VADD0);
	rig_fake_start(BROKER0);
}

START_TEST(a_call_is_routed_offered_claimed_heard_and_ended)
{
	struct msg_offer	offer;
	struct msg_route	route;
	struct msg_end		end;
	struct msg_audio_frame	f;
	struct rig_seen		*s;
	size_t			 pos = 0, n = 0, i;
	int64_t			 gen = rig_live("call-1");

	rig_take(BROKER0, MSG_CALL_OFFER, 0, &offer);
	ck_assert_str_eq(offer.caller, "4471");
	ck_assert_str_eq(offer.called, "4472");
	ck_assert_str_eq(offer.assistant, "demo");
	ck_assert_str_eq(offer.language, "en");
	ck_assert_str_eq(offer.name, "Ann");
	ck_assert_str_eq(offer.vadd, "vadd.0");
	ck_assert_int_eq(offer.rate_hz, 8000);
	ck_assert(!offer.resume);
	ck_assert_int_ge(offer.gen, rig.wall_ms);
	rig_take(VADD0, MSG_CALL_ROUTE, 0, &route);
	ck_assert_str_eq(route.owner, "");
	rig_take(VADD0, MSG_CALL_ROUTE, 1, &route);
	ck_assert_str_eq(route.owner, "brokerd.0");
	ck_assert_int_eq(route.gen, gen);
	for (i = 0; i < 5; i++)
		rig_frame(0, 8000, (int16_t)(i + 1));
	for (i = 0; n < 5; pos = 0, i++) {
		RIG_UNTIL((s = rig_nth(VADD0, MSG_AUDIO, i)) != NULL);
		while (msg_audio_next(s->body, s->len, &pos, &f) == 1) {
			ck_assert_uint_eq(f.stream, route.stream);
			ck_assert_uint_eq(f.seq, n);
			ck_assert_uint_eq(f.start, n * 160);
			ck_assert_uint_eq(f.pcm_len, 320);
			ck_assert_int_eq(((const uint8_t *)f.pcm)[0], (int)++n);
		}
	}
	wsclient_bye(&rig.cl[0]);
	rig_take(VADD0, MSG_CALL_END, 0, &end);
	rig_take(BROKER0, MSG_CALL_END, 0, &end);
	ck_assert_str_eq(end.reason, "closed");
	ck_assert_int_eq(end.clock_ms, 100);
	ck_assert_int_eq(end.gen, gen);
	ck_assert_ptr_null(rig_call("call-1"));
	ck_assert_uint_eq(rig.s.ncalls, 0);
}
END_TEST

START_TEST(tokens_open_one_socket_of_one_call_in_time)
{
	char	*target = rig_target("call-1", 60), other[256];

	ck_assert_int_eq(rig_open(0, "/socket?uuid=call-1"), 401);
	ck_assert_uint_eq(rig.s.n.refused_no_token, 1);
	ck_assert_int_eq(rig_open(0, "/socket?t=x"), 400);
	ck_assert_uint_eq(rig.s.n.refused_bad_id, 1);
	ck_assert_int_eq(rig_open(0, "/socket?uuid=call-1&t=17.00.xx"), 403);
	ck_assert_uint_eq(rig.s.n.refused_forged, 1);
	(void)snprintf(other, sizeof(other), "/socket?uuid=call-2&%s", strstr(target, "t="));
	ck_assert_int_eq(rig_open(0, other), 403);
	ck_assert_uint_eq(rig.s.n.refused_forged, 2);
	ck_assert_int_eq(rig_open(0, target), 101);
	ck_assert_int_eq(rig_open(1, target), 403);
	ck_assert_uint_eq(rig.s.n.refused_reused, 1);
	target = rig_target("call-3", 1);
	rig_advance(2500);
	ck_assert_int_eq(rig_open(1, target), 403);
	ck_assert_uint_eq(rig.s.n.refused_expired, 1);
}
END_TEST

START_TEST(without_require_token_anybody_gets_in)
{
	rig.conf.require_token = false;
	ck_assert_int_eq(rig_open(0, "/socket?uuid=call-1"), 101);
}
END_TEST

START_TEST(a_full_or_draining_sockd_answers_503)
{
	ck_assert_int_eq(rig_open(0, rig_target("a", 60)), 101);
	ck_assert_int_eq(rig_open(1, rig_target("b", 60)), 101);
	ck_assert_int_eq(rig_open(2, rig_target("c", 60)), 101);
	RIG_UNTIL(rig.s.ncalls == 3);
	ck_assert_int_eq(rig_open(3, rig_target("d", 60)), 503);
	ck_assert_uint_eq(rig.s.n.refused_full, 1);
	wsclient_close(&rig.cl[0]);
	RIG_UNTIL(rig.s.ncalls == 2);
	rig.d.draining = true;
	ck_assert_int_eq(rig_open(3, rig_target("e", 60)), 503);
	ck_assert_uint_eq(rig.s.n.refused_draining, 1);
	rig.d.draining = false;
}
END_TEST

START_TEST(audio_before_connected_is_kept_for_a_second)
{
	struct msg_audio_frame	 f;
	struct rig_seen		*s;
	size_t			 pos = 0;
	int			 i;

	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	for (i = 0; i < 60; i++)
		rig_frame(0, 8000, (int16_t)i);
	rig_connected(0, 8000);
	RIG_UNTIL(rig.s.n.frames_in == 50);
	ck_assert_uint_eq(rig.s.n.frames_early_dropped, 10);
	RIG_UNTIL((s = rig_nth(VADD0, MSG_AUDIO, 0)) != NULL);
	ck_assert_int_eq(msg_audio_next(s->body, s->len, &pos, &f), 1);
	ck_assert_uint_eq(f.start, 0);
	ck_assert_int_eq(((const uint8_t *)f.pcm)[0], 10);
	ck_assert_int_eq(sclock_ms(&rig_call("call-1")->clock), 1000);
}
END_TEST

START_TEST(a_rate_that_is_not_offered_is_closed_1003)
{
	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_connected(0, 44100);
	RIG_UNTIL(rig_got(0, 8));
	ck_assert_uint_eq(rig.cl[0].close_code, 1003);
	ck_assert_uint_eq(rig.s.n.calls_bad_rate, 1);
	ck_assert_ptr_null(rig_nth(BROKER0, MSG_CALL_OFFER, 0));
}
END_TEST

START_TEST(a_socket_that_never_connects_is_closed_4400)
{
	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_advance(SOCKD_CONNECTED_MS + 100);
	RIG_UNTIL(rig_got(0, 8));
	ck_assert_uint_eq(rig.cl[0].close_code, 4400);
	ck_assert_uint_eq(rig.s.n.calls_not_connected, 1);
}
END_TEST

START_TEST(all_three_rates_are_heard)
{
	static const int	rates[] = { 8000, 16000, 24000 };

	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_connected(0, rates[_i]);
	rig_frame(0, rates[_i], 1);
	RIG_UNTIL(rig.s.n.frames_in == 1);
	rig_frame(0, rates[(_i + 1) % 3], 1);
	RIG_UNTIL(rig.s.n.frames_bad == 1);
}
END_TEST

START_TEST(frames_of_a_wrong_size_are_dropped_and_fifty_in_a_row_close_the_call)
{
	struct msg_end	end;
	int		i;

	(void)rig_live("call-1");
	for (i = 0; i < 49; i++)
		wsclient_send(&rig.cl[0], 0x82, "abc", 3);
	RIG_UNTIL(rig.s.n.frames_bad == 49);
	rig_frame(0, 8000, 1);
	RIG_UNTIL(rig.s.n.frames_in == 1);
	for (i = 0; i < 50; i++)
		wsclient_send(&rig.cl[0], 0x82, "abc", 3);
	RIG_UNTIL(rig_got(0, 8));
	ck_assert_uint_eq(rig.cl[0].close_code, 1003);
	ck_assert_uint_eq(rig.s.n.calls_bad_frames, 1);
	wsclient_close(&rig.cl[0]);
	rig_take(BROKER0, MSG_CALL_END, 0, &end);
	ck_assert_str_eq(end.reason, "bad_frames");
}
END_TEST

START_TEST(a_call_without_frames_is_closed_4408)
{
	(void)rig_live("call-1");
	rig_frame(0, 8000, 1);
	rig_advance(9900);
	ck_assert(!rig_got(0, 8));
	rig_advance(200);
	RIG_UNTIL(rig_got(0, 8));
	ck_assert_uint_eq(rig.cl[0].close_code, 4408);
	ck_assert_uint_eq(rig.s.n.calls_idle, 1);
}
END_TEST

START_TEST(text_that_is_not_known_is_counted)
{
	(void)rig_live("call-1");
	wsclient_text(&rig.cl[0], "ok");
	wsclient_text(&rig.cl[0], "{\"event\":\"websocket:new\"}");
	wsclient_text(&rig.cl[0], "{\"event\":\"websocket:dtmf\",\"digit\":\"xx\"}");
	wsclient_text(&rig.cl[0], "{\"event\":\"websocket:cleared\"}");
	rig_connected(0, 16000);
	RIG_UNTIL(rig.s.n.text_unknown == 3);
	ck_assert_uint_eq(rig.s.n.text_bad, 1);
	ck_assert_uint_eq(rig.s.n.cleared, 1);
	ck_assert_uint_eq(rig_call("call-1")->rate_hz, 8000);
}
END_TEST

START_TEST(digits_reach_the_owner)
{
	struct msg_dtmf	m;
	int64_t		gen = rig_live("call-1");

	rig_frame(0, 8000, 1);
	RIG_UNTIL(rig.s.n.frames_in == 1);
	wsclient_text(&rig.cl[0], "{\"event\":\"websocket:dtmf\",\"digit\":\"5\",\"duration\":260}");
	wsclient_text(&rig.cl[0], "{\"event\":\"websocket:dtmf\",\"dtmf\":{\"digit\":\"#\"}}");
	rig_take(BROKER0, MSG_DTMF, 0, &m);
	ck_assert_str_eq(m.digit, "5");
	ck_assert_int_eq(m.duration_ms, 260);
	ck_assert_int_eq(m.clock_ms, 20);
	ck_assert_int_eq(m.gen, gen);
	rig_take(BROKER0, MSG_DTMF, 1, &m);
	ck_assert_str_eq(m.digit, "#");
}
END_TEST

START_TEST(a_second_socket_takes_the_call_over)
{
	struct msg_offer	offer;
	struct msg_route	first, route;
	struct call		*c;
	int64_t			 gen = rig_live("call-1");
	int			 i;

	for (i = 0; i < 10; i++)
		rig_frame(0, 8000, 1);
	RIG_UNTIL(rig.s.n.frames_in == 10);
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	rig_take(VADD0, MSG_CALL_ROUTE, 1, &first);
	c = rig_call("call-1");
	rig_advance(400);
	ck_assert_int_eq(rig_open(1, rig_target("call-1", 60)), 101);
	RIG_UNTIL(rig.s.ncalls == 2);
	ck_assert_int_eq(wsclient_next(&rig.cl[1]), 0);
	rig_connected(1, 8000);
	RIG_UNTIL(rig_got(0, 8));
	ck_assert_uint_eq(rig.cl[0].close_code, 4409);
	ck_assert_ptr_eq(rig_call("call-1"), c);
	ck_assert_uint_eq(rig.s.ncalls, 1);
	ck_assert_uint_eq(rig.s.n.calls_replaced, 1);
	rig_take(BROKER0, MSG_CALL_OFFER, 1, &offer);
	ck_assert(offer.resume);
	ck_assert_int_gt(offer.gen, gen);
	ck_assert_int_eq(offer.playing_epoch, 1);
	ck_assert_int_eq(offer.epoch, 1);
	ck_assert_int_ge(offer.clock_ms, 580);		/* the clock goes on: 200 ms and the time since */
	rig_take(VADD0, MSG_CALL_ROUTE, 2, &route);
	ck_assert_int_ne(route.stream, first.stream);
	ck_assert_str_eq(route.owner, "brokerd.0");
	/* The reply goes on from what was heard, on the new socket. */
	RIG_UNTIL(rig_got(1, 2));
	ck_assert_int_gt((int16_t)(rig.cl[1].msg[0] | rig.cl[1].msg[1] << 8), 15 * 160);
	/* What the old generation still orders is taken until the new one is claimed. */
	ck_assert_int_eq(rig_claim(BROKER0, 1, "call-1"), offer.gen);
	rig_play(BROKER0, "call-1", gen, 2, 0, 160, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_gen, 1);
	wsclient_close(&rig.cl[0]);
	rig_advance(50);
	ck_assert_ptr_eq(rig_call("call-1"), c);
}
END_TEST

START_TEST(a_second_socket_of_another_rate_cuts_playback)
{
	struct msg_played	done;
	struct msg_route	route;
	int64_t			gen = rig_live("call-1");

	rig_play(BROKER0, "call-1", gen, 3, 0, 8000, true);
	rig_advance(100);
	ck_assert_int_eq(rig_open(1, rig_target("call-1", 60)), 101);
	rig_connected(1, 16000);
	rig_take(BROKER0, MSG_PLAY_DONE, 0, &done);
	ck_assert_str_eq(done.reason, "closed");
	ck_assert_int_eq(done.epoch, 3);
	rig_take(VADD0, MSG_CALL_ROUTE, 2, &route);
	ck_assert_int_eq(route.rate_hz, 16000);
	rig_frame(1, 16000, 1);
	RIG_UNTIL(rig.s.n.frames_in == 1);
}
END_TEST

START_TEST(two_calls_of_one_number_are_two_calls)
{
	(void)rig_live("call-1");
	ck_assert_int_eq(rig_open(1, rig_target("call-2", 60)), 101);
	rig_connected(1, 8000);
	RIG_UNTIL(rig_call("call-2") != NULL);
	ck_assert_ptr_ne(rig_call("call-1"), rig_call("call-2"));
	ck_assert_int_ne(rig_call("call-1")->stream, rig_call("call-2")->stream);
	(void)rig_claim(BROKER0, 1, "call-2");
	wsclient_close(&rig.cl[0]);
	RIG_UNTIL(rig_call("call-1") == NULL);
	ck_assert_ptr_nonnull(rig_call("call-2"));
}
END_TEST

START_TEST(a_recording_holds_both_sides)
{
	char		 path[600];
	uint8_t		*data = calloc(1, 100000);
	int64_t		 gen;
	int		 i, fd;
	ssize_t		 n;
	int16_t		 l, r;

	rig.conf.record = true;
	ck_assert_ptr_nonnull(rig.s.recorder = recorder_new(rig.dir));
	gen = rig_live("call-1");
	for (i = 0; i < 50; i++) {
		if (i == 10)
			rig_play(BROKER0, "call-1", gen, 1, 0, 1600, true);
		rig_frame(0, 8000, 1000);
	}
	RIG_UNTIL(rig.s.n.frames_in == 50);
	wsclient_close(&rig.cl[0]);
	RIG_UNTIL(rig_call("call-1") == NULL);
	recorder_free(rig.s.recorder);
	rig.s.recorder = NULL;
	(void)snprintf(path, sizeof(path), "%s/call-1.wav", rig.dir);
	ck_assert_int_ne(fd = open(path, O_RDONLY), -1);
	ck_assert_int_eq(n = read(fd, data, 100000), 44 + 50 * 160 * 4);
	(void)close(fd);
	for (i = 0; i < 8000; i++) {
		memcpy(&l, data + 44 + i * 4, 2);
		memcpy(&r, data + 46 + i * 4, 2);
		ck_assert_int_eq(l, 1000);
		if (r != 0)
			break;
	}
	ck_assert_int_ge(i, 9 * 160);		/* the reply began at about 200 ms */
	ck_assert_int_le(i, 12 * 160);
	ck_assert_int_eq(r, 1);
	free(data);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("life");
	TCase	*t = tcase_create("life");

	rig_unused();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, rig_teardown);
	tcase_add_test(t, a_call_is_routed_offered_claimed_heard_and_ended);
	tcase_add_test(t, tokens_open_one_socket_of_one_call_in_time);
	tcase_add_test(t, without_require_token_anybody_gets_in);
	tcase_add_test(t, a_full_or_draining_sockd_answers_503);
	tcase_add_test(t, audio_before_connected_is_kept_for_a_second);
	tcase_add_test(t, a_rate_that_is_not_offered_is_closed_1003);
	tcase_add_test(t, a_socket_that_never_connects_is_closed_4400);
	tcase_add_loop_test(t, all_three_rates_are_heard, 0, 3);
	tcase_add_test(t, frames_of_a_wrong_size_are_dropped_and_fifty_in_a_row_close_the_call);
	tcase_add_test(t, a_call_without_frames_is_closed_4408);
	tcase_add_test(t, text_that_is_not_known_is_counted);
	tcase_add_test(t, digits_reach_the_owner);
	tcase_add_test(t, a_second_socket_takes_the_call_over);
	tcase_add_test(t, a_second_socket_of_another_rate_cuts_playback);
	tcase_add_test(t, two_calls_of_one_number_are_two_calls);
	tcase_add_test(t, a_recording_holds_both_sides);
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
