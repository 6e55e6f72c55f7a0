/* SPDX-License-Identifier: ISC */
/* vadd: who speaks when, and what they said; see callpipe-vadd(8). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/daemon.h"
#include "common/hist.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "vadd/table.h"
#include "vadd/file.h"
#include "vadd/vad.h"

#define TICK_US		100000
#define LOG_PERIOD_MS	10000

struct profile_row {			/* -1: as the built-in one, or the default */
	char	*name;
	int	 onset_ms, preroll_ms, pause_ms, hangover_ms, max_ms, short_ms, short_hangover_ms, confirm_ms, suppress_db;
	double	 open_score, hold_score;
};

struct vadd_conf {
	int	onset_ms, preroll_ms, pause_ms, hangover_ms, max_ms, suppress_db;
	int	max_calls, gap_ms, stall_ms, idle_ms;
	int	resend_ms, keep_ms, keep_total_mb, end_keep_ms;
	struct profile_row *profiles;
	size_t	nprofiles;
};

static const struct conf_opt profile_options[] = {
	CONF_STR("name", profile_row, name, ""),
	CONF_INT("onset_ms", profile_row, onset_ms, -1, -1, 1000),
	CONF_INT("preroll_ms", profile_row, preroll_ms, -1, -1, 2000),
	CONF_INT("pause_ms", profile_row, pause_ms, -1, -1, 5000),
	CONF_INT("hangover_ms", profile_row, hangover_ms, -1, -1, 10000),
	CONF_INT("max_ms", profile_row, max_ms, -1, -1, 60000),
	CONF_INT("short_ms", profile_row, short_ms, -1, -1, 60000),
	CONF_INT("short_hangover_ms", profile_row, short_hangover_ms, -1, -1, 10000),
	CONF_INT("confirm_ms", profile_row, confirm_ms, -1, -1, 2000),
	CONF_INT("suppress_db", profile_row, suppress_db, -1, -1, 24),
	CONF_DOUBLE("open_score", profile_row, open_score, -1.0, -1.0, 1.0),
	CONF_DOUBLE("hold_score", profile_row, hold_score, -1.0, -1.0, 1.0),
	CONF_END
};

static const struct conf_opt options[] = {
	CONF_INT("onset_ms", vadd_conf, onset_ms, 60, 20, 1000),
	CONF_INT("preroll_ms", vadd_conf, preroll_ms, 300, 0, 2000),
	CONF_INT("pause_ms", vadd_conf, pause_ms, 200, 20, 5000),
	CONF_INT("hangover_ms", vadd_conf, hangover_ms, 500, 100, 5000),
	CONF_INT("max_ms", vadd_conf, max_ms, 20000, 1000, 60000),
	CONF_INT("suppress_db", vadd_conf, suppress_db, 0, 0, 24),
	CONF_LIST("profiles", vadd_conf, profiles, nprofiles, profile_options, profile_row, PROFILES_MAX),
	CONF_INT("max_calls", vadd_conf, max_calls, 500, 1, 10000),
	CONF_INT("gap_ms", vadd_conf, gap_ms, 1000, 0, 10000),
	CONF_INT("stall_ms", vadd_conf, stall_ms, 1500, 200, 60000),
	CONF_INT("idle_ms", vadd_conf, idle_ms, 60000, 5000, 3600000),
	CONF_INT("resend_ms", vadd_conf, resend_ms, 5000, 500, 30000),
	CONF_INT("keep_ms", vadd_conf, keep_ms, 60000, 1000, 600000),
	CONF_INT("keep_total_mb", vadd_conf, keep_total_mb, 256, 8, 16384),
	CONF_INT("end_keep_ms", vadd_conf, end_keep_ms, 30000, 0, 600000),
	CONF_END
};

struct state {
	struct table		*table;
	struct loop_watch	*tick;
	struct buf		 body;		/* of utterances; kept for the next */
	struct log_rate		 unsent, bad;
	struct hist		 decide;	/* of a frame: from the bus until all is sent that it decided */
	uint64_t		 orders_bad;
};

static void
set_number(uint32_t *at, int value)
{
	if (value >= 0)
		*at = (uint32_t)value;
}

static void
change_profile(struct profile *p, const struct profile_row *row)
{
	set_number(&p->limits.onset_ms, row->onset_ms);
	set_number(&p->limits.preroll_ms, row->preroll_ms);
	set_number(&p->limits.pause_ms, row->pause_ms);
	set_number(&p->limits.hangover_ms, row->hangover_ms);
	set_number(&p->limits.max_ms, row->max_ms);
	set_number(&p->limits.short_ms, row->short_ms);
	set_number(&p->limits.short_hangover_ms, row->short_hangover_ms);
	set_number(&p->confirm_ms, row->confirm_ms);
	set_number(&p->suppress_db, row->suppress_db);
	if (row->open_score >= 0)
		p->open = (float)row->open_score;
	if (row->hold_score >= 0)
		p->hold = (float)row->hold_score;
}

/* The built-in ones, the default with the options of the group, and what the list changes. 0; -1 with *ret_cause. */
static int
make_profiles(const struct vadd_conf *conf, struct profile_set *set, const char **ret_name, const char **ret_cause)
{
	struct profile	*p;
	size_t		 i;

	profile_set_init(set);
	set->rows[0].limits = (struct segment_limits){
		.onset_ms = (uint32_t)conf->onset_ms, .preroll_ms = (uint32_t)conf->preroll_ms,
		.pause_ms = (uint32_t)conf->pause_ms, .hangover_ms = (uint32_t)conf->hangover_ms,
		.max_ms = (uint32_t)conf->max_ms
	};
	for (i = 0; i < set->count; i++)	/* the line is the same in each of them */
		set->rows[i].suppress_db = (uint32_t)conf->suppress_db;
	for (i = 0; i < conf->nprofiles; i++) {
		*ret_name = conf->profiles[i].name;
		if ((p = profile_put(set, conf->profiles[i].name)) == NULL) {
			*ret_cause = "a name of 1 to 31 bytes is needed, and at most 16 profiles";
			return -1;
		}
		change_profile(p, &conf->profiles[i]);
	}
	for (i = 0; i < set->count; i++) {
		*ret_name = set->rows[i].name;
		if (profile_check(&set->rows[i], ret_cause) == -1)
			return -1;
	}
	return 0;
}

static struct table_conf
table_conf(const struct vadd_conf *conf)
{
	struct table_conf	 c = {
		.max_calls = conf->max_calls, .gap_ms = conf->gap_ms,
		.stall_ms = conf->stall_ms, .idle_ms = conf->idle_ms,
		.resend_ms = conf->resend_ms, .keep_ms = conf->keep_ms,
		.keep_total_mb = conf->keep_total_mb, .end_keep_ms = conf->end_keep_ms
	};
	const char		*name, *cause;

	(void)make_profiles(conf, &c.profiles, &name, &cause);	/* vadd_check() tells */
	return c;
}

/* ---- what the table sends ---- */

static void
unsent(struct daemon *d, enum msg_kind kind, const struct callid *call, const char *to, enum bus_result why)
{
	static const char *const	 names[] = {
		[BUS_OK] = "ok", [BUS_FULL] = "full", [BUS_GONE] = "gone", [BUS_ERROR] = "error"
	};
	struct state			*s = d->state;
	struct log_ctx			 ctx = { .call = call->text };
	unsigned long			 missed;

	if (log_rate_ok(&s->unsent, LOG_PERIOD_MS, &missed))
		log_warn(&ctx, "order.unsent", "kind=%s to=%s why=%s more=%lu", msg_kind_name(kind),
		    LOG_Q(to), names[why], missed);
}

static enum bus_result
order_speech(struct daemon *d, enum msg_kind kind, const struct callid *call, const char *to,
    const struct msg_speech *body)
{
	struct bus_peer	*peer = bus_peer_by_name(d->bus, to);
	enum bus_result	 result;

	result = peer == NULL ? BUS_GONE : bus_order_json(d->bus, peer, kind, call, body);
	if (result != BUS_OK)
		unsent(d, kind, call, to, result);
	return result;
}

static void
send_speech(void *arg, enum msg_kind kind, const struct callid *call, const char *owner,
    const char *sockd, const struct msg_speech *body)
{
	struct daemon	*d = arg;

	if (sockd[0] != '\0')		/* first: it is to fall silent */
		(void)order_speech(d, kind, call, sockd, body);
	if (owner[0] != '\0')
		(void)order_speech(d, kind, call, owner, body);
	bus_fact_json(d->bus, kind, call, body);
}

static bool
send_utterance(void *arg, const struct callid *call, const char *owner, const struct msg_utterance *body)
{
	struct daemon	*d = arg;
	struct state	*s = d->state;
	struct bus_peer	*peer = bus_peer_by_name(d->bus, owner);
	enum bus_result	 result = BUS_GONE;

	if (peer != NULL) {
		buf_reset(&s->body);
		result = msg_utterance_encode(body, &s->body) == -1 ? BUS_ERROR :
		    bus_order(d->bus, peer, MSG_UTTERANCE, call, s->body.data, s->body.len);
	}
	if (result != BUS_OK)
		unsent(d, MSG_UTTERANCE, call, owner, result);
	return result == BUS_OK;
}

static void
send_lost(void *arg, const struct callid *call, const struct msg_utt *body)
{
	struct daemon	*d = arg;

	bus_fact_json(d->bus, MSG_UTT_LOST, call, body);
}

static const struct table_ops table_ops = {
	.speech = send_speech, .utterance = send_utterance, .lost = send_lost
};

/* ---- orders ---- */

static void
refuse(struct state *s, const struct bus_msg *msg, const char *why)
{
	struct log_ctx	 ctx = { .call = msg->head.call.text };
	unsigned long	 missed;

	s->orders_bad++;
	if (log_rate_ok(&s->bad, LOG_PERIOD_MS, &missed))
		log_warn(&ctx, "order.refused", "kind=%s from=%s bytes=%zu why=%s more=%lu",
		    msg_kind_name(msg->head.kind), LOG_Q(msg->head.from), msg->len, why, missed);
}

static void
take_audio(struct state *s, const struct bus_msg *msg)
{
	const int64_t		 now_us = clock_mono_us();
	struct msg_audio_frame	 f;
	size_t			 pos = 0;
	int			 more;

	while ((more = msg_audio_next(msg->body, msg->len, &pos, &f)) == 1) {
		(void)table_audio(s->table, msg->head.from, &f, now_us / 1000);
		hist_add(&s->decide, clock_mono_us() - now_us);
	}
	if (more == -1)
		refuse(s, msg, "malformed");
}

/* call.route, call.end and utt.ack: about one call, in JSON. */
static void
take_order(struct state *s, const struct bus_msg *msg)
{
	const struct callid	*id = &msg->head.call;
	union {
		struct msg_route	route;
		struct msg_end		end;
		struct msg_utt		utt;
	} m;

	if (id->text[0] == '\0') {
		refuse(s, msg, "no_call");
		return;
	}
	if (msg_decode(msg->head.kind, msg->body, msg->len, &m) == -1) {
		refuse(s, msg, "malformed");
		return;
	}
	if (msg->head.kind == MSG_CALL_ROUTE)
		(void)table_route(s->table, id, msg->head.from, &m.route, clock_mono_ms());
	else if (msg->head.kind == MSG_CALL_END)
		(void)table_end(s->table, id, &m.end, clock_mono_ms());
	else
		(void)table_ack(s->table, id, &m.utt);
}

static void
vadd_order(void *arg, const struct bus_msg *msg)
{
	struct daemon	*d = arg;
	struct state	*s = d->state;

	if (msg->head.kind == MSG_AUDIO)
		take_audio(s, msg);
	else if (msg->head.kind == MSG_CALL_ROUTE || msg->head.kind == MSG_CALL_END ||
	    msg->head.kind == MSG_UTT_ACK)
		take_order(s, msg);
	else
		refuse(s, msg, "not_for_vadd");
}

/* ---- life ---- */

static void
on_tick(void *arg)
{
	struct daemon	*d = arg;
	struct state	*s = d->state;

	loop_timer_set(d->loop, s->tick, TICK_US);
	table_tick(s->table, clock_mono_ms());
	if (d->draining && !table_busy(s->table))
		daemon_drained(d);
}

static int
vadd_start(struct daemon *d)
{
	struct table_conf	 conf = table_conf(d->conf);
	const char		*cause;
	struct state		*s;

	if (vad_check(&cause) == -1) {
		log_error(NULL, "start.failed", "cause=%s", LOG_Q(cause));
		return -1;
	}
	if ((s = d->state = mem_calloc(1, sizeof(*s))) == NULL)
		goto fail;
	buf_init(&s->body, MSG_BODY_MAX);
	if ((s->table = table_new(&conf, &table_ops, d)) == NULL)
		goto fail;
	if ((s->tick = loop_timer_new(d->loop, on_tick, d)) == NULL)
		goto fail;
	loop_timer_set(d->loop, s->tick, TICK_US);
	return 0;
fail:
	log_error(NULL, "start.failed", "cause=%s", LOG_Q(strerror(errno)));
	return -1;
}

/* Leave in a moment when nobody speaks and nothing is owed: sockd finds another vadd. */
static void
vadd_drain(struct daemon *d)
{
	struct state	*s = d->state;

	if (!table_busy(s->table))
		daemon_drained(d);
}

static void
vadd_stop(struct daemon *d)
{
	struct state	*s = d->state;

	if (s == NULL)
		return;
	if (s->table != NULL)
		table_flush(s->table, clock_mono_ms());
	loop_watch_free(d->loop, s->tick);
	table_free(s->table);
	buf_clear(&s->body);
	free(s);
	d->state = NULL;
}

static void
vadd_reload(struct daemon *d, const void *next)
{
	const struct vadd_conf	*old = d->conf, *new = next;
	struct table_conf	 conf = table_conf(new);
	struct state		*s = d->state;

	if (old->max_calls != new->max_calls)
		log_warn(NULL, "conf.kept", "max_calls=%d did=needs_a_restart", old->max_calls);
	table_reconfigure(s->table, &conf);
}

static int
vadd_check(const void *conf, const struct common_conf *common, struct conf_error *err)
{
	struct profile_set	 set;
	const char		*name = "", *cause = "";

	(void)common;
	if (make_profiles(conf, &set, &name, &cause) == 0)
		return 0;
	(void)snprintf(err->text, sizeof(err->text), "vadd: profile \"%.64s\": %s", name, cause);
	return -1;
}

static void
vadd_stat(struct daemon *d, struct json_object *stat)
{
	const struct vadd_conf		*conf = d->conf;
	struct state			*s = d->state;
	const struct table_counters	*n;

	if (s == NULL || s->table == NULL)
		return;
	n = table_counters(s->table);
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "calls", table_live(s->table) }, { "calls_kept", table_count(s->table) },
		{ "max_calls", (uint64_t)conf->max_calls },
		{ "frames", n->frames }, { "frames_lost", n->frames_lost },
		{ "frames_unknown", n->frames_unknown }, { "frames_bad", n->frames_bad },
		{ "frames_late", n->frames_late }, { "jumps", n->jumps },
		{ "routes", n->routes }, { "routes_refused", n->routes_refused },
		{ "profiles", n->profiles }, { "profiles_unknown", n->profiles_unknown },
		{ "barge_confirmed", n->confirmed }, { "barge_echo", n->echoes }, { "barge_short", n->shorts },
		{ "frames_untold", n->untold },
		{ "utterances", n->utterances }, { "utt_sends", n->sends },
		{ "utt_resends", n->resends }, { "utt_acks", n->acks }, { "utt_lost", n->lost },
		{ "utt_capped", n->capped }, { "utt_kept", n->kept },
		{ "utt_kept_bytes", n->kept_bytes }, { "orders_bad", s->orders_bad },
		{ "decide_p50_us", (uint64_t)hist_permille(&s->decide, 500) },
		{ "decide_p99_us", (uint64_t)hist_permille(&s->decide, 990) },
		{ "decide_max_us", (uint64_t)s->decide.max_us },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)json_add_int(stat, rows[i].name, (int64_t)rows[i].value);
}

static int
vadd_extra(int opt, const char *arg)
{
	(void)opt;
	return file_run(arg, stdout, stderr);
}

static const struct daemon_ops vadd = {
	.name = "vadd", .usage = "[-f file]", .options = options,
	.conf_size = sizeof(struct vadd_conf),
	.bus = { .order = vadd_order },
	.order_to = 1U << CONF_SOCKD | 1U << CONF_BROKERD,
	.listen_to = 1U << CONF_SOCKD | 1U << CONF_BROKERD,
	.check = vadd_check, .start = vadd_start, .reload = vadd_reload,
	.drain = vadd_drain,
	.stop = vadd_stop, .stat = vadd_stat,
	.getopt_extra = "f:", .extra = vadd_extra
};

int
main(int argc, char *argv[])
{
	return daemon_main(&vadd, argc, argv);
}
