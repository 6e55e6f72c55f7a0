/* SPDX-License-Identifier: ISC */
/*
 * route_choice: which flow a call gets, by the number that was called, the
 * caller, the time and how many calls there are. Pure.
 *
 * The option "routes" is a list, the first route that fits wins. A member that
 * is "" fits everything. See callpipe.conf(5).
 */
#ifndef WEBHOOKD_ROUTE_CHOICE_H
#define WEBHOOKD_ROUTE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route_conf {
	char	*called;	/* number, or its beginning and "*" */
	char	*caller;	/* known, unknown, blocked, withheld, or as called */
	char	*from, *to;	/* "08:00", "18:00": the minutes from, to before to; over midnight too */
	char	*days;		/* "mon-fri", "sat,sun"; of the day when from was */
	char	*timezone;	/* "Europe/Berlin"; "": the machine's */
	int	 max_calls;	/* calls of its flow at a time; 0: any number */
	char	*flow, *assistant, *language;
};

struct route_call {
	const char	*called, *caller;	/* without "+" */
	bool		 known, blocked;	/* in contacts */
};

/* 0, or -1 with a cause: a time, day, timezone or pattern that is none. */
int	route_check(const struct route_conf *r, char *err, size_t err_size);
/*
 * The first route from number `from` on that fits at this time; n: none. A blocked caller fits
 * only routes with caller "blocked".
 */
size_t	route_choose(const struct route_conf *routes, size_t n, size_t from, const struct route_call *call, int64_t wall_ms);
/* "4420*" or a whole number. "" fits all. */
bool	route_pattern_fits(const char *pattern, const char *number);

#endif
