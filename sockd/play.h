/* SPDX-License-Identifier: ISC */
/*
 * play: what the caller hears. Orders of the owner become frames on the
 * socket; speech of the caller pauses them.
 *
 * Barge-in: at speech.start while a reply is heard or waits, sending stops and `clear`
 * empties Vonage's buffer; the queue goes back to what was heard, the owner is told
 * (play.paused). play.cancel ends the epoch, play.resume goes on. When
 * neither comes within resume_ms after speech.end, speech.withdraw or the death of
 * vadd (or PLAY_PAUSE_MAX_MS in all) playback goes on by itself.
 */
#ifndef SOCKD_PLAY_H
#define SOCKD_PLAY_H

#include <stdint.h>

#include "common/bus.h"

#define PLAY_PROGRESS_US	200000
#define PLAY_PAUSE_MAX_MS	25000	/* an owner has decided long before */
#define PLAY_REFUSED_MS		100	/* at most one play.refused a call within */

struct call;

void	play_order(struct call *c, const struct bus_msg *msg);		/* MSG_PLAY */
void	play_cancel(struct call *c, const struct bus_msg *msg);
void	play_resume(struct call *c, const struct bus_msg *msg);
void	play_speech_start(struct call *c, const struct bus_msg *msg);
void	play_speech_end(struct call *c, const struct bus_msg *msg);
/* The vadd that told of it is gone, and tells no end. */
void	play_speech_lost(struct call *c, int64_t now_ms);
void	play_mark(struct call *c, uint32_t mark);			/* it came back */
/* Send what is due; each 5 ms while anything is queued. */
void	play_tick(struct call *c, int64_t now_us);
void	play_housekeeping(struct call *c, int64_t now_ms);
/* Another socket took over: its buffer is empty, so go back to what was heard. */
void	play_rewind(struct call *c);
/* The call ends (or its rate changes): tell how far each epoch was heard. */
void	play_end(struct call *c);

#endif
