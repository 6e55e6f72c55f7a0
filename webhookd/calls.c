/* SPDX-License-Identifier: ISC */
#include "webhookd/calls.h"

#include <sys/queue.h>

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "webhookd/event.h"
#include "webhookd/leg.h"
#include "webhookd/route_choice.h"

#define RECENT	256	/* calls whose latest rows may not be readable yet: a commit takes some ms */

struct node {				/* call comes first: a known_call is its node */
	struct known_call	 call;
	TAILQ_ENTRY(node)	 entry;
};

struct calls {
	struct store		*store;
	void			*tree;		/* tsearch(3) by id */
	TAILQ_HEAD(node_head, node) used;		/* latest first */
	size_t			 count;
};

static int
compare(const void *a, const void *b)
{
	const struct known_call	*x = a, *y = b;

	return strcmp(x->row.id.text, y->row.id.text);
}

struct calls *
calls_new(struct store *store)
{
	struct calls	*c;

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->store = store;
	TAILQ_INIT(&c->used);
	return c;
}

static void
drop(struct calls *c, struct node *n)
{
	size_t	i;

	(void)tdelete(&n->call, &c->tree, compare);
	TAILQ_REMOVE(&c->used, n, entry);
	c->count--;
	for (i = 0; i < n->call.nlegs; i++)
		free(n->call.legs[i]);
	flow_state_clear(&n->call.flow);
	free(n->call.ncco);
	free(n->call.reply);
	free(n);
}

void
calls_free(struct calls *c)
{
	struct node	*n;

	if (c == NULL)
		return;
	while ((n = TAILQ_FIRST(&c->used)) != NULL)
		drop(c, n);
	free(c);
}

static struct known_call *
insert(struct calls *c, const struct store_call *row)
{
	struct node	*n;

	if ((n = mem_calloc(1, sizeof(*n))) == NULL)
		return NULL;
	n->call.row = *row;
	/* Who serves a call is brokerd's to say: our copy would be old when it is written back. */
	n->call.row.sockd[0] = n->call.row.brokerd[0] = '\0';
	if (tsearch(&n->call, &c->tree, compare) == NULL) {
		free(n);
		return NULL;
	}
	TAILQ_INSERT_HEAD(&c->used, n, entry);
	if (++c->count > CALLS_MAX)
		drop(c, TAILQ_LAST(&c->used, node_head));
	return &n->call;
}

static struct known_call *
lookup(struct calls *c, const struct callid *id)
{
	struct known_call	 key = { .row = { .id = *id } }, **hit;
	struct node		*n;

	if ((hit = tfind(&key, &c->tree, compare)) == NULL)
		return NULL;
	n = (struct node *)*hit;
	TAILQ_REMOVE(&c->used, n, entry);
	TAILQ_INSERT_HEAD(&c->used, n, entry);
	return *hit;
}

struct known_call *
calls_find(struct calls *c, const struct callid *id)
{
	struct known_call	*call;
	struct store_call	 row;

	if ((call = lookup(c, id)) != NULL)
		return call;
	if (store_get_call(c->store, id, &row) != 1)
		return NULL;
	return insert(c, &row);
}

struct known_call *
calls_add(struct calls *c, const struct callid *id)
{
	struct known_call	*call;
	struct store_call	 row = { .id = *id, .started_at = -1, .answered_at = -1, .ended_at = -1, .duration_s = -1 };

	if ((call = calls_find(c, id)) != NULL)
		return call;
	return insert(c, &row);
}

void
calls_drop(struct calls *c, const struct callid *id)
{
	struct known_call	*call = lookup(c, id);

	if (call != NULL)
		drop(c, (struct node *)call);
}

/* A place for one more leg: the oldest that ended, or the oldest, is forgotten. */
static void
make_room(struct known_call *call)
{
	size_t	i, out = 0;

	if (call->nlegs < CALL_LEGS_MAX)
		return;
	for (i = 0; i < call->nlegs; i++) {
		if (call->legs[i]->rank == EVENT_RANK_TERMINAL) {
			out = i;
			break;
		}
	}
	free(call->legs[out]);
	memmove(&call->legs[out], &call->legs[out + 1], (call->nlegs - out - 1) * sizeof(call->legs[0]));
	call->nlegs--;
}

struct store_leg *
calls_leg(struct calls *c, struct known_call *call, const char *uuid)
{
	struct store_leg	*leg;
	size_t			 i;

	for (i = 0; i < call->nlegs; i++)
		if (strcmp(call->legs[i]->uuid, uuid) == 0)
			return call->legs[i];
	if ((leg = mem_calloc(1, sizeof(*leg))) == NULL)
		return NULL;
	if (store_get_leg(c->store, uuid, leg) != 1)
		leg_init(leg, uuid);
	leg->call = call->row.id;
	make_room(call);
	call->legs[call->nlegs++] = leg;
	return leg;
}

bool
calls_first_time(struct known_call *call, const char *key)
{
	size_t	i;

	if (key[0] == '\0')
		return true;
	for (i = 0; i < CALL_KEYS; i++)
		if (strcmp(call->keys[i], key) == 0)
			return false;
	(void)snprintf(call->keys[call->nkeys++ % CALL_KEYS], sizeof(call->keys[0]), "%s", key);
	return true;
}

bool
calls_knows_conversation(const struct known_call *call, const char *conversation)
{
	size_t	i;

	if (strcmp(call->row.conversation, conversation) == 0)
		return true;
	for (i = 0; i < CALL_CONVERSATIONS; i++)
		if (strcmp(call->conversations[i], conversation) == 0)
			return true;
	return false;
}

void
calls_add_conversation(struct calls *c, struct known_call *call, const char *conversation)
{
	if (conversation[0] == '\0' || calls_knows_conversation(call, conversation))
		return;
	if (strlen(conversation) >= sizeof(call->conversations[0]))
		return;
	(void)snprintf(call->conversations[call->nconversations++ % CALL_CONVERSATIONS], sizeof(call->conversations[0]),
	    "%s", conversation);
	if (store_add_conversation(c->store, &call->row.id, conversation, NULL, NULL) == -1)
		log_error(&(struct log_ctx){ call->row.id.text }, "store.refused", "what=conversation cause=%s",
		    LOG_Q(strerror(errno)));
}

struct known_call *
calls_find_conversation(struct calls *c, const char *conversation)
{
	struct node	*n;
	struct callid	 id;
	int		 left = RECENT;

	if (conversation[0] == '\0')
		return NULL;
	TAILQ_FOREACH(n, &c->used, entry) {
		if (left-- == 0)
			break;
		if (calls_knows_conversation(&n->call, conversation))
			return calls_find(c, &n->call.row.id);
	}
	if (store_find_call_of_conversation(c->store, conversation, &id) != 1)
		return NULL;
	return calls_find(c, &id);
}

size_t
calls_count_flow(const struct calls *c, const char *flow, const char *pattern, const struct callid *but)
{
	const struct node	*n;
	size_t			 count = 0;

	TAILQ_FOREACH(n, &c->used, entry)
		count += strcmp(n->call.row.flow, flow) == 0 && strcmp(n->call.row.state, "ended") != 0 &&
		    route_pattern_fits(pattern, n->call.row.called) && strcmp(n->call.row.id.text, but->text) != 0;
	return count;
}

size_t
calls_count(const struct calls *c)
{
	return c->count;
}
