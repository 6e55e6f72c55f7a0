/* SPDX-License-Identifier: ISC */
/* Options of dials and campaigns: what is taken is in its range, the rest refused with a cause. */
#include "common/dialopts.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"

static bool
in(int v, int min, int max)
{
	return v >= min && v <= max;
}

static void
check_number(const char *number)
{
	size_t	n = strlen(number);

	must(n >= 7 && n <= 15 && strspn(number, "0123456789") == n && number[0] != '0', "a number that is none");
}

static void
check(const struct dial_options *o)
{
	must_end(o->from, sizeof(o->from), "an endless number");
	must(o->from[0] == '\0' || !o->random_from, "two callers");
	if (o->from[0] != '\0')
		check_number(o->from);
	must(in((int)o->amd, DIAL_AMD_OFF, DIAL_AMD_DEFAULT), "no such detection");
	must(in(o->beep_timeout_s, 30, 120) && in(o->ringing_timer_s, 1, 120) && in(o->length_timer_s, 1, 86400), "a timer");
	must(in(o->max_attempts, 1, 20) && in(o->max_per_day, 0, 100) && in(o->retry_ms, 100, 86400000), "attempts");
	must(in(o->pace_min_ms, 0, 3600000) && in(o->pace_max_ms, o->pace_min_ms, 3600000) && in(o->batch, 1, 1000), "a pace");
	must(in(o->quiet.from_min, 0, QUIET_DAY_MIN) && in(o->quiet.to_min, 0, QUIET_DAY_MIN), "quiet hours");
	must(in(quiet_left_min(&o->quiet, 0), 0, QUIET_DAY_MIN), "a day longer than a day");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dial_options	o;
	char			err[100] = "", number[DIAL_NUMBER_SIZE];
	char			*text;

	must((text = mem_strndup((const char *)data, size)) != NULL, "no memory");
	if (dial_number(text, number) == 0)
		check_number(number);
	dial_options_default(&o);
	check(&o);
	if (dial_options_apply(&o, text, err, sizeof(err)) == 0)
		check(&o);
	else
		must(err[0] != '\0' && memchr(err, '\0', sizeof(err)) != NULL, "refused without a cause");
	free(text);
	return 0;
}
