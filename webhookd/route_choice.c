/* SPDX-License-Identifier: ISC */
#include "webhookd/route_choice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/zone.h"

#define DAY_MIN	1440

static const char *const	day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

/* "08:00" in minutes; 24:00 is the end of the day. */
static bool
read_time(const char *text, int *ret)
{
	if (strlen(text) != 5 || text[2] != ':' || !isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]) ||
	    !isdigit((unsigned char)text[3]) || !isdigit((unsigned char)text[4]))
		return false;
	*ret = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
	return text[3] <= '5' && *ret <= DAY_MIN;
}

static int
day_of(const char *text)
{
	int	i;

	for (i = 0; i < 7; i++)
		if (strncasecmp(text, day_names[i], 3) == 0)
			return i;
	return -1;
}

/* "mon-fri,sun" as a set of bits. */
static bool
read_days(const char *text, unsigned *ret)
{
	unsigned	set = 0;
	int		from, to;

	for (; *text != '\0'; text += *text == ',') {
		if ((from = to = day_of(text)) == -1)
			return false;
		text += 3;
		if (*text == '-') {
			if ((to = day_of(text + 1)) == -1)
				return false;
			text += 4;
		}
		for (; from != to; from = (from + 1) % 7)
			set |= 1U << from;
		set |= 1U << to;
		if (*text != ',' && *text != '\0')
			return false;
	}
	*ret = set;
	return set != 0;
}

static bool
pattern_ok(const char *pattern)
{
	size_t	n = strcspn(pattern, "*");

	return pattern[n] == '\0' || pattern[n + 1] == '\0';
}

int
route_check(const struct route_conf *r, char *err, size_t err_size)
{
	struct zone_time	now;
	unsigned		days;
	int			from = 0, to = 0;

	if ((r->from[0] != '\0') != (r->to[0] != '\0'))
		(void)snprintf(err, err_size, "from and to belong together");
	else if (r->from[0] != '\0' && (!read_time(r->from, &from) || !read_time(r->to, &to) || from == to))
		(void)snprintf(err, err_size, "from, to: \"%.20s\", \"%.20s\" are not two times HH:MM", r->from, r->to);
	else if (r->days[0] != '\0' && !read_days(r->days, &days))
		(void)snprintf(err, err_size, "days: \"%.40s\" is not like \"mon-fri,sun\"", r->days);
	else if (zone_local(r->timezone, 0, &now) == -1)
		(void)snprintf(err, err_size, "timezone: \"%.60s\" is not in %s", r->timezone, ZONE_DIR);
	else if (!pattern_ok(r->called) || !pattern_ok(r->caller))
		(void)snprintf(err, err_size, "a number has \"*\" only at its end");
	else if (r->called[0] == '+' || r->caller[0] == '+')
		(void)snprintf(err, err_size, "numbers are written without +: with it the route would never fit");
	else
		return 0;
	return -1;
}

bool
route_pattern_fits(const char *pattern, const char *number)
{
	size_t	n = strcspn(pattern, "*");

	if (pattern[0] == '\0')
		return true;
	return pattern[n] == '*' ? strncmp(pattern, number, n) == 0 : strcmp(pattern, number) == 0;
}

static bool
is_withheld(const char *caller)
{
	static const char *const	words[] = { "", "anonymous", "unknown", "restricted", "withheld", "private", "unavailable" };
	size_t				i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i], caller) == 0)
			return true;
	return false;
}

static bool
caller_fits(const char *want, const struct route_call *call)
{
	if (call->blocked || strcmp(want, "blocked") == 0)
		return call->blocked && strcmp(want, "blocked") == 0;
	if (strcmp(want, "known") == 0)
		return call->known;
	if (strcmp(want, "unknown") == 0)
		return !call->known;
	if (strcmp(want, "withheld") == 0)
		return is_withheld(call->caller);
	return route_pattern_fits(want, call->caller);
}

static bool
time_fits(const struct route_conf *r, int64_t wall_ms)
{
	struct zone_time	now;
	unsigned		days = 0x7f;
	int			from = 0, to = DAY_MIN, day;

	if ((r->days[0] == '\0' && r->from[0] == '\0') || zone_local(r->timezone, wall_ms, &now) == -1)
		return r->days[0] == '\0' && r->from[0] == '\0';
	if (r->days[0] != '\0')
		(void)read_days(r->days, &days);
	if (r->from[0] != '\0') {
		(void)read_time(r->from, &from);
		(void)read_time(r->to, &to);
	}
	day = now.weekday;
	if (from < to)
		return now.minute >= from && now.minute < to && (days & 1U << day) != 0;
	if (now.minute >= from)
		return (days & 1U << day) != 0;
	return now.minute < to && (days & 1U << (day + 6) % 7) != 0;	/* the night of the day before */
}

size_t
route_choose(const struct route_conf *routes, size_t n, size_t from, const struct route_call *call, int64_t wall_ms)
{
	for (; from < n; from++)
		if (route_pattern_fits(routes[from].called, call->called) && caller_fits(routes[from].caller, call) &&
		    time_fits(&routes[from], wall_ms))
			return from;
	return n;
}
