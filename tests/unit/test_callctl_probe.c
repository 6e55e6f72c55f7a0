/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/callctl_probe.h"

static const struct { const char *url, *host, *port; } urls[] = {
	{ "https://api.openai.com/v1", "api.openai.com", "443" },
	{ "http://localhost", "localhost", "80" },
	{ "http://127.0.0.1:8000/v1", "127.0.0.1", "8000" },
	{ "http://[::1]:9/x", "::1", "9" },
	{ "https://[::1]", "::1", "443" },
	{ "https://h?x:1", "h", "443" },
	{ "ftp://h", NULL, NULL }, { "http://", NULL, NULL }, { "http://:80", NULL, NULL },
	{ "http://h:", NULL, NULL }, { "http://h:8o", NULL, NULL }, { "http://h:12345678901", NULL, NULL },
	{ "http://user@h", NULL, NULL }, { "http://[::1", NULL, NULL }, { "", NULL, NULL },
};

START_TEST(host_and_port_are_taken_from_a_url)
{
	char	host[64], port[8];

	ck_assert_int_eq(probe_split_url(urls[_i].url, host, sizeof(host), port, sizeof(port)), urls[_i].host != NULL);
	if (urls[_i].host == NULL)
		return;
	ck_assert_str_eq(host, urls[_i].host);
	ck_assert_str_eq(port, urls[_i].port);
}
END_TEST

static char	detail[256];

static int
engine(const char *script, const char *service, int limit_ms)
{
	char	sh[] = "/bin/sh", c[] = "-c", text[512];
	char	*argv[] = { sh, c, text, NULL };

	(void)snprintf(text, sizeof(text), "%s", script);
	detail[0] = '\0';
	return probe_engine(argv, service, limit_ms, detail, sizeof(detail));
}

#define HELLO	"echo '{\"hello\":\"callpipe-engine\",\"version\":1,\"kind\":\"chat\",\"name\":\"parrot\"}'; "

START_TEST(an_engine_that_answers_is_well)
{
	ck_assert_int_eq(engine(HELLO "read x; echo '{\"id\":1,\"done\":true}'", "chat", 10000), 0);
	ck_assert_ptr_nonnull(strstr(detail, "parrot, answers"));
}
END_TEST

START_TEST(an_engine_in_trouble_is_told_apart)
{
	char	none[] = "/nonexistent/engine", *argv[] = { none, NULL };

	ck_assert_int_eq(engine(HELLO "read x; echo '{\"id\":1,\"done\":true}'", "stt", 10000), -1);
	ck_assert_ptr_nonnull(strstr(detail, "for chat, configured for stt"));
	ck_assert_int_eq(engine("echo hello", "stt", 10000), -1);
	ck_assert_ptr_nonnull(strstr(detail, "no first line"));
	ck_assert_int_eq(engine(HELLO "exit 0", "chat", 10000), -1);
	ck_assert_ptr_nonnull(strstr(detail, "does not answer a ping"));
	ck_assert_int_eq(engine("exec cat >/dev/null", "chat", 50), -1);
	ck_assert_ptr_nonnull(strstr(detail, "no first line in time"));
	ck_assert_int_eq(probe_engine(argv, "chat", 10000, detail, sizeof(detail)), -1);
	ck_assert_ptr_nonnull(strstr(detail, "no such program"));
}
END_TEST

START_TEST(a_program_is_run_to_its_end_and_its_last_words_kept)
{
	char	sh[] = "/bin/sh", c[] = "-c", text[] = "echo one >&2; echo two >&2; exit 2", late[] = "exec sleep 100", last[64];
	char	*argv[] = { sh, c, text, NULL };

	ck_assert_int_eq(probe_run(argv, 10000, last, sizeof(last)), 2);
	ck_assert_str_eq(last, "two");
	argv[2] = late;
	ck_assert_int_eq(probe_run(argv, 50, last, sizeof(last)), -1);
}
END_TEST

START_TEST(a_port_is_reached_or_not)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(a);
	char			url[64];
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", (unsigned)ntohs(a.sin_port));
	ck_assert_int_eq(probe_url(url, 5000, detail, sizeof(detail)), -1);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(probe_url(url, 5000, detail, sizeof(detail)), 0);
	ck_assert_int_eq(probe_url("gopher://x", 5000, detail, sizeof(detail)), -1);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("callctl_probe");
	TCase	*t = tcase_create("probe");
	SRunner	*sr;
	int	 failed;

	(void)signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, host_and_port_are_taken_from_a_url, 0, (int)(sizeof(urls) / sizeof(urls[0])));
	tcase_add_test(t, an_engine_that_answers_is_well);
	tcase_add_test(t, an_engine_in_trouble_is_told_apart);
	tcase_add_test(t, a_program_is_run_to_its_end_and_its_last_words_kept);
	tcase_add_test(t, a_port_is_reached_or_not);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
