/* SPDX-License-Identifier: ISC */
/* The bus: mailbox and loudspeaker, sending, reading, subscriptions. */
#include "common/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "common/bus_impl.h"
#include "common/json.h"
#include "common/mem.h"

#define STAT_PREFIX	"stat "

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

struct bus *
bus_new(const struct bus_conf *conf, const struct bus_ops *ops, void *arg, char *err, size_t err_size)
{
	struct bus	*b;
	int		 saved_errno;

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
	(void)zmq_ctx_term(b->ctx);
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

/* ---- subscriptions that others hold ---- */

static void
topic_change(struct bus *b, const char *text, size_t len, bool add)
{
	struct topic	*t;
	size_t		 i;

	for (i = 0; i < b->ntopics; i++)
		if (b->topics[i].len == len && memcmp(b->topics[i].text, text, len) == 0)
			break;
	t = &b->topics[i];
	if (i == b->ntopics) {
		if (!add)
			return;
		if (i == BUS_TOPICS_MAX || len > MSG_TOPIC_MAX) {
			b->n.topics_refused++;		/* its facts are still sent, only bus_wanted() does not know */
			return;
		}
		*t = (struct topic){ .len = len };
		memcpy(t->text, text, len);
		b->ntopics++;
	}
	if (add)
		t->count++;
	else if (--t->count == 0)
		*t = b->topics[--b->ntopics];
}

/* One subscription message; false: none there. */
static bool
read_subscription(struct bus *b)
{
	char	data[MSG_TOPIC_MAX + 2];
	int	n;
	size_t	len, plen;

	if ((n = zmq_recv(b->out, data, sizeof(data), ZMQ_DONTWAIT)) == -1)
		return false;
	if (n < 1 || (size_t)n > sizeof(data) || (data[0] != 0 && data[0] != 1))
		return true;
	len = (size_t)n - 1;
	topic_change(b, data + 1, len, data[0] == 1);
	plen = len < strlen(STAT_PREFIX) ? len : strlen(STAT_PREFIX);
	if (data[0] == 1 && memcmp(data + 1, STAT_PREFIX, plen) == 0)
		b->stat_asked = true;
	return true;
}

bool
bus_wanted(const struct bus *b, enum msg_kind kind, const struct callid *call)
{
	char	head[MSG_TOPIC_MAX + 1];
	size_t	i, len;
	int	n;

	if (b->ntopics == 0)
		return false;
	n = snprintf(head, sizeof(head), "%s %s ", msg_kind_name(kind), call != NULL && call->text[0] != '\0' ? call->text : "-");
	for (i = 0; i < b->ntopics; i++) {
		len = b->topics[i].len;
		if (memcmp(head, b->topics[i].text, len < (size_t)n ? len : (size_t)n) == 0)
			return true;
	}
	return false;
}

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
	return subscribe(b, "");
}

/* ---- sending ---- */

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
	(void)snprintf(h.from, sizeof(h.from), "%s", b->name);
	tlen = msg_head_encode(&h, topic);
	if (zmq_send(sock, topic, tlen, ZMQ_DONTWAIT | ZMQ_SNDMORE) == -1 || zmq_send(sock, body, len, ZMQ_DONTWAIT) == -1)
		return -1;
	return 0;
}

enum bus_result
bus_order(struct bus *b, struct bus_peer *peer, enum msg_kind kind, const struct callid *call, const void *body, size_t len)
{
	struct peer	*p = (struct peer *)peer;

	if (p->push == NULL) {
		b->n.orders_gone++;
		return BUS_GONE;
	}
	if (send_frames(b, p->push, kind, call, b->order_seq + 1, body, len) == 0) {
		b->order_seq++;
		b->n.orders_sent++;
		return BUS_OK;
	}
	if (errno != EAGAIN) {
		b->n.orders_failed++;
		return BUS_ERROR;
	}
	if (p->up) {
		b->n.orders_full++;
		return BUS_FULL;
	}
	b->n.orders_gone++;
	return BUS_GONE;
}

enum bus_result
bus_order_json(struct bus *b, struct bus_peer *peer, enum msg_kind kind, const struct callid *call, const void *fields)
{
	buf_reset(&b->scratch);
	if (msg_encode(kind, fields, &b->scratch) == -1) {
		b->n.orders_failed++;
		return BUS_ERROR;
	}
	return bus_order(b, peer, kind, call, b->scratch.data, b->scratch.len);
}

void
bus_fact(struct bus *b, enum msg_kind kind, const struct callid *call, const void *body, size_t len)
{
	if (b->out == NULL)
		return;
	b->fact_seq++;
	if (send_frames(b, b->out, kind, call, b->fact_seq, body, len) == 0)
		b->n.facts_sent++;
}

void
bus_fact_json(struct bus *b, enum msg_kind kind, const struct callid *call, const void *fields)
{
	buf_reset(&b->scratch);
	if (msg_encode(kind, fields, &b->scratch) == 0)
		bus_fact(b, kind, call, b->scratch.data, b->scratch.len);
}

/* ---- reading ---- */

static void
refuse(struct bus *b, const char *why)
{
	unsigned long	missed;

	b->n.refused++;
	if (log_rate_ok(&b->refused_rate, 10000, &missed))
		log_warn(NULL, "bus.refused", "cause=%s missed=%lu", LOG_Q(why), missed);
}

static void
deliver(struct bus *b, const struct bus_msg *m, bool order)
{
	struct peer	*p = bus_peer_named(b, m->head.from);

	if (order) {
		b->n.received_orders++;
		if (b->ops->order != NULL)
			b->ops->order(b->arg, m);
		return;
	}
	b->n.received_facts++;
	/* A tap that subscribed to some kinds sees gaps that are none: only those who hear all could tell. */
	if (p != NULL && m->head.kind == MSG_STAT) {
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

/* One message of two frames from a PULL or SUB socket; false: none there. */
static bool
read_one(struct bus *b, void *sock, bool order)
{
	zmq_msg_t	head, body, extra;
	struct bus_msg	m;
	const char	*why = NULL;

	(void)zmq_msg_init(&head);
	(void)zmq_msg_init(&body);
	if (zmq_msg_recv(&head, sock, ZMQ_DONTWAIT) == -1) {
		(void)zmq_msg_close(&head);
		return false;
	}
	if (!more_follows(sock) || zmq_msg_recv(&body, sock, ZMQ_DONTWAIT) == -1)
		why = "one frame only";
	while (more_follows(sock)) {
		why = "more than two frames";
		(void)zmq_msg_init(&extra);
		(void)zmq_msg_recv(&extra, sock, ZMQ_DONTWAIT);
		(void)zmq_msg_close(&extra);
	}
	if (why == NULL && msg_head_decode(&m.head, zmq_msg_data(&head), zmq_msg_size(&head)) == -1)
		why = errno == ENOTSUP ? "a newer version" : errno == EINVAL ? "an unknown kind" : "a malformed head";
	if (why == NULL) {
		m.body = zmq_msg_data(&body);
		m.len = zmq_msg_size(&body);
		deliver(b, &m, order);
	} else
		refuse(b, why);
	(void)zmq_msg_close(&head);
	(void)zmq_msg_close(&body);
	return true;
}

static bool
readable(void *sock)
{
	int	ev = 0;
	size_t	len = sizeof(ev);

	return sock != NULL && zmq_getsockopt(sock, ZMQ_EVENTS, &ev, &len) == 0 && (ev & ZMQ_POLLIN) != 0;
}

/* Subscriptions and connections first: they are few, and decide how the rest is seen. */
static void
dispatch_control(struct bus *b)
{
	size_t	i;

	while (readable(b->out) && read_subscription(b))
		continue;
	if (b->stat_asked) {
		b->stat_asked = false;
		if (b->ops->stat_wanted != NULL)
			b->ops->stat_wanted(b->arg);
	}
	for (i = 0; i < b->npeers; i++)
		while (readable(b->peers[i].monitor) && bus_peer_read_monitor(&b->peers[i]))
			continue;
}

bool
bus_dispatch(struct bus *b, int budget)
{
	bool	got = true;

	dispatch_control(b);
	while (got && budget > 0) {
		got = false;
		if (readable(b->in) && read_one(b, b->in, true)) {
			got = true;
			budget--;
		}
		if (readable(b->sub) && read_one(b, b->sub, false)) {
			got = true;
			budget--;
		}
	}
	/* Sending from the callbacks may have eaten the edge of the loudspeaker. */
	dispatch_control(b);
	return got || readable(b->in) || readable(b->sub);
}

void
bus_stat(const struct bus *b, struct json_object *stat)
{
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "bus_orders_sent", b->n.orders_sent }, { "bus_orders_full", b->n.orders_full },
		{ "bus_orders_gone", b->n.orders_gone }, { "bus_orders_failed", b->n.orders_failed },
		{ "bus_facts_sent", b->n.facts_sent }, { "bus_orders_received", b->n.received_orders },
		{ "bus_facts_received", b->n.received_facts }, { "bus_refused", b->n.refused },
		{ "bus_topics_refused", b->n.topics_refused },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)json_add_int(stat, rows[i].name, (int64_t)rows[i].value);
}
