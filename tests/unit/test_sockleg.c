/* SPDX-License-Identifier: ISC */
/*
 * Whole calls against a small application in the same loop: its webhooks on
 * evhttp, its WebSocket as raw bytes, all on ports that the system chooses.
 */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <openssl/evp.h>

#include "common/log.h"
#include "tools/callsim/call.h"

static struct sim	 sim;
static struct evhttp	*app;
static struct evconnlistener *socket_server;
static struct bufferevent *peer;
static uint16_t		 app_port, socket_port;
static char		 answer_url[80], event_url[80], ncco[400], statuses[400];
static char		 script[200];
static int		 fail_once;		/* status of the next answer */
static unsigned		 asked;			/* requests to the answer webhook */
static const char	*frames;		/* what the application sends after the handshake */
static size_t		 frames_len;
static enum call_result	 result;
static char		 reason[300], lost[200];
static uint64_t		 frames_in, clears, notifies, unknown_texts, bad_frames;

static void
on_event(struct evhttp_request *req, void *arg)
{
	struct evbuffer		*in = evhttp_request_get_input_buffer(req);
	struct json_object	*o;
	const char		*status;

	(void)arg;
	o = json_parse((const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in), NULL);
	if ((status = json_get_str(o, "status")) != NULL && strncmp(json_get_str(o, "to"), "ws:", 3) == 0) {
		strcat(statuses, status);
		strcat(statuses, " ");
	}
	json_object_put(o);
	evhttp_send_reply(req, 204, "No Content", NULL);
}

static void
on_answer(struct evhttp_request *req, void *arg)
{
	struct evbuffer	*out;

	(void)arg;
	asked++;
	if (fail_once != 0) {
		evhttp_send_reply(req, fail_once, "No", NULL);
		fail_once = 0;
		return;
	}
	out = evbuffer_new();
	(void)evbuffer_add(out, ncco, strlen(ncco));
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	evhttp_send_reply(req, 200, "OK", out);
	evbuffer_free(out);
}

static void
on_peer_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer	*in = bufferevent_get_input(bev);
	unsigned char	 digest[EVP_MAX_MD_SIZE], accept[40];
	char		 both[64], *key, *text = (char *)evbuffer_pullup(in, -1);
	unsigned	 len;

	(void)arg;
	if (memmem(text, evbuffer_get_length(in), "\r\n\r\n", 4) == NULL)
		return;
	key = (char *)memmem(text, evbuffer_get_length(in), "Key: ", 5) + 5;
	(void)snprintf(both, sizeof(both), "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	(void)EVP_Digest(both, strlen(both), digest, &len, EVP_sha1(), NULL);
	(void)EVP_EncodeBlock(accept, digest, (int)len);
	(void)evbuffer_drain(in, evbuffer_get_length(in));
	bufferevent_disable(bev, EV_READ);
	(void)evbuffer_add_printf(bufferevent_get_output(bev), "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
	(void)bufferevent_write(bev, frames, frames_len);
}

static void
on_peer(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	(void)l;
	(void)sa;
	(void)len;
	(void)arg;
	peer = bufferevent_socket_new(sim.base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(peer, on_peer_read, NULL, NULL, NULL);
	bufferevent_enable(peer, EV_READ | EV_WRITE);
}

static uint16_t
port_of(evutil_socket_t fd)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	return ntohs(sin.sin_port);
}

static void
setup(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char			cause[200];

	log_open("test", LOG_LVL_WARN, 2);
	memset(&sim, 0, sizeof(sim));
	statuses[0] = '\0';
	peer = NULL;
	sim.options = (struct sim_options){ .answer_url = answer_url, .event_url = event_url,
	    .max_ms = 2000, .details = true, .line = { .level_db = EARMETER_LEVEL_DB,
	    .quiet_ms = EARMETER_QUIET_MS, .noise_db = -120 } };
	strcpy(script, "wait-hangup\n");
	ck_assert_int_eq(script_parse(&sim.script, script, strlen(script), cause, sizeof(cause)), 0);
	ck_assert_int_eq(sim_start(&sim, 0, cause, sizeof(cause)), 0);
	app = evhttp_new(sim.base);
	evhttp_set_cb(app, "/answer", on_answer, NULL);
	evhttp_set_cb(app, "/event", on_event, NULL);
	app_port = port_of(evhttp_bound_socket_get_fd(evhttp_bind_socket_with_handle(app, "127.0.0.1", 0)));
	socket_server = evconnlistener_new_bind(sim.base, on_peer, NULL, LEV_OPT_CLOSE_ON_FREE, 4,
	    (struct sockaddr *)&sin, sizeof(sin));
	socket_port = port_of(evconnlistener_get_fd(socket_server));
	(void)snprintf(answer_url, sizeof(answer_url), "http://127.0.0.1:%u/answer", app_port);
	(void)snprintf(event_url, sizeof(event_url), "http://127.0.0.1:%u/event", app_port);
}

static void
teardown(void)
{
	if (peer != NULL)
		bufferevent_free(peer);
	if (socket_server != NULL)
		evconnlistener_free(socket_server);
	evhttp_free(app);
	sim_clear(&sim);
}

static void
on_done(void *arg, struct call *c)
{
	struct json_object	*d = json_object_array_get_idx(c->details.disconnects, 0);

	(void)arg;
	result = c->result;
	(void)snprintf(reason, sizeof(reason), "%s", c->reason);
	(void)snprintf(lost, sizeof(lost), "%s", json_get_str_or(d, "why", ""));
	frames_in = c->frames_in;
	clears = c->clears;
	notifies = c->notifies;
	unknown_texts = c->unknown_texts;
	bad_frames = c->bad_frames;
	event_base_loopbreak(sim.base);
}

/* A call whose NCCO connects to port; it ends when the socket is gone. */
static void
call_to(uint16_t port, const char *synchronous)
{
	struct call	*c;

	(void)snprintf(ncco, sizeof(ncco), "[{\"action\":\"connect\",%s\"endpoint\":[{\"type\":\"websocket\","
	    "\"uri\":\"ws://127.0.0.1:%u/socket\",\"content-type\":\"audio/l16;rate=8000\"}]}]", synchronous, port);
	c = call_new(&sim, "44", "45", NULL, on_done, NULL);
	ck_assert_ptr_nonnull(c);
	call_start(c);
	ck_assert_int_eq(event_base_dispatch(sim.base), 0);
}

START_TEST(a_socket_that_nobody_listens_on_fails_the_leg)
{
	evconnlistener_free(socket_server);
	socket_server = NULL;
	call_to(socket_port, "");
	ck_assert_int_eq(result, CALL_RESULT_OK);
	ck_assert_str_eq(lost, "connect: Connection refused");
	ck_assert_str_eq(statuses, "started ringing failed ");
}
END_TEST

START_TEST(a_refused_handshake_fails_the_leg_and_says_the_status)
{
	call_to(app_port, "\"eventType\":\"synchronous\",");
	ck_assert_str_eq(lost, "handshake refused: status 404");
	ck_assert_str_eq(statuses, "started ringing failed ");
}
END_TEST

START_TEST(a_frame_of_a_wrong_size_ends_the_socket_and_the_result_says_so)
{
	static char	bytes[2 + 100] = { (char)0x82, 100 };

	frames = bytes;
	frames_len = sizeof(bytes);
	call_to(socket_port, "");
	ck_assert_int_eq(result, CALL_RESULT_BAD_FRAME);
	ck_assert_str_eq(reason, "unexpected frame size 100, when required 320");
	ck_assert_uint_eq(bad_frames, 1);
	ck_assert_str_eq(statuses, "started ringing answered disconnected ");
}
END_TEST

static size_t
put_text(char *out, const char *text)
{
	size_t	len = strlen(text);

	out[0] = (char)0x81;
	out[1] = (char)len;
	memcpy(out + 2, text, len);
	return len + 2;
}

START_TEST(frames_and_commands_are_taken_and_a_close_is_a_disconnect)
{
	static char	bytes[2000];
	size_t		at = 0;
	int		i;

	for (i = 0; i < 3; i++, at += 4 + 320)
		memcpy(bytes + at, "\x82\x7e\x01\x40", 4);
	at += put_text(bytes + at, "{\"action\":\"notify\",\"payload\":{\"n\":1}}");
	at += put_text(bytes + at, "{\"action\":\"clear\"}");
	at += put_text(bytes + at, "ok");
	memcpy(bytes + at, "\x88\x02\x03\xe8", 4);
	frames = bytes;
	frames_len = at + 4;
	call_to(socket_port, "");
	ck_assert_msg(result == CALL_RESULT_OK, "%s", reason);
	ck_assert_uint_eq(frames_in, 3);
	ck_assert_uint_eq(notifies, 1);
	ck_assert_uint_eq(clears, 1);
	ck_assert_uint_eq(unknown_texts, 1);
	ck_assert_str_eq(lost, "the application closed the socket, code: 1000");
	ck_assert_str_eq(statuses, "started ringing answered disconnected ");
}
END_TEST

START_TEST(a_broken_frame_is_a_protocol_error)
{
	frames = "\xf2\x01x";			/* reserved bits */
	frames_len = 3;
	call_to(socket_port, "");
	ck_assert_str_eq(lost, "the application broke the WebSocket protocol");
	ck_assert_str_eq(statuses, "started ringing answered disconnected ");
}
END_TEST

START_TEST(faults_double_and_swap_the_events_of_a_leg)
{
	static const struct { bool dup, shuffle; unsigned late_ms; const char *want; } rows[] = {
		{ true, false, 0, "started started ringing ringing failed failed " },
		{ false, true, 0, "ringing started failed " },
		{ false, false, 20, "started ringing failed " },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		statuses[0] = '\0';
		sim.options.faults = (struct event_faults){ .duplicate = rows[i].dup,
		    .shuffle = rows[i].shuffle, .late_ms = rows[i].late_ms };
		call_to(app_port, "");
		ck_assert_str_eq(statuses, rows[i].want);
	}
}
END_TEST

START_TEST(an_answer_webhook_is_asked_twice_on_503_and_once_on_500)
{
	static const struct { int status; unsigned asked; enum call_result result; } rows[] = {
		{ 503, 2, CALL_RESULT_OK }, { 500, 1, CALL_RESULT_REJECTED },
	};
	size_t	i;

	for (i = 0; i < 2; i++) {
		fail_once = rows[i].status;
		asked = 0;
		call_to(app_port, "");
		ck_assert_uint_eq(asked, rows[i].asked);
		ck_assert_int_eq(result, rows[i].result);
	}
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("sockleg");
	TCase	*t = tcase_create("sockleg");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_socket_that_nobody_listens_on_fails_the_leg);
	tcase_add_test(t, a_refused_handshake_fails_the_leg_and_says_the_status);
	tcase_add_test(t, a_frame_of_a_wrong_size_ends_the_socket_and_the_result_says_so);
	tcase_add_test(t, frames_and_commands_are_taken_and_a_close_is_a_disconnect);
	tcase_add_test(t, a_broken_frame_is_a_protocol_error);
	tcase_add_test(t, faults_double_and_swap_the_events_of_a_leg);
	tcase_add_test(t, an_answer_webhook_is_asked_twice_on_503_and_once_on_500);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
