/* SPDX-License-Identifier: ISC */
#include "webhookd/vonage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/callid.h"
#include "common/clock.h"
#include "common/httpc.h"
#include "common/json.h"
#include "common/jwt.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"

#define TOKEN_TTL_S	600	/* spec/vonage.md 5: cache at most 10 minutes */
#define TOKEN_MARGIN_S	60
#define LOOPBACK	"http://127.0.0.1:"

struct vonage {
	struct httpc	*http;
	char		*api_base, *application_id, *private_key;
	char		*token;
	int64_t		 token_until_ms;	/* wall clock; 0: make one */
};

struct request {
	struct vonage	*v;
	vonage_done	*done;
	void		*arg;
};

struct vonage *
vonage_new(struct httpc *http, const char *api_base, const char *application_id, const char *private_key)
{
	struct vonage	*v;

	if ((v = mem_calloc(1, sizeof(*v))) == NULL)
		return NULL;
	v->http = http;
	v->api_base = mem_strdup(api_base);
	v->application_id = mem_strdup(application_id != NULL ? application_id : "");
	v->private_key = mem_strdup(private_key != NULL ? private_key : "");
	if (v->api_base == NULL || v->application_id == NULL || v->private_key == NULL) {
		vonage_free(v);
		return NULL;
	}
	return v;
}

void
vonage_free(struct vonage *v)
{
	if (v == NULL)
		return;
	if (v->private_key != NULL)
		explicit_bzero(v->private_key, strlen(v->private_key));
	if (v->token != NULL)
		explicit_bzero(v->token, strlen(v->token));
	free(v->token);
	free(v->private_key);
	free(v->application_id);
	free(v->api_base);
	free(v);
}

/* ---- where to ---- */

static bool
under(const char *host, size_t len, const char *domain)
{
	size_t	dlen = strlen(domain);

	if (len == dlen)
		return strncasecmp(host, domain, len) == 0;
	return len > dlen && host[len - dlen - 1] == '.' && strncasecmp(host + len - dlen, domain, dlen) == 0;
}

bool
vonage_host_ok(const char *url)
{
	const char	*host = url + strlen("https://");
	size_t		 len;

	if (strncmp(url, "https://", strlen("https://")) != 0)
		return false;
	len = strcspn(host, "/?#");
	/* No port, no user: what is left is a plain host name. */
	if (len == 0 || strcspn(host, "@:\\%") < len)
		return false;
	return under(host, len, "vonage.com") || under(host, len, "nexmo.com");
}

/* "http://127.0.0.1:PORT" and nothing else. */
static bool
is_loopback(const char *url)
{
	int64_t	port;

	return strncmp(url, LOOPBACK, strlen(LOOPBACK)) == 0 && num_parse(url + strlen(LOOPBACK), 1, 65535, &port) == 0;
}

static const char *
base_of(const struct vonage *v, const char *region_url)
{
	if (region_url != NULL && region_url[0] != '\0') {
		if (vonage_host_ok(region_url))
			return region_url;
		/* A simulator on this machine stands in for all regions. */
		if (is_loopback(region_url) && is_loopback(v->api_base))
			return region_url;
		if (strcmp(region_url, v->api_base) != 0)
			log_warn(NULL, "vonage.region", "url=%s cause=not_vonage did=used_api_base", LOG_Q(region_url));
	}
	return v->api_base;
}

/* ---- the token ---- */

static const char *
token(struct vonage *v)
{
	int64_t			 now = clock_wall_ms();
	struct json_object	*claims;
	const char		*cause = "out of memory";
	char			*made;

	if (v->application_id[0] == '\0' || v->private_key[0] == '\0') {
		errno = ENOKEY;
		return NULL;
	}
	if (now < v->token_until_ms && v->token != NULL)
		return v->token;
	if ((claims = jwt_vonage_claims(v->application_id, now, TOKEN_TTL_S)) == NULL)
		return NULL;
	made = jwt_sign_rs256(v->private_key, strlen(v->private_key), claims, &cause);
	json_object_put(claims);
	if (made == NULL) {
		log_error(NULL, "vonage.token", "cause=%s", LOG_Q(cause));
		errno = ENOKEY;
		return NULL;
	}
	free(v->token);
	v->token = made;
	v->token_until_ms = now + (TOKEN_TTL_S - TOKEN_MARGIN_S) * 1000LL;
	return v->token;
}

/* ---- a request ---- */

static enum vonage_result
result_of(struct vonage *v, const struct httpc_result *res)
{
	if (res->error != HTTPC_OK)
		return VONAGE_RETRY;
	if (res->status >= 200 && res->status < 300)
		return VONAGE_OK;
	if (res->status == 401) {
		v->token_until_ms = 0;
		return VONAGE_RETRY;
	}
	if (res->status == 404)
		return VONAGE_GONE;
	/* 400: also a leg that is not up yet (spec/vonage.md 7.6). */
	if (res->status == 400 || res->status == 429 || res->status >= 500)
		return VONAGE_RETRY;
	return VONAGE_REFUSED;
}

/* No single form of errors (spec/vonage.md 7.6): the first member that is a text. */
static void
describe(const struct httpc_result *res, char *out, size_t size)
{
	static const char *const	keys[] = { "detail", "title", "error_title", "msg_error" };
	struct json_object		*obj = res->body_len > 0 ? json_parse(res->body, res->body_len, NULL) : NULL;
	const char			*text = NULL;
	size_t				 i;

	for (i = 0; obj != NULL && json_object_is_type(obj, json_type_object) && text == NULL && i < sizeof(keys) / sizeof(keys[0]); i++)
		text = json_get_str(obj, keys[i]);
	if (res->error != HTTPC_OK)
		(void)snprintf(out, size, "%s: %s", httpc_error_name(res->error), res->text);
	else
		(void)snprintf(out, size, "status %ld: %.200s", res->status, text != NULL ? text : res->body != NULL ? res->body : "");
	json_object_put(obj);
}

static void
on_done(void *arg, const struct httpc_result *res)
{
	struct request		*r = arg;
	enum vonage_result	 result = result_of(r->v, res);
	char			 text[256];

	describe(res, text, sizeof(text));
	r->done(r->arg, result, text);
	free(r);
}

static int
send_request(struct vonage *v, const char *method, const char *url, const char *body, vonage_done *done, void *arg)
{
	static const char *const	headers[] = { "Content-Type: application/json", "Accept: application/json", NULL };
	struct httpc_opts		 o = { .method = method, .url = url, .headers = headers, .body = body,
	    .body_len = strlen(body), .connect_ms = 2000, .first_byte_ms = 5000, .idle_ms = 5000, .total_ms = 10000,
	    .max_body = 65536, .on_done = on_done };
	struct request			*r;

	if ((o.bearer = token(v)) == NULL || (r = mem_calloc(1, sizeof(*r))) == NULL)
		return -1;
	*r = (struct request){ v, done, arg };
	o.arg = r;
	if (httpc_start(v->http, &o) == NULL) {
		free(r);
		return -1;
	}
	return 0;
}

int
vonage_hangup(struct vonage *v, const char *leg, const char *region_url, vonage_done *done, void *arg)
{
	char	url[512];
	int	n;

	n = snprintf(url, sizeof(url), "%s/v1/calls/%s", base_of(v, region_url), leg);
	if (!callid_valid(leg, strlen(leg)) || n < 0 || (size_t)n >= sizeof(url)) {
		errno = EINVAL;
		return -1;
	}
	return send_request(v, "PUT", url, "{\"action\":\"hangup\"}", done, arg);
}
