/* SPDX-License-Identifier: ISC */
#include "brokerd/apierr.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

#define BACKOFF_MS	500	/* less up to a quarter, as the SDKs do */
#define WISH_MAX_MS	60000
#define BODY_SHOWN	200

static const char *const billing[] = {	/* a human must act */
	"insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
	"project_spend_limit_exceeded", "organization_usage_limit_exceeded",
};

static const char *
of_detail(struct json_object *detail)
{
	struct json_object	*first;

	if (detail == NULL)
		return NULL;
	if (json_object_is_type(detail, json_type_string))
		return json_object_get_string(detail);
	if (json_object_is_type(detail, json_type_array) && json_object_array_length(detail) > 0) {
		first = json_object_array_get_idx(detail, 0);
		return json_object_is_type(first, json_type_object) ? json_get_str_or(first, "msg", "an error without words") : NULL;
	}
	if (!json_object_is_type(detail, json_type_object))
		return NULL;
	return json_get_str_or(detail, "message", json_get_str_or(detail, "error", "an error without words"));
}

const char *
apierr_of(struct json_object *obj)
{
	struct json_object	*error;

	if (!json_object_is_type(obj, json_type_object))
		return NULL;
	if ((error = json_get_obj(obj, "error")) != NULL)
		return json_get_str_or(error, "message", "an error without words");
	if (json_get(obj, "error") != NULL)
		return json_get_str_or(obj, "error", "an error without words");
	if (strcmp(json_get_str_or(obj, "object", ""), "error") == 0)
		return json_get_str_or(obj, "message", "an error without words");
	return NULL;
}

static const char *
any_words(struct json_object *obj)
{
	const char	*text;

	if (obj == NULL || !json_object_is_type(obj, json_type_object))
		return NULL;
	if ((text = apierr_of(obj)) != NULL || (text = json_get_str(obj, "message")) != NULL)
		return text;
	return of_detail(json_get(obj, "detail"));
}

char *
apierr_text(const char *body, size_t len, char *out, size_t size)
{
	struct json_object	*obj = json_parse(body, len, NULL);
	const char		*text = any_words(obj);
	size_t			 max = len < BODY_SHOWN ? len : BODY_SHOWN;

	if (text != NULL)
		(void)snprintf(out, size, "%s", text);
	else
		(void)snprintf(out, size, "%.*s", (int)max, body);
	json_object_put(obj);
	return out;
}

static bool
is_billing(const char *body, size_t len)
{
	struct json_object	*obj = json_parse(body, len, NULL), *error;
	const char		*code, *type;
	bool			 found = false;
	size_t			 i;

	if (obj != NULL && json_object_is_type(obj, json_type_object) && (error = json_get_obj(obj, "error")) != NULL) {
		code = json_get_str_or(error, "code", "");
		type = json_get_str_or(error, "type", "");
		for (i = 0; i < sizeof(billing) / sizeof(billing[0]); i++)
			found = found || strcmp(code, billing[i]) == 0 || strcmp(type, billing[i]) == 0;
	}
	json_object_put(obj);
	return found;
}

int
apierr_retry_ms(long status, const char *body, size_t len, long long retry_after_ms)
{
	bool	 passing = status == 408 || status == 409 || status == 429 || status == 500 ||
	    status == 502 || status == 503 || status == 504 || (status >= 520 && status <= 529);

	if (!passing || (status == 429 && is_billing(body, len)))
		return -1;
	if (retry_after_ms >= 0 && retry_after_ms <= WISH_MAX_MS)
		return (int)retry_after_ms;
	return BACKOFF_MS - (int)(random() % (BACKOFF_MS / 4));
}
