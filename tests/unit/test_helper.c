/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "brokerd/engines/helper.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/mem.h"

static const char *const	languages[] = { "en", NULL };
static const struct helper_info	info = { "tts", "test", 16000, languages };
#define HELLO "{\"hello\":\"callpipe-engine\",\"version\":1,\"kind\":\"tts\",\"name\":\"test\"," \
    "\"rate_hz\":16000,\"languages\":[\"en\"]}\n"

struct seen {
	int	nrequests;
	size_t	npcm;
	int64_t	sum;		/* of the samples */
	int	stop_fd;	/* written to before helper_stop() is asked; -1: not */
	char	stop_text[256];
	bool	stopped;
};

/* "say": echoes its audio; "fail": fails; "mute": forgets to answer. */
static void
handle(struct helper *h, const struct helper_request *rq, void *arg)
{
	struct seen	*s = arg;
	size_t		 i;

	s->nrequests++;
	s->npcm += rq->npcm;
	for (i = 0; i < rq->npcm; i++)
		s->sum += rq->pcm[i];
	if (s->stop_fd >= 0) {
		ck_assert_int_eq(write(s->stop_fd, s->stop_text, strlen(s->stop_text)),
		    (int)strlen(s->stop_text));
		s->stop_fd = -1;
	}
	s->stopped = helper_stop(h);
	if (s->stopped || strcmp(rq->op, "mute") == 0)
		return;
	if (strcmp(rq->op, "fail") == 0) {
		ck_assert_int_eq(helper_fail(h, true, "no %s", "way"), 0);
		return;
	}
	if (rq->npcm > 0)
		ck_assert_int_eq(helper_part(h, json_object_new_object(), rq->pcm, rq->npcm), 0);
	ck_assert_int_eq(helper_end(h, json_object_new_object()), 0);
}

/* Answer in[len] and return the output (less than a pipe holds); *ret_rc is helper_run()'s. */
static char *
run(const void *in, size_t len, struct seen *s, int *ret_rc, size_t *ret_len)
{
	static char	 out[65536];
	char		 path[] = "/tmp/helper-test.XXXXXX";
	struct helper	*h;
	int		 fd, p[2];
	ssize_t		 n;

	ck_assert_int_ne(fd = mkstemp(path), -1);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(write(fd, in, len), (ssize_t)len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(pipe(p), 0);
	ck_assert_ptr_nonnull(h = helper_new(fd, p[1]));
	*ret_rc = helper_run(h, &info, handle, s);
	helper_free(h);
	(void)close(p[1]);
	(void)close(fd);
	ck_assert_int_ge(n = read(p[0], out, sizeof(out) - 1), 0);
	(void)close(p[0]);
	out[n] = '\0';
	if (ret_len != NULL)
		*ret_len = (size_t)n;
	return out;
}

static const struct {
	const char	*in;
	const char	*out;	/* after the first line */
	int		 rc;
} lines[] = {
	{ "", "", 0 },
	{ "\n\n", "", 0 },
	{ "{\"op\":\"ping\",\"id\":1}\n", "{\"id\":1,\"done\":true}\n", 0 },
	{ "{\"op\":\"say\",\"id\":2}\n", "{\"id\":2,\"done\":true}\n", 0 },
	{ "{\"op\":\"fail\",\"id\":3}\n", "{\"id\":3,\"error\":\"no way\",\"retry\":true}\n", 0 },
	{ "{\"op\":\"mute\",\"id\":3}\n",
	    "{\"id\":3,\"error\":\"the engine gave no answer\",\"retry\":true}\n", 0 },
	{ "{\"op\":\"say\"}\n",
	    "{\"error\":\"\\\"id\\\" is missing or not a number from 0\",\"retry\":false}\n", 0 },
	{ "{\"id\":4}\n",
	    "{\"id\":4,\"error\":\"\\\"op\\\" is missing or not a text\",\"retry\":false}\n", 0 },
	{ "{\"op\":\"cancel\",\"id\":77}\n{\"op\":\"say\",\"id\":5}\n", "{\"id\":5,\"done\":true}\n", 0 },
	{ "{\"op\":\"say\",\"id\":6,\"bytes\":3}\nabc{\"op\":\"ping\",\"id\":7}\n",
	    "{\"id\":6,\"error\":\"\\\"bytes\\\" is odd: PCM is 16-bit samples\",\"retry\":false}\n"
	    "{\"id\":7,\"done\":true}\n", 0 },
	/* pings overtake what waits, a cancel takes it out */
	{ "{\"op\":\"say\",\"id\":1}\n{\"op\":\"say\",\"id\":2}\n{\"op\":\"cancel\",\"id\":2}\n"
	    "{\"op\":\"say\",\"id\":3}\n{\"op\":\"cancel\",\"id\":3}\n{\"op\":\"say\",\"id\":4}\n{\"op\":\"ping\",\"id\":9}\n",
	    "{\"id\":2,\"done\":true,\"cancelled\":true}\n{\"id\":3,\"done\":true,\"cancelled\":true}\n"
	    "{\"id\":9,\"done\":true}\n{\"id\":1,\"done\":true}\n{\"id\":4,\"done\":true}\n", 0 },
	{ "{\"op\":\"say\",\"id\":1,\"bytes\":100}\nshort", "", 0 },
	{ "{\"op\":\"say\",\"id\":1,\"bytes\":4194305}\n",
	    "{\"error\":\"\\\"bytes\\\" is not a number from 0 to 4194304\",\"retry\":false}\n", 1 },
	{ "{\"op\":\"say\",\"id\":1,\"bytes\":-2}\n",
	    "{\"error\":\"\\\"bytes\\\" is not a number from 0 to 4194304\",\"retry\":false}\n", 1 },
	{ "[1]\n", "{\"error\":\"request is not a JSON object\",\"retry\":false}\n", 1 },
};

START_TEST(each_line_has_its_answer)
{
	struct seen	 s = { .stop_fd = -1 };
	char		*out;
	int		 rc;

	out = run(lines[_i].in, strlen(lines[_i].in), &s, &rc, NULL);
	ck_assert_int_eq(strncmp(out, HELLO, strlen(HELLO)), 0);
	ck_assert_str_eq(out + strlen(HELLO), lines[_i].out);
	ck_assert_int_eq(rc, lines[_i].rc);
}
END_TEST

START_TEST(text_that_is_no_json_loses_the_framing)
{
	struct seen	 s = { .stop_fd = -1 };
	char		*out;
	int		 rc;

	out = run("hello\n{\"op\":\"say\",\"id\":1}\n", 26, &s, &rc, NULL);
	ck_assert_int_eq(rc, 1);
	ck_assert_int_eq(s.nrequests, 0);
	ck_assert_ptr_nonnull(strstr(out, "request is not a JSON object"));
}
END_TEST

START_TEST(a_line_over_the_maximum_is_refused)
{
	struct seen	 s = { .stop_fd = -1 };
	size_t		 len = HELPER_LINE_MAX + 10;
	char		*in = mem_alloc(len), *out;
	int		 rc;

	memset(in, ' ', len);
	out = run(in, len, &s, &rc, NULL);
	free(in);
	ck_assert_int_eq(rc, 1);
	ck_assert_ptr_nonnull(strstr(out, "longer than 65536 bytes"));
}
END_TEST

START_TEST(audio_arrives_and_goes_back_whole)
{
	struct seen	 s = { .stop_fd = -1 };
	struct buf	 in;
	char		*out;
	int16_t		 pcm[10000];
	int		 rc, i;
	size_t		 len;
	const char	 head[] = HELLO "{\"id\":1,\"bytes\":20000}\n", tail[] = "{\"id\":1,\"done\":true}\n";

	for (i = 0; i < 10000; i++)
		pcm[i] = (int16_t)(i % 7);
	buf_init(&in, 1 << 20);
	buf_puts(&in, "{\"op\":\"say\",\"id\":1,\"bytes\":20000}\n");
	buf_append(&in, pcm, sizeof(pcm));
	out = run(in.data, in.len, &s, &rc, &len);
	buf_clear(&in);
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(s.npcm, 10000);
	ck_assert_uint_eq(len, strlen(head) + sizeof(pcm) + strlen(tail));
	ck_assert_mem_eq(out, head, strlen(head));
	ck_assert_mem_eq(out + strlen(head), pcm, sizeof(pcm));
	ck_assert_mem_eq(out + strlen(head) + sizeof(pcm), tail, strlen(tail));
}
END_TEST

START_TEST(more_requests_than_may_wait_are_all_answered)
{
	struct seen	s = { .stop_fd = -1 };
	struct buf	in;
	int		rc, i;

	buf_init(&in, 1 << 20);
	for (i = 0; i < 200; i++)
		buf_printf(&in, "{\"op\":\"say\",\"id\":%d}\n", i);
	(void)run(in.data, in.len, &s, &rc, NULL);
	buf_clear(&in);
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(s.nrequests, 200);
}
END_TEST

START_TEST(a_cancel_in_the_middle_is_noticed_and_a_ping_answered)
{
	struct seen	 s = { .stop_text = "{\"op\":\"ping\",\"id\":5}\n{\"op\":\"cancel\",\"id\":1}\n" };
	struct helper	*h;
	char		 out[1024];
	int		 in[2], p[2];
	ssize_t		 n;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(p), 0);
	s.stop_fd = in[1];
	ck_assert_int_eq(write(in[1], "{\"op\":\"say\",\"id\":1}\n", 20), 20);
	ck_assert_ptr_nonnull(h = helper_new(in[0], p[1]));
	/* The framing error after the cancel ends the run. */
	(void)snprintf(s.stop_text + strlen(s.stop_text), 8, "[]\n");
	ck_assert_int_eq(helper_run(h, &info, handle, &s), 1);
	helper_free(h);
	ck_assert(s.stopped);
	ck_assert_int_gt(n = read(p[0], out, sizeof(out) - 1), 0);
	out[n] = '\0';
	ck_assert_str_eq(out + strlen(HELLO), "{\"id\":5,\"done\":true}\n"
	    "{\"error\":\"request is not a JSON object\",\"retry\":false}\n"
	    "{\"id\":1,\"done\":true,\"cancelled\":true}\n");
}
END_TEST

START_TEST(answers_that_nobody_reads_end_the_run)
{
	struct seen	 s = { .stop_fd = -1 };
	struct helper	*h;
	int		 in[2], p[2];

	ck_assert_int_ne(helper_take_stdout(), -1);	/* for SIGPIPE */
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(p), 0);
	(void)close(p[0]);
	ck_assert_ptr_nonnull(h = helper_new(in[0], p[1]));
	ck_assert_int_eq(helper_run(h, &info, handle, &s), 1);
	helper_free(h);
}
END_TEST

START_TEST(each_failed_allocation_is_survived)
{
	const char	 in[] = "{\"op\":\"say\",\"id\":1,\"bytes\":4}\nabcd{\"op\":\"say\",\"id\":2}\n";
	struct seen	 s;
	struct helper	*h;
	char		 path[] = "/tmp/helper-test.XXXXXX";
	int		 fd, null, n;

	ck_assert_int_ne(fd = mkstemp(path), -1);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(write(fd, in, sizeof(in) - 1), (ssize_t)sizeof(in) - 1);
	ck_assert_int_ne(null = open("/dev/null", O_WRONLY), -1);
	for (n = 0; n < 12; n++) {
		ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
		s = (struct seen){ .stop_fd = -1 };
		mem_fail_at(n);
		if ((h = helper_new(fd, null)) != NULL)
			(void)helper_run(h, &info, handle, &s);
		helper_free(h);
	}
	mem_fail_at(-1);
	ck_assert_int_eq(s.nrequests, 2);	/* the last rounds needed fewer than that */
	(void)close(fd);
	(void)close(null);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("helper");
	TCase	*tc = tcase_create("helper");
	SRunner	*sr;
	int	 failed;

	log_open("test", LOG_LVL_ERROR, open("/dev/null", O_WRONLY));
	tcase_add_loop_test(tc, each_line_has_its_answer, 0, (int)(sizeof(lines) / sizeof(*lines)));
	tcase_add_test(tc, text_that_is_no_json_loses_the_framing);
	tcase_add_test(tc, a_line_over_the_maximum_is_refused);
	tcase_add_test(tc, audio_arrives_and_goes_back_whole);
	tcase_add_test(tc, more_requests_than_may_wait_are_all_answered);
	tcase_add_test(tc, a_cancel_in_the_middle_is_noticed_and_a_ping_answered);
	tcase_add_test(tc, answers_that_nobody_reads_end_the_run);
	tcase_add_test(tc, each_failed_allocation_is_survived);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
