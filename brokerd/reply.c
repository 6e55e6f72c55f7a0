/* SPDX-License-Identifier: ISC */
#include "brokerd/reply.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/sentence.h"
#include "brokerd/timer.h"
#include "brokerd/voice.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"

#define PREFETCH	2	/* sentences whose audio is made or plays */
#define CHUNK_MS	1000	/* most audio in one play */
#define TEXT_MAX	(64 * 1024)

struct piece {			/* a sentence */
	struct voice	*voice;
	struct buf	 text;		/* raw; empty: not kept */
	bool		 begun;		/* some of it was handed to play */
	bool		 aside;		/* a filler: not the reply's own audio */
};

struct reply {
	struct reply_conf	 conf;
	const struct reply_ops	*ops;
	void			*arg;
	struct sentence		 incoming;
	struct buf		 text;		/* all that was made */
	struct ladder_job	*chat;
	struct piece		*pieces[PREFETCH + 1];	/* and a filler before them */
	size_t			 npieces;
	struct spoken		 spoken;
	uint64_t		 sent;
	int64_t			 heard_ms;
	struct event		*stall, *again;
	bool			 held, text_ended, complete, had_token, had_audio, had_filler, sorry;
	struct reply_usage	 usage;
	char			 action[16], listen[32], error[200], chat_engine[32], tts_engine[32];
};

static void take_sentences(struct reply *r, bool stalled);
static void pump(struct reply *r);

/* ---- pieces ---- */

static void
piece_free(struct piece *p)
{
	if (p == NULL)
		return;
	voice_free(p->voice);
	buf_clear(&p->text);
	free(p);
}

static void
drop_first(struct reply *r)
{
	piece_free(r->pieces[0]);
	r->npieces--;
	memmove(&r->pieces[0], &r->pieces[1], r->npieces * sizeof(r->pieces[0]));
}

static void
drop_all(struct reply *r)
{
	while (r->npieces > 0)
		drop_first(r);
	sentence_clear(&r->incoming);
	sentence_init(&r->incoming);
	sentence_end(&r->incoming);
}

/* voice is taken over. at: the place in the queue. */
static int
add_piece(struct reply *r, size_t at, struct voice *voice, const char *text, size_t len)
{
	struct piece	*p;

	assert(r->npieces < PREFETCH + 1);
	if (voice == NULL || (p = mem_calloc(1, sizeof(*p))) == NULL) {
		voice_free(voice);
		return -1;
	}
	p->voice = voice;
	buf_init(&p->text, TEXT_MAX);
	if (len > 0 && buf_append(&p->text, text, len) == -1) {
		piece_free(p);
		return -1;
	}
	memmove(&r->pieces[at + 1], &r->pieces[at], (r->npieces - at) * sizeof(r->pieces[0]));
	r->pieces[at] = p;
	r->npieces++;
	return 0;
}

static void
on_more(void *arg)
{
	pump(arg);
}

static const struct voice_ops voice_ops = { on_more };

static struct voice *
speak(struct reply *r, const char *text)
{
	struct engine_request	 rq;

	memset(&rq, 0, sizeof(rq));
	rq.call = r->conf.call;
	rq.language = r->conf.language;
	rq.voice = r->conf.assistant->voice;
	rq.text = text;
	for (; *text != '\0'; text++)
		r->usage.tts_chars += ((unsigned char)*text & 0xc0) != 0x80;
	return voice_speak(&r->conf.assistant->tts, &rq, r->conf.rate_hz, REPLY_PIECE_S, &voice_ops, r);
}

static void
fail(struct reply *r, const char *stage, const char *error)
{
	struct log_ctx	 ctx = { r->conf.call };

	if (r->error[0] != '\0')
		return;
	(void)snprintf(r->error, sizeof(r->error), "%s: %s", stage, error);
	log_error(&ctx, "reply.failed", "stage=%s error=%s", stage, LOG_Q(error));
}

/* No engine can do it: what is in memory can still be played, once. */
static void
apologise(struct reply *r)
{
	const struct clip	*clip = &r->conf.assistant->clip[PHRASE_SORRY];

	ladder_cancel(r->chat);
	r->chat = NULL;
	r->text_ended = true;
	drop_all(r);
	if (!r->sorry && clip->rate_hz != 0 &&
	    add_piece(r, 0, voice_clip(clip, r->conf.rate_hz), NULL, 0) == 0)
		r->pieces[0]->aside = true;
	r->sorry = true;
}

static void
speak_sentence(struct reply *r, const struct buf *raw)
{
	struct buf	 spoken;

	buf_init(&spoken, SENTENCE_PENDING_MAX);
	if (sentence_speakable(raw->data, raw->len, &spoken) == -1 ||
	    (spoken.len > 0 && add_piece(r, r->npieces, speak(r, spoken.data), raw->data, raw->len) == -1)) {
		fail(r, "tts", "no memory");
		apologise(r);
	}
	buf_clear(&spoken);
}

static size_t
own_pieces(const struct reply *r)
{
	size_t	 i, n = 0;

	for (i = 0; i < r->npieces; i++)
		n += !r->pieces[i]->aside;
	return n;
}

static void
take_sentences(struct reply *r, bool stalled)
{
	struct buf	 raw;

	buf_init(&raw, SENTENCE_PENDING_MAX);
	while (!r->sorry && own_pieces(r) < PREFETCH && r->npieces < PREFETCH + 1 &&
	    sentence_next(&r->incoming, stalled, &raw) == 1)
		speak_sentence(r, &raw);
	buf_clear(&raw);
}

/* ---- to the call ---- */

/* Samples that may be handed over now. */
static size_t
allowed(const struct reply *r)
{
	uint64_t	 heard = (uint64_t)r->heard_ms * r->conf.rate_hz / 1000;
	uint64_t	 ahead = (uint64_t)r->conf.ahead_ms * r->conf.rate_hz / 1000;
	uint64_t	 waiting = r->sent > heard ? r->sent - heard : 0;

	return waiting >= ahead ? 0 : (size_t)(ahead - waiting);
}

static bool
begin_piece(struct reply *r, struct piece *p)
{
	if (spoken_begin(&r->spoken, p->text.data, p->text.len) == -1) {
		fail(r, "reply", strerror(errno));
		apologise(r);
		return false;
	}
	p->begun = true;
	if (!p->aside && !r->had_audio) {
		r->had_audio = true;
		r->ops->audio(r->arg);
	}
	return true;
}

/* false: nothing more can be done now. */
static bool
send_some(struct reply *r, struct piece *p)
{
	size_t	 n = voice_ready(p->voice), max = allowed(r), chunk = (size_t)r->conf.rate_hz * CHUNK_MS / 1000;
	bool	 first = !p->begun;

	if (n > max)
		n = max;
	if (n > chunk)
		n = chunk;
	if (n == 0)
		return false;
	if (first && !begin_piece(r, p))
		return true;
	if (!r->ops->play(r->arg, voice_samples(p->voice), n, r->sent, false)) {
		timer_arm(r->again, REPLY_AGAIN_MS);
		return false;
	}
	r->sent += n;
	spoken_add_samples(&r->spoken, n);
	voice_take(p->voice, n);
	if (first && !p->aside)
		r->ops->changed(r->arg);
	return true;
}

static void
end_piece(struct reply *r, struct piece *p)
{
	char	 error[200];
	bool	 failed = p->voice->failed;

	if (p->begun)
		spoken_end(&r->spoken);
	if (p->voice->engine[0] != '\0')
		(void)snprintf(r->tts_engine, sizeof(r->tts_engine), "%s", p->voice->engine);
	(void)snprintf(error, sizeof(error), "%s", p->voice->error);
	drop_first(r);
	if (failed) {
		fail(r, "tts", error);
		apologise(r);
	}
	take_sentences(r, r->text_ended);
}

static void
complete(struct reply *r)
{
	if (!r->ops->play(r->arg, NULL, 0, r->sent, true)) {
		timer_arm(r->again, REPLY_AGAIN_MS);
		return;
	}
	r->complete = true;
	r->ops->changed(r->arg);
}

static void
pump(struct reply *r)
{
	struct piece	*p;

	if (r->complete)
		return;
	while (r->npieces > 0 && !r->held) {
		p = r->pieces[0];
		if (voice_ready(p->voice) > 0) {
			if (!send_some(r, p))
				return;
		} else if (p->voice->ended) {
			end_piece(r, p);
		} else {
			return;
		}
	}
	if (r->npieces == 0 && r->text_ended && r->incoming.text.len == 0 && !r->held)
		complete(r);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

/* ---- from the chat ---- */

static void
on_chat_text(void *arg, const char *delta, size_t len)
{
	struct reply	*r = arg;

	if (len == 0)
		return;
	if (!r->had_token) {
		r->had_token = true;
		r->ops->token(r->arg);
	}
	if (buf_append(&r->text, delta, len) == -1 || sentence_feed(&r->incoming, delta, len) == -1)
		fail(r, "chat", "the reply is too long; the rest is left out");
	take_sentences(r, false);
	timer_arm(r->stall, REPLY_STALL_MS);
}

static void
on_stall(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_sentences(arg, true);
}

static void
on_chat_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	(void)arg;
	(void)pcm;
	(void)n;
	(void)rate_hz;
}

static void
note_wishes(struct reply *r, const struct engine_result *res)
{
	(void)snprintf(r->action, sizeof(r->action), "%s", res->action);
	if (res->listen != NULL && strlen(res->listen) < sizeof(r->listen))
		(void)snprintf(r->listen, sizeof(r->listen), "%s", res->listen);
}

static void
on_chat_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct reply	*r = arg;

	r->chat = NULL;
	r->text_ended = true;
	r->usage.tokens_in = res->tokens_in;
	r->usage.tokens_out = res->tokens_out;
	(void)event_del(r->stall);
	(void)snprintf(r->chat_engine, sizeof(r->chat_engine), "%s", engine);
	if (!res->ok)
		fail(r, "chat", res->error);
	else
		note_wishes(r, res);
	sentence_end(&r->incoming);
	take_sentences(r, true);
	if (r->text.len == 0 && strcmp(r->action, "hangup") == 0) {
		(void)reply_say(r, PHRASE_GOODBYE, true);
	} else if (r->text.len == 0 && strcmp(r->action, "transfer") == 0) {
		if (r->conf.assistant->phrase[PHRASE_FILLER][0] != '\0')
			(void)reply_say(r, PHRASE_FILLER, true);
	} else if (r->text.len == 0) {
		if (res->ok)
			fail(r, "chat", "an empty reply");
		(void)reply_say(r, PHRASE_SORRY, false);
	}
	pump(r);
}

static const struct ladder_events chat_events = { on_chat_text, on_chat_pcm, on_chat_done };

int
reply_ask(struct reply *r, const struct chat_messages *messages)
{
	struct engine_request	 rq;

	memset(&rq, 0, sizeof(rq));
	rq.call = r->conf.call;
	rq.language = r->conf.language;
	rq.messages = messages;
	rq.transfer = r->conf.transfer;
	r->chat = ladder_start(&r->conf.assistant->chat, &rq, &chat_events, r);
	return r->chat == NULL ? -1 : 0;
}

int
reply_say(struct reply *r, enum phrase which, bool kept)
{
	const struct assistant	*a = r->conf.assistant;
	const char		*text = a->phrase[which];
	struct voice		*voice;

	r->text_ended = true;
	if (which == PHRASE_SORRY)
		r->sorry = true;
	if (r->npieces > PREFETCH)
		return -1;
	voice = a->clip[which].rate_hz != 0 ? voice_clip(&a->clip[which], r->conf.rate_hz) : speak(r, text);
	if (kept)
		(void)buf_puts(&r->text, text);
	if (add_piece(r, r->npieces, voice, text, kept ? strlen(text) : 0) == -1)
		return -1;
	timer_arm(r->again, 0);
	return 0;
}

void
reply_fill(struct reply *r)
{
	const struct clip	*clip = &r->conf.assistant->clip[PHRASE_FILLER];

	if (r->had_filler || r->sent > 0 || r->sorry || clip->rate_hz == 0)
		return;
	r->had_filler = true;
	if (add_piece(r, 0, voice_clip(clip, r->conf.rate_hz), NULL, 0) == 0)
		r->pieces[0]->aside = true;
	pump(r);
}

void
reply_hold(struct reply *r, bool hold)
{
	bool	 was = r->held;

	r->held = hold;
	if (was && !hold)
		timer_arm(r->again, 0);
}

void
reply_heard(struct reply *r, int64_t heard_ms)
{
	if (heard_ms <= r->heard_ms)
		return;
	r->heard_ms = heard_ms;
	pump(r);
}

/* ---- life ---- */

struct reply *
reply_new(const struct reply_conf *conf, const struct reply_ops *ops, void *arg)
{
	struct reply	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->conf = *conf;
	r->usage.tokens_in = r->usage.tokens_out = -1;
	r->ops = ops;
	r->arg = arg;
	sentence_init(&r->incoming);
	buf_init(&r->text, TEXT_MAX);
	spoken_init(&r->spoken, conf->rate_hz);
	r->stall = event_new(conf->assistant->tts.base, -1, 0, on_stall, r);
	r->again = event_new(conf->assistant->tts.base, -1, 0, on_again, r);
	if (r->stall == NULL || r->again == NULL) {
		reply_free(r);
		errno = ENOMEM;
		return NULL;
	}
	return r;
}

void
reply_free(struct reply *r)
{
	if (r == NULL)
		return;
	ladder_cancel(r->chat);
	drop_all(r);
	if (r->stall != NULL)
		event_free(r->stall);
	if (r->again != NULL)
		event_free(r->again);
	sentence_clear(&r->incoming);
	spoken_clear(&r->spoken);
	buf_clear(&r->text);
	free(r);
}

const struct spoken *
reply_spoken(const struct reply *r)
{
	return &r->spoken;
}

void
reply_steal_spoken(struct reply *r, struct spoken *ret)
{
	*ret = r->spoken;
	spoken_init(&r->spoken, r->conf.rate_hz);
}

const char *
reply_text(const struct reply *r)
{
	return r->text.data;
}

bool
reply_complete(const struct reply *r)
{
	return r->complete;
}

int64_t
reply_total_ms(const struct reply *r)
{
	return r->complete ? (int64_t)(r->sent * 1000 / r->conf.rate_hz) : -1;
}

uint64_t
reply_sent(const struct reply *r)
{
	return r->sent;
}

const char *
reply_action(const struct reply *r)
{
	return r->action;
}

const char *
reply_listen(const struct reply *r)
{
	return r->listen;
}

const char *
reply_error(const struct reply *r)
{
	return r->error;
}

const char *
reply_engine(const struct reply *r, enum engine_service service)
{
	return service == ENGINE_CHAT ? r->chat_engine : r->tts_engine;
}

void
reply_get_usage(const struct reply *r, struct reply_usage *ret)
{
	*ret = r->usage;
}
