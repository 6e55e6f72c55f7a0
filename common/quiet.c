/* SPDX-License-Identifier: ISC */
#include "common/quiet.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/num.h"

#define MINUTE_MS	60000

/* "HH:MM", 24:00 for the end of the day. -1: not that. */
static int
minute(const char *text, size_t len)
{
	int64_t	h, m;

	if (len != 5 || text[2] != ':' || num_parse_n(text, 2, 0, 24, &h) == -1 || num_parse_n(text + 3, 2, 0, 59, &m) == -1 ||
	    h * 60 + m > QUIET_DAY_MIN)
		return -1;
	return (int)(h * 60 + m);
}

int
quiet_parse(const char *text, struct quiet *ret)
{
	int	from, to;

	if (*text == '\0' || strcmp(text, "none") == 0) {
		*ret = (struct quiet){ 0, 0 };
		return 0;
	}
	if (strlen(text) != 11 || text[5] != '-' || (from = minute(text, 5)) == -1 || (to = minute(text + 6, 5)) == -1 ||
	    from % QUIET_DAY_MIN == to % QUIET_DAY_MIN) {
		errno = EINVAL;
		return -1;
	}
	*ret = (struct quiet){ from % QUIET_DAY_MIN, to % QUIET_DAY_MIN };
	return 0;
}

int
quiet_left_min(const struct quiet *q, int at)
{
	int	length = (q->to_min - q->from_min + QUIET_DAY_MIN) % QUIET_DAY_MIN;
	int	since = (at - q->from_min + QUIET_DAY_MIN) % QUIET_DAY_MIN;

	return since < length ? length - since : 0;
}

int
quiet_minute_of(int64_t wall_ms, int *ret_ms)
{
	time_t		seconds = (time_t)(wall_ms / 1000);
	struct tm	tm;

	if (localtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	*ret_ms = tm.tm_sec * 1000 + (int)(wall_ms % 1000);
	return tm.tm_hour * 60 + tm.tm_min;
}

/* When clocks change meanwhile it is asked again at that time. */
int64_t
quiet_until(const struct quiet *q, int64_t now)
{
	int	ms, left = quiet_left_min(q, quiet_minute_of(now, &ms));

	return left == 0 ? now : now + (int64_t)left * MINUTE_MS - ms;
}
