/* SPDX-License-Identifier: ISC */
#include "common/dialopts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"

const char *const dial_amd_names[] = { "off", "detect", "detect_beep", "default", NULL };

int
dial_number(const char *text, char out[DIAL_NUMBER_SIZE])
{
	const char	*digits = *text == '+' ? text + 1 : text;
	size_t		 len = strspn(digits, "0123456789");

	if (digits[len] != '\0' || len < 7 || len > 15 || *digits == '0') {
		errno = EINVAL;
		return -1;
	}
	memcpy(out, digits, len + 1);
	return 0;
}

int
dial_options_from(struct dial_options *o, const char *from)
{
	o->random_from = strcmp(from, "random") == 0;
	o->from[0] = '\0';
	return o->random_from || *from == '\0' ? 0 : dial_number(from, o->from);
}

void
dial_options_default(struct dial_options *o)
{
	*o = (struct dial_options){ .beep_timeout_s = 45, .ringing_timer_s = 60, .length_timer_s = 7200, .max_attempts = 5,
	    .max_per_day = 5, .retry_ms = 300000, .pace_min_ms = 70000, .pace_max_ms = 90000, .batch = 1 };
}

static int __attribute__((format(printf, 3, 4)))
refuse(char *err, size_t err_size, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(err, err_size, fmt, ap);
	va_end(ap);
	errno = EINVAL;
	return -1;
}

static const struct { const char *name; size_t offset; int min, max; } numbers[] = {
	{ "beep_timeout_s", offsetof(struct dial_options, beep_timeout_s), 30, 120 },
	{ "ringing_timer_s", offsetof(struct dial_options, ringing_timer_s), 1, 120 },
	{ "length_timer_s", offsetof(struct dial_options, length_timer_s), 1, 86400 },
	{ "max_attempts", offsetof(struct dial_options, max_attempts), 1, 20 },
	{ "max_per_day", offsetof(struct dial_options, max_per_day), 0, 100 },
	{ "retry_ms", offsetof(struct dial_options, retry_ms), 100, 86400000 },
	{ "pace_min_ms", offsetof(struct dial_options, pace_min_ms), 0, 3600000 },
	{ "pace_max_ms", offsetof(struct dial_options, pace_max_ms), 0, 3600000 },
	{ "batch", offsetof(struct dial_options, batch), 1, 1000 },
};
#define NNUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

static int
apply_number(struct dial_options *o, size_t i, struct json_object *obj, char *err, size_t err_size)
{
	int64_t	n;

	if (json_get_int(obj, numbers[i].name, numbers[i].min, numbers[i].max, &n) != 1)
		return refuse(err, err_size, "%s: a number in %d..%d is wanted", numbers[i].name, numbers[i].min, numbers[i].max);
	*(int *)(void *)((char *)o + numbers[i].offset) = (int)n;
	return 0;
}

static int
apply_amd(struct dial_options *o, const char *text)
{
	int	i;

	for (i = 0; text != NULL && dial_amd_names[i] != NULL; i++) {
		if (strcmp(text, dial_amd_names[i]) == 0) {
			o->amd = (enum dial_amd)i;
			return 0;
		}
	}
	return -1;
}

/* Members that are no numbers; text is NULL when it is no text. */
static int
apply_other(struct dial_options *o, const char *key, struct json_object *obj, char *err, size_t err_size)
{
	const char	*text = json_get_str(obj, key);

	if (strcmp(key, "from") == 0)
		return text != NULL && dial_options_from(o, text) == 0 ? 0 : refuse(err, err_size, "from: a number or \"random\" is wanted");
	if (strcmp(key, "amd") == 0)
		return apply_amd(o, text) == 0 ? 0 : refuse(err, err_size, "amd: off, detect, detect_beep or default is wanted");
	if (strcmp(key, "amd_behavior") == 0) {
		if (text == NULL || (strcmp(text, "hangup") != 0 && strcmp(text, "continue") != 0))
			return refuse(err, err_size, "amd_behavior: continue or hangup is wanted");
		o->amd_hangup = *text == 'h';
		return 0;
	}
	if (strcmp(key, "retry_machine") == 0) {
		if (!json_object_is_type(json_get(obj, key), json_type_boolean))
			return refuse(err, err_size, "retry_machine: true or false is wanted");
		o->retry_machine = json_get_bool(obj, key, false);
		return 0;
	}
	if (strcmp(key, "quiet_hours") == 0)
		return text != NULL && quiet_parse(text, &o->quiet) == 0 ? 0 :
		    refuse(err, err_size, "quiet_hours: HH:MM-HH:MM or none is wanted");
	return refuse(err, err_size, "%.40s: no such option", key);
}

static int
apply_member(struct dial_options *o, const char *key, struct json_object *obj, char *err, size_t err_size)
{
	size_t	i;

	for (i = 0; i < NNUMBERS; i++)
		if (strcmp(numbers[i].name, key) == 0)
			return apply_number(o, i, obj, err, err_size);
	return apply_other(o, key, obj, err, err_size);
}

int
dial_options_apply(struct dial_options *o, const char *json, char *err, size_t err_size)
{
	struct json_object	*obj;
	int			 rc = 0;

	if (*json == '\0')
		return 0;
	obj = json_parse(json, strlen(json), NULL);
	if (obj == NULL || !json_object_is_type(obj, json_type_object)) {
		json_object_put(obj);
		return refuse(err, err_size, "options: a JSON object is wanted");
	}
	json_object_object_foreach(obj, key, value) {
		(void)value;
		if (rc == 0)
			rc = apply_member(o, key, obj, err, err_size);
	}
	json_object_put(obj);
	if (rc == 0 && o->pace_min_ms > o->pace_max_ms)
		return refuse(err, err_size, "pace_min_ms: more than pace_max_ms");
	return rc;
}
