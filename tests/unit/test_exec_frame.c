/* SPDX-License-Identifier: ISC */
#include "brokerd/exec_frame.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	int	 messages, stop_at;
	size_t	 samples, announced;
	int64_t	 last_id;
	long	 sum;
};

static bool
on_message(void *arg, struct json_object *obj, size_t bytes)
{
	struct seen	*seen = arg;

	seen->announced += bytes;
	(void)json_get_int(obj, "id", 0, 1000, &seen->last_id);
	return ++seen->messages != seen->stop_at;
}

static bool
on_pcm(void *arg, const int16_t *pcm, size_t n)
{
	struct seen	*seen = arg;
	size_t		 i;

	for (i = 0; i < n; i++)
		seen->sum += pcm[i];
	seen->samples += n;
	return true;
}

static const struct exec_frame_ops ops = { on_message, on_pcm };

static const char stream[] = "{\"hello\":1}\n\n{\"id\":3,\"bytes\":6}\n"
    "\x01\x00\x0a\x0a\xff\xff{\"id\":4,\"done\":true}\n";

START_TEST(any_split_gives_the_same_messages_and_samples)
{
	struct exec_frame	 f;
	struct seen		 seen;
	size_t			 step, at, len = sizeof(stream) - 1;

	for (step = 1; step <= len; step++) {
		exec_frame_init(&f);
		memset(&seen, 0, sizeof(seen));
		for (at = 0; at < len; at += step)
			ck_assert_int_eq(exec_frame_feed(&f, stream + at, len - at < step ? len - at : step, &ops, &seen), 0);
		ck_assert_int_eq(seen.messages, 3);
		ck_assert_int_eq(seen.last_id, 4);
		ck_assert_uint_eq(seen.samples, 3);
		ck_assert_int_eq(seen.sum, 1 + 0x0a0a - 1);
		exec_frame_clear(&f);
	}
}
END_TEST

static const char *const broken[] = {
	"no json\n", "[1]\n", "{\"bytes\":3}\n", "{\"bytes\":-2}\n", "{\"bytes\":99999999}\n", "{\"bytes\":\"x\"}\n", "{} {}\n",
};

START_TEST(broken_framing_is_an_error_with_a_cause)
{
	struct exec_frame	 f;
	struct seen		 seen = { 0 };

	exec_frame_init(&f);
	ck_assert_int_eq(exec_frame_feed(&f, broken[_i], strlen(broken[_i]), &ops, &seen), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_ptr_nonnull(f.cause);
	ck_assert_int_eq(seen.messages, 0);
	exec_frame_clear(&f);
}
END_TEST

START_TEST(a_line_over_the_maximum_is_refused)
{
	struct exec_frame	 f;
	struct seen		 seen = { 0 };
	char			*big = calloc(1, EXEC_LINE_MAX + 1);

	memset(big, 'x', EXEC_LINE_MAX + 1);
	exec_frame_init(&f);
	ck_assert_int_eq(exec_frame_feed(&f, big, EXEC_LINE_MAX + 1, &ops, &seen), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	exec_frame_clear(&f);
	free(big);
}
END_TEST

START_TEST(a_callback_can_stop_the_feed)
{
	struct exec_frame	 f;
	struct seen		 seen = { .stop_at = 2 };

	exec_frame_init(&f);
	ck_assert_int_eq(exec_frame_feed(&f, stream, sizeof(stream) - 1, &ops, &seen), 1);
	ck_assert_int_eq(seen.messages, 2);
	ck_assert_uint_eq(seen.samples, 0);
	exec_frame_clear(&f);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("exec_frame");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, any_split_gives_the_same_messages_and_samples);
	tcase_add_loop_test(tc, broken_framing_is_an_error_with_a_cause, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tc, a_line_over_the_maximum_is_refused);
	tcase_add_test(tc, a_callback_can_stop_the_feed);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
