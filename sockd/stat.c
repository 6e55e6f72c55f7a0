/* SPDX-License-Identifier: ISC */
/* The members that sockd adds to `stat`; callpipe-sockd(8) explains them. */
#include "common/json.h"
#include "common/token.h"
#include "sockd/record.h"
#include "sockd/sockd.h"
#include "sockd/ws.h"

static void
add(struct json_object *o, const char *key, uint64_t value)
{
	(void)json_add_int(o, key, (int64_t)value);
}

static void
add_lateness(struct sockd *s, struct json_object *o)
{
	struct hist	w = s->late_window[0];

	hist_merge(&w, &s->late_window[1]);
	(void)json_add_int(o, "late_p50_us", hist_permille(&s->late, 500));
	(void)json_add_int(o, "late_p99_us", hist_permille(&s->late, 990));
	(void)json_add_int(o, "late_p999_us", hist_permille(&s->late, 999));
	(void)json_add_int(o, "late_max_us", s->late.max_us);
	(void)json_add_int(o, "late_recent_p50_us", hist_permille(&w, 500));
	(void)json_add_int(o, "late_recent_p99_us", hist_permille(&w, 990));
}

static void
add_ws(struct sockd *s, struct json_object *o)
{
	struct ws_stats	st;

	if (s->ws == NULL)
		return;
	ws_stats(s->ws, &st);
	add(o, "ws_accepted", st.accepted);
	add(o, "ws_refused", st.refused);
	add(o, "ws_wrong_request", st.wrong_request);
	add(o, "ws_too_big", st.too_big);
	add(o, "ws_ping_lost", st.ping_lost);
	add(o, "ws_cut", st.cut);
	add(o, "ws_written", st.written);
}

static void
add_recorder(struct sockd *s, struct json_object *o)
{
	struct recorder_stats	st;

	if (s->recorder == NULL)
		return;
	recorder_stats(s->recorder, &st);
	add(o, "record_opened", st.opened);
	add(o, "record_saved", st.saved);
	add(o, "record_failed", st.failed);
	add(o, "record_recovered", st.recovered);
	add(o, "record_dropped_ms", st.dropped_ms);
	add(o, "record_backlog_bytes", st.backlog_bytes);
}

void
sockd_stat(struct daemon *d, struct json_object *stat)
{
	struct sockd	*s = d->state;

	if (s == NULL)
		return;
	add(stat, "calls", s->ncalls);
	(void)json_add_int(stat, "max_calls", s->conf->max_calls);
	(void)json_add_str(stat, "uri", s->uri);
#define ADD_COUNTER(name) add(stat, #name, s->n.name);
	SOCKD_COUNTERS(ADD_COUNTER)
	if (s->tokens != NULL)
		add(stat, "tokens_forgotten", token_seen_dropped(s->tokens));
	add_lateness(s, stat);
	add_ws(s, stat);
	add_recorder(s, stat);
}
