/* SPDX-License-Identifier: ISC */
#include "tools/spectate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tools/locked.h"

#define BUDGET		256
#define TICK_US		50000

static void
on_bus(void *arg)
{
	struct spectate	*s = arg;

	if (bus_dispatch(s->bus, BUDGET))
		loop_timer_set(s->loop, s->again, 0);
}

static void
on_tick(void *arg)
{
	struct spectate	*s = arg;

	loop_timer_set(s->loop, s->tick, TICK_US);
	bus_tick(s->bus);
	on_bus(s);
	if (s->on_tick != NULL)
		s->on_tick(s->arg);
}

static void
on_signal(void *arg)
{
	struct spectate	*s = arg;

	if (s->on_signal != NULL)
		s->on_signal(s->arg);
	else
		loop_stop(s->loop);
}

static int
load(struct spectate *s, const char *conf_path, const char *run_dir, char *err, size_t err_size)
{
	struct conf_error	 e;
	char			*own;
	int			 rc;

	rc = conf_path != NULL ? conf_load(conf_path, "common", common_options, &s->common, &e) :
	    conf_defaults(common_options, &s->common, &e);
	if (rc == -1) {
		(void)snprintf(err, err_size, "%s", e.text);
		return -1;
	}
	if (run_dir == NULL)
		return 0;
	if ((own = mem_strdup(run_dir)) == NULL) {
		(void)snprintf(err, err_size, "%s", strerror(errno));
		return -1;
	}
	free(s->common.run_dir);
	s->common.run_dir = own;
	return 0;
}

static int
open_bus(struct spectate *s, char *err, size_t err_size)
{
	struct bus_conf	bc = {
		.name = NULL, .run_dir = s->common.run_dir, .mailbox_messages = s->common.mailbox_messages,
		.peer_dead_ms = s->common.peer_dead_ms, .instances = s->common.instances,
		.peers = s->common.peers, .npeers = s->common.npeers,
		.order_to = 0, .listen_to = (1U << CONF_NDAEMONS) - 1,
	};

	return (s->bus = bus_new(&bc, s->ops, s->arg, err, err_size)) == NULL ? -1 : 0;
}

static int
watch(struct spectate *s)
{
	int	fds[2 + BUS_PEERS_MAX];
	size_t	i, n;

	if ((s->loop = loop_new(&loop_libevent)) == NULL ||
	    (s->again = loop_timer_new(s->loop, on_bus, s)) == NULL ||
	    (s->tick = loop_timer_new(s->loop, on_tick, s)) == NULL ||
	    (s->sig[0] = loop_signal_new(s->loop, SIGINT, on_signal, s)) == NULL ||
	    (s->sig[1] = loop_signal_new(s->loop, SIGTERM, on_signal, s)) == NULL)
		return -1;
	n = bus_fds(s->bus, fds, sizeof(fds) / sizeof(fds[0]));
	if ((s->io = mem_calloc(n + 1, sizeof(*s->io))) == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		if ((s->io[i] = loop_io_new(s->loop, fds[i], on_bus, s)) == NULL)
			return -1;
		s->nio = i + 1;
	}
	loop_timer_set(s->loop, s->again, 0);
	loop_timer_set(s->loop, s->tick, TICK_US);
	return 0;
}

int
spectate_open(struct spectate *s, const char *conf_path, const char *run_dir, const struct bus_ops *ops, void *arg,
    char *err, size_t err_size)
{
	memset(s, 0, sizeof(*s));
	s->ops = ops;
	s->arg = arg;
	s->begun_mono_ms = clock_mono_ms();
	if (load(s, conf_path, run_dir, err, err_size) == -1 || open_bus(s, err, err_size) == -1)
		return -1;
	if (watch(s) == 0)
		return 0;
	(void)snprintf(err, err_size, "event loop: %s", strerror(errno));
	return -1;
}

void
spectate_close(struct spectate *s)
{
	size_t	i;

	for (i = 0; i < s->nio; i++)
		loop_watch_free(s->loop, s->io[i]);
	free(s->io);
	if (s->loop != NULL) {
		loop_watch_free(s->loop, s->again);
		loop_watch_free(s->loop, s->tick);
		loop_watch_free(s->loop, s->sig[0]);
		loop_watch_free(s->loop, s->sig[1]);
	}
	bus_free(s->bus);
	loop_free(s->loop);
	conf_clear(common_options, &s->common);
	memset(s, 0, sizeof(*s));
}

int
spectate_run(struct spectate *s)
{
	return loop_run(s->loop);
}

bool
spectate_expected(const struct spectate *s, const struct bus_peer *peer)
{
	char	path[4096];
	pid_t	pid;

	(void)snprintf(path, sizeof(path), "%s/%s.lock", s->common.run_dir, peer->name);
	if ((pid = locked_by(path)) >= 0)
		return pid > 0;
	return clock_mono_ms() - s->begun_mono_ms < s->common.peer_dead_ms;
}
