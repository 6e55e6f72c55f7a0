/* SPDX-License-Identifier: ISC */
/* jobs.c and its kinds, on a real store and a server that plays Vonage. */
#include <sys/stat.h>

#include <unistd.h>

#include "tests/unit/vonage_fixture.h"

#include "common/daemon.h"
#include "common/store.h"
#include "common/store_flow.h"
#include "common/store_jobs.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/jobs.h"
#include "webhookd/webhookd.h"

static char			 dir[256], path[300];
static struct webhookd		 w, other;
static struct daemon		 d, other_d;
static struct webhookd_conf	 conf;
static struct common_conf	 common;
static const struct callid	 call = { "call-1" };

static void
on_store(void *arg)
{
	store_dispatch(arg);
}

static struct store *
open_store(struct loop_watch **ret_io)
{
	char		 err[256];
	struct store	*s = store_open(path, STORE_WRITE, err, sizeof(err));

	ck_assert_msg(s != NULL, "%s", err);
	*ret_io = loop_io_new(loop, store_fd(s), on_store, s);
	return s;
}

/* A webhookd without its HTTP side. */
static void
begin(struct webhookd *x, struct daemon *xd, const char *name)
{
	struct vonage_opts	o = { .api_base = server_base, .application_id = APP, .private_key = pem,
	    .sms_api = VONAGE_SMS_MESSAGES };

	memset(x, 0, sizeof(*x));
	memset(xd, 0, sizeof(*xd));
	xd->loop = loop;
	xd->conf = &conf;
	(void)snprintf(xd->name, sizeof(xd->name), "%s", name);
	x->d = xd;
	x->store = open_store(&x->store_io);
	x->httpc = client;
	x->vonage = vonage_new(loop, client, &o);
	x->calls = calls_new(x->store);
	x->jobs = jobs_new(x);
	ck_assert(x->vonage != NULL && x->calls != NULL && x->jobs != NULL);
}

static void
setup(void)
{
	const char	*tmp = getenv("TMPDIR");

	setup_server();
	(void)snprintf(dir, sizeof(dir), "%s/jobs.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/db", dir);
	conf = (struct webhookd_conf){ .job_retry_s = 3600, .job_rounds = 2, .sms_from = (char *)(uintptr_t)"Company",
	    .sms_max_segments = 2, .record_dir = dir, .record_max_mb = 1 };
	begin(&w, &d, "webhookd.0");
	memset(&other, 0, sizeof(other));
}

/* As main.c stops. */
static void
end(struct webhookd *x)
{
	if (x->store == NULL)
		return;
	jobs_free(x->jobs);
	calls_free(x->calls);
	loop_watch_free(loop, x->store_io);
	store_close(x->store);
	x->store = NULL;
}

static void
teardown(void)
{
	char	name[320];
	size_t	i;
	static const char *const	suffixes[] = { "", "-wal", "-shm" };

	end(&w);
	end(&other);
	httpc_free(client);
	vonage_free(w.vonage);
	vonage_free(other.vonage);
	evhttp_free(server);
	loop_free(loop);
	for (i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
	(void)rmdir(dir);
}

/* ---- rows ---- */

struct find { int64_t id; struct store_job job; bool found; };

static bool
find_job(void *arg, const struct store_job *j)
{
	struct find	*f = arg;

	if (j->id == f->id) {
		f->job = *j;
		f->found = true;
	}
	return !f->found;
}

static struct store_job
row_of(int64_t id)
{
	struct find	f = { .id = id };

	ck_assert_int_eq(store_each_job(w.store, false, find_job, &f), 0);
	return f.job;		/* all zero while it is not there */
}
#define STATE_IS(id, s)	(strcmp(row_of(id).state, s) == 0)

static void
add_job(const char *kind, const char *key, const char *args)
{
	struct json_object	*o = json_parse(args, strlen(args), NULL);

	ck_assert_msg(o != NULL, "%s", args);
	ck_assert_int_eq(jobs_add(&w, kind, &call, key, o, 0), 0);
	json_object_put(o);
}

/* Set a waiting or parked job due. */
static void
hasten(int64_t id)
{
	struct store_job	j = row_of(id);

	ck_assert_int_eq(store_set_job(w.store, id, "", j.attempts, clock_wall_ms() - 1, j.error, NULL, NULL), 0);
	store_flush(w.store);
	jobs_kick(w.jobs);
}

/* ---- kinds ---- */

static const struct { const char *kind, *args, *method, *path, *body; } kinds[] = {
	{ "hangup", "{\"reason\":\"x\"}", "PUT", "/v1/calls/call-1", "{\"action\":\"hangup\"}" },
	{ "hangup", "{\"leg\":\"leg-2\"}", "PUT", "/v1/calls/leg-2", "{\"action\":\"hangup\"}" },
	{ "control", "{\"body\":{\"action\":\"mute\"}}", "PUT", "/v1/calls/call-1", "{\"action\":\"mute\"}" },
	{ "play", "{\"what\":\"dtmf\",\"body\":{\"digits\":\"12\"}}", "PUT", "/v1/calls/call-1/dtmf", "{\"digits\":\"12\"}" },
	{ "play", "{\"what\":\"talk\"}", "DELETE", "/v1/calls/call-1/talk", "" },
	{ "sms", "{\"to\":\"447700900123\",\"text\":\"Hi\"}", "POST", "/v1/messages",
	    "{\"channel\":\"sms\",\"message_type\":\"text\",\"to\":\"447700900123\",\"from\":\"Company\",\"text\":\"Hi\"}" },
};

START_TEST(each_kind_sends_its_request)
{
	add_job(kinds[_i].kind, "k", kinds[_i].args);
	RUN_UNTIL(STATE_IS(1, "done"));
	ck_assert_int_eq(nasked, 1);
	ck_assert_str_eq(asked[0].method, kinds[_i].method);
	ck_assert_str_eq(asked[0].path, kinds[_i].path);
	ck_assert_str_eq(asked[0].body, kinds[_i].body);
	ck_assert_int_eq(row_of(1).attempts, 1);
	ck_assert_str_eq(row_of(1).owner, "");
	ck_assert_int_eq(w.stats.jobs_done, 1);
}
END_TEST

static const struct { const char *kind, *args, *error; } bad[] = {
	{ "control", "{}", "no body" }, { "control", "{\"body\":{\"action\":\"sing\"}}", "Invalid argument" },
	{ "play", "{}", "Invalid argument" },
	{ "sms", "{\"to\":\"1\",\"text\":\"Hi\"}", "a number, a sender or a text that cannot be, or a host that is not Vonage's" },
	{ "fetch", "{}", "a host that gets no token" }, { "fetch", "{\"url\":\"https://evil.example/x\"}", "a host that gets no token" },
};

START_TEST(what_cannot_be_done_fails_at_once)
{
	add_job(bad[_i].kind, "k", bad[_i].args);
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_str_eq(row_of(1).error, bad[_i].error);
	ck_assert_int_eq(nasked, 0);
}
END_TEST

START_TEST(a_leg_that_is_gone_was_hung_up_but_not_muted)
{
	add_answer(404, "{}");
	add_answer(404, "{}");
	add_job("hangup", "k", "{}");
	RUN_UNTIL(STATE_IS(1, "done"));
	add_job("control", "k", "{\"body\":{\"action\":\"mute\"}}");
	RUN_UNTIL(STATE_IS(2, "failed"));
}
END_TEST

START_TEST(a_call_that_is_over_is_not_played_to)
{
	struct known_call	*c = calls_add(w.calls, &call);

	(void)snprintf(c->row.state, sizeof(c->row.state), "ended");
	add_job("play", "k", "{\"what\":\"talk\"}");
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_str_eq(row_of(1).error, "the call is over");
	ck_assert_int_eq(nasked, 0);
}
END_TEST

START_TEST(jobs_that_cannot_be_are_not_added)
{
	struct json_object	*o = json_object_new_object();
	static char		 big[STORE_JOB_ARGS];

	ck_assert_int_eq(jobs_add(&w, "sing", &call, "k", NULL, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	memset(big, 'a', sizeof(big) - 1);
	(void)json_add_str(o, "text", big);
	ck_assert_int_eq(jobs_add(&w, "sms", &call, "k", o, 0), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	json_object_put(o);
}
END_TEST

/* ---- again, parked, failed ---- */

START_TEST(pauses_grow_with_jitter)
{
	int	i, n;

	for (i = 0; i < 200; i++) {
		for (n = 1; n < 12; n++) {
			int64_t	nominal = n < 7 ? 1000LL << (n - 1) : 60000, ms = jobs_pause_ms(&job_hangup, n);

			ck_assert_int_ge(ms, nominal * 3 / 4);
			ck_assert_int_le(ms, nominal * 5 / 4);
		}
	}
	ck_assert_int_ge(jobs_pause_ms(&job_fetch, 4), 27000 * 3 / 4);
}
END_TEST

START_TEST(what_fails_is_parked_and_tried_in_rounds)
{
	struct store_job	j;
	int			i, round;

	for (i = 0; i < ASKED; i++)
		add_answer(503, "{\"title\":\"down\"}");
	add_job("sms", "k", "{\"to\":\"447700900123\",\"text\":\"Hi\"}");	/* 503 of a POST: not known, so not again */
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_int_eq(strncmp(row_of(1).error, "not known whether", 17), 0);
	add_job("hangup", "k", "{}");
	for (round = 1; round <= 3; round++) {
		for (i = 1; i <= JOBS_ATTEMPTS; i++) {
			RUN_UNTIL(row_of(2).attempts == i && !STATE_IS(2, "running"));
			j = row_of(2);
			ck_assert_str_eq(j.error, "status 503: down");
			if (i < JOBS_ATTEMPTS) {
				ck_assert_str_eq(j.state, "waiting");
				ck_assert_int_gt(j.next_at, clock_wall_ms());
				hasten(2);
			}
		}
		ck_assert_str_eq(j.state, round <= conf.job_rounds ? "parked" : "failed");
		ck_assert_int_eq(j.rounds, round <= conf.job_rounds ? round : conf.job_rounds);
		if (round <= conf.job_rounds) {
			/* a hang-up does not wait for an hour */
			ck_assert_int_gt(j.next_at, clock_wall_ms() + 55000);
			ck_assert_int_le(j.next_at, clock_wall_ms() + 60000);
			hasten(2);
		}
	}
	ck_assert_int_eq(w.stats.jobs_parked, 2);
	ck_assert_int_eq(w.stats.hangups_failed, 1);
	ck_assert_int_eq(nasked, 1 + 3 * JOBS_ATTEMPTS);
}
END_TEST

START_TEST(retry_after_is_respected)
{
	int64_t	now = clock_wall_ms();

	answers[nanswers++] = (struct answer){ 429, "{}", "Retry-After", "40" };
	add_job("hangup", "k", "{}");
	RUN_UNTIL(STATE_IS(1, "waiting") && row_of(1).attempts == 1);
	ck_assert_int_ge(row_of(1).next_at, now + 40000);
}
END_TEST

START_TEST(a_hang_up_waits_a_minute_at_most)
{
	answers[nanswers++] = (struct answer){ 429, "{}", "Retry-After", "7200" };
	add_job("hangup", "k", "{}");
	RUN_UNTIL(STATE_IS(1, "waiting") && row_of(1).attempts == 1);
	ck_assert_int_le(row_of(1).next_at, clock_wall_ms() + 60000);
}
END_TEST

START_TEST(control_of_a_call_is_never_parked)
{
	int	i;

	for (i = 0; i < JOBS_ATTEMPTS; i++)
		add_answer(500, "{}");
	add_job("control", "k", "{\"body\":{\"action\":\"mute\"}}");
	for (i = 1; i < JOBS_ATTEMPTS; i++) {
		RUN_UNTIL(row_of(1).attempts == i && STATE_IS(1, "waiting"));
		hasten(1);
	}
	RUN_UNTIL(STATE_IS(1, "failed"));
}
END_TEST

START_TEST(by_hand_a_job_is_done_once_more_or_never)
{
	add_answer(403, "{}");
	add_job("hangup", "k", "{}");
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_int_eq(store_retry_job(w.store, 1, clock_wall_ms(), NULL, NULL), 0);
	store_flush(w.store);
	RUN_UNTIL(STATE_IS(1, "done"));
	nasked = nanswers = 0;
	add_answer(503, "{}");
	add_job("hangup", "k", "{}");
	RUN_UNTIL(STATE_IS(2, "waiting") && row_of(2).attempts == 1);
	ck_assert_int_eq(store_drop_job(w.store, 2, NULL, NULL), 0);
	store_flush(w.store);
	ck_assert_str_eq(row_of(2).state, "dropped");
	jobs_kick(w.jobs);
	run_for(50);
	ck_assert_int_eq(nasked, 1);
}
END_TEST

/* ---- order and sharing ---- */

START_TEST(jobs_of_a_line_keep_their_order)
{
	add_answer(500, "{}");		/* the talk fails at first: the transfer waits for it */
	add_job("play", "a", "{\"what\":\"talk\",\"body\":{\"text\":\"Hi\"}}");
	add_job("control", "b", "{\"body\":{\"action\":\"mute\"}}");
	RUN_UNTIL(row_of(1).attempts == 1 && STATE_IS(1, "waiting"));
	jobs_kick(w.jobs);
	add_job("hangup", "c", "{}");	/* stands in no line */
	RUN_UNTIL(STATE_IS(3, "done"));
	ck_assert_int_eq(nasked, 2);
	hasten(1);
	RUN_UNTIL(STATE_IS(2, "done"));
	ck_assert_str_eq(asked[2].path, "/v1/calls/call-1/talk");
	ck_assert_str_eq(asked[3].body, "{\"action\":\"mute\"}");
}
END_TEST

START_TEST(several_webhookds_do_each_job_once)
{
	char	key[16];
	int	i, ndone;

	begin(&other, &other_d, "webhookd.1");
	for (i = 0; i < 12; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		add_job("hangup", key, "{}");
		jobs_kick(other.jobs);
	}
	do {
		run_for(50);
		jobs_kick(other.jobs);
		jobs_kick(w.jobs);
		for (i = 1, ndone = 0; i <= 12; i++)
			ndone += STATE_IS(i, "done");
	} while (ndone < 12);
	ck_assert_int_eq(nasked, 12);
	ck_assert_uint_eq(w.stats.jobs_done + other.stats.jobs_done, 12);
}
END_TEST

/* A row as a process left it that died while it did the job. */
static void
leave_running(const char *kind, const char *args, const char *owner, int64_t until)
{
	struct store_job	j = { .state = "running", .attempts = 1, .call = call, .created_at = 1, .next_at = until };

	(void)snprintf(j.kind, sizeof(j.kind), "%s", kind);
	(void)snprintf(j.owner, sizeof(j.owner), "%s", owner);
	(void)snprintf(j.args, sizeof(j.args), "%s", args);
	ck_assert_int_eq(store_add_job(w.store, &j, NULL, NULL), 0);
	store_flush(w.store);
	jobs_kick(w.jobs);
}

START_TEST(a_job_of_a_dead_process_is_done_when_its_lease_is_over)
{
	leave_running("hangup", "{}", "webhookd.7", clock_wall_ms() + 60000);
	run_for(50);
	ck_assert_int_eq(nasked, 0);
	hasten(1);
	RUN_UNTIL(STATE_IS(1, "done"));
	ck_assert_int_eq(row_of(1).attempts, 2);
}
END_TEST

START_TEST(a_process_that_comes_back_goes_on_at_once)
{
	leave_running("hangup", "{}", "webhookd.0", clock_wall_ms() + 60000);
	jobs_free(w.jobs);
	w.jobs = jobs_new(&w);
	RUN_UNTIL(STATE_IS(1, "done"));
}
END_TEST

START_TEST(a_message_that_may_have_gone_is_not_sent_again)
{
	leave_running("sms", "{\"to\":\"447700900123\",\"text\":\"Hi\"}", "webhookd.7", 1);
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_str_eq(row_of(1).error, "not known whether it was done: interrupted");
	ck_assert_int_eq(nasked, 0);
}
END_TEST

START_TEST(a_stop_leaves_the_jobs_to_others)
{
	struct store_job	j;

	add_job("hangup", "k", "{}");
	while (jobs_busy(w.jobs) == 0)
		(void)event_base_loop(base, EVLOOP_ONCE);
	jobs_free(w.jobs);
	w.jobs = NULL;
	store_flush(w.store);
	j = row_of(1);
	ck_assert_msg(strcmp(j.state, "running") == 0 || strcmp(j.state, "waiting") == 0, "%s", j.state);
	ck_assert_int_le(j.next_at, clock_wall_ms());
}
END_TEST

START_TEST(a_hang_up_without_a_row_is_done_once)
{
	add_answer(503, "{}");
	jobs_hang_up_now(w.jobs, &call);
	jobs_hang_up_now(w.jobs, &call);	/* under way */
	RUN_UNTIL(w.stats.hangups_failed == 1);
	ck_assert_int_eq(nasked, 1);
	ck_assert_int_eq(jobs_busy(w.jobs), 0);
}
END_TEST

START_TEST(a_later_time_is_waited_for)
{
	ck_assert_int_eq(jobs_add(&w, "hangup", &call, "k", NULL, clock_wall_ms() + 60000), 0);
	RUN_UNTIL(STATE_IS(1, "waiting"));
	jobs_kick(w.jobs);
	run_for(50);
	ck_assert_int_eq(nasked, 0);
}
END_TEST

/* ---- the AI wants a person ---- */

#define FLOW(when)	"{\"vars\":{\"n\":\"\"},\"ncco\":[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\"}]}]," \
    "\"on\":{\"ai:transfer\":{" when "\"to\":\"person\"}},\"steps\":{\"person\":{\"ncco\":[" \
    "{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"447700900099\"}]}]}}}"
#define TRANSFER	"{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":[{\"action\":\"connect\""

/* A call on its socket, and the job as brokerd makes it. attempts: of a process that died. */
static void
want_a_person(const char *flow, int attempts)
{
	const char		*texts[] = { "f", flow, NULL };
	struct flow_report	 r = { .fn = NULL };
	struct store_call	 row;
	struct store_flow_state	 state = { .call = call, .flow = "f", .step = "start", .seq = 3 };
	struct store_job	 j = { .kind = "transfer", .key = "call-1 5", .state = "waiting", .call = call,
	    .created_at = clock_wall_ms(), .next_at = clock_wall_ms(), .args = "{\"turn\":5}", .line = "call-1" };

	conf.turn_max_s = 60;
	conf.greeting_known = conf.greeting_unknown = (char *)(uintptr_t)"";
	d.common = &common;
	common.instances[CONF_WEBHOOKD] = 1;
	w.public_url = (char *)(uintptr_t)"http://127.0.0.1";
	ck_assert_msg((w.flows = flow_set_parse(texts, &r)) != NULL, "%s", r.first);
	store_call_init(&row);
	row.id = call;
	(void)snprintf(row.conversation, sizeof(row.conversation), "CON-a");
	(void)snprintf(row.state, sizeof(row.state), "answered");
	ck_assert_int_eq(store_put_call(w.store, &row, NULL, NULL), 0);
	ck_assert_int_eq(store_put_flow_state(w.store, &state, NULL, NULL), 0);
	if (attempts > 0) {
		(void)snprintf(j.state, sizeof(j.state), "running");
		j.attempts = attempts;
	}
	ck_assert_int_eq(store_add_job(w.store, &j, NULL, NULL), 0);
	store_flush(w.store);
	jobs_kick(w.jobs);
}

static const char *
step_now(void)
{
	static char			step[64];
	struct store_flow_state		state;

	store_flush(w.store);
	ck_assert_int_eq(store_get_flow_state(w.store, &call, &state), 1);
	(void)snprintf(step, sizeof(step), "%s", state.step);
	store_flow_state_clear(&state);
	return step;
}

START_TEST(a_person_is_connected_to_the_call)
{
	want_a_person(FLOW(""), 0);
	RUN_UNTIL(STATE_IS(1, "done"));
	ck_assert_int_eq(nasked, 1);
	ck_assert_str_eq(asked[0].path, "/v1/calls/call-1");
	ck_assert_int_eq(strncmp(asked[0].body, TRANSFER, strlen(TRANSFER)), 0);
	ck_assert_ptr_nonnull(strstr(asked[0].body, "447700900099"));
	ck_assert_str_eq(step_now(), "person");
	ck_assert(flow_given_away(&w, calls_find(w.calls, &call)));
	flow_set_free(w.flows);
}
END_TEST

START_TEST(where_there_is_nobody_nothing_is_sent)
{
	want_a_person(FLOW("\"when\":\"n\","), 0);
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_str_eq(row_of(1).error, "the call's flow has nobody");
	ck_assert_int_eq(nasked, 0);
	ck_assert_str_eq(step_now(), "start");
	flow_set_free(w.flows);
}
END_TEST

START_TEST(a_transfer_that_is_refused_leaves_the_call_where_it_was)
{
	struct known_call	*known;
	struct event		 ev = { .f = "f", .s = "start", .n = 3 };

	add_answer(403, "{}");
	want_a_person(FLOW(""), 0);
	RUN_UNTIL(STATE_IS(1, "failed"));
	ck_assert_str_eq(step_now(), "start");
	known = calls_find(w.calls, &call);
	ck_assert(!flow_given_away(&w, known));
	ck_assert(flow_is_current(&w, known, &ev));	/* of its socket: it is connected again if it is lost */
	ev.n = 4;
	ck_assert(!flow_is_current(&w, known, &ev));
	flow_set_free(w.flows);
}
END_TEST

/* A process died: was it before or after Vonage had the request? */
static const struct { const char *conversation; int puts; } former[] = { { "CON-a", 1 }, { "a", 1 }, { "CON-b", 0 }, { "", 1 } };

START_TEST(a_transfer_that_was_done_is_not_done_again)
{
	char	body[100];
	int	i, puts = 0;

	(void)snprintf(body, sizeof(body), "{\"status\":\"answered\",\"conversation_uuid\":\"%s\"}", former[_i].conversation);
	add_answer(200, body);
	want_a_person(FLOW(""), 1);
	RUN_UNTIL(STATE_IS(1, "done"));
	ck_assert_str_eq(asked[0].method, "GET");
	for (i = 1; i < nasked; i++)
		puts += strcmp(asked[i].method, "PUT") == 0;
	ck_assert_int_eq(puts, former[_i].puts);
	ck_assert_str_eq(step_now(), "person");
	flow_set_free(w.flows);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, each_kind_sends_its_request, 0, sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_loop_test(tc, what_cannot_be_done_fails_at_once, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, a_leg_that_is_gone_was_hung_up_but_not_muted);
	tcase_add_test(tc, a_call_that_is_over_is_not_played_to);
	tcase_add_test(tc, jobs_that_cannot_be_are_not_added);
	tcase_add_test(tc, pauses_grow_with_jitter);
	tcase_add_test(tc, what_fails_is_parked_and_tried_in_rounds);
	tcase_add_test(tc, retry_after_is_respected);
	tcase_add_test(tc, a_hang_up_waits_a_minute_at_most);
	tcase_add_test(tc, control_of_a_call_is_never_parked);
	tcase_add_test(tc, by_hand_a_job_is_done_once_more_or_never);
	tcase_add_test(tc, jobs_of_a_line_keep_their_order);
	tcase_add_test(tc, several_webhookds_do_each_job_once);
	tcase_add_test(tc, a_job_of_a_dead_process_is_done_when_its_lease_is_over);
	tcase_add_test(tc, a_process_that_comes_back_goes_on_at_once);
	tcase_add_test(tc, a_message_that_may_have_gone_is_not_sent_again);
	tcase_add_test(tc, a_stop_leaves_the_jobs_to_others);
	tcase_add_test(tc, a_hang_up_without_a_row_is_done_once);
	tcase_add_test(tc, a_later_time_is_waited_for);
	tcase_add_test(tc, a_person_is_connected_to_the_call);
	tcase_add_test(tc, where_there_is_nobody_nothing_is_sent);
	tcase_add_test(tc, a_transfer_that_is_refused_leaves_the_call_where_it_was);
	tcase_add_loop_test(tc, a_transfer_that_was_done_is_not_done_again, 0, sizeof(former) / sizeof(former[0]));
}

int
main(void)
{
	return run_cases("jobs", setup, teardown, add);
}
