/* SPDX-License-Identifier: ISC */
/*
 * clip: a piece of speech at the rate of a line, shared by counted references.
 * One thread, except clip_make(), which touches nothing shared.
 */
#ifndef CALLSIM_CLIP_H
#define CALLSIM_CLIP_H

#include <stddef.h>
#include <stdint.h>

#include "common/audio.h"

#define CLIP_SECONDS_MAX	600

struct clip {
	unsigned refs;
	struct audio_clip audio;
	size_t	 speech_begin, speech_end;	/* first and last loud sample */
};

/*
 * A clip with one reference from samples at from_hz, resampled to to_hz, with
 * its bounds measured (earmeter_bounds(); 0 and the end when all is quiet).
 * NULL: ENOMEM or EINVAL.
 */
struct clip *clip_make(const int16_t *samples, size_t n, uint32_t from_hz, uint32_t to_hz);
struct clip *clip_ref(struct clip *c);
void	clip_unref(struct clip *c);			/* NULL is a no-op */

#endif
