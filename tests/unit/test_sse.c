/* SPDX-License-Identifier: ISC */
/* The vectors of spec/ai.md 10, each also a byte at a time and with CRLF and CR. */
#include "brokerd/sse.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen { char text[512]; int events; };

static bool
on_event(void *arg, const char *event, const char *data, size_t len)
{
	struct seen	*s = arg;
	size_t		 used = strlen(s->text);

	ck_assert_uint_eq(strlen(data), len);
	s->events++;
	(void)snprintf(s->text + used, sizeof(s->text) - used, "%s%s[%s]", s->events > 1 ? " " : "", event, data);
	return true;
}

static const struct { const char *input, *expected; } cases[] = {
	{ ": ping\n\n", "" },
	{ "data: a\n\n", "[a]" },
	{ "data:a\n\n", "[a]" },
	{ "data:  a\n\n", "[ a]" },
	{ "data: {\ndata: }\n\n", "[{\n}]" },
	{ "data: [DONE]", "[[DONE]]" },
	{ "data: \n\ndata: : ping\n\ndata:\n\n", "" },
	{ "event: error\ndata: x\n\ndata: y\n\n", "error[x] [y]" },
	{ "\xef\xbb\xbf" "data: bom\n\n", "[bom]" },
	{ "id: 7\nretry: 10\ndata: a\n\n\n\n", "[a]" },
	{ "event: only\n\ndata: b\n\n", "[b]" },
	{ "data\n\n", "" },
	{ "data: \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85\n\n", "[\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85]" },
	{ "data: a\n\ndata: last", "[a] [last]" },
};

/* LF, CRLF or CR for each LF of the input. */
static size_t
with_ends(const char *in, int style, char *out)
{
	size_t	 n = 0;

	for (; *in != '\0'; in++) {
		if (*in != '\n') {
			out[n++] = *in;
			continue;
		}
		if (style != 0)
			out[n++] = '\r';
		if (style != 2)
			out[n++] = '\n';
	}
	return n;
}

START_TEST(each_vector_survives_any_split_and_any_line_end)
{
	struct sse	 s;
	struct seen	 seen;
	char		 input[512], expected[512];
	size_t		 len, step, at;
	int		 style;

	for (style = 0; style < 3; style++) {
		len = with_ends(cases[_i].input, style, input);
		(void)snprintf(expected, sizeof(expected), "%s", cases[_i].expected);
		for (step = 1; step <= len; step++) {
			sse_init(&s);
			memset(&seen, 0, sizeof(seen));
			for (at = 0; at < len; at += step)
				ck_assert_int_eq(sse_feed(&s, input + at, len - at < step ? len - at : step, on_event, &seen), 0);
			ck_assert_int_eq(sse_end(&s, on_event, &seen), 0);
			ck_assert_str_eq(seen.text, expected);
			sse_clear(&s);
		}
	}
}
END_TEST

START_TEST(a_line_of_two_mebibytes_is_refused)
{
	struct sse	 s;
	struct seen	 seen = { .events = 0 };
	char		*big = calloc(1, 2u << 20);

	memset(big, 'x', 2u << 20);
	sse_init(&s);
	ck_assert_int_eq(sse_feed(&s, big, 2u << 20, on_event, &seen), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	sse_clear(&s);
	free(big);
}
END_TEST

START_TEST(many_data_lines_are_refused_above_the_maximum)
{
	struct sse	 s;
	struct seen	 seen = { .events = 0 };
	char		 line[1024];
	int		 i, rc = 0;

	memset(line, 'x', sizeof(line));
	memcpy(line, "data: ", 6);
	line[sizeof(line) - 1] = '\n';
	sse_init(&s);
	for (i = 0; rc == 0 && i < 3000; i++)
		rc = sse_feed(&s, line, sizeof(line), on_event, &seen);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_lt(i, 1100);
	sse_clear(&s);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("sse");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, each_vector_survives_any_split_and_any_line_end, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, a_line_of_two_mebibytes_is_refused);
	tcase_add_test(tc, many_data_lines_are_refused_above_the_maximum);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
