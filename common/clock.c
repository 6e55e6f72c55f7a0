/* SPDX-License-Identifier: ISC */
#include "common/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ISO_SECONDS_LEN	19		/* "2026-11-20T12:00:00" */
#define WALL_MIN_S	INT64_C(-62167219200)	/* 0000-01-01T00:00:00Z */
#define WALL_MAX_S	INT64_C(253402300799)	/* 9999-12-31T23:59:59Z */

static _Atomic int64_t set_mono_us = -1;
static _Atomic int64_t set_wall_ms = -1;

static int64_t
read_clock_us(clockid_t id)
{
	struct timespec	ts = { 0, 0 };

	(void)clock_gettime(id, &ts);	/* cannot fail for these two clocks */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	int64_t	us = atomic_load_explicit(&set_mono_us, memory_order_relaxed);

	return us >= 0 ? us : read_clock_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

int64_t
clock_wall_ms(void)
{
	int64_t	ms = atomic_load_explicit(&set_wall_ms, memory_order_relaxed);

	return ms >= 0 ? ms : read_clock_us(CLOCK_REALTIME) / 1000;
}

void
clock_set(int64_t mono_us, int64_t wall_ms)
{
	atomic_store(&set_mono_us, mono_us);
	atomic_store(&set_wall_ms, wall_ms);
}

char *
clock_iso(int64_t wall_ms, char out[CLOCK_ISO_SIZE])
{
	char		 text[80];
	struct tm	 tm;
	time_t		 seconds;
	int		 ms;

	ms = (int)(wall_ms % 1000);
	seconds = wall_ms / 1000;
	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	if (seconds < WALL_MIN_S || seconds > WALL_MAX_S) {
		seconds = seconds < WALL_MIN_S ? WALL_MIN_S : WALL_MAX_S;
		ms = 0;
	}
	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
	memcpy(out, text, CLOCK_ISO_SIZE - 1);
	out[CLOCK_ISO_SIZE - 1] = '\0';
	return out;
}

/* Two or four digits at s; the form of the text was checked before. */
static int
digits(const char *s, int n)
{
	int	value = 0;

	while (n-- > 0)
		value = value * 10 + (*s++ - '0');
	return value;
}

static bool
has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++) {
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	}
	return true;
}

/* ".123456789Z" or "Z": milliseconds, the rest cut off; -1: neither. */
static int
parse_fraction(const char *s)
{
	int	ms = 0, scale = 100;

	if (s[0] == '.') {
		if (*++s < '0' || *s > '9')
			return -1;
		for (; *s >= '0' && *s <= '9'; s++, scale /= 10)
			ms += (*s - '0') * scale;
	}
	return s[0] == 'Z' && s[1] == '\0' ? ms : -1;
}

int
clock_parse_iso(const char *text, int64_t *ret_wall_ms)
{
	struct tm	tm = { 0 }, back;
	time_t		seconds;
	int		ms;

	if (!has_form(text, "0000-00-00T00:00:00") ||
	    (ms = parse_fraction(text + ISO_SECONDS_LEN)) == -1)
		goto bad;
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	tm.tm_hour = digits(text + 11, 2);
	tm.tm_min = digits(text + 14, 2);
	tm.tm_sec = digits(text + 17, 2);
	back = tm;
	seconds = timegm(&back);
	/* timegm() carries February 30 over into March */
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
	    back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		goto bad;
	*ret_wall_ms = (int64_t)seconds * 1000 + ms;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}
