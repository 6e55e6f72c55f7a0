/* SPDX-License-Identifier: ISC */
#include "tools/callsim/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/mem.h"

#define ATTEMPTS	2
#define CONNECTIONS	64	/* kept open */

struct request {
	TAILQ_ENTRY(request) entry;
	struct web	*web;
	CURL		*easy;		/* NULL while waiting for the second attempt */
	struct event	*again;
	char		*url, *json;
	struct web_times times;
	struct sign	*sign;
	struct curl_slist *headers;	/* of this attempt; NULL: the shared ones */
	unsigned	 attempts;
	bool		 nowhere;	/* web_later() */
	struct buf	 body;
	char		 error[CURL_ERROR_SIZE];
	web_done	*done;
	const void	*owner;
	void		(*drop)(void *arg);
	void		*arg;
};

struct web {
	struct event_base *base;
	struct event	*timer;
	CURLM		*multi;
	struct curl_slist *headers;
	const struct web_options *options;
	struct web_counts counts;
	uint64_t	 serial;
	TAILQ_HEAD(requests, request) all;
};

static void request_start(struct request *r);

static void
request_free(struct request *r)
{
	TAILQ_REMOVE(&r->web->all, r, entry);
	if (r->easy != NULL) {
		(void)curl_multi_remove_handle(r->web->multi, r->easy);
		curl_easy_cleanup(r->easy);
	}
	if (r->again != NULL)
		event_free(r->again);
	curl_slist_free_all(r->headers);
	if (r->drop != NULL)
		r->drop(r->arg);
	buf_clear(&r->body);
	free(r->url);
	free(r->json);
	free(r);
}

static bool
worth_repeating(CURLcode rc, long status)
{
	if (rc != CURLE_OK)
		return rc == CURLE_OPERATION_TIMEDOUT || rc == CURLE_COULDNT_CONNECT ||
		    rc == CURLE_GOT_NOTHING || rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR ||
		    rc == CURLE_PARTIAL_FILE;
	return status == 429 || status == 503 || status == 504;
}

static void
request_repeat(struct request *r, long status)
{
	struct timeval	tv = { 0, WEB_RETRY_MS * 1000 };

	log_info(NULL, "webhook.again", "status=%ld error=%s", status, LOG_Q(r->error));
	(void)curl_multi_remove_handle(r->web->multi, r->easy);
	curl_easy_cleanup(r->easy);
	r->easy = NULL;
	evtimer_add(r->again, &tv);
}

/* Tell how it ended; either done or drop is called, and only once. */
static void
request_report(struct request *r, const struct web_reply *reply)
{
	if (r->done != NULL) {
		r->drop = NULL;
		r->done(r->arg, reply);
	}
	request_free(r);
}

static void
request_finish(struct request *r, CURLcode rc)
{
	struct web_reply reply = { 0 };
	double		 seconds = 0;
	char		*type = NULL;

	if (rc == CURLE_OK)
		(void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &reply.status);
	if (r->attempts < ATTEMPTS && worth_repeating(rc, reply.status)) {
		request_repeat(r, reply.status);
		return;
	}
	(void)curl_easy_getinfo(r->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(r->easy, CURLINFO_TOTAL_TIME, &seconds);
	reply.error = r->error[0] != '\0' ? r->error : curl_easy_strerror(rc);
	reply.content_type = type;
	reply.body = r->body.data;
	reply.body_len = r->body.len;
	reply.ms = seconds * 1000;
	reply.attempts = r->attempts;
	request_report(r, &reply);
}

/* done() may send or cancel others: look for messages afresh each time. */
static void
collect(struct web *w)
{
	struct request	*r;
	CURLMsg		*msg;
	int		 left;

	while ((msg = curl_multi_info_read(w->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		r = NULL;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		request_finish(r, msg->data.result);
	}
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct web	*w = arg;
	int		 running;

	(void)curl_multi_socket_action(w->multi, fd, (what & EV_READ ? CURL_CSELECT_IN : 0) |
	    (what & EV_WRITE ? CURL_CSELECT_OUT : 0), &running);
	collect(w);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct web	*w = arg;
	int		 running;

	(void)fd;
	(void)what;
	(void)curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(w);
}

static int
cb_timer(CURLM *multi, long ms, void *arg)
{
	struct web	*w = arg;
	struct timeval	 tv = { ms / 1000, ms % 1000 * 1000 };

	(void)multi;
	if (ms < 0)
		evtimer_del(w->timer);
	else
		evtimer_add(w->timer, &tv);
	return 0;
}

static int
cb_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct web	*w = arg;
	struct event	*ev = socket_arg;

	(void)easy;
	if (ev != NULL)
		event_free(ev);
	ev = NULL;
	if (what != CURL_POLL_REMOVE) {
		ev = event_new(w->base, fd, EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
		    (what & CURL_POLL_OUT ? EV_WRITE : 0), on_socket, w);
		if (ev == NULL || event_add(ev, NULL) == -1)
			return -1;
	}
	(void)curl_multi_assign(w->multi, fd, ev);
	return 0;
}

static size_t
cb_body(char *data, size_t size, size_t n, void *arg)
{
	struct request	*r = arg;

	return buf_append(&r->body, data, size * n) == -1 ? 0 : size * n;
}

struct web *
web_new(struct event_base *base, const struct web_options *options)
{
	struct web	*w;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return NULL;
	TAILQ_INIT(&w->all);
	w->base = base;
	w->options = options;
	w->timer = evtimer_new(base, on_timer, w);
	w->multi = curl_multi_init();
	w->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (w->headers != NULL)
		(void)curl_slist_append(w->headers, "Expect:");
	if (w->timer == NULL || w->multi == NULL || w->headers == NULL) {
		web_free(w);
		errno = ENOMEM;
		return NULL;
	}
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, cb_socket);
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, cb_timer);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
	(void)curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
	return w;
}

void
web_free(struct web *w)
{
	struct request	*r;

	if (w == NULL)
		return;
	while ((r = TAILQ_FIRST(&w->all)) != NULL)
		request_free(r);
	if (w->multi != NULL)
		(void)curl_multi_cleanup(w->multi);
	if (w->timer != NULL)
		event_free(w->timer);
	curl_slist_free_all(w->headers);
	free(w);
}

static void
set_options(struct request *r)
{
	CURL	*easy = r->easy;

	(void)curl_easy_setopt(easy, CURLOPT_URL, r->url);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->error);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, cb_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)r->times.connect_ms);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(r->times.connect_ms + r->times.read_ms));
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "callsim/" CALLPIPE_VERSION);
	if (r->json != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->json);
	if (r->headers != NULL || r->json != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers != NULL ? r->headers : r->web->headers);
}

/* A token of its own for each attempt (whether Vonage does so is UNCONFIRMED, spec/vonage.md 2.6). */
static int
sign_attempt(struct request *r)
{
	struct curl_slist	*list = NULL, *more;
	char			*value, *line = NULL;

	curl_slist_free_all(r->headers);
	r->headers = NULL;
	if (r->sign == NULL)
		return 0;
	if (sign_header(r->sign, r->json, r->json == NULL ? 0 : strlen(r->json), &value) == -1)
		return -1;
	if (value == NULL)
		return 0;
	if (asprintf(&line, "Authorization: %s", value) == -1)
		line = NULL;
	free(value);
	if (line != NULL && (list = curl_slist_append(NULL, line)) != NULL && r->json != NULL) {
		if ((more = curl_slist_append(list, "Content-Type: application/json")) != NULL)
			more = curl_slist_append(list, "Expect:");
		if (more == NULL) {
			curl_slist_free_all(list);
			list = NULL;
		}
	}
	free(line);
	r->headers = list;
	return list == NULL ? -1 : 0;
}

/* A failure here is reported by done() as well, from the timer. */
static void
request_start(struct request *r)
{
	r->attempts++;
	r->web->counts.attempts++;
	r->error[0] = '\0';
	buf_reset(&r->body);
	if (sign_attempt(r) == 0 && (r->easy = curl_easy_init()) != NULL) {
		set_options(r);
		if (curl_multi_add_handle(r->web->multi, r->easy) == CURLM_OK)
			return;
		curl_easy_cleanup(r->easy);
		r->easy = NULL;
	}
	request_report(r, &(struct web_reply){ .error = "out of memory", .body = "", .attempts = r->attempts });
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct request	*r = arg;

	(void)fd;
	(void)what;
	if (r->nowhere)
		request_report(r, &(struct web_reply){ .error = "not sent", .body = "" });
	else
		request_start(r);
}

static int
add_request(struct web *w, const struct web_request *request, bool nowhere, web_done *done, void *arg)
{
	struct timeval	 now = { 0, 0 };
	struct request	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return -1;
	r->nowhere = nowhere;
	TAILQ_INSERT_TAIL(&w->all, r, entry);
	r->web = w;
	r->times = request->times;
	r->sign = request->sign;
	r->done = done;
	r->owner = request->owner == NULL ? arg : request->owner;
	r->arg = arg;
	buf_init(&r->body, WEB_BODY_MAX);
	if ((r->again = evtimer_new(w->base, on_again, r)) == NULL ||
	    (r->url = mem_strdup(nowhere ? "" : request->url)) == NULL ||
	    (request->json != NULL && (r->json = mem_strdup(request->json)) == NULL)) {
		request_free(r);
		errno = ENOMEM;
		return -1;
	}
	r->drop = request->drop;	/* not before: the caller keeps arg on failure */
	w->counts.requests += !nowhere;
	evtimer_add(r->again, &now);
	return 0;
}

int
web_request(struct web *w, const struct web_request *request, web_done *done, void *arg)
{
	return add_request(w, request, false, done, arg);
}

int
web_later(struct web *w, const struct web_request *request, web_done *done, void *arg)
{
	return add_request(w, request, true, done, arg);
}

int
web_send(struct web *w, const char *url, const char *json, unsigned read_ms, web_done *done, void *arg)
{
	return web_request(w, &(struct web_request){ .url = url, .json = json,
	    .times = { WEB_CONNECT_MS, read_ms } }, done, arg);
}

void
web_cancel(struct web *w, const void *arg)
{
	struct request	*r;

	/* Only told to be silent: curl may be in the middle of this request. */
	TAILQ_FOREACH(r, &w->all, entry)
		if (r->owner == arg)
			r->done = NULL;
}

const struct web_options *
web_options(const struct web *w)
{
	return w->options;
}

struct web_counts *
web_counts(struct web *w)
{
	return &w->counts;
}

uint64_t
web_serial(struct web *w)
{
	return w->serial++;
}
