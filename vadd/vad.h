/* SPDX-License-Identifier: ISC */
/*
 * vad: speech or not, for each 20 ms of one call.
 *
 * features.h tells a small recurrent network (net.h, weights.c) how each 20 ms stands out of
 * the noise and beside the caller's level, how harmonic, flat and changing it is. Tones that
 * stand still (DTMF, busy, ringback) are refused by a veto of their own (tones.h).
 *
 * Pure computation on 8 kHz: no I/O, no clock, no logging, no libm but sqrtf(),
 * which is exact, so that the same samples give the same decisions on every machine.
 * One struct vad a call, about 1.3 KB; not locked: use one from one thread.
 */
#ifndef VADD_VAD_H
#define VADD_VAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAD_RATE_HZ		8000
#define VAD_FRAME_MS		20
#define VAD_FRAME_SAMPLES	160

struct vad;				/* opaque */

struct vad_result {
	float	score;			/* 0 (surely not speech) to 1 */
	bool	speech;			/* score >= .5 */
	bool	sure;			/* score >= .65, and it is no narrow peak, as a tone is before it is known to stand */
};

/*
 * To be called once, at start. 0; -1 and in *ret_cause a constant text when the weights are
 * damaged, or of another detector, or this machine computes otherwise.
 */
int vad_check(const char **ret_cause);

/* A detector that has heard nothing. free with vad_free(). NULL: ENOMEM. */
struct vad *vad_new(void);
void vad_free(struct vad *vad);		/* NULL is a no-op */

/*
 * Decide on the next VAD_FRAME_SAMPLES samples. NULL stands for a frame that
 * was lost: the decision fades and nothing is learnt from it. Any samples are
 * good, the score is always a number. Cannot fail.
 */
struct vad_result vad_feed(struct vad *vad, const int16_t *samples);

/* Level of the last frame that was not lost, 200 to 3600 Hz, dB of full scale: -90 to 0; 0 before the first. */
float vad_level_db(const struct vad *vad);

/*
 * Take what was heard in the last half second for background. To be called
 * when an utterance had to be closed by force, so that a floor that is far
 * too low cannot hold the next one open as well.
 */
void vad_relearn(struct vad *vad);

#endif
