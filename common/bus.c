/* SPDX-License-Identifier: ISC */
/* The bus: mailbox and loudspeaker, sending and reading. */
#include "common/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "common/bus_impl.h"
#include "common/clock.h"
#include "common/mem.h"

#define STAT_PREFIX	"stat "
#define REFUSED_LOG_MS	10000

/* ---- opening ---- */

static int
open_own(struct bus *b, const struct bus_conf *conf, char *err, size_t err_size)
{
	char	endpoint[BUS_ENDPOINT_MAX];
	int	one = 1;

	if (b->name[0] == '\0')
		return 0;
	if (bus_lock(b, conf->run_dir, err, err_size) == -1)
		return -1;
	if ((b->in = bus_sock_new(b, ZMQ_PULL)) == NULL || (b->out = bus_sock_new(b, ZMQ_XPUB)) == NULL ||
	    zmq_setsockopt(b->out, ZMQ_XPUB_VERBOSER, &one, sizeof(one)) == -1) {
		(void)snprintf(err, err_size, "socket: %s", zmq_strerror(errno));
		return -1;
	}
	if (bus_endpoint(conf, b->name, true, endpoint, err, err_size) == -1 || bus_bind(b->in, endpoint, err, err_size) == -1 ||
	    bus_endpoint(conf, b->name, false, endpoint, err, err_size) == -1 || bus_bind(b->out, endpoint, err, err_size) == -1)
		return -1;
	return 0;
}

static int
open_sub(struct bus *b, char *err, size_t err_size)
{
	if ((b->sub = bus_sock_new(b, ZMQ_SUB)) != NULL &&
	    zmq_setsockopt(b->sub, ZMQ_SUBSCRIBE, STAT_PREFIX, strlen(STAT_PREFIX)) == 0)
		return 0;
	(void)snprintf(err, err_size, "socket: %s", zmq_strerror(errno));
	return -1;
}

/* The name becomes a file's and a word of each head. */
static bool
name_ok(const char *name)
{
	size_t	len = strlen(name);

	return len > 0 && len < BUS_NAME_SIZE && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.") == len && name[0] != '.';
}

struct bus *
bus_new(const struct bus_conf *conf, const struct bus_ops *ops, void *arg, char *err, size_t err_size)
{
	struct bus	*b;
	int		 saved_errno;

	if (conf->name != NULL && !name_ok(conf->name)) {
		(void)snprintf(err, err_size, "%s: not a name of a process: small letters, digits and dots, at most %d",
		    conf->name, BUS_NAME_SIZE - 1);
		errno = EINVAL;
		return NULL;
	}
	if ((b = mem_calloc(1, sizeof(*b))) == NULL || (b->ctx = zmq_ctx_new()) == NULL) {
		(void)snprintf(err, err_size, "out of memory");
		free(b);
		errno = ENOMEM;
		return NULL;
	}
	b->ops = ops;
	b->arg = arg;
	b->lock_fd = -1;
	b->hwm = conf->mailbox_messages;
	b->peer_dead_ms = conf->peer_dead_ms;
	b->boot = clock_wall_ms() * 1000 + clock_mono_us() % 1000;
	buf_init(&b->scratch, MSG_BODY_MAX);
	(void)snprintf(b->name, sizeof(b->name), "%s", conf->name != NULL ? conf->name : "");
	if (open_own(b, conf, err, err_size) == 0 && open_sub(b, err, err_size) == 0 &&
	    bus_peers_open(b, conf, err, err_size) == 0)
		return b;
	saved_errno = errno;
	bus_free(b);
	errno = saved_errno;
	return NULL;
}

void
bus_free(struct bus *b)
{
	void	**socks[3];
	size_t	  i;

	if (b == NULL)
		return;
	socks[0] = &b->in;
	socks[1] = &b->out;
	socks[2] = &b->sub;
	for (i = 0; i < 3; i++)
		if (*socks[i] != NULL)
			(void)zmq_close(*socks[i]);
	bus_peers_close(b);
	while (zmq_ctx_term(b->ctx) == -1 && errno == EINTR)
		continue;			/* at most the sockets' linger */
	if (b->lock_fd != -1)
		(void)close(b->lock_fd);
	buf_clear(&b->scratch);
	free(b);
}

static size_t
add_fd(void *sock, int *fds, size_t n, size_t max)
{
	size_t	len = sizeof(fds[0]);

	if (sock == NULL || n >= max || zmq_getsockopt(sock, ZMQ_FD, &fds[n], &len) == -1)
		return n;
	return n + 1;
}

size_t
bus_fds(const struct bus *b, int *fds, size_t max)
{
	size_t	i, n = 0;

	n = add_fd(b->in, fds, n, max);
	n = add_fd(b->out, fds, n, max);
	n = add_fd(b->sub, fds, n, max);
	for (i = 0; i < b->npeers; i++)
		n = add_fd(b->peers[i].monitor, fds, n, max);
	return n;
}

/* ---- what we want to hear ---- */

static int
subscribe(struct bus *b, const char *prefix)
{
	return zmq_setsockopt(b->sub, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
}

int
bus_subscribe(struct bus *b, enum msg_kind kind, const struct callid *call)
{
	char	prefix[MSG_TOPIC_MAX + 1];

	(void)snprintf(prefix, sizeof(prefix), "%s %s%s", msg_kind_name(kind), call != NULL ? call->text : "", call != NULL ? " " : "");
	return subscribe(b, prefix);
}

int
bus_subscribe_all(struct bus *b)
{
	b->hears_all = true;
	return subscribe(b, "");
}

/* ---- sending ---- */

static int
send_frame(void *sock, const void *data, size_t len, int more)
{
	int	rc;

	while ((rc = zmq_send(sock, data, len, ZMQ_DONTWAIT | more)) == -1 && errno == EINTR)
		continue;		/* half a message must not stay behind */
	return rc == -1 ? -1 : 0;
}

static int
send_frames(struct bus *b, void *sock, enum msg_kind kind, const struct callid *call, uint64_t seq, const void *body, size_t len)
{
	struct msg_head	h = { .kind = kind, .version = MSG_VERSION, .seq = seq };
	char		topic[MSG_TOPIC_MAX + 1];
	size_t		tlen;

	if (len > MSG_BODY_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (call != NULL)
		h.call = *call;
	memcpy(h.from, b->name, sizeof(h.from));
	tlen = msg_head_encode(&h, topic);
	if (send_frame(sock, topic, tlen, ZMQ_SNDMORE) == -1)
		return -1;
	return send_frame(sock, body, len, 0);
}

static enum bus_result
push(struct bus *b, struct peer *p, enum msg_kind kind, const struct callid *call, const void *body, size_t len)
{
	int	rc;

	if (p->push == NULL)
		return BUS_GONE;
	/* A send believes in a dead pipe for some ms more, and what it puts there is lost. */
	if (!p->up) {
		bus_peer_read_monitor(p);
		if (!p->up)
			return BUS_GONE;
	}
	rc = send_frames(b, p->push, kind, call, p->order_seq + 1, body, len);
	/* A send looks at news of its connection a thousand times a second at most: ask before believing a no. */
	if (rc == -1 && errno == EAGAIN && bus_sock_can(p->push, ZMQ_POLLOUT))
		rc = send_frames(b, p->push, kind, call, p->order_seq + 1, body, len);
	if (rc == 0) {
		p->order_seq++;
		return BUS_OK;
	}
	if (errno != EAGAIN)
		return BUS_ERROR;
	bus_peer_read_monitor(p);
	return p->up ? BUS_FULL : BUS_GONE;
}

enum bus_result
bus_order(struct bus *b, struct bus_peer *peer, enum msg_kind kind, const struct callid *call, const void *body, size_t len)
{
	enum bus_result	result = push(b, (struct peer *)peer, kind, call, body, len);

	b->n.orders[kind][result]++;
	return result;
}

enum bus_result
bus_order_json(struct bus *b, struct bus_peer *peer, enum msg_kind kind, const struct callid *call, const void *fields)
{
	buf_reset(&b->scratch);
	if (msg_encode(kind, fields, &b->scratch) == -1) {
		b->n.orders[kind][COUNT_FAILED]++;
		return BUS_ERROR;
	}
	return bus_order(b, peer, kind, call, b->scratch.data, b->scratch.len);
}

void
bus_fact(struct bus *b, enum msg_kind kind, const struct callid *call, const void *body, size_t len)
{
	if (b->out == NULL || !bus_wanted(b, kind, call))
		return;
	b->fact_seq++;
	if (send_frames(b, b->out, kind, call, b->fact_seq, body, len) == 0)
		b->n.facts_sent++;
	else
		b->n.facts_failed++;
	bus_topics_read(b);		/* the send has eaten the descriptor's edge, if there was one */
}

void
bus_fact_json(struct bus *b, enum msg_kind kind, const struct callid *call, const void *fields)
{
	if (b->out == NULL || !bus_wanted(b, kind, call))
		return;
	buf_reset(&b->scratch);
	if (msg_encode(kind, fields, &b->scratch) == 0)
		bus_fact(b, kind, call, b->scratch.data, b->scratch.len);
	else
		b->n.facts_failed++;
}

/* ---- reading ---- */

void
bus_refuse(struct bus *b, const char *from, const char *why)
{
	unsigned long	missed;

	b->n.refused++;
	if (log_rate_ok(&b->refused_rate, REFUSED_LOG_MS, &missed))
		log_warn(NULL, "bus.refused", "from=%s cause=%s did=dropped missed=%lu", LOG_Q(from), LOG_Q(why), missed);
}

/* Count what is missing between two numbers; a lower one means that the sender began anew. */
static void
count_gap(struct peer *p, uint64_t *seen, uint64_t seq, uint64_t *total)
{
	if (*seen != 0 && seq > *seen + 1) {
		p->gaps += seq - *seen - 1;
		*total += seq - *seen - 1;
	}
	*seen = seq;
}

static void
deliver_order(struct bus *b, const struct bus_msg *m)
{
	struct peer	*p = bus_peer_named(b, m->head.from);

	b->n.received_orders++;
	if (p != NULL)
		count_gap(p, &p->order_seen, m->head.seq, &b->n.order_gaps);
	if (b->ops->order != NULL)
		b->ops->order(b->arg, m);
}

static void
deliver_fact(struct bus *b, const struct bus_msg *m)
{
	struct peer	*p = bus_peer_named(b, m->head.from);

	b->n.received_facts++;
	/* Who subscribed to some kinds only sees gaps that are none. */
	if (p != NULL && b->hears_all)
		count_gap(p, &p->fact_seen, m->head.seq, &b->n.fact_gaps);
	if (m->head.kind == MSG_STAT) {
		if (p == NULL)
			bus_refuse(b, m->head.from, "stat of a process that is not configured");
		else
			bus_peer_on_stat(b, p, m->body, m->len);
		if (b->name[0] != '\0')
			return;			/* a tool may look at stats itself */
	}
	if (b->ops->fact != NULL)
		b->ops->fact(b->arg, m);
}

static int
more_follows(void *sock)
{
	int	more = 0;
	size_t	len = sizeof(more);

	return zmq_getsockopt(sock, ZMQ_RCVMORE, &more, &len) == 0 && more;
}

/* The second frame; a text when the message has not exactly two. */
static const char *
read_body(void *sock, zmq_msg_t *body)
{
	const char	*why = NULL;
	zmq_msg_t	 extra;

	if (!more_follows(sock) || zmq_msg_recv(body, sock, ZMQ_DONTWAIT) == -1)
		return "one frame only";
	while (more_follows(sock)) {
		why = "more than two frames";
		(void)zmq_msg_init(&extra);
		(void)zmq_msg_recv(&extra, sock, ZMQ_DONTWAIT);
		(void)zmq_msg_close(&extra);
	}
	return why;
}

static const char *
read_head(zmq_msg_t *head, struct msg_head *ret)
{
	if (msg_head_decode(ret, zmq_msg_data(head), zmq_msg_size(head)) == 0)
		return NULL;
	return errno == ENOTSUP ? "a newer version" : errno == EINVAL ? "an unknown kind" : "a malformed head";
}

/* One message of two frames from a PULL or SUB socket; false: none there. */
static bool
read_one(struct bus *b, void *sock, void (*deliver)(struct bus *, const struct bus_msg *))
{
	zmq_msg_t	head, body;
	struct bus_msg	m;
	const char	*why;
	bool		got;

	(void)zmq_msg_init(&head);
	(void)zmq_msg_init(&body);
	if ((got = zmq_msg_recv(&head, sock, ZMQ_DONTWAIT) != -1)) {
		if ((why = read_body(sock, &body)) == NULL)
			why = read_head(&head, &m.head);
		if (why == NULL) {
			m.body = zmq_msg_data(&body);
			m.len = zmq_msg_size(&body);
			deliver(b, &m);
		} else
			bus_refuse(b, "?", why);
	}
	(void)zmq_msg_close(&head);
	(void)zmq_msg_close(&body);
	return got;
}

/* Subscriptions and connections: they are few, and decide how the rest is seen. */
static void
dispatch_control(struct bus *b, bool all)
{
	bus_topics_read(b);
	if (b->stat_asked) {
		b->stat_asked = false;
		if (b->ops->stat_wanted != NULL)
			b->ops->stat_wanted(b->arg);
	}
	bus_peers_read_monitors(b, all);
	bus_peers_look(b);
}

bool
bus_dispatch(struct bus *b, int budget)
{
	bool	got = true;

	dispatch_control(b, !b->looked);
	b->looked = true;
	while (got && budget > 0) {
		got = false;
		if (bus_sock_can(b->in, ZMQ_POLLIN) && read_one(b, b->in, deliver_order)) {
			got = true;
			budget--;
		}
		if (bus_sock_can(b->sub, ZMQ_POLLIN) && read_one(b, b->sub, deliver_fact)) {
			got = true;
			budget--;
		}
	}
	bus_peers_look(b);
	return b->stat_asked || b->look || bus_sock_can(b->in, ZMQ_POLLIN) || bus_sock_can(b->sub, ZMQ_POLLIN);
}

void
bus_tick(struct bus *b)
{
	dispatch_control(b, true);
	bus_peers_age(b);
}
