/* SPDX-License-Identifier: ISC */
#include "vadd/call.h"

#define POSTPONE_MS	200	/* when the owner cannot be reached */

static void
tell(struct table *c, const struct call *call, enum msg_kind kind, const struct stream_event *ev,
    const char *owner, const char *sockd)
{
	struct msg_speech	 m = {
		.gen = call->open_gen,
		.utt = ev->number,
		.at_ms = (int64_t)ev->seg.announced_ms,
		.start_ms = (int64_t)ev->speech_start_ms,
		.end_ms = (int64_t)ev->seg.speech_ms,
		.score = (double)ev->vad.score
	};

	/* In start and resume the segmenter names the start: speech lasts until now. */
	if (kind != MSG_SPEECH_PAUSE && kind != MSG_SPEECH_END)
		m.end_ms = m.at_ms;
	c->ops->speech(c->arg, kind, &call->id, owner, sockd, &m);
}

/* ---- utterances ---- */

static void
lose(struct table *c, const struct call *call, int64_t gen, uint32_t number, const char *why)
{
	struct msg_utt	 m = { .gen = gen, .utt = number };

	c->counters.lost++;
	log_error(&call->log, "utt.lost", "utt=%u gen=%lld why=%s owner=%s", number, (long long)gen,
	    why, LOG_Q(call->owner));
	c->ops->lost(c->arg, &call->id, &m);
}

static void
forget_first(struct table *c, struct call *call)
{
	c->counters.kept--;
	c->counters.kept_bytes -= call->keep.first->nsamples * sizeof(int16_t);
	keep_drop_first(&call->keep);
}

void
call_drop_kept(struct table *c, struct call *call)
{
	while (call->keep.first != NULL) {
		lose(c, call, call->keep.first->gen, call->keep.first->number, "not_acknowledged");
		forget_first(c, call);
	}
}

static bool
over_total(const struct table *c)
{
	return c->counters.kept_bytes > (uint64_t)c->conf.keep_total_mb << 20;
}

static void
keep_utterance(struct table *c, struct call *call, struct utterance *u, int64_t now_ms)
{
	const struct utterance	*old;

	u->gen = call->open_gen;
	u->due_ms = now_ms;
	c->counters.utterances++;
	c->counters.kept++;
	c->counters.kept_bytes += u->nsamples * sizeof(int16_t);
	log_info(&call->log, "utterance", "utt=%u start_ms=%llu speech_ms=%llu audio_ms=%zu capped=%d",
	    u->number, (unsigned long long)u->speech_start_ms,
	    (unsigned long long)(u->speech_end_ms - u->speech_start_ms),
	    u->nsamples * 1000 / u->rate_hz, (u->flags & MSG_UTT_CAPPED) != 0);
	keep_put(&call->keep, u);
	while ((old = keep_excess(&call->keep)) != NULL ||
	    (over_total(c) && (old = call->keep.first) != NULL)) {
		lose(c, call, old->gen, old->number, "no_room");
		forget_first(c, call);
	}
}

static bool
send_one(struct table *c, const struct call *call, const struct utterance *u)
{
	struct msg_utterance	 m = {
		.flags = (uint8_t)(u->flags | (u->sends > 0 ? MSG_UTT_AGAIN : 0)),
		.utt = u->number,
		.gen = (uint64_t)u->gen,
		.start_ms = u->start_ms,
		.speech_start_ms = u->speech_start_ms,
		.speech_end_ms = u->speech_end_ms,
		.at_ms = u->at_ms,
		.rate_hz = u->rate_hz,
		.pcm_len = (uint32_t)(u->nsamples * sizeof(int16_t)),
		.pcm = u->pcm
	};

	return c->ops->utterance(c->arg, &call->id, call->owner, &m);
}

void
call_send(struct table *c, struct call *call, int64_t now_ms)
{
	struct utterance	*u;

	if (call->owner[0] == '\0')
		return;
	while ((u = keep_due(&call->keep, now_ms)) != NULL) {
		if (!send_one(c, call, u)) {
			keep_postpone(u, now_ms, POSTPONE_MS);
			continue;
		}
		c->counters.sends++;
		c->counters.resends += u->sends > 0;
		keep_sent(u, now_ms, c->conf.resend_ms);
	}
}

/* ---- events ---- */

static void
ended(struct table *c, struct call *call, struct stream_event *ev, uint8_t flags, int64_t now_ms)
{
	tell(c, call, MSG_SPEECH_END, ev, "", call->sockd);
	c->counters.capped += ev->seg.capped;
	if (ev->done == NULL)
		return;			/* no memory: told already */
	ev->done->flags = (uint8_t)(ev->done->flags | flags | (ev->seg.capped ? MSG_UTT_CAPPED : 0));
	keep_utterance(c, call, ev->done, now_ms);
	call_send(c, call, now_ms);
}

/* Speech while the bot was heard: sockd has paused. */
static void
judged(struct table *c, const struct call *call, const struct stream_event *ev)
{
	switch (ev->barge) {
	case BARGE_NONE:
		return;
	case BARGE_CONFIRM:
	case BARGE_AGAIN:
		c->counters.confirmed++;
		tell(c, call, MSG_SPEECH_CONFIRM, ev, call->owner, "");
		return;
	case BARGE_ECHO:
		c->counters.echoes++;
		break;
	case BARGE_SHORT:
		c->counters.shorts++;
		break;
	}
	log_debug(&call->log, "speech.withdraw", "utt=%u why=%s", ev->number, ev->barge == BARGE_ECHO ? "echo" : "short");
	tell(c, call, MSG_SPEECH_WITHDRAW, ev, call->owner, call->sockd);
}

static void
follow(struct table *c, struct call *call, struct stream_event *ev, uint8_t flags, int64_t now_ms)
{
	if (ev->seg.kind == SEGMENT_BEGIN) {
		call->open_gen = call->gen;
		call->last_utt = ev->number;
	}
	if (ev->lost != 0)
		lose(c, call, call->open_gen, ev->lost, "no_memory");
	switch (ev->seg.kind) {
	case SEGMENT_NONE:
		break;
	case SEGMENT_BEGIN:
		tell(c, call, MSG_SPEECH_START, ev, call->owner, call->sockd);
		break;
	case SEGMENT_PAUSE:
		tell(c, call, MSG_SPEECH_PAUSE, ev, call->owner, "");
		break;
	case SEGMENT_RESUME:
		tell(c, call, MSG_SPEECH_RESUME, ev, call->owner, "");
		break;
	case SEGMENT_END:
		judged(c, call, ev);	/* first: the reply goes on, and the utterance is an aside */
		ended(c, call, ev, flags, now_ms);
		return;
	}
	if (ev->again)
		tell(c, call, MSG_SPEECH_START, ev, call->owner, call->sockd);
	judged(c, call, ev);
}

void
call_hear(struct table *c, struct call *call, const int16_t *samples, int64_t now_ms)
{
	struct stream_event	 ev;

	stream_feed(call->stream, samples, &ev);
	c->counters.untold += ev.untold;
	follow(c, call, &ev, 0, now_ms);
}

void
call_flush(struct table *c, struct call *call, uint8_t flags, int64_t now_ms)
{
	struct stream_event	 ev;

	stream_flush(call->stream, &ev);
	follow(c, call, &ev, flags, now_ms);
}

void
call_reown(struct table *c, struct call *call, int64_t now_ms)
{
	struct stream_event	 ev = { .seg.kind = SEGMENT_BEGIN };

	keep_send_all(&call->keep, now_ms);
	call_send(c, call, now_ms);
	ev.number = stream_open(call->stream, &ev.speech_start_ms, &ev.seg.announced_ms);
	if (ev.number == 0)
		return;
	call->open_gen = call->gen;
	tell(c, call, MSG_SPEECH_START, &ev, call->owner, "");
}
