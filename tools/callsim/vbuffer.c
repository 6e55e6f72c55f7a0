/* SPDX-License-Identifier: ISC */
#include "tools/callsim/vbuffer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/mem.h"

#define FIRST_SIZE	16		/* frames; doubled when full */
#define TICK_MS		20

struct mark {
	TAILQ_ENTRY(mark) entry;
	uint64_t	 at;		/* reached when so many frames are gone */
	char		*payload;
};

struct vbuffer {
	size_t	 frame_len;
	uint8_t	*ring;
	size_t	 size;			/* frames that fit the ring; power of two */
	uint64_t head, tail;		/* frames taken out and put in since the start */
	size_t	 nmarks;
	TAILQ_HEAD(marks, mark) marks;
	bool	 played;		/* a frame since the last clear or pause */
	uint32_t empty_ms;		/* ticks without a frame since then */
	struct vbuffer_gaps gaps;
};

struct vbuffer *
vbuffer_new(size_t frame_len)
{
	struct vbuffer	*b;

	if ((b = mem_calloc(1, sizeof(*b))) == NULL)
		return NULL;
	TAILQ_INIT(&b->marks);
	b->frame_len = frame_len;
	return b;
}

static void
drop_marks(struct vbuffer *b)
{
	struct mark	*m;

	while ((m = TAILQ_FIRST(&b->marks)) != NULL) {
		TAILQ_REMOVE(&b->marks, m, entry);
		free(m->payload);
		free(m);
	}
	b->nmarks = 0;
}

void
vbuffer_free(struct vbuffer *b)
{
	if (b == NULL)
		return;
	drop_marks(b);
	free(b->ring);
	free(b);
}

static uint8_t *
slot(const struct vbuffer *b, uint64_t n)
{
	return b->ring + (size_t)(n & (b->size - 1)) * b->frame_len;
}

static int
grow(struct vbuffer *b)
{
	struct vbuffer	 bigger = *b;
	uint64_t	 n;

	bigger.size = b->size == 0 ? FIRST_SIZE : b->size * 2;
	if ((bigger.ring = mem_alloc(bigger.size * b->frame_len)) == NULL)
		return -1;
	for (n = b->head; n < b->tail; n++)
		memcpy(slot(&bigger, n), slot(b, n), b->frame_len);
	free(b->ring);
	b->ring = bigger.ring;
	b->size = bigger.size;
	return 0;
}

int
vbuffer_push(struct vbuffer *b, const void *frame)
{
	if (vbuffer_depth(b) >= VBUFFER_FRAMES_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if (vbuffer_depth(b) == b->size && grow(b) == -1)
		return -1;
	memcpy(slot(b, b->tail), frame, b->frame_len);
	b->tail++;
	return 0;
}

static void
count_empty(struct vbuffer *b)
{
	if (!b->played)
		return;
	b->empty_ms += TICK_MS;
	if (b->empty_ms >= VBUFFER_GAP_MAX_MS)
		b->played = false;
}

static void
count_played(struct vbuffer *b)
{
	if (b->played && b->empty_ms > 0) {
		b->gaps.count++;
		b->gaps.total_ms += b->empty_ms;
		if (b->empty_ms > b->gaps.max_ms)
			b->gaps.max_ms = b->empty_ms;
	}
	b->played = true;
	b->empty_ms = 0;
}

int
vbuffer_tick(struct vbuffer *b, void *out)
{
	if (b->head == b->tail) {
		count_empty(b);
		return 0;
	}
	memcpy(out, slot(b, b->head), b->frame_len);
	b->head++;
	count_played(b);
	return 1;
}

int
vbuffer_mark(struct vbuffer *b, const char *payload)
{
	struct mark	*m;

	if (b->nmarks >= VBUFFER_MARKS_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if ((m = mem_calloc(1, sizeof(*m))) == NULL)
		return -1;
	if ((m->payload = mem_strdup(payload)) == NULL) {
		free(m);
		return -1;
	}
	m->at = b->tail;
	TAILQ_INSERT_TAIL(&b->marks, m, entry);
	b->nmarks++;
	return 0;
}

char *
vbuffer_reached(struct vbuffer *b)
{
	struct mark	*m = TAILQ_FIRST(&b->marks);
	char		*payload;

	if (m == NULL || m->at > b->head)
		return NULL;
	TAILQ_REMOVE(&b->marks, m, entry);
	b->nmarks--;
	payload = m->payload;
	free(m);
	return payload;
}

size_t
vbuffer_clear(struct vbuffer *b)
{
	size_t	dropped = vbuffer_depth(b);

	b->head = b->tail;
	b->played = false;
	b->empty_ms = 0;
	drop_marks(b);
	return dropped;
}

size_t
vbuffer_depth(const struct vbuffer *b)
{
	return (size_t)(b->tail - b->head);
}

struct vbuffer_gaps
vbuffer_gaps(const struct vbuffer *b)
{
	return b->gaps;
}
