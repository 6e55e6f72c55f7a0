/* SPDX-License-Identifier: ISC */
#include "tools/callsim/nccocheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"

struct check {			/* what is being looked at, for the cause */
	char		*cause;
	size_t		 cause_size;
	size_t		 index;		/* of the action */
	enum ncco_result result;
};

enum want { WANT_STR, WANT_INT, WANT_NUM, WANT_BOOL, WANT_OBJ, WANT_ARR, WANT_LEVEL };

struct member {
	const char	*name;
	enum want	 want;
};

static const struct member talk_members[] = {
	{ "action", WANT_STR }, { "text", WANT_STR }, { "language", WANT_STR },
	{ "style", WANT_INT }, { "premium", WANT_BOOL }, { "bargeIn", WANT_BOOL },
	{ "loop", WANT_INT }, { "level", WANT_LEVEL }, { "voiceName", WANT_STR },
	{ NULL, WANT_STR }
};
static const struct member connect_members[] = {
	{ "action", WANT_STR }, { "endpoint", WANT_ARR }, { "from", WANT_STR },
	{ "randomFromNumber", WANT_BOOL }, { "eventType", WANT_STR }, { "timeout", WANT_INT },
	{ "limit", WANT_INT }, { "machineDetection", WANT_STR },
	{ "advancedMachineDetection", WANT_OBJ }, { "eventUrl", WANT_ARR },
	{ "eventMethod", WANT_STR }, { "ringbackTone", WANT_STR }, { NULL, WANT_STR }
};
static const struct member websocket_members[] = {
	{ "type", WANT_STR }, { "uri", WANT_STR }, { "content-type", WANT_STR },
	{ "headers", WANT_OBJ }, { "authorization", WANT_OBJ }, { NULL, WANT_STR }
};
static const char *const other_actions[] = {
	"record", "stream", "conversation", "wait", "input", "notify", "transfer", NULL
};
static const char *const other_endpoints[] = { "phone", "app", "sip", "vbc", NULL };

static int complain(struct check *c, enum ncco_result result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
complain(struct check *c, enum ncco_result result, const char *fmt, ...)
{
	char	 what[200];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(c->cause, c->cause_size, "action %zu: %s", c->index, what);
	c->result = result;
	return -1;
}

static bool
listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool
type_fits(enum want want, struct json_object *v)
{
	switch (want) {
	case WANT_STR:
		return json_object_is_type(v, json_type_string);
	case WANT_INT:
		return json_object_is_type(v, json_type_int);
	case WANT_NUM:
		return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
	case WANT_BOOL:
		return json_object_is_type(v, json_type_boolean);
	case WANT_OBJ:
		return json_object_is_type(v, json_type_object);
	case WANT_ARR:
		return json_object_is_type(v, json_type_array);
	case WANT_LEVEL:
		return type_fits(WANT_NUM, v) || json_object_is_type(v, json_type_string);
	}
	return false;
}

static int
check_members(struct check *c, const struct member *known, struct json_object *obj)
{
	const struct member	*m;

	json_object_object_foreach(obj, name, value) {
		for (m = known; m->name != NULL && strcmp(m->name, name) != 0; m++)
			;
		if (m->name == NULL)
			return complain(c, NCCO_BAD, "unknown member \"%s\"", name);
		if (!type_fits(m->want, value))
			return complain(c, NCCO_BAD, "\"%s\" has a wrong type", name);
	}
	return 0;
}

/* Copy a text member if it is there. */
static int
copy_str(struct check *c, struct json_object *obj, const char *name, char **ret)
{
	const char	*text = json_get_str(obj, name);

	if (text == NULL && json_get(obj, name) != NULL)
		return complain(c, NCCO_BAD, "\"%s\" holds a NUL", name);
	if (text != NULL && (*ret = mem_strdup(text)) == NULL)
		return complain(c, NCCO_REFUSED, "out of memory");
	return 0;
}

/* Take the tags out of <speak>...</speak>; the rest stays as it is. */
static void
strip_ssml(char *text)
{
	char	*out = text;
	bool	 in_tag = false;

	if (strncmp(text, "<speak>", 7) != 0)
		return;
	for (; *text != '\0'; text++) {
		if (*text == '<')
			in_tag = true;
		if (!in_tag)
			*out++ = *text;
		if (*text == '>' && in_tag) {
			in_tag = false;
			*out++ = ' ';
		}
	}
	*out = '\0';
}

static size_t
characters(const char *text)
{
	size_t	n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int
read_talk(struct check *c, struct json_object *obj, struct ncco_action *a)
{
	int64_t	loop = 1;

	a->kind = NCCO_TALK;
	if (check_members(c, talk_members, obj) == -1 ||
	    copy_str(c, obj, "text", &a->text) == -1 ||
	    copy_str(c, obj, "language", &a->language) == -1)
		return -1;
	if (a->text == NULL || a->text[0] == '\0')
		return complain(c, NCCO_BAD, "talk without text");
	strip_ssml(a->text);
	if (characters(a->text) > NCCO_TEXT_MAX)
		return complain(c, NCCO_BAD, "text longer than %d characters", NCCO_TEXT_MAX);
	if (json_get_int(obj, "loop", 0, INT32_MAX, &loop) == -1)
		return complain(c, NCCO_BAD, "\"loop\" is negative");
	if (loop != 1)
		return complain(c, NCCO_REFUSED, "callsim does not play a talk in a loop");
	if (json_get_bool(obj, "bargeIn", false))
		return complain(c, NCCO_REFUSED, "callsim does not play talk with bargeIn");
	return 0;
}

/* eventUrl: an array of exactly one http(s) URL. */
static int
read_event_url(struct check *c, struct json_object *obj, struct ncco_action *a)
{
	struct json_object	*arr = json_get_arr(obj, "eventUrl"), *url;
	const char		*method = json_get_str_or(obj, "eventMethod", "POST");

	if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
		return complain(c, NCCO_BAD, "eventMethod is neither GET nor POST");
	a->event_get = strcmp(method, "GET") == 0;
	if (arr == NULL)
		return 0;
	if (json_object_array_length(arr) != 1)
		return complain(c, NCCO_BAD, "eventUrl must have exactly one element");
	url = json_object_array_get_idx(arr, 0);
	if (!json_object_is_type(url, json_type_string) ||
	    (strncmp(json_object_get_string(url), "http://", 7) != 0 &&
	    strncmp(json_object_get_string(url), "https://", 8) != 0))
		return complain(c, NCCO_BAD, "eventUrl holds no http URL");
	if ((a->event_url = mem_strdup(json_object_get_string(url))) == NULL)
		return complain(c, NCCO_REFUSED, "out of memory");
	return 0;
}

static int
read_headers(struct check *c, struct json_object *endpoint, struct ncco_action *a)
{
	struct json_object	*headers = json_get_obj(endpoint, "headers");
	const char		*text = "{}";
	size_t			 len = 2;

	if (headers != NULL)
		text = json_text(headers, &len);
	if (len > NCCO_HEADERS_MAX)
		return complain(c, NCCO_BAD, "headers are %zu bytes, at most %d", len, NCCO_HEADERS_MAX);
	if (json_get(headers, "event") != NULL || json_get(headers, "content-type") != NULL)
		return complain(c, NCCO_BAD, "a header is named event or content-type");
	if ((a->headers = mem_strdup(text)) == NULL)
		return complain(c, NCCO_REFUSED, "out of memory");
	return 0;
}

static int
read_rate(struct check *c, struct ncco_action *a)
{
	static const struct { const char *type; uint32_t rate_hz; } types[] = {
		{ "audio/l16;rate=8000", 8000 },
		{ "audio/l16;rate=16000", 16000 },
		{ "audio/l16;rate=24000", 24000 },
	};
	size_t	i;

	for (i = 0; a->content_type != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(a->content_type, types[i].type) == 0) {
			a->rate_hz = types[i].rate_hz;
			return 0;
		}
	return complain(c, NCCO_BAD, "content-type \"%.60s\" is not audio/l16;rate=8000, 16000 or 24000",
	    a->content_type == NULL ? "" : a->content_type);
}

static int
read_authorization(struct check *c, struct json_object *endpoint, struct ncco_action *a)
{
	struct json_object	*auth = json_get_obj(endpoint, "authorization");
	const char		*p;

	if (auth == NULL)
		return 0;
	if (strcmp(json_get_str_or(auth, "type", "vonage"), "custom") != 0)
		return complain(c, NCCO_REFUSED, "callsim does not sign the upgrade (authorization)");
	if (copy_str(c, auth, "value", &a->authorization) == -1)
		return -1;
	if (a->authorization == NULL)
		return complain(c, NCCO_BAD, "authorization without value");
	for (p = a->authorization; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			return complain(c, NCCO_BAD, "authorization value is not printable ASCII");
	return 0;
}

static int
read_websocket(struct check *c, struct json_object *endpoint, struct ncco_action *a)
{
	const char	*type = json_get_str_or(endpoint, "type", "");

	if (listed(other_endpoints, type))
		return complain(c, NCCO_REFUSED, "callsim does not connect to endpoint type %s", type);
	if (strcmp(type, "websocket") != 0)
		return complain(c, NCCO_BAD, "unknown endpoint type \"%.40s\"", type);
	if (check_members(c, websocket_members, endpoint) == -1 ||
	    copy_str(c, endpoint, "uri", &a->uri) == -1 ||
	    copy_str(c, endpoint, "content-type", &a->content_type) == -1)
		return -1;
	if (a->uri != NULL && strncmp(a->uri, "wss://", 6) == 0)
		return complain(c, NCCO_REFUSED, "callsim speaks ws:// only, not wss://");
	if (a->uri == NULL || strncmp(a->uri, "ws://", 5) != 0)
		return complain(c, NCCO_BAD, "uri is not ws:// or wss://");
	a->endpoint = NCCO_WEBSOCKET;
	if (read_rate(c, a) == -1 || read_headers(c, endpoint, a) == -1)
		return -1;
	return read_authorization(c, endpoint, a);
}

static int
read_connect(struct check *c, struct json_object *obj, struct ncco_action *a)
{
	struct json_object	*endpoints = json_get_arr(obj, "endpoint"), *endpoint;
	const char		*type = json_get_str(obj, "eventType");
	int64_t			 limit = 0, timeout = 0;

	a->kind = NCCO_CONNECT;
	if (check_members(c, connect_members, obj) == -1 ||
	    copy_str(c, obj, "from", &a->from) == -1 ||
	    read_event_url(c, obj, a) == -1)
		return -1;
	if (type != NULL && strcmp(type, "synchronous") != 0)
		return complain(c, NCCO_BAD, "eventType is not \"synchronous\"");
	a->synchronous = type != NULL;
	if (json_get_int(obj, "limit", 1, 7200, &limit) == -1 ||
	    json_get_int(obj, "timeout", 1, 7200, &timeout) == -1)
		return complain(c, NCCO_BAD, "limit or timeout is not in 1..7200");
	if (endpoints == NULL || json_object_array_length(endpoints) != 1)
		return complain(c, NCCO_BAD, "endpoint must be an array of exactly one");
	endpoint = json_object_array_get_idx(endpoints, 0);
	if (!json_object_is_type(endpoint, json_type_object))
		return complain(c, NCCO_BAD, "the endpoint is not an object");
	return read_websocket(c, endpoint, a);
}

static int
read_action(struct check *c, struct json_object *obj, struct ncco_action *a)
{
	const char	*name;

	if (!json_object_is_type(obj, json_type_object))
		return complain(c, NCCO_BAD, "not an object");
	a->json = json_object_get(obj);
	if ((name = json_get_str(obj, "action")) == NULL)
		return complain(c, NCCO_BAD, "no \"action\"");
	if (strcmp(name, "talk") == 0)
		return read_talk(c, obj, a);
	if (strcmp(name, "connect") == 0)
		return read_connect(c, obj, a);
	if (listed(other_actions, name))
		return complain(c, NCCO_REFUSED, "callsim does not play \"%s\"", name);
	return complain(c, NCCO_BAD, "unknown action \"%.40s\"", name);
}

enum ncco_result
ncco_parse(struct ncco *ret, const char *text, size_t len, char *cause, size_t cause_size)
{
	struct check		 c = { .cause = cause, .cause_size = cause_size };
	struct ncco		 n = { 0 };
	struct json_object	*root;
	const char		*why;
	size_t			 count;

	if ((root = json_parse(text, len, &why)) == NULL) {
		(void)snprintf(cause, cause_size, "not JSON: %s", why);
		return NCCO_BAD;
	}
	if (!json_object_is_type(root, json_type_array) ||
	    (count = json_object_array_length(root)) > NCCO_ACTIONS_MAX) {
		(void)snprintf(cause, cause_size, "not an array of at most %d actions", NCCO_ACTIONS_MAX);
		c.result = NCCO_BAD;
	} else if ((n.actions = mem_calloc(count + 1, sizeof(*n.actions))) == NULL)
		(void)complain(&c, NCCO_REFUSED, "out of memory");
	else
		for (; c.result == NCCO_OK && c.index < count; c.index++, n.nactions++)
			if (read_action(&c, json_object_array_get_idx(root, c.index),
			    &n.actions[c.index]) == -1) {
				n.nactions++;
				break;
			}
	json_object_put(root);
	if (c.result != NCCO_OK)
		ncco_clear(&n);
	else
		*ret = n;
	return c.result;
}

void
ncco_clear(struct ncco *n)
{
	struct ncco_action	*a;

	for (a = n->actions; n->nactions > 0; a++, n->nactions--) {
		free(a->text);
		free(a->language);
		free(a->uri);
		free(a->content_type);
		free(a->headers);
		free(a->authorization);
		free(a->from);
		free(a->event_url);
		json_object_put(a->json);
	}
	free(n->actions);
	*n = (struct ncco){ 0 };
}

char *
ncco_connected_text(const struct ncco_action *connect)
{
	struct json_object	*all = json_parse(connect->headers, strlen(connect->headers), NULL), *first;
	char			*text = NULL;

	if (all == NULL || (first = json_object_new_object()) == NULL) {
		json_object_put(all);
		return NULL;
	}
	if (json_add_str(first, "event", "websocket:connected") == 0 &&
	    json_add_str(first, "content-type", connect->content_type) == 0) {
		json_object_object_foreach(all, name, value)
			(void)json_add(first, name, json_object_get(value));
		text = mem_strdup(json_text(first, NULL));
	}
	json_object_put(first);
	json_object_put(all);
	return text;
}
