/* SPDX-License-Identifier: ISC */
/* The configuration group "webhookd". */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/dialopts.h"
#include "common/json.h"
#include "common/jwt.h"
#include "common/token.h"
#include "common/zone.h"
#include "webhookd/api.h"
#include "webhookd/flow.h"
#include "webhookd/vonage.h"
#include "webhookd/gate.h"
#include "webhookd/netlist.h"
#include "webhookd/ncco.h"
#include "webhookd/route_choice.h"
#include "webhookd/webhookd.h"

#define PUBLIC_URL_MAX	250	/* with path and query it must fit an eventUrl */

static const struct conf_opt token_options[] = {
	CONF_STR("name", api_token, name, ""),
	CONF_ENUM("scope", api_token, scope, 0, api_scope_names),
	CONF_SECRET("token", api_token, token),
	CONF_END
};

/* enum vonage_sms_api */
static const char *const sms_apis[] = { "off", "messages", "sms", NULL };
static const struct conf_opt route_options[] = {
	CONF_STR("called", route_conf, called, ""),
	CONF_STR("caller", route_conf, caller, ""),
	CONF_STR("from", route_conf, from, ""),
	CONF_STR("to", route_conf, to, ""),
	CONF_STR("days", route_conf, days, ""),
	CONF_STR("timezone", route_conf, timezone, ""),
	CONF_INT("max_calls", route_conf, max_calls, 0, 0, 1000000),
	CONF_STR("flow", route_conf, flow, ""),
	CONF_STR("assistant", route_conf, assistant, ""),
	CONF_STR("language", route_conf, language, ""),
	CONF_END
};

const struct conf_opt webhookd_options[] = {
	CONF_STR("listen", webhookd_conf, listen, "127.0.0.1:8080"),
	CONF_BOOL("allow_public", webhookd_conf, allow_public, false),
	CONF_SECRETV("signature_secrets", webhookd_conf, signature_secrets, nsignature_secrets, 8),
	CONF_BOOL("insecure_dev", webhookd_conf, insecure_dev, false),
	CONF_STR("api_key", webhookd_conf, api_key, ""),
	CONF_STRV("allow_networks", webhookd_conf, allow_networks, nallow_networks, NETLIST_MAX),
	CONF_STRV("trusted_proxies", webhookd_conf, trusted_proxies, ntrusted_proxies, NETLIST_MAX),
	CONF_INT("source_per_second", webhookd_conf, source_per_second, 5000, 0, 1000000),
	CONF_INT("caller_per_minute", webhookd_conf, caller_per_minute, 1200, 0, 1000000),
	CONF_STR("public_url", webhookd_conf, public_url, ""),
	CONF_STRV("answer_aliases", webhookd_conf, answer_aliases, nanswer_aliases, 16),
	CONF_STRV("event_aliases", webhookd_conf, event_aliases, nevent_aliases, 16),
	CONF_INT("max_connections", webhookd_conf, max_connections, 1000, 1, 100000),
	CONF_INT("request_ms", webhookd_conf, request_ms, 10000, 100, 300000),
	CONF_INT("max_body", webhookd_conf, max_body, 262144, 1024, 16777216),
	CONF_INT("max_headers", webhookd_conf, max_headers, 16384, 1024, 1048576),
	CONF_STR("flow_dir", webhookd_conf, flow_dir, "/etc/callpipe/flows"),
	CONF_STR("flow", webhookd_conf, flow, "assistant"),
	CONF_LIST("routes", webhookd_conf, routes, nroutes, route_options, route_conf, 256),
	CONF_STR("greeting_known", webhookd_conf, greeting_known, "Hello ${contact.name}, how can I help you?"),
	CONF_STR("greeting_unknown", webhookd_conf, greeting_unknown, "Hello, how can I help you?"),
	CONF_STR("busy_text", webhookd_conf, busy_text, "All lines are busy at the moment. Please call again in a few minutes."),
	CONF_STR("moment_text", webhookd_conf, moment_text, "One moment, please."),
	CONF_STR("apology_text", webhookd_conf, apology_text, "We are sorry, there is a technical problem. Please call again later."),
	CONF_STR("language", webhookd_conf, language, "en-US"),
	CONF_STR("assistant", webhookd_conf, assistant, "default"),
	CONF_INT("rate_hz", webhookd_conf, rate_hz, 16000, 8000, 24000),
	CONF_INT("max_calls", webhookd_conf, max_calls, 500, 1, 1000000),
	CONF_SECRET("token_secret", webhookd_conf, token_secret),
	CONF_INT("token_ttl_s", webhookd_conf, token_ttl_s, 60, 5, 3600),
	CONF_INT("reconnect_wait_ms", webhookd_conf, reconnect_wait_ms, 2000, 0, 8000),
	CONF_INT("max_reconnects", webhookd_conf, max_reconnects, 10, 0, 1000),
	CONF_STR("api_base", webhookd_conf, api_base, "https://api.nexmo.com"),
	CONF_STR("application_id", webhookd_conf, application_id, ""),
	CONF_SECRET("private_key", webhookd_conf, private_key),
	CONF_SECRET("api_secret", webhookd_conf, api_secret),
	CONF_ENUM("sms_api", webhookd_conf, sms_api, VONAGE_SMS_OFF, sms_apis),
	CONF_STR("sms_from", webhookd_conf, sms_from, ""),
	CONF_STR("sms_base", webhookd_conf, sms_base, ""),
	CONF_STR("rest_base", webhookd_conf, rest_base, "https://rest.nexmo.com"),
	CONF_INT("sms_max_segments", webhookd_conf, sms_max_segments, 6, 1, 20),
	CONF_INT("job_retry_s", webhookd_conf, job_retry_s, 3600, 1, 604800),
	CONF_INT("job_rounds", webhookd_conf, job_rounds, 24, 0, 10000),
	CONF_STR("record_dir", webhookd_conf, record_dir, "/var/lib/callpipe/recordings"),
	CONF_INT("record_max_mb", webhookd_conf, record_max_mb, 512, 1, 1048576),
	CONF_INT("turn_max_s", webhookd_conf, turn_max_s, 60, 5, 600),
	CONF_INT("ask_max", webhookd_conf, ask_max, 256, 1, 10000),
	CONF_INT("ask_turn_ms", webhookd_conf, ask_turn_ms, 20000, 500, 300000),
	CONF_INT("ask_say_ms", webhookd_conf, ask_say_ms, 15000, 500, 300000),
	CONF_INT("ask_summary_ms", webhookd_conf, ask_summary_ms, 30000, 500, 300000),
	CONF_STR("media_dir", webhookd_conf, media_dir, "/var/lib/callpipe/media"),
	CONF_INT("media_max_mb", webhookd_conf, media_max_mb, 256, 1, 1048576),
	CONF_INT("media_ttl_s", webhookd_conf, media_ttl_s, 900, 10, 86400),
	CONF_STR("audio_dir", webhookd_conf, audio_dir, "/etc/callpipe/audio"),
	CONF_INT("socket_gone_s", webhookd_conf, socket_gone_s, 20, 1, 3600),
	CONF_INT("max_call_s", webhookd_conf, max_call_s, 7200, 10, 86400),
	CONF_INT("retention_events_days", webhookd_conf, retention_events_days, 0, 0, 36500),
	CONF_INT("retention_transcripts_days", webhookd_conf, retention_transcripts_days, 0, 0, 36500),
	CONF_INT("retention_audio_days", webhookd_conf, retention_audio_days, 0, 0, 36500),
	CONF_LIST("api_tokens", webhookd_conf, api_tokens, napi_tokens, token_options, api_token, 64),
	CONF_STR("from_number", webhookd_conf, from_number, ""),
	CONF_STR("quiet_hours", webhookd_conf, quiet_hours, ""),
	CONF_STR("timezone", webhookd_conf, timezone, ""),
	CONF_INT("max_dials", webhookd_conf, max_dials, 50, 1, 1000),
	CONF_INT("dial_max_attempts", webhookd_conf, dial_max_attempts, 5, 1, 20),
	CONF_INT("dial_max_per_day", webhookd_conf, dial_max_per_day, 5, 0, 100),
	CONF_INT("dial_retry_ms", webhookd_conf, dial_retry_ms, 300000, 100, 86400000),
	CONF_INT("dial_look_ms", webhookd_conf, dial_look_ms, 10000, 100, 600000),
	CONF_INT("dial_looks", webhookd_conf, dial_looks, 2, 1, 10),
	CONF_INT("call_silent_ms", webhookd_conf, call_silent_ms, 600000, 1000, 86400000),
	CONF_END
};

static int __attribute__((format(printf, 2, 3)))
refuse(struct conf_error *err, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

bool
webhookd_on_loopback(const char *listen)
{
	return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 ||
	    strncmp(listen, "localhost:", 10) == 0 || strncmp(listen, "unix:", 5) == 0;
}

/* How calls are placed. */
/* Paths and queries are put behind it. */
static bool
is_public_url(const char *url)
{
	size_t	scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0, len = strlen(url);

	return scheme > 0 && len <= PUBLIC_URL_MAX && url[scheme] != '\0' && url[scheme] != '/' &&
	    url[strcspn(url, " \t?#\"<>\\")] == '\0' && strstr(url + scheme, "//") == NULL;
}

/* A key that cannot sign: else it is seen when the first call should be hung up. */
static int
check_key(const struct webhookd_conf *c, struct conf_error *err)
{
	struct json_object	*claims;
	const char		*cause = "out of memory";
	char			*token = NULL;

	if (c->private_key == NULL || c->private_key[0] == '\0')
		return 0;
	if ((claims = jwt_vonage_claims(c->application_id[0] != '\0' ? c->application_id : "none", clock_wall_ms(), 60)) != NULL)
		token = jwt_sign_rs256(c->private_key, strlen(c->private_key), claims, &cause);
	json_object_put(claims);
	if (token == NULL)
		return refuse(err, "webhookd.private_key: %s", cause);
	free(token);
	return 0;
}

static int
check_vonage(const struct webhookd_conf *c, struct conf_error *err)
{
	/* the token in a request is good for all calls of the application */
	if (strncmp(c->api_base, "https://", 8) != 0 && strncmp(c->api_base, "http://127.0.0.1:", 17) != 0 && !c->insecure_dev)
		return refuse(err, "webhookd.api_base: \"%.100s\" is not https", c->api_base);
	if (c->sms_api != VONAGE_SMS_OFF && c->sms_from[0] != '\0' && !vonage_sender_ok(c->sms_from))
		return refuse(err, "webhookd.sms_from: neither a number nor 1 to 11 letters and digits");
	return check_key(c, err);
}

static int
check_dials(const struct webhookd_conf *c, struct conf_error *err)
{
	struct dial_options	o;
	struct zone_time	now;

	if (dial_options_from(&o, c->from_number) == -1)
		return refuse(err, "webhookd.from_number: 7 to 15 digits, or \"random\", are wanted");
	if (quiet_parse(c->quiet_hours, &o.quiet) == -1)
		return refuse(err, "webhookd.quiet_hours: HH:MM-HH:MM is wanted");
	/* with one that cannot be read, quiet hours would silently be those of UTC */
	if (zone_local(c->timezone, 0, &now) == -1)
		return refuse(err, "webhookd.timezone: \"%.100s\" is not in %s", c->timezone, ZONE_DIR);
	return 0;
}

static int
check_routes(const struct webhookd_conf *c, const struct flow_set *flows, struct conf_error *err)
{
	char	why[200];
	size_t	i;

	for (i = 0; i < c->nroutes; i++) {
		if (route_check(&c->routes[i], why, sizeof(why)) == -1)
			return refuse(err, "webhookd.routes: route %zu: %s", i + 1, why);
		if (c->routes[i].flow[0] != '\0' && flow_find(flows, c->routes[i].flow) == NULL)
			return refuse(err, "webhookd.routes: route %zu: no flow \"%.64s\"", i + 1, c->routes[i].flow);
	}
	return 0;
}

int
webhookd_check(const void *conf, const struct common_conf *common, struct conf_error *err)
{
	const struct webhookd_conf *c = conf;
	struct flow_set	*flows;
	char			 why[400];
	int			 rc;

	(void)common;
	if (!audio_rate_ok((uint32_t)c->rate_hz))
		return refuse(err, "webhookd.rate_hz: %d is not 8000, 16000 or 24000", c->rate_hz);
	if (c->token_secret == NULL || strlen(c->token_secret) < TOKEN_SECRET_MIN)
		return refuse(err, "webhookd.token_secret: at least %d bytes are wanted", TOKEN_SECRET_MIN);
	if (gate_check(c, why, sizeof(why)) == -1)
		return refuse(err, "%s", why);
	if (c->public_url[0] != '\0' && !is_public_url(c->public_url))
		return refuse(err, "webhookd.public_url: \"%.100s\" is not like https://calls.example.net", c->public_url);
	if (strncmp(c->listen, "unix:", 5) == 0 && c->public_url[0] == '\0')
		return refuse(err, "webhookd.public_url: needed when listening on a Unix socket");
	if (c->sms_api == VONAGE_SMS_LEGACY && (c->api_key[0] == '\0' || c->api_secret == NULL))
		return refuse(err, "webhookd.sms_api: \"sms\" needs api_key and api_secret");
	if (c->sms_api != VONAGE_SMS_OFF && c->sms_from[0] == '\0')
		return refuse(err, "webhookd.sms_from: needed to send short messages");
	if (strlen(c->record_dir) > 400)
		return refuse(err, "webhookd.record_dir: longer than 400 bytes");
	if (c->media_dir[0] != '/' || c->audio_dir[0] != '/')
		return refuse(err, "webhookd.media_dir, webhookd.audio_dir: must begin with /");
	if (check_dials(c, err) == -1 || check_vonage(c, err) == -1)
		return -1;
	if (api_check(c, why, sizeof(why)) == -1)
		return refuse(err, "%s", why);
	if (ncco_load(c, &flows, why, sizeof(why)) == -1)
		return refuse(err, "%s", why);
	rc = check_routes(c, flows, err);
	flow_set_free(flows);
	return rc;
}
