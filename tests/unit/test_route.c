/* SPDX-License-Identifier: ISC */
/* Which vadd hears a call, which brokerd leads it, and what happens when they go. */
#include "tests/unit/sockdrig.h"

static void
setup(void)
{
	rig_each = 2;
	rig_setup();
	rig_fake_start(VADD0);
	rig_fake_start(BROKER0);
}

START_TEST(without_a_claim_the_next_broker_is_asked)
{
	struct msg_offer	first, second;
	struct msg_claim	late;

	rig_fake_start(BROKER1);
	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_connected(0, 8000);
	rig_take(BROKER0, MSG_CALL_OFFER, 0, &first);
	rig_advance(250);
	ck_assert_ptr_null(rig_nth(BROKER1, MSG_CALL_OFFER, 0));
	rig_advance(100);
	rig_take(BROKER1, MSG_CALL_OFFER, 0, &second);
	ck_assert_int_gt(second.gen, first.gen);
	ck_assert_uint_eq(rig.s.n.offers_timed_out, 1);
	late.gen = first.gen;
	rig_order(BROKER0, MSG_CALL_CLAIM, "call-1", &late);
	RIG_UNTIL(rig.s.n.claims_stale == 1);
	ck_assert_ptr_null(rig_call("call-1")->owner);
	(void)rig_claim(BROKER1, 0, "call-1");
	ck_assert_str_eq(rig_call("call-1")->owner->name, "brokerd.1");
	/* The late one thinks that the call is its own; it is told otherwise. */
	rig_play(BROKER0, "call-1", first.gen, 1, 0, 160, true);
	RIG_UNTIL(rig_nth(BROKER0, MSG_PLAY_REFUSED, 0) != NULL);
	ck_assert_uint_eq(rig.s.n.frames_out, 0);
}
END_TEST

START_TEST(a_decline_goes_to_the_next_at_once)
{
	struct msg_offer	offer;
	struct msg_decline	no = { .reason = "full" };

	rig_fake_start(BROKER1);
	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_connected(0, 8000);
	rig_take(BROKER0, MSG_CALL_OFFER, 0, &offer);
	no.gen = offer.gen;
	rig_order(BROKER0, MSG_CALL_DECLINE, "call-1", &no);
	rig_take(BROKER1, MSG_CALL_OFFER, 0, &offer);
	ck_assert(!offer.resume);
	ck_assert_uint_eq(rig.s.n.declines, 1);
}
END_TEST

START_TEST(the_least_loaded_is_asked_first)
{
	struct msg_offer	offer;

	rig.fakes[BROKER0].calls = 7;
	rig_fake_start(BROKER1);
	rig_stat(&rig.fakes[BROKER0]);
	RIG_UNTIL(rig_peer(BROKER0)->calls == 7);
	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_connected(0, 8000);
	rig_take(BROKER1, MSG_CALL_OFFER, 0, &offer);
}
END_TEST

START_TEST(a_call_without_any_broker_is_kept_and_offered_later)
{
	rig_fake_kill(BROKER0);
	ck_assert_int_eq(rig_open(0, rig_target("call-1", 60)), 101);
	rig_connected(0, 8000);
	RIG_UNTIL(rig_call("call-1") != NULL);
	rig_advance(3100);
	ck_assert_uint_ge(rig.s.n.offers_nobody, 4);
	ck_assert_uint_le(rig.s.n.offers_nobody, 5);
	rig_frame(0, 8000, 1);
	rig_fake_start(BROKER0);
	(void)rig_claim(BROKER0, 0, "call-1");
	RIG_UNTIL(rig_count(VADD0, MSG_CALL_ROUTE) == 2);
}
END_TEST

START_TEST(a_call_whose_broker_died_is_resumed_by_another)
{
	struct msg_offer	offer;
	int64_t			gen = rig_live("call-1");

	rig_play(BROKER0, "call-1", gen, 4, 0, 16000, false);
	rig_advance(200);
	rig_fake_start(BROKER1);
	rig_fake_kill(BROKER0);
	rig_take(BROKER1, MSG_CALL_OFFER, 0, &offer);
	ck_assert(offer.resume);
	ck_assert_int_gt(offer.gen, gen);
	ck_assert_int_eq(offer.epoch, 4);
	ck_assert_int_eq(offer.playing_epoch, 4);
	ck_assert_uint_eq(rig.s.n.owners_lost, 1);
	(void)rig_claim(BROKER1, 0, "call-1");
	/* The new one may speak, with a higher epoch. */
	rig_play(BROKER1, "call-1", offer.gen, 3, 0, 160, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_epoch, 1);
	rig_play(BROKER1, "call-1", offer.gen, 5, 0, 160, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_epoch, 1);
	/* The one that was taken for dead wakes up: it may not. */
	rig_fake_start(BROKER0);
	rig_play(BROKER0, "call-1", gen, 9, 0, 160, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_gen, 1);
}
END_TEST

START_TEST(a_released_call_goes_to_another)
{
	struct msg_offer	offer;
	struct msg_claim	release = { .gen = rig_live("call-1") };

	rig_fake_start(BROKER1);
	rig_order(BROKER0, MSG_CALL_RELEASE, "call-1", &release);
	rig_take(BROKER1, MSG_CALL_OFFER, 0, &offer);
	ck_assert(offer.resume);
	ck_assert_uint_eq(rig.s.n.releases, 1);
	ck_assert_ptr_null(rig_call("call-1")->owner);
}
END_TEST

/* The offer of a generation; on a busy machine those of earlier ones are made twice. */
static void
take_offer_of(int64_t gen, struct msg_offer *ret_offer)
{
	unsigned n = 1;

	do
		rig_take(BROKER0, MSG_CALL_OFFER, n++, ret_offer);
	while (ret_offer->gen < gen);
	ck_assert_int_eq(ret_offer->gen, gen);
}

START_TEST(a_call_whose_vadd_died_is_heard_by_another)
{
	struct msg_route	first, route;
	struct msg_offer	offer;
	struct msg_audio_frame	f;
	struct rig_seen		*s;
	size_t			pos = 0;
	int64_t			gen = rig_live("call-1");

	rig_frame(0, 8000, 1);
	rig_take(VADD0, MSG_CALL_ROUTE, 1, &first);
	rig_fake_start(VADD1);
	rig_fake_kill(VADD0);
	rig_take(VADD1, MSG_CALL_ROUTE, 0, &route);
	ck_assert_int_gt(route.gen, gen);
	ck_assert_int_ne(route.stream, first.stream);
	ck_assert_str_eq(route.owner, "brokerd.0");
	ck_assert_int_eq(route.clock_ms, 20);
	rig_frame(0, 8000, 2);
	RIG_UNTIL((s = rig_nth(VADD1, MSG_AUDIO, 0)) != NULL);
	ck_assert_int_eq(msg_audio_next(s->body, s->len, &pos, &f), 1);
	ck_assert_uint_eq(f.seq, 0);
	ck_assert_uint_eq(f.start, 160);
	/* The owner is asked again first and keeps its rights until then. */
	take_offer_of(route.gen, &offer);
	ck_assert_str_eq(offer.vadd, "vadd.1");
	rig_play(BROKER0, "call-1", gen, 1, 0, 160, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_gen, 0);
	(void)rig_claim(BROKER0, 1, "call-1");
	ck_assert_int_eq(rig_call("call-1")->owner_gen, offer.gen);
	ck_assert_uint_eq(rig.s.n.owners_lost, 0);
}
END_TEST

START_TEST(the_owner_chooses_how_vadd_listens_and_the_next_vadd_is_told)
{
	struct msg_profile	m = { .profile = "dictation" };
	struct msg_route	route;
	struct msg_offer	offer;

	m.gen = rig_live("call-1");
	rig_fake_start(BROKER1);
	rig_take(VADD0, MSG_CALL_ROUTE, 1, &route);
	ck_assert_str_eq(route.profile, "");
	rig_order(BROKER1, MSG_LISTEN_PROFILE, "call-1", &m);	/* not the owner */
	rig_order(BROKER0, MSG_LISTEN_PROFILE, "call-1", &m);
	rig_take(VADD0, MSG_CALL_ROUTE, 2, &route);
	ck_assert_str_eq(route.profile, "dictation");
	ck_assert_str_eq(route.owner, "brokerd.0");
	rig_fake_start(VADD1);
	rig_fake_kill(VADD0);
	rig_take(VADD1, MSG_CALL_ROUTE, 0, &route);
	ck_assert_str_eq(route.profile, "dictation");
	take_offer_of(route.gen, &offer);
	ck_assert_str_eq(offer.profile, "");		/* the header's; who owns it chooses anew */
}
END_TEST

START_TEST(a_call_without_any_vadd_is_kept_until_one_comes)
{
	struct msg_route	route;

	(void)rig_live("call-1");
	rig_fake_kill(VADD0);
	rig_frame(0, 8000, 1);
	ck_assert_uint_ge(rig.s.n.frames_unrouted + rig.s.n.frames_audio_lost, 1);
	rig_fake_start(VADD1);
	rig_take(VADD1, MSG_CALL_ROUTE, 0, &route);
	ck_assert_int_eq(route.clock_ms, 20);
}
END_TEST

START_TEST(an_owner_that_does_not_claim_again_loses_the_call)
{
	struct msg_offer	offer;
	int64_t			gen = rig_live("call-1");

	rig_fake_start(BROKER1);
	rig_fake_start(VADD1);
	rig_fake_kill(VADD0);
	rig_take(BROKER0, MSG_CALL_OFFER, 1, &offer);
	rig_advance(400);
	rig_take(BROKER1, MSG_CALL_OFFER, 0, &offer);
	ck_assert(offer.resume);
	rig_play(BROKER0, "call-1", gen, 1, 0, 160, true);
	ck_assert_uint_eq(rig.s.n.plays_refused_gen, 1);
}
END_TEST

START_TEST(speech_of_a_vadd_that_lost_the_call_is_ignored)
{
	struct msg_speech	speech = { .utt = 1, .gen = rig_live("call-1") };

	rig_fake_start(VADD1);
	rig_play(BROKER0, "call-1", speech.gen, 1, 0, 16000, false);
	rig_advance(100);
	rig_order(VADD1, MSG_SPEECH_START, "call-1", &speech);
	rig_advance(100);
	ck_assert_uint_eq(rig.s.n.pauses, 0);
	rig_order(VADD0, MSG_SPEECH_START, "call-1", &speech);
	RIG_UNTIL(rig.s.n.pauses == 1);
}
END_TEST

START_TEST(a_pause_whose_vadd_died_ends_by_itself)
{
	struct msg_speech	speech = { .utt = 1, .gen = rig_live("call-1") };
	int			i;

	rig_play(BROKER0, "call-1", speech.gen, 1, 0, 16000, false);
	rig_advance(100);
	rig_order(VADD0, MSG_SPEECH_START, "call-1", &speech);
	RIG_UNTIL(rig.s.n.pauses == 1);
	rig_fake_kill(VADD0);
	RIG_UNTIL(rig.s.n.vadds_lost == 1);
	ck_assert_uint_eq(rig.s.n.resumes_by_time, 0);
	for (i = 0; i < 3; i++) {	/* and no brokerd says a word */
		rig_frame(0, 8000, 1);
		rig_advance(1000);
	}
	ck_assert_uint_eq(rig.s.n.resumes_by_time, 1);
}
END_TEST

START_TEST(an_order_for_an_unknown_call_is_answered_with_its_end)
{
	struct msg_end	end;

	rig_play(BROKER0, "gone", 77, 1, 0, 160, true);
	rig_take(BROKER0, MSG_CALL_END, 0, &end);
	ck_assert_str_eq(end.reason, "unknown");
	ck_assert_int_eq(end.gen, 77);
}
END_TEST

START_TEST(generations_and_streams_rise_above_those_of_an_earlier_process)
{
	int64_t	gen = rig_live("call-1");

	ck_assert_int_ge(gen, clock_wall_ms() - 10);
	ck_assert_int_ge(rig_call("call-1")->stream, (uint32_t)(rig.wall_ms / 100));
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("route");
	TCase	*t = tcase_create("route");

	rig_unused();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, rig_teardown);
	tcase_add_test(t, without_a_claim_the_next_broker_is_asked);
	tcase_add_test(t, a_decline_goes_to_the_next_at_once);
	tcase_add_test(t, the_least_loaded_is_asked_first);
	tcase_add_test(t, a_call_without_any_broker_is_kept_and_offered_later);
	tcase_add_test(t, a_call_whose_broker_died_is_resumed_by_another);
	tcase_add_test(t, a_released_call_goes_to_another);
	tcase_add_test(t, a_call_whose_vadd_died_is_heard_by_another);
	tcase_add_test(t, the_owner_chooses_how_vadd_listens_and_the_next_vadd_is_told);
	tcase_add_test(t, a_call_without_any_vadd_is_kept_until_one_comes);
	tcase_add_test(t, an_owner_that_does_not_claim_again_loses_the_call);
	tcase_add_test(t, speech_of_a_vadd_that_lost_the_call_is_ignored);
	tcase_add_test(t, a_pause_whose_vadd_died_ends_by_itself);
	tcase_add_test(t, an_order_for_an_unknown_call_is_answered_with_its_end);
	tcase_add_test(t, generations_and_streams_rise_above_those_of_an_earlier_process);
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
