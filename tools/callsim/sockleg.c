/* SPDX-License-Identifier: ISC */
#include "tools/callsim/sockleg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/mix.h"
#include "tools/callsim/sim.h"

#define CLEARED	"{\"event\":\"websocket:cleared\"}"

static void
note_disconnect(struct leg *leg, const char *why)
{
	struct log_ctx		 ctx = { .call = leg->call->first->uuid };
	struct json_object	*o;

	log_info(&ctx, "socket.lost", "leg=%s why=%s", leg->uuid, LOG_Q(why));
	if (leg->call->details.disconnects == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", call_now_ms(leg->call));
	(void)json_add_str(o, "why", why);
	(void)json_object_array_add(leg->call->details.disconnects, o);
}

/* What waits to be played is gone, and the rest of the frame that is heard. */
static void
clear_playback(struct leg *leg)
{
	size_t	n = leg->conv == NULL ? 0 : AUDIO_FRAME_SAMPLES(leg->conv->rate_hz);
	int64_t	from;

	(void)vbuffer_clear(leg->sock.buffer);
	arrival_clear(&leg->sock.arrival);
	if (n == 0)
		return;
	from = (clock_mono_us() - leg->conv->tick_us) * leg->conv->rate_hz / 1000000;
	if (from >= 0 && from < (int64_t)n)
		memset(leg->said + from, 0, (n - (size_t)from) * sizeof(*leg->said));
	conv_cleared(leg);
}

void
sockleg_clear(struct sock *s)
{
	wsclient_free(s->ws);
	vbuffer_free(s->buffer);
	free(s->connected_text);
	*s = (struct sock){ 0 };
}

/* The socket is gone by accident: report it; the answer may be an NCCO. */
static void
socket_lost(struct leg *leg, const char *why)
{
	note_disconnect(leg, why);	/* before the free: why may be the socket's */
	leg->sim->stats.dropped_out += wsclient_dropped(leg->sock.ws);
	wsclient_free(leg->sock.ws);
	leg->sock.ws = NULL;
	leg->sock.open = false;
	leg->call->sockets_open--;
	leg->call->was_lost = true;
	clear_playback(leg);
	run_disconnected(leg);
}

void
sockleg_drop(struct leg *leg, const char *why)
{
	if (leg->sock.open)
		socket_lost(leg, why);
}

void
sockleg_close(struct leg *leg)
{
	if (leg->sock.ws != NULL) {
		leg->sim->stats.dropped_out += wsclient_dropped(leg->sock.ws);
		wsclient_close(leg->sock.ws);
	}
	leg->sock.ws = NULL;
	if (leg->sock.open)
		leg->call->sockets_open--;
	leg->sock.open = false;
}

static void
on_connected(void *arg)
{
	struct leg	*leg = arg;
	struct call	*c = leg->call;
	struct log_ctx	 ctx = { .call = c->first->uuid };

	leg->sock.open = true;
	c->sockets_open++;
	c->connects++;
	if (c->was_lost)
		c->reconnects++;
	c->was_lost = false;
	log_info(&ctx, "socket.open", "uuid=%s", leg->uuid);
	wsclient_send_text(leg->sock.ws, leg->sock.connected_text, strlen(leg->sock.connected_text));
	leg_answered(leg);
	run_answered(leg);
}

static void
on_closed(void *arg, const char *why, bool timed_out)
{
	struct leg	*leg = arg;

	if (leg->sock.open) {
		socket_lost(leg, why);
		return;
	}
	note_disconnect(leg, why);
	wsclient_free(leg->sock.ws);
	leg->sock.ws = NULL;
	leg->detail = timed_out ? "timeout" : "cannot_route";
	leg->sip_code = timed_out ? 480 : 404;
	run_connect_failed(leg, timed_out ? EVENT_UNANSWERED : EVENT_FAILED, false);
}

static void
count_arrival(struct leg *leg)
{
	struct sim_stats	*st = &leg->sim->stats;
	struct arrival_frame	 f = arrival_take(&leg->sock.arrival, clock_mono_us());

	leg->call->frames_in++;
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
	struct leg	*leg = arg;
	struct call	*c = leg->call;
	char		 why[120];

	if (len != AUDIO_FRAME_BYTES(leg->rate_hz)) {
		c->bad_frames++;
		c->sim->stats.bad_frames++;
		(void)snprintf(why, sizeof(why), "unexpected frame size %zu, when required %u",
		    len, AUDIO_FRAME_BYTES(leg->rate_hz));
		call_trouble(c, CALL_RESULT_BAD_FRAME, "%s", why);
		socket_lost(leg, why);
		return;
	}
	count_arrival(leg);
	if (vbuffer_push(leg->sock.buffer, data) == 0)
		return;
	if (errno == ENOBUFS && c->overflows++ > 0)
		return;
	call_trouble(c, errno == ENOBUFS ? CALL_RESULT_BAD_FRAME : CALL_RESULT_ERROR,
	    errno == ENOBUFS ? "more than %d frames sent ahead" : "out of memory with %d frames",
	    VBUFFER_FRAMES_MAX);
}

static void
take_notify(struct leg *leg, struct json_object *payload)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return;
	(void)json_add_str(o, "event", "websocket:notify");
	(void)json_add(o, "payload", json_object_get(payload));
	if (vbuffer_mark(leg->sock.buffer, json_text(o, NULL)) == -1)
		call_trouble(leg->call, CALL_RESULT_ERROR, "notify: %s", strerror(errno));
	leg->call->notifies++;
	json_object_put(o);
}

static void
on_text(void *arg, const char *text, size_t len)
{
	struct leg		*leg = arg;
	struct json_object	*o = json_parse(text, len, NULL);
	const char		*action = json_object_is_type(o, json_type_object) ?
	    json_get_str_or(o, "action", "") : "";

	if (strcmp(action, "clear") == 0) {
		leg->call->clears++;
		clear_playback(leg);
		wsclient_send_text(leg->sock.ws, CLEARED, strlen(CLEARED));
	} else if (strcmp(action, "notify") == 0 && json_get_obj(o, "payload") != NULL)
		take_notify(leg, json_get_obj(o, "payload"));
	else
		leg->call->unknown_texts++;
	json_object_put(o);
}

/* The Authorization header of the upgrade; *ret may become NULL: none. */
static int
authorization(struct sim *sim, const struct ncco_action *a, char **ret)
{
	*ret = NULL;
	if (a->auth == NCCO_AUTH_VONAGE)
		return sign_header(&sim->options.sign, NULL, 0, ret);
	return a->authorization == NULL || (*ret = mem_strdup(a->authorization)) != NULL ? 0 : -1;
}

int
sockleg_open(struct leg *leg, const struct ncco_action *a)
{
	static const struct ws_handlers handlers = {
		.connected = on_connected, .binary = on_binary, .text = on_text, .closed = on_closed,
	};
	struct sock	*s = &leg->sock;
	char		*auth = NULL;

	if (a->auth == NCCO_AUTH_VONAGE && leg->sim->options.sign.secret == NULL) {
		call_trouble(leg->call, CALL_RESULT_REFUSED, "NCCO refused: authorization vonage needs --sign-secret");
		return -1;
	}
	if ((s->connected_text = ncco_connected_text(a)) == NULL ||
	    (s->buffer = vbuffer_new(AUDIO_FRAME_BYTES(a->rate_hz))) == NULL ||
	    authorization(leg->sim, a, &auth) == -1 ||
	    (s->ws = wsclient_open(leg->sim->net, a->uri, auth, &handlers, leg)) == NULL) {
		free(auth);
		call_trouble(leg->call, errno == EINVAL ? CALL_RESULT_BAD_NCCO : CALL_RESULT_ERROR,
		    "connect %s: %s", a->uri, strerror(errno));
		return -1;
	}
	free(auth);
	leg->state = LEG_RINGING;
	leg_event(leg, EVENT_STARTED, NULL);
	leg_event(leg, EVENT_RINGING, NULL);
	return 0;
}

bool
sockleg_frame(struct leg *leg, int16_t *out)
{
	char	*payload;

	while ((payload = vbuffer_reached(leg->sock.buffer)) != NULL) {
		if (leg->sock.open)
			wsclient_send_text(leg->sock.ws, payload, strlen(payload));
		free(payload);
	}
	return vbuffer_tick(leg->sock.buffer, out) == 1;
}

void
sockleg_send_frame(struct leg *leg)
{
	static const int16_t	 silence[AUDIO_FRAME_SAMPLES_MAX];
	int16_t			 scratch[AUDIO_FRAME_SAMPLES_MAX], sum[AUDIO_FRAME_SAMPLES_MAX];
	size_t			 n = AUDIO_FRAME_SAMPLES(leg->conv->rate_hz);
	const int16_t		*heard = conv_heard(leg, scratch);

	if (leg->talk_any && heard == NULL)
		heard = leg->talk;
	else if (leg->talk_any) {
		memcpy(sum, heard, n * sizeof(*sum));
		mix_add(sum, leg->talk, n);
		heard = sum;
	}
	if (heard == NULL)
		heard = silence;
	if (leg->in != NULL) {
		bridge_frame(leg->in, heard, scratch);
		heard = scratch;
	}
	wsclient_send_binary(leg->sock.ws, heard, AUDIO_FRAME_BYTES(leg->rate_hz));
	leg->call->frames_out++;
	leg->sim->stats.frames_out++;
}

void
sockleg_key(struct leg *leg, char key)
{
	char	text[80];
	int	n;

	if (!leg->sock.open)
		return;
	n = snprintf(text, sizeof(text), "{\"event\":\"websocket:dtmf\",\"digit\":\"%c\",\"duration\":260}", key);
	wsclient_send_text(leg->sock.ws, text, (size_t)n);
}
