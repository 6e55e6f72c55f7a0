/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf.h"
#include "common/mem.h"
#include "common/secret.h"

static const char *const	words[] = { "red", "green", NULL };

struct engine { char *name; int ms; char **command; size_t ncommand; };
static const struct conf_opt engine_rows[] = {
	CONF_STR("name", engine, name, "none"),
	CONF_INT("ms", engine, ms, 7, 1, 10),
	CONF_STRV("command", engine, command, ncommand, 4),
	CONF_END
};
struct sample { int n; double d; bool b; char *s; char *secret; int colour; struct engine *engines; size_t nengines; };
static const struct conf_opt rows[] = {
	CONF_INT("n", sample, n, 60, 20, 1000),
	CONF_DOUBLE("d", sample, d, 0.5, 0, 1),
	CONF_BOOL("b", sample, b, true),
	CONF_STR("s", sample, s, "text"),
	CONF_SECRET("secret", sample, secret),
	CONF_ENUM("colour", sample, colour, 1, words),
	CONF_LIST("engines", sample, engines, nengines, engine_rows, engine, 2),
	CONF_END
};

static char	dir[] = "/tmp/conf.XXXXXX", path[64], secret_path[64];

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/c.conf", dir);
	(void)snprintf(secret_path, sizeof(secret_path), "%s/key", dir);
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)unlink(secret_path);
	(void)rmdir(dir);
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE	*f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(name, mode), 0);
}

static int
load(const char *text, struct sample *out, struct conf_error *err)
{
	*out = (struct sample){ 0 };
	write_file(path, text, 0644);
	return conf_load(path, "vadd", rows, out, err);
}

START_TEST(a_missing_group_means_defaults)
{
	struct conf_error	err;
	struct sample		s;

	ck_assert_msg(load("common = { };", &s, &err) == 0, "%s", err.text);
	ck_assert_int_eq(s.n, 60);
	ck_assert_double_eq(s.d, 0.5);
	ck_assert(s.b);
	ck_assert_str_eq(s.s, "text");
	ck_assert_ptr_null(s.secret);
	ck_assert_int_eq(s.colour, 1);
	ck_assert_uint_eq(s.nengines, 0);
	conf_clear(rows, &s);
}
END_TEST

START_TEST(settings_are_read)
{
	struct conf_error	err;
	struct sample		s;

	ck_assert_msg(load("vadd = { n = 20; d = 1; b = false; s = \"a\" \"b\"; colour = \"red\";\n"
	    "engines = ( { name = \"x\"; command = [\"a\", \"-b\"]; }, { ms = 10; } ); };", &s, &err) == 0, "%s", err.text);
	ck_assert_int_eq(s.n, 20);
	ck_assert_double_eq(s.d, 1);
	ck_assert(!s.b);
	ck_assert_str_eq(s.s, "ab");
	ck_assert_int_eq(s.colour, 0);
	ck_assert_uint_eq(s.nengines, 2);
	ck_assert_str_eq(s.engines[0].name, "x");
	ck_assert_int_eq(s.engines[0].ms, 7);
	ck_assert_uint_eq(s.engines[0].ncommand, 2);
	ck_assert_str_eq(s.engines[0].command[1], "-b");
	ck_assert_ptr_null(s.engines[0].command[2]);
	ck_assert_str_eq(s.engines[1].name, "none");
	conf_clear(rows, &s);
	ck_assert_ptr_null(s.engines);
}
END_TEST

static const struct { const char *text, *line, *cause; } bad[] = {
	{ "vadd = {\n n = 19; };", ":2: ", "n: 19 is not in 20..1000" },
	{ "vadd = {\n\n n = \"60\"; };", ":3: ", "a whole number" },
	{ "vadd = { n = 60.5; };", ":1: ", "a whole number" },
	{ "vadd = { b = 1; };", ":1: ", "true or false" },
	{ "vadd = { d = 1.5; };", ":1: ", "not in 0..1" },
	{ "vadd = { s = 7; };", ":1: ", "a string" },
	{ "vadd = { colour = \"blue\"; };", ":1: ", "not one of the words" },
	{ "vadd = { hangover = 1; };", ":1: ", "hangover: unknown setting" },
	{ "vad = { };", ":1: ", "vad: unknown group" },
	{ "vadd = 7;", ":1: ", "a group" },
	{ "vadd = { engines = ( { name = \"x\"; },\n { nam = \"y\"; } ); };", ":2: ", "nam: unknown setting" },
	{ "vadd = { engines = ( {}, {}, {} ); };", ":1: ", "more than 2 elements" },
	{ "vadd = { engines = [ 1 ]; };", ":1: ", "a list" },
	{ "vadd = { engines = ( { command = [ 1 ]; } ); };", ":1: ", "not a string" },
	{ "vadd = { secret = \"hunter2\"; };", ":1: ", "${file:PATH}" },
	{ "vadd = { secret = \"${env:NO_SUCH_VARIABLE_HERE}\"; };", ":1: ", "not in the environment" },
	{ "vadd = { secret = \"${file:/nonexistent}\"; };", ":1: ", "No such file" },
	{ "vadd = { n = 60 \n", ":", "syntax error" },
};

START_TEST(a_bad_setting_is_refused_with_file_line_and_cause)
{
	struct conf_error	err;
	struct sample		s;

	ck_assert_int_eq(load(bad[_i].text, &s, &err), -1);
	ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
	ck_assert_msg(strstr(err.text, bad[_i].line) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, bad[_i].cause) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, "hunter2") == NULL, "a secret is printed: %s", err.text);
	ck_assert_ptr_null(s.s);
	ck_assert_ptr_null(s.engines);
}
END_TEST

START_TEST(a_missing_file_is_an_error)
{
	struct conf_error	err;
	struct sample		s = { 0 };

	ck_assert_int_eq(conf_load("/nonexistent/x.conf", "vadd", rows, &s, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.conf"));
}
END_TEST

START_TEST(a_secret_file_must_be_private)
{
	char	text[128], why[256], *value;

	(void)snprintf(text, sizeof(text), "${file:%s}", secret_path);
	write_file(secret_path, "s3cret\n", 0600);
	value = secret_resolve(text, why, sizeof(why));
	ck_assert_msg(value != NULL, "%s", why);
	ck_assert_str_eq(value, "s3cret");
	free(value);
	ck_assert_int_eq(chmod(secret_path, 0640), 0);
	ck_assert_ptr_null(secret_resolve(text, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "may read it"));
}
END_TEST

START_TEST(secrets_come_from_environment_and_credentials)
{
	char	why[256], *value;

	ck_assert_int_eq(setenv("CONF_TEST_VALUE", "abc", 1), 0);
	value = secret_resolve("${env:CONF_TEST_VALUE}", why, sizeof(why));
	ck_assert_str_eq(value, "abc");
	free(value);
	write_file(secret_path, "from a file", 0440);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	value = secret_resolve("${cred:key}", why, sizeof(why));
	ck_assert_msg(value != NULL, "%s", why);
	ck_assert_str_eq(value, "from a file");
	free(value);
	ck_assert_ptr_null(secret_resolve("${cred:../key}", why, sizeof(why)));
	value = secret_expand_env("http://${env:CONF_TEST_VALUE}/x${env:CONF_TEST_VALUE}", why, sizeof(why));
	ck_assert_str_eq(value, "http://abc/xabc");
	free(value);
}
END_TEST

START_TEST(loading_survives_each_failed_allocation)
{
	static const char	text[] = "vadd = { s = \"x\"; engines = ( { name = \"x\"; command = [\"a\", \"b\"]; } ); };";
	struct conf_error	err;
	struct sample		s;
	int			rc = -1, n;

	write_file(path, text, 0644);
	for (n = 0; rc == -1 && n < 100; n++) {
		s = (struct sample){ 0 };
		mem_fail_at(n);
		rc = conf_load(path, "vadd", rows, &s, &err);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 5);
	ck_assert_int_eq(rc, 0);
	conf_clear(rows, &s);
}
END_TEST

static void
count_row(void *arg, const char *name, const struct conf_opt *row, const char *def)
{
	int	*n = arg;

	(void)row;
	if (strcmp(name, "engines.ms") == 0)
		ck_assert_str_eq(def, "7");
	if (strcmp(name, "colour") == 0)
		ck_assert_str_eq(def, "green");
	(*n)++;
}

START_TEST(rows_are_listed_with_their_defaults)
{
	int	n = 0;

	conf_each(rows, count_row, &n);
	ck_assert_int_eq(n, 10);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("conf");
	TCase	*t = tcase_create("conf");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_missing_group_means_defaults);
	tcase_add_test(t, settings_are_read);
	tcase_add_loop_test(t, a_bad_setting_is_refused_with_file_line_and_cause, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, a_missing_file_is_an_error);
	tcase_add_test(t, a_secret_file_must_be_private);
	tcase_add_test(t, secrets_come_from_environment_and_credentials);
	tcase_add_test(t, loading_survives_each_failed_allocation);
	tcase_add_test(t, rows_are_listed_with_their_defaults);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
