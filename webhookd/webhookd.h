/* SPDX-License-Identifier: ISC */
/* webhookd: what its parts share. One struct a process, one thread. */
#ifndef WEBHOOKD_WEBHOOKD_H
#define WEBHOOKD_WEBHOOKD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daemon.h"
#include "common/store.h"
#include "webhookd/event.h"
#include "webhookd/fetch.h"
#include "webhookd/http.h"

struct asks;
struct api_events;
struct calls;
struct gate;
struct dials;
struct flow;
struct flow_set;
struct route_conf;
struct httpc;
struct jobs;
struct media;
struct recturns;
struct reconnect;
struct vonage;
struct json_object;
struct retain;
struct reap;

struct api_token { char *name; int scope; char *token; };	/* scope: index in api_scope_names */

struct webhookd_conf {
	char	*listen, *public_url;
	bool	 allow_public;
	char	**signature_secrets, *api_key;
	size_t	 nsignature_secrets;
	bool	 insecure_dev;
	char	**allow_networks, **trusted_proxies;
	size_t	 nallow_networks, ntrusted_proxies;
	int	 source_per_second, caller_per_minute;
	char	**answer_aliases, **event_aliases;
	size_t	 nanswer_aliases, nevent_aliases;
	int	 max_connections, request_ms, max_body, max_headers;
	char	*flow_dir, *flow;
	char	*greeting_known, *greeting_unknown, *busy_text, *moment_text, *apology_text;
	char	*language, *assistant;
	int	 rate_hz;
	int	 max_calls;
	char	*token_secret;
	int	 token_ttl_s;
	int	 reconnect_wait_ms, max_reconnects;
	char	*api_base, *application_id, *private_key;
	int	 turn_max_s;
	int	 ask_max, ask_turn_ms, ask_say_ms, ask_summary_ms;
	char	*media_dir, *audio_dir;
	int	 media_max_mb, media_ttl_s;
	struct route_conf *routes;
	size_t	 nroutes;
	struct api_token *api_tokens;
	size_t	 napi_tokens;
	int	 socket_gone_s, max_call_s;
	int	 retention_events_days, retention_transcripts_days, retention_audio_days;
	char	*from_number, *quiet_hours, *timezone;
	int	 max_dials, dial_max_attempts, dial_max_per_day, dial_retry_ms, dial_look_ms, dial_looks, call_silent_ms;
	int	 sms_api;		/* enum vonage_sms_api */
	char	*sms_from, *api_secret, *sms_base, *rest_base;
	int	 sms_max_segments;
	int	 job_retry_s, job_rounds;
	char	*record_dir;
	int	 record_max_mb;
};

struct webhookd_stats {
	uint64_t answers, answers_again, busy, events, events_late, events_doubled, events_forgotten, bad_requests, not_found;
	uint64_t reconnects, reconnects_given_up, commit_failed, hangups, hangups_failed;
	uint64_t api_requests, api_refused;
	uint64_t jobs_done, jobs_again, jobs_parked, jobs_failed, sms_sent, downloads, downloads_refused;
};

struct webhookd {
	struct daemon		*d;
	struct http		*http;
	struct gate		*gate;
	struct store		*store;
	struct loop_watch	*store_io;
	struct httpc		*httpc;
	struct vonage		*vonage;
	struct calls		*calls;
	struct jobs		*jobs;
	struct fetch_hooks	 fetch_hooks;	/* told of each recording that was downloaded */
	struct reconnect	*reconnect;
	struct asks		*asks;
	struct dials		*dials;
	struct media		*media;
	struct recturns		*recturns;
	struct api_events	*api_events;
	struct retain		*retain;
	struct reap		*reap;
	struct flow_set		*flows;
	char			*public_url;	/* as configured, or made from the bound port */
	struct webhookd_stats	 stats;
};

static inline const struct webhookd_conf *
conf_of(const struct webhookd *w)
{
	return w->d->conf;
}

/* webconf.c: the group "webhookd" (callpipe.conf(5)). */
extern const struct conf_opt webhookd_options[];
int	webhookd_check(const void *conf, const struct common_conf *common, struct conf_error *err);
bool	webhookd_on_loopback(const char *listen);
/* stat.c */
void	webhookd_stat(struct daemon *d, struct json_object *o);

/* routes.c: the handler of all requests. */
void	routes_handle(void *arg, struct http_req *req);
/* Answer with a JSON value, which is put. */
void	reply_json(struct http_req *req, int status, struct json_object *value);
/* Answer with an RFC 7807 problem. */
void	reply_problem(struct http_req *req, int status, const char *title, const char *detail);

/* What is stored of a webhook: the body as it came, of a GET (or without a body) its members as JSON. */
const char *webhook_body(struct http_req *req, struct json_object *obj, size_t *ret_len);

/* answer.c: the answer webhook; obj are its members. */
void	answer_handle(struct webhookd *w, struct http_req *req, struct json_object *obj);
/* hook.c: all other webhooks; ev was read from obj and the query. */
void	hook_handle(struct webhookd *w, struct http_req *req, struct json_object *obj, const struct event *ev);

/* Move the call's leg and the call as the event says (callstate.c: told by REST). */
struct known_call;
void	hook_apply(struct webhookd *w, struct known_call *call, const struct event *ev);

/* job_summary.c: the call ended; a summary by short message, if its flow wants one. */
void	summary_after(struct webhookd *w, struct known_call *call);

#endif
