/* SPDX-License-Identifier: ISC */
/*
 * tracks: what the platform plays to one leg: the NCCO's talk or stream, that
 * of a REST request, music on hold or a ringback tone, a beep. All sound at
 * once, each looped by itself. Frames are of the leg's rate. Pure.
 */
#ifndef CALLSIM_TRACKS_H
#define CALLSIM_TRACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/clip.h"

enum track_name { TRACK_NCCO, TRACK_REST, TRACK_HOLD, TRACK_BEEP, TRACK_COUNT };

struct track {
	struct clip	*clip;		/* NULL: quiet */
	size_t		 pos;
	int64_t		 loop;		/* times still to play, this one too; 0: for ever */
	double		 level;
};

struct tracks {			/* zero-initialise */
	struct track	 all[TRACK_COUNT];
	unsigned	 nplaying;
};

/* Play from the next frame on, what the track plays now is cut off. The clip is referenced. */
void	tracks_play(struct tracks *t, enum track_name name, struct clip *clip, int64_t loop, double level);
void	tracks_stop(struct tracks *t, enum track_name name);
void	tracks_clear(struct tracks *t);
bool	tracks_playing(const struct tracks *t, enum track_name name);
/* The next n samples of all. false: nothing plays, out is untouched. */
bool	tracks_frame(struct tracks *t, int16_t *out, size_t n);

#endif
