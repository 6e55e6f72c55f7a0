/* SPDX-License-Identifier: ISC */
/*
 * zone: local time in any time zone, without the process's TZ.
 *
 * Reads compiled files of the tz database (TZif, RFC 8536) from ZONE_DIR, and
 * works out what they say by rules (POSIX TZ) for later years.
 */
#ifndef COMMON_ZONE_H
#define COMMON_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define ZONE_DIR	"/usr/share/zoneinfo"

struct zone_time { int weekday; /* 0 Sunday */ int minute; /* of the day */ };

/* 0; -1 with EINVAL: no such zone (or a file that is none). name "" is the machine's own (TZ). */
int	zone_local(const char *name, int64_t wall_ms, struct zone_time *ret);
/* Seconds east of UTC then, by a rule as in POSIX TZ: "CET-1CEST,M3.5.0,M10.5.0/3". 0, or -1 with EINVAL. */
int	zone_rule_offset(const char *rule, int64_t unix_s, int32_t *ret_east_s);

#endif
