/* SPDX-License-Identifier: ISC */
#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "webhookd/pairs.h"

static const struct { const char *text, *pairs; } rows[] = {
	{ "", "" }, { "a=1", "a=1;" }, { "a=1&b=2", "a=1;b=2;" }, { "a=1&a=2", "a=1;a=2;" },
	{ "debug&from=44", "debug=;from=44;" }, { "from=44&debug", "from=44;debug=;" }, { "a=&b", "a=;b=;" },
	{ "=1&a=2", "a=2;" }, { "&&a=1&&", "a=1;" }, { "a=b=c", "a=b=c;" }, { "x%5By%5D=%41+b", "x[y]=A b;" },
	{ "a=%0d%0aX", "a=\r\nX;" }, { "a=%zz%4", "a=%zz%4;" }, { "a=%00b", "a=\xef\xbf\xbd" "b;" },
	{ "%00=1&b%00%00=c%00", "\xef\xbf\xbd=1;b\xef\xbf\xbd\xef\xbf\xbd=c\xef\xbf\xbd;" }, { "?a=1", "?a=1;" },
};

START_TEST(each_query_gives_its_pairs)
{
	struct evkeyvalq	 q;
	struct evkeyval		*kv;
	char			 got[256] = "";

	ck_assert_int_eq(pairs_parse(rows[_i].text, &q), 0);
	TAILQ_FOREACH(kv, &q, next) {
		(void)strcat(got, kv->key);
		(void)strcat(got, "=");
		(void)strcat(got, kv->value);
		(void)strcat(got, ";");
	}
	ck_assert_str_eq(got, rows[_i].pairs);
	evhttp_clear_headers(&q);
}
END_TEST

START_TEST(without_memory_there_is_nothing)
{
	struct evkeyvalq	q;
	int			n;

	for (n = 0; n < 6; n++) {
		mem_fail_at(n);
		ck_assert_int_eq(pairs_parse("a=1&b=2", &q), -1);
		ck_assert_int_eq(errno, ENOMEM);
		ck_assert(TAILQ_EMPTY(&q));
	}
	mem_fail_at(-1);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("pairs");
	TCase	*t = tcase_create("pairs");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, each_query_gives_its_pairs, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, without_memory_there_is_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
