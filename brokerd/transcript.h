/* SPDX-License-Identifier: ISC */
/*
 * transcript: what a speech recogniser answered, and whether to believe it
 * (spec/ai.md 1.2, 1.5). Pure.
 */
#ifndef BROKERD_TRANSCRIPT_H
#define BROKERD_TRANSCRIPT_H

#include <stddef.h>

#include "common/buf.h"

/*
 * The text of an answer: JSON with "text" (json, verbose_json), or the body itself when the
 * type is text/plain or text/html. Trimmed. NULL: it is in out. Else why not (static).
 */
const char *transcript_decode(const char *type, const char *body, size_t len, struct buf *out);
/*
 * Why a text is taken for an invention on silence (static words), NULL if it is not: it stands
 * wholly in brackets, repeats one word five times or more, is a subtitle's
 * boilerplate, or repeats more than three words of our own prompt.
 */
const char *transcript_doubt(const char *text, const char *prompt);

#endif
