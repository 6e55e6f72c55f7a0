/* SPDX-License-Identifier: ISC */
/*
 * web: the HTTP client that calls the application's webhooks, on libcurl.
 *
 * A request is repeated once, WEB_RETRY_MS later, on a timeout, a connection
 * that failed or was reset, and on 429, 503 and 504 (spec/vonage.md 1.2).
 * Proxies of the environment are not used. Bodies of answers are kept up to
 * WEB_BODY_MAX; a longer one fails.
 */
#ifndef CALLSIM_WEB_H
#define CALLSIM_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "tools/callsim/sign.h"

#define WEB_BODY_MAX	(256 * 1024)
#define WEB_RETRY_MS	200
#define WEB_CONNECT_MS	1000
#define WEB_ANSWER_MS	5000	/* read timeout of the answer webhook */
#define WEB_EVENT_MS	10000	/* of the event webhook */

struct web;

struct web_times { unsigned connect_ms, read_ms; };
struct web_options {		/* of the webhooks; see delivery.h for what is done with them */
	struct web_times answer, event, fallback;	/* 0: the defaults above */
	const char	*fallback_url;	/* NULL: none */
	bool		 fallback_get;
	const char	*event_url;	/* the application's, for error events */
	struct sign	*sign;		/* NULL: requests are not signed */
};
struct web_counts {		/* since web_new() */
	uint64_t	 requests, attempts;	/* all; of the webhooks: */
	uint64_t	 failures;	/* without a usable answer after both attempts */
	uint64_t	 fallbacks;	/* then asked of the fallback URL */
	uint64_t	 bad_replies;	/* wrong content type, or an NCCO with an error */
};

struct web_reply {		/* valid until the callback returns */
	long		 status;	/* 0: no HTTP answer came */
	const char	*error;		/* then: why */
	const char	*content_type;	/* NULL: none */
	const char	*body;		/* ends with NUL */
	size_t		 body_len;
	double		 ms;		/* of the last attempt */
	unsigned	 attempts;
	bool		 fallback;	/* the fallback URL's, not that of the URL asked */
};
typedef void web_done(void *arg, const struct web_reply *reply);

struct web_request {		/* borrowed */
	const char	*url, *json;	/* json NULL: a GET */
	struct web_times times;
	struct sign	*sign;		/* NULL: not signed */
	const void	*owner;		/* what web_cancel() names; NULL: arg */
	void		(*drop)(void *arg);	/* instead of done, when cancelled or web_free()d; or NULL */
};

struct web *web_new(struct event_base *base, const struct web_options *options);	/* borrowed. NULL: ENOMEM */
const struct web_options *web_options(const struct web *w);
struct web_counts *web_counts(struct web *w);
uint64_t web_serial(struct web *w);		/* 0, 1, 2, ... */
void	web_free(struct web *w);		/* requests in work are dropped */
/*
 * Send json as POST, or when json is NULL a GET; done is called once, from
 * the loop. 0, or -1 with ENOMEM.
 */
int	web_send(struct web *w, const char *url, const char *json, unsigned read_ms, web_done *done, void *arg);
/* The same with all that can be said. done may be NULL. */
int	web_request(struct web *w, const struct web_request *request, web_done *done, void *arg);
/* No request at all: done is called from the loop, with status 0. */
int	web_later(struct web *w, const struct web_request *request, web_done *done, void *arg);
/* No done() for arg any more; its requests are dropped. */
void	web_cancel(struct web *w, const void *arg);

#endif
