/* SPDX-License-Identifier: ISC */
#include "tools/callsim/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/callsim/call.h"
#include "tools/callsim/histogram.h"

struct json_object *
report_number(double value)
{
	char	text[32];

	(void)snprintf(text, sizeof(text), "%.1f", value);
	return json_object_new_double_s(value, text);
}

struct json_object *
report_histogram(const struct histogram *h)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "count", (int64_t)h->count);
	if (h->count > 0) {
		(void)json_add(o, "p50", report_number(histogram_quantile(h, 0.5)));
		(void)json_add(o, "p90", report_number(histogram_quantile(h, 0.9)));
		(void)json_add(o, "p99", report_number(histogram_quantile(h, 0.99)));
		(void)json_add(o, "max", report_number(h->max_ms));
	}
	return o;
}

static struct json_object *
gaps_json(const struct call *c)
{
	struct json_object	*o = json_object_new_object();
	struct vbuffer_gaps	 g = call_gaps(c);

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "count", (int64_t)g.count);
	(void)json_add_int(o, "max_ms", g.max_ms);
	(void)json_add_int(o, "total_ms", (int64_t)g.total_ms);
	return o;
}

static struct json_object *
leg_json(const struct leg *leg)
{
	struct json_object	*o = json_object_new_object();
	const struct leg_notes	*n = &leg->notes;

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "uuid", leg->uuid);
	(void)json_add_str(o, "conversation_uuid", leg->conv_uuid);
	(void)json_add_str(o, "direction", leg->inbound ? "inbound" : "outbound");
	(void)json_add_str(o, "from", leg->from);
	(void)json_add_str(o, "to", leg->to);
	(void)json_add_str(o, "status", event_status_name(leg->status));
	(void)json_add_str(o, "ended_by", leg->ended_by);
	(void)json_add_int(o, "duration_ms", leg->ticks * AUDIO_FRAME_MS);
	(void)json_add_str(o, "keys_heard", leg->actor.keys);
	(void)json_add(o, "talks", json_object_get(n->talks));
	(void)json_add(o, "streams", json_object_get(n->streams));
	(void)json_add(o, "inputs", json_object_get(n->inputs));
	(void)json_add(o, "recordings", json_object_get(n->recordings));
	(void)json_add(o, "transfers", json_object_get(n->transfers));
	(void)json_add(o, "events", json_object_get(n->events));
	(void)json_add(o, "keys", json_object_get(n->keys));
	return o;
}

static struct json_object *
legs_json(const struct call *c)
{
	struct json_object	*all = json_object_new_array();
	const struct leg	*leg;

	TAILQ_FOREACH(leg, &c->legs, in_call)
		if (all != NULL)
			(void)json_object_array_add(all, leg_json(leg));
	return all;
}

struct json_object *
report_webhooks(struct web *w)
{
	const struct web_counts	*n = web_counts(w);
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "requests", (int64_t)n->requests);
	(void)json_add_int(o, "attempts", (int64_t)n->attempts);
	(void)json_add_int(o, "failures", (int64_t)n->failures);
	(void)json_add_int(o, "bad_replies", (int64_t)n->bad_replies);
	(void)json_add_int(o, "fallbacks", (int64_t)n->fallbacks);
	return o;
}

static void
add_counts(struct json_object *o, const struct call *c)
{
	const struct { const char *name; uint64_t value; } counts[] = {
		{ "frames_in", c->frames_in }, { "frames_out", c->frames_out },
		{ "bad_frames", c->bad_frames }, { "overflows", c->overflows },
		{ "unknown_texts", c->unknown_texts }, { "clears", c->clears },
		{ "notifies", c->notifies }, { "connects", c->connects },
		{ "reconnects", c->reconnects }, { "events_sent", c->events_sent },
		{ "events_failed", call_events_failed(c) },
		{ "dropped_out", c->sim->stats.dropped_out },
	};
	size_t	i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		(void)json_add_int(o, counts[i].name, (int64_t)counts[i].value);
}

struct json_object *
report_call(const struct call *c)
{
	struct json_object		*o = json_object_new_object();
	const struct call_details	*d = &c->details;

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "result", call_result_name(c->result));
	(void)json_add_str(o, "reason", c->reason);
	(void)json_add_str(o, "uuid", c->first->uuid);
	(void)json_add_str(o, "conversation_uuid", c->first->conv_uuid);
	(void)json_add_str(o, "ended_by", c->ended_by);
	(void)json_add_int(o, "duration_ms", c->duration_ms);
	if (c->first->line != NULL)
		(void)json_add_int(o, "rate_hz", line_rate(c->first->line));
	add_counts(o, c);
	(void)json_add(o, "webhooks", report_webhooks(c->sim->web));
	if (simsms_list(c->sim) != NULL)
		(void)json_add(o, "sms", json_object_get(simsms_list(c->sim)));
	(void)json_add(o, "gaps", gaps_json(c));
	(void)json_add(o, "lateness_ms", report_histogram(&c->sim->stats.lateness));
	(void)json_add(o, "talks", json_object_get(d->talks));
	(void)json_add(o, "turns", json_object_get(d->turns));
	(void)json_add(o, "transcript", json_object_get(d->transcript));
	(void)json_add(o, "marks", json_object_get(d->marks));
	(void)json_add(o, "disconnects", json_object_get(d->disconnects));
	(void)json_add(o, "rest", json_object_get(d->rest));
	(void)json_add(o, "legs", legs_json(c));
	return o;
}

int
report_write(struct json_object *o, const char *path)
{
	FILE		*f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	const char	*text = json_text(o, NULL);
	int		 bad;

	if (f == NULL || text == NULL)
		return -1;
	bad = fprintf(f, "%s\n", text) < 0;
	if (f == stdout)
		return fflush(f) == EOF || bad ? -1 : 0;
	return fclose(f) == EOF || bad ? -1 : 0;
}
