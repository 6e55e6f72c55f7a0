/* SPDX-License-Identifier: ISC */
/*
 * ssml: the text of a talk (spec/vonage.md 3.1, 10). It is plain, or one
 * <speak> element with well-formed markup of the tags that Vonage lists. Pure.
 */
#ifndef CALLSIM_SSML_H
#define CALLSIM_SSML_H

#include <stdbool.h>
#include <stddef.h>

#define SSML_DEPTH_MAX	16

bool	ssml_is(const char *text);		/* it begins with <speak */
/*
 * Check text that ssml_is(). 0; -1: cause says what is wrong. plain has room
 * for strlen(text) + 1 bytes and gets the text without tags (each becomes a
 * blank), entities decoded; *ret_chars counts its characters without these blanks.
 */
int	ssml_read(const char *text, char *plain, size_t *ret_chars, char *cause, size_t cause_size);
/* UTF-8 characters of text. */
size_t	ssml_characters(const char *text);

#endif
