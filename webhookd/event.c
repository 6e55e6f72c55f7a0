/* SPDX-License-Identifier: ISC */
#include "webhookd/event.h"

#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/num.h"
#include "webhookd/pairs.h"

static const struct { const char *status; int rank; } ranks[] = {
	{ "started", EVENT_RANK_STARTED }, { "ringing", EVENT_RANK_RINGING },
	{ "answered", EVENT_RANK_ANSWERED }, { "human", EVENT_RANK_MACHINE },
	{ "machine", EVENT_RANK_MACHINE }, { "busy", EVENT_RANK_TERMINAL },
	{ "cancelled", EVENT_RANK_TERMINAL }, { "unanswered", EVENT_RANK_TERMINAL },
	{ "rejected", EVENT_RANK_TERMINAL }, { "failed", EVENT_RANK_TERMINAL },
	{ "timeout", EVENT_RANK_TERMINAL }, { "disconnected", EVENT_RANK_TERMINAL },
	{ "completed", EVENT_RANK_TERMINAL },
};

const char *
event_kind_name(enum event_kind kind)
{
	static const char *const	names[EVENT_NKINDS] = {
		[EVENT_STATUS] = "status", [EVENT_TRANSFER] = "transfer", [EVENT_INPUT] = "input",
		[EVENT_RECORD] = "record", [EVENT_NOTIFY] = "notify", [EVENT_ERROR] = "error",
		[EVENT_TRANSCRIPTION] = "transcription", [EVENT_FALLBACK] = "fallback",
		[EVENT_ANSWER] = "answer", [EVENT_SMS] = "sms", [EVENT_UNKNOWN] = "unknown",
	};

	return names[kind];
}

static int
rank_of(const char *status)
{
	size_t	i;

	for (i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		if (strcmp(ranks[i].status, status) == 0)
			return ranks[i].rank;
	return EVENT_RANK_NONE;
}

static bool
has(struct json_object *obj, const char *key)
{
	return json_get(obj, key) != NULL;
}

static bool
says(struct json_object *obj, const char *key, const char *text)
{
	return strcmp(json_get_str_or(obj, key, ""), text) == 0;
}

/* original_request as a member, or flattened in some way into a query (spec/vonage.md 1.3: UNCONFIRMED). */
static bool
is_fallback(struct json_object *obj)
{
	static const char	name[] = "original_request";

	json_object_object_foreach(obj, key, value)
		if (value != NULL && strncmp(key, name, sizeof(name) - 1) == 0)
			return true;
	return false;
}

/* What brings no status; the order is that of spec/vonage.md 2.1. JAVA's SDK also knows input and transfer as statuses. */
static enum event_kind
action_kind(struct json_object *obj)
{
	if (has(obj, "conversation_uuid_from") || has(obj, "conversation_uuid_to") || says(obj, "type", "transfer") ||
	    says(obj, "status", "transfer"))
		return EVENT_TRANSFER;
	if (has(obj, "speech") || has(obj, "dtmf") || says(obj, "status", "input"))
		return EVENT_INPUT;
	if (has(obj, "recording_url"))
		return EVENT_RECORD;
	if (has(obj, "payload"))
		return EVENT_NOTIFY;
	if (has(obj, "reason") || says(obj, "type", "error"))
		return EVENT_ERROR;
	if (json_get_str(obj, "uuid") != NULL && json_get_str(obj, "conversation_uuid") != NULL &&
	    json_get_str(obj, "to") != NULL && !has(obj, "timestamp"))
		return EVENT_ANSWER;
	return EVENT_UNKNOWN;
}

/* That of an event of a call, also within a fallback. */
static enum event_kind
shape_of(struct json_object *obj)
{
	const char	*status = json_get_str(obj, "status");

	if (has(obj, "transcription_url") || says(obj, "status", "transcribed"))
		return EVENT_TRANSCRIPTION;
	if (status != NULL && strcmp(status, "input") != 0 && strcmp(status, "transfer") != 0)
		return EVENT_STATUS;
	return action_kind(obj);
}

static enum event_kind
kind_of(struct json_object *obj)
{
	if (!has(obj, "conversation_uuid") &&
	    (has(obj, "message_uuid") || has(obj, "messageId") || has(obj, "message-id")))
		return EVENT_SMS;
	return is_fallback(obj) ? EVENT_FALLBACK : shape_of(obj);
}

static void
copy_text(struct json_object *obj, const char *key, char *out, size_t size)
{
	const char	*text = json_get_str(obj, key);

	(void)snprintf(out, size, "%s", text != NULL ? text : "");
}

/* Identifiers are compared whole: a cut one would be another's. */
static void
copy_id(struct json_object *obj, const char *key, char *out, size_t size)
{
	const char	*text = json_get_str(obj, key);

	if (text != NULL && strlen(text) < size)
		(void)snprintf(out, size, "%s", text);
	else
		out[0] = '\0';
}

/* Prices and networks come as strings, numbers or null. */
static void
copy_scalar(struct json_object *obj, const char *key, char *out, size_t size)
{
	struct json_object	*v = json_get(obj, key);

	out[0] = '\0';
	if (v == NULL || json_object_is_type(v, json_type_object) || json_object_is_type(v, json_type_array))
		return;
	(void)snprintf(out, size, "%s", json_object_get_string(v));
}

int
event_time(const char *text, int64_t *ret_wall_ms)
{
	char	iso[CLOCK_ISO_SIZE];

	if (strlen(text) != 19 || text[10] != ' ')
		return clock_parse_iso(text, ret_wall_ms);
	(void)snprintf(iso, sizeof(iso), "%.10sT%.8sZ", text, text + 11);
	return clock_parse_iso(iso, ret_wall_ms);
}

static int64_t
time_of(struct json_object *obj, const char *key)
{
	const char	*text = json_get_str(obj, key);
	int64_t		 ms;

	return text != NULL && event_time(text, &ms) == 0 ? ms : -1;
}

static int64_t
number_of(struct json_object *obj, const char *key, int64_t max)
{
	int64_t	v;

	return json_get_int(obj, key, 0, max, &v) == 1 ? v : -1;
}

/*
 * A member that is an object or an array, or in a GET the JSON text of one
 * (which stays in ev->nested); else the member as it is. NULL: absent.
 */
static struct json_object *
nested(struct event *ev, struct json_object *obj, const char *key)
{
	struct json_object	*v = json_get(obj, key), *parsed;
	const char		*text = json_get_str(obj, key);

	if (text == NULL || (*text != '{' && *text != '[') || ev->nnested == sizeof(ev->nested) / sizeof(ev->nested[0]) ||
	    (parsed = json_parse(text, strlen(text), NULL)) == NULL)
		return v;
	ev->nested[ev->nnested++] = parsed;
	return parsed;
}

static struct json_object *
nested_obj(struct event *ev, struct json_object *obj, const char *key)
{
	struct json_object	*v = nested(ev, obj, key);

	return json_object_is_type(v, json_type_object) ? v : NULL;
}

static void
read_call(struct json_object *obj, struct event *ev)
{
	struct json_object	*headers = nested_obj(ev, obj, "headers");
	const char		*call;

	if (headers != NULL && (call = json_get_str(headers, "call")) != NULL)
		(void)callid_parse(call, &ev->call);
}

/* Digits are taken whole or not at all. */
static void
copy_digits(struct json_object *value, struct event *ev)
{
	const char	*text;

	if (!json_object_is_type(value, json_type_string) && !json_object_is_type(value, json_type_int))
		return;
	text = json_object_get_string(value);
	if (strlen(text) < sizeof(ev->digits) && strspn(text, "0123456789*#ABCDabcd") == strlen(text))
		(void)snprintf(ev->digits, sizeof(ev->digits), "%s", text);
}

/* {"digits":"12","timed_out":true}; of very old applications "12" (spec/vonage.md 3.7). */
static void
read_dtmf(struct json_object *obj, struct event *ev)
{
	struct json_object	*dtmf = nested(ev, obj, "dtmf");

	if (json_object_is_type(dtmf, json_type_object)) {
		copy_digits(json_get(dtmf, "digits"), ev);
		ev->timed_out = json_get_bool(dtmf, "timed_out", says(dtmf, "timed_out", "true"));
		ev->has_dtmf = has(dtmf, "digits") || has(dtmf, "timed_out");
	} else if (dtmf != NULL) {
		copy_digits(dtmf, ev);
		ev->has_dtmf = true;
	}
}

static void
read_results(struct json_object *results, struct event *ev)
{
	struct json_object	*r;
	const char		*text;
	size_t			 i;

	for (i = 0; i < json_object_array_length(results) && ev->ntexts < EVENT_TEXTS_MAX; i++) {
		r = json_object_array_get_idx(results, i);
		if (!json_object_is_type(r, json_type_object) || (text = json_get_str(r, "text")) == NULL || *text == '\0')
			continue;
		ev->texts[ev->ntexts] = (struct event_text){ text, -1 };
		(void)json_get_double(r, "confidence", &ev->texts[ev->ntexts].confidence);
		ev->ntexts++;
	}
}

static void
read_speech(struct json_object *obj, struct event *ev)
{
	struct json_object	*speech = nested_obj(ev, obj, "speech"), *results;

	if (speech == NULL || json_object_object_length(speech) == 0)
		return;
	ev->has_speech = true;
	if ((results = json_get_arr(speech, "results")) != NULL)
		read_results(results, ev);
	copy_text(speech, "timeout_reason", ev->timeout_reason, sizeof(ev->timeout_reason));
	copy_text(speech, "error", ev->speech_error, sizeof(ev->speech_error));
	if (ev->recording_url[0] == '\0')
		copy_id(speech, "recording_url", ev->recording_url, sizeof(ev->recording_url));
}

static void
read_original(struct json_object *obj, struct event *ev)
{
	struct json_object	*original = nested_obj(ev, obj, "original_request");

	ev->original_kind = shape_of(obj);
	if (original != NULL) {
		copy_text(original, "type", ev->original_type, sizeof(ev->original_type));
		copy_text(original, "url", ev->original_url, sizeof(ev->original_url));
		return;
	}
	copy_text(obj, has(obj, "original_request[type]") ? "original_request[type]" : "original_request.type",
	    ev->original_type, sizeof(ev->original_type));
	copy_text(obj, has(obj, "original_request[url]") ? "original_request[url]" : "original_request.url",
	    ev->original_url, sizeof(ev->original_url));
}

/* What only some kinds have; it costs nothing to look for all of it. */
static void
read_actions(struct json_object *obj, struct event *ev)
{
	copy_id(obj, "recording_url", ev->recording_url, sizeof(ev->recording_url));
	copy_id(obj, "recording_uuid", ev->recording_uuid, sizeof(ev->recording_uuid));
	copy_id(obj, "transcription_url", ev->transcription_url, sizeof(ev->transcription_url));
	ev->size = number_of(obj, "size", INT64_MAX);
	read_dtmf(obj, ev);
	read_speech(obj, ev);
	ev->payload = nested(ev, obj, "payload");
	if (ev->kind == EVENT_TRANSFER) {
		copy_id(obj, "conversation_uuid_from", ev->conversation_from, sizeof(ev->conversation_from));
		if (has(obj, "conversation_uuid_to"))
			copy_id(obj, "conversation_uuid_to", ev->conversation, sizeof(ev->conversation));
	}
	if (ev->kind == EVENT_FALLBACK)
		read_original(obj, ev);
	copy_id(obj, has(obj, "message_uuid") ? "message_uuid" : has(obj, "messageId") ? "messageId" : "message-id",
	    ev->message, sizeof(ev->message));
}

void
event_parse(struct json_object *obj, struct event *ev)
{
	*ev = (struct event){ .kind = kind_of(obj), .n = -1, .d = -1, .original_kind = EVENT_UNKNOWN };
	copy_id(obj, "uuid", ev->uuid, sizeof(ev->uuid));
	if (ev->uuid[0] == '\0')
		copy_id(obj, "call_uuid", ev->uuid, sizeof(ev->uuid));
	copy_id(obj, "conversation_uuid", ev->conversation, sizeof(ev->conversation));
	copy_text(obj, json_get_str(obj, "from") != NULL ? "from" : "from_user", ev->from, sizeof(ev->from));
	copy_text(obj, "to", ev->to, sizeof(ev->to));
	copy_text(obj, "status", ev->status, sizeof(ev->status));
	ev->rank = ev->kind == EVENT_STATUS ? rank_of(ev->status) : EVENT_RANK_NONE;
	copy_text(obj, "direction", ev->direction, sizeof(ev->direction));
	copy_text(obj, "detail", ev->detail, sizeof(ev->detail));
	copy_text(obj, "sub_state", ev->sub_state, sizeof(ev->sub_state));
	copy_text(obj, "disconnected_by", ev->disconnected_by, sizeof(ev->disconnected_by));
	copy_text(obj, "reason", ev->reason, sizeof(ev->reason));
	copy_text(obj, "region_url", ev->region_url, sizeof(ev->region_url));
	copy_text(obj, "endpoint_type", ev->endpoint_type, sizeof(ev->endpoint_type));
	copy_scalar(obj, "network", ev->network, sizeof(ev->network));
	copy_scalar(obj, "price", ev->price, sizeof(ev->price));
	copy_scalar(obj, "rate", ev->rate, sizeof(ev->rate));
	ev->duration_s = number_of(obj, "duration", INT32_MAX);
	ev->sip_code = (int)number_of(obj, "sip_code", 999);
	ev->timestamp = time_of(obj, "timestamp");
	ev->start_time = time_of(obj, "start_time");
	ev->end_time = time_of(obj, "end_time");
	ev->websocket = strncmp(ev->to, "ws:", 3) == 0 || strncmp(ev->to, "wss:", 4) == 0;
	read_call(obj, ev);
	read_actions(obj, ev);
}

void
event_clear(struct event *ev)
{
	while (ev->nnested > 0)
		json_object_put(ev->nested[--ev->nnested]);
	ev->payload = NULL;
	ev->ntexts = 0;
}

/* The first of that name; NULL absent. */
static const char *
query_text(const struct evkeyvalq *query, const char *key)
{
	struct evkeyval	*kv;

	TAILQ_FOREACH(kv, query, next)
		if (strcmp(kv->key, key) == 0)
			return kv->value;
	return NULL;
}

static void
query_id(const struct evkeyvalq *query, const char *key, char *out, size_t size)
{
	const char	*text = query_text(query, key);

	(void)snprintf(out, size, "%s", text != NULL && strlen(text) < size ? text : "");
}

static int64_t
query_number(const struct evkeyvalq *query, const char *key)
{
	const char	*text = query_text(query, key);
	int64_t		 v;

	return text != NULL && num_parse(text, 0, INT64_MAX, &v) == 0 ? v : -1;
}

void
event_read_query(const struct evkeyvalq *query, struct event *ev)
{
	const char	*call = query_text(query, "c");

	if (call != NULL)
		(void)callid_parse(call, &ev->c);
	query_id(query, "f", ev->f, sizeof(ev->f));
	query_id(query, "s", ev->s, sizeof(ev->s));
	ev->n = query_number(query, "n");
	ev->d = query_number(query, "d");
}

/* Their answers bear no NCCO, so no fallback is asked for them: spec/vonage.md 1.3, 2.7. */
static bool
never_falls_back(const char *status)
{
	static const char *const	statuses[] = { "started", "ringing", "answered", "completed", "transcribed" };
	size_t				i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (strcmp(statuses[i], status) == 0)
			return true;
	return false;
}

void
event_read_original(const struct event *fallback, struct event *ev)
{
	const char		*query = strchr(fallback->original_url, '?');
	struct evkeyvalq	 q;

	if (query == NULL)
		return;
	if (pairs_parse(query + 1, &q) == 0)
		event_read_query(&q, ev);
	evhttp_clear_headers(&q);
}

bool
event_of_fallback(const struct event *ev, struct event *ret)
{
	if (strcmp(ev->original_type, "event") != 0 || ev->original_kind == EVENT_ERROR ||
	    ev->original_kind == EVENT_ANSWER || ev->original_kind == EVENT_UNKNOWN ||
	    (ev->original_kind == EVENT_STATUS && never_falls_back(ev->status)))
		return false;
	*ret = *ev;
	ret->kind = ev->original_kind;
	ret->rank = ret->kind == EVENT_STATUS ? rank_of(ret->status) : EVENT_RANK_NONE;
	ret->reason[0] = '\0';		/* of the failure */
	ret->nnested = 0;
	event_read_original(ev, ret);
	return true;
}

struct json_object *
event_from_form(const char *body)
{
	struct json_object	*obj = NULL;
	struct evkeyvalq	 q;

	if (pairs_parse(body, &q) == 0)
		obj = event_from_query(&q);
	evhttp_clear_headers(&q);
	return obj;
}

struct json_object *
event_from_query(const struct evkeyvalq *query)
{
	struct json_object	*obj = json_object_new_object();
	struct evkeyval		*kv;

	TAILQ_FOREACH(kv, query, next) {
		if (obj == NULL)
			break;
		if (!json_object_object_get_ex(obj, kv->key, NULL) && json_add_str(obj, kv->key, kv->value) == -1) {
			json_object_put(obj);
			obj = NULL;
		}
	}
	if (obj == NULL)
		errno = ENOMEM;
	return obj;
}

/* FNV-1a, 64 bits: tells two events of one ms apart; nobody is kept out by it. */
static uint64_t
mix(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

/* 0 for the kinds that a leg, a status and a time tell apart. */
static uint64_t
content_of(const struct event *ev)
{
	uint64_t	h = 14695981039346656037u;
	size_t		i;

	if (ev->kind == EVENT_STATUS)
		return 0;
	h = mix(mix(mix(h, ev->digits), ev->recording_uuid), ev->recording_url);
	h = mix(mix(mix(h, ev->transcription_url), ev->reason), ev->conversation_from);
	h = mix(mix(mix(h, ev->f), ev->s), ev->message);
	h = (h ^ (uint64_t)ev->n) * 1099511628211u;
	for (i = 0; i < ev->ntexts; i++)
		h = mix(h, ev->texts[i].text);
	if (ev->payload != NULL)
		h = mix(h, json_object_to_json_string_ext(ev->payload, JSON_C_TO_STRING_PLAIN));
	return h;
}

void
event_dedupe_key(const struct event *ev, char *out, size_t size)
{
	const char	*id = ev->uuid[0] != '\0' ? ev->uuid : ev->conversation[0] != '\0' ? ev->conversation : ev->message;
	uint64_t	 content = content_of(ev);
	char		 hash[24] = "";
	int		 n;

	if (content != 0)
		(void)snprintf(hash, sizeof(hash), "|%016llx", (unsigned long long)content);
	n = snprintf(out, size, "%s|%s|%s|%s|%lld%s", id, event_kind_name(ev->kind), ev->status, ev->sub_state,
	    (long long)ev->timestamp, hash);
	/* Without a time, or cut: not the same as anything else. */
	if (n < 0 || (size_t)n >= size || *id == '\0' ||
	    (ev->timestamp == -1 && (ev->kind != EVENT_TRANSCRIPTION || ev->recording_uuid[0] == '\0')))
		out[0] = '\0';
}
