/* SPDX-License-Identifier: ISC */
/*
 * talk: texts that are too long for one talk, cut at the end of sentences; SSML in and out of them. Pure.
 */
#ifndef WEBHOOKD_TALK_H
#define WEBHOOKD_TALK_H

#include <stddef.h>

/*
 * How many bytes of text make the next talk of at most max characters: up to the
 * end of a sentence, else of a word, else of a character. All of it if it fits.
 */
size_t	talk_next(const char *text, size_t max);
/* What stands for a character in SSML; NULL: it stands for itself. */
const char *talk_entity(char c);
/* SSML tags taken out, the usual entities too; the caller's. NULL: ENOMEM. */
char	*talk_plain(const char *text);

#endif
