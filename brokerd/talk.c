/* SPDX-License-Identifier: ISC */
/* talk: from a turn to what the caller hears, and what follows from it (call.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/call.h"
#include "brokerd/moment.h"
#include "brokerd/timer.h"
#include "common/clock.h"
#include "common/mem.h"

#define SPOKEN_TEXT	(64 * 1024)

static void
cancel_play(struct call *c, int64_t epoch, const char *why)
{
	struct msg_cancel	 m = { .gen = c->offer.gen, .epoch = epoch };

	(void)snprintf(m.reason, sizeof(m.reason), "%s", why);
	if (bus_order_json(c->b->d->bus, c->sockd, MSG_PLAY_CANCEL, &c->id, &m) != BUS_OK)
		log_warn(&c->log, "play.cancel", "epoch=%lld error=not_sent", (long long)epoch);
}

/* ---- what the reply tells ---- */

static void
note_reply(struct call *c)
{
	struct store_turn	*row = &c->turn->row;

	(void)turn_set_text(&row->bot_text, reply_text(c->reply));
	if (reply_error(c->reply)[0] != '\0')
		(void)turn_set_text(&row->error, reply_error(c->reply));
	if (reply_action(c->reply)[0] != '\0')
		(void)snprintf(row->action, sizeof(row->action), "%s", reply_action(c->reply));
	(void)snprintf(row->chat, sizeof(row->chat), "%s", reply_engine(c->reply, ENGINE_CHAT));
	(void)snprintf(row->tts, sizeof(row->tts), "%s", reply_engine(c->reply, ENGINE_TTS));
	row->reply_total_ms = reply_total_ms(c->reply);
}

static bool
on_play(void *arg, const int16_t *pcm, size_t n, uint64_t offset, bool last)
{
	struct call	*c = arg;
	struct msg_play	 m = {
		.flags = last ? MSG_PLAY_LAST_PIECE : 0, .gen = (uint64_t)c->offer.gen,
		.epoch = (uint32_t)c->turn->row.epoch, .turn = (uint32_t)c->turn->row.turn,
		.rate_hz = (uint32_t)c->offer.rate_hz, .offset = offset,
		.pcm_len = (uint32_t)(n * 2), .pcm = pcm,
	};
	struct buf	 body;
	bool		 sent = false;

	buf_init(&body, MSG_BODY_MAX);
	if (msg_play_encode(&m, &body) == 0)
		sent = bus_order(c->b->d->bus, c->sockd, MSG_PLAY, &c->id, body.data, body.len) == BUS_OK;
	buf_clear(&body);
	return sent;
}

static void
on_token(void *arg)
{
	struct call	*c = arg;

	turn_mark(c->turn, TURN_MARK_TOKEN, clock_mono_us());
}

static void
on_audio(void *arg)
{
	struct call	*c = arg;

	turn_mark(c->turn, TURN_MARK_AUDIO, clock_mono_us());
}

static void
on_changed(void *arg)
{
	struct call	*c = arg;

	note_reply(c);
	(void)call_commit(c, c->turn, "assistant", NULL, NULL);
	if (reply_complete(c->reply) && c->asks)
		call_listen(c, reply_listen(c->reply)[0] != '\0' ? reply_listen(c->reply) : moment_of(reply_text(c->reply)));
	if (reply_complete(c->reply) && reply_sent(c->reply) == 0)
		timer_arm(c->finish, 0);	/* nothing to hear: sockd will say nothing about it */
}

static const struct reply_ops reply_ops = { on_play, on_token, on_audio, on_changed };

/* ---- the end of a turn ---- */

static void
forget_cut(struct call *c)
{
	turn_free(c->cut);
	c->cut = NULL;
	spoken_clear(&c->cut_spoken);
}

/* Write down which part was heard. Returns true if there is any. */
static bool
note_heard(struct call *c, struct turn *t, const struct spoken *spoken, int64_t heard_ms, bool complete)
{
	struct buf	 text;
	uint64_t	 samples = (uint64_t)(heard_ms > 0 ? heard_ms : 0) * spoken->rate_hz / 1000;
	bool		 any;

	buf_init(&text, SPOKEN_TEXT);
	(void)spoken_heard(spoken, complete ? UINT64_MAX : samples, &text);
	any = text.len > 0;
	t->row.reply_heard_ms = heard_ms;
	(void)turn_set_text(&t->row.heard_text, text.data);
	(void)history_put(c->history, t->row.turn, question_of(t), text.data, !complete && any);
	buf_clear(&text);
	return any;
}

static void
put_usage(struct call *c, const char *kind, const char *engine, int64_t amount)
{
	if (amount > 0)
		(void)store_add_usage(c->b->store, &c->id, c->turn->row.turn, kind, engine, amount);
}

static void
note_usage(struct call *c)
{
	struct reply_usage	 u;

	reply_get_usage(c->reply, &u);
	put_usage(c, "chat_in", c->turn->row.chat, u.tokens_in);
	put_usage(c, "chat_out", c->turn->row.chat, u.tokens_out);
	put_usage(c, "tts_chars", c->turn->row.tts, u.tts_chars);
}

static void
drop_reply(struct call *c)
{
	if (c->reply != NULL && !c->lost)
		note_usage(c);
	reply_free(c->reply);
	c->reply = NULL;
	c->turn = NULL;
	c->audible = false;
	c->heard_ms = 0;
	(void)event_del(c->filler);
	(void)event_del(c->finish);
}

/* It was played, to its end or not. */
static void
finish_turn(struct call *c, bool complete)
{
	struct turn	*t = c->turn;

	note_reply(c);
	(void)note_heard(c, t, reply_spoken(c->reply), c->heard_ms, complete);
	t->row.interrupted = !complete;
	if (t->row.error != NULL)
		c->b->count.failed++;
	turn_set_state(t, t->row.error != NULL ? TURN_FAILED : TURN_DONE);
	if (complete)
		leave_after(c, t);
	(void)call_commit(c, t, "assistant", NULL, NULL);
	log_info(&c->log, "turn.done", "turn=%lld state=%s ear_ms=%lld stt_ms=%lld token_ms=%lld audio_ms=%lld heard_ms=%lld",
	    (long long)t->row.turn, turn_state_name(t->state), (long long)t->row.ear_ms, (long long)t->row.stt_ms,
	    (long long)t->row.token_ms, (long long)t->row.audio_ms, (long long)c->heard_ms);
	drop_reply(c);
	turn_free(t);
	talk_update(c);
}

static void
on_finish(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (c->turn != NULL)
		finish_turn(c, true);
}

void
talk_interrupt(struct call *c, const char *why)
{
	struct turn	*t = c->turn;

	if (t == NULL) {
		if (c->old != NULL)
			cancel_play(c, c->old->row.epoch, why);
		return;
	}
	if (reply_sent(c->reply) > 0)
		cancel_play(c, t->row.epoch, why);
	forget_cut(c);
	note_reply(c);
	t->row.interrupted = true;
	c->b->count.interrupted++;
	if (note_heard(c, t, reply_spoken(c->reply), c->audible ? c->heard_ms : 0, false)) {
		turn_set_state(t, TURN_DONE);
		reply_steal_spoken(c->reply, &c->cut_spoken);
		c->cut = t;
	} else {
		question_carry(c, t);
		(void)history_put(c->history, t->row.turn, NULL, NULL, false);
		turn_set_state(t, TURN_CANCELLED);
	}
	log_info(&c->log, "turn.interrupted", "turn=%lld epoch=%lld by=%s state=%s heard_ms=%lld",
	    (long long)t->row.turn, (long long)t->row.epoch, why, turn_state_name(t->state), (long long)c->heard_ms);
	(void)call_commit(c, t, "assistant", NULL, NULL);
	drop_reply(c);
	if (t != c->cut)
		turn_free(t);
}

/* ---- the beginning ---- */

static int
begin_reply(struct call *c, struct turn *t)
{
	struct reply_conf	 conf = {
		.assistant = c->assistant, .call = c->id.text, .language = c->language,
		.rate_hz = (uint32_t)c->offer.rate_hz, .ahead_ms = c->b->ahead_ms, .transfer = c->offer.transfer,
	};

	turn_reset_reply(t, ++c->epoch);
	c->turn = t;
	c->audible = false;
	c->heard_ms = 0;
	if ((c->reply = reply_new(&conf, &reply_ops, c)) == NULL)
		return -1;
	reply_hold(c->reply, listen_active(c));
	return 0;
}

/* Memory lacks: this turn fails, the call goes on. */
static void
give_up(struct call *c, struct turn *t)
{
	log_error(&c->log, "turn.failed", "turn=%lld error=%s", (long long)t->row.turn, LOG_Q(strerror(errno)));
	(void)turn_set_text(&t->row.error, "no memory");
	turn_set_state(t, TURN_FAILED);
	(void)call_commit(c, t, "assistant", NULL, NULL);
	drop_reply(c);
	turn_free(t);
	talk_update(c);
}

void
talk_answer(struct call *c, struct turn *t)
{
	struct chat_messages	 m = { NULL, 0 };
	int			 rc = -1;

	call_set_language(c, t);
	c->asks = true;
	if (begin_reply(c, t) == 0 &&
	    history_messages(c->history, c->assistant->prompt, CALL_MESSAGES_MAX, &m) == 0)
		rc = reply_ask(c->reply, &m);
	chat_messages_clear(&m);
	if (rc == -1) {
		give_up(c, t);
		return;
	}
	if (c->assistant->filler_ms > 0)
		timer_arm(c->filler, c->assistant->filler_ms);
	talk_update(c);
}

void
talk_phrase(struct call *c, struct turn *t, enum phrase which)
{
	char	 action[sizeof(t->row.action)];

	(void)snprintf(action, sizeof(action), "%s", t->row.action);
	call_set_language(c, t);
	c->asks = which == PHRASE_GREETING;	/* after the others the same answer is waited for */
	if (begin_reply(c, t) == -1 || reply_say(c->reply, which, which != PHRASE_SORRY) == -1) {
		give_up(c, t);
		return;
	}
	(void)snprintf(t->row.action, sizeof(t->row.action), "%s", action);
	talk_update(c);
}

static void
on_filler(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (c->turn == NULL || c->audible || listen_active(c))
		return;
	c->b->count.fillers++;
	reply_fill(c->reply);
}

void
talk_go_on(struct call *c)
{
	struct msg_epoch	 m = { .gen = c->offer.gen };

	if (!listen_active(c)) {
		if (c->turn != NULL && reply_sent(c->reply) > 0)
			m.epoch = c->turn->row.epoch;
		else if (c->old != NULL)
			m.epoch = c->old->row.epoch;
		if (m.epoch > 0)
			(void)bus_order_json(c->b->d->bus, c->sockd, MSG_PLAY_RESUME, &c->id, &m);
	}
	talk_update(c);
}

/* ---- after any change ---- */

void
talk_update(struct call *c)
{
	bool	 quiet = c->turn == NULL && c->old == NULL && !listen_active(c) && !c->ending && !c->lost;

	if (c->reply != NULL)
		reply_hold(c->reply, listen_active(c));
	if (quiet && c->b->d->draining) {
		call_release(c, "draining");
		return;
	}
	if (!quiet || c->assistant->idle_s == 0)
		(void)event_del(c->idle);
	else if (!event_pending(c->idle, EV_TIMEOUT, NULL))
		timer_arm(c->idle, (int64_t)c->assistant->idle_s * 1000);
}

/* ---- what sockd tells ---- */

static bool
is_current(const struct call *c, const struct msg_played *m)
{
	return c->turn != NULL && m->epoch == c->turn->row.epoch;
}

void
talk_started(struct call *c, const struct msg_played *m)
{
	if (!is_current(c, m) || c->audible)
		return;
	c->audible = true;
	(void)event_del(c->filler);
	turn_mark(c->turn, TURN_MARK_STARTED, clock_mono_us());
	turn_set_ear(c->turn, m->clock_ms);
	if (c->turn->state == TURN_THINKING)
		turn_set_state(c->turn, TURN_SPEAKING);
	(void)call_commit(c, c->turn, "assistant", NULL, NULL);
}

void
talk_progress(struct call *c, const struct msg_played *m)
{
	if (!is_current(c, m))
		return;
	c->heard_ms = m->heard_ms;
	reply_heard(c->reply, m->heard_ms);
}

void
talk_paused(struct call *c, const struct msg_played *m)
{
	talk_progress(c, m);
}

/* The reply of a former owner is over. */
static void
finish_old(struct call *c, const struct msg_played *m)
{
	struct turn	*t = c->old;
	bool		 whole = m->complete && t->row.reply_total_ms >= 0;
	struct spoken	 all;

	c->old = NULL;
	spoken_init(&all, (uint32_t)c->offer.rate_hz);
	if (t->row.bot_text != NULL && spoken_begin(&all, t->row.bot_text, strlen(t->row.bot_text)) == 0) {
		spoken_add_samples(&all, (uint64_t)(t->row.reply_total_ms >= 0 ? t->row.reply_total_ms :
		    m->heard_ms) * all.rate_hz / 1000);
		spoken_end(&all);
	}
	(void)note_heard(c, t, &all, m->heard_ms, m->complete);
	spoken_clear(&all);
	t->row.interrupted = !whole;
	turn_set_state(t, TURN_DONE);
	if (whole)
		leave_after(c, t);
	(void)call_commit(c, t, "assistant", NULL, NULL);
	turn_free(t);
	talk_update(c);
}

void
talk_done(struct call *c, const struct msg_played *m)
{
	if (c->cut != NULL && m->epoch == c->cut->row.epoch) {
		(void)note_heard(c, c->cut, &c->cut_spoken, m->heard_ms, m->complete);
		(void)call_commit(c, c->cut, "assistant", NULL, NULL);
		forget_cut(c);
	} else if (c->old != NULL && m->epoch == c->old->row.epoch) {
		finish_old(c, m);
	} else if (is_current(c, m)) {
		c->heard_ms = m->heard_ms;
		if (c->turn->state == TURN_THINKING)
			turn_set_state(c->turn, TURN_SPEAKING);
		finish_turn(c, m->complete);
	}
}

void
talk_refused(struct call *c, const struct msg_refused *m)
{
	c->b->count.stale++;
	log_warn(&c->log, "play.refused", "epoch=%lld reason=%s", (long long)m->epoch, LOG_Q(m->reason));
	if (strcmp(m->reason, "stale_gen") == 0) {
		broker_end_call(c->b, c);	/* another process has the call: nothing more is ours to write */
		return;
	}
	if (c->turn == NULL || m->epoch != c->turn->row.epoch)
		return;
	(void)turn_set_text(&c->turn->row.error, m->reason);
	cancel_play(c, m->epoch, "refused");
	finish_turn(c, false);
}

/* ---- life ---- */

int
talk_init(struct call *c)
{
	c->filler = event_new(c->b->base, -1, 0, on_filler, c);
	c->finish = event_new(c->b->base, -1, 0, on_finish, c);
	return c->filler == NULL || c->finish == NULL || leave_init(c) == -1 || orphan_init(c) == -1 ? -1 : 0;
}

void
talk_clear(struct call *c)
{
	reply_free(c->reply);
	turn_free(c->turn);
	turn_free(c->old);
	c->reply = NULL;
	c->turn = c->old = NULL;
	forget_cut(c);
	timer_free(&c->filler);
	timer_free(&c->finish);
	leave_clear(c);
	orphan_clear(c);
}

void
talk_close(struct call *c, const char *why)
{
	struct turn	*t = c->turn;

	if (t == NULL)
		return;
	note_reply(c);
	t->row.interrupted = true;
	(void)turn_set_text(&t->row.error, why);
	turn_set_state(t, note_heard(c, t, reply_spoken(c->reply), c->heard_ms, false) ? TURN_DONE : TURN_CANCELLED);
	(void)call_commit(c, t, "assistant", NULL, NULL);
	drop_reply(c);
	turn_free(t);
}

/* The end of what a former owner handed over: sockd waits for more of it otherwise. */
static void
end_old_epoch(struct call *c, const struct turn *t)
{
	struct msg_play	 m = {
		.flags = MSG_PLAY_LAST_PIECE, .gen = (uint64_t)c->offer.gen, .epoch = (uint32_t)t->row.epoch,
		.turn = (uint32_t)t->row.turn, .rate_hz = (uint32_t)c->offer.rate_hz,
	};
	struct buf	 body;

	buf_init(&body, MSG_BODY_MAX);
	if (msg_play_encode(&m, &body) == 0)
		(void)bus_order(c->b->d->bus, c->sockd, MSG_PLAY, &c->id, body.data, body.len);
	buf_clear(&body);
}

void
talk_take_over(struct call *c, struct turn *t)
{
	bool	 handed_over = t->row.reply_total_ms >= 0;

	log_info(&c->log, "turn.resumed", "turn=%lld epoch=%lld state=%s playing=%lld", (long long)t->row.turn,
	    (long long)t->row.epoch, turn_state_name(t->state), (long long)c->offer.playing_epoch);
	if (c->offer.playing_epoch != 0 && c->offer.playing_epoch == t->row.epoch) {
		if (t->state == TURN_THINKING)
			turn_set_state(t, TURN_SPEAKING);
		c->old = t;
		if (!handed_over)
			end_old_epoch(c, t);
	} else if (handed_over && t->row.epoch <= c->offer.epoch) {
		struct msg_played	 m = { .heard_ms = t->row.reply_total_ms, .complete = true };

		if (t->state == TURN_THINKING)
			turn_set_state(t, TURN_SPEAKING);
		c->old = t;
		finish_old(c, &m);	/* it was heard while nobody listened */
	} else if (t->row.user_text != NULL) {
		if (t->state == TURN_SPEAKING)
			turn_set_state(t, TURN_THINKING);
		talk_answer(c, t);
	} else {
		turn_set_state(t, TURN_CANCELLED);
		(void)call_commit(c, t, "assistant", NULL, NULL);
		turn_free(t);
	}
}
