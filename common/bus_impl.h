/* SPDX-License-Identifier: ISC */
/* What the files of the bus share; nobody else includes it. */
#ifndef COMMON_BUS_IMPL_H
#define COMMON_BUS_IMPL_H

#include <poll.h>

#include "common/bus.h"
#include "common/conf.h"
#include "common/log.h"

#define BUS_TOPICS_MAX	256	/* subscriptions that others hold, by prefix */
#define BUS_ENDPOINT_MAX 512

struct peer {			/* pub comes first: a bus_peer is its peer */
	struct bus_peer	 pub;
	struct bus	*bus;
	void		*push;		/* NULL: no orders go there */
	void		*monitor;	/* PAIR; NULL as above */
	bool		 up;		/* handshake done; always true without push */
	bool		 fresh;		/* its stat is young */
	bool		 fell;		/* it was down since the last look, however short */
	int64_t		 boot;		/* when it began, from its stat: a pid may come again */
	int64_t		 seen_ms;	/* of its last stat, as the age is judged: our own sleep does not count */
	int64_t		 load_added;	/* work given since its last stat */
	int64_t		 load_stat;
	uint64_t	 order_seq;	/* of the last order to it */
	uint64_t	 order_seen, fact_seen;	/* seq of the last from it, 0: none yet */
	uint64_t	 gaps;		/* messages of it that did not arrive */
};

/*
 * Prefixes that others subscribed to, each counted once a subscriber. When the
 * table is full further ones are only counted, and everything is wanted while
 * there are such: facts are rather sent in vain than missed.
 */
struct topic { char text[MSG_TOPIC_MAX + 1]; size_t len; unsigned count; };
struct topics {
	struct topic	 rows[BUS_TOPICS_MAX];
	size_t		 n;
	unsigned	 uncounted;	/* subscriptions with no row */
	uint64_t	 kinds;		/* bit 1 << kind: some row may match it */
	uint64_t	 refused;	/* ever */
};

enum { COUNT_SENT, COUNT_FULL, COUNT_GONE, COUNT_FAILED, NCOUNTS };
struct counters {
	uint64_t	orders[MSG_NKINDS][NCOUNTS];	/* by bus_result: OK, FULL, GONE, ERROR */
	uint64_t	facts_sent, facts_failed, received_orders, received_facts, refused, order_gaps, fact_gaps;
};

struct bus {
	char			 name[BUS_NAME_SIZE];	/* "" a spectator */
	const struct bus_ops	*ops;
	void			*arg;
	void			*ctx, *in, *out, *sub;	/* PULL, XPUB, SUB */
	int			 lock_fd;
	int			 peer_dead_ms, hwm;
	int64_t			 boot;			/* wall clock in us at the start */
	int64_t			 tick_ms;		/* monotonic, of the last bus_tick(); 0: none */
	struct peer		*peers;
	struct pollfd		*monitors;		/* [npeers]; fd -1: none */
	size_t			 npeers;
	bool			 look;			/* some peer's state changed outside of a look */
	bool			 looked;		/* at every monitor: until then its descriptor need not speak */
	bool			 hears_all;		/* subscribed to "": a gap in facts is a gap */
	bool			 stat_asked;
	struct topics		 topics;
	uint64_t		 fact_seq;
	struct counters		 n;
	struct buf		 scratch;
	struct log_rate		 refused_rate, topics_rate;
};

/* bus.c */
void	bus_refuse(struct bus *b, const char *from, const char *why);	/* count, and a line now and then */

/* bus_peer.c: peers, their connections and what is known of them. */
int	bus_peers_open(struct bus *b, const struct bus_conf *conf, char *err, size_t err_size);
void	bus_peers_close(struct bus *b);
void	bus_peer_on_stat(struct bus *b, struct peer *p, const void *body, size_t len);
/* Read what the monitor has; the callback is left to bus_peers_look(). */
void	bus_peer_read_monitor(struct peer *p);
void	bus_peers_read_monitors(struct bus *b, bool all);	/* all: also those whose descriptor is silent */
void	bus_peers_look(struct bus *b);		/* call back where alive changed */
void	bus_peers_age(struct bus *b);		/* call back where a stat has become too old */
struct peer *bus_peer_named(struct bus *b, const char *name);

/* bus_topic.c: subscriptions that others hold. */
void	bus_topics_read(struct bus *b);		/* until there is none; sets stat_asked */

/* bus_sock.c: making sockets. NULL or -1 with errno. */
void	*bus_sock_new(struct bus *b, int type);
bool	bus_sock_can(void *sock, int what);	/* what: ZMQ_POLLIN, ZMQ_POLLOUT; false for NULL */
int	bus_lock(struct bus *b, const char *run_dir, char *err, size_t err_size);
int	bus_bind(void *sock, const char *endpoint, char *err, size_t err_size);
int	bus_endpoint(const struct bus_conf *conf, const char *name, bool in, char out[BUS_ENDPOINT_MAX], char *err, size_t err_size);

#endif
