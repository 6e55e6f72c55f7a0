/* SPDX-License-Identifier: ISC */
#include "brokerd/work.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

struct item { pthread_t by; int ran, done; };

static struct event_base	*base;
static struct work		*w;
static pthread_mutex_t		 gate = PTHREAD_MUTEX_INITIALIZER;
static int			 ndone;
static pthread_t		 loop_thread;

static void
run(void *arg)
{
	struct item	*i = arg;

	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	i->by = pthread_self();
	i->ran++;
}

static void
done(void *arg)
{
	struct item	*i = arg;

	ck_assert(pthread_equal(pthread_self(), loop_thread));
	i->done++;
	ndone++;
}

static void
setup(void)
{
	loop_thread = pthread_self();
	ndone = 0;
	ck_assert_ptr_nonnull(base = event_base_new());
	ck_assert_ptr_nonnull(w = work_new(base));
}

static void
teardown(void)
{
	work_free(w);
	event_base_free(base);
}

START_TEST(work_runs_in_a_thread_and_ends_in_the_loop)
{
	static struct item	items[200];
	size_t			i, n = sizeof(items) / sizeof(items[0]);

	for (i = 0; i < n; i++)
		ck_assert_int_eq(work_start(w, run, done, &items[i]), 0);
	ck_assert_int_eq(ndone, 0);
	while (ndone < (int)n)
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(items[i].ran, 1);
		ck_assert_int_eq(items[i].done, 1);
		ck_assert(!pthread_equal(items[i].by, loop_thread));
	}
}
END_TEST

START_TEST(what_waits_at_the_end_is_ended_without_being_begun)
{
	static struct item	items[50];
	size_t			i;
	int			nran = 0;

	(void)pthread_mutex_lock(&gate);
	for (i = 0; i < 50; i++)
		ck_assert_int_eq(work_start(w, run, done, &items[i]), 0);
	(void)pthread_mutex_unlock(&gate);
	work_free(w);
	w = NULL;
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(items[i].done, 1);
		nran += items[i].ran;
	}
	ck_assert_int_eq(ndone, 50);
	ck_assert_int_le(nran, 50);
}
END_TEST

START_TEST(too_much_is_refused)
{
	static struct item	items[WORK_MAX + 1];
	int			i;

	(void)pthread_mutex_lock(&gate);
	for (i = 0; i < WORK_MAX; i++)
		ck_assert_int_eq(work_start(w, run, done, &items[i]), 0);
	ck_assert_int_eq(work_start(w, run, done, &items[WORK_MAX]), -1);
	ck_assert_int_eq(errno, EAGAIN);
	(void)pthread_mutex_unlock(&gate);
	while (ndone < WORK_MAX)
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
	ck_assert_int_eq(work_start(w, run, done, &items[WORK_MAX]), 0);
	while (ndone < WORK_MAX + 1)
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("work");
	TCase	*t = tcase_create("work");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, work_runs_in_a_thread_and_ends_in_the_loop);
	tcase_add_test(t, what_waits_at_the_end_is_ended_without_being_begun);
	tcase_add_test(t, too_much_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
