/* SPDX-License-Identifier: ISC */
/* ask_turn: from a recording to the text of a reply, and a row in turns (asks.h). */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/asks_impl.h"
#include "brokerd/call.h"
#include "brokerd/work.h"
#include "common/clock.h"
#include "common/mem.h"

#define ASK_RATE_HZ	16000	/* what recognisers want; a telephone has 8 kHz or 16 kHz */

static void think(struct ask *k);

/* ---- the end ---- */

static void
answer_from(const struct store_turn *row, struct msg_answer *m)
{
	m->ok = true;
	if (row->user_text != NULL)
		ask_speakable(row->user_text, m->heard, sizeof(m->heard));
	if (row->bot_text != NULL)
		ask_speakable(row->bot_text, m->text, sizeof(m->text));
	(void)snprintf(m->action, sizeof(m->action), "%s", row->action);
	if (row->error != NULL)
		(void)snprintf(m->error, sizeof(m->error), "%s", row->error);
}

struct receipt { struct broker *b; char id[64]; };

/* Answered when its row is on the disk: asked again, brokerd says the same. */
static void
on_committed(void *arg, int rc, int err)
{
	struct receipt		*r = arg;
	struct ask		*k = ask_find(r->b->asks, r->id);
	struct msg_answer	 m = { .ok = false };

	free(r);
	if (k == NULL || k->turn == NULL)
		return;
	if (rc == -1)
		log_error(&k->log, "turn.commit", "turn=%lld error=%s did=answered", (long long)k->turn->row.turn, LOG_Q(strerror(err)));
	answer_from(&k->turn->row, &m);
	ask_finish(k, &m);
}

static bool
commit(struct ask *k, const char *role, store_done *done, void *arg)
{
	struct broker	*b = k->asks->b;
	struct msg_turn	 fact;

	turn_fact(k->turn, role, &fact);
	bus_fact_json(b->d->bus, MSG_TURN, &k->call, &fact);
	log_debug(&k->log, "turn", "turn=%lld state=%s role=%s text=%s", (long long)fact.turn, fact.state, role, LOG_Q(fact.text));
	if (store_put_turn(b->store, &k->turn->row, done, arg) == 0)
		return true;
	log_error(&k->log, "turn.put", "turn=%lld error=%s", (long long)fact.turn, LOG_Q(strerror(errno)));
	return false;
}

/* What will be spoken is taken for heard: nobody tells how far the caller listened. */
static void
finish(struct ask *k, const char *text, const char *error)
{
	struct turn		*t = k->turn;
	struct receipt		*r = mem_calloc(1, sizeof(*r));
	struct msg_answer	 m = { .ok = false };

	(void)turn_set_text(&t->row.bot_text, text);
	(void)turn_set_text(&t->row.heard_text, text);
	(void)turn_set_text(&t->row.error, error);
	if (t->state == TURN_HEARD)
		turn_set_state(t, TURN_THINKING);
	turn_set_state(t, error != NULL ? TURN_FAILED : TURN_DONE);
	if (error != NULL)
		k->asks->b->count.failed++;
	if (r != NULL) {
		r->b = k->asks->b;
		(void)snprintf(r->id, sizeof(r->id), "%s", k->m.id);
		if (commit(k, "assistant", on_committed, r))
			return;
		free(r);
	}
	answer_from(&t->row, &m);
	ask_finish(k, &m);
}

static void
apologise(struct ask *k, const char *stage, const char *cause)
{
	char	 error[256];

	(void)snprintf(error, sizeof(error), "%s: %s", stage, cause);
	log_error(&k->log, "turn.failed", "turn=%lld error=%s", (long long)k->turn->row.turn, LOG_Q(error));
	finish(k, k->assistant->phrase[PHRASE_SORRY], error);
}

/* ---- thinking ---- */

static void
on_thought(struct ask *k, const struct engine_result *res, const char *engine)
{
	struct turn	*t = k->turn;
	const char	*text = k->text.data;

	(void)snprintf(t->row.chat, sizeof(t->row.chat), "%s", engine);
	if (res->ok)
		(void)snprintf(t->row.action, sizeof(t->row.action), "%s", res->action);
	if (text[strspn(text, " \t\r\n")] == '\0')
		text = strcmp(t->row.action, "hangup") == 0 ? k->assistant->phrase[PHRASE_GOODBYE] :
		    strcmp(t->row.action, "transfer") == 0 ? k->assistant->phrase[PHRASE_FILLER] : "";
	if (text[0] != '\0')
		finish(k, text, res->ok ? NULL : res->error);
	else
		apologise(k, "chat", res->ok ? "an empty reply" : res->error);
}

static void
think(struct ask *k)
{
	struct chat_messages	 messages = { NULL, 0 };
	struct turn		*t = k->turn;
	int			 rc = -1;

	if (t->state == TURN_HEARD)
		turn_set_state(t, TURN_THINKING);
	(void)commit(k, "user", NULL, NULL);
	if (history_put(k->history, t->row.turn, t->row.user_text, NULL, false) == 0 &&
	    history_messages(k->history, k->assistant->prompt, CALL_MESSAGES_MAX, &messages) == 0)
		rc = ask_chat(k, &messages, on_thought);
	chat_messages_clear(&messages);
	if (rc == -1)
		apologise(k, "chat", "out of memory");
}

/* ---- hearing ---- */

static void
not_caught(struct ask *k, const char *why)
{
	log_info(&k->log, "recording.empty", "turn=%lld cause=%s", (long long)k->turn->row.turn, LOG_Q(why));
	k->asks->b->count.not_caught++;
	finish(k, k->assistant->phrase[PHRASE_NOT_CAUGHT], NULL);
}

static void
on_stt_text(void *arg, const char *delta, size_t len)
{
	(void)arg;
	(void)delta;
	(void)len;
}

static void
on_stt_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	(void)arg;
	(void)pcm;
	(void)n;
	(void)rate_hz;
}

static void
on_stt_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct ask	*k = arg;
	struct turn	*t = k->turn;

	k->job = NULL;
	ask_unreserve(k);
	(void)snprintf(t->row.stt, sizeof(t->row.stt), "%s", engine);
	turn_mark(t, TURN_MARK_TEXT, clock_mono_us());
	if (!res->ok) {
		apologise(k, "stt", res->error);
		return;
	}
	ask_usage(k, t->row.turn, "stt_ms", engine, (int64_t)(k->nsamples * 1000 / ASK_RATE_HZ));
	if (res->text[strspn(res->text, " \t\r\n")] == '\0') {
		not_caught(k, res->rejected ? "speech that was not understood" : "no words");
		return;
	}
	if (turn_set_text(&t->row.user_text, res->text) == -1) {
		apologise(k, "stt", "out of memory");
		return;
	}
	k->asks->b->count.turns++;
	think(k);
}

static const struct ladder_events stt_events = { on_stt_text, on_stt_pcm, on_stt_done };

static void
transcribe(struct ask *k, const struct audio_clip *clip)
{
	struct engine_request	 rq;

	k->nsamples = clip->nsamples;
	turn_mark(k->turn, TURN_MARK_UTTERANCE, clock_mono_us());
	if (clip->nsamples * 1000 / ASK_RATE_HZ < CALL_SHORT_MS) {
		not_caught(k, "too short");
		return;
	}
	if (!ask_reserve(k, clip->nsamples * sizeof(*clip->samples))) {
		ask_fail(k, ASK_REFUSED "too much audio");
		return;
	}
	memset(&rq, 0, sizeof(rq));
	rq.call = k->call.text;
	rq.language = k->language;
	rq.pcm = clip->samples;
	rq.nsamples = clip->nsamples;
	rq.rate_hz = ASK_RATE_HZ;
	if ((k->job = ladder_start(&k->assistant->stt, &rq, &stt_events, k)) == NULL)
		apologise(k, "stt", strerror(errno));
}

/* ---- the file ---- */

/* In a thread. */
static void
decode(void *arg)
{
	struct ask_file	*f = arg;
	struct stat	 st;

	if (stat(f->path, &st) == -1) {
		f->error = errno;
		f->cause = "cannot open the file";
	} else if (st.st_size > ASK_FILE_MAX) {
		f->error = EFBIG;
		f->cause = "the file is larger than allowed";
	} else if (audio_read_file(f->path, ASK_RATE_HZ, ASK_AUDIO_MAX_S, &f->clip, &f->cause) == -1)
		f->error = errno;
}

static void
on_decoded(void *arg)
{
	struct ask_file	*f = arg;
	struct ask	*k = f->ask;

	if (k != NULL) {
		k->file = NULL;
		if (f->error != 0)
			apologise(k, "recording", f->cause);
		else
			transcribe(k, &f->clip);
	}
	audio_clip_clear(&f->clip);
	free(f);
}

static void
read_recording(struct ask *k)
{
	struct ask_file	*f;

	if ((f = mem_calloc(1, sizeof(*f))) == NULL) {
		apologise(k, "recording", "out of memory");
		return;
	}
	f->ask = k;
	(void)snprintf(f->path, sizeof(f->path), "%s", k->m.path);
	if (work_start(k->asks->work, decode, on_decoded, f) == 0) {
		k->file = f;
		return;
	}
	free(f);
	ask_fail(k, errno == EAGAIN ? ASK_REFUSED "full" : "out of memory");
}

/* ---- the beginning ---- */

struct former {			/* what the store knows of the call */
	int64_t		 utt, max_turn, max_epoch;
	struct turn	*same;		/* the row of this recording */
};

static bool
look_at_row(void *arg, const struct store_turn *row)
{
	struct former		*f = arg;
	struct store_turn	 copy = *row;

	if (row->turn > f->max_turn)
		f->max_turn = row->turn;
	if (row->epoch > f->max_epoch)
		f->max_epoch = row->epoch;
	if (row->utt != f->utt || row->utt_gen > 0)
		return true;
	turn_free(f->same);
	f->same = NULL;
	copy.user_text = copy.bot_text = copy.heard_text = copy.error = NULL;
	if (turn_set_text(&copy.user_text, row->user_text) == 0 && turn_set_text(&copy.bot_text, row->bot_text) == 0)
		f->same = turn_from_row(&copy);
	store_turn_clear(&copy);
	return true;
}

/* Its row was begun, by us or by one that died, or there is none: a new attempt, which counts more. */
static int
make_turn(struct ask *k, struct former *f)
{
	struct turn	*t;
	int64_t		 number = f->same != NULL ? f->same->row.turn : f->max_turn + 1;

	if ((t = k->turn = turn_new(&k->call, number, TURN_HEARD, clock_wall_ms())) == NULL)
		return -1;
	t->row.utt = k->m.utt;
	turn_reset_reply(t, f->max_epoch + 1);
	(void)snprintf(t->row.language, sizeof(t->row.language), "%s", k->language);
	if (f->same != NULL) {
		t->row.created_at = f->same->row.created_at;
		(void)snprintf(t->row.stt, sizeof(t->row.stt), "%s", f->same->row.stt);
		if (turn_set_text(&t->row.user_text, f->same->row.user_text) == -1)
			return -1;
	}
	return (k->history = ask_history(k, number)) == NULL ? -1 : 0;
}

static void
start(struct ask *k)
{
	struct former		 f = { .utt = k->m.utt };
	struct msg_answer	 m = { .ok = false };

	if (store_each_turn(k->asks->b->store, &k->call, look_at_row, &f) == -1) {
		log_error(&k->log, "turns.read", "error=%s", LOG_Q(strerror(errno)));
		turn_free(f.same);
		ask_fail(k, "the database cannot be read");
		return;
	}
	if (f.same != NULL && f.same->state == TURN_DONE) {
		k->asks->again++;
		answer_from(&f.same->row, &m);
		turn_free(f.same);
		ask_finish(k, &m);
		return;
	}
	if (make_turn(k, &f) == -1)
		ask_fail(k, "out of memory");
	else if (k->turn->row.user_text != NULL)
		think(k);
	else {
		(void)commit(k, "user", NULL, NULL);
		read_recording(k);
	}
	turn_free(f.same);
}

static void
stop(struct ask *k)
{
	turn_free(k->turn);
	history_free(k->history);
	k->turn = NULL;
	k->history = NULL;
}

const struct ask_ops ask_turn_ops = { start, stop };
