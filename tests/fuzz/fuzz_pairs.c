/* SPDX-License-Identifier: ISC */
/*
 * Queries and forms of webhooks: whatever comes is read to pairs with names,
 * they to an object, that to an event; and our own members are within their sizes.
 */
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "common/json.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/event.h"
#include "webhookd/pairs.h"

static size_t
count(const struct evkeyvalq *q, size_t len)
{
	struct evkeyval	*kv;
	size_t		 n = 0, bytes = 0;

	TAILQ_FOREACH(kv, q, next) {
		must(kv->key[0] != '\0', "a pair without a name");
		bytes += strlen(kv->key) + strlen(kv->value);
		n++;
	}
	must(bytes <= 3 * len, "decoding makes it longer");
	return n;
}

static void
check_own(const struct event *ev)
{
	must_end(ev->c.text, sizeof(ev->c.text), "an endless call");
	must_end(ev->f, sizeof(ev->f), "an endless flow");
	must_end(ev->s, sizeof(ev->s), "an endless step");
	must(ev->c.text[0] == '\0' || callid_valid(ev->c.text, strlen(ev->c.text)), "no call id");
	must(ev->n >= -1 && ev->d >= -1, "a number below -1");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object	*obj, *form;
	struct evkeyvalq	 q;
	struct event		 ev;
	char			*text;
	size_t			 n;

	must((text = mem_strndup((const char *)data, size)) != NULL, "no memory");
	must(pairs_parse(text, &q) == 0, "no pairs");
	n = count(&q, strlen(text));
	must((obj = event_from_query(&q)) != NULL && (form = event_from_form(text)) != NULL, "no object");
	must((size_t)json_object_object_length(obj) <= n, "members that nobody sent");
	must(strcmp(json_text(obj, NULL), json_text(form, NULL)) == 0, "a form is read otherwise than a query");
	event_parse(obj, &ev);
	event_read_query(&q, &ev);
	check_own(&ev);
	event_clear(&ev);
	json_object_put(obj);
	json_object_put(form);
	evhttp_clear_headers(&q);
	free(text);
	return 0;
}
