/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/clock.h"
#include "common/log.h"

static int	pipe_fd[2];

/* All that was logged since the last call. */
static const char *
logged(void)
{
	static char	text[65536];
	ssize_t		n;

	n = read(pipe_fd[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
setup(void)
{
	ck_assert_int_eq(pipe2(pipe_fd, O_NONBLOCK | O_CLOEXEC), 0);
	log_open("vadd.0", LOG_LVL_INFO, pipe_fd[1]);
	clock_set(1000000, 1763640000123);
}

static void
teardown(void)
{
	clock_set(-1, -1);
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
}

START_TEST(an_event_is_one_line_of_logfmt)
{
	struct log_ctx	ctx = { .call = "3f9c" };

	log_info(&ctx, "utterance", "ms=%u", 1840U);
	ck_assert_str_eq(logged(), "ts=2025-11-20T12:00:00.123Z level=info prog=vadd.0 call=3f9c"
	    " event=utterance ms=1840\n");
	log_warn(NULL, "odd", "%s", "");
	ck_assert_str_eq(logged(), "ts=2025-11-20T12:00:00.123Z level=warn prog=vadd.0 event=odd\n");
	ctx.call = NULL;
	log_error(&ctx, "two.lines", "a=%s", "x\ny\r");
	ck_assert_str_eq(logged(),
	    "ts=2025-11-20T12:00:00.123Z level=error prog=vadd.0 event=two.lines a=x y \n");
}
END_TEST

START_TEST(levels_above_the_chosen_one_are_dropped)
{
	log_debug(NULL, "quiet", "a=%d", 1);
	ck_assert_str_eq(logged(), "");
	ck_assert(!log_enabled(LOG_LVL_DEBUG));
	log_open("vadd.0", LOG_LVL_DEBUG, pipe_fd[1]);
	log_debug(NULL, "loud", "a=%d", 1);
	ck_assert_ptr_nonnull(strstr(logged(), "event=loud a=1\n"));
	log_open("vadd.0", LOG_LVL_ERROR, pipe_fd[1]);
	log_warn(NULL, "odd", "a=%d", 1);
	ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(a_line_is_cut_at_what_a_pipe_takes_whole)
{
	char		long_text[3 * PIPE_BUF], *name;
	const char	*line;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_info(NULL, "long", "a=%s", long_text);
	line = logged();
	ck_assert_uint_eq(strlen(line), PIPE_BUF);
	ck_assert_str_eq(line + PIPE_BUF - 5, "x…\n");
	log_info(NULL, long_text, "a=%d", 1);
	line = logged();
	ck_assert_uint_le(strlen(line), PIPE_BUF);
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	name = long_text + sizeof(long_text) - 300;
	log_open(name, LOG_LVL_INFO, pipe_fd[1]);
	log_info(NULL, "event", "a=%d", 1);
	ck_assert_ptr_nonnull(strstr(logged(), "event=event a=1\n"));
}
END_TEST

START_TEST(lines_of_every_length_near_the_cut_are_whole)
{
	char		text[PIPE_BUF + 10];
	const char	*line;
	size_t		n;

	for (n = PIPE_BUF - 90; n < PIPE_BUF + 5; n++) {
		memset(text, 'x', n);
		text[n] = '\0';
		log_info(NULL, "e", "%s", text);
		line = logged();
		ck_assert_uint_le(strlen(line), PIPE_BUF);
		ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	}
}
END_TEST

START_TEST(logging_keeps_errno)
{
	errno = ENOENT;
	log_info(NULL, "event", "cause=%m");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_nonnull(strstr(logged(), "cause=No such file or directory\n"));
	log_open("vadd.0", LOG_LVL_INFO, -1);
	errno = ENOENT;
	log_info(NULL, "event", "a=%d", 1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(foreign_text_is_quoted)
{
	static const struct { const char *text, *quoted; } rows[] = {
		{ "", "\"\"" },
		{ NULL, "\"\"" },
		{ "plain text", "\"plain text\"" },
		{ "a\"b\\c\nd", "\"a\\\"b\\\\c\\nd\"" },
		{ "\x1b[2J\r\x7f", "\"\\x1b[2J\\x0d\\x7f\"" },
		{ "\xc3\xa9\xd8\xb3", "\"\xc3\xa9\xd8\xb3\"" },
		{ "\xc2\x9b" "1m", "\"\\xc2\\x9b1m\"" },
		{ "\xff\xc3", "\"\\xff\\xc3\"" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(LOG_Q(rows[i].text), rows[i].quoted);
	ck_assert_str_eq(log_quote_n("a\0b", 3), "\"a\\x00b\"");
}
END_TEST

START_TEST(quoted_text_is_cut_between_characters)
{
	char		text[LOG_QUOTE_MAX * 2 + 1];
	const char	*quoted;

	memset(text, '\xff', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	quoted = log_quote(text);
	ck_assert_uint_eq(strlen(quoted), LOG_QUOTE_MAX * 4 + strlen("\"…\""));
	memset(text, 'x', sizeof(text) - 1);
	text[LOG_QUOTE_MAX] = '\0';
	quoted = log_quote(text);
	ck_assert_uint_eq(strlen(quoted), LOG_QUOTE_MAX + 2);
	memcpy(text + LOG_QUOTE_MAX - 1, "\xd8\xb3", 3);
	quoted = log_quote(text);
	ck_assert_str_eq(quoted + LOG_QUOTE_MAX - 1, "x…\"");
	ck_assert_uint_eq(strlen(quoted), LOG_QUOTE_MAX - 1 + strlen("\"…\""));
}
END_TEST

START_TEST(eight_quotes_may_live_at_once)
{
	const char	*quotes[8];
	int		 i;

	for (i = 0; i < 8; i++)
		quotes[i] = log_quote_n(&"01234567"[i], 1);
	for (i = 0; i < 8; i++)
		ck_assert_int_eq(quotes[i][1], '0' + i);
}
END_TEST

START_TEST(repeated_troubles_are_counted)
{
	struct log_rate	rate = { 0 };
	unsigned long	missed = 99;

	clock_set(0, 0);
	ck_assert(log_rate_ok(&rate, 1000, &missed));
	ck_assert_uint_eq(missed, 0);
	clock_set(999000, 0);
	ck_assert(!log_rate_ok(&rate, 1000, &missed));
	ck_assert(!log_rate_ok(&rate, 1000, &missed));
	clock_set(1000000, 0);
	ck_assert(log_rate_ok(&rate, 1000, &missed));
	ck_assert_uint_eq(missed, 2);
	clock_set(2000000, 0);
	ck_assert(log_rate_ok(&rate, 1000, &missed));
	ck_assert_uint_eq(missed, 0);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("log");
	TCase	*tc = tcase_create("log");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_event_is_one_line_of_logfmt);
	tcase_add_test(tc, levels_above_the_chosen_one_are_dropped);
	tcase_add_test(tc, a_line_is_cut_at_what_a_pipe_takes_whole);
	tcase_add_test(tc, lines_of_every_length_near_the_cut_are_whole);
	tcase_add_test(tc, logging_keeps_errno);
	tcase_add_test(tc, foreign_text_is_quoted);
	tcase_add_test(tc, quoted_text_is_cut_between_characters);
	tcase_add_test(tc, eight_quotes_may_live_at_once);
	tcase_add_test(tc, repeated_troubles_are_counted);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
