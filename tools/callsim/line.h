/* SPDX-License-Identifier: ISC */
/*
 * line: a telephone line: the mouth and the ear of a phone, sample by sample.
 *
 * It has one clock: tick n is the 20 ms from n * 20 ms after the phone was
 * answered. Each tick makes one frame that the phone says (a clip, or
 * silence, with comfort noise if wanted); what it heard in that time is told
 * when the tick is over, because a clear cuts a frame off in its middle. Both
 * go into a stereo WAV file: left what was said, right what was heard.
 */
#ifndef CALLSIM_LINE_H
#define CALLSIM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/clip.h"
#include "tools/callsim/earmeter.h"

#define LINE_ECHO_MAX_MS	1000

struct line_config {
	const char	*wav_path;	/* NULL: no recording */
	double		 level_db;	/* above it a frame is heard */
	uint32_t	 quiet_ms;	/* that long below it ends a reply */
	double		 noise_db;	/* comfort noise of the caller; -120: zeros */
	double		 echo_db;	/* what is heard comes back so much weaker, as from a loudspeaker; -120: not */
	uint32_t	 echo_ms;	/* so late, to LINE_ECHO_MAX_MS; less than a frame: not */
};

struct line;

/* NULL: errno (ENOMEM, or of opening the file). */
struct line *line_new(uint32_t rate_hz, const struct line_config *config);
/* Ends the recording. 0; -1 with errno when it could not be written whole. */
int	line_finish(struct line *l);
void	line_free(struct line *l);		/* finishes too */

/* One tick: the frame that is said, into out. false: it is all zeros. */
bool	line_tick(struct line *l, int16_t *out);
/*
 * The end of the tick: what was heard of the other legs (the meter listens
 * to it) and of the platform's talk; NULL: nothing.
 */
void	line_hear(struct line *l, const int16_t *others, const int16_t *talk);
/* A playback buffer that is heard was cleared in this tick. */
void	line_cleared(struct line *l);
/* Speak a clip from the next tick on; a turn of the meter begins. The one before is cut off. */
void	line_say(struct line *l, struct clip *clip);
bool	line_saying(const struct line *l);	/* a clip is being said */

const struct earmeter *line_meter(const struct line *l);
uint32_t line_rate(const struct line *l);
int64_t	line_now_ms(const struct line *l);	/* begin of the running tick */
int64_t	line_ticks(const struct line *l);

#endif
