/* SPDX-License-Identifier: ISC */
/*
 * segment: turns per-frame speech decisions into utterances.
 *
 * Pure computation, one struct segment per call: no I/O, no clock, no
 * logging. Time enters as milliseconds of audio, so tests never sleep.
 * Not locked: use one segment from one thread; segments share nothing.
 *
 *   silent --onset--> open --pause--> paused --hangover--> silent
 *                       ^---onset-------'
 *
 * Onset, pause and hangover count leakily: a frame of the other kind takes back
 * (of silence four times its length) instead of starting anew. So a click of one frame neither
 * opens an utterance nor holds one open nor makes its speech longer, and a hole of
 * one frame does not keep one from opening.
 */
#ifndef VADD_SEGMENT_H
#define VADD_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

struct segment;				/* opaque */

struct segment_limits {			/* milliseconds of audio */
	uint32_t	onset_ms;	/* speech this long opens an utterance; 60 */
	uint32_t	preroll_ms;	/* audio handed on from before the onset; 300 */
	uint32_t	pause_ms;	/* silence this long is reported; 200 */
	uint32_t	hangover_ms;	/* silence this long closes it; more than pause_ms; 500 */
	uint32_t	max_ms;		/* longest audio of an utterance, pre-roll included; 20000 */
	/*
	 * An utterance with at most short_ms of speech is closed after
	 * short_hangover_ms: a "yes" is not waited on, a sentence keeps its pauses. 0: none
	 */
	uint32_t	short_ms, short_hangover_ms;
};
extern const struct segment_limits segment_defaults;

enum segment_kind {
	SEGMENT_NONE,
	SEGMENT_BEGIN,			/* an utterance opens */
	SEGMENT_PAUSE,			/* it fell silent */
	SEGMENT_RESUME,			/* it goes on after a pause */
	SEGMENT_END			/* it is closed */
};

struct segment_event {
	enum segment_kind kind;
	bool		 capped;	/* END: closed at max_ms, speech may go on */
	uint64_t	 announced_ms;	/* end of the frame that decided it */
	/*
	 * BEGIN: where its audio starts (pre-roll included, never before the end of the last
	 * utterance's audio). END: where its audio ends: pause_ms after the last
	 * speech, or announced_ms if that is sooner. Else announced_ms.
	 */
	uint64_t	 audio_ms;
	/* Speech: its start in BEGIN and RESUME, its end in PAUSE and END. */
	uint64_t	 speech_ms;
};

/* 0, or -1 and in *ret_cause what is wrong with the limits (a constant text). */
int segment_limits_check(const struct segment_limits *limits, const char **ret_cause);

/*
 * Create a silent segmenter whose clock stands at start_ms; limits are
 * copied. The caller owns the result and ends it with segment_free(). NULL on
 * failure: errno is EINVAL (see segment_limits_check) or ENOMEM.
 */
struct segment *segment_new(const struct segment_limits *limits, uint64_t start_ms);
void segment_free(struct segment *seg);	/* NULL is a no-op */

enum segment_speech {
	SEGMENT_SILENCE, SEGMENT_SPEECH,	/* as false and true */
	SEGMENT_SURE				/* counts for half as much again towards an onset */
};

/*
 * Account for one frame of frame_ms (1 to 100). Writes *ret_ev always, and
 * returns its kind. Cannot fail.
 */
enum segment_kind segment_feed(struct segment *seg, enum segment_speech speech, uint32_t frame_ms,
    struct segment_event *ret_ev);
/* The audio is over: END if an utterance is open, else NONE. */
enum segment_kind segment_flush(struct segment *seg, struct segment_event *ret_ev);
/* Other limits from the next frame on. -1: EINVAL, nothing changed. */
int segment_set_limits(struct segment *seg, const struct segment_limits *limits);

/* Close what is open and report nothing: it was no speech. Its audio may be in the next pre-roll. */
void	 segment_abort(struct segment *seg);

bool	 segment_is_open(const struct segment *seg);
uint64_t segment_now_ms(const struct segment *seg);
/* How far a BEGIN can reach back from announced_ms at most: what the caller has to keep. */
uint32_t segment_reach_ms(const struct segment_limits *limits);

#endif
