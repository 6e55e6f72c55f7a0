/* SPDX-License-Identifier: ISC */
/* The socket leg of a call: what Vonage does with a WebSocket (spec/vonage.md 4). */
#include "tools/callsim/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"

#define CLEARED	"{\"event\":\"websocket:cleared\"}"

static void
note_disconnect(struct call *c, const char *why)
{
	struct log_ctx		 ctx = { .call = c->inbound.uuid };
	struct json_object	*o;

	log_info(&ctx, "socket.lost", "why=%s", LOG_Q(why));
	if (c->details.disconnects == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", call_now_ms(c));
	(void)json_add_str(o, "why", why);
	(void)json_object_array_add(c->details.disconnects, o);
}

/* The socket is gone by accident: report it; the answer may be an NCCO. */
static void
socket_lost(struct call *c, const char *why)
{
	note_disconnect(c, why);	/* before the free: why may be the socket's */
	c->sim->stats.dropped_out += wsclient_dropped(c->ws);
	wsclient_free(c->ws);
	c->ws = NULL;
	c->ws_open = false;
	c->was_lost = true;
	line_clear(c->line, clock_mono_us() - c->tick_us);
	arrival_clear(&c->arrival);
	line_talk(c->line, NULL);
	speech_cancel(c->sim->speech, c);
	c->wait = CALL_WAIT_REPLY;
	call_event(c, &c->socket, EVENT_DISCONNECTED, NULL, call_ncco_reply);
}

void
sockleg_drop(struct call *c, const char *why)
{
	if (c->ws_open)
		socket_lost(c, why);
}

static void
on_connected(void *arg)
{
	struct call	*c = arg;
	struct log_ctx	 ctx = { .call = c->inbound.uuid };

	c->ws_open = true;
	c->connects++;
	if (c->was_lost)
		c->reconnects++;
	c->was_lost = false;
	log_info(&ctx, "socket.open", "uuid=%s", c->socket.uuid);
	wsclient_send_text(c->ws, c->connected_text, strlen(c->connected_text));
	call_event(c, &c->socket, EVENT_ANSWERED, NULL, NULL);
	c->wait = CALL_WAIT_NOTHING;
	call_ncco_next(c);
}

static void
on_closed(void *arg, const char *why, bool timed_out)
{
	struct call	*c = arg;

	if (c->ws_open) {
		socket_lost(c, why);
		return;
	}
	note_disconnect(c, why);
	wsclient_free(c->ws);
	c->ws = NULL;
	if (!c->socket.synchronous) {
		call_event(c, &c->socket, timed_out ? EVENT_UNANSWERED : EVENT_FAILED, NULL, NULL);
		c->wait = CALL_WAIT_NOTHING;
		call_ncco_next(c);
		return;
	}
	c->wait = CALL_WAIT_REPLY;
	call_event(c, &c->socket, timed_out ? EVENT_UNANSWERED : EVENT_FAILED, NULL, call_ncco_reply);
}

static void
count_arrival(struct call *c)
{
	struct sim_stats	*st = &c->sim->stats;
	struct arrival_frame	 f = arrival_take(&c->arrival, clock_mono_us());

	c->frames_in++;
	st->frames_in++;
	if (f.has_lateness)
		histogram_add(&st->lateness, (double)f.lateness_us / 1000);
	if (f.has_lateness && f.lateness_us > 0)
		st->underruns++;
	if (f.has_jitter)
		histogram_add(&st->jitter, (double)f.jitter_us / 1000);
}

static void
on_binary(void *arg, const void *data, size_t len)
{
	struct call	*c = arg;
	char		 why[120];

	if (len != line_frame_len(c->line)) {
		c->bad_frames++;
		c->sim->stats.bad_frames++;
		(void)snprintf(why, sizeof(why), "unexpected frame size %zu, when required %zu",
		    len, line_frame_len(c->line));
		call_trouble(c, CALL_RESULT_BAD_FRAME, "%s", why);
		socket_lost(c, why);
		return;
	}
	count_arrival(c);
	if (vbuffer_push(line_buffer(c->line), data) == 0)
		return;
	if (errno == ENOBUFS && c->overflows++ > 0)
		return;
	call_trouble(c, errno == ENOBUFS ? CALL_RESULT_BAD_FRAME : CALL_RESULT_ERROR,
	    errno == ENOBUFS ? "more than %d frames sent ahead" : "out of memory with %d frames",
	    VBUFFER_FRAMES_MAX);
}

static void
take_notify(struct call *c, struct json_object *payload)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return;
	(void)json_add_str(o, "event", "websocket:notify");
	(void)json_add(o, "payload", json_object_get(payload));
	if (vbuffer_mark(line_buffer(c->line), json_text(o, NULL)) == -1)
		call_trouble(c, CALL_RESULT_ERROR, "notify: %s", strerror(errno));
	c->notifies++;
	json_object_put(o);
}

static void
on_text(void *arg, const char *text, size_t len)
{
	struct call		*c = arg;
	struct json_object	*o = json_parse(text, len, NULL);
	const char		*action = json_object_is_type(o, json_type_object) ?
	    json_get_str_or(o, "action", "") : "";

	if (strcmp(action, "clear") == 0) {
		c->clears++;
		line_clear(c->line, clock_mono_us() - c->tick_us);
		arrival_clear(&c->arrival);
		wsclient_send_text(c->ws, CLEARED, strlen(CLEARED));
	} else if (strcmp(action, "notify") == 0 && json_get_obj(o, "payload") != NULL)
		take_notify(c, json_get_obj(o, "payload"));
	else
		c->unknown_texts++;
	json_object_put(o);
}

static int
new_leg(struct call *c, const struct ncco_action *a)
{
	struct call_leg	*leg = &c->socket;

	call_leg_clear(leg);
	free(c->connected_text);
	c->connected_text = ncco_connected_text(a);
	sim_uuid(leg->uuid, true);
	leg->to = mem_strdup(a->uri);
	leg->headers = mem_strdup(a->headers);
	leg->event_url = mem_strdup(a->event_url == NULL ? c->sim->options.event_url : a->event_url);
	leg->event_get = a->event_get;
	leg->synchronous = a->synchronous;
	return c->connected_text == NULL || leg->to == NULL || leg->headers == NULL ||
	    leg->event_url == NULL ? -1 : 0;
}

/* The Authorization header of the upgrade; *ret may become NULL: none. */
static int
authorization(struct call *c, const struct ncco_action *a, char **ret)
{
	*ret = NULL;
	if (a->auth == NCCO_AUTH_VONAGE)
		return sign_header(&c->sim->options.sign, NULL, 0, ret);
	return a->authorization == NULL || (*ret = mem_strdup(a->authorization)) != NULL ? 0 : -1;
}

void
sockleg_connect(struct call *c, const struct ncco_action *a)
{
	char	*auth = NULL;
	static const struct ws_handlers handlers = {
		.connected = on_connected, .binary = on_binary, .text = on_text, .closed = on_closed,
	};

	if (c->ws != NULL || a->rate_hz != line_rate(c->line)) {
		call_trouble(c, CALL_RESULT_REFUSED, c->ws != NULL ?
		    "NCCO refused: callsim connects one websocket at a time" :
		    "NCCO refused: callsim keeps the rate of the first websocket");
		return;
	}
	if (a->auth == NCCO_AUTH_VONAGE && c->sim->options.sign.secret == NULL) {
		call_trouble(c, CALL_RESULT_REFUSED, "NCCO refused: authorization vonage needs --sign-secret");
		return;
	}
	if (new_leg(c, a) == -1 || authorization(c, a, &auth) == -1 ||
	    (c->ws = wsclient_open(c->sim->net, a->uri, auth, &handlers, c)) == NULL) {
		free(auth);
		call_trouble(c, errno == EINVAL ? CALL_RESULT_BAD_NCCO : CALL_RESULT_ERROR,
		    "connect %s: %s", a->uri, strerror(errno));
		return;
	}
	free(auth);
	c->wait = CALL_WAIT_CONNECT;
	call_event(c, &c->socket, EVENT_STARTED, NULL, NULL);
	call_event(c, &c->socket, EVENT_RINGING, NULL, NULL);
}

void
sockleg_tick(struct call *c, const int16_t *frame)
{
	if (!c->ws_open)
		return;
	wsclient_send_binary(c->ws, frame, line_frame_len(c->line));
	c->frames_out++;
	c->sim->stats.frames_out++;
}
