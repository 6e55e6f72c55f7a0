/* SPDX-License-Identifier: ISC */
/*
 * PUT /v1/calls/{id}: touch a call that is there. Each action is a job
 * (jobs.h), answered 202 when its row is committed; those of a call are done in
 * the order in which they came.
 */
#include "webhookd/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/flowvar.h"
#include "common/json.h"
#include "common/langtag.h"
#include "common/mem.h"
#include "common/store_json.h"
#include "common/store_list.h"
#include "common/utf8.h"
#include "webhookd/actions.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/media.h"
#include "webhookd/talk.h"
#include "webhookd/vonage.h"

#define TEXT_MAX	1500	/* characters of a talk: spec/vonage.md 7.5, 3.1 */
#define DIGITS_MAX	64

struct waiting {		/* a request whose job is being committed */
	struct webhookd	*w;
	struct http_req	*req;
	struct store_job job;		/* as it was given to the store, which gives it its id */
	struct store_job found;
};

/* With a key the unfinished one, which may have been there before; else the newest that is the same. */
static bool
find_job(void *arg, const struct store_job *j)
{
	struct waiting		*wait = arg;
	const struct store_job	*job = &wait->job;

	if (strcmp(j->kind, job->kind) == 0 && strcmp(j->key, job->key) == 0 &&
	    (job->key[0] != '\0' || (j->created_at == job->created_at && strcmp(j->args, job->args) == 0)))
		wait->found = *j;
	return true;
}

static void
on_committed(void *arg, int rc, int err)
{
	struct waiting		*wait = arg;
	struct json_object	*o;

	if (rc == -1)
		reply_problem(wait->req, 503, "Not stored", strerror(err));
	else {
		/* It is stored, whatever happens now: who is told otherwise does it again. */
		(void)store_each_job_of(wait->w->store, &wait->job.call, find_job, wait);
		o = store_job_json(wait->found.id != 0 ? &wait->found : &wait->job);
		if (o != NULL && wait->found.id == 0)
			json_object_object_del(o, "id");
		reply_json(wait->req, 202, o);
		jobs_kick(wait->w->jobs);
	}
	free(wait);
}

/* Store the job and answer after its commit. args is put. false: it was not stored, which is answered. */
static bool
add_job(struct api_request *rq, const struct store_call *c, const char *kind, const char *key, struct json_object *args)
{
	struct waiting	*wait = mem_calloc(1, sizeof(*wait));
	int		 rc = -1;

	errno = ENOMEM;
	if (wait != NULL && args != NULL) {
		wait->w = rq->w;
		wait->req = rq->req;
		rc = jobs_add_then(rq->w, kind, &c->id, key, args, &wait->job, on_committed, wait);
	}
	json_object_put(args);
	if (rc == 0) {
		api_log(rq, kind, c->id.text);
		return true;		/* on_committed() has it */
	}
	if (errno == EMSGSIZE)
		api_problem(rq, 413, "Content Too Large", "the action does not fit a job");
	else
		api_problem(rq, 503, "Not stored", strerror(errno));
	free(wait);
	return false;
}

/* ---- actions: each makes a job, or answers what is wrong ---- */

struct action {			/* borrowed */
	struct api_request	*rq;
	struct json_object	*body;
	const struct store_call	*call;
	const char		*name, *leg;	/* leg NULL: the first */
};

static void
wrong(const struct action *a, const char *detail)
{
	api_problem(a->rq, 400, "Bad Request", detail);
}

/* Vonage fetches it. */
static bool
is_url(const char *text)
{
	size_t	n = strncmp(text, "http://", 7) == 0 ? 7 : strncmp(text, "https://", 8) == 0 ? 8 : 0;

	return n > 0 && text[n] != '\0' && text[strcspn(text, " \t\r\n\"<>")] == '\0';
}

/* {leg, what, body}; takes body over. */
static struct json_object *
job_args(const struct action *a, const char *what, struct json_object *body)
{
	struct json_object	*args = json_object_new_object();

	if (args != NULL && json_add_str(args, "leg", a->leg) == 0 && json_add_str(args, "what", what) == 0 &&
	    (body == NULL || json_add(args, "body", json_object_get(body)) == 0)) {
		json_object_put(body);
		return args;
	}
	json_object_put(args);
	json_object_put(body);
	return NULL;
}

static void
hang_up(const struct action *a)
{
	struct json_object	*args = job_args(a, NULL, NULL);
	char			 key[96];

	(void)snprintf(key, sizeof(key), "%s", a->leg != NULL ? a->leg : a->call->id.text);
	if (args != NULL)
		(void)json_add_str(args, "reason", "operator");
	(void)add_job(a->rq, a->call, "hangup", key, args);
}

static void
plain(const struct action *a)
{
	struct json_object	*body = json_object_new_object();

	if (body != NULL)
		(void)json_add_str(body, "action", a->name);
	(void)add_job(a->rq, a->call, "control", "", job_args(a, NULL, body));
}

/* The NCCO of a flow's step, which the call is in from now on. NULL: answered. */
static struct json_object *
flow_ncco(const struct action *a, const char *flow)
{
	struct known_call	*known = calls_find(a->rq->w->calls, &a->call->id);
	struct json_object	*vars = json_get_obj(a->body, "vars"), *ncco = NULL;
	char			*text;
	size_t			 len;

	if (known == NULL) {
		api_problem(a->rq, 503, "Out of memory", NULL);
		return NULL;
	}
	if (vars != NULL) {
		json_object_object_foreach(vars, name, value) {
			if (!json_object_is_type(value, json_type_string) || flowvar_is_fixed(name)) {
				wrong(a, "vars: an object of texts, without what comes with the call (uuid, from ...)");
				return NULL;
			}
		}
	}
	text = flow_enter(a->rq->w, known, flow, json_get_str(a->body, "step"), vars, &len);
	if (text != NULL)
		ncco = json_parse(text, len, NULL);
	free(text);
	if (ncco == NULL)
		wrong(a, "flow: no such flow or step, or no socket for it now");
	return ncco;
}

struct fault { char text[300]; };

static void
keep_first(void *arg, bool warning, const char *path, const char *text)
{
	struct fault	*f = arg;

	if (!warning && f->text[0] == '\0')
		(void)snprintf(f->text, sizeof(f->text), "ncco%.100s: %.180s", path, text);
}

/* Vonage would take the transfer and then end the call for it. */
static bool
may_send(const struct action *a, struct json_object *ncco)
{
	struct fault		f = { "" };
	struct actions_report	r = { keep_first, &f, 0 };

	actions_check(ncco, false, &r);
	if (r.errors > 0)
		wrong(a, f.text);
	return r.errors == 0;
}

/* The NCCO of a transfer: given, or one that connects to a number. NULL: answered. */
static struct json_object *
transfer_ncco(const struct action *a, const char *to)
{
	struct json_object	*ncco = json_get_arr(a->body, "ncco"), *connect, *endpoint, *list;
	const char		*flow = json_get_str(a->body, "flow");
	char			 number[16];

	if (ncco != NULL)
		return may_send(a, ncco) ? json_object_get(ncco) : NULL;
	if (flow != NULL)
		return flow_ncco(a, flow);
	if (!vonage_number(to, number)) {
		wrong(a, "to: a number of 7 to 15 digits is wanted");
		return NULL;
	}
	ncco = json_object_new_array();
	connect = json_object_new_object();
	list = json_object_new_array();
	endpoint = json_object_new_object();
	if (ncco != NULL && connect != NULL && list != NULL && endpoint != NULL &&
	    json_object_array_add(list, json_object_get(endpoint)) == 0 && json_object_array_add(ncco, json_object_get(connect)) == 0) {
		(void)json_add_str(endpoint, "type", "phone");
		(void)json_add_str(endpoint, "number", number);
		(void)json_add_str(connect, "action", "connect");
		/* The caller of a connect is one of our numbers: spec/vonage.md 3.5. */
		(void)json_add_str(connect, "from", strcmp(a->call->direction, "outbound") == 0 ? a->call->caller : a->call->called);
		(void)json_add(connect, "endpoint", json_object_get(list));
	}
	json_object_put(endpoint);
	json_object_put(list);
	json_object_put(connect);
	return ncco;
}

/* The caller is moved out of the flow: nothing of its step may move them away from there. */
static void
take_call(const struct action *a, struct json_object *body)
{
	struct known_call	*known = calls_find(a->rq->w->calls, &a->call->id);
	struct json_object	*args = known != NULL ? job_args(a, NULL, body) : NULL;
	int64_t			 seq;

	if (args == NULL) {
		if (known == NULL)
			json_object_put(body);
		api_problem(a->rq, 503, "Out of memory", NULL);
		return;
	}
	if ((seq = flow_leave(a->rq->w, known)) > 0)
		(void)json_add_int(args, "left", seq);
	if (!add_job(a->rq, a->call, "control", "", args))
		flow_leave_undo(a->rq->w, known, seq);
}

static void
transfer(const struct action *a)
{
	const char		*to = json_get_str(a->body, "to"), *url = json_get_str(a->body, "url");
	struct json_object	*ncco = NULL, *body;
	int			 given = (to != NULL) + (url != NULL) + (json_get_arr(a->body, "ncco") != NULL) +
	    (json_get_str(a->body, "flow") != NULL);

	if (given != 1) {
		wrong(a, "transfer: one of to, flow, ncco and url is wanted");
		return;
	}
	if (url != NULL && !is_url(url)) {
		wrong(a, "transfer: a url begins with http:// or https://");
		return;
	}
	if (url == NULL && (ncco = transfer_ncco(a, to)) == NULL)
		return;
	body = vonage_transfer_body(ncco, url);
	json_object_put(ncco);
	if (body == NULL)
		wrong(a, "transfer: an ncco is an array of actions");
	else if (json_get_str(a->body, "flow") == NULL && (a->leg == NULL || strcmp(a->leg, a->call->id.text) == 0))
		take_call(a, body);
	else
		(void)add_job(a->rq, a->call, "control", "", job_args(a, NULL, body));
}

/* The job of a stream. */
static void
play_url(const struct action *a, const char *url)
{
	struct json_object	*body = json_object_new_object(), *list = json_object_new_array();

	if (body != NULL && list != NULL && json_object_array_add(list, json_object_new_string(url)) == 0)
		(void)json_add(body, "stream_url", json_object_get(list));
	json_object_put(list);
	(void)add_job(a->rq, a->call, "play", "", job_args(a, "stream", body));
}

static void
play(const struct action *a)
{
	const char	*url = json_get_str(a->body, "url");

	if (url == NULL || !is_url(url))
		wrong(a, "play: a url of a WAV or MP3 file is wanted");
	else
		play_url(a, url);
}

/* Vonage has no voice for it: spec/vonage.md 10. */
static void
say_ourselves(const struct action *a, const char *text, const char *language)
{
	char	url[MEDIA_URL_SIZE], *plain = strstr(text, "<speak") != NULL ? talk_plain(text) : mem_strdup(text);

	if (plain != NULL && media_talk_url(a->rq->w, plain, language, a->call->assistant, url, sizeof(url)) == 0)
		play_url(a, url);
	else if (plain != NULL && (errno == EMSGSIZE || errno == EINVAL))
		wrong(a, "say: the text is empty without its tags, or text or language is too long");
	else
		api_problem(a->rq, 503, "Not spoken", plain != NULL ? strerror(errno) : "out of memory");
	free(plain);
}

static void
say(const struct action *a)
{
	const char		*text = json_get_str(a->body, "text");
	const char		*language = json_get_str_or(a->body, "language", a->call->language), *voice = langtag_spoken(language);
	struct json_object	*body;
	size_t			 n = text != NULL ? utf8_count(text, strlen(text)) : 0;

	if (n == 0 || n > TEXT_MAX) {
		wrong(a, "say: a text of 1 to 1500 characters is wanted");
		return;
	}
	if (language[0] != '\0' && voice == NULL) {
		say_ourselves(a, text, language);
		return;
	}
	if ((body = json_object_new_object()) != NULL) {
		(void)json_add_str(body, "text", text);
		(void)json_add_str(body, "language", voice);
	}
	(void)add_job(a->rq, a->call, "play", "", job_args(a, "talk", body));
}

static void
stop(const struct action *a)
{
	const char	*what = json_get_str_or(a->body, "what", "");

	if (strcmp(what, "say") != 0 && strcmp(what, "play") != 0)
		wrong(a, "stop: what is say or play");
	else
		(void)add_job(a->rq, a->call, "play", "", job_args(a, strcmp(what, "say") == 0 ? "talk" : "stream", NULL));
}

static void
dtmf(const struct action *a)
{
	const char		*digits = json_get_str_or(a->body, "digits", "");
	struct json_object	*body;
	size_t			 len = strlen(digits);

	if (len == 0 || len > DIGITS_MAX || strspn(digits, "0123456789*#p") != len) {
		wrong(a, "dtmf: 1 to 64 digits of 0-9 * # p are wanted");
		return;
	}
	if ((body = json_object_new_object()) != NULL)
		(void)json_add_str(body, "digits", digits);
	(void)add_job(a->rq, a->call, "play", "", job_args(a, "dtmf", body));
}

static const struct { const char *name; void (*run)(const struct action *a); } actions[] = {
	{ "hangup", hang_up }, { "mute", plain }, { "unmute", plain }, { "earmuff", plain }, { "unearmuff", plain },
	{ "transfer", transfer }, { "say", say }, { "play", play }, { "stop", stop }, { "dtmf", dtmf },
};

void
api_control_call(struct api_request *rq)
{
	static const struct api_member	members[] = {
		{ "action", json_type_string }, { "leg", json_type_string }, { "to", json_type_string }, { "flow", json_type_string },
		{ "step", json_type_string }, { "vars", json_type_object }, { "ncco", json_type_array }, { "url", json_type_string },
		{ "text", json_type_string }, { "language", json_type_string }, { "what", json_type_string },
		{ "digits", json_type_string }, { NULL, json_type_null },
	};
	struct store_call	c;
	struct action		a = { .rq = rq, .call = &c };
	size_t			i, n = sizeof(actions) / sizeof(actions[0]);

	if (!api_call(rq, &c) || (a.body = api_body(rq, members)) == NULL)
		return;
	a.name = json_get_str_or(a.body, "action", "");
	a.leg = json_get_str(a.body, "leg");
	for (i = 0; i < n && strcmp(actions[i].name, a.name) != 0; i++)
		continue;
	if (i == n)
		wrong(&a, "action: hangup, transfer, say, play, stop, dtmf, mute, unmute, earmuff or unearmuff");
	else if (a.leg != NULL && !callid_valid(a.leg, strlen(a.leg)))
		wrong(&a, "leg: not the id of a leg");
	else if (strcmp(c.state, "ended") == 0)
		api_problem(rq, 409, "Conflict", "the call is over");
	else
		actions[i].run(&a);
	json_object_put(a.body);
}
