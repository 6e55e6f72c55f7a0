/* SPDX-License-Identifier: ISC */
#include "tools/callsim/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/actor.h"
#include "tools/callsim/delivery.h"
#include "tools/callsim/report.h"
#include "tools/callsim/rest.h"

#define DEFAULT_RATE	16000	/* of the line when no websocket says another */
#define FLUSH_MS	10	/* how often an ending call looks whether its events are out */

static void on_tick(void *arg);
static void on_flush(evutil_socket_t fd, short what, void *arg);

const char *
call_result_name(enum call_result r)
{
	static const char *const names[] = {
		[CALL_RESULT_OK] = "ok", [CALL_RESULT_FAILED] = "failed",
		[CALL_RESULT_REJECTED] = "rejected", [CALL_RESULT_BAD_NCCO] = "bad-ncco",
		[CALL_RESULT_REFUSED] = "refused", [CALL_RESULT_BAD_FRAME] = "bad-frame",
		[CALL_RESULT_ERROR] = "error",
	};

	return names[r];
}

static int
new_details(struct call_details *d)
{
	d->talks = json_object_new_array();
	d->transcript = json_object_new_array();
	d->turns = json_object_new_array();
	d->marks = json_object_new_array();
	d->rest = json_object_new_array();
	d->disconnects = json_object_new_array();
	return d->talks == NULL || d->transcript == NULL || d->turns == NULL ||
	    d->marks == NULL || d->rest == NULL || d->disconnects == NULL ? -1 : 0;
}

struct call *
call_new(struct sim *sim, const char *from, const char *to, const char *uuid,
    void (*done)(void *arg, struct call *c), void *arg)
{
	const struct event_faults *faults = &sim->options.faults;
	struct call	*c;
	char		 random[SIM_UUID_SIZE];

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&sim->calls, c, entry);
	c->sim = sim;
	c->from = from;
	c->to = to;
	c->done = done;
	c->arg = arg;
	c->pace.tick = on_tick;
	c->pace.arg = c;
	sim_uuid(random, true);
	(void)snprintf(c->conversation, sizeof(c->conversation), "CON-%s", random);
	sim_uuid(random, !sim->options.undashed);
	(void)snprintf(c->inbound.uuid, sizeof(c->inbound.uuid), "%s", uuid == NULL ? random : uuid);
	c->inbound.to = mem_strdup(to);
	c->inbound.headers = mem_strdup("{}");
	c->inbound.event_url = mem_strdup(sim->options.event_url);
	c->inbound.events = eventq_new(sim->base, sim->web, faults, &c->events_sent);
	c->socket.events = eventq_new(sim->base, sim->web, faults, &c->events_sent);
	c->timer = evtimer_new(sim->base, on_flush, c);
	if (c->inbound.to == NULL || c->inbound.headers == NULL || c->inbound.event_url == NULL ||
	    c->inbound.events == NULL || c->socket.events == NULL || c->timer == NULL ||
	    (sim->options.details && new_details(&c->details) == -1)) {
		call_free(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

void
call_leg_clear(struct call_leg *leg)
{
	free(leg->to);
	free(leg->headers);
	free(leg->event_url);
	leg->to = leg->headers = leg->event_url = NULL;
}

void
call_free(struct call *c)
{
	struct call_details	*d;

	if (c == NULL)
		return;
	d = &c->details;
	TAILQ_REMOVE(&c->sim->calls, c, entry);
	actor_clear(c);
	pace_remove(c->sim->pace, &c->pace);
	web_cancel(c->sim->web, c);
	speech_cancel(c->sim->speech, c);
	wsclient_free(c->ws);
	line_free(c->line);
	call_leg_clear(&c->inbound);
	call_leg_clear(&c->socket);
	eventq_free(c->inbound.events);
	eventq_free(c->socket.events);
	if (c->timer != NULL)
		event_free(c->timer);
	ncco_clear(&c->ncco);
	free(c->connected_text);
	json_object_put(d->talks);
	json_object_put(d->transcript);
	json_object_put(d->turns);
	json_object_put(d->marks);
	json_object_put(d->rest);
	json_object_put(d->disconnects);
	free(c);
}

void
call_trouble(struct call *c, enum call_result result, const char *fmt, ...)
{
	struct log_ctx	ctx = { .call = c->inbound.uuid };
	char		why[sizeof(c->reason)];
	va_list		ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_warn(&ctx, "trouble", "result=%s why=%s", call_result_name(result), LOG_Q(why));
	if (c->result != CALL_RESULT_OK)
		return;
	c->result = result;
	(void)snprintf(c->reason, sizeof(c->reason), "%s", why);
}

bool
call_is(const struct call *c, const char *id)
{
	return c->state == CALL_LIVE && (strcmp(id, c->inbound.uuid) == 0 ||
	    strcmp(id, c->conversation) == 0 || (c->ws_open && strcmp(id, c->socket.uuid) == 0));
}

int64_t
call_now_ms(const struct call *c)
{
	return c->line == NULL ? 0 : line_now_ms(c->line);
}

void
call_event(struct call *c, struct call_leg *leg, enum event_status status, const char *by, eventq_reply *reply)
{
	bool		 inbound = leg == &c->inbound;
	struct event_leg info = {
		.uuid = leg->uuid, .conversation_uuid = c->conversation,
		.from = inbound ? c->from : c->to, .to = leg->to,
		.direction = inbound ? "inbound" : "outbound", .headers = leg->headers,
		.started_ms = leg->started_ms, .answered_ms = leg->answered_ms,
	};
	/* ringing carries the time of started (spec/vonage.md 2.3) */
	int64_t		 now_ms = status == EVENT_RINGING ? leg->started_ms : clock_wall_ms();

	if (status == EVENT_STARTED) {
		leg->begun = true;
		leg->answered_ms = 0;
		info.started_ms = leg->started_ms = now_ms;
	} else if (status == EVENT_ANSWERED)
		info.answered_ms = leg->answered_ms = now_ms;
	else if (status == EVENT_COMPLETED || status == EVENT_DISCONNECTED || status == EVENT_FAILED ||
	    status == EVENT_UNANSWERED)
		leg->begun = false;
	if (eventq_send(leg->events, leg->event_url, leg->event_get,
	    event_json(&info, status, now_ms, by), reply, c) == 0)
		return;
	call_trouble(c, CALL_RESULT_ERROR, "event: %s", strerror(errno));
	if (reply != NULL)
		reply(c, NULL, 0);
}

/* Over before there was a line: nothing to close but the events. */
static void
abandon(struct call *c)
{
	struct timeval	soon = { 0, FLUSH_MS * 1000 };

	c->state = CALL_ENDING;
	evtimer_add(c->timer, &soon);
}

static void
bad_ncco(struct call *c, enum ncco_result r, const char *cause)
{
	char	*json, why[NCCO_CAUSE_SIZE + 40];

	if (r == NCCO_REFUSED) {
		call_trouble(c, CALL_RESULT_REFUSED, "NCCO refused: %s", cause);
		return;
	}
	call_trouble(c, CALL_RESULT_BAD_NCCO, "NCCO: %s", cause);
	(void)snprintf(why, sizeof(why), "Syntax error in NCCO. %s", cause);
	json = event_error_json(c->conversation, why, clock_wall_ms());
	(void)eventq_send(c->inbound.events, c->sim->options.event_url, false, json, NULL, NULL);
}

static uint32_t
rate_of(const struct ncco *n)
{
	size_t	i;

	for (i = 0; i < n->nactions; i++)
		if (n->actions[i].kind == NCCO_CONNECT)
			return n->actions[i].rate_hz;
	return DEFAULT_RATE;
}

static void
pick_up(struct call *c)
{
	call_event(c, &c->inbound, EVENT_STARTED, NULL, NULL);
	call_event(c, &c->inbound, EVENT_RINGING, NULL, NULL);
	if ((c->line = line_new(rate_of(&c->ncco), &c->sim->options.line)) == NULL) {
		call_trouble(c, CALL_RESULT_ERROR, "line: %s", strerror(errno));
		abandon(c);
		return;
	}
	c->state = CALL_LIVE;
	call_event(c, &c->inbound, EVENT_ANSWERED, NULL, NULL);
	c->tick_us = clock_mono_us();
	pace_add(c->sim->pace, &c->pace);
	call_ncco_next(c);
}

static void
on_answer(void *arg, const struct web_reply *r)
{
	struct call		*c = arg;
	char			 cause[NCCO_CAUSE_SIZE];
	enum ncco_result	 rc;

	if (c->state != CALL_ASKING)
		return;
	if (r->status != 200)
		call_trouble(c, CALL_RESULT_REJECTED, "answer webhook: %s (status %ld, %u attempts)",
		    r->status == 0 ? r->error : "refused", r->status, r->attempts);
	else if (r->content_type == NULL || strncasecmp(r->content_type, "application/json", 16) != 0)
		call_trouble(c, CALL_RESULT_REJECTED, "answer webhook: content type \"%s\"",
		    r->content_type == NULL ? "" : r->content_type);
	else if ((rc = ncco_parse(&c->ncco, r->body, r->body_len, cause, sizeof(cause))) != NCCO_OK)
		bad_ncco(c, rc, cause);
	else {
		pick_up(c);
		return;
	}
	abandon(c);
}

static char *
answer_body(struct call *c)
{
	struct json_object	*o = json_object_new_object();
	const char		*base = c->sim->options.api_base;
	char			 self[64], *text;

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "from", c->from);
	(void)json_add_str(o, "to", c->to);
	(void)json_add_str(o, "uuid", c->inbound.uuid);
	(void)json_add_str(o, "conversation_uuid", c->conversation);
	(void)json_add_str(o, "endpoint_type", "phone");
	if (base != NULL && strcmp(base, "self") == 0) {
		(void)snprintf(self, sizeof(self), "http://127.0.0.1:%u", rest_port(c->sim->rest));
		base = self;
	}
	(void)json_add_str(o, "region_url", base);
	text = mem_strdup(json_text(o, NULL));
	json_object_put(o);
	return text;
}

void
call_start(struct call *c)
{
	const struct sim_options *o = &c->sim->options;
	char			 *body;
	int			  rc = -1;

	c->state = CALL_ASKING;
	if ((body = answer_body(c)) != NULL)
		rc = delivery_send(c->sim->web, &(struct delivery){ .kind = DELIVERY_ANSWER,
		    .url = o->answer_url, .get = o->answer_get, .json = body }, on_answer, c);
	free(body);
	if (rc == -1) {
		call_trouble(c, CALL_RESULT_ERROR, "answer webhook: out of memory");
		abandon(c);
	}
}

static void
on_spoken(void *arg, struct clip *clip)
{
	struct call	*c = arg;

	if (c->state != CALL_LIVE || c->wait != CALL_WAIT_SPEECH)
		return;
	if (clip == NULL) {
		call_trouble(c, CALL_RESULT_ERROR, "flite could not speak the talk");
		c->wait = CALL_WAIT_NOTHING;
		call_ncco_next(c);
		return;
	}
	line_talk(c->line, clip);
	c->wait = CALL_WAIT_TALK;
}

static void
note_talk(struct call *c, const struct ncco_action *a)
{
	struct json_object	*o;

	if (c->details.talks == NULL)
		return;
	(void)json_object_array_add(c->details.talks, json_object_new_string(a->text));
	if ((o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", call_now_ms(c));
	(void)json_add_str(o, "who", "talk");
	(void)json_add_str(o, "text", a->text);
	(void)json_add_str(o, "language", a->language == NULL ? "en-US" : a->language);
	(void)json_object_array_add(c->details.transcript, o);
}

static void
start_talk(struct call *c, const struct ncco_action *a)
{
	note_talk(c, a);
	c->wait = CALL_WAIT_SPEECH;
	if (speech_say(c->sim->speech, c->sim->options.talk_voice, a->text, line_rate(c->line),
	    on_spoken, c) == 0)
		return;
	call_trouble(c, CALL_RESULT_ERROR, "talk: %s", strerror(errno));
	c->wait = CALL_WAIT_NOTHING;
}

/* Valid, but this runner would play it as something else. */
static bool
unplayed(const struct ncco_action *a)
{
	return (a->kind == NCCO_TALK && (a->loop != 1 || a->barge_in)) ||
	    (a->kind == NCCO_CONNECT && a->endpoint != NCCO_WEBSOCKET);
}

void
call_ncco_next(struct call *c)
{
	const struct ncco_action	*a;

	while (c->state == CALL_LIVE && c->wait == CALL_WAIT_NOTHING) {
		if (c->next_action == c->ncco.nactions) {
			if (!c->ws_open)
				call_end(c, "platform");
			return;
		}
		a = &c->ncco.actions[c->next_action++];
		if (unplayed(a)) {
			call_trouble(c, CALL_RESULT_REFUSED, "NCCO refused: callsim does not play this %s",
			    ncco_kind_name(a->kind));
			call_end(c, "platform");
			return;
		}
		switch (a->kind) {
		case NCCO_TALK:
			start_talk(c, a);
			break;
		case NCCO_CONNECT:
			sockleg_connect(c, a);
			break;
		case NCCO_STREAM:
		case NCCO_RECORD:
		case NCCO_CONVERSATION:
		case NCCO_WAIT:
		case NCCO_INPUT:
		case NCCO_NOTIFY:
		case NCCO_TRANSFER:
			call_trouble(c, CALL_RESULT_REFUSED, "NCCO refused: callsim does not play this action");
			call_end(c, "platform");
			return;
		}
	}
}

void
call_ncco_reply(void *arg, const char *body, size_t len)
{
	struct call		*c = arg;
	struct ncco		 fresh = { 0 };
	enum ncco_result	 rc;
	char			 cause[NCCO_CAUSE_SIZE];

	if (c->state != CALL_LIVE || c->wait != CALL_WAIT_REPLY)
		return;
	c->wait = CALL_WAIT_NOTHING;
	if (body != NULL && delivery_is_array(body, len)) {
		rc = ncco_parse(&fresh, body, len, cause, sizeof(cause));
		if (rc != NCCO_OK)
			bad_ncco(c, rc, cause);
		else if (fresh.nactions > 0) {
			ncco_clear(&c->ncco);
			c->ncco = fresh;
			c->next_action = 0;
		} else
			ncco_clear(&fresh);
	}
	call_ncco_next(c);
}

/* The latency of the running turn, as soon as the reply is heard. */
static void
tell_turn(struct call *c)
{
	struct log_ctx		 ctx = { .call = c->inbound.uuid };
	const struct earmeter	*m = line_meter(c->line);
	double			 ms;

	if (c->turn_name == NULL || c->turn_told || !earmeter_latency_ms(m, &m->turn, &ms))
		return;
	c->turn_told = true;
	log_info(&ctx, "turn.heard", "turn=%u ear_latency_ms=%.1f at_ms=%lld", c->nturns, ms,
	    (long long)earmeter_ms(m, m->turn.reply_begin));
}

static void
on_tick(void *arg)
{
	struct call	*c = arg;
	const int16_t	*frame;
	char		*payload;

	c->tick_us = clock_mono_us();
	while ((payload = vbuffer_reached(line_buffer(c->line))) != NULL) {
		if (c->ws_open)
			wsclient_send_text(c->ws, payload, strlen(payload));
		free(payload);
	}
	line_tick(c->line, &frame);
	sockleg_tick(c, frame);
	tell_turn(c);
	if (c->wait == CALL_WAIT_TALK && !line_talking(c->line)) {
		c->wait = CALL_WAIT_NOTHING;
		call_ncco_next(c);
	}
	if (c->state == CALL_LIVE)
		actor_tick(c);
	if (c->state == CALL_LIVE && call_now_ms(c) >= c->sim->options.max_ms) {
		if (!c->sim->options.loop)
			call_trouble(c, CALL_RESULT_FAILED, "the call lasted longer than --max-seconds");
		call_end(c, "user");
	}
}

static struct json_object *
turn_json(const struct call *c, const struct earmeter *m)
{
	struct json_object		*o = json_object_new_object();
	const struct earmeter_turn	*t = &m->turn;
	double				 ms;

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "say", c->turn_name);
	(void)json_add_int(o, "speech_begin_ms", earmeter_ms(m, t->speech_begin));
	(void)json_add_int(o, "speech_end_ms", earmeter_ms(m, t->speech_end));
	(void)json_object_object_add(o, "reply_begin_ms", t->reply_begin == -1 ? NULL :
	    json_object_new_int64(earmeter_ms(m, t->reply_begin)));
	(void)json_object_object_add(o, "ear_latency_ms",
	    earmeter_latency_ms(m, t, &ms) ? report_number(ms) : NULL);
	(void)json_add_bool(o, "interrupting", t->interrupting);
	(void)json_object_object_add(o, "stop_after_interrupt_ms",
	    earmeter_stop_ms(m, t, &ms) ? report_number(ms) : NULL);
	return o;
}

void
call_turn_close(struct call *c)
{
	const struct earmeter	*m;
	double			 ms;

	if (c->turn_name == NULL)
		return;
	m = line_meter(c->line);
	if (earmeter_latency_ms(m, &m->turn, &ms))
		histogram_add(&c->sim->stats.latency, ms);
	if (earmeter_stop_ms(m, &m->turn, &ms))
		histogram_add(&c->sim->stats.stop, ms);
	if (c->details.turns != NULL)
		(void)json_object_array_add(c->details.turns, turn_json(c, m));
	c->turn_name = NULL;
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (!eventq_idle(c->inbound.events) || !eventq_idle(c->socket.events) || !actor_settled(c)) {
		struct timeval soon = { 0, FLUSH_MS * 1000 };

		evtimer_add(c->timer, &soon);
		return;
	}
	c->state = CALL_OVER;
	c->sim->stats.events_sent += c->events_sent;
	c->sim->stats.events_failed += eventq_failed(c->inbound.events) + eventq_failed(c->socket.events);
	c->done(c->arg, c);
}

void
call_end(struct call *c, const char *by)
{
	struct log_ctx	 ctx = { .call = c->inbound.uuid };
	const char	*left;
	unsigned	 line;

	if (c->state != CALL_LIVE)
		return;
	pace_remove(c->sim->pace, &c->pace);
	if ((left = actor_unfinished(c, &line)) != NULL)
		call_trouble(c, CALL_RESULT_FAILED, "the call ended before line %u of the script (%s)",
		    line, left);
	c->ended_by = by;
	c->duration_ms = line_ticks(c->line) * AUDIO_FRAME_MS;
	if (line_finish(c->line) == -1)
		call_trouble(c, CALL_RESULT_ERROR, "%s: %s", c->sim->options.line.wav_path, strerror(errno));
	call_turn_close(c);
	speech_cancel(c->sim->speech, c);
	if (c->ws != NULL) {
		c->sim->stats.dropped_out += wsclient_dropped(c->ws);
		wsclient_close(c->ws);
	}
	c->ws = NULL;
	c->ws_open = false;
	abandon(c);
	if (c->socket.begun)
		call_event(c, &c->socket, EVENT_COMPLETED, by, NULL);
	call_event(c, &c->inbound, EVENT_COMPLETED, by, NULL);
	log_info(&ctx, "call.end", "by=%s ms=%lld result=%s", by, (long long)c->duration_ms,
	    call_result_name(c->result));
}
