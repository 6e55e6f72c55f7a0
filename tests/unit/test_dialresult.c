/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "webhookd/dialresult.h"

START_TEST(each_status_has_its_result)
{
	static const struct {
		const char *status, *detail; bool answered; const char *machine; bool retry_machine;
		enum dial_then then; const char *result;
	} cases[] = {
		{ "started", "", false, "", false, DIAL_GOES_ON, "" },
		{ "ringing", "", false, "", false, DIAL_GOES_ON, "" },
		{ "answered", "", true, "", false, DIAL_GOES_ON, "" },
		{ "human", "", true, "human", false, DIAL_GOES_ON, "" },
		{ "machine", "", true, "machine", true, DIAL_GOES_ON, "" },
		{ "disconnected", "", true, "", false, DIAL_GOES_ON, "" },
		{ "nonsense", "busy", false, "", false, DIAL_GOES_ON, "" },
		{ "busy", "", false, "", false, DIAL_AGAIN, "busy" },
		{ "timeout", "", false, "", false, DIAL_AGAIN, "timeout" },
		{ "unanswered", "unavailable", false, "", false, DIAL_AGAIN, "unanswered" },
		{ "unanswered", "carrier_timeout", false, "", false, DIAL_AGAIN, "unanswered" },
		{ "cancelled", "", false, "", false, DIAL_FAILED, "cancelled" },
		{ "rejected", "invalid_number", false, "", false, DIAL_FAILED, "invalid_number" },
		{ "rejected", "restricted", false, "", false, DIAL_FAILED, "restricted" },
		{ "rejected", "declined", false, "", false, DIAL_FAILED, "declined" },
		{ "rejected", "", false, "", false, DIAL_FAILED, "rejected" },
		{ "failed", "number_out_of_service", false, "", false, DIAL_FAILED, "out_of_service" },
		{ "failed", "cannot_route", false, "", false, DIAL_AGAIN, "failed" },
		{ "failed", "internal_error", false, "", false, DIAL_AGAIN, "failed" },
		{ "failed", "", false, "", false, DIAL_AGAIN, "failed" },
		{ "completed", "", true, "", false, DIAL_REACHED, "answered" },
		{ "completed", "", true, "human", true, DIAL_REACHED, "human" },
		{ "completed", "", false, "human", true, DIAL_REACHED, "human" },
		{ "completed", "", true, "machine", false, DIAL_REACHED, "machine" },
		{ "completed", "", true, "machine", true, DIAL_AGAIN, "machine" },
		{ "completed", "", true, "beep_start", false, DIAL_REACHED, "machine" },
		{ "completed", "", true, "beep_timeout", true, DIAL_AGAIN, "machine" },
		{ "completed", "", false, "", false, DIAL_AGAIN, "unanswered" },
	};
	size_t	i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dial_outcome	o = dialresult_of(cases[i].status, cases[i].detail, cases[i].answered, cases[i].machine,
		    cases[i].retry_machine);

		ck_assert_msg(o.then == cases[i].then, "%s %s: %d", cases[i].status, cases[i].detail, o.then);
		ck_assert_str_eq(o.result, cases[i].result);
	}
}
END_TEST

START_TEST(pauses_double_up_to_the_longest)
{
	ck_assert_int_eq(dialresult_pause_ms(300000, 1, 0), 300000);
	ck_assert_int_eq(dialresult_pause_ms(300000, 2, 0), 600000);
	ck_assert_int_eq(dialresult_pause_ms(300000, 5, 0), 4800000);
	ck_assert_int_eq(dialresult_pause_ms(300000, 20, 0), DIAL_RETRY_MAX_MS);
	ck_assert_int_eq(dialresult_pause_ms(86400000, 1, 0), DIAL_RETRY_MAX_MS);
	ck_assert_int_eq(dialresult_pause_ms(300000, 0, 0), 300000);
	ck_assert_int_eq(dialresult_pause_ms(300000, 1, 30000), 270000);
}
END_TEST

START_TEST(a_pause_is_within_its_bounds)
{
	uint32_t	r;

	for (r = 0; r < 100000; r += 77) {
		ck_assert_int_ge(dialresult_between(70000, 90000, r), 70000);
		ck_assert_int_le(dialresult_between(70000, 90000, r), 90000);
	}
	ck_assert_int_eq(dialresult_between(70000, 90000, 20000), 90000);
	ck_assert_int_eq(dialresult_between(70000, 90000, 20001), 70000);
	ck_assert_int_eq(dialresult_between(0, 0, 20001), 0);
	ck_assert_int_eq(dialresult_between(7, 3, UINT32_MAX), 7);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("dialresult");
	TCase	*tc = tcase_create("results");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, each_status_has_its_result);
	tcase_add_test(tc, pauses_double_up_to_the_longest);
	tcase_add_test(tc, a_pause_is_within_its_bounds);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
