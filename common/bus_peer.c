/* SPDX-License-Identifier: ISC */
/* Peers: their connections, their stat, whether they live, who has least to do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "common/bus_impl.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"

#define TICK_LATE_MS	500	/* ticks come every 100 ms; one that is later slept */

/* ---- opening ---- */

static int
open_push(struct bus *b, struct peer *p, const struct bus_conf *conf, char *err, size_t err_size)
{
	char	endpoint[BUS_ENDPOINT_MAX], address[64];

	if (bus_endpoint(conf, p->pub.name, true, endpoint, err, err_size) == -1)
		return -1;
	(void)snprintf(address, sizeof(address), "inproc://monitor.%s", p->pub.name);
	if ((p->push = bus_sock_new(b, ZMQ_PUSH)) == NULL ||
	    zmq_socket_monitor(p->push, address, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) == -1 ||
	    (p->monitor = zmq_socket(b->ctx, ZMQ_PAIR)) == NULL || zmq_connect(p->monitor, address) == -1 ||
	    zmq_connect(p->push, endpoint) == -1) {
		(void)snprintf(err, err_size, "%s: %s", endpoint, zmq_strerror(errno));
		return -1;
	}
	return 0;
}

static int
open_peer(struct bus *b, struct peer *p, int daemon, int instance, const struct bus_conf *conf, char *err, size_t err_size)
{
	char	endpoint[BUS_ENDPOINT_MAX];

	p->bus = b;
	p->pub.daemon = daemon;
	p->pub.instance = instance;
	(void)snprintf(p->pub.name, sizeof(p->pub.name), "%s.%d", conf_daemon_names[daemon], instance);
	p->up = true;
	if ((conf->order_to & 1U << daemon) != 0 && b->name[0] != '\0') {
		p->up = false;
		if (open_push(b, p, conf, err, err_size) == -1)
			return -1;
	}
	/* Without its stat a peer is never alive. */
	if (((conf->listen_to | conf->order_to) & 1U << daemon) == 0)
		return 0;
	if (bus_endpoint(conf, p->pub.name, false, endpoint, err, err_size) == -1)
		return -1;
	if (zmq_connect(b->sub, endpoint) == -1) {
		(void)snprintf(err, err_size, "%s: %s", endpoint, zmq_strerror(errno));
		return -1;
	}
	return 0;
}

static int
open_all(struct bus *b, const struct bus_conf *conf, char *err, size_t err_size)
{
	char	name[BUS_NAME_SIZE];
	int	d, i;

	for (d = 0; d < CONF_NDAEMONS; d++) {
		for (i = 0; i < conf->instances[d]; i++) {
			(void)snprintf(name, sizeof(name), "%s.%d", conf_daemon_names[d], i);
			if (strcmp(name, b->name) == 0)
				continue;
			if (open_peer(b, &b->peers[b->npeers++], d, i, conf, err, err_size) == -1)
				return -1;
		}
	}
	return 0;
}

static void
watch_monitors(struct bus *b)
{
	size_t	i, len;

	for (i = 0; i < b->npeers; i++) {
		b->monitors[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		len = sizeof(b->monitors[i].fd);
		if (b->peers[i].monitor != NULL)
			(void)zmq_getsockopt(b->peers[i].monitor, ZMQ_FD, &b->monitors[i].fd, &len);
	}
}

int
bus_peers_open(struct bus *b, const struct bus_conf *conf, char *err, size_t err_size)
{
	size_t	n = 0;
	int	d;

	for (d = 0; d < CONF_NDAEMONS; d++)
		n += (size_t)conf->instances[d];
	if (n > BUS_PEERS_MAX) {
		(void)snprintf(err, err_size, "%zu processes are configured, at most %d can be", n, BUS_PEERS_MAX);
		errno = EINVAL;
		return -1;
	}
	if ((b->peers = mem_calloc(n + 1, sizeof(*b->peers))) == NULL ||
	    (b->monitors = mem_calloc(n + 1, sizeof(*b->monitors))) == NULL) {
		(void)snprintf(err, err_size, "%s", strerror(errno));
		return -1;
	}
	if (open_all(b, conf, err, err_size) == -1)
		return -1;
	watch_monitors(b);
	return 0;
}

void
bus_peers_close(struct bus *b)
{
	size_t	i;

	for (i = 0; i < b->npeers; i++) {
		if (b->peers[i].push != NULL) {
			(void)zmq_socket_monitor(b->peers[i].push, NULL, 0);
			(void)zmq_close(b->peers[i].push);
		}
		if (b->peers[i].monitor != NULL)
			(void)zmq_close(b->peers[i].monitor);
	}
	free(b->peers);
	free(b->monitors);
}

/* ---- liveness ---- */

static void
tell(struct peer *p, bool alive)
{
	p->pub.alive = alive;
	if (!alive)
		p->load_added = 0;
	if (p->bus->ops->peer != NULL)
		p->bus->ops->peer(p->bus->arg, &p->pub);
}

/* Who fell and is back already was away nevertheless: what it held is lost. */
static void
look(struct peer *p)
{
	if (p->fell && p->pub.alive)
		tell(p, false);
	p->fell = false;
	if (p->pub.alive != (p->up && p->fresh))
		tell(p, !p->pub.alive);
}

void
bus_peers_look(struct bus *b)
{
	size_t	i;

	if (!b->look)
		return;
	b->look = false;
	for (i = 0; i < b->npeers; i++)
		look(&b->peers[i]);
}

void
bus_peer_read_monitor(struct peer *p)
{
	char		address[BUS_ENDPOINT_MAX];
	uint8_t		head[6];
	unsigned	event;

	while (bus_sock_can(p->monitor, ZMQ_POLLIN)) {
		if (zmq_recv(p->monitor, head, sizeof(head), ZMQ_DONTWAIT) != sizeof(head))
			continue;
		(void)zmq_recv(p->monitor, address, sizeof(address), ZMQ_DONTWAIT);
		event = (unsigned)head[0] | (unsigned)head[1] << 8;
		p->up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
		if (!p->up) {
			/* Behind a new connection may be another process: wait for its stat. */
			p->fell = true;
			p->fresh = false;
		}
		p->bus->look = true;
	}
}

/* One system call for all of them: a monitor speaks only when a peer comes or goes. */
void
bus_peers_read_monitors(struct bus *b, bool all)
{
	size_t	i;

	if (!all && poll(b->monitors, b->npeers, 0) <= 0)
		return;
	for (i = 0; i < b->npeers; i++)
		if (b->peers[i].monitor != NULL && (all || b->monitors[i].revents != 0))
			bus_peer_read_monitor(&b->peers[i]);
}

/* True: it comes from the process that sent the last one. */
static bool
take_stat(struct peer *p, struct json_object *o)
{
	const char	*uri = json_get_str_or(o, "uri", "");
	int64_t		 pid = 0, boot = 0;
	bool		 same;

	(void)json_get_int(o, "pid", 0, INT64_MAX, &pid);
	(void)json_get_int(o, "boot", 0, INT64_MAX, &boot);
	same = pid == p->pub.pid && boot == p->boot;
	if (!same)
		p->fell = true;			/* another process of that name */
	p->pub.pid = pid;
	p->boot = boot;
	p->load_stat = 0;
	p->load_added = 0;
	(void)json_get_int(o, "calls", 0, INT32_MAX, &p->load_stat);
	p->pub.calls = p->load_stat;
	p->pub.max_calls = 0;
	(void)json_get_int(o, "max_calls", 0, INT32_MAX, &p->pub.max_calls);
	p->pub.draining = json_get_bool(o, "draining", false);
	(void)snprintf(p->pub.uri, sizeof(p->pub.uri), "%s", strlen(uri) < sizeof(p->pub.uri) ? uri : "");
	return same;
}

void
bus_peer_on_stat(struct bus *b, struct peer *p, const void *body, size_t len)
{
	struct json_object	*o = json_parse(body, len, NULL);

	if (o == NULL || !json_object_is_type(o, json_type_object)) {
		bus_refuse(b, p->pub.name, "stat is not a JSON object");
		json_object_put(o);
		return;
	}
	/* The last words of one that has just died must not make its successor look alive. */
	if (!take_stat(p, o) || p->up)
		p->fresh = true;
	json_object_put(o);
	p->pub.stat_mono_ms = p->seen_ms = clock_mono_ms();
	look(p);
}

/*
 * When this process was stopped or starved, stats wait unread in its socket:
 * only time in which it could have read them makes a peer older.
 */
void
bus_peers_age(struct bus *b)
{
	int64_t	now = clock_mono_ms(), slept = b->tick_ms != 0 ? now - b->tick_ms - TICK_LATE_MS : 0;
	size_t	i;

	b->tick_ms = now;
	for (i = 0; i < b->npeers; i++) {
		struct peer	*p = &b->peers[i];

		if (!p->fresh)
			continue;
		if (slept > 0)
			p->seen_ms = p->seen_ms + slept < now ? p->seen_ms + slept : now;
		if (now - p->seen_ms > b->peer_dead_ms) {
			p->fresh = false;
			look(p);
		}
	}
}

/* ---- finding one ---- */

struct peer *
bus_peer_named(struct bus *b, const char *name)
{
	size_t	i;

	for (i = 0; i < b->npeers; i++)
		if (strcmp(b->peers[i].pub.name, name) == 0)
			return &b->peers[i];
	return NULL;
}

struct bus_peer *
bus_peer_by_name(struct bus *b, const char *name)
{
	struct peer	*p = bus_peer_named(b, name);

	return p != NULL ? &p->pub : NULL;
}

struct bus_peer *
bus_peer_at(struct bus *b, size_t i)
{
	return i < b->npeers ? &b->peers[i].pub : NULL;
}

static bool
excluded(const struct bus_peer *p, struct bus_peer *const *except, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (except[i] == p)
			return true;
	return false;
}

struct bus_peer *
bus_peer_least(struct bus *b, int daemon, struct bus_peer *const *except, size_t nexcept)
{
	struct bus_peer	*best = NULL, *p;
	size_t		 i;

	for (i = 0; i < b->npeers; i++) {
		p = &b->peers[i].pub;
		if (p->daemon != daemon || !p->alive || p->draining || excluded(p, except, nexcept) ||
		    (p->max_calls > 0 && p->calls >= p->max_calls))
			continue;
		if (best == NULL || p->calls < best->calls)
			best = p;
	}
	return best;
}

void
bus_peer_add_load(struct bus_peer *peer, int delta)
{
	struct peer	*p = (struct peer *)peer;

	p->load_added += delta;
	peer->calls = p->load_stat + p->load_added > 0 ? p->load_stat + p->load_added : 0;
}
