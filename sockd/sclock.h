/* SPDX-License-Identifier: ISC */
/*
 * sclock: the sample clock of one call (architecture.md 3).
 *
 * Its position is the audio received from websocket:connected on, in 20 ms
 * frames; so it does not depend on the rate. Monotonic time is mapped to it by
 * a minimum filter: a frame can come late but never early, so the frame that came
 * soonest within the last 10 to 20 s tells where the clock really stands
 * (the two clocks drift apart by some ms a minute, so older ones are forgotten).
 *
 * Pure; time comes in as microseconds of the monotonic clock.
 */
#ifndef SOCKD_SCLOCK_H
#define SOCKD_SCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SCLOCK_WINDOW_US	10000000

struct sclock {
	uint64_t	nframes;	/* position, in frames of 20 ms */
	int64_t		offset_us[2];	/* least (arrival - position): this window's, the one's before */
	int64_t		window_end_us;
	bool		heard;		/* a frame set the offset; until then the start did */
};

/* Position 0 is now. */
void	sclock_start(struct sclock *c, int64_t now_us);
/* One frame came: the position moves on by 20 ms. */
void	sclock_frame(struct sclock *c, int64_t now_us);
/*
 * The audio stood still (another socket took the call over): move the position on to
 * where now is mapped and forget the old socket's timing. Returns the frames left out.
 */
uint64_t sclock_skip_to(struct sclock *c, int64_t now_us);
/* Position: milliseconds of audio received. */
int64_t	sclock_ms(const struct sclock *c);
/* Where a moment lies on the clock, microseconds of audio; never negative. */
int64_t	sclock_at(const struct sclock *c, int64_t mono_us);

#endif
