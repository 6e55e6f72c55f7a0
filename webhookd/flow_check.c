/* SPDX-License-Identifier: ISC */
/*
 * What can be wrong with flows that parse: actions, names of variables, what
 * follows, where it leads, and whether somebody is ever asked.
 */
#include <stdio.h>
#include <string.h>

#include "common/flowvar.h"
#include "common/json.h"
#include "webhookd/actions.h"
#include "webhookd/flow_impl.h"
#include "webhookd/phrase.h"

struct check {
	const struct flow_set	*set;
	const struct flow	*f;
	struct flow_report	*r;
	char			 base[200];	/* of what is looked at: "/steps/ask/ncco" */
};

/* Values that there are, and that a flow or a call may have its own of. */
static const char *const	settable[] = {
	"language", "assistant", "greeting", "busy_text", "moment_text", "apology_text", "reply", NULL
};

static bool
one_of(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* ---- members ---- */

static void
check_members(struct check *k, struct json_object *obj, const char *path, const char *const *known)
{
	char	at[300];

	json_object_object_foreach(obj, key, value) {
		(void)value;
		if (one_of(known, key))
			continue;
		(void)snprintf(at, sizeof(at), "%s/%.64s", path, key);
		flow_tell(k->f, k->r, false, at, "unknown member \"%.64s\"", key);
	}
}

/* ---- variables ---- */

/* Is there something in that flow that gives the variable a value? */
static bool
flow_sets(const struct flow *f, const char *name)
{
	struct json_object	*set, *entry;
	const char		*store;
	size_t			 i;

	for (i = 0; i < f->nsteps; i++) {
		if (f->steps[i].on == NULL)
			continue;
		json_object_object_foreach(f->steps[i].on, key, value) {
			(void)key;
			entry = value;
			set = json_get_obj(entry, "set");
			if (set != NULL && json_object_object_get_ex(set, name, NULL))
				return true;
			store = json_get_str(entry, "store");
			if (store != NULL && strncmp(name, "answer.", 7) == 0 && strcmp(name + 7, store) == 0)
				return true;
		}
	}
	return f->vars != NULL && json_object_object_get_ex(f->vars, name, NULL);
}

static bool
var_known(const struct check *k, const char *name)
{
	size_t	i;

	if (strncmp(name, "answer.", 7) != 0 && (flowvar_is_fixed(name) || one_of(settable, name)))
		return true;
	for (i = 0; i < k->set->n; i++)
		if (flow_sets(k->set->flows[i], name))
			return true;
	return false;
}

static void
check_text(struct check *k, const char *text, const char *path)
{
	const char	*begin, *at, *end;
	char		 name[128];
	size_t		 len;

	for (; flow_next_var(text, &begin, &at, &len, &end); text = end) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)(len < 127 ? len : 127), at);
		if (!var_known(k, name))
			flow_tell(k->f, k->r, false, path, "unknown variable ${%s}", name);
	}
}

static void
check_tree(struct check *k, struct json_object *v, const char *path)
{
	char	at[400];
	size_t	i;

	if (json_object_is_type(v, json_type_string))
		check_text(k, json_object_get_string(v), path);
	else if (json_object_is_type(v, json_type_array)) {
		for (i = 0; i < json_object_array_length(v); i++) {
			(void)snprintf(at, sizeof(at), "%.300s/%zu", path, i);
			check_tree(k, json_object_array_get_idx(v, i), at);
		}
	} else if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, member) {
			(void)snprintf(at, sizeof(at), "%.300s/%.64s", path, key);
			check_tree(k, member, at);
		}
	}
}

static void
check_vars(struct check *k)
{
	char	at[200];

	if (k->f->vars == NULL)
		return;
	json_object_object_foreach(k->f->vars, name, value) {
		(void)snprintf(at, sizeof(at), "/vars/%.100s", name);
		if (!json_object_is_type(value, json_type_string))
			flow_tell(k->f, k->r, false, at, "the variable \"%.64s\" is no text", name);
		else if (flowvar_is_fixed(name))
			flow_tell(k->f, k->r, false, at, "the variable \"%.64s\" is fixed", name);
		else
			check_text(k, json_object_get_string(value), at);
	}
}

/* ---- actions ---- */

static void
on_action(void *arg, bool warning, const char *path, const char *text)
{
	struct check	*k = arg;
	char		 at[600];

	(void)snprintf(at, sizeof(at), "%s%s", k->base, path);
	flow_tell(k->f, k->r, warning, at, "%s: %s", path[0] != '\0' && strrchr(path, '/') != path ? strrchr(path, '/') + 1 : "action", text);
}

/* The variables of a condition. */
static void
check_condition(struct check *k, struct json_object *when, const char *at)
{
	const char	*text;
	char		 name[128];
	size_t		 w, n = json_object_is_type(when, json_type_array) ? json_object_array_length(when) : when != NULL;

	for (w = 0; w < n; w++) {
		text = json_object_get_string(json_object_is_type(when, json_type_array) ? json_object_array_get_idx(when, w) : when);
		text += text[0] == '!';
		(void)snprintf(name, sizeof(name), "%.*s", (int)(strcspn(text, "=!") < 127 ? strcspn(text, "=!") : 127), text);
		if (!var_known(k, name))
			flow_tell(k->f, k->r, false, at, "unknown variable \"%s\"", name);
	}
}

static void
check_when(struct check *k, struct json_object *ncco)
{
	char	at[300];
	size_t	i;

	for (i = 0; i < json_object_array_length(ncco); i++) {
		(void)snprintf(at, sizeof(at), "%s/%zu/when", k->base, i);
		check_condition(k, json_get(json_object_array_get_idx(ncco, i), "when"), at);
	}
}

/* Of what follows: a text, or an array of texts. */
static bool
when_ok(struct json_object *when)
{
	size_t	i;

	if (!json_object_is_type(when, json_type_array))
		return json_object_is_type(when, json_type_string) && json_object_get_string_len(when) > 0;
	for (i = 0; i < json_object_array_length(when); i++)
		if (!json_object_is_type(json_object_array_get_idx(when, i), json_type_string))
			return false;
	return json_object_array_length(when) > 0;
}

/* ---- what follows ---- */

static bool
is_status_key(const char *key)
{
	static const char *const	words[] = {
		"none", "human", "machine", "machine:beep_start", "machine:beep_timeout", "failed", "busy", "timeout",
		"unanswered", "rejected", "cancelled", "disconnected", "completed", "record", "transfer", "default", NULL
	};
	const char			*end;
	char				 word[32];

	for (;; key = end + 1) {
		end = strchrnul(key, '|');
		(void)snprintf(word, sizeof(word), "%.*s", end - key < 31 ? (int)(end - key) : 0, key);
		if (!one_of(words, word))
			return false;
		if (*end == '\0')
			return true;
	}
}

static bool
key_ok(const char *key)
{
	char	form[64];

	if (strncmp(key, "dtmf:", 5) == 0)
		return strcmp(key + 5, "*") == 0 || (key[5] != '\0' && strlen(key + 5) <= 20 && strspn(key + 5, "0123456789*#") == strlen(key + 5));
	if (strncmp(key, "speech:", 7) == 0)
		return strcmp(key + 7, "*") == 0 || phrase_normalise(key + 7, strlen(key + 7), form, sizeof(form)) > 1;
	if (strncmp(key, "notify:", 7) == 0)
		return key[7] != '\0';
	return strcmp(key, FOLLOW_AI_TRANSFER) == 0 || is_status_key(key);
}

static void
check_target(struct check *k, const char *to, const char *at)
{
	if (strncmp(to, "flow:", 5) == 0) {
		if (flow_find(k->set, to + 5) == NULL)
			flow_tell(k->f, k->r, false, at, "no flow \"%.64s\"", to + 5);
	} else if (flow_step_find(k->f, to) == NULL)
		flow_tell(k->f, k->r, false, at, "no step \"%.64s\"", to);
}

static void
check_set(struct check *k, struct json_object *set, const char *path)
{
	char	at[400];

	if (set == NULL)
		return;
	if (!json_object_is_type(set, json_type_object)) {
		flow_tell(k->f, k->r, false, path, "\"set\" is no object");
		return;
	}
	json_object_object_foreach(set, name, value) {
		(void)snprintf(at, sizeof(at), "%.300s/set/%.64s", path, name);
		if (!json_object_is_type(value, json_type_string))
			flow_tell(k->f, k->r, false, at, "the variable \"%.64s\" is set to no text", name);
		else if (flowvar_is_fixed(name))
			flow_tell(k->f, k->r, false, at, "the variable \"%.64s\" is fixed", name);
		else
			check_text(k, json_object_get_string(value), at);
	}
}

static void
check_flags(struct check *k, struct json_object *e, const char *at)
{
	static const char *const	flags[] = { "hangup", "sms", "do_not_call" };
	static const char *const	texts[] = { "to", "then", "count", "store", "value", "ai" };
	const char			*ai = json_get_str(e, "ai");
	size_t				 i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (json_get(e, flags[i]) != NULL && !json_object_is_type(json_get(e, flags[i]), json_type_boolean))
			flow_tell(k->f, k->r, false, at, "\"%s\" is not true or false", flags[i]);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_get(e, texts[i]) != NULL && (json_get_str(e, texts[i]) == NULL || json_get_str(e, texts[i])[0] == '\0'))
			flow_tell(k->f, k->r, false, at, "\"%s\" is no text", texts[i]);
	if (json_get_str(e, "value") != NULL && json_get(e, "store") == NULL)
		flow_tell(k->f, k->r, false, at, "\"value\" without \"store\"");
	else if (json_get_str(e, "value") != NULL)
		check_text(k, json_get_str(e, "value"), at);
	if (ai != NULL && (strcmp(ai, "turn") != 0 || strstr(at, "/on/record") == NULL || json_get_str(e, "to") == NULL))
		flow_tell(k->f, k->r, false, at, "\"ai\" is \"turn\", behind \"record\", with \"to\"");
}

/* What the AI on a WebSocket wants is asked in no other step; who leads on from it must say where to. */
static void
check_ai_transfer(struct check *k, const struct flow_step *step, struct json_object *e, const char *at)
{
	if (!step->socket)
		flow_tell(k->f, k->r, false, at, "\"" FOLLOW_AI_TRANSFER "\" is of a step that connects to a WebSocket of ours"
		    " (a turn without one has ${action})");
	if (json_object_is_type(e, json_type_object) && json_get(e, "to") == NULL && !json_get_bool(e, "hangup", false))
		flow_tell(k->f, k->r, false, at, "\"" FOLLOW_AI_TRANSFER "\" without \"to\"");
	if (json_get(e, "when") == NULL)
		return;
	if (when_ok(json_get(e, "when")))
		check_condition(k, json_get(e, "when"), at);
	else
		flow_tell(k->f, k->r, false, at, "\"when\" is neither a condition nor an array of them");
}

static void
check_entry(struct check *k, struct json_object *e, const char *at)
{
	static const char *const	known[] = { "to", "when", "set", "max", "then", "count", "store", "value", "ai", "hangup", "sms", "do_not_call", NULL };
	int64_t				max = 0;
	int				has;

	if (json_object_is_type(e, json_type_string)) {
		check_target(k, json_object_get_string(e), at);
		return;
	}
	if (!json_object_is_type(e, json_type_object)) {
		flow_tell(k->f, k->r, false, at, "neither a step nor an object");
		return;
	}
	check_members(k, e, at, known);
	if (json_get(e, "when") != NULL && strstr(at, "/on/" FOLLOW_AI_TRANSFER) == NULL)
		flow_tell(k->f, k->r, false, at, "\"when\" is of actions and of \"" FOLLOW_AI_TRANSFER "\"");
	check_flags(k, e, at);
	check_set(k, json_get(e, "set"), at);
	if ((has = json_get_int(e, "max", 1, 1000, &max)) == -1)
		flow_tell(k->f, k->r, false, at, "\"max\" is no number from 1 to 1000");
	if ((has == 1) != (json_get(e, "then") != NULL))
		flow_tell(k->f, k->r, false, at, "\"max\" and \"then\" belong together");
	if (has != 1 && json_get(e, "count") != NULL)
		flow_tell(k->f, k->r, false, at, "\"count\" without \"max\"");
	if (json_get_str(e, "to") != NULL)
		check_target(k, json_get_str(e, "to"), at);
	if (json_get_str(e, "then") != NULL)
		check_target(k, json_get_str(e, "then"), at);
}

static void
check_on(struct check *k, const struct flow_step *step, const char *path)
{
	char	at[400];

	if (step->on == NULL)
		return;
	json_object_object_foreach(step->on, key, entry) {
		(void)snprintf(at, sizeof(at), "%.200s/on/%.150s", path, key);
		if (!key_ok(key))
			flow_tell(k->f, k->r, false, at, "\"%.64s\" is nothing that can follow", key);
		check_entry(k, entry, at);
		if (strcmp(key, FOLLOW_AI_TRANSFER) == 0)
			check_ai_transfer(k, step, entry, at);
	}
}

static void
check_step(struct check *k, const struct flow_step *step)
{
	static const char *const	known[] = { "description", "ncco", "on", NULL };
	struct actions_report		r = { on_action, k, 0 };
	char				path[160] = "";
	bool				start = strcmp(step->name, FLOW_START) == 0;

	if (!start)
		(void)snprintf(path, sizeof(path), "/steps/%s", step->name);
	if (!start)
		check_members(k, json_get(json_get(k->f->root, "steps"), step->name), path, known);
	(void)snprintf(k->base, sizeof(k->base), "%s/ncco", path);
	actions_check(step->ncco, true, &r);
	check_tree(k, step->ncco, k->base);
	check_when(k, step->ncco);
	check_on(k, step, path);
}

/* ---- where it leads ---- */

typedef bool visit_fn(void *arg, const struct flow *f, const struct flow_step *step);

/* fn for each step that one step can lead to; true when fn said so. */
static bool
each_next(const struct flow_set *set, const struct flow *f, const struct flow_step *step, visit_fn *fn, void *arg)
{
	const struct flow	*to_flow;
	const struct flow_step	*to_step;
	const char		*to[2];
	int			 i;

	if (step->on == NULL)
		return false;
	json_object_object_foreach(step->on, key, e) {
		(void)key;
		to[0] = json_object_is_type(e, json_type_string) ? json_object_get_string(e) : json_get_str(e, "to");
		to[1] = json_get_str(e, "then");
		for (i = 0; i < 2; i++) {
			if (to[i] == NULL)
				continue;
			to_flow = strncmp(to[i], "flow:", 5) == 0 ? flow_find(set, to[i] + 5) : f;
			to_step = to_flow == NULL ? NULL : flow_step_find(to_flow, to_flow == f && strncmp(to[i], "flow:", 5) != 0 ? to[i] : FLOW_START);
			if (to_step != NULL && fn(arg, to_flow, to_step))
				return true;
		}
	}
	return false;
}

struct trail {				/* steps that were walked */
	const struct flow_set	*set;
	const struct flow_step	*seen[FLOW_FILES_MAX * 8];
	size_t			 n;
	const struct flow_step	*goal;	/* loop: where the walk began */
	const struct flow	*only;	/* reach: within this flow */
};

static bool
was_seen(struct trail *t, const struct flow_step *step)
{
	size_t	i;

	for (i = 0; i < t->n; i++)
		if (t->seen[i] == step)
			return true;
	if (t->n == sizeof(t->seen) / sizeof(t->seen[0]))
		return true;
	t->seen[t->n++] = step;
	return false;
}

static bool
waits(const struct flow_step *step)
{
	size_t	i;

	for (i = 0; i < json_object_array_length(step->ncco); i++)
		if (actions_waits(json_object_array_get_idx(step->ncco, i)))
			return true;
	return false;
}

static bool
walk_loop(void *arg, const struct flow *f, const struct flow_step *step)
{
	struct trail	*t = arg;

	if (step == t->goal)
		return true;
	return !waits(step) && !was_seen(t, step) && each_next(t->set, f, step, walk_loop, t);
}

static bool
walk_reach(void *arg, const struct flow *f, const struct flow_step *step)
{
	struct trail	*t = arg;

	if (f == t->only && !was_seen(t, step))
		(void)each_next(t->set, f, step, walk_reach, t);
	return false;
}

static void
check_graph(struct check *k)
{
	struct trail	reach = { .set = k->set, .only = k->f };
	char		path[160];
	size_t		i;

	(void)walk_reach(&reach, k->f, &k->f->steps[0]);
	for (i = 0; i < k->f->nsteps; i++) {
		const struct flow_step	*step = &k->f->steps[i];
		struct trail		 loop = { .set = k->set, .goal = step };

		(void)snprintf(path, sizeof(path), i == 0 ? "/ncco" : "/steps/%s", step->name);
		if (!waits(step) && each_next(k->set, k->f, step, walk_loop, &loop))
			flow_tell(k->f, k->r, false, path, "step \"%s\" leads back to itself and nobody is asked", step->name);
		if (!was_seen(&reach, step))
			flow_tell(k->f, k->r, true, path, "step \"%s\" is never reached", step->name);
	}
}

void
flow_check(const struct flow_set *set, struct flow_report *r)
{
	static const char *const	known[] = { "description", "language", "sms", "vars", "ncco", "on", "steps", NULL };
	struct check			k = { .set = set, .r = r };
	size_t				errors = r->errors, i, s;

	for (i = 0; i < set->n; i++) {
		k.f = set->flows[i];
		check_members(&k, k.f->root, "", known);
		if (json_get(k.f->root, "sms") != NULL && !json_object_is_type(json_get(k.f->root, "sms"), json_type_boolean))
			flow_tell(k.f, r, false, "/sms", "\"sms\" is not true or false");
		if (json_get(k.f->root, "language") != NULL && flow_language(k.f) == NULL)
			flow_tell(k.f, r, false, "/language", "\"language\" is no text");
		check_vars(&k);
		for (s = 0; s < k.f->nsteps; s++)
			check_step(&k, &k.f->steps[s]);
	}
	for (i = 0; r->errors == errors && i < set->n; i++) {
		k.f = set->flows[i];
		check_graph(&k);
	}
}
