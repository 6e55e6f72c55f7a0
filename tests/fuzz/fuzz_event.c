/* SPDX-License-Identifier: ISC */
/*
 * Webhooks of Vonage. The first byte says how they come: 'q' as a query, else
 * as JSON. Whatever comes, the struct is filled as event.h says, and no leg goes
 * back by it (leg.h).
 */
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "common/json.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/event.h"
#include "webhookd/leg.h"
#include "webhookd/pairs.h"

#define ENDS(field)	must_end(ev.field, sizeof(ev.field), #field " is endless")

/* A leg that had each of these statuses gets it, twice. */
static void
legs(const struct event *ev)
{
	static const struct { const char *status; int rank; } had[] = {
		{ "", EVENT_RANK_NONE }, { "ringing", EVENT_RANK_RINGING }, { "answered", EVENT_RANK_ANSWERED },
		{ "machine", EVENT_RANK_MACHINE }, { "completed", EVENT_RANK_TERMINAL },
	};
	struct store_leg	leg;
	enum leg_change		change;
	size_t			i;

	for (i = 0; i < sizeof(had) / sizeof(had[0]); i++) {
		leg_init(&leg, "f7ae");
		leg.rank = had[i].rank;
		(void)snprintf(leg.status, sizeof(leg.status), "%s", had[i].status);
		change = leg_apply(&leg, ev, 1763640000000);
		must(leg.rank >= had[i].rank, "a leg goes back");
		must((change == LEG_SAME) == (strcmp(leg.status, had[i].status) == 0), "it moved without a change");
		must(change != LEG_ENDED || leg.rank == EVENT_RANK_TERMINAL, "an end that is none");
		must(had[i].rank != EVENT_RANK_TERMINAL || change == LEG_SAME, "it lives again");
		must(leg_apply(&leg, ev, 1763640000000) == LEG_SAME, "the same event moves it again");
		must(strcmp(leg.uuid, "f7ae") == 0, "it is another leg");
	}
}

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
	legs(&ev);
	event_clear(&ev);
}

static struct json_object *
from_query(const char *text)
{
	struct json_object	*obj;
	struct evkeyvalq	 query;

	must(pairs_parse(text, &query) == 0, "no pairs");
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
