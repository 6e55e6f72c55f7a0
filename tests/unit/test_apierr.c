/* SPDX-License-Identifier: ISC */
#include "brokerd/apierr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *body, *words; } bodies[] = {
	{ "{\"error\":{\"message\":\"Rate limit\",\"type\":\"requests\",\"param\":null,\"code\":\"x\"}}", "Rate limit" },
	{ "{\"error\":\"no 'file' field\"}", "no 'file' field" },
	{ "{\"detail\":\"not found\"}", "not found" },
	{ "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\",\"type\":\"missing\"}]}", "field required" },
	{ "{\"detail\":{\"error\":\"e\",\"message\":\"bad voice\"}}", "bad voice" },
	{ "{\"object\":\"error\",\"message\":\"too long\",\"code\":400}", "too long" },
	{ "{\"error\":{\"code\":503,\"message\":\"Loading model\"}}", "Loading model" },
	{ "<html>Bad Gateway</html>", "<html>Bad Gateway</html>" },
	{ "", "" },
};

START_TEST(error_bodies_of_all_shapes_give_their_words)
{
	char	 out[256];

	ck_assert_str_eq(apierr_text(bodies[_i].body, strlen(bodies[_i].body), out, sizeof(out)), bodies[_i].words);
}
END_TEST

static const struct { long status; const char *body; long long wish; int low, high; } retries[] = {
	{ 400, "", -1, -1, -1 },
	{ 401, "", -1, -1, -1 },
	{ 404, "", -1, -1, -1 },
	{ 413, "", -1, -1, -1 },
	{ 408, "", -1, 375, 500 },
	{ 429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", 20, 20, 20 },
	{ 429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"x\"}}", 20, -1, -1 },
	{ 429, "{\"error\":{\"code\":\"credit_balance_exhausted\"}}", -1, -1, -1 },
	{ 500, "", -1, 375, 500 },
	{ 503, "", 1000, 1000, 1000 },
	{ 503, "", 99999999, 375, 500 },
	{ 524, "", -1, 375, 500 },
	{ 530, "", -1, -1, -1 },
};

START_TEST(only_passing_troubles_are_tried_again)
{
	int	 ms = apierr_retry_ms(retries[_i].status, retries[_i].body, strlen(retries[_i].body), retries[_i].wish);

	ck_assert_int_ge(ms, retries[_i].low);
	ck_assert_int_le(ms, retries[_i].high);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("apierr");
	TCase	*tc = tcase_create("all");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, error_bodies_of_all_shapes_give_their_words, 0, sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_loop_test(tc, only_passing_troubles_are_tried_again, 0, sizeof(retries) / sizeof(retries[0]));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
