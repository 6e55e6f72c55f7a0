/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>

#include "brokerd/backchannel.h"

START_TEST(sounds_of_a_listener_ask_for_nothing)
{
	ck_assert(backchannel("uh-huh"));
	ck_assert(backchannel(" Mm-hm. "));
	ck_assert(backchannel("okay, right"));
	ck_assert(backchannel("OK"));
	ck_assert(backchannel("\xd8\xa8\xd8\xa7\xd8\xb4\xd9\x87"));
}
END_TEST

START_TEST(anything_else_does)
{
	ck_assert(!backchannel(""));
	ck_assert(!backchannel(" ... "));
	ck_assert(!backchannel("no"));
	ck_assert(!backchannel("yes"));
	ck_assert(!backchannel("stop"));
	ck_assert(!backchannel("okay stop"));
	ck_assert(!backchannel("rights"));
	ck_assert(!backchannel("righ"));
	ck_assert(!backchannel("ok ok ok ok ok"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("backchannel");
	TCase	*tc = tcase_create("backchannel");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, sounds_of_a_listener_ask_for_nothing);
	tcase_add_test(tc, anything_else_does);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
