/* SPDX-License-Identifier: ISC */
#include "tools/callsim/restread.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"

int
restread_refuse(struct rest_reply *reply, const char *prefix, const char *name, const char *reason)
{
	char	full[120];

	(void)snprintf(full, sizeof(full), "%s%.80s", prefix, name);
	rest_fail_parameter(reply, full, reason);
	return -1;
}

static bool
fits(struct json_object *v, enum restread_type type)
{
	switch (type) {
	case RESTREAD_STR:
		return json_object_is_type(v, json_type_string) &&
		    strlen(json_object_get_string(v)) == (size_t)json_object_get_string_len(v);
	case RESTREAD_INT:
		return json_object_is_type(v, json_type_int);
	case RESTREAD_BOOL:
		return json_object_is_type(v, json_type_boolean);
	case RESTREAD_OBJ:
		return json_object_is_type(v, json_type_object);
	case RESTREAD_ARR:
		return json_object_is_type(v, json_type_array);
	case RESTREAD_LEVEL:
		return json_object_is_type(v, json_type_string) || json_object_is_type(v, json_type_int) ||
		    json_object_is_type(v, json_type_double);
	}
	return false;
}

int
restread_members(struct json_object *obj, const char *prefix, const struct restread_member *known,
    struct rest_reply *reply)
{
	const struct restread_member	*m;

	if (!json_object_is_type(obj, json_type_object))
		return restread_refuse(reply, prefix, prefix[0] == '\0' ? "body" : "", "must be an object");
	json_object_object_foreach(obj, name, value) {
		for (m = known; m->name != NULL && strcmp(m->name, name) != 0; m++)
			;
		if (m->name == NULL)
			return restread_refuse(reply, prefix, name, "is not allowed");
		if (!fits(value, m->type))
			return restread_refuse(reply, prefix, name, "has a wrong type");
	}
	return 0;
}

int
restread_int(struct json_object *obj, const char *name, int64_t min, int64_t max, int64_t def, int64_t *ret,
    struct rest_reply *reply)
{
	char	why[80];

	*ret = def;
	if (json_get_int(obj, name, min, max, ret) != -1)
		return 0;
	(void)snprintf(why, sizeof(why), "must be a number from %lld to %lld", (long long)min, (long long)max);
	return restread_refuse(reply, "", name, why);
}

int
restread_word(struct json_object *obj, const char *name, const char *const *words, const char **ret,
    struct rest_reply *reply)
{
	const char	*text = json_get_str(obj, name);

	if (text == NULL)
		return 0;
	for (; *words != NULL; words++)
		if (strcmp(*words, text) == 0) {
			*ret = *words;
			return 0;
		}
	return restread_refuse(reply, "", name, "is not one of the possible values");
}

int
restread_url(struct json_object *obj, const char *name, const char **ret, struct rest_reply *reply)
{
	struct json_object	*list = json_get_arr(obj, name), *one;
	const char		*text;

	if (list == NULL)
		return 0;
	one = json_object_array_length(list) == 1 ? json_object_array_get_idx(list, 0) : NULL;
	if (!json_object_is_type(one, json_type_string))
		return restread_refuse(reply, "", name, "must be an array of one URL");
	text = json_object_get_string(one);
	if (strlen(text) != (size_t)json_object_get_string_len(one) ||
	    (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0) ||
	    text[strcspn(text, " \t\r\n")] != '\0' || strlen(text) > 2048)
		return restread_refuse(reply, "", name, "is not an http URL");
	*ret = text;
	return 0;
}

int
restread_level(struct json_object *obj, double *ret, struct rest_reply *reply)
{
	struct json_object	*v = json_get(obj, "level");
	double			 level = 0;

	if (v == NULL) {
		*ret = 0;
		return 0;
	}
	if (json_object_is_type(v, json_type_string)) {
		if (num_parse_double(json_object_get_string(v), -1, 1, &level) == -1)
			level = 2;
	} else
		level = json_object_get_double(v);
	if (!(level >= -1 && level <= 1) || fabs(level * 10 - round(level * 10)) > 1e-6)
		return restread_refuse(reply, "", "level", "must be -1 to 1 in steps of 0.1");
	*ret = level;
	return 0;
}

bool
restread_digits(const char *text, size_t min, size_t max)
{
	size_t	n = strspn(text, "0123456789");

	return text[n] == '\0' && n >= min && n <= max;
}
