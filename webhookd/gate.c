/* SPDX-License-Identifier: ISC */
#include "webhookd/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/event.h"
#include "webhookd/hooksign.h"
#include "webhookd/netlist.h"
#include "webhookd/throttle.h"
#include "webhookd/webhookd.h"

#define SHOUT_US	(3600 * INT64_C(1000000))

/* Reasons of a refusal: those of hooksign.h, then these. */
enum { REFUSED_NETWORK = HOOKSIGN_NRESULTS, LIMITED_SOURCE, LIMITED_CALLER, NREASONS };

struct gate {
	struct webhookd		*w;
	struct loop_watch	*shout;
	struct hooksign		*sign;
	struct throttle		*sources, *callers;
	struct netlist		 allow;		/* empty: everybody */
	uint64_t		 refused[NREASONS];
	struct log_rate		 rates[NREASONS];
};

static int
check_networks(const char *option, char *const *texts, size_t n, char *err, size_t err_size)
{
	struct netlist	list;
	size_t		bad;

	if (netlist_parse(texts, n, &list, &bad) == 0)
		return 0;
	(void)snprintf(err, err_size, "webhookd.%s: \"%.60s\" is no network (192.0.2.0/24, 2001:db8::/32, an address, unix)",
	    option, texts[bad]);
	return -1;
}

static int
check_secrets(const struct webhookd_conf *c, char *err, size_t err_size)
{
	size_t	i;

	for (i = 0; i < c->nsignature_secrets; i++) {
		if (strlen(c->signature_secrets[i]) < HOOKSIGN_SECRET_MIN) {
			(void)snprintf(err, err_size, "webhookd.signature_secrets: at least %d bytes are wanted", HOOKSIGN_SECRET_MIN);
			return -1;
		}
	}
	if (c->nsignature_secrets > 0 && c->insecure_dev)
		(void)snprintf(err, err_size, "webhookd.insecure_dev: true, but there are signature_secrets: take one of them out");
	else if (c->nsignature_secrets == 0 && !c->insecure_dev)
		(void)snprintf(err, err_size, "webhookd.signature_secrets: without the account's signature secret anybody could "
		    "pretend to be Vonage; to try callpipe out without it, set insecure_dev = true");
	else
		return 0;
	return -1;
}

int
gate_check(const struct webhookd_conf *c, char *err, size_t err_size)
{
	if (check_secrets(c, err, err_size) == -1)
		return -1;
	if (c->insecure_dev && !webhookd_on_loopback(c->listen) && !c->allow_public) {
		(void)snprintf(err, err_size, "webhookd.listen: %.200s is not a loopback address, and with insecure_dev nobody "
		    "verifies webhooks: set signature_secrets instead, or allow_public = true", c->listen);
		return -1;
	}
	if (check_networks("allow_networks", c->allow_networks, c->nallow_networks, err, err_size) == -1)
		return -1;
	return check_networks("trusted_proxies", c->trusted_proxies, c->ntrusted_proxies, err, err_size);
}

static void
on_shout(void *arg)
{
	struct gate	*g = arg;
	const char	*listen = conf_of(g->w)->listen;

	if (conf_of(g->w)->insecure_dev)
		log_warn(NULL, "webhooks.unsigned", "cause=insecure_dev effect=\"ANYBODY WHO REACHES %s CAN PRETEND TO BE VONAGE\" did=listen_on=%s",
		    listen, webhookd_on_loopback(listen) ? "loopback_only" : "public_as_told");
	loop_timer_set(g->w->d->loop, g->shout, SHOUT_US);
}

void
gate_reload(struct gate *g, const struct webhookd_conf *c)
{
	struct netlist	trusted;
	size_t		bad;

	if (netlist_parse(c->allow_networks, c->nallow_networks, &g->allow, &bad) == -1 ||
	    netlist_parse(c->trusted_proxies, c->ntrusted_proxies, &trusted, &bad) == -1) {
		log_error(NULL, "networks.refused", "index=%zu kept=old", bad);
		return;
	}
	http_set_trusted(g->w->http, &trusted);
}

struct gate *
gate_new(struct webhookd *w)
{
	struct gate	*g;

	if ((g = mem_calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->w = w;
	if ((g->sign = hooksign_new(HOOKSIGN_SEEN_MAX)) == NULL || (g->sources = throttle_new(GATE_SOURCES)) == NULL ||
	    (g->callers = throttle_new(GATE_CALLERS)) == NULL ||
	    (g->shout = loop_timer_new(w->d->loop, on_shout, g)) == NULL) {
		gate_free(g);
		return NULL;
	}
	gate_reload(g, conf_of(w));
	on_shout(g);
	return g;
}

void
gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	loop_watch_free(g->w->d->loop, g->shout);
	hooksign_free(g->sign);
	throttle_free(g->sources);
	throttle_free(g->callers);
	free(g);
}

static const char *
reason_text(int reason)
{
	switch (reason) {
	case REFUSED_NETWORK:
		return "network";
	case LIMITED_SOURCE:
		return "source";
	case LIMITED_CALLER:
		return "caller";
	default:
		return hooksign_text((enum hooksign_result)reason);
	}
}

static void
count(struct gate *g, const struct http_req *req, int reason, int status)
{
	unsigned long	missed = 0;

	g->refused[reason]++;
	if (log_rate_ok(&g->rates[reason], GATE_LOG_MS, &missed))
		log_warn(NULL, "webhook.refused", "cause=%s status=%d peer=%s path=%s missed=%lu", reason_text(reason), status,
		    http_peer(req), LOG_Q(http_path(req)), missed);
}

static void
refuse(struct gate *g, struct http_req *req, int reason, int status, const char *title, const char *detail)
{
	count(g, req, reason, status);
	reply_problem(req, status, title, detail);
}

bool
gate_source(struct gate *g, struct http_req *req)
{
	int64_t	rate = conf_of(g->w)->source_per_second, wait_ms;
	char	seconds[24];

	wait_ms = throttle_take(g->sources, http_peer(req), rate * 60, rate, clock_mono_ms());
	if (wait_ms == 0)
		return true;
	(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)(wait_ms + 999) / 1000);
	http_add_header(req, "Retry-After", seconds);
	refuse(g, req, LIMITED_SOURCE, 429, "Too Many Requests", "too many requests from this address");
	return false;
}

/*
 * 401 for whatever is wrong with the signature, a missing one too: 5xx, which the
 * documentation advises for that, would have Vonage (and anybody) come again.
 */
static bool
signed_well(struct gate *g, struct http_req *req, const char *body, size_t len)
{
	const struct webhookd_conf	*c = conf_of(g->w);
	struct hooksign_conf		 hc = { .secrets = c->signature_secrets, .nsecrets = c->nsignature_secrets,
	    .api_key = c->api_key, .application_id = c->application_id };
	struct hooksign_request		 hr = { .authorization = http_header(req, "Authorization"),
	    .method = http_method(req), .target = http_target(req), .body = body, .body_len = len };
	enum hooksign_result		 result;
	char				 detail[64];

	if (c->nsignature_secrets == 0)
		return true;			/* insecure_dev: gate_check() */
	if ((result = hooksign_check(g->sign, &hc, &hr, clock_wall_ms(), clock_mono_ms())) == HOOKSIGN_OK)
		return true;
	if (result == HOOKSIGN_FAILED) {
		refuse(g, req, result, 503, "Out of memory", NULL);
		return false;
	}
	http_add_header(req, "WWW-Authenticate", "Bearer");
	(void)snprintf(detail, sizeof(detail), "signature of the webhook: %s", hooksign_text(result));
	refuse(g, req, result, 401, "Unauthorized", detail);
	return false;
}

bool
gate_webhook(struct gate *g, struct http_req *req, const char *body, size_t len)
{
	if (conf_of(g->w)->nallow_networks > 0 && !netlist_has(&g->allow, http_peer(req))) {
		refuse(g, req, REFUSED_NETWORK, 403, "Forbidden", "not from this network");
		return false;
	}
	return gate_source(g, req) && signed_well(g, req, body, len);
}

bool
gate_caller(struct gate *g, const struct http_req *req, const struct event *ev)
{
	/* of a call that we placed, from is our own number */
	const char	*number = ev->d != -1 ? ev->to : ev->from;
	int64_t		 rate = conf_of(g->w)->caller_per_minute;

	/* withheld: nobody to be held to it */
	if (number[0] == '\0' || throttle_take(g->callers, number, rate, rate, clock_mono_ms()) == 0)
		return true;
	count(g, req, LIMITED_CALLER, 200);
	return false;
}

void
gate_stat(const struct gate *g, struct json_object *o)
{
	char	name[40];
	int	i;

	for (i = HOOKSIGN_OK + 1; i < NREASONS; i++) {
		(void)snprintf(name, sizeof(name), "%s_%s", i >= LIMITED_SOURCE ? "limited" : "refused", reason_text(i));
		(void)json_add_int(o, name, (int64_t)g->refused[i]);
	}
	(void)json_add_int(o, "tokens_seen", (int64_t)hooksign_seen(g->sign));
	(void)json_add_int(o, "tokens_forgotten", (int64_t)hooksign_forgotten(g->sign));
}
