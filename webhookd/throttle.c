/* SPDX-License-Identifier: ISC */
#include "webhookd/throttle.h"

#include <sys/queue.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define BUCKETS		4096
#define MINUTE_MS	60000		/* a token is so many units: whole numbers at any rate */

struct bucket {
	TAILQ_ENTRY(bucket) entry;	/* latest first */
	LIST_ENTRY(bucket) chain;
	char		 key[THROTTLE_KEY_SIZE];
	int64_t		 units;		/* MINUTE_MS of them are a token */
	int64_t		 at_ms;
};

struct throttle {
	TAILQ_HEAD(bucket_order, bucket) used;
	LIST_HEAD(bucket_chain, bucket) buckets[BUCKETS];
	size_t		 n, max;
};

struct throttle *
throttle_new(size_t max_keys)
{
	struct throttle	*t;

	if ((t = mem_calloc(1, sizeof(*t))) == NULL)
		return NULL;
	TAILQ_INIT(&t->used);
	t->max = max_keys > 0 ? max_keys : 1;
	return t;
}

static void
drop(struct throttle *t, struct bucket *b)
{
	TAILQ_REMOVE(&t->used, b, entry);
	LIST_REMOVE(b, chain);
	t->n--;
	free(b);
}

void
throttle_free(struct throttle *t)
{
	struct bucket	*b;

	if (t == NULL)
		return;
	while ((b = TAILQ_FIRST(&t->used)) != NULL)
		drop(t, b);
	free(t);
}

size_t
throttle_count(const struct throttle *t)
{
	return t->n;
}

static size_t
hash(const char *key)
{
	uint32_t	h = 2166136261u;

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h % BUCKETS;
}

/* Its bucket, a full one if it is new. NULL: no memory. */
static struct bucket *
find(struct throttle *t, const char *text, int64_t burst, int64_t now_ms)
{
	char		 key[THROTTLE_KEY_SIZE];
	struct bucket	*b;
	size_t		 i;

	(void)snprintf(key, sizeof(key), "%s", text);
	i = hash(key);
	LIST_FOREACH(b, &t->buckets[i], chain) {
		if (strcmp(b->key, key) == 0) {
			TAILQ_REMOVE(&t->used, b, entry);
			TAILQ_INSERT_HEAD(&t->used, b, entry);
			return b;
		}
	}
	if ((b = mem_calloc(1, sizeof(*b))) == NULL)
		return NULL;
	if (t->n == t->max)
		drop(t, TAILQ_LAST(&t->used, bucket_order));
	memcpy(b->key, key, sizeof(key));
	b->units = burst * MINUTE_MS;
	b->at_ms = now_ms;
	TAILQ_INSERT_HEAD(&t->used, b, entry);
	LIST_INSERT_HEAD(&t->buckets[i], b, chain);
	t->n++;
	return b;
}

int64_t
throttle_take(struct throttle *t, const char *key, int64_t per_minute, int64_t burst, int64_t now_ms)
{
	struct bucket	*b;
	int64_t		 full = burst * MINUTE_MS, lack;

	if (per_minute <= 0 || (b = find(t, key, burst, now_ms)) == NULL)
		return 0;
	if (now_ms > b->at_ms) {
		/* more than a full bucket is never gained, and must not overflow */
		if (now_ms - b->at_ms >= full / per_minute + 1)
			b->units = full;
		else
			b->units += (now_ms - b->at_ms) * per_minute;
		b->at_ms = now_ms;
	}
	if (b->units > full)
		b->units = full;
	if ((lack = MINUTE_MS - b->units) <= 0) {
		b->units -= MINUTE_MS;
		return 0;
	}
	return (lack + per_minute - 1) / per_minute;
}
