/* SPDX-License-Identifier: ISC */
#include "tools/callsim/eventfault.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/num.h"

/* splitmix64 (public domain, Sebastiano Vigna): every serial gets bits of its own. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

bool
eventfault_lost(const struct event_faults *f, uint64_t serial)
{
	return f->lose > 0 && (double)(mix(mix(f->seed) + serial) >> 11) / (double)(1ULL << 53) < f->lose;
}

static void
make_number(struct json_object *o, const char *key)
{
	const char	*text = json_get_str(o, key);
	int64_t		 whole = 0;
	double		 fraction = 0;

	if (text == NULL)
		return;
	if (num_parse(text, INT64_MIN, INT64_MAX, &whole) == 0)
		(void)json_object_object_add(o, key, json_object_new_int64(whole));
	else if (num_parse_double(text, -1e9, 1e9, &fraction) == 0)
		(void)json_object_object_add(o, key, json_object_new_double_s(fraction, text));
}

static void
numbers(struct json_object *o)
{
	struct json_object	*results = json_get_arr(json_get_obj(o, "speech"), "results");
	size_t			 i;

	make_number(o, "duration");
	make_number(o, "rate");
	make_number(o, "price");
	for (i = 0; results != NULL && i < json_object_array_length(results); i++)
		make_number(json_object_array_get_idx(results, i), "confidence");
}

static void
nulls(struct json_object *o)
{
	static const char *const names[] = {
		"headers", "direction", "network", "rate", "price", "duration", "start_time", "end_time",
		"sip_code", "disconnected_by", "detail", "from", "to",
	};
	size_t	i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_get(o, names[i]) != NULL)
			(void)json_object_object_add(o, names[i], NULL);
}

static void
extras(struct json_object *o)
{
	static const char	 deep[] = "{\"codec\":\"opus\",\"path\":[1,null,{\"hop\":\"\\u00e9\"}]}";

	(void)json_add(o, "media_info", json_parse(deep, strlen(deep), NULL));
	(void)json_object_object_add(o, "mos", json_object_new_double(4.2));
	(void)json_object_object_add(o, "experimental", NULL);
}

static void
forms(struct json_object *o)
{
	if (json_get(o, "status") != NULL)
		return;
	if (json_get(o, "conversation_uuid_from") != NULL)
		(void)json_add_str(o, "status", "transfer");
	else if (json_get(o, "dtmf") != NULL || json_get(o, "speech") != NULL)
		(void)json_add_str(o, "status", "input");
}

char *
eventfault_apply(const struct event_faults *f, char *json)
{
	struct json_object	*o;
	char			*text = NULL;

	if (json == NULL || !(f->numbers || f->nulls || f->extras || f->forms))
		return json;
	if ((o = json_parse(json, strlen(json), NULL)) != NULL) {
		if (f->numbers)
			numbers(o);
		if (f->nulls)
			nulls(o);
		if (f->extras)
			extras(o);
		if (f->forms)
			forms(o);
		if (json_text(o, NULL) != NULL)
			text = mem_strdup(json_text(o, NULL));
	}
	json_object_put(o);
	free(json);
	return text;
}
