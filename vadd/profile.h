/* SPDX-License-Identifier: ISC */
/*
 * profile: how to listen at a moment of a call: a name and what belongs to it.
 *
 *   listening		a talk among two: the default
 *   bot_speaking	strict at the opening; the score and onset that it asks for hold in every profile while the bot is heard
 *   expecting_digits	numbers come in groups with pauses between them
 *   expecting_yes_no	a short answer is not waited on, a long one is not cut off
 *   dictation		a slow speaker who thinks between the words
 *
 * The set is made from the configuration: rows of other names are added, those
 * of the same name change the built-in one. Pure; a set is read by everybody.
 */
#ifndef VADD_PROFILE_H
#define VADD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "vadd/segment.h"

#define PROFILE_NAME_SIZE	32
#define PROFILES_MAX		16

struct profile {
	char	name[PROFILE_NAME_SIZE];
	struct segment_limits limits;
	uint32_t confirm_ms;		/* while the bot is heard: speech this long is an interruption (barge.h) */
	uint32_t suppress_db;		/* noise in utterances is lowered by so much at most (suppress.h); 0: not */
	float	open, hold;		/* score that counts as speech while silent, and while an utterance is open */
};

struct profile_set {
	struct profile	rows[PROFILES_MAX];	/* the first is the default */
	size_t		count;
};

/* The built-in ones. */
void	profile_set_init(struct profile_set *set);
/* "" is the default. NULL: there is none of that name. */
const struct profile *profile_find(const struct profile_set *set, const char *name);
/* That of this name, or a new one like the default. NULL: full, or the name is empty or too long. */
struct profile *profile_put(struct profile_set *set, const char *name);
/* 0, or -1 and in *ret_cause what is wrong with it (a constant text). */
int	profile_check(const struct profile *p, const char **ret_cause);

#endif
