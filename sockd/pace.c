/* SPDX-License-Identifier: ISC */
#include "sockd/pace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define FRAME_US	(AUDIO_FRAME_MS * 1000)
#define CHUNK_SAMPLES	2016		/* 4 KiB with its head */

struct pace_chunk {
	struct pace_chunk	*next;
	uint64_t		 offset;	/* of its first sample in the epoch */
	uint32_t		 len, size;	/* samples */
	int16_t			 samples[];
};

struct pace_item {			/* one epoch */
	struct pace_item	*next;
	uint32_t		 epoch, turn;
	struct pace_chunk	*first, *last;
	struct pace_chunk	*cur;	/* next sample to send; NULL: nothing came yet */
	uint32_t		 at;
	uint64_t		 in_end;	/* position behind the last piece */
	uint64_t		 heard;		/* position */
	uint64_t		 unsent;
	int64_t			 first_us, end_us;
	uint32_t		 mark;		/* 0: not sent */
	bool			 complete;	/* the last piece came */
	bool			 over;
	enum pace_end		 end;
};

void
pace_init(struct pace *p, const struct pace_limits *limits)
{
	assert(limits->lead_ms <= PACE_LEAD_MAX_MS && audio_rate_ok(limits->rate_hz));
	memset(p, 0, sizeof(*p));
	p->rate_hz = limits->rate_hz;
	p->frame_samples = AUDIO_FRAME_SAMPLES(limits->rate_hz);
	p->lead_us = (int64_t)limits->lead_ms * 1000;
	p->max_samples = (uint64_t)limits->max_queue_ms * limits->rate_hz / 1000;
}

static void
item_free(struct pace_item *it)
{
	struct pace_chunk	*c;

	while ((c = it->first) != NULL) {
		it->first = c->next;
		free(c);
	}
	free(it);
}

void
pace_clear(struct pace *p)
{
	struct pace_item	*it;

	while ((it = p->first) != NULL) {
		p->first = it->next;
		item_free(it);
	}
	p->last = NULL;
	p->nitems = 0;
	p->unsent = 0;
	p->ring_len = 0;
	free(p->ring);
	p->ring = NULL;
}

static struct pace_unheard *
ring_slot(const struct pace *p, unsigned i)
{
	return &p->ring[(p->ring_at + i) % PACE_UNHEARD_MAX];
}

/* Step over what was read to its end, so that the cursor stands on a sample if there is one. */
static void
item_settle(struct pace_item *it)
{
	while (it->cur != NULL && it->at == it->cur->len && it->cur->next != NULL) {
		it->cur = it->cur->next;
		it->at = 0;
	}
}

/* Free the chunks before the one that is needed first. */
static void
item_trim(struct pace_item *it, const struct pace_chunk *keep)
{
	struct pace_chunk	*c;

	while ((c = it->first) != keep && c != it->last) {
		it->first = c->next;
		free(c);
	}
}

static void
ring_pop(struct pace *p)
{
	struct pace_unheard	*u = ring_slot(p, 0), *next;
	struct pace_item	*it = u->item;
	uint64_t		 end = u->chunk->offset + u->at + u->nsamples;

	/* A frame over a hole in the offsets ends a little later than this says. */
	it->heard = end;
	p->ring_at = (p->ring_at + 1) % PACE_UNHEARD_MAX;
	p->ring_len--;
	next = p->ring_len > 0 ? ring_slot(p, 0) : NULL;
	item_trim(it, next != NULL && next->item == it ? next->chunk : it->cur);
}

static void
catch_up(struct pace *p, int64_t now_us)
{
	int64_t	left_us = p->far_us - now_us;
	int64_t	unheard = left_us > 0 ? (left_us + FRAME_US - 1) / FRAME_US : 0;

	while (p->ring_len > unheard)
		ring_pop(p);
}

/* Set the cursors back to what was not heard; the far buffer is empty from now on. */
static void
rewind_unheard(struct pace *p, int64_t now_us)
{
	struct pace_unheard	*u;

	while (p->ring_len > 0) {
		u = ring_slot(p, --p->ring_len);
		u->item->cur = u->chunk;
		u->item->at = u->at;
		u->item->unsent += u->nsamples;
		u->item->end_us = 0;
		u->item->mark = 0;
		if (u->item->heard == 0)
			u->item->first_us = 0;
		p->unsent += u->nsamples;
	}
	if (p->far_us > now_us)
		p->far_us = now_us;
	p->ready_us = now_us;
}

/* All of the epoch that will ever come is here. */
static bool
item_ended(const struct pace_item *it)
{
	return it->complete || it->next != NULL;
}

static bool
item_has_frame(const struct pace *p, const struct pace_item *it)
{
	return it->unsent >= p->frame_samples || (it->unsent > 0 && item_ended(it));
}

/* The epoch whose frames are to be sent next; NULL: none waits. */
static struct pace_item *
sending(const struct pace *p)
{
	struct pace_item	*it;

	for (it = p->first; it != NULL; it = it->next) {
		if (!it->over && (it->unsent > 0 || !item_ended(it)))
			return it;
	}
	return NULL;
}

static struct pace_item *
ready_item(const struct pace *p)
{
	struct pace_item	*it;

	if (p->paused || p->unsent == 0)
		return NULL;
	it = sending(p);
	return it != NULL && item_has_frame(p, it) ? it : NULL;
}

static struct pace_chunk *
room_for(struct pace_item *it, uint64_t offset, uint32_t nsamples)
{
	struct pace_chunk	*c = it->last;
	uint32_t		 size;

	if (c != NULL && c->size - c->len >= nsamples && c->offset + c->len == offset)
		return c;
	size = nsamples > CHUNK_SAMPLES ? nsamples : CHUNK_SAMPLES;
	if ((c = mem_alloc(sizeof(*c) + size * sizeof(c->samples[0]))) == NULL)
		return NULL;
	c->next = NULL;
	c->offset = offset;
	c->len = 0;
	c->size = size;
	if (it->last != NULL)
		it->last->next = c;
	else
		it->first = c;
	it->last = c;
	if (it->cur == NULL)
		it->cur = c;
	return c;
}

static struct pace_item *
item_new(struct pace *p, const struct pace_piece *piece)
{
	struct pace_item	*it;

	if (p->ring == NULL &&
	    (p->ring = mem_calloc(PACE_UNHEARD_MAX, sizeof(*p->ring))) == NULL)
		return NULL;
	if ((it = mem_calloc(1, sizeof(*it))) == NULL)
		return NULL;
	it->epoch = piece->epoch;
	it->turn = piece->turn;
	if (p->last != NULL)
		p->last->next = it;
	else
		p->first = it;
	p->last = it;
	p->nitems++;
	return it;
}

static enum pace_result
admit(const struct pace *p, const struct pace_piece *piece)
{
	if (piece->epoch <= p->voided || piece->epoch < p->newest)
		return PACE_STALE;
	if (piece->pcm_len % sizeof(int16_t) != 0)
		return PACE_FRAME;
	if (p->unsent + piece->pcm_len / sizeof(int16_t) > p->max_samples)
		return PACE_FULL;
	if (piece->epoch > p->newest && p->nitems == PACE_EPOCHS_MAX && !p->paused)
		return PACE_FULL;
	/* The end of the newest epoch was heard and told: nothing can follow in it. */
	if (piece->epoch == p->newest && (p->last == NULL || p->last->epoch != piece->epoch))
		return PACE_STALE;
	if (piece->epoch == p->newest && p->last->complete && piece->pcm_len > 0)
		return PACE_FRAME;
	return PACE_OK;
}

static int
item_add(struct pace *p, struct pace_item *it, const struct pace_piece *piece)
{
	const uint8_t		*pcm = piece->pcm;
	uint64_t		 nsamples = piece->pcm_len / sizeof(int16_t), skip = 0;
	struct pace_chunk	*c;

	if (piece->offset < it->in_end)
		skip = it->in_end - piece->offset;
	if (skip >= nsamples)
		return 0;
	nsamples -= skip;
	if ((c = room_for(it, piece->offset + skip, (uint32_t)nsamples)) == NULL)
		return -1;
	memcpy(c->samples + c->len, pcm + skip * sizeof(int16_t), nsamples * sizeof(int16_t));
	c->len += (uint32_t)nsamples;
	it->in_end = c->offset + c->len;
	it->unsent += nsamples;
	p->unsent += nsamples;
	item_settle(it);
	return 0;
}

enum pace_result
pace_push(struct pace *p, const struct pace_piece *piece, int64_t now_us)
{
	enum pace_result	 rc;
	struct pace_item	*it = p->last;
	bool			 was_ready;

	if ((rc = admit(p, piece)) != PACE_OK)
		return rc;
	catch_up(p, now_us);
	was_ready = ready_item(p) != NULL;
	if (piece->epoch > p->newest) {
		if (p->paused)
			(void)pace_cancel(p, p->newest, now_us);
		if ((it = item_new(p, piece)) == NULL)
			return PACE_NOMEM;
		p->newest = piece->epoch;
	}
	if (item_add(p, it, piece) == -1)
		return PACE_NOMEM;
	it->complete |= piece->last;
	if (!was_ready)
		p->ready_us = now_us;
	return PACE_OK;
}

static int64_t
due_us(const struct pace *p)
{
	int64_t	due = p->far_us + FRAME_US - p->lead_us;	/* with it no more than lead_us lie there */

	return due > p->ready_us ? due : p->ready_us;
}

bool
pace_due(const struct pace *p, int64_t now_us)
{
	return p->unsent > 0 && now_us >= due_us(p) && ready_item(p) != NULL;
}

/* Move the cursor over one frame; copy it unless frame is NULL. Returns its samples. */
static uint32_t
item_read(struct pace *p, struct pace_item *it, int16_t *frame)
{
	uint32_t	done = 0, n;

	while (done < p->frame_samples && it->unsent > 0) {
		n = it->cur->len - it->at;
		if (n > p->frame_samples - done)
			n = p->frame_samples - done;
		if (frame != NULL)
			memcpy(frame + done, it->cur->samples + it->at, n * sizeof(*frame));
		it->at += n;
		it->unsent -= n;
		p->unsent -= n;
		done += n;
		item_settle(it);
	}
	return done;
}

void
pace_take(struct pace *p, int64_t now_us, int16_t *frame, struct pace_sent *ret)
{
	struct pace_item	*it = ready_item(p);
	struct pace_unheard	*u;

	assert(it != NULL);
	catch_up(p, now_us);
	assert(p->ring_len < PACE_UNHEARD_MAX);
	u = ring_slot(p, p->ring_len++);
	u->item = it;
	u->chunk = it->cur;
	u->at = it->at;
	ret->late_us = now_us - due_us(p);
	ret->epoch = it->epoch;
	ret->turn = it->turn;
	ret->gap = p->far_us < now_us;
	ret->ear_us = ret->gap ? now_us : p->far_us;
	ret->first = it->first_us == 0;
	if (ret->first)
		it->first_us = ret->ear_us;
	ret->nsamples = u->nsamples = item_read(p, it, frame);
	if (ret->nsamples < p->frame_samples)
		memset(frame + ret->nsamples, 0, (p->frame_samples - ret->nsamples) * sizeof(*frame));
	p->far_us = it->end_us = ret->ear_us + FRAME_US;
}

unsigned
pace_drop_late(struct pace *p, int64_t now_us, int64_t max_late_us)
{
	struct pace_item	*it;
	unsigned		 ndropped = 0;

	catch_up(p, now_us);
	while (now_us - due_us(p) > max_late_us && (it = ready_item(p)) != NULL) {
		(void)item_read(p, it, NULL);
		p->ready_us = due_us(p) + FRAME_US;
		it->end_us = p->far_us > now_us ? p->far_us : now_us;
		if (p->ring_len == 0)
			item_trim(it, it->cur);
		ndropped++;
	}
	return ndropped;
}

uint32_t
pace_want_mark(struct pace *p)
{
	struct pace_item	*it;

	if (p->paused)
		return 0;
	for (it = p->first; it != NULL; it = it->next) {
		if (it->over)
			continue;
		if (it->unsent > 0 || !item_ended(it))
			return 0;
		if (it->mark == 0 && it->first_us != 0) {
			if (++p->marks == 0)
				p->marks = 1;
			return it->mark = p->marks;
		}
	}
	return 0;
}

static void
item_over(struct pace_item *it)
{
	it->over = true;
	it->end = it->complete ? PACE_HEARD : PACE_SUPERSEDED;
}

/* Its frames (and older ones) were heard, whatever the estimate says. */
static void
heard_to_end(struct pace *p, const struct pace_item *it, int64_t now_us)
{
	unsigned	i, n = 0;

	for (i = 0; i < p->ring_len; i++) {
		if (ring_slot(p, i)->item == it)
			n = i + 1;
	}
	while (n-- > 0)
		ring_pop(p);
	if (p->far_us > now_us + (int64_t)p->ring_len * FRAME_US)
		p->far_us = now_us + (int64_t)p->ring_len * FRAME_US;
}

bool
pace_confirm(struct pace *p, uint32_t mark, int64_t now_us)
{
	struct pace_item	*it;

	for (it = p->first; it != NULL; it = it->next) {
		if (!it->over && it->mark == mark && mark != 0)
			break;
	}
	if (it == NULL)
		return false;
	catch_up(p, now_us);
	heard_to_end(p, it, now_us);
	item_over(it);
	return true;
}

static void
item_state(const struct pace_item *it, struct pace_state *ret)
{
	ret->epoch = it->epoch;
	ret->turn = it->turn;
	ret->heard = it->heard;
	ret->queued = it->unsent;
	ret->first_us = it->first_us;
	ret->end = it->end;
}

static bool
item_over_by_time(const struct pace_item *it, int64_t now_us)
{
	if (it->unsent > 0 || !item_ended(it))
		return false;
	return it->first_us == 0 || now_us >= it->end_us + PACE_MARK_GRACE_US;
}

bool
pace_pop(struct pace *p, int64_t now_us, struct pace_state *ret)
{
	struct pace_item	*it = p->first;

	if (it == NULL)
		return false;
	if (!it->over) {
		if (!item_over_by_time(it, now_us))
			return false;
		catch_up(p, now_us);
		heard_to_end(p, it, now_us);
		item_over(it);
	}
	item_state(it, ret);
	if ((p->first = it->next) == NULL) {
		p->last = NULL;
		p->paused = false;
	}
	p->nitems--;
	item_free(it);
	return true;
}

bool
pace_now(struct pace *p, int64_t now_us, struct pace_state *ret)
{
	struct pace_item	*it;

	catch_up(p, now_us);
	for (it = p->first; it != NULL; it = it->next) {
		if (it->over)
			continue;
		if (it->unsent > 0 || it->end_us > now_us || !item_ended(it) || it->next == NULL) {
			item_state(it, ret);
			return true;
		}
	}
	return false;
}

bool
pace_active(struct pace *p, int64_t now_us)
{
	catch_up(p, now_us);
	return p->unsent > 0 || p->ring_len > 0;
}

bool
pace_heard_now(const struct pace *p, int64_t now_us)
{
	return p->ring_len > 0 && p->far_us > now_us;
}

bool
pace_busy(const struct pace *p)
{
	return p->first != NULL;
}

void
pace_pause(struct pace *p, int64_t now_us)
{
	catch_up(p, now_us);
	rewind_unheard(p, now_us);
	p->paused = true;
}

void
pace_resume(struct pace *p, int64_t now_us)
{
	if (!p->paused)
		return;
	p->paused = false;
	p->ready_us = now_us;
}

/* Take what is unsent of the epoch out; how it ended is told by pace_pop(). */
static void
item_void(struct pace *p, struct pace_item *it, enum pace_end end)
{
	if (it->over)
		return;
	p->unsent -= it->unsent;
	it->over = true;
	it->end = end;
}

bool
pace_cancel(struct pace *p, uint32_t epoch, int64_t now_us)
{
	struct pace_item	*it;
	bool			 clear = false;
	unsigned		 i;

	if (epoch > p->voided)
		p->voided = epoch;
	if (epoch > p->newest)
		p->newest = epoch;
	catch_up(p, now_us);
	for (i = 0; i < p->ring_len; i++)
		clear |= ring_slot(p, i)->item->epoch <= epoch;
	if (clear)
		rewind_unheard(p, now_us);
	for (it = p->first; it != NULL && it->epoch <= epoch; it = it->next)
		item_void(p, it, PACE_CANCELLED);
	if (it == NULL)
		p->paused = false;
	return clear;
}

void
pace_close(struct pace *p, int64_t now_us)
{
	struct pace_item	*it;

	catch_up(p, now_us);
	rewind_unheard(p, now_us);
	for (it = p->first; it != NULL; it = it->next)
		item_void(p, it, PACE_CLOSED);
}
