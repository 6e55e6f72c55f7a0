/* SPDX-License-Identifier: ISC */
#include "webhookd/api.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/log.h"
#include "common/num.h"
#include "common/secret.h"
#include "webhookd/gate.h"

#define TOKEN_MIN	16	/* characters of an operator's token */
#define BEARER		"Bearer "

const char *const api_scope_names[] = { "read", "operate", "admin", NULL };

const struct api_operation api_operations[] = {
	{ "GET", "/v1/openapi.json", "getDocument", API_OPEN, api_show_document },
	{ "GET", "/v1/calls", "listCalls", API_READ, api_list_calls },
	{ "POST", "/v1/calls", "placeCall", API_OPERATE, api_place_call },
	{ "POST", "/make-call", "makeCall", API_OPERATE, api_place_call },
	{ "GET", "/v1/calls/{id}", "getCall", API_READ, api_show_call },
	{ "PUT", "/v1/calls/{id}", "controlCall", API_OPERATE, api_control_call },
	{ "GET", "/v1/calls/{id}/recordings", "listRecordings", API_READ, api_list_recordings },
	{ "GET", "/v1/recordings/{id}", "getRecording", API_READ, api_get_recording },
	{ "GET", "/v1/events", "followEvents", API_READ, api_follow_events },
	{ "GET", "/v1/dials", "listDials", API_READ, api_list_dials },
	{ "GET", "/v1/dials/{id}", "getDial", API_READ, api_show_dial },
	{ "GET", "/v1/campaigns", "listCampaigns", API_READ, api_list_campaigns },
	{ "GET", "/v1/campaigns/{id}", "getCampaign", API_READ, api_show_campaign },
	{ "PUT", "/v1/campaigns/{id}", "controlCampaign", API_ADMIN, api_control_campaign },
	{ "GET", "/v1/jobs", "listJobs", API_READ, api_list_jobs },
	{ NULL, NULL, NULL, API_OPEN, NULL },
};

/* ---- who ---- */

int
api_check(const struct webhookd_conf *conf, char *err, size_t err_size)
{
	size_t	i, k;

	for (i = 0; i < conf->napi_tokens; i++) {
		const struct api_token	*t = &conf->api_tokens[i];

		if (t->name[0] == '\0' || t->token == NULL || strlen(t->token) < TOKEN_MIN) {
			(void)snprintf(err, err_size, "webhookd.api_tokens: %s: a name and a token of at least %d characters are wanted",
			    t->name[0] != '\0' ? t->name : "(no name)", TOKEN_MIN);
			return -1;
		}
		for (k = 0; k < i; k++)
			if (secret_equal(conf->api_tokens[k].token, t->token)) {
				(void)snprintf(err, err_size, "webhookd.api_tokens: %s and %s have the same token",
				    conf->api_tokens[k].name, t->name);
				return -1;
			}
	}
	return 0;
}

enum api_scope
api_scope_of(const struct webhookd_conf *conf, const char *authorization, const char **ret_name)
{
	enum api_scope	scope = API_OPEN;
	size_t		i;

	if (authorization == NULL || strncasecmp(authorization, BEARER, strlen(BEARER)) != 0)
		return API_OPEN;
	/* All are compared: the time tells nothing about which one it is. */
	for (i = 0; i < conf->napi_tokens; i++)
		if (secret_equal(conf->api_tokens[i].token, authorization + strlen(BEARER))) {
			scope = (enum api_scope)(API_READ + conf->api_tokens[i].scope);
			*ret_name = conf->api_tokens[i].name;
		}
	return scope;
}

/* ---- which ---- */

/* Does path fit the pattern? ret gets what stands for {id}. */
static bool
fits(const char *pattern, const char *path, char *ret, size_t size)
{
	const char	*var = strstr(pattern, "{id}"), *rest;
	size_t		 len;

	ret[0] = '\0';
	if (var == NULL)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, (size_t)(var - pattern)) != 0)
		return false;
	path += var - pattern;
	rest = var + strlen("{id}");
	len = strcspn(path, "/");
	if (len == 0 || len >= size || strcmp(path + len, rest) != 0)
		return false;
	memcpy(ret, path, len);
	ret[len] = '\0';
	return true;
}

bool
api_wants(const char *path)
{
	return strncmp(path, "/v1/", 4) == 0 || strcmp(path, "/make-call") == 0;
}

static bool
allowed(struct api_request *rq, const struct api_operation *op)
{
	static struct log_rate	rate;		/* anybody can ask */
	unsigned long		missed = 0;
	enum api_scope		scope;

	if (op->scope == API_OPEN)
		return true;
	scope = api_scope_of(conf_of(rq->w), http_header(rq->req, "Authorization"), &rq->who);
	if (scope >= op->scope)
		return true;
	rq->w->stats.api_refused++;
	if (log_rate_ok(&rate, GATE_LOG_MS, &missed))
		log_warn(NULL, "api.refused", "operation=%s peer=%s who=%s cause=%s missed=%lu", op->name, http_peer(rq->req),
		    rq->who != NULL ? LOG_Q(rq->who) : "-", scope == API_OPEN ? "token" : "scope", missed);
	if (scope != API_OPEN) {
		api_problem(rq, 403, "Forbidden", "the token's scope does not allow this");
		return false;
	}
	http_add_header(rq->req, "WWW-Authenticate", "Bearer");
	api_problem(rq, 401, "Unauthorized", conf_of(rq->w)->napi_tokens == 0 ?
	    "no api_tokens are configured" : "a bearer token is wanted");
	return false;
}

void
api_handle(struct webhookd *w, struct http_req *req)
{
	struct api_request		 rq = { .w = w, .req = req };
	const struct api_operation	*op;
	const char			*method = http_method(req), *path = http_path(req);
	char				 allow[64] = "";

	w->stats.api_requests++;
	for (op = api_operations; op->method != NULL; op++) {
		if (!fits(op->path, path, rq.id, sizeof(rq.id)))
			continue;
		if (strcmp(op->method, method) == 0) {
			if (allowed(&rq, op))
				op->handle(&rq);
			return;
		}
		(void)snprintf(allow + strlen(allow), sizeof(allow) - strlen(allow), "%s%s", allow[0] != '\0' ? ", " : "", op->method);
	}
	if (allow[0] != '\0') {
		http_add_header(req, "Allow", allow);
		api_problem(&rq, 405, "Method Not Allowed", allow);
		return;
	}
	w->stats.not_found++;
	api_problem(&rq, 404, "Not Found", NULL);
}

/* ---- for the handlers ---- */

void
api_problem(struct api_request *rq, int status, const char *title, const char *detail)
{
	reply_problem(rq->req, status, title, detail);
}

/* What is wrong with a member; NULL: nothing. */
static const char *
member_fault(const struct api_member *m, const char *name, struct json_object *value)
{
	static const char *const	wanted[] = { [json_type_string] = "no text", [json_type_object] = "no object", [json_type_array] = "no array" };

	for (; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return value == NULL || json_object_is_type(value, m->type) ? NULL : wanted[m->type];
	return "unknown member";
}

struct json_object *
api_body(struct api_request *rq, const struct api_member *members)
{
	struct json_object	*obj;
	const char		*body, *cause = "malformed";
	char			 text[128];
	size_t			 len;

	if ((body = http_body(rq->req, &len)) == NULL) {
		api_problem(rq, 503, "Out of memory", NULL);
		return NULL;
	}
	if ((obj = json_parse(body, len, &cause)) == NULL || !json_object_is_type(obj, json_type_object)) {
		api_problem(rq, 400, "Bad Request", obj != NULL ? "the body is not a JSON object" : cause);
		json_object_put(obj);
		return NULL;
	}
	json_object_object_foreach(obj, key, value) {
		/* of a wrong type it would be taken for absent, and the call's first leg hung up instead of another */
		if ((cause = member_fault(members, key, value)) != NULL) {
			(void)snprintf(text, sizeof(text), "%.80s: %s", key, cause);
			api_problem(rq, 400, "Bad Request", text);
			json_object_put(obj);
			return NULL;
		}
	}
	return obj;
}

const char *
api_query(const struct api_request *rq, const char *name)
{
	return evhttp_find_header(http_query(rq->req), name);
}

bool
api_query_int(struct api_request *rq, const char *name, int64_t min, int64_t max, int64_t def, int64_t *ret)
{
	const char	*text = api_query(rq, name);
	char		 detail[128];

	*ret = def;
	if (text == NULL || num_parse(text, min, max, ret) == 0)
		return true;
	(void)snprintf(detail, sizeof(detail), "%s: a number from %lld to %lld is wanted", name, (long long)min, (long long)max);
	api_problem(rq, 400, "Bad Request", detail);
	return false;
}

bool
api_store_ok(struct api_request *rq, int rc)
{
	if (rc != -1)
		return true;
	log_error(NULL, "api.store", "path=%s cause=%s", LOG_Q(http_path(rq->req)), LOG_Q(strerror(errno)));
	api_problem(rq, 500, "Internal Server Error", "the database cannot be read or written");
	return false;
}

bool
api_call(struct api_request *rq, struct store_call *ret)
{
	struct callid	id;
	int		rc;

	if (callid_parse(rq->id, &id) == -1) {
		api_problem(rq, 404, "Not Found", "no such call");
		return false;
	}
	rc = store_get_call(rq->w->store, &id, ret);
	if (!api_store_ok(rq, rc))
		return false;
	if (rc == 0)
		api_problem(rq, 404, "Not Found", "no such call");
	return rc == 1;
}

bool
api_list_add(struct api_list *list, struct json_object *o)
{
	if (o == NULL || json_object_array_add(list->array, o) == -1) {
		json_object_put(o);
		list->failed = true;
	}
	return !list->failed;
}

void
api_log(const struct api_request *rq, const char *what, const char *call)
{
	log_info(&(struct log_ctx){ call }, "api", "who=%s did=%s peer=%s", LOG_Q(rq->who != NULL ? rq->who : "-"), what,
	    http_peer(rq->req));
}
