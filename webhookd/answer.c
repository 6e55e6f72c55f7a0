/* SPDX-License-Identifier: ISC */
/*
 * The answer webhook: who calls, which route, which flow, which socket. The
 * NCCO goes out when the call's row and the event are committed, so that no call that was
 * answered is unknown after a crash; but a caller waits for a slow disk no longer than COMMIT_MS, and a
 * disk that refuses costs the row, not the call.
 * Vonage may ask twice (spec/vonage.md 1.2): the same call gets the same NCCO.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_dial.h"
#include "common/store_flow.h"
#include "webhookd/calls.h"
#include "webhookd/dial.h"
#include "webhookd/fallback.h"
#include "webhookd/gate.h"
#include "webhookd/late.h"
#include "webhookd/ncco.h"
#include "webhookd/route_choice.h"
#include "webhookd/webhookd.h"

#define OPEN_MS		86400000	/* a call that never ended counts no longer than that for a route */
#define AGAIN_MS	30000	/* an NCCO is given again for so long; then its token is too old */

#define COMMIT_MS	500	/* of the 5000 that Vonage waits; groups are committed every STORE_GROUP_MS */

struct answer {			/* an NCCO that waits for its commit */
	struct webhookd		*w;
	struct http_req		*req;		/* NULL: answered */
	struct callid		 id;
	char			*ncco;
	size_t			 ncco_len;
	struct loop_watch	*timer;
};

static void
answer_send(struct answer *a)
{
	http_reply(a->req, 200, "application/json", a->ncco, a->ncco_len);
	a->req = NULL;
}

static void
on_committed(void *arg, int rc, int err)
{
	struct answer	*a = arg;

	if (rc == -1) {
		a->w->stats.commit_failed++;
		log_error(&(struct log_ctx){ a->id.text }, "store.failed", "what=answer cause=%s did=went_on", LOG_Q(strerror(err)));
	}
	if (a->req != NULL)
		answer_send(a);
	loop_watch_free(a->w->d->loop, a->timer);
	free(a->ncco);
	free(a);
}

static void
on_late(void *arg)
{
	struct answer	*a = arg;

	log_warn(&(struct log_ctx){ a->id.text }, "store.late", "what=answer ms=%d did=answered", COMMIT_MS);
	answer_send(a);
}

/* NULL: no memory. */
static struct answer *
answer_new(struct webhookd *w, struct http_req *req, const struct known_call *call)
{
	struct answer	*a;

	if ((a = mem_calloc(1, sizeof(*a))) == NULL)
		return NULL;
	*a = (struct answer){ .w = w, .req = req, .id = call->row.id, .ncco_len = call->ncco_len };
	if ((a->ncco = mem_strndup(call->ncco, call->ncco_len)) == NULL ||
	    (a->timer = loop_timer_new(w->d->loop, on_late, a)) == NULL) {
		free(a->ncco);
		free(a);
		return NULL;
	}
	loop_timer_set(w->d->loop, a->timer, COMMIT_MS * INT64_C(1000));
	return a;
}

/* Numbers are E.164 without "+"; contacts may be asked with it. */
static const char *
plain_number(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

/* ---- who calls, or is called ---- */

static bool
find_contact(struct webhookd *w, struct store_call *row, struct store_contact *contact)
{
	const struct webhookd_conf *conf = conf_of(w);
	const char	*person = strcmp(row->direction, "outbound") == 0 ? row->called : row->caller;

	(void)snprintf(row->language, sizeof(row->language), "%s", conf->language);
	(void)snprintf(row->assistant, sizeof(row->assistant), "%s", conf->assistant);
	if (person[0] == '\0' || store_get_contact(w->store, plain_number(person), contact) != 1)
		return false;
	(void)snprintf(row->name, sizeof(row->name), "%s", contact->name);
	if (contact->language[0] != '\0')
		(void)snprintf(row->language, sizeof(row->language), "%s", contact->language);
	if (contact->assistant[0] != '\0')
		(void)snprintf(row->assistant, sizeof(row->assistant), "%s", contact->assistant);
	return true;
}

static void
fill_row(struct store_call *row, const struct event *ev)
{
	(void)snprintf(row->conversation, sizeof(row->conversation), "%s", ev->conversation);
	if (row->direction[0] == '\0')
		(void)snprintf(row->direction, sizeof(row->direction), ev->d > 0 || row->dial != 0 ? "outbound" : "inbound");
	(void)snprintf(row->caller, sizeof(row->caller), "%s", plain_number(ev->from));
	(void)snprintf(row->called, sizeof(row->called), "%.63s", plain_number(ev->to));
	(void)snprintf(row->region_url, sizeof(row->region_url), "%s", ev->region_url);
	if (row->state[0] == '\0')
		(void)snprintf(row->state, sizeof(row->state), "new");
	if (row->started_at == -1)
		row->started_at = clock_wall_ms();
}

/* ---- which flow ---- */

static bool
route_full(struct webhookd *w, const struct known_call *call, const struct route_conf *r)
{
	const char	*flow = r->flow[0] != '\0' ? r->flow : conf_of(w)->flow;
	int64_t		 stored;
	size_t		 known;

	if (r->max_calls == 0)
		return false;
	/* Others' calls are in the store, our newest only here. */
	known = calls_count_flow(w->calls, flow, r->called, &call->row.id);
	stored = store_count_open(w->store, flow, r->called, clock_wall_ms() - OPEN_MS);
	return known >= (size_t)r->max_calls || stored >= r->max_calls;
}

/* The flow of an incoming call; NULL: a route fits, but all that do are full. */
static const char *
choose_flow(struct webhookd *w, struct known_call *call, bool known, bool blocked)
{
	const struct webhookd_conf *conf = conf_of(w);
	struct store_call	*row = &call->row;
	struct route_call	 rc = { row->called, row->caller, known, blocked };
	const struct route_conf	*r;
	bool			 seen = false;
	size_t			 i;

	for (i = 0; (i = route_choose(conf->routes, conf->nroutes, i, &rc, clock_wall_ms())) < conf->nroutes; i++) {
		r = &conf->routes[i];
		seen = true;
		if (route_full(w, call, r))
			continue;
		if (r->language[0] != '\0')
			(void)snprintf(row->language, sizeof(row->language), "%s", r->language);
		if (r->assistant[0] != '\0')
			(void)snprintf(row->assistant, sizeof(row->assistant), "%s", r->assistant);
		return r->flow[0] != '\0' ? r->flow : conf->flow;
	}
	if (blocked)
		return "blocked";
	return seen ? NULL : conf->flow;
}

/* A call that we placed: its flow and variables are of the dial. The variables are the caller's. */
static const char *
flow_of_dial(struct webhookd *w, struct known_call *call, int64_t id, struct store_dial *dial, struct json_object **ret_vars)
{
	struct json_object	*vars;

	if (store_get_dial(w->store, id, dial) != 1) {
		log_error(&(struct log_ctx){ call->row.id.text }, "answer.no_dial", "dial=%lld did=default_flow", (long long)id);
		return conf_of(w)->flow;
	}
	call->row.dial = id;
	vars = dial->vars[0] != '\0' ? json_parse(dial->vars, strlen(dial->vars), NULL) : NULL;
	if (json_object_is_type(vars, json_type_object))
		*ret_vars = vars;
	else
		json_object_put(vars);
	return dial->flow;
}

static bool
full(struct webhookd *w)
{
	struct bus_peer	*peer;
	int64_t		 calls = 0;
	size_t		 i;

	for (i = 0; (peer = bus_peer_at(w->d->bus, i)) != NULL; i++)
		if (peer->daemon == CONF_SOCKD && peer->alive)
			calls += peer->calls;
	return calls >= conf_of(w)->max_calls;
}

/* ---- the answer ---- */

/* Sends the NCCO too, then or later. */
static void
store_answer(struct webhookd *w, const struct known_call *call, struct http_req *req, struct json_object *obj,
    const struct event *ev)
{
	const struct store_call	*row = &call->row;
	struct store_event	 e = { .call = row->id, .received_at = clock_wall_ms() };
	struct answer		*a;

	(void)snprintf(e.leg, sizeof(e.leg), "%s", ev->uuid);
	(void)snprintf(e.conversation, sizeof(e.conversation), "%s", ev->conversation);
	(void)snprintf(e.kind, sizeof(e.kind), "answer");
	e.body = webhook_body(req, obj, &e.body_len);
	if ((a = answer_new(w, req, call)) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	/* one after the other: when the event is committed, the call is */
	if (store_put_call(w->store, row, NULL, NULL) == -1 || store_add_event(w->store, &e, on_committed, a) == -1)
		on_committed(a, -1, errno);
}

/* The first step; NULL with a reason: the call is to hear "busy". */
static char *
begin(struct webhookd *w, struct known_call *call, const char *flow, struct json_object *vars, size_t *ret_len, const char **ret_why)
{
	const struct flow	*f = flow != NULL ? flow_find(w->flows, flow) : NULL;
	char			*text;

	if (flow == NULL)
		*ret_why = "max_calls of its routes";
	else if (w->d->draining)
		*ret_why = "draining";
	else if (f == NULL)
		*ret_why = "no_flow";
	else if (flow_step_find(f, FLOW_START)->socket && full(w))
		*ret_why = "max_calls";
	else if ((text = flow_enter(w, call, flow, NULL, vars, ret_len)) != NULL)
		return text;
	else
		*ret_why = errno == ENOTCONN ? "no_sockd" : "no_memory";
	return NULL;
}

/* The NCCO for a call that is new, or whose last one is too old. */
static int
decide(struct webhookd *w, struct known_call *call, const struct event *ev, const char *flow)
{
	struct log_ctx		 ctx = { call->row.id.text };
	struct store_contact	 contact = { .blocked = false };
	struct store_dial	 dial;
	struct json_object	*vars = NULL;
	const char		*why = NULL;
	bool			 known = find_contact(w, &call->row, &contact);

	if (flow == NULL)
		flow = ev->d > 0 || call->row.dial != 0 ? flow_of_dial(w, call, ev->d > 0 ? ev->d : call->row.dial, &dial, &vars) : choose_flow(w, call, known, contact.blocked);
	if (flow != NULL)
		(void)snprintf(call->row.flow, sizeof(call->row.flow), "%s", flow);
	free(call->ncco);
	call->ncco = begin(w, call, flow, vars, &call->ncco_len, &why);
	json_object_put(vars);
	if (why != NULL && strcmp(why, "no_flow") == 0 && contact.blocked)	/* nothing to be told */
		call->ncco = mem_strndup("[]", call->ncco_len = 2);
	else if (why != NULL)
		call->ncco = ncco_make(w, call, "busy", FLOW_START, NULL, &call->ncco_len);
	/* Only an answer that leads somewhere is given again; "busy" is asked anew. */
	call->ncco_mono_ms = why == NULL ? clock_mono_ms() : clock_mono_ms() - AGAIN_MS;
	if (why != NULL) {
		w->stats.busy++;
		log_warn(&ctx, "answer.busy", "cause=%s", LOG_Q(why));
	} else
		log_info(&ctx, "answer", "flow=%s assistant=%s language=%s known=%d", call->row.flow,
		    LOG_Q(call->row.assistant), LOG_Q(call->row.language), known);
	return call->ncco != NULL ? 0 : -1;
}

/*
 * The NCCO is in call->ncco. After a restart, or when it is too old, a call that is
 * in a flow already gets the NCCO of where it is.
 */
static int
answer_again(struct webhookd *w, struct known_call *call)
{
	char	*text;

	w->stats.answers_again++;
	if (call->ncco != NULL && clock_mono_ms() - call->ncco_mono_ms < AGAIN_MS)
		return 0;
	if ((text = flow_again(w, call, &call->ncco_len)) == NULL)
		return -1;
	free(call->ncco);
	call->ncco = text;
	call->ncco_mono_ms = clock_mono_ms();
	return 0;
}

static bool
answered_before(struct webhookd *w, struct known_call *call)
{
	const struct event	none = { .n = -1 };

	if (call->ncco != NULL && clock_mono_ms() - call->ncco_mono_ms < AGAIN_MS)
		return true;
	(void)flow_is_current(w, call, &none);		/* reads the state */
	return call->flow.flow[0] != '\0' && call->row.started_at != -1 && call->row.answered_at == -1 &&
	    strcmp(call->row.state, "ended") != 0;
}

/*
 * A number that calls too often: the flow "busy", and nothing of it is stored or
 * remembered. Never an error: Vonage would ask the fallback URL, which has no limit.
 */
static void
answer_limited(struct webhookd *w, struct http_req *req, const struct callid *id, const struct event *ev)
{
	struct known_call	*call;
	struct store_contact	 contact;
	char			*text = NULL;
	size_t			 len = 0;

	if ((call = mem_calloc(1, sizeof(*call))) != NULL) {
		store_call_init(&call->row);
		call->row.id = *id;
		fill_row(&call->row, ev);
		(void)find_contact(w, &call->row, &contact);
		text = ncco_make(w, call, "busy", FLOW_START, NULL, &len);
	}
	http_reply(req, 200, "application/json", text != NULL ? text : FALLBACK_LAST, text != NULL ? len : strlen(FALLBACK_LAST));
	free(text);
	free(call);
}

void
answer_handle(struct webhookd *w, struct http_req *req, struct json_object *obj)
{
	struct known_call	*call;
	struct event		 ev;
	struct callid		 id;

	event_parse(obj, &ev);
	event_clear(&ev);			/* nothing nested is read here */
	event_read_query(http_query(req), &ev);
	dial_adopt(w, ev.d, ev.n, ev.uuid, ev.conversation, ev.to);
	if (callid_parse(ev.uuid, &id) == -1) {
		w->stats.bad_requests++;
		log_warn(NULL, "answer.refused", "cause=uuid peer=%s", http_peer(req));
		reply_problem(req, 400, "Bad Request", "uuid: absent, or not 1 to 64 characters of 0-9 A-Z a-z _ . -");
		return;
	}
	if (late_call(w, &id)) {
		w->stats.events_forgotten++;
		http_reply(req, 200, "application/json", "[]", 2);
		return;
	}
	/* one that is known was let in before, or is our own */
	if (ev.kind == EVENT_ANSWER && calls_find(w->calls, &id) == NULL && !gate_caller(w->gate, req, &ev)) {
		answer_limited(w, req, &id, &ev);
		return;
	}
	if ((call = calls_add(w->calls, &id)) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	if (ev.kind != EVENT_ANSWER && call->row.answered_at != -1) {
		w->stats.bad_requests++;
		log_warn(&(struct log_ctx){ id.text }, "answer.refused", "cause=malformed peer=%s", http_peer(req));
		reply_problem(req, 400, "Bad Request", "no answer webhook, and this call was answered");
		return;
	}
	w->stats.answers++;
	if (!answered_before(w, call) || answer_again(w, call) == -1) {
		fill_row(&call->row, &ev);
		if (decide(w, call, &ev, NULL) == -1) {
			reply_problem(req, 503, "Out of memory", NULL);
			return;
		}
		store_answer(w, call, req, obj, &ev);
		return;
	}
	http_reply(req, 200, "application/json", call->ncco, call->ncco_len);
}
