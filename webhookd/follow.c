/* SPDX-License-Identifier: ISC */
#include "webhookd/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "webhookd/phrase.h"

#define VALUE_MAX	1024	/* bytes of a variable */
#define REPLY_MAX	6144	/* of what the AI said: some talks long, and a text with it stays below FLOW_VALUE_MAX */

static const char *const	failures[] = { "failed", "busy", "timeout", "unanswered", "rejected", "cancelled", NULL };

/* ---- state ---- */

void
flow_state_clear(struct flow_state *st)
{
	json_object_put(st->vars);
	json_object_put(st->visits);
	memset(st, 0, sizeof(*st));
}

int
flow_state_set(struct flow_state *st, const char *name, const char *value)
{
	char	cut[REPLY_MAX + 1];
	size_t	max = strcmp(name, "reply") == 0 ? REPLY_MAX : VALUE_MAX;

	if (st->vars == NULL && (st->vars = json_object_new_object()) == NULL)
		return -1;
	(void)snprintf(cut, max + 1, "%s", value != NULL ? value : "");
	return json_add_str(st->vars, name, cut);
}

/* ---- what was said, pressed, told ---- */

/* One of the words between "|" is word. */
static bool
words_have(const char *words, const char *word)
{
	const char	*end;
	size_t		 len = strlen(word);

	for (;; words = end + 1) {
		end = strchrnul(words, '|');
		if ((size_t)(end - words) == len && memcmp(words, word, len) == 0)
			return true;
		if (*end == '\0')
			return false;
	}
}

/* The key of on that names one of the wanted ones, the earliest of them. */
static const char *
find_key(struct json_object *on, const char *const *want, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		json_object_object_foreach(on, key, value) {
			(void)value;
			if (strncmp(key, "speech:", 7) == 0 || strncmp(key, "dtmf:", 5) == 0 || strncmp(key, "notify:", 7) == 0 ?
			    strcmp(key, want[i]) == 0 : words_have(key, want[i]))
				return key;
		}
	}
	return NULL;
}

static void
keep_speech(struct follow *ret, struct flow_state *st, const struct event_text *t)
{
	(void)snprintf(ret->how, sizeof(ret->how), "speech");
	(void)snprintf(ret->value, sizeof(ret->value), "%s", t->text);
	if (t->confidence >= 0)
		(void)snprintf(ret->confidence, sizeof(ret->confidence), "%.4f", t->confidence);
	(void)flow_state_set(st, "speech", t->text);
}

/* The first result with a phrase of a key decides; else the best result and "speech:*". */
static const char *
match_speech(struct json_object *on, const struct event *ev, struct flow_state *st, struct follow *ret)
{
	static const char *const	any[] = { "speech:*", "default" };
	size_t				i;

	for (i = 0; i < ev->ntexts; i++) {
		json_object_object_foreach(on, key, value) {
			(void)value;
			if (strncmp(key, "speech:", 7) == 0 && strcmp(key + 7, "*") != 0 && phrase_in(key + 7, ev->texts[i].text)) {
				keep_speech(ret, st, &ev->texts[i]);
				return key;
			}
		}
	}
	keep_speech(ret, st, &ev->texts[0]);
	return find_key(on, any, 2);
}

static const char *
match_input(struct json_object *on, struct flow_state *st, const struct event *ev, struct follow *ret)
{
	static const char *const	none[] = { "none", "default" };
	char				want[64];

	(void)flow_state_set(st, "digits", ev->digits);
	(void)flow_state_set(st, "speech", "");
	if (ev->digits[0] != '\0') {
		(void)snprintf(ret->how, sizeof(ret->how), "dtmf");
		(void)snprintf(ret->value, sizeof(ret->value), "%s", ev->digits);
		(void)snprintf(want, sizeof(want), "dtmf:%s", ev->digits);
		return find_key(on, (const char *const []){ want, "dtmf:*", "default" }, 3);
	}
	return ev->ntexts > 0 ? match_speech(on, ev, st, ret) : find_key(on, none, 2);
}

static const char *
match_notify(struct json_object *on, const struct event *ev)
{
	static const char *const	any[] = { "notify:*", "default" };
	const char			*key = NULL;
	char				 want[128];

	if (json_object_is_type(ev->payload, json_type_object)) {
		json_object_object_foreach(ev->payload, name, member) {
			(void)name;
			if (key != NULL || !json_object_is_type(member, json_type_string))
				continue;
			(void)snprintf(want, sizeof(want), "notify:%.100s", json_object_get_string(member));
			key = find_key(on, (const char *const []){ want }, 1);
		}
	}
	return key != NULL ? key : find_key(on, any, 2);
}

static bool
is_failure(const char *status)
{
	size_t	i;

	for (i = 0; failures[i] != NULL; i++)
		if (strcmp(failures[i], status) == 0)
			return true;
	return false;
}

static const char *
match_status(struct json_object *on, struct flow_state *st, const struct flow_scope *scope, const struct event *ev)
{
	char	want[64];

	if (strcmp(ev->status, "human") == 0 || strcmp(ev->status, "machine") == 0) {
		(void)snprintf(want, sizeof(want), "%s%s%s", ev->status, ev->sub_state[0] != '\0' ? ":" : "", ev->sub_state);
		(void)flow_state_set(st, "machine", ev->sub_state[0] != '\0' ? ev->sub_state : ev->status);
		return find_key(on, (const char *const []){ want }, 1);
	}
	/* The end of the call's own leg is the end of the flow. */
	if (ev->uuid[0] == '\0' || strcmp(ev->uuid, flow_scope_get(scope, "uuid")) == 0)
		return NULL;
	/* A socket that cannot be had is webhookd's own trouble, unless the flow names it. */
	if (is_failure(ev->status))
		return find_key(on, (const char *const []){ ev->status, "default" }, ev->websocket ? 1 : 2);
	if (strcmp(ev->status, "disconnected") == 0 || strcmp(ev->status, "completed") == 0)
		return find_key(on, (const char *const []){ ev->status }, 1);
	return NULL;
}

static const char *
match(struct json_object *on, struct flow_state *st, const struct flow_scope *scope, const struct event *ev,
    struct follow *ret)
{
	if (ev->kind == EVENT_INPUT)
		return match_input(on, st, ev, ret);
	if (ev->kind == EVENT_NOTIFY)
		return match_notify(on, ev);
	if (ev->kind == EVENT_TRANSFER)
		return find_key(on, (const char *const []){ "transfer" }, 1);
	if (ev->kind == EVENT_STATUS)
		return match_status(on, st, scope, ev);
	if (ev->kind != EVENT_RECORD || ev->recording_url[0] == '\0')
		return NULL;
	(void)snprintf(ret->how, sizeof(ret->how), "record");
	(void)snprintf(ret->value, sizeof(ret->value), "%s", ev->recording_url);
	return find_key(on, (const char *const []){ "record" }, 1);
}

/* ---- what it leads to ---- */

/* How often this follow-up was taken, this time included. */
static int64_t
count_visit(struct flow_state *st, const char *flow, const char *step, const char *name, struct json_object *entry)
{
	const char	*shared = json_get_str(entry, "count");
	char		 key[300];
	int64_t		 n = 0;

	if (shared != NULL)
		(void)snprintf(key, sizeof(key), "%s|%.128s", flow, shared);
	else
		(void)snprintf(key, sizeof(key), "%s/%s|%.128s", flow, step, name);
	if (st->visits == NULL && (st->visits = json_object_new_object()) == NULL)
		return 1;
	(void)json_get_int(st->visits, key, 0, INT32_MAX, &n);
	(void)json_add_int(st->visits, key, n + 1);
	return n + 1;
}

static void
set_target(struct follow *ret, const char *to, const char *flow)
{
	if (to == NULL)
		return;
	if (strncmp(to, "flow:", 5) == 0) {
		(void)snprintf(ret->flow, sizeof(ret->flow), "%s", to + 5);
		(void)snprintf(ret->step, sizeof(ret->step), "%s", FLOW_START);
	} else {
		(void)snprintf(ret->flow, sizeof(ret->flow), "%s", flow);
		(void)snprintf(ret->step, sizeof(ret->step), "%s", to);
	}
}

static void
set_variables(struct flow_state *st, const struct flow_scope *scope, struct json_object *set)
{
	struct flow_scope	 now = *scope;
	char			*value;

	if (set == NULL)
		return;
	json_object_object_foreach(set, name, text) {
		now.vars = st->vars;
		if ((value = flow_expand(json_object_get_string(text), &now)) != NULL)
			(void)flow_state_set(st, name, value);
		free(value);
	}
}

/* What was pressed or said, or what the flow takes it for. */
static void
keep_answer(struct flow_state *st, const struct flow_scope *scope, const char *value, struct follow *ret)
{
	struct flow_scope	 now = *scope;
	char			*text, name[128];

	now.vars = st->vars;
	if (value != NULL && (text = flow_expand(value, &now)) != NULL) {
		(void)snprintf(ret->value, sizeof(ret->value), "%s", text);
		free(text);
	}
	(void)snprintf(name, sizeof(name), "answer.%.100s", ret->store);
	(void)flow_state_set(st, name, ret->value);
}

/* ret->on leads there. */
static void
lead(const struct flow *f, const struct flow_step *step, struct flow_state *st, const struct flow_scope *scope,
    struct follow *ret)
{
	struct json_object	*entry = json_get(step->on, ret->on);
	int64_t			 max = 0;
	const char		*to;

	if (json_object_is_type(entry, json_type_string)) {
		set_target(ret, json_object_get_string(entry), flow_name(f));
		return;
	}
	to = json_get_str(entry, "to");
	if (json_get_int(entry, "max", 1, 1000, &max) == 1 && count_visit(st, flow_name(f), step->name, ret->on, entry) > max)
		to = json_get_str(entry, "then");
	ret->store = json_get_str(entry, "store");
	if (ret->store != NULL)
		keep_answer(st, scope, json_get_str(entry, "value"), ret);
	set_variables(st, scope, json_get_obj(entry, "set"));
	set_target(ret, to, flow_name(f));
	ret->ai = strcmp(json_get_str_or(entry, "ai", ""), "turn") == 0;
	ret->hangup = json_get_bool(entry, "hangup", false);
	ret->sms = json_get_bool(entry, "sms", false);
	ret->do_not_call = json_get_bool(entry, "do_not_call", false);
	if (ret->sms)
		(void)flow_state_set(st, "sms", "1");
}

bool
follow_event(const struct flow *f, const struct flow_step *step, struct flow_state *st,
    const struct flow_scope *scope, const struct event *ev, struct follow *ret)
{
	*ret = (struct follow){ 0 };
	if (step->on == NULL || (ret->on = match(step->on, st, scope, ev, ret)) == NULL)
		return false;
	lead(f, step, st, scope, ret);
	return true;
}

bool
follow_may_transfer(const struct flow_step *step, const struct flow_scope *scope)
{
	struct json_object	*entry = step->on != NULL ? json_get(step->on, FOLLOW_AI_TRANSFER) : NULL;

	return step->socket && entry != NULL && (json_object_is_type(entry, json_type_string) || flow_when(json_get(entry, "when"), scope));
}

bool
follow_transfer(const struct flow *f, const struct flow_step *step, struct flow_state *st,
    const struct flow_scope *scope, struct follow *ret)
{
	*ret = (struct follow){ 0 };
	if (!follow_may_transfer(step, scope))
		return false;
	(void)flow_state_set(st, "action", "transfer");
	ret->on = FOLLOW_AI_TRANSFER;
	lead(f, step, st, scope, ret);
	return true;
}

bool
follow_has_failure(const struct flow_step *step)
{
	return step->on != NULL && (find_key(step->on, failures, 6) != NULL ||
	    find_key(step->on, (const char *const []){ "default" }, 1) != NULL);
}
