/* SPDX-License-Identifier: ISC */
#include "sockd/loop_ev.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <check.h>

static struct loop		*loop;
static struct loop_watch	*watch;
static int			 ncalls, fds[2];

static void
setup(void)
{
	ck_assert_ptr_nonnull(loop = loop_new(&loop_libev));
	ck_assert_int_eq(pipe(fds), 0);
	ncalls = 0;
}

static void
teardown(void)
{
	loop_watch_free(loop, watch);
	loop_free(loop);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
third_time_stops(void *arg)
{
	int	*rearm = arg;

	if (++ncalls == 3)
		loop_stop(loop);
	else if (rearm != NULL)
		loop_timer_set(loop, watch, 0);
}

static void
frees_itself(void *arg)
{
	(void)arg;
	loop_watch_free(loop, watch);
	watch = NULL;
	loop_stop(loop);
}

START_TEST(a_timer_fires_once_and_can_be_set_again_from_its_callback)
{
	watch = loop_timer_new(loop, third_time_stops, &ncalls);
	loop_timer_set(loop, watch, 1000);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(ncalls, 3);
}
END_TEST

START_TEST(a_disarmed_timer_does_not_fire)
{
	struct loop_watch	*other = loop_timer_new(loop, third_time_stops, NULL);

	watch = loop_timer_new(loop, frees_itself, NULL);
	loop_timer_set(loop, other, 0);
	loop_timer_set(loop, other, -1);
	loop_timer_set(loop, watch, 2000);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(ncalls, 0);
	loop_watch_free(loop, other);
}
END_TEST

START_TEST(reading_is_level_triggered)
{
	watch = loop_io_new(loop, fds[0], third_time_stops, NULL);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(ncalls, 3);
}
END_TEST

START_TEST(a_signal_is_an_event)
{
	watch = loop_signal_new(loop, SIGUSR1, frees_itself, NULL);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_ptr_null(watch);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("loop_ev");
	TCase	*t = tcase_create("loop_ev");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_timer_fires_once_and_can_be_set_again_from_its_callback);
	tcase_add_test(t, a_disarmed_timer_does_not_fire);
	tcase_add_test(t, reading_is_level_triggered);
	tcase_add_test(t, a_signal_is_an_event);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner	*r = srunner_create(suite());
	int	 nfailed;

	srunner_run_all(r, CK_ENV);
	nfailed = srunner_ntests_failed(r);
	srunner_free(r);
	return nfailed != 0;
}
