/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

static FILE	*out;

int
simlog_open(const char *path)
{
	FILE	*f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

	if (f == NULL)
		return -1;
	simlog_close();
	out = f;
	return 0;
}

void
simlog_close(void)
{
	if (out != NULL && out != stdout)
		(void)fclose(out);
	out = NULL;
}

bool
simlog_on(void)
{
	return out != NULL;
}

void
simlog_put(const char *kind, struct json_object *members)
{
	struct json_object	*o;
	const char		*text;
	char			 iso[CLOCK_ISO_SIZE];

	if (out == NULL || (o = json_object_new_object()) == NULL) {
		json_object_put(members);
		return;
	}
	(void)json_add_str(o, "ts", clock_iso(clock_wall_ms(), iso));
	(void)json_add_str(o, "log", kind);
	if (members != NULL) {
		json_object_object_foreach(members, key, value)
			(void)json_object_object_add(o, key, json_object_get(value));
	}
	/* one write a line: who reads while we write never sees half of one */
	if ((text = json_text(o, NULL)) != NULL) {
		(void)fprintf(out, "%s\n", text);
		(void)fflush(out);
	}
	json_object_put(o);
	json_object_put(members);
}

void
simlog_leg(const char *kind, const char *uuid, const char *text)
{
	struct json_object	*o;

	if (out == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(o, "uuid", uuid);
	(void)json_add_str(o, "text", text);
	simlog_put(kind, o);
}

void
simlog_event(const char *url, const char *json)
{
	struct json_object	*o;

	if (out == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(o, "url", url);
	(void)json_add(o, "event", json_parse(json, strlen(json), NULL));
	simlog_put("event", o);
}
