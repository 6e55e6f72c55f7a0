/* SPDX-License-Identifier: ISC */
/*
 * simplay: what the platform plays to a leg: a text that is spoken first, or an
 * audio file that is fetched first (16 MiB and 600 s at most).
 */
#ifndef CALLSIM_SIMPLAY_H
#define CALLSIM_SIMPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json.h"
#include "tools/callsim/tracks.h"

#define PLAY_FETCH_MAX	(16 * 1024 * 1024)
#define PLAY_FETCH_MS	10000

struct leg;
struct httpc_req;

struct playing {		/* one a track; set up by leg_new() */
	struct leg	*leg;
	enum track_name	 track;
	bool		 loading, begun;
	int64_t		 loop;
	double		 level;
	struct httpc_req *fetch;
	struct json_object *note;	/* of the summary; owned, NULL: none */
};

/* What the track plays is replaced. loop 0: for ever. 0; -1 with errno. */
int	play_text(struct leg *leg, enum track_name track, const char *text, const char *language, int64_t loop,
	    double level);
int	play_url(struct leg *leg, enum track_name track, const char *url, int64_t loop, double level);
/* The beep before a recording: 1 kHz, 300 ms. 0; -1 with ENOMEM. */
int	play_beep(struct leg *leg);
void	play_stop(struct leg *leg, enum track_name track);
void	play_stop_all(struct leg *leg);
bool	play_busy(const struct leg *leg, enum track_name track);	/* loading or playing */
/* Each tick: ends are noted. */
void	play_tick(struct leg *leg);

#endif
