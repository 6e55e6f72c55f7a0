/* SPDX-License-Identifier: ISC */
/* Subscriptions that others hold, read from the loudspeaker (XPUB, verbose). */
#include <assert.h>
#include <string.h>

#include <zmq.h>

#include "common/bus_impl.h"

static_assert(MSG_NKINDS <= 64, "topics.kinds has a bit for each kind");

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* "kind call ", as far as a prefix is compared. Returns its length. */
static size_t
head_of(enum msg_kind kind, const struct callid *call, char out[MSG_TOPIC_MAX + 1])
{
	const char	*name = msg_kind_name(kind), *id = call != NULL && call->text[0] != '\0' ? call->text : "-";
	size_t		 n = strlen(name), m = strlen(id);

	memcpy(out, name, n);
	out[n] = ' ';
	memcpy(out + n + 1, id, m);
	out[n + 1 + m] = ' ';
	return n + m + 2;
}

static void
count_kinds(struct topics *t)
{
	char	head[MSG_TOPIC_MAX + 1];
	size_t	i, len;
	int	k;

	t->kinds = 0;
	for (k = 0; k < MSG_NKINDS; k++) {
		len = head_of((enum msg_kind)k, NULL, head) - 2;	/* without "- " */
		for (i = 0; i < t->n; i++)
			if (memcmp(head, t->rows[i].text, min_size(len, t->rows[i].len)) == 0)
				t->kinds |= UINT64_C(1) << k;
	}
}

static struct topic *
find(struct topics *t, const char *text, size_t len)
{
	size_t	i;

	for (i = 0; i < t->n; i++)
		if (t->rows[i].len == len && memcmp(t->rows[i].text, text, len) == 0)
			return &t->rows[i];
	return NULL;
}

static void
subscribed(struct topics *t, const char *text, size_t len)
{
	struct topic	*row = find(t, text, len);

	if (row == NULL) {
		if (t->n == BUS_TOPICS_MAX) {
			t->uncounted++;
			t->refused++;
			return;
		}
		row = &t->rows[t->n++];
		row->count = 0;
		row->len = len;
		memcpy(row->text, text, len);
		count_kinds(t);
	}
	row->count++;
}

static void
unsubscribed(struct topics *t, const char *text, size_t len)
{
	struct topic	*row = find(t, text, len);

	if (row == NULL) {
		if (t->uncounted > 0)
			t->uncounted--;
		return;
	}
	if (--row->count > 0)
		return;
	*row = t->rows[--t->n];
	count_kinds(t);
}

static void
took(struct bus *b, const char *data, size_t len)
{
	static const char	stat[] = "stat ";
	uint64_t		refused = b->topics.refused;
	unsigned long		missed;

	/* Longer than any head: it can match nothing, coming or going. */
	if (len < 1 || len > MSG_TOPIC_MAX + 1 || (data[0] != 0 && data[0] != 1))
		return;
	if (data[0] == 0) {
		unsubscribed(&b->topics, data + 1, len - 1);
		return;
	}
	subscribed(&b->topics, data + 1, len - 1);
	if (memcmp(data + 1, stat, min_size(len - 1, strlen(stat))) == 0)
		b->stat_asked = true;
	if (refused != b->topics.refused && log_rate_ok(&b->topics_rate, 10000, &missed))
		log_warn(NULL, "bus.topics_full", "max=%d did=publish_all missed=%lu", BUS_TOPICS_MAX, missed);
}

void
bus_topics_read(struct bus *b)
{
	char	data[MSG_TOPIC_MAX + 2];
	int	n;

	while (bus_sock_can(b->out, ZMQ_POLLIN)) {
		if ((n = zmq_recv(b->out, data, sizeof(data), ZMQ_DONTWAIT)) == -1)
			return;
		took(b, data, (size_t)n);
	}
}

bool
bus_wanted(const struct bus *b, enum msg_kind kind, const struct callid *call)
{
	const struct topics	*t = &b->topics;
	char			 head[MSG_TOPIC_MAX + 1];
	size_t			 i, len;

	if (t->uncounted > 0)
		return true;
	if ((t->kinds & UINT64_C(1) << kind) == 0)
		return false;
	len = head_of(kind, call, head);
	for (i = 0; i < t->n; i++)
		if (memcmp(head, t->rows[i].text, min_size(len, t->rows[i].len)) == 0)
			return true;
	return false;
}
