/* SPDX-License-Identifier: ISC */
/*
 * standing: a sound that holds utterance after utterance open is background.
 *
 * An utterance that had to be closed at its longest was either somebody who talks and
 * talks, or a sound that the detector takes for speech and that does not end: a
 * fan, an engine, a tone on the line. Speech rises and falls: between the tenths of its
 * frames that are the weakest and the loudest lie 20 dB, 12 dB in noise 10 dB below it (one stretch of 20 s in
 * twenty has less than 10) and still 8 dB in noise 5 dB below it. What stays within
 * STANDING_SPREAD_DB stands still: then only what is louder than it counts, for 10 s, and four times
 * as long each time that it happens again, until it has gone. So, whatever the detector says, a sound that
 * stands (at 20 s the longest) takes 9 % of the first quarter of an hour, and then 3 %.
 *
 * Pure; levels are dB of full scale, of 20 ms each.
 */
#ifndef VADD_STANDING_H
#define VADD_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#define STANDING_BINS		91	/* of 1 dB, -90 to 0 */
#define STANDING_SPREAD_DB	5

struct standing {			/* zero is a good beginning */
	uint16_t	count[STANDING_BINS];	/* levels of the open utterance */
	unsigned	nlevels;
	unsigned	hide, left;	/* frames that the next time lasts; and this one still does */
	float		over_db, under_db;	/* louder is something else; weaker: it has gone */
	unsigned	gone;		/* frames that were weaker, of late */
};

/* An utterance opens. */
void	standing_begin(struct standing *s);
/* The next 20 ms; open: while an utterance is. */
void	standing_feed(struct standing *s, float level_db, bool open);
/* The open utterance is closed; true: by force, and the detector has to learn that it was background. */
bool	standing_end(struct standing *s, bool capped);
/* Is a frame of this level no more than the sound that stands? */
bool	standing_hides(const struct standing *s, float level_db, bool open);

#endif
