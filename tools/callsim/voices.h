/* SPDX-License-Identifier: ISC */
/*
 * voices: the speech of a script's steps, read or spoken before the first
 * call, resampled once for each rate that a line asks for.
 */
#ifndef CALLSIM_VOICES_H
#define CALLSIM_VOICES_H

#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/clip.h"
#include "tools/callsim/script.h"

struct voices;

/* NULL with the reason ("line 3: FILE: ...") in cause. script is borrowed. */
struct voices *voices_load(const struct script *script, char *cause, size_t cause_size);
void	voices_free(struct voices *v);
/* The clip of a step that speaks, borrowed; NULL: ENOMEM, or the step does not speak. */
struct clip *voices_get(struct voices *v, size_t step, uint32_t rate_hz);

#endif
