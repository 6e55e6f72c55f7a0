/* SPDX-License-Identifier: ISC */
/* backchannel: words that say "I listen, go on" and ask for nothing. Pure. */
#ifndef BROKERD_BACKCHANNEL_H
#define BROKERD_BACKCHANNEL_H

#include <stdbool.h>

/* Is the text one to four such words of English, German, French, Spanish, Italian or Persian, and none else? */
bool	backchannel(const char *text);

#endif
