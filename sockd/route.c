/* SPDX-License-Identifier: ISC */
#include "sockd/route.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "sockd/call.h"
#include "sockd/play.h"
#include "sockd/sockd.h"

static int64_t
next_gen(struct sockd *s)
{
	int64_t	wall_ms = clock_wall_ms();

	s->last_gen = s->last_gen + 1 > wall_ms ? s->last_gen + 1 : wall_ms;
	return s->last_gen;
}

/*
 * Numbers of streams begin at the time in 0.1 s, so that those of a restarted
 * process lie above all that the one before gave (fewer than 10 a second).
 */
static uint32_t
next_stream(struct sockd *s)
{
	if (s->last_stream == 0)
		s->last_stream = (uint32_t)(clock_wall_ms() / 100);
	if (++s->last_stream == 0)
		s->last_stream = 1;
	return s->last_stream;
}

int64_t
route_owner_gen(const struct call *c)
{
	return c->owner != NULL ? c->owner_gen : c->gen;
}

bool
route_from_owner(const struct call *c, const char *from, int64_t gen)
{
	return c->owner != NULL && strcmp(c->owner->name, from) == 0 && gen >= c->owner_gen && gen <= c->gen;
}

bool
route_from_vadd(const struct call *c, const char *from, int64_t gen)
{
	return c->vadd != NULL && strcmp(c->vadd->name, from) == 0 && gen >= c->vadd_gen && gen <= c->gen;
}

void
route_tell(const struct call *c, enum msg_kind kind, const void *fields, bool fact)
{
	struct bus	*bus = c->s->d->bus;

	if (c->owner != NULL)
		(void)bus_order_json(bus, c->owner, kind, &c->id, fields);
	if (fact)
		bus_fact_json(bus, kind, &c->id, fields);
}

/* ---- vadd ---- */

/* Tell the vadd who the owner is now; again by housekeeping if it cannot be told. */
static void
send_route(struct call *c)
{
	struct msg_route	m = { .gen = c->gen, .stream = c->stream, .rate_hz = (int32_t)c->rate_hz,
		.clock_ms = sclock_ms(&c->clock) };

	if (c->vadd == NULL)
		return;
	if (c->owner != NULL)
		(void)snprintf(m.owner, sizeof(m.owner), "%s", c->owner->name);
	(void)snprintf(m.profile, sizeof(m.profile), "%s", c->profile);
	c->route_unsent = bus_order_json(c->s->d->bus, c->vadd, MSG_CALL_ROUTE, &c->id, &m) != BUS_OK;
}

/* The least loaded one gets the call as a new stream; it is told by send_route(). */
static void
choose_vadd(struct call *c)
{
	if (c->vadd == NULL && (c->vadd = bus_peer_least(c->s->d->bus, CONF_VADD, NULL, 0)) != NULL)
		bus_peer_add_load(c->vadd, 1);
	c->stream = next_stream(c->s);
	c->audio_seq = 0;
}

static void
send_end(struct call *c, struct bus_peer *peer, const char *reason)
{
	struct msg_end	m = { .gen = c->gen, .clock_ms = sclock_ms(&c->clock) };

	if (peer == NULL)
		return;
	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	(void)bus_order_json(c->s->d->bus, peer, MSG_CALL_END, &c->id, &m);
	bus_peer_add_load(peer, -1);
}

/* ---- brokerd ---- */

static void
fill_offer(struct call *c, struct msg_offer *m)
{
	struct pace_state	st;

	*m = (struct msg_offer){ .gen = c->gen, .rate_hz = (int32_t)c->rate_hz,
		.clock_ms = sclock_ms(&c->clock), .resume = c->had_owner, .epoch = c->pace.newest,
		.transfer = c->who.transfer };
	if (pace_now(&c->pace, clock_mono_us(), &st))
		m->playing_epoch = st.epoch;
	(void)snprintf(m->vadd, sizeof(m->vadd), "%s", c->vadd != NULL ? c->vadd->name : "");
	(void)snprintf(m->caller, sizeof(m->caller), "%s", c->who.caller);
	(void)snprintf(m->called, sizeof(m->called), "%s", c->who.called);
	(void)snprintf(m->assistant, sizeof(m->assistant), "%s", c->who.assistant);
	(void)snprintf(m->language, sizeof(m->language), "%s", c->who.language);
	(void)snprintf(m->name, sizeof(m->name), "%s", c->who.name);
	(void)snprintf(m->profile, sizeof(m->profile), "%s", c->who.profile);
}

static bool
offer_to(struct call *c, struct bus_peer *peer, int64_t now_ms)
{
	struct msg_offer	m;

	c->gen = next_gen(c->s);
	fill_offer(c, &m);
	if (c->ntried < CALL_TRIED_MAX)
		c->tried[c->ntried++] = peer;
	if (bus_order_json(c->s->d->bus, peer, MSG_CALL_OFFER, &c->id, &m) != BUS_OK)
		return false;
	c->s->n.offers++;
	c->offered = peer;
	c->offer = OFFER_SENT;
	c->offer_ms = now_ms + c->s->conf->claim_ms;
	log_debug(&c->log, "call.offer", "to=%s gen=%lld resume=%d", peer->name, (long long)c->gen, m.resume);
	return true;
}

static void
offer_next(struct call *c, int64_t now_ms)
{
	struct bus_peer	*peer;

	c->offered = NULL;
	while (c->ntried < CALL_TRIED_MAX &&
	    (peer = bus_peer_least(c->s->d->bus, CONF_BROKERD, c->tried, c->ntried)) != NULL) {
		if (offer_to(c, peer, now_ms)) {
			bus_peer_add_load(peer, 1);
			return;
		}
	}
	c->ntried = 0;
	c->offer = OFFER_NONE;
	c->offer_ms = now_ms + ROUTE_RETRY_MS;
	c->s->n.offers_nobody++;
	log_debug(&c->log, "call.nobody", "did=kept retry_ms=%d", ROUTE_RETRY_MS);
}

/* The owner is no longer: whatever it had in the queue plays on. */
static void
drop_owner(struct call *c, const char *cause)
{
	log_warn(&c->log, "call.owner_lost", "owner=%s cause=%s did=offered_again",
	    c->owner != NULL ? c->owner->name : "", cause);
	c->s->n.owners_lost++;
	c->owner = NULL;
}

void
route_begin(struct call *c, int64_t now_ms)
{
	c->gen = next_gen(c->s);
	route_again(c, now_ms);
}

void
route_again(struct call *c, int64_t now_ms)
{
	choose_vadd(c);			/* the offer names it */
	c->ntried = 0;
	if (c->owner == NULL || !offer_to(c, c->owner, now_ms))
		offer_next(c, now_ms);
	c->vadd_gen = c->gen;
	send_route(c);
	if (c->vadd != NULL)
		log_info(&c->log, "call.routed", "vadd=%s stream=%u gen=%lld", c->vadd->name, c->stream,
		    (long long)c->gen);
}

static void
offer_timed_out(struct call *c, int64_t now_ms)
{
	c->s->n.offers_timed_out++;
	if (c->offered == c->owner)
		drop_owner(c, "no_claim");
	else
		bus_peer_add_load(c->offered, -1);
	offer_next(c, now_ms);
}

void
route_housekeeping(struct call *c, int64_t now_ms)
{
	if (c->vadd == NULL && bus_peer_least(c->s->d->bus, CONF_VADD, NULL, 0) != NULL)
		route_again(c, now_ms);
	else if (c->route_unsent)
		send_route(c);
	if (c->offer == OFFER_CLAIMED || now_ms < c->offer_ms)
		return;
	if (c->offer == OFFER_SENT)
		offer_timed_out(c, now_ms);
	else
		offer_next(c, now_ms);
}

void
route_end(struct call *c, const char *reason)
{
	struct msg_end	m = { .gen = c->gen, .clock_ms = sclock_ms(&c->clock) };

	send_end(c, c->vadd, reason);
	send_end(c, c->owner, reason);
	if (c->offered != c->owner)
		send_end(c, c->offered, reason);
	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	bus_fact_json(c->s->d->bus, MSG_CALL_END, &c->id, &m);
	c->vadd = c->owner = c->offered = NULL;
}

/* ---- orders of brokerds ---- */

static bool
decode(struct call *c, const struct bus_msg *msg, void *fields)
{
	if (msg_decode(msg->head.kind, msg->body, msg->len, fields) == 0)
		return true;
	c->s->n.orders_bad++;
	return false;
}

static bool
is_offered(const struct call *c, const struct bus_msg *msg, int64_t gen)
{
	return c->offer == OFFER_SENT && gen == c->gen && strcmp(c->offered->name, msg->head.from) == 0;
}

void
route_claim(struct call *c, const struct bus_msg *msg)
{
	struct msg_claim	m;

	if (!decode(c, msg, &m))
		return;
	if (!is_offered(c, msg, m.gen)) {
		struct msg_end	 end = { .gen = m.gen, .clock_ms = sclock_ms(&c->clock), .reason = "moved" };
		struct bus_peer	*from = bus_peer_by_name(c->s->d->bus, msg->head.from);

		if (from != NULL)
			(void)bus_order_json(c->s->d->bus, from, MSG_CALL_END, &c->id, &end);
		c->s->n.claims_stale++;
		log_debug(&c->log, "claim.stale", "from=%s gen=%lld", LOG_Q(msg->head.from), (long long)m.gen);
		return;
	}
	c->s->n.claims++;
	c->owner = c->offered;
	c->offered = NULL;
	c->owner_gen = c->gen;
	c->had_owner = true;
	c->offer = OFFER_CLAIMED;
	c->ntried = 0;
	log_info(&c->log, "call.claimed", "owner=%s gen=%lld", c->owner->name, (long long)c->gen);
	send_route(c);
}

void
route_decline(struct call *c, const struct bus_msg *msg)
{
	struct msg_decline	m;

	if (!decode(c, msg, &m) || !is_offered(c, msg, m.gen))
		return;
	c->s->n.declines++;
	log_info(&c->log, "call.declined", "by=%s reason=%s", c->offered->name, LOG_Q(m.reason));
	bus_peer_add_load(c->offered, -1);
	if (c->offered == c->owner)
		c->owner = NULL;
	offer_next(c, clock_mono_ms());
}

void
route_release(struct call *c, const struct bus_msg *msg)
{
	struct msg_claim	m;

	if (!decode(c, msg, &m) || !route_from_owner(c, msg->head.from, m.gen))
		return;
	c->s->n.releases++;
	bus_peer_add_load(c->owner, -1);
	c->tried[0] = c->owner;
	c->ntried = 1;
	log_info(&c->log, "call.released", "by=%s", c->owner->name);
	c->owner = NULL;
	offer_next(c, clock_mono_ms());
}

void
route_profile(struct call *c, const struct bus_msg *msg)
{
	struct msg_profile	m;

	if (!decode(c, msg, &m) || !route_from_owner(c, msg->head.from, m.gen))
		return;
	(void)snprintf(c->profile, sizeof(c->profile), "%s", m.profile);
	send_route(c);
}

/* ---- peers ---- */

static void
lost_vadd(struct call *c, int64_t now_ms)
{
	log_warn(&c->log, "call.vadd_lost", "vadd=%s did=given_to_another", c->vadd->name);
	c->s->n.vadds_lost++;
	/* Should it only have stood still, this tells it behind all audio that it has. */
	send_end(c, c->vadd, "moved");
	c->vadd = NULL;
	play_speech_lost(c, now_ms);
	route_again(c, now_ms);
}

static void
lost_broker(struct call *c, const struct bus_peer *peer, int64_t now_ms)
{
	bool	was_asked = c->offer == OFFER_SENT && c->offered == peer;

	if (c->owner == peer)
		drop_owner(c, "peer_down");
	else if (!was_asked)
		return;
	if (c->offer == OFFER_SENT && !was_asked)
		return;
	c->ntried = 0;
	offer_next(c, now_ms);
}

void
route_peer(struct sockd *s, struct bus_peer *peer)
{
	int64_t		 now_ms = clock_mono_ms();
	struct call	*c;

	for (c = s->calls; c != NULL; c = c->next) {
		if (c->state != CALL_LIVE)
			continue;
		if (!peer->alive && c->vadd == peer)
			lost_vadd(c, now_ms);
		else if (!peer->alive && peer->daemon == CONF_BROKERD)
			lost_broker(c, peer, now_ms);
		else if (peer->alive && peer->daemon == CONF_VADD)
			route_housekeeping(c, now_ms);
		else if (peer->alive && peer->daemon == CONF_BROKERD && c->offer == OFFER_NONE)
			offer_next(c, now_ms);
	}
}
