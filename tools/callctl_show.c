/* SPDX-License-Identifier: ISC */
/* show: one call, so that somebody on call sees why one caller waited. */
#include "tools/callctl.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "common/store_list.h"
#include "tools/callctl_conf.h"
#include "tools/callctl_fall.h"
#include "tools/plain.h"

#define BAR_COLUMNS	80
#define TEXT_COLUMNS	84
#define RECORDINGS_MAX	20		/* files of one call that are looked for */
#define RECORD_DIR	"/var/lib/callpipe/recordings"

struct show {
	struct ctl		*ctl;
	struct buf		*out;
	const struct store_call	*call;
	struct json_object	*rows;		/* --json: the list being filled */
	int64_t			 full_ms;	/* the slowest turn */
	struct store_turn	 slowest;	/* without its texts */
	int			 n, cancelled, failed, interrupted, sockets_lost;
};

static void
title(struct show *s, const char *text)
{
	(void)buf_printf(s->out, "\n%s%s%s\n", plain_sgr(s->ctl->colour, PLAIN_BOLD), text,
	    plain_sgr(s->ctl->colour, PLAIN_OFF));
}

static void
put(struct show *s, const char *before, const char *text)
{
	if (*text == '\0')
		return;
	(void)buf_puts(s->out, before);
	plain_put(s->out, text, strlen(text));
}

static void
put_since(struct show *s, const char *before, int64_t wall_ms)
{
	if (wall_ms > 0 && s->call->started_at > 0)
		(void)buf_printf(s->out, "%s%+.1f s", before, (double)(wall_ms - s->call->started_at) / 1000);
}

static void
show_head(struct show *s)
{
	const struct store_call	*c = s->call;
	char			 when[CTL_TIME_SIZE];

	(void)buf_printf(s->out, "%s%s%s", plain_sgr(s->ctl->colour, PLAIN_BOLD), c->id.text, plain_sgr(s->ctl->colour, PLAIN_OFF));
	put(s, "  ", c->direction);
	put(s, "  ", c->state);
	put(s, ": ", c->end_reason);
	put(s, "\n  from ", c->caller);
	put(s, " ", c->name);
	put(s, " to ", c->called);
	put(s, "  assistant ", c->assistant);
	put(s, "  language ", c->language);
	(void)buf_printf(s->out, "\n  began %s", ctl_time(c->started_at, when));
	put_since(s, "  answered ", c->answered_at);
	put_since(s, "  ended ", c->ended_at);
	if (c->duration_s >= 0)
		(void)buf_printf(s->out, "  duration %lld s", (long long)c->duration_s);
	put(s, "\n  served by ", c->sockd);
	put(s, ", ", c->brokerd);
	(void)buf_putc(s->out, '\n');
}

/* ---- legs ---- */

static bool
on_leg(void *arg, const struct store_leg *l)
{
	struct show	*s = arg;

	s->sockets_lost += strcmp(l->type, "websocket") == 0 && strcmp(l->status, "disconnected") == 0;
	if (s->rows != NULL) {
		(void)json_object_array_add(s->rows, store_leg_json(l));
		return true;
	}
	if (s->n++ == 0)
		title(s, "legs");
	(void)buf_puts(s->out, "  ");
	plain_put_column(s->out, l->type[0] != '\0' ? l->type : "?", 9);
	(void)buf_putc(s->out, ' ');
	plain_put_column(s->out, l->direction, 8);
	(void)buf_putc(s->out, ' ');
	plain_put_column(s->out, l->status, 12);
	(void)buf_putc(s->out, ' ');
	plain_put_column(s->out, l->uuid, 13);
	put_since(s, "  ", l->started_at);
	put_since(s, " to ", l->ended_at);
	put(s, "  ", l->detail);
	put(s, "  by ", l->disconnected_by);
	if (l->price[0] != '\0')
		put(s, "  price ", l->price);
	(void)buf_putc(s->out, '\n');
	return true;
}

/* ---- turns ---- */

static bool
measure_turn(void *arg, const struct store_turn *t)
{
	struct show	*s = arg;

	s->cancelled += strcmp(t->state, "cancelled") == 0;
	s->failed += strcmp(t->state, "failed") == 0;
	s->interrupted += t->interrupted;
	if (t->ear_ms <= s->full_ms)
		return true;
	s->full_ms = t->ear_ms;
	s->slowest = *t;
	s->slowest.user_text = s->slowest.bot_text = s->slowest.heard_text = s->slowest.error = NULL;
	return true;
}

static void
put_said(struct show *s, const char *who, const char *text)
{
	(void)buf_printf(s->out, "       %-7s ", who);
	plain_put_wrapped(s->out, text, 15, TEXT_COLUMNS);
	(void)buf_putc(s->out, '\n');
}

/* What was not heard of a reply is told too: it is not in the history of the model. */
static void
put_reply(struct show *s, const struct store_turn *t)
{
	const char	*heard = t->heard_text != NULL ? t->heard_text : "", *made = t->bot_text != NULL ? t->bot_text : "";

	if (*heard != '\0')
		put_said(s, "bot", heard);
	if (strcmp(heard, made) != 0 && *made != '\0')
		put_said(s, *heard != '\0' ? "(whole" : "(unsaid", made);
	if (t->interrupted)
		(void)buf_printf(s->out, "       interrupted after %.1f s of %.1f s\n",
		    t->reply_heard_ms > 0 ? (double)t->reply_heard_ms / 1000 : 0.0,
		    t->reply_total_ms > 0 ? (double)t->reply_total_ms / 1000 : 0.0);
}

static void
put_fall(struct show *s, const struct store_turn *t)
{
	struct fall	f;

	fall_of(t, &f);
	if (fall_slowest(&f) == FALL_NPARTS)
		return;
	(void)buf_puts(s->out, "       ");
	if (t->ear_ms >= 0)
		(void)buf_printf(s->out, "%sear %lld ms%s = ", plain_sgr(s->ctl->colour, t->ear_ms >= FALL_SLOW_MS ? PLAIN_RED : PLAIN_GREEN),
		    (long long)t->ear_ms, plain_sgr(s->ctl->colour, PLAIN_OFF));
	fall_put_parts(s->out, &f);
	(void)buf_puts(s->out, "\n       |");
	fall_put_bar(s->out, &f, s->full_ms, BAR_COLUMNS);
	(void)buf_puts(s->out, "|\n");
}

static bool
on_turn(void *arg, const struct store_turn *t)
{
	struct show	*s = arg;

	if (s->rows != NULL) {
		(void)json_object_array_add(s->rows, store_turn_json(t));
		return true;
	}
	if (s->n++ == 0)
		title(s, "turns");
	(void)buf_printf(s->out, "  %3lld  ", (long long)t->turn);
	put(s, "", t->state);
	put_since(s, "  ", t->created_at);
	put(s, "  stt ", t->stt);
	put(s, "  chat ", t->chat);
	put(s, "  tts ", t->tts);
	put(s, "  then ", t->action);
	(void)buf_putc(s->out, '\n');
	if (t->user_text != NULL)
		put_said(s, "caller", t->user_text);
	put_reply(s, t);
	if (t->error != NULL)
		put_said(s, "error", t->error);
	put_fall(s, t);
	return true;
}

/* ---- jobs and recordings ---- */

static bool
on_job(void *arg, const struct store_job *j)
{
	struct show	*s = arg;
	char		 when[CTL_TIME_SIZE];

	if (s->rows != NULL) {
		(void)json_object_array_add(s->rows, store_job_json(j));
		return true;
	}
	if (s->n++ == 0)
		title(s, "jobs");
	(void)buf_printf(s->out, "  %lld %s %s, tried %d times, %s", (long long)j->id, j->kind, j->state, j->attempts,
	    ctl_time(j->created_at, when));
	put(s, ": ", j->error);
	(void)buf_putc(s->out, '\n');
	return true;
}

static void
put_recording(struct show *s, const struct store_recording *r)
{
	if (s->rows != NULL) {
		(void)json_object_array_add(s->rows, store_recording_json(r));
		return;
	}
	if (s->n++ == 0)
		title(s, "recordings");
	put(s, "  ", r->path);
	if (r->bytes >= 0)
		(void)buf_printf(s->out, "  %.1f MB", (double)r->bytes / 1e6);
	(void)buf_putc(s->out, '\n');
}

static bool
on_recording(void *arg, const struct store_recording *r)
{
	put_recording(arg, r);
	return true;
}

/* sockd's own files: CALL.wav, CALL-2.wav, ..., with .part while they are written. */
static void
look_for_files(struct show *s)
{
	struct store_recording	r = { .call = s->call->id, .started_at = -1, .duration_ms = -1, .rate_hz = -1 };
	struct peek		p;
	struct stat		st;
	char			number[16] = "";
	int			i, part;

	if (peek_load(s->ctl->conf_path, &p) == -1)
		return;
	for (i = 1; i <= RECORDINGS_MAX; i++) {
		if (i > 1)
			(void)snprintf(number, sizeof(number), "-%d", i);
		for (part = 0; part < 2; part++) {
			(void)snprintf(r.path, sizeof(r.path), "%.300s/%s%s.wav%s", p.record_dir != NULL ? p.record_dir : RECORD_DIR,
			    s->call->id.text, number, part ? ".part" : "");
			if (stat(r.path, &st) == -1)
				continue;
			r.bytes = st.st_size;
			put_recording(s, &r);
		}
	}
	peek_clear(&p);
}

/* ---- the whole ---- */

static void
put_slowest(struct show *s)
{
	struct buf	hint;

	buf_init(&hint, 1024);
	fall_put_hint(&hint, &s->slowest);
	(void)buf_printf(s->out, "  %sslowest:%s ", plain_sgr(s->ctl->colour, s->full_ms >= FALL_SLOW_MS ? PLAIN_RED : PLAIN_DIM),
	    plain_sgr(s->ctl->colour, PLAIN_OFF));
	plain_put_wrapped(s->out, hint.data, 11, TEXT_COLUMNS);
	(void)buf_putc(s->out, '\n');
	buf_clear(&hint);
}

static void
show_trouble(struct show *s)
{
	title(s, "in short");
	(void)buf_printf(s->out, "  cancelled %d, failed %d, interrupted %d, sockets lost %d\n", s->cancelled, s->failed,
	    s->interrupted, s->sockets_lost);
	if (s->full_ms > 0)
		put_slowest(s);
}

/* Each part begins anew: as a list of the JSON object, or as lines with a title before the first. */
static int
each_part(struct show *s, struct json_object *o)
{
	static const char *const	names[] = { "legs", "turns", "jobs", "recordings" };
	struct store			*st = s->ctl->store;
	const struct callid		*id = &s->call->id;
	int				 i, rc = 0;

	for (i = 0; i < 4 && rc == 0; i++) {
		s->n = 0;
		if (o != NULL && (s->rows = json_object_new_array()) == NULL)
			return -1;
		rc = i == 0 ? store_each_leg(st, id, on_leg, s) : i == 1 ? store_each_turn(st, id, on_turn, s) :
		    i == 2 ? store_each_job_of(st, id, on_job, s) : store_each_recording(st, id, on_recording, s);
		if (i == 3 && rc == 0 && s->n == 0 && (o == NULL || json_object_array_length(s->rows) == 0))
			look_for_files(s);
		if (o != NULL)
			(void)json_add(o, names[i], s->rows);
	}
	return rc;
}

int
ctl_show(struct ctl *ctl, int argc, char *argv[])
{
	struct show		 s = { .ctl = ctl, .out = &ctl->out };
	struct store_call	 c;
	struct json_object	*o = NULL;
	int			 rc;

	(void)argc;
	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	if ((rc = ctl_pick(ctl, argv[0], &c)) != CTL_OK)
		return rc;
	s.call = &c;
	if (ctl->json && (o = store_call_json(&c)) == NULL)
		return ctl_put_json(ctl, NULL);
	if (o == NULL)
		show_head(&s);
	if ((rc = store_each_turn(ctl->store, &c.id, measure_turn, &s)) == 0)
		rc = each_part(&s, o);
	if (o == NULL)
		show_trouble(&s);
	if (rc == 0 && o != NULL)
		return ctl_put_json(ctl, o);
	json_object_put(o);
	return ctl_done(rc);
}
