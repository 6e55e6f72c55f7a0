/* SPDX-License-Identifier: ISC */
#include "sockd/orders.h"

#include <stdio.h>

#include "common/log.h"
#include "sockd/call.h"
#include "sockd/play.h"
#include "sockd/route.h"
#include "sockd/sockd.h"

typedef void order_fn(struct call *c, const struct bus_msg *msg);

static order_fn *const handlers[MSG_NKINDS] = {
	[MSG_CALL_CLAIM] = route_claim,
	[MSG_CALL_DECLINE] = route_decline,
	[MSG_CALL_RELEASE] = route_release,
	[MSG_LISTEN_PROFILE] = route_profile,
	[MSG_PLAY] = play_order,
	[MSG_PLAY_CANCEL] = play_cancel,
	[MSG_PLAY_RESUME] = play_resume,
	[MSG_SPEECH_START] = play_speech_start,
	[MSG_SPEECH_END] = play_speech_end,
	[MSG_SPEECH_WITHDRAW] = play_speech_end,
};

/* The generation in an order of any kind above. */
static bool
order_gen(const struct bus_msg *msg, int64_t *ret)
{
	union {
		struct msg_claim claim; struct msg_decline decline; struct msg_cancel cancel;
		struct msg_epoch epoch; struct msg_speech speech; struct msg_profile profile;
	} u;
	struct msg_play	p;

	if (msg->head.kind == MSG_PLAY) {
		if (msg_play_decode(&p, msg->body, msg->len) == -1)
			return false;
		*ret = (int64_t)p.gen;
		return true;
	}
	if (msg_decode(msg->head.kind, msg->body, msg->len, &u) == -1)
		return false;
	*ret = u.claim.gen;		/* gen is the first member of all of them */
	return true;
}

static void
tell_unknown(struct sockd *s, const struct bus_msg *msg)
{
	struct msg_end	 m = { .reason = "unknown" };
	struct bus_peer	*from;
	unsigned long	 missed;

	s->n.orders_unknown_call++;
	/* The last orders of a call and its end cross each other often: answer some, not all. */
	if (!log_rate_ok(&s->unknown_rate, 20, &missed) || !order_gen(msg, &m.gen) ||
	    (from = bus_peer_by_name(s->d->bus, msg->head.from)) == NULL)
		return;
	(void)bus_order_json(s->d->bus, from, MSG_CALL_END, &msg->head.call, &m);
}

void
orders_take(struct sockd *s, const struct bus_msg *msg)
{
	order_fn	*fn = handlers[msg->head.kind];
	struct call	*c;
	unsigned long	 missed;

	if (fn == NULL) {
		s->n.orders_bad++;
		if (log_rate_ok(&s->bad_order_rate, 1000, &missed))
			log_warn(NULL, "order.unexpected", "kind=%s from=%s missed=%lu did=ignored",
			    msg_kind_name(msg->head.kind), LOG_Q(msg->head.from), missed);
		return;
	}
	if ((c = call_find(s, &msg->head.call)) == NULL)
		tell_unknown(s, msg);
	else if (c->state == CALL_LIVE)
		fn(c, msg);
}
