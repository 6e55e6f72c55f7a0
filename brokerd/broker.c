/* SPDX-License-Identifier: ISC */
#include "brokerd/broker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/asks.h"
#include "brokerd/call.h"
#include "brokerd/timer.h"
#include "common/clock.h"
#include "common/httpc.h"
#include "common/json.h"
#include "common/mem.h"

struct call *
broker_find(struct broker *b, const struct callid *id)
{
	struct call	*c;

	TAILQ_FOREACH(c, &b->calls, link)
		if (!c->lost && callid_equal(&c->id, id))
			return c;
	return NULL;
}

void
broker_end_call(struct broker *b, struct call *c)
{
	if (c->lost)
		return;
	listen_stop(c);
	c->lost = true;
	b->ncalls--;
	timer_arm(b->tick, 0);
}

struct bus_peer *
broker_webhookd(struct broker *b)
{
	return bus_peer_least(b->d->bus, CONF_WEBHOOKD, NULL, 0);
}

/* ---- after a stop ---- */

static bool
named_in_store(struct broker *b, const struct callid *id)
{
	struct store_call	 row;

	if (store_get_call(b->store, id, &row) != 1 || row.brokerd[0] == '\0')
		return true;
	return strcmp(row.brokerd, b->d->name) == 0;
}

bool
broker_still_owner(struct broker *b, const struct callid *id)
{
	return clock_mono_ms() - b->alive_ms < BROKER_LAG_MS || named_in_store(b, id);
}

static void
check_owners(struct broker *b)
{
	struct call	*c;

	log_warn(NULL, "lag", "ms=%lld calls=%zu", (long long)(clock_mono_ms() - b->alive_ms), b->ncalls);
	TAILQ_FOREACH(c, &b->calls, link)
		if (!c->lost && !named_in_store(b, &c->id)) {
			log_warn(&c->log, "call.lost", "cause=another_owner");
			call_release(c, "another_owner");
		}
}

static void
free_lost(struct broker *b, bool all)
{
	struct call	*c, *next;

	for (c = TAILQ_FIRST(&b->calls); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (!c->lost && !all)
			continue;
		TAILQ_REMOVE(&b->calls, c, link);
		call_free(c);
	}
}

static void
free_setups(struct broker *b)
{
	size_t	 i;

	for (i = 1; i < b->nsetups; )
		if (b->setups[i]->users == 0) {
			setup_free(b->setups[i]);
			memmove(&b->setups[i], &b->setups[i + 1], (--b->nsetups - i) * sizeof(b->setups[0]));
		} else {
			i++;
		}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct broker	*b = arg;

	(void)fd;
	(void)what;
	if (clock_mono_ms() - b->alive_ms >= BROKER_LAG_MS)
		check_owners(b);
	b->alive_ms = clock_mono_ms();
	free_lost(b, false);
	free_setups(b);
	if (b->d->draining && b->ncalls == 0 && asks_count(b->asks) == 0)
		daemon_drained(b->d);
	timer_arm(b->tick, BROKER_TICK_MS);
}

/* ---- offers ---- */

static void
decline(struct broker *b, struct bus_peer *peer, const struct callid *id, int64_t gen, const char *reason)
{
	struct msg_decline	 m = { .gen = gen };
	struct log_ctx		 log = { id->text };

	b->count.declined++;
	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	log_warn(&log, "call.declined", "reason=%s", reason);
	(void)bus_order_json(b->d->bus, peer, MSG_CALL_DECLINE, id, &m);
}

/* The call is ours already: what is here is older than the offer. Its rows say how to go on. */
static void
forget_former(struct broker *b, struct call *c)
{
	if (named_in_store(b, &c->id))
		store_flush(b->store);
	broker_end_call(b, c);
}

static void
take_offer(struct broker *b, const struct bus_msg *msg, const struct msg_offer *offer)
{
	struct bus_peer		*sockd = bus_peer_by_name(b->d->bus, msg->head.from);
	struct msg_claim	 claim = { .gen = offer->gen };
	struct call		*c;

	b->count.offers++;
	if (sockd == NULL)
		return;
	if ((c = broker_find(b, &msg->head.call)) != NULL) {
		if (offer->gen <= c->offer.gen)
			return;
		forget_former(b, c);
	}
	if (b->d->draining || b->ncalls >= (size_t)b->max_calls) {
		decline(b, sockd, &msg->head.call, offer->gen, b->d->draining ? "draining" : "full");
		return;
	}
	if ((c = call_new(b, &msg->head.call)) == NULL) {
		decline(b, sockd, &msg->head.call, offer->gen, "no_memory");
		return;
	}
	TAILQ_INSERT_TAIL(&b->calls, c, link);
	b->ncalls++;
	(void)bus_order_json(b->d->bus, sockd, MSG_CALL_CLAIM, &c->id, &claim);
	call_take(c, offer, sockd);
}

/* ---- orders ---- */

static void
bad(const struct bus_msg *msg)
{
	log_warn(NULL, "order.bad", "kind=%s from=%s", msg_kind_name(msg->head.kind), LOG_Q(msg->head.from));
}

/* From sockd about playing. */
static void
played(struct broker *b, struct call *c, const struct bus_msg *msg)
{
	struct msg_played	 m;

	if (msg_decode(msg->head.kind, msg->body, msg->len, &m) == -1) {
		bad(msg);
		return;
	}
	if (m.gen != c->offer.gen) {
		b->count.stale++;
		return;
	}
	if (msg->head.kind == MSG_PLAY_STARTED)
		talk_started(c, &m);
	else if (msg->head.kind == MSG_PLAY_PROGRESS)
		talk_progress(c, &m);
	else if (msg->head.kind == MSG_PLAY_PAUSED)
		talk_paused(c, &m);
	else
		talk_done(c, &m);
}

static void
refused(struct call *c, const struct bus_msg *msg)
{
	struct msg_refused	 m;

	if (msg_decode(MSG_PLAY_REFUSED, msg->body, msg->len, &m) == -1)
		bad(msg);
	else if (m.gen == c->offer.gen)
		talk_refused(c, &m);
}

static void
speech(struct call *c, const struct bus_msg *msg)
{
	struct msg_speech	 m;

	if (msg_decode(msg->head.kind, msg->body, msg->len, &m) == -1) {
		bad(msg);
		return;
	}
	if (msg->head.kind == MSG_SPEECH_START)
		listen_start(c, &m, msg->head.from);
	else if (msg->head.kind == MSG_SPEECH_PAUSE)
		listen_pause(c);
	else if (msg->head.kind == MSG_SPEECH_RESUME)
		listen_resume(c);
	else if (msg->head.kind == MSG_SPEECH_CONFIRM)
		listen_confirm(c, &m, msg->head.from);
	else
		listen_withdraw(c, msg->head.from);
}

static void
utterance(struct broker *b, struct call *c, const struct bus_msg *msg)
{
	struct msg_utterance	 m;

	if (msg_utterance_decode(&m, msg->body, msg->len) == -1) {
		bad(msg);
		return;
	}
	if (c != NULL)
		listen_utterance(c, &m, msg->head.from);
	else if ((m.flags & MSG_UTT_LAST) != 0)		/* nobody will answer it */
		listen_ack(b, &msg->head.call, msg->head.from, (int64_t)m.gen, m.utt);
}

static void
ended(struct call *c, const struct bus_msg *msg)
{
	struct msg_end	 m;

	if (msg_decode(MSG_CALL_END, msg->body, msg->len, &m) == -1)
		bad(msg);
	else if (m.gen >= c->offer.gen)
		call_finish(c, m.reason);
}

static void
dtmf(struct broker *b, struct call *c, const struct bus_msg *msg)
{
	struct msg_dtmf	 m;

	if (msg_decode(MSG_DTMF, msg->body, msg->len, &m) == -1)
		bad(msg);
	else if (m.gen != c->offer.gen)
		b->count.stale++;
	else
		keys_pressed(c, &m);
}

static void
call_order(struct broker *b, struct call *c, const struct bus_msg *msg)
{
	enum msg_kind	 kind = msg->head.kind;

	if (kind == MSG_UTTERANCE)
		utterance(b, c, msg);
	if (c == NULL)
		return;
	if (kind == MSG_CALL_END)
		ended(c, msg);
	else if (kind == MSG_SPEECH_START || kind == MSG_SPEECH_PAUSE || kind == MSG_SPEECH_RESUME ||
	    kind == MSG_SPEECH_CONFIRM || kind == MSG_SPEECH_WITHDRAW)
		speech(c, msg);
	else if (kind == MSG_PLAY_REFUSED)
		refused(c, msg);
	else if (kind == MSG_PLAY_STARTED || kind == MSG_PLAY_PROGRESS || kind == MSG_PLAY_PAUSED || kind == MSG_PLAY_DONE)
		played(b, c, msg);
	else if (kind == MSG_DTMF)
		dtmf(b, c, msg);
}

void
broker_order(void *daemon, const struct bus_msg *msg)
{
	struct daemon		*d = daemon;
	struct broker		*b = d->state;
	struct msg_offer	 offer;

	if (msg->head.kind == MSG_AI_ASK) {
		asks_order(b, msg);
	} else if (msg->head.call.text[0] == '\0') {
		bad(msg);
	} else if (msg->head.kind == MSG_CALL_OFFER) {
		if (msg_decode(MSG_CALL_OFFER, msg->body, msg->len, &offer) == -1 || offer.rate_hz <= 0 ||
		    !audio_rate_ok((uint32_t)offer.rate_hz))
			bad(msg);
		else
			take_offer(b, msg, &offer);
	} else {
		call_order(b, broker_find(b, &msg->head.call), msg);
	}
}

/* Its calls come back with another sockd, after webhookd connected them again. */
void
broker_peer(void *daemon, struct bus_peer *peer)
{
	struct daemon	*d = daemon;
	struct broker	*b = d->state;
	struct call	*c;

	if (b == NULL || peer->alive)
		return;
	TAILQ_FOREACH(c, &b->calls, link) {
		if (c->lost)
			continue;
		if (peer->daemon == CONF_VADD)
			listen_vadd_lost(c, peer->name);
		else if (c->sockd == peer) {
			log_warn(&c->log, "call.lost", "cause=sockd_gone sockd=%s", peer->name);
			broker_end_call(b, c);
		}
	}
}

/* ---- life of the process ---- */

static void
on_store(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	store_dispatch(((struct broker *)arg)->store);
}

static void
set_limits(struct broker *b, const struct brokerd_conf *c)
{
	b->max_calls = c->max_calls;
	b->confirm_ms = c->confirm_ms;
	b->max_history = c->max_history;
	b->ahead_ms = c->ahead_ms;
	b->ask_max = c->ask_max;
	b->ask_bytes_max = (size_t)c->ask_max_mb << 20;
}

static int
open_store(struct broker *b)
{
	char	 err[256];

	if ((b->store = store_open(b->d->common->database, STORE_WRITE, err, sizeof(err))) == NULL) {
		log_error(NULL, "store.open", "path=%s error=%s", LOG_Q(b->d->common->database), LOG_Q(err));
		return -1;
	}
	b->store_ev = event_new(b->base, store_fd(b->store), EV_READ | EV_PERSIST, on_store, b);
	return b->store_ev != NULL ? event_add(b->store_ev, NULL) : -1;
}

int
broker_start(struct daemon *d)
{
	const struct brokerd_conf	*conf = d->conf;
	struct broker			*b;

	if ((b = mem_calloc(1, sizeof(*b))) == NULL)
		return -1;
	d->state = b;
	b->d = d;
	b->base = loop_native(d->loop);
	TAILQ_INIT(&b->calls);
	b->alive_ms = clock_mono_ms();
	set_limits(b, conf);
	if (open_store(b) == -1)
		return -1;
	if ((b->tick = event_new(b->base, -1, 0, on_tick, b)) == NULL ||
	    (b->http = httpc_new(b->base, conf->max_connections)) == NULL) {
		log_error(NULL, "start", "error=%s", LOG_Q(strerror(errno)));
		return -1;
	}
	if ((b->setups[0] = setup_new(b->base, b->http, conf)) == NULL)
		return -1;
	b->nsetups = 1;
	if ((b->asks = asks_new(b)) == NULL) {
		log_error(NULL, "start", "error=%s", LOG_Q(strerror(errno)));
		return -1;
	}
	timer_arm(b->tick, 0);
	return 0;
}

void
broker_reload(struct daemon *d, const void *next)
{
	struct broker	*b = d->state;
	struct setup	*s;

	free_setups(b);
	if (b->nsetups == BROKER_SETUPS_MAX) {
		log_error(NULL, "reload", "error=%s", LOG_Q("calls still use too many older configurations"));
		return;
	}
	if ((s = setup_new(b->base, b->http, next)) == NULL)
		return;
	memmove(&b->setups[1], &b->setups[0], b->nsetups++ * sizeof(b->setups[0]));
	b->setups[0] = s;
	set_limits(b, next);
}

void
broker_drain(struct daemon *d)
{
	struct broker	*b = d->state;
	struct call	*c;

	TAILQ_FOREACH(c, &b->calls, link)
		if (!c->lost && !call_busy(c))
			call_release(c, "draining");
	timer_arm(b->tick, 0);
}

void
broker_stop(struct daemon *d)
{
	struct broker	*b = d->state;
	struct call	*c;
	size_t		 i;

	if (b == NULL)
		return;
	TAILQ_FOREACH(c, &b->calls, link)
		call_release(c, "stop");
	free_lost(b, true);
	asks_free(b->asks);
	b->asks = NULL;
	for (i = 0; i < b->nsetups; i++)
		setup_free(b->setups[i]);
	httpc_free(b->http);
	if (b->tick != NULL)
		event_free(b->tick);
	if (b->store_ev != NULL)
		event_free(b->store_ev);
	if (b->store != NULL) {
		store_flush(b->store);
		store_dispatch(b->store);	/* completions own memory */
	}
	store_close(b->store);
	free(b);
	d->state = NULL;
}

static void
stat_engines(const struct broker *b, struct json_object *stat)
{
	struct json_object	*engines = json_object_new_object(), *one;
	const struct setup	*s = b->setups[0];
	const struct engine	*e;
	size_t			 i;

	for (i = 0; engines != NULL && i < s->nengines; i++) {
		e = s->engines[i];
		if ((one = json_object_new_object()) == NULL)
			break;
		(void)json_add_str(one, "service", engine_service_names[e->service]);
		(void)json_add_int(one, "started", (int64_t)e->started);
		(void)json_add_int(one, "failed", (int64_t)e->failed);
		if (e->ops->stat != NULL)
			e->ops->stat(e, one);
		(void)json_add(engines, e->name, one);
	}
	(void)json_add(stat, "engines", engines);
}

void
broker_stat(struct daemon *d, struct json_object *stat)
{
	const struct broker	*b = d->state;

	if (b == NULL || b->asks == NULL)
		return;
	(void)json_add_int(stat, "calls", (int64_t)b->ncalls);
	(void)json_add_int(stat, "max_calls", b->max_calls);
	(void)json_add_int(stat, "offers", (int64_t)b->count.offers);
	(void)json_add_int(stat, "declined", (int64_t)b->count.declined);
	(void)json_add_int(stat, "turns", (int64_t)b->count.turns);
	(void)json_add_int(stat, "interrupted", (int64_t)b->count.interrupted);
	(void)json_add_int(stat, "coughs", (int64_t)b->count.coughs);
	(void)json_add_int(stat, "not_caught", (int64_t)b->count.not_caught);
	(void)json_add_int(stat, "failed", (int64_t)b->count.failed);
	(void)json_add_int(stat, "fillers", (int64_t)b->count.fillers);
	(void)json_add_int(stat, "hangups", (int64_t)b->count.hangups);
	(void)json_add_int(stat, "transfers", (int64_t)b->count.transfers);
	(void)json_add_int(stat, "transfers_failed", (int64_t)b->count.transfers_failed);
	(void)json_add_int(stat, "duplicates", (int64_t)b->count.duplicates);
	(void)json_add_int(stat, "stale", (int64_t)b->count.stale);
	asks_stat(b->asks, stat);
	stat_engines(b, stat);
}
