/* SPDX-License-Identifier: ISC */
/*
 * vonage: requests to Vonage's REST API (spec/vonage.md 5, 7, 9).
 *
 *   vonage.c        the client, its token, which host is asked
 *   vonage_queue.c  limits obeyed before Vonage has to say so (limit.h)
 *   vonage_send.c   one request: sending, 401, other regions, what the answer means
 *   vonage_calls.c  /v1/calls, checked before it is sent
 *   vonage_spec.c   the body of a request for a call
 *   vonage_sms.c    short messages, by either API
 *
 * Bearer token: RS256 with the application's private key, cached until 60 s
 * before its end; made anew once when a request is answered with 401. A call exists in one
 * region: its region_url is used when its host is https and under vonage.com or nexmo.com
 * (the token goes nowhere else), or when both it and api_base are http on
 * 127.0.0.1 (a simulator); otherwise api_base. A 404 for a leg that is believed to live is
 * asked again of the other regions, one after another.
 *
 * Every function that takes a vonage_fn returns 0 or -1 with errno and never runs
 * fn before it returns; after 0 fn runs exactly once, unless the client is freed.
 * errno: EINVAL (a bad argument), ENOKEY (no key or application), EAGAIN (VONAGE_QUEUE_MAX
 * requests wait for their turn), ENOMEM. region_url may be NULL or "". JSON bodies are
 * borrowed, and copied before the return. One thread.
 */
#ifndef WEBHOOKD_VONAGE_H
#define WEBHOOKD_VONAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct httpc;
struct json_object;
struct loop;
struct vonage;

/* spec/vonage.md 7.6: of one account; per second. */
#define VONAGE_CREATES_PER_S	3
#define VONAGE_OTHERS_PER_S	15
/*
 * A call or a message that waited longer (a long Retry-After, a stopped process)
 * is not sent any more and ends as VONAGE_RETRY: with its commit and its answer
 * less than DIAL_ORPHAN_MS and JOBS_LEASE_MS, after which another webhookd takes it on.
 */
#define VONAGE_CREATE_WAIT_MS	60000
#define VONAGE_MESSAGE_WAIT_MS	15000
#define VONAGE_QUEUE_MAX	256	/* requests that wait; a hang-up goes before all others */

enum vonage_result {
	VONAGE_OK,		/* 2xx */
	VONAGE_GONE,		/* 404: no such leg (any more) */
	VONAGE_RETRY,		/* not done: 400 of a leg that is not up, 401, 429, no connection; idempotent: 5xx, no answer */
	VONAGE_REFUSED,		/* again would not help: other 4xx, a 400 that names its parameters */
	VONAGE_UNKNOWN		/* a POST whose answer was never read: it may have been done */
};
const char *vonage_result_name(enum vonage_result r);

struct vonage_reply {
	enum vonage_result result;
	long		 status;		/* HTTP's; 0 none */
	const char	*text;			/* for a log: "status 404: no such call" */
	struct json_object *body;		/* NULL: none, or no JSON; borrowed */
	int64_t		 retry_after_ms;	/* -1: not told */
	const char	*base;			/* which host answered */
};
typedef void vonage_fn(void *arg, const struct vonage_reply *r);

enum vonage_sms_api { VONAGE_SMS_OFF, VONAGE_SMS_MESSAGES, VONAGE_SMS_LEGACY };

struct vonage_opts {		/* texts are copied; NULL counts as "" */
	const char	*api_base;		/* "https://api.nexmo.com" */
	const char	*application_id, *private_key;	/* PEM; either "": ENOKEY for all that needs a token */
	enum vonage_sms_api sms_api;
	const char	*api_key, *api_secret;	/* Basic, for short messages */
	const char	*sms_base;		/* of the Messages API; "": api_base */
	const char	*rest_base;		/* of the SMS API; "": https://rest.nexmo.com */
	int		 shares;		/* processes that share the limits, at least 1 */
	/* Whether a leg is believed to live; NULL: never, so no other region is asked. */
	bool		(*alive)(void *arg, const char *leg);
	void		*arg;
	const char *const *regions;		/* ended by NULL, borrowed; NULL: of spec 5 if api_base is Vonage's, else none */
};
struct vonage *vonage_new(struct loop *loop, struct httpc *http, const struct vonage_opts *o);	/* NULL: ENOMEM */
void	vonage_free(struct vonage *v);	/* after httpc_free(): what was under way ends without a word */

/* Whether a token may be sent to that base address or URL: https under vonage.com or nexmo.com. */
bool	vonage_host_ok(const char *url);
/* The same, or http on 127.0.0.1 when api_base is that too (a simulator plays all hosts). */
bool	vonage_url_ok(const struct vonage *v, const char *url);
/* The token for a request that is not made here (downloads); NULL: errno. Valid until the next call. */
const char *vonage_token(struct vonage *v);
void	vonage_token_refused(struct vonage *v);	/* 401: the next one is new */
/*
 * Wait in line for one request that is not made here (class of the 15 a second): fn with VONAGE_OK means
 * that it may go now. ret is for vonage_turn_cancel(), until fn runs.
 */
struct vonage_request;
int	vonage_turn(struct vonage *v, vonage_fn *fn, void *arg, struct vonage_request **ret);
void	vonage_turn_cancel(struct vonage_request *turn);	/* NULL is a no-op; fn does not run */

struct vonage_stats { uint64_t requests, queued, queue_full, throttled, other_regions, tokens, unknown; };
const struct vonage_stats *vonage_get_stats(const struct vonage *v);	/* queued: now */

/* ---- calls ---- */
/* POST /v1/calls (vonage_call_body() makes one). Never repeated by itself: see VONAGE_UNKNOWN. */
int	vonage_create(struct vonage *v, struct json_object *body, vonage_fn *fn, void *arg);
int	vonage_get(struct vonage *v, const char *leg, const char *region_url, vonage_fn *fn, void *arg);
/* One page: GET /v1/calls?QUERY (already encoded; NULL or "": none). */
int	vonage_list(struct vonage *v, const char *query, vonage_fn *fn, void *arg);
/*
 * All pages, 100 calls each, at most VONAGE_PAGES_MAX: each() for every call (false:
 * enough), then fn with the last reply; VONAGE_RETRY when there are more, or it was no list. query without page_size and record_index.
 */
#define VONAGE_PAGES_MAX	100
int	vonage_list_all(struct vonage *v, const char *query, bool (*each)(void *arg, struct json_object *call),
    vonage_fn *fn, void *arg);
/* PUT /v1/calls/LEG: {"action": hangup, mute, unmute, earmuff, unearmuff, transfer}. */
int	vonage_put(struct vonage *v, const char *leg, const char *region_url, struct json_object *body,
    vonage_fn *fn, void *arg);
int	vonage_hangup(struct vonage *v, const char *leg, const char *region_url, vonage_fn *fn, void *arg);
/* what: "talk", "stream", "dtmf", "input/dtmf"; PUT with the body, or DELETE (stop) when it is NULL, which dtmf has not. */
int	vonage_play(struct vonage *v, const char *leg, const char *region_url, const char *what,
    struct json_object *body, vonage_fn *fn, void *arg);
/* {"action":"transfer",...} to an NCCO (borrowed) or a URL, the other being NULL. The caller's; NULL: EINVAL, ENOMEM. */
struct json_object *vonage_transfer_body(struct json_object *ncco, const char *url);

/* ---- the body of a call (spec/vonage.md 7.1) ---- */
enum vonage_endpoint_type { VONAGE_PHONE, VONAGE_SIP, VONAGE_WEBSOCKET, VONAGE_APP, VONAGE_VBC };
struct vonage_call_spec {		/* NULL, 0 and false: left out */
	enum vonage_endpoint_type type;
	const char	*to;			/* number (7 to 15 digits, a + is dropped), uri, user or extension */
	const char	*dtmf_answer;		/* phone: 0-9*#p, sent when it is answered */
	const char	*content_type;		/* websocket */
	struct json_object *headers;		/* websocket, sip */
	struct json_object *authorization;	/* websocket */
	const char	*user_to_user;		/* sip: standard_headers */
	const char	*from;			/* a number, or a SIP URI */
	bool		 random_from_number;	/* xor from */
	struct json_object *ncco;		/* xor answer_url */
	const char	*answer_url, *answer_method, *event_url, *event_method;
	const char	*machine_detection;	/* "continue", "hangup" */
	const char	*amd_behavior, *amd_mode;	/* "continue", "hangup"; "detect", "detect_beep", "default" */
	int		 amd_beep_timeout_s;	/* 30 to 120, with an amd_mode or amd_behavior */
	int		 length_timer_s;	/* 1 to 86400 */
	int		 ringing_timer_s;	/* 1 to 120 */
};
/* The caller's; NULL with errno EINVAL (why in err) or ENOMEM. */
struct json_object *vonage_call_body(const struct vonage_call_spec *s, char *err, size_t err_size);
/* "+44 20..." is not; "+442079460000" and "442079460000" are: 7 to 15 digits, the first not 0. Digits to out (16 bytes). */
bool	vonage_number(const char *text, char out[16]);

/* ---- short messages (spec/vonage.md 9) ---- */
/* From whom a short message may be: a number, or 1 to 11 letters and digits. */
bool	vonage_sender_ok(const char *from);
/*
 * from: a number or up to 11 letters and digits; ref (at most 100 characters) may be NULL. ENOTSUP: VONAGE_SMS_OFF.
 * As with vonage_create() nothing is repeated. VONAGE_OK: accepted; body has message_uuid, or messages[].
 */
int	vonage_sms(struct vonage *v, const char *to, const char *from, const char *text, const char *ref,
    vonage_fn *fn, void *arg);

#endif
