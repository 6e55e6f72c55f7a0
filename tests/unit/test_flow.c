/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "webhookd/flow.h"

static const char *const	names[] = { "name", "greeting", NULL };
static const char		good[] = "{\"ncco\":[{\"action\":\"talk\",\"when\":\"greeting\",\"text\":\"${greeting}\",\"loop\":1},"
				    "{\"action\":\"notify\",\"payload\":{\"who\":\"<${name}>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/${name}\"]}]}";

static struct flow *
parse(const char *text, char *err, size_t size)
{
	return flow_parse("x.json", text, strlen(text), names, err, size);
}

static void
render_is(const char *greeting, const char *name, const char *want)
{
	struct flow_var		 vars[] = { { "name", name }, { "greeting", greeting } };
	char			 err[200];
	struct flow		*f = parse(good, err, sizeof(err));
	struct json_object	*ncco;

	ck_assert_msg(f != NULL, "%s", err);
	ncco = flow_render(f, vars, 2);
	ck_assert_ptr_nonnull(ncco);
	ck_assert_str_eq(json_text(ncco, NULL), want);
	json_object_put(ncco);
	flow_free(f);
}

START_TEST(variables_are_filled_in_everywhere)
{
	render_is("Hello", "Ann", "[{\"action\":\"talk\",\"text\":\"Hello\",\"loop\":1},"
	    "{\"action\":\"notify\",\"payload\":{\"who\":\"<Ann>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/Ann\"]}]");
}
END_TEST

START_TEST(a_value_cannot_break_out_of_its_string)
{
	render_is("\"},{\"action\":\"x", "a\"b\\c\n${greeting}", "[{\"action\":\"talk\",\"text\":\"\\\"},{\\\"action\\\":\\\"x\",\"loop\":1},"
	    "{\"action\":\"notify\",\"payload\":{\"who\":\"<a\\\"b\\\\c\\n${greeting}>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/a\\\"b\\\\c\\n${greeting}\"]}]");
}
END_TEST

START_TEST(a_value_cut_inside_a_character_still_makes_an_ncco)
{
	render_is("", "Zo\xc3", "[{\"action\":\"notify\",\"payload\":{\"who\":\"<Zo\xef\xbf\xbd>\",\"cost\":\"$5\"},"
	    "\"eventUrl\":[\"http://x/Zo\xef\xbf\xbd\"]}]");
}
END_TEST

START_TEST(an_action_whose_condition_is_empty_is_left_out)
{
	render_is("", NULL, "[{\"action\":\"notify\",\"payload\":{\"who\":\"<>\",\"cost\":\"$5\"},\"eventUrl\":[\"http://x/\"]}]");
}
END_TEST

static const struct { const char *text, *cause; } bad[] = {
	{ "", "x.json: " }, { "[]", "no member" }, { "{\"ncco\":{}}", "no member" }, { "{\"ncco\":[]}", "no member" },
	{ "{\"ncco\":[{\"text\":\"${nobody}\"}]}", "unknown variable ${nobody}" },
	{ "{\"ncco\":[{\"a\":[{\"b\":\"x${}\"}]}]}", "unknown variable ${}" },
	{ "{\"ncco\":[{}]", "x.json: " },
};

START_TEST(a_bad_template_is_refused_with_its_cause)
{
	char	err[200];

	ck_assert_ptr_null(parse(bad[_i].text, err, sizeof(err)));
	ck_assert_msg(strstr(err, bad[_i].cause) != NULL, "%s", err);
}
END_TEST

START_TEST(shipped_flows_load)
{
	static const char *const	files[] = { "assistant", "reconnect", "moment", "busy", "apology" };
	static const char *const	vars[] = { "uuid", "conversation_uuid", "from", "to", "contact.name", "language", "assistant",
					    "greeting", "busy_text", "moment_text", "apology_text", "socket_uri", "content_type", "event_url", NULL };
	char				path[200], err[400];
	struct flow			*f;

	(void)snprintf(path, sizeof(path), "etc/flows/%s.json", files[_i]);
	f = flow_load(path, vars, err, sizeof(err));
	ck_assert_msg(f != NULL, "%s", err);
	flow_free(f);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	char	err[400];

	ck_assert_ptr_null(flow_load("/nonexistent/flow.json", names, err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "/nonexistent/flow.json: No such file"));
}
END_TEST

START_TEST(parsing_survives_each_failed_allocation)
{
	struct flow	*f = NULL;
	char		 err[200];
	int		 n;

	for (n = 0; f == NULL && n < 100; n++) {
		mem_fail_at(n);
		f = parse(good, err, sizeof(err));
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 2);
	ck_assert_ptr_nonnull(f);
	flow_free(f);
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
	tcase_add_loop_test(t, a_bad_template_is_refused_with_its_cause, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(t, shipped_flows_load, 0, 5);
	tcase_add_test(t, a_missing_file_is_named);
	tcase_add_test(t, parsing_survives_each_failed_allocation);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
