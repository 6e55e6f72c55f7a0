/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include <check.h>

#include "common/dialopts.h"

START_TEST(a_number_is_e164)
{
	static const char *const	bad[] = { "", "+", "123456", "1234567890123456", "0447700900", "+0447700900", "44 7700900123",
	    "+44-7700900", "++447700900123", "447700900123\n", "abc", "44770090012x" };
	char				out[DIAL_NUMBER_SIZE];
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(dial_number(bad[i], out) == -1 && errno == EINVAL, "%s", bad[i]);
	ck_assert_int_eq(dial_number("+447700900123", out), 0);
	ck_assert_str_eq(out, "447700900123");
	ck_assert_int_eq(dial_number("1234567", out), 0);
	ck_assert_int_eq(dial_number("123456789012345", out), 0);
	ck_assert_str_eq(out, "123456789012345");
}
END_TEST

START_TEST(what_is_told_replaces_the_default)
{
	struct dial_options	o;
	char			err[100];

	dial_options_default(&o);
	ck_assert_int_eq(dial_options_apply(&o, "", err, sizeof(err)), 0);
	ck_assert_int_eq(o.pace_min_ms, 70000);
	ck_assert_int_eq(o.pace_max_ms, 90000);
	ck_assert_int_eq(o.max_attempts, 5);
	ck_assert_int_eq(dial_options_apply(&o, "{\"from\":\"+442079460000\",\"amd\":\"detect_beep\",\"amd_behavior\":\"hangup\","
	    "\"beep_timeout_s\":60,\"ringing_timer_s\":30,\"length_timer_s\":600,\"max_attempts\":2,\"retry_machine\":true,"
	    "\"quiet_hours\":\"21:00-08:00\",\"batch\":7,\"pace_min_ms\":0,\"pace_max_ms\":0}", err, sizeof(err)), 0);
	ck_assert_str_eq(o.from, "442079460000");
	ck_assert_int_eq(o.amd, DIAL_AMD_DETECT_BEEP);
	ck_assert(o.amd_hangup && o.retry_machine && !o.random_from);
	ck_assert_int_eq(o.beep_timeout_s, 60);
	ck_assert_int_eq(o.length_timer_s, 600);
	ck_assert_int_eq(o.quiet.from_min, 1260);
	ck_assert_int_eq(o.batch, 7);
	ck_assert_int_eq(dial_options_apply(&o, "{\"from\":\"random\",\"quiet_hours\":\"none\"}", err, sizeof(err)), 0);
	ck_assert(o.random_from && o.from[0] == '\0' && o.quiet.from_min == o.quiet.to_min);
}
END_TEST

START_TEST(a_bad_option_is_named)
{
	static const struct { const char *json, *text; } cases[] = {
		{ "[]", "options" }, { "{", "options" }, { "{\"batch\":0}", "batch" }, { "{\"batch\":\"x\"}", "batch" },
		{ "{\"ringing_timer_s\":121}", "ringing_timer_s" }, { "{\"beep_timeout_s\":29}", "beep_timeout_s" },
		{ "{\"amd\":\"yes\"}", "amd" }, { "{\"amd\":1}", "amd" }, { "{\"amd_behavior\":\"h\"}", "amd_behavior" },
		{ "{\"retry_machine\":1}", "retry_machine" }, { "{\"quiet_hours\":\"9-5\"}", "quiet_hours" },
		{ "{\"from\":\"0\"}", "from" }, { "{\"nonsense\":1}", "nonsense" },
		{ "{\"pace_min_ms\":20,\"pace_max_ms\":10}", "pace_min_ms" },
	};
	struct dial_options	o;
	char			err[100];
	size_t			i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dial_options_default(&o);
		ck_assert_msg(dial_options_apply(&o, cases[i].json, err, sizeof(err)) == -1, "%s", cases[i].json);
		ck_assert_msg(strncmp(err, cases[i].text, strlen(cases[i].text)) == 0, "%s: %s", cases[i].json, err);
	}
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("dialopts");
	TCase	*tc = tcase_create("options");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, a_number_is_e164);
	tcase_add_test(tc, what_is_told_replaces_the_default);
	tcase_add_test(tc, a_bad_option_is_named);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
