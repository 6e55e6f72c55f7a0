/* SPDX-License-Identifier: ISC */
/*
 * leftover: files in RECORD_DIR that nobody answers for any more. Part of retention's round (retain.h).
 *
 * RECORD_DIR/vonage/NAME.part and NAME.tag whose download is no unfinished job any more (it failed for good, was dropped
 * or forgotten), untouched for LEFTOVER_PART_MS, are deleted. RECORD_DIR/CALL.wav and CALL-N.wav without a
 * row, untouched for LEFTOVER_WAV_MS (sockd told of it, and nobody listened), get one, so that
 * retention and callctl forget know them; of a call that was forgotten they are deleted; of no
 * call they stay, and are told, at most LEFTOVER_TOLD a day.
 */
#ifndef WEBHOOKD_LEFTOVER_H
#define WEBHOOKD_LEFTOVER_H

#include <stdbool.h>

#define LEFTOVER_PART_MS	86400000LL
#define LEFTOVER_WAV_MS		3600000LL
#define LEFTOVER_AT_ONCE	200		/* names read in one look: some ms */
#define LEFTOVER_TOLD		20

struct leftovers;
struct webhookd;

struct leftovers *leftovers_new(struct webhookd *w);	/* NULL: ENOMEM */
void	leftovers_free(struct leftovers *l);
/* The next LEFTOVER_AT_ONCE names. false: that was all, and the next look begins anew. ret_deleted is counted up. */
bool	leftovers_look(struct leftovers *l, unsigned long *ret_deleted);

#endif
