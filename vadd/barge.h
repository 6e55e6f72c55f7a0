/* SPDX-License-Identifier: ISC */
/*
 * barge: does the caller interrupt the bot?
 *
 * Speech that begins while something is played is judged: it is an interruption when it lasts, is loud until then,
 * has a pitch, and is not the echo; else it is withdrawn. Sockd has paused meanwhile, so the verdict comes
 * within confirm_ms + BARGE_LATER_MS. What was withdrawn as short and goes on is an interruption after all. Pure.
 */
#ifndef VADD_BARGE_H
#define VADD_BARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "vadd/echo.h"

#define BARGE_ECHO_MS		160	/* not before so much of it was heard it is an echo */
#define BARGE_CONFIRM_MS 280
#define BARGE_LATER_MS		100	/* so much later the verdict comes at the latest */
#define BARGE_AGAIN_MS		120	/* what was withdrawn as short and goes on so long is an interruption */

enum barge_verdict {
	BARGE_NONE,
	BARGE_CONFIRM,		/* the caller interrupts */
	BARGE_ECHO,		/* it was the bot */
	BARGE_SHORT,		/* a cough, a click, "uh-huh" */
	BARGE_AGAIN		/* what was withdrawn as short goes on: the caller interrupts */
};
enum barge_state { BARGE_IDLE, BARGE_PENDING, BARGE_WITHDRAWN, BARGE_CONFIRMED };

struct barge {			/* zero is a good beginning; may be read */
	enum barge_state state;
	uint32_t	 age_ms;	/* since the first speech */
	uint32_t	 strange_ms;	/* of it not explained by the echo; twice what is far from it */
	uint32_t	 own_ms;	/* of that what is near the loudest */
	uint32_t	 voiced_ms;	/* of that what has a pitch */
	uint32_t	 short_ms;	/* own_ms when it was withdrawn */
	uint32_t	 quiet_ms;	/* since it was loud */
	float		 peak_db;	/* loudest excess over echo and noise */
};

/* Speech of speech_ms until now opened an utterance while something is played. */
void	barge_begin(struct barge *b, uint32_t speech_ms);
/* A frame of it. back: what echo_heard() said; zero: nobody tells what is played. */
enum barge_verdict barge_feed(struct barge *b, bool speech, const struct echo_result *back, uint32_t confirm_ms,
    uint32_t frame_ms);
/* It paused, or ended. */
enum barge_verdict barge_pause(struct barge *b);

#endif
