/* SPDX-License-Identifier: ISC */
#include "common/zone.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"

#define ZONE_FILE_MAX	65536
#define DAY_S		86400

/* ---- rules: POSIX TZ ---- */

static bool
skip_name(const char **at)
{
	const char	*p = *at;

	if (*p == '<') {
		if ((p = strchr(p, '>')) == NULL)
			return false;
		p++;
	} else
		while (isalpha((unsigned char)*p))
			p++;
	if (p - *at < 3)
		return false;
	*at = p;
	return true;
}

static bool
read_number(const char **at, int max, int *ret)
{
	char	*end;
	long	 v;

	if (!isdigit((unsigned char)**at))
		return false;
	v = strtol(*at, &end, 10);
	*at = end;
	*ret = (int)v;
	return v <= max;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
read_hms(const char **at, int32_t *ret)
{
	int	h = 0, m = 0, s = 0, sign = 1;

	if (**at == '-' || **at == '+')
		sign = *(*at)++ == '-' ? -1 : 1;
	if (!read_number(at, 167, &h))
		return false;
	if (**at == ':') {
		(*at)++;
		if (!read_number(at, 59, &m))
			return false;
	}
	if (**at == ':') {
		(*at)++;
		if (!read_number(at, 59, &s))
			return false;
	}
	*ret = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970 to January 1 of a year. */
static int64_t
days_to(int64_t year)
{
	int64_t	y = year - 1;

	return 365 * (year - 1970) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) + (y / 400 - 1969 / 400);
}

/* The day of the year (from 0) that "Mm.w.d" names. */
static int
rule_day(int64_t year, int month, int week, int weekday)
{
	static const int	length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int			first = 0, i, days, day;

	for (i = 0; i < month - 1; i++)
		first += length[i] + (i == 1 && is_leap(year));
	days = length[month - 1] + (month == 2 && is_leap(year));
	/* January 1, 1970 was a Thursday */
	day = (int)((weekday - (days_to(year) + first + 4) % 7 + 7) % 7) + 7 * (week - 1);
	while (day >= days)
		day -= 7;
	return first + day;
}

/* ",M3.5.0/2", ",J60", ",59": when it is, in local seconds of the year. */
static bool
read_when(const char **at, int64_t year, int64_t *ret)
{
	int	month, week, weekday, day;
	int32_t	time_s = 7200;

	if (*(*at)++ != ',')
		return false;
	if (**at == 'M') {
		(*at)++;
		if (!read_number(at, 12, &month) || month < 1 || *(*at)++ != '.' || !read_number(at, 5, &week) || week < 1 ||
		    *(*at)++ != '.' || !read_number(at, 6, &weekday))
			return false;
		day = rule_day(year, month, week, weekday);
	} else if (**at == 'J') {
		(*at)++;
		if (!read_number(at, 365, &day) || day < 1)
			return false;
		day += is_leap(year) && day >= 60 ? 0 : -1;
	} else if (!read_number(at, 365, &day))
		return false;
	if (**at == '/') {
		(*at)++;
		if (!read_hms(at, &time_s))
			return false;
	}
	*ret = (int64_t)day * DAY_S + time_s;
	return true;
}

static int64_t
year_of(int64_t unix_s)
{
	int64_t	year = 1970 + unix_s / (365 * DAY_S);

	while (days_to(year) * DAY_S > unix_s)
		year--;
	return year;
}

int
zone_rule_offset(const char *rule, int64_t unix_s, int32_t *ret_east_s)
{
	int64_t	year, begin, end, at_s;
	int32_t	west, summer_west;
	bool	summer;

	errno = EINVAL;
	if (unix_s < 0 || !skip_name(&rule) || !read_hms(&rule, &west))
		return -1;
	if (*rule == '\0') {
		*ret_east_s = -west;
		return 0;
	}
	summer_west = west - 3600;
	if (!skip_name(&rule) || (*rule != ',' && !read_hms(&rule, &summer_west)))
		return -1;
	year = year_of(unix_s - west);
	if (!read_when(&rule, year, &begin) || !read_when(&rule, year, &end) || *rule != '\0')
		return -1;
	at_s = unix_s - days_to(year) * DAY_S;
	begin += west;			/* to UTC; each is told in the time before it */
	end += summer_west;
	summer = begin < end ? at_s >= begin && at_s < end : at_s >= begin || at_s < end;
	*ret_east_s = -(summer ? summer_west : west);
	return 0;
}

/* ---- files: TZif, RFC 8536 ---- */

struct tzif {
	const unsigned char	*p;
	size_t			 len;
};

static int64_t
big(const unsigned char *p, int n)
{
	uint64_t	v = 0;
	int		i;

	for (i = 0; i < n; i++)
		v = v << 8 | p[i];
	return n == 4 ? (int32_t)v : (int64_t)v;
}

struct counts { size_t isut, isstd, leap, times, types, chars; };

static bool
read_header(const struct tzif *z, size_t at, struct counts *ret)
{
	const unsigned char	*p = z->p + at;

	if (z->len < at + 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*ret = (struct counts){ (size_t)big(p + 20, 4), (size_t)big(p + 24, 4), (size_t)big(p + 28, 4), (size_t)big(p + 32, 4),
	    (size_t)big(p + 36, 4), (size_t)big(p + 40, 4) };
	return ret->times < 10000 && ret->types < 256 && ret->types > 0 && ret->chars < 10000 && ret->leap < 1000 &&
	    ret->isut <= ret->types && ret->isstd <= ret->types;
}

static size_t
body_size(const struct counts *c, size_t time_size)
{
	return c->times * time_size + c->times + c->types * 6 + c->chars + c->leap * (time_size + 4) + c->isstd + c->isut;
}

/* The offset of a type of the 64-bit part. */
static int
file_offset(const struct tzif *z, int64_t unix_s, int32_t *ret)
{
	struct counts		 c;
	const unsigned char	*times, *types, *footer, *end;
	char			 rule[128];
	size_t			 at, i, type;

	if (!read_header(z, 0, &c))
		return -1;
	at = 44 + body_size(&c, 4);
	if (at > z->len || !read_header(z, at, &c) || z->len < at + 44 + body_size(&c, 8) + 2)
		return -1;
	times = z->p + at + 44;
	types = times + c.times * 9;
	footer = times + body_size(&c, 8) + 1;
	end = memchr(footer, '\n', (size_t)(z->p + z->len - footer));
	if (end == NULL || (size_t)(end - footer) >= sizeof(rule))
		return -1;
	(void)snprintf(rule, sizeof(rule), "%.*s", (int)(end - footer), (const char *)footer);
	if (rule[0] != '\0' && (c.times == 0 || unix_s >= big(times + (c.times - 1) * 8, 8)))
		return zone_rule_offset(rule, unix_s, ret);
	for (i = 0; i < c.times && big(times + i * 8, 8) <= unix_s; i++)
		continue;
	type = i == 0 ? 0 : times[c.times * 8 + i - 1];
	if (type >= c.types)
		return -1;
	*ret = (int32_t)big(types + type * 6, 4);
	return 0;
}

static int
zone_offset(const char *name, int64_t unix_s, int32_t *ret)
{
	struct tzif	 z = { NULL, 0 };
	unsigned char	*data;
	char		 path[256];
	ssize_t		 n;
	int		 fd, rc = -1;

	errno = EINVAL;
	if (name[0] == '/' || name[0] == '.' || strstr(name, "..") != NULL ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", ZONE_DIR, name) >= sizeof(path) ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	if ((data = mem_alloc(ZONE_FILE_MAX)) != NULL && (n = read(fd, data, ZONE_FILE_MAX)) > 0) {
		z = (struct tzif){ data, (size_t)n };
		rc = file_offset(&z, unix_s, ret);
	}
	free(data);
	(void)close(fd);
	errno = EINVAL;
	return rc;
}

int
zone_local(const char *name, int64_t wall_ms, struct zone_time *ret)
{
	int64_t		unix_s = wall_ms / 1000, local;
	time_t		t = (time_t)unix_s;
	struct tm	tm;
	int32_t		east;

	if (name[0] == '\0') {
		if (localtime_r(&t, &tm) == NULL)
			return -1;
		*ret = (struct zone_time){ tm.tm_wday, tm.tm_hour * 60 + tm.tm_min };
		return 0;
	}
	if (zone_offset(name, unix_s, &east) == -1)
		return -1;
	local = unix_s + east;
	*ret = (struct zone_time){ (int)((local / DAY_S + 4) % 7), (int)(local % DAY_S / 60) };
	return 0;
}
