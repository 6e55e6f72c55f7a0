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

#include <event2/event.h>

#define WEB_BODY_MAX	(256 * 1024)
#define WEB_RETRY_MS	200
#define WEB_CONNECT_MS	1000
#define WEB_ANSWER_MS	5000	/* read timeout of the answer webhook */
#define WEB_EVENT_MS	10000	/* of the event webhook */

struct web;

struct web_reply {		/* valid until the callback returns */
	long		 status;	/* 0: no HTTP answer came */
	const char	*error;		/* then: why */
	const char	*content_type;	/* NULL: none */
	const char	*body;		/* ends with NUL */
	size_t		 body_len;
	double		 ms;		/* of the last attempt */
	unsigned	 attempts;
};
typedef void web_done(void *arg, const struct web_reply *reply);

struct web *web_new(struct event_base *base);	/* NULL: ENOMEM */
void	web_free(struct web *w);		/* requests in work are dropped */
/*
 * Send json as POST, or when json is NULL a GET; done is called once, from
 * the loop. 0, or -1 with ENOMEM.
 */
int	web_send(struct web *w, const char *url, const char *json, unsigned read_ms, web_done *done, void *arg);
/* No done() for arg any more; its requests are dropped. */
void	web_cancel(struct web *w, const void *arg);

#endif
