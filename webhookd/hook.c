/* SPDX-License-Identifier: ISC */
/*
 * All webhooks but that of the answer: find the call, move the leg, write it
 * all down, and only then answer (204, or an NCCO where the call needs one).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_flow.h"
#include "webhookd/api.h"
#include "webhookd/calls.h"
#include "webhookd/dial.h"
#include "webhookd/fallback.h"
#include "webhookd/jobs.h"
#include "webhookd/late.h"
#include "webhookd/leg.h"
#include "webhookd/reconnect.h"
#include "webhookd/webhookd.h"

struct pending {		/* a request that waits for its commit */
	struct webhookd	*w;
	struct http_req	*req;
	struct callid	 id;
	char		 key[129];
	bool		 reconnect;
	char		*ncco;		/* what the flow says to it; owned */
	size_t		 ncco_len;
	bool		 fallback;	/* the fallback URL: answered with an NCCO whatever happens */
	bool		 fetching;	/* the job of its recording is being committed, before the event */
	int		 fetch_err;	/* why it was not; 0 */
	bool		 answered;
};

static void
pending_free(struct pending *p)
{
	if (p->fetching)
		return;			/* on_fetch() does it */
	free(p->ncco);
	free(p);
}

static void
on_fetch(void *arg, int rc, int err)
{
	struct pending	*p = arg;

	p->fetching = false;
	if (rc == -1)
		p->fetch_err = err;
	else
		jobs_kick(p->w->jobs);
	if (p->answered)
		pending_free(p);
}

static void
on_committed(void *arg, int rc, int err)
{
	struct pending	*p = arg;

	/* an event that is there already is no error: the one that comes again tries the job again */
	if (rc == 0 && p->fetch_err != 0) {
		rc = -1;
		err = p->fetch_err;
	}
	p->answered = true;
	if (rc == -1 && !p->fallback) {
		p->w->stats.commit_failed++;
		log_error(&(struct log_ctx){ p->id.text }, "store.failed", "what=event cause=%s did=answered_503", LOG_Q(strerror(err)));
		reply_problem(p->req, 503, "Not stored", strerror(err));	/* Vonage sends it again: spec/vonage.md 1.2 */
	} else if (p->ncco != NULL)
		http_reply(p->req, 200, "application/json", p->ncco, p->ncco_len);
	else if (p->fallback)
		http_reply(p->req, 200, "application/json", FALLBACK_LAST, strlen(FALLBACK_LAST));
	else if (p->reconnect)
		reconnect_start(p->w->reconnect, p->req, &p->id, p->key);
	else
		http_reply(p->req, 204, NULL, NULL, 0);
	pending_free(p);
}

/*
 * Which call an event belongs to: its headers, its leg's own call, the call
 * in the address that we gave for it, the call of its leg, its conversation (of
 * a transfer also the old one). NULL: nobody's.
 */
static struct known_call *
call_of(struct webhookd *w, const struct event *ev)
{
	struct known_call	*call = NULL;
	struct store_leg	 leg;
	struct callid		 id;

	if (ev->call.text[0] != '\0')
		call = calls_find(w->calls, &ev->call);
	if (call == NULL && callid_parse(ev->uuid, &id) == 0)
		call = calls_find(w->calls, &id);
	if (call == NULL && ev->c.text[0] != '\0')
		call = calls_find(w->calls, &ev->c);
	if (call == NULL && ev->uuid[0] != '\0' && store_get_leg(w->store, ev->uuid, &leg) == 1 && leg.call.text[0] != '\0')
		call = calls_find(w->calls, &leg.call);
	if (call == NULL)
		call = calls_find_conversation(w->calls, ev->conversation);
	if (call == NULL)
		call = calls_find_conversation(w->calls, ev->conversation_from);
	return call;
}

/* By another webhookd, which had this event, or the first of two: it did what is owed. */
static bool
ended_elsewhere(struct webhookd *w, struct known_call *call)
{
	struct store_call	row;

	if (w->d->common->instances[CONF_WEBHOOKD] < 2 || store_get_call(w->store, &call->row.id, &row) != 1 ||
	    strcmp(row.state, "ended") != 0)
		return false;
	call->row = row;
	call->row.sockd[0] = call->row.brokerd[0] = '\0';	/* brokerd's to say, as in calls.c */
	return true;
}

static void
end_call(struct webhookd *w, struct known_call *call, const struct store_leg *leg)
{
	struct store_call	*row = &call->row;
	char			 reason[sizeof(row->end_reason)];

	if (strcmp(row->state, "ended") == 0 || ended_elsewhere(w, call))
		return;
	(void)snprintf(reason, sizeof(reason), "%s%s%s", leg->status, leg->disconnected_by[0] != '\0' ? " by " : "", leg->disconnected_by);
	(void)snprintf(row->state, sizeof(row->state), "ended");
	(void)snprintf(row->end_reason, sizeof(row->end_reason), "%s", reason);
	row->ended_at = leg->ended_at;
	row->duration_s = leg->duration_s;
	log_info(&(struct log_ctx){ row->id.text }, "call.ended", "cause=%s dur_s=%lld reconnects=%d",
	    LOG_Q(reason), (long long)leg->duration_s, call->reconnects);
	/* first what is owed: a call whose end is on the disk is not ended again */
	summary_after(w, call);
	(void)store_put_call(w->store, row, NULL, NULL);
	(void)store_end_call(w->store, &row->id, reason, leg->ended_at, NULL, NULL);
}

static void
publish(struct webhookd *w, const struct known_call *call, const struct store_leg *leg)
{
	struct msg_state	m = { 0 };

	(void)snprintf(m.leg, sizeof(m.leg), "%.64s", leg->uuid);
	(void)snprintf(m.status, sizeof(m.status), "%s", leg->status);
	(void)snprintf(m.type, sizeof(m.type), "%s", leg->type);
	(void)snprintf(m.direction, sizeof(m.direction), "%s", leg->direction);
	api_events_publish(w, MSG_CALL_STATE, &call->row.id, &m);
}

/*
 * A socket that was lost, or could not be had, in a call that goes on
 * (spec/vonage.md 2.7: these replies may carry an NCCO).
 */
static bool
wants_reconnect(const struct known_call *call, const struct event *ev)
{
	static const char *const	states[] = { "disconnected", "failed", "unanswered", "timeout", "rejected", "busy" };
	size_t				i;

	if (!ev->websocket || strcmp(call->row.state, "ended") == 0 || call->row.ending)
		return false;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(ev->status, states[i]) == 0)
			return true;
	return false;
}

/*
 * Later events of the leg name the new conversation (spec/vonage.md 2.4), and
 * records of either come late. One that was overtaken by a transfer does not move the leg back.
 */
static void
follow_conversation(struct webhookd *w, struct known_call *call, struct store_leg *leg, const struct event *ev,
    const char *before)
{
	if (ev->conversation[0] == '\0' || ev->kind == EVENT_SMS)
		return;
	if (ev->kind != EVENT_TRANSFER && before[0] != '\0' && calls_knows_conversation(call, ev->conversation))
		(void)snprintf(leg->conversation, sizeof(leg->conversation), "%s", before);
	calls_add_conversation(w->calls, call, ev->conversation);
}

/* Move the leg and the call. Returns whether the reply must connect it again. */
static bool
apply(struct webhookd *w, struct known_call *call, const struct event *ev, bool first_time)
{
	struct store_leg	*leg;
	enum leg_change		 change;
	bool			 main_leg = strcmp(ev->uuid, call->row.id.text) == 0;
	char			 before[sizeof(leg->conversation)];

	if (ev->uuid[0] == '\0' || ev->kind == EVENT_FALLBACK || (leg = calls_leg(w->calls, call, ev->uuid)) == NULL)
		return false;
	(void)snprintf(before, sizeof(before), "%s", leg->conversation);
	change = leg_apply(leg, ev, clock_wall_ms());
	follow_conversation(w, call, leg, ev, before);
	if (change == LEG_SAME && first_time)
		w->stats.events_late++;
	(void)store_put_leg(w->store, leg, NULL, NULL);
	if (change != LEG_SAME)
		publish(w, call, leg);
	if (main_leg && strcmp(leg->status, "answered") == 0 && call->row.answered_at == -1) {
		call->row.answered_at = leg->answered_at;
		if (strcmp(call->row.state, "ended") != 0)
			(void)snprintf(call->row.state, sizeof(call->row.state), "answered");
		(void)store_put_call(w->store, &call->row, NULL, NULL);
	}
	/* not only when it changed: a process may have died between the leg's row and the call's */
	if (main_leg && leg->rank == EVENT_RANK_TERMINAL)
		end_call(w, call, leg);
	/* "answered" was lost, and "completed", the only end told, has a duration */
	if (main_leg && strcmp(leg->status, "completed") == 0 && call->row.answered_at == -1 && ev->duration_s > 0)
		call->row.answered_at = ev->start_time != -1 ? ev->start_time : ev->timestamp;
	if (main_leg && call->row.dial != 0)
		dial_event(w, call, ev->status, ev->sub_state[0] != '\0' ? ev->sub_state : ev->detail);
	return wants_reconnect(call, ev);
}

void
hook_apply(struct webhookd *w, struct known_call *call, const struct event *ev)
{
	(void)apply(w, call, ev, true);
}

static void
fill_event(struct store_event *e, const struct known_call *call, const struct event *ev)
{
	*e = (struct store_event){ .received_at = clock_wall_ms() };
	if (call != NULL)
		e->call = call->row.id;
	(void)snprintf(e->leg, sizeof(e->leg), "%s", ev->uuid);
	(void)snprintf(e->conversation, sizeof(e->conversation), "%s", ev->conversation);
	(void)snprintf(e->kind, sizeof(e->kind), "%s", event_kind_name(ev->kind));
	(void)snprintf(e->status, sizeof(e->status), "%s", ev->status);
	event_dedupe_key(ev, e->dedupe, sizeof(e->dedupe));
}

/* An event of a call that we know: move it on, see what the reply must be. */
static void
handle_call(struct webhookd *w, struct pending *p, struct known_call *call, const struct event *ev, const char *key)
{
	bool	first_time = calls_first_time(call, key);

	p->id = call->row.id;
	if (!first_time)
		w->stats.events_doubled++;
	p->reconnect = apply(w, call, ev, first_time) && flow_is_current(w, call, ev);
	if (ev->kind != EVENT_FALLBACK)
		p->ncco = flow_follow(w, call, ev, key, &p->ncco_len);
}

/* What of it a person should see in the log. */
static void
tell(const struct event *ev, const char *call)
{
	struct log_ctx	ctx = { call[0] != '\0' ? call : NULL };

	if (ev->kind == EVENT_ERROR)
		log_error(&ctx, "vonage.error", "reason=%s", LOG_Q(ev->reason));
	else if (ev->kind == EVENT_FALLBACK)
		log_error(&ctx, "vonage.fallback", "of=%s reason=%s did=went_on_safely", LOG_Q(ev->original_type), LOG_Q(ev->reason));
	else if (ev->speech_error[0] != '\0')
		log_warn(&ctx, "vonage.speech", "error=%s", LOG_Q(ev->speech_error));
	log_debug(&ctx, "event", "kind=%s status=%s leg=%s", event_kind_name(ev->kind), LOG_Q(ev->status), LOG_Q(ev->uuid));
}

/* Of somebody who was forgotten: nothing of it stays. */
static void
reply_late(struct webhookd *w, struct http_req *req, const struct event *ev)
{
	w->stats.events_forgotten++;
	if (ev->kind == EVENT_FALLBACK)
		http_reply(req, 200, "application/json", "[]", 2);
	else
		http_reply(req, 204, NULL, NULL, 0);
}

/* What was said to an input with saveAudio (spec/vonage.md 3.7), as a record event would tell it. NULL: no memory. */
static struct json_object *
spoken_input(const struct event *ev)
{
	struct json_object	*o = json_object_new_object();

	if (o != NULL && json_add_str(o, "recording_url", ev->recording_url) == 0 &&
	    json_add_str(o, "conversation_uuid", ev->conversation) == 0)
		return o;
	json_object_put(o);
	return NULL;
}

/* A recording without a uuid is known by its event only. */
static bool
brings_recording(struct webhookd *w, const struct event *ev)
{
	char	key[129];

	if (ev->kind != EVENT_INPUT || ev->recording_url[0] == '\0')
		return ev->kind == EVENT_RECORD;
	event_dedupe_key(ev, key, sizeof(key));
	return key[0] == '\0' || store_has_event(w->store, key) != 1;
}

/*
 * Before anything else is made of the event: an event that is stored is not sent again, and its recording
 * would be lost with the job. false: answered 503, and the one that comes again is the first.
 */
static bool
takes_recording(struct pending *p, const struct known_call *call, struct json_object *obj, const struct event *ev)
{
	struct json_object	*members = ev->kind == EVENT_RECORD ? json_object_get(obj) : spoken_input(ev);
	struct callid		 id = { "" };
	int			 rc = -1, e = ENOMEM;

	if (call != NULL)
		id = call->row.id;
	if (members != NULL) {
		rc = fetch_add(p->w, call != NULL ? &id : NULL, members, on_fetch, p);
		e = errno;
		json_object_put(members);
	}
	p->fetching = rc == 0;
	if (rc != -1)
		return true;
	if (e == EINVAL || e == EPERM || e == EMSGSIZE)		/* nothing to be had, now or later: it was said */
		return true;
	p->w->stats.commit_failed++;
	log_error(&(struct log_ctx){ id.text }, "store.failed", "what=recording cause=%s did=answered_503", LOG_Q(strerror(e)));
	reply_problem(p->req, 503, "Not stored", strerror(e));
	return false;
}

void
hook_handle(struct webhookd *w, struct http_req *req, struct json_object *obj, const struct event *ev)
{
	struct known_call	*call;
	struct store_event	 e;
	struct pending		*p;

	dial_adopt(w, ev->d, ev->n, ev->uuid, ev->conversation, ev->to);
	call = ev->kind != EVENT_SMS ? call_of(w, ev) : NULL;
	w->stats.events++;
	if (late_event(w, call, ev)) {
		reply_late(w, req, ev);
		return;
	}
	if (call == NULL && ev->kind != EVENT_SMS)
		call = flow_adopt(w, ev);
	if ((p = mem_calloc(1, sizeof(*p))) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	p->w = w;
	p->req = req;
	if (brings_recording(w, ev) && !takes_recording(p, call, obj, ev)) {
		free(p);
		return;
	}
	fill_event(&e, call, ev);
	e.body = webhook_body(req, obj, &e.body_len);
	(void)snprintf(p->key, sizeof(p->key), "%s", e.dedupe);
	if (call != NULL)
		handle_call(w, p, call, ev, e.dedupe);
	if (ev->kind == EVENT_FALLBACK) {
		p->fallback = true;
		p->ncco = fallback_make(w, call, ev, &p->ncco_len);
	}
	tell(ev, p->id.text);
	if (store_add_event(w->store, &e, on_committed, p) == -1)
		on_committed(p, -1, errno);
}
