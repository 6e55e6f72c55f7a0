/* SPDX-License-Identifier: ISC */
/*
 * simevent: the events that Vonage sends for a leg (spec/vonage.md 2.3), and
 * their way to the webhook (delivery.h) with the faults of real life on request
 * (eventfault.h): doubled, late, out of order, lost, odd.
 *
 * One queue a leg; events of one leg are sent one after the other, so that
 * without faults they arrive in order. At most EVENT_QUEUE_MAX wait.
 */
#ifndef CALLSIM_SIMEVENT_H
#define CALLSIM_SIMEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "tools/callsim/eventfault.h"
#include "tools/callsim/web.h"

#define EVENT_QUEUE_MAX	64
#define EVENT_HOLD_MS	300	/* shuffle: longest wait for an event to overtake */

struct event_leg {		/* borrowed texts, for event_json() only */
	const char	*uuid, *conversation_uuid, *from, *to, *direction;
	const char	*headers;	/* a JSON object as text */
	int64_t		 started_ms, answered_ms;	/* wall time; 0: not yet */
	const char	*detail, *sub_state;		/* NULL: none */
	int		 sip_code;			/* 0: none */
};

/* What a leg that ended at now_ms cost: begun seconds after the answer, EUR a minute and in all. */
struct event_cost {
	int64_t	seconds;
	double	rate, price;
};
struct event_cost event_cost(int64_t answered_ms, int64_t now_ms);

enum event_status {
	EVENT_STARTED, EVENT_RINGING, EVENT_ANSWERED, EVENT_FAILED, EVENT_UNANSWERED,
	EVENT_DISCONNECTED, EVENT_COMPLETED, EVENT_BUSY, EVENT_CANCELLED, EVENT_REJECTED,
	EVENT_TIMEOUT, EVENT_HUMAN, EVENT_MACHINE
};
const char *event_status_name(enum event_status status);

/*
 * The JSON of an event at now_ms; by ("user", "platform") is only for
 * completed. The caller frees it; NULL: ENOMEM.
 */
char	*event_json(const struct event_leg *leg, enum event_status status, int64_t now_ms, const char *by);
/* An error event (spec/vonage.md 2.5). */
char	*event_error_json(const char *conversation_uuid, const char *reason, int64_t now_ms);
/* A flat JSON object as a query behind url; objects as JSON text. The caller frees it. */
char	*event_query_url(const char *url, const char *json);

struct eventq;
/*
 * body is the answer to an event that was sent with a reply function, of the
 * webhook or of the fallback URL; NULL: none came.
 */
typedef void eventq_reply(void *arg, const char *body, size_t len);

/* *counter counts events sent (answered with 2xx or not). faults is borrowed. NULL: ENOMEM. */
struct eventq *eventq_new(struct event_base *base, struct web *web, const struct event_faults *faults,
    uint64_t *counter);
void	eventq_free(struct eventq *q);		/* what waits is dropped */
/*
 * Send json (the queue's from now on, NULL is a no-op) to url. reply may be
 * NULL; it is called once, with the first answer of a doubled event. 0, or -1
 * with ENOMEM or ENOBUFS (reply is not called then).
 */
int	eventq_send(struct eventq *q, const char *url, bool get, char *json, eventq_reply *reply, void *arg);
bool	eventq_idle(const struct eventq *q);
/* Events that got no 2xx answer. */
uint64_t eventq_failed(const struct eventq *q);

#endif
