/* SPDX-License-Identifier: ISC */
/* The API's table against its document, and who may do what. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "webhookd/api.h"

static struct json_object *
document(void)
{
	struct json_object	*o = json_object_from_file("webhookd/openapi.json");

	ck_assert_msg(o != NULL, "%s", json_util_get_last_err());
	return o;
}

static const char *
scope_name(enum api_scope scope)
{
	return scope == API_OPEN ? "open" : api_scope_names[scope - API_READ];
}

START_TEST(every_operation_is_in_the_document)
{
	struct json_object	*doc = document(), *op, *path;
	char			 method[16];
	size_t			 i, k;

	for (i = 0; api_operations[i].method != NULL; i++) {
		const struct api_operation	*a = &api_operations[i];

		for (k = 0; a->method[k] != '\0'; k++)
			method[k] = (char)(a->method[k] | 0x20);
		method[k] = '\0';
		path = json_get_obj(json_get_obj(doc, "paths"), a->path);
		ck_assert_msg(path != NULL && (op = json_get_obj(path, method)) != NULL, "%s %s is not in the document", a->method, a->path);
		op = json_get_obj(path, method);
		ck_assert_str_eq(json_get_str_or(op, "operationId", ""), a->name);
		ck_assert_str_eq(json_get_str_or(op, "x-scope", ""), scope_name(a->scope));
		ck_assert_msg(json_get(json_get_obj(op, "responses"), "429") != NULL, "%s %s: source_per_second", a->method, a->path);
		ck_assert_uint_eq(json_object_array_length(json_get_arr(op, "security")), a->scope == API_OPEN ? 0 : 1);
	}
	json_object_put(doc);
}
END_TEST

static bool
known(const char *path, const char *method)
{
	size_t	i;

	for (i = 0; api_operations[i].method != NULL; i++)
		if (strcmp(api_operations[i].path, path) == 0 && strcasecmp(api_operations[i].method, method) == 0)
			return true;
	return false;
}

START_TEST(the_document_promises_nothing_else)
{
	struct json_object	*doc = document(), *paths = json_get_obj(doc, "paths");

	ck_assert_ptr_nonnull(paths);
	json_object_object_foreach(paths, path, item) {
		json_object_object_foreach(item, method, op) {
			(void)op;
			ck_assert_msg(known(path, method), "%s %s is only in the document", method, path);
		}
	}
	json_object_put(doc);
}
END_TEST

/* Each "$ref" leads somewhere. */
static void
check_refs(struct json_object *doc, struct json_object *v)
{
	struct json_object	*schemas = json_get_obj(json_get_obj(doc, "components"), "schemas");
	size_t			 i;

	if (json_object_is_type(v, json_type_array)) {
		for (i = 0; i < json_object_array_length(v); i++)
			check_refs(doc, json_object_array_get_idx(v, i));
	} else if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, member) {
			if (strcmp(key, "$ref") == 0)
				ck_assert_msg(json_get_obj(schemas, strrchr(json_object_get_string(member), '/') + 1) != NULL,
				    "%s leads nowhere", json_object_get_string(member));
			check_refs(doc, member);
		}
	}
}

START_TEST(references_of_the_document_lead_somewhere)
{
	struct json_object	*doc = document();

	check_refs(doc, doc);
	json_object_put(doc);
}
END_TEST

static struct api_token	tokens[] = {
	{ (char *)"watch", 0, (char *)"read-token-0123456789" },
	{ (char *)"desk", 1, (char *)"operate-token-0123456" },
	{ (char *)"boss", 2, (char *)"admin-token-012345678" },
};

START_TEST(a_token_has_its_scope_and_no_other)
{
	struct webhookd_conf	c = { .api_tokens = tokens, .napi_tokens = 3 };
	const char		*name = NULL;

	ck_assert_int_eq(api_scope_of(&c, NULL, &name), API_OPEN);
	ck_assert_int_eq(api_scope_of(&c, "", &name), API_OPEN);
	ck_assert_int_eq(api_scope_of(&c, "Bearer ", &name), API_OPEN);
	ck_assert_int_eq(api_scope_of(&c, "Basic read-token-0123456789", &name), API_OPEN);
	ck_assert_int_eq(api_scope_of(&c, "Bearer read-token-012345678", &name), API_OPEN);
	ck_assert_int_eq(api_scope_of(&c, "Bearer read-token-01234567890", &name), API_OPEN);
	ck_assert_ptr_null(name);
	ck_assert_int_eq(api_scope_of(&c, "Bearer read-token-0123456789", &name), API_READ);
	ck_assert_str_eq(name, "watch");
	ck_assert_int_eq(api_scope_of(&c, "bearer operate-token-0123456", &name), API_OPERATE);
	ck_assert_int_eq(api_scope_of(&c, "Bearer admin-token-012345678", &name), API_ADMIN);
	c.napi_tokens = 0;
	ck_assert_int_eq(api_scope_of(&c, "Bearer read-token-0123456789", &name), API_OPEN);
}
END_TEST

START_TEST(tokens_that_are_short_or_equal_are_refused)
{
	struct api_token	bad[2] = { tokens[0], tokens[0] };
	struct webhookd_conf	c = { .api_tokens = tokens, .napi_tokens = 3 };
	char			err[200];

	ck_assert_int_eq(api_check(&c, err, sizeof(err)), 0);
	c.api_tokens = bad;
	c.napi_tokens = 2;
	ck_assert_int_eq(api_check(&c, err, sizeof(err)), -1);
	ck_assert_msg(strstr(err, "same token") != NULL, "%s", err);
	bad[1].token = (char *)"short";
	ck_assert_int_eq(api_check(&c, err, sizeof(err)), -1);
	bad[1].token = NULL;
	ck_assert_int_eq(api_check(&c, err, sizeof(err)), -1);
	bad[1] = (struct api_token){ (char *)"", 0, (char *)"long-enough-0123456789" };
	ck_assert_int_eq(api_check(&c, err, sizeof(err)), -1);
	ck_assert_msg(strstr(err, "read-token") == NULL, "an error never shows a token");
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("api");
	TCase	*t = tcase_create("api");
	SRunner	*r;
	int	 failed;

	tcase_add_test(t, every_operation_is_in_the_document);
	tcase_add_test(t, the_document_promises_nothing_else);
	tcase_add_test(t, references_of_the_document_lead_somewhere);
	tcase_add_test(t, a_token_has_its_scope_and_no_other);
	tcase_add_test(t, tokens_that_are_short_or_equal_are_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
