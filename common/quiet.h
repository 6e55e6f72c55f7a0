/* SPDX-License-Identifier: ISC */
/*
 * quiet: hours of the day in which nobody is called. Pure.
 *
 * "21:00-08:00": from the first minute to the one before the second, over
 * midnight when the second is earlier. "" or "none": no such hours. Minutes
 * are of the local day (option timezone); the region of a number is not looked at.
 */
#ifndef COMMON_QUIET_H
#define COMMON_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#define QUIET_DAY_MIN	1440

struct quiet { int from_min, to_min; };		/* equal: none */

/* 0, or -1 with EINVAL. "08:00-08:00" is refused: it could mean all or nothing. */
int	quiet_parse(const char *text, struct quiet *ret);
/* Minutes until they end, 0: it is not quiet at that minute of the day (0..1439). */
int	quiet_left_min(const struct quiet *q, int minute);
/* The minute of the day in local time (TZ) and the ms into it. */
int	quiet_minute_of(int64_t wall_ms, int *ret_ms);
/* Wall ms from which calling is allowed: now when it is not quiet. */
int64_t	quiet_until(const struct quiet *q, int64_t now);

#endif
