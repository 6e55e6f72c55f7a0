/* SPDX-License-Identifier: ISC */
/* call: the life of one conversation, and its turns' rows (call.h). */
#include "brokerd/call.h"
#include "brokerd/moment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"

struct call *
call_new(struct broker *b, const struct callid *id)
{
	struct call	*c;

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->b = b;
	c->id = *id;
	c->log.call = c->id.text;
	c->next_turn = 1;
	c->setup = b->setups[0];
	c->setup->users++;
	c->assistant = &c->setup->assistants[0];
	spoken_init(&c->cut_spoken, 8000);
	TAILQ_INIT(&c->utterances);
	if ((c->history = history_new((size_t)b->max_history)) == NULL ||
	    listen_init(c) == -1 || talk_init(c) == -1) {
		call_free(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

void
call_free(struct call *c)
{
	if (c == NULL)
		return;
	listen_clear(c);
	talk_clear(c);
	history_free(c->history);
	c->setup->users--;
	free(c);
}

bool
call_busy(const struct call *c)
{
	return c->turn != NULL || c->old != NULL || listen_active(c);
}

/* ---- rows ---- */

struct turn *
call_new_turn(struct call *c, enum turn_state state)
{
	struct turn	*t;

	if ((t = turn_new(&c->id, c->next_turn, state, clock_wall_ms())) == NULL)
		return NULL;
	c->next_turn++;
	call_set_language(c, t);
	return t;
}

void
call_set_language(const struct call *c, struct turn *t)
{
	(void)snprintf(t->row.language, sizeof(t->row.language), "%s", c->language);
}

bool
call_commit(struct call *c, struct turn *t, const char *role, store_done *done, void *arg)
{
	struct msg_turn	 fact;

	if (c->lost)
		return false;
	if (!broker_still_owner(c->b, &c->id)) {
		call_release(c, "another_owner");
		return false;
	}
	turn_fact(t, role, &fact);
	bus_fact_json(c->b->d->bus, MSG_TURN, &c->id, &fact);
	log_debug(&c->log, "turn", "turn=%lld epoch=%lld state=%s role=%s text=%s", (long long)t->row.turn,
	    (long long)t->row.epoch, turn_state_name(t->state), role, LOG_Q(fact.text));
	if (store_put_turn(c->b->store, &t->row, done, arg) == 0)
		return true;
	log_error(&c->log, "turn.put", "turn=%lld error=%s", (long long)t->row.turn, LOG_Q(strerror(errno)));
	return false;
}

/* ---- taking a call ---- */

#define CALLER_IS_BACK	"[caller is back on the line]"	/* of a transfer that failed a model is told: spec/ai.md 8.2 */

struct reading {
	struct call	*c;
	struct turn	*last;		/* a reply was under way, and nothing came after it */
	struct turn	*orphan;	/* the newest row, if it has words without text */
	int64_t		 max_turn, max_epoch;
	size_t		 rows;
	const char	*moment;	/* that the last words of ours asked for */
	bool		 given_away;	/* the last of all connected the caller to a person */
};

static bool
read_turn(void *arg, const struct store_turn *row)
{
	struct reading		*r = arg;
	struct store_turn	 copy = *row;
	enum turn_state		 state = TURN_FAILED;

	r->rows++;
	r->given_away = strcmp(row->action, "transfer") == 0 && strcmp(row->state, "done") == 0 && !row->interrupted;
	if (row->bot_text != NULL && row->bot_text[0] != '\0')
		r->moment = moment_of(row->bot_text);
	if (row->turn > r->max_turn)
		r->max_turn = row->turn;
	if (row->epoch > r->max_epoch)
		r->max_epoch = row->epoch;
	(void)turn_state_parse(row->state, &state);
	if (row->utt > 0)
		listen_remember(r->c, row, state == TURN_HEARD ? SEEN_ORPHAN : SEEN_SAVED);
	if (state != TURN_CANCELLED)
		(void)history_put(r->c->history, row->turn, row->user_text, row->heard_text, row->interrupted);
	turn_free(r->orphan);
	r->orphan = NULL;
	copy.user_text = copy.bot_text = copy.heard_text = copy.error = NULL;
	if (state == TURN_HEARD && row->utt > 0)
		r->orphan = turn_from_row(&copy);
	if (state == TURN_HEARD || state == TURN_CANCELLED)
		return true;		/* it came after a reply that may still be due */
	turn_free(r->last);
	r->last = NULL;
	if (state != TURN_THINKING && state != TURN_SPEAKING)
		return true;
	if (turn_set_text(&copy.user_text, row->user_text) == 0 &&
	    turn_set_text(&copy.bot_text, row->bot_text) == 0)
		r->last = turn_from_row(&copy);
	store_turn_clear(&copy);
	return true;
}

static void
read_rows(struct call *c, struct reading *r)
{
	memset(r, 0, sizeof(*r));
	r->c = c;
	r->moment = "";
	if (store_each_turn(c->b->store, &c->id, read_turn, r) == -1)
		log_error(&c->log, "turns.read", "error=%s", LOG_Q(strerror(errno)));
	c->next_turn = r->max_turn + 1;
	c->epoch = r->max_epoch > c->offer.epoch ? r->max_epoch : c->offer.epoch;
}

static void
greet(struct call *c)
{
	struct turn	*t;

	if (c->assistant->phrase[PHRASE_GREETING][0] == '\0' || (t = call_new_turn(c, TURN_THINKING)) == NULL)
		return;
	talk_phrase(c, t, PHRASE_GREETING);
}

/* As ever: as the socket's header says, else as the assistant wants it. */
void
call_listen(struct call *c, const char *moment)
{
	struct msg_profile	 m = { .gen = c->offer.gen };

	if (!c->assistant->moments || moment[0] == '\0')
		moment = c->offer.profile[0] != '\0' ? c->offer.profile : c->assistant->profile;
	(void)snprintf(m.profile, sizeof(m.profile), "%s", moment);
	if (strcmp(m.profile, c->profile) == 0)
		return;
	if (bus_order_json(c->b->d->bus, c->sockd, MSG_LISTEN_PROFILE, &c->id, &m) != BUS_OK) {
		log_warn(&c->log, "listen.profile", "profile=%s error=not_sent", LOG_Q(m.profile));
		return;
	}
	log_debug(&c->log, "listen.profile", "profile=%s", LOG_Q(m.profile));
	memcpy(c->profile, m.profile, sizeof(c->profile));
}

void
call_take(struct call *c, const struct msg_offer *offer, struct bus_peer *sockd)
{
	struct reading	 r;

	c->offer = *offer;
	c->sockd = sockd;
	c->assistant = setup_assistant(c->setup, offer->assistant);
	(void)snprintf(c->language, sizeof(c->language), "%s",
	    offer->language[0] != '\0' ? offer->language : c->assistant->language);
	c->language[strcspn(c->language, "-_")] = '\0';	/* fa-IR is no ISO 639-1 code */
	if (store_set_owner(c->b->store, &c->id, sockd->name, c->b->d->name, offer->gen, NULL, NULL) == -1)
		log_error(&c->log, "owner", "error=%s", LOG_Q(strerror(errno)));
	read_rows(c, &r);
	(void)snprintf(c->profile, sizeof(c->profile), "%s", offer->resume ? "?" : offer->profile);
	call_listen(c, r.moment);
	log_info(&c->log, "call.taken", "gen=%lld sockd=%s vadd=%s rate_hz=%d resume=%d turns=%zu assistant=%s language=%s",
	    (long long)offer->gen, sockd->name, offer->vadd, (int)offer->rate_hz, offer->resume, r.rows,
	    c->assistant->name, c->language);
	if (r.last != NULL)
		talk_take_over(c, r.last);
	else if (r.rows == 0 && !offer->resume)
		greet(c);
	/* The flow spoke with the caller meanwhile. It goes before the next words; rows hold only what was said. */
	if (r.given_away && !offer->resume)
		(void)turn_set_text(&c->carry, CALLER_IS_BACK);
	if (r.orphan != NULL)
		orphan_wait(c, r.orphan);
	talk_update(c);
}

/* ---- letting it go ---- */

void
call_release(struct call *c, const char *why)
{
	struct msg_claim	 m = { .gen = c->offer.gen };

	if (c->lost)
		return;
	log_info(&c->log, "call.released", "reason=%s", why);
	(void)bus_order_json(c->b->d->bus, c->sockd, MSG_CALL_RELEASE, &c->id, &m);
	broker_end_call(c->b, c);
}

static void
close_utterances(struct call *c, const char *reason)
{
	struct utterance	*u;

	TAILQ_FOREACH(u, &c->utterances, link) {
		(void)turn_set_text(&u->turn->row.error, reason);
		turn_set_state(u->turn, TURN_CANCELLED);
		(void)call_commit(c, u->turn, "user", NULL, NULL);
		listen_ack(c->b, &c->id, u->vadd, u->gen, u->utt);
	}
}

/*
 * Only a socket that Vonage closed in order is the end of a call. Any other is
 * opened again: then the call goes on, and what is open is answered. (If not,
 * webhookd closes the rows when the call is reported as completed.)
 */
static bool
may_go_on(const char *reason)
{
	return strcmp(reason, "closed") != 0;
}

void
call_finish(struct call *c, const char *reason)
{
	log_info(&c->log, "call.end", "reason=%s", LOG_Q(reason));
	if (!may_go_on(reason)) {
		close_utterances(c, "the call ended");
		talk_close(c, "the call ended");
	}
	broker_end_call(c->b, c);
}
