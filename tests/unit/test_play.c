/* SPDX-License-Identifier: ISC */
/* What the caller hears: frames, marks, barge-in, refusals, a reader that stands still. */
#include "tests/unit/sockdrig.h"

static int64_t	gen;

static void
setup(void)
{
	rig_each = 1;
	rig_setup();
	rig_fake_start(VADD0);
	rig_fake_start(BROKER0);
	gen = rig_live("call-1");
}

static struct wsclient *
client(void)
{
	return &rig.cl[0];
}

/* Read all that came; returns the frames of 320 bytes, notes the last notify and a clear. */
static unsigned	nclears;
static char	mark_text[128];
static int	first_sample;

static unsigned
read_frames(void)
{
	unsigned	n = 0;
	int		op;

	while ((op = wsclient_next(client())) != 0) {
		if (op == 2) {
			ck_assert_uint_eq(client()->msg_len, 320);
			if (n++ == 0)
				first_sample = (int16_t)(client()->msg[0] | client()->msg[1] << 8);
		}
		if (op == 1 && strstr((char *)client()->msg, "clear") != NULL)
			nclears++;
		if (op == 1 && strstr((char *)client()->msg, "notify") != NULL)
			(void)snprintf(mark_text, sizeof(mark_text), "%.100s", (char *)client()->msg);
	}
	return n;
}

static void
answer_mark(void)
{
	char	text[256];

	(void)snprintf(text, sizeof(text), "{\"event\":\"websocket:notify\",%s", strchr(mark_text, ',') + 1);
	wsclient_text(client(), text);
}

static void
speak(enum msg_kind kind)
{
	struct msg_speech	m = { .gen = gen, .utt = 1 };
	size_t			i;

	rig_order(VADD0, kind, "call-1", &m);
	for (i = 0; i < 20; i++)
		rig_pump();
}

START_TEST(a_reply_is_sent_in_time_and_its_end_confirmed)
{
	struct msg_played	m;
	unsigned		n = 0, i;

	mark_text[0] = '\0';
	rig_frame(0, 8000, 1);
	rig_play(BROKER0, "call-1", gen, 1, 0, 1000, false);
	rig_play(BROKER0, "call-1", gen, 1, 1000, 680, true);		/* 10.5 frames */
	RIG_UNTIL((n += read_frames()) == 6);
	rig_take(BROKER0, MSG_PLAY_STARTED, 0, &m);
	ck_assert_int_eq(m.epoch, 1);
	ck_assert_int_eq(m.gen, gen);
	ck_assert_int_ge(m.clock_ms, 20);
	ck_assert_int_le(m.clock_ms, 60);
	ck_assert_int_eq(m.first_ms, m.clock_ms);
	for (i = 0; i < 20; i++) {
		rig_advance(5);
		n += read_frames();
	}
	RIG_UNTIL((n += read_frames()) == 11);
	ck_assert_int_eq(client()->msg_len != 0, 1);
	RIG_UNTIL((n += read_frames(), mark_text[0] != '\0'));
	ck_assert_ptr_null(rig_nth(BROKER0, MSG_PLAY_DONE, 0));
	answer_mark();
	rig_take(BROKER0, MSG_PLAY_DONE, 0, &m);
	ck_assert(m.complete);
	ck_assert_str_eq(m.reason, "heard");
	ck_assert_int_eq(m.heard_ms, 210);
	ck_assert_int_eq(m.queued_ms, 0);
	ck_assert_uint_eq(n, 11);
	ck_assert_uint_eq(rig.s.n.marks, 1);
	ck_assert_uint_eq(rig.s.n.frames_out, 11);
	ck_assert_int_le(hist_permille(&rig.s.late, 1000), 5000);
}
END_TEST

START_TEST(without_a_mark_the_end_is_told_by_estimate)
{
	struct msg_played	m;

	rig_play(BROKER0, "call-1", gen, 1, 0, 800, true);
	rig_advance(550);
	ck_assert_ptr_null(rig_nth(BROKER0, MSG_PLAY_DONE, 0));
	rig_advance(100);
	rig_take(BROKER0, MSG_PLAY_DONE, 0, &m);
	ck_assert(m.complete);
	wsclient_text(client(), "{\"event\":\"websocket:notify\",\"payload\":{\"callpipe_mark\":1}}");
	RIG_UNTIL(rig.s.n.marks_unknown == 1);
}
END_TEST

START_TEST(progress_is_told_each_200_ms)
{
	struct msg_played	m;
	int			i;

	rig_play(BROKER0, "call-1", gen, 1, 0, 16000, true);
	for (i = 0; i < 100; i++) {
		rig_advance(10);
		(void)read_frames();
	}
	ck_assert_uint_ge(rig_count(BROKER0, MSG_PLAY_PROGRESS), 4);
	ck_assert_uint_le(rig_count(BROKER0, MSG_PLAY_PROGRESS), 6);
	rig_take(BROKER0, MSG_PLAY_PROGRESS, 4, &m);
	ck_assert_int_ge(m.heard_ms, 760);
	ck_assert_int_le(m.heard_ms, 820);
	ck_assert_int_eq(m.heard_ms + m.queued_ms + 120, 2000);
}
END_TEST

START_TEST(orders_that_may_not_be_are_refused_with_a_reason)
{
	static const struct { int64_t gen; uint32_t epoch, rate_hz; size_t nsamples; const char *reason; } rows[] = {
		{ -1, 5, 8000, 160, "stale_gen" }, { 1, 5, 8000, 160, "stale_gen" },
		{ 0, 4, 8000, 160, "stale_epoch" }, { 0, 0, 8000, 160, "stale_epoch" },
		{ 0, 5, 16000, 160, "rate" }, { 0, 5, 8000, 8000 * 61, "full" },
	};
	struct msg_refused	 m;
	struct callid		 id;
	struct buf		 body;
	int16_t			*pcm = calloc(8000 * 61, 2);
	size_t			 i;

	ck_assert_int_eq(callid_parse("call-1", &id), 0);
	rig_play(BROKER0, "call-1", gen, 5, 0, 160, false);
	buf_init(&body, MSG_BODY_MAX);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_play	p = { .gen = (uint64_t)(gen + rows[i].gen), .epoch = rows[i].epoch,
			.rate_hz = rows[i].rate_hz, .offset = 160, .pcm = pcm, .pcm_len = (uint32_t)rows[i].nsamples * 2 };

		rig_advance(PLAY_REFUSED_MS);
		buf_reset(&body);
		ck_assert_int_eq(msg_play_encode(&p, &body), 0);
		ck_assert_int_eq(bus_order(rig.fakes[BROKER0].bus, bus_peer_by_name(rig.fakes[BROKER0].bus, "sockd.0"),
		    MSG_PLAY, &id, body.data, body.len), BUS_OK);
		rig_take(BROKER0, MSG_PLAY_REFUSED, i, &m);
		ck_assert_str_eq(m.reason, rows[i].reason);
		ck_assert_int_eq(m.epoch, rows[i].epoch);
	}
	ck_assert_uint_eq(rig.s.n.plays_refused_gen, 2);
	ck_assert_uint_eq(rig.s.n.plays_refused_epoch, 2);
	buf_clear(&body);
	free(pcm);
}
END_TEST

START_TEST(refusals_are_told_at_a_bounded_rate)
{
	int	i;

	for (i = 0; i < 20; i++)
		rig_play(BROKER0, "call-1", gen - 1, 1, 0, 160, false);
	ck_assert_uint_eq(rig.s.n.plays_refused_gen, 20);
	RIG_UNTIL(rig_nth(BROKER0, MSG_PLAY_REFUSED, 0) != NULL);
	ck_assert_uint_eq(rig_count(BROKER0, MSG_PLAY_REFUSED), 1);
}
END_TEST

START_TEST(speech_pauses_at_once_and_resume_goes_on_from_what_was_heard)
{
	struct msg_played	m;
	struct msg_epoch	on = { .gen = gen, .epoch = 1 };
	unsigned		n = 0;

	nclears = 0;
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	rig_advance(200);
	RIG_UNTIL((n += read_frames()) == 16);
	speak(MSG_SPEECH_START);
	RIG_UNTIL((n += read_frames(), nclears == 1));
	rig_take(BROKER0, MSG_PLAY_PAUSED, 0, &m);
	ck_assert_int_eq(m.heard_ms, 200);
	ck_assert_int_eq(m.queued_ms, 800);
	ck_assert_int_eq(m.epoch, 1);
	rig_advance(1000);
	ck_assert_uint_eq(read_frames(), 0);
	rig_order(BROKER0, MSG_PLAY_RESUME, "call-1", &on);
	RIG_UNTIL(rig.s.n.resumes == 1);
	RIG_UNTIL(read_frames() > 0);
	ck_assert_int_eq(first_sample, 200 * 8 + 1);
	ck_assert_uint_eq(rig.s.n.pauses, 1);
}
END_TEST

START_TEST(playback_goes_on_by_itself_when_nobody_decides)
{
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	rig_advance(100);
	(void)read_frames();
	speak(MSG_SPEECH_START);
	rig_frame(0, 8000, 1);
	rig_advance(3000);
	rig_frame(0, 8000, 1);
	(void)read_frames();
	ck_assert_uint_eq(rig.s.n.resumes_by_time, 0);
	speak(MSG_SPEECH_END);
	rig_advance(1900);
	ck_assert_uint_eq(read_frames(), 0);
	rig_advance(200);
	RIG_UNTIL(read_frames() > 0);
	ck_assert_uint_eq(rig.s.n.resumes_by_time, 1);
}
END_TEST

START_TEST(a_pause_without_an_end_of_speech_is_bounded)
{
	int	i;

	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	speak(MSG_SPEECH_START);
	for (i = 0; i < 24; i++) {
		rig_frame(0, 8000, 1);
		rig_advance(1000);
	}
	ck_assert_uint_eq(rig.s.n.resumes_by_time, 0);
	rig_frame(0, 8000, 1);
	rig_advance(1500);
	ck_assert_uint_eq(rig.s.n.resumes_by_time, 1);
}
END_TEST

START_TEST(cancel_clears_and_voids_the_epoch)
{
	struct msg_cancel	cancel = { .gen = gen, .epoch = 1, .reason = "barge-in" };
	struct msg_played	m;
	unsigned		n;

	nclears = 0;
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, false);
	rig_advance(100);
	rig_order(BROKER0, MSG_PLAY_CANCEL, "call-1", &cancel);
	rig_take(BROKER0, MSG_PLAY_DONE, 0, &m);
	ck_assert(!m.complete);
	ck_assert_str_eq(m.reason, "cancelled");
	ck_assert_int_eq(m.heard_ms, 100);
	RIG_UNTIL(((void)read_frames(), nclears == 1));
	rig_play(BROKER0, "call-1", gen, 1, 8000, 800, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_epoch, 1);
	rig_play(BROKER0, "call-1", gen, 2, 0, 800, true);
	for (n = 0; n < 5; rig_pump())
		n += read_frames();
	ck_assert_int_eq(first_sample != 0, 1);
	rig_advance(700);
	rig_take(BROKER0, MSG_PLAY_DONE, 1, &m);
	ck_assert_int_eq(m.epoch, 2);
	ck_assert(m.complete);
}
END_TEST

START_TEST(a_pause_that_is_cancelled_does_not_clear_twice)
{
	struct msg_cancel	cancel = { .gen = gen, .epoch = 1 };
	struct msg_played	m;

	nclears = 0;
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	rig_advance(100);
	speak(MSG_SPEECH_START);
	rig_order(BROKER0, MSG_PLAY_CANCEL, "call-1", &cancel);
	rig_take(BROKER0, MSG_PLAY_DONE, 0, &m);
	rig_advance(100);
	(void)read_frames();
	ck_assert_uint_eq(nclears, 1);
	ck_assert(!rig_call("call-1")->pace.paused);
}
END_TEST

START_TEST(without_barge_in_speech_does_not_pause)
{
	rig.conf.barge_in = false;
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	rig_advance(100);
	speak(MSG_SPEECH_START);
	ck_assert_uint_eq(rig.s.n.pauses, 0);
}
END_TEST

START_TEST(speech_while_nothing_plays_pauses_nothing)
{
	nclears = 0;
	speak(MSG_SPEECH_START);
	ck_assert_uint_eq(rig.s.n.pauses, 0);
	rig_play(BROKER0, "call-1", gen, 1, 0, 800, true);
	RIG_UNTIL(read_frames() > 0);
	ck_assert_uint_eq(nclears, 0);
}
END_TEST

START_TEST(a_hang_up_tells_what_was_heard)
{
	struct msg_played	m;

	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	rig_advance(300);
	wsclient_close(client());
	rig_take(BROKER0, MSG_PLAY_DONE, 0, &m);
	ck_assert_str_eq(m.reason, "closed");
	ck_assert(!m.complete);
	ck_assert_int_eq(m.heard_ms, 300);
	RIG_UNTIL(rig_nth(BROKER0, MSG_CALL_END, 0) != NULL);
}
END_TEST

START_TEST(a_reader_that_stands_still_is_dropped_after_stall_s)
{
	struct msg_end	end;
	int		small = 4096, i;
	uint32_t	epoch = 1;

	(void)setsockopt(client()->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	rig.conf.idle_s = 3600;
	rig.conf.lead_ms = 120;
	for (i = 0; i < 600 && rig_call("call-1")->blocked_us == 0; i++) {
		if (i % 100 == 0)
			rig_play(BROKER0, "call-1", gen, epoch++, 0, 16000, true);
		rig_advance(100);
	}
	ck_assert_int_ne(rig_call("call-1")->blocked_us, 0);
	rig_play(BROKER0, "call-1", gen, epoch++, 0, 24000, true);
	for (i = 0; i < 40; i++) {
		rig_play(BROKER0, "call-1", gen, epoch - 1, 0, 0, false);
		rig_advance(100);
	}
	ck_assert_uint_gt(rig.s.n.frames_dropped, 0);
	for (i = 0; i < 120 && rig.s.n.calls_stalled == 0; i++) {
		if (i % 20 == 0)
			rig_play(BROKER0, "call-1", gen, epoch++, 0, 24000, true);
		rig_advance(100);
	}
	ck_assert_uint_eq(rig.s.n.calls_stalled, 1);
	rig_advance(WS_CLOSE_WAIT_MS + 100);
	RIG_UNTIL(rig.s.ncalls == 0);
	rig_take(BROKER0, MSG_CALL_END, 0, &end);
	ck_assert_str_eq(end.reason, "stalled");
}
END_TEST

START_TEST(audio_facts_are_published_when_wanted)
{
	struct msg_pcm	 m;
	struct rig_seen	*s;
	int		 i;

	rig_frame(0, 8000, 3);
	ck_assert_ptr_null(rig_nth(BROKER0, MSG_AUDIO_IN, 0));
	ck_assert_int_eq(bus_subscribe(rig.fakes[BROKER0].bus, MSG_AUDIO_IN, NULL), 0);
	ck_assert_int_eq(bus_subscribe(rig.fakes[BROKER0].bus, MSG_AUDIO_OUT, NULL), 0);
	RIG_UNTIL(bus_wanted(rig.d.bus, MSG_AUDIO_OUT, NULL) && bus_wanted(rig.d.bus, MSG_AUDIO_IN, NULL));
	for (i = 0; i < 5; i++)
		rig_frame(0, 8000, 4);
	rig_play(BROKER0, "call-1", gen, 1, 0, 8000, true);
	RIG_UNTIL((s = rig_nth(BROKER0, MSG_AUDIO_OUT, 0)) != NULL);
	ck_assert_int_eq(msg_pcm_decode(&m, s->body, s->len), 0);
	ck_assert_uint_eq(m.pcm_len, 320);
	ck_assert_int_eq(((const uint8_t *)m.pcm)[0], 1);
	RIG_UNTIL((s = rig_nth(BROKER0, MSG_AUDIO_IN, 0)) != NULL);
	ck_assert_int_eq(msg_pcm_decode(&m, s->body, s->len), 0);
	ck_assert_uint_eq(m.rate_hz, 8000);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("play");
	TCase	*t = tcase_create("play");

	rig_unused();
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, rig_teardown);
	tcase_add_test(t, a_reply_is_sent_in_time_and_its_end_confirmed);
	tcase_add_test(t, without_a_mark_the_end_is_told_by_estimate);
	tcase_add_test(t, progress_is_told_each_200_ms);
	tcase_add_test(t, orders_that_may_not_be_are_refused_with_a_reason);
	tcase_add_test(t, refusals_are_told_at_a_bounded_rate);
	tcase_add_test(t, speech_pauses_at_once_and_resume_goes_on_from_what_was_heard);
	tcase_add_test(t, playback_goes_on_by_itself_when_nobody_decides);
	tcase_add_test(t, a_pause_without_an_end_of_speech_is_bounded);
	tcase_add_test(t, cancel_clears_and_voids_the_epoch);
	tcase_add_test(t, a_pause_that_is_cancelled_does_not_clear_twice);
	tcase_add_test(t, without_barge_in_speech_does_not_pause);
	tcase_add_test(t, speech_while_nothing_plays_pauses_nothing);
	tcase_add_test(t, a_hang_up_tells_what_was_heard);
	tcase_add_test(t, a_reader_that_stands_still_is_dropped_after_stall_s);
	tcase_add_test(t, audio_facts_are_published_when_wanted);
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
