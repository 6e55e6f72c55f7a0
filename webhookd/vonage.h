/* SPDX-License-Identifier: ISC */
/*
 * vonage: requests to Vonage's REST API (spec/vonage.md 5, 7).
 *
 * Bearer token: RS256 with the application's private key, cached until 60 s
 * before its end. A call exists in one region: its region_url is used when its host is
 * https and under vonage.com or nexmo.com (the token goes nowhere else), or when both it
 * and api_base are http on 127.0.0.1 (a simulator); otherwise api_base.
 */
#ifndef WEBHOOKD_VONAGE_H
#define WEBHOOKD_VONAGE_H

#include <stdbool.h>
#include <stddef.h>

struct httpc;
struct vonage;

enum vonage_result {
	VONAGE_OK,		/* 2xx */
	VONAGE_GONE,		/* 404: no such leg (any more) */
	VONAGE_RETRY,		/* 400 (not up yet), 401 (a new token was made), 429, 5xx, no answer: later again */
	VONAGE_REFUSED		/* other 4xx: again would not help */
};

typedef void vonage_done(void *arg, enum vonage_result res, const char *text);

/* api_base: "https://api.nexmo.com"; application_id and key (PEM) may be "": then every request is refused. All copied. */
struct vonage *vonage_new(struct httpc *http, const char *api_base, const char *application_id, const char *private_key);
void	vonage_free(struct vonage *v);
/*
 * PUT /v1/calls/LEG {"action":"hangup"}. done runs once, never before this
 * returns. -1 with errno: EINVAL (a leg id that is none), ENOKEY (no key or application),
 * ENOMEM; done does not run then.
 */
int	vonage_hangup(struct vonage *v, const char *leg, const char *region_url, vonage_done *done, void *arg);
/* Whether a token may be sent to that base address. */
bool	vonage_host_ok(const char *url);

#endif
