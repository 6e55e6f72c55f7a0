/* SPDX-License-Identifier: ISC */
/*
 * callctl_fall: the waterfall of a turn in text, and what to make of it. Pure.
 *
 * ear_ms, from the caller's last sample to the first of the reply, has five
 * parts; what they do not explain is "other" (a retry, a filler, a new owner).
 */
#ifndef TOOLS_CALLCTL_FALL_H
#define TOOLS_CALLCTL_FALL_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/store.h"

enum fall_part { FALL_ENDPOINT, FALL_STT, FALL_TOKEN, FALL_AUDIO, FALL_SEND, FALL_OTHER, FALL_NPARTS };

#define FALL_SLOW_MS	1500	/* from here on a caller notices */

struct fall { int64_t ms[FALL_NPARTS], ear_ms; };	/* -1: not known */

const char *fall_part_name(enum fall_part part);
void	fall_of(const struct store_turn *t, struct fall *ret);
/*
 * Append "endpoint 520 | stt 180 | token 40 | audio 60 | send 42"; parts that
 * are not known or, for other, under 1 ms are left out.
 */
void	fall_put_parts(struct buf *b, const struct fall *f);
/* Append a bar, scaled so that full_ms are `columns` wide: each known part is drawn with its letter, at least once if it is over 0. */
void	fall_put_bar(struct buf *b, const struct fall *f, int64_t full_ms, size_t columns);
/* The longest part; FALL_NPARTS when none is known. */
enum fall_part fall_slowest(const struct fall *f);
/*
 * Append one sentence about the slowest part of this turn: what it is, whose it is, what to
 * look at.
 */
void	fall_put_hint(struct buf *b, const struct store_turn *t);

#endif
