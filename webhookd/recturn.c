/* SPDX-License-Identifier: ISC */
#include "webhookd/recturn.h"

#include <sys/queue.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/langtag.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_list.h"
#include "webhookd/actions.h"
#include "webhookd/ask.h"
#include "webhookd/calls.h"
#include "webhookd/event.h"
#include "webhookd/fetch.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define TICK_US		500000
#define RENEW_MS	10000			/* of JOBS_LEASE_MS */
#define SILENT_MAX	3			/* recordings without words, one after the other */
#define UTT_EPOCH_MS	1577836800000		/* 2020: so that seconds fit the number of an utterance */

struct recturn {
	TAILQ_ENTRY(recturn)	 link;
	struct job		*job;
	struct ask		*ask;		/* NULL: waits for the recording, or for Vonage */
	bool			 waits;		/* for the recording */
	int64_t			 renewed_ms;
};

struct recturns {
	struct webhookd		*w;
	struct loop_watch	*timer;
	TAILQ_HEAD(recturn_list, recturn) list;
};

static const char *
arg_of(const struct recturn *t, const char *name)
{
	return json_get_str_or(t->job->args, name, "");
}

static void
recturn_free(struct recturn *t)
{
	TAILQ_REMOVE(&t->job->w->recturns->list, t, link);
	ask_cancel(t->ask);
	t->job->own = NULL;
	free(t);
}

static void
end(struct recturn *t, enum job_result result, const char *text)
{
	struct job	*job = t->job;

	recturn_free(t);
	job_end(job, result, text);
}

/* Why the answer is not wanted any more; NULL: it is. Callers who leave are no failures, being late is one. */
static const char *
unwanted(const struct recturn *t, struct known_call *call, enum job_result *ret)
{
	struct webhookd	*w = t->job->w;
	struct event	 target = { .n = -1 }, recorded = { .n = -1 };

	*ret = JOB_DONE;
	if (call == NULL || strcmp(call->row.state, "ended") == 0 || call->row.ending)
		return "the call is over";
	*ret = JOB_REFUSED;
	if (clock_wall_ms() - t->job->row.created_at > conf_of(w)->turn_max_s * 1000LL)
		return "too late";
	*ret = JOB_DONE;
	(void)snprintf(target.f, sizeof(target.f), "%s", arg_of(t, "flow"));
	(void)snprintf(target.s, sizeof(target.s), "%s", arg_of(t, "step"));
	(void)snprintf(recorded.f, sizeof(recorded.f), "%s", arg_of(t, "from_flow"));
	(void)snprintf(recorded.s, sizeof(recorded.s), "%s", arg_of(t, "from_step"));
	/* The target: a former attempt entered it and could not transfer. */
	return flow_is_current(w, call, &recorded) || flow_is_current(w, call, &target) ? NULL : "the call is elsewhere by now";
}

/* ---- the transfer ---- */

static void
on_transferred(void *arg, const struct vonage_reply *reply)
{
	struct recturn	*t = arg;
	struct job	*job = t->job;

	if (reply->result == VONAGE_OK)
		log_info(&(struct log_ctx){ job->row.call.text }, "turn.spoken", "uuid=%s step=%s", LOG_Q(arg_of(t, "uuid")), arg_of(t, "step"));
	recturn_free(t);
	if (reply->result == VONAGE_GONE)
		job_end(job, JOB_DONE, "the call is over");
	else
		job_end_reply(job, reply);
}

/* Only what is spoken at its beginning: then the NCCO, and the call, are at an end. */
static void
leave_goodbye(struct json_object *ncco)
{
	size_t		 i, n = json_object_array_length(ncco);
	const char	*action;

	for (i = 0; i < n; i++) {
		action = json_get_str_or(json_object_array_get_idx(ncco, i), "action", "");
		if (strcmp(action, "talk") != 0 && strcmp(action, "stream") != 0)
			break;
	}
	(void)json_object_array_del_idx(ncco, i, n - i);
	/* a barge-in must be followed by an input (spec/vonage.md 3.1), and there is none now */
	for (n = i, i = 0; i < n; i++)
		json_object_object_del(json_object_array_get_idx(ncco, i), "bargeIn");
}

static void
transfer(struct recturn *t, struct known_call *call, const char *reply, const char *action)
{
	struct webhookd		*w = t->job->w;
	struct json_object	*ncco, *body = NULL;
	char			*text;
	size_t			 len;
	int			 rc = -1;

	if ((text = flow_render_step(w, call, arg_of(t, "flow"), arg_of(t, "step"), reply, action, &len)) == NULL) {
		end(t, errno == ENOENT ? JOB_REFUSED : JOB_AGAIN, errno == ENOENT ? "no such flow or step" : strerror(errno));
		return;
	}
	if ((ncco = json_parse(text, len, NULL)) != NULL) {
		if (strcmp(action, "hangup") == 0)
			leave_goodbye(ncco);
		body = vonage_transfer_body(ncco, NULL);
	}
	if (body != NULL)
		rc = vonage_put(w->vonage, call->row.id.text, call->row.region_url, body, on_transferred, t);
	if (rc == -1) {
		struct job	*job = t->job;
		int		 e = errno;

		recturn_free(t);
		job_end_errno(job, e);
	}
	json_object_put(body);
	json_object_put(ncco);
	free(text);
}

/* ---- the answer ---- */

/*
 * Nothing was said, for the last time that is put up with? A phone that lies beside its cradle would be
 * recorded until max_call_s. Counted in the flow's variables, each recording once.
 */
static bool
silent_too_often(struct recturn *t, struct known_call *call, const struct msg_answer *m)
{
	struct flow_state	*st = flow_state_of(t->job->w, call);
	int64_t			 n = 0, last = 0, utt = 0;
	char			 text[32];

	if (!m->ok || m->error[0] != '\0')
		return false;
	(void)json_get_int(t->job->args, "utt", 1, UINT32_MAX, &utt);
	if (st->vars != NULL)
		(void)sscanf(json_get_str_or(st->vars, "silent", ""), "%8" SCNd64 " %18" SCNd64, &n, &last);
	if (last != utt)
		n++;
	if (m->heard[0] != '\0')
		n = 0;
	(void)snprintf(text, sizeof(text), "%lld %lld", (long long)n, (long long)utt);
	(void)flow_state_set(st, "silent", text);
	return n >= SILENT_MAX;
}

static void
on_answer(void *arg, const struct msg_answer *m)
{
	struct recturn		*t = arg;
	struct webhookd		*w = t->job->w;
	struct known_call	*call = calls_find(w->calls, &t->job->row.call);
	const char		*why, *text = m->text, *action = m->ok ? m->action : "";
	struct log_ctx		 ctx = { t->job->row.call.text };
	enum job_result		 result;

	t->ask = NULL;
	if (m->error[0] != '\0' || text[0] == '\0')
		log_error(&ctx, "turn.apology", "uuid=%s cause=%s", LOG_Q(arg_of(t, "uuid")), LOG_Q(m->error));
	if ((why = unwanted(t, call, &result)) != NULL) {
		end(t, result, why);
		return;
	}
	if (text[0] == '\0' && langtag_spoken(call->row.language) != NULL)
		text = conf_of(w)->apology_text;
	else if (text[0] == '\0')
		action = "sorry";	/* our text is of another language than our voice: the step has its own */
	if (silent_too_often(t, call, m))
		action = "silent";
	transfer(t, call, text, action);
}

static void
ask(struct recturn *t, struct known_call *call, const char *path)
{
	struct job	*job = t->job;
	struct msg_ask	 m = { .utt = 0 };

	t->waits = false;
	(void)json_get_int(job->args, "utt", 1, UINT32_MAX, &m.utt);
	(void)snprintf(m.id, sizeof(m.id), "turn.%lld", (long long)job->row.id);
	(void)snprintf(m.what, sizeof(m.what), "turn");
	(void)snprintf(m.path, sizeof(m.path), "%s", path);
	(void)snprintf(m.language, sizeof(m.language), "%s", call->row.language);
	(void)snprintf(m.assistant, sizeof(m.assistant), "%s", call->row.assistant);
	(void)snprintf(m.caller, sizeof(m.caller), "%s", call->row.caller);
	(void)snprintf(m.called, sizeof(m.called), "%s", call->row.called);
	(void)snprintf(m.name, sizeof(m.name), "%s", call->row.name);
	if ((t->ask = ask_start(job->w, &job->row.call, &m, on_answer, t)) == NULL)
		end(t, JOB_AGAIN, errno == EAGAIN ? "too many asks under way" : strerror(errno));
}

/* ---- the recording ---- */

struct search { const struct recturn *t; char path[sizeof(((struct store_recording *)NULL)->path)]; };

static bool
is_it(const struct recturn *t, const struct store_recording *r)
{
	const char	*uuid = arg_of(t, "uuid");

	return uuid[0] != '\0' ? strcmp(r->uuid, uuid) == 0 : strcmp(r->url, arg_of(t, "url")) == 0;
}

static bool
look_at_recording(void *arg, const struct store_recording *r)
{
	struct search	*s = arg;

	if (!is_it(s->t, r))
		return true;
	(void)snprintf(s->path, sizeof(s->path), "%s", r->path);
	return false;
}

/* Is it there? Asked of the store: another webhookd may have fetched it. */
static void
go_on(struct recturn *t)
{
	struct job		*job = t->job;
	struct known_call	*call = calls_find(job->w->calls, &job->row.call);
	struct search		 s = { .t = t, .path = "" };
	enum job_result		 result;
	const char		*why;

	if ((why = unwanted(t, call, &result)) != NULL) {
		end(t, result, why);
		return;
	}
	if (store_each_recording(job->w->store, &job->row.call, look_at_recording, &s) == -1)
		log_error(&(struct log_ctx){ job->row.call.text }, "recordings.read", "cause=%s", LOG_Q(strerror(errno)));
	if (s.path[0] != '\0')
		ask(t, call, s.path);
}

static void
on_arrival(struct webhookd *w, const struct callid *call, const struct store_recording *row)
{
	struct recturn	*t;

	(void)call;
	TAILQ_FOREACH(t, &w->recturns->list, link)
		if (t->waits && is_it(t, row)) {
			go_on(t);
			return;
		}
}

static void
on_tick(void *arg)
{
	struct recturns	*r = arg;
	struct recturn	*t, *next;

	for (t = TAILQ_FIRST(&r->list); t != NULL; t = next) {
		next = TAILQ_NEXT(t, link);
		if (clock_mono_ms() - t->renewed_ms > RENEW_MS) {
			t->renewed_ms = clock_mono_ms();
			job_renew(t->job);
		}
		if (t->waits)
			go_on(t);
	}
	if (!TAILQ_EMPTY(&r->list))
		loop_timer_set(r->w->d->loop, r->timer, TICK_US);
}

/* ---- the job ---- */

static void
start(struct job *job)
{
	struct recturns	*r = job->w->recturns;
	struct recturn	*t;

	if ((t = mem_calloc(1, sizeof(*t))) == NULL) {
		job_end(job, JOB_AGAIN, "out of memory");
		return;
	}
	t->job = job;
	t->waits = true;
	t->renewed_ms = clock_mono_ms();
	job->own = t;
	if (TAILQ_EMPTY(&r->list))
		loop_timer_set(r->w->d->loop, r->timer, TICK_US);
	TAILQ_INSERT_TAIL(&r->list, t, link);
	go_on(t);
}

static void
stop(struct job *job)
{
	if (job->own != NULL)
		recturn_free(job->own);
}

const struct job_kind job_turn = {
	.name = "turn", .start = start, .stop = stop, .at_once = 32, .pause_ms = 500, .pause_factor = 2, .of_call = true,
};

/* Unique in its call, and the same whenever it is told again: the second in which it began. */
static int64_t
number_of(const struct event *ev)
{
	int64_t	at = ev->start_time > 0 ? ev->start_time : ev->timestamp > 0 ? ev->timestamp : clock_wall_ms();

	return at > UTT_EPOCH_MS ? (at - UTT_EPOCH_MS) / 1000 + 1 : 1;
}

struct former { int64_t utt; bool answered; };

static bool
look_at_turn(void *arg, const struct store_turn *row)
{
	struct former	*f = arg;

	if (row->utt == f->utt && row->utt_gen <= 0 && (strcmp(row->state, "done") == 0 || strcmp(row->state, "failed") == 0))
		f->answered = true;
	return !f->answered;
}

/* Its answer was spoken, or its job is about to: Vonage repeats events. */
static bool
was_answered(struct webhookd *w, const struct known_call *call, int64_t utt)
{
	struct former	 f = { .utt = utt };

	if (store_each_turn(w->store, &call->row.id, look_at_turn, &f) == -1)
		log_error(&(struct log_ctx){ call->row.id.text }, "turns.read", "cause=%s", LOG_Q(strerror(errno)));
	return f.answered;
}

int
record_turn_start(struct webhookd *w, struct known_call *call, const struct event *ev, const char *flow, const char *step)
{
	struct json_object	*args;
	struct log_ctx		 ctx = { call->row.id.text };
	const char		*key = ev->recording_uuid[0] != '\0' ? ev->recording_uuid : ev->recording_url;
	char			 short_key[96];
	int			 rc = -1, e;

	if (was_answered(w, call, number_of(ev)))
		return 0;
	errno = key[0] == '\0' ? EINVAL : ENOMEM;
	if (key[0] != '\0' && (args = json_object_new_object()) != NULL) {
		(void)json_add_str(args, "uuid", ev->recording_uuid);
		(void)json_add_str(args, "url", ev->recording_url);
		(void)json_add_str(args, "flow", flow);
		(void)json_add_str(args, "step", step);
		(void)json_add_str(args, "from_flow", ev->f);
		(void)json_add_str(args, "from_step", ev->s);
		(void)json_add_int(args, "utt", number_of(ev));
		(void)snprintf(short_key, sizeof(short_key), "%.95s", key);
		rc = jobs_add(w, "turn", &call->row.id, short_key, args, 0);
		e = errno;
		json_object_put(args);
		errno = e;
	}
	if (rc == -1) {
		e = errno;
		log_error(&ctx, "turn.refused", "cause=%s", LOG_Q(strerror(e)));
		errno = e;
	}
	return rc;
}

/* ---- life ---- */

struct recturns *
recturns_new(struct webhookd *w)
{
	struct recturns	*r;

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->w = w;
	TAILQ_INIT(&r->list);
	if ((r->timer = loop_timer_new(w->d->loop, on_tick, r)) == NULL) {
		free(r);
		return NULL;
	}
	fetch_on_arrival(w, on_arrival);
	return r;
}

void
recturns_free(struct recturns *r)
{
	if (r == NULL)
		return;
	loop_watch_free(r->w->d->loop, r->timer);
	free(r);
}
