/* SPDX-License-Identifier: ISC */
#include "brokerd/config.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Load a brokerd group of this text and check it; the words of the error in err. */
static int
load(const char *text, struct brokerd_conf *conf, struct conf_error *err)
{
	char	 path[4096];
	FILE	*f;
	int	 fd, rc;

	(void)snprintf(path, sizeof(path), "%s/test_config.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	ck_assert_int_ge(fd = mkstemp(path), 0);
	f = fdopen(fd, "w");
	ck_assert_int_ge(fprintf(f, "brokerd = { %s };\n", text), 0);
	ck_assert_int_eq(fclose(f), 0);
	memset(conf, 0, sizeof(*conf));
	err->text[0] = '\0';
	rc = conf_load(path, "brokerd", brokerd_options, conf, err);
	(void)unlink(path);
	if (rc == 0 && (rc = brokerd_check(conf, NULL, err)) == -1)
		conf_clear(brokerd_options, conf);
	return rc;
}

#define EXEC(name)	"{ name = \"" name "\"; service = \"chat\"; command = [ \"/bin/cat\" ]; }"

static const struct { const char *text, *words; } bad[] = {
	{ "engines = ( { command = [ \"x\" ]; } );", "has no name" },
	{ "engines = ( { name = \"a\"; } );", "needs a command" },
	{ "engines = ( { name = \"a\"; type = \"openai\"; } );", "needs a model" },
	{ "engines = ( { name = \"a\"; type = \"openai\"; model = \"m\"; base_url = \"ftp://x\"; } );", "http://" },
	{ "engines = ( { name = \"a\"; type = \"openai\"; service = \"tts\"; model = \"m\"; } );", "needs a voice" },
	{ "engines = ( " EXEC("a") ", " EXEC("a") " );", "defined twice" },
	{ "engines = ( " EXEC("a-name-that-is-much-longer-than-it-may-be") " );", "longer than 31" },
	{ "engines = ( { name = \"a\"; typo = 1; } );", "typo" },
	{ "assistants = ( { language = \"en\"; } );", "has no name" },
	{ "assistants = ( { name = \"a\"; chat = [ \"nobody\" ]; } );", "no engine \"nobody\"" },
	{ "engines = ( " EXEC("a") " ); assistants = ( { name = \"x\"; stt = [ \"a\" ]; } );", "no engine \"a\" of that service" },
	{ "assistants = ( { name = \"a\"; }, { name = \"a\"; } );", "defined twice" },
	{ "max_calls = 0;", "max_calls" },
};

START_TEST(mistakes_are_refused_with_their_cause)
{
	struct brokerd_conf	 conf;
	struct conf_error	 err;

	ck_assert_int_eq(load(bad[_i].text, &conf, &err), -1);
	ck_assert_msg(strstr(err.text, bad[_i].words) != NULL, "%s", err.text);
}
END_TEST

START_TEST(offline_engines_are_known_without_being_defined)
{
	struct brokerd_conf	 conf;
	struct conf_error	 err;

	ck_assert_msg(load("engines = ( " EXEC("a") " ); assistants = ( { name = \"x\"; chat = [ \"a\", \"offline-chat\" ]; "
	    "tts = [ \"offline-tts\" ]; } );", &conf, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(conf.nassistants, 1);
	ck_assert_uint_eq(conf.assistants[0].nchat, 2);
	conf_clear(brokerd_options, &conf);
}
END_TEST

START_TEST(phrases_are_the_assistants_own_or_those_of_its_language)
{
	struct brokerd_conf	 conf;
	struct conf_error	 err;

	ck_assert_int_eq(load("assistants = ( { name = \"e\"; goodbye = \"Bye.\"; filler = \"\"; }, "
	    "{ name = \"f\"; language = \"fa-IR\"; } );", &conf, &err), 0);
	ck_assert_str_eq(assistant_phrase(&conf.assistants[0], PHRASE_GOODBYE), "Bye.");
	ck_assert_str_eq(assistant_phrase(&conf.assistants[0], PHRASE_FILLER), "");
	ck_assert_str_eq(assistant_phrase(&conf.assistants[0], PHRASE_STILL_THERE), "Are you still there?");
	ck_assert_str_eq(assistant_phrase(&conf.assistants[0], PHRASE_GREETING), "");
	ck_assert_str_ne(assistant_phrase(&conf.assistants[1], PHRASE_GOODBYE), "Goodbye.");
	conf_clear(brokerd_options, &conf);
}
END_TEST

START_TEST(nothing_configured_is_right)
{
	struct brokerd_conf	 conf;
	struct conf_error	 err;

	ck_assert_int_eq(load("", &conf, &err), 0);
	ck_assert_uint_eq(conf.nengines, 0);
	ck_assert_int_eq(conf.max_calls, 500);
	conf_clear(brokerd_options, &conf);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("config");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, mistakes_are_refused_with_their_cause, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, offline_engines_are_known_without_being_defined);
	tcase_add_test(tc, phrases_are_the_assistants_own_or_those_of_its_language);
	tcase_add_test(tc, nothing_configured_is_right);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
