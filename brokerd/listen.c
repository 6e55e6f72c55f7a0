/* SPDX-License-Identifier: ISC */
/* listen: from an utterance to a turn whose text is known (call.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/backchannel.h"
#include "brokerd/call.h"
#include "brokerd/timer.h"
#include "common/clock.h"
#include "common/mem.h"

#define JUDGE_MS	420			/* vadd has told an echo and a cough from a voice by then */

static void transcribe_next(struct call *c);

bool
listen_hears(const struct call *c)
{
	return c->speech || c->nutterances > c->nasides;
}

bool
listen_active(const struct call *c)
{
	return listen_hears(c) || keys_wait(c);
}

/* ---- speech ---- */

/* Cut the reply when need_ms of the speech are over. */
static void
arm_confirm(struct call *c, const struct msg_speech *m, int need_ms)
{
	int64_t	 so_far = m->at_ms > m->start_ms ? m->at_ms - m->start_ms : 0;

	if (c->b->confirm_ms > 0)
		timer_arm(c->confirm, so_far < need_ms ? need_ms - so_far : 0);
}

static void
on_confirm(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (c->speech && c->turn != NULL && c->audible)
		talk_interrupt(c, "speech");
}

static void
speech_over(struct call *c)
{
	c->speech = false;
	(void)event_del(c->confirm);
	(void)event_del(c->speech_end);
}

static void
on_speech_lost(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	log_warn(&c->log, "speech.lost", "ms=%d", CALL_SPEECH_MAX_MS);
	speech_over(c);
	talk_go_on(c);
}

int
listen_init(struct call *c)
{
	TAILQ_INIT(&c->utterances);
	c->confirm = event_new(c->b->base, -1, 0, on_confirm, c);
	c->speech_end = event_new(c->b->base, -1, 0, on_speech_lost, c);
	return c->confirm == NULL || c->speech_end == NULL || keys_init(c) == -1 ? -1 : 0;
}

void
listen_start(struct call *c, const struct msg_speech *m, const char *from)
{
	c->speech = true;
	(void)snprintf(c->speech_vadd, sizeof(c->speech_vadd), "%s", from);
	timer_arm(c->speech_end, CALL_SPEECH_MAX_MS);
	arm_confirm(c, m, c->b->confirm_ms > JUDGE_MS ? c->b->confirm_ms : JUDGE_MS);
	talk_update(c);
}

void
listen_pause(struct call *c)
{
	(void)event_del(c->confirm);
}

/* It goes on after a pause: so it is longer than a cough by now. */
void
listen_resume(struct call *c)
{
	if (c->speech && c->b->confirm_ms > 0)
		timer_arm(c->confirm, 0);
}

void
listen_confirm(struct call *c, const struct msg_speech *m, const char *from)
{
	if (!c->speech)
		listen_start(c, m, from);
	arm_confirm(c, m, c->b->confirm_ms);	/* the bot is silent already: whether the reply is cut, this or words decide */
}

void
listen_withdraw(struct call *c, const char *from)
{
	if (!c->speech || strcmp(c->speech_vadd, from) != 0)
		return;
	c->b->count.coughs++;
	speech_over(c);
	talk_go_on(c);
}

void
listen_vadd_lost(struct call *c, const char *vadd)
{
	if (!c->speech || strcmp(c->speech_vadd, vadd) != 0)
		return;
	speech_over(c);
	if (!listen_active(c))
		talk_go_on(c);
}

/* ---- what is known already ---- */

void
listen_ack(struct broker *b, const struct callid *id, const char *vadd, int64_t gen, int64_t utt)
{
	struct msg_utt	 m = { .gen = gen, .utt = utt };
	struct bus_peer	*peer = bus_peer_by_name(b->d->bus, vadd);

	if (peer != NULL)
		(void)bus_order_json(b->d->bus, peer, MSG_UTT_ACK, id, &m);	/* lost: it is sent again */
}

void
listen_remember(struct call *c, const struct store_turn *row, enum seen_state state)
{
	struct seen	*s = &c->seen[c->nseen++ % CALL_SEEN_MAX];

	s->utt = row->utt;
	s->gen = row->utt_gen;
	s->start_ms = row->speech_start_ms;
	s->turn = row->turn;
	s->state = state;
}

static struct seen *
find_seen(struct call *c, int64_t gen, int64_t utt, int64_t start_ms)
{
	size_t	 i, n = c->nseen < CALL_SEEN_MAX ? c->nseen : CALL_SEEN_MAX;

	for (i = 0; i < n; i++)
		if (c->seen[i].utt == utt && (c->seen[i].gen == gen || c->seen[i].start_ms == start_ms))
			return &c->seen[i];
	return NULL;
}

/* ---- the row with the text ---- */

struct receipt {		/* the utterance may be forgotten when its text is on the disk */
	struct broker	*b;
	struct callid	 id;
	char		 vadd[MSG_NAME_SIZE];
	int64_t		 gen, utt;
};

static void
on_committed(void *arg, int rc, int err)
{
	struct receipt	*r = arg;
	struct log_ctx	 log = { r->id.text };
	struct call	*c = broker_find(r->b, &r->id);
	struct seen	*s = c == NULL ? NULL : find_seen(c, r->gen, r->utt, -1);

	if (s != NULL)
		s->state = SEEN_SAVED;
	if (rc == 0)
		listen_ack(r->b, &r->id, r->vadd, r->gen, r->utt);
	else
		log_error(&log, "turn.commit", "utt=%lld error=%s", (long long)r->utt, LOG_Q(strerror(err)));
	free(r);
}

/* Commit the turn of an utterance; the acknowledgement follows. */
static void
commit_text(struct call *c, const struct utterance *u, struct turn *t)
{
	struct receipt	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return;
	r->b = c->b;
	r->id = c->id;
	r->gen = u->gen;
	r->utt = u->utt;
	(void)snprintf(r->vadd, sizeof(r->vadd), "%s", u->vadd);
	if (!call_commit(c, t, "user", on_committed, r))
		free(r);
}

static void
utterance_free(struct utterance *u)
{
	if (u == NULL)
		return;
	ladder_cancel(u->job);
	turn_free(u->turn);
	free(u->pcm);
	free(u);
}

static struct turn *
unqueue(struct call *c, struct utterance *u)
{
	struct turn	*t = u->turn;

	TAILQ_REMOVE(&c->utterances, u, link);
	c->nutterances--;
	c->nasides -= u->aside;
	u->turn = NULL;
	return t;
}

/* ---- what follows from a text ---- */

static void
drop_turn(struct call *c, const struct utterance *u, struct turn *t, const char *why)
{
	(void)turn_set_text(&t->row.error, why);
	turn_set_state(t, TURN_CANCELLED);
	commit_text(c, u, t);
	turn_free(t);
}

/* Words: what the bot says is cut short, and the next turn begins. */
static void
take_words(struct call *c, const struct utterance *u, struct turn *t, const char *text)
{
	talk_interrupt(c, "words");
	question_put(c, t, text);
	turn_set_state(t, TURN_THINKING);
	c->idle_prompts = 0;
	c->b->count.turns++;
	commit_text(c, u, t);
	talk_answer(c, t);
}

static void
take_no_words(struct call *c, const struct utterance *u, struct turn *t, const char *why)
{
	log_info(&c->log, "utterance.empty", "utt=%lld cause=%s", (long long)u->utt, LOG_Q(why));
	if (c->turn != NULL || c->old != NULL) {
		c->b->count.coughs += !u->aside;	/* that was counted when it was withdrawn */
		drop_turn(c, u, t, why);
		talk_go_on(c);
	} else if (c->carry != NULL) {
		take_words(c, u, t, "");
	} else if (c->ending || c->speech || u->aside || c->keys.n > 0 || u->capped || c->not_caught >= CALL_NOT_CAUGHT_MAX) {
		drop_turn(c, u, t, why);
		talk_update(c);
	} else {
		c->not_caught++;
		c->b->count.not_caught++;
		turn_set_state(t, TURN_THINKING);
		commit_text(c, u, t);
		talk_phrase(c, t, PHRASE_NOT_CAUGHT);
	}
}

/* No engine could transcribe it: say so, unless something else is being said. */
static void
take_failure(struct call *c, const struct utterance *u, struct turn *t, const char *error)
{
	c->b->count.failed++;
	(void)turn_set_text(&t->row.error, error);
	if (c->turn != NULL || c->ending) {
		turn_set_state(t, TURN_FAILED);
		commit_text(c, u, t);
		turn_free(t);
		talk_go_on(c);
		return;
	}
	turn_set_state(t, TURN_THINKING);
	commit_text(c, u, t);
	talk_phrase(c, t, PHRASE_SORRY);
}

static void
trim(const char *text, char *out, size_t size)
{
	size_t	 n;

	text += strspn(text, " \t\r\n");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	if (n >= size)
		for (n = size - 1; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	memcpy(out, text, n);
	out[n] = '\0';
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
finish_utterance(struct utterance *u, const struct engine_result *res, const char *why)
{
	struct call	*c = u->call;
	struct turn	*t = unqueue(c, u);
	char		 text[8192];

	trim(res->text, text, sizeof(text));
	turn_mark(t, TURN_MARK_TEXT, clock_mono_us());
	if (!res->ok)
		take_failure(c, u, t, res->error);
	else if (text[0] == '\0')
		take_no_words(c, u, t, why);
	else if (((c->turn != NULL && c->audible) || c->old != NULL) && backchannel(text, c->assistant->backchannel))
		take_no_words(c, u, t, "backchannel");
	else if (c->ending)
		drop_turn(c, u, t, "the call was being ended");
	else {
		c->not_caught = 0;
		take_words(c, u, t, text);
	}
	utterance_free(u);
	transcribe_next(c);
	talk_update(c);
}

static void
on_stt_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct utterance	*u = arg;

	u->job = NULL;
	(void)snprintf(u->turn->row.stt, sizeof(u->turn->row.stt), "%s", engine);
	if (res->ok)
		(void)store_add_usage(u->call->b->store, &u->call->id, u->turn->row.turn, "stt_ms", engine,
		    (int64_t)(u->nsamples * 1000 / u->rate_hz));
	finish_utterance(u, res, res->rejected ? "speech that was not understood" : "no words");
}

static const struct ladder_events stt_events = { on_stt_text, on_stt_pcm, on_stt_done };

static void
transcribe_next(struct call *c)
{
	struct utterance	*u = TAILQ_FIRST(&c->utterances);
	struct engine_request	 rq;
	struct engine_result	 res;

	if (u == NULL || u->job != NULL || c->lost)
		return;
	memset(&res, 0, sizeof(res));
	res.ok = true;
	res.text = "";
	if (u->nsamples * 1000 / u->rate_hz < CALL_SHORT_MS) {
		finish_utterance(u, &res, "too short");
		return;
	}
	memset(&rq, 0, sizeof(rq));
	rq.call = c->id.text;
	rq.language = c->language;
	rq.pcm = u->pcm;
	rq.nsamples = u->nsamples;
	rq.rate_hz = u->rate_hz;
	if ((u->job = ladder_start(&c->assistant->stt, &rq, &stt_events, u)) == NULL) {
		res.ok = false;
		res.error = strerror(errno);
		finish_utterance(u, &res, "");
	}
}

/* ---- an utterance arrives ---- */

static struct utterance *
utterance_new(struct call *c, const struct msg_utterance *m, const char *from, int64_t number)
{
	struct utterance	*u;

	if ((u = mem_calloc(1, sizeof(*u))) == NULL)
		return NULL;
	u->call = c;
	u->gen = (int64_t)m->gen;
	u->utt = m->utt;
	u->capped = (m->flags & MSG_UTT_CAPPED) != 0;
	u->aside = (m->flags & MSG_UTT_ASIDE) != 0;
	u->nsamples = m->pcm_len / 2;
	u->rate_hz = m->rate_hz > 0 ? m->rate_hz : 8000;
	(void)snprintf(u->vadd, sizeof(u->vadd), "%s", from);
	if ((u->pcm = mem_alloc(m->pcm_len + 1)) == NULL)
		goto fail;
	memcpy(u->pcm, m->pcm, m->pcm_len);
	if ((u->turn = call_new_turn(c, TURN_HEARD)) == NULL)
		goto fail;
	if (number > 0)
		u->turn->row.turn = number;
	turn_set_utterance(u->turn, m);
	turn_mark(u->turn, TURN_MARK_UTTERANCE, clock_mono_us());
	return u;
fail:
	utterance_free(u);
	return NULL;
}

/* Known before? true: nothing more to do. Else *ret_turn is the row that it has already, or 0. */
static bool
is_double(struct call *c, const struct msg_utterance *m, const char *from, int64_t *ret_turn)
{
	struct seen	*s = find_seen(c, (int64_t)m->gen, m->utt, (int64_t)m->speech_start_ms);

	*ret_turn = 0;
	if (s == NULL)
		return false;
	switch (s->state) {
	case SEEN_HERE:
		return true;
	case SEEN_SAVED:
		c->b->count.duplicates++;
		listen_ack(c->b, &c->id, from, (int64_t)m->gen, m->utt);
		return true;
	case SEEN_ORPHAN:
		*ret_turn = s->turn;
		s->utt = -1;		/* remembered anew */
		return false;
	}
	return false;
}

void
listen_utterance(struct call *c, const struct msg_utterance *m, const char *from)
{
	struct utterance	*u;
	int64_t			 number;

	if (is_double(c, m, from, &number))
		return;
	if (c->nutterances >= CALL_UTTERANCES_MAX ||
	    (u = utterance_new(c, m, from, number)) == NULL) {
		log_warn(&c->log, "utterance.left", "utt=%u waiting=%zu", m->utt, c->nutterances);
		return;			/* vadd keeps it and sends it again */
	}
	speech_over(c);
	c->speech = u->capped;
	if (u->capped)
		timer_arm(c->speech_end, CALL_SPEECH_MAX_MS);
	listen_remember(c, &u->turn->row, SEEN_HERE);
	log_info(&c->log, "utterance", "utt=%u turn=%lld ms=%u from=%s", m->utt, (long long)u->turn->row.turn,
	    m->pcm_len / 2 * 1000 / u->rate_hz, from);
	(void)call_commit(c, u->turn, "user", NULL, NULL);
	TAILQ_INSERT_TAIL(&c->utterances, u, link);
	c->nutterances++;
	c->nasides += u->aside;
	transcribe_next(c);
	talk_update(c);
}

void
listen_stop(struct call *c)
{
	struct utterance	*u;

	TAILQ_FOREACH(u, &c->utterances, link) {
		ladder_cancel(u->job);
		u->job = NULL;
	}
}

void
listen_clear(struct call *c)
{
	struct utterance	*u;

	while ((u = TAILQ_FIRST(&c->utterances)) != NULL) {
		TAILQ_REMOVE(&c->utterances, u, link);
		c->nutterances--;
		c->nasides -= u->aside;
		utterance_free(u);
	}
	if (c->confirm != NULL)
		event_free(c->confirm);
	if (c->speech_end != NULL)
		event_free(c->speech_end);
	c->confirm = c->speech_end = NULL;
	c->speech = false;
	keys_clear(c);
}
