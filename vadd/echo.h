/* SPDX-License-Identifier: ISC */
/*
 * echo: is what is heard the bot's own voice, come back from a loudspeaker?
 *
 * Knows what is played to the caller and holds the level in 16 bands of it against those of what is
 * heard: a correlation (likeness.h) for every delay from 0 to 820 ms in steps of 20. A delay that some frames
 * agree on is the echo's path; then the loss in each band is learnt, and what is heard is explained if no
 * band stands out of what was played at that time less that loss. A delay at which the bot spoke and nothing was
 * heard is no path; when none is left there is no echo. The waveform itself is not looked at, so any
 * codec, loudspeaker and room will do, and the gain is free.
 *
 * Pure computation at 8 kHz, no I/O, no clock, no libm but sqrtf(). One struct echo a call
 * of 5 KB; one thread. Positions are samples at 8 kHz on the call's clock.
 */
#ifndef VADD_ECHO_H
#define VADD_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHO_FRAME_SAMPLES	160	/* 20 ms at 8 kHz */
#define ECHO_DELAY_MAX_MS	820
#define ECHO_AHEAD_MAX_MS	1200	/* what is played may be told so long before */

#define ECHO_GAIN_DB		(-8.0f)	/* few echoes are louder, many callers are */

struct echo;				/* opaque */

enum echo_path {
	ECHO_UNKNOWN,			/* not enough was played yet */
	ECHO_NONE,			/* the bot spoke and nothing came back */
	ECHO_KNOWN			/* delay and loss are known */
};

struct echo_result {
	enum echo_path	path;
	bool		active;		/* something was played within the longest delay */
	bool		untold;		/* something was, and we were not told what: the rest says little */
	bool		deaf;		/* and for more than a second nothing is told at all: the rest says nothing */
	bool		explained;	/* the frame holds no more than the echo */
	float		match;		/* -1 to 1: correlation of the last 300 ms at the best delay */
	unsigned	delay_ms;	/* of the known path, else of the best match */
	float		excess_db;	/* of the frame, over echo and noise */
	float		harmonicity;	/* of the frame, if it is not explained (spectrum.h); else 0 */
	float		gain_db;	/* loudest of what was heard of late, over the loudest that was played */
};

struct echo *echo_new(void);		/* NULL: ENOMEM */
void	echo_free(struct echo *e);	/* NULL is a no-op */
/* These samples are played from `start` on. Far out of order or too far ahead: not taken. */
void	echo_played(struct echo *e, uint64_t start, const int16_t samples[ECHO_FRAME_SAMPLES]);
/* Nothing is played from `start` on, whatever was told before. */
void	echo_cut(struct echo *e, uint64_t start);
/*
 * The frame that was heard at `start`; every frame is to be told, in order. playing: the bot is heard at this
 * time, as far as sockd knows.
 */
struct echo_result echo_heard(struct echo *e, uint64_t start, bool playing, const int16_t samples[ECHO_FRAME_SAMPLES]);
/* The last frames were judged to be an echo: take the best match for the path if it is good enough. */
void	echo_believe(struct echo *e);
size_t	echo_size(void);

#endif
