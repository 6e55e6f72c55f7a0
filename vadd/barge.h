/* SPDX-License-Identifier: ISC */
/*
 * barge: does the caller interrupt the bot?
 *
 * Speech that begins while something is played is judged: it is an
 * interruption when it lasts, is sure, and is not the echo; else it is withdrawn. Sockd
 * has paused meanwhile, so the verdict comes within BARGE_DECIDE_MS. Pure.
 */
#ifndef VADD_BARGE_H
#define VADD_BARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "vadd/echo.h"

#define BARGE_EARLY_MS		200	/* not before so much of it was heard */
#define BARGE_CONFIRM_MS	220	/* default of confirm_ms */
#define BARGE_DECIDE_MS		320	/* the latest, after the first speech; later by what confirm_ms is more */

enum barge_verdict {
	BARGE_NONE,
	BARGE_CONFIRM,		/* the caller interrupts */
	BARGE_ECHO,		/* it was the bot */
	BARGE_SHORT		/* a cough, a click, "uh-huh" */
};
enum barge_state { BARGE_IDLE, BARGE_PENDING, BARGE_WITHDRAWN, BARGE_CONFIRMED };

struct barge {			/* zero is a good beginning; may be read */
	enum barge_state state;
	uint32_t	 age_ms;	/* since the first speech */
	uint32_t	 speech_ms, own_ms;	/* speech in it; and not explained by the echo */
};

/* Speech of speech_ms until now opened an utterance while something is played. */
void	barge_begin(struct barge *b, uint32_t speech_ms);
/* A frame of it. */
enum barge_verdict barge_feed(struct barge *b, bool speech, const struct echo_result *echo, uint32_t confirm_ms,
    uint32_t frame_ms);
/* It paused, or ended. */
enum barge_verdict barge_pause(struct barge *b);

#endif
