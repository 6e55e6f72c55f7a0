/* SPDX-License-Identifier: ISC */
/* Real ipc sockets between several buses of one process, turned by poll(2). */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>
#include <zmq.h>

#include "common/bus.h"
#include "common/conf.h"

#define NODES_MAX	4
#define WAIT_MS		10000

struct node {
	struct bus	*bus;
	unsigned	 orders, facts, ups, downs, stats_wanted;
	enum msg_kind	 last_kind;
	char		 last_body[256], last_from[BUS_NAME_SIZE];
	int		 calls, max_calls;
	bool		 mute;		/* publishes no stat */
};

static char	run_dir[] = "/tmp/bus.XXXXXX";
static int	instances[CONF_NDAEMONS] = { 0, 1, 2, 1 };
static struct node nodes[NODES_MAX];

static void
publish(struct node *n)
{
	char	text[128];

	(void)snprintf(text, sizeof(text), "{\"pid\":%d,\"calls\":%d,\"max_calls\":%d,\"uri\":\"ws://x\"}",
	    (int)getpid(), n->calls, n->max_calls);
	if (!n->mute)
		bus_fact(n->bus, MSG_STAT, NULL, text, strlen(text));
}

static void
keep(struct node *n, const struct bus_msg *m)
{
	n->last_kind = m->head.kind;
	(void)snprintf(n->last_from, sizeof(n->last_from), "%s", m->head.from);
	(void)snprintf(n->last_body, sizeof(n->last_body), "%.*s", (int)m->len, (const char *)m->body);
}

static void
on_order(void *arg, const struct bus_msg *m)
{
	struct node	*n = arg;

	n->orders++;
	keep(n, m);
}

static void
on_fact(void *arg, const struct bus_msg *m)
{
	struct node	*n = arg;

	n->facts++;
	keep(n, m);
}

static void
on_peer(void *arg, struct bus_peer *p)
{
	struct node	*n = arg;

	if (p->alive)
		n->ups++;
	else
		n->downs++;
}

static void
on_stat_wanted(void *arg)
{
	struct node	*n = arg;

	n->stats_wanted++;
	publish(n);
}

static const struct bus_ops ops = { .order = on_order, .fact = on_fact, .peer = on_peer, .stat_wanted = on_stat_wanted };

static struct node *
node_open(int i, const char *name)
{
	struct bus_conf	conf = { .name = name, .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = 60000,
	    .instances = instances, .order_to = 15, .listen_to = 15 };
	char		err[256];

	nodes[i] = (struct node){ 0 };
	nodes[i].bus = bus_new(&conf, &ops, &nodes[i], err, sizeof(err));
	ck_assert_msg(nodes[i].bus != NULL, "%s", err);
	return &nodes[i];
}

static void
node_close(struct node *n)
{
	bus_free(n->bus);
	n->bus = NULL;
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	memset(nodes, 0, sizeof(nodes));
}

static void
teardown(void)
{
	char	cmd[64];
	int	i;

	for (i = 0; i < NODES_MAX; i++)
		node_close(&nodes[i]);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", run_dir);
	ck_assert_int_eq(system(cmd), 0);
	memcpy(strrchr(run_dir, '.'), ".XXXXXX", 7);
}

/* Wait for a descriptor of any node, then let all work. */
static void
turn(void)
{
	struct pollfd	pfd[64];
	int		fds[16], i;
	size_t		k, n, count = 0;

	for (i = 0; i < NODES_MAX; i++) {
		n = nodes[i].bus != NULL ? bus_fds(nodes[i].bus, fds, 16) : 0;
		for (k = 0; k < n; k++)
			pfd[count++] = (struct pollfd){ .fd = fds[k], .events = POLLIN };
	}
	(void)poll(pfd, count, 20);
	for (i = 0; i < NODES_MAX; i++)
		while (nodes[i].bus != NULL && bus_dispatch(nodes[i].bus, 16))
			continue;
}

#define TURN_UNTIL(cond) do {					\
	int	left_ = WAIT_MS / 20;				\
	while (!(cond) && left_-- > 0)				\
		turn();						\
	ck_assert_msg(cond, "never: %s", #cond);		\
} while (0)

static struct bus_peer *
peer(struct node *n, const char *name)
{
	struct bus_peer	*p = bus_peer_by_name(n->bus, name);

	ck_assert_ptr_nonnull(p);
	return p;
}

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

START_TEST(a_peer_that_is_not_there_is_gone)
{
	struct node	*vadd = node_open(0, "vadd.0");

	ck_assert_int_eq(bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, "{}", 2), BUS_GONE);
	ck_assert(!peer(vadd, "brokerd.0")->alive);
	ck_assert_ptr_null(bus_peer_by_name(vadd->bus, "brokerd.7"));
	ck_assert_ptr_null(bus_peer_by_name(vadd->bus, "vadd.0"));
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

START_TEST(a_peer_that_goes_is_reported_and_comes_back)
{
	struct node	*vadd = node_open(0, "vadd.0"), *broker = node_open(1, "brokerd.0");

	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	node_close(broker);
	TURN_UNTIL(vadd->downs == 1);
	ck_assert_int_eq(bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, "{}", 2), BUS_GONE);
	broker = node_open(1, "brokerd.0");
	TURN_UNTIL(vadd->ups == 2 && peer(vadd, "brokerd.0")->alive);
	ck_assert_int_eq(bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, "{}", 2), BUS_OK);
	TURN_UNTIL(broker->orders == 1);
}
END_TEST

START_TEST(a_name_that_is_taken_is_refused)
{
	struct bus_conf	conf = { .name = "vadd.0", .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = 2500, .instances = instances };
	char		err[256];

	(void)node_open(0, "vadd.0");
	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_ptr_nonnull(strstr(err, "vadd.0 is running already"));
}
END_TEST

START_TEST(endpoints_that_cannot_be_are_refused)
{
	char			name[] = "brokerd.0", in[] = "tcp://192.0.2.1:7000", out[] = "tcp://192.0.2.1:7001";
	struct conf_peer	remote = { name, in, out };
	struct bus_conf		conf = { .name = "vadd.0", .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = 2500,
	    .instances = instances, .peers = &remote, .npeers = 1, .order_to = 15, .listen_to = 15 };
	char			err[256], deep[200];

	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_msg(strstr(err, "loopback") != NULL, "%s", err);
	memset(deep, 'x', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	conf.name = NULL;
	conf.npeers = 0;
	conf.run_dir = deep;
	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_msg(strstr(err, "107 bytes") != NULL, "%s", err);
}
END_TEST

START_TEST(the_least_loaded_peer_with_room_is_found)
{
	struct node	*broker = node_open(0, "brokerd.0"), *a = node_open(1, "vadd.0"), *b = node_open(2, "vadd.1");
	struct bus_peer	*pa, *pb;

	a->calls = 3;
	b->calls = 2;
	b->max_calls = 4;
	pa = peer(broker, "vadd.0");
	pb = peer(broker, "vadd.1");
	TURN_UNTIL(pa->alive && pb->alive);
	ck_assert_ptr_eq(bus_peer_least(broker->bus, CONF_VADD, NULL, 0), pb);
	ck_assert_ptr_eq(bus_peer_least(broker->bus, CONF_VADD, &pb, 1), pa);
	bus_peer_add_load(pb, 2);
	ck_assert_int_eq(pb->calls, 4);
	ck_assert_ptr_eq(bus_peer_least(broker->bus, CONF_VADD, NULL, 0), pa);
	ck_assert_ptr_null(bus_peer_least(broker->bus, CONF_VADD, &pa, 1));	/* vadd.1 is full */
	ck_assert_ptr_null(bus_peer_least(broker->bus, CONF_SOCKD, NULL, 0));
	publish(b);
	TURN_UNTIL(pb->calls == 2);			/* its own word replaces ours */
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
	struct json_object	*stat;
	char			 endpoint[64];
	size_t			 i, k;

	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s/vadd.0.in", run_dir);
	ck_assert_int_eq(zmq_connect(push, endpoint), 0);
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		for (k = 0; k < 3 && garbage[i].frame[k] != NULL; k++)
			ck_assert_int_ge(zmq_send(push, garbage[i].frame[k], strlen(garbage[i].frame[k]),
			    k < 2 && garbage[i].frame[k + 1] != NULL ? ZMQ_SNDMORE : 0), 0);
	ck_assert_int_ge(zmq_send(push, "call.claim - brokerd.0 1 1", 26, ZMQ_SNDMORE), 0);
	ck_assert_int_ge(zmq_send(push, "{\"gen\":5}", 9, 0), 0);
	TURN_UNTIL(vadd->orders == 1);
	ck_assert_str_eq(vadd->last_body, "{\"gen\":5}");
	stat = json_object_new_object();
	bus_stat(vadd->bus, stat);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(stat, "bus_refused")), (int)(sizeof(garbage) / sizeof(garbage[0])));
	json_object_put(stat);
	(void)zmq_close(push);
	(void)zmq_ctx_term(ctx);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("bus");
	TCase	*t = tcase_create("bus");
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, peers_find_each_other_and_orders_arrive_in_order);
	tcase_add_test(t, a_peer_that_is_not_there_is_gone);
	tcase_add_test(t, a_mailbox_that_nobody_reads_gets_full);
	tcase_add_test(t, a_peer_that_goes_is_reported_and_comes_back);
	tcase_add_test(t, a_name_that_is_taken_is_refused);
	tcase_add_test(t, endpoints_that_cannot_be_are_refused);
	tcase_add_test(t, the_least_loaded_peer_with_room_is_found);
	tcase_add_test(t, only_wanted_facts_are_wanted);
	tcase_add_test(t, a_tap_needs_no_mailbox_and_changes_nothing);
	tcase_add_test(t, garbage_in_a_mailbox_is_counted_and_survived);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
