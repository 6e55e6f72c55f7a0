/* SPDX-License-Identifier: ISC */
/*
 * phrase: is a phrase in what somebody said? Pure.
 *
 * Both are brought to one form first: case is folded (Latin, Greek, Cyrillic),
 * Arabic ya and kaf become the Persian letters, vowel marks and tatweel go, Persian
 * and Arabic digits become 0-9, and all that is no letter or digit (the
 * zero-width non-joiner too) is a space. Then whole words are compared.
 */
#ifndef WEBHOOKD_PHRASE_H
#define WEBHOOKD_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#define PHRASE_MAX	2048	/* bytes of text that are looked at */

/* text in its one form, words parted and surrounded by one space; the length. size is at least 3. */
size_t	phrase_normalise(const char *text, size_t len, char *out, size_t size);
/* One of "yes|yeah|bale" is in text. */
bool	phrase_in(const char *phrases, const char *text);

#endif
