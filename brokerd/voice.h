/* SPDX-License-Identifier: ISC */
/*
 * voice: the audio of one sentence: a tts job or a clip, resampled to the
 * call's rate and kept until it is taken. At most max_s seconds wait; the engine
 * is paused above VOICE_PAUSE_S of them, and what comes above the maximum is lost.
 */
#ifndef BROKERD_VOICE_H
#define BROKERD_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "brokerd/setup.h"
#include "common/buf.h"

#define VOICE_PAUSE_S	5

struct audio_resampler;
struct voice;
struct voice_ops {
	void (*more)(void *arg);	/* samples came, or it ended */
};

struct voice {				/* read only */
	const struct voice_ops *ops;
	void		*arg;
	struct ladder_job *job;
	struct audio_resampler *resampler;
	uint32_t	 from_hz, rate_hz;
	struct buf	 pcm;		/* at rate_hz, not yet taken */
	size_t		 max;
	bool		 ended, failed, paused, cut;
	char		 engine[32], error[200];
};

/* Text through the ladder. NULL: ENOMEM. No callback runs before it returns. */
struct voice *voice_speak(const struct ladder *tts, const struct engine_request *rq, uint32_t rate_hz,
    unsigned max_s, const struct voice_ops *ops, void *arg);
/* A clip: all there at once, no callback. NULL: ENOMEM. */
struct voice *voice_clip(const struct clip *clip, uint32_t rate_hz);
void	voice_free(struct voice *v);
size_t	voice_ready(const struct voice *v);			/* samples that wait */
const int16_t *voice_samples(const struct voice *v);
void	voice_take(struct voice *v, size_t n);			/* forget the first n */

#endif
