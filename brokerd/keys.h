/* SPDX-License-Identifier: ISC */
/*
 * keys: what a caller pressed, until it is said to the dialogue. Pure.
 *
 * The keys up to "#" (which is not kept, unless it is alone), KEYS_MAX of them or a pause become
 * one text, "[caller pressed 1 2 3]" (spec/ai.md 8.2). What is stored and logged of keys that
 * are to be hidden is "[caller pressed 3 keys]".
 */
#ifndef BROKERD_KEYS_H
#define BROKERD_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define KEYS_MAX	32
#define KEYS_TEXT_SIZE	(2 * KEYS_MAX + 32)

struct keys {
	char	list[KEYS_MAX];		/* 0-9 * # A-D */
	size_t	n;
	bool	over;			/* nothing more belongs to them */
};

/* Another key. One behind "#" begins anew: take them before. A key that is none is left out. */
void	keys_add(struct keys *k, char key);
/* Their texts, for the dialogue and for the store, "" when there is none; k is empty afterwards. */
void	keys_take(struct keys *k, bool hide, char heard[KEYS_TEXT_SIZE], char kept[KEYS_TEXT_SIZE]);
/*
 * A question out of up to three parts with a space between ("" and NULL: none). Heap; "" if all are none.
 * NULL: ENOMEM, or longer than QUESTION_MAX (EMSGSIZE).
 */
#define QUESTION_MAX	(32 * 1024)
char	*question_join(const char *carry, const char *words, const char *pressed);

#endif
