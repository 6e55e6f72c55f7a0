/* SPDX-License-Identifier: ISC */
/* The writer thread: groups, completions, limits, failures, crashes. */
#include "common/utf8.h"
#include "tests/unit/store_fixture.h"

/* Hold the writer up, as another process would. */
static sqlite3	*gate;

static void
close_gate(void)
{
	gate = raw_open();
	raw_exec(gate, "BEGIN IMMEDIATE");
}

static void
open_gate(void)
{
	raw_exec(gate, "ROLLBACK");
	(void)sqlite3_close(gate);
}

static struct store_stats
stats(void)
{
	struct store_stats	st;

	store_get_stats(s, &st);
	return st;
}

/* ---- completions and groups ---- */

START_TEST(completions_come_in_order_through_the_descriptor)
{
	struct pollfd	pfd = { .fd = store_fd(s), .events = POLLIN };
	int		i;

	delivered = 0;
	store_dispatch(s);		/* nothing waits: no harm */
	for (i = 0; i < 20; i++)
		add_event("a", "", "{}", outcome(i));
	while (delivered < 20) {
		ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		store_dispatch(s);
	}
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(outcomes[i].n, 1);
		ck_assert_int_eq(outcomes[i].rc, 0);
		ck_assert_int_eq(outcomes[i].err, 0);
		ck_assert_int_eq(outcomes[i].order, i + 1);
	}
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
}
END_TEST

START_TEST(requests_that_wait_share_a_commit)
{
	struct store_stats	before = stats();
	int			i;

	close_gate();
	for (i = 0; i < 50; i++)
		add_event("a", "", "{}", NULL);
	ck_assert_uint_eq(stats().queued, 50);
	open_gate();
	store_flush(s);
	ck_assert_uint_eq(stats().requests - before.requests, 50);
	ck_assert_uint_le(stats().commits - before.commits, 2);
	ck_assert_uint_eq(stats().queued, 0);
	ck_assert_uint_gt(stats().commit_us_max, 0);
	ck_assert_int_eq(nevents("a"), 50);
}
END_TEST

static void
add_again(void *arg, int rc, int e)
{
	int	*left = arg;

	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(e, 0);
	if (--*left > 0) {
		struct store_event	ev = event_of("a", "", "{}");

		ck_assert_int_eq(store_add_event(s, &ev, add_again, left), 0);
	}
}

START_TEST(a_completion_may_ask_for_more)
{
	struct pollfd		pfd = { .fd = store_fd(s), .events = POLLIN };
	struct store_event	e = event_of("a", "", "{}");
	int			left = 10;

	ck_assert_int_eq(store_add_event(s, &e, add_again, &left), 0);
	while (left > 0) {
		ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		store_dispatch(s);
	}
	ck_assert_int_eq(nevents("a"), 10);
}
END_TEST

START_TEST(closing_commits_what_is_queued)
{
	int	i;

	delivered = 0;
	for (i = 0; i < 30; i++)
		add_event("a", "", "{}", outcome(i));
	store_close(s);
	ck_assert_int_eq(delivered, 0);
	s = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
	ck_assert_int_eq(nevents("a"), 30);
}
END_TEST

/* ---- limits ---- */

START_TEST(a_full_queue_refuses)
{
	struct store_event	e = event_of("a", "", "{}");
	int			i;

	close_gate();
	for (i = 0; store_add_event(s, &e, NULL, NULL) == 0; i++)
		continue;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(i, STORE_QUEUE_MAX);
	ck_assert_uint_eq(stats().refused, 1);
	open_gate();
	store_flush(s);
	ck_assert_int_eq(nevents("a"), STORE_QUEUE_MAX);
	add_event("a", "", "{}", NULL);
}
END_TEST

START_TEST(completions_that_nobody_fetches_refuse_too)
{
	struct store_event	e = event_of("a", "", "{}");
	int			i;

	for (i = 0; i < STORE_QUEUE_MAX; i++) {
		if (store_add_event(s, &e, on_done, outcome(0)) == -1)
			break;
		if (i % 1000 == 0)
			store_flush(s);
	}
	ck_assert_int_eq(i, STORE_QUEUE_MAX);
	store_flush(s);
	ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
	store_dispatch(s);
	ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), 0);
}
END_TEST

START_TEST(the_bytes_in_the_queue_are_limited)
{
	struct store_event	e = event_of("a", "", "");
	char			*big = mem_calloc(1, STORE_REQUEST_BYTES + 1);
	int			i;

	e.body = big;
	e.body_len = STORE_REQUEST_BYTES + 1;
	ck_assert_int_eq(store_add_event(s, &e, NULL, NULL), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	e.body_len = STORE_REQUEST_BYTES - 1000;
	close_gate();
	for (i = 0; store_add_event(s, &e, NULL, NULL) == 0; i++)
		continue;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(i, STORE_QUEUE_BYTES / STORE_REQUEST_BYTES);
	open_gate();
	free(big);
	store_flush(s);
	ck_assert_int_eq(nevents("a"), i);
}
END_TEST

START_TEST(text_too_long_for_its_place_is_cut_at_a_character)
{
	struct store_call	c = full_call("a"), got;
	sqlite3			*db;

	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	store_flush(s);
	db = raw_open();
	raw_exec(db, "UPDATE calls SET name = replace(hex(zeroblob(50)), '00', '\xe2\x82\xac'), flow = '', caller = NULL");
	(void)sqlite3_close(db);
	ck_assert_int_eq(store_get_call(s, &c.id, &got), 1);
	ck_assert_uint_eq(strlen(got.name), 126);
	ck_assert(utf8_valid(got.name, strlen(got.name)));
	ck_assert_str_eq(got.flow, "");
	ck_assert_str_eq(got.caller, "");
}
END_TEST

/* ---- failures ---- */

START_TEST(a_lock_held_too_long_fails_the_requests_only)
{
	int	i;

	store_writer_set_busy_ms(s->writer, 20);
	close_gate();
	for (i = 0; i < 3; i++)
		add_event("a", "", "{}", outcome(i));
	settle();
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(outcomes[i].n, 1);
		ck_assert_int_eq(outcomes[i].rc, -1);
		ck_assert_int_eq(outcomes[i].err, EBUSY);
	}
	ck_assert_uint_eq(stats().failed, 3);
	open_gate();
	add_event("a", "", "{}", outcome(0));
	settle();
	ck_assert_int_eq(outcomes[0].rc, 0);
	ck_assert_int_eq(nevents("a"), 1);
}
END_TEST

static off_t
wal_size(void)
{
	char		name[700];
	struct stat	st;

	(void)snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &st) == 0 ? st.st_size : 0;
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit	lim;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &lim), 0);
	lim.rlim_cur = bytes < lim.rlim_max ? bytes : lim.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &lim), 0);
}

/* A file that may not grow stands for the full disk. */
START_TEST(a_full_disk_fails_the_requests_only)
{
	char	*big = mem_calloc(1, (1u << 20) + 1);

	memset(big, 'x', 1u << 20);
	(void)signal(SIGXFSZ, SIG_IGN);
	store_writer_set_busy_ms(s->writer, 20000);
	limit_files((rlim_t)wal_size() + 200000);
	close_gate();
	add_event("a", "", "1", outcome(0));
	add_event("a", "", big, outcome(1));
	add_event("a", "", "3", outcome(2));
	open_gate();
	settle();
	limit_files(RLIM_INFINITY);
	ck_assert_int_eq(outcomes[0].rc, 0);
	ck_assert_int_eq(outcomes[1].rc, -1);
	ck_assert_msg(outcomes[1].err == EIO || outcomes[1].err == ENOSPC, "%s", strerror(outcomes[1].err));
	ck_assert_int_eq(outcomes[2].rc, 0);
	ck_assert_int_eq(nevents("a"), 2);
	add_event("a", "", big, outcome(3));
	settle();
	ck_assert_int_eq(outcomes[3].rc, 0);
	ck_assert_int_eq(store_check(s, err, sizeof(err)), 0);
	ck_assert_str_eq(err, "ok");
	free(big);
}
END_TEST

static bool
count_turn(void *arg, const struct store_turn *t)
{
	ck_assert_str_eq(t->user_text, "hello");
	++*(int *)arg;
	return true;
}

START_TEST(requests_survive_each_failed_allocation)
{
	struct store_turn	t;
	char			text[] = "hello";
	int			n, rc = -1, read = 0;

	store_turn_init(&t);
	t.call = call_id("a");
	t.user_text = t.bot_text = t.error = text;
	for (n = 0; rc == -1; n++) {
		mem_fail_at(n);
		rc = store_put_turn(s, &t, NULL, NULL);
		ck_assert(rc == 0 || errno == ENOMEM);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 2);
	store_flush(s);
	for (n = 0, rc = -1; rc == -1; n++) {
		mem_fail_at(n);
		rc = store_each_turn(s, &t.call, count_turn, &read);
		ck_assert(rc == 0 || (errno == ENOMEM && read == 0));
	}
	mem_fail_at(-1);
	ck_assert_int_eq(n, 4);
	ck_assert_int_eq(read, 1);
}
END_TEST

/* ---- upkeep ---- */

START_TEST(a_large_wal_is_truncated_once_a_minute)
{
	sqlite3	*reader = raw_open();
	char	*big = mem_calloc(1, (1u << 20) + 1);
	int	 i;

	memset(big, 'x', 1u << 20);
	raw_exec(reader, "BEGIN; SELECT count(*) FROM events");	/* forgotten: the WAL grows */
	for (i = 0; i < 20; i++) {
		add_event("a", "", big, NULL);
		store_flush(s);
	}
	raw_exec(reader, "COMMIT");
	ck_assert_int_gt(wal_size(), STORE_WAL_LARGE);
	add_event("a", "", "1", NULL);
	store_flush(s);
	ck_assert_int_gt(wal_size(), STORE_WAL_LARGE);
	clock_set(clock_mono_us() + (STORE_CHECKPOINT_MS + 1) * INT64_C(1000), clock_wall_ms());
	for (i = 0; i < 2; i++) {	/* the second is taken when the upkeep after the first is over */
		add_event("a", "", "2", NULL);
		store_flush(s);
	}
	clock_set(-1, -1);
	ck_assert_int_lt(wal_size(), 1 << 20);
	(void)sqlite3_close(reader);
	free(big);
}
END_TEST

/* Asked by tools, or by the operator's API now and then. */
static bool
of_people(int q)
{
	static const enum store_query	queries[] = {
		STORE_Q_JOBS, STORE_Q_CHECK, STORE_Q_EVENTS, STORE_Q_DIALS, STORE_Q_CAMPAIGNS, STORE_Q_PROGRESS, STORE_Q_ANSWERS,
		STORE_Q_ANSWERS_OF_FLOW,
	};
	size_t	i;

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		if ((int)queries[i] == q)
			return true;
	return false;
}

START_TEST(queries_of_the_loop_use_an_index)
{
	sqlite3		*db = raw_open();
	sqlite3_stmt	*stmt;
	char		 sql[1024];
	int		 q;

	for (q = 0; q < STORE_NQUERIES; q++) {
		if (of_people(q))
			continue;
		(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", store_queries[q]);
		ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char	*step = (const char *)sqlite3_column_text(stmt, 3);

			ck_assert_msg(strncmp(step, "SCAN", 4) != 0 || strstr(step, "USING") != NULL ||
			    strstr(step, "subquery") != NULL || strstr(step, "CONSTANT ROW") != NULL, "%s: %s", store_queries[q], step);
			ck_assert_msg(strstr(step, "TEMP B-TREE") == NULL || q == STORE_Q_CONVERSATION ||
			    q == STORE_Q_LEGS, "%s: %s", store_queries[q], step);
		}
		(void)sqlite3_finalize(stmt);
	}
	(void)sqlite3_close(db);
}
END_TEST

/* ---- other processes ---- */

static int	ack_fd = -1, failures;

static void
acknowledge(void *arg, int rc, int e)
{
	int64_t	number = (int64_t)(intptr_t)arg;

	(void)e;
	if (rc != 0)
		failures++;
	else if (ack_fd != -1 && write(ack_fd, &number, sizeof(number)) != sizeof(number))
		_exit(3);
	delivered++;
}

/* Write events with acknowledgements, at most 50 on the way; n 0: until killed. */
static void
child_writes(const char *call, int n)
{
	struct pollfd	pfd = { .events = POLLIN };
	int		i, sent = 0;
	char		text[32];

	if ((s = store_open(path, STORE_WRITE, err, sizeof(err))) == NULL)
		_exit(2);
	pfd.fd = store_fd(s);
	delivered = failures = 0;
	for (i = 0; n == 0 || delivered < n; i++) {
		for (; sent - delivered < 50 && (n == 0 || sent < n); sent++) {
			struct store_event	e;

			(void)snprintf(text, sizeof(text), "%d", sent);
			e = event_of(call, "", text);
			if (store_add_event(s, &e, acknowledge, (void *)(intptr_t)sent) == -1)
				_exit(4);
		}
		(void)poll(&pfd, 1, 20000);
		store_dispatch(s);
	}
	store_close(s);
	_exit(failures != 0);
}

START_TEST(two_processes_write_at_once)
{
	pid_t	pids[2];
	int	status, i;

	for (i = 0; i < 2; i++) {
		if ((pids[i] = fork()) == 0)
			child_writes(i == 0 ? "a" : "b", 2000);
	}
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	}
	s = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
	ck_assert_int_eq(nevents("a"), 2000);
	ck_assert_int_eq(nevents("b"), 2000);
}
END_TEST

struct presence { unsigned char row[1 << 20]; };

static bool
note_presence(void *arg, const struct store_event *e)
{
	struct presence	*p = arg;
	int		 number = atoi(e->body);

	ck_assert_int_lt(number, 1 << 20);
	p->row[number] = 1;
	return true;
}

/* Let a child write until enough rows are acknowledged, kill it, look for each of them. */
static void
crash_once(const char *call, int enough, struct presence *p)
{
	struct callid	id = call_id(call);
	int64_t		number, last = -1;
	int		fds[2], status, n;
	pid_t		pid;

	ck_assert_int_eq(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		(void)close(fds[0]);
		ack_fd = fds[1];
		child_writes(call, 0);
	}
	(void)close(fds[1]);
	for (n = 0; read(fds[0], &number, sizeof(number)) == sizeof(number); n++) {
		if (n == enough)
			ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(number, last + 1);
		last = number;
	}
	ck_assert_int_ge(n, enough);
	(void)close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	s = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(s != NULL, "%s", err);
	memset(p, 0, sizeof(*p));
	ck_assert_int_eq(store_each_event(s, &id, note_presence, p), 0);
	for (number = 0; number <= last; number++)
		ck_assert_msg(p->row[number] == 1, "row %lld was acknowledged and is not there", (long long)number);
	ck_assert_int_eq(store_check(s, err, sizeof(err)), 0);
	ck_assert_str_eq(err, "ok");
	store_close(s);
	s = NULL;
}

START_TEST(what_was_acknowledged_survives_kill_9)
{
	struct presence	*p = mem_alloc(sizeof(*p));
	int		 i;

	for (i = 0; i < 4; i++) {
		char	call[2] = { (char)('a' + i), '\0' };

		crash_once(call, 137 * (i + 1) * (i + 1), p);
	}
	free(p);
}
END_TEST

static void
add_all(Suite *suite)
{
	TCase	*tc = tcase(suite, "writer", setup), *processes = tcase(suite, "processes", setup_dir);

	tcase_add_test(tc, completions_come_in_order_through_the_descriptor);
	tcase_add_test(tc, requests_that_wait_share_a_commit);
	tcase_add_test(tc, a_completion_may_ask_for_more);
	tcase_add_test(tc, closing_commits_what_is_queued);
	tcase_add_test(tc, a_full_queue_refuses);
	tcase_add_test(tc, completions_that_nobody_fetches_refuse_too);
	tcase_add_test(tc, the_bytes_in_the_queue_are_limited);
	tcase_add_test(tc, text_too_long_for_its_place_is_cut_at_a_character);
	tcase_add_test(tc, a_lock_held_too_long_fails_the_requests_only);
	tcase_add_test(tc, a_full_disk_fails_the_requests_only);
	tcase_add_test(tc, requests_survive_each_failed_allocation);
	tcase_add_test(tc, a_large_wal_is_truncated_once_a_minute);
	tcase_add_test(tc, queries_of_the_loop_use_an_index);
	tcase_add_test(processes, two_processes_write_at_once);
	tcase_add_test(processes, what_was_acknowledged_survives_kill_9);
}

int
main(void)
{
	return run_suite("store_writer", add_all);
}
