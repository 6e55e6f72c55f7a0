/* SPDX-License-Identifier: ISC */
/* Placing calls: POST /v1/calls, POST /make-call; and what became of them. */
#include "webhookd/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/dialopts.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/store_dial.h"
#include "common/store_json.h"
#include "webhookd/dial.h"

#define LIST_MAX	1000
#define LIST_DEFAULT	50

static struct json_object *
dial_json(const struct store_dial *d)
{
	struct json_object	*o = json_object_new_object(), *vars;

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "id", d->id);
	if (d->campaign > 0)
		(void)json_add_int(o, "campaign", d->campaign);
	store_json_add_text(o, "key", d->key);
	store_json_add_text(o, "number", d->number);
	store_json_add_text(o, "flow", d->flow);
	if ((vars = json_parse(d->vars, strlen(d->vars), NULL)) != NULL)
		(void)json_add(o, "vars", vars);
	store_json_add_text(o, "state", d->state);
	(void)json_add_int(o, "attempts", d->attempts);
	store_json_add_time(o, "next_at", d->next_at);
	store_json_add_text(o, "call", d->call.text);
	store_json_add_text(o, "result", d->result);
	store_json_add_text(o, "error", d->error);
	store_json_add_time(o, "created_at", d->created_at);
	store_json_add_time(o, "updated_at", d->updated_at);
	return o;
}

static void
reply_dial(struct http_req *req, int status, const struct store_dial *d)
{
	struct json_object	*o = dial_json(d);
	char			 where[40];

	if (o == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	(void)snprintf(where, sizeof(where), "/v1/dials/%lld", (long long)d->id);
	if (status == 202)
		http_add_header(req, "Location", where);
	reply_json(req, status, o);
}

/* ---- placing ---- */

struct waiting {
	struct webhookd	*w;
	struct http_req	*req;
	char		 number[DIAL_NUMBER_SIZE], flow[sizeof(((struct store_dial *)0)->flow)];
};

static void
on_added(void *arg, int rc, int err, const struct store_dial *row)
{
	struct waiting	*wait = arg;

	if (rc == -1)
		reply_problem(wait->req, 503, "Not stored", strerror(err));
	else if (strcmp(row->number, wait->number) != 0 || strcmp(row->flow, wait->flow) != 0)
		/* who takes it for accepted would wait for a call that nobody places */
		reply_problem(wait->req, 422, "Unprocessable Content", "Idempotency-Key: used before, for another number or flow");
	else {
		reply_dial(wait->req, 202, row);
		dials_kick(wait->w->dials);
	}
	free(wait);
}

/* Members of the body into d; a text where one is wrong. Both spellings: {"to"} and, of /make-call, {"to_number"}. */
static const char *
fill(struct store_dial *d, struct json_object *body, const char *key)
{
	const char		*to = json_get_str_or(body, "to", json_get_str(body, "to_number")), *text;
	struct json_object	*vars = json_get_obj(body, "vars"), *options = json_get_obj(body, "options");
	char			 digits[DIAL_NUMBER_SIZE];

	if (to == NULL || dial_number(to, digits) == -1)
		return "to: a number in E.164 (7 to 15 digits, + allowed) is wanted";
	(void)snprintf(d->number, sizeof(d->number), "%s", digits);
	(void)snprintf(d->flow, sizeof(d->flow), "%s", json_get_str_or(body, "flow", ""));
	if (key != NULL && (key[0] == '\0' || strlen(key) >= sizeof(d->key)))
		return "Idempotency-Key: 1 to 95 characters are wanted";
	(void)snprintf(d->key, sizeof(d->key), "%s", key != NULL ? key : "");
	if ((text = vars != NULL ? json_text(vars, NULL) : "") == NULL || strlen(text) >= sizeof(d->vars))
		return "vars: an object of texts, at most 4 KiB";
	(void)snprintf(d->vars, sizeof(d->vars), "%s", text);
	if (vars != NULL) {
		json_object_object_foreach(vars, name, value) {
			(void)name;
			if (!json_object_is_type(value, json_type_string))
				return "vars: an object of texts, at most 4 KiB";
		}
	}
	if ((text = options != NULL ? json_text(options, NULL) : "") == NULL || strlen(text) >= sizeof(d->options))
		return "options: an object, at most 1 KiB";
	(void)snprintf(d->options, sizeof(d->options), "%s", text);
	return NULL;
}

void
api_place_call(struct api_request *rq)
{
	static const struct api_member	members[] = {
		{ "to", json_type_string }, { "to_number", json_type_string }, { "flow", json_type_string },
		{ "vars", json_type_object }, { "options", json_type_object }, { NULL, json_type_null },
	};
	struct json_object	*body;
	struct store_dial	 d;
	struct waiting		*wait;
	const char		*bad;
	char			 err[256] = "";

	if ((body = api_body(rq, members)) == NULL)
		return;
	store_dial_init(&d);
	bad = fill(&d, body, http_header(rq->req, "Idempotency-Key"));
	json_object_put(body);
	if (bad != NULL) {
		api_problem(rq, 400, "Bad Request", bad);
		return;
	}
	if (d.flow[0] == '\0')
		(void)snprintf(d.flow, sizeof(d.flow), "%s", conf_of(rq->w)->flow);
	if ((wait = mem_calloc(1, sizeof(*wait))) == NULL) {
		api_problem(rq, 503, "Out of memory", NULL);
		return;
	}
	*wait = (struct waiting){ .w = rq->w, .req = rq->req };
	(void)snprintf(wait->number, sizeof(wait->number), "%s", d.number);
	(void)snprintf(wait->flow, sizeof(wait->flow), "%s", d.flow);
	api_log(rq, "place_call", NULL);
	if (dial_add(rq->w, &d, on_added, wait, err, sizeof(err)) == 0)
		return;
	if (errno == EINVAL)
		api_problem(rq, 422, "Unprocessable Content", err);
	else
		api_problem(rq, 503, "Not stored", strerror(errno));
	free(wait);
}

/* ---- looking ---- */

struct dials_page { struct api_list list; int64_t left, last; };

static bool
add(void *arg, const struct store_dial *d)
{
	struct dials_page	*page = arg;

	page->last = d->id;
	return api_list_add(&page->list, dial_json(d)) && --page->left > 0;
}

void
api_list_dials(struct api_request *rq)
{
	struct dials_page	 page = { .left = 0 };
	struct api_list		*list = &page.list;
	struct json_object	*o;
	int64_t			 campaign, after;
	int			 rc;

	if (!api_query_int(rq, "campaign", 0, INT64_MAX, -1, &campaign) ||
	    !api_query_int(rq, "after", 0, INT64_MAX, 0, &after) ||
	    !api_query_int(rq, "limit", 1, LIST_MAX, LIST_DEFAULT, &page.left))
		return;
	list->array = json_object_new_array();
	o = json_object_new_object();
	rc = list->array != NULL ? store_each_dial(rq->w->store, campaign, after, add, &page) : 0;
	if (list->array == NULL || o == NULL || list->failed)
		api_problem(rq, 503, "Out of memory", NULL);
	else if (api_store_ok(rq, rc) && json_add(o, "dials", json_object_get(list->array)) == 0 &&
	    (page.left > 0 || json_add_int(o, "after", page.last) == 0))
		reply_json(rq->req, 200, json_object_get(o));
	json_object_put(list->array);
	json_object_put(o);
}

void
api_show_dial(struct api_request *rq)
{
	struct store_dial	d;
	int64_t			id;
	int			rc = 0;

	if (num_parse(rq->id, 1, INT64_MAX, &id) == 0)
		rc = store_get_dial(rq->w->store, id, &d);
	if (!api_store_ok(rq, rc))
		return;
	if (rc == 1)
		reply_dial(rq->req, 200, &d);
	else
		api_problem(rq, 404, "Not Found", "no such dial");
}
