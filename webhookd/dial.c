/* SPDX-License-Identifier: ISC */
#include "webhookd/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "common/clock.h"
#include "common/flowvar.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/dial_impl.h"
#include "webhookd/flow.h"

uint32_t
dial_random(void)
{
	uint32_t	r = 0;

	(void)RAND_bytes((unsigned char *)&r, sizeof(r));	/* a pause, no secret */
	return r;
}

void
dial_written(void *arg, int rc, int err)
{
	(void)arg;
	if (rc == -1 && err != ENOENT)	/* ENOENT: it is elsewhere by now */
		log_error(NULL, "dial.unstored", "cause=%s", LOG_Q(strerror(err)));
}

struct dial_slot *
dial_slot_of(struct dials *ds, int64_t dial)
{
	size_t	i;

	for (i = 0; i < DIAL_SLOTS; i++)
		if (ds->slots[i].used && ds->slots[i].row.id == dial)
			return &ds->slots[i];
	return NULL;
}

void
dial_hold_back(struct dials *ds, int64_t wait_ms)
{
	if (wait_ms < 0)
		wait_ms = ds->hold_ms == 0 ? 1000 : 2 * (int64_t)ds->hold_ms;
	ds->hold_ms = wait_ms > DIAL_HOLD_MAX_MS ? DIAL_HOLD_MAX_MS : wait_ms < 100 ? 100 : (int)wait_ms;
	ds->hold_until_ms = clock_mono_ms() + ds->hold_ms;
}

/* ---- options ---- */

static void
configured(const struct webhookd_conf *c, struct dial_options *o)
{
	dial_options_default(o);
	(void)dial_options_from(o, c->from_number);		/* webhookd_check() saw both */
	(void)quiet_parse(c->quiet_hours, &o->quiet);
	o->max_per_day = c->dial_max_per_day;
	o->max_attempts = c->dial_max_attempts;
	o->retry_ms = c->dial_retry_ms;
}

int
dial_options_of(struct webhookd *w, const struct store_dial *d, struct dial_options *ret, char *err, size_t err_size)
{
	struct store_campaign	c;

	configured(conf_of(w), ret);
	if (d->campaign != 0 && store_get_campaign(w->store, d->campaign, &c) == 1 &&
	    dial_options_apply(ret, c.options, err, err_size) == -1)
		return -1;
	return dial_options_apply(ret, d->options, err, err_size);
}

/* ---- the rules ---- */

static bool
hold(struct dials *ds, const struct store_dial *d, const char *state, int64_t next_at, const char *result, const char *text)
{
	ds->stats.held++;
	log_info(NULL, "dial.held", "dial=%lld state=%s cause=%s", (long long)d->id, state, result);
	if (store_hold_dial(ds->w->store, d->id, state, next_at, result, text, clock_wall_ms(), dial_written, ds) == -1)
		dial_written(ds, -1, errno);
	return false;
}

/* false: it may be called; else it was held. */
static bool
held_by_rule(struct dials *ds, const struct store_dial *d, const struct dial_options *o)
{
	struct store_contact	contact;
	int64_t			now = clock_wall_ms(), until, oldest = 0;
	int			count = 0;

	if (store_get_contact(ds->w->store, d->number, &contact) == 1 && contact.do_not_call) {
		(void)hold(ds, d, "failed", -1, "do_not_call", "the contact is on the do-not-call list");
		return true;
	}
	if ((until = quiet_until(&o->quiet, now)) > now) {
		(void)hold(ds, d, "waiting", until, "quiet_hours", "quiet hours");
		return true;
	}
	if (o->max_per_day == 0)
		return false;
	if (store_count_attempts(ds->w->store, d->number, now - DIAL_DAY_MS, &count, &oldest) == -1) {
		log_error(NULL, "dial.read", "cause=%s did=not_placed", LOG_Q(strerror(errno)));
		return true;
	}
	if (count < o->max_per_day)
		return false;
	(void)hold(ds, d, "waiting", oldest + DIAL_DAY_MS, "max_per_day", "called often enough in 24 hours");
	return true;
}

/* Its attempt may not be committed, and so not be counted by max_per_day. */
static bool
number_is_busy(const struct dials *ds, const char *number)
{
	size_t	i;

	for (i = 0; i < DIAL_SLOTS; i++)
		if (ds->slots[i].used && strcmp(ds->slots[i].row.number, number) == 0)
			return true;
	return false;
}

bool
dial_try(struct dials *ds, const struct store_dial *d)
{
	struct dial_options	o;
	char			number[DIAL_NUMBER_SIZE], err[200] = "";

	if (ds->room <= 0 || dial_slot_of(ds, d->id) != NULL || number_is_busy(ds, d->number))
		return false;		/* seen again in the next tick */
	if (dial_options_of(ds->w, d, &o, err, sizeof(err)) == -1)
		return hold(ds, d, "failed", -1, "bad_options", err);
	if (dial_number(d->number, number) == -1)
		return hold(ds, d, "failed", -1, "invalid_number", "not 7 to 15 digits");
	if (flow_find(ds->w->flows, d->flow) == NULL)
		return hold(ds, d, "failed", -1, "no_flow", "there is no such flow");
	if (o.from[0] == '\0' && !o.random_from)
		return hold(ds, d, "failed", -1, "no_from_number", "neither from_number nor the option from is set");
	if (held_by_rule(ds, d, &o) || !dial_place(ds, d, &o))
		return false;
	ds->room--;
	return true;
}

/* ---- what is due ---- */

struct due { struct store_dial *rows; int n, max; };

static bool
take(void *arg, const struct store_dial *d)
{
	struct due	*due = arg;

	due->rows[due->n++] = *d;
	return due->n < due->max;
}

/* Rows are read first and placed after: placing reads and writes the same tables. */
static void
place_alone(struct dials *ds)
{
	struct due	due = { .max = ds->room };
	int		i;

	if (due.max <= 0 || (due.rows = mem_calloc((size_t)due.max, sizeof(due.rows[0]))) == NULL)
		return;
	if (store_due_dials(ds->w->store, 0, clock_wall_ms(), due.max, take, &due) == -1)
		log_error(NULL, "dial.read", "cause=%s", LOG_Q(strerror(errno)));
	for (i = 0; i < due.n; i++)
		(void)dial_try(ds, &due.rows[i]);
	free(due.rows);
}

struct counted { struct dials *ds; int n; };

static bool
count_live(void *arg, const struct store_dial *d)
{
	struct counted	*c = arg;

	c->n += dial_slot_of(c->ds, d->id) == NULL;
	return true;
}

/* Calls that may begin: below max_dials and the slots. */
static int
room(struct dials *ds)
{
	struct counted	c = { ds, 0 };
	int		used = 0, i;

	if (store_live_dials(ds->w->store, count_live, &c) == -1)
		return 0;
	for (i = 0; i < DIAL_SLOTS; i++)
		used += ds->slots[i].used;
	c.n = conf_of(ds->w)->max_dials - used - c.n;
	return c.n < DIAL_SLOTS - used ? c.n : DIAL_SLOTS - used;
}

static void
on_tick(void *arg)
{
	struct dials	*ds = arg;

	dial_lookup_tick(ds);
	dial_reap_tick(ds);
	ds->room = ds->w->d->draining || clock_mono_ms() < ds->hold_until_ms ? 0 : room(ds);
	place_alone(ds);
	campaigns_tick(ds);
	loop_timer_set(ds->w->d->loop, ds->timer, DIAL_TICK_MS * 1000);
}

void
dials_kick(struct dials *ds)
{
	loop_timer_set(ds->w->d->loop, ds->timer, 0);
}

bool
dials_idle(const struct dials *ds)
{
	size_t	i;

	for (i = 0; i < DIAL_SLOTS; i++)
		if (ds->slots[i].used)
			return false;
	return true;
}

struct dials *
dials_new(struct webhookd *w)
{
	struct dials	*ds;
	size_t		 i;

	if ((ds = mem_calloc(1, sizeof(*ds))) == NULL)
		return NULL;
	ds->w = w;
	for (i = 0; i < DIAL_LOOKUPS; i++)
		ds->lookups[i].ds = ds;
	if ((ds->timer = loop_timer_new(w->d->loop, on_tick, ds)) == NULL) {
		free(ds);
		return NULL;
	}
	loop_timer_set(w->d->loop, ds->timer, 0);
	return ds;
}

void
dials_free(struct dials *ds)
{
	if (ds == NULL)
		return;
	loop_watch_free(ds->w->d->loop, ds->timer);
	free(ds);
}

const struct dials_stats *
dials_get_stats(const struct dials *ds)
{
	return &ds->stats;
}

/* ---- adding ---- */

struct adding { struct webhookd *w; dial_done *done; void *arg; char key[96]; };

static void
on_added(void *arg, int rc, int err)
{
	struct adding		*a = arg;
	struct store_dial	 d;

	if (rc == 0 && store_find_dial_of_key(a->w->store, a->key, &d) != 1) {
		rc = -1;
		err = EIO;
	}
	a->done(a->arg, rc, err, rc == 0 ? &d : NULL);
	dials_kick(a->w->dials);
	free(a);
}

static int
refuse(char *err, size_t err_size, const char *text)
{
	(void)snprintf(err, err_size, "%s", text);
	errno = EINVAL;
	return -1;
}

static int
check_vars(const char *text, char *err, size_t err_size)
{
	struct json_object	*vars = json_parse(text, strlen(text), NULL);
	int			 rc = 0;

	if (!json_object_is_type(vars, json_type_object))
		rc = refuse(err, err_size, "vars: a JSON object is wanted");
	else {
		json_object_object_foreach(vars, name, value) {
			(void)value;
			if (rc == 0 && flowvar_is_fixed(name)) {
				(void)snprintf(err, err_size, "vars: %.60s comes with the call and cannot be set", name);
				rc = -1;
			}
		}
	}
	json_object_put(vars);
	if (rc == -1)
		errno = EINVAL;
	return rc;
}

static int
check_new(struct webhookd *w, struct store_dial *d, const char *number, char *err, size_t err_size)
{
	struct dial_options	 o;

	if (dial_number(number, d->number) == -1)
		return refuse(err, err_size, "number: 7 to 15 digits are wanted, the first not 0, with or without +");
	if (d->flow[0] == '\0' || flow_find(w->flows, d->flow) == NULL)
		return refuse(err, err_size, d->flow[0] == '\0' ? "flow: absent" : "flow: there is none of that name");
	if (d->vars[0] != '\0' && check_vars(d->vars, err, err_size) == -1)
		return -1;
	if (dial_options_of(w, d, &o, err, err_size) == -1)
		return -1;
	return o.from[0] != '\0' || o.random_from ? 0 : refuse(err, err_size, "from: neither told nor configured (from_number)");
}

int
dial_add(struct webhookd *w, const struct store_dial *from, dial_done *done, void *arg, char *err, size_t err_size)
{
	struct store_dial	 d = *from;
	struct adding		*a;
	int			 e;

	d.id = d.campaign = d.attempts = d.serial = 0;
	d.state[0] = d.result[0] = d.error[0] = d.call.text[0] = '\0';
	d.updated_at = d.asked_at = -1;
	d.created_at = clock_wall_ms();
	if (d.next_at < 1)
		d.next_at = d.created_at;
	if (check_new(w, &d, from->number, err, err_size) == -1)
		return -1;
	if (d.key[0] == '\0')		/* the row is found again by it */
		(void)snprintf(d.key, sizeof(d.key), "webhookd-%llx-%08x%08x", (unsigned long long)d.created_at, dial_random(), dial_random());
	if ((a = mem_calloc(1, sizeof(*a))) == NULL)
		return -1;
	*a = (struct adding){ w, done, arg, "" };
	(void)snprintf(a->key, sizeof(a->key), "%s", d.key);
	if (store_add_dial(w->store, &d, on_added, a) == 0)
		return 0;
	e = errno;
	free(a);
	errno = e;
	return -1;
}

struct json_object *
dial_vars(struct webhookd *w, int64_t dial)
{
	struct json_object	*vars;
	struct store_dial	 d;

	if (dial < 1 || store_get_dial(w->store, dial, &d) != 1 || d.vars[0] == '\0' ||
	    (vars = json_parse(d.vars, strlen(d.vars), NULL)) == NULL)
		return NULL;
	if (json_object_is_type(vars, json_type_object))
		return vars;
	json_object_put(vars);
	return NULL;
}
