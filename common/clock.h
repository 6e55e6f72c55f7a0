/* SPDX-License-Identifier: ISC */
/*
 * clock: time for the daemons; tests can set it.
 *
 * Monotonic time is CLOCK_MONOTONIC: one clock for all processes of a machine,
 * so times from two daemons can be compared. Wall time is for logs and rows.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t	clock_mono_us(void);
int64_t	clock_mono_ms(void);
int64_t	clock_wall_ms(void);		/* since 1970, UTC */

/* From now on both clocks stand at the given times until set again; -1, -1: real. Tests only. */
void	clock_set(int64_t mono_us, int64_t wall_ms);

#define CLOCK_ISO_SIZE	25		/* "2026-11-20T12:00:00.123Z" and NUL */
/* Print wall time as ISO 8601 UTC with milliseconds; returns out. */
char	*clock_iso(int64_t wall_ms, char out[CLOCK_ISO_SIZE]);
/* Parse ISO 8601 in UTC ("Z", optional fraction). 0, or -1 with EINVAL. */
int	clock_parse_iso(const char *text, int64_t *ret_wall_ms);

#endif
