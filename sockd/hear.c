/* SPDX-License-Identifier: ISC */
#include "sockd/hear.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "sockd/call.h"
#include "sockd/life.h"
#include "sockd/out.h"
#include "sockd/play.h"
#include "sockd/record.h"
#include "sockd/route.h"
#include "sockd/sockd.h"

static void
to_vadd(struct call *c, uint64_t start, const void *pcm, int64_t now_us)
{
	struct msg_audio_frame	f = { .stream = c->stream, .seq = c->audio_seq++, .start = start,
		.flags = pace_heard_now(&c->pace, now_us) ? MSG_AUDIO_PLAYING : 0,
		.pcm_len = (uint16_t)(c->frame_samples * 2), .pcm = pcm };

	if (c->vadd == NULL)
		c->s->n.frames_unrouted++;
	else
		out_frame(c->s->out, c->vadd, &f);
}

static void
publish_in(struct call *c, uint64_t start, const void *pcm)
{
	struct msg_pcm	m = { .rate_hz = c->rate_hz, .pcm_len = c->frame_samples * 2, .start = start, .pcm = pcm };
	struct buf	body;

	buf_init(&body, 64 + AUDIO_FRAME_BYTES_MAX);
	if (msg_pcm_encode(&m, &body) == 0)
		bus_fact(c->s->d->bus, MSG_AUDIO_IN, &c->id, body.data, body.len);
	buf_clear(&body);
}

static void
frame_in(struct call *c, const void *pcm)
{
	int64_t		now_us = clock_mono_us();
	uint64_t	start = c->clock.nframes * c->frame_samples;

	sclock_frame(&c->clock, now_us);
	c->last_frame_ms = now_us / 1000;
	c->frames_in++;
	c->s->n.frames_in++;
	to_vadd(c, start, pcm, now_us);
	if (c->record != NULL)
		record_left(c->record, start, pcm, c->frame_samples);
	if (bus_wanted(c->s->d->bus, MSG_AUDIO_IN, &c->id))
		publish_in(c, start, pcm);
}

static void
bad_frame(struct call *c, size_t len)
{
	c->frames_bad++;
	c->s->n.frames_bad++;
	if (c->bad_in_row == 0)
		log_warn(&c->log, "frame.bad", "len=%zu want=%u did=dropped", len, c->frame_samples * 2);
	if (++c->bad_in_row >= SOCKD_BAD_FRAMES_MAX)
		life_close(c, WS_CLOSE_BAD_DATA, "bad_frames", &c->s->n.calls_bad_frames);
}

/* The rate is not known yet: frames of one of the three sizes, the last second of them. */
static void
early_frame(struct call *c, const void *data, size_t len)
{
	if (len != AUDIO_FRAME_BYTES(8000) && len != AUDIO_FRAME_BYTES(16000) && len != AUDIO_FRAME_BYTES(24000)) {
		bad_frame(c, len);
		return;
	}
	if (c->early_frame != len) {		/* another size: what came before was no audio of this socket */
		free(c->early);
		c->early_len = 0;
		c->early_frame = (unsigned)len;
		c->early = mem_alloc(SOCKD_EARLY_FRAMES_MAX * len);
	}
	if (c->early == NULL) {
		c->early_frame = 0;
		c->s->n.frames_early_dropped++;
		return;
	}
	if (c->early_len == SOCKD_EARLY_FRAMES_MAX * len) {
		memmove(c->early, c->early + len, c->early_len -= len);
		c->s->n.frames_early_dropped++;
	}
	memcpy(c->early + c->early_len, data, len);
	c->early_len += len;
	c->s->n.frames_early++;
}

void
hear_early(struct call *c)
{
	uint8_t		*early = c->early;
	size_t		 at, len = c->early_len, frame = c->early_frame;

	c->early = NULL;
	c->early_len = 0;
	c->early_frame = 0;
	for (at = 0; at + frame <= len && frame > 0; at += frame)
		hear_audio(c, early + at, frame);
	free(early);
}

void
hear_audio(struct call *c, const void *data, size_t len)
{
	switch (c->state) {
	case CALL_OPENING:
		early_frame(c, data, len);
		break;
	case CALL_LIVE:
		if (len != (size_t)c->frame_samples * 2) {
			bad_frame(c, len);
			break;
		}
		c->bad_in_row = 0;
		frame_in(c, data);
		break;
	case CALL_CLOSING:
	case CALL_ENDED:
		break;
	}
}

static void
dtmf(struct call *c, const struct vtext *t)
{
	struct msg_dtmf	m = { .gen = route_owner_gen(c), .digit = { t->u.dtmf.digit, '\0' },
		.duration_ms = t->u.dtmf.duration_ms, .clock_ms = sclock_ms(&c->clock) };

	c->s->n.dtmf++;
	log_debug(&c->log, "dtmf", "clock_ms=%lld", (long long)m.clock_ms);
	route_tell(c, MSG_DTMF, &m, true);
}

static void
live_text(struct call *c, const struct vtext *t, const char *text, size_t len)
{
	switch (t->kind) {
	case VTEXT_DTMF:
		dtmf(c, t);
		break;
	case VTEXT_CLEARED:
		c->s->n.cleared++;
		break;
	case VTEXT_NOTIFY:
		play_mark(c, t->u.notify.mark);
		break;
	case VTEXT_BAD:
		c->s->n.text_bad++;
		log_debug(&c->log, "text.bad", "text=%s", log_quote_n(text, len));
		break;
	case VTEXT_CONNECTED:			/* a second one */
	case VTEXT_UNKNOWN:
		c->s->n.text_unknown++;
		log_debug(&c->log, "text.unknown", "text=%s", log_quote_n(text, len));
		break;
	}
}

void
hear_text(struct call *c, const char *text, size_t len)
{
	struct vtext	t;

	vtext_parse(&t, text, len);
	switch (c->state) {
	case CALL_OPENING:
		if (t.kind == VTEXT_CONNECTED)
			life_connected(c, &t.u.connected);
		else if (t.kind == VTEXT_BAD)
			c->s->n.text_bad++;
		else
			c->s->n.text_unknown++;
		break;
	case CALL_LIVE:
		live_text(c, &t, text, len);
		break;
	case CALL_CLOSING:
	case CALL_ENDED:
		break;
	}
}
