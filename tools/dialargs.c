/* SPDX-License-Identifier: ISC */
#include "tools/dialargs.h"

#include <stdio.h>
#include <string.h>

#include "common/dialopts.h"
#include "common/json.h"
#include "common/num.h"

const struct option dialarg_longs[] = {
	{ "from", required_argument, NULL, DIALARG_FROM },
	{ "amd", required_argument, NULL, DIALARG_AMD },
	{ "amd-hangup", no_argument, NULL, DIALARG_AMD_HANGUP },
	{ "beep-timeout", required_argument, NULL, DIALARG_BEEP },
	{ "ringing", required_argument, NULL, DIALARG_RINGING },
	{ "length", required_argument, NULL, DIALARG_LENGTH },
	{ "max-attempts", required_argument, NULL, DIALARG_MAX },
	{ "retry-machine", no_argument, NULL, DIALARG_RETRY_MACHINE },
	{ "retry-s", required_argument, NULL, DIALARG_RETRY },
	{ "quiet", required_argument, NULL, DIALARG_QUIET },
	{ "pace-s", required_argument, NULL, DIALARG_PACE },
	{ "at-once", no_argument, NULL, DIALARG_AT_ONCE },
	{ "batch", required_argument, NULL, DIALARG_BATCH },
};

/* "1.5" seconds as ms. */
static bool
add_seconds(struct json_object *o, const char *member, const char *text)
{
	double	s;

	return num_parse_double(text, 0, 86400, &s) == 0 && json_add_int(o, member, (int64_t)(s * 1000 + 0.5)) == 0;
}

/* "70-90", or "80" for both. */
static bool
add_pace(struct json_object *o, const char *text)
{
	char	 from[32];
	size_t	 len = strcspn(text, "-");

	if (len >= sizeof(from))
		return false;
	memcpy(from, text, len);
	from[len] = '\0';
	return add_seconds(o, "pace_min_ms", from) && add_seconds(o, "pace_max_ms", text[len] == '-' ? text + len + 1 : from);
}

static bool
add_number(struct json_object *o, const char *member, const char *text)
{
	int64_t	n;

	return num_parse(text, 0, INT32_MAX, &n) == 0 && json_add_int(o, member, n) == 0;
}

static bool
add(struct json_object *o, int option, const char *arg)
{
	switch (option) {
	case DIALARG_FROM: return json_add_str(o, "from", arg) == 0;
	case DIALARG_AMD: return json_add_str(o, "amd", arg) == 0;
	case DIALARG_AMD_HANGUP: return json_add_str(o, "amd_behavior", "hangup") == 0;
	case DIALARG_BEEP: return add_number(o, "beep_timeout_s", arg);
	case DIALARG_RINGING: return add_number(o, "ringing_timer_s", arg);
	case DIALARG_LENGTH: return add_number(o, "length_timer_s", arg);
	case DIALARG_MAX: return add_number(o, "max_attempts", arg);
	case DIALARG_RETRY_MACHINE: return json_add_bool(o, "retry_machine", true) == 0;
	case DIALARG_RETRY: return add_seconds(o, "retry_ms", arg);
	case DIALARG_QUIET: return json_add_str(o, "quiet_hours", arg) == 0;
	case DIALARG_PACE: return add_pace(o, arg);
	case DIALARG_AT_ONCE: return add_pace(o, "0");
	case DIALARG_BATCH: return add_number(o, "batch", arg);
	}
	return false;
}

bool
dialarg_take(struct json_object *o, int option, const char *arg, char *err, size_t err_size)
{
	struct dial_options	d;

	dial_options_default(&d);
	if (!add(o, option, arg)) {
		(void)snprintf(err, err_size, "%s: a number is wanted", dialarg_longs[option - DIALARG_FIRST].name);
		return false;
	}
	return dial_options_apply(&d, json_text(o, NULL), err, err_size) == 0;
}
