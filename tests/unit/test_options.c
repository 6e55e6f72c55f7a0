/* SPDX-License-Identifier: ISC */
/* The configuration group "sockd". */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "sockd/sockd.h"

static struct sockd_conf	conf;
static struct conf_error	err;

static void
setup(void)
{
	ck_assert_int_eq(conf_defaults(sockd_options, &conf, &err), 0);
	conf.token_secret = strdup("0123456789abcdef");
}

static void
teardown(void)
{
	conf_clear(sockd_options, &conf);
}

static void
set(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
}

START_TEST(listen_is_a_numeric_address_and_a_port_raised_by_the_instance)
{
	static const struct { const char *text; int instance, rc; const char *host; int port; } rows[] = {
		{ "127.0.0.1:8081", 0, 0, "127.0.0.1", 8081 }, { "0.0.0.0:8081", 3, 0, "0.0.0.0", 8084 },
		{ "[::1]:90", 1, 0, "::1", 91 }, { "127.0.0.1:0", 5, 0, "127.0.0.1", 0 },
		{ "localhost:80", 0, -1, "", 0 }, { "127.0.0.1", 0, -1, "", 0 }, { "127.0.0.1:", 0, -1, "", 0 },
		{ "127.0.0.1:65500", 0, -1, "", 0 }, { ":80", 0, -1, "", 0 }, { "127.0.0.1:-1", 0, -1, "", 0 },
	};
	char	host[64];
	size_t	i;
	int	port;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(sockd_listen(rows[i].text, rows[i].instance, host, sizeof(host), &port), rows[i].rc);
		if (rows[i].rc == 0) {
			ck_assert_str_eq(host, rows[i].host);
			ck_assert_int_eq(port, rows[i].port);
		}
	}
}
END_TEST

START_TEST(the_uri_names_instance_and_port)
{
	static const struct { const char *public_uri, *listen, *want; } rows[] = {
		{ "", "127.0.0.1:0", "ws://127.0.0.1:4711/socket" },
		{ "", "[::1]:80", "ws://[::1]:4711/socket" },
		{ "wss://a.example/socket/%i", "127.0.0.1:0", "wss://a.example/socket/2" },
		{ "wss://a.example:%p/s%x%", "127.0.0.1:0", "wss://a.example:4711/s%x%" },
	};
	char	uri[256], small[16];
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set(&conf.public_uri, rows[i].public_uri);
		set(&conf.listen, rows[i].listen);
		ck_assert_int_eq(sockd_uri(&conf, 2, 4711, uri, sizeof(uri)), 0);
		ck_assert_str_eq(uri, rows[i].want);
		ck_assert_int_eq(sockd_uri(&conf, 2, 4711, small, sizeof(small)), -1);
	}
}
END_TEST

START_TEST(the_defaults_and_a_secret_are_valid)
{
	ck_assert_msg(sockd_check(&conf, NULL, &err) == 0, "%s", err.text);
}
END_TEST

START_TEST(what_no_row_can_express_is_refused_by_name)
{
	static const struct { size_t offset; const char *value, *name; } rows[] = {
		{ offsetof(struct sockd_conf, listen), "localhost:1", "sockd.listen" },
		{ offsetof(struct sockd_conf, path), "socket", "sockd.path" },
		{ offsetof(struct sockd_conf, path), "/a?b", "sockd.path" },
		{ offsetof(struct sockd_conf, public_uri), "https://a", "sockd.public_uri" },
		{ offsetof(struct sockd_conf, public_uri), "wss://a/?x=1", "sockd.public_uri" },
		{ offsetof(struct sockd_conf, token_secret), "short", "sockd.token_secret" },
		{ offsetof(struct sockd_conf, tls_cert), "/cert", "sockd.tls_cert" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set((char **)((char *)&conf + rows[i].offset), rows[i].value);
		ck_assert_int_eq(sockd_check(&conf, NULL, &err), -1);
		ck_assert_int_eq(strncmp(err.text, rows[i].name, strlen(rows[i].name)), 0);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(a_missing_secret_is_refused_unless_no_token_is_required)
{
	free(conf.token_secret);
	conf.token_secret = NULL;
	ck_assert_int_eq(sockd_check(&conf, NULL, &err), -1);
	conf.require_token = false;
	ck_assert_int_eq(sockd_check(&conf, NULL, &err), 0);
}
END_TEST

START_TEST(recording_needs_its_directory)
{
	conf.record = true;
	set(&conf.record_dir, "/nonexistent/recordings");
	ck_assert_int_eq(sockd_check(&conf, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/recordings"));
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("options");
	TCase	*t = tcase_create("options");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, listen_is_a_numeric_address_and_a_port_raised_by_the_instance);
	tcase_add_test(t, the_uri_names_instance_and_port);
	tcase_add_test(t, the_defaults_and_a_secret_are_valid);
	tcase_add_test(t, what_no_row_can_express_is_refused_by_name);
	tcase_add_test(t, a_missing_secret_is_refused_unless_no_token_is_required);
	tcase_add_test(t, recording_needs_its_directory);
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
