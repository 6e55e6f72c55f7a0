/* SPDX-License-Identifier: ISC */
#include "webhookd/dialresult.h"

#include <stddef.h>
#include <string.h>

/* The first row that fits counts; detail NULL: any. */
static const struct { const char *status, *detail; struct dial_outcome outcome; } rows[] = {
	{ "busy", NULL, { DIAL_AGAIN, "busy" } },
	{ "timeout", NULL, { DIAL_AGAIN, "timeout" } },
	{ "unanswered", NULL, { DIAL_AGAIN, "unanswered" } },
	{ "cancelled", NULL, { DIAL_FAILED, "cancelled" } },
	{ "rejected", "restricted", { DIAL_FAILED, "restricted" } },
	{ "rejected", "declined", { DIAL_FAILED, "declined" } },
	{ "rejected", "invalid_number", { DIAL_FAILED, "invalid_number" } },
	{ "rejected", NULL, { DIAL_FAILED, "rejected" } },
	{ "failed", "number_out_of_service", { DIAL_FAILED, "out_of_service" } },
	{ "failed", NULL, { DIAL_AGAIN, "failed" } },
};

static struct dial_outcome
ended(bool answered, const char *machine, bool retry_machine)
{
	if (!answered && machine[0] == '\0')
		return (struct dial_outcome){ DIAL_AGAIN, "unanswered" };
	if (machine[0] == '\0')
		return (struct dial_outcome){ DIAL_REACHED, "answered" };
	if (strcmp(machine, "human") == 0)
		return (struct dial_outcome){ DIAL_REACHED, "human" };
	return (struct dial_outcome){ retry_machine ? DIAL_AGAIN : DIAL_REACHED, "machine" };
}

struct dial_outcome
dialresult_of(const char *status, const char *detail, bool answered, const char *machine, bool retry_machine)
{
	size_t	i;

	if (strcmp(status, "completed") == 0)
		return ended(answered, machine, retry_machine);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].status, status) == 0 && (rows[i].detail == NULL || strcmp(rows[i].detail, detail) == 0))
			return rows[i].outcome;
	return (struct dial_outcome){ DIAL_GOES_ON, "" };
}

int64_t
dialresult_pause_ms(int base_ms, int attempts, uint32_t random)
{
	int64_t	pause = base_ms;

	for (; attempts > 1 && pause < DIAL_RETRY_MAX_MS; attempts--)
		pause *= 2;
	if (pause > DIAL_RETRY_MAX_MS)
		pause = DIAL_RETRY_MAX_MS;
	return pause - dialresult_between(0, pause / 10, random);
}

int64_t
dialresult_between(int64_t min, int64_t max, uint32_t random)
{
	return max <= min ? min : min + (int64_t)(random % (uint64_t)(max - min + 1));
}
