/* SPDX-License-Identifier: ISC */
/*
 * arrival: how near a stream of reply frames comes to an underrun.
 *
 * The model is a player without any buffer time of its own: the first frame
 * of a reply begins to play when it arrives, each further one is due when the
 * one before it ends (20 ms later).
 *
 *   lateness = arrival - due; negative: it came early by so much and waited
 *	        in Vonage's buffer; positive: the caller heard a hole that long.
 *   jitter   = | time since the previous arrival - 20 ms |, only counted
 *	        when the reply is ARRIVAL_SETTLE_MS old, because a sender that
 *	        keeps a lead sends its first frames at once.
 *
 * A frame later than ARRIVAL_PAUSE_MS, or the first after a clear, begins a
 * new reply and has no lateness. After a hole the due times start anew. Pure.
 */
#ifndef CALLSIM_ARRIVAL_H
#define CALLSIM_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVAL_FRAME_US	20000
#define ARRIVAL_PAUSE_MS	200
#define ARRIVAL_SETTLE_MS	200

struct arrival {		/* zero-initialise */
	bool	running;	/* a reply has begun */
	int64_t	begin_us;	/* its first arrival */
	int64_t	due_us;		/* when the next frame is to begin playing */
	int64_t	last_us;	/* the previous arrival */
};

struct arrival_frame {
	bool	has_lateness, has_jitter;
	int64_t	lateness_us, jitter_us;
};

/* A frame arrived at now_us (monotonic). */
struct arrival_frame arrival_take(struct arrival *a, int64_t now_us);
/* The buffer was cleared: the next frame begins a reply. */
void arrival_clear(struct arrival *a);

#endif
