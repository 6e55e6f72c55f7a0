/* SPDX-License-Identifier: ISC */
/*
 * Any text as JSON. What parses must be written as text that parses and is
 * written the same again; what the getters give must be as json.h says. The
 * same bytes as a text inside an object must always make JSON.
 */
#include <math.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/utf8.h"
#include "tests/fuzz/must.h"

static void
round_trip(struct json_object *obj)
{
	struct json_object	*again;
	const char		*text, *twice;
	size_t			 len, twice_len;

	must((text = json_text(obj, &len)) != NULL, "no text");
	must(utf8_valid(text, len), "text is not UTF-8");
	must((again = json_parse(text, len, NULL)) != NULL, "what was parsed is written as no JSON");
	must((twice = json_text(again, &twice_len)) != NULL, "no text the second time");
	must(len == twice_len && memcmp(text, twice, len) == 0, "it is written otherwise the second time");
	json_object_put(again);
}

static void
getters(struct json_object *obj)
{
	const char	*s;
	int64_t		 n = 7;
	double		 d = 7;
	int		 rc;

	json_object_object_foreach(obj, name, value) {
		(void)value;
		if ((s = json_get_str(obj, name)) != NULL)
			must(utf8_valid(s, strlen(s)), "a text is not UTF-8");
		rc = json_get_int(obj, name, -100, 100, &n);
		must(rc == 1 ? n >= -100 && n <= 100 : n == 7, "an integer out of its range");
		n = 7;
		rc = json_get_double(obj, name, &d);
		must(rc == 1 ? isfinite(d) != 0 : d == 7, "a number that is none");
		d = 7;
		must((json_get_obj(obj, name) != NULL) + (json_get_arr(obj, name) != NULL) +
		    (s != NULL) <= 1, "a value of two types");
		(void)json_get_bool(obj, name, false);
	}
}

static void
as_text(const uint8_t *data, size_t size)
{
	struct json_object	*obj = json_object_new_object();
	char			*text = mem_strndup((const char *)data, size);
	const char		*s;

	must(obj != NULL && text != NULL && json_add_str(obj, "text", text) == 0, "a text was not taken");
	s = json_get_str(obj, "text");
	must(s != NULL && utf8_valid(s, strlen(s)), "a text was not repaired");
	must(!utf8_valid(text, strlen(text)) || strcmp(s, text) == 0, "a good text was changed");
	round_trip(obj);
	json_object_put(obj);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object	*obj;
	const char		*cause = NULL;

	if ((obj = json_parse((const char *)data, size, &cause)) == NULL)
		must(cause != NULL && *cause != '\0', "refused without a cause");
	else {
		must(utf8_valid((const char *)data, size), "took what is not UTF-8");
		round_trip(obj);
		if (json_object_is_type(obj, json_type_object))
			getters(obj);
	}
	json_object_put(obj);
	as_text(data, size);
	return 0;
}
