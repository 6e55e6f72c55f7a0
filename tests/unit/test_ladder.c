/* SPDX-License-Identifier: ISC */
#include "brokerd/ladder.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/clock.h"

/* An engine whose jobs end as its script says, one letter a start. */
struct scripted {
	struct engine		 engine;
	const char		*script;	/* o ok, f fails, r fails and may be retried, l retry much later, p piece then fails, x cannot start, h hangs */
	int			 starts, cancels;
	struct event_base	*base;
};

struct scripted_job {
	struct engine_job	 job;
	char			 what;
};

static void
act(evutil_socket_t fd, short what, void *arg)
{
	struct scripted_job	*j = arg;
	struct engine_result	 res = { .ok = true, .text = "fine", .action = "" };

	(void)fd;
	(void)what;
	if (j->what == 'p')
		j->job.on->text(j->job.arg, "piece", 5);
	if (j->what == 'o')
		engine_finish(&j->job, &res);
	else
		engine_fail(&j->job, j->what == 'r' ? 0 : j->what == 'l' ? 60000 : -1, "scripted");
	free(j);
}

static struct engine_job *
scripted_start(struct engine *e, const struct engine_request *rq)
{
	struct scripted		*s = (struct scripted *)e;
	struct scripted_job	*j;
	char			 what = s->script[s->starts] != '\0' ? s->script[s->starts++] : 'f';

	if (what == 'x') {
		errno = EHOSTDOWN;
		return NULL;
	}
	j = calloc(1, sizeof(*j));
	j->job.engine = e;
	j->job.on = rq->on;
	j->job.arg = rq->arg;
	j->what = what;
	if (what != 'h')
		ck_assert_int_eq(event_base_once(s->base, -1, EV_TIMEOUT, act, j, NULL), 0);
	return &j->job;
}

static void
scripted_cancel(struct engine_job *job)
{
	((struct scripted *)job->engine)->cancels++;
	free(job);
}

static const struct engine_ops scripted_ops = { .start = scripted_start, .cancel = scripted_cancel };

struct outcome { int done, ok, pieces; char engine[32], error[128]; };

static void
on_text(void *arg, const char *delta, size_t len)
{
	(void)delta;
	(void)len;
	((struct outcome *)arg)->pieces++;
}

static void
on_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct outcome	*o = arg;

	o->done++;
	o->ok = res->ok;
	(void)snprintf(o->engine, sizeof(o->engine), "%s", engine);
	(void)snprintf(o->error, sizeof(o->error), "%s", res->ok ? "" : res->error);
}

static const struct ladder_events events = { .text = on_text, .done = on_done };

static struct event_base	*base;
static struct scripted		 engines[2];
static struct ladder		 ladder;

static void
setup(void)
{
	base = event_base_new();
	memset(engines, 0, sizeof(engines));
	memset(&ladder, 0, sizeof(ladder));
	ladder.base = base;
	ladder.n = 2;
	for (int i = 0; i < 2; i++) {
		engines[i].engine.ops = &scripted_ops;
		engines[i].engine.service = ENGINE_CHAT;
		engines[i].base = base;
		(void)snprintf(engines[i].engine.name, sizeof(engines[i].engine.name), "%c", 'a' + i);
		ladder.rungs[i] = &engines[i].engine;
	}
	clock_set(1000000, 1000);
}

static void
teardown(void)
{
	event_base_free(base);
	clock_set(-1, -1);
}

static struct outcome
run(const char *first, const char *second)
{
	struct engine_request	 rq = { .call = "c1" };
	struct outcome		 o = { 0 };

	engines[0].script = first;
	engines[1].script = second;
	engines[0].starts = engines[1].starts = 0;
	ck_assert_ptr_nonnull(ladder_start(&ladder, &rq, &events, &o));
	ck_assert_int_eq(o.done, 0);
	(void)event_base_dispatch(base);
	ck_assert_int_eq(o.done, 1);
	return o;
}

static const struct {
	const char	*first, *second;
	int		 ok, starts[2], pieces;
	const char	*engine;
} cases[] = {
	{ "o", "o", 1, { 1, 0 }, 0, "a" },
	{ "f", "o", 1, { 1, 1 }, 0, "b" },
	{ "ro", "o", 1, { 2, 0 }, 0, "a" },
	{ "rr", "o", 1, { 2, 1 }, 0, "b" },
	{ "l", "o", 1, { 1, 1 }, 0, "b" },
	{ "x", "o", 1, { 1, 1 }, 0, "b" },
	{ "x", "x", 0, { 1, 1 }, 0, "" },
	{ "f", "ro", 1, { 1, 2 }, 0, "b" },
	{ "rx", "f", 0, { 2, 1 }, 0, "" },
	{ "p", "o", 0, { 1, 0 }, 1, "" },
};

START_TEST(the_next_engine_is_tried_until_a_piece_was_given_out)
{
	struct outcome	 o = run(cases[_i].first, cases[_i].second);

	ck_assert_int_eq(o.ok, cases[_i].ok);
	ck_assert_str_eq(o.engine, cases[_i].engine);
	ck_assert_int_eq(engines[0].starts, cases[_i].starts[0]);
	ck_assert_int_eq(engines[1].starts, cases[_i].starts[1]);
	ck_assert_int_eq(o.pieces, cases[_i].pieces);
	if (!o.ok)
		ck_assert_int_ne(o.error[0], '\0');
}
END_TEST

START_TEST(an_engine_that_keeps_failing_is_passed_over_for_a_while)
{
	(void)run("f", "o");
	(void)run("f", "o");
	(void)run("f", "o");
	ck_assert_int_eq(engines[0].starts, 0);
	clock_set(1000000 + (int64_t)LADDER_AVOID_MS * 1000, 1000);
	(void)run("o", "o");
	ck_assert_int_eq(engines[0].starts, 1);
	ck_assert_int_eq(engines[0].engine.failures, 0);
}
END_TEST

START_TEST(a_failing_engine_is_still_tried_when_it_is_the_only_one)
{
	ladder.n = 1;
	(void)run("f", "");
	(void)run("f", "");
	(void)run("o", "");
	ck_assert_int_eq(engines[0].starts, 1);
}
END_TEST

START_TEST(cancel_ends_what_runs_and_tells_nobody)
{
	struct engine_request	 rq = { .call = "c1" };
	struct outcome		 o = { 0 };
	struct ladder_job	*j;

	engines[0].script = "h";
	j = ladder_start(&ladder, &rq, &events, &o);
	ladder_cancel(j);
	(void)event_base_dispatch(base);
	ck_assert_int_eq(engines[0].cancels, 1);
	ck_assert_int_eq(o.done, 0);
	ladder_cancel(NULL);
}
END_TEST

START_TEST(an_empty_ladder_fails_from_the_loop)
{
	ladder.n = 0;
	ck_assert_str_eq(run("", "").error, "no engine is configured");
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("ladder");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_next_engine_is_tried_until_a_piece_was_given_out, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, an_engine_that_keeps_failing_is_passed_over_for_a_while);
	tcase_add_test(tc, a_failing_engine_is_still_tried_when_it_is_the_only_one);
	tcase_add_test(tc, cancel_ends_what_runs_and_tells_nobody);
	tcase_add_test(tc, an_empty_ladder_fails_from_the_loop);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
