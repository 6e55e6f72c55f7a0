/* SPDX-License-Identifier: ISC */
/*
 * calltap_audio: a call's audio from the facts audio.in and audio.out to a
 * WAV file. It ends when the socket is closed (call.end) and the call's first
 * leg is over (call.state). A socket alone may be an accident, after which
 * the call comes back on another one: AUDIO_LINGER_MS are waited for it.
 */
#ifndef TOOLS_CALLTAP_AUDIO_H
#define TOOLS_CALLTAP_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bus.h"
#include "tools/calltap_mix.h"
#include "tools/calltap_wav.h"

#define AUDIO_LINGER_MS	5000

enum audio_state { AUDIO_WAITING, AUDIO_RUNNING, AUDIO_LINGERING, AUDIO_OVER, AUDIO_FAILED };

struct audio {
	enum audio_state state;
	enum mix_form	 form;
	struct wavout	 out;
	struct mix	*mix;		/* NULL until there was audio */
	bool		 leg_over;
	int64_t		 linger_until_ms;	/* monotonic */
	uint64_t	 refused;	/* pieces of another rate or form */
	int		 error;		/* errno of AUDIO_FAILED */
};

/* 0, or -1 with errno: the file cannot be written. */
int	audio_open(struct audio *a, enum mix_form form, const char *path);
/* Any fact of the call. Look at the state afterwards. */
void	audio_fact(struct audio *a, const struct bus_msg *msg);
void	audio_tick(struct audio *a);
/* Write the rest and the sizes. 0; -1: not all is there (errno). stats may be NULL. */
int	audio_close(struct audio *a, struct mix_stats *ret_stats);

#endif
