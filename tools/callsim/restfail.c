/* SPDX-License-Identifier: ISC */
/* Error bodies and faults of the REST server: no I/O. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"
#include "tools/callsim/rest.h"

static const char *const kind_names[] = {
	[REST_CREATE] = "create", [REST_LIST] = "list", [REST_GET] = "get", [REST_PUT] = "put",
	[REST_PLAY] = "play", [REST_SMS] = "sms", [REST_OTHER] = "other",
};

const char *
rest_kind_name(enum rest_kind kind)
{
	return kind_names[kind];
}

/* The first form, with the trace of the parameter. */
void
rest_fail_parameter(struct rest_reply *reply, const char *name, const char *reason)
{
	struct json_object	*o = json_object_new_object(), *list = json_object_new_array();
	struct json_object	*row = json_object_new_object();

	json_object_put(reply->body);
	reply->body = o;
	reply->status = 400;
	if (o == NULL || list == NULL || row == NULL) {
		json_object_put(list);
		json_object_put(row);
		return;
	}
	(void)json_add_str(row, "reason", reason);
	(void)json_add_str(row, "name", name);
	(void)json_object_array_add(list, row);
	(void)json_add_int(o, "type", 400);
	(void)json_add_str(o, "title", "Bad Request");
	(void)json_add(o, "invalid_parameters", list);
}

void
rest_fail_title(struct rest_reply *reply, int status, const char *type, const char *title)
{
	json_object_put(reply->body);
	reply->status = status;
	if ((reply->body = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(reply->body, "type", type);
	(void)json_add_str(reply->body, "error_title", title);
}

void
rest_fail_problem(struct rest_reply *reply, int status, const char *slug, const char *title, const char *detail)
{
	char	type[120];

	json_object_put(reply->body);
	reply->status = status;
	if ((reply->body = json_object_new_object()) == NULL)
		return;
	(void)snprintf(type, sizeof(type), "https://developer.vonage.com/api-errors#%s", slug);
	(void)json_add_str(reply->body, "type", type);
	(void)json_add_str(reply->body, "title", title);
	(void)json_add_str(reply->body, "detail", detail);
	(void)json_add_str(reply->body, "instance", "bf0ca0bf927b3b52e3cb03217e1a1ddf");
}

static bool
parse_mode(const char *name, enum rest_mode *ret)
{
	static const struct { const char *name; enum rest_mode mode; } rows[] = {
		{ "lose", REST_MODE_LOSE }, { "drop", REST_MODE_DROP }, { "stall", REST_MODE_STALL },
		{ "500", REST_MODE_500 }, { "503", REST_MODE_503 }, { "429", REST_MODE_429 },
		{ "429-after", REST_MODE_429_AFTER }, { "401", REST_MODE_401 },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0) {
			*ret = rows[i].mode;
			return true;
		}
	return false;
}

static bool
parse_kind(const char *name, struct rest_fault *ret)
{
	size_t	i;

	if ((ret->any = strcmp(name, "any") == 0))
		return true;
	for (i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (strcmp(kind_names[i], name) == 0) {
			ret->kind = (enum rest_kind)i;
			return true;
		}
	return false;
}

int
rest_fault_parse(struct rest_fault *ret, const char *text)
{
	struct rest_fault	 f = { .any = true, .count = 1 };
	char			 copy[80], *part, *rest = copy;
	int			 n;

	errno = EINVAL;
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return -1;
	for (n = 0; (part = strsep(&rest, ",")) != NULL; n++)
		if ((n == 0 && !parse_mode(part, &f.mode)) || (n == 1 && !parse_kind(part, &f)) ||
		    (n == 2 && num_parse(part, 0, INT32_MAX, &f.count) == -1) ||
		    (n == 3 && num_parse(part, 0, INT32_MAX, &f.skip) == -1) || n > 3) {
			errno = EINVAL;
			return -1;
		}
	*ret = f;
	return 0;
}
