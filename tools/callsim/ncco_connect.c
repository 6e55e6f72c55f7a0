/* SPDX-License-Identifier: ISC */
/* The action connect and its endpoints (spec/vonage.md 3.5, 4.1). */
#include "tools/callsim/ncco_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define AUTH_VALUE_MAX	8191	/* printable ASCII (spec/vonage.md 4.1) */
#define UUI_MAX		256	/* of User-to-User (spec/vonage.md 1) */

#define TYPE		{ "type", NCCO_WANT_OTHER_STR, 0, 0, 0 }

static const char *const endpoint_names[] = { "phone", "sip", "vbc", "app", "websocket", NULL };

static int
need(struct ncco_check *c, const struct ncco_action *a, const char *member, const char *value)
{
	return value != NULL ? 0 : ncco_complain(c, NCCO_BAD, "endpoint %s without %s",
	    endpoint_names[a->endpoint], member);
}

static int
read_on_answer(struct ncco_check *c, struct json_object *o, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		{ "url", NCCO_WANT_URL, NCCO_AT(on_answer_url), 0, 0 },
		{ "ringbackTone", NCCO_WANT_URL, NCCO_AT(on_answer_ringback), 0, 0 },
		NCCO_END
	};

	if (o == NULL)
		return 0;
	if (ncco_members(c, members, o, a) == -1)
		return -1;
	return a->on_answer_url == NULL ? ncco_complain(c, NCCO_BAD, "onAnswer without url") : 0;
}

static int
read_phone(struct ncco_check *c, struct json_object *o, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		TYPE,
		{ "number", NCCO_WANT_STR, NCCO_AT(number), 0, 0 },
		{ "dtmfAnswer", NCCO_WANT_STR, NCCO_AT(dtmf_answer), 0, 0 },
		{ "onAnswer", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		{ "shaken", NCCO_WANT_STR, NCCO_AT(shaken), 0, 0 },
		NCCO_END
	};
	size_t	len;

	if (ncco_members(c, members, o, a) == -1 || need(c, a, "number", a->number) == -1)
		return -1;
	len = strlen(a->number);
	if (len < 7 || len > 15 || strspn(a->number, "0123456789") != len)
		return ncco_complain(c, NCCO_BAD, "number is not 7 to 15 digits (E.164 without +)");
	if (a->dtmf_answer != NULL && a->dtmf_answer[strspn(a->dtmf_answer, "0123456789*#p")] != '\0')
		return ncco_complain(c, NCCO_BAD, "dtmfAnswer holds more than 0-9 * # p");
	return read_on_answer(c, json_get_obj(o, "onAnswer"), a);
}

static int
read_app(struct ncco_check *c, struct json_object *o, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		TYPE, { "user", NCCO_WANT_STR, NCCO_AT(user), 0, 0 }, NCCO_END
	};

	return ncco_members(c, members, o, a) == -1 ? -1 : need(c, a, "user", a->user);
}

static int
read_vbc(struct ncco_check *c, struct json_object *o, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		TYPE, { "extension", NCCO_WANT_STR, NCCO_AT(extension), 0, 0 }, NCCO_END
	};

	if (ncco_members(c, members, o, a) == -1 || need(c, a, "extension", a->extension) == -1)
		return -1;
	if (a->extension[strspn(a->extension, "0123456789")] != '\0')
		return ncco_complain(c, NCCO_BAD, "extension is not digits");
	return 0;
}

/* Values of SIP headers are texts; X- is put before the names. */
static int
read_sip_headers(struct ncco_check *c, struct json_object *o, const char *standard)
{
	struct json_object	*headers = json_get_obj(o, "headers"), *std = json_get_obj(o, standard);

	if (headers != NULL) {
		json_object_object_foreach(headers, name, value)
			if (!json_object_is_type(value, json_type_string))
				return ncco_complain(c, NCCO_BAD, "header \"%.40s\" is no text", name);
	}
	if (std == NULL)
		return 0;
	json_object_object_foreach(std, key, text)
		if (strcmp(key, "User-to-User") != 0 || !json_object_is_type(text, json_type_string) ||
		    json_object_get_string_len(text) > UUI_MAX)
			return ncco_complain(c, NCCO_BAD, "%s holds more than a User-to-User of %d characters",
			    standard, UUI_MAX);
	return 0;
}

static int
read_sip(struct ncco_check *c, struct json_object *o, struct ncco_action *a, bool rest)
{
	static const struct ncco_member members[2][6] = { {
		TYPE,
		{ "uri", NCCO_WANT_STR, NCCO_AT(uri), 0, 0 },
		{ "headers", NCCO_WANT_OBJ, NCCO_AT(headers), 0, 0 },
		{ "standardHeaders", NCCO_WANT_OBJ, NCCO_AT(standard_headers), 0, 0 },
		NCCO_END
	}, {
		TYPE,
		{ "uri", NCCO_WANT_STR, NCCO_AT(uri), 0, 0 },
		{ "headers", NCCO_WANT_OBJ, NCCO_AT(headers), 0, 0 },
		{ "standard_headers", NCCO_WANT_OBJ, NCCO_AT(standard_headers), 0, 0 },
		NCCO_END
	} };
	const char	*at;

	if (ncco_members(c, members[rest], o, a) == -1 || need(c, a, "uri", a->uri) == -1)
		return -1;
	at = strchr(a->uri, '@');
	if (strncmp(a->uri, "sip:", 4) != 0 || at == NULL || at == a->uri + 4 || at[1] == '\0' ||
	    strpbrk(a->uri, " \t\r\n<>\"") != NULL)
		return ncco_complain(c, NCCO_BAD, "uri is not sip:user@host");
	return read_sip_headers(c, o, rest ? "standard_headers" : "standardHeaders");
}

static int
check_headers(struct ncco_check *c, struct json_object *headers)
{
	size_t	len = 0;

	if (headers == NULL)
		return 0;
	(void)json_text(headers, &len);
	if (len > NCCO_HEADERS_MAX)
		return ncco_complain(c, NCCO_BAD, "headers are %zu bytes, at most %d", len, NCCO_HEADERS_MAX);
	if (json_object_object_get_ex(headers, "event", NULL) ||
	    json_object_object_get_ex(headers, "content-type", NULL))
		return ncco_complain(c, NCCO_BAD, "a header is named event or content-type");
	return 0;
}

static int
read_rate(struct ncco_check *c, struct ncco_action *a)
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
	return ncco_complain(c, NCCO_BAD, "content-type \"%.60s\" is not audio/l16;rate=8000, 16000 or 24000",
	    a->content_type == NULL ? "" : a->content_type);
}

/* Without a type it is the default, vonage (spec/vonage.md 4.1). */
static int
read_authorization(struct ncco_check *c, struct json_object *auth, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		TYPE, { "value", NCCO_WANT_STR, NCCO_AT(authorization), 0, 0 }, NCCO_END
	};
	static const char *const types[] = { "vonage", "custom", NULL };
	unsigned	 type = 0;
	const char	*p;

	if (auth == NULL)
		return 0;
	if (ncco_members(c, members, auth, a) == -1 || ncco_word(c, auth, "type", types, &type) == -1)
		return -1;
	a->auth = type == 1 ? NCCO_AUTH_CUSTOM : NCCO_AUTH_VONAGE;
	if (a->auth == NCCO_AUTH_CUSTOM && a->authorization == NULL)
		return ncco_complain(c, NCCO_BAD, "authorization without value");
	if (a->auth == NCCO_AUTH_VONAGE && a->authorization != NULL)
		return ncco_complain(c, NCCO_BAD, "authorization of type vonage has no value");
	for (p = a->authorization; p != NULL && *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e || p - a->authorization >= AUTH_VALUE_MAX)
			return ncco_complain(c, NCCO_BAD, "authorization value is not printable ASCII, or too long");
	return 0;
}

static int
read_websocket(struct ncco_check *c, struct json_object *o, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		TYPE,
		{ "uri", NCCO_WANT_STR, NCCO_AT(uri), 0, 0 },
		{ "content-type", NCCO_WANT_STR, NCCO_AT(content_type), 0, 0 },
		{ "headers", NCCO_WANT_OBJ, NCCO_AT(headers), 0, 0 },
		{ "authorization", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		NCCO_END
	};

	if (ncco_members(c, members, o, a) == -1 || need(c, a, "uri", a->uri) == -1 ||
	    read_rate(c, a) == -1 || check_headers(c, json_get_obj(o, "headers")) == -1 ||
	    read_authorization(c, json_get_obj(o, "authorization"), a) == -1)
		return -1;
	if (strncmp(a->uri, "wss://", 6) == 0)
		return ncco_complain(c, NCCO_REFUSED, "callsim speaks ws:// only, not wss://");
	if (strncmp(a->uri, "ws://", 5) != 0)
		return ncco_complain(c, NCCO_BAD, "uri is not ws:// or wss://");
	return 0;
}

static int
read_endpoint(struct ncco_check *c, struct json_object *o, struct ncco_action *a, bool rest)
{
	unsigned	type = 0;
	int		rc = -1;

	if (!json_object_is_type(o, json_type_object))
		return ncco_complain(c, NCCO_BAD, "the endpoint is not an object");
	if (json_get(o, "type") == NULL)
		return ncco_complain(c, NCCO_BAD, "unknown endpoint: it has no type");
	if (ncco_word(c, o, "type", endpoint_names, &type) == -1)
		return ncco_complain(c, NCCO_BAD, "unknown endpoint type");
	a->endpoint = (enum ncco_endpoint)type;
	switch (a->endpoint) {
	case NCCO_PHONE:
		rc = read_phone(c, o, a);
		break;
	case NCCO_APP:
		rc = read_app(c, o, a);
		break;
	case NCCO_WEBSOCKET:
		rc = read_websocket(c, o, a);
		break;
	case NCCO_SIP:
		rc = read_sip(c, o, a, rest);
		break;
	case NCCO_VBC:
		rc = read_vbc(c, o, a);
		break;
	}
	if (rc == 0 && a->headers == NULL && (a->headers = mem_strdup("{}")) == NULL)
		return ncco_no_memory(c);
	return rc;
}

static int
read_amd(struct ncco_check *c, const char *simple, struct json_object *advanced, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		{ "behavior", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "mode", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "beep_timeout", NCCO_WANT_SECONDS, NCCO_AT(beep_timeout_ms), 30, 120 },
		NCCO_END
	};
	static const char *const behaviors[] = { "continue", "hangup", NULL };
	static const char *const modes[] = { "detect", "detect_beep", "default", NULL };
	unsigned	 behavior = 0, mode = 0;

	if (simple != NULL && strcmp(simple, behaviors[0]) != 0 && strcmp(simple, behaviors[1]) != 0)
		return ncco_complain(c, NCCO_BAD, "machineDetection is neither continue nor hangup");
	if (simple != NULL)
		a->amd = strcmp(simple, "hangup") == 0 ? NCCO_AMD_HANGUP : NCCO_AMD_CONTINUE;
	a->beep_timeout_ms = 45000;
	if (advanced == NULL)
		return 0;
	if (ncco_members(c, members, advanced, a) == -1 ||
	    ncco_word(c, advanced, "behavior", behaviors, &behavior) == -1 ||
	    ncco_word(c, advanced, "mode", modes, &mode) == -1)
		return -1;
	a->amd_advanced = true;		/* overrides the simple one */
	a->amd = behavior == 1 ? NCCO_AMD_HANGUP : NCCO_AMD_CONTINUE;
	a->amd_mode = (enum ncco_amd_mode)mode;
	return 0;
}

static int
read_rules(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const char *const types[] = { "synchronous", NULL };
	struct json_object	*advanced = json_get_obj(obj, "advancedMachineDetection");
	unsigned		 type = 1;

	if (ncco_word(c, obj, "eventType", types, &type) == -1)
		return -1;
	a->synchronous = type == 0;
	if (a->random_from && a->from != NULL)
		return ncco_complain(c, NCCO_BAD, "from together with randomFromNumber");
	if (advanced == NULL)
		advanced = json_get_obj(obj, "advanced_machine_detection");
	return read_amd(c, json_get_str(obj, "machineDetection"), advanced, a);
}

int
ncco_connect(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		{ "action", NCCO_WANT_OTHER_STR, 0, 0, 0 }, NCCO_EVENT_MEMBERS,
		{ "endpoint", NCCO_WANT_ARR, 0, 0, 0 },
		{ "from", NCCO_WANT_STR, NCCO_AT(from), 0, 0 },
		{ "randomFromNumber", NCCO_WANT_BOOL, NCCO_AT(random_from), 0, 0 },
		{ "eventType", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "timeout", NCCO_WANT_SECONDS, NCCO_AT(timeout_ms), 1, 7200 },
		{ "limit", NCCO_WANT_SECONDS, NCCO_AT(limit_ms), 1, 7200 },
		{ "machineDetection", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "advancedMachineDetection", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		{ "advanced_machine_detection", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		{ "ringbackTone", NCCO_WANT_URL, NCCO_AT(ringback_url), 0, 0 },
		NCCO_END
	};
	struct json_object	*endpoints = json_get_arr(obj, "endpoint");

	a->timeout_ms = 60000;
	a->limit_ms = 7200000;
	if (ncco_members(c, members, obj, a) == -1 || read_rules(c, obj, a) == -1)
		return -1;
	if (endpoints == NULL || json_object_array_length(endpoints) != 1)
		return ncco_complain(c, NCCO_BAD, "endpoint must be an array of exactly one");
	return read_endpoint(c, json_object_array_get_idx(endpoints, 0), a, false);
}

enum ncco_result
ncco_read_endpoint(struct ncco_action *ret, struct json_object *endpoint, char *cause, size_t cause_size)
{
	struct ncco_check	c = { .cause = cause, .cause_size = cause_size, .index = (size_t)-1 };
	struct ncco_action	a = { .kind = NCCO_CONNECT };

	if (read_endpoint(&c, endpoint, &a, true) == -1)
		ncco_action_clear(&a);
	else
		*ret = a;
	return c.result;
}

enum ncco_result
ncco_read_amd(struct ncco_action *ret, const char *simple, struct json_object *advanced, char *cause,
    size_t cause_size)
{
	struct ncco_check	c = { .cause = cause, .cause_size = cause_size, .index = (size_t)-1 };

	(void)read_amd(&c, simple, advanced, ret);
	return c.result;
}
