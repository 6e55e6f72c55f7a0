/* SPDX-License-Identifier: ISC */
/* actor: the person at a phone; carries out the script, a step or more each tick. */
#ifndef CALLSIM_ACTOR_H
#define CALLSIM_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/callsim/script.h"
#include "tools/callsim/voices.h"

#define ACTOR_RUN_MS	10000	/* for a command after the end of its call */
#define ACTOR_TEXTS_MAX	100	/* talks remembered for expect-text; the oldest go */
#define ACTOR_KEYS_MAX	200	/* keys heard that are remembered */

struct leg;

struct actor {			/* zero-initialise, then set script, voices, loop */
	const struct script *script;	/* borrowed; NULL: listens only */
	struct voices	*voices;
	bool		 loop;		/* begin anew at the end of the script */
	size_t		 step;
	bool		 entered;	/* the step has begun, at */
	int64_t		 since_ms;
	int64_t		 since_pos;	/* samples heard then */
	bool		 speaking;	/* the step speaks now */
	bool		 greeting;	/* the phone says what it says by itself; the script waits */
	size_t		 digit;
	uint64_t	 wait_mark, say_mark;	/* stretches heard before */
	pid_t		 child;
	bool		 finished;
	char		*texts[ACTOR_TEXTS_MAX];	/* talks begun and not yet matched */
	size_t		 ntexts;
	unsigned	 talks_ended, talks_mark;	/* talks and streams of the NCCO */
	unsigned	 beeps_mark, inputs_mark;
	char		 words[2000];	/* being said */
	const char	*turn_name;		/* what the running turn says; NULL: none */
	unsigned	 nturns;
	bool		 turn_told;		/* its latency was logged */
	char		 keys[ACTOR_KEYS_MAX + 1];	/* heard (dtmfAnswer, REST) */
};

/* Each tick of the leg's line. May end the leg; it is not freed by that. */
void	actor_tick(struct leg *leg);
/* A talk with this text begins. */
void	actor_hears(struct actor *a, const char *text);
/* Keys are heard; p is a pause. */
void	actor_keys(struct actor *a, const char *digits);
/*
 * The leg ends by other means than the script. NULL when the script was
 * through, or what is left of it asks nothing; else the name of the step.
 */
const char *actor_unfinished(const struct leg *leg, unsigned *ret_line);
/*
 * The leg has ended: is the command of a "run" step over? Its exit status
 * counts as ever. One that lasts longer than ACTOR_RUN_MS is ended.
 */
bool	actor_settled(struct leg *leg);
/* The latency of the running turn is logged as soon as the reply is heard. */
void	actor_tell_turn(struct leg *leg);
void	actor_turn_close(struct leg *leg);	/* it goes into the statistics */
/* End a child of "run", forget texts. */
void	actor_clear(struct actor *a);

#endif
