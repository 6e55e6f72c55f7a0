/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <check.h>

#include "common/json.h"
#include "common/mem.h"

static struct json_object *
parse(const char *text)
{
	return json_parse(text, strlen(text), NULL);
}

START_TEST(json_is_taken_and_printed_compactly)
{
	static const struct { const char *text, *printed; } rows[] = {
		{ "{}", "{}" },
		{ " [ 1 , -2.5 , true , false , null , \"a/b\" ] ", "[1,-2.5,true,false,null,\"a/b\"]" },
		{ "{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[{}]}}" },
		{ "12", "12" },
		{ "-0", "0" },
		{ "1e5", "1e5" },
		{ "0.5E+3", "0.5E+3" },
		{ "true", "true" },
		{ "\"\"", "\"\"" },
		{ "\"\\ud83d\\ude00 \\u00e9\"", "\"\xf0\x9f\x98\x80 \xc3\xa9\"" },
		{ "\"\\ud800\"", "\"\xef\xbf\xbd\"" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}" },
		{ "\t\r\n 7\n", "7" },
	};
	struct json_object	*obj;
	size_t			 i, len;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		obj = parse(rows[i].text);
		ck_assert_msg(obj != NULL, "%s", rows[i].text);
		ck_assert_str_eq(json_text(obj, &len), rows[i].printed);
		ck_assert_uint_eq(len, strlen(rows[i].printed));
		(void)json_object_put(obj);
	}
}
END_TEST

START_TEST(what_is_not_json_is_refused_with_a_cause)
{
	static const char *const	rows[] = {
		"", " ", "null", " null ", "nul", "tru", "True", "NaN", "-NaN", "nan", "Infinity",
		"-Infinity", "[NaN]", "{\"a\":NaN}", "{\"a\":Infinity}", "'a'", "{'a':1}",
		"[\"a\",'b']", "{a:1}", "[1,]", "{\"a\":1,}", "[,1]", "[1 2]", "[1", "[", "{", "]",
		"{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\" 1}", "{1:2}", "01", "-01", "+1", "1.", ".5",
		"-", "1e", "1e+", "0x10", "[01]", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
		"\"a\nb\"", "\"a\tb\"", "\"\x01\"", "\"\x1f\"", "1 2", "{} {}", "{}x", "[]]", "/**/1",
		"// a\n1", "[1]//", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xe2\x82\"",
		"\xef\xbb\xbf{}", "\xc2\xa0[]", "{\"\x80\":1}", "\v1", "truefalse", "nullx", "[nullx]",
	};
	const char	*cause;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cause = NULL;
		errno = 0;
		ck_assert_msg(json_parse(rows[i], strlen(rows[i]), &cause) == NULL,
		    "<%s> was taken", rows[i]);
		ck_assert_int_eq(errno, EBADMSG);
		ck_assert_msg(cause != NULL && *cause != '\0', "<%s> has no cause", rows[i]);
	}
}
END_TEST

START_TEST(a_nul_in_the_text_is_refused)
{
	ck_assert_ptr_null(json_parse("{}\0", 3, NULL));
	ck_assert_ptr_null(json_parse("\0{}", 3, NULL));
	ck_assert_ptr_null(json_parse("[1,\0" "2]", 6, NULL));
	ck_assert_ptr_null(json_parse("\"a\0b\"", 5, NULL));
	ck_assert_ptr_null(json_parse("\"a\\\0\"", 5, NULL));
	ck_assert_ptr_null(json_parse("\"\\u00\0" "0\"", 8, NULL));
}
END_TEST

START_TEST(text_needs_no_terminator)
{
	struct json_object	*obj = json_parse("123", 2, NULL);

	ck_assert_str_eq(json_text(obj, NULL), "12");
	(void)json_object_put(obj);
}
END_TEST

START_TEST(depth_is_limited_exactly)
{
	char			 text[4 * JSON_DEPTH_MAX];
	struct json_object	*obj;
	const char		*cause = "";

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	ck_assert_ptr_nonnull(obj = json_parse(text, 2 * JSON_DEPTH_MAX, NULL));
	(void)json_object_put(obj);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	ck_assert_ptr_null(json_parse(text, 2 * JSON_DEPTH_MAX + 2, &cause));
	ck_assert_str_eq(cause, "nested too deeply");
	/* members side by side are no depth */
	obj = parse("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
	    "[],[],[],[],[],[],[],[],[]]");
	ck_assert_ptr_nonnull(obj);
	(void)json_object_put(obj);
}
END_TEST

START_TEST(getters_take_their_own_type_only)
{
	struct json_object	*obj = parse("{\"s\":\"text\",\"n\":7,\"o\":{},\"a\":[],\"t\":true,"
				    "\"z\":null,\"nul\":\"a\\u0000b\",\"e\":\"\"}");

	ck_assert_str_eq(json_get_str(obj, "s"), "text");
	ck_assert_str_eq(json_get_str(obj, "e"), "");
	ck_assert_ptr_null(json_get_str(obj, "n"));
	ck_assert_ptr_null(json_get_str(obj, "t"));
	ck_assert_ptr_null(json_get_str(obj, "z"));
	ck_assert_ptr_null(json_get_str(obj, "nul"));
	ck_assert_ptr_null(json_get_str(obj, "absent"));
	ck_assert_str_eq(json_get_str_or(obj, "absent", "def"), "def");
	ck_assert_str_eq(json_get_str_or(obj, "s", "def"), "text");
	ck_assert_ptr_nonnull(json_get_obj(obj, "o"));
	ck_assert_ptr_null(json_get_obj(obj, "a"));
	ck_assert_ptr_nonnull(json_get_arr(obj, "a"));
	ck_assert_ptr_null(json_get_arr(obj, "o"));
	ck_assert_ptr_null(json_get(obj, "z"));
	ck_assert_ptr_nonnull(json_get(obj, "n"));
	ck_assert(json_get_bool(obj, "t", false));
	ck_assert(json_get_bool(obj, "n", true));
	ck_assert(!json_get_bool(obj, "n", false));
	ck_assert(!json_get_bool(obj, "s", false));
	ck_assert(json_get_bool(obj, "absent", true));
	(void)json_object_put(obj);
}
END_TEST

START_TEST(getters_on_what_is_no_object_find_nothing)
{
	struct json_object	*arr = parse("[1]");
	int64_t			 n = 5;

	ck_assert_ptr_null(json_get(arr, "a"));
	ck_assert_ptr_null(json_get_str(NULL, "a"));
	ck_assert_int_eq(json_get_int(arr, "a", 0, 9, &n), 0);
	ck_assert(!json_get_bool(NULL, "a", false));
	(void)json_object_put(arr);
}
END_TEST

static const struct {
	const char	*text;
	int		 rc;
	int64_t		 value;
} integers[] = {
	{ "{\"a\":7}", 1, 7 },
	{ "{\"a\":\"7\"}", 1, 7 },
	{ "{\"a\":7.0}", 1, 7 },
	{ "{\"a\":\"-7\"}", 1, -7 },
	{ "{\"a\":9223372036854775807}", 1, INT64_MAX },
	{ "{}", 0, 0 },
	{ "{\"a\":null}", 0, 0 },
	{ "{\"a\":7.5}", -1, 0 },
	{ "{\"a\":1e300}", -1, 0 },
	{ "{\"a\":1e999}", -1, 0 },
	{ "{\"a\":\"7 \"}", -1, 0 },
	{ "{\"a\":\"12abc\"}", -1, 0 },
	{ "{\"a\":\"\"}", -1, 0 },
	{ "{\"a\":\"7\\u0000\"}", -1, 0 },
	{ "{\"a\":true}", -1, 0 },
	{ "{\"a\":[7]}", -1, 0 },
	{ "{\"a\":9223372036854775808}", -1, 0 },
	{ "{\"a\":18446744073709551616}", -1, 0 },
	{ "{\"a\":-9223372036854775809}", -1, 0 },
};

START_TEST(integers_are_numbers_or_texts_that_are_wholly_one)
{
	struct json_object	*obj;
	int64_t			 value;
	size_t			 i;
	int			 rc;

	for (i = 0; i < sizeof(integers) / sizeof(*integers); i++) {
		obj = parse(integers[i].text);
		value = 4711;
		rc = json_get_int(obj, "a", INT64_MIN, INT64_MAX, &value);
		ck_assert_msg(rc == integers[i].rc, "%s: %d", integers[i].text, rc);
		ck_assert_int_eq(value, rc == 1 ? integers[i].value : 4711);
		(void)json_object_put(obj);
	}
}
END_TEST

START_TEST(integers_are_in_range)
{
	struct json_object	*obj = parse("{\"a\":7,\"b\":\"7\"}");
	int64_t			 value = 0;

	ck_assert_int_eq(json_get_int(obj, "a", 7, 7, &value), 1);
	ck_assert_int_eq(json_get_int(obj, "a", 8, 9, &value), -1);
	ck_assert_int_eq(json_get_int(obj, "b", 0, 6, &value), -1);
	ck_assert_int_eq(value, 7);
	(void)json_object_put(obj);
}
END_TEST

START_TEST(fractions_are_finite)
{
	struct json_object	*obj = parse("{\"a\":0.25,\"b\":\"0.00450000\",\"c\":3,\"d\":1e999,"
				    "\"e\":\"nan\",\"f\":\"1,5\",\"g\":false,\"h\":null}");
	double			 value = 0;

	ck_assert_int_eq(json_get_double(obj, "a", &value), 1);
	ck_assert(value == 0.25);
	ck_assert_int_eq(json_get_double(obj, "b", &value), 1);
	ck_assert(fabs(value - 0.0045) < 1e-12);
	ck_assert_int_eq(json_get_double(obj, "c", &value), 1);
	ck_assert(value == 3.0);
	ck_assert_int_eq(json_get_double(obj, "d", &value), -1);
	ck_assert_int_eq(json_get_double(obj, "e", &value), -1);
	ck_assert_int_eq(json_get_double(obj, "f", &value), -1);
	ck_assert_int_eq(json_get_double(obj, "g", &value), -1);
	ck_assert_int_eq(json_get_double(obj, "h", &value), 0);
	ck_assert(value == 3.0);
	(void)json_object_put(obj);
}
END_TEST

START_TEST(members_are_added)
{
	struct json_object	*obj = json_object_new_object();

	ck_assert_int_eq(json_add_str(obj, "s", "a/\"b\""), 0);
	ck_assert_int_eq(json_add_str(obj, "none", NULL), 0);
	ck_assert_int_eq(json_add_str(obj, "bad", "x\xff\xe2\x82y"), 0);
	ck_assert_int_eq(json_add_int(obj, "n", INT64_MIN), 0);
	ck_assert_int_eq(json_add_bool(obj, "t", true), 0);
	ck_assert_int_eq(json_add(obj, "o", json_object_new_object()), 0);
	ck_assert_str_eq(json_text(obj, NULL), "{\"s\":\"a/\\\"b\\\"\",\"bad\":\"x\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbdy\",\"n\":-9223372036854775808,\"t\":true,\"o\":{}}");
	errno = 0;
	ck_assert_int_eq(json_add(obj, "x", NULL), -1);
	ck_assert_int_eq(errno, ENOMEM);
	mem_fail_at(0);
	ck_assert_int_eq(json_add_str(obj, "y", "\xff"), -1);
	mem_fail_at(-1);
	ck_assert_ptr_null(json_get(obj, "y"));
	(void)json_object_put(obj);
}
END_TEST

START_TEST(what_is_printed_is_parsed_again)
{
	struct json_object	*obj = json_object_new_object(), *back;
	char			 text[256];
	size_t			 len, i;

	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)(i + 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(json_add_str(obj, text, "x"), 0);
	ck_assert_ptr_null(json_parse(json_text(obj, NULL), strlen(json_text(obj, NULL)), NULL));
	json_object_object_del(obj, text);
	ck_assert_int_eq(json_add_str(obj, "all", text), 0);
	(void)json_text(obj, &len);
	ck_assert_ptr_nonnull(back = json_parse(json_text(obj, NULL), len, NULL));
	ck_assert_str_eq(json_get_str(back, "all"), json_get_str(obj, "all"));
	(void)json_object_put(back);
	(void)json_object_put(obj);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("json");
	TCase	*tc = tcase_create("json");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, json_is_taken_and_printed_compactly);
	tcase_add_test(tc, what_is_not_json_is_refused_with_a_cause);
	tcase_add_test(tc, a_nul_in_the_text_is_refused);
	tcase_add_test(tc, text_needs_no_terminator);
	tcase_add_test(tc, depth_is_limited_exactly);
	tcase_add_test(tc, getters_take_their_own_type_only);
	tcase_add_test(tc, getters_on_what_is_no_object_find_nothing);
	tcase_add_test(tc, integers_are_numbers_or_texts_that_are_wholly_one);
	tcase_add_test(tc, integers_are_in_range);
	tcase_add_test(tc, fractions_are_finite);
	tcase_add_test(tc, members_are_added);
	tcase_add_test(tc, what_is_printed_is_parsed_again);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
