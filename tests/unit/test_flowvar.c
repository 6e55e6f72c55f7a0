/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "common/flowvar.h"

START_TEST(what_comes_with_a_call_is_fixed)
{
	static const char *const	fixed[] = { "uuid", "from", "to", "number", "event_url", "sms", "action", "answer.x", "answer." };
	static const char *const	free_[] = { "name", "language", "reply", "greeting", "answer", "answers.x", "UUID", "" };
	size_t				i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		ck_assert_msg(flowvar_is_fixed(fixed[i]), "%s", fixed[i]);
	for (i = 0; i < sizeof(free_) / sizeof(free_[0]); i++)
		ck_assert_msg(!flowvar_is_fixed(free_[i]), "%s", free_[i]);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("flowvar");
	TCase	*tc = tcase_create("names");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, what_comes_with_a_call_is_fixed);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
