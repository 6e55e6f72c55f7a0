/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "common/langtag.h"

static void
check_text(const char *got, const char *want)
{
	if (want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_pstr_eq(got, want);
}

START_TEST(a_language_without_region_is_completed_where_vonage_wants_one)
{
	static const struct { const char *language, *spoken, *heard; } rows[] = {
		{ "fa", NULL, "fa-IR" }, { "en", "en-US", "en-US" }, { "EN", "en-US", "en-US" }, { "ar", "ar", "ar-EG" },
		{ "zh", "cmn-CN", "zh" }, { "cmn", "cmn-CN", "cmn-Hans-CN" }, { "bn", "bn-IN", "bn-BD" }, { "no", "no-NO", "nb-NO" },
		{ "fil", "fil-PH", NULL }, { "sw", NULL, "sw-TZ" },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_text(langtag_spoken(rows[i].language), rows[i].spoken);
		check_text(langtag_heard(rows[i].language), rows[i].heard);
	}
}
END_TEST

START_TEST(a_language_with_region_stays_and_an_unknown_one_is_none)
{
	check_text(langtag_spoken("en-GB"), "en-GB");
	check_text(langtag_spoken("EN-gb"), "EN-gb");
	check_text(langtag_heard("en-AU"), "en-AU");
	check_text(langtag_spoken("fa-IR"), NULL);
	check_text(langtag_spoken("GB en"), NULL);
	check_text(langtag_heard("fa-AF"), NULL);
	check_text(langtag_heard("tlh"), NULL);
	check_text(langtag_heard("f"), NULL);
	check_text(langtag_spoken(""), NULL);
	check_text(langtag_heard(""), NULL);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("langtag");
	TCase	*tc = tcase_create("langtag");
	SRunner	*runner;
	int	 failed;

	tcase_add_test(tc, a_language_without_region_is_completed_where_vonage_wants_one);
	tcase_add_test(tc, a_language_with_region_stays_and_an_unknown_one_is_none);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
