/* SPDX-License-Identifier: ISC */
/* actor: the caller of one call; carries out the script, a step or more each tick. */
#ifndef CALLSIM_ACTOR_H
#define CALLSIM_ACTOR_H

#include <stdbool.h>

#define ACTOR_RUN_MS	10000	/* for a command after the end of its call */

struct call;

/* Each tick of the line. May end the call; it is not freed by that. */
void	actor_tick(struct call *c);
/*
 * The call ends by other means than the script. NULL when the script was
 * through, or what is left of it asks nothing; else the name of the step.
 */
const char *actor_unfinished(const struct call *c, unsigned *ret_line);
/*
 * The call has ended: is the command of a "run" step over? Its exit status
 * counts as ever. One that lasts longer than ACTOR_RUN_MS is ended.
 */
bool	actor_settled(struct call *c);
/* End a child of "run". */
void	actor_clear(struct call *c);

#endif
