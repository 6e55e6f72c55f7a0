/* SPDX-License-Identifier: ISC */
/* Binary bodies: audio, utterance, play, audio.in and audio.out. */
#include <errno.h>
#include <string.h>

#include "common/msg.h"
#include "common/wire.h"

#define LAYOUT		1
#define AUDIO_HEAD	4
#define FRAME_HEAD	20
#define HEAD_MAX	64

/* As in the JSON bodies; beyond, a difference of two could overflow somewhere. */
#define GEN_MAX		(1ULL << 53)
#define MS_MAX		(1ULL << 40)
#define SAMPLES_MAX	(MS_MAX * 24)
#define COUNT_MAX	((uint32_t)INT32_MAX)

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

/* The same rule for both directions: what is encoded can be decoded. */
static bool
pcm_ok(uint32_t rate_hz, uint32_t pcm_len)
{
	return audio_rate_ok(rate_hz) && pcm_len % sizeof(int16_t) == 0;
}

static bool
frame_ok(const struct msg_audio_frame *f)
{
	/* 20 ms of 16-bit samples: 25 times the bytes is the rate */
	if (f->pcm_len == 0 && (f->flags & MSG_AUDIO_BOT) == 0)
		return false;
	return (f->pcm_len == 0 || audio_rate_ok(f->pcm_len * 25U)) && f->start <= SAMPLES_MAX;
}

static bool
utterance_ok(const struct msg_utterance *u)
{
	return pcm_ok(u->rate_hz, u->pcm_len) && u->gen <= GEN_MAX && u->start_ms <= MS_MAX &&
	    u->speech_start_ms <= MS_MAX && u->speech_end_ms <= MS_MAX && u->at_ms <= MS_MAX;
}

static bool
play_ok(const struct msg_play *p)
{
	return pcm_ok(p->rate_hz, p->pcm_len) && p->gen <= GEN_MAX && p->epoch <= COUNT_MAX &&
	    p->turn <= COUNT_MAX && p->offset <= SAMPLES_MAX;
}

/* A header that was just written, and what follows it. */
static int
put(struct buf *out, const struct wire_writer *w, const void *pcm, size_t len)
{
	(void)buf_append(out, w->begin, wire_len(w));
	return len > 0 ? buf_append(out, pcm, len) : buf_failed(out) ? -1 : 0;
}

int
msg_audio_add(struct buf *body, const struct msg_audio_frame *f)
{
	uint8_t			head[AUDIO_HEAD + FRAME_HEAD];
	struct wire_writer	w = wire_writer(head, sizeof(head));
	unsigned		n = 0;

	if (!frame_ok(f))
		return invalid();
	if (body->len == 0) {
		wire_put_u8(&w, LAYOUT);
		wire_put_u8(&w, 0);
		wire_put_u16(&w, 1);
	} else {
		n = (unsigned)(uint8_t)body->data[2] | (unsigned)(uint8_t)body->data[3] << 8;
		if (n >= MSG_AUDIO_FRAMES_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
	}
	wire_put_u32(&w, f->stream);
	wire_put_u32(&w, f->seq);
	wire_put_u64(&w, f->start);
	wire_put_u16(&w, f->flags);
	wire_put_u16(&w, f->pcm_len);
	if (put(body, &w, f->pcm, f->pcm_len) == -1)
		return -1;
	if (n > 0) {
		body->data[2] = (char)((n + 1) & 0xff);
		body->data[3] = (char)((n + 1) >> 8);
	}
	return 0;
}

static bool
get_frame(struct wire_reader *r, struct msg_audio_frame *ret)
{
	ret->stream = wire_get_u32(r);
	ret->seq = wire_get_u32(r);
	ret->start = wire_get_u64(r);
	ret->flags = wire_get_u16(r);
	ret->pcm_len = wire_get_u16(r);
	ret->pcm = wire_get_bytes(r, ret->pcm_len);
	return !wire_failed(r) && frame_ok(ret);
}

/* The whole body, before its first frame is given out: nobody acts on half of a broken one. */
static bool
audio_ok(const void *data, size_t len)
{
	struct wire_reader	r = wire_reader(data, len);
	struct msg_audio_frame	f;
	unsigned		n, i;

	if (wire_get_u8(&r) != LAYOUT || wire_get_u8(&r) != 0)
		return false;
	n = wire_get_u16(&r);
	if (n == 0 || n > MSG_AUDIO_FRAMES_MAX)
		return false;
	for (i = 0; i < n; i++)
		if (!get_frame(&r, &f))
			return false;
	return wire_done(&r);
}

int
msg_audio_next(const void *data, size_t len, size_t *pos, struct msg_audio_frame *ret)
{
	struct wire_reader	r;
	struct msg_audio_frame	f;

	if (*pos == 0) {
		if (!audio_ok(data, len))
			return bad();
		*pos = AUDIO_HEAD;
	}
	if (*pos >= len)
		return *pos == len ? 0 : bad();
	r = wire_reader((const char *)data + *pos, len - *pos);
	if (!get_frame(&r, &f))
		return bad();
	*pos = len - wire_left(&r);
	*ret = f;
	return 1;
}

int
msg_utterance_encode(const struct msg_utterance *u, struct buf *out)
{
	uint8_t			head[HEAD_MAX];
	struct wire_writer	w = wire_writer(head, sizeof(head));

	if (!utterance_ok(u))
		return invalid();
	wire_put_u8(&w, LAYOUT);
	wire_put_u8(&w, u->flags);
	wire_put_u16(&w, 0);
	wire_put_u32(&w, u->utt);
	wire_put_u64(&w, u->gen);
	wire_put_u64(&w, u->start_ms);
	wire_put_u64(&w, u->speech_start_ms);
	wire_put_u64(&w, u->speech_end_ms);
	wire_put_u64(&w, u->at_ms);
	wire_put_u32(&w, u->rate_hz);
	wire_put_u32(&w, u->pcm_len);
	return put(out, &w, u->pcm, u->pcm_len);
}

int
msg_utterance_decode(struct msg_utterance *out, const void *data, size_t len)
{
	struct wire_reader	r = wire_reader(data, len);
	struct msg_utterance	u;

	if (wire_get_u8(&r) != LAYOUT)
		return bad();
	u.flags = wire_get_u8(&r);
	if (wire_get_u16(&r) != 0)
		return bad();
	u.utt = wire_get_u32(&r);
	u.gen = wire_get_u64(&r);
	u.start_ms = wire_get_u64(&r);
	u.speech_start_ms = wire_get_u64(&r);
	u.speech_end_ms = wire_get_u64(&r);
	u.at_ms = wire_get_u64(&r);
	u.rate_hz = wire_get_u32(&r);
	u.pcm_len = wire_get_u32(&r);
	u.pcm = wire_get_bytes(&r, u.pcm_len);
	if (!wire_done(&r) || !utterance_ok(&u))
		return bad();
	*out = u;
	return 0;
}

int
msg_play_encode(const struct msg_play *p, struct buf *out)
{
	uint8_t			head[HEAD_MAX];
	struct wire_writer	w = wire_writer(head, sizeof(head));

	if (!play_ok(p))
		return invalid();
	wire_put_u8(&w, LAYOUT);
	wire_put_u8(&w, p->flags);
	wire_put_u16(&w, 0);
	wire_put_u64(&w, p->gen);
	wire_put_u32(&w, p->epoch);
	wire_put_u32(&w, p->turn);
	wire_put_u32(&w, p->rate_hz);
	wire_put_u64(&w, p->offset);
	wire_put_u32(&w, p->pcm_len);
	return put(out, &w, p->pcm, p->pcm_len);
}

int
msg_play_decode(struct msg_play *out, const void *data, size_t len)
{
	struct wire_reader	r = wire_reader(data, len);
	struct msg_play		p;

	if (wire_get_u8(&r) != LAYOUT)
		return bad();
	p.flags = wire_get_u8(&r);
	if (wire_get_u16(&r) != 0)
		return bad();
	p.gen = wire_get_u64(&r);
	p.epoch = wire_get_u32(&r);
	p.turn = wire_get_u32(&r);
	p.rate_hz = wire_get_u32(&r);
	p.offset = wire_get_u64(&r);
	p.pcm_len = wire_get_u32(&r);
	p.pcm = wire_get_bytes(&r, p.pcm_len);
	if (!wire_done(&r) || !play_ok(&p))
		return bad();
	*out = p;
	return 0;
}

int
msg_pcm_encode(const struct msg_pcm *p, struct buf *out)
{
	uint8_t			head[HEAD_MAX];
	struct wire_writer	w = wire_writer(head, sizeof(head));

	if (!pcm_ok(p->rate_hz, p->pcm_len) || p->start > SAMPLES_MAX)
		return invalid();
	wire_put_u8(&w, LAYOUT);
	wire_put_u8(&w, 0);
	wire_put_u16(&w, 0);
	wire_put_u32(&w, p->rate_hz);
	wire_put_u64(&w, p->start);
	wire_put_u32(&w, p->pcm_len);
	return put(out, &w, p->pcm, p->pcm_len);
}

int
msg_pcm_decode(struct msg_pcm *out, const void *data, size_t len)
{
	struct wire_reader	r = wire_reader(data, len);
	struct msg_pcm		p;

	if (wire_get_u8(&r) != LAYOUT || wire_get_u8(&r) != 0 || wire_get_u16(&r) != 0)
		return bad();
	p.rate_hz = wire_get_u32(&r);
	p.start = wire_get_u64(&r);
	p.pcm_len = wire_get_u32(&r);
	p.pcm = wire_get_bytes(&r, p.pcm_len);
	if (!wire_done(&r) || !pcm_ok(p.rate_hz, p.pcm_len) || p.start > SAMPLES_MAX)
		return bad();
	*out = p;
	return 0;
}
