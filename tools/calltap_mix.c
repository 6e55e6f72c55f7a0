/* SPDX-License-Identifier: ISC */
#include "tools/calltap_mix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/mem.h"

#define START_MAX	((uint64_t)1 << 56)	/* positions beyond are nonsense */
#define BLOCK		512			/* samples written at once */

struct mix {
	enum mix_form	 form;
	mix_write	*write;
	void		*arg;
	int16_t		*ring[2];
	int64_t		 size, window, gap;	/* samples */
	int64_t		 head, end;		/* next to be written; end of what came */
	int64_t		 offset;		/* added to positions of the clock */
	unsigned	 late_in_row;
	bool		 started, emitted, restart;
	struct mix_stats stats;
};

struct mix *
mix_new(uint32_t rate_hz, enum mix_form form, mix_write *write, void *arg)
{
	struct mix	*m;

	if (rate_hz < 1000 || rate_hz > AUDIO_RATE_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if ((m = mem_calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->form = form;
	m->write = write;
	m->arg = arg;
	m->window = (int64_t)rate_hz * MIX_WINDOW_MS / 1000;
	m->gap = (int64_t)rate_hz * MIX_GAP_MS / 1000;
	m->size = 2 * m->window;
	m->ring[MIX_IN] = mem_calloc((size_t)m->size, sizeof(int16_t));
	m->ring[MIX_OUT] = mem_calloc((size_t)m->size, sizeof(int16_t));
	if (m->ring[MIX_IN] != NULL && m->ring[MIX_OUT] != NULL)
		return m;
	mix_free(m);
	errno = ENOMEM;
	return NULL;
}

void
mix_free(struct mix *m)
{
	if (m == NULL)
		return;
	free(m->ring[MIX_IN]);
	free(m->ring[MIX_OUT]);
	free(m);
}

static size_t
take(struct mix *m, int16_t *out, int64_t n)
{
	size_t	len = 0;
	int64_t	i, at;

	for (i = 0; i < n; i++) {
		at = (m->head + i) % m->size;
		if (m->form != MIX_FORM_OUT)
			out[len++] = m->ring[MIX_IN][at];
		if (m->form != MIX_FORM_IN)
			out[len++] = m->ring[MIX_OUT][at];
		m->ring[MIX_IN][at] = m->ring[MIX_OUT][at] = 0;
	}
	return len;
}

/* Write everything before position `to`. */
static int
emit(struct mix *m, int64_t to)
{
	int16_t	block[2 * BLOCK];
	int64_t	n;
	size_t	len;

	while (m->head < to) {
		n = to - m->head < BLOCK ? to - m->head : BLOCK;
		len = take(m, block, n);
		m->head += n;
		m->stats.written += (uint64_t)n;
		m->emitted = true;
		if (m->write(m->arg, block, len) == -1)
			return -1;
	}
	return 0;
}

/* Let the clock's position pos be the end of what is there. */
static int
rebase(struct mix *m, int64_t pos)
{
	m->offset += m->end - pos;
	m->restart = false;
	m->late_in_row = 0;
	return emit(m, m->end);
}

/* Find the place of a piece. 0 it has one, 1 it is late, -1 write failed. */
static int
place(struct mix *m, uint64_t start, int64_t n, int64_t *ret_pos)
{
	int64_t	pos = (int64_t)start + m->offset;

	if (!m->started) {
		m->started = true;
		m->head = m->end = pos;
	}
	if (m->restart || pos > m->end + m->gap) {
		m->stats.jumps += m->restart ? 0 : 1;
		if (rebase(m, pos) == -1)
			return -1;
		pos = m->end;
	}
	if (!m->emitted && pos < m->head && m->end - pos <= m->window)
		m->head = pos;
	if (pos + n > m->head) {
		m->late_in_row = 0;
		*ret_pos = pos;
		return 0;
	}
	m->stats.late++;
	m->restart = ++m->late_in_row >= MIX_LATE_MAX;
	return 1;
}

static void
copy(struct mix *m, enum mix_side side, int64_t pos, const uint8_t *pcm, int64_t n)
{
	int64_t	skip = pos < m->head ? m->head - pos : 0, at, run;

	for (pos += skip, pcm += 2 * skip, n -= skip; n > 0; pos += run, pcm += 2 * run, n -= run) {
		at = pos % m->size;
		run = n < m->size - at ? n : m->size - at;
		memcpy(&m->ring[side][at], pcm, (size_t)run * 2);
	}
}

int
mix_add(struct mix *m, enum mix_side side, uint64_t start, const void *pcm, size_t n)
{
	int64_t	pos;
	int	rc;

	if (start > START_MAX || n == 0 || n > (size_t)m->window) {
		m->stats.late += n != 0;
		return 0;
	}
	if ((rc = place(m, start, (int64_t)n, &pos)) != 0)
		return rc == 1 ? 0 : -1;
	if (emit(m, pos + (int64_t)n - m->size) == -1)
		return -1;
	copy(m, side, pos, pcm, (int64_t)n);
	if (pos + (int64_t)n > m->end)
		m->end = pos + (int64_t)n;
	return emit(m, m->end - m->window);
}

void
mix_restart(struct mix *m)
{
	m->restart = m->started;
}

int
mix_flush(struct mix *m)
{
	return emit(m, m->end);
}

void
mix_get_stats(const struct mix *m, struct mix_stats *ret)
{
	*ret = m->stats;
}
