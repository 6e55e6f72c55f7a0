/* SPDX-License-Identifier: ISC */
/*
 * stream: the audio of one call, from frames to utterances with their PCM.
 *
 * Frames come at the call's own rate; the decision is made at 8 kHz, but what
 * is handed on is the audio as it came. Bringing it down (decimate.h) delays the decision by
 * 2 ms within the frame, never by a frame. Only the noise suppressor, when the profile
 * asks for it, changes what is handed on (suppress.h); never what is decided from. Positions are samples of the call's
 * sample clock; times are milliseconds of it.
 *
 * No I/O, no clock, no logging. Not locked.
 *
 * What is played to the caller may be told as well. Speech that begins meanwhile is
 * judged (barge.h); what is no more than the bot's echo (echo.h) opens no utterance, and one that
 * turns out to be it is dropped.
 *
 * Memory (measured): 11, 19 and 27 KB at 8, 16 and 24 kHz while nobody speaks, and 5 KB
 * from the first playback on; 2, 4 or 8 KB with the suppressor. PCM of an utterance is allocated by the second while it is open.
 */
#ifndef VADD_STREAM_H
#define VADD_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vadd/barge.h"
#include "vadd/keep.h"
#include "vadd/profile.h"
#include "vadd/segment.h"
#include "vadd/standing.h"
#include "vadd/vad.h"

#define STREAM_START_MAX	(UINT64_C(1) << 40)	/* samples: more than a year */

struct stream;				/* opaque */

struct stream_event {
	struct vad_result	vad;		/* of this frame */
	struct segment_event	seg;
	uint32_t		number;		/* of the utterance concerned; 0: none */
	uint64_t		speech_start_ms;	/* of that utterance */
	enum barge_verdict	barge;		/* BARGE_ECHO: the utterance of that number is no more */
	bool			again;		/* what was withdrawn as short goes on: the bot is to pause again */
	bool			untold;		/* the bot is heard, and we were not told what it says */
	struct utterance	*done;		/* END: the utterance, the caller's now; else NULL */
	uint32_t		lost;		/* number of an utterance given up for want of memory, or 0 */
};

/*
 * A stream whose first frame is expected at sample `start`; utterances are
 * numbered from first_number. NULL with errno EINVAL (rate_hz is not one that
 * audio_rate_ok(), start too large, limits wrong) or ENOMEM.
 */
struct stream *stream_new(uint32_t rate_hz, uint64_t start, uint32_t first_number,
    const struct segment_limits *limits);
void stream_free(struct stream *st);	/* NULL is a no-op; drops what is open */

/* Listen so from the next frame on; copied. 0, -1: EINVAL or ENOMEM, nothing changed. */
int stream_set_profile(struct stream *st, const struct profile *profile, const struct profile *bot);
/* Is the bot being heard, from the next frame on? Then score and onset of the profile bot are needed at least. */
void stream_set_playing(struct stream *st, bool playing);
/*
 * A frame that is played to the caller from sample `start` on, told at any time before; NULL:
 * nothing is played from there on. 0, or -1 with ENOMEM.
 */
int stream_played(struct stream *st, uint64_t start, const int16_t *samples);

/*
 * One frame of AUDIO_FRAME_SAMPLES(rate) samples, at stream_position(). NULL
 * stands for a frame that was lost: silence in the audio, and the detector
 * learns nothing from it. Writes *ret_ev always.
 */
void stream_feed(struct stream *st, const int16_t *samples, struct stream_event *ret_ev);
/* No more audio, or none for a while: closes an open utterance. Frames may follow. */
void stream_flush(struct stream *st, struct stream_event *ret_ev);
/* Go on at another position, forward only. Flush first. EINVAL: backwards, too large, or open. */
int stream_jump(struct stream *st, uint64_t start);

uint64_t stream_position(const struct stream *st);	/* sample expected next */
uint32_t stream_rate_hz(const struct stream *st);
uint32_t stream_frame_samples(const struct stream *st);
/* Number of the open utterance, 0: none; and its speech so far (either pointer may be NULL). */
uint32_t stream_open(const struct stream *st, uint64_t *ret_speech_start_ms, uint64_t *ret_now_ms);

#endif
