/* SPDX-License-Identifier: ISC */
/* Looking: calls, one call with its transcript and waterfall, jobs, the document. */
#include "webhookd/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/num.h"
#include "common/store_flow.h"
#include "common/store_json.h"
#include "common/store_list.h"

#define LIST_MAX	1000
#define LIST_DEFAULT	50

/* The bytes of openapi.json, part of the program (the Makefile knows). */
__asm__(
    ".section .rodata\n"
    ".global api_document, api_document_end\n"
    "api_document: .incbin \"webhookd/openapi.json\"\n"
    "api_document_end: .byte 0\n"
    ".previous\n");
extern const char api_document[], api_document_end[];

void
api_show_document(struct api_request *rq)
{
	http_reply(rq->req, 200, "application/json", api_document, (size_t)((uintptr_t)api_document_end - (uintptr_t)api_document));
}

struct calls_page {
	struct api_list	 list;
	int64_t		 last_at;
	struct callid	 last_id;
};

static bool
add_call(void *arg, const struct store_call *c)
{
	struct calls_page	*page = arg;

	page->last_at = c->started_at;
	page->last_id = c->id;
	return api_list_add(&page->list, store_call_json(c));
}

static bool
add_leg(void *arg, const struct store_leg *l)
{
	return api_list_add(arg, store_leg_json(l));
}

static bool
add_turn(void *arg, const struct store_turn *t)
{
	return api_list_add(arg, store_turn_json(t));
}

static bool
add_job(void *arg, const struct store_job *j)
{
	return api_list_add(arg, store_job_json(j));
}

static bool
add_answer(void *arg, const struct store_answer *a)
{
	struct json_object	*o = json_object_new_object();

	if (o != NULL) {
		store_json_add_text(o, "flow", a->flow);
		store_json_add_text(o, "name", a->name);
		store_json_add_text(o, "how", a->how);
		store_json_add_text(o, "value", a->value);
		store_json_add_time(o, "at", a->at);
	}
	return api_list_add(arg, o);
}

static bool
add_recording(void *arg, const struct store_recording *r)
{
	return api_list_add(arg, store_recording_json(r));
}

/* An object with the rows under name; answered when it cannot be. */
static struct json_object *
object_with(struct api_request *rq, struct json_object *o, const char *name, struct api_list *rows, int rc)
{
	if (o == NULL || rows->array == NULL || rows->failed) {
		json_object_put(rows->array);
		json_object_put(o);
		api_problem(rq, 503, "Out of memory", NULL);
		return NULL;
	}
	if (!api_store_ok(rq, rc) || json_add(o, name, rows->array) == -1) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

/* "MS", or "MS.ID" of a page's last call: others may have begun in its millisecond. false: answered 400. */
static bool
query_before(struct api_request *rq, int64_t *ret_ms, struct callid *ret_id)
{
	const char	*text = api_query(rq, "before"), *dot = text != NULL ? strchr(text, '.') : NULL;
	size_t		 len = dot != NULL ? (size_t)(dot - text) : text != NULL ? strlen(text) : 0;

	*ret_ms = INT64_MAX;
	*ret_id = (struct callid){ "" };
	if (text == NULL)
		return true;
	if (num_parse_n(text, len, 1, INT64_MAX, ret_ms) == 0 && (dot == NULL || callid_parse(dot + 1, ret_id) == 0))
		return true;
	api_problem(rq, 400, "Bad Request", "before: what the page before gave, or ms since 1970");
	return false;
}

/* As query_before() reads it. */
static int
add_before(struct json_object *o, const struct calls_page *page)
{
	char	text[24 + CALLID_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRId64 ".%s", page->last_at, page->last_id.text);
	return json_add_str(o, "before", text);
}

void
api_list_calls(struct api_request *rq)
{
	const char		*state = api_query(rq, "state"), *caller = api_query(rq, "caller");
	struct calls_page	 page = { .last_at = -1 };
	struct json_object	*o;
	struct callid		 before_id;
	int64_t			 limit, before;
	int			 rc;

	if (!api_query_int(rq, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit) ||
	    !query_before(rq, &before, &before_id))
		return;
	if (state != NULL && strcmp(state, "open") != 0 && strcmp(state, "all") != 0) {
		api_problem(rq, 400, "Bad Request", "state: open or all");
		return;
	}
	/* numbers are kept without "+"; one that is not escaped comes as a space */
	if (caller != NULL && (*caller == '+' || *caller == ' '))
		caller++;
	page.list.array = json_object_new_array();
	rc = page.list.array == NULL ? 0 : store_each_call_before(rq->w->store, before,
	    before_id.text[0] != '\0' ? &before_id : NULL, state != NULL && strcmp(state, "open") == 0, caller, (int)limit, add_call, &page);
	if ((o = object_with(rq, json_object_new_object(), "calls", &page.list, rc)) == NULL)
		return;
	if ((int64_t)json_object_array_length(json_get_arr(o, "calls")) == limit && add_before(o, &page) == -1) {
		json_object_put(o);
		api_problem(rq, 503, "Out of memory", NULL);
		return;
	}
	reply_json(rq->req, 200, o);
}

void
api_show_call(struct api_request *rq)
{
	struct store		*s = rq->w->store;
	struct store_call	 c;
	struct json_object	*o;
	struct api_list		 legs = { 0 }, turns = { 0 }, jobs = { 0 }, recordings = { 0 }, answers = { 0 };

	if (!api_call(rq, &c))
		return;
	o = store_call_json(&c);
	legs.array = json_object_new_array();
	if ((o = object_with(rq, o, "legs", &legs, store_each_leg(s, &c.id, add_leg, &legs))) == NULL)
		return;
	turns.array = json_object_new_array();
	if ((o = object_with(rq, o, "turns", &turns, store_each_turn(s, &c.id, add_turn, &turns))) == NULL)
		return;
	recordings.array = json_object_new_array();
	if ((o = object_with(rq, o, "recordings", &recordings,
	    store_each_recording(s, &c.id, add_recording, &recordings))) == NULL)
		return;
	answers.array = json_object_new_array();
	if ((o = object_with(rq, o, "answers", &answers, store_each_answer(s, &c.id, add_answer, &answers))) == NULL)
		return;
	jobs.array = json_object_new_array();
	if ((o = object_with(rq, o, "jobs", &jobs, store_each_job_of(s, &c.id, add_job, &jobs))) == NULL)
		return;
	reply_json(rq->req, 200, o);
}

void
api_list_jobs(struct api_request *rq)
{
	struct api_list		 rows = { .array = json_object_new_array() };
	struct json_object	*o;

	if ((o = object_with(rq, json_object_new_object(), "jobs", &rows,
	    store_each_job(rq->w->store, true, add_job, &rows))) != NULL)
		reply_json(rq->req, 200, o);
}
