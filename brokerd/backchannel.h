/* SPDX-License-Identifier: ISC */
/*
 * backchannel: words that say "I listen, go on" and ask for nothing.
 *
 * Text is UTF-8 as a recogniser writes it: letters of the Latin, Greek and Cyrillic alphabets match in either case,
 * punctuation of any of the languages below separates words or is left out. Pure.
 */
#ifndef BROKERD_BACKCHANNEL_H
#define BROKERD_BACKCHANNEL_H

#include <stdbool.h>

/*
 * Is the text one to four such words and none else? words: them, separated by spaces; NULL: the built-in ones of Arabic, Chinese,
 * Dutch, English, French, German, Hindi, Italian, Japanese, Persian, Portuguese, Russian, Spanish and Turkish, without
 * any that means yes or no; "": never.
 */
bool	backchannel(const char *text, const char *words);

#endif
