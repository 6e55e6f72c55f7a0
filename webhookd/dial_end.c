/* SPDX-License-Identifier: ISC */
/* What events make of a dial: adopted, over, tried again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "webhookd/calls.h"
#include "webhookd/dial_impl.h"
#include "webhookd/dialresult.h"

void
dial_adopt(struct webhookd *w, int64_t dial, int64_t n, const char *uuid, const char *conversation, const char *to)
{
	struct known_call	*known;
	struct store_attempt	 a;
	struct store_dial	 d;
	struct callid		 call;

	if (dial < 1 || n < 1 || callid_parse(uuid, &call) == -1)
		return;
	if ((known = calls_find(w->calls, &call)) != NULL && known->row.dial == dial)
		return;
	if (store_find_attempt_of_call(w->store, &call, &a) != 0 || store_get_dial(w->store, dial, &d) != 1)
		return;
	if (*to != '\0' && strcmp(*to == '+' ? to + 1 : to, d.number) != 0)
		return;
	if (d.serial != n || strcmp(d.state, "placing") != 0) {
		log_warn(&(struct log_ctx){ call.text }, "dial.stray", "dial=%lld n=%lld state=%s serial=%d", (long long)dial,
		    (long long)n, d.state, d.serial);
		return;
	}
	w->dials->stats.adopted++;
	log_info(&(struct log_ctx){ call.text }, "dial.adopted", "dial=%lld n=%lld", (long long)dial, (long long)n);
	dial_is_call(w->dials, dial, (int)n, &call, conversation, NULL, NULL);
	dial_lookup_forget(w->dials, dial);
}

static void
end(struct dials *ds, const struct store_dial *d, const struct dial_options *o, const struct dial_outcome *out, bool amend)
{
	/* the attempt counts from the commit of its call, which may be on its way */
	int		 attempts = d->attempts + (strcmp(d->state, "placing") == 0);
	const char	*state = out->then == DIAL_REACHED ? "done" : "failed";
	int64_t		 now = clock_wall_ms(), next_at = -1;

	if (out->then == DIAL_AGAIN && attempts < o->max_attempts) {
		state = "waiting";
		next_at = now + dialresult_pause_ms(o->retry_ms, attempts, dial_random());
		ds->stats.retries++;
	} else if (out->then == DIAL_REACHED)
		ds->stats.reached++;
	else
		ds->stats.failed++;
	log_info(&(struct log_ctx){ d->call.text }, "dial.over", "dial=%lld n=%d attempts=%d result=%s state=%s", (long long)d->id,
	    d->serial, attempts, out->result, state);
	if (store_end_dial(ds->w->store, d->id, d->serial, state, next_at, out->result, "", now, dial_written, ds) == -1 ||
	    (amend && store_amend_dial(ds->w->store, d->id, d->serial, state, next_at, out->result, now, dial_written, ds) == -1))
		dial_written(ds, -1, errno);
	dials_kick(ds);
}

#define COMMIT_MS	10000	/* what is not in the store by then is not on its way any more */

/* What was told already: here, where its commit may be on its way, or to the store. "" nothing. */
static const char *
told_before(const struct known_call *call, const struct store_dial *d)
{
	if (call->dial_over[0] != '\0' && clock_mono_ms() - call->dial_over_mono_ms < COMMIT_MS)
		return call->dial_over;
	return strcmp(d->state, "placing") != 0 && strcmp(d->state, "calling") != 0 ? d->result : "";
}

static void
note_machine(struct webhookd *w, struct known_call *call, const char *status, const char *detail)
{
	const char	*what = *detail != '\0' ? detail : status;

	if (strcmp(status, "human") != 0 && strcmp(status, "machine") != 0)
		return;
	if (strcmp(call->row.machine, what) == 0)
		return;
	(void)snprintf(call->row.machine, sizeof(call->row.machine), "%.15s", what);
	if (store_put_call(w->store, &call->row, dial_written, w->dials) == -1)
		dial_written(w->dials, -1, errno);
}

void
dial_event(struct webhookd *w, struct known_call *call, const char *status, const char *detail)
{
	struct dial_outcome	 out;
	struct dial_options	 o;
	struct store_attempt	 a;
	struct store_dial	 d;
	char			 err[200];
	const char		*told;
	bool			 answered = call->row.answered_at != -1 || call->ncco != NULL;	/* asked for when it is answered */

	if (call->row.dial == 0)
		return;
	note_machine(w, call, status, detail);
	out = dialresult_of(status, detail, answered, call->row.machine, false);
	if (out.then == DIAL_GOES_ON || store_get_dial(w->store, call->row.dial, &d) != 1)
		return;
	if (store_find_attempt_of_call(w->store, &call->row.id, &a) == 1 && a.n != d.serial)
		return;			/* a late word about an earlier attempt */
	told = told_before(call, &d);
	if (told[0] != '\0' && (strcmp(told, "unanswered") != 0 || strcmp(status, "completed") == 0))
		return;			/* one end of a call, often told as "unanswered" and "completed" at once */
	if (dial_options_of(w, &d, &o, err, sizeof(err)) == -1)
		dial_options_default(&o);
	out = dialresult_of(status, detail, answered, call->row.machine, o.retry_machine);
	if (strcmp(out.result, told) == 0)
		return;
	d.call = call->row.id;
	(void)snprintf(call->dial_over, sizeof(call->dial_over), "%s", out.result);
	call->dial_over_mono_ms = clock_mono_ms();
	end(w->dials, &d, &o, &out, strcmp(status, "completed") != 0);
}
