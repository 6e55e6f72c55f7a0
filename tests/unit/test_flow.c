/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "webhookd/flow.h"
#include "webhookd/jsonline.h"

static const char	good[] = "{\"ncco\":[{\"action\":\"talk\",\"when\":\"greeting\",\"text\":\"${greeting}\",\"loop\":1},"
			    "{\"action\":\"notify\",\"payload\":{\"who\":\"<${contact.name}>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/${contact.name}\"]}]}";

static struct flow_set *
parse(const char *text, struct flow_report *r)
{
	const char	*texts[] = { "x", text, NULL };

	*r = (struct flow_report){ .fn = NULL };
	return flow_set_parse(texts, r);
}

static void
render_is(const char *text, const struct flow_var *vars, size_t nvars, const char *want)
{
	struct flow_report	 r;
	struct flow_set		*set = parse(text, &r);
	struct flow_scope	 scope = { NULL, vars, nvars, NULL };
	struct json_object	*ncco;

	ck_assert_msg(set != NULL, "%s", r.first);
	scope.flow = flow_find(set, "x");
	ncco = flow_render(flow_step_find(scope.flow, FLOW_START), &scope);
	ck_assert_ptr_nonnull(ncco);
	ck_assert_str_eq(json_text(ncco, NULL), want);
	json_object_put(ncco);
	flow_set_free(set);
}

static void
good_is(const char *greeting, const char *name, const char *want)
{
	struct flow_var	vars[] = { { "contact.name", name }, { "greeting", greeting } };

	render_is(good, vars, 2, want);
}

START_TEST(variables_are_filled_in_everywhere)
{
	good_is("Hello", "Ann", "[{\"action\":\"talk\",\"text\":\"Hello\",\"loop\":1},"
	    "{\"action\":\"notify\",\"payload\":{\"who\":\"<Ann>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/Ann\"]}]");
}
END_TEST

START_TEST(a_value_cannot_break_out_of_its_string)
{
	good_is("\"},{\"action\":\"x", "a\"b\\c\n${greeting}", "[{\"action\":\"talk\",\"text\":\"\\\"},{\\\"action\\\":\\\"x\",\"loop\":1},"
	    "{\"action\":\"notify\",\"payload\":{\"who\":\"<a\\\"b\\\\c\\n${greeting}>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/a\\\"b\\\\c\\n${greeting}\"]}]");
}
END_TEST

START_TEST(a_value_cut_inside_a_character_still_makes_an_ncco)
{
	good_is("", "Zo\xc3", "[{\"action\":\"notify\",\"payload\":{\"who\":\"<Zo\xef\xbf\xbd>\",\"cost\":\"$5\"},"
	    "\"eventUrl\":[\"http://x/Zo\xef\xbf\xbd\"]}]");
}
END_TEST

START_TEST(an_action_whose_condition_is_empty_is_left_out)
{
	good_is("", NULL, "[{\"action\":\"notify\",\"payload\":{\"who\":\"<>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/\"]}]");
}
END_TEST

#define T(when)	"{\"action\":\"talk\",\"when\":" when ",\"text\":\"a\"}"
static const struct { const char *action; bool there; } conditions[] = {
	{ T("\"one\""), true }, { T("\"!one\""), false }, { T("\"one=1\""), true }, { T("\"one=2\""), false },
	{ T("\"one!=2\""), true }, { T("\"empty\""), false }, { T("\"!empty\""), true },
	{ T("[\"one\",\"!empty\"]"), true }, { T("[\"one\",\"empty\"]"), false }, { T("\"one=${same}\""), true }, { T("\"one=${empty}\""), false },
};

START_TEST(an_action_is_there_when_its_conditions_hold)
{
	char	text[400];

	(void)snprintf(text, sizeof(text), "{\"vars\":{\"one\":\"1\",\"empty\":\"\",\"same\":\"1\"},\"ncco\":[%s]}", conditions[_i].action);
	render_is(text, NULL, 0, conditions[_i].there ? "[{\"action\":\"talk\",\"text\":\"a\"}]" : "[]");
}
END_TEST

START_TEST(a_default_may_name_others_but_a_value_may_not)
{
	const struct flow_var	vars[] = { { "contact.name", "${evil}" } };

	render_is("{\"vars\":{\"text\":\"Hi ${contact.name}\"},\"ncco\":[{\"action\":\"talk\",\"text\":\"${text}.\"}]}", vars, 1,
	    "[{\"action\":\"talk\",\"text\":\"Hi ${evil}.\"}]");
}
END_TEST

START_TEST(a_value_cannot_break_the_ssml_that_it_stands_in)
{
	const struct flow_var	vars[] = { { "contact.name", "Tom & 'Jerry' <x>" } };

	render_is("{\"vars\":{\"rest\":\"<s>${contact.name}</s>\"},\"ncco\":[{\"action\":\"talk\",\"text\":\"<speak>${rest}, ${contact.name}</speak>\"},"
	    "{\"action\":\"talk\",\"text\":\"${contact.name}\"}]}", vars, 1,
	    "[{\"action\":\"talk\",\"text\":\"<speak><s>Tom &amp; &apos;Jerry&apos; &lt;x&gt;</s>, Tom &amp; &apos;Jerry&apos; &lt;x&gt;</speak>\"},"
	    "{\"action\":\"talk\",\"text\":\"Tom & 'Jerry' <x>\"}]");
}
END_TEST

START_TEST(the_value_of_a_call_goes_before_the_default)
{
	struct flow_report	 r;
	struct flow_set		*set = parse("{\"vars\":{\"a\":\"file\",\"b\":\"file\"},\"ncco\":[{\"action\":\"talk\",\"text\":\"${a} ${b}\"}]}", &r);
	struct json_object	*vars = json_parse("{\"a\":\"call\"}", 12, NULL), *ncco;
	struct flow_scope	 scope = { vars, NULL, 0, flow_find(set, "x") };

	ncco = flow_render(flow_step_find(scope.flow, FLOW_START), &scope);
	ck_assert_str_eq(json_text(ncco, NULL), "[{\"action\":\"talk\",\"text\":\"call file\"}]");
	json_object_put(ncco);
	json_object_put(vars);
	flow_set_free(set);
}
END_TEST

#define S	"{\"ncco\":[{\"action\":\"talk\",\"text\":\"a\"}]"
#define WS	"{\"ncco\":[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\"}]}]"
#define NOTIFY	"{\"action\":\"notify\",\"payload\":{\"a\":\"b\"}}"
static const struct { const char *text, *cause; } bad[] = {
	{ "", "x.json:1: " }, { "[]", "x.json:1: not a JSON object" }, { "{\"ncco\":{}}", "no member" }, { "{\"ncco\":[]}", "no member" },
	{ "{\n\"ncco\":[{\"action\":\"talk\",\n\"text\":\"${nobody}\"}]}", "x.json:3: unknown variable ${nobody}" },
	{ "{\"ncco\":[\n{\"action\":\"talk\",\"text\":\"x${}\"}]}", "x.json:2: unknown variable ${}" },
	{ "{\"ncco\":[{}]", "x.json:1: " },
	{ "{\n\"ncco\":[\n{\"action\":\"talk\",\"text\":\"a\",\n\"bargein\":true}]}", "x.json:4: bargein: unknown option" },
	{ "{\"ncco\":[{\"action\":\"talc\",\"text\":\"a\"}]}", "unknown action \"talc\"" },
	{ "{\"ncco\":[{\"action\":\"pay\"}]}", "unknown action \"pay\"" },
	{ S ",\"on\":{\"none\":\n\"nowhere\"}}", "x.json:1: no step \"nowhere\"" },
	{ S ",\n\"on\":{\n\"none\":\"nowhere\"}}", "x.json:3: no step \"nowhere\"" },
	{ S ",\"on\":{\"none\":\"flow:nothing\"}}", "no flow \"nothing\"" },
	{ S ",\"on\":{\"nothing\":\"start\"}}", "\"nothing\" is nothing that can follow" },
	{ S ",\"on\":{\"dtmf:x\":\"start\"}}", "nothing that can follow" },
	{ S ",\"on\":{\"speech:?\":\"start\"}}", "nothing that can follow" },
	{ S ",\"on\":{\"none\":7}}", "neither a step nor an object" },
	{ S ",\"on\":{\"none\":{\"to\":\"start\",\"max\":0,\"then\":\"start\"}}}", "\"max\" is no number" },
	{ S ",\"on\":{\"none\":{\"to\":\"start\",\"max\":3}}}", "\"max\" and \"then\" belong together" },
	{ S ",\"on\":{\"none\":{\"too\":\"start\"}}}", "unknown member \"too\"" },
	{ S ",\"on\":{\"none\":{\"to\":\"start\",\"value\":\"1\"}}}", "\"value\" without \"store\"" },
	{ S ",\"on\":{\"none\":{\"to\":\"start\",\"store\":\"q\",\"value\":\"${nobody}\"}}}", "unknown variable ${nobody}" },
	{ S ",\"on\":{\"none\":{\"to\":\"start\",\"ai\":\"turn\"}}}", "\"ai\" is \"turn\"" },
	{ S ",\"on\":{\"none\":{\"to\":\"start\",\"set\":{\"uuid\":\"1\"}}}}", "the variable \"uuid\" is fixed" },
	{ S ",\"on\":{\n\"ai:transfer\":\"start\"}}", "x.json:2: \"ai:transfer\" is of a step that connects to a WebSocket of ours" },
	{ WS ",\"on\":{\"ai:transfer\":{\"set\":{\"a\":\"b\"}}}}", "\"ai:transfer\" without \"to\"" },
	{ WS ",\"on\":{\"ai:transfer\":{\"to\":\"start\",\"when\":\"nobody\"}}}", "unknown variable \"nobody\"" },
	{ WS ",\"on\":{\"ai:transfer\":{\"to\":\"start\",\"when\":7}}}", "\"when\" is neither a condition" },
	{ WS ",\"on\":{\"ai:transfer\":\"nowhere\"}}", "no step \"nowhere\"" },
	{ WS ",\"on\":{\"failed\":{\"to\":\"start\",\"when\":\"digits\"}}}", "\"when\" is of actions and of \"ai:transfer\"" },
	{ S ",\"vars\":{\"from\":\"1\"}}", "the variable \"from\" is fixed" },
	{ S ",\"vars\":{\"n\":1}}", "the variable \"n\" is no text" },
	{ S ",\"step\":{}}", "unknown member \"step\"" },
	{ S ",\"steps\":{\"a b\":{\"ncco\":[" NOTIFY "]}}}", "a name has 1 to" },
	{ S ",\"steps\":{\"start\":{\"ncco\":[" NOTIFY "]}}}", "\"start\" is the flow's own" },
	{ "{\"ncco\":[{\"action\":\"record\"}," NOTIFY "],\"on\":{\"notify:b\":\"start\"}}", "nobody is asked" },
	{ "{\"ncco\":[" NOTIFY "],\"on\":{\"notify:b\":\"start\"}}", "leads back to itself and nobody is asked" },
	{ "{\"ncco\":[" NOTIFY "],\"on\":{\"notify:b\":\"two\"},\"steps\":{\n\"two\":{\"ncco\":[" NOTIFY "],\"on\":{\"default\":\"start\"}}}}",
	    "leads back to itself and nobody is asked" },
	{ "{\"ncco\":[" NOTIFY "],\"on\":{\"notify:b\":\"flow:x\"}}", "nobody is asked" },
};

START_TEST(a_bad_flow_is_refused_with_file_line_and_cause)
{
	struct flow_report	r;

	ck_assert_ptr_null(parse(bad[_i].text, &r));
	ck_assert_msg(strstr(r.first, bad[_i].cause) != NULL, "%s, not %s", r.first, bad[_i].cause);
	ck_assert_uint_ge(r.errors, 1);
}
END_TEST

START_TEST(a_loop_in_which_somebody_is_asked_is_good)
{
	struct flow_report	 r;
	struct flow_set		*set = parse("{\"ncco\":[{\"action\":\"input\",\"type\":[\"dtmf\"]}],\"on\":{\"none\":\"start\"}}", &r);

	ck_assert_msg(set != NULL, "%s", r.first);
	flow_set_free(set);
}
END_TEST

START_TEST(a_step_that_is_never_reached_is_a_warning)
{
	struct flow_report	 r;
	struct flow_set		*set = parse(S ",\"steps\":{\"lost\":{\"ncco\":[" NOTIFY "]}}}", &r);

	ck_assert_msg(set != NULL, "%s", r.first);
	ck_assert_uint_eq(r.warnings, 1);
	flow_set_free(set);
}
END_TEST

START_TEST(flows_name_each_other)
{
	const char		*texts[] = { "a", "{\"ncco\":[{\"action\":\"input\",\"type\":[\"dtmf\"]}],\"on\":{\"default\":\"flow:b\"}}",
				    "b", "{\"ncco\":[{\"action\":\"talk\",\"text\":\"${answer.q} ${v}\"}],\"on\":{}}",
				    "c", "{\"ncco\":[{\"action\":\"input\",\"type\":[\"dtmf\"]}],\"on\":{\"default\":{\"store\":\"q\",\"set\":{\"v\":\"1\"}}}}", NULL };
	struct flow_report	 r = { .fn = NULL };
	struct flow_set		*set = flow_set_parse(texts, &r);

	ck_assert_msg(set != NULL, "%s", r.first);
	ck_assert_ptr_nonnull(flow_find(set, "b"));
	ck_assert_ptr_null(flow_find(set, "d"));
	flow_set_free(set);
}
END_TEST

static void
print(void *arg, bool warning, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "%s: %s\n", warning ? "warning" : "error", text);
}

START_TEST(shipped_flows_load_without_a_warning)
{
	static const char *const	needed[] = { "assistant", "menu", "record-turns", "voicemail", "conference", "forward", "survey",
					    "outbound-reminder", "record-call", "fallback", "reconnect", "moment", "busy", "apology", "blocked", NULL };
	struct flow_report		r = { .fn = print };
	struct flow_set			*set = flow_set_load("etc/flows", needed, &r);

	ck_assert_msg(set != NULL, "%s", r.first);
	ck_assert_uint_eq(r.warnings, 0);
	ck_assert(flow_step_find(flow_find(set, "assistant"), FLOW_START)->socket);
	ck_assert(!flow_step_find(flow_find(set, "menu"), FLOW_START)->socket);
	flow_set_free(set);
}
END_TEST

START_TEST(a_missing_flow_and_a_missing_folder_are_named)
{
	static const char *const	needed[] = { "assistant", "nosuch", NULL };
	struct flow_report		r = { .fn = NULL };

	ck_assert_ptr_null(flow_set_load("/nonexistent", needed, &r));
	ck_assert_ptr_nonnull(strstr(r.first, "/nonexistent:1: No such file"));
	r = (struct flow_report){ .fn = NULL };
	ck_assert_ptr_null(flow_set_load("etc/flows", needed, &r));
	ck_assert_ptr_nonnull(strstr(r.first, "etc/flows/nosuch.json:1: No such file"));
}
END_TEST

START_TEST(parsing_survives_each_failed_allocation)
{
	struct flow_set		*set = NULL;
	struct flow_report	 r;
	int			 n;

	for (n = 0; set == NULL && n < 100; n++) {
		mem_fail_at(n);
		set = parse(good, &r);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 2);
	ck_assert_ptr_nonnull(set);
	flow_set_free(set);
}
END_TEST

START_TEST(a_path_has_its_line)
{
	static const char	text[] = "{\n \"a\": [1,\n  {\"b/c\": \"x\\\"}\",\n   \"d\": {}}\n ],\n \"e\":\n  2}";

	ck_assert_uint_eq(json_line(text, strlen(text), ""), 1);
	ck_assert_uint_eq(json_line(text, strlen(text), "/a"), 2);
	ck_assert_uint_eq(json_line(text, strlen(text), "/a/0"), 2);
	ck_assert_uint_eq(json_line(text, strlen(text), "/a/1"), 3);
	ck_assert_uint_eq(json_line(text, strlen(text), "/a/1/b~1c"), 3);
	ck_assert_uint_eq(json_line(text, strlen(text), "/a/1/d"), 4);
	ck_assert_uint_eq(json_line(text, strlen(text), "/e"), 6);
	ck_assert_uint_eq(json_line(text, strlen(text), "/e/none"), 6);
	ck_assert_uint_eq(json_line(text, strlen(text), "/none"), 1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("flow");
	TCase	*t = tcase_create("flow");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, variables_are_filled_in_everywhere);
	tcase_add_test(t, a_value_cannot_break_out_of_its_string);
	tcase_add_test(t, a_value_cut_inside_a_character_still_makes_an_ncco);
	tcase_add_test(t, an_action_whose_condition_is_empty_is_left_out);
	tcase_add_loop_test(t, an_action_is_there_when_its_conditions_hold, 0, sizeof(conditions) / sizeof(conditions[0]));
	tcase_add_test(t, a_default_may_name_others_but_a_value_may_not);
	tcase_add_test(t, a_value_cannot_break_the_ssml_that_it_stands_in);
	tcase_add_test(t, the_value_of_a_call_goes_before_the_default);
	tcase_add_loop_test(t, a_bad_flow_is_refused_with_file_line_and_cause, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, a_loop_in_which_somebody_is_asked_is_good);
	tcase_add_test(t, a_step_that_is_never_reached_is_a_warning);
	tcase_add_test(t, flows_name_each_other);
	tcase_add_test(t, shipped_flows_load_without_a_warning);
	tcase_add_test(t, a_missing_flow_and_a_missing_folder_are_named);
	tcase_add_test(t, parsing_survives_each_failed_allocation);
	tcase_add_test(t, a_path_has_its_line);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
