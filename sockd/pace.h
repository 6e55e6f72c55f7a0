/* SPDX-License-Identifier: ISC */
/*
 * pace: the playback queue of one call. Pieces of replies go in, exactly one
 * 20 ms frame at a time comes out, each at its absolute due time.
 *
 * The far end (Vonage) plays what it is sent, frame after frame, so the moment
 * at which all that was sent will have been played is known: the far clock.
 * The next frame is due when with it lead_ms of audio lie in Vonage's buffer, or
 * at once when the far buffer ran dry. So there are never more than lead_ms.
 *
 * Replies are told apart by their epoch. They are played in order; an epoch that
 * has a newer one behind it ends with what is queued of it. The end of an epoch that
 * is no whole frame is padded with silence. What was sent and not yet heard by the
 * far clock is kept: a pause goes back to it, because the far buffer is
 * cleared then. Positions of an epoch are samples of its audio (msg_play.offset).
 *
 * Pure: no I/O, no clock, no logging; time enters as microseconds of the
 * monotonic clock. Memory: one chunk for 4 KiB or a piece, none per frame. One thread.
 */
#ifndef SOCKD_PACE_H
#define SOCKD_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/audio.h"

#define PACE_LEAD_MIN_MS	40
#define PACE_LEAD_MAX_MS	1000
#define PACE_UNHEARD_MAX	(PACE_LEAD_MAX_MS / AUDIO_FRAME_MS + 2)
#define PACE_EPOCHS_MAX		8	/* in the queue at a time */
#define PACE_MARK_GRACE_US	500000	/* an end counts as heard so long after its estimate without a mark */

struct pace_chunk;
struct pace_item;

struct pace_unheard {			/* a frame in the far buffer */
	struct pace_item	*item;
	struct pace_chunk	*chunk;	/* where its first sample is */
	uint32_t		 at;
	uint32_t		 nsamples;	/* without padding */
};

struct pace {				/* change it by calls only; may be read */
	uint32_t	 rate_hz, frame_samples;
	int64_t		 lead_us;
	uint64_t	 max_samples;	/* unsent ones */
	struct pace_item *first, *last;	/* oldest first */
	unsigned	 nitems;
	uint32_t	 newest;	/* highest epoch ever pushed */
	uint32_t	 voided;	/* this epoch and older are refused */
	uint32_t	 marks;		/* last number given to a mark */
	uint64_t	 unsent;	/* samples of all epochs */
	int64_t		 far_us;	/* all that was sent will have been played then */
	int64_t		 ready_us;	/* the next frame could not go before: it was not there */
	bool		 paused;
	struct pace_unheard *ring;	/* [PACE_UNHEARD_MAX], oldest at ring_at */
	unsigned	 ring_at, ring_len;
};

struct pace_limits {
	uint32_t	rate_hz;	/* 8000, 16000, 24000 */
	uint32_t	lead_ms;	/* PACE_LEAD_MIN_MS to PACE_LEAD_MAX_MS */
	uint32_t	max_queue_ms;
};

/* Allocates at the first push; p is cleared with pace_clear(). */
void	pace_init(struct pace *p, const struct pace_limits *limits);
void	pace_clear(struct pace *p);		/* drops everything, reports nothing */

enum pace_result {
	PACE_OK,
	PACE_STALE,	/* epoch 0, voided, or older than the newest */
	PACE_FULL,	/* over max_queue_ms, or PACE_EPOCHS_MAX epochs */
	PACE_FRAME,	/* no whole samples, or more after the last piece */
	PACE_NOMEM
};
struct pace_piece {
	uint32_t	 epoch, turn;
	uint64_t	 offset;	/* of its first sample in the epoch */
	bool		 last;		/* nothing follows in this epoch */
	const void	*pcm;		/* copied */
	size_t		 pcm_len;	/* bytes; 0 is allowed */
};
/*
 * Queue a piece. What overlaps with samples that came before (sent again) is
 * skipped; a hole in the offsets is not filled, positions go on behind it. A newer
 * epoch voids a paused older one (its done is reported as cancelled).
 */
enum pace_result pace_push(struct pace *p, const struct pace_piece *piece, int64_t now_us);

/* Is a frame to be sent now? */
bool	pace_due(const struct pace *p, int64_t now_us);
struct pace_sent {
	uint32_t	epoch, turn;
	bool		first;		/* of its epoch */
	uint32_t	nsamples;	/* the rest of the frame is silence */
	int64_t		ear_us;		/* its first sample will be played then */
	int64_t		late_us;	/* sent so long after its due time */
	bool		gap;		/* the far buffer was empty: the caller heard a pause, or nothing played before */
};
/* Take the frame that is due; frame holds frame_samples samples. It must be sent. */
void	pace_take(struct pace *p, int64_t now_us, int16_t *frame, struct pace_sent *ret);
/* The socket takes nothing: drop the frames that are over max_late_us late; returns how many. */
unsigned pace_drop_late(struct pace *p, int64_t now_us, int64_t max_late_us);

/*
 * The number of a mark that is to be sent now, behind the last frame of an
 * epoch; 0: none. Each is given once (again, with another number, after a pause).
 */
uint32_t pace_want_mark(struct pace *p);
/* The mark came back: its epoch was heard to the end. false: not a mark that is waited for. */
bool	pace_confirm(struct pace *p, uint32_t mark, int64_t now_us);

enum pace_end { PACE_HEARD, PACE_CANCELLED, PACE_SUPERSEDED, PACE_CLOSED };
struct pace_state {			/* of one epoch */
	uint32_t	epoch, turn;
	uint64_t	heard, queued;	/* samples: played to the caller so far (position), not yet sent */
	int64_t		first_us;	/* its first sample was, or will be, played then; 0: nothing was sent */
	enum pace_end	end;		/* of pace_pop() only */
};
/* An epoch that is over: removed and told. false: none. */
bool	pace_pop(struct pace *p, int64_t now_us, struct pace_state *ret);
/* The epoch that is being heard or, if none is, the next. false: none. */
bool	pace_now(struct pace *p, int64_t now_us, struct pace_state *ret);
/* Audio is being heard, or waits to be sent. */
bool	pace_active(struct pace *p, int64_t now_us);
/* Audio is in the far buffer now. */
bool	pace_heard_now(const struct pace *p, int64_t now_us);
/* There are epochs in the queue: pace_take(), pace_want_mark() or pace_pop() will have something to do. */
bool	pace_busy(const struct pace *p);

/* Stop sending and go back to what was heard; the far buffer must be cleared now. */
void	pace_pause(struct pace *p, int64_t now_us);
void	pace_resume(struct pace *p, int64_t now_us);
/*
 * This epoch and older are void; pace_pop() tells those that were queued as
 * cancelled. True: the far buffer must be cleared (newer epochs were set back for it).
 */
bool	pace_cancel(struct pace *p, uint32_t epoch, int64_t now_us);
/* The call ends: pace_pop() tells all epochs, as PACE_CLOSED unless they were over. */
void	pace_close(struct pace *p, int64_t now_us);

#endif
