/* SPDX-License-Identifier: ISC */
#include "sockd/sclock.h"

#define FRAME_US	20000

static int64_t
position_us(const struct sclock *c)
{
	return (int64_t)c->nframes * FRAME_US;
}

static void
forget(struct sclock *c, int64_t offset_us, int64_t now_us)
{
	c->offset_us[0] = c->offset_us[1] = offset_us;
	c->window_end_us = now_us + SCLOCK_WINDOW_US;
}

void
sclock_start(struct sclock *c, int64_t now_us)
{
	c->nframes = 0;
	c->heard = false;
	forget(c, now_us, now_us);
}

void
sclock_frame(struct sclock *c, int64_t now_us)
{
	int64_t	offset_us;

	c->nframes++;
	offset_us = now_us - position_us(c);
	if (!c->heard) {
		c->heard = true;
		forget(c, offset_us, now_us);
		return;
	}
	if (now_us >= c->window_end_us) {
		c->offset_us[1] = c->offset_us[0];
		c->offset_us[0] = offset_us;
		c->window_end_us = now_us + SCLOCK_WINDOW_US;
	}
	if (offset_us < c->offset_us[0])
		c->offset_us[0] = offset_us;
}

uint64_t
sclock_skip_to(struct sclock *c, int64_t now_us)
{
	uint64_t	to = (uint64_t)sclock_at(c, now_us) / FRAME_US, skipped = 0;

	if (to > c->nframes) {
		skipped = to - c->nframes;
		c->nframes = to;
	}
	c->heard = false;
	forget(c, now_us - position_us(c), now_us);
	return skipped;
}

int64_t
sclock_ms(const struct sclock *c)
{
	return position_us(c) / 1000;
}

int64_t
sclock_at(const struct sclock *c, int64_t mono_us)
{
	int64_t	least = c->offset_us[0] < c->offset_us[1] ? c->offset_us[0] : c->offset_us[1];

	return mono_us > least ? mono_us - least : 0;
}
