/* SPDX-License-Identifier: ISC */
#include "common/utf8.h"

#include <stdint.h>

static bool
is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* The lead byte's length, and the range the second byte must be in (RFC 3629 section 4). */
static size_t
lead_len(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high)
{
	*ret_low = 0x80;
	*ret_high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead == 0xe0)
		*ret_low = 0xa0;
	if (lead == 0xed)
		*ret_high = 0x9f;
	if (lead < 0xf0)
		return 3;
	if (lead == 0xf0)
		*ret_low = 0x90;
	if (lead == 0xf4)
		*ret_high = 0x8f;
	return 4;
}

size_t
utf8_char_len(const char *text, size_t len)
{
	const uint8_t	*s = (const uint8_t *)text;
	uint8_t		 low, high;
	size_t		 n, i;

	if (len == 0)
		return 0;
	n = lead_len(s[0], &low, &high);
	if (n > len)
		return 0;
	if (n >= 2 && (s[1] < low || s[1] > high))
		return 0;
	for (i = 2; i < n; i++) {
		if (!is_tail(s[i]))
			return 0;
	}
	return n;
}

size_t
utf8_count(const char *text, size_t len)
{
	size_t	count = 0, i, n;

	for (i = 0; i < len; i += n, count++)
		if ((n = utf8_char_len(text + i, len - i)) == 0)
			n = 1;
	return count;
}

bool
utf8_valid(const char *text, size_t len)
{
	size_t	n;

	while (len > 0) {
		if ((n = utf8_char_len(text, len)) == 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}
