/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/script.h"

static int
parse(struct script *s, const char *text, char cause[200])
{
	cause[0] = '\0';
	return script_parse(s, text, strlen(text), cause, 200);
}

START_TEST(every_step_is_read_with_its_arguments)
{
	static const struct { const char *line; enum step_kind kind; const char *text; int64_t ms; } rows[] = {
		{ "wait-connected", STEP_WAIT_CONNECTED, NULL, SCRIPT_WAIT_MS },
		{ "wait-reply-begin 500", STEP_WAIT_REPLY_BEGIN, NULL, 500 },
		{ "wait-reply-end", STEP_WAIT_REPLY_END, NULL, SCRIPT_WAIT_MS },
		{ "wait-hangup 9000", STEP_WAIT_HANGUP, NULL, 9000 },
		{ "say a.wav", STEP_SAY, "a.wav", 0 },
		{ "say \"a b.wav\"", STEP_SAY, "a b.wav", 0 },
		{ "say-text \"He said \\\"no\\\" \\\\\"", STEP_SAY_TEXT, "He said \"no\" \\", 0 },
		{ "interrupt a.wav", STEP_INTERRUPT, "a.wav", SCRIPT_AFTER_MS },
		{ "interrupt a.wav 300", STEP_INTERRUPT, "a.wav", 300 },
		{ "interrupt-text \"no\" 0", STEP_INTERRUPT_TEXT, "no", 0 },
		{ "silence 20", STEP_SILENCE, NULL, 20 },
		{ "dtmf 12#*", STEP_DTMF, "12#*", 0 },
		{ "\t hangup \r", STEP_HANGUP, NULL, 0 },
		{ "drop-socket", STEP_DROP_SOCKET, NULL, 0 },
		{ "send-bad-frame 0", STEP_SEND_BAD_FRAME, NULL, 0 },
		{ "send-text {\"a\": 1} x", STEP_SEND_TEXT, "{\"a\": 1} x", 0 },
		{ "mark here", STEP_MARK, "here", 0 },
		{ "expect-reply", STEP_EXPECT_REPLY, NULL, 0 },
		{ "expect-silence 1000", STEP_EXPECT_SILENCE, NULL, 1000 },
		{ "run kill -9 1 # not a comment", STEP_RUN, "kill -9 1 # not a comment", 0 },
		{ "stall 400", STEP_STALL, NULL, 400 },
	};
	struct script	s;
	char		cause[200];
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(parse(&s, rows[i].line, cause) == 0, "%s: %s", rows[i].line, cause);
		ck_assert_uint_eq(s.nsteps, 1);
		ck_assert_int_eq(s.steps[0].kind, rows[i].kind);
		ck_assert_int_eq(s.steps[0].ms, rows[i].ms);
		if (rows[i].text == NULL)
			ck_assert_ptr_null(s.steps[0].text);
		else
			ck_assert_str_eq(s.steps[0].text, rows[i].text);
		script_clear(&s);
	}
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_line)
{
	static const struct { const char *line, *says; } rows[] = {
		{ "jump", "no such step" }, { "sayx a", "no such step" }, { "say", "a text is needed" },
		{ "say \"a", "closing quote" }, { "say a b", "more on the line" },
		{ "silence", "a number is needed" }, { "silence x", "a number is needed" },
		{ "silence -5", "out of range" }, { "silence 99999999", "out of range" },
		{ "dtmf 1a", "digits" }, { "run", "a text is needed" }, { "hangup now", "more on the line" },
		{ "wait-connected 100 10", "more on the line" }, { "send-bad-frame", "a number" },
	};
	struct script	s;
	char		cause[200], text[100];
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "# comment\nhangup\n\n%s\n", rows[i].line);
		ck_assert_msg(parse(&s, text, cause) == -1, "%s", rows[i].line);
		ck_assert_msg(strstr(cause, rows[i].says) != NULL, "%s: %s", rows[i].line, cause);
		ck_assert_msg(strncmp(cause, "line 4: ", 8) == 0, "%s", cause);
	}
}
END_TEST

START_TEST(comments_and_empty_lines_are_no_steps)
{
	struct script	s;
	char		cause[200];

	ck_assert_int_eq(parse(&s, "", cause), 0);
	ck_assert_uint_eq(s.nsteps, 0);
	script_clear(&s);
	ck_assert_int_eq(parse(&s, "# a\n\n  \n # b\nhangup\n#", cause), 0);
	ck_assert_uint_eq(s.nsteps, 1);
	ck_assert_uint_eq(s.steps[0].line, 5);
	script_clear(&s);
}
END_TEST

START_TEST(too_many_steps_are_refused)
{
	static char	text[(SCRIPT_STEPS_MAX + 1) * 7 + 1];
	struct script	s;
	char		cause[200];
	int		i;

	for (i = 0; i <= SCRIPT_STEPS_MAX; i++)
		memcpy(text + i * 7, "hangup\n", 7);
	ck_assert_int_eq(parse(&s, text, cause), -1);
	ck_assert_ptr_nonnull(strstr(cause, "too many"));
}
END_TEST

START_TEST(each_failed_allocation_ends_in_an_error_without_a_leak)
{
	struct script	s;
	char		cause[200];
	int		n, rc;

	for (n = 0, rc = -1; rc == -1; n++) {
		mem_fail_at(n);
		rc = parse(&s, "say a\nrun b\nsay-text \"c d\"\n", cause);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 5);
	script_clear(&s);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
	struct script	s;
	char		cause[200];

	ck_assert_int_eq(script_load(&s, "/nowhere/script", cause, sizeof(cause)), -1);
	ck_assert_ptr_nonnull(strstr(cause, "/nowhere/script"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("script");
	TCase	*t = tcase_create("script");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, every_step_is_read_with_its_arguments);
	tcase_add_test(t, what_is_wrong_is_named_with_its_line);
	tcase_add_test(t, comments_and_empty_lines_are_no_steps);
	tcase_add_test(t, too_many_steps_are_refused);
	tcase_add_test(t, each_failed_allocation_ends_in_an_error_without_a_leak);
	tcase_add_test(t, a_file_that_is_not_there_is_named);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
