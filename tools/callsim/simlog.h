/* SPDX-License-Identifier: ISC */
/*
 * simlog: everything that happens, as JSON lines in a file, as it happens:
 * tests wait on it, demonstrations show it. One file a process; without it
 * the functions do nothing.
 *
 * {"ts":"2026-11-20T12:00:00.123Z","log":"event",...}: each kind has its own
 * members, listed in callsim(1).
 */
#ifndef CALLSIM_SIMLOG_H
#define CALLSIM_SIMLOG_H

#include <stdbool.h>

#include "common/json.h"

/* Truncates the file; "-" is standard output. 0, or -1 with errno. */
int	simlog_open(const char *path);
void	simlog_close(void);
bool	simlog_on(void);
/* One line; members becomes simlog's (NULL: none), "ts" and "log" are added. */
void	simlog_put(const char *kind, struct json_object *members);
/* A line about a leg: {"uuid":..., "text":...}; a NULL text is left out. */
void	simlog_leg(const char *kind, const char *uuid, const char *text);
/* An event that is sent: {"url":..., "event": parsed json}. */
void	simlog_event(const char *url, const char *json);

#endif
