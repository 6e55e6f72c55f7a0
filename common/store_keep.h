/* SPDX-License-Identifier: ISC */
/*
 * store_keep: what is too old goes, a batch at a time (store.h has the rules).
 * What is left of a call is what analytics need: its row, its legs, the
 * times of its turns, its usage.
 */
#ifndef COMMON_STORE_KEEP_H
#define COMMON_STORE_KEEP_H

#include "common/store.h"

#define STORE_KEEP_BATCH	500		/* rows in one request */

enum store_old { STORE_OLD_EVENTS, STORE_OLD_JOBS, STORE_OLD_TRANSCRIPTS, STORE_OLD_ANSWERS };

/* Is there something from before (wall ms)? 1, 0, -1 with errno. */
int	store_any_old(struct store *s, enum store_old what, int64_t before);
/*
 * Delete a batch of it: events; finished jobs; the texts of turns (user, bot, heard) and transcripts of
 * recordings; answers, states of flows and variables of dials that are over.
 */
int	store_drop_old(struct store *s, enum store_old what, int64_t before, store_done *done, void *arg);
/* Recordings that began before, with an id above after, in the order of id. */
int	store_old_recordings(struct store *s, int64_t before, int64_t after, int limit,
	    bool (*fn)(void *arg, const struct store_recording *r), void *arg);
int	store_drop_recording(struct store *s, int64_t id, store_done *done, void *arg);

#endif
