/* SPDX-License-Identifier: ISC */
/*
 * turn: the state of one exchange and its times. Pure: time is passed in.
 *
 * HEARD an utterance is here; THINKING its text is known and a reply is being
 * made; SPEAKING the reply is being played; DONE it was heard, to the end or
 * to where the caller cut it; CANCELLED nothing of a reply was heard (its
 * question goes to the next turn), or there were no words; FAILED no engine could
 * answer. A turn without utterance (a greeting, a prompt to a silent caller)
 * begins in THINKING. A resumed turn may go from SPEAKING back to THINKING.
 *
 * The waterfall (parts of ear_ms): endpoint_ms and ear_ms on the call's
 * sample clock; stt_ms, token_ms, audio_ms and send_ms from the monotonic
 * clock of this process. Each is -1 until known; after a filler the parts
 * from the first token on do not add up to ear_ms, which is that of the filler.
 */
#ifndef BROKERD_TURN_H
#define BROKERD_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/msg.h"
#include "common/store.h"

enum turn_state { TURN_HEARD, TURN_THINKING, TURN_SPEAKING, TURN_DONE, TURN_CANCELLED, TURN_FAILED, TURN_NSTATES };

enum turn_mark {		/* moments, in this order without a filler */
	TURN_MARK_UTTERANCE,	/* the utterance arrived here */
	TURN_MARK_TEXT,		/* its text is known */
	TURN_MARK_TOKEN,	/* first text of the reply */
	TURN_MARK_AUDIO,	/* first audio of the reply */
	TURN_MARK_STARTED,	/* sockd sent its first frame */
	TURN_NMARKS
};

struct turn {
	enum turn_state	 state;
	struct store_turn row;		/* texts owned by it (store_turn_clear) */
	char		*secret;	/* the caller's text with keys that the row hides; NULL: the row's. Owned */
	int64_t		 mark_us[TURN_NMARKS];	/* monotonic; 0 not yet */
};

const char *turn_state_name(enum turn_state state);
/* 0, or -1 with EINVAL. */
int	turn_state_parse(const char *name, enum turn_state *ret);
/* Heap; created_at is wall ms. NULL: ENOMEM. */
struct turn *turn_new(const struct callid *call, int64_t number, enum turn_state state, int64_t created_at);
/* Take over a row as read (its texts are moved, *row is initialised afresh). */
struct turn *turn_from_row(struct store_turn *row);
void	turn_free(struct turn *t);
bool	turn_may_follow(enum turn_state from, enum turn_state to);
void	turn_set_state(struct turn *t, enum turn_state next);	/* asserts that it may */
bool	turn_over(const struct turn *t);			/* DONE, CANCELLED, FAILED */
/* Replace a text of the row; text NULL or "" clears it. 0, or -1 with ENOMEM. */
int	turn_set_text(char **field, const char *text);
/* The times of an utterance, on the sample clock. */
void	turn_set_utterance(struct turn *t, const struct msg_utterance *u);
/* Only the first of each kind counts. Updates the parts. */
void	turn_mark(struct turn *t, enum turn_mark mark, int64_t now_us);
/* The reply's first sample reaches the ear at this position of the sample clock. */
void	turn_set_ear(struct turn *t, int64_t clock_ms);
/* A new attempt to answer: the times of the reply are unknown again. */
void	turn_reset_reply(struct turn *t, int64_t epoch);
/* The fact for taps. role "user" or "assistant" chooses the text. */
void	turn_fact(const struct turn *t, const char *role, struct msg_turn *ret);

#endif
