/* SPDX-License-Identifier: ISC */
#include "webhookd/flow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/utf8.h"
#include "webhookd/flow_impl.h"
#include "webhookd/jsonline.h"
#include "webhookd/talk.h"

/* ---- telling ---- */

void
flow_tell_text(struct flow_report *r, bool warning, const char *text)
{
	if (warning)
		r->warnings++;
	else if (r->errors++ == 0)
		(void)snprintf(r->first, sizeof(r->first), "%s", text);
	if (r->fn != NULL)
		r->fn(r->arg, warning, text);
}

void
flow_tell(const struct flow *f, struct flow_report *r, bool warning, const char *json_path, const char *fmt, ...)
{
	char	text[600];
	va_list	ap;
	int	n;

	n = snprintf(text, sizeof(text), "%.300s:%zu: ", f->path, json_line(f->text, f->len, json_path));
	va_start(ap, fmt);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	flow_tell_text(r, warning, text);
}

/* ---- variables in a text ---- */

bool
flow_next_var(const char *text, const char **ret_begin, const char **ret_name, size_t *ret_len, const char **ret_end)
{
	const char	*begin = strstr(text, "${"), *close;

	if (begin == NULL || (close = strchr(begin, '}')) == NULL)
		return false;
	*ret_begin = begin;
	*ret_name = begin + 2;
	*ret_len = (size_t)(close - begin - 2);
	*ret_end = close + 1;
	return true;
}

const char *
flow_scope_get(const struct flow_scope *scope, const char *name)
{
	const char	*value;
	size_t		 i;

	if (scope->vars != NULL && (value = json_get_str(scope->vars, name)) != NULL)
		return value;
	for (i = 0; i < scope->nfixed; i++)
		if (strcmp(scope->fixed[i].name, name) == 0)
			return scope->fixed[i].value != NULL ? scope->fixed[i].value : "";
	if (scope->flow != NULL && scope->flow->vars != NULL && (value = json_get_str(scope->flow->vars, name)) != NULL)
		return value;
	return "";
}

/*
 * A number cut to its column may end inside a character, and Vonage refuses an NCCO that is no UTF-8;
 * it refuses SSML in which a name has an "&".
 */
static void
put_value(struct buf *b, const char *value, bool ssml)
{
	size_t	 len = strlen(value), n;

	for (; len > 0; value += n, len -= n) {
		n = utf8_char_len(value, len);
		if (ssml && n == 1 && talk_entity(*value) != NULL)
			(void)buf_puts(b, talk_entity(*value));
		else if (n > 0)
			(void)buf_append(b, value, n);
		else {
			(void)buf_puts(b, UTF8_REPLACEMENT);
			n = 1;
		}
	}
}

static void
expand(struct buf *b, const char *text, const struct flow_scope *scope, bool defaults, bool ssml)
{
	const char	*begin, *at, *end, *value;
	char		 name[128];
	size_t		 len;

	ssml |= strstr(text, "<speak") != NULL;
	for (; flow_next_var(text, &begin, &at, &len, &end); text = end) {
		(void)buf_append(b, text, (size_t)(begin - text));
		if (len >= sizeof(name))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, at);
		value = flow_scope_get(scope, name);
		/* A default is part of the file, so it may name others; values from outside are never looked into. */
		if (defaults && scope->flow != NULL && scope->flow->vars != NULL && value == json_get_str(scope->flow->vars, name))
			expand(b, value, scope, false, ssml);
		else
			put_value(b, value, ssml);
	}
	(void)buf_puts(b, text);
}

char *
flow_expand(const char *text, const struct flow_scope *scope)
{
	struct buf	b;

	buf_init(&b, FLOW_VALUE_MAX);
	expand(&b, text, scope, true, false);
	return buf_steal(&b, NULL);
}

/* ---- the tree ---- */

static struct json_object *render(struct json_object *, const struct flow_scope *);

static struct json_object *
render_text(const char *text, const struct flow_scope *scope)
{
	char			*value = flow_expand(text, scope);
	struct json_object	*out;

	if (value == NULL)
		return NULL;
	out = json_object_new_string(value);
	free(value);
	return out;
}

/* "name", "!name", "name=value", "name!=value"; the value may name variables. */
static bool
holds(const char *condition, const struct flow_scope *scope)
{
	char		 name[128];
	const char	*eq = strchr(condition, '=');
	char		*want;
	bool		 not = condition[0] == '!', same;
	size_t		 len = eq != NULL ? (size_t)(eq - condition) : strlen(condition);

	if (not) {
		condition++;
		len--;
	} else if (eq != NULL && len > 0 && condition[len - 1] == '!') {
		not = true;
		len--;
	}
	if (len >= sizeof(name))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, condition);
	if (eq != NULL) {
		if ((want = flow_expand(eq + 1, scope)) == NULL)
			return false;
		same = strcmp(flow_scope_get(scope, name), want) == 0;
		free(want);
		return same != not;
	}
	return (flow_scope_get(scope, name)[0] != '\0') != not;
}

bool
flow_when(struct json_object *when, const struct flow_scope *scope)
{
	size_t	i;

	if (json_object_is_type(when, json_type_string))
		return holds(json_object_get_string(when), scope);
	for (i = 0; json_object_is_type(when, json_type_array) && i < json_object_array_length(when); i++)
		if (!holds(json_object_get_string(json_object_array_get_idx(when, i)), scope))
			return false;
	return true;
}

static bool
left_out(struct json_object *action, const struct flow_scope *scope)
{
	return json_object_is_type(action, json_type_object) && !flow_when(json_get(action, "when"), scope);
}

static struct json_object *
render_array(struct json_object *in, const struct flow_scope *scope)
{
	struct json_object	*out = json_object_new_array(), *v;
	size_t			 i;

	for (i = 0; out != NULL && i < json_object_array_length(in); i++) {
		if (left_out(json_object_array_get_idx(in, i), scope))
			continue;
		v = render(json_object_array_get_idx(in, i), scope);
		if (v == NULL || json_object_array_add(out, v) == -1) {
			json_object_put(v);
			json_object_put(out);
			return NULL;
		}
	}
	return out;
}

static struct json_object *
render_object(struct json_object *in, const struct flow_scope *scope)
{
	struct json_object	*out = json_object_new_object(), *v;

	if (out == NULL)
		return NULL;
	json_object_object_foreach(in, key, member) {
		if (strcmp(key, "when") == 0)
			continue;
		if ((v = render(member, scope)) == NULL || json_add(out, key, v) == -1) {
			json_object_put(out);
			return NULL;
		}
	}
	return out;
}

static struct json_object *
render(struct json_object *in, const struct flow_scope *scope)
{
	if (json_object_is_type(in, json_type_string))
		return render_text(json_object_get_string(in), scope);
	if (json_object_is_type(in, json_type_array))
		return render_array(in, scope);
	if (json_object_is_type(in, json_type_object))
		return render_object(in, scope);
	return json_object_get(in);		/* numbers and booleans are shared */
}

struct json_object *
flow_render(const struct flow_step *step, const struct flow_scope *scope)
{
	return render_array(step->ncco, scope);
}

/* ---- one file ---- */

bool
flow_name_ok(const char *name)
{
	size_t	n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= FLOW_NAME_MAX && name[n] == '\0';
}

/* Does an action connect to sockd: a websocket endpoint whose address is left to us? */
static bool
connects_to_sockd(struct json_object *ncco)
{
	struct json_object	*endpoint;
	const char		*uri;
	size_t			 i;

	for (i = 0; i < json_object_array_length(ncco); i++) {
		endpoint = json_get_arr(json_object_array_get_idx(ncco, i), "endpoint");
		endpoint = endpoint != NULL ? json_object_array_get_idx(endpoint, 0) : NULL;
		if (strcmp(json_get_str_or(endpoint, "type", ""), "websocket") != 0)
			continue;
		uri = json_get_str(endpoint, "uri");
		if (uri == NULL || strstr(uri, "${socket_uri}") != NULL)
			return true;
	}
	return false;
}

static bool
add_step(struct flow *f, const char *name, struct json_object *from, const char *path, struct flow_report *r)
{
	struct flow_step	*step = &f->steps[f->nsteps];
	struct json_object	*ncco = json_get(from, "ncco"), *on = json_get(from, "on");

	if (!json_object_is_type(ncco, json_type_array) || json_object_array_length(ncco) == 0)
		flow_tell(f, r, false, path, "step \"%.64s\": no member \"ncco\" with an array of actions", name);
	else if (on != NULL && !json_object_is_type(on, json_type_object))
		flow_tell(f, r, false, path, "step \"%.64s\": \"on\" is no object", name);
	else if (!flow_name_ok(name))
		flow_tell(f, r, false, path, "step \"%.64s\": a name has 1 to %d of A-Z a-z 0-9 _ -", name, FLOW_NAME_MAX);
	else {
		*step = (struct flow_step){ name, ncco, on, connects_to_sockd(ncco) };
		f->nsteps++;
		return true;
	}
	return false;
}

static bool
read_steps(struct flow *f, struct flow_report *r)
{
	struct json_object	*steps = json_get(f->root, "steps");
	char			 path[200];
	size_t			 n;

	if (steps != NULL && !json_object_is_type(steps, json_type_object)) {
		flow_tell(f, r, false, "/steps", "\"steps\" is no object");
		return false;
	}
	n = 1 + (steps != NULL ? (size_t)json_object_object_length(steps) : 0);
	if (n > FLOW_STEPS_MAX) {
		flow_tell(f, r, false, "/steps", "more than %d steps", FLOW_STEPS_MAX);
		return false;
	}
	if ((f->steps = mem_calloc(n, sizeof(*f->steps))) == NULL) {
		flow_tell(f, r, false, "", "out of memory");
		return false;
	}
	if (!add_step(f, FLOW_START, f->root, "", r))
		return false;
	if (steps == NULL)
		return true;
	json_object_object_foreach(steps, name, step) {
		(void)snprintf(path, sizeof(path), "/steps/%.100s", name);
		if (strcmp(name, FLOW_START) == 0) {
			flow_tell(f, r, false, path, "\"start\" is the flow's own \"ncco\"");
			return false;
		}
		if (!add_step(f, name, step, path, r))
			return false;
	}
	return true;
}

static bool
read_vars(struct flow *f, struct flow_report *r)
{
	struct json_object	*vars = json_get(f->root, "vars");

	if (vars != NULL && !json_object_is_type(vars, json_type_object)) {
		flow_tell(f, r, false, "/vars", "\"vars\" is no object");
		return false;
	}
	f->vars = vars;
	return true;
}

struct flow *
flow_parse(const char *name, const char *path, const char *text, size_t len, struct flow_report *r)
{
	struct flow	*f;
	const char	*cause = "out of memory";
	char		 told[500];

	if ((f = mem_calloc(1, sizeof(*f))) == NULL || (f->path = mem_strdup(path)) == NULL ||
	    (f->text = mem_strndup(text, len)) == NULL || (f->root = json_parse(text, len, &cause)) == NULL) {
		(void)snprintf(told, sizeof(told), "%.300s:%zu: %s", path, json_error_line(text, len), cause);
		flow_tell_text(r, false, told);
		flow_free(f);
		return NULL;
	}
	f->len = len;
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	if (!json_object_is_type(f->root, json_type_object))
		flow_tell(f, r, false, "", "not a JSON object");
	else if (read_vars(f, r) && read_steps(f, r))
		return f;
	flow_free(f);
	return NULL;
}

void
flow_free(struct flow *f)
{
	if (f == NULL)
		return;
	json_object_put(f->root);
	free(f->steps);
	free(f->path);
	free(f->text);
	free(f);
}

const char *
flow_name(const struct flow *f)
{
	return f->name;
}

bool
flow_wants_sms(const struct flow *f)
{
	return json_get_bool(f->root, "sms", false);
}

const char *
flow_language(const struct flow *f)
{
	return json_get_str(f->root, "language");
}

const struct flow_step *
flow_step_find(const struct flow *f, const char *name)
{
	size_t	i;

	for (i = 0; i < f->nsteps; i++)
		if (strcmp(f->steps[i].name, name) == 0)
			return &f->steps[i];
	return NULL;
}
