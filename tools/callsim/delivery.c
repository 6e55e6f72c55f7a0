/* SPDX-License-Identifier: ISC */
#include "tools/callsim/delivery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/simevent.h"

struct job {
	struct web	*web;
	enum delivery_kind kind;
	bool		 wants_ncco, fallback;	/* fallback: is being asked */
	char		*url, *json;		/* the original; json may be NULL */
	web_done	*done;
	void		*arg;
};

enum verdict { USABLE, FAILED, BAD_TYPE, BAD_NCCO };

static void on_reply(void *arg, const struct web_reply *r);

static void
job_free(void *arg)
{
	struct job	*j = arg;

	free(j->url);
	free(j->json);
	free(j);
}

bool
delivery_is_array(const char *body, size_t len)
{
	size_t	i = 0;

	while (i < len && strchr(" \t\r\n", body[i]) != NULL)
		i++;
	return i < len && body[i] == '[';
}

static bool
is_type(const struct web_reply *r, const char *type)
{
	return r->content_type != NULL && strncasecmp(r->content_type, type, strlen(type)) == 0;
}

static enum verdict
judge_ncco(const struct web_reply *r, char *why, size_t size)
{
	struct ncco	n = { 0 };
	char		cause[NCCO_CAUSE_SIZE];

	if (ncco_parse(&n, r->body, r->body_len, cause, sizeof(cause)) == NCCO_BAD) {
		(void)snprintf(why, size, "Syntax error in NCCO. %s", cause);
		return BAD_NCCO;
	}
	ncco_clear(&n);
	return USABLE;
}

/* Is the reply one that the call can go on with? why gets the reason if not. */
static enum verdict
judge(const struct job *j, const struct web_reply *r, char *why, size_t size)
{
	bool	answer = j->kind == DELIVERY_ANSWER || j->fallback;

	if (r->status == 0) {
		(void)snprintf(why, size, "Connection closed. %s", r->error);
		return FAILED;
	}
	if (answer ? r->status != 200 : r->status < 200 || r->status > 205) {
		(void)snprintf(why, size, "HTTP status %ld", r->status);
		return FAILED;
	}
	if (!answer && (!j->wants_ncco || r->body_len == 0))
		return USABLE;
	if (answer ? !is_type(r, "application/json") : is_type(r, "text/html") || is_type(r, "application/xml")) {
		(void)snprintf(why, size, "Wrong encoding of NCCO: content type \"%.60s\"",
		    r->content_type == NULL ? "" : r->content_type);
		return BAD_TYPE;
	}
	if (!answer && !delivery_is_array(r->body, r->body_len))
		return USABLE;
	return judge_ncco(r, why, size);
}

static struct web_times
times_of(const struct job *j)
{
	const struct web_options *o = web_options(j->web);
	struct web_times	  t = { WEB_CONNECT_MS, WEB_ANSWER_MS }, set = { 0, 0 };

	if (!j->fallback && j->kind == DELIVERY_EVENT)
		t.read_ms = WEB_EVENT_MS;
	if (o != NULL)
		set = j->fallback ? o->fallback : j->kind == DELIVERY_EVENT ? o->event : o->answer;
	return (struct web_times){ set.connect_ms != 0 ? set.connect_ms : t.connect_ms,
	    set.read_ms != 0 ? set.read_ms : t.read_ms };
}

static int
job_request(struct job *j, const char *url, bool get, const char *json)
{
	const struct web_options *o = web_options(j->web);
	char			 *query = NULL;
	int			  rc = -1;

	if (get && json != NULL && (query = event_query_url(url, json)) == NULL)
		return -1;
	rc = web_request(j->web, &(struct web_request){ .url = query == NULL ? url : query,
	    .json = get ? NULL : json, .times = times_of(j), .sign = o == NULL ? NULL : o->sign,
	    .owner = j->arg, .drop = job_free }, on_reply, j);
	free(query);
	return rc;
}

/* The original data plus two members (spec/vonage.md 1.3). */
static char *
fallback_body(const struct job *j, const char *why)
{
	struct json_object	*o, *original = json_object_new_object();
	char			*text = NULL;

	o = j->json == NULL ? json_object_new_object() : json_parse(j->json, strlen(j->json), NULL);
	if (o == NULL || original == NULL ||
	    json_add_str(original, "url", j->url) == -1 ||
	    json_add_str(original, "type", j->kind == DELIVERY_ANSWER ? "answer" : "event") == -1 ||
	    json_add_str(o, "reason", why) == -1)
		json_object_put(original);
	else if (json_add(o, "original_request", original) == 0 && json_text(o, NULL) != NULL)
		text = mem_strdup(json_text(o, NULL));
	json_object_put(o);
	return text;
}

/* The application learns of its mistake, though the call goes on. */
static void
tell_error(const struct job *j, const char *why)
{
	const struct web_options	*o = web_options(j->web);
	struct json_object		*data = j->json == NULL ? NULL : json_parse(j->json, strlen(j->json), NULL);
	char				*text;

	text = event_error_json(json_get_str_or(data, "conversation_uuid", ""), why, clock_wall_ms());
	if (text != NULL && o->event_url != NULL)
		(void)web_request(j->web, &(struct web_request){ .url = o->event_url, .json = text,
		    .times = { WEB_CONNECT_MS, WEB_EVENT_MS }, .sign = o->sign }, NULL, NULL);
	free(text);
	json_object_put(data);
}

/* true: the fallback URL is asked now. */
static bool
ask_fallback(struct job *j, const char *why)
{
	const struct web_options	*o = web_options(j->web);
	char				*body;
	bool				 asked;

	if (o == NULL || o->fallback_url == NULL || j->fallback ||
	    (j->kind == DELIVERY_EVENT && !j->wants_ncco) || (body = fallback_body(j, why)) == NULL)
		return false;
	j->fallback = true;
	asked = job_request(j, o->fallback_url, o->fallback_get, body) == 0;
	free(body);
	if (asked)
		web_counts(j->web)->fallbacks++;
	else
		j->fallback = false;
	return asked;
}

static void
finish(struct job *j, const struct web_reply *r, enum verdict v)
{
	struct web_reply	 reply = *r;
	web_done		*done = j->done;
	void			*arg = j->arg;

	reply.fallback = j->fallback;
	/* mid-call the NCCO goes on; an erroneous one is shown unless the error was told */
	if (j->kind == DELIVERY_EVENT && (v == FAILED || v == BAD_TYPE || (v == BAD_NCCO && j->fallback))) {
		reply.body = "";
		reply.body_len = 0;
	}
	job_free(j);
	done(arg, &reply);
}

static void
on_reply(void *arg, const struct web_reply *r)
{
	struct job		*j = arg;
	struct web_counts	*counts = web_counts(j->web);
	char			 why[NCCO_CAUSE_SIZE + 40] = "";
	enum verdict		 v = judge(j, r, why, sizeof(why));
	bool			 told = v == BAD_NCCO;

	if (v != USABLE) {
		log_warn(NULL, j->fallback ? "fallback.failed" : "webhook.failed", "status=%ld attempts=%u why=%s",
		    r->status, r->attempts, LOG_Q(why));
		counts->failures += v == FAILED;
		counts->bad_replies += v != FAILED;
		if (ask_fallback(j, why)) {
			if (told)
				tell_error(j, why);
			return;
		}
	}
	finish(j, r, v);
}

static void
on_lost(void *arg, const struct web_reply *r)
{
	struct web_reply	lost = { .error = "lost on purpose", .body = "", .attempts = 2 };

	(void)r;
	on_reply(arg, &lost);
}

int
delivery_send(struct web *w, const struct delivery *d, web_done *done, void *arg)
{
	struct job	*j;
	int		 rc = -1;

	if ((j = mem_calloc(1, sizeof(*j))) == NULL)
		return -1;
	*j = (struct job){ .web = w, .kind = d->kind, .wants_ncco = d->wants_ncco, .done = done, .arg = arg };
	if ((j->url = mem_strdup(d->url)) != NULL && (d->json == NULL || (j->json = mem_strdup(d->json)) != NULL))
		rc = d->lost ? web_later(w, &(struct web_request){ .owner = arg, .drop = job_free }, on_lost, j) :
		    job_request(j, d->url, d->get || d->json == NULL, d->json);
	if (rc == -1) {
		job_free(j);
		errno = ENOMEM;
	}
	return rc;
}
