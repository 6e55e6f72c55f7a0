/* SPDX-License-Identifier: ISC */
/*
 * Campaigns: this webhookd claims those that nobody has, keeps them by
 * renewing its lease, and places their calls at their pace. A claim that is not
 * renewed in time (a death) frees the campaign for others; two that believe to
 * have it would place too fast, never one number twice (store_add_attempt()).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "webhookd/campaignpace.h"
#include "webhookd/dial_impl.h"
#include "webhookd/dialresult.h"
#include "webhookd/flow.h"

#define LEASE_MS	15000
#define RENEW_MS	5000	/* before its end */
#define FINISH_MS	2000	/* between two tries to finish one */

static struct dial_campaign *
place_of(struct dials *ds, int64_t id, bool new)
{
	size_t	i;

	for (i = 0; i < CAMPAIGNS_MAX; i++)
		if (ds->campaigns[i].id == id)
			return &ds->campaigns[i];
	return new ? place_of(ds, 0, false) : NULL;
}

static bool
read_campaign(void *arg, const struct store_campaign *c)
{
	struct dials		*ds = arg;
	struct dial_campaign	*p;

	if (strcmp(c->state, "running") != 0)
		return true;
	if ((p = place_of(ds, c->id, true)) == NULL)
		return false;
	if (p->id == 0)
		*p = (struct dial_campaign){ .id = c->id, .next_at = c->next_at };
	p->row = *c;
	p->seen = true;
	return true;
}

/* ---- whose it is ---- */

/* Believed when the row says so. */
static void
claim(struct dials *ds, struct dial_campaign *p)
{
	const char	*me = ds->w->d->name;
	int64_t		 now = clock_wall_ms();
	bool		 mine = strcmp(p->row.owner, me) == 0 && p->row.owner_until > now;

	p->until = mine ? p->row.owner_until : 0;
	if (mine && p->row.owner_until - now > LEASE_MS - RENEW_MS)
		return;
	if (!mine && p->row.owner[0] != '\0' && strcmp(p->row.owner, me) != 0 && p->row.owner_until >= now)
		return;
	if (store_claim_campaign(ds->w->store, p->id, me, now + LEASE_MS, now, dial_written, ds) == -1)
		dial_written(ds, -1, errno);
}

/* ---- its calls ---- */

struct counted { struct dials *ds; int64_t campaign; int n; };

static bool
count_live(void *arg, const struct store_dial *d)
{
	struct counted	*c = arg;

	c->n += d->campaign == c->campaign && dial_slot_of(c->ds, d->id) == NULL;
	return true;
}

static int
in_progress(struct dials *ds, int64_t campaign)
{
	struct counted	c = { ds, campaign, 0 };
	size_t		i;

	if (store_live_dials(ds->w->store, count_live, &c) == -1)
		return INT32_MAX;
	for (i = 0; i < DIAL_SLOTS; i++)
		c.n += ds->slots[i].used && ds->slots[i].row.campaign == campaign;
	return c.n;
}

struct next { struct dials *ds; struct store_dial row; bool found; };

/* The first that this process is not at already (its commit may be on the way). */
static bool
take_free(void *arg, const struct store_dial *d)
{
	struct next	*n = arg;

	if (dial_slot_of(n->ds, d->id) != NULL)
		return true;
	n->row = *d;
	n->found = true;
	return false;
}

static bool
any_waiting(void *arg, const struct store_dial *d)
{
	(void)d;
	*(bool *)arg = true;
	return false;
}

static void
finish(struct dials *ds, struct dial_campaign *p)
{
	bool	waiting = false;
	int64_t	now = clock_mono_ms();

	if (now < p->finish_ms || store_due_dials(ds->w->store, p->id, INT64_MAX, 1, any_waiting, &waiting) == -1 || waiting)
		return;
	p->finish_ms = now + FINISH_MS;
	log_info(NULL, "campaign.done", "campaign=%lld", (long long)p->id);
	if (store_finish_campaign(ds->w->store, p->id, clock_wall_ms(), dial_written, ds) == -1)
		dial_written(ds, -1, errno);
}

static void
pause_after(struct dials *ds, struct dial_campaign *p, const struct dial_options *o)
{
	p->next_at = campaignpace_next(o->pace_min_ms, o->pace_max_ms, dial_random(), clock_wall_ms());
	if (o->pace_max_ms > 0)		/* a kill must not make it faster */
		(void)store_next_campaign(ds->w->store, p->id, p->next_at);
}

static void
pause_for(struct dials *ds, struct dial_campaign *p, const char *why)
{
	log_error(NULL, "campaign.paused", "campaign=%lld flow=%s cause=%s", (long long)p->id, LOG_Q(p->row.flow), LOG_Q(why));
	if (store_set_campaign(ds->w->store, p->id, "paused", clock_wall_ms(), dial_written, ds) == -1)
		dial_written(ds, -1, errno);
}

/* What is wrong with all of it must not be charged to each of its numbers. */
static bool
may_go_on(struct dials *ds, struct dial_campaign *p, struct dial_options *ret)
{
	struct store_dial	of = { .campaign = p->id };
	char			err[200];
	const char		*why = err;

	if (dial_options_of(ds->w, &of, ret, err, sizeof(err)) == 0) {
		if (flow_find(ds->w->flows, p->row.flow) == NULL)
			why = "there is no such flow";
		else if (ret->from[0] == '\0' && !ret->random_from)
			why = "neither from_number nor the option from is set";
		else
			return true;
	}
	pause_for(ds, p, why);
	return false;
}

static void
place_some(struct dials *ds, struct dial_campaign *p)
{
	struct next		next = { .ds = ds };
	struct dial_options	o;
	int			live = in_progress(ds, p->id), left;

	if (!may_go_on(ds, p, &o))
		return;
	if (quiet_until(&o.quiet, clock_wall_ms()) > clock_wall_ms())
		return;
	left = campaignpace_room(&o, live, p->next_at, clock_wall_ms());
	for (; left > 0 && ds->room > 0; next.found = false) {
		if (store_due_dials(ds->w->store, p->id, clock_wall_ms(), -1, take_free, &next) == -1 || !next.found)
			break;
		if (!dial_try(ds, &next.row))
			return;		/* held: its row changes; the next in the next tick */
		left--;
		live++;
		pause_after(ds, p, &o);
	}
	if (live == 0)
		finish(ds, p);
}

void
campaigns_tick(struct dials *ds)
{
	size_t	i;

	for (i = 0; i < CAMPAIGNS_MAX; i++)
		ds->campaigns[i].seen = false;
	if (store_each_campaign(ds->w->store, true, read_campaign, ds) == -1)
		log_error(NULL, "campaign.read", "cause=%s", LOG_Q(strerror(errno)));
	ds->stats.campaigns = 0;
	for (i = 0; i < CAMPAIGNS_MAX; i++) {
		struct dial_campaign	*p = &ds->campaigns[i];

		if (!p->seen)
			p->id = 0;
		if (p->id == 0)
			continue;
		claim(ds, p);
		if (p->until == 0)
			continue;
		ds->stats.campaigns++;
		place_some(ds, p);
	}
}

void
campaign_placed(struct dials *ds, int64_t id)
{
	struct dial_campaign	*p = id > 0 ? place_of(ds, id, false) : NULL;

	if (p != NULL)
		p->forbidden = 0;
}

void
campaign_forbidden(struct dials *ds, int64_t id, const char *text)
{
	struct dial_campaign	*p = id > 0 ? place_of(ds, id, false) : NULL;

	if (p != NULL && ++p->forbidden == DIAL_FORBIDDEN_MAX)
		pause_for(ds, p, text);
}
