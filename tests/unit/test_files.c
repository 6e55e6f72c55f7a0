/* SPDX-License-Identifier: ISC */
/* Against the real server in this process, by a client that sees each byte. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/buffer.h>
#include <netinet/in.h>

#include "common/log.h"
#include "tools/callsim/files.h"
#include "tools/callsim/files_impl.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/sim.h"

#define SIZE	40000

static struct sim	 sim;
static char		 path[] = "/tmp/callpipe-files.XXXXXX", body[SIZE];
static const char	*url;

enum end { END_NONE, END_EOF, END_RESET, END_SILENCE };

static struct answer {
	int		 status;
	enum end	 end;
	long long	 told;		/* Content-Length; -1: none */
	char		 head[4096];
	size_t		 len;		/* of the body that came */
	bool		 right;		/* and it is the file from at on */
} got;

static void
setup(void)
{
	char	cause[400] = "", script[] = "wait-hangup\n";
	int	fd, i;

	log_open("test", LOG_LVL_ERROR, 2);
	memset(&sim, 0, sizeof(sim));
	strcpy(path, "/tmp/callpipe-files.XXXXXX");
	ck_assert_int_ne(fd = mkstemp(path), -1);
	for (i = 0; i < SIZE; i++)
		body[i] = (char)(i * 7 + i / 256);
	ck_assert_int_eq(write(fd, body, SIZE), SIZE);
	(void)close(fd);
	ck_assert_int_eq(script_parse(&sim.script, script, strlen(script), cause, sizeof(cause)), 0);
	ck_assert_msg(sim_start(&sim, 0, cause, sizeof(cause)) == 0, "%s", cause);
	ck_assert_ptr_nonnull(url = files_publish(&sim, path, "audio/mpeg"));
}

static void
teardown(void)
{
	files_clear(&sim);
	sim_clear(&sim);
	(void)unlink(path);
}

static void
fault(const char *text)
{
	ck_assert_int_eq(files_fault_parse(&sim.options.files.faults[sim.options.files.nfaults++], text), 0);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)arg;
	if (what & BEV_EVENT_CONNECTED)
		return;
	got.end = what & BEV_EVENT_EOF ? END_EOF : what & BEV_EVENT_TIMEOUT ? END_SILENCE : END_RESET;
	(void)event_base_loopbreak(sim.base);
}

static void
take_apart(const char *data, size_t len, size_t at)
{
	const char	*end = memmem(data, len, "\r\n\r\n", 4), *line;

	if (end == NULL)
		return;
	got.len = len - (size_t)(end + 4 - data);
	got.right = at + got.len <= SIZE && memcmp(end + 4, body + at, got.len) == 0;
	(void)snprintf(got.head, sizeof(got.head), "%.*s\r\n", (int)(end - data), data);
	ck_assert_int_eq(sscanf(got.head, "HTTP/1.1 %d", &got.status), 1);
	if ((line = strcasestr(got.head, "\r\nContent-Length: ")) != NULL)
		got.told = atoll(line + 18);
}

/* One request; headers end with CRLF each. at: where the bytes begin that are hoped for. */
static void
fetch(const char *what, const char *headers, size_t at)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET, .sin_port = htons(rest_port(sim.rest)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct bufferevent	*bev = bufferevent_socket_new(sim.base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct timeval		 silence = { 1, 0 };
	struct evbuffer		*in = bufferevent_get_input(bev);

	memset(&got, 0, sizeof(got));
	got.told = -1;
	bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
	ck_assert_int_eq(bufferevent_socket_connect(bev, (struct sockaddr *)&sin, sizeof(sin)), 0);
	evbuffer_add_printf(bufferevent_get_output(bev), "%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n",
	    what, headers);
	bufferevent_set_timeouts(bev, &silence, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	(void)event_base_dispatch(sim.base);
	take_apart((char *)evbuffer_pullup(in, -1), evbuffer_get_length(in), at);
	bufferevent_free(bev);
}

#define TOKEN	"Authorization: Bearer x\r\n"
static void
get(const char *headers, size_t at)
{
	char	what[200];

	(void)snprintf(what, sizeof(what), "GET %s", strstr(url, "/v1/files/"));
	fetch(what, headers, at);
}

START_TEST(a_file_comes_whole_with_length_and_type)
{
	get(TOKEN, 0);
	ck_assert_int_eq(got.status, 200);
	ck_assert(got.right && got.len == SIZE && got.told == SIZE && got.end == END_EOF);
	ck_assert_ptr_nonnull(strstr(got.head, "Content-Type: audio/mpeg\r\n"));
	ck_assert_ptr_nonnull(strstr(got.head, "Accept-Ranges: bytes\r\n"));
}
END_TEST

START_TEST(who_may_not_or_asks_for_nothing_is_refused)
{
	get("", 0);
	ck_assert_int_eq(got.status, 401);
	get("Authorization: Basic eDp5\r\n", 0);
	ck_assert_int_eq(got.status, 401);
	fetch("GET /v1/files/00000000-0000-4000-8000-000000000000", TOKEN, 0);
	ck_assert_int_eq(got.status, 404);
	fetch("PUT /v1/files/x", TOKEN "Content-Length: 0\r\n", 0);
	ck_assert_int_eq(got.status, 405);
	(void)unlink(path);
	get(TOKEN, 0);
	ck_assert_int_eq(got.status, 404);
}
END_TEST

START_TEST(a_range_is_answered_with_its_bytes)
{
	static const struct { const char *range; size_t at, len; const char *says; } rows[] = {
		{ "bytes=1000-", 1000, SIZE - 1000, "bytes 1000-39999/40000" },
		{ "bytes=0-0", 0, 1, "bytes 0-0/40000" }, { "bytes=5-9", 5, 5, "bytes 5-9/40000" },
		{ "bytes=39999-99999", 39999, 1, "bytes 39999-39999/40000" },
		{ "bytes=-10", SIZE - 10, 10, "bytes 39990-39999/40000" },
	};
	char	headers[200], want[100];
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(headers, sizeof(headers), TOKEN "Range: %s\r\n", rows[i].range);
		get(headers, rows[i].at);
		ck_assert_msg(got.status == 206, "%s: %d", rows[i].range, got.status);
		ck_assert(got.right && got.len == rows[i].len && got.told == (long long)rows[i].len);
		(void)snprintf(want, sizeof(want), "Content-Range: %s\r\n", rows[i].says);
		ck_assert_ptr_nonnull(strstr(got.head, want));
	}
	get(TOKEN "Range: bytes=40000-\r\n", 0);
	ck_assert_int_eq(got.status, 416);
	ck_assert_ptr_nonnull(strstr(got.head, "Content-Range: bytes */40000\r\n"));
	get(TOKEN "Range: lines=1-2\r\n", 0);
	ck_assert_int_eq(got.status, 200);
	get(TOKEN "Range: bytes=10-\r\nIf-Range: \"another\"\r\n", 0);
	ck_assert(got.status == 200 && got.len == SIZE);
}
END_TEST

START_TEST(odd_ranges_are_not_heeded)
{
	static const char *const rows[] = { "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "bytes=1-2,4-5", "bytes=1" };
	off_t	offset = 7;
	int64_t	len = 7;
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(files_range(rows[i], 100, &offset, &len) == -1, "%s", rows[i]);
	ck_assert(offset == 7 && len == 7);
	ck_assert_int_eq(files_range("bytes=0-", 0, &offset, &len), -2);
}
END_TEST

START_TEST(the_first_answers_can_be_errors)
{
	fault("404-first:2");
	fault("500-first:1");
	get(TOKEN, 0);
	ck_assert_int_eq(got.status, 404);
	get(TOKEN, 0);
	ck_assert_int_eq(got.status, 404);
	get(TOKEN, 0);
	ck_assert_int_eq(got.status, 500);
	get(TOKEN, 0);
	ck_assert(got.status == 200 && got.len == SIZE);
}
END_TEST

START_TEST(a_reset_comes_after_that_many_bytes_and_is_survived_by_ranges)
{
	char	headers[100];
	size_t	at = 0;
	int	n;

	fault("reset-at:15000");
	for (n = 0; at < SIZE; n++) {
		(void)snprintf(headers, sizeof(headers), TOKEN "Range: bytes=%zu-\r\n", at);
		get(headers, at);
		ck_assert_int_eq(got.status, 206);
		ck_assert(got.right && got.told == (long long)(SIZE - at));
		ck_assert_int_eq(got.end, SIZE - at > 15000 ? END_RESET : END_EOF);
		ck_assert_uint_eq(got.len, SIZE - at > 15000 ? 15000 : SIZE - at);
		at += got.len;
	}
	ck_assert_int_eq(n, 3);
}
END_TEST

START_TEST(a_stall_says_nothing_more)
{
	fault("stall:1000,1");
	get(TOKEN, 0);
	ck_assert(got.end == END_SILENCE && got.len == 1000 && got.told == SIZE && got.right);
	get(TOKEN, 0);
	ck_assert(got.end == END_EOF && got.len == SIZE);
}
END_TEST

START_TEST(what_is_truncated_ends_early)
{
	fault("truncate,1");
	fault("wrong-length,1");
	get(TOKEN, 0);
	ck_assert(got.end == END_EOF && got.len == SIZE / 2 && got.told == SIZE && got.right);
	get(TOKEN, 0);
	ck_assert(got.end == END_EOF && got.len == SIZE && got.told == SIZE + 100 && got.right);
	get(TOKEN, 0);
	ck_assert(got.len == SIZE && got.told == SIZE);
}
END_TEST

START_TEST(slow_is_slow_and_complete)
{
	struct timeval	begin, end;

	fault("slow:100000");
	event_base_gettimeofday_cached(sim.base, &begin);
	get(TOKEN, 0);
	event_base_gettimeofday_cached(sim.base, &end);
	ck_assert(got.len == SIZE && got.right && got.end == END_EOF);
	ck_assert_int_ge((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_usec - begin.tv_usec) / 1000, 300);
}
END_TEST

START_TEST(a_server_may_know_no_ranges)
{
	fault("no-range");
	get(TOKEN "Range: bytes=10-\r\n", 0);
	ck_assert(got.status == 200 && got.len == SIZE && got.right);
	ck_assert_ptr_null(strstr(got.head, "Accept-Ranges"));
}
END_TEST

START_TEST(only_known_faults_are_taken)
{
	static const char *const good[] = { "404-first:1", "500-first:20", "stall", "stall:10", "stall:10,3", "stall,2",
	    "reset-at:1", "slow", "slow:1", "truncate", "wrong-length,1", "no-range" };
	static const char *const bad[] = { "", "404-first", "404-first:0", "404-first:1,1", "reset-at", "reset-at:x",
	    "stall,0", "truncate:1", "stal", "stall:", "slow:1,", "no-range:1" };
	struct files_fault	f;
	size_t			i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(files_fault_parse(&f, good[i]) == 0, "%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(files_fault_parse(&f, bad[i]) == -1 && errno == EINVAL, "%s", bad[i]);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("files");
	TCase	*t = tcase_create("files");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_file_comes_whole_with_length_and_type);
	tcase_add_test(t, who_may_not_or_asks_for_nothing_is_refused);
	tcase_add_test(t, a_range_is_answered_with_its_bytes);
	tcase_add_test(t, odd_ranges_are_not_heeded);
	tcase_add_test(t, the_first_answers_can_be_errors);
	tcase_add_test(t, a_reset_comes_after_that_many_bytes_and_is_survived_by_ranges);
	tcase_add_test(t, a_stall_says_nothing_more);
	tcase_add_test(t, what_is_truncated_ends_early);
	tcase_add_test(t, slow_is_slow_and_complete);
	tcase_add_test(t, a_server_may_know_no_ranges);
	tcase_add_test(t, only_known_faults_are_taken);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
