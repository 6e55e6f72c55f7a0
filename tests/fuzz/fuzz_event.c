/* SPDX-License-Identifier: ISC */
/*
 * Webhooks of Vonage. The first byte says how they come: 'q' as a query, else
 * as JSON. Whatever comes, the struct is filled as event.h says.
 */
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "common/json.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/event.h"

#define ENDS(field)	must_end(ev.field, sizeof(ev.field), #field " is endless")

static void
check(struct json_object *obj)
{
	struct event	ev;
	char		key[512];

	memset(&ev, 0xee, sizeof(ev));
	event_parse(obj, &ev);
	must(*event_kind_name(ev.kind) != '\0', "a kind without a name");
	ENDS(uuid);
	ENDS(conversation);
	ENDS(from);
	ENDS(to);
	ENDS(status);
	ENDS(direction);
	ENDS(detail);
	ENDS(sub_state);
	ENDS(disconnected_by);
	ENDS(network);
	ENDS(price);
	ENDS(rate);
	ENDS(call.text);
	ENDS(reason);
	ENDS(region_url);
	ENDS(endpoint_type);
	must(ev.rank >= EVENT_RANK_NONE && ev.rank <= EVENT_RANK_TERMINAL, "no such rank");
	must(ev.rank == EVENT_RANK_NONE || ev.status[0] != '\0', "a rank without a status");
	must(ev.duration_s >= -1 && ev.sip_code >= -1 && ev.sip_code <= 999, "a number out of range");
	must(ev.call.text[0] == '\0' || callid_valid(ev.call.text, strlen(ev.call.text)), "no call id");
	memset(key, 0xee, sizeof(key));
	event_dedupe_key(&ev, key, sizeof(key));
	must_end(key, sizeof(key), "an endless key");
	event_dedupe_key(&ev, key, 8);
	must_end(key, 8, "a key longer than its place");
}

static struct json_object *
from_query(const char *text)
{
	struct json_object	*obj;
	struct evkeyvalq	 query;

	TAILQ_INIT(&query);
	if (evhttp_parse_query_str(text, &query) == -1)
		return NULL;
	must((obj = event_from_query(&query)) != NULL, "no object for a query");
	evhttp_clear_headers(&query);
	return obj;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object	*obj;
	char			*text;

	if (size == 0)
		return 0;
	must((text = mem_strndup((const char *)data + 1, size - 1)) != NULL, "no memory");
	obj = data[0] == 'q' ? from_query(text) : json_parse(text, size - 1, NULL);
	if (json_object_is_type(obj, json_type_object))
		check(obj);
	json_object_put(obj);
	free(text);
	return 0;
}
