/* SPDX-License-Identifier: ISC */
/*
 * Real ipc sockets between several buses of one process, turned by poll(2) as
 * an event loop would: for the tests of the bus.
 */
#ifndef TESTS_UNIT_BUS_FIXTURE_H
#define TESTS_UNIT_BUS_FIXTURE_H

#include <sys/stat.h>

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

#include "common/bus.h"
#include "common/clock.h"
#include "common/conf.h"
#include "common/json.h"
#include "common/mem.h"

#define NODES_MAX	4
#define WAIT_MS		10000
#define DEAD_MS		60000

struct node {
	struct bus	*bus;
	unsigned	 orders, facts, ups, downs, stats_wanted;
	char		 story[64];	/* of its peers: + alive, - not */
	bool		 again;		/* the last dispatch left something */
	enum msg_kind	 last_kind;
	char		 last_body[256], last_from[BUS_NAME_SIZE];
	int		 calls, max_calls;
	bool		 draining;
};

static char	run_dir[80];
static int	instances[CONF_NDAEMONS] = { 0, 1, 2, 1 };
static struct node nodes[NODES_MAX];

static void
publish(struct node *n)
{
	struct json_object	*stat = json_object_new_object();
	const char		*text;
	size_t			 len;

	(void)json_add_int(stat, "pid", getpid());
	(void)json_add_int(stat, "calls", n->calls);
	(void)json_add_int(stat, "max_calls", n->max_calls);
	(void)json_add_bool(stat, "draining", n->draining);
	(void)json_add_str(stat, "uri", "ws://x");
	bus_stat(n->bus, stat);
	ck_assert_ptr_nonnull(text = json_text(stat, &len));
	bus_fact(n->bus, MSG_STAT, NULL, text, len);
	json_object_put(stat);
}

/* A counter of that bus. */
static inline int64_t
counter(const struct node *n, const char *name)
{
	struct json_object	*stat = json_object_new_object();
	int64_t			 v = -1;

	bus_stat(n->bus, stat);
	ck_assert_int_eq(json_get_int(stat, name, 0, INT64_MAX, &v), 1);
	json_object_put(stat);
	return v;
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

	size_t		 len = strlen(n->story);

	if (p->alive)
		n->ups++;
	else
		n->downs++;
	ck_assert_uint_lt(len + 1, sizeof(n->story));
	n->story[len] = p->alive ? '+' : '-';
	n->story[len + 1] = '\0';
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
	struct bus_conf	conf = { .name = name, .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = DEAD_MS,
	    .instances = instances, .order_to = 15, .listen_to = 15 };
	char		err[256];

	nodes[i] = (struct node){ .again = true };
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
	const char	*tmp = getenv("TMPDIR");

	(void)snprintf(run_dir, sizeof(run_dir), "%s/bus.XXXXXX", tmp != NULL && strlen(tmp) < 60 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	memset(nodes, 0, sizeof(nodes));
}

static void
teardown(void)
{
	char	cmd[100];
	int	i;

	for (i = 0; i < NODES_MAX; i++)
		node_close(&nodes[i]);
	clock_set(-1, -1);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", run_dir);
	ck_assert_int_eq(system(cmd), 0);
}

/* As an event loop: only who has an event, or said that more waits, works. No tick helps out. */
static void
turn(void)
{
	struct pollfd	pfd[64];
	int		fds[16], owner[64], i, wait = 20;
	size_t		k, n, count = 0;

	for (i = 0; i < NODES_MAX; i++) {
		if (nodes[i].bus == NULL)
			continue;
		n = bus_fds(nodes[i].bus, fds, 16);
		wait = nodes[i].again ? 0 : wait;
		for (k = 0; k < n; k++, count++) {
			owner[count] = i;
			pfd[count] = (struct pollfd){ .fd = fds[k], .events = POLLIN };
		}
	}
	(void)poll(pfd, count, wait);
	for (k = 0; k < count; k++)
		nodes[owner[k]].again |= pfd[k].revents != 0;
	for (i = 0; i < NODES_MAX; i++)
		if (nodes[i].bus != NULL && nodes[i].again)
			nodes[i].again = bus_dispatch(nodes[i].bus, 16);
}

static int64_t
real_ms(void)
{
	struct timespec	t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#define TURN_UNTIL(cond) do {					\
	int64_t	end_ = real_ms() + WAIT_MS;			\
	while (!(cond) && real_ms() < end_)			\
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

static inline void
connect_to(void *sock, const char *file)
{
	char	endpoint[128];

	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s/%s", run_dir, file);
	ck_assert_int_eq(zmq_connect(sock, endpoint), 0);
}

/* Run the tests of t with a folder of their own each; main()'s result. */
static inline int
bus_fixture_run(const char *name, TCase *t)
{
	Suite	*s = suite_create(name);
	SRunner	*r;
	int	 failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}

#endif
