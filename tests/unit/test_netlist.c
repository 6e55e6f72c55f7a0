/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhookd/netlist.h"

static struct netlist
list_of(const char *text)
{
	struct netlist	 list;
	char		 copy[256], *texts[NETLIST_MAX], *rest = copy;
	size_t		 n = 0, bad;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	while (rest != NULL && *rest != '\0')
		texts[n++] = strsep(&rest, " ");
	ck_assert_int_eq(netlist_parse(texts, n, &list, &bad), 0);
	return list;
}

static const struct { const char *list, *addr; bool in; } rows[] = {
	{ "192.0.2.0/24", "192.0.2.0", true }, { "192.0.2.0/24", "192.0.2.255", true }, { "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.128/25", "192.0.2.127", false }, { "192.0.2.128/25", "192.0.2.128", true },
	{ "10.0.0.0/9", "10.127.0.1", true }, { "10.0.0.0/9", "10.128.0.1", false },
	{ "192.0.2.7", "192.0.2.7", true }, { "192.0.2.7", "192.0.2.8", false }, { "0.0.0.0/0", "1.2.3.4", true },
	{ "0.0.0.0/0", "2001:db8::1", false }, { "::/0", "2001:db8::1", true }, { "::/0", "1.2.3.4", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true }, { "2001:db8::/32", "2001:db9::1", false },
	{ "2001:db8::/33", "2001:db8:8000::1", false }, { "::1", "::1", true },
	{ "192.0.2.0/24", "::ffff:192.0.2.9", true }, { "::ffff:192.0.2.0/120", "192.0.2.9", true },
	{ "", "192.0.2.1", false }, { "unix", "unix", true }, { "192.0.2.0/24", "unix", false }, { "unix", "192.0.2.1", false },
	{ "198.51.100.1 192.0.2.0/24", "192.0.2.1", true }, { "192.0.2.0/24", "192.0.2", false }, { "0.0.0.0/0", "", false },
	{ "0.0.0.0/0", "01.2.3.4", false }, { "0.0.0.0/0", "localhost", false },
};

START_TEST(each_address_is_in_or_out)
{
	struct netlist	list = list_of(rows[_i].list);

	ck_assert_msg(netlist_has(&list, rows[_i].addr) == rows[_i].in, "%s in %s", rows[_i].addr, rows[_i].list);
}
END_TEST

static const char *const	bad[] = {
	"", "192.0.2.0/33", "192.0.2.1/24", "2001:db8::1/32", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/ 8", "192.0.2.0/-1",
	"192.0.2.0/+8", "192.0.2", "example.net", "192.0.2.0/24/24", "/24", "unix/8", "::ffff:192.0.2.0/128/1",
	"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
};

START_TEST(what_is_no_network_is_named)
{
	char		 good[] = "192.0.2.0/24", text[80];
	char		*texts[] = { good, text };
	struct netlist	 list = { .n = 0 };
	size_t		 i = 99;

	(void)snprintf(text, sizeof(text), "%s", bad[_i]);
	ck_assert_msg(netlist_parse(texts, 2, &list, &i) == -1, "%s", text);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(i, 1);
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(a_list_has_a_maximum)
{
	char		 text[] = "192.0.2.1";
	char		*texts[NETLIST_MAX + 1];
	struct netlist	 list;
	size_t		 i;

	for (i = 0; i <= NETLIST_MAX; i++)
		texts[i] = text;
	ck_assert_int_eq(netlist_parse(texts, NETLIST_MAX, &list, &i), 0);
	ck_assert_int_eq(netlist_parse(texts, NETLIST_MAX + 1, &list, &i), -1);
	ck_assert_uint_eq(i, NETLIST_MAX);
}
END_TEST

/* trusted, who is connected, X-Forwarded-For, who sent it */
static const struct { const char *trusted, *peer, *forwarded, *sender; } senders[] = {
	{ "", "192.0.2.1", "203.0.113.9", "192.0.2.1" },			/* no proxy is trusted: a lie */
	{ "127.0.0.1", "192.0.2.1", "203.0.113.9", "192.0.2.1" },
	{ "127.0.0.1", "127.0.0.1", NULL, "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "203.0.113.9", "203.0.113.9" },
	{ "127.0.0.1", "127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9" },	/* the left one is the sender's own word */
	{ "127.0.0.1 10.0.0.0/8", "127.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9" },
	{ "127.0.0.1 10.0.0.0/8", "127.0.0.1", "10.1.1.1,10.1.2.3", "10.1.1.1" },	/* only proxies: the first of them */
	{ "127.0.0.1", "127.0.0.1", "203.0.113.9, rubbish", "127.0.0.1" },
	{ "127.0.0.1 10.0.0.0/8", "127.0.0.1", "rubbish, 10.0.0.1", "10.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "203.0.113.9,", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "203.0.113.9:4711", "203.0.113.9" },
	{ "127.0.0.1", "127.0.0.1", "[2001:DB8::1]:4711", "2001:db8::1" },
	{ "127.0.0.1", "127.0.0.1", "2001:db8:0:0::1", "2001:db8::1" },
	{ "127.0.0.1", "127.0.0.1", "[2001:db8::1", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "unknown", "127.0.0.1" },
	{ "127.0.0.1", "127.0.0.1", "unix", "127.0.0.1" },
	{ "127.0.0.1", "::ffff:127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9" },
	{ "unix", "unix", "203.0.113.9", "203.0.113.9" },
	{ "127.0.0.1", "unix", "203.0.113.9", "unix" },
	{ "::1", "::1", " \t 203.0.113.9 \t", "203.0.113.9" },
	{ "127.0.0.1", "127.0.0.1", ",,,", "127.0.0.1" },
};

START_TEST(the_sender_is_whom_the_last_trusted_proxy_heard)
{
	struct netlist	trusted = list_of(senders[_i].trusted);
	char		got[NETLIST_ADDR_SIZE];

	netlist_sender(&trusted, senders[_i].peer, senders[_i].forwarded, got);
	ck_assert_str_eq(got, senders[_i].sender);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("netlist");
	TCase	*t = tcase_create("netlist");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, each_address_is_in_or_out, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(t, what_is_no_network_is_named, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, a_list_has_a_maximum);
	tcase_add_loop_test(t, the_sender_is_whom_the_last_trusted_proxy_heard, 0, sizeof(senders) / sizeof(senders[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
