/* SPDX-License-Identifier: ISC */
/*
 * bus: a mailbox and a loudspeaker for each process, over ZeroMQ.
 *
 * A process "vadd.0" binds a PULL socket (mailbox, RUNDIR/vadd.0.in) and an
 * XPUB socket (loudspeaker, RUNDIR/vadd.0.out) after taking an flock on
 * RUNDIR/vadd.0.lock (a second ZeroMQ bind on a live path would steal it).
 * Files are 0660. It connects a PUSH socket (ZMQ_IMMEDIATE, no linger over
 * 500 ms) to each peer's mailbox and one SUB socket to all loudspeakers,
 * subscribed to "stat " and to what was asked for.
 *
 * An order that was accepted by bus_order() lies in a queue of this process:
 * it arrives unless one of both processes dies. What must survive that is in
 * SQLite or is kept until acknowledged. Sends never block.
 *
 * A peer is alive while its mailbox connection is up (socket monitor, ZeroMQ
 * heartbeats 500/1000 ms) and its last `stat` is younger than peer_dead_ms.
 * A `stat` is also published at once when somebody subscribes to it.
 *
 * One thread. Callbacks run from bus_dispatch() and bus_tick(); they may send,
 * but must not free the bus. Bodies are borrowed for the callback.
 */
#ifndef COMMON_BUS_H
#define COMMON_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"
#include "common/msg.h"

struct bus;
struct json_object;

#define BUS_NAME_SIZE	MSG_NAME_SIZE
#define BUS_PEERS_MAX	256

struct bus_msg {
	struct msg_head	 head;		/* kind, call, from, version, seq */
	const void	*body;		/* borrowed */
	size_t		 len;
};

struct bus_peer {			/* read only */
	char		 name[BUS_NAME_SIZE];	/* "sockd.1" */
	int		 daemon;		/* CONF_SOCKD, ... */
	int		 instance;
	bool		 alive;
	bool		 draining;	/* from its stat: give it no new work */
	int64_t		 pid;
	int64_t		 calls;		/* from its stat, plus what bus_peer_add_load() added since */
	int64_t		 max_calls;	/* 0: not told */
	char		 uri[256];	/* sockd: public base of its WebSocket address, "wss://host/socket" */
	int64_t		 stat_mono_ms;	/* when the last stat came */
	void		*user;		/* the daemon's own */
};

struct bus_ops {			/* any may be NULL */
	void (*order)(void *arg, const struct bus_msg *msg);
	void (*fact)(void *arg, const struct bus_msg *msg);	/* not stat: the bus reads that itself */
	/* alive changed; also called when a peer died and came back between two looks (false, then true). */
	void (*peer)(void *arg, struct bus_peer *peer);
	/* Somebody subscribed to stat: publish it now. */
	void (*stat_wanted)(void *arg);
};

struct bus_conf {
	const char	*name;		/* "vadd.0"; NULL: a spectator without mailbox and loudspeaker (the tools) */
	const char	*run_dir;
	int		 mailbox_messages, peer_dead_ms;
	const int	*instances;	/* [CONF_NDAEMONS] how many of each daemon there are */
	const struct conf_peer *peers;	/* endpoints that are not ipc in run_dir */
	size_t		 npeers;
	unsigned	 order_to;	/* bit 1 << CONF_SOCKD, ...: daemons that this process sends orders to */
	unsigned	 listen_to;	/* daemons whose stat (and facts) it hears */
};

enum bus_result {
	BUS_OK,
	BUS_FULL,	/* the peer's queue is at its high-water mark; counted */
	BUS_GONE,	/* no connection to the peer; counted */
	BUS_ERROR	/* errno: ENOMEM, EMSGSIZE */
};

/* NULL with errno and a text in err (EBUSY: the name is taken). ops and arg live as long as the bus. */
struct bus *bus_new(const struct bus_conf *conf, const struct bus_ops *ops, void *arg,
    char *err, size_t err_size);
void bus_free(struct bus *b);

/* Descriptors to watch for reading (edge-triggered inside: any event means call bus_dispatch). They never change. */
size_t	bus_fds(const struct bus *b, int *fds, size_t max);
/* Handle up to budget messages; true: more wait, call again soon (a zero timer, so that others run first). */
bool	bus_dispatch(struct bus *b, int budget);
/* Every 100 ms or so: looks at the peers' age. */
void	bus_tick(struct bus *b);

/* Push into the peer's mailbox. call may be NULL. Counted per kind and result. */
enum bus_result bus_order(struct bus *b, struct bus_peer *peer, enum msg_kind kind,
    const struct callid *call, const void *body, size_t len);
/* Encode a control struct by its table (msg.h) and push it. */
enum bus_result bus_order_json(struct bus *b, struct bus_peer *peer, enum msg_kind kind,
    const struct callid *call, const void *fields);
/* Publish. Costs next to nothing when nobody subscribed. */
void	bus_fact(struct bus *b, enum msg_kind kind, const struct callid *call, const void *body, size_t len);
void	bus_fact_json(struct bus *b, enum msg_kind kind, const struct callid *call, const void *fields);
/* Does anybody subscribe to this kind (and call)? For facts that are costly to build. */
bool	bus_wanted(const struct bus *b, enum msg_kind kind, const struct callid *call);
/* Hear facts of a kind (all calls if NULL) from all peers in listen_to. 0 or -1. "" prefix: bus_subscribe_all. */
int	bus_subscribe(struct bus *b, enum msg_kind kind, const struct callid *call);
int	bus_subscribe_all(struct bus *b);

/* Peers: found by name ("brokerd.1") or number; stable for the life of the bus. NULL: not configured. */
struct bus_peer *bus_peer_by_name(struct bus *b, const char *name);
struct bus_peer *bus_peer_at(struct bus *b, size_t i);		/* NULL past the end */
/*
 * The live, not draining peer of that daemon with the fewest calls and room
 * for one more, other than the `nexcept` ones in except[]; NULL: none. Ties go
 * to the lowest instance.
 */
struct bus_peer *bus_peer_least(struct bus *b, int daemon, struct bus_peer *const *except, size_t nexcept);
/* Count work just given (+1) or taken away (-1), until its next stat says it itself. */
void	bus_peer_add_load(struct bus_peer *peer, int delta);

/* Add the bus' counters to a stat body (orders sent, full, gone; facts; received; refused; seq gaps). */
void	bus_stat(const struct bus *b, struct json_object *stat);

#endif
