/* SPDX-License-Identifier: ISC */
/* mix: frames of sound added up, and their way between two rates. Pure. */
#ifndef CALLSIM_MIX_H
#define CALLSIM_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/audio.h"

/* Add n samples of in to sum, cut at the limits of 16 bits. */
void	mix_add(int16_t *sum, const int16_t *in, size_t n);
/* Multiply by a level of -1 to 1 (spec/vonage.md 3.1): 2 to its power. 0 changes nothing. */
void	mix_level(int16_t *samples, size_t n, double level);

/*
 * bridge: a stream of 20 ms frames of one rate as such a stream of another.
 * One frame in gives one frame out; the first ones are short by the
 * resampler's delay and begin with silence.
 */
struct bridge;
struct bridge *bridge_new(uint32_t from_hz, uint32_t to_hz);	/* NULL: ENOMEM, EINVAL */
void	bridge_free(struct bridge *b);
void	bridge_frame(struct bridge *b, const int16_t *in, int16_t *out);

#endif
