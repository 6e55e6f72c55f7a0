/* SPDX-License-Identifier: ISC */
#include "tools/callsim/ncco_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"

#define LIST_MAX	1000		/* elements of a list of texts */

int
ncco_complain(struct ncco_check *c, enum ncco_result result, const char *fmt, ...)
{
	char	 what[NCCO_CAUSE_SIZE - 40];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (c->index == (size_t)-1)
		(void)snprintf(c->cause, c->cause_size, "%s", what);
	else
		(void)snprintf(c->cause, c->cause_size, "action %zu: %s", c->index, what);
	c->result = result;
	return -1;
}

int
ncco_no_memory(struct ncco_check *c)
{
	return ncco_complain(c, NCCO_REFUSED, "out of memory");
}

bool
ncco_url_ok(const char *url)
{
	const char	*host;

	if (strncmp(url, "http://", 7) == 0)
		host = url + 7;
	else if (strncmp(url, "https://", 8) == 0)
		host = url + 8;
	else
		return false;
	if (*host == '\0' || strchr("/?#:", *host) != NULL)
		return false;
	for (; *host != '\0'; host++)
		if ((unsigned char)*host <= 0x20 || *host == 0x7f)
			return false;
	return true;
}

static bool
type_fits(enum ncco_want want, struct json_object *v)
{
	switch (want) {
	case NCCO_WANT_STR:
	case NCCO_WANT_URL:
	case NCCO_WANT_METHOD:
	case NCCO_WANT_OTHER_STR:
		return json_object_is_type(v, json_type_string);
	case NCCO_WANT_COUNT:
	case NCCO_WANT_SECONDS:
		return json_object_is_type(v, json_type_int);
	case NCCO_WANT_FRACTION:
	case NCCO_WANT_CLAMPED:
		return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
	case NCCO_WANT_BOOL:
		return json_object_is_type(v, json_type_boolean);
	case NCCO_WANT_LEVEL:
		return type_fits(NCCO_WANT_FRACTION, v) || type_fits(NCCO_WANT_STR, v);
	case NCCO_WANT_URLS:
	case NCCO_WANT_LIST:
	case NCCO_WANT_ARR:
		return json_object_is_type(v, json_type_array);
	case NCCO_WANT_OBJ:
	case NCCO_WANT_OTHER_OBJ:
		return json_object_is_type(v, json_type_object);
	}
	return false;
}

/* A string without NUL, or NULL. */
static const char *
plain_text(struct json_object *v)
{
	const char	*text = json_object_get_string(v);

	return strlen(text) == (size_t)json_object_get_string_len(v) ? text : NULL;
}

static int
copy(struct ncco_check *c, const char *text, void *place)
{
	char	*mine = mem_strdup(text);

	if (mine == NULL)
		return ncco_no_memory(c);
	*(char **)place = mine;
	return 0;
}

static int
read_text(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, void *place)
{
	const char	*text = plain_text(v);

	if (text == NULL)
		return ncco_complain(c, NCCO_BAD, "\"%s\" holds a NUL", m->name);
	if (text[0] == '\0')
		return ncco_complain(c, NCCO_BAD, "\"%s\" is empty", m->name);
	if (m->want == NCCO_WANT_URL && !ncco_url_ok(text))
		return ncco_complain(c, NCCO_BAD, "\"%s\" is no absolute http URL", m->name);
	return copy(c, text, place);
}

static int
read_number(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, void *place)
{
	double	value = json_object_get_double(v);

	if (m->want == NCCO_WANT_CLAMPED)
		value = fmin(fmax(value, m->min), m->max);
	if (value < m->min || value > m->max)
		return ncco_complain(c, NCCO_BAD, "\"%s\" is not in %g..%g", m->name, m->min, m->max);
	if (m->want != NCCO_WANT_COUNT)
		value *= 1000;
	*(uint32_t *)place = (uint32_t)llround(value);
	return 0;
}

/* -1 to 1 in steps of 0.1; SDKs send a number or a string (spec/vonage.md 3.1, 7.5). */
static int
read_level(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, double *place)
{
	double	value = 2;

	if (json_object_is_type(v, json_type_string))
		(void)num_parse_double(json_object_get_string(v), -1, 1, &value);
	else
		value = json_object_get_double(v);
	if (value < -1 || value > 1 || fabs(value * 10 - round(value * 10)) > 1e-6)
		return ncco_complain(c, NCCO_BAD, "\"%s\" is not in -1..1 by steps of 0.1", m->name);
	*place = value;
	return 0;
}

static int
read_urls(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, void *place)
{
	struct json_object	*url;

	if (json_object_array_length(v) != 1)
		return ncco_complain(c, NCCO_BAD, "%s must have exactly one element", m->name);
	url = json_object_array_get_idx(v, 0);
	if (!json_object_is_type(url, json_type_string) || plain_text(url) == NULL ||
	    !ncco_url_ok(json_object_get_string(url)))
		return ncco_complain(c, NCCO_BAD, "%s holds no http URL", m->name);
	return copy(c, json_object_get_string(url), place);
}

static int
read_method(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, bool *place)
{
	const char	*method = json_object_get_string(v);

	if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
		return ncco_complain(c, NCCO_BAD, "%s is neither GET nor POST", m->name);
	*place = strcmp(method, "GET") == 0;
	return 0;
}

static int
read_list(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, struct ncco_list *place)
{
	size_t			 n = json_object_array_length(v), i;
	struct json_object	*item;

	if (n > LIST_MAX)
		return ncco_complain(c, NCCO_BAD, "\"%s\" has more than %d elements", m->name, LIST_MAX);
	place->given = true;
	if ((place->items = mem_calloc(n + 1, sizeof(*place->items))) == NULL)
		return ncco_no_memory(c);
	for (i = 0; i < n; i++) {
		item = json_object_array_get_idx(v, i);
		if (!json_object_is_type(item, json_type_string) || plain_text(item) == NULL ||
		    json_object_get_string_len(item) == 0)
			return ncco_complain(c, NCCO_BAD, "\"%s\" has an element that is no text", m->name);
		if (copy(c, json_object_get_string(item), &place->items[i]) == -1)
			return -1;
		place->count++;
	}
	return 0;
}

static int
read_member(struct ncco_check *c, const struct ncco_member *m, struct json_object *v, struct ncco_action *a)
{
	void	*place = (char *)a + m->at;

	if (!type_fits(m->want, v))
		return ncco_complain(c, NCCO_BAD, "\"%s\" has a wrong type", m->name);
	switch (m->want) {
	case NCCO_WANT_STR:
	case NCCO_WANT_URL:
		return read_text(c, m, v, place);
	case NCCO_WANT_COUNT:
	case NCCO_WANT_SECONDS:
	case NCCO_WANT_FRACTION:
	case NCCO_WANT_CLAMPED:
		return read_number(c, m, v, place);
	case NCCO_WANT_BOOL:
		*(bool *)place = json_object_get_boolean(v);
		return 0;
	case NCCO_WANT_LEVEL:
		return read_level(c, m, v, place);
	case NCCO_WANT_URLS:
		return read_urls(c, m, v, place);
	case NCCO_WANT_METHOD:
		return read_method(c, m, v, place);
	case NCCO_WANT_LIST:
		return read_list(c, m, v, place);
	case NCCO_WANT_OBJ:
		return copy(c, json_text(v, NULL), place);
	case NCCO_WANT_ARR:
	case NCCO_WANT_OTHER_STR:
	case NCCO_WANT_OTHER_OBJ:
		break;
	}
	return 0;
}

int
ncco_members(struct ncco_check *c, const struct ncco_member *known, struct json_object *obj,
    struct ncco_action *a)
{
	const struct ncco_member	*m;

	json_object_object_foreach(obj, name, value) {
		for (m = known; m->name != NULL && strcmp(m->name, name) != 0; m++)
			;
		if (m->name == NULL)
			return ncco_complain(c, NCCO_BAD, "unknown member \"%.40s\"", name);
		if (read_member(c, m, value, a) == -1)
			return -1;
	}
	return 0;
}

int
ncco_word(struct ncco_check *c, struct json_object *obj, const char *member, const char *const *names,
    unsigned *ret)
{
	struct json_object	*v = json_get(obj, member);
	const char		*text;
	unsigned		 i;

	if (v == NULL)
		return 0;
	text = json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], text) == 0) {
			*ret = i;
			return 0;
		}
	return ncco_complain(c, NCCO_BAD, "%s \"%.40s\" is not known", member, text);
}
