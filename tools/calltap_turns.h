/* SPDX-License-Identifier: ISC */
/*
 * calltap_turns: a conversation as people read it, made of the facts `turn`,
 * `call.start`, `call.end` and `dtmf`. Pure.
 *
 *   12:00:01.2  call    3f9c from 4915550001 (Anna), assistant default
 *   12:00:05.1  caller  What are your opening hours?
 *   12:00:05.9          answered after 842 ms: endpoint 520 + stt 180 + token 40 + audio 60 + send 42
 *   12:00:08.4  bot     We are open from noon to ten.
 *
 * Facts of one turn come several times and may be lost: each thing is told
 * once, when it is first known, and what is never told is left out. What the
 * bot said is told when the turn is over, because only then is it known what was
 * heard. At most TURNS_MAX turns are remembered; the oldest are forgotten.
 */
#ifndef TOOLS_CALLTAP_TURNS_H
#define TOOLS_CALLTAP_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/bus.h"

#define TURNS_MAX	256

struct turns_seen {
	struct callid	 call;
	int64_t		 turn, epoch;
	bool		 told_user, told_ear, told_over;
	unsigned long	 used;		/* when it was last looked at */
};

struct turns {
	bool		 colour;
	bool		 many;		/* tell the call in each line */
	struct turns_seen seen[TURNS_MAX];
	unsigned long	 counter;
	uint64_t	 over;		/* turns that ended */
};

void	turns_init(struct turns *t, bool colour, bool many);
/* Append the lines (with newlines) that this fact adds to the story; often none. */
void	turns_fact(struct turns *t, int64_t wall_ms, const struct bus_msg *msg, struct buf *out);

#endif
