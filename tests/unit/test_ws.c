/* SPDX-License-Identifier: ISC */
#include "sockd/ws.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <ev.h>

#include "common/clock.h"
#include "common/log.h"
#include "tests/unit/wsclient.h"

static struct ev_loop	*loop;
static struct ev_timer	 wake;
static struct ws	*ws;
static struct ws_conn	*conn;
static struct ws_request seen;
static char		 seen_uuid[128], seen_token[256];
static int		 upgrade_answer, nopened, nclosed, nmessages;
static bool		 binary, user_wanted;
static uint8_t		 message[WS_RX_MAX];
static size_t		 message_len;
static const char	*closed_cause;
static struct wsclient	*cl;

static int
on_upgrade(void *arg, const struct ws_request *req)
{
	ck_assert_ptr_eq(arg, &seen);
	(void)snprintf(seen_uuid, sizeof(seen_uuid), "%s", req->uuid);
	(void)snprintf(seen_token, sizeof(seen_token), "%s", req->token);
	return upgrade_answer;
}

static void *
on_opened(void *arg, struct ws_conn *c, const struct callid *call)
{
	ck_assert_ptr_eq(arg, &seen);
	ck_assert_str_eq(call->text, seen_uuid);
	conn = c;
	nopened++;
	return user_wanted ? &conn : NULL;
}

static void
take(bool is_binary, const void *data, size_t len)
{
	binary = is_binary;
	memcpy(message, data, len);
	message_len = len;
	nmessages++;
}

static void
on_audio(void *user, const void *data, size_t len)
{
	ck_assert_ptr_eq(user, &conn);
	take(true, data, len);
}

static void
on_text(void *user, const char *text, size_t len)
{
	ck_assert_ptr_eq(user, &conn);
	take(false, text, len);
}

static void
on_closed(void *user, const char *cause)
{
	ck_assert_ptr_eq(user, &conn);
	closed_cause = cause;
	nclosed++;
}

static const struct ws_ops ops = { on_upgrade, on_opened, on_audio, on_text, on_closed };
static const struct ws_conf conf = { .host = "127.0.0.1", .port = 0, .path = "/socket", .max_conns = 64 };

static void
nothing(struct ev_loop *l, struct ev_timer *t, int revents)
{
	(void)l;
	(void)t;
	(void)revents;
}

static void
setup(void)
{
	char	err[256];

	log_open("test", LOG_LVL_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	upgrade_answer = nopened = nclosed = nmessages = 0;
	user_wanted = true;
	conn = NULL;
	ck_assert_ptr_nonnull(loop = ev_loop_new(EVFLAG_AUTO));
	ev_timer_init(&wake, nothing, 0.005, 0.005);
	ev_timer_start(loop, &wake);
	ck_assert_ptr_nonnull(ws = ws_new(loop, &conf, &ops, &seen, err, sizeof(err)));
	ck_assert_ptr_nonnull(cl = calloc(2, sizeof(*cl)));
	cl[0].fd = cl[1].fd = -1;
}

static void
teardown(void)
{
	clock_set(-1, -1);
	wsclient_close(&cl[0]);
	wsclient_close(&cl[1]);
	free(cl);
	ws_free(ws);
	ev_timer_stop(loop, &wake);
	ev_loop_destroy(loop);
}

/* Run the loop until cond, which is looked at once a turn, holds. */
#define PUMP(cond) do {								\
	int	turns_ = 0;							\
	bool	holds_;								\
										\
	while (!(holds_ = (cond)) && turns_++ < 2000)				\
		(void)ev_run(loop, EVRUN_ONCE);					\
	ck_assert_msg(holds_, "%s", #cond);					\
} while (0)

static void
connect_to(struct wsclient *c, const char *target)
{
	wsclient_open(c, ws_port(ws), target, WSCLIENT_UPGRADE);
	PUMP((wsclient_read(c), c->status != 0 || c->eof));
}

static void
connected(void)
{
	connect_to(&cl[0], "/socket?uuid=call-1&t=tok.en");
	ck_assert_int_eq(cl[0].status, 101);
	PUMP(nopened == 1);
}

START_TEST(an_upgrade_is_asked_for_with_its_query)
{
	connect_to(&cl[0], "/socket?uuid=63f61863-4a51&t=1.ab.%5fc");
	ck_assert_int_eq(cl[0].status, 101);
	ck_assert_str_eq(seen_uuid, "63f61863-4a51");
	ck_assert_str_eq(seen_token, "1.ab._c");
	PUMP(nopened == 1);
}
END_TEST

START_TEST(a_refusal_is_told_by_its_status)
{
	static const int	answers[] = { 400, 401, 403, 503 };

	upgrade_answer = answers[_i];
	connect_to(&cl[0], "/socket?uuid=a&t=b");
	ck_assert_int_eq(cl[0].status, answers[_i]);
	PUMP((wsclient_read(&cl[0]), cl[0].eof));
	ck_assert_int_eq(nopened, 0);
	ck_assert_int_eq(nclosed, 0);
}
END_TEST

START_TEST(other_requests_are_refused)
{
	connect_to(&cl[0], "/other?uuid=a");
	ck_assert_int_eq(cl[0].status, 404);
	wsclient_open(&cl[1], ws_port(ws), "/socket?uuid=a", "");
	PUMP((wsclient_read(&cl[1]), cl[1].status != 0));
	ck_assert_int_eq(cl[1].status, 426);
	ck_assert_int_eq(nopened, 0);
}
END_TEST

START_TEST(missing_and_long_arguments_are_empty)
{
	char	target[400] = "/socket?t=";

	connect_to(&cl[0], "/socket");
	ck_assert_str_eq(seen_uuid, "");
	ck_assert_int_ne(cl[0].status, 101);
	memset(target + 10, 'x', 300);
	connect_to(&cl[1], target);
	ck_assert_str_eq(seen_token, "");
}
END_TEST

START_TEST(messages_come_whole)
{
	static const size_t	lens[] = { 1, 320, 640, 960, 1024, 1025, 4000, 16384 };
	uint8_t			data[16384];
	size_t			i, k;

	connected();
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	for (k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
		wsclient_send(&cl[0], 0x82, data, lens[k]);
		PUMP(nmessages == (int)k + 1);
		ck_assert(binary);
		ck_assert_uint_eq(message_len, lens[k]);
		ck_assert_int_eq(memcmp(message, data, lens[k]), 0);
	}
}
END_TEST

START_TEST(fragments_are_joined)
{
	connected();
	wsclient_send(&cl[0], 0x01, "one ", 4);
	wsclient_send(&cl[0], 0x00, "two ", 4);
	wsclient_send(&cl[0], 0x89, "ping", 4);
	wsclient_send(&cl[0], 0x80, "three", 5);
	PUMP(nmessages == 1);
	ck_assert(!binary);
	ck_assert_uint_eq(message_len, 13);
	ck_assert_int_eq(memcmp(message, "one two three", 13), 0);
	PUMP(wsclient_next(&cl[0]) == 10);
}
END_TEST

START_TEST(a_message_over_the_maximum_is_closed_1009)
{
	static uint8_t		data[WS_RX_MAX + 1];
	struct ws_stats		st;

	connected();
	wsclient_send(&cl[0], 0x82, data, sizeof(data));
	PUMP(wsclient_next(&cl[0]) == 8);
	ck_assert_uint_eq(cl[0].close_code, 1009);
	wsclient_close(&cl[0]);
	PUMP(nclosed == 1);
	ws_stats(ws, &st);
	ck_assert_uint_eq(st.too_big, 1);
	ck_assert_int_eq(nmessages, 0);
}
END_TEST

START_TEST(audio_and_text_keep_their_order)
{
	connected();
	memset(ws_frame(ws), 7, 640);
	ck_assert(ws_writable(conn));
	ck_assert_int_eq(ws_send_audio(conn, 640), 0);
	ck_assert_int_eq(ws_send_text(conn, "{}", 2), 0);
	memset(ws_frame(ws), 8, 640);
	ck_assert_int_eq(ws_send_audio(conn, 640), 0);
	PUMP(wsclient_next(&cl[0]) == 2);
	ck_assert_uint_eq(cl[0].msg_len, 640);
	ck_assert_int_eq(cl[0].msg[639], 7);
	PUMP(wsclient_next(&cl[0]) == 1);
	ck_assert_str_eq((char *)cl[0].msg, "{}");
	PUMP(wsclient_next(&cl[0]) == 2);
	ck_assert_int_eq(cl[0].msg[0], 8);
}
END_TEST

/* Fill the way to a reader that stands still; every message that was accepted must come out whole. */
START_TEST(a_stalled_reader_is_felt_and_loses_nothing_that_was_accepted)
{
	struct ws_stats	st;
	int		n = 0, got = 0, texts = 0, op, small = 4096;

	connected();
	(void)setsockopt(cl[0].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	while (ws_writable(conn) && n < 100000) {
		memset(ws_frame(ws), n & 255, 960);
		ck_assert_int_eq(ws_send_audio(conn, 960), 0);
		n++;
	}
	ck_assert_int_lt(n, 4000);
	while (ws_send_text(conn, "text", 4) == 0)
		texts++;
	ck_assert_int_eq(texts, WS_TEXTS_MAX);
	ws_stats(ws, &st);
	ck_assert_uint_eq(st.text_lost, 1);
	while (got < n) {
		PUMP((op = wsclient_next(&cl[0])) != 0);
		ck_assert_int_eq(op, 2);
		ck_assert_uint_eq(cl[0].msg_len, 960);
		ck_assert_int_eq(cl[0].msg[959], got & 255);
		got++;
	}
	for (; texts > 0; texts--)
		PUMP(wsclient_next(&cl[0]) == 1);
	PUMP(ws_writable(conn));
}
END_TEST

START_TEST(a_close_says_its_code_and_reason)
{
	connected();
	ws_close(conn, WS_CLOSE_IDLE, "no audio");
	ws_close(conn, WS_CLOSE_STALLED, "second");
	ck_assert(!ws_writable(conn));
	PUMP(wsclient_next(&cl[0]) == 8);
	ck_assert_uint_eq(cl[0].close_code, 4408);
	ck_assert_str_eq((char *)cl[0].msg + 2, "no audio");
	wsclient_send(&cl[0], 0x88, cl[0].msg, 2);
	PUMP(nclosed == 1);
}
END_TEST

START_TEST(a_close_that_is_not_answered_is_cut)
{
	connected();
	ws_close(conn, WS_CLOSE_REPLACED, "replaced");
	PUMP(wsclient_next(&cl[0]) == 8);
	clock_set(clock_mono_us() + (WS_CLOSE_WAIT_MS + 1) * 1000, -1);
	PUMP(nclosed == 1);		/* by us or by lws, whose own timer may be sooner */
}
END_TEST

START_TEST(a_peer_without_pongs_is_dropped_after_the_second_ping)
{
	int64_t	now = clock_mono_us();
	int	i;

	connected();
	for (i = 1; i <= 2; i++) {
		clock_set(now + i * (WS_PING_MS + 500) * 1000LL, -1);
		PUMP(wsclient_next(&cl[0]) == 9);
	}
	wsclient_send(&cl[0], 0x8a, cl[0].msg, cl[0].msg_len);
	for (i = 0; i < 10; i++)
		(void)ev_run(loop, EVRUN_ONCE);
	for (i = 3; i <= 4; i++) {
		clock_set(now + i * (WS_PING_MS + 500) * 1000LL, -1);
		PUMP(wsclient_next(&cl[0]) == 9);
	}
	ck_assert_int_eq(nclosed, 0);
	clock_set(now + i * (WS_PING_MS + 500) * 1000LL, -1);
	PUMP(nclosed == 1);
	ck_assert_str_eq(closed_cause, "no pong");
}
END_TEST

START_TEST(a_peer_that_goes_away_is_told_once)
{
	connected();
	wsclient_close(&cl[0]);
	PUMP(nclosed == 1);
	(void)ev_run(loop, EVRUN_ONCE);
	ck_assert_int_eq(nclosed, 1);
}
END_TEST

START_TEST(a_connection_without_user_is_closed)
{
	user_wanted = false;
	connected();
	PUMP(wsclient_next(&cl[0]) == 8);
	ck_assert_uint_eq(cl[0].close_code, 1011);
	ck_assert_int_eq(nclosed, 0);
}
END_TEST

START_TEST(connections_are_cut_when_the_server_is_freed)
{
	connected();
	ws_free(ws);
	ws = NULL;
	ck_assert_int_eq(nclosed, 1);
}
END_TEST

static void
fill_up(void)
{
	int	small = 4096, n = 0;

	(void)setsockopt(cl[0].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	while (ws_writable(conn) && n++ < 100000) {
		memset(ws_frame(ws), 0, 960);
		ck_assert_int_eq(ws_send_audio(conn, 960), 0);
	}
}

START_TEST(a_stalled_reader_is_cut_after_the_close)
{
	struct ws_stats	st;

	connected();
	fill_up();
	ws_close(conn, WS_CLOSE_STALLED, "stalled");
	clock_set(clock_mono_us() + (WS_CLOSE_WAIT_MS + 1) * 1000, -1);
	PUMP(nclosed == 1);
	ws_stats(ws, &st);
	ck_assert_uint_eq(st.cut, 1);
}
END_TEST

START_TEST(a_stalled_reader_is_cut_when_the_server_is_freed)
{
	connected();
	fill_up();
	ws_free(ws);
	ws = NULL;
	ck_assert_int_eq(nclosed, 1);
}
END_TEST

START_TEST(an_address_in_use_is_an_error)
{
	struct ws_conf	taken = conf;
	char		err[256];

	taken.port = ws_port(ws);
	ck_assert_ptr_null(ws_new(loop, &taken, &ops, &seen, err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "cannot listen"));
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("ws");
	TCase	*t = tcase_create("ws");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_upgrade_is_asked_for_with_its_query);
	tcase_add_loop_test(t, a_refusal_is_told_by_its_status, 0, 4);
	tcase_add_test(t, other_requests_are_refused);
	tcase_add_test(t, missing_and_long_arguments_are_empty);
	tcase_add_test(t, messages_come_whole);
	tcase_add_test(t, fragments_are_joined);
	tcase_add_test(t, a_message_over_the_maximum_is_closed_1009);
	tcase_add_test(t, audio_and_text_keep_their_order);
	tcase_add_test(t, a_stalled_reader_is_felt_and_loses_nothing_that_was_accepted);
	tcase_add_test(t, a_close_says_its_code_and_reason);
	tcase_add_test(t, a_close_that_is_not_answered_is_cut);
	tcase_add_test(t, a_peer_without_pongs_is_dropped_after_the_second_ping);
	tcase_add_test(t, a_peer_that_goes_away_is_told_once);
	tcase_add_test(t, a_connection_without_user_is_closed);
	tcase_add_test(t, connections_are_cut_when_the_server_is_freed);
	tcase_add_test(t, a_stalled_reader_is_cut_after_the_close);
	tcase_add_test(t, a_stalled_reader_is_cut_when_the_server_is_freed);
	tcase_add_test(t, an_address_in_use_is_an_error);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner	*r = srunner_create(suite());
	int	 nfailed;

	srunner_run_all(r, CK_ENV);
	nfailed = srunner_ntests_failed(r);
	srunner_free(r);
	return nfailed != 0;
}
