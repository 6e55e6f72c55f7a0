/* SPDX-License-Identifier: ISC */
/* detectors: what bench compares; each behind the shape of vad.h. */
#ifndef VADD_TRAIN_DETECTORS_H
#define VADD_TRAIN_DETECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vadd/vad.h"

struct detector {
	const char	*name;
	void		*(*create)(void);		/* NULL: errno */
	void		 (*destroy)(void *vad);
	struct vad_result (*feed)(void *vad, const int16_t *samples);
	void		 (*relearn)(void *vad);
	size_t		 (*bytes)(void);		/* heap of one; 0 unknown */
	bool		 ours;		/* segments by the scores of the default profile, as in vadd; else by its decisions */
};
extern const struct detector detectors[];		/* ends with no name */

/* untrained.c: the detector by rules that came before the trained one. */
struct untrained;
struct untrained *untrained_new(void);
void untrained_free(struct untrained *vad);
struct vad_result untrained_feed(struct untrained *vad, const int16_t *samples);
void untrained_relearn(struct untrained *vad);

#ifdef WITH_WEBRTC
/* webrtc.cc: WebRTC's VAD by Debian's libwebrtc-audio-processing, mode 2, 10 ms. */
void *webrtc_new(void);
void webrtc_free(void *vad);
int webrtc_speech(void *vad, const int16_t *samples80);	/* 1, 0 */
#endif

#endif
