/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhookd/leg.h"

static struct event
status(const char *name, int rank, int64_t at)
{
	struct event	ev = { .kind = EVENT_STATUS, .rank = rank, .timestamp = at, .duration_s = -1,
	    .sip_code = -1, .start_time = -1, .end_time = -1 };

	(void)snprintf(ev.status, sizeof(ev.status), "%s", name);
	return ev;
}

/* Orders that were seen in the field (spec/vonage.md 2.6), as letters: s r a c d(isconnected) b(usy) */
static const struct { const char *order, *end; } orders[] = {
	{ "srac", "completed" }, { "rsac", "completed" }, { "asrc", "completed" }, { "csra", "completed" },
	{ "bsrc", "busy" }, { "srad", "disconnected" }, { "ssrraacc", "completed" }, { "sracsra", "completed" },
};

static struct event
letter(char c, int64_t at)
{
	switch (c) {
	case 's':
		return status("started", EVENT_RANK_STARTED, at);
	case 'r':
		return status("ringing", EVENT_RANK_RINGING, at);
	case 'a':
		return status("answered", EVENT_RANK_ANSWERED, at);
	case 'b':
		return status("busy", EVENT_RANK_TERMINAL, at);
	case 'd':
		return status("disconnected", EVENT_RANK_TERMINAL, at);
	default:
		return status("completed", EVENT_RANK_TERMINAL, at);
	}
}

START_TEST(no_order_of_events_moves_a_leg_backwards)
{
	struct store_leg	leg;
	struct event		ev;
	const char		*p;
	int			rank = EVENT_RANK_NONE, ended = 0;

	leg_init(&leg, "f7ae");
	for (p = orders[_i].order; *p != '\0'; p++) {
		ev = letter(*p, 1000 + (p - orders[_i].order));
		if (leg_apply(&leg, &ev, 5000) == LEG_ENDED)
			ended++;
		ck_assert_int_ge(leg.rank, rank);
		rank = leg.rank;
	}
	ck_assert_str_eq(leg.status, orders[_i].end);
	ck_assert_int_eq(ended, 1);
}
END_TEST

START_TEST(completed_adds_its_figures_to_another_end)
{
	struct store_leg	leg;
	struct event		busy = status("busy", EVENT_RANK_TERMINAL, 1000);
	struct event		completed = status("completed", EVENT_RANK_TERMINAL, 1001);

	leg_init(&leg, "f7ae");
	completed.duration_s = 7;
	(void)snprintf(completed.price, sizeof(completed.price), "0.02");
	ck_assert_int_eq(leg_apply(&leg, &busy, 0), LEG_ENDED);
	ck_assert_int_eq(leg_apply(&leg, &completed, 0), LEG_SAME);
	ck_assert_str_eq(leg.status, "busy");
	ck_assert_int_eq(leg.duration_s, 7);
	ck_assert_str_eq(leg.price, "0.02");
}
END_TEST

START_TEST(an_unknown_status_moves_nothing)
{
	struct store_leg	leg;
	struct event		ev = status("levitating", EVENT_RANK_NONE, 1000);

	leg_init(&leg, "f7ae");
	ck_assert_int_eq(leg_apply(&leg, &ev, 0), LEG_SAME);
	ck_assert_int_eq(leg.rank, EVENT_RANK_NONE);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("leg");
	TCase	*t = tcase_create("leg");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, no_order_of_events_moves_a_leg_backwards, 0, sizeof(orders) / sizeof(orders[0]));
	tcase_add_test(t, completed_adds_its_figures_to_another_end);
	tcase_add_test(t, an_unknown_status_moves_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
