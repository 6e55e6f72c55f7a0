/* SPDX-License-Identifier: ISC */
/* What the files of the bus share; nobody else includes it. */
#ifndef COMMON_BUS_IMPL_H
#define COMMON_BUS_IMPL_H

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
	bool		 listened;	/* we hear its facts */
	int64_t		 load_added;	/* work given since its last stat */
	int64_t		 load_stat;
};

struct topic { char text[MSG_TOPIC_MAX + 1]; size_t len; unsigned count; };

struct counters {
	uint64_t	orders_sent, orders_full, orders_gone, orders_failed;
	uint64_t	facts_sent, received_orders, received_facts, refused, topics_refused;
};

struct bus {
	char			 name[BUS_NAME_SIZE];	/* "" a spectator */
	const struct bus_ops	*ops;
	void			*arg;
	void			*ctx, *in, *out, *sub;	/* PULL, XPUB, SUB */
	int			 lock_fd;
	int			 peer_dead_ms, hwm;
	struct peer		*peers;
	size_t			 npeers;
	struct topic		 topics[BUS_TOPICS_MAX];
	size_t			 ntopics;
	uint64_t		 order_seq, fact_seq;
	struct counters		 n;
	struct buf		 scratch;
	struct log_rate		 refused_rate;
	bool			 stat_asked;
};

/* bus_peer.c: peers, their connections and what is known of them. */
int	bus_peers_open(struct bus *b, const struct bus_conf *conf, char *err, size_t err_size);
void	bus_peers_close(struct bus *b);
void	bus_peer_on_stat(struct bus *b, struct peer *p, const void *body, size_t len);
void	bus_peer_look(struct peer *p);		/* alive may have changed */
bool	bus_peer_read_monitor(struct peer *p);	/* true: there was an event */
struct peer *bus_peer_named(struct bus *b, const char *name);

/* bus_sock.c: making sockets. NULL or -1 with errno. */
void	*bus_sock_new(struct bus *b, int type);
int	bus_lock(struct bus *b, const char *run_dir, char *err, size_t err_size);
int	bus_bind(void *sock, const char *endpoint, char *err, size_t err_size);
int	bus_endpoint(const struct bus_conf *conf, const char *name, bool in, char out[BUS_ENDPOINT_MAX], char *err, size_t err_size);

#endif
