/* SPDX-License-Identifier: ISC */
/*
 * moment: how vadd is to listen to the answer that the bot's words ask for.
 *
 * Told from the last question or request of a reply, by words of English, German,
 * French, Spanish, Italian and Persian. It errs on the side of no answer: a profile that is
 * not chosen costs a cut or half a second, as without it. Pure.
 */
#ifndef BROKERD_MOMENT_H
#define BROKERD_MOMENT_H

/*
 * A constant name of a profile (callpipe-vadd(8)): "expecting_yes_no", "expecting_digits",
 * "dictation", or "" for anything else. text is UTF-8 and may be NULL.
 */
const char *moment_of(const char *text);

#endif
