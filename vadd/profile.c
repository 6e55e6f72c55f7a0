/* SPDX-License-Identifier: ISC */
#include "vadd/profile.h"

#include <stdio.h>
#include <string.h>

#include "vadd/suppress.h"

#include "vadd/barge.h"

/*
 * Found on the half of vadd/train's data that thresholds are chosen on. The lower score holds over weak ends of
 * words and short stops; two frames that vad is sure of open as soon as three others (segment.h).
 */
#define OPEN	0.5f
#define OPEN_PLAYING 0.6f
#define HOLD	0.4f
#define HOLD_LONG 0.35f

static const struct profile builtin[] = {
	{ .name = "listening", .open = OPEN, .hold = HOLD, .confirm_ms = BARGE_CONFIRM_MS, .limits = { .onset_ms = 60, .preroll_ms = 300,
	    .pause_ms = 200, .hangover_ms = 500, .max_ms = 20000 } },
	{ .name = "bot_speaking", .open = OPEN_PLAYING, .hold = HOLD, .confirm_ms = BARGE_CONFIRM_MS, .limits = { .onset_ms = 60, .preroll_ms = 300,
	    .pause_ms = 200, .hangover_ms = 500, .max_ms = 20000 } },
	{ .name = "expecting_digits", .open = OPEN, .hold = HOLD_LONG, .confirm_ms = BARGE_CONFIRM_MS, .limits = { .onset_ms = 60, .preroll_ms = 300,
	    .pause_ms = 300, .hangover_ms = 1400, .max_ms = 20000 } },
	{ .name = "expecting_yes_no", .open = OPEN, .hold = HOLD, .confirm_ms = BARGE_CONFIRM_MS, .limits = { .onset_ms = 60, .preroll_ms = 300,
	    .pause_ms = 160, .hangover_ms = 500, .max_ms = 20000, .short_ms = 900, .short_hangover_ms = 260 } },
	{ .name = "dictation", .open = OPEN, .hold = HOLD_LONG, .confirm_ms = BARGE_CONFIRM_MS, .limits = { .onset_ms = 60, .preroll_ms = 300,
	    .pause_ms = 300, .hangover_ms = 1800, .max_ms = 40000 } },
};

void
profile_set_init(struct profile_set *set)
{
	memset(set, 0, sizeof(*set));
	memcpy(set->rows, builtin, sizeof(builtin));
	set->count = sizeof(builtin) / sizeof(builtin[0]);
}

const struct profile *
profile_find(const struct profile_set *set, const char *name)
{
	size_t	 i;

	if (name[0] == '\0')
		return &set->rows[0];
	for (i = 0; i < set->count; i++)
		if (strcmp(set->rows[i].name, name) == 0)
			return &set->rows[i];
	return NULL;
}

struct profile *
profile_put(struct profile_set *set, const char *name)
{
	struct profile	*p;
	size_t		 i;

	if (name[0] == '\0' || strlen(name) >= PROFILE_NAME_SIZE)
		return NULL;
	for (i = 0; i < set->count; i++)
		if (strcmp(set->rows[i].name, name) == 0)
			return &set->rows[i];
	if (set->count == PROFILES_MAX)
		return NULL;
	p = &set->rows[set->count++];
	*p = set->rows[0];
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	return p;
}

int
profile_check(const struct profile *p, const char **ret_cause)
{
	if (segment_limits_check(&p->limits, ret_cause) == -1)
		return -1;
	if (p->confirm_ms < 100 || p->confirm_ms > 2000) {
		*ret_cause = "confirm_ms is not in 100 to 2000";
		return -1;
	}
	if (p->suppress_db > SUPPRESS_DB_MAX) {
		*ret_cause = "suppress_db is above 24";
		return -1;
	}
	if (!(p->hold > 0.0f && p->hold <= p->open && p->open < 1.0f)) {
		*ret_cause = "hold_score is not in 0 to open_score, or open_score not below 1";
		return -1;
	}
	return 0;
}
