/* SPDX-License-Identifier: ISC */
/* Names, endpoints, who is alive and who has least to do. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>

#include "tests/unit/bus_fixture.h"

START_TEST(a_peer_that_is_not_there_is_gone)
{
	struct node	*vadd = node_open(0, "vadd.0");

	ck_assert_int_eq(bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, "{}", 2), BUS_GONE);
	ck_assert(!peer(vadd, "brokerd.0")->alive);
	ck_assert_ptr_null(bus_peer_by_name(vadd->bus, "brokerd.7"));
	ck_assert_ptr_null(bus_peer_by_name(vadd->bus, "vadd.0"));
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

START_TEST(a_restart_between_two_looks_is_told_as_death_and_birth)
{
	struct node	*vadd = node_open(0, "vadd.0"), *tap = node_open(2, NULL);

	(void)node_open(1, "brokerd.0");
	TURN_UNTIL(peer(vadd, "brokerd.0")->alive && peer(tap, "brokerd.0")->alive && peer(tap, "vadd.0")->alive);
	ck_assert_str_eq(vadd->story, "+");
	tap->story[0] = '\0';
	node_close(&nodes[1]);
	(void)node_open(1, "brokerd.0");		/* vadd and the tap looked away; the pid is the same */
	TURN_UNTIL(strlen(vadd->story) >= 3 && strlen(tap->story) >= 2);
	ck_assert_str_eq(vadd->story, "+-+");
	ck_assert_str_eq(tap->story, "-+");
}
END_TEST

static void
raw_bind(void *sock, const char *file)
{
	char	endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s/%s", run_dir, file);
	ck_assert_int_eq(zmq_bind(sock, endpoint), 0);
}

static void
raw_stat(void *pub, int boot)
{
	char	body[64];
	int	len = snprintf(body, sizeof(body), "{\"pid\":1,\"boot\":%d}", boot);

	ck_assert_int_ge(zmq_send(pub, "stat - brokerd.0 1 1", 20, ZMQ_SNDMORE), 0);
	ck_assert_int_eq(zmq_send(pub, body, (size_t)len, 0), len);
}

/* A loudspeaker and a mailbox by hand, so that it is sure which comes back first. */
START_TEST(last_words_of_the_dead_do_not_make_the_next_one_alive)
{
	struct node	*vadd = node_open(0, "vadd.0");
	void		*ctx = zmq_ctx_new(), *out = zmq_socket(ctx, ZMQ_XPUB), *in = zmq_socket(ctx, ZMQ_PULL);
	char		 sub[64];
	int		 linger = 0;

	ck_assert_int_eq(zmq_setsockopt(in, ZMQ_LINGER, &linger, sizeof(linger)), 0);
	ck_assert_int_eq(zmq_setsockopt(out, ZMQ_LINGER, &linger, sizeof(linger)), 0);
	raw_bind(in, "brokerd.0.in");
	raw_bind(out, "brokerd.0.out");
	ck_assert_int_eq(zmq_recv(out, sub, sizeof(sub), 0), 6);
	raw_stat(out, 1);
	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	(void)zmq_close(in);
	TURN_UNTIL(vadd->downs == 1);
	raw_stat(out, 1);
	TURN_UNTIL(counter(vadd, "bus_facts_received") == 2);
	in = zmq_socket(ctx, ZMQ_PULL);
	raw_bind(in, "brokerd.0.in");
	TURN_UNTIL(bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, "{}", 2) == BUS_OK);
	raw_stat(out, 2);
	TURN_UNTIL(counter(vadd, "bus_facts_received") == 3);
	ck_assert_str_eq(vadd->story, "+-+");
	(void)zmq_close(in);
	(void)zmq_close(out);
	(void)zmq_ctx_term(ctx);
}
END_TEST

/* A process of its own, so that it can be stopped and killed. */
static pid_t
child_bus(int i, const char *name)
{
	pid_t	pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)node_open(i, name);
	for (;;) {
		turn();
		publish(&nodes[i]);			/* far too often, but within each test's patience */
	}
}

START_TEST(a_stopped_process_is_dead_until_it_goes_on_and_a_killed_one_at_once)
{
	pid_t		 pid = child_bus(1, "brokerd.0");
	struct node	*vadd = node_open(0, "vadd.0");
	int64_t		 begin;

	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	begin = real_ms();
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	TURN_UNTIL(!peer(vadd, "brokerd.0")->alive);
	ck_assert_int_lt(real_ms() - begin, 5000);	/* 1.5 s of heartbeats, and a slow machine; its stat is young for long */
	ck_assert_int_eq(bus_order(vadd->bus, peer(vadd, "brokerd.0"), MSG_CALL_CLAIM, NULL, "{}", 2), BUS_GONE);
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	ck_assert_str_eq(vadd->story, "+-+");
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	TURN_UNTIL(!peer(vadd, "brokerd.0")->alive);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* Ticks of 100 ms by a clock that is set; the first also looks at what came before. */
static void
pass(struct node *n, int64_t *now_ms, int ms)
{
	for (; ms > 0; ms -= 100) {
		*now_ms += 100;
		clock_set(*now_ms * 1000, 0);
		bus_tick(n->bus);
	}
}

START_TEST(a_peer_whose_stat_is_old_is_dead_until_the_next)
{
	struct node	*vadd, *broker;
	int64_t		 now = 1000;

	clock_set(now * 1000, 0);
	vadd = node_open(0, "vadd.0");
	broker = node_open(1, "brokerd.0");
	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	pass(vadd, &now, DEAD_MS);
	ck_assert_str_eq(vadd->story, "+");
	pass(vadd, &now, 100);
	ck_assert_str_eq(vadd->story, "+-");
	publish(broker);
	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	ck_assert_int_eq(peer(vadd, "brokerd.0")->stat_mono_ms, now);
}
END_TEST

START_TEST(own_sleep_does_not_make_a_peer_older)
{
	struct node	*vadd;
	int64_t		 now = 1000;

	clock_set(now * 1000, 0);
	vadd = node_open(0, "vadd.0");
	(void)node_open(1, "brokerd.0");
	TURN_UNTIL(peer(vadd, "brokerd.0")->alive);
	pass(vadd, &now, 1000);
	now += 60 * 1000;				/* stopped, say by a debugger */
	pass(vadd, &now, DEAD_MS - 2000);
	ck_assert_str_eq(vadd->story, "+");
	pass(vadd, &now, 3000);
	ck_assert_str_eq(vadd->story, "+-");
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

static const struct { char in[160], out[32]; const char *cause; } bad_endpoints[] = {
	{ "tcp://192.0.2.1:7000", "tcp://192.0.2.1:7001", "between hosts nothing is encrypted" },
	{ "tcp://*:7000", "", "between hosts" },
	{ "tcp://127.evil.example:7000", "", "between hosts" },
	{ "tcp://localhost:7000", "", "tcp://127.0.0.1:PORT" },
	{ "", "tcp://[::]:7001", "between hosts" },
	{ "ipc://@abstract", "", "path of a file" },
	{ "ipc://*", "", "path of a file" },
	{ "ipc://", "", "path of a file" },
	{ "inproc://x", "", "between hosts" },
	{ "ipc:///xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "", "107 bytes" },
};

START_TEST(endpoints_that_cannot_be_are_refused)
{
	char			name[] = "brokerd.0", in[160], out[32];
	struct conf_peer	remote = { name, in, out };
	struct bus_conf		conf = { .name = "vadd.0", .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = 2500,
	    .instances = instances, .peers = &remote, .npeers = 1, .order_to = 15, .listen_to = 15 };
	char			err[256];

	memcpy(in, bad_endpoints[_i].in, sizeof(in));
	memcpy(out, bad_endpoints[_i].out, sizeof(out));
	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_msg(strstr(err, bad_endpoints[_i].cause) != NULL, "%s", err);
}
END_TEST

START_TEST(a_folder_that_cannot_be_is_refused)
{
	struct bus_conf	conf = { .run_dir = "/nowhere", .mailbox_messages = 100, .peer_dead_ms = 2500,
	    .instances = instances, .listen_to = 15 };
	char		err[256], deep[200];

	conf.name = "vadd.0";
	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_msg(strstr(err, "/nowhere/vadd.0.lock") != NULL, "%s", err);
	conf.name = "../vadd.0";
	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_int_eq(errno, EINVAL);
	conf.name = NULL;
	memset(deep, 'x', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	conf.run_dir = deep;
	ck_assert_ptr_null(bus_new(&conf, &ops, NULL, err, sizeof(err)));
	ck_assert_msg(strstr(err, "107 bytes") != NULL, "%s", err);
}
END_TEST

START_TEST(the_files_are_for_the_group_and_nobody_else)
{
	static const char *const	names[] = { "vadd.0.in", "vadd.0.out" };
	char				path[128];
	struct stat			st;
	size_t				i;

	(void)node_open(0, "vadd.0");
	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", run_dir, names[i]);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0660);
	}
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
	b->draining = true;
	publish(b);
	TURN_UNTIL(pb->calls == 2);			/* its own word replaces ours */
	ck_assert_ptr_null(bus_peer_least(broker->bus, CONF_VADD, &pa, 1));	/* but it is to get nothing new */
}
END_TEST

START_TEST(a_bus_survives_each_failed_allocation)
{
	struct bus_conf	conf = { .name = "vadd.0", .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = 2500,
	    .instances = instances, .order_to = 15, .listen_to = 15 };
	char		err[256];
	int		n;

	for (n = 0; nodes[0].bus == NULL; n++) {
		mem_fail_at(n);
		nodes[0].bus = bus_new(&conf, &ops, &nodes[0], err, sizeof(err));
		ck_assert(nodes[0].bus != NULL || errno == ENOMEM);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 3);
}
END_TEST

int
main(void)
{
	TCase	*t = tcase_create("bus_peer");

	tcase_add_test(t, a_peer_that_is_not_there_is_gone);
	tcase_add_test(t, a_peer_that_goes_is_reported_and_comes_back);
	tcase_add_test(t, a_restart_between_two_looks_is_told_as_death_and_birth);
	tcase_add_test(t, last_words_of_the_dead_do_not_make_the_next_one_alive);
	tcase_add_test(t, a_stopped_process_is_dead_until_it_goes_on_and_a_killed_one_at_once);
	tcase_add_test(t, a_peer_whose_stat_is_old_is_dead_until_the_next);
	tcase_add_test(t, own_sleep_does_not_make_a_peer_older);
	tcase_add_test(t, a_name_that_is_taken_is_refused);
	tcase_add_loop_test(t, endpoints_that_cannot_be_are_refused, 0, sizeof(bad_endpoints) / sizeof(bad_endpoints[0]));
	tcase_add_test(t, a_folder_that_cannot_be_is_refused);
	tcase_add_test(t, the_files_are_for_the_group_and_nobody_else);
	tcase_add_test(t, the_least_loaded_peer_with_room_is_found);
	tcase_add_test(t, a_bus_survives_each_failed_allocation);
	return bus_fixture_run("bus_peer", t);
}
