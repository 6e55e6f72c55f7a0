/* SPDX-License-Identifier: ISC */
#include "sockd/vtext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

static struct vtext
parse(const char *text)
{
	struct vtext	t;

	vtext_parse(&t, text, strlen(text));
	return t;
}

START_TEST(content_types_tell_the_rate)
{
	static const struct { const char *text; uint32_t rate; } rows[] = {
		{ "audio/l16;rate=8000", 8000 }, { "audio/l16;rate=16000", 16000 },
		{ "audio/l16;rate=24000", 24000 }, { "Audio/L16; Rate = 16000 ", 16000 },
		{ "audio/l16;rate=44100", 0 }, { "audio/l16", 0 }, { "audio/l16;rate=", 0 },
		{ "audio/l16;rate=16000x", 0 }, { "audio/l16;rate=16000;channels=2", 0 },
		{ "audio/pcm;rate=16000", 0 }, { "", 0 }, { "audio/l16;rate=+8000", 0 },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(vtext_rate(rows[i].text), rows[i].rate);
}
END_TEST

START_TEST(connected_carries_the_headers)
{
	struct vtext	t = parse("{\"event\":\"websocket:connected\",\"content-type\":\"audio/l16;rate=16000\","
	    "\"call\":\"abc\",\"from\":\"4478\",\"to\":\"4479\",\"assistant\":\"demo\",\"lang\":\"en-GB\",\"name\":\"J\\u00f6rg\",\"profile\":\"dictation\"}");

	ck_assert_int_eq(t.kind, VTEXT_CONNECTED);
	ck_assert_uint_eq(t.u.connected.rate_hz, 16000);
	ck_assert_str_eq(t.u.connected.call, "abc");
	ck_assert_str_eq(t.u.connected.caller, "4478");
	ck_assert_str_eq(t.u.connected.called, "4479");
	ck_assert_str_eq(t.u.connected.assistant, "demo");
	ck_assert_str_eq(t.u.connected.language, "en-GB");
	ck_assert_str_eq(t.u.connected.name, "J\xc3\xb6rg");
	ck_assert_str_eq(t.u.connected.profile, "dictation");
	ck_assert(!t.u.connected.transfer);
	t = parse("{\"event\":\"websocket:connected\",\"transfer\":\"yes\"}");
	ck_assert(t.u.connected.transfer);
	t = parse("{\"event\":\"websocket:connected\",\"transfer\":\"no\",\"caller\":\"1\",\"called\":\"2\",\"language\":\"fa-IR-and-much-more\"}");
	ck_assert_uint_eq(t.u.connected.rate_hz, 0);
	ck_assert_str_eq(t.u.connected.caller, "1");
	ck_assert_str_eq(t.u.connected.language, "fa-IR-and-much-");
	ck_assert(!t.u.connected.transfer);
}
END_TEST

START_TEST(long_texts_are_cut_at_a_character)
{
	char		text[1024] = "{\"event\":\"websocket:connected\",\"name\":\"x";
	struct vtext	t;
	int		i;

	for (i = 0; i < 100; i++)
		strncat(text, "\xc3\xb6", sizeof(text) - strlen(text) - 1);
	strncat(text, "\"}", sizeof(text) - strlen(text) - 1);
	t = parse(text);
	ck_assert_uint_eq(strlen(t.u.connected.name), 127);
	ck_assert_int_eq((unsigned char)t.u.connected.name[126], 0xb6);
}
END_TEST

START_TEST(dtmf_is_read_in_both_forms)
{
	static const struct { const char *text; enum vtext_kind kind; char digit; int64_t ms; } rows[] = {
		{ "{\"event\":\"websocket:dtmf\",\"digit\":\"5\",\"duration\":260}", VTEXT_DTMF, '5', 260 },
		{ "{\"event\":\"websocket:dtmf\",\"dtmf\":{\"digit\":\"#\"}}", VTEXT_DTMF, '#', 0 },
		{ "{\"dtmf\":{\"digit\":\"*\",\"duration\":\"90\"}}", VTEXT_DTMF, '*', 90 },
		{ "{\"event\":\"websocket:dtmf\",\"digit\":7,\"duration\":-1}", VTEXT_DTMF, '7', 0 },
		{ "{\"event\":\"websocket:dtmf\",\"digit\":\"55\"}", VTEXT_BAD, 0, 0 },
		{ "{\"event\":\"websocket:dtmf\",\"digit\":\"\"}", VTEXT_BAD, 0, 0 },
		{ "{\"event\":\"websocket:dtmf\"}", VTEXT_BAD, 0, 0 },
	};
	struct vtext	t;
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t = parse(rows[i].text);
		ck_assert_int_eq(t.kind, rows[i].kind);
		if (t.kind == VTEXT_DTMF) {
			ck_assert_int_eq(t.u.dtmf.digit, rows[i].digit);
			ck_assert_int_eq(t.u.dtmf.duration_ms, rows[i].ms);
		}
	}
}
END_TEST

START_TEST(a_notify_gives_its_mark_back)
{
	char		text[VTEXT_OUT_SIZE], reply[256];
	struct vtext	t;

	ck_assert_uint_eq(vtext_notify(text, 4294967295U), strlen(text));
	(void)snprintf(reply, sizeof(reply), "{\"event\":\"websocket:notify\",%s", strchr(text, ',') + 1);
	t = parse(reply);
	ck_assert_int_eq(t.kind, VTEXT_NOTIFY);
	ck_assert_uint_eq(t.u.notify.mark, 4294967295U);
	t = parse("{\"event\":\"websocket:notify\",\"payload\":{\"id\":3}}");
	ck_assert_int_eq(t.kind, VTEXT_NOTIFY);
	ck_assert_uint_eq(t.u.notify.mark, 0);
	ck_assert_uint_eq(vtext_clear(text), strlen("{\"action\":\"clear\"}"));
}
END_TEST

START_TEST(other_text_is_unknown)
{
	static const char	*const rows[] = { "", "ok", "[]", "12", "null", "{}", "{\"event\":7}",
		"{\"event\":\"websocket:hangup\"}", "{\"event\":\"websocket:connected\"", "\xff\xfe" };
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(parse(rows[i]).kind, VTEXT_UNKNOWN);
	ck_assert_int_eq(parse("{\"event\":\"websocket:cleared\"}").kind, VTEXT_CLEARED);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("vtext");
	TCase	*t = tcase_create("vtext");

	tcase_add_test(t, content_types_tell_the_rate);
	tcase_add_test(t, connected_carries_the_headers);
	tcase_add_test(t, long_texts_are_cut_at_a_character);
	tcase_add_test(t, dtmf_is_read_in_both_forms);
	tcase_add_test(t, a_notify_gives_its_mark_back);
	tcase_add_test(t, other_text_is_unknown);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner	*r = srunner_create(suite());
	int	 nfailed;

	srunner_run_all(r, CK_ENV);
	nfailed = srunner_ntests_failed(r);
	srunner_free(r);
	return nfailed != 0;
}
