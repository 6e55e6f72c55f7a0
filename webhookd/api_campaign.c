/* SPDX-License-Identifier: ISC */
/* Campaigns: how far they are; pause, resume, stop. callctl makes them, from a file. */
#include "webhookd/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/store_dial.h"
#include "common/store_json.h"
#include "webhookd/dial.h"

static struct json_object *
campaign_json(const struct store_campaign *c)
{
	struct json_object	*o = json_object_new_object(), *options;

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "id", c->id);
	store_json_add_text(o, "name", c->name);
	store_json_add_text(o, "flow", c->flow);
	store_json_add_text(o, "state", c->state);
	if ((options = json_parse(c->options, strlen(c->options), NULL)) != NULL)
		(void)json_add(o, "options", options);
	store_json_add_time(o, "created_at", c->created_at);
	store_json_add_time(o, "updated_at", c->updated_at);
	store_json_add_time(o, "next_at", c->next_at);
	store_json_add_text(o, "owner", c->owner);
	return o;
}

static bool
add_campaign(void *arg, const struct store_campaign *c)
{
	return api_list_add(arg, campaign_json(c));
}

static bool
add_progress(void *arg, const struct store_progress *p)
{
	struct json_object	*o = json_object_new_object();

	if (o != NULL) {
		store_json_add_text(o, "state", p->state);
		store_json_add_text(o, "result", p->result);
		(void)json_add_int(o, "count", p->count);
		(void)json_add_int(o, "attempts", p->attempts);
	}
	return api_list_add(arg, o);
}

/* Answer with o and the list in it under name; puts both. */
static void
reply_with(struct api_request *rq, struct json_object *o, const char *name, struct api_list *list, int rc)
{
	if (o == NULL || list->array == NULL || list->failed)
		api_problem(rq, 503, "Out of memory", NULL);
	else if (api_store_ok(rq, rc) && json_add(o, name, json_object_get(list->array)) == 0)
		reply_json(rq->req, 200, json_object_get(o));
	json_object_put(list->array);
	json_object_put(o);
}

void
api_list_campaigns(struct api_request *rq)
{
	struct api_list	list = { .array = json_object_new_array() };
	int		rc = list.array != NULL ? store_each_campaign(rq->w->store, false, add_campaign, &list) : 0;

	reply_with(rq, json_object_new_object(), "campaigns", &list, rc);
}

/* The campaign of the path; false: answered. */
static bool
campaign_of(struct api_request *rq, struct store_campaign *ret)
{
	int64_t	id;
	int	rc = 0;

	if (num_parse(rq->id, 1, INT64_MAX, &id) == 0)
		rc = store_get_campaign(rq->w->store, id, ret);
	if (!api_store_ok(rq, rc))
		return false;
	if (rc == 0)
		api_problem(rq, 404, "Not Found", "no such campaign");
	return rc == 1;
}

void
api_show_campaign(struct api_request *rq)
{
	struct store_campaign	c;
	struct api_list		list;
	int			rc;

	if (!campaign_of(rq, &c))
		return;
	list = (struct api_list){ .array = json_object_new_array() };
	rc = list.array != NULL ? store_campaign_progress(rq->w->store, c.id, add_progress, &list) : 0;
	reply_with(rq, campaign_json(&c), "progress", &list, rc);
}

struct waiting { struct webhookd *w; struct http_req *req; int64_t id; };

static void
on_set(void *arg, int rc, int err)
{
	struct waiting		*wait = arg;
	struct store_campaign	 c;
	struct json_object	*o = NULL;

	if (rc == -1 && err == ENOENT)
		reply_problem(wait->req, 409, "Conflict", "the campaign is not in a state that allows this");
	else if (rc == -1)
		reply_problem(wait->req, 503, "Not stored", strerror(err));
	else if (store_get_campaign(wait->w->store, wait->id, &c) != 1 || (o = campaign_json(&c)) == NULL)
		reply_problem(wait->req, 503, "Not read", NULL);
	else
		reply_json(wait->req, 200, o);
	dials_kick(wait->w->dials);
	free(wait);
}

void
api_control_campaign(struct api_request *rq)
{
	static const struct api_member	members[] = { { "action", json_type_string }, { NULL, json_type_null } };
	static const struct { const char *action, *state; } states[] = {
		{ "pause", "paused" }, { "resume", "running" }, { "stop", "stopped" },
	};
	struct store_campaign	 c;
	struct json_object	*body;
	struct waiting		*wait = NULL;
	const char		*action;
	size_t			 i;

	if (!campaign_of(rq, &c) || (body = api_body(rq, members)) == NULL)
		return;
	action = json_get_str_or(body, "action", "");
	for (i = 0; i < 3 && strcmp(states[i].action, action) != 0; i++)
		continue;
	json_object_put(body);
	if (i == 3) {
		api_problem(rq, 400, "Bad Request", "action: pause, resume or stop");
		return;
	}
	api_log(rq, states[i].action, NULL);
	if ((wait = mem_calloc(1, sizeof(*wait))) != NULL) {
		*wait = (struct waiting){ rq->w, rq->req, c.id };
		if (store_set_campaign(rq->w->store, c.id, states[i].state, clock_wall_ms(), on_set, wait) == 0)
			return;
	}
	free(wait);
	api_problem(rq, 503, "Not stored", NULL);
}
