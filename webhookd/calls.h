/* SPDX-License-Identifier: ISC */
/*
 * calls: the calls and legs that this webhookd has seen lately, in memory.
 *
 * A write to the store takes some ms to be readable, and two events of a leg
 * can be closer than that; so the newest state of a call is kept here, and what
 * is not here is read from the store. At most CALLS_MAX calls: the one that
 * was not used for longest is forgotten (its rows are in the store).
 */
#ifndef WEBHOOKD_CALLS_H
#define WEBHOOKD_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store.h"
#include "webhookd/follow.h"

#define CALLS_MAX	20000
#define CALL_LEGS_MAX	16		/* the oldest ended leg makes room; the store has all */
#define CALL_KEYS	16		/* latest events by key, to see doubled ones at once */
#define CALL_CONVERSATIONS 8		/* that its legs were moved into lately; the store has all */

struct known_call {
	struct store_call row;
	struct store_leg *legs[CALL_LEGS_MAX];
	size_t	 nlegs;
	char	 keys[CALL_KEYS][129];
	size_t	 nkeys;			/* seen in all; the ring holds the last ones */
	char	 conversations[CALL_CONVERSATIONS][64];	/* beside that of row */
	size_t	 nconversations;	/* in all; the ring holds the last ones */
	int	 reconnects;		/* sockets given to it after the first */
	char	*ncco;			/* the answer it got, to give it again; owned */
	size_t	 ncco_len;
	int64_t	 ncco_mono_ms;		/* when */
	struct flow_state flow;		/* where it is in its flow (follow.h) */
	char	 dial_over[24];		/* what its dial came to with it, as far as we told here; "" not yet */
	int64_t	 dial_over_mono_ms;	/* when */
	char	 reply_key[129];	/* event that was last answered with an NCCO */
	char	*reply;			/* that NCCO; owned */
	size_t	 reply_len;
};

struct calls;
struct calls *calls_new(struct store *store);	/* NULL: ENOMEM; store is borrowed */
void	calls_free(struct calls *c);
/* Known here or in the store, else NULL. Valid until the next calls_find() or calls_add(). */
struct known_call *calls_find(struct calls *c, const struct callid *id);
/* As above, made new if nobody knows it. NULL: ENOMEM. */
struct known_call *calls_add(struct calls *c, const struct callid *id);
/* That call is not known here any more; what is in the store stays. Its pointer is void. */
void	calls_drop(struct calls *c, const struct callid *id);
/* The leg of that call, from here or the store, else a fresh one. NULL: ENOMEM. */
struct store_leg *calls_leg(struct calls *c, struct known_call *call, const char *uuid);
/* false if that event was seen lately; else it is remembered. A key of "" is always new. */
bool	calls_first_time(struct known_call *call, const char *key);
/* Is or was one of its legs in that conversation, as far as we remember here? */
bool	calls_knows_conversation(const struct known_call *call, const char *conversation);
/* A leg came into that conversation: remembered here and in the store. */
void	calls_add_conversation(struct calls *c, struct known_call *call, const char *conversation);
/* The newest call of that conversation, here or in the store; as calls_find(). */
struct known_call *calls_find_conversation(struct calls *c, const char *conversation);
size_t	calls_count(const struct calls *c);
/* Calls of a flow that are not over, to numbers like pattern (route_choice.h), beside that one. */
size_t	calls_count_flow(const struct calls *c, const char *flow, const char *pattern, const struct callid *but);

#endif
