/* SPDX-License-Identifier: ISC */
#include "common/json.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/num.h"
#include "common/utf8.h"

#define EXACT_INT_MAX	9007199254740992.0	/* 2^53: a double holds all integers up to here */

/*
 * A reader of RFC 8259 that only says yes or no, since json-c takes more than
 * JSON even when strict (stack.md 5). Recursion ends at JSON_DEPTH_MAX.
 */
struct scan {
	const char	*at, *end;
	const char	*cause;		/* why not; NULL until then */
	unsigned	 depth;
};

static bool scan_value(struct scan *s);

static bool
refuse(struct scan *s, const char *cause)
{
	if (s->cause == NULL)
		s->cause = cause;
	return false;
}

static bool
scan_is(const struct scan *s, char c)
{
	return s->at < s->end && *s->at == c;
}

static void
scan_space(struct scan *s)
{
	while (s->at < s->end &&
	    (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t	len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return refuse(s, "not a JSON value");
	s->at += len;
	return true;
}

static bool
scan_digits(struct scan *s)
{
	const char	*begin = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > begin || refuse(s, "malformed number");
}

static bool
scan_number(struct scan *s)
{
	if (scan_is(s, '-'))
		s->at++;
	if (scan_is(s, '0'))
		s->at++;
	else if (!scan_digits(s))
		return false;
	if (scan_is(s, '.')) {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (!scan_is(s, 'e') && !scan_is(s, 'E'))
		return true;
	s->at++;
	if (scan_is(s, '+') || scan_is(s, '-'))
		s->at++;
	return scan_digits(s);
}

static bool
scan_escape(struct scan *s)
{
	int	i;

	s->at++;
	if (s->at == s->end)
		return refuse(s, "text ends inside a string");
	if (*s->at == '\0' || strchr("\"\\/bfnrtu", *s->at) == NULL)
		return refuse(s, "unknown escape in a string");
	if (*s->at++ != 'u')
		return true;
	for (i = 0; i < 4; i++, s->at++) {
		if (s->at == s->end || *s->at == '\0' ||
		    strchr("0123456789abcdefABCDEF", *s->at) == NULL)
			return refuse(s, "malformed \\u escape");
	}
	return true;
}

static bool
scan_string(struct scan *s)
{
	size_t	n;

	for (s->at++; s->at < s->end; ) {
		if (*s->at == '"') {
			s->at++;
			return true;
		}
		if (*s->at == '\\') {
			if (!scan_escape(s))
				return false;
			continue;
		}
		if ((unsigned char)*s->at < 0x20)
			return refuse(s, "raw control character in a string");
		if ((n = utf8_char_len(s->at, (size_t)(s->end - s->at))) == 0)
			return refuse(s, "invalid UTF-8");
		s->at += n;
	}
	return refuse(s, "text ends inside a string");
}

static bool
scan_member(struct scan *s)
{
	scan_space(s);
	if (!scan_is(s, '"'))
		return refuse(s, "member name expected");
	if (!scan_string(s))
		return false;
	scan_space(s);
	if (!scan_is(s, ':'))
		return refuse(s, "':' expected");
	s->at++;
	return scan_value(s);
}

/* From the opening bracket to the one that closes it. */
static bool
scan_list(struct scan *s, char close, bool (*item)(struct scan *))
{
	if (++s->depth > JSON_DEPTH_MAX)
		return refuse(s, "nested too deeply");
	s->at++;
	scan_space(s);
	if (!scan_is(s, close)) {
		for (;;) {
			if (!item(s))
				return false;
			scan_space(s);
			if (!scan_is(s, ','))
				break;
			s->at++;
		}
		if (!scan_is(s, close))
			return refuse(s, "',' or closing bracket expected");
	}
	s->at++;
	s->depth--;
	return true;
}

static bool
scan_value(struct scan *s)
{
	scan_space(s);
	if (s->at == s->end)
		return refuse(s, "text ends where a value is expected");
	switch (*s->at) {
	case '{':
		return scan_list(s, '}', scan_member);
	case '[':
		return scan_list(s, ']', scan_value);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return scan_number(s);
	default:
		return refuse(s, "not a JSON value");
	}
}

static const char *
scan_text(const char *text, size_t len)
{
	struct scan	s = { .at = text, .end = text + len };

	if (!scan_value(&s))
		return s.cause;
	scan_space(&s);
	return s.at == s.end ? NULL : "something follows the value";
}

static struct json_object *
build(const char *text, size_t len, const char **ret_cause)
{
	struct json_tokener	*tok;
	struct json_object	*obj;

	if ((tok = json_tokener_new_ex(JSON_DEPTH_MAX + 2)) == NULL) {
		*ret_cause = "out of memory";
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(tok, text, (int)len);
	/* a bare number or word ends only with the text: a NUL says so */
	if (json_tokener_get_error(tok) == json_tokener_continue)
		obj = json_tokener_parse_ex(tok, "", 1);
	if (json_tokener_get_error(tok) != json_tokener_success)
		*ret_cause = json_tokener_error_desc(json_tokener_get_error(tok));
	else if (obj == NULL)
		*ret_cause = "null is not a value here";
	json_tokener_free(tok);
	return obj;
}

struct json_object *
json_parse(const char *text, size_t len, const char **cause)
{
	struct json_object	*obj = NULL;
	const char		*why;

	if (len > INT32_MAX)
		why = "too long";
	else if ((why = scan_text(text, len)) == NULL)
		obj = build(text, len, &why);
	if (obj != NULL)
		return obj;
	if (cause != NULL)
		*cause = why;
	errno = strcmp(why, "out of memory") == 0 ? ENOMEM : EBADMSG;
	return NULL;
}

struct json_object *
json_get(struct json_object *obj, const char *key)
{
	struct json_object	*value = NULL;

	if (!json_object_is_type(obj, json_type_object) ||
	    !json_object_object_get_ex(obj, key, &value))
		return NULL;
	return value;
}

static struct json_object *
get_typed(struct json_object *obj, const char *key, enum json_type type)
{
	struct json_object	*value = json_get(obj, key);

	return value != NULL && json_object_is_type(value, type) ? value : NULL;
}

struct json_object *
json_get_obj(struct json_object *obj, const char *key)
{
	return get_typed(obj, key, json_type_object);
}

struct json_object *
json_get_arr(struct json_object *obj, const char *key)
{
	return get_typed(obj, key, json_type_array);
}

static const char *
plain_text(struct json_object *value)
{
	const char	*text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *
json_get_str(struct json_object *obj, const char *key)
{
	struct json_object	*value = json_get(obj, key);

	return value != NULL ? plain_text(value) : NULL;
}

const char *
json_get_str_or(struct json_object *obj, const char *key, const char *def)
{
	const char	*text = json_get_str(obj, key);

	return text != NULL ? text : def;
}

/* json-c clamps what does not fit: both ends of its range mean "or beyond". */
static int
int_value(struct json_object *value, int64_t *ret)
{
	const char	*text;
	double		 d;

	if (json_object_is_type(value, json_type_int)) {
		if (json_object_get_uint64(value) > INT64_MAX)
			return -1;
		*ret = json_object_get_int64(value);
		return *ret == INT64_MIN ? -1 : 0;
	}
	if (json_object_is_type(value, json_type_double)) {
		d = json_object_get_double(value);
		if (!(fabs(d) <= EXACT_INT_MAX) || d != floor(d))
			return -1;
		*ret = (int64_t)d;
		return 0;
	}
	if ((text = plain_text(value)) == NULL)
		return -1;
	return num_parse(text, INT64_MIN, INT64_MAX, ret);
}

int
json_get_int(struct json_object *obj, const char *key, int64_t min, int64_t max, int64_t *ret)
{
	struct json_object	*value = json_get(obj, key);
	int64_t			 n;

	if (value == NULL)
		return 0;
	if (int_value(value, &n) == -1 || n < min || n > max)
		return -1;
	*ret = n;
	return 1;
}

int
json_get_double(struct json_object *obj, const char *key, double *ret)
{
	struct json_object	*value = json_get(obj, key);
	const char		*text;
	double			 d;

	if (value == NULL)
		return 0;
	if (json_object_is_type(value, json_type_int) ||
	    json_object_is_type(value, json_type_double))
		d = json_object_get_double(value);
	else if ((text = plain_text(value)) == NULL ||
	    num_parse_double(text, -DBL_MAX, DBL_MAX, &d) == -1)
		return -1;
	if (!isfinite(d))
		return -1;
	*ret = d;
	return 1;
}

bool
json_get_bool(struct json_object *obj, const char *key, bool def)
{
	struct json_object	*value = get_typed(obj, key, json_type_boolean);

	return value != NULL ? json_object_get_boolean(value) != 0 : def;
}

/* Valid UTF-8 in any case; NULL: no memory. */
static struct json_object *
new_string(const char *text)
{
	struct json_object	*value = NULL;
	struct buf		 repaired;
	size_t			 len = strlen(text), n;

	if (len > INT32_MAX / 4)
		return NULL;
	if (utf8_valid(text, len))
		return json_object_new_string_len(text, (int)len);
	buf_init(&repaired, len * 3);
	for (; len > 0; text += n, len -= n) {
		if ((n = utf8_char_len(text, len)) > 0)
			(void)buf_append(&repaired, text, n);
		else {
			(void)buf_puts(&repaired, UTF8_REPLACEMENT);
			n = 1;
		}
	}
	if (!buf_failed(&repaired))
		value = json_object_new_string_len(repaired.data, (int)repaired.len);
	buf_clear(&repaired);
	return value;
}

int
json_add(struct json_object *obj, const char *key, struct json_object *value)
{
	if (value == NULL || json_object_object_add(obj, key, value) != 0) {
		(void)json_object_put(value);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

int
json_add_str(struct json_object *obj, const char *key, const char *text)
{
	return text == NULL ? 0 : json_add(obj, key, new_string(text));
}

int
json_add_int(struct json_object *obj, const char *key, int64_t value)
{
	return json_add(obj, key, json_object_new_int64(value));
}

int
json_add_bool(struct json_object *obj, const char *key, bool value)
{
	return json_add(obj, key, json_object_new_boolean(value));
}

const char *
json_text(struct json_object *obj, size_t *ret_len)
{
	size_t		 len = 0;
	const char	*text;

	text = json_object_to_json_string_length(obj,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (text != NULL && ret_len != NULL)
		*ret_len = len;
	return text;
}
