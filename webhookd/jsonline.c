/* SPDX-License-Identifier: ISC */
#include "webhookd/jsonline.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

struct walk {
	const char	*text;
	size_t		 len, at, line;
};

static void
step(struct walk *w)
{
	if (w->at < w->len && w->text[w->at++] == '\n')
		w->line++;
}

static int
here(const struct walk *w)
{
	return w->at < w->len ? (unsigned char)w->text[w->at] : -1;
}

static void
skip_space(struct walk *w)
{
	while (here(w) != -1 && isspace(here(w)))
		step(w);
}

/* Over a string; its raw content. */
static void
skip_string(struct walk *w, const char **ret, size_t *ret_len)
{
	size_t	begin;

	step(w);
	begin = w->at;
	while (here(w) != -1 && here(w) != '"') {
		if (here(w) == '\\')
			step(w);
		step(w);
	}
	*ret = w->text + begin;
	*ret_len = w->at - begin;
	step(w);
}

/* Over a value of any kind, counting brackets: no recursion. */
static void
skip_value(struct walk *w)
{
	const char	*s;
	size_t		 n;
	int		 depth = 0, c;

	do {
		skip_space(w);
		c = here(w);
		if (c == -1)
			return;
		if (c == '"') {
			skip_string(w, &s, &n);
			continue;
		}
		depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
		if (strchr("{}[],:", c) != NULL) {
			step(w);
			continue;
		}
		while (here(w) != -1 && strchr("{}[],: \t\r\n", here(w)) == NULL)
			step(w);
	} while (depth > 0);
}

/* The next name of the path against a member's; both end where they end. */
static bool
name_is(const char *name, size_t len, const char *part, size_t part_len)
{
	size_t	i, k = 0;
	char	c;

	for (i = 0; i < part_len; i++, k++) {
		c = part[i];
		if (c == '~' && i + 1 < part_len)
			c = part[++i] == '1' ? '/' : '~';
		if (k >= len || name[k] != c)
			return false;
	}
	return k == len;
}

/* Into the member or element; false: there is none. *ret_line is the line where it begins (of a member: its name). */
static bool
enter(struct walk *w, const char *part, size_t part_len, size_t *ret_line)
{
	const char	*name = NULL;
	size_t		 len = 0, line, i, index = strtoul(part, NULL, 10);
	bool		 object;

	skip_space(w);
	if (here(w) != '{' && here(w) != '[')
		return false;
	object = here(w) == '{';
	step(w);
	for (i = 0;; i++) {
		skip_space(w);
		if (here(w) == -1 || here(w) == '}' || here(w) == ']')
			return false;
		line = w->line;
		if (object) {
			if (here(w) != '"')
				return false;
			skip_string(w, &name, &len);
			skip_space(w);
			step(w);		/* ":" */
			skip_space(w);
		}
		if (object ? name_is(name, len, part, part_len) : i == index) {
			*ret_line = line;
			return true;
		}
		skip_value(w);
		skip_space(w);
		if (here(w) == ',')
			step(w);
	}
}

size_t
json_line(const char *text, size_t len, const char *path)
{
	struct walk	 w = { text, len, 0, 1 };
	const char	*end;
	size_t		 line;

	skip_space(&w);
	line = w.line;
	for (; *path == '/'; path = end) {
		path++;
		end = strchrnul(path, '/');
		if (!enter(&w, path, (size_t)(end - path), &line))
			break;
	}
	return line;
}

size_t
json_error_line(const char *text, size_t len)
{
	struct json_tokener	*tok = json_tokener_new();
	size_t			 i, end = 0, line = 1;

	if (tok != NULL) {
		json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
		json_object_put(json_tokener_parse_ex(tok, text, (int)len));
		end = json_tokener_get_parse_end(tok);
		json_tokener_free(tok);
	}
	for (i = 0; i < len && i < end; i++)
		line += text[i] == '\n';
	return line;
}
