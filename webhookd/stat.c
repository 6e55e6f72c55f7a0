/* SPDX-License-Identifier: ISC */
/* The counters of webhookd; callpipe-msg(7) describes each. */
#include "common/json.h"
#include "webhookd/ask.h"
#include "webhookd/api.h"
#include "webhookd/calls.h"
#include "webhookd/reap.h"
#include "webhookd/retain.h"
#include "webhookd/gate.h"
#include "webhookd/dial.h"
#include "webhookd/jobs.h"
#include "webhookd/media.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

void
webhookd_stat(struct daemon *d, struct json_object *o)
{
	const struct webhookd		*w = d->state;
	const struct webhookd_stats	*s = &w->stats;
	const struct http_stats		*h = http_get_stats(w->http);
	const struct ask_stats		*a = ask_get_stats(w->asks);
	const struct media_stats	*m = media_get_stats(w->media);
	const struct dials_stats	*ds = dials_get_stats(w->dials);
	const struct vonage_stats	*v = vonage_get_stats(w->vonage);
	struct store_stats		 st;
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "requests", h->requests }, { "requests_refused", h->refused }, { "connections_refused", h->too_many },
		{ "connections_late", h->late }, { "in_flight", http_in_flight(w->http) },
		{ "answers", s->answers }, { "answers_again", s->answers_again }, { "busy", s->busy },
		{ "events", s->events }, { "events_late", s->events_late }, { "events_doubled", s->events_doubled },
		{ "events_forgotten", s->events_forgotten },
		{ "bad_requests", s->bad_requests }, { "not_found", s->not_found },
		{ "reconnects", s->reconnects }, { "reconnects_given_up", s->reconnects_given_up },
		{ "commit_failed", s->commit_failed }, { "hangups", s->hangups }, { "hangups_failed", s->hangups_failed },
		{ "reap_asked", reap_get_stats(w->reap)->asked }, { "reap_hung_up", reap_get_stats(w->reap)->hung_up },
		{ "retention_batches", retain_get_stats(w->retain)->batches }, { "retention_files", retain_get_stats(w->retain)->files },
		{ "retention_files_failed", retain_get_stats(w->retain)->files_failed },
		{ "api_requests", s->api_requests }, { "api_refused", s->api_refused },
		{ "api_streams", api_events_streams(w->api_events) },
		{ "jobs_running", jobs_busy(w->jobs) }, { "jobs_done", s->jobs_done }, { "jobs_again", s->jobs_again },
		{ "jobs_parked", s->jobs_parked }, { "jobs_failed", s->jobs_failed }, { "sms_sent", s->sms_sent },
		{ "downloads", s->downloads }, { "downloads_refused", s->downloads_refused },
		{ "rest_requests", v->requests }, { "rest_waiting", v->queued }, { "rest_refused", v->queue_full },
		{ "rest_throttled", v->throttled }, { "rest_regions", v->other_regions }, { "rest_unknown", v->unknown },
		{ "calls_known", calls_count(w->calls) },
		{ "asks", a->asked }, { "asks_pending", a->pending }, { "asks_again", a->again },
		{ "asks_failed", a->failed }, { "asks_refused", a->refused },
		{ "dials_placed", ds->placed }, { "dials_unknown", ds->unknown }, { "dials_adopted", ds->adopted },
		{ "dials_lost", ds->lost }, { "dials_refused", ds->refused }, { "dials_held", ds->held },
		{ "dials_reached", ds->reached }, { "dials_again", ds->retries }, { "dials_failed", ds->failed },
		{ "campaigns", ds->campaigns },
		{ "media_served", m->served }, { "media_made", m->made }, { "media_found", m->found },
		{ "media_failed", m->failed }, { "media_late", m->late }, { "media_forbidden", m->forbidden },
		{ "media_waiting", m->waiting }, { "media_evicted", m->evicted }, { "media_bytes", m->bytes },
	};
	size_t				 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)json_add_int(o, rows[i].name, (int64_t)rows[i].value);
	gate_stat(w->gate, o);
	store_get_stats(w->store, &st);
	(void)json_add_int(o, "store_queued", (int64_t)st.queued);
	(void)json_add_int(o, "store_failed", (int64_t)st.failed);
	(void)json_add_int(o, "port", http_port(w->http));
}
