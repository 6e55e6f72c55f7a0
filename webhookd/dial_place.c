/* SPDX-License-Identifier: ISC */
/*
 * One attempt: its row is committed, the request is sent, the call's id is
 * committed. A slot is used from the first commit to the last, so that nobody
 * takes the attempt for one that was left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "webhookd/calls.h"
#include "webhookd/dial_impl.h"
#include "webhookd/vonage.h"

#define STORE_AGAIN_MS	5000	/* after a commit that failed (a full disk) */

static void
free_slot(struct dial_slot *s)
{
	s->used = false;
	s->row.id = 0;
}

/* ---- the answer ---- */

static void
on_stored(void *arg, int rc, int err)
{
	struct dial_slot	*s = arg;

	/* Not told to the store: the row stays "placing" and is looked up, as after a kill. */
	if (rc == -1 && err != ENOENT)
		log_error(NULL, "dial.unstored", "dial=%lld n=%d cause=%s did=look_up", (long long)s->row.id, s->n, LOG_Q(strerror(err)));
	free_slot(s);
}

static void
store_end(struct dial_slot *s, const char *state, int64_t next_at, const char *result, const char *text)
{
	if (store_end_dial(s->ds->w->store, s->row.id, s->n, state, next_at, result, text, clock_wall_ms(), on_stored, s) == -1)
		on_stored(s, -1, errno);
}

/* Nothing was placed, and not because of the number: again, when Vonage takes calls. */
static void
not_taken(struct dial_slot *s, int64_t wait_ms, const char *text)
{
	dial_hold_back(s->ds, wait_ms);
	log_warn(NULL, "dial.held", "dial=%lld n=%d cause=%s wait_ms=%d", (long long)s->row.id, s->n, LOG_Q(text), s->ds->hold_ms);
	store_end(s, "waiting", clock_wall_ms() + s->ds->hold_ms, "not_taken", text);
}

static void
unknown(struct dial_slot *s, const char *text)
{
	s->ds->stats.unknown++;
	log_warn(NULL, "dial.unknown", "dial=%lld n=%d cause=%s did=look_up", (long long)s->row.id, s->n, LOG_Q(text));
	if (store_set_unknown(s->ds->w->store, s->row.id, s->n, on_stored, s) == -1)
		on_stored(s, -1, errno);
}

static void
placed(struct dial_slot *s, const struct vonage_reply *r)
{
	const char	*uuid = r->body == NULL ? NULL : json_get_str(r->body, "uuid");
	struct callid	 call;

	if (uuid == NULL || callid_parse(uuid, &call) == -1) {
		unknown(s, "an answer without uuid");
		return;
	}
	s->ds->hold_ms = 0;
	s->ds->placed_at = clock_wall_ms();
	campaign_placed(s->ds, s->row.campaign);
	s->ds->stats.placed++;
	log_info(&(struct log_ctx){ call.text }, "dial.placed", "dial=%lld n=%d campaign=%lld", (long long)s->row.id, s->n,
	    (long long)s->row.campaign);
	dial_is_call(s->ds, s->row.id, s->n, &call, json_get_str_or(r->body, "conversation_uuid", ""), on_stored, s);
}

static void
refused(struct dial_slot *s, const char *text)
{
	s->ds->stats.refused++;
	log_warn(NULL, "dial.refused", "dial=%lld n=%d cause=%s", (long long)s->row.id, s->n, LOG_Q(text));
	store_end(s, "failed", -1, "refused", text);
}

/*
 * Of the account, or of a server that is not Vonage (a wrong address, a page that redirects): it says nothing of the
 * number, and would be the end of each number of a campaign.
 */
static bool
is_not_the_number(long status)
{
	return (status >= 300 && status < 400) || status == 402 || status == 404 || status == 405;
}

/*
 * 403: the account may not, or not call there. It is tried again as other troubles of the account, but alone: the others
 * may go. A number that gets it again after others were called is the one that is meant.
 */
static void
forbidden(struct dial_slot *s, const char *text)
{
	if (strcmp(s->row.result, "forbidden") == 0 && s->ds->placed_at > s->row.updated_at) {
		refused(s, text);
		return;
	}
	log_warn(NULL, "dial.held", "dial=%lld n=%d cause=%s wait_ms=%d", (long long)s->row.id, s->n, LOG_Q(text), DIAL_HOLD_MAX_MS);
	store_end(s, "waiting", clock_wall_ms() + DIAL_HOLD_MAX_MS, "forbidden", text);
	campaign_forbidden(s->ds, s->row.campaign, text);
}

static void
on_reply(void *arg, const struct vonage_reply *r)
{
	struct dial_slot	*s = arg;

	switch (r->result) {
	case VONAGE_OK:
		placed(s, r);
		return;
	case VONAGE_RETRY:
		if (r->status != 400) {
			not_taken(s, r->retry_after_ms, r->text);
			return;
		}
		/* a body that was refused will be again */
		/* FALLTHROUGH */
	case VONAGE_GONE:
	case VONAGE_REFUSED:
		if (r->status == 403)
			forbidden(s, r->text);
		else if (is_not_the_number(r->status))
			not_taken(s, DIAL_HOLD_MAX_MS, r->text);
		else
			refused(s, r->text);
		return;
	case VONAGE_UNKNOWN:
		unknown(s, r->text);
		return;
	}
}

/* ---- the request ---- */

static struct json_object *
make_body(const struct dial_slot *s, char *err, size_t err_size)
{
	const struct dial_options	*o = &s->o;
	char				 answer[400], event[400];
	struct vonage_call_spec		 spec = { .type = VONAGE_PHONE, .to = s->row.number,
	    .from = o->from[0] != '\0' ? o->from : NULL, .random_from_number = o->random_from, .answer_url = answer,
	    .answer_method = "POST", .event_url = event, .event_method = "POST", .length_timer_s = o->length_timer_s,
	    .ringing_timer_s = o->ringing_timer_s };

	(void)snprintf(answer, sizeof(answer), "%s/webhooks/answer?d=%lld&n=%d", s->ds->w->public_url, (long long)s->row.id, s->n);
	(void)snprintf(event, sizeof(event), "%s/webhooks/event?d=%lld&n=%d", s->ds->w->public_url, (long long)s->row.id, s->n);
	if (o->amd != DIAL_AMD_OFF) {
		spec.amd_mode = dial_amd_names[o->amd];
		spec.amd_behavior = o->amd_hangup ? "hangup" : "continue";
		spec.amd_beep_timeout_s = o->beep_timeout_s;
	}
	return vonage_call_body(&spec, err, err_size);
}

static void
send_request(struct dial_slot *s)
{
	char			 err[200] = "";
	struct json_object	*body = make_body(s, err, sizeof(err));
	int			 rc, e;

	if (body == NULL) {
		e = errno;
		if (e == EINVAL)
			refused(s, err);
		else
			not_taken(s, -1, strerror(e));
		return;
	}
	rc = vonage_create(s->ds->w->vonage, body, on_reply, s);
	e = errno;
	json_object_put(body);
	if (rc == -1)
		not_taken(s, e == ENOKEY ? DIAL_HOLD_MAX_MS : -1, e == ENOKEY ? "no application_id or private_key" : strerror(e));
}

/* ---- the attempt ---- */

static void
on_attempt(void *arg, int rc, int err)
{
	struct dial_slot	*s = arg;

	if (rc == -1) {
		if (err != ENOENT) {	/* ENOENT: another webhookd has it or called the number, or it was stopped; the next tick sees */
			log_error(NULL, "dial.unstored", "dial=%lld cause=%s did=not_placed", (long long)s->row.id, LOG_Q(strerror(err)));
			dial_hold_back(s->ds, STORE_AGAIN_MS);
		}
		free_slot(s);
	} else if (s->ds->w->d->draining || clock_mono_ms() - s->added_mono_ms > DIAL_STALE_MS)
		/* others may take it for left behind by now: a late request could be a second call */
		store_end(s, "waiting", clock_wall_ms(), "not_sent", "late");
	else
		send_request(s);
}

bool
dial_place(struct dials *ds, const struct store_dial *d, const struct dial_options *o)
{
	struct dial_slot	*s = NULL;
	struct store_attempt	 a = { .dial = d->id, .n = d->serial + 1, .at = clock_wall_ms() };
	size_t			 i;

	for (i = 0; i < DIAL_SLOTS && s == NULL; i++)
		if (!ds->slots[i].used)
			s = &ds->slots[i];
	if (s == NULL)
		return false;
	*s = (struct dial_slot){ .ds = ds, .used = true, .n = a.n, .added_mono_ms = clock_mono_ms(), .row = *d, .o = *o };
	(void)snprintf(a.owner, sizeof(a.owner), "%.23s", ds->w->d->name);
	(void)snprintf(a.from_number, sizeof(a.from_number), "%s", o->from);
	if (store_add_attempt(ds->w->store, &a, o->max_per_day, a.at - DIAL_DAY_MS, on_attempt, s) == 0)
		return true;
	log_error(NULL, "dial.unstored", "dial=%lld cause=%s did=not_placed", (long long)d->id, LOG_Q(strerror(errno)));
	dial_hold_back(ds, STORE_AGAIN_MS);
	free_slot(s);
	return false;
}

/* ---- its call ---- */

static void
fill_call(struct store_call *row, const struct store_dial *d, const char *conversation, const char *from)
{
	row->dial = d->id;
	(void)snprintf(row->direction, sizeof(row->direction), "outbound");
	(void)snprintf(row->called, sizeof(row->called), "%s", d->number);
	if (from[0] != '\0')
		(void)snprintf(row->caller, sizeof(row->caller), "%s", from);
	(void)snprintf(row->flow, sizeof(row->flow), "%s", d->flow);
	if (conversation[0] != '\0')
		(void)snprintf(row->conversation, sizeof(row->conversation), "%.63s", conversation);
	if (row->state[0] == '\0')
		(void)snprintf(row->state, sizeof(row->state), "new");
	if (row->started_at == -1)
		row->started_at = clock_wall_ms();
}

void
dial_is_call(struct dials *ds, int64_t dial, int n, const struct callid *call, const char *conversation,
    store_done *done, void *arg)
{
	struct known_call	*known = calls_add(ds->w->calls, call);
	struct dial_options	 o;
	struct store_dial	 d;
	char			 err[200];

	if (done == NULL) {
		done = dial_written;
		arg = ds;
	}
	if (known != NULL && store_get_dial(ds->w->store, dial, &d) == 1) {
		if (dial_options_of(ds->w, &d, &o, err, sizeof(err)) == -1)
			o.from[0] = '\0';
		fill_call(&known->row, &d, conversation, o.from);
		(void)store_put_call(ds->w->store, &known->row, NULL, NULL);
	}
	if (store_set_placed(ds->w->store, dial, n, call, clock_wall_ms(), done, arg) == -1)
		done(arg, -1, errno);
}
