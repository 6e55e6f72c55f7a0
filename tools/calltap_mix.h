/* SPDX-License-Identifier: ISC */
/*
 * calltap_mix: puts pieces of a call's audio, as audio.in and audio.out
 * bring them, in their place on the sample clock. Pure.
 *
 * The output is one gapless stream: what is missing is silence, what comes
 * twice counts once (the later one), what comes out of order is put right
 * within MIX_WINDOW_MS; what comes later than that is dropped and counted.
 * A gap of more than MIX_GAP_MS is cut out (counted as a jump).
 * Memory: 2 * MIX_WINDOW_MS of two channels, never more.
 *
 * Positions and lengths are samples of one channel.
 */
#ifndef TOOLS_CALLTAP_MIX_H
#define TOOLS_CALLTAP_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIX_WINDOW_MS	1000
#define MIX_GAP_MS	60000
#define MIX_LATE_MAX	50		/* so many late pieces in a row: the clock began anew */

enum mix_side { MIX_IN, MIX_OUT };
/* What comes out: one side, or both interleaved (caller left, bot right). */
enum mix_form { MIX_FORM_IN, MIX_FORM_OUT, MIX_FORM_BOTH };

/* n values (two a sample in MIX_FORM_BOTH). -1: stop; errno is handed on. */
typedef int mix_write(void *arg, const int16_t *values, size_t n);

struct mix_stats {
	uint64_t	written;	/* samples */
	uint64_t	late, jumps;	/* pieces dropped; gaps cut out */
};

struct mix;

/* NULL: ENOMEM, EINVAL (rate_hz). The side that is not wanted still moves the clock on. */
struct mix *mix_new(uint32_t rate_hz, enum mix_form form, mix_write *write, void *arg);
void	mix_free(struct mix *m);
/* pcm: n samples, not aligned, little-endian. 0; -1 when write failed. At most a second at once. */
int	mix_add(struct mix *m, enum mix_side side, uint64_t start, const void *pcm, size_t n);
/* A new sample clock begins (the call has another socket): it goes on where the old one ended. */
void	mix_restart(struct mix *m);
/* Write what is kept back. */
int	mix_flush(struct mix *m);
void	mix_get_stats(const struct mix *m, struct mix_stats *ret);

#endif
