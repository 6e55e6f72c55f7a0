/* SPDX-License-Identifier: ISC */
#include "sockd/play.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "sockd/call.h"
#include "sockd/life.h"
#include "sockd/out.h"
#include "sockd/record.h"
#include "sockd/route.h"
#include "sockd/sockd.h"
#include "sockd/ws.h"

#define SLACK_MS	40	/* the estimate of the clock may move so far within a run of frames */

static int64_t
samples_ms(const struct call *c, uint64_t samples)
{
	return (int64_t)(samples * 1000 / c->rate_hz);
}

/* ---- what the owner is told ---- */

static void
tell(struct call *c, enum msg_kind kind, const struct pace_state *st, int64_t at_us, bool complete, const char *reason)
{
	struct msg_played	m = {
		.gen = route_owner_gen(c), .epoch = st->epoch, .turn = st->turn,
		.clock_ms = sclock_at(&c->clock, at_us) / 1000,
		.heard_ms = samples_ms(c, st->heard), .queued_ms = samples_ms(c, st->queued),
		.first_ms = st->first_us != 0 ? sclock_at(&c->clock, st->first_us) / 1000 : 0,
		.complete = complete,
	};

	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	route_tell(c, kind, &m, kind != MSG_PLAY_PROGRESS);
}

static void
tell_ended(struct call *c, int64_t now_us)
{
	static const char	*const reasons[] = {
		[PACE_HEARD] = "heard", [PACE_CANCELLED] = "cancelled",
		[PACE_SUPERSEDED] = "superseded", [PACE_CLOSED] = "closed",
	};
	struct pace_state	st;

	while (pace_pop(&c->pace, now_us, &st)) {
		if (st.end == PACE_HEARD)
			c->s->n.epochs_heard++;
		else
			c->s->n.epochs_cut++;
		log_info(&c->log, "play.done", "epoch=%u turn=%u heard_ms=%lld reason=%s", st.epoch, st.turn,
		    (long long)samples_ms(c, st.heard), reasons[st.end]);
		tell(c, MSG_PLAY_DONE, &st, now_us, st.end == PACE_HEARD, reasons[st.end]);
	}
}

static void
refuse(struct call *c, const struct bus_msg *msg, const struct msg_play *p, uint64_t *counter, const char *reason)
{
	struct msg_refused	 m = { .gen = (int64_t)p->gen, .epoch = p->epoch };
	struct bus_peer		*from = bus_peer_by_name(c->s->d->bus, msg->head.from);
	int64_t			 now_ms = clock_mono_ms();

	(*counter)++;
	log_debug(&c->log, "play.refused", "from=%s epoch=%u reason=%s", LOG_Q(msg->head.from), p->epoch, reason);
	if (from == NULL || now_ms < c->refused_ms)
		return;
	c->refused_ms = now_ms + PLAY_REFUSED_MS;
	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	(void)bus_order_json(c->s->d->bus, from, MSG_PLAY_REFUSED, &c->id, &m);
}

/* ---- frames ---- */

/* Where a frame lies on the clock: behind the one before unless there was a gap. */
static uint64_t
place(struct call *c, const struct pace_sent *sent)
{
	int64_t		us = sclock_at(&c->clock, sent->ear_us);
	uint64_t	at = (uint64_t)us / 1000 * c->rate_hz / 1000, slack = (uint64_t)SLACK_MS * c->rate_hz / 1000;

	if (!sent->gap && c->out_next != 0 && at + slack > c->out_next && at < c->out_next + slack)
		at = c->out_next;
	c->out_next = at + c->frame_samples;
	return at;
}

static void
note_late(struct call *c, int64_t late_us)
{
	hist_add(&c->late, late_us);
	hist_add(&c->s->late, late_us);
	hist_add(&c->s->late_window[0], late_us);
}

static void
publish_out(struct call *c, const void *pcm, uint64_t at)
{
	struct msg_pcm	m = { .rate_hz = c->rate_hz, .pcm_len = c->frame_samples * 2, .start = at, .pcm = pcm };
	struct buf	body;

	buf_init(&body, 64 + AUDIO_FRAME_BYTES_MAX);
	if (msg_pcm_encode(&m, &body) == 0)
		bus_fact(c->s->d->bus, MSG_AUDIO_OUT, &c->id, body.data, body.len);
	buf_clear(&body);
}

static void
started(struct call *c, const struct pace_sent *sent, int64_t now_us)
{
	struct pace_state	st = { .epoch = sent->epoch, .turn = sent->turn, .first_us = sent->ear_us };
	struct pace_state	now;

	if (pace_now(&c->pace, now_us, &now) && now.epoch == sent->epoch)
		st = now;
	tell(c, MSG_PLAY_STARTED, &st, sent->ear_us, false, "");
	log_info(&c->log, "play.started", "epoch=%u turn=%u ear_ms=%lld", sent->epoch, sent->turn,
	    (long long)(sclock_at(&c->clock, sent->ear_us) / 1000));
}

/* vadd compares it with what comes back. NULL: from `at` on nothing is played. */
static void
tell_vadd(struct call *c, uint64_t at, const void *pcm)
{
	struct msg_audio_frame	f = { .stream = c->stream, .seq = c->bot_seq++, .start = at, .flags = MSG_AUDIO_BOT,
		.pcm_len = pcm == NULL ? 0 : (uint16_t)(c->frame_samples * 2), .pcm = pcm == NULL ? "" : pcm };

	if (c->vadd != NULL)
		out_frame(c->s->out, c->vadd, &f);
}

static int
send_frame(struct call *c, int64_t now_us)
{
	void			*frame = ws_frame(c->s->ws);
	struct pace_sent	 sent;
	uint64_t		 at;

	pace_take(&c->pace, now_us, frame, &sent);
	at = place(c, &sent);
	if (c->record != NULL)
		record_right(c->record, at, frame, c->frame_samples);
	if (bus_wanted(c->s->d->bus, MSG_AUDIO_OUT, &c->id))
		publish_out(c, frame, at);
	tell_vadd(c, at, frame);
	if (ws_send_audio(c->conn, (size_t)c->frame_samples * 2) == -1)
		return -1;
	note_late(c, sent.late_us);
	c->frames_out++;
	c->s->n.frames_out++;
	c->s->n.frames_gap += sent.gap;
	if (sent.first)
		started(c, &sent, now_us);
	return 0;
}

static void
blocked(struct call *c, int64_t now_us)
{
	unsigned	n = pace_drop_late(&c->pace, now_us, SOCKD_LATE_MAX_US);

	if (c->blocked_us == 0)
		c->blocked_us = now_us;
	c->frames_dropped += n;
	c->s->n.frames_dropped += n;
	if (now_us - c->blocked_us >= (int64_t)c->s->conf->stall_s * 1000000)
		life_close(c, WS_CLOSE_STALLED, "stalled", &c->s->n.calls_stalled);
}

static void
send_text(struct call *c, const char *text, size_t len)
{
	if (ws_send_text(c->conn, text, len) == -1)
		c->s->n.text_not_sent++;
}

static void
send_marks(struct call *c)
{
	char		text[VTEXT_OUT_SIZE];
	uint32_t	mark;

	while ((mark = pace_want_mark(&c->pace)) != 0)
		send_text(c, text, vtext_notify(text, mark));
}

static void
send_clear(struct call *c, int64_t now_us)
{
	char	text[VTEXT_OUT_SIZE];

	send_text(c, text, vtext_clear(text));
	tell_vadd(c, (uint64_t)(sclock_at(&c->clock, now_us) / 1000) * c->rate_hz / 1000, NULL);
	c->out_next = 0;
	if (c->record != NULL)
		record_cut(c->record, (uint64_t)(sclock_at(&c->clock, now_us) / 1000) * c->rate_hz / 1000);
}

static void
send_due(struct call *c, int64_t now_us)
{
	while (pace_due(&c->pace, now_us)) {
		if (!ws_writable(c->conn)) {
			blocked(c, now_us);
			return;
		}
		c->blocked_us = 0;
		if (send_frame(c, now_us) == -1)
			return;
	}
}

void
play_tick(struct call *c, int64_t now_us)
{
	struct pace_state	st;

	if (c->state != CALL_LIVE) {
		call_set_playing(c, false);
		return;
	}
	send_due(c, now_us);
	if (c->state != CALL_LIVE)
		return;
	send_marks(c);
	if (now_us >= c->progress_us && !c->pace.paused && pace_heard_now(&c->pace, now_us)) {
		c->progress_us = now_us + PLAY_PROGRESS_US;
		if (c->owner != NULL && pace_now(&c->pace, now_us, &st))
			tell(c, MSG_PLAY_PROGRESS, &st, now_us, false, "");
	}
	tell_ended(c, now_us);
	if (!pace_busy(&c->pace))
		call_set_playing(c, false);
}

/* Something may be due, or over, now: do not wait for the next tick. */
static void
look(struct call *c)
{
	call_set_playing(c, true);
	sockd_tick_wanted(c->s);
	play_tick(c, clock_mono_us());
}

/* ---- orders ---- */

void
play_order(struct call *c, const struct bus_msg *msg)
{
	struct sockd_counters	*n = &c->s->n;
	struct pace_piece	 piece;
	struct msg_play		 p;

	if (msg_play_decode(&p, msg->body, msg->len) == -1) {
		n->orders_bad++;
		return;
	}
	n->plays++;
	if (!route_from_owner(c, msg->head.from, (int64_t)p.gen)) {
		refuse(c, msg, &p, &n->plays_refused_gen, "stale_gen");
		return;
	}
	if (p.rate_hz != c->rate_hz) {
		refuse(c, msg, &p, &n->plays_refused_rate, "rate");
		return;
	}
	piece = (struct pace_piece){ .epoch = p.epoch, .turn = p.turn, .offset = p.offset,
		.last = p.flags & MSG_PLAY_LAST_PIECE, .pcm = p.pcm, .pcm_len = p.pcm_len };
	switch (pace_push(&c->pace, &piece, clock_mono_us())) {
	case PACE_OK:
		look(c);
		break;
	case PACE_STALE:
		refuse(c, msg, &p, &n->plays_refused_epoch, "stale_epoch");
		break;
	case PACE_FULL:
	case PACE_NOMEM:
		refuse(c, msg, &p, &n->plays_refused_full, "full");
		break;
	case PACE_FRAME:
		refuse(c, msg, &p, &n->plays_refused_frame, "frame");
		break;
	}
}

void
play_cancel(struct call *c, const struct bus_msg *msg)
{
	int64_t			now_us = clock_mono_us();
	struct msg_cancel	m;

	if (msg_decode(MSG_PLAY_CANCEL, msg->body, msg->len, &m) == -1 || m.epoch < 0 || m.epoch > UINT32_MAX) {
		c->s->n.orders_bad++;
		return;
	}
	if (!route_from_owner(c, msg->head.from, m.gen))
		return;
	c->s->n.cancels++;
	if (pace_cancel(&c->pace, (uint32_t)m.epoch, now_us))
		send_clear(c, now_us);
	look(c);
}

static void
go_on(struct call *c, uint64_t *counter)
{
	(*counter)++;
	c->blocked_us = 0;
	pace_resume(&c->pace, clock_mono_us());
	look(c);
}

void
play_resume(struct call *c, const struct bus_msg *msg)
{
	struct msg_epoch	m;

	if (msg_decode(MSG_PLAY_RESUME, msg->body, msg->len, &m) == -1) {
		c->s->n.orders_bad++;
		return;
	}
	if (c->pace.paused && route_from_owner(c, msg->head.from, m.gen) && m.epoch == c->pace.newest)
		go_on(c, &c->s->n.resumes);
}

/* ---- the caller speaks ---- */

static bool
speech(struct call *c, const struct bus_msg *msg)
{
	struct msg_speech	m;

	if (msg_decode(msg->head.kind, msg->body, msg->len, &m) == -1) {
		c->s->n.orders_bad++;
		return false;
	}
	return c->state == CALL_LIVE && route_from_vadd(c, msg->head.from, m.gen);
}

void
play_speech_start(struct call *c, const struct bus_msg *msg)
{
	int64_t			now_us = clock_mono_us();
	struct pace_state	st;

	if (!speech(c, msg) || !c->s->conf->barge_in)
		return;
	if (c->pace.paused) {
		c->resume_ms = now_us / 1000 + PLAY_PAUSE_MAX_MS;
		return;
	}
	if (!pace_active(&c->pace, now_us))
		return;
	pace_pause(&c->pace, now_us);
	send_clear(c, now_us);
	c->s->n.pauses++;
	c->resume_ms = now_us / 1000 + PLAY_PAUSE_MAX_MS;
	if (pace_now(&c->pace, now_us, &st)) {
		tell(c, MSG_PLAY_PAUSED, &st, now_us, false, "");
		log_info(&c->log, "play.paused", "epoch=%u heard_ms=%lld", st.epoch, (long long)samples_ms(c, st.heard));
	}
}

void
play_speech_end(struct call *c, const struct bus_msg *msg)
{
	if (speech(c, msg) && c->pace.paused)
		c->resume_ms = clock_mono_ms() + c->s->conf->resume_ms;
}

void
play_speech_lost(struct call *c, int64_t now_ms)
{
	if (c->pace.paused)
		c->resume_ms = now_ms + c->s->conf->resume_ms;
}

void
play_mark(struct call *c, uint32_t mark)
{
	if (!pace_confirm(&c->pace, mark, clock_mono_us())) {
		c->s->n.marks_unknown++;
		return;
	}
	c->s->n.marks++;
	look(c);
}

void
play_housekeeping(struct call *c, int64_t now_ms)
{
	if (c->pace.paused && pace_busy(&c->pace) && now_ms >= c->resume_ms) {
		log_info(&c->log, "play.resumed", "cause=nobody_decided");
		go_on(c, &c->s->n.resumes_by_time);
	}
}

void
play_rewind(struct call *c)
{
	int64_t	now_us = clock_mono_us();
	bool	was_paused = c->pace.paused;

	pace_pause(&c->pace, now_us);
	c->out_next = 0;
	c->blocked_us = 0;
	if (c->record != NULL)
		record_cut(c->record, (uint64_t)(sclock_at(&c->clock, now_us) / 1000) * c->rate_hz / 1000);
	if (!was_paused)
		pace_resume(&c->pace, now_us);
}

void
play_end(struct call *c)
{
	int64_t	now_us = clock_mono_us();

	pace_close(&c->pace, now_us);
	if (c->record != NULL)
		record_cut(c->record, (uint64_t)(sclock_at(&c->clock, now_us) / 1000) * c->rate_hz / 1000);
	tell_ended(c, now_us);
	call_set_playing(c, false);
}
