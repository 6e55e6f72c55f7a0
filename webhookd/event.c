/* SPDX-License-Identifier: ISC */
#include "webhookd/event.h"

#include <sys/queue.h>

#include <event2/keyvalq_struct.h>

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"

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
	switch (kind) {
	case EVENT_STATUS:
		return "status";
	case EVENT_TRANSFER:
		return "transfer";
	case EVENT_INPUT:
		return "input";
	case EVENT_RECORD:
		return "record";
	case EVENT_NOTIFY:
		return "notify";
	case EVENT_ERROR:
		return "error";
	case EVENT_UNKNOWN:
		break;
	}
	return "unknown";
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

/* The order is that of spec/vonage.md 2.1; JAVA's SDK also knows input and transfer as statuses. */
static enum event_kind
kind_of(struct json_object *obj)
{
	const char	*status = json_get_str(obj, "status"), *type = json_get_str(obj, "type");

	if (status != NULL && strcmp(status, "input") != 0 && strcmp(status, "transfer") != 0)
		return EVENT_STATUS;
	if (json_get(obj, "conversation_uuid_from") != NULL || (type != NULL && strcmp(type, "transfer") == 0))
		return EVENT_TRANSFER;
	if (json_get(obj, "speech") != NULL || json_get(obj, "dtmf") != NULL)
		return EVENT_INPUT;
	if (json_get(obj, "recording_url") != NULL)
		return EVENT_RECORD;
	if (json_get(obj, "payload") != NULL)
		return EVENT_NOTIFY;
	if (json_get(obj, "reason") != NULL)
		return EVENT_ERROR;
	return EVENT_UNKNOWN;
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

static int64_t
time_of(struct json_object *obj, const char *key)
{
	const char	*text = json_get_str(obj, key);
	int64_t		 ms;

	return text != NULL && clock_parse_iso(text, &ms) == 0 ? ms : -1;
}

static int64_t
number_of(struct json_object *obj, const char *key, int64_t max)
{
	int64_t	v;

	return json_get_int(obj, key, 0, max, &v) == 1 ? v : -1;
}

/* headers is an object, or in GET requests JSON text. */
static void
read_call(struct json_object *obj, struct event *ev)
{
	struct json_object	*headers = json_get_obj(obj, "headers"), *parsed = NULL;
	const char		*text = json_get_str(obj, "headers"), *call;

	if (headers == NULL && text != NULL)
		headers = parsed = json_parse(text, strlen(text), NULL);
	if (headers != NULL && json_object_is_type(headers, json_type_object) &&
	    (call = json_get_str(headers, "call")) != NULL)
		(void)callid_parse(call, &ev->call);
	json_object_put(parsed);
}

void
event_parse(struct json_object *obj, struct event *ev)
{
	*ev = (struct event){ .kind = kind_of(obj) };
	copy_id(obj, "uuid", ev->uuid, sizeof(ev->uuid));
	if (ev->uuid[0] == '\0')
		copy_id(obj, "call_uuid", ev->uuid, sizeof(ev->uuid));
	copy_id(obj, "conversation_uuid", ev->conversation, sizeof(ev->conversation));
	copy_text(obj, "from", ev->from, sizeof(ev->from));
	copy_text(obj, "to", ev->to, sizeof(ev->to));
	copy_text(obj, "status", ev->status, sizeof(ev->status));
	ev->rank = rank_of(ev->status);
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
}

struct json_object *
event_from_query(const struct evkeyvalq *query)
{
	struct json_object	*obj = json_object_new_object();
	struct evkeyval		*kv;

	if (obj == NULL)
		return NULL;
	TAILQ_FOREACH(kv, query, next) {
		if (json_object_object_get_ex(obj, kv->key, NULL))
			continue;
		if (json_add_str(obj, kv->key, kv->value) == -1) {
			json_object_put(obj);
			return NULL;
		}
	}
	return obj;
}

void
event_dedupe_key(const struct event *ev, char *out, size_t size)
{
	int	n;

	n = snprintf(out, size, "%s|%s|%s|%s|%lld", ev->uuid[0] != '\0' ? ev->uuid : ev->conversation,
	    event_kind_name(ev->kind), ev->status, ev->sub_state, (long long)ev->timestamp);
	/* Without a time, or cut: not the same as anything else. */
	if (n < 0 || (size_t)n >= size || ev->timestamp == -1 || (ev->uuid[0] == '\0' && ev->conversation[0] == '\0'))
		out[0] = '\0';
}
