/* SPDX-License-Identifier: ISC */
#include "tools/callsim/restlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/num.h"

#define LINK_MAX	1024

static const char *const statuses[] = {
	"started", "ringing", "answered", "machine", "completed", "busy", "cancelled", "failed", "rejected",
	"timeout", "unanswered", NULL
};

static bool
listed(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* One parameter. NULL: good, else why not. */
static const char *
take(struct restlist *q, const char *name, const char *value)
{
	if (strcmp(name, "status") == 0) {
		q->status = value;
		return listed(statuses, value) ? NULL : "is not one of the possible values";
	}
	if (strcmp(name, "conversation_uuid") == 0) {
		q->conversation = value;
		return NULL;
	}
	if (strcmp(name, "date_start") == 0) {
		q->start = value;
		return clock_parse_iso(value, &q->start_ms) == 0 ? NULL : "is no ISO 8601 date";
	}
	if (strcmp(name, "date_end") == 0) {
		q->end = value;
		return clock_parse_iso(value, &q->end_ms) == 0 ? NULL : "is no ISO 8601 date";
	}
	if (strcmp(name, "page_size") == 0)
		return num_parse(value, 1, RESTLIST_PAGE_MAX, &q->page_size) == 0 ? NULL : "must be 1 to 100";
	if (strcmp(name, "record_index") == 0)
		return num_parse(value, 0, INT32_MAX, &q->record_index) == 0 ? NULL : "must be 0 or more";
	if (strcmp(name, "order") == 0) {
		q->descending = strcmp(value, "desc") == 0;
		return q->descending || strcmp(value, "asc") == 0 ? NULL : "must be asc or desc";
	}
	return "is not allowed";
}

int
restlist_parse(const struct evkeyvalq *query, struct restlist *ret, struct rest_reply *reply)
{
	struct restlist	 q = { .end_ms = INT64_MAX, .page_size = RESTLIST_PAGE };
	struct evkeyval	*kv;
	const char	*why;

	TAILQ_FOREACH(kv, query, next)
		if ((why = take(&q, kv->key, kv->value)) != NULL) {
			rest_fail_parameter(reply, kv->key, why);
			return -1;
		}
	*ret = q;
	return 0;
}

bool
restlist_takes(const struct restlist *q, const struct control_info *info)
{
	return (q->status == NULL || strcmp(q->status, info->status) == 0) &&
	    (q->conversation == NULL || strcmp(q->conversation, info->conversation_uuid) == 0) &&
	    info->created_ms >= q->start_ms && info->created_ms <= q->end_ms;
}

/* An end of a call; our own number is always a phone. */
static struct json_object *
end_json(const char *type, const char *address)
{
	struct json_object	*o = json_object_new_object();
	const char		*name = "number";

	if (o == NULL)
		return NULL;
	if (strcmp(type, "sip") == 0 || strcmp(type, "websocket") == 0)
		name = "uri";
	else if (strcmp(type, "vbc") == 0)
		name = "extension";
	else if (strcmp(type, "app") == 0)
		name = "user";
	(void)json_add_str(o, "type", type);
	(void)json_add_str(o, name, address);
	return o;
}

static void
add_decimal(struct json_object *o, const char *name, double value)
{
	char	text[40];

	(void)snprintf(text, sizeof(text), "%.8f", value);
	(void)json_add_str(o, name, text);
}

/* What only an ended leg has: texts, and times of whole seconds. */
static void
add_end(struct json_object *o, const struct control_info *info)
{
	int64_t	begin_ms = info->answered_ms != 0 ? info->answered_ms : info->created_ms;
	char	text[CLOCK_ISO_SIZE];

	add_decimal(o, "rate", info->rate);
	add_decimal(o, "price", info->price);
	(void)snprintf(text, sizeof(text), "%lld", (long long)info->duration_s);
	(void)json_add_str(o, "duration", text);
	(void)json_add_str(o, "start_time", clock_iso(begin_ms - begin_ms % 1000, text));
	(void)json_add_str(o, "end_time", clock_iso(info->ended_ms - info->ended_ms % 1000, text));
	(void)json_add_str(o, "network", info->network);
}

struct json_object *
restlist_call(const struct control_info *info)
{
	struct json_object	*o = json_object_new_object(), *links = json_object_new_object();
	struct json_object	*self = json_object_new_object();
	bool			 inbound = strcmp(info->direction, "inbound") == 0;
	char			 href[120];

	if (o == NULL || links == NULL || self == NULL) {
		json_object_put(o);
		json_object_put(links);
		json_object_put(self);
		return NULL;
	}
	(void)snprintf(href, sizeof(href), "/calls/%.80s", info->uuid);
	(void)json_add_str(self, "href", href);
	(void)json_add(links, "self", self);
	(void)json_add(o, "_links", links);
	(void)json_add_str(o, "uuid", info->uuid);
	(void)json_add_str(o, "conversation_uuid", info->conversation_uuid);
	(void)json_add(o, "to", end_json(inbound ? "phone" : info->type, info->to));
	(void)json_add(o, "from", end_json(inbound ? info->type : "phone", info->from));
	(void)json_add_str(o, "status", info->status);
	(void)json_add_str(o, "direction", info->direction);
	if (!info->living)
		add_end(o, info);
	return o;
}

static void
add_parameter(struct buf *b, const char *name, const char *value)
{
	char	*encoded;

	if (value == NULL || (encoded = evhttp_uriencode(value, -1, 0)) == NULL)
		return;
	(void)buf_printf(b, "&%s=%s", name, encoded);
	free(encoded);
}

static void
add_link(struct json_object *links, const char *name, const struct restlist *q, int64_t index)
{
	struct json_object	*o = json_object_new_object();
	struct buf		 b;

	if (o == NULL)
		return;
	buf_init(&b, LINK_MAX);
	(void)buf_printf(&b, "/calls?page_size=%lld&record_index=%lld&order=%s", (long long)q->page_size,
	    (long long)index, q->descending ? "desc" : "asc");
	add_parameter(&b, "status", q->status);
	add_parameter(&b, "conversation_uuid", q->conversation);
	add_parameter(&b, "date_start", q->start);
	add_parameter(&b, "date_end", q->end);
	(void)json_add_str(o, "href", b.data);
	(void)json_add(links, name, o);
	buf_clear(&b);
}

static struct json_object *
links_json(const struct restlist *q, int64_t count)
{
	struct json_object	*o = json_object_new_object();
	int64_t			 last = count == 0 ? 0 : (count - 1) / q->page_size * q->page_size;

	if (o == NULL)
		return NULL;
	add_link(o, "self", q, q->record_index);
	add_link(o, "first", q, 0);
	add_link(o, "last", q, last);
	if (q->record_index + q->page_size < count)
		add_link(o, "next", q, q->record_index + q->page_size);
	if (q->record_index > 0)
		add_link(o, "prev", q, q->record_index > q->page_size ? q->record_index - q->page_size : 0);
	return o;
}

struct json_object *
restlist_page(const struct restlist *q, struct json_object *calls)
{
	struct json_object	*o = json_object_new_object(), *embedded = json_object_new_object();
	struct json_object	*page = json_object_new_array();
	int64_t			 count = (int64_t)json_object_array_length(calls), i, at;

	if (o == NULL || embedded == NULL || page == NULL) {
		json_object_put(o);
		json_object_put(embedded);
		json_object_put(page);
		return NULL;
	}
	for (i = q->record_index; i < count && i < q->record_index + q->page_size; i++) {
		at = q->descending ? count - 1 - i : i;
		(void)json_object_array_add(page, json_object_get(json_object_array_get_idx(calls, (size_t)at)));
	}
	(void)json_add_int(o, "count", count);
	(void)json_add_int(o, "page_size", q->page_size);
	(void)json_add_int(o, "record_index", q->record_index);
	(void)json_add(o, "_links", links_json(q, count));
	(void)json_add(embedded, "calls", page);
	(void)json_add(o, "_embedded", embedded);
	return o;
}
