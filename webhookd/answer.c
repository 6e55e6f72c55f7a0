/* SPDX-License-Identifier: ISC */
/*
 * The answer webhook: who calls, which flow, which socket. Nothing here waits
 * for the disk: the call's row and the event are queued and the NCCO goes out.
 * Vonage may ask twice (spec/vonage.md 1.2): the same call gets the same NCCO.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/calls.h"
#include "webhookd/dial.h"
#include "webhookd/webhookd.h"

#define AGAIN_MS	30000	/* an NCCO is given again for so long; then its token is too old */

static void
on_committed(void *arg, int rc, int err)
{
	struct webhookd	*w = arg;

	if (rc == 0)
		return;
	w->stats.commit_failed++;
	log_error(NULL, "store.failed", "what=answer cause=%s did=went_on", LOG_Q(strerror(err)));
}

/* Numbers are E.164 without "+"; contacts may be asked with it. */
static const char *
plain_number(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

static void
find_contact(struct webhookd *w, struct store_call *row)
{
	const struct webhookd_conf *conf = conf_of(w);
	struct store_contact	 contact;
	const char		*person = plain_number(row->dial != 0 ? row->called : row->caller);

	(void)snprintf(row->language, sizeof(row->language), "%s", conf->language);
	(void)snprintf(row->assistant, sizeof(row->assistant), "%s", conf->assistant);
	if (*person == '\0' || store_get_contact(w->store, person, &contact) != 1)
		return;
	(void)snprintf(row->name, sizeof(row->name), "%s", contact.name);
	if (contact.language[0] != '\0')
		(void)snprintf(row->language, sizeof(row->language), "%s", contact.language);
	if (contact.assistant[0] != '\0')
		(void)snprintf(row->assistant, sizeof(row->assistant), "%s", contact.assistant);
}

static void
fill_row(struct webhookd *w, struct store_call *row, const struct event *ev)
{
	(void)snprintf(row->conversation, sizeof(row->conversation), "%s", ev->conversation);
	if (row->dial == 0) {			/* else dial.c knows its direction and flow */
		(void)snprintf(row->direction, sizeof(row->direction), "inbound");
		(void)snprintf(row->flow, sizeof(row->flow), "%s", conf_of(w)->flow);
	}
	(void)snprintf(row->caller, sizeof(row->caller), "%s", plain_number(ev->from));
	(void)snprintf(row->called, sizeof(row->called), "%.63s", plain_number(ev->to));
	(void)snprintf(row->region_url, sizeof(row->region_url), "%s", ev->region_url);
	if (row->state[0] == '\0')
		(void)snprintf(row->state, sizeof(row->state), "new");
	if (row->started_at == -1)
		row->started_at = clock_wall_ms();
	find_contact(w, row);
}

static bool
full(struct webhookd *w)
{
	struct bus_peer	*peer;
	int64_t		 calls = 0;
	size_t		 i;

	for (i = 0; (peer = bus_peer_at(w->d->bus, i)) != NULL; i++)
		if (peer->daemon == CONF_SOCKD && peer->alive)
			calls += peer->calls;
	return calls >= conf_of(w)->max_calls;
}

static void
store_answer(struct webhookd *w, const struct store_call *row, struct json_object *obj, const struct event *ev)
{
	struct store_event	 e = { .call = row->id, .received_at = clock_wall_ms() };

	(void)snprintf(e.leg, sizeof(e.leg), "%s", ev->uuid);
	(void)snprintf(e.kind, sizeof(e.kind), "answer");
	e.body = json_text(obj, &e.body_len);
	if (store_put_call(w->store, row, on_committed, w) == -1 ||
	    store_add_event(w->store, &e, on_committed, w) == -1) {
		w->stats.commit_failed++;
		log_error(&(struct log_ctx){ row->id.text }, "store.refused", "what=answer cause=%s did=went_on", LOG_Q(strerror(errno)));
	}
}

/* The NCCO for a call that is new, or whose last one is too old. */
static int
decide(struct webhookd *w, struct known_call *call)
{
	struct log_ctx	 ctx = { call->row.id.text };
	char		 uri[512];
	const char	*why = NULL;

	if (w->d->draining)
		why = "draining";
	else if (full(w))
		why = "max_calls";
	else if (!ncco_socket_uri(w, &call->row.id, uri, sizeof(uri)))
		why = "no_sockd";
	free(call->ncco);
	call->ncco = ncco_make(w, why == NULL ? FLOW_ASSISTANT : FLOW_BUSY, &call->row, why == NULL ? uri : NULL, &call->ncco_len);
	/* Only an answer that leads somewhere is given again; "busy" is asked anew. */
	call->ncco_mono_ms = why == NULL ? clock_mono_ms() : clock_mono_ms() - AGAIN_MS;
	if (why != NULL) {
		w->stats.busy++;
		log_warn(&ctx, "answer.busy", "cause=%s", why);
	} else
		log_info(&ctx, "answer", "flow=%s assistant=%s language=%s known=%d", call->row.flow,
		    LOG_Q(call->row.assistant), LOG_Q(call->row.language), call->row.name[0] != '\0');
	return call->ncco != NULL ? 0 : -1;
}

void
answer_handle(struct webhookd *w, struct http_req *req, struct json_object *obj)
{
	struct known_call	*call;
	struct event		 ev;
	struct callid		 id;
	bool			 again;

	event_parse(obj, &ev);
	event_clear(&ev);			/* nothing nested is read here */
	event_read_query(http_query(req), &ev);
	dial_adopt(w, ev.d, ev.n, ev.uuid, ev.conversation);
	if (callid_parse(ev.uuid, &id) == -1) {
		w->stats.bad_requests++;
		log_warn(NULL, "answer.refused", "cause=uuid peer=%s", http_peer(req));
		reply_problem(req, 400, "Bad Request", "uuid: absent, or not 1 to 64 characters of 0-9 A-Z a-z _ . -");
		return;
	}
	if ((call = calls_add(w->calls, &id)) == NULL) {
		reply_problem(req, 503, "Out of memory", NULL);
		return;
	}
	w->stats.answers++;
	again = call->ncco != NULL && clock_mono_ms() - call->ncco_mono_ms < AGAIN_MS;
	if (again)
		w->stats.answers_again++;
	else {
		fill_row(w, &call->row, &ev);
		if (decide(w, call) == -1) {
			reply_problem(req, 503, "Out of memory", NULL);
			return;
		}
		store_answer(w, &call->row, obj, &ev);
	}
	http_reply(req, 200, "application/json", call->ncco, call->ncco_len);
}
