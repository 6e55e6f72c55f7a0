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

START_TEST(a_leg_that_is_given_another_ncco_while_it_connects_goes_on)
{
	static const char	 wait[] = "[{\"action\":\"wait\",\"timeout\":60}]";
	struct conversation	*v = conv_new(&sim, NULL, 8000), *w = conv_new(&sim, NULL, 8000);
	struct leg		*a = phone_in(v, NULL), *b = phone_in(w, NULL), *child;
	struct json_object	*ncco = json_parse(wait, sizeof(wait) - 1, NULL);
	char			 cause[CONTROL_CAUSE_SIZE];

	run(a, "[" CALL_45 "]");
	child = a->run.connecting;
	run(a, wait);
	ck_assert_int_eq(child->state, LEG_OVER);
	ck_assert_int_eq(child->status, EVENT_CANCELLED);
	ck_assert_int_eq(a->run.state, RUN_WAITING);
	run(a, "[" CALL_45 "]");
	ck_assert_int_eq(control_transfer(a, ncco, cause), CONTROL_OK);
	ck_assert_int_eq(a->run.state, RUN_WAITING);
	run(a, "[{\"action\":\"conversation\",\"name\":\"m\",\"endOnExit\":true}]");
	run(b, "[{\"action\":\"conversation\",\"name\":\"m\"}]");
	ck_assert_int_eq(control_transfer(a, ncco, cause), CONTROL_OK);
	ck_assert_int_eq(b->state, LEG_OVER);
	ck_assert_int_eq(a->run.state, RUN_WAITING);
	json_object_put(ncco);
}
END_TEST

/* ---- anything may happen at any time ---- */

static uint64_t seed;

static unsigned
roll(unsigned n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % n;
}

static struct conversation *
some_conversation(void)
{
	struct conversation	*v, *got = NULL;
	unsigned		 n = 0;

	TAILQ_FOREACH(v, &sim.conversations, entry)
		if (v->nlegs > 0 && roll(++n) == 0)
			got = v;
	return got;
}

static struct leg *
some_leg(void)
{
	struct leg	*leg, *got = NULL;
	unsigned	 n = 0;

	TAILQ_FOREACH(leg, &sim.legs, in_sim)
		if (leg->call != NULL && leg->state != LEG_OVER && roll(++n) == 0)
			got = leg;
	return got;
}

static const char *
some_ncco(char text[600])
{
	static const char	*const nccos[] = {
		"{\"action\":\"wait\",\"timeout\":0.2}",
		"{\"action\":\"conversation\",\"name\":\"r\",\"record\":true}",
		"{\"action\":\"conversation\",\"name\":\"s\",\"startOnEnter\":false,\"canHear\":[]}",
		"{\"action\":\"conversation\",\"name\":\"s\",\"endOnExit\":true,\"mute\":true}",
		"{\"action\":\"input\",\"type\":[\"speech\",\"dtmf\"],\"speech\":{\"saveAudio\":true}}",
		"{\"action\":\"notify\",\"payload\":{\"a\":1},\"eventUrl\":[\"http://127.0.0.1:9/\"]}",
		"{\"action\":\"record\",\"format\":\"wav\",\"split\":\"conversation\",\"channels\":3}",
		"{\"action\":\"record\",\"format\":\"wav\",\"endOnKey\":\"1\",\"beepStart\":true}",
		"{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"447700900001\"}]}",
		"{\"action\":\"connect\",\"advancedMachineDetection\":{\"mode\":\"detect\"},"
		    "\"endpoint\":[{\"type\":\"phone\",\"number\":\"447700900001\",\"onAnswer\":{\"url\":\"http://127.0.0.1:9/\"}}]}",
		CALL_45,
	};
	struct conversation	*v = some_conversation();

	if (v != NULL && roll(5) == 0)
		(void)snprintf(text, 600, "[{\"action\":\"transfer\",\"conversationId\":\"%s\"}]", v->uuid);
	else
		(void)snprintf(text, 600, "[%s,%s]", nccos[roll(11)], nccos[roll(11)]);
	return text;
}

static void
free_calls_that_are_over(void)
{
	struct call	*c, *next;
	struct leg	*leg;

	for (c = TAILQ_FIRST(&sim.calls); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		TAILQ_FOREACH(leg, &c->legs, in_call)
			if (leg->state != LEG_OVER)
				break;
		if (leg == NULL)
			call_free(c);
	}
}

/* The books are in order. */
static void
look(void)
{
	struct conversation	*v;
	struct leg		*leg;
	unsigned		 n;

	TAILQ_FOREACH(v, &sim.conversations, entry) {
		n = 0;
		TAILQ_FOREACH(leg, &v->legs, in_conv) {
			ck_assert_ptr_eq(leg->conv, v);
			ck_assert_str_eq(leg->conv_uuid, v->uuid);
			n++;
		}
		ck_assert_uint_eq(n, v->nlegs);
		ck_assert(v->recorder == NULL || v->recorder->leg->conv == v);
	}
	TAILQ_FOREACH(leg, &sim.legs, in_sim) {
		ck_assert(leg->state != LEG_OVER || leg->conv == NULL);
		ck_assert(leg->state != LEG_LIVE || leg->conv != NULL);
		if (leg->run.connecting == NULL)
			continue;
		ck_assert_ptr_eq(leg->run.connecting->parent, leg);
		ck_assert_int_ne(leg->run.connecting->state, LEG_OVER);
		ck_assert_int_eq(leg->run.state, RUN_CONNECTING);
	}
}

/* One that empties goes with its own tick. */
static void
let_time_pass(struct conversation *v)
{
	struct conversation	*at;
	unsigned		 n = 1 + roll(150);

	while (n-- > 0) {
		TAILQ_FOREACH(at, &sim.conversations, entry)
			if (at == v)
				break;
		if (at == NULL)
			return;
		tick(v, 1);
	}
}

static void
something_happens(struct leg *leg)
{
	struct json_object	*ncco;
	char			 text[600], cause[CONTROL_CAUSE_SIZE];

	switch (roll(12)) {
	case 0:
		leg_end(leg, "user");
		break;
	case 1:
		if (leg->state == LEG_RINGING && leg->parent != NULL)
			run_connect_failed(leg, EVENT_BUSY, true);
		break;
	case 2:
		if (leg->run.state == RUN_REPLY)
			run_reply_own(leg, some_ncco(text), strlen(text));
		break;
	case 3:
		if (leg->run.state == RUN_REPLY)
			run_reply_own(leg, NULL, 0);
		break;
	case 4:
		ncco = json_parse(some_ncco(text), strlen(text), NULL);
		(void)control_transfer(leg, ncco, cause);
		json_object_put(ncco);
		break;
	case 5:
		if (leg->state == LEG_LIVE && leg->run.state != RUN_IDLE)
			run(leg, some_ncco(text));
		break;
	case 6:
		if (leg->state == LEG_LIVE && leg->line != NULL) {
			say(leg, 1000);
			leg_speaks(leg, "words");
		}
		break;
	case 7:
		if (leg->state == LEG_LIVE)
			leg_key(leg, '1');
		break;
	case 8:
		(void)control_mute(leg, roll(2) == 0);
		break;
	default:
		let_time_pass(some_conversation());
		break;
	}
}

START_TEST(whatever_happens_the_books_are_in_order)
{
	static const uint32_t	 rates[] = { 8000, 16000, 24000 };
	struct leg		*leg;
	char			 text[600];
	unsigned		 i;

	log_open("test", LOG_LVL_ERROR, 2);
	sim.options.max_ms = 3600000;
	seed = (uint64_t)_i * 7919 + 1;
	for (i = 0; i < 400; i++) {
		sim.nconnects = 0;
		if (roll(4) == 0) {
			leg = phone_in(conv_new(&sim, NULL, rates[roll(3)]), NULL);
			run(leg, some_ncco(text));
		} else if ((leg = some_leg()) != NULL)
			something_happens(leg);
		look();
		if (roll(10) == 0)
			free_calls_that_are_over();
		look();
	}
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
	tcase_set_timeout(t, 60);		/* a second of CPU with sanitizers, on a machine with other work */
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
	tcase_add_test(t, a_leg_that_is_given_another_ncco_while_it_connects_goes_on);
	tcase_add_loop_test(t, whatever_happens_the_books_are_in_order, 0, 10);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
