/* SPDX-License-Identifier: ISC */
/* Legs in conversations, their ticks made by the test: no time passes, nothing is sent. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/control.h"
#include "tools/callsim/conversation.h"

#define NOWHERE	"http://127.0.0.1:9/"

static struct sim sim;

static void
setup(void)
{
	char	cause[200];

	log_open("test", LOG_LVL_ERROR, 2);
	memset(&sim, 0, sizeof(sim));
	sim.options = (struct sim_options){ .answer_url = NOWHERE, .event_url = NOWHERE, .max_ms = 60000,
	    .details = true, .line = { .level_db = EARMETER_LEVEL_DB, .quiet_ms = EARMETER_QUIET_MS,
	    .noise_db = -120 } };
	ck_assert_msg(sim_start(&sim, 0, cause, sizeof(cause)) == 0, "%s", cause);
}

static void
teardown(void)
{
	sim_clear(&sim);
}

static void
on_done(void *arg, struct call *c)
{
	(void)arg;
	(void)c;
}

/* A phone in v, answered; with its own call when c is NULL. */
static struct leg *
phone_in(struct conversation *v, struct call *c)
{
	struct leg	*leg;

	if (c == NULL)
		ck_assert_ptr_nonnull(c = call_new_empty(&sim, on_done, NULL));
	ck_assert_ptr_nonnull(leg = leg_new(c, NULL, NCCO_PHONE, "44", "45"));
	if (c->first == NULL)
		c->first = leg;
	c->state = CALL_LIVE;
	ck_assert_int_eq(conv_join(v, leg), 0);
	ck_assert_int_eq(leg_give_line(leg, NULL), 0);
	leg->state = LEG_LIVE;
	return leg;
}

/* Says the value, sample by sample, for a second. */
static void
say(struct leg *leg, int16_t value)
{
	uint32_t	 rate_hz = leg->rate_hz, i;
	int16_t		*samples = mem_alloc(rate_hz * sizeof(*samples));
	struct clip	*clip;

	for (i = 0; i < rate_hz; i++)
		samples[i] = value;
	ck_assert_ptr_nonnull(clip = clip_make(samples, rate_hz, rate_hz, rate_hz));
	line_say(leg->line, clip);
	clip_unref(clip);
	free(samples);
}

static void
tick(struct conversation *v, unsigned n)
{
	while (n-- > 0)
		v->pace.tick(v->pace.arg);
}

/* The middle of the frame that leg hears now; 0: silence. */
static int
heard(const struct leg *leg)
{
	int16_t		 scratch[AUDIO_FRAME_SAMPLES_MAX];
	const int16_t	*frame = conv_heard(leg, scratch);

	return frame == NULL ? 0 : frame[AUDIO_FRAME_SAMPLES(leg->conv->rate_hz) / 2];
}

static void
run(struct leg *leg, const char *text)
{
	struct ncco	ncco = { 0 };
	char		cause[NCCO_CAUSE_SIZE];

	ck_assert_msg(ncco_parse(&ncco, text, strlen(text), cause, sizeof(cause)) == NCCO_OK, "%s", cause);
	run_start(leg, &ncco);
}

/* How many events with this status, or of the type "transfer", the leg has made. */
static unsigned
events_of(const struct leg *leg, const char *what)
{
	struct json_object	*o;
	size_t			 i;
	unsigned		 n = 0;

	for (i = 0; i < json_object_array_length(leg->notes.events); i++) {
		o = json_get_obj(json_object_array_get_idx(leg->notes.events, i), "event");
		n += strcmp(json_get_str_or(o, "status", ""), what) == 0;
		n += strcmp(json_get_str_or(o, "type", ""), what) == 0;
	}
	return n;
}

START_TEST(each_hears_the_sum_of_the_others)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, NULL), *c;

	say(a, 100);
	say(b, 200);
	tick(v, 1);
	ck_assert_int_eq(heard(a), 200);
	ck_assert_int_eq(heard(b), 100);
	c = phone_in(v, NULL);
	tick(v, 1);
	ck_assert_int_eq(heard(a), 200);
	ck_assert_int_eq(heard(c), 300);
	say(c, -50);
	tick(v, 1);
	ck_assert_int_eq(heard(a), 150);
	ck_assert_int_eq(heard(b), 50);
	conv_leave(b);
	ck_assert_int_eq(heard(c), 100);
	ck_assert_int_eq(heard(b), 0);
}
END_TEST

/* Three legs say 1, 2 and 4 (times 100): what each hears tells whom. */
START_TEST(mute_earmuff_and_the_lists_say_who_hears_whom)
{
	static const struct {
		const char	*what;
		int		 who;		/* has: */
		bool		 mute, earmuff;
		int		 speak, hear;	/* the one on the list; -1: nobody, -2: no list */
		int		 want[3];
	} rows[] = {
		{ "nothing", 0, false, false, -2, -2, { 6, 5, 3 } },
		{ "mute", 0, true, false, -2, -2, { 6, 4, 2 } },
		{ "earmuff", 0, false, true, -2, -2, { 0, 5, 3 } },
		{ "canSpeak []", 1, false, false, -1, -2, { 4, 5, 1 } },
		{ "canSpeak one", 1, false, false, 2, -2, { 4, 5, 3 } },
		{ "canHear []", 2, false, false, -2, -1, { 6, 5, 0 } },
		{ "canHear one", 2, false, false, -2, 0, { 6, 5, 1 } },
		{ "both", 2, false, false, 0, 1, { 6, 1, 2 } },
	};
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*legs[3], *l;
	struct ncco_list	 list;
	char			*uuid;
	size_t			 i, k;

	for (k = 0; k < 3; k++)
		say(legs[k] = phone_in(v, NULL), (int16_t)(100 << k));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = legs[rows[i].who];
		l->muted = rows[i].mute;
		l->earmuffed = rows[i].earmuff;
		uuid = rows[i].speak < 0 ? NULL : legs[rows[i].speak]->uuid;
		list = (struct ncco_list){ .given = rows[i].speak != -2, .count = uuid != NULL, .items = &uuid };
		ck_assert_int_eq(leg_uuids_set(&l->can_speak, &list), 0);
		uuid = rows[i].hear < 0 ? NULL : legs[rows[i].hear]->uuid;
		list = (struct ncco_list){ .given = rows[i].hear != -2, .count = uuid != NULL, .items = &uuid };
		ck_assert_int_eq(leg_uuids_set(&l->can_hear, &list), 0);
		tick(v, 1);
		for (k = 0; k < 3; k++)
			ck_assert_msg(heard(legs[k]) == rows[i].want[k] * 100, "%s: %zu hears %d", rows[i].what,
			    k, heard(legs[k]));
		l->muted = l->earmuffed = false;
		list = (struct ncco_list){ 0 };
		(void)leg_uuids_set(&l->can_speak, &list);
		(void)leg_uuids_set(&l->can_hear, &list);
	}
}
END_TEST

START_TEST(nobody_hears_before_a_named_one_has_started)
{
	struct conversation	*v = conv_new(&sim, "room", 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, NULL);

	say(a, 100);
	tick(v, 1);
	ck_assert_int_eq(heard(b), 0);
	conv_start(v);
	ck_assert_int_eq(heard(b), 100);
	ck_assert_ptr_eq(conv_named(&sim, "room"), v);
	ck_assert_ptr_eq(conv_find(&sim, a->conv_uuid), v);
	conv_leave(a);
	conv_leave(b);
	ck_assert_ptr_null(conv_named(&sim, "room"));	/* it goes with its last leg */
	tick(v, 1);
	ck_assert(TAILQ_EMPTY(&sim.conversations));
}
END_TEST

START_TEST(a_leg_that_does_not_fit_stays_where_it_is)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000), *w = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL);
	unsigned		 i;

	for (i = 0; i < CONV_LEGS_MAX; i++)
		(void)phone_in(w, NULL);
	ck_assert_int_eq(conv_join(w, a), -1);
	ck_assert_int_eq(errno, ENOBUFS);
	ck_assert_ptr_eq(a->conv, v);
	ck_assert_uint_eq(w->nlegs, CONV_LEGS_MAX);
}
END_TEST

START_TEST(a_leg_of_another_rate_is_bridged_both_ways_and_no_longer_at_home)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000), *w = conv_new(&sim, NULL, 16000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(w, NULL);

	ck_assert_int_eq(conv_join(w, a), 0);
	say(a, 1000);
	say(b, 2000);
	tick(w, 10);
	ck_assert_int_eq(abs(heard(b) - 1000) < 50, 1);
	ck_assert_int_eq(heard(a), 2000);		/* of the conversation's rate */
	ck_assert_uint_eq(line_meter(a->line)->rate_hz, 8000);
	ck_assert(line_meter(a->line)->sounding);	/* in its ear */
	ck_assert_int_eq(conv_join(v, a), 0);
	ck_assert_ptr_null(a->out);
	ck_assert_ptr_null(a->in);
}
END_TEST

START_TEST(who_has_nothing_to_stay_for_ends)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, a->call);

	run(a, "[{\"action\":\"wait\",\"timeout\":1}]");
	tick(v, 20);
	ck_assert_int_eq(a->run.state, RUN_WAITING);
	tick(v, 40);
	ck_assert_int_eq(a->run.state, RUN_DONE);	/* but b is there */
	ck_assert_int_eq(a->state, LEG_LIVE);
	leg_end(b, "user");
	ck_assert_int_eq(a->state, LEG_OVER);
	ck_assert_str_eq(a->ended_by, "platform");
}
END_TEST

START_TEST(without_a_leg_that_runs_an_ncco_the_others_end)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, a->call), *c = phone_in(v, a->call);

	run(a, "[{\"action\":\"wait\",\"timeout\":60}]");
	leg_end(b, "user");
	ck_assert_int_eq(c->state, LEG_LIVE);
	leg_end(a, "user");
	ck_assert_int_eq(c->state, LEG_OVER);
	ck_assert_str_eq(c->ended_by, "platform");
}
END_TEST

START_TEST(end_on_exit_ends_all)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000), *w = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(w, NULL);

	run(a, "[{\"action\":\"conversation\",\"name\":\"m\",\"endOnExit\":true}]");
	run(b, "[{\"action\":\"conversation\",\"name\":\"m\",\"mute\":true}]");
	ck_assert_ptr_eq(a->conv, b->conv);
	ck_assert(b->muted);
	ck_assert_uint_eq(events_of(a, "transfer") + events_of(b, "transfer"), 2);
	leg_end(a, "user");
	ck_assert_int_eq(b->state, LEG_OVER);
}
END_TEST

START_TEST(transfer_moves_all_legs_and_ends_their_nccos)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000), *w = conv_new(&sim, NULL, 16000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, a->call), *c = phone_in(w, NULL);
	char			 text[300];

	run(c, "[{\"action\":\"wait\",\"timeout\":60}]");
	(void)snprintf(text, sizeof(text), "[{\"action\":\"transfer\",\"conversationId\":\"%s\",\"canHear\":[\"%s\"]},"
	    "{\"action\":\"talk\",\"text\":\"never\"}]", w->uuid, c->uuid);
	run(a, text);
	ck_assert_uint_eq(w->nlegs, 3);
	ck_assert_str_eq(b->conv_uuid, w->uuid);
	ck_assert_uint_eq(events_of(a, "transfer"), 1);
	ck_assert_uint_eq(events_of(b, "transfer"), 1);
	say(a, 1000);
	say(c, 500);
	tick(w, 10);
	ck_assert_int_eq(heard(b), 500);	/* c only */
	ck_assert_int_eq(abs(heard(c) - 1000) < 50, 1);
	ck_assert_int_eq(a->run.state, RUN_IDLE);
	leg_end(c, "user");			/* whose NCCO went on controlling */
	ck_assert_int_eq(a->state, LEG_OVER);
	ck_assert_int_eq(b->state, LEG_OVER);
}
END_TEST

START_TEST(transfer_into_a_full_conversation_moves_nobody)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000), *w = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, a->call);
	char			 text[200];
	unsigned		 i;

	for (i = 0; i < CONV_LEGS_MAX - 1; i++)
		(void)phone_in(w, NULL);
	(void)snprintf(text, sizeof(text), "[{\"action\":\"transfer\",\"conversationId\":\"%s\"},"
	    "{\"action\":\"wait\",\"timeout\":9}]", w->uuid);
	run(a, text);
	ck_assert_ptr_eq(a->conv, v);
	ck_assert_ptr_eq(b->conv, v);
	ck_assert_int_eq(a->run.state, RUN_WAITING);
}
END_TEST

#define CALL_45	"{\"action\":\"connect\",\"eventType\":\"synchronous\",\"endpoint\":[{\"type\":\"phone\"," \
		"\"number\":\"447700900001\"}]}"

START_TEST(completed_of_a_failed_connect_waits_for_the_last_attempt)
{
	static const char	again[] = "[" CALL_45 ",{\"action\":\"wait\",\"timeout\":60}]", talk[] =
				    "[{\"action\":\"wait\",\"timeout\":60}]";
	static const struct { const char *reply; bool waits; } rows[] = {
		{ again, true }, { talk, false }, { NULL, false }, { "{}", false },
	};
	struct conversation	*v;
	struct leg		*a, *first, *second;
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		v = conv_new(&sim, NULL, 8000);
		a = phone_in(v, NULL);
		run(a, "[" CALL_45 ",{\"action\":\"wait\",\"timeout\":60}]");
		sim.nconnects = 0;		/* three a second are for others to test */
		ck_assert_ptr_nonnull(first = a->run.connecting);
		run_connect_failed(first, EVENT_BUSY, true);
		ck_assert_int_eq(first->state, LEG_OVER);
		ck_assert_int_eq(a->run.state, RUN_REPLY);
		ck_assert_uint_eq(events_of(first, "completed"), 0);
		run_reply_parent(first, rows[i].reply, rows[i].reply == NULL ? 0 : strlen(rows[i].reply));
		ck_assert_uint_eq(events_of(first, "completed"), !rows[i].waits);
		ck_assert_int_eq(a->run.state, rows[i].waits ? RUN_CONNECTING : RUN_WAITING);
		if (!rows[i].waits)
			continue;
		second = a->run.connecting;
		tick(v, 120);			/* a human answers after 2 s */
		ck_assert_int_eq(second->state, LEG_LIVE);
		ck_assert_uint_eq(events_of(first, "completed"), 1);
		ck_assert_uint_eq(events_of(second, "completed"), 0);
		ck_assert_int_eq(a->run.state, RUN_WAITING);
	}
}
END_TEST

START_TEST(completed_that_is_owed_comes_when_the_caller_hangs_up)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *child;

	run(a, "[" CALL_45 "]");
	child = a->run.connecting;
	run_connect_failed(child, EVENT_BUSY, true);
	leg_end(a, "user");
	ck_assert_uint_eq(events_of(child, "completed"), 1);
	run_reply_parent(child, NULL, 0);	/* the late answer does nothing */
	ck_assert_uint_eq(events_of(child, "completed"), 1);
}
END_TEST

START_TEST(a_key_or_speech_barges_in_until_the_input)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL);
	static const char	*const nccos[] = {
		"[{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true},{\"action\":\"talk\",\"text\":\"b\"},"
		"{\"action\":\"input\",\"type\":[\"dtmf\"]}]",
		"[{\"action\":\"talk\",\"text\":\"a\",\"bargeIn\":true},{\"action\":\"input\",\"type\":[\"dtmf\"]}]",
	};
	size_t			 i;

	for (i = 0; i < 2; i++) {
		run(a, nccos[i]);
		run_speech(a, a, true);		/* the input takes no speech */
		ck_assert_int_eq(a->run.state, RUN_PLAYING);
		if (i == 0) {			/* the first is over */
			play_stop(a, TRACK_NCCO);
			tick(v, 1);
			ck_assert_int_eq(a->run.state, RUN_PLAYING);
		}
		leg_key(a, '1');
		ck_assert_int_eq(a->run.state, RUN_INPUT);
		ck_assert_str_eq(a->run.input.digits, "1");
	}
	run(a, "[{\"action\":\"talk\",\"text\":\"a\"},{\"action\":\"input\",\"type\":[\"dtmf\"]}]");
	leg_key(a, '1');
	ck_assert_int_eq(a->run.state, RUN_PLAYING);
}
END_TEST

START_TEST(an_input_listens_to_the_leg_that_it_names)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(v, a->call), *c = phone_in(v, a->call);
	char			 text[200];

	(void)snprintf(text, sizeof(text), "[{\"action\":\"input\",\"type\":[\"speech\"],"
	    "\"speech\":{\"uuid\":[\"%s\"],\"endOnSilence\":0.4}},{\"action\":\"wait\",\"timeout\":60}]", b->uuid);
	run(a, text);
	say(a, 100);
	leg_speaks(a, "not me");
	say(c, 100);
	leg_speaks(c, "nor me");
	tick(v, 60);
	ck_assert_int_eq(a->run.state, RUN_INPUT);
	say(b, 100);
	leg_speaks(b, "the words");
	tick(v, 10);
	leg_end(b, "user");		/* in the middle of its speech */
	ck_assert_int_eq(a->run.state, RUN_INPUT);
	tick(v, 25);
	ck_assert_int_eq(a->run.state, RUN_REPLY);
	ck_assert_str_eq(a->run.input.text, "the words");
	ck_assert_int_eq(a->run.input.reason, INPUT_END_ON_SILENCE);
}
END_TEST

START_TEST(a_callee_that_rest_takes_away_frees_its_caller)
{
	struct conversation	*v = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b;
	static const char	 wait[] = "[{\"action\":\"wait\",\"timeout\":60}]";
	struct json_object	*ncco = json_parse(wait, sizeof(wait) - 1, NULL);
	struct ncco_list	 nobody = { .given = true };
	char			 cause[CONTROL_CAUSE_SIZE];

	ck_assert_ptr_nonnull(ncco);
	run(a, "[{\"action\":\"connect\",\"advancedMachineDetection\":{\"mode\":\"detect\"},"
	    "\"endpoint\":[{\"type\":\"phone\",\"number\":\"447700900001\"}]},{\"action\":\"wait\",\"timeout\":60}]");
	b = a->run.connecting;
	ck_assert_int_eq(control_transfer(b, ncco, cause), CONTROL_NOT_UP);
	tick(v, 110);			/* answered, but not yet known to be a human */
	ck_assert_int_eq(b->state, LEG_LIVE);
	ck_assert_int_eq(a->run.state, RUN_CONNECTING);
	(void)leg_uuids_set(&b->can_hear, &nobody);
	ck_assert_int_eq(control_transfer(b, ncco, cause), CONTROL_OK);
	ck_assert_ptr_ne(b->conv, v);
	ck_assert_int_eq(b->run.state, RUN_WAITING);
	ck_assert(!b->can_hear.given);
	ck_assert_int_eq(a->run.state, RUN_WAITING);
	leg_end(a, "user");
	ck_assert_int_eq(b->state, LEG_LIVE);
	json_object_put(ncco);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("conversation");
	TCase	*t = tcase_create("conversation");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_hears_the_sum_of_the_others);
	tcase_add_test(t, mute_earmuff_and_the_lists_say_who_hears_whom);
	tcase_add_test(t, nobody_hears_before_a_named_one_has_started);
	tcase_add_test(t, a_leg_that_does_not_fit_stays_where_it_is);
	tcase_add_test(t, a_leg_of_another_rate_is_bridged_both_ways_and_no_longer_at_home);
	tcase_add_test(t, who_has_nothing_to_stay_for_ends);
	tcase_add_test(t, without_a_leg_that_runs_an_ncco_the_others_end);
	tcase_add_test(t, end_on_exit_ends_all);
	tcase_add_test(t, transfer_moves_all_legs_and_ends_their_nccos);
	tcase_add_test(t, transfer_into_a_full_conversation_moves_nobody);
	tcase_add_test(t, completed_of_a_failed_connect_waits_for_the_last_attempt);
	tcase_add_test(t, completed_that_is_owed_comes_when_the_caller_hangs_up);
	tcase_add_test(t, a_key_or_speech_barges_in_until_the_input);
	tcase_add_test(t, an_input_listens_to_the_leg_that_it_names);
	tcase_add_test(t, a_callee_that_rest_takes_away_frees_its_caller);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
