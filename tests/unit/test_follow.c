/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "webhookd/follow.h"
#include "webhookd/phrase.h"

static const char	text[] =
    "{\"vars\":{\"a\":\"\"},\"ncco\":[{\"action\":\"input\",\"type\":[\"dtmf\",\"speech\"]},"
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"1\"}]}],\"on\":{"
    "\"dtmf:1\":\"one\",\"dtmf:12#\":\"two\",\"dtmf:*\":{\"to\":\"one\",\"store\":\"keys\",\"set\":{\"a\":\"<${digits}>\"}},"
    "\"speech:yes|yeah|\xd8\xa8\xd9\x84\xd9\x87\":{\"to\":\"one\",\"store\":\"word\"},\"speech:perhaps\":{\"store\":\"word\",\"value\":\"maybe ${a}, ${speech}\"},\"speech:no\":\"two\",\"speech:*\":\"three\","
    "\"none\":{\"to\":\"start\",\"max\":2,\"then\":\"three\",\"count\":\"bad\"},"
    "\"human\":\"one\",\"machine\":\"two\",\"machine:beep_start\":\"three\",\"failed|busy\":\"one\",\"completed\":\"two\","
    "\"notify:done\":\"flow:x\",\"notify:*\":\"two\",\"record\":{\"to\":\"one\",\"ai\":\"turn\",\"store\":\"rec\"},\"transfer\":{\"hangup\":true},"
    "\"default\":{\"to\":\"start\",\"max\":2,\"then\":\"two\",\"count\":\"bad\"}},\"steps\":{"
    "\"one\":{\"ncco\":[{\"action\":\"talk\",\"text\":\"${a}\"}]},\"two\":{\"ncco\":[{\"action\":\"talk\",\"text\":\"b\"}]},"
    "\"three\":{\"ncco\":[{\"action\":\"input\",\"type\":[\"dtmf\"]}],\"on\":{\"dtmf:1\":\"one\"}}}}";

static struct flow_set		*set;
static struct flow_state	 st;
static struct follow		 next;

static void
setup(void)
{
	const char		*texts[] = { "x", text, NULL };
	struct flow_report	 r = { .fn = NULL };

	set = flow_set_parse(texts, &r);
	ck_assert_msg(set != NULL, "%s", r.first);
	st = (struct flow_state){ .seq = 1 };
}

static void
teardown(void)
{
	flow_state_clear(&st);
	flow_set_free(set);
}

static bool
follow(const char *step, const char *members)
{
	static const struct flow_var	 fixed[] = { { "uuid", "main" } };
	struct json_object		*obj = json_parse(members, strlen(members), NULL);
	const struct flow		*f = flow_find(set, "x");
	struct flow_scope		 scope = { st.vars, fixed, 1, f };
	struct event			 ev;
	bool				 found;

	ck_assert_msg(obj != NULL, "%s", members);
	event_parse(obj, &ev);
	found = follow_event(f, flow_step_find(f, step), &st, &scope, &ev, &next);
	event_clear(&ev);
	json_object_put(obj);
	return found;
}

#define INPUT(digits, results)	"{\"uuid\":\"main\",\"dtmf\":{\"digits\":" digits "},\"speech\":{\"results\":[" results "]}}"
#define SAID(t)			"{\"confidence\":\"0.5\",\"text\":\"" t "\"}"
#define STATUS(s)		"{\"uuid\":\"leg\",\"status\":\"" s "\",\"to\":\"1\"}"
static const struct { const char *members, *step; } cases[] = {
	{ INPUT("\"1\"", ""), "one" }, { INPUT("\"12#\"", ""), "two" }, { INPUT("\"7\"", ""), "one" },
	{ INPUT("null", ""), "start" }, { INPUT("\"\"", ""), "start" }, { "{\"dtmf\":\"1\"}", "one" },
	{ INPUT("null", SAID("Yes, please")), "one" }, { INPUT("null", SAID("NO!")), "two" }, { INPUT("null", SAID("yesterday")), "three" },
	{ INPUT("null", SAID("know") "," SAID("no")), "two" }, { INPUT("null", SAID("no") "," SAID("yes")), "two" },
	{ INPUT("null", SAID("\xd8\xa8\xd9\x84\xd9\x87\xd8\x8c \xd9\x85\xd9\x85\xd9\x86\xd9\x88\xd9\x86")), "one" },
	{ INPUT("\"1\"", SAID("no")), "one" },
	{ STATUS("human"), "one" }, { STATUS("machine"), "two" },
	{ "{\"call_uuid\":\"main\",\"status\":\"machine\",\"sub_state\":\"beep_start\"}", "three" },
	{ "{\"call_uuid\":\"main\",\"status\":\"machine\",\"sub_state\":\"beep_timeout\"}", NULL },
	{ STATUS("busy"), "one" }, { STATUS("failed"), "one" }, { STATUS("unanswered"), "start" }, { STATUS("ringing"), NULL },
	{ STATUS("completed"), "two" }, { "{\"uuid\":\"main\",\"status\":\"completed\"}", NULL },
	{ "{\"uuid\":\"ws\",\"status\":\"unanswered\",\"to\":\"wss://x/y\"}", NULL }, { STATUS("disconnected"), NULL },
	{ "{\"payload\":{\"a\":1,\"b\":\"done\"}}", "start" }, { "{\"payload\":{\"b\":\"other\"}}", "two" },
	{ "{\"recording_url\":\"http://x/r\",\"recording_uuid\":\"r\"}", "one" }, { "{\"recording_url\":\"\"}", NULL },
	{ "{\"reason\":\"trouble\"}", NULL },
};

START_TEST(a_value_is_cut_a_reply_is_long)
{
	struct flow_state	full = { .flow = "x" };
	char			long_[7001];

	memset(long_, 'a', sizeof(long_) - 1);
	long_[sizeof(long_) - 1] = '\0';
	ck_assert_int_eq(flow_state_set(&full, "who", long_), 0);
	ck_assert_int_eq(flow_state_set(&full, "reply", long_), 0);
	ck_assert_uint_eq(strlen(json_get_str(full.vars, "who")), 1024);
	ck_assert_uint_eq(strlen(json_get_str(full.vars, "reply")), 6144);
	flow_state_clear(&full);
}
END_TEST

START_TEST(an_event_leads_to_a_step)
{
	bool	found = follow("start", cases[_i].members);

	ck_assert_msg(found == (cases[_i].step != NULL), "%s: %d", cases[_i].members, found);
	if (found)
		ck_assert_msg(strcmp(next.step, cases[_i].step) == 0, "%s leads to %s, not %s", cases[_i].members, next.step, cases[_i].step);
}
END_TEST

START_TEST(what_is_stored_is_a_variable_too)
{
	ck_assert(follow("start", INPUT("\"7\"", "")));
	ck_assert_str_eq(next.store, "keys");
	ck_assert_str_eq(next.how, "dtmf");
	ck_assert_str_eq(next.value, "7");
	ck_assert_str_eq(json_get_str(st.vars, "answer.keys"), "7");
	ck_assert_str_eq(json_get_str(st.vars, "a"), "<7>");
	ck_assert_str_eq(json_get_str(st.vars, "digits"), "7");
	ck_assert(follow("start", INPUT("null", SAID("eh") "," SAID("oh yeah"))));
	ck_assert_str_eq(next.how, "speech");
	ck_assert_str_eq(next.value, "oh yeah");
	ck_assert_str_eq(next.confidence, "0.5000");
	ck_assert_str_eq(json_get_str(st.vars, "digits"), "");
	ck_assert(follow("start", INPUT("null", SAID("Perhaps."))));
	ck_assert_str_eq(next.value, "maybe <7>, Perhaps.");
	ck_assert_str_eq(json_get_str(st.vars, "answer.word"), "maybe <7>, Perhaps.");
	ck_assert(follow("start", "{\"recording_url\":\"http://x/r\"}"));
	ck_assert(next.ai);
	ck_assert_str_eq(next.value, "http://x/r");
}
END_TEST

START_TEST(a_shared_count_leads_elsewhere_at_its_end)
{
	ck_assert(follow("start", INPUT("null", "")));
	ck_assert_str_eq(next.step, "start");
	ck_assert(follow("start", STATUS("unanswered")));
	ck_assert_str_eq(next.step, "start");
	ck_assert(follow("start", INPUT("null", "")));
	ck_assert_str_eq(next.step, "three");
	ck_assert(follow("start", STATUS("unanswered")));
	ck_assert_str_eq(next.step, "two");
}
END_TEST

/* With an address, without one, and in a step that has no socket. */
START_TEST(a_person_is_had_where_the_flow_has_one)
{
	const char		*texts[] = { "x", "{\"vars\":{\"n\":\"\"},\"ncco\":[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\"}]}],"
	    "\"on\":{\"ai:transfer\":{\"when\":\"n\",\"to\":\"p\",\"set\":{\"why\":\"${action}\"},\"max\":1,\"then\":\"q\"},\"transfer\":\"q\"},"
	    "\"steps\":{\"p\":{\"ncco\":[{\"action\":\"talk\",\"text\":\"${why}\"}]},\"q\":{\"ncco\":[{\"action\":\"talk\",\"text\":\"q\"}]}}}", NULL };
	struct flow_report	 r = { .fn = NULL };
	struct flow_set		*flows = flow_set_parse(texts, &r);
	const struct flow	*f;
	const struct flow_step	*socket, *person;
	struct flow_scope	 scope = { .vars = NULL };

	ck_assert_msg(flows != NULL, "%s", r.first);
	scope.flow = f = flow_find(flows, "x");
	socket = flow_step_find(f, FLOW_START);
	person = flow_step_find(f, "p");
	ck_assert(!follow_may_transfer(socket, &scope));
	ck_assert(!follow_transfer(f, socket, &st, &scope, &next));
	ck_assert_int_eq(flow_state_set(&st, "n", "447700900099"), 0);
	scope.vars = st.vars;
	ck_assert(follow_may_transfer(socket, &scope));
	ck_assert(!follow_may_transfer(person, &scope));
	ck_assert(follow_transfer(f, socket, &st, &scope, &next));
	ck_assert_str_eq(next.step, "p");
	ck_assert_str_eq(json_get_str(st.vars, "why"), "transfer");
	ck_assert(follow_transfer(f, socket, &st, &scope, &next));
	ck_assert_str_eq(next.step, "q");		/* it counts */
	flow_set_free(flows);
}
END_TEST

START_TEST(a_hang_up_stays_where_it_is)
{
	ck_assert(follow("start", "{\"type\":\"transfer\",\"uuid\":\"main\",\"conversation_uuid_from\":\"CON-a\",\"conversation_uuid_to\":\"CON-b\"}"));
	ck_assert(next.hangup);
	ck_assert_str_eq(next.flow, "");
}
END_TEST

START_TEST(a_step_without_a_table_leads_nowhere)
{
	ck_assert(!follow("one", INPUT("\"1\"", "")));
	ck_assert(!follow("three", INPUT("\"2\"", "")));
	ck_assert(follow_has_failure(flow_step_find(flow_find(set, "x"), "start")));
	ck_assert(!follow_has_failure(flow_step_find(flow_find(set, "x"), "three")));
}
END_TEST

static const struct { const char *phrases, *said; bool there; } phrases[] = {
	{ "yes", "yes", true }, { "yes", "YES.", true }, { "yes", "yesterday", false }, { "don't call", "Don\xe2\x80\x99t call me", true },
	{ "a b|c", "x A, B y", true }, { "a b|c", "b a", false }, { "", "x", false }, { "\xc3\xa4" "pfel", "\xc3\x84PFEL", true },
	{ "\xd0\xb4\xd0\xb0", "\xd0\x94\xd0\x90", true },					/* Cyrillic */
	{ "\xd9\x83\xd9\x84", "\xda\xa9\xd9\x84", true },					/* Arabic and Persian kaf */
	{ "5", "\xdb\xb5", true },								/* Persian digit */
	{ "\xd9\x85\xdb\x8c \xd8\xb1\xd9\x88\xd9\x85", "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xb1\xd9\x88\xd9\x85", true },	/* ZWNJ */
	{ "تایید", "تأیید", true }, { "تایید", "تائید می‌کنم", true }, { "خانه", "خانۀ", true }, { "مسوول", "مسؤول", true },	/* hamza */
	{ "فارسی", "\xe2\x80\x8f" "فار\xe2\x80\x8e" "سی\xe2\x80\x8f", true }, { "yes", "\xef\xbb\xbfyes", true },	/* marks */
	{ "x", "\xff\xfe x \xc3", true },
};

START_TEST(phrases_are_found_as_words)
{
	ck_assert_msg(phrase_in(phrases[_i].phrases, phrases[_i].said) == phrases[_i].there, "\"%s\" in \"%s\"", phrases[_i].phrases, phrases[_i].said);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("follow");
	TCase	*t = tcase_create("follow");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, a_value_is_cut_a_reply_is_long);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, an_event_leads_to_a_step, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, what_is_stored_is_a_variable_too);
	tcase_add_test(t, a_shared_count_leads_elsewhere_at_its_end);
	tcase_add_test(t, a_person_is_had_where_the_flow_has_one);
	tcase_add_test(t, a_hang_up_stays_where_it_is);
	tcase_add_test(t, a_step_without_a_table_leads_nowhere);
	tcase_add_loop_test(t, phrases_are_found_as_words, 0, sizeof(phrases) / sizeof(phrases[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
