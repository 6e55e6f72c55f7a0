/* SPDX-License-Identifier: ISC */
/*
 * keep: utterances, and the queue that keeps them until they are acknowledged.
 *
 * Pure, no clock: times to send are handed in. Not locked.
 *
 * Memory: a queue holds at most max_samples of PCM and KEEP_UTTERANCES_MAX
 * utterances. When one more does not fit, the oldest go: keep_excess() names
 * them one by one, so that the caller can say so before they are dropped. The
 * newest is never dropped.
 */
#ifndef VADD_KEEP_H
#define VADD_KEEP_H

#include <stddef.h>
#include <stdint.h>

#define KEEP_UTTERANCES_MAX	64
#define KEEP_RESEND_MAX_MS	30000

struct utterance {
	uint32_t	 number;		/* in the call */
	int64_t		 gen;			/* generation in which it began */
	uint8_t		 flags;			/* MSG_UTT_CAPPED, MSG_UTT_LAST */
	uint64_t	 start_ms;		/* of the first sample of pcm */
	uint64_t	 speech_start_ms, speech_end_ms;
	uint64_t	 at_ms;			/* when its end was decided */
	uint32_t	 rate_hz;
	size_t		 nsamples, size;	/* in use, allocated */
	int16_t		*pcm;
	unsigned	 sends;			/* times it was sent */
	int64_t		 due_ms;		/* when to send it (again), the caller's clock */
	struct utterance *next;
};

struct utterance *utterance_new(uint32_t number, uint32_t rate_hz);	/* NULL: ENOMEM */
void utterance_free(struct utterance *u);	/* NULL is a no-op */
/* Grows by whole seconds. 0, or -1 with ENOMEM and nothing changed. */
int utterance_append(struct utterance *u, const int16_t *samples, size_t n);
/* Forget what is after the first n samples, and the memory for it. */
void utterance_cut(struct utterance *u, size_t n);

struct keep {			/* zero is not enough: keep_init() */
	struct utterance *first, **last;
	size_t		 count, nsamples, max_samples;
};
void keep_init(struct keep *k, size_t max_samples);
void keep_clear(struct keep *k);		/* frees all; empty then */
/* Append; k owns u then. */
void keep_put(struct keep *k, struct utterance *u);
/* The oldest, if there is too much and it is not alone; else NULL. Borrowed. */
struct utterance *keep_excess(const struct keep *k);
/* Free the oldest. */
void keep_drop_first(struct keep *k);
/* Acknowledged. 0, or -1 with ENOENT. */
int keep_ack(struct keep *k, int64_t gen, uint32_t number);
/* All are due at once, from the beginning of their backoff: there is a new owner. */
void keep_send_all(struct keep *k, int64_t now_ms);
/*
 * The oldest utterance whose time has come, or NULL. Borrowed. Say what came of
 * it with keep_sent() or keep_postpone(), else it is named again.
 */
struct utterance *keep_due(const struct keep *k, int64_t now_ms);
/* Sent: the next time is after first_ms, then twice as long each time, to KEEP_RESEND_MAX_MS. */
void keep_sent(struct utterance *u, int64_t now_ms, int64_t first_ms);
/* Could not be sent: try again after delay_ms. */
void keep_postpone(struct utterance *u, int64_t now_ms, int64_t delay_ms);

#endif
