/* SPDX-License-Identifier: ISC */
#include "webhookd/late.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/store_forget.h"
#include "webhookd/calls.h"
#include "webhookd/event.h"
#include "webhookd/webhookd.h"

static bool
known(int64_t rc)
{
	if (rc == -1)
		log_warn(NULL, "store.failed", "what=forgotten cause=%s", LOG_Q(strerror(errno)));
	return rc > 0;
}

static bool
id_gone(struct webhookd *w, const char *id)
{
	return known(store_id_forgotten(w->store, id));
}

/* Of a leg that nobody knows: one that began before that number was forgotten. Without a time it is taken for new. */
static bool
number_gone(struct webhookd *w, const struct event *ev, const char *number)
{
	int64_t	began = ev->start_time != -1 ? ev->start_time : ev->timestamp, at;

	if (began == -1 || number[0] == '\0')
		return false;
	at = store_number_forgotten(w->store, number, clock_wall_ms() - LATE_NUMBER_MS);
	return known(at) && began < at;
}

bool
late_call(struct webhookd *w, const struct callid *id)
{
	if (!id_gone(w, id->text))
		return false;
	log_info(&(struct log_ctx){ id->text }, "event.forgotten", "kind=answer did=not_stored");
	calls_drop(w->calls, id);
	return true;
}

/* Whether its call could be one: a call that goes on is not forgotten, but another of several webhookds may know better. */
static bool
may_be_gone(struct webhookd *w, const struct known_call *call)
{
	return strcmp(call->row.state, "ended") == 0 || w->d->common->instances[CONF_WEBHOOKD] > 1;
}

static bool
is_late(struct webhookd *w, const struct known_call *call, const struct event *ev)
{
	const char	*own = call != NULL ? call->row.id.text : "";

	if (call != NULL && may_be_gone(w, call) && id_gone(w, own))
		return true;
	/* the leg of a person in the call of another */
	if (strcmp(ev->uuid, own) != 0 && id_gone(w, ev->uuid))
		return true;
	if (call != NULL)
		return false;
	if (id_gone(w, ev->c.text) || id_gone(w, ev->call.text))
		return true;
	/* of a conversation only what has no leg: others may have joined it */
	if (ev->uuid[0] == '\0' && id_gone(w, ev->conversation))
		return true;
	return number_gone(w, ev, ev->from) || number_gone(w, ev, ev->to);
}

bool
late_event(struct webhookd *w, const struct known_call *call, const struct event *ev)
{
	struct callid	id = { "" };

	if (!is_late(w, call, ev))
		return false;
	if (call != NULL)
		id = call->row.id;
	log_info(&(struct log_ctx){ id.text[0] != '\0' ? id.text : NULL }, "event.forgotten", "kind=%s status=%s did=not_stored",
	    event_kind_name(ev->kind), LOG_Q(ev->status));
	/* of another's call that goes on only the leg is forgotten */
	if (call != NULL && may_be_gone(w, call))
		calls_drop(w->calls, &id);
	return true;
}
