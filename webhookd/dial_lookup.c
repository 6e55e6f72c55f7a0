/* SPDX-License-Identifier: ISC */
/*
 * Attempts whose answer was never read: Vonage's list of calls since then is
 * searched for their number. Found: it is the call. Not found in dial_looks
 * looks, dial_look_ms apart: it was not placed, and is tried again. (A look
 * that fails counts for nothing.)
 *
 * Calls that fell silent: Vonage is asked how they are; the answer is an event like others.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "webhookd/calls.h"
#include "webhookd/callstate.h"
#include "webhookd/dial_impl.h"
#include "webhookd/event.h"
#include "webhookd/vonage.h"

#define SKEW_MS		10000	/* Vonage's clock may be behind ours so much */
#define RING_MARGIN_MS	30000	/* after ringing_timer the end of a call must have been told */

/* ---- the list ---- */

/* to is an object, or an array of one (spec/vonage.md 7.3). */
static const char *
number_of(struct json_object *call, const char *key)
{
	struct json_object	*to = json_get(call, key);

	if (to != NULL && json_object_is_type(to, json_type_array))
		to = json_object_array_get_idx(to, 0);
	if (to == NULL || !json_object_is_type(to, json_type_object))
		return json_get_str_or(call, key, "");
	return json_get_str_or(to, "number", "");
}

/* E.164, with or without its plus. */
static bool
is_number(const char *text, const char *number)
{
	return strcmp(*text == '+' ? text + 1 : text, number) == 0;
}

/* A call from our number to that one, of which no attempt knows: other applications of the account may call it too. */
static bool
is_ours(const struct dial_lookup *l, struct json_object *call)
{
	const char		*from = number_of(call, "from"), *uuid = json_get_str(call, "uuid"), *start;
	struct known_call	*known;
	struct store_attempt	 a;
	struct callid		 id;
	int64_t			 started;

	if (uuid == NULL || callid_parse(uuid, &id) == -1 || !is_number(number_of(call, "to"), l->number) ||
	    (l->from[0] != '\0' && *from != '\0' && !is_number(from, l->from)) ||
	    strcmp(json_get_str_or(call, "direction", "outbound"), "outbound") != 0)
		return false;
	/* in case date_start was not obeyed */
	if ((start = json_get_str(call, "start_time")) != NULL && event_time(start, &started) == 0 &&
	    started < l->at - SKEW_MS)
		return false;
	/* another attempt took it, and its commit is on the way */
	if ((known = calls_find(l->ds->w->calls, &id)) != NULL && known->row.dial != 0 && known->row.dial != l->dial)
		return false;
	return store_find_attempt_of_call(l->ds->w->store, &id, &a) == 0;
}

static bool
on_call(void *arg, struct json_object *call)
{
	struct dial_lookup	*l = arg;

	if (!is_ours(l, call))
		return true;
	(void)snprintf(l->uuid, sizeof(l->uuid), "%s", json_get_str_or(call, "uuid", ""));
	(void)snprintf(l->conversation, sizeof(l->conversation), "%.63s", json_get_str_or(call, "conversation_uuid", ""));
	return false;
}

static void
adopt(struct dial_lookup *l)
{
	struct callid	call;

	l->ds->stats.adopted++;
	(void)callid_parse(l->uuid, &call);
	log_info(&(struct log_ctx){ call.text }, "dial.found", "dial=%lld n=%d looks=%d", (long long)l->dial, l->n, l->looks);
	dial_is_call(l->ds, l->dial, l->n, &call, l->conversation, NULL, NULL);
	/* It may be over already, and nobody told us while we were away. */
	(void)callstate_ask(l->ds->w, &call, NULL, NULL);
}

static void
give_up(struct dial_lookup *l)
{
	int64_t	now = clock_wall_ms();

	l->ds->stats.lost++;
	log_warn(NULL, "dial.lost", "dial=%lld n=%d looks=%d did=try_again", (long long)l->dial, l->n, l->looks);
	if (store_end_dial(l->ds->w->store, l->dial, l->n, "waiting", now, "not_placed", "", now, dial_written, l->ds) == -1)
		dial_written(l->ds, -1, errno);
}

static void
on_list(void *arg, const struct vonage_reply *r)
{
	struct dial_lookup	*l = arg;
	int			 look_ms = conf_of(l->ds->w)->dial_look_ms;

	l->busy = false;
	if (!l->used)
		return;			/* an event told */
	if (l->uuid[0] != '\0')
		adopt(l);
	else if (r->result == VONAGE_OK && ++l->looks >= conf_of(l->ds->w)->dial_looks)
		give_up(l);
	else {
		if (r->result != VONAGE_OK)
			log_warn(NULL, "dial.look", "dial=%lld cause=%s did=look_again", (long long)l->dial, LOG_Q(r->text));
		l->next_ms = clock_wall_ms() + look_ms;
		return;
	}
	l->used = false;
}

static void
look(struct dial_lookup *l)
{
	char	query[80], when[CLOCK_ISO_SIZE];

	(void)clock_iso(l->at - SKEW_MS, when);
	/* whole seconds: "2026-11-14T07:45:14Z" (spec/vonage.md 7.2) */
	(void)snprintf(query, sizeof(query), "date_start=%.19sZ&order=asc", when);
	l->uuid[0] = '\0';
	if (vonage_list_all(l->ds->w->vonage, query, on_call, on_list, l) == 0)
		l->busy = true;
	else {
		log_warn(NULL, "dial.look", "dial=%lld cause=%s did=look_again", (long long)l->dial, LOG_Q(strerror(errno)));
		l->next_ms = clock_wall_ms() + conf_of(l->ds->w)->dial_look_ms;
	}
}

static struct dial_lookup *
lookup_of(struct dials *ds, int64_t dial)
{
	size_t	i;

	for (i = 0; i < DIAL_LOOKUPS; i++)
		if (ds->lookups[i].used && ds->lookups[i].dial == dial)
			return &ds->lookups[i];
	return NULL;
}

void
dial_lookup_forget(struct dials *ds, int64_t dial)
{
	struct dial_lookup	*l = lookup_of(ds, dial);

	if (l != NULL)
		l->used = false;
}

/* Attempts that no slot has: this process was killed, or their answer was not read. */
static bool
take(void *arg, const struct store_attempt *a)
{
	struct dials		*ds = arg;
	int64_t			 now = clock_wall_ms();
	size_t			 i;

	if (dial_slot_of(ds, a->dial) != NULL || lookup_of(ds, a->dial) != NULL)
		return true;
	if (strcmp(a->owner, ds->w->d->name) != 0 && now - a->at < DIAL_ORPHAN_MS)
		return true;
	for (i = 0; i < DIAL_LOOKUPS && (ds->lookups[i].used || ds->lookups[i].busy); i++)
		continue;
	if (i == DIAL_LOOKUPS)
		return false;
	ds->lookups[i] = (struct dial_lookup){ .ds = ds, .used = true, .dial = a->dial, .n = a->n, .at = a->at };
	ds->lookups[i].next_ms = a->at + conf_of(ds->w)->dial_look_ms;	/* Vonage may be at it still */
	(void)snprintf(ds->lookups[i].number, sizeof(ds->lookups[i].number), "%s", a->number);
	(void)snprintf(ds->lookups[i].from, sizeof(ds->lookups[i].from), "%s", a->from_number);
	return true;
}

void
dial_lookup_tick(struct dials *ds)
{
	int64_t	now = clock_wall_ms();
	size_t	i;

	if (store_open_attempts(ds->w->store, take, ds) == -1)
		log_error(NULL, "dial.read", "cause=%s", LOG_Q(strerror(errno)));
	for (i = 0; i < DIAL_LOOKUPS; i++)
		if (ds->lookups[i].used && !ds->lookups[i].busy && ds->lookups[i].next_ms <= now)
			look(&ds->lookups[i]);
}

/* ---- calls that fell silent ---- */

struct silent { struct dials *ds; struct store_dial rows[DIAL_REAPS]; int n; };

static bool
is_silent(void *arg, const struct store_dial *d)
{
	struct silent		*s = arg;
	struct webhookd		*w = s->ds->w;
	struct known_call	*call;
	struct dial_options	 o;
	char			 err[200];
	int64_t			 ring_ms, limit = conf_of(w)->call_silent_ms;
	int64_t			 heard = d->updated_at > d->asked_at ? d->updated_at : d->asked_at;

	if (strcmp(d->state, "calling") != 0)
		return true;
	call = calls_find(w->calls, &d->call);
	if (dial_options_of(w, d, &o, err, sizeof(err)) == -1)
		dial_options_default(&o);
	ring_ms = o.ringing_timer_s * 1000LL + RING_MARGIN_MS;
	if ((call == NULL || call->row.answered_at == -1) && ring_ms < limit)
		limit = ring_ms;
	/* ended, and the dial was not told: a kill came between */
	if (call != NULL && strcmp(call->row.state, "ended") == 0)
		limit = 2 * DIAL_REAP_MS;
	if (clock_wall_ms() - heard >= limit)
		s->rows[s->n++] = *d;
	return s->n < DIAL_REAPS;
}

static void
on_told(void *arg, bool over, bool known)
{
	struct dials	*ds = arg;

	(void)over;
	(void)known;
	ds->reaping--;
}

void
dial_reap_tick(struct dials *ds)
{
	struct silent	s = { .ds = ds };
	int64_t		now = clock_mono_ms();
	int		i;

	if (now < ds->reap_ms || ds->reaping > 0)
		return;
	ds->reap_ms = now + DIAL_REAP_MS;
	if (store_live_dials(ds->w->store, is_silent, &s) == -1)
		log_error(NULL, "dial.read", "cause=%s", LOG_Q(strerror(errno)));
	for (i = 0; i < s.n; i++) {
		log_info(&(struct log_ctx){ s.rows[i].call.text }, "dial.silent", "dial=%lld did=ask", (long long)s.rows[i].id);
		(void)store_asked_dial(ds->w->store, s.rows[i].id, s.rows[i].serial, clock_wall_ms());
		if (callstate_ask(ds->w, &s.rows[i].call, on_told, ds) == 0)
			ds->reaping++;
	}
}
