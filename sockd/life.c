/* SPDX-License-Identifier: ISC */
#include "sockd/life.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "sockd/admit.h"
#include "sockd/call.h"
#include "sockd/hear.h"
#include "sockd/play.h"
#include "sockd/record.h"
#include "sockd/route.h"
#include "sockd/sockd.h"

/* ---- the end ---- */

static void
log_end(const struct call *c, const char *reason)
{
	log_info(&c->log, "call.end", "reason=%s clock_ms=%lld frames_in=%llu frames_out=%llu bad=%llu "
	    "dropped=%llu late_p50_ms=%.1f late_p99_ms=%.1f late_max_ms=%.1f", reason,
	    (long long)sclock_ms(&c->clock), (unsigned long long)c->frames_in,
	    (unsigned long long)c->frames_out, (unsigned long long)c->frames_bad,
	    (unsigned long long)c->frames_dropped, (double)hist_permille(&c->late, 500) / 1000,
	    (double)hist_permille(&c->late, 990) / 1000, (double)c->late.max_us / 1000);
}

static void
life_end(struct call *c, const char *reason)
{
	struct sockd	*s = c->s;

	if (c->rate_hz != 0) {
		play_end(c);
		route_end(c, reason);
	}
	call_set_state(c, CALL_ENDED);
	log_end(c, reason);
	s->n.calls_ended++;
	call_free(c);
	if (s->d->draining && !s->stopping && s->ncalls == 0)
		daemon_drained(s->d);
}

void
life_close(struct call *c, unsigned code, const char *reason, uint64_t *counter)
{
	if (c->state == CALL_CLOSING)
		return;
	(*counter)++;
	log_warn(&c->log, "call.close", "code=%u reason=%s", code, reason);
	call_set_state(c, CALL_CLOSING);
	c->end_reason = reason;
	ws_close(c->conn, code, reason);
}

/* ---- the socket ---- */

static int
on_upgrade(void *arg, const struct ws_request *req)
{
	return admit(arg, req);
}

static void *
on_opened(void *arg, struct ws_conn *conn, const struct callid *id)
{
	struct sockd	*s = arg;
	struct call	*c;

	if ((c = call_new(s, conn, id, clock_mono_ms())) == NULL)
		return NULL;
	s->n.calls_total++;
	log_info(&c->log, "call.socket", "calls=%u", s->ncalls);
	return c;
}

static void
on_audio(void *user, const void *data, size_t len)
{
	hear_audio(user, data, len);
}

static void
on_text(void *user, const char *text, size_t len)
{
	hear_text(user, text, len);
}

static void
on_closed(void *user, const char *cause)
{
	struct call	*c = user;

	c->conn = NULL;
	life_end(c, c->s->stopping ? "stop" : c->end_reason != NULL ? c->end_reason : cause);
}

const struct ws_ops life_ws_ops = {
	.upgrade = on_upgrade,
	.opened = on_opened,
	.audio = on_audio,
	.text = on_text,
	.closed = on_closed,
};

/* ---- connected ---- */

static void
set_rate(struct call *c, uint32_t rate_hz)
{
	const struct sockd_conf	*conf = c->s->conf;
	struct pace_limits	 limits = { .rate_hz = rate_hz, .lead_ms = (uint32_t)conf->lead_ms,
		.max_queue_ms = (uint32_t)conf->max_queue_ms };
	uint32_t		 newest = c->pace.newest, marks = c->pace.marks;

	if (c->rate_hz != 0)
		pace_clear(&c->pace);
	c->rate_hz = rate_hz;
	c->frame_samples = AUDIO_FRAME_SAMPLES(rate_hz);
	pace_init(&c->pace, &limits);
	c->pace.newest = c->pace.voided = newest;
	c->pace.marks = marks;
	if (conf->record && c->s->recorder != NULL &&
	    (c->record = record_open(c->s->recorder, &c->id, rate_hz, limits.lead_ms)) == NULL)
		log_error(&c->log, "record.failed", "cause=\"out of memory\" did=call_goes_on");
}

static void
go_live(struct call *c, const struct vtext_connected *who)
{
	int64_t			now_us = clock_mono_us();
	struct msg_offer	m = { .rate_hz = (int32_t)who->rate_hz };

	call_set_state(c, CALL_LIVE);
	call_hash(c);
	c->who = *who;
	memcpy(c->profile, who->profile, sizeof(c->profile));
	sclock_start(&c->clock, now_us);
	set_rate(c, who->rate_hz);
	log_info(&c->log, "call.start", "rate_hz=%u assistant=%s language=%s early_frames=%zu", c->rate_hz,
	    LOG_Q(who->assistant), LOG_Q(who->language), c->early_frame != 0 ? c->early_len / c->early_frame : 0);
	route_begin(c, now_us / 1000);
	m.gen = c->gen;
	memcpy(m.caller, who->caller, sizeof(m.caller));
	memcpy(m.called, who->called, sizeof(m.called));
	memcpy(m.assistant, who->assistant, sizeof(m.assistant));
	memcpy(m.language, who->language, sizeof(m.language));
	memcpy(m.name, who->name, sizeof(m.name));
	memcpy(m.profile, who->profile, sizeof(m.profile));
	bus_fact_json(c->s->d->bus, MSG_CALL_START, &c->id, &m);
}

/* Frames that came before on the new socket are the old call's now. */
static void
move_early(struct call *c, struct call *from)
{
	free(c->early);
	c->early = from->early;
	c->early_len = from->early_len;
	c->early_frame = from->early_frame;
	from->early = NULL;
	from->early_len = 0;
}

static void
take_over(struct call *c, struct call *fresh, const struct vtext_connected *who)
{
	int64_t		now_us = clock_mono_us();
	struct ws_conn	*old = c->conn;

	c->s->n.calls_replaced++;
	log_warn(&c->log, "call.replaced", "did=old_socket_closed rate_hz=%u", who->rate_hz);
	ws_set_user(old, NULL);
	ws_close(old, WS_CLOSE_REPLACED, "replaced");
	c->conn = fresh->conn;
	ws_set_user(c->conn, c);
	move_early(c, fresh);
	call_free(fresh);
	if (c->state == CALL_CLOSING)
		call_set_state(c, CALL_LIVE);
	c->end_reason = NULL;
	c->last_frame_ms = now_us / 1000;
	c->bad_in_row = 0;
	if (who->rate_hz == c->rate_hz) {
		play_rewind(c);
	} else {
		play_end(c);
		record_close(c->record);
		c->record = NULL;
		set_rate(c, who->rate_hz);
		c->out_next = 0;
	}
	(void)sclock_skip_to(&c->clock, now_us);
	route_again(c, now_us / 1000);
}

void
life_connected(struct call *c, const struct vtext_connected *who)
{
	struct call	*old;

	if (who->call[0] != '\0' && strcmp(who->call, c->id.text) != 0)
		log_warn(&c->log, "call.id_differs", "header=%s did=kept_the_token's", LOG_Q(who->call));
	if (who->rate_hz == 0) {
		log_warn(&c->log, "call.bad_rate", "content_type=%s", LOG_Q(who->content_type));
		life_close(c, WS_CLOSE_BAD_DATA, "content-type", &c->s->n.calls_bad_rate);
		return;
	}
	if ((old = call_find(c->s, &c->id)) != NULL) {
		take_over(old, c, who);
		c = old;
	} else {
		go_live(c, who);
	}
	hear_early(c);
}

/* ---- time ---- */

static void
look_after(struct call *c, int64_t now_ms)
{
	const struct sockd_conf	*conf = c->s->conf;

	switch (c->state) {
	case CALL_OPENING:
		if (now_ms - c->opened_ms >= SOCKD_CONNECTED_MS)
			life_close(c, WS_CLOSE_NOT_CONNECTED, "no websocket:connected", &c->s->n.calls_not_connected);
		break;
	case CALL_LIVE:
		if (now_ms - c->last_frame_ms >= (int64_t)conf->idle_s * 1000) {
			life_close(c, WS_CLOSE_IDLE, "idle", &c->s->n.calls_idle);
			break;
		}
		route_housekeeping(c, now_ms);
		play_housekeeping(c, now_ms);
		break;
	case CALL_CLOSING:
	case CALL_ENDED:
		break;
	}
}

void
life_housekeeping(struct sockd *s, int64_t now_ms)
{
	struct call	*c, *next;

	for (c = s->calls; c != NULL; c = next) {
		next = c->next;
		look_after(c, now_ms);
	}
	if (now_ms >= s->window_end_ms) {
		s->late_window[1] = s->late_window[0];
		s->late_window[0] = (struct hist){ .max_us = 0 };
		s->window_end_ms = now_ms + 60000;
	}
}
