/* SPDX-License-Identifier: ISC */
/*
 * libcurl may not be called from its own callbacks (but for pausing), so what
 * the users ask for there - cancel, start, resume - is noted and done by
 * settle() when libcurl has returned.
 */
#include "common/httpc_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

struct watch {			/* a descriptor that libcurl wants to be told about */
	struct event	 event;
	struct httpc	*httpc;
};

TAILQ_HEAD(req_list, httpc_req);

struct httpc {
	struct event_base	*base;
	CURLM			*multi;
	struct event		 timer;		/* libcurl's */
	struct event		 kick;		/* settle() soon */
	struct req_list		 reqs;
	unsigned		 inside;	/* libcurl is on the stack */
	bool			 unsettled;
};

static const struct timeval at_once = { 0, 0 };

static struct timeval
to_timeval(long ms)
{
	return (struct timeval){ ms / 1000, ms % 1000 * 1000 };
}

static void
arm(struct event *ev, int ms)
{
	struct timeval	tv = to_timeval(ms);

	if (ms > 0)
		(void)event_add(ev, &tv);
	else
		(void)event_del(ev);
}

/* ---- one request ---- */

static void
req_free(struct httpc_req *r)
{
	if (r == NULL)
		return;
	if (event_initialized(&r->progress))
		(void)event_del(&r->progress);
	if (event_initialized(&r->total))
		(void)event_del(&r->total);
	if (r->easy != NULL)
		curl_easy_cleanup(r->easy);
	curl_mime_free(r->mime);
	curl_slist_free_all(r->headers);
	buf_clear(&r->body);
	free(r);
}

/* Out of the list and out of libcurl; which must not be on the stack. */
static void
detach(struct httpc_req *r)
{
	TAILQ_REMOVE(&r->httpc->reqs, r, link);
	(void)event_del(&r->progress);
	(void)event_del(&r->total);
	(void)curl_multi_remove_handle(r->httpc->multi, r->easy);	/* harmless when not added */
}

static void
finish(struct httpc_req *r, CURLcode code)
{
	struct httpc_result	res;

	httpc_fill_result(r, code, &res);
	r->state = HTTPC_DONE;
	detach(r);
	r->on_done(r->arg, &res);
	req_free(r);
}

static void
on_progress_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct httpc_req	*r = arg;

	(void)fd;
	(void)what;
	r->error = r->began ? HTTPC_TIMEOUT_IDLE : HTTPC_TIMEOUT_FIRST;
	(void)snprintf(r->text, sizeof(r->text), r->began ? "nothing came for %d ms" : "no answer in %d ms",
	    r->began ? r->idle_ms : r->first_byte_ms);
	finish(r, CURLE_OPERATION_TIMEDOUT);
}

static void
on_total_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct httpc_req	*r = arg;

	(void)fd;
	(void)what;
	r->error = HTTPC_TIMEOUT_TOTAL;
	(void)snprintf(r->text, sizeof(r->text), "not finished in %d ms", r->total_ms);
	finish(r, CURLE_OPERATION_TIMEDOUT);
}

void
httpc_progress(struct httpc_req *r)
{
	r->began = true;
	arm(&r->progress, r->paused ? 0 : r->idle_ms);
}

/* ---- libcurl and the loop ---- */

static void
fail_to_add(struct httpc_req *r, CURLMcode code)
{
	r->error = HTTPC_FAILED;
	(void)snprintf(r->text, sizeof(r->text), "%s", curl_multi_strerror(code));
	finish(r, CURLE_FAILED_INIT);
}

static void
resume(struct httpc_req *r)
{
	CURLcode	code;

	r->resume = r->held = false;
	r->httpc->inside++;
	code = curl_easy_pause(r->easy, CURLPAUSE_CONT);	/* delivers what was held back */
	r->httpc->inside--;
	if (code != CURLE_OK && r->state == HTTPC_RUNNING)
		finish(r, code);
}

/* One thing that was asked for inside libcurl; false: none is left. */
static bool
settle_one(struct httpc *h)
{
	struct httpc_req	*r;
	CURLMcode		 code;

	for (r = TAILQ_FIRST(&h->reqs); r != NULL; r = TAILQ_NEXT(r, link)) {
		if (r->state == HTTPC_CANCELLED) {
			detach(r);
			req_free(r);
			return true;
		}
		if (r->state == HTTPC_WAITING) {
			r->state = HTTPC_RUNNING;
			if ((code = curl_multi_add_handle(h->multi, r->easy)) != CURLM_OK)
				fail_to_add(r, code);
			return true;
		}
		if (r->resume) {
			resume(r);
			return true;
		}
	}
	return false;
}

static void
settle(struct httpc *h)
{
	while (h->unsettled) {
		h->unsettled = false;
		while (settle_one(h))
			continue;
	}
}

/* Completions run here, with libcurl off the stack. */
static void
deliver(struct httpc *h)
{
	struct httpc_req	*r;
	CURLMsg			*msg;
	CURLcode		 code;
	int			 left;

	settle(h);
	while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		finish(r, code);
		settle(h);
	}
}

static void
act(struct httpc *h, curl_socket_t fd, int what)
{
	int	running;

	h->inside++;
	(void)curl_multi_socket_action(h->multi, fd, what, &running);
	h->inside--;
	deliver(h);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	deliver(arg);
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;

	act(w->httpc, fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

/* Only arms: acting here would be inside libcurl. */
static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct httpc	*h = arg;
	struct timeval	 tv = to_timeval(ms);

	(void)multi;
	if (ms < 0)
		(void)event_del(&h->timer);
	else
		(void)event_add(&h->timer, &tv);
	return 0;
}

static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct httpc	*h = arg;
	struct watch	*w = assigned;
	short		 events;

	(void)easy;
	if (w != NULL)
		(void)event_del(&w->event);
	if (what == CURL_POLL_REMOVE) {
		free(w);
		return 0;
	}
	if (w == NULL) {
		/* -1 would end all transfers; unwatched, this one runs into its deadline */
		if ((w = mem_calloc(1, sizeof(*w))) == NULL)
			return 0;
		w->httpc = h;
		(void)curl_multi_assign(h->multi, fd, w);
	}
	events = EV_PERSIST;
	if (what != CURL_POLL_OUT)
		events |= EV_READ;
	if (what != CURL_POLL_IN)
		events |= EV_WRITE;
	(void)event_assign(&w->event, h->base, fd, events, on_ready, w);
	(void)event_add(&w->event, NULL);
	return 0;
}

/* ---- public ---- */

static void
set_options(struct httpc *h, int max_connections)
{
	long	max = max_connections;

	(void)curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	(void)curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	(void)curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max);
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, max);
}

struct httpc *
httpc_new(struct event_base *base, int max_connections)
{
	struct httpc	*h;

	if (max_connections < 1) {
		errno = EINVAL;
		return NULL;
	}
	if ((h = mem_calloc(1, sizeof(*h))) == NULL)
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		errno = ENOMEM;
		return NULL;
	}
	h->base = base;
	TAILQ_INIT(&h->reqs);
	(void)evtimer_assign(&h->timer, base, on_timer, h);
	(void)evtimer_assign(&h->kick, base, on_kick, h);
	if ((h->multi = curl_multi_init()) == NULL) {
		curl_global_cleanup();
		free(h);
		errno = ENOMEM;
		return NULL;
	}
	set_options(h, max_connections);
	return h;
}

void
httpc_free(struct httpc *h)
{
	struct httpc_req	*r;

	if (h == NULL)
		return;
	while ((r = TAILQ_FIRST(&h->reqs)) != NULL) {
		detach(r);
		req_free(r);
	}
	(void)curl_multi_cleanup(h->multi);	/* closes connections: set_socket() runs */
	(void)event_del(&h->timer);
	(void)event_del(&h->kick);
	curl_global_cleanup();
	free(h);
}

static void
want_settling(struct httpc *h)
{
	h->unsettled = true;
	(void)event_add(&h->kick, &at_once);
}

static struct httpc_req *
req_new(struct httpc *h, const struct httpc_opts *o)
{
	struct httpc_req	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->httpc = h;
	r->on_data = o->on_data;
	r->on_head = o->on_head;
	r->on_done = o->on_done;
	r->arg = o->arg;
	r->first_byte_ms = o->first_byte_ms;
	r->idle_ms = o->idle_ms;
	r->total_ms = o->total_ms > 0 ? o->total_ms : HTTPC_TOTAL_MS;
	r->max_body = o->max_body > 0 ? o->max_body : HTTPC_BODY_MAX;
	r->retry_after_ms = r->range_start = r->range_total = -1;
	buf_init(&r->body, r->max_body);
	(void)evtimer_assign(&r->progress, h->base, on_progress_timeout, r);
	(void)evtimer_assign(&r->total, h->base, on_total_timeout, r);
	return r;
}

struct httpc_req *
httpc_start(struct httpc *h, const struct httpc_opts *o)
{
	struct httpc_req	*r;
	int			 saved_errno;

	if ((r = req_new(h, o)) == NULL)
		return NULL;
	if (httpc_build(r, o) == -1)
		goto fail;
	if (h->inside > 0) {
		r->state = HTTPC_WAITING;
		want_settling(h);
	} else {
		r->state = HTTPC_RUNNING;
		errno = ENOMEM;
		if (curl_multi_add_handle(h->multi, r->easy) != CURLM_OK)
			goto fail;
	}
	TAILQ_INSERT_TAIL(&h->reqs, r, link);
	arm(&r->progress, r->first_byte_ms);
	arm(&r->total, r->total_ms);
	return r;
fail:
	saved_errno = errno;
	req_free(r);
	errno = saved_errno;
	return NULL;
}

void
httpc_cancel(struct httpc_req *r)
{
	if (r == NULL || r->state == HTTPC_DONE || r->state == HTTPC_CANCELLED)
		return;
	if (r->httpc->inside > 0) {
		r->state = HTTPC_CANCELLED;
		(void)event_del(&r->progress);
		(void)event_del(&r->total);
		want_settling(r->httpc);
		return;
	}
	detach(r);
	req_free(r);
}

void
httpc_pause(struct httpc_req *r, bool paused)
{
	if (r->state == HTTPC_DONE || r->state == HTTPC_CANCELLED || r->paused == paused)
		return;
	r->paused = paused;
	if (r->began)
		arm(&r->progress, paused ? 0 : r->idle_ms);
	r->resume = !paused && r->held;
	if (r->resume)
		want_settling(r->httpc);	/* not from here: it delivers data */
}
