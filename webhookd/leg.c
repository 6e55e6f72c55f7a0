/* SPDX-License-Identifier: ISC */
#include "webhookd/leg.h"

#include <stdio.h>
#include <string.h>

void
leg_init(struct store_leg *leg, const char *uuid)
{
	*leg = (struct store_leg){ .rank = EVENT_RANK_NONE, .started_at = -1, .answered_at = -1,
	    .ended_at = -1, .duration_s = -1, .sip_code = -1, .event_ts = -1 };
	(void)snprintf(leg->uuid, sizeof(leg->uuid), "%s", uuid);
}

static void
keep(char *field, size_t size, const char *value)
{
	if (value[0] != '\0')
		(void)snprintf(field, size, "%s", value);
}

/* Facts that any event may bring, in whatever order it came. */
static void
take_figures(struct store_leg *leg, const struct event *ev)
{
	keep(leg->conversation, sizeof(leg->conversation), ev->conversation);
	keep(leg->from, sizeof(leg->from), ev->from);
	keep(leg->to, sizeof(leg->to), ev->to);
	keep(leg->direction, sizeof(leg->direction), ev->direction);
	keep(leg->price, sizeof(leg->price), ev->price);
	keep(leg->rate, sizeof(leg->rate), ev->rate);
	keep(leg->network, sizeof(leg->network), ev->network);
	keep(leg->detail, sizeof(leg->detail), ev->detail);
	keep(leg->disconnected_by, sizeof(leg->disconnected_by), ev->disconnected_by);
	if (leg->type[0] == '\0' || ev->endpoint_type[0] != '\0')
		keep(leg->type, sizeof(leg->type), ev->websocket ? "websocket" :
		    ev->endpoint_type[0] != '\0' ? ev->endpoint_type : "phone");
	if (ev->duration_s != -1)
		leg->duration_s = ev->duration_s;
	if (ev->sip_code != -1)
		leg->sip_code = ev->sip_code;
}

static void
take_time(struct store_leg *leg, const struct event *ev, int64_t now)
{
	int64_t	at = ev->timestamp != -1 ? ev->timestamp : now;

	if (leg->started_at == -1 || (ev->rank == EVENT_RANK_STARTED && at < leg->started_at))
		leg->started_at = at;
	if (ev->rank == EVENT_RANK_ANSWERED && leg->answered_at == -1)
		leg->answered_at = at;
	if (ev->rank == EVENT_RANK_TERMINAL && leg->ended_at == -1)
		leg->ended_at = ev->end_time != -1 ? ev->end_time : at;
}

enum leg_change
leg_apply(struct store_leg *leg, const struct event *ev, int64_t now)
{
	take_figures(leg, ev);
	if (ev->kind != EVENT_STATUS || ev->rank == EVENT_RANK_NONE)
		return LEG_SAME;
	take_time(leg, ev, now);
	if (ev->rank < leg->rank || leg->rank == EVENT_RANK_TERMINAL ||
	    (ev->rank == leg->rank && (ev->timestamp == -1 || ev->timestamp <= leg->event_ts)))
		return LEG_SAME;
	if (strcmp(leg->status, ev->status) == 0)
		return LEG_SAME;
	leg->rank = ev->rank;
	leg->event_ts = ev->timestamp;
	(void)snprintf(leg->status, sizeof(leg->status), "%s", ev->status);
	return ev->rank == EVENT_RANK_TERMINAL ? LEG_ENDED : LEG_MOVED;
}
