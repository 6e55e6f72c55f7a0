/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/callsim/handshake.h"

#define KEY	"dGhlIHNhbXBsZSBub25jZQ=="		/* RFC 6455 section 1.3 */
#define ACCEPT	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define UP	"Upgrade: websocket\r\nConnection: Upgrade\r\n"

static int
check(const char *text, char cause[200])
{
	cause[0] = '\0';
	return handshake_check(text, strlen(text), KEY, cause, 200);
}

START_TEST(the_answer_of_the_rfc_is_accepted_up_to_its_end)
{
	const char	*text = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
	    "Connection:  upgrade \r\n" ACCEPT "\r\nrest";
	char		 cause[200];
	int		 len = (int)strlen(text) - 4, i;

	ck_assert_int_eq(check(text, cause), len);
	for (i = 0; i < len; i++)		/* any first part of it asks for more */
		ck_assert_int_eq(handshake_check(text, (size_t)i, KEY, cause, sizeof(cause)), 0);
}
END_TEST

START_TEST(other_answers_are_refused_and_say_why)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "HTTP/1.1 403 Forbidden\r\n\r\n", "403" },
		{ "SSH-2.0-OpenSSH_9.2 something\r\n\r\n", "not HTTP" },
		{ "HTTP/1.1 101 x\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", "Upgrade: websocket" },
		{ "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n" ACCEPT "\r\n", "Connection: Upgrade" },
		{ "HTTP/1.1 101 x\r\n" UP "\r\n", "Accept" },
		{ "HTTP/1.1 101 x\r\n" UP "Sec-WebSocket-Accept: s3pplmbiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "Accept" },
		{ "HTTP/1.1 101 x\r\n" UP ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "extension" },
		{ "HTTP/1.1 101 x\r\n" UP ACCEPT "Sec-WebSocket-Protocol: chat\r\n\r\n", "subprotocol" },
	};
	char	cause[200];
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(check(rows[i].text, cause) == -1, "row %zu", i);
		ck_assert_msg(strstr(cause, rows[i].says) != NULL, "row %zu: %s", i, cause);
	}
}
END_TEST

START_TEST(an_answer_without_end_is_refused_at_its_maximum)
{
	static char	text[HANDSHAKE_ANSWER_MAX];
	char		cause[200];

	memset(text, 'a', sizeof(text));
	ck_assert_int_eq(handshake_check(text, sizeof(text) - 1, KEY, cause, sizeof(cause)), 0);
	ck_assert_int_eq(handshake_check(text, sizeof(text), KEY, cause, sizeof(cause)), -1);
}
END_TEST

START_TEST(uris_are_split)
{
	static const struct { const char *uri, *host; int port; const char *path; } rows[] = {
		{ "ws://h", "h", 80, "/" }, { "ws://h:81/s?a=b&c", "h", 81, "/s?a=b&c" },
		{ "ws://127.0.0.1:9/x/y", "127.0.0.1", 9, "/x/y" }, { "ws://[::1]:5/x", "::1", 5, "/x" },
		{ "wss://h/", NULL, 0, NULL }, { "http://h/", NULL, 0, NULL }, { "ws:///x", NULL, 0, NULL },
		{ "ws://h/#f", NULL, 0, NULL }, { "x", NULL, 0, NULL }, { "", NULL, 0, NULL },
	};
	struct handshake_target	t;
	size_t			i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg((handshake_target(&t, rows[i].uri) == 0) == (rows[i].host != NULL), "%s", rows[i].uri);
		if (rows[i].host == NULL)
			continue;
		ck_assert_str_eq(t.host, rows[i].host);
		ck_assert_int_eq(t.port, rows[i].port);
		ck_assert_str_eq(t.path, rows[i].path);
	}
}
END_TEST

START_TEST(the_request_has_what_the_rfc_wants)
{
	struct handshake_target	t;
	struct buf		b;
	char			key[HANDSHAKE_KEY_SIZE];

	ck_assert_int_eq(handshake_target(&t, "ws://h:81/s?t=1"), 0);
	handshake_key(key);
	ck_assert_uint_eq(strlen(key), 24);
	buf_init(&b, 4096);
	handshake_request(&b, &t, KEY, "Bearer x");
	ck_assert_str_eq(b.data, "GET /s?t=1 HTTP/1.1\r\nHost: h:81\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n"
	    "Authorization: Bearer x\r\n\r\n");
	buf_clear(&b);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("handshake");
	TCase	*t = tcase_create("handshake");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, the_answer_of_the_rfc_is_accepted_up_to_its_end);
	tcase_add_test(t, other_answers_are_refused_and_say_why);
	tcase_add_test(t, an_answer_without_end_is_refused_at_its_maximum);
	tcase_add_test(t, uris_are_split);
	tcase_add_test(t, the_request_has_what_the_rfc_wants);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
