/* SPDX-License-Identifier: ISC */
/*
 * speech: flite, the voices of the simulation. talk is spoken while calls run,
 * by one worker thread (7 s of slt take near a second), and kept: the same
 * text at the same rate is synthesised once (SPEECH_CACHE_MAX texts, the
 * oldest goes). English only: other letters are read as flite sees fit.
 */
#ifndef CALLSIM_SPEECH_H
#define CALLSIM_SPEECH_H

#include <stdint.h>

#include <event2/event.h>

#include "tools/callsim/clip.h"

#define SPEECH_CACHE_MAX	64
#define SPEECH_JOBS_MAX		1024	/* waiting; more are refused */

enum speech_voice {
	SPEECH_SLT,	/* female, natural, slow to make */
	SPEECH_KAL	/* male, a machine, quick to make */
};

struct speech;

/* clip is borrowed; NULL when it could not be spoken. */
typedef void speech_done(void *arg, struct clip *clip);

struct speech *speech_new(struct event_base *base);	/* NULL: errno */
void	speech_free(struct speech *s);			/* waits for the job in work */
/*
 * Speak text at rate_hz and call done from the loop, later even when it is in the
 * cache. 0; -1 with ENOMEM or ENOBUFS.
 */
int	speech_say(struct speech *s, enum speech_voice voice, const char *text, uint32_t rate_hz,
	    speech_done *done, void *arg);
/* No done() for arg any more. */
void	speech_cancel(struct speech *s, const void *arg);

/*
 * Speak at once, in this thread: only before the first speech_say(), flite
 * is used by one thread at a time. 0; -1 with ENOMEM or EINVAL (empty).
 */
int	speech_render(enum speech_voice voice, const char *text, struct audio_clip *ret);

#endif
