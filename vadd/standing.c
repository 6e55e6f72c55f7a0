/* SPDX-License-Identifier: ISC */
#include "vadd/standing.h"

#include <string.h>

#define HIDE_FIRST	500	/* 10 s */
#define HIDE_MAX	32000	/* 640 s */
#define OVER_DB		3.0f	/* above the loudest tenth; half of it while an utterance is open */
#define UNDER_DB	6.0f	/* below the weakest tenth */
#define GONE_FRAMES	50	/* a second below that */

void
standing_begin(struct standing *s)
{
	memset(s->count, 0, sizeof(s->count));
	s->nlevels = 0;
}

static void
look_whether_gone(struct standing *s, float level_db)
{
	if (level_db >= s->under_db) {
		s->gone -= s->gone > 0;
		return;
	}
	if (++s->gone < GONE_FRAMES)
		return;
	s->gone = s->hide = s->left = 0;
}

void
standing_feed(struct standing *s, float level_db, bool open)
{
	int	 bin = (int)(level_db + (float)(STANDING_BINS - 1));

	s->left -= s->left > 0;
	if (s->hide > 0)
		look_whether_gone(s, level_db);
	if (!open)
		return;
	bin = bin < 0 ? 0 : bin >= STANDING_BINS ? STANDING_BINS - 1 : bin;
	s->count[bin] += s->count[bin] < UINT16_MAX;
	s->nlevels++;
}

/* The level that so many of a hundred frames do not reach. */
static float
level_at(const struct standing *s, unsigned percent)
{
	unsigned	 want = s->nlevels * percent / 100, sum = 0, bin;

	for (bin = 0; bin < STANDING_BINS - 1; bin++) {
		if ((sum += s->count[bin]) > want)
			break;
	}
	return (float)bin - (float)(STANDING_BINS - 1) + 0.5f;
}

bool
standing_end(struct standing *s, bool capped)
{
	const float	 low = level_at(s, 10), high = level_at(s, 90);

	if (!capped || high - low >= (float)STANDING_SPREAD_DB)
		return false;
	s->hide = s->hide == 0 ? HIDE_FIRST : s->hide < HIDE_MAX / 4 ? s->hide * 4 : HIDE_MAX;
	s->left = s->hide;
	s->gone = 0;
	s->over_db = high + OVER_DB;
	s->under_db = low - UNDER_DB;
	return true;
}

bool
standing_hides(const struct standing *s, float level_db, bool open)
{
	return s->left > 0 && level_db < (open ? s->over_db - OVER_DB / 2 : s->over_db);
}
