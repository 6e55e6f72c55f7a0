/* SPDX-License-Identifier: ISC */
/* Orders, facts and subscriptions. */
#include "tests/unit/bus_fixture.h"

START_TEST(peers_find_each_other_and_orders_arrive_in_order)
{
	struct node		*vadd = node_open(0, "vadd.0"), *broker = node_open(1, "brokerd.0");
	struct callid		 id = { "3f9c" };
	struct msg_claim	 m = { .gen = 0 };

	TURN_UNTIL(peer(vadd, "brokerd.0")->alive && peer(broker, "vadd.0")->alive);
	ck_assert_str_eq(peer(vadd, "brokerd.0")->uri, "ws://x");
	for (m.gen = 1; m.gen <= 50; m.gen++)
		ck_assert_int_eq(bus_order_json(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, &id, &m), BUS_OK);
	TURN_UNTIL(broker->orders == 50);
	ck_assert_str_eq(broker->last_body, "{\"gen\":50}");
	ck_assert_str_eq(broker->last_from, "vadd.0");
}
END_TEST

START_TEST(a_mailbox_that_nobody_reads_gets_full)
{
	struct node	*vadd = node_open(0, "vadd.0"), *broker = node_open(1, "brokerd.0");
	static char	 body[100000];
	int		 n, rc = BUS_OK;

	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	for (n = 0; n < 100000 && rc == BUS_OK; n++)
		rc = (int)bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, body, sizeof(body));
	ck_assert_int_eq(rc, BUS_FULL);
	ck_assert_int_ge(n, 100);
	TURN_UNTIL(broker->orders == (unsigned)n - 1);		/* what was accepted arrived */
}
END_TEST

START_TEST(orders_that_cannot_be_are_errors_and_counted)
{
	struct node		*vadd = node_open(0, "vadd.0"), *broker = node_open(1, "brokerd.0");
	struct bus_peer		*p = peer(vadd, "brokerd.0");
	struct msg_cancel	 m = { .gen = -1 };
	char			*big = calloc(1, MSG_BODY_MAX + 1);

	TURN_UNTIL(p->alive);
	ck_assert_int_eq(bus_order(vadd->bus, p, MSG_UTTERANCE, NULL, big, MSG_BODY_MAX + 1), BUS_ERROR);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_int_eq(bus_order_json(vadd->bus, p, MSG_PLAY_CANCEL, NULL, &m), BUS_ERROR);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(bus_order(vadd->bus, p, MSG_UTTERANCE, NULL, big, MSG_BODY_MAX), BUS_OK);
	ck_assert_int_eq(bus_order(vadd->bus, p, MSG_UTTERANCE, NULL, NULL, 0), BUS_OK);
	TURN_UNTIL(broker->orders == 2);
	ck_assert_int_eq(counter(vadd, "bus_orders_sent"), 2);
	ck_assert_int_eq(counter(vadd, "bus_orders_failed"), 2);
	ck_assert_int_eq(counter(broker, "bus_orders_received"), 2);
	ck_assert_int_eq(counter(broker, "bus_order_gaps"), 0);
	free(big);
}
END_TEST

START_TEST(only_wanted_facts_are_wanted)
{
	struct node	*vadd = node_open(0, "vadd.0"), *tap = node_open(1, NULL);
	struct callid	 id = { "3f9c" }, other = { "3f9" };

	TURN_UNTIL(peer(tap, "vadd.0")->alive);
	ck_assert_uint_ge(vadd->stats_wanted, 1);
	ck_assert(!bus_wanted(vadd->bus, MSG_AUDIO_IN, &id));
	ck_assert_int_eq(bus_subscribe(tap->bus, MSG_AUDIO_IN, &id), 0);
	TURN_UNTIL(bus_wanted(vadd->bus, MSG_AUDIO_IN, &id));
	ck_assert(!bus_wanted(vadd->bus, MSG_AUDIO_IN, &other));
	ck_assert(!bus_wanted(vadd->bus, MSG_AUDIO_OUT, &id));
	bus_fact(vadd->bus, MSG_AUDIO_OUT, &id, "out", 3);
	bus_fact(vadd->bus, MSG_AUDIO_IN, &other, "other", 5);
	bus_fact(vadd->bus, MSG_AUDIO_IN, &id, "in", 2);
	TURN_UNTIL(tap->last_kind == MSG_AUDIO_IN);
	ck_assert_str_eq(tap->last_body, "in");
	node_close(tap);
	TURN_UNTIL(!bus_wanted(vadd->bus, MSG_AUDIO_IN, &id));
}
END_TEST

START_TEST(a_tap_needs_no_mailbox_and_changes_nothing)
{
	struct node	*vadd = node_open(0, "vadd.0"), *tap = node_open(1, NULL);

	ck_assert_int_eq(bus_subscribe_all(tap->bus), 0);
	TURN_UNTIL(peer(tap, "vadd.0")->alive);
	ck_assert_int_eq(bus_order(tap->bus, peer(tap, "vadd.0"), MSG_CALL_CLAIM, NULL, "{}", 2), BUS_GONE);
	TURN_UNTIL(bus_wanted(vadd->bus, MSG_TURN, NULL));
	bus_fact(vadd->bus, MSG_TURN, NULL, "{}", 2);
	TURN_UNTIL(tap->last_kind == MSG_TURN);
	ck_assert_uint_eq(vadd->orders, 0);
}
END_TEST

/* What arrives in a mailbox from somebody who knows nothing of the protocol. */
static const struct { const char *frame[3]; } garbage[] = {
	{ { "", NULL, NULL } }, { { "stat", "", NULL } }, { { "call.claim - vadd.0 1 1", NULL, NULL } },
	{ { "call.claim - vadd.0 1 1", "{}", "more" } }, { { "call.claim - vadd.0 99 1", "{}", NULL } },
	{ { "nothing - vadd.0 1 1", "{}", NULL } }, { { "\xff\xfe\x00", "\x01", NULL } },
};

START_TEST(garbage_in_a_mailbox_is_counted_and_survived)
{
	struct node		*vadd = node_open(0, "vadd.0");
	void			*ctx = zmq_ctx_new(), *push = zmq_socket(ctx, ZMQ_PUSH);
	size_t			 i, k;

	connect_to(push, "vadd.0.in");
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		for (k = 0; k < 3 && garbage[i].frame[k] != NULL; k++)
			ck_assert_int_ge(zmq_send(push, garbage[i].frame[k], strlen(garbage[i].frame[k]),
			    k < 2 && garbage[i].frame[k + 1] != NULL ? ZMQ_SNDMORE : 0), 0);
	ck_assert_int_ge(zmq_send(push, "call.claim - brokerd.0 1 1", 26, ZMQ_SNDMORE), 0);
	ck_assert_int_ge(zmq_send(push, "{\"gen\":5}", 9, 0), 0);
	TURN_UNTIL(vadd->orders == 1);
	ck_assert_str_eq(vadd->last_body, "{\"gen\":5}");
	ck_assert_int_eq(counter(vadd, "bus_refused"), (int)(sizeof(garbage) / sizeof(garbage[0])));
	(void)zmq_close(push);
	(void)zmq_ctx_term(ctx);
}
END_TEST

START_TEST(missing_numbers_are_counted_for_their_sender)
{
	static const char *const	heads[] = { "call.claim - brokerd.0 1 7", "call.claim - brokerd.0 1 8",
	    "call.claim - brokerd.0 1 12", "call.claim - brokerd.0 1 1", "call.claim - nobody.9 1 90" };
	struct node			*vadd = node_open(0, "vadd.0");
	void				*ctx = zmq_ctx_new(), *push = zmq_socket(ctx, ZMQ_PUSH);
	struct json_object		*stat = json_object_new_object();
	int64_t				 gaps = 0;
	size_t				 i;

	connect_to(push, "vadd.0.in");
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		ck_assert_int_ge(zmq_send(push, heads[i], strlen(heads[i]), ZMQ_SNDMORE), 0);
		ck_assert_int_ge(zmq_send(push, "{}", 2, 0), 0);
	}
	TURN_UNTIL(vadd->orders == sizeof(heads) / sizeof(heads[0]));
	bus_stat(vadd->bus, stat);
	ck_assert_int_eq(json_get_int(json_get_obj(stat, "bus_gaps"), "brokerd.0", 0, 100, &gaps), 1);
	ck_assert_int_eq(gaps, 3);
	json_object_put(stat);
	(void)zmq_close(push);
	(void)zmq_ctx_term(ctx);
}
END_TEST

/* More subscriptions than a process keeps count of: then everything is wanted, until they are gone. */
START_TEST(too_many_subscriptions_lose_no_facts)
{
	struct node	*vadd = node_open(0, "vadd.0");
	struct callid	 id = { "none" };
	void		*ctx = zmq_ctx_new(), *sub = zmq_socket(ctx, ZMQ_SUB);
	char		 prefix[400];
	int		 i;

	memset(prefix, 'x', sizeof(prefix));
	ck_assert_int_eq(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, prefix, sizeof(prefix)), 0);	/* matches nothing */
	for (i = 0; i < 300; i++) {
		(void)snprintf(prefix, sizeof(prefix), "audio.in call%d ", i);
		ck_assert_int_eq(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, prefix, strlen(prefix)), 0);
	}
	connect_to(sub, "vadd.0.out");
	TURN_UNTIL(bus_wanted(vadd->bus, MSG_TURN, &id));
	ck_assert_int_ge(counter(vadd, "bus_topics_refused"), 1);
	(void)zmq_close(sub);
	(void)zmq_ctx_term(ctx);
	TURN_UNTIL(!bus_wanted(vadd->bus, MSG_TURN, &id) && !bus_wanted(vadd->bus, MSG_AUDIO_IN, &id));
}
END_TEST

/* Publishing eats the edge of the loudspeaker's descriptor: a subscription that came with it must be seen. */
START_TEST(subscriptions_are_seen_while_facts_are_sent)
{
	struct node	*vadd = node_open(0, "vadd.0"), *tap = node_open(1, NULL);
	int		 i;

	TURN_UNTIL(peer(tap, "vadd.0")->alive);
	for (i = 0; i < MSG_STAT; i++) {
		if (i % 2 == 0)
			ck_assert_int_eq(bus_subscribe(tap->bus, (enum msg_kind)i, NULL), 0);
		else
			node_close(tap), tap = node_open(1, NULL);
		while (bus_wanted(vadd->bus, (enum msg_kind)i, NULL) != (i % 2 == 0)) {
			publish(vadd);
			turn();
		}
	}
}
END_TEST

int
main(void)
{
	TCase	*t = tcase_create("bus");

	tcase_add_test(t, peers_find_each_other_and_orders_arrive_in_order);
	tcase_add_test(t, a_mailbox_that_nobody_reads_gets_full);
	tcase_add_test(t, orders_that_cannot_be_are_errors_and_counted);
	tcase_add_test(t, only_wanted_facts_are_wanted);
	tcase_add_test(t, a_tap_needs_no_mailbox_and_changes_nothing);
	tcase_add_test(t, garbage_in_a_mailbox_is_counted_and_survived);
	tcase_add_test(t, missing_numbers_are_counted_for_their_sender);
	tcase_add_test(t, too_many_subscriptions_lose_no_facts);
	tcase_add_test(t, subscriptions_are_seen_while_facts_are_sent);
	return bus_fixture_run("bus", t);
}
