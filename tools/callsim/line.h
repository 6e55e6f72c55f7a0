/* SPDX-License-Identifier: ISC */
/*
 * line: the caller's telephone line, sample by sample.
 *
 * It has one clock: tick n is the 20 ms from n * 20 ms after the call was
 * answered. Each tick makes one frame that the caller says (a clip, or
 * silence, with comfort noise if wanted) and one that the caller hears (the
 * socket leg's playback buffer, with a talk mixed in). A frame that is being
 * heard stays open until the next tick, because clear cuts it off in its
 * middle. Both go into a stereo WAV file: left what the caller said, right
 * what was heard.
 */
#ifndef CALLSIM_LINE_H
#define CALLSIM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/clip.h"
#include "tools/callsim/earmeter.h"
#include "tools/callsim/vbuffer.h"

struct line_config {
	const char	*wav_path;	/* NULL: no recording */
	double		 level_db;	/* above it a frame is heard */
	uint32_t	 quiet_ms;	/* that long below it ends a reply */
	double		 noise_db;	/* comfort noise of the caller; -120: zeros */
};

struct line;

/* NULL: errno (ENOMEM, or of opening the file). */
struct line *line_new(uint32_t rate_hz, const struct line_config *config);
/* Ends the recording. 0; -1 with errno when it could not be written whole. */
int	line_finish(struct line *l);
void	line_free(struct line *l);		/* finishes too */

/* One tick: ends the frame before. *ret_out is this tick's frame of the caller, valid until the next. */
void	line_tick(struct line *l, const int16_t **ret_out);
/* Speak a clip from the next tick on; a turn of the meter begins. The one before is cut off. */
void	line_say(struct line *l, struct clip *clip);
/* Let the caller hear a talk from the next tick on; NULL stops one. */
void	line_talk(struct line *l, struct clip *clip);
bool	line_saying(const struct line *l);	/* the caller is speaking */
bool	line_talking(const struct line *l);	/* a talk is playing */

/* The socket leg's buffer. frame is one 20 ms frame of the line's rate. */
struct vbuffer *line_buffer(struct line *l);
/* clear: drop the queue and the rest of the frame being heard; since_tick_us into it. */
void	line_clear(struct line *l, int64_t since_tick_us);

const struct earmeter *line_meter(const struct line *l);
uint32_t line_rate(const struct line *l);
size_t	line_frame_len(const struct line *l);	/* bytes */
int64_t	line_now_ms(const struct line *l);	/* begin of the running tick */
int64_t	line_ticks(const struct line *l);

#endif
