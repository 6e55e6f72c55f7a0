/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/callid.h"
#include "common/json.h"
#include "common/mem.h"
#include "webhookd/vonage_impl.h"

#define CALLS		"/v1/calls"
#define PAGE_SIZE	100		/* spec/vonage.md 7.2: the most */

/* Body (NULL none) into r, and off it goes; r NULL: its errno. */
static int
submit(struct vonage_request *r, struct json_object *body, vonage_fn *fn, void *arg)
{
	int	saved_errno;

	if (r == NULL)
		return -1;
	if (body != NULL && vonage_request_set_json(r, body) == -1) {
		saved_errno = errno;
		vonage_request_free(r);
		errno = saved_errno;
		return -1;
	}
	return vonage_submit(r, fn, arg);
}

/* A request about a leg: CALLS/LEG and, with what, /WHAT. */
static struct vonage_request *
leg_request(struct vonage *v, const char *method, const char *leg, const char *region_url, const char *what)
{
	struct vonage_request	*r;
	char			 path[160];

	if (!callid_valid(leg, strnlen(leg, CALLID_SIZE))) {
		errno = EINVAL;
		return NULL;
	}
	(void)snprintf(path, sizeof(path), CALLS "/%s%s%s", leg, what != NULL ? "/" : "", what != NULL ? what : "");
	if ((r = vonage_request_new(v, VONAGE_OTHERS, method, vonage_base_of(v, region_url), path)) == NULL)
		return NULL;
	(void)snprintf(r->leg, sizeof(r->leg), "%s", leg);
	return r;
}

/* A call was placed, but which? It must be looked up. */
static enum vonage_result
judge_create(struct json_object *body, char *text, size_t size)
{
	const char	*uuid = body != NULL ? json_get_str(body, "uuid") : NULL;

	if (uuid != NULL && callid_valid(uuid, strnlen(uuid, CALLID_SIZE)))
		return VONAGE_OK;
	(void)snprintf(text, size, "placed, but the answer has no uuid");
	return VONAGE_UNKNOWN;
}

int
vonage_create(struct vonage *v, struct json_object *body, vonage_fn *fn, void *arg)
{
	struct vonage_request	*r;

	if (!json_object_is_type(body, json_type_object)) {
		errno = EINVAL;
		return -1;
	}
	if ((r = vonage_request_new(v, VONAGE_CREATES, "POST", v->api_base, CALLS)) != NULL) {
		r->once = true;
		r->judge = judge_create;
	}
	return submit(r, body, fn, arg);
}

int
vonage_get(struct vonage *v, const char *leg, const char *region_url, vonage_fn *fn, void *arg)
{
	return submit(leg_request(v, "GET", leg, region_url, NULL), NULL, fn, arg);
}

int
vonage_put(struct vonage *v, const char *leg, const char *region_url, struct json_object *body, vonage_fn *fn, void *arg)
{
	static const char *const actions[] = { "hangup", "mute", "unmute", "earmuff", "unearmuff", "transfer" };
	const char		*action = json_object_is_type(body, json_type_object) ? json_get_str(body, "action") : NULL;
	struct vonage_request	*r;
	size_t			 i;

	for (i = 0; action != NULL && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(action, actions[i]) == 0)
			break;
	if (action == NULL || i == sizeof(actions) / sizeof(actions[0]) ||
	    (strcmp(action, "transfer") == 0) != (json_get_obj(body, "destination") != NULL)) {
		errno = EINVAL;
		return -1;
	}
	if ((r = leg_request(v, "PUT", leg, region_url, NULL)) != NULL)
		r->urgent = i == 0;
	return submit(r, body, fn, arg);
}

int
vonage_hangup(struct vonage *v, const char *leg, const char *region_url, vonage_fn *fn, void *arg)
{
	struct json_object	*body = json_object_new_object();
	int			 rc, saved_errno;

	if (body == NULL || json_add_str(body, "action", "hangup") == -1) {
		json_object_put(body);
		errno = ENOMEM;
		return -1;
	}
	rc = vonage_put(v, leg, region_url, body, fn, arg);
	saved_errno = errno;
	json_object_put(body);
	errno = saved_errno;
	return rc;
}

/* "0-9*#p" (spec/vonage.md 7.5), not empty. */
static bool
are_digits(const char *text)
{
	return text != NULL && *text != '\0' && text[strspn(text, "0123456789*#p")] == '\0';
}

/* What Vonage would refuse is refused here, before it costs one of 15 requests. */
static bool
may_play(const char *what, struct json_object *body)
{
	struct json_object	*urls;
	const char		*text;

	if (body == NULL)
		return strcmp(what, "talk") == 0 || strcmp(what, "stream") == 0 || strcmp(what, "input/dtmf") == 0;
	if (strcmp(what, "talk") == 0)
		return (text = json_get_str(body, "text")) != NULL && *text != '\0';
	if (strcmp(what, "dtmf") == 0)
		return are_digits(json_get_str(body, "digits"));
	if (strcmp(what, "stream") == 0)
		urls = json_get_arr(body, "stream_url");
	else if (strcmp(what, "input/dtmf") == 0)
		urls = json_get_arr(body, "event_url");
	else
		return false;
	return urls != NULL && json_object_array_length(urls) == 1;
}

int
vonage_play(struct vonage *v, const char *leg, const char *region_url, const char *what, struct json_object *body,
    vonage_fn *fn, void *arg)
{
	if ((body != NULL && !json_object_is_type(body, json_type_object)) || !may_play(what, body)) {
		errno = EINVAL;
		return -1;
	}
	return submit(leg_request(v, body != NULL ? "PUT" : "DELETE", leg, region_url, what), body, fn, arg);
}

struct json_object *
vonage_transfer_body(struct json_object *ncco, const char *url)
{
	struct json_object	*body, *to, *urls;

	if ((ncco == NULL) == (url == NULL) || (ncco != NULL && !json_object_is_type(ncco, json_type_array))) {
		errno = EINVAL;
		return NULL;
	}
	body = json_object_new_object();
	to = json_object_new_object();
	if (body == NULL || to == NULL || json_add_str(body, "action", "transfer") == -1 ||
	    json_add_str(to, "type", "ncco") == -1) {
		json_object_put(to);
		goto fail;
	}
	if (json_add(body, "destination", to) == -1)
		goto fail;
	if (ncco != NULL) {
		if (json_add(to, "ncco", json_object_get(ncco)) == -1)
			goto fail;
		return body;
	}
	if ((urls = json_object_new_array()) == NULL ||
	    json_object_array_add(urls, json_object_new_string(url)) != 0 || json_add(to, "url", urls) == -1)
		goto fail;
	return body;
fail:
	json_object_put(body);
	errno = ENOMEM;
	return NULL;
}

/* ---- lists ---- */

int
vonage_list(struct vonage *v, const char *query, vonage_fn *fn, void *arg)
{
	char	path[VONAGE_URL_MAX];
	int	n;

	n = snprintf(path, sizeof(path), CALLS "%s%s", query != NULL && *query != '\0' ? "?" : "", query != NULL ? query : "");
	if (n < 0 || (size_t)n >= sizeof(path) || path[strcspn(path, " \r\n#")] != '\0') {
		errno = EINVAL;
		return -1;
	}
	return submit(vonage_request_new(v, VONAGE_OTHERS, "GET", v->api_base, path), NULL, fn, arg);
}

struct vonage_walk {		/* a list, page by page */
	TAILQ_ENTRY(vonage_walk) link;
	struct vonage	*v;
	char		*query;
	size_t		 at;	/* record_index */
	int		 pages;
	bool		(*each)(void *arg, struct json_object *call);
	vonage_fn	*fn;
	void		*arg;
};

static void	on_page(void *arg, const struct vonage_reply *reply);

static int
ask_page(struct vonage_walk *w)
{
	char	query[VONAGE_URL_MAX - 64];
	int	n;

	n = snprintf(query, sizeof(query), "page_size=%d&record_index=%zu%s%s", PAGE_SIZE, w->at,
	    *w->query != '\0' ? "&" : "", w->query);
	if (n < 0 || (size_t)n >= sizeof(query)) {
		errno = EINVAL;
		return -1;
	}
	w->pages++;
	return vonage_list(w->v, query, on_page, w);
}

static void
walk_free(struct vonage_walk *w)
{
	TAILQ_REMOVE(&w->v->walks, w, link);
	free(w->query);
	free(w);
}

void
vonage_walks_free(struct vonage *v)
{
	while (!TAILQ_EMPTY(&v->walks))
		walk_free(TAILQ_FIRST(&v->walks));
}

/* NULL: no page, or one of an empty list. */
static struct json_object *
calls_of(struct json_object *body)
{
	struct json_object	*embedded = body != NULL ? json_get_obj(body, "_embedded") : NULL;

	return embedded != NULL ? json_get_arr(embedded, "calls") : NULL;
}

/* A server between us and Vonage that says 200 (an error page, nothing) has told of no calls, not that there are none. */
static bool
is_page(struct json_object *body)
{
	int64_t	count;

	return calls_of(body) != NULL || (body != NULL && json_get_int(body, "count", 0, 0, &count) == 1);
}

/* The calls of a page; false: that was all, or enough. */
static bool
take_page(struct vonage_walk *w, struct json_object *body)
{
	struct json_object	*calls = calls_of(body), *links = json_get_obj(body, "_links");
	size_t			 i, n = calls != NULL ? json_object_array_length(calls) : 0;

	for (i = 0; i < n; i++) {
		struct json_object	*call = json_object_array_get_idx(calls, i);

		if (json_object_is_type(call, json_type_object) && !w->each(w->arg, call))
			return false;
	}
	w->at += n;
	/* its href is relative, with no /v1: counting is surer than following */
	return n > 0 && links != NULL && json_get_obj(links, "next") != NULL;
}

static void
on_page(void *arg, const struct vonage_reply *reply)
{
	struct vonage_walk		*w = arg;
	struct vonage_reply	 last = *reply;

	/* who looked for a call and did not see it must not believe that there is none */
	if (reply->result == VONAGE_OK && !is_page(reply->body)) {
		last.result = VONAGE_RETRY;
		last.text = "the answer is no list of calls";
	} else if (reply->result == VONAGE_OK && take_page(w, reply->body)) {
		if (w->pages < VONAGE_PAGES_MAX && ask_page(w) == 0)
			return;
		last.result = VONAGE_RETRY;
		last.text = w->pages < VONAGE_PAGES_MAX ? strerror(errno) : "the list has more pages than are read";
	}
	w->fn(w->arg, &last);
	walk_free(w);
}

int
vonage_list_all(struct vonage *v, const char *query, bool (*each)(void *arg, struct json_object *call),
    vonage_fn *fn, void *arg)
{
	struct vonage_walk	*w;
	int		 saved_errno;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return -1;
	*w = (struct vonage_walk){ .v = v, .each = each, .fn = fn, .arg = arg };
	TAILQ_INSERT_TAIL(&v->walks, w, link);
	if ((w->query = mem_strdup(query != NULL ? query : "")) != NULL && ask_page(w) == 0)
		return 0;
	saved_errno = errno;
	walk_free(w);
	errno = saved_errno;
	return -1;
}
