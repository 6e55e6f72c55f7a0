/* SPDX-License-Identifier: ISC */
/*
 * utf8: is it UTF-8? Pure. Overlong forms, surrogates and code points above
 * U+10FFFF are not (RFC 3629).
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#define UTF8_REPLACEMENT	"\xef\xbf\xbd"	/* U+FFFD */

/* Bytes (1 to 4) of the valid character that text begins with; 0 if none or len is 0. */
size_t	utf8_char_len(const char *text, size_t len);
/* Characters; a byte that begins no valid one counts as one. */
size_t	utf8_count(const char *text, size_t len);
/* All of text is valid. */
bool	utf8_valid(const char *text, size_t len);

#endif
