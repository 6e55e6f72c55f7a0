/* SPDX-License-Identifier: ISC */
#include "vadd/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"

struct utterance *
utterance_new(uint32_t number, uint32_t rate_hz)
{
	struct utterance	*u;

	if ((u = mem_calloc(1, sizeof(*u))) == NULL)
		return NULL;
	u->number = number;
	u->rate_hz = rate_hz;
	return u;
}

void
utterance_free(struct utterance *u)
{
	if (u == NULL)
		return;
	free(u->pcm);
	free(u);
}

int
utterance_append(struct utterance *u, const int16_t *samples, size_t n)
{
	size_t		 need, size, bytes;
	int16_t		*pcm;

	if (!num_add(u->nsamples, n, &need) || !num_add(need, u->rate_hz, &size) ||
	    !num_mul(size, sizeof(*pcm), &bytes)) {
		errno = ENOMEM;
		return -1;
	}
	if (need > u->size) {
		if ((pcm = mem_realloc(u->pcm, bytes)) == NULL)
			return -1;
		u->pcm = pcm;
		u->size = size;
	}
	memcpy(u->pcm + u->nsamples, samples, n * sizeof(*samples));
	u->nsamples = need;
	return 0;
}

void
utterance_cut(struct utterance *u, size_t n)
{
	int16_t		*pcm;

	if (n < u->nsamples)
		u->nsamples = n;
	if (u->nsamples == 0 || u->nsamples == u->size)
		return;
	if ((pcm = mem_realloc(u->pcm, u->nsamples * sizeof(*pcm))) == NULL)
		return;			/* then it stays as large as it is */
	u->pcm = pcm;
	u->size = u->nsamples;
}

void
keep_init(struct keep *k, size_t max_samples)
{
	*k = (struct keep){ .max_samples = max_samples };
	k->last = &k->first;
}

void
keep_clear(struct keep *k)
{
	while (k->first != NULL)
		keep_drop_first(k);
}

void
keep_put(struct keep *k, struct utterance *u)
{
	u->next = NULL;
	*k->last = u;
	k->last = &u->next;
	k->count++;
	k->nsamples += u->nsamples;
}

struct utterance *
keep_excess(const struct keep *k)
{
	if (k->count < 2)
		return NULL;
	if (k->count <= KEEP_UTTERANCES_MAX && k->nsamples <= k->max_samples)
		return NULL;
	return k->first;
}

/* Take out and free what *at points to. */
static void
drop(struct keep *k, struct utterance **at)
{
	struct utterance	*u = *at;

	*at = u->next;
	if (k->last == &u->next)
		k->last = at;
	k->count--;
	k->nsamples -= u->nsamples;
	utterance_free(u);
}

void
keep_drop_first(struct keep *k)
{
	if (k->first != NULL)
		drop(k, &k->first);
}

int
keep_ack(struct keep *k, int64_t gen, uint32_t number)
{
	struct utterance	**at;

	for (at = &k->first; *at != NULL; at = &(*at)->next) {
		if ((*at)->gen == gen && (*at)->number == number) {
			drop(k, at);
			return 0;
		}
	}
	errno = ENOENT;
	return -1;
}

void
keep_send_all(struct keep *k, int64_t now_ms)
{
	struct utterance	*u;

	for (u = k->first; u != NULL; u = u->next) {
		u->due_ms = now_ms;
		if (u->sends > 1)
			u->sends = 1;
	}
}

struct utterance *
keep_due(const struct keep *k, int64_t now_ms)
{
	struct utterance	*u;

	for (u = k->first; u != NULL; u = u->next) {
		if (u->due_ms <= now_ms)
			return u;
	}
	return NULL;
}

void
keep_sent(struct utterance *u, int64_t now_ms, int64_t first_ms)
{
	int64_t		 delay_ms;

	delay_ms = first_ms << (u->sends < 8 ? u->sends : 8);
	if (delay_ms > KEEP_RESEND_MAX_MS)
		delay_ms = KEEP_RESEND_MAX_MS;
	u->sends++;
	u->due_ms = now_ms + delay_ms;
}

void
keep_postpone(struct utterance *u, int64_t now_ms, int64_t delay_ms)
{
	u->due_ms = now_ms + delay_ms;
}
