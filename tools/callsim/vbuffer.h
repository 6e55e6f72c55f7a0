/* SPDX-License-Identifier: ISC */
/*
 * vbuffer: the playback buffer that Vonage keeps for a WebSocket leg
 * (spec/vonage.md 4.4, 4.5).
 *
 * A queue of at most VBUFFER_FRAMES_MAX frames, consumed one per 20 ms tick
 * of the line. notify marks sit between frames and are reached when all
 * frames before them were played to their end. clear drops frames and marks.
 * Overflow: the new frame is refused and the caller counts it.
 *
 * It also finds the holes in playback: a gap is a run of ticks without a
 * frame, shorter than VBUFFER_GAP_MAX_MS, between two played frames with no
 * clear between them. Longer runs are pauses between replies. Pure, not
 * locked; memory grows with the depth that is really used.
 */
#ifndef CALLSIM_VBUFFER_H
#define CALLSIM_VBUFFER_H

#include <stddef.h>
#include <stdint.h>

#define VBUFFER_FRAMES_MAX	3072
#define VBUFFER_MARKS_MAX	1024
#define VBUFFER_GAP_MAX_MS	200

struct vbuffer_gaps {
	uint64_t count;
	uint64_t total_ms;
	uint32_t max_ms;
};

struct vbuffer;

/* Frames of frame_len bytes. NULL: ENOMEM. */
struct vbuffer *vbuffer_new(size_t frame_len);
void	 vbuffer_free(struct vbuffer *b);		/* NULL is a no-op */
/* Copy one frame in. 0; -1 with ENOBUFS (full) or ENOMEM, nothing changes. */
int	 vbuffer_push(struct vbuffer *b, const void *frame);
/* One tick: copy the next frame to out. 1, or 0 when there is none (out untouched). */
int	 vbuffer_tick(struct vbuffer *b, void *out);
/* Place a mark behind all frames queued now. 0; -1 with ENOBUFS or ENOMEM. */
int	 vbuffer_mark(struct vbuffer *b, const char *payload);
/*
 * The payload of a mark that is reached, or NULL; call until NULL before each
 * vbuffer_tick(). The caller frees it.
 */
char	*vbuffer_reached(struct vbuffer *b);
/* Drop all frames and marks; returns how many frames. */
size_t	 vbuffer_clear(struct vbuffer *b);
size_t	 vbuffer_depth(const struct vbuffer *b);	/* frames waiting */
struct vbuffer_gaps vbuffer_gaps(const struct vbuffer *b);

#endif
