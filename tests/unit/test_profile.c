/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vadd/profile.h"

START_TEST(the_built_in_ones_are_right_and_differ_where_they_should)
{
	struct profile_set	 set;
	const char		*cause = "";
	size_t			 i;

	profile_set_init(&set);
	ck_assert_uint_eq(set.count, 5);
	for (i = 0; i < set.count; i++)
		ck_assert_msg(profile_check(&set.rows[i], &cause) == 0, "%s: %s", set.rows[i].name, cause);
	ck_assert_str_eq(profile_find(&set, "")->name, "listening");
	ck_assert_int_eq(memcmp(&profile_find(&set, "")->limits, &segment_defaults, sizeof(segment_defaults)), 0);
	ck_assert_uint_ge(profile_find(&set, "dictation")->limits.hangover_ms, 1500);
	ck_assert_uint_ge(profile_find(&set, "expecting_digits")->limits.hangover_ms, 1300);
	ck_assert_uint_le(profile_find(&set, "expecting_yes_no")->limits.short_hangover_ms, 300);
	ck_assert(profile_find(&set, "bot_speaking")->open > profile_find(&set, "listening")->open);
	ck_assert_ptr_null(profile_find(&set, "shouting"));
}
END_TEST

START_TEST(others_are_put_beside_and_the_same_are_changed)
{
	struct profile_set	 set;
	struct profile		*p;
	char			 name[PROFILE_NAME_SIZE + 1];
	size_t			 i;

	profile_set_init(&set);
	ck_assert_ptr_nonnull(p = profile_put(&set, "dictation"));
	ck_assert_uint_eq(set.count, 5);
	p->limits.hangover_ms = 3000;
	ck_assert_uint_eq(profile_find(&set, "dictation")->limits.hangover_ms, 3000);
	ck_assert_ptr_nonnull(p = profile_put(&set, "spelling"));
	ck_assert_uint_eq(p->limits.hangover_ms, 500);
	ck_assert_ptr_eq(profile_find(&set, "spelling"), p);
	ck_assert_ptr_null(profile_put(&set, ""));
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_ptr_null(profile_put(&set, name));
	for (i = set.count; i < PROFILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "p%zu", i);
		ck_assert_ptr_nonnull(profile_put(&set, name));
	}
	ck_assert_ptr_null(profile_put(&set, "one too many"));
}
END_TEST

START_TEST(wrong_scores_are_refused)
{
	struct profile_set	 set;
	const char		*cause = NULL;

	profile_set_init(&set);
	set.rows[0].hold = set.rows[0].open + 0.01f;
	ck_assert_int_eq(profile_check(&set.rows[0], &cause), -1);
	ck_assert_ptr_nonnull(cause);
	set.rows[0].hold = 0.0f;
	ck_assert_int_eq(profile_check(&set.rows[0], &cause), -1);
	set.rows[1].open = 1.0f;
	ck_assert_int_eq(profile_check(&set.rows[1], &cause), -1);
	set.rows[2].limits.pause_ms = 2000;
	ck_assert_int_eq(profile_check(&set.rows[2], &cause), -1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("profile");
	TCase	*tc = tcase_create("profile");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, the_built_in_ones_are_right_and_differ_where_they_should);
	tcase_add_test(tc, others_are_put_beside_and_the_same_are_changed);
	tcase_add_test(tc, wrong_scores_are_refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
