/* SPDX-License-Identifier: ISC */
/*
 * conversation: legs that hear each other: the mixer, ticking every 20 ms.
 *
 * A private one (each call begins with its own) ends when no leg that runs an
 * NCCO is left in it. A named one (action conversation) is shared by all
 * calls of the process and ends with its last leg, or with one that had
 * endOnExit. It is freed by its own tick when it is empty.
 *
 * Each leg hears the sum of the others, as canSpeak, canHear, mute and
 * earmuff have it; nobody hears anybody before a named one has started. Two
 * legs cost no mixing: each hears the other's very frame.
 */
#ifndef CALLSIM_CONVERSATION_H
#define CALLSIM_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tools/callsim/pace.h"
#include "tools/callsim/simleg.h"

#define CONV_LEGS_MAX	50		/* spec/vonage.md 3.4 */

struct conversation {
	TAILQ_ENTRY(conversation) entry;
	struct sim	*sim;
	char		 uuid[LEG_CONV_SIZE];
	char		*name;		/* NULL: private */
	uint32_t	 rate_hz;
	TAILQ_HEAD(conv_legs, leg) legs;
	unsigned	 nlegs;
	bool		 started;
	bool		 settling;	/* conv_settle() is at work */
	struct pace_item pace;
	int64_t		 tick_us;	/* begin of the running tick, monotonic */
	struct recorder	*recorder;	/* of all; NULL: none */
};

/* name NULL: private. It ticks from now on. NULL: ENOMEM. */
struct conversation *conv_new(struct sim *sim, const char *name, uint32_t rate_hz);
void	conv_free(struct conversation *v);	/* its legs are in none then */
/* NULL: none. */
struct conversation *conv_find(struct sim *sim, const char *uuid);
struct conversation *conv_named(struct sim *sim, const char *name);

/* Out of the one it is in, into v. 0; -1: ENOBUFS (full) or ENOMEM, nothing changed. */
int	conv_join(struct conversation *v, struct leg *leg);
void	conv_leave(struct leg *leg);		/* in none: no-op */
/* After a leg is gone or its NCCO is through: who has nothing to stay for ends. */
void	conv_settle(struct conversation *v, const char *by);
void	conv_start(struct conversation *v);	/* a named one begins: music on hold ends */
/*
 * What leg hears of the others in this tick, of the conversation's rate:
 * another leg's frame, or their sum in scratch. NULL: silence.
 */
const int16_t *conv_heard(const struct leg *leg, int16_t scratch[AUDIO_FRAME_SAMPLES_MAX]);
/* A playback buffer was cleared: who hears it notes that. */
void	conv_cleared(struct leg *leg);

#endif
