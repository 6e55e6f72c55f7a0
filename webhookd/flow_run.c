/* SPDX-License-Identifier: ISC */
/* Flows with live calls. See follow.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/flowvar.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_flow.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/flow_act.h"
#include "webhookd/ncco.h"
#include "webhookd/webhookd.h"

#define BEFORE	"transfer.before"	/* variable: "CONVERSATION SEQ FLOW STEP" where the AI wanted a person */
#define STILL	"transfer.still"	/* variable: seq of the step whose socket the caller still has: that transfer failed */

#define LEFT	"operator.before"	/* variable: "SEQ STEP" that an operator moved the caller out of; there: it is in no step */

/* ---- state ---- */

static struct json_object *
object_of(const char *text)
{
	struct json_object	*o = text != NULL ? json_parse(text, strlen(text), NULL) : NULL;

	if (o == NULL || json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	return NULL;
}

/* What is committed is as new as what was sent; with several webhookds another one may have moved the call on. */
struct flow_state *
flow_state_of(struct webhookd *w, struct known_call *call)
{
	struct flow_state	*st = &call->flow;
	struct store_flow_state	 row;

	if (st->loaded && w->d->common->instances[CONF_WEBHOOKD] == 1)
		return st;
	if (store_get_flow_state(w->store, &call->row.id, &row) != 1 || (st->loaded && row.seq <= st->seq)) {
		st->loaded = true;
		store_flow_state_clear(&row);
		return st;
	}
	flow_state_clear(st);
	st->loaded = true;
	(void)snprintf(st->flow, sizeof(st->flow), "%s", row.flow);
	(void)snprintf(st->step, sizeof(st->step), "%s", row.step);
	(void)snprintf(st->key, sizeof(st->key), "%s", row.key);
	st->seq = row.seq;
	st->vars = object_of(row.vars);
	st->visits = object_of(row.visits);
	store_flow_state_clear(&row);
	return st;
}

/* Queued before the event: what is committed with it or earlier. */
static void
save(struct webhookd *w, const struct known_call *call)
{
	const struct flow_state	*st = &call->flow;
	struct store_flow_state	 row = { .call = call->row.id, .seq = st->seq, .updated_at = clock_wall_ms() };

	(void)snprintf(row.flow, sizeof(row.flow), "%s", st->flow);
	(void)snprintf(row.step, sizeof(row.step), "%s", st->step);
	(void)snprintf(row.key, sizeof(row.key), "%s", st->key);
	row.vars = st->vars != NULL ? (char *)(uintptr_t)json_text(st->vars, NULL) : NULL;	/* borrowed: not cleared */
	row.visits = st->visits != NULL ? (char *)(uintptr_t)json_text(st->visits, NULL) : NULL;
	if (store_put_flow_state(w->store, &row, NULL, NULL) == -1) {
		w->stats.commit_failed++;
		log_error(&(struct log_ctx){ call->row.id.text }, "store.refused", "what=flow_state cause=%s did=went_on", LOG_Q(strerror(errno)));
	}
}

static const struct flow_step *
step_of(const struct webhookd *w, const char *flow, const char *step, const struct flow **ret_flow)
{
	*ret_flow = flow_find(w->flows, flow);
	return *ret_flow != NULL ? flow_step_find(*ret_flow, step) : NULL;
}

/* What a flow said about the call itself is the call's from now on. */
static void
keep_language(struct webhookd *w, struct known_call *call)
{
	const char	*language = call->flow.vars != NULL ? json_get_str(call->flow.vars, "language") : NULL;
	const char	*assistant = call->flow.vars != NULL ? json_get_str(call->flow.vars, "assistant") : NULL;
	bool		 changed = false;

	if (language != NULL && language[0] != '\0' && strcmp(language, call->row.language) != 0) {
		(void)snprintf(call->row.language, sizeof(call->row.language), "%s", language);
		changed = true;
	}
	if (assistant != NULL && assistant[0] != '\0' && strcmp(assistant, call->row.assistant) != 0) {
		(void)snprintf(call->row.assistant, sizeof(call->row.assistant), "%s", assistant);
		changed = true;
	}
	if (changed)
		(void)store_put_call(w->store, &call->row, NULL, NULL);
}

/* ---- entering ---- */

/* The NCCO of where the call is. A socket that no sockd takes: one moment, or in the end an apology. */
static char *
make_here(struct webhookd *w, struct known_call *call, bool first, size_t *ret_len)
{
	const struct flow	*f;
	const struct flow_step	*step = step_of(w, call->flow.flow, call->flow.step, &f);
	char			 uri[512];

	if (step == NULL) {
		errno = ENOENT;
		return NULL;
	}
	if (!step->socket)
		return ncco_make(w, call, call->flow.flow, step->name, NULL, ret_len);
	if (ncco_socket_uri(w, &call->row.id, uri, sizeof(uri)))
		return ncco_make(w, call, call->flow.flow, step->name, uri, ret_len);
	if (first) {
		errno = ENOTCONN;
		return NULL;
	}
	if (ncco_any_socket_uri(w, &call->row.id, uri, sizeof(uri)))
		return ncco_make(w, call, "moment", FLOW_START, uri, ret_len);
	log_error(&(struct log_ctx){ call->row.id.text }, "call.lost", "cause=no_sockd_was_ever_seen did=apologised");
	return ncco_make(w, call, "apology", FLOW_START, NULL, ret_len);
}

static int
take_vars(struct flow_state *st, struct json_object *vars)
{
	if (vars == NULL)
		return 0;
	json_object_object_foreach(vars, name, value) {
		/* of a row that nobody checked: the call's own identity is not for a file to say */
		if (flowvar_is_fixed(name)) {
			log_warn(NULL, "flow.var", "name=%s cause=fixed did=left_out", LOG_Q(name));
			continue;
		}
		if (!json_object_is_type(value, json_type_object) && !json_object_is_type(value, json_type_array) &&
		    flow_state_set(st, name, json_object_get_string(value)) == -1)
			return -1;
	}
	return 0;
}

static char *
enter(struct webhookd *w, struct known_call *call, const char *flow, const char *step, const char *key, bool first, size_t *ret_len)
{
	struct flow_state	*st = &call->flow;
	char			*text;

	if (flow != st->flow)
		(void)snprintf(st->flow, sizeof(st->flow), "%s", flow);
	(void)snprintf(st->step, sizeof(st->step), "%s", step);
	(void)snprintf(st->key, sizeof(st->key), "%s", key);
	st->seq++;
	if (st->vars != NULL) {
		json_object_object_del(st->vars, STILL);
		json_object_object_del(st->vars, LEFT);
	}
	if ((text = make_here(w, call, first, ret_len)) == NULL)
		return NULL;
	keep_language(w, call);
	save(w, call);
	log_info(&(struct log_ctx){ call->row.id.text }, "flow.step", "flow=%s step=%s n=%lld", st->flow, st->step, (long long)st->seq);
	return text;
}

/* ---- following ---- */

/* spec/vonage.md 2.7: whose reply may be an NCCO. */
static bool
bears_ncco(const struct event *ev)
{
	return ev->kind == EVENT_INPUT || ev->kind == EVENT_NOTIFY ||
	    (ev->kind == EVENT_STATUS && strcmp(ev->status, "completed") != 0);
}

static bool
has_left(const struct flow_state *st)
{
	return st->vars != NULL && json_get(st->vars, LEFT) != NULL;
}

/* The answer of the call got lost with its state: the address of the event has it. */
static void
adopt_state(struct webhookd *w, struct known_call *call, const struct event *ev)
{
	struct flow_state	*st = &call->flow;
	const struct flow	*f;

	if (st->flow[0] != '\0' || has_left(st) || step_of(w, ev->f, ev->s, &f) == NULL)
		return;
	(void)snprintf(st->flow, sizeof(st->flow), "%s", ev->f);
	(void)snprintf(st->step, sizeof(st->step), "%s", ev->s);
	st->seq = ev->n > 0 ? ev->n : 1;
	log_warn(&(struct log_ctx){ call->row.id.text }, "flow.adopted", "flow=%s step=%s", st->flow, st->step);
}

bool
flow_is_current(struct webhookd *w, struct known_call *call, const struct event *ev)
{
	const struct flow_state	*st = flow_state_of(w, call);
	const char		*still = st->vars != NULL ? json_get_str(st->vars, STILL) : NULL;

	if (has_left(st))
		return false;
	return ev->f[0] == '\0' || st->flow[0] == '\0' || (ev->n == -1 ?
	    strcmp(ev->f, st->flow) == 0 && strcmp(ev->s, st->step) == 0 :
	    ev->n == st->seq || (still != NULL && ev->n == strtoll(still, NULL, 10)));
}

struct known_call *
flow_adopt(struct webhookd *w, const struct event *ev)
{
	struct known_call	*call;

	if (ev->c.text[0] == '\0' || flow_find(w->flows, ev->f) == NULL || (call = calls_add(w->calls, &ev->c)) == NULL)
		return NULL;
	(void)snprintf(call->row.direction, sizeof(call->row.direction), "inbound");
	(void)snprintf(call->row.state, sizeof(call->row.state), "new");
	(void)snprintf(call->row.conversation, sizeof(call->row.conversation), "%s", ev->conversation);
	(void)snprintf(call->row.caller, sizeof(call->row.caller), "%s", ev->from);
	(void)snprintf(call->row.called, sizeof(call->row.called), "%.63s", ev->to);
	(void)snprintf(call->row.language, sizeof(call->row.language), "%s", conf_of(w)->language);
	(void)snprintf(call->row.assistant, sizeof(call->row.assistant), "%s", conf_of(w)->assistant);
	(void)snprintf(call->row.flow, sizeof(call->row.flow), "%s", ev->f);
	call->row.started_at = clock_wall_ms();
	(void)store_put_call(w->store, &call->row, NULL, NULL);
	return call;
}

/* Where to, by the reply or by REST. */
static char *
go(struct webhookd *w, struct known_call *call, const struct event *ev, const struct follow *next, const char *key, size_t *ret_len)
{
	struct log_ctx	 ctx = { call->row.id.text };
	char		*text;

	if (next->ai && next->flow[0] != '\0') {
		save(w, call);
		flow_act_turn(w, call, ev, next);
		return NULL;
	}
	if (next->hangup) {
		save(w, call);
		flow_act_hangup(w, call);
		return bears_ncco(ev) ? flow_act_quiet(ret_len) : NULL;
	}
	if (next->flow[0] == '\0') {
		keep_language(w, call);
		save(w, call);
		return NULL;
	}
	if ((text = enter(w, call, next->flow, next->step, key, false, ret_len)) == NULL) {
		log_error(&ctx, "flow.failed", "flow=%s step=%s cause=%s", next->flow, next->step, LOG_Q(strerror(errno)));
		return NULL;
	}
	if (bears_ncco(ev))
		return text;
	flow_act_transfer(w, call, text, *ret_len);
	free(text);
	return NULL;
}

static void
keep_answer(struct webhookd *w, const struct known_call *call, const char *flow, const struct follow *next)
{
	struct store_answer	a = { .call = call->row.id, .at = clock_wall_ms() };

	(void)snprintf(a.flow, sizeof(a.flow), "%s", flow);
	(void)snprintf(a.name, sizeof(a.name), "%s", next->store);
	(void)snprintf(a.how, sizeof(a.how), "%s", next->how);
	(void)snprintf(a.value, sizeof(a.value), "%s", next->value);
	(void)snprintf(a.confidence, sizeof(a.confidence), "%s", next->confidence);
	if (store_put_answer(w->store, &a, NULL, NULL) == -1)
		log_error(&(struct log_ctx){ call->row.id.text }, "store.refused", "what=answer cause=%s", LOG_Q(strerror(errno)));
}

static void
opt_out(struct webhookd *w, const struct known_call *call)
{
	bool		 outbound = strcmp(call->row.direction, "outbound") == 0;
	const char	*person = outbound ? call->row.called : call->row.caller;

	if (person[0] != '\0' && store_set_do_not_call(w->store, person, NULL, NULL) == 0)
		log_info(&(struct log_ctx){ call->row.id.text }, "contact.do_not_call", "cause=asked");
}

/* An event of a step that the call left is not followed, but what was recorded there still comes, unless an operator took it. */
static bool
stale(struct webhookd *w, struct known_call *call, const struct event *ev)
{
	return (ev->kind != EVENT_RECORD || has_left(&call->flow)) && !flow_is_current(w, call, ev);
}

/*
 * The event came before, and what followed it was done: it stayed in its step, or is of a recording that ended long
 * ago. A turn is told again: its job knows what was answered.
 */
static bool
was_followed(struct webhookd *w, const struct flow_state *st, const struct flow_step *step, const struct event *ev, const char *key)
{
	if (key[0] == '\0' || step->on == NULL ||
	    (ev->kind == EVENT_RECORD && json_get_str(json_get(step->on, "record"), "ai") != NULL))
		return false;
	return strcmp(key, st->last) == 0 || store_has_event(w->store, key) == 1;
}

char *
flow_follow(struct webhookd *w, struct known_call *call, const struct event *ev, const char *key, size_t *ret_len)
{
	struct flow_state	*st = flow_state_of(w, call);
	struct log_ctx		 ctx = { call->row.id.text };
	const struct flow	*f;
	const struct flow_step	*step;
	struct ncco_vars	 vars;
	struct flow_scope	 scope;
	struct follow		 next;

	adopt_state(w, call, ev);
	if (st->flow[0] == '\0')
		return NULL;
	if (key[0] != '\0' && strcmp(key, st->key) == 0)
		return bears_ncco(ev) ? flow_again(w, call, ret_len) : NULL;
	if (stale(w, call, ev)) {
		log_debug(&ctx, "flow.stale", "flow=%s step=%s n=%lld now=%lld", ev->f, ev->s, (long long)ev->n, (long long)st->seq);
		return NULL;
	}
	if ((step = step_of(w, ev->f[0] != '\0' ? ev->f : st->flow, ev->f[0] != '\0' ? ev->s : st->step, &f)) == NULL)
		return NULL;
	if (was_followed(w, st, step, ev, key))
		return call->row.ending && bears_ncco(ev) ? flow_act_quiet(ret_len) : NULL;
	ncco_scope(w, call, flow_name(f), NULL, &vars, &scope);
	if (!follow_event(f, step, st, &scope, ev, &next))
		return NULL;
	(void)snprintf(st->last, sizeof(st->last), "%s", key);
	log_info(&ctx, "flow.follow", "flow=%s step=%s on=%s", flow_name(f), step->name, LOG_Q(next.on));
	if (next.store != NULL)
		keep_answer(w, call, flow_name(f), &next);
	if (next.do_not_call)
		opt_out(w, call);
	if (strcmp(call->row.state, "ended") == 0) {
		save(w, call);
		return NULL;
	}
	return go(w, call, ev, &next, key, ret_len);
}

/* ---- for others ---- */

/*
 * What answered was told before the answer was asked for: with machine
 * detection that Vonage waits for the NCCO may come after it. NULL: nothing follows it.
 */
static char *
enter_detected(struct webhookd *w, struct known_call *call, const struct flow *f, size_t *ret_len)
{
	struct flow_state	*st = &call->flow;
	const char		*machine = call->row.machine;
	bool			 sub = strncmp(machine, "beep_", 5) == 0;
	struct event		 ev = { .kind = EVENT_STATUS, .n = -1 };
	struct flow_scope	 scope;
	struct ncco_vars	 vars;
	struct follow		 next;

	(void)snprintf(ev.status, sizeof(ev.status), "%s", sub ? "machine" : machine);
	(void)snprintf(ev.sub_state, sizeof(ev.sub_state), "%s", sub ? machine : "");
	ncco_scope(w, call, flow_name(f), NULL, &vars, &scope);
	if (!follow_event(f, flow_step_find(f, FLOW_START), st, &scope, &ev, &next))
		return NULL;
	log_info(&(struct log_ctx){ call->row.id.text }, "flow.follow", "flow=%s step=%s on=%s", flow_name(f), FLOW_START, LOG_Q(next.on));
	(void)snprintf(st->flow, sizeof(st->flow), "%s", flow_name(f));
	(void)snprintf(st->step, sizeof(st->step), "%s", FLOW_START);
	return go(w, call, &ev, &next, "", ret_len);
}

char *
flow_enter(struct webhookd *w, struct known_call *call, const char *flow, const char *step, struct json_object *vars, size_t *ret_len)
{
	struct flow_state	*st = flow_state_of(w, call);
	bool			 first = st->flow[0] == '\0';
	const struct flow	*f;
	char			*text;
	int			 saved_errno;

	if (flow == NULL)
		flow = st->flow;
	if (step == NULL)
		step = FLOW_START;
	if (step_of(w, flow, step, &f) == NULL) {
		errno = ENOENT;
		return NULL;
	}
	if (take_vars(st, vars) == -1)
		return NULL;
	if (first && call->row.machine[0] != '\0' && strcmp(step, FLOW_START) == 0 &&
	    (text = enter_detected(w, call, f, ret_len)) != NULL)
		return text;
	text = enter(w, call, flow, step, "", first, ret_len);
	if (text == NULL && first) {		/* it is in no flow yet */
		saved_errno = errno;
		flow_state_clear(st);
		st->loaded = true;
		errno = saved_errno;
	}
	return text;
}

char *
flow_render_step(struct webhookd *w, struct known_call *call, const char *flow, const char *step, const char *reply,
    const char *action, size_t *ret_len)
{
	struct flow_state	*st = flow_state_of(w, call);

	if (flow_state_set(st, "reply", reply) == -1 || flow_state_set(st, "action", action) == -1)
		return NULL;
	return flow_enter(w, call, flow, step, NULL, ret_len);
}

char *
flow_again(struct webhookd *w, struct known_call *call, size_t *ret_len)
{
	(void)flow_state_of(w, call);
	return make_here(w, call, false, ret_len);
}

/* ---- the AI wants a person ---- */

bool
flow_may_transfer(struct webhookd *w, struct known_call *call)
{
	const struct flow_state	*st = flow_state_of(w, call);
	const struct flow	*f;
	const struct flow_step	*step = step_of(w, st->flow, st->step, &f);
	struct flow_scope	 scope;
	struct ncco_vars	 vars;

	if (step == NULL)
		return false;
	ncco_scope(w, call, st->flow, NULL, &vars, &scope);
	return follow_may_transfer(step, &scope);
}

bool
flow_given_away(struct webhookd *w, struct known_call *call)
{
	const struct flow_state	*st = flow_state_of(w, call);
	const struct flow	*f;
	const struct flow_step	*step = step_of(w, st->flow, st->step, &f);

	if (has_left(st))
		return true;
	return step != NULL && !step->socket && st->vars != NULL && json_get_str(st->vars, BEFORE) != NULL;
}

/* Where the call is now, to know later whether it was moved, and to come back if it was not. */
static int
note_before(struct webhookd *w, struct known_call *call)
{
	struct flow_state	*st = &call->flow;
	const struct store_leg	*leg = calls_leg(w->calls, call, call->row.id.text);
	const char		*conversation = leg != NULL && leg->conversation[0] != '\0' ? leg->conversation : call->row.conversation;
	char			 text[256];

	(void)snprintf(text, sizeof(text), "%.64s %lld %.63s %.63s", conversation[0] != '\0' ? conversation : "-",
	    (long long)st->seq, st->flow, st->step);
	return flow_state_set(st, BEFORE, text);
}

enum flow_wish
flow_transfer(struct webhookd *w, struct known_call *call, const char *key, char **ret, size_t *ret_len)
{
	struct flow_state	*st = flow_state_of(w, call);
	const struct flow	*f;
	const struct flow_step	*step = step_of(w, st->flow, st->step, &f);
	struct flow_scope	 scope;
	struct ncco_vars	 vars;
	struct follow		 next;

	if (strcmp(key, st->key) == 0)
		return (*ret = flow_again(w, call, ret_len)) != NULL ? FLOW_WISH_GO : FLOW_WISH_FAILED;
	if (step == NULL || !step->socket)
		return FLOW_WISH_ELSEWHERE;
	ncco_scope(w, call, flow_name(f), NULL, &vars, &scope);
	if (!follow_transfer(f, step, st, &scope, &next))
		return FLOW_WISH_NOWHERE;
	log_info(&(struct log_ctx){ call->row.id.text }, "flow.follow", "flow=%s step=%s on=%s", flow_name(f), step->name, LOG_Q(next.on));
	if (next.store != NULL)
		keep_answer(w, call, flow_name(f), &next);
	if (next.do_not_call)
		opt_out(w, call);
	if (next.hangup) {
		save(w, call);
		flow_act_hangup(w, call);
		return FLOW_WISH_ENDS;
	}
	if (note_before(w, call) == -1 || (*ret = enter(w, call, next.flow, next.step, key, false, ret_len)) == NULL)
		return FLOW_WISH_FAILED;
	return FLOW_WISH_GO;
}

bool
flow_was_moved(struct webhookd *w, struct known_call *call, const char *conversation)
{
	const struct flow_state	*st = flow_state_of(w, call);
	const char		*before = st->vars != NULL ? json_get_str_or(st->vars, BEFORE, "-") : "-";
	size_t			 len;

	/* spec/vonage.md 1: with or without its prefix */
	before += strncmp(before, "CON-", 4) == 0 ? 4 : 0;
	conversation += strncmp(conversation, "CON-", 4) == 0 ? 4 : 0;
	len = strcspn(before, " ");
	return conversation[0] != '\0' && before[0] != '-' &&
	    (strlen(conversation) != len || strncmp(before, conversation, len) != 0);
}

void
flow_transfer_undo(struct webhookd *w, struct known_call *call, const char *key)
{
	struct flow_state	*st = flow_state_of(w, call);
	char			 flow[64], step[64], still[24];

	if (strcmp(key, st->key) != 0 || st->vars == NULL ||
	    sscanf(json_get_str_or(st->vars, BEFORE, ""), "%*s %23s %63s %63s", still, flow, step) != 3)
		return;
	(void)snprintf(st->flow, sizeof(st->flow), "%s", flow);
	(void)snprintf(st->step, sizeof(st->step), "%s", step);
	st->key[0] = '\0';
	st->seq++;
	(void)flow_state_set(st, STILL, still);
	save(w, call);
	log_info(&(struct log_ctx){ call->row.id.text }, "flow.step", "flow=%s step=%s n=%lld cause=%s", st->flow, st->step,
	    (long long)st->seq, LOG_Q("the transfer failed"));
}

/* ---- an operator takes the call ---- */

int64_t
flow_leave(struct webhookd *w, struct known_call *call)
{
	struct flow_state	*st = flow_state_of(w, call);
	char			 text[96];

	if (has_left(st))
		return 0;
	(void)snprintf(text, sizeof(text), "%lld %.63s", (long long)st->seq, st->step);
	if (flow_state_set(st, LEFT, text) == -1) {
		log_error(&(struct log_ctx){ call->row.id.text }, "flow.left", "cause=%s did=stayed", LOG_Q(strerror(errno)));
		return 0;
	}
	log_info(&(struct log_ctx){ call->row.id.text }, "flow.left", "flow=%s step=%s by=operator", st->flow, st->step);
	st->step[0] = '\0';
	st->key[0] = '\0';
	st->seq++;
	save(w, call);
	return st->seq;
}

void
flow_leave_undo(struct webhookd *w, struct known_call *call, int64_t seq)
{
	struct flow_state	*st = flow_state_of(w, call);
	char			 step[64] = "", still[24];

	if (!has_left(st) || st->seq != seq || sscanf(json_get_str_or(st->vars, LEFT, ""), "%23s %63s", still, step) < 1)
		return;
	json_object_object_del(st->vars, LEFT);
	(void)snprintf(st->step, sizeof(st->step), "%s", step);
	st->seq++;
	(void)flow_state_set(st, STILL, still);
	save(w, call);
	log_info(&(struct log_ctx){ call->row.id.text }, "flow.step", "flow=%s step=%s n=%lld cause=%s", st->flow, st->step,
	    (long long)st->seq, LOG_Q("the transfer was refused"));
}
