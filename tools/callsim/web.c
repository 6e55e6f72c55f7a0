/* SPDX-License-Identifier: ISC */
#include "tools/callsim/web.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "common/buf.h"
#include "common/mem.h"

#define ATTEMPTS	2
#define CONNECTIONS	64	/* kept open */

struct request {
	TAILQ_ENTRY(request) entry;
	struct web	*web;
	CURL		*easy;		/* NULL while waiting for the second attempt */
	struct event	*again;
	char		*url, *json;
	unsigned	 read_ms, attempts;
	struct buf	 body;
	char		 error[CURL_ERROR_SIZE];
	web_done	*done;
	void		*arg;
};

struct web {
	struct event_base *base;
	struct event	*timer;
	CURLM		*multi;
	struct curl_slist *headers;
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
request_repeat(struct request *r)
{
	struct timeval	tv = { 0, WEB_RETRY_MS * 1000 };

	(void)curl_multi_remove_handle(r->web->multi, r->easy);
	curl_easy_cleanup(r->easy);
	r->easy = NULL;
	evtimer_add(r->again, &tv);
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
		request_repeat(r);
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
	if (r->done != NULL)
		r->done(r->arg, &reply);
	request_free(r);
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
web_new(struct event_base *base)
{
	struct web	*w;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return NULL;
	TAILQ_INIT(&w->all);
	w->base = base;
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
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)WEB_CONNECT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(WEB_CONNECT_MS + r->read_ms));
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "callsim/" CALLPIPE_VERSION);
	if (r->json != NULL) {
		(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->json);
		(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->web->headers);
	}
}

/* A failure here is reported by done() as well, from the timer. */
static void
request_start(struct request *r)
{
	r->attempts++;
	r->error[0] = '\0';
	buf_reset(&r->body);
	if ((r->easy = curl_easy_init()) != NULL) {
		set_options(r);
		if (curl_multi_add_handle(r->web->multi, r->easy) == CURLM_OK)
			return;
		curl_easy_cleanup(r->easy);
		r->easy = NULL;
	}
	if (r->done != NULL)
		r->done(r->arg, &(struct web_reply){ .error = "out of memory", .body = "",
		    .attempts = r->attempts });
	request_free(r);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	request_start(arg);
}

int
web_send(struct web *w, const char *url, const char *json, unsigned read_ms, web_done *done, void *arg)
{
	struct timeval	 now = { 0, 0 };
	struct request	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return -1;
	TAILQ_INSERT_TAIL(&w->all, r, entry);
	r->web = w;
	r->read_ms = read_ms;
	r->done = done;
	r->arg = arg;
	buf_init(&r->body, WEB_BODY_MAX);
	if ((r->again = evtimer_new(w->base, on_again, r)) == NULL ||
	    (r->url = mem_strdup(url)) == NULL ||
	    (json != NULL && (r->json = mem_strdup(json)) == NULL)) {
		request_free(r);
		errno = ENOMEM;
		return -1;
	}
	evtimer_add(r->again, &now);
	return 0;
}

void
web_cancel(struct web *w, const void *arg)
{
	struct request	*r;

	/* Only told to be silent: curl may be in the middle of this request. */
	TAILQ_FOREACH(r, &w->all, entry)
		if (r->arg == arg)
			r->done = NULL;
}
