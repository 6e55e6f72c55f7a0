/* SPDX-License-Identifier: ISC */
#include "tools/callsim/earmeter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"

#define BOUNDS_RANGE_DB	30.0
#define BOUNDS_FLOOR_DB	(-50.0)

void
earmeter_init(struct earmeter *m, uint32_t rate_hz, double level_db, uint32_t quiet_ms)
{
	memset(m, 0, sizeof(*m));
	m->rate_hz = rate_hz;
	m->level_db = level_db;
	m->quiet = (int64_t)quiet_ms * rate_hz / 1000;
	m->last_loud = -1;
	m->candidate = -1;
	m->turn.reply_begin = m->turn.stop = -1;
}

void
earmeter_say(struct earmeter *m, int64_t speech_begin, int64_t speech_end)
{
	m->turn = (struct earmeter_turn){ .speech_begin = speech_begin,
	    .speech_end = speech_end, .reply_begin = -1, .stop = -1 };
	m->has_turn = true;
	m->passed_begin = m->passed_end = false;
	m->candidate = -1;
}

static void
end_stretch(struct earmeter *m)
{
	m->sounding = false;
	m->candidate = -1;
	if (m->has_turn && m->turn.interrupting && m->turn.stop == -1)
		m->turn.stop = m->last_loud;
}

static void
begin_stretch(struct earmeter *m, int64_t at)
{
	m->sounding = true;
	m->stretch_begin = at;
	m->stretches++;
	if (!m->has_turn || m->turn.reply_begin != -1 || !m->passed_begin)
		return;
	if (at > m->turn.speech_end)
		m->turn.reply_begin = at;
	else
		m->candidate = at;
}

/* The turn's own times, as the clock passes them. */
static void
pass_turn(struct earmeter *m)
{
	int64_t	talking = (int64_t)EARMETER_TALKING_MS * m->rate_hz / 1000;

	if (!m->has_turn)
		return;
	if (!m->passed_begin && m->pos >= m->turn.speech_begin) {
		m->passed_begin = true;
		if (m->sounding && m->turn.speech_begin - m->last_loud <= talking)
			m->turn.interrupting = true;
		else if (m->sounding)
			end_stretch(m);
	}
	if (!m->passed_end && m->pos > m->turn.speech_end) {
		m->passed_end = true;
		if (m->turn.reply_begin == -1)
			m->turn.reply_begin = m->candidate;
	}
}

static bool
loud_bounds(const int16_t *s, size_t n, double level_db, size_t *first, size_t *last)
{
	int	amp = (int)(32768.0 * pow(10, level_db / 20));
	size_t	i, j;

	if (audio_rms_db(s, n) < level_db)
		return false;
	for (i = 0; i < n - 1 && abs(s[i]) < amp; i++)
		;
	for (j = n - 1; j > i && abs(s[j]) < amp; j--)
		;
	*first = i;
	*last = j;
	return true;
}

void
earmeter_heard(struct earmeter *m, const int16_t *samples, size_t n)
{
	size_t	window = m->rate_hz / 100, at, first, last;

	for (at = 0; at + window <= n; at += window) {
		pass_turn(m);
		if (loud_bounds(samples + at, window, m->level_db, &first, &last)) {
			if (!m->sounding)
				begin_stretch(m, m->pos + (int64_t)first);
			m->last_loud = m->pos + (int64_t)last;
		} else if (m->sounding && m->pos + (int64_t)window - m->last_loud > m->quiet)
			end_stretch(m);
		m->pos += (int64_t)window;
	}
}

void
earmeter_cleared(struct earmeter *m)
{
	pass_turn(m);
	if (m->sounding)
		end_stretch(m);
}

int64_t
earmeter_ms(const struct earmeter *m, int64_t pos)
{
	return pos == -1 ? -1 : pos * 1000 / m->rate_hz;
}

bool
earmeter_latency_ms(const struct earmeter *m, const struct earmeter_turn *t, double *ret)
{
	if (t->reply_begin == -1)
		return false;
	*ret = (double)(t->reply_begin - t->speech_end) * 1000 / m->rate_hz;
	return true;
}

bool
earmeter_stop_ms(const struct earmeter *m, const struct earmeter_turn *t, double *ret)
{
	if (!t->interrupting || t->stop == -1)
		return false;
	*ret = t->stop <= t->speech_begin ? 0 :
	    (double)(t->stop - t->speech_begin) * 1000 / m->rate_hz;
	return true;
}

bool
earmeter_bounds(const int16_t *samples, size_t n, uint32_t rate_hz, size_t *ret_begin, size_t *ret_end)
{
	size_t	window = rate_hz / 100, at, first, last, begin = 0, end = 0;
	double	level = BOUNDS_FLOOR_DB, db;
	bool	found = false;

	for (at = 0; at + window <= n; at += window)
		if ((db = audio_rms_db(samples + at, window)) - BOUNDS_RANGE_DB > level)
			level = db - BOUNDS_RANGE_DB;
	for (at = 0; at + window <= n; at += window) {
		if (!loud_bounds(samples + at, window, level, &first, &last))
			continue;
		if (!found)
			begin = at + first;
		end = at + last;
		found = true;
	}
	if (found) {
		*ret_begin = begin;
		*ret_end = end;
	}
	return found;
}
