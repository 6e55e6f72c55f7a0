/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "webhookd/vonage_impl.h"

#define TOKEN_TTL_S	600	/* spec/vonage.md 5: cache at most 10 minutes */
#define TOKEN_MARGIN_S	60
#define LOOPBACK	"http://127.0.0.1:"
#define MESSAGES_PER_S	30	/* spec/vonage.md 9.1: the usual default */

/* spec/vonage.md 5 */
static const char *const regions[] = {
	"https://api-us-3.vonage.com", "https://api-us-4.vonage.com", "https://api-eu-3.vonage.com",
	"https://api-eu-4.vonage.com", "https://api-ap-3.vonage.com", "https://api-ap-4.vonage.com", NULL,
};

static char *
copy(const char *text, const char *def)
{
	return mem_strdup(text != NULL && *text != '\0' ? text : def);
}

static bool
copy_texts(struct vonage *v, const struct vonage_opts *o)
{
	return (v->api_base = copy(o->api_base, "")) != NULL && (v->application_id = copy(o->application_id, "")) != NULL &&
	    (v->private_key = copy(o->private_key, "")) != NULL && (v->api_key = copy(o->api_key, "")) != NULL &&
	    (v->api_secret = copy(o->api_secret, "")) != NULL && (v->sms_base = copy(o->sms_base, v->api_base)) != NULL &&
	    (v->rest_base = copy(o->rest_base, "https://rest.nexmo.com")) != NULL;
}

static void
on_timer(void *arg)
{
	vonage_queue_run(arg);
}

struct vonage *
vonage_new(struct loop *loop, struct httpc *http, const struct vonage_opts *o)
{
	const int	 per_s[VONAGE_NCLASSES] = { VONAGE_CREATES_PER_S, VONAGE_OTHERS_PER_S, MESSAGES_PER_S };
	struct vonage	*v;
	int		 i;

	if ((v = mem_calloc(1, sizeof(*v))) == NULL)
		return NULL;
	v->loop = loop;
	v->http = http;
	v->sms_api = o->sms_api;
	v->alive = o->alive;
	v->arg = o->arg;
	TAILQ_INIT(&v->under_way);
	TAILQ_INIT(&v->walks);
	for (i = 0; i < VONAGE_NCLASSES; i++) {
		TAILQ_INIT(&v->waiting[i]);
		limit_init(&v->limits[i], per_s[i], o->shares > 0 ? o->shares : 1);
	}
	if (!copy_texts(v, o) || (v->timer = loop_timer_new(loop, on_timer, v)) == NULL) {
		vonage_free(v);
		return NULL;
	}
	v->regions = o->regions != NULL ? o->regions : vonage_host_ok(v->api_base) ? regions : NULL;
	return v;
}

static void
free_all(struct vonage_requests *list)
{
	struct vonage_request	*r;

	while ((r = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, r, link);
		vonage_request_free(r);
	}
}

static void
free_secret(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
vonage_free(struct vonage *v)
{
	int	i;

	if (v == NULL)
		return;
	free_all(&v->under_way);
	vonage_walks_free(v);
	for (i = 0; i < VONAGE_NCLASSES; i++)
		free_all(&v->waiting[i]);
	loop_watch_free(v->loop, v->timer);
	free_secret(v->token);
	free_secret(v->private_key);
	free_secret(v->api_secret);
	free(v->application_id);
	free(v->api_base);
	free(v->api_key);
	free(v->sms_base);
	free(v->rest_base);
	free(v);
}

const struct vonage_stats *
vonage_get_stats(const struct vonage *v)
{
	return &v->stats;
}

const char *
vonage_result_name(enum vonage_result r)
{
	static const char *const	names[] = { "ok", "gone", "retry", "refused", "unknown" };

	return names[r];
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

bool
vonage_is_loopback(const char *url)
{
	const char	*p = url + strlen(LOOPBACK);
	int64_t		 port;

	return strncmp(url, LOOPBACK, strlen(LOOPBACK)) == 0 && num_parse_n(p, strcspn(p, "/"), 1, 65535, &port) == 0;
}

bool
vonage_url_ok(const struct vonage *v, const char *url)
{
	return vonage_host_ok(url) || (vonage_is_loopback(url) && vonage_is_loopback(v->api_base));
}

const char *
vonage_base_of(const struct vonage *v, const char *region_url)
{
	if (region_url == NULL || region_url[0] == '\0' || strcmp(region_url, v->api_base) == 0)
		return v->api_base;
	if (vonage_url_ok(v, region_url))
		return region_url;
	log_warn(NULL, "vonage.region", "url=%s cause=not_vonage did=used_api_base", LOG_Q(region_url));
	return v->api_base;
}

/* ---- the token ---- */

const char *
vonage_token(struct vonage *v)
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
	free_secret(v->token);
	v->token = made;
	v->token_until_ms = now + (TOKEN_TTL_S - TOKEN_MARGIN_S) * 1000LL;
	v->stats.tokens++;
	return v->token;
}

void
vonage_token_refused(struct vonage *v)
{
	v->token_until_ms = 0;
}
