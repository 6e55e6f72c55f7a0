/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simevent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/http.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "tools/callsim/delivery.h"
#include "tools/callsim/simlog.h"

#define RATE_PER_MINUTE	0.0045	/* EUR, as in the sample of spec/vonage.md 2.3 */
#define URL_MAX		(64 * 1024)

static const char *const status_names[] = {
	[EVENT_STARTED] = "started", [EVENT_RINGING] = "ringing", [EVENT_ANSWERED] = "answered",
	[EVENT_FAILED] = "failed", [EVENT_UNANSWERED] = "unanswered",
	[EVENT_DISCONNECTED] = "disconnected", [EVENT_COMPLETED] = "completed",
	[EVENT_BUSY] = "busy", [EVENT_CANCELLED] = "cancelled", [EVENT_REJECTED] = "rejected",
	[EVENT_TIMEOUT] = "timeout", [EVENT_HUMAN] = "human", [EVENT_MACHINE] = "machine",
};

const char *
event_status_name(enum event_status status)
{
	return status_names[status];
}

struct event_cost
event_cost(int64_t answered_ms, int64_t now_ms)
{
	struct event_cost	c = { .rate = RATE_PER_MINUTE };

	c.seconds = answered_ms != 0 ? (now_ms - answered_ms + 999) / 1000 : 0;
	c.price = c.rate * (double)c.seconds / 60;
	return c;
}

/* Times of these events are whole seconds padded with .000Z. */
static void
add_seconds(struct json_object *o, const char *key, int64_t ms)
{
	char	iso[CLOCK_ISO_SIZE];

	(void)json_add_str(o, key, clock_iso(ms - ms % 1000, iso));
}

static void
add_completed(struct json_object *o, const struct event_leg *leg, int64_t now_ms, const char *by)
{
	int64_t	begin_ms = leg->answered_ms != 0 ? leg->answered_ms : leg->started_ms;
	struct event_cost cost = event_cost(leg->answered_ms, now_ms);
	char	text[32];

	add_seconds(o, "start_time", begin_ms);
	add_seconds(o, "end_time", now_ms);
	(void)snprintf(text, sizeof(text), "%lld", (long long)cost.seconds);
	(void)json_add_str(o, "duration", text);
	(void)snprintf(text, sizeof(text), "%.8f", cost.rate);
	(void)json_add_str(o, "rate", text);
	(void)snprintf(text, sizeof(text), "%.8f", cost.price);
	(void)json_add_str(o, "price", text);
	(void)json_add_str(o, "network", "GB-FIXED");
	(void)json_add_int(o, "sip_code", 200);
	(void)json_add_str(o, "disconnected_by", by);
}

static void
add_nulls(struct json_object *o)
{
	(void)json_object_object_add(o, "start_time", NULL);
	(void)json_object_object_add(o, "rate", NULL);
	(void)json_object_object_add(o, "network", NULL);
}

static void
add_by_status(struct json_object *o, const struct event_leg *leg, enum event_status status,
    int64_t now_ms, const char *by)
{
	switch (status) {
	case EVENT_ANSWERED:
		add_nulls(o);
		break;
	case EVENT_FAILED:
	case EVENT_UNANSWERED:
	case EVENT_BUSY:
	case EVENT_REJECTED:
	case EVENT_CANCELLED:
	case EVENT_TIMEOUT:
		(void)json_add_str(o, "detail", leg->detail);
		if (leg->sip_code != 0)
			(void)json_add_int(o, "sip_code", leg->sip_code);
		break;
	case EVENT_HUMAN:
	case EVENT_MACHINE:
		(void)json_add_str(o, "sub_state", leg->sub_state);
		break;
	case EVENT_COMPLETED:
		add_completed(o, leg, now_ms, by);
		break;
	case EVENT_STARTED:
	case EVENT_RINGING:
	case EVENT_DISCONNECTED:
		break;
	}
}

static char *
text_and_put(struct json_object *o)
{
	const char	*text = json_text(o, NULL);
	char		*copy = text == NULL ? NULL : mem_strdup(text);

	json_object_put(o);
	return copy;
}

char *
event_json(const struct event_leg *leg, enum event_status status, int64_t now_ms, const char *by)
{
	bool			 detection = status == EVENT_HUMAN || status == EVENT_MACHINE;
	struct json_object	*o, *headers;
	char			 iso[CLOCK_ISO_SIZE];

	if ((o = json_object_new_object()) == NULL)
		return NULL;
	headers = json_parse(leg->headers, strlen(leg->headers), NULL);
	if (headers != NULL && detection)
		json_object_put(headers);
	else if (headers != NULL)
		(void)json_add(o, "headers", headers);
	(void)json_add_str(o, "from", leg->from);
	(void)json_add_str(o, "to", leg->to);
	(void)json_add_str(o, detection ? "call_uuid" : "uuid", leg->uuid);
	(void)json_add_str(o, "conversation_uuid", leg->conversation_uuid);
	(void)json_add_str(o, "status", status_names[status]);
	if (status != EVENT_DISCONNECTED && !detection)
		(void)json_add_str(o, "direction", leg->direction);
	add_by_status(o, leg, status, now_ms, by);
	(void)json_add_str(o, "timestamp", clock_iso(now_ms, iso));
	return text_and_put(o);
}

char *
event_error_json(const char *conversation_uuid, const char *reason, int64_t now_ms)
{
	struct json_object	*o = json_object_new_object();
	char			 iso[CLOCK_ISO_SIZE];

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "reason", reason);
	(void)json_add_str(o, "conversation_uuid", conversation_uuid);
	(void)json_add_str(o, "timestamp", clock_iso(now_ms, iso));
	return text_and_put(o);
}

char *
event_query_url(const char *url, const char *json)
{
	struct json_object	*o = json_parse(json, strlen(json), NULL);
	struct buf		 b;
	char			 sep = strchr(url, '?') == NULL ? '?' : '&', *coded;

	if (o == NULL)
		return NULL;
	buf_init(&b, URL_MAX);
	buf_puts(&b, url);
	json_object_object_foreach(o, name, value) {
		if (value == NULL)
			continue;
		coded = evhttp_uriencode(json_object_is_type(value, json_type_string) ?
		    json_object_get_string(value) : json_text(value, NULL), -1, 0);
		buf_printf(&b, "%c%s=%s", sep, name, coded == NULL ? "" : coded);
		free(coded);
		sep = '&';
	}
	json_object_put(o);
	coded = buf_steal(&b, NULL);
	buf_clear(&b);
	return coded;
}

struct item {
	TAILQ_ENTRY(item) entry;
	int64_t		 due_ms;	/* monotonic */
	char		*url, *json;
	bool		 get, lost;
	unsigned	 times;		/* still to send */
	eventq_reply	*reply;
	void		*arg;
};

struct eventq {
	struct web	*web;
	const struct event_faults *faults;
	uint64_t	*counter, failed;
	struct event	*timer;
	TAILQ_HEAD(items, item) late;	/* not due yet, in their order */
	struct items	 ready;	/* in the order of sending; the first is being sent */
	struct item	*held;		/* shuffle: waits to be overtaken */
	size_t		 count;
	bool		 sending;
};

static void send_next(struct eventq *q);
static void on_timer(evutil_socket_t fd, short what, void *arg);

struct eventq *
eventq_new(struct event_base *base, struct web *web, const struct event_faults *faults, uint64_t *counter)
{
	struct eventq	*q;

	if ((q = mem_calloc(1, sizeof(*q))) == NULL)
		return NULL;
	TAILQ_INIT(&q->late);
	TAILQ_INIT(&q->ready);
	q->web = web;
	q->faults = faults;
	q->counter = counter;
	if ((q->timer = evtimer_new(base, on_timer, q)) == NULL) {
		free(q);
		errno = ENOMEM;
		return NULL;
	}
	return q;
}

/* Not in any list any more. */
static void
item_free(struct item *it)
{
	if (it == NULL)
		return;
	free(it->url);
	free(it->json);
	free(it);
}

void
eventq_free(struct eventq *q)
{
	struct item	*it;

	if (q == NULL)
		return;
	web_cancel(q->web, q);
	event_free(q->timer);
	item_free(q->held);
	while ((it = TAILQ_FIRST(&q->late)) != NULL) {
		TAILQ_REMOVE(&q->late, it, entry);
		item_free(it);
	}
	while ((it = TAILQ_FIRST(&q->ready)) != NULL) {
		TAILQ_REMOVE(&q->ready, it, entry);
		item_free(it);
	}
	free(q);
}

static void
on_sent(void *arg, const struct web_reply *r)
{
	struct eventq	*q = arg;
	struct item	*it = TAILQ_FIRST(&q->ready);
	eventq_reply	*reply = it->reply;
	void		*reply_arg = it->arg;
	bool		 ok = r->status >= 200 && r->status <= 205;

	q->sending = false;
	(*q->counter) += !it->lost;
	if ((!ok || r->fallback) && !it->lost)
		q->failed++;
	it->reply = NULL;
	if (--it->times == 0) {
		TAILQ_REMOVE(&q->ready, it, entry);
		q->count--;
		item_free(it);
	}
	send_next(q);
	if (reply != NULL)		/* last: it may free the queue */
		reply(reply_arg, ok ? r->body : NULL, ok ? r->body_len : 0);
}

static void
send_next(struct eventq *q)
{
	struct item	*it;
	eventq_reply	*reply;
	void		*arg;

	while (!q->sending && (it = TAILQ_FIRST(&q->ready)) != NULL) {
		if (delivery_send(q->web, &(struct delivery){ .kind = DELIVERY_EVENT, .url = it->url,
		    .get = it->get, .json = it->json, .wants_ncco = it->reply != NULL, .lost = it->lost },
		    on_sent, q) == 0) {
			q->sending = true;
			return;
		}
		reply = it->reply;
		arg = it->arg;
		TAILQ_REMOVE(&q->ready, it, entry);
		q->count--;
		q->failed++;
		item_free(it);
		if (reply != NULL) {
			reply(arg, NULL, 0);
			return;
		}
	}
}

/* Let one event that is due go on; with shuffle every second waits for the next. */
static void
pass_on(struct eventq *q, struct item *it)
{
	if (q->faults->shuffle && q->held == NULL) {
		q->held = it;
		it->due_ms = clock_mono_ms() + EVENT_HOLD_MS;
		return;
	}
	TAILQ_INSERT_TAIL(&q->ready, it, entry);
	if (q->held != NULL)
		TAILQ_INSERT_TAIL(&q->ready, q->held, entry);
	q->held = NULL;
}

static void
arm(struct eventq *q)
{
	struct item	*first = TAILQ_FIRST(&q->late);
	struct timeval	 tv = { 0, 0 };
	int64_t		 due_ms = INT64_MAX, wait_ms;

	if (first != NULL)
		due_ms = first->due_ms;
	if (q->held != NULL && q->held->due_ms < due_ms)
		due_ms = q->held->due_ms;
	if (due_ms == INT64_MAX)
		return;
	if ((wait_ms = due_ms - clock_mono_ms()) > 0) {
		tv.tv_sec = wait_ms / 1000;
		tv.tv_usec = wait_ms % 1000 * 1000;
	}
	evtimer_add(q->timer, &tv);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct eventq	*q = arg;
	struct item	*it;
	int64_t		 now_ms = clock_mono_ms();

	(void)fd;
	(void)what;
	while ((it = TAILQ_FIRST(&q->late)) != NULL && it->due_ms <= now_ms) {
		TAILQ_REMOVE(&q->late, it, entry);
		pass_on(q, it);
	}
	if (q->held != NULL && q->held->due_ms <= now_ms) {
		TAILQ_INSERT_TAIL(&q->ready, q->held, entry);
		q->held = NULL;
	}
	arm(q);
	send_next(q);
}

int
eventq_send(struct eventq *q, const char *url, bool get, char *json, eventq_reply *reply, void *arg)
{
	struct item	*it = NULL;

	json = eventfault_apply(q->faults, json);
	errno = q->count >= EVENT_QUEUE_MAX ? ENOBUFS : ENOMEM;
	if (json == NULL || q->count >= EVENT_QUEUE_MAX || (it = mem_calloc(1, sizeof(*it))) == NULL) {
		free(json);
		return -1;
	}
	simlog_event(url, json);
	it->due_ms = clock_mono_ms() + q->faults->late_ms;
	it->url = mem_strdup(url);
	it->json = json;
	it->get = get;
	it->lost = eventfault_lost(q->faults, web_serial(q->web));
	it->times = q->faults->duplicate ? 2 : 1;
	it->reply = reply;
	it->arg = arg;
	if (it->url == NULL) {
		item_free(it);
		errno = ENOMEM;
		return -1;
	}
	TAILQ_INSERT_TAIL(&q->late, it, entry);
	q->count++;
	arm(q);
	return 0;
}

bool
eventq_idle(const struct eventq *q)
{
	return q->count == 0;
}

uint64_t
eventq_failed(const struct eventq *q)
{
	return q->failed;
}
