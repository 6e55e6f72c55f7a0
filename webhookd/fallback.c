/* SPDX-License-Identifier: ISC */
#include "webhookd/fallback.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/store_dial.h"
#include "webhookd/calls.h"
#include "webhookd/dial.h"
#include "webhookd/follow.h"
#include "webhookd/ncco.h"
#include "webhookd/webhookd.h"

static bool
has_flow(struct webhookd *w, struct known_call *call)
{
	const struct event	none = { .n = -1 };

	(void)flow_is_current(w, call, &none);		/* reads the state */
	return call->flow.flow[0] != '\0';
}

static const char *
plain_number(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

/* A call that we placed, by the address that its answer was asked of, or its dial? d: as the address says. */
static bool
placed_by_us(struct webhookd *w, const struct store_call *row, int64_t d, struct store_dial *ret)
{
	int64_t	id = row->dial != 0 ? row->dial : d;

	if (id > 0 ? store_get_dial(w->store, id, ret) == 1 : store_find_dial_of_call(w->store, &row->id, ret) == 1)
		return true;
	*ret = (struct store_dial){ .id = 0 };
	return id > 0;			/* its dial is gone: only ours have such an address */
}

static void
fill_row(struct webhookd *w, struct store_call *row, const struct event *ev, int64_t d)
{
	const struct webhookd_conf	*conf = conf_of(w);
	struct store_dial		 dial;
	const char			*to = ev->to;

	if (row->caller[0] == '\0')	/* as the dial had it, if it had one */
		(void)snprintf(row->caller, sizeof(row->caller), "%s", plain_number(ev->from));
	if (row->started_at != -1)
		return;
	(void)snprintf(row->conversation, sizeof(row->conversation), "%s", ev->conversation);
	if (placed_by_us(w, row, d, &dial)) {
		(void)snprintf(row->direction, sizeof(row->direction), "outbound");
		row->dial = dial.id;
		to = dial.number[0] != '\0' ? dial.number : to;
	} else
		(void)snprintf(row->direction, sizeof(row->direction), "inbound");
	(void)snprintf(row->called, sizeof(row->called), "%.63s", plain_number(to));
	(void)snprintf(row->region_url, sizeof(row->region_url), "%s", ev->region_url);
	(void)snprintf(row->language, sizeof(row->language), "%s", conf->language);
	(void)snprintf(row->assistant, sizeof(row->assistant), "%s", conf->assistant);
	(void)snprintf(row->flow, sizeof(row->flow), "fallback");
	(void)snprintf(row->state, sizeof(row->state), "new");
	row->started_at = clock_wall_ms();
}

/* Nobody knows how far the answer got: the call begins in the safe flow. */
static char *
begin_safely(struct webhookd *w, struct known_call *call, const struct event *ev, size_t *ret_len)
{
	struct event	 asked = { .n = -1, .d = ev->d };
	char		*text;

	event_read_original(ev, &asked);
	/* the pointer stays good: the call was used last */
	dial_adopt(w, asked.d, asked.n, ev->uuid, ev->conversation, ev->to);
	fill_row(w, &call->row, ev, asked.d);
	(void)store_put_call(w->store, &call->row, NULL, NULL);
	if ((text = flow_enter(w, call, "fallback", NULL, NULL, ret_len)) != NULL)
		return text;
	return ncco_make(w, call, "apology", FLOW_START, NULL, ret_len);
}

/* The event came another way: it moves the call all the same. NULL: nothing follows it. */
static char *
follow(struct webhookd *w, struct known_call *call, const struct event *ev, size_t *ret_len)
{
	struct event	orig;
	char		key[129];

	if (!event_of_fallback(ev, &orig))
		return NULL;
	event_dedupe_key(&orig, key, sizeof(key));
	hook_apply(w, call, &orig);
	return flow_follow(w, call, &orig, key, ret_len);
}

char *
fallback_make(struct webhookd *w, struct known_call *call, const struct event *ev, size_t *ret_len)
{
	bool		 of_event = strcmp(ev->original_type, "event") == 0;
	struct callid	 id;
	char		*text;

	if (call == NULL && !of_event && callid_parse(ev->uuid, &id) == 0)
		call = calls_add(w->calls, &id);
	if (call == NULL)
		return NULL;
	/* without its original request it could be anything: a call that is being held stays where it is */
	if (!of_event && (ev->original_type[0] != '\0' || call->row.answered_at == -1))
		return begin_safely(w, call, ev, ret_len);
	if ((text = follow(w, call, ev, ret_len)) != NULL)
		return text;
	if (has_flow(w, call) && (text = flow_again(w, call, ret_len)) != NULL)
		return text;
	return ncco_make(w, call, "apology", FLOW_START, NULL, ret_len);
}
