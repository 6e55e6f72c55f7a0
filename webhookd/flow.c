/* SPDX-License-Identifier: ISC */
#include "webhookd/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/utf8.h"

#define FLOW_MAX	65536
#define FLOW_VALUE_MAX	8192

struct flow {
	struct json_object	*root;
	struct json_object	*ncco;	/* in root */
};

/* ---- variables in a text ---- */

/* Find the next ${name}; false when there is none. */
static bool
next_var(const char *text, const char **ret_begin, const char **ret_name, size_t *ret_len, const char **ret_end)
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

static bool
name_is(const char *name, size_t len, const char *known)
{
	return strlen(known) == len && memcmp(name, known, len) == 0;
}

/* A number cut to its column may end inside a character, and Vonage refuses an NCCO that is no UTF-8. */
static void
put_value(struct buf *b, const char *value)
{
	size_t	 len = strlen(value), n;

	for (; len > 0; value += n, len -= n) {
		if ((n = utf8_char_len(value, len)) > 0)
			(void)buf_append(b, value, n);
		else {
			(void)buf_puts(b, UTF8_REPLACEMENT);
			n = 1;
		}
	}
}

static struct json_object *
render_text(const char *text, const struct flow_var *vars, size_t nvars)
{
	struct buf		 b;
	const char		*begin, *name, *end;
	struct json_object	*out = NULL;
	size_t			 len, i;

	buf_init(&b, FLOW_VALUE_MAX);
	while (next_var(text, &begin, &name, &len, &end)) {
		(void)buf_append(&b, text, (size_t)(begin - text));
		for (i = 0; i < nvars; i++)
			if (name_is(name, len, vars[i].name) && vars[i].value != NULL)
				put_value(&b, vars[i].value);
		text = end;
	}
	(void)buf_puts(&b, text);
	if (!buf_failed(&b))
		out = json_object_new_string_len(b.data, (int)b.len);
	buf_clear(&b);
	return out;
}

/* ---- the tree ---- */

static struct json_object *render(struct json_object *, const struct flow_var *, size_t);

static bool
left_out(struct json_object *action, const struct flow_var *vars, size_t nvars)
{
	const char	*when = json_object_is_type(action, json_type_object) ? json_get_str(action, "when") : NULL;
	size_t		 i;

	if (when == NULL)
		return false;
	for (i = 0; i < nvars; i++)
		if (strcmp(vars[i].name, when) == 0)
			return vars[i].value == NULL || vars[i].value[0] == '\0';
	return true;
}

static struct json_object *
render_array(struct json_object *in, const struct flow_var *vars, size_t nvars)
{
	struct json_object	*out = json_object_new_array(), *v;
	size_t			 i;

	for (i = 0; out != NULL && i < json_object_array_length(in); i++) {
		if (left_out(json_object_array_get_idx(in, i), vars, nvars))
			continue;
		v = render(json_object_array_get_idx(in, i), vars, nvars);
		if (v == NULL || json_object_array_add(out, v) == -1) {
			json_object_put(v);
			json_object_put(out);
			return NULL;
		}
	}
	return out;
}

static struct json_object *
render_object(struct json_object *in, const struct flow_var *vars, size_t nvars)
{
	struct json_object	*out = json_object_new_object(), *v;

	if (out == NULL)
		return NULL;
	json_object_object_foreach(in, key, member) {
		if (strcmp(key, "when") == 0)
			continue;
		if ((v = render(member, vars, nvars)) == NULL || json_add(out, key, v) == -1) {
			json_object_put(out);
			return NULL;
		}
	}
	return out;
}

static struct json_object *
render(struct json_object *in, const struct flow_var *vars, size_t nvars)
{
	if (json_object_is_type(in, json_type_string))
		return render_text(json_object_get_string(in), vars, nvars);
	if (json_object_is_type(in, json_type_array))
		return render_array(in, vars, nvars);
	if (json_object_is_type(in, json_type_object))
		return render_object(in, vars, nvars);
	return json_object_get(in);		/* numbers and booleans are shared */
}

struct json_object *
flow_render(const struct flow *f, const struct flow_var *vars, size_t nvars)
{
	return render_array(f->ncco, vars, nvars);
}

/* ---- checks at load ---- */

static const char *
unknown_var(const char *text, const char *const *names, size_t *ret_len)
{
	const char	*begin, *name, *end;
	size_t		 i, len;

	for (; next_var(text, &begin, &name, &len, &end); text = end) {
		for (i = 0; names[i] != NULL && !name_is(name, len, names[i]); i++)
			continue;
		if (names[i] == NULL) {
			*ret_len = len;
			return name;
		}
	}
	return NULL;
}

/* The first unknown variable in the tree, or NULL. */
static const char *
check_tree(struct json_object *v, const char *const *names, size_t *ret_len)
{
	const char	*bad = NULL;
	size_t		 i;

	if (json_object_is_type(v, json_type_string))
		return unknown_var(json_object_get_string(v), names, ret_len);
	if (json_object_is_type(v, json_type_array)) {
		for (i = 0; bad == NULL && i < json_object_array_length(v); i++)
			bad = check_tree(json_object_array_get_idx(v, i), names, ret_len);
	} else if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, member) {
			(void)key;
			if (bad == NULL)
				bad = check_tree(member, names, ret_len);
		}
	}
	return bad;
}

struct flow *
flow_parse(const char *what, const char *text, size_t len, const char *const *names, char *err, size_t err_size)
{
	struct flow	*f;
	const char	*cause = "out of memory", *bad;
	size_t		 bad_len;

	if ((f = mem_calloc(1, sizeof(*f))) == NULL || (f->root = json_parse(text, len, &cause)) == NULL) {
		(void)snprintf(err, err_size, "%s: %s", what, cause);
		flow_free(f);
		return NULL;
	}
	f->ncco = json_object_is_type(f->root, json_type_object) ? json_get_arr(f->root, "ncco") : NULL;
	if (f->ncco == NULL || json_object_array_length(f->ncco) == 0)
		(void)snprintf(err, err_size, "%s: no member \"ncco\" with an array of actions", what);
	else if ((bad = check_tree(f->ncco, names, &bad_len)) != NULL)
		(void)snprintf(err, err_size, "%s: unknown variable ${%.*s}", what, (int)bad_len, bad);
	else
		return f;
	flow_free(f);
	return NULL;
}

struct flow *
flow_load(const char *path, const char *const *names, char *err, size_t err_size)
{
	char		*text;
	struct flow	*f = NULL;
	ssize_t		 n, len = 0;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		(void)snprintf(err, err_size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if ((text = mem_alloc(FLOW_MAX + 1)) == NULL) {
		(void)snprintf(err, err_size, "%s: out of memory", path);
		goto out;
	}
	while ((n = read(fd, text + len, FLOW_MAX + 1 - (size_t)len)) > 0)
		len += n;
	if (n == -1 || len > FLOW_MAX)
		(void)snprintf(err, err_size, "%s: %s", path, n == -1 ? strerror(errno) : "over 64 KiB");
	else
		f = flow_parse(path, text, (size_t)len, names, err, err_size);
out:
	free(text);
	(void)close(fd);
	return f;
}

void
flow_free(struct flow *f)
{
	if (f == NULL)
		return;
	json_object_put(f->root);
	free(f);
}
