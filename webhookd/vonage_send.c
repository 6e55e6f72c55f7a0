/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/b64.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/vonage_impl.h"

#define THROTTLED_MS	1000	/* spec/vonage.md 7.6: at least, when no Retry-After came */
#define THROTTLED_MAX_MS 60000	/* Vonage is asked again, whatever Retry-After said: hang-ups wait behind it */
#define RAW_TEXT	300	/* bytes of an answer that is no JSON */

/* ---- making one ---- */

struct vonage_request *
vonage_request_new(struct vonage *v, enum vonage_class class, const char *method, const char *base, const char *path)
{
	struct vonage_request	*r;
	size_t			 len = strlen(base);

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	while (len > 0 && base[len - 1] == '/')	/* path begins with one; "//v1/calls" is nobody's */
		len--;
	r->v = v;
	r->class = class;
	r->method = method;
	r->region = -1;
	if ((r->base = mem_strndup(base, len)) != NULL && (r->path = mem_strdup(path)) != NULL)
		return r;
	vonage_request_free(r);
	errno = ENOMEM;
	return NULL;
}

int
vonage_request_set_json(struct vonage_request *r, struct json_object *body)
{
	const char	*text = json_text(body, &r->body_len);

	if (text == NULL || r->body_len > VONAGE_BODY_MAX) {
		errno = text == NULL ? ENOMEM : EMSGSIZE;
		return -1;
	}
	r->type = "Content-Type: application/json";
	return (r->body = mem_strndup(text, r->body_len)) != NULL ? 0 : -1;
}

void
vonage_request_free(struct vonage_request *r)
{
	if (r == NULL)
		return;
	free(r->base);
	free(r->path);
	free(r->body);
	free(r);
}

void
vonage_end(struct vonage_request *r, const struct vonage_reply *reply)
{
	if (reply->result == VONAGE_UNKNOWN)
		r->v->stats.unknown++;
	r->fn(r->arg, reply);
	vonage_request_free(r);
}

/* ---- what the answer means ---- */

/* No single form of errors (spec/vonage.md 7.6): the first member that is a text. */
static void
describe(const struct httpc_result *res, struct json_object *body, char *out, size_t size)
{
	static const char *const	keys[] = { "detail", "title", "error_title", "msg_error" };
	const char			*text = NULL;
	size_t				 i;

	if (res->error != HTTPC_OK) {
		(void)snprintf(out, size, "%s: %s", httpc_error_name(res->error), res->text);
		return;
	}
	for (i = 0; body != NULL && text == NULL && i < sizeof(keys) / sizeof(keys[0]); i++)
		text = json_get_str(body, keys[i]);
	if (text == NULL)
		text = body == NULL && res->body != NULL ? res->body : "";
	(void)snprintf(out, size, "status %ld%s%.*s", res->status, *text != '\0' ? ": " : "", RAW_TEXT, text);
}

/* The names of the parameters that were not liked are worth more than "Bad Request". */
static bool
add_invalid(struct json_object *body, char *out, size_t size)
{
	struct json_object	*list = body != NULL ? json_get_arr(body, "invalid_parameters") : NULL;
	struct json_object	*one = list != NULL && json_object_array_length(list) > 0 ? json_object_array_get_idx(list, 0) : NULL;
	size_t			 len = strlen(out);

	if (!json_object_is_type(one, json_type_object))
		return false;
	(void)snprintf(out + len, size - len, " (%.60s: %.120s)", json_get_str_or(one, "name", "?"), json_get_str_or(one, "reason", "?"));
	return true;
}

/* No answer, or one of a server in trouble. */
static enum vonage_result
result_of_silence(const struct vonage_request *r, enum httpc_error error)
{
	if (error == HTTPC_CONNECT || !r->once)
		return VONAGE_RETRY;
	return VONAGE_UNKNOWN;
}

static enum vonage_result
result_of(const struct vonage_request *r, const struct httpc_result *res, bool names_parameters)
{
	if (res->error != HTTPC_OK)
		return result_of_silence(r, res->error);
	if (res->status >= 200 && res->status < 300)
		return VONAGE_OK;
	if (res->status == 404 && r->leg[0] != '\0')
		return VONAGE_GONE;
	/* also a leg that is not up yet (spec/vonage.md 7.6) */
	if (res->status == 400 && r->leg[0] != '\0' && !names_parameters)
		return VONAGE_RETRY;
	/* 401 twice: the key is wrong, which somebody will mend */
	if (res->status == 401 || res->status == 429)
		return VONAGE_RETRY;
	if (res->status >= 500)
		return result_of_silence(r, HTTPC_OK);
	return VONAGE_REFUSED;
}

/* ---- the same again, where that is right ---- */

static bool
with_new_token(struct vonage_request *r, const struct httpc_result *res)
{
	if (res->error != HTTPC_OK || res->status != 401 || r->basic || r->renewed)
		return false;
	r->renewed = true;
	vonage_token_refused(r->v);
	vonage_queue_again(r);
	return true;
}

/* A call lives in one region, and others answer 404 (spec/vonage.md 5). */
static bool
in_other_region(struct vonage_request *r, enum vonage_result result)
{
	struct vonage	*v = r->v;
	char		*base;

	if (result != VONAGE_GONE || v->regions == NULL || v->alive == NULL || !v->alive(v->arg, r->leg))
		return false;
	do {
		r->region++;
	} while (v->regions[r->region] != NULL && strcmp(v->regions[r->region], r->base) == 0);
	if (v->regions[r->region] == NULL || (base = mem_strdup(v->regions[r->region])) == NULL)
		return false;
	free(r->base);
	r->base = base;
	v->stats.other_regions++;
	log_info(&(struct log_ctx){ r->leg }, "vonage.region", "cause=not_found next=%s", LOG_Q(base));
	vonage_queue_again(r);
	return true;
}

static void
hold_back(struct vonage *v, enum vonage_class class, int64_t ms)
{
	v->stats.throttled++;
	ms = ms < THROTTLED_MS ? THROTTLED_MS : ms > THROTTLED_MAX_MS ? THROTTLED_MAX_MS : ms;
	limit_pause(&v->limits[class], clock_mono_ms(), ms);
}

static void
on_done(void *arg, const struct httpc_result *res)
{
	struct vonage_request	*r = arg;
	struct vonage		*v = r->v;
	struct json_object	*body = res->body_len > 0 ? json_parse(res->body, res->body_len, NULL) : NULL;
	char			 text[600];
	struct vonage_reply	 reply = { .status = res->error == HTTPC_OK ? res->status : 0, .text = text,
	    .retry_after_ms = res->retry_after_ms, .base = r->base };

	TAILQ_REMOVE(&v->under_way, r, link);
	if (json_object_is_type(body, json_type_object))
		reply.body = body;
	describe(res, reply.body, text, sizeof(text));
	reply.result = result_of(r, res, add_invalid(reply.body, text, sizeof(text)));
	if (reply.result == VONAGE_OK && r->judge != NULL)
		reply.result = r->judge(reply.body, text, sizeof(text));
	if (res->error == HTTPC_OK && res->status == 429)
		hold_back(v, r->class, res->retry_after_ms);
	if (!with_new_token(r, res) && !in_other_region(r, reply.result))
		vonage_end(r, &reply);
	json_object_put(body);
}

/* ---- sending ---- */

/* "Authorization: Basic ..." of key and secret, with ordinary base64. */
static char *
basic_header(const struct vonage *v)
{
	struct buf	 b, pair;
	size_t		 i, len;
	char		*out;

	buf_init(&b, 4096);
	buf_init(&pair, 2048);
	(void)buf_printf(&pair, "%s:%s", v->api_key, v->api_secret);
	(void)buf_puts(&b, "Authorization: Basic ");
	len = b.len;
	(void)b64url_append(&b, pair.data, pair.len);
	for (i = len; i < b.len; i++)
		b.data[i] = b.data[i] == '-' ? '+' : b.data[i] == '_' ? '/' : b.data[i];
	while ((b.len - len) % 4 != 0 && buf_putc(&b, '=') == 0)
		continue;
	explicit_bzero(pair.data, pair.len);
	buf_clear(&pair);
	out = buf_steal(&b, NULL);
	return out;
}

static int
start(struct vonage_request *r, const struct httpc_opts *o)
{
	if (httpc_start(r->v->http, o) == NULL)
		return -1;
	r->v->stats.requests++;
	TAILQ_INSERT_TAIL(&r->v->under_way, r, link);
	return 0;
}

int
vonage_send(struct vonage_request *r)
{
	char			 url[VONAGE_URL_MAX];
	const char		*headers[] = { "Accept: application/json", NULL, NULL, NULL };
	struct httpc_opts	 o = { .method = r->method, .url = url, .headers = headers, .body = r->body,
	    .body_len = r->body_len, .connect_ms = 2000, .first_byte_ms = 5000, .idle_ms = 5000, .total_ms = 10000,
	    .max_body = VONAGE_ANSWER_MAX, .fresh = r->once, .on_done = on_done, .arg = r };
	char			*basic = NULL;
	int			 n, rc, nheaders = 1;

	n = snprintf(url, sizeof(url), "%s%s", r->base, r->path);
	if (n < 0 || (size_t)n >= sizeof(url)) {
		errno = EINVAL;
		return -1;
	}
	if (r->type != NULL)
		headers[nheaders++] = r->type;
	if (r->basic) {
		if ((basic = basic_header(r->v)) == NULL)
			return -1;
		headers[nheaders] = basic;
	} else if ((o.bearer = vonage_token(r->v)) == NULL)
		return -1;
	rc = start(r, &o);
	if (basic != NULL) {
		explicit_bzero(basic, strlen(basic));
		free(basic);
	}
	return rc;
}
