/* SPDX-License-Identifier: ISC */
#include "webhookd/sms.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/utf8.h"

#define DOTS	"..."

/* The code points of GSM-7 that are not the same in ASCII, sorted. */
static const uint16_t basic[] = {
	0x00a1, 0x00a3, 0x00a4, 0x00a5, 0x00a7, 0x00bf, 0x00c4, 0x00c5, 0x00c6, 0x00c7, 0x00c9, 0x00d1, 0x00d6, 0x00d8,
	0x00dc, 0x00df, 0x00e0, 0x00e4, 0x00e5, 0x00e6, 0x00e8, 0x00e9, 0x00ec, 0x00f1, 0x00f2, 0x00f6, 0x00f8, 0x00f9,
	0x00fc, 0x0393, 0x0394, 0x0398, 0x039b, 0x039e, 0x03a0, 0x03a3, 0x03a6, 0x03a8, 0x03a9,
};

static int
compare(const void *key, const void *entry)
{
	return (int)*(const uint32_t *)key - *(const uint16_t *)entry;
}

/* Septets of a character in GSM-7; 0: it has none. */
static unsigned
septets(uint32_t c)
{
	if (c == '\n' || c == '\r')
		return 1;
	if (c == 0x20ac)
		return 2;
	if (c >= 0x20 && c < 0x7f) {
		if (strchr("^{}\\[~]|", (int)c) != NULL)
			return 2;
		return c == '`' ? 0 : 1;
	}
	return bsearch(&c, basic, sizeof(basic) / sizeof(basic[0]), sizeof(basic[0]), compare) != NULL;
}

/* The next character of valid UTF-8. */
static uint32_t
next(const unsigned char **p)
{
	uint32_t	c = *(*p)++;
	int		more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

	if (more > 0)
		c &= 0x3fU >> more;
	while (more-- > 0)
		c = c << 6 | (*(*p)++ & 0x3f);
	return c;
}

static bool
needs_unicode(const char *text)
{
	const unsigned char	*p = (const unsigned char *)text;

	while (*p != '\0')
		if (septets(next(&p)) == 0)
			return true;
	return false;
}

static unsigned
units_of(uint32_t c, bool unicode)
{
	return unicode ? 1 + (c > 0xffff) : septets(c);
}

/* Segments when each holds so many units and no character is split. */
static size_t
split(const char *text, bool unicode, size_t per_segment)
{
	const unsigned char	*p = (const unsigned char *)text;
	size_t			 segments = *p != '\0', used = 0;

	while (*p != '\0') {
		unsigned	n = units_of(next(&p), unicode);

		if (used + n > per_segment) {
			segments++;
			used = 0;
		}
		used += n;
	}
	return segments;
}

int
sms_measure(const char *text, struct sms_size *ret)
{
	const unsigned char	*p = (const unsigned char *)text;
	struct sms_size		 size = { 0 };

	if (!utf8_valid(text, strlen(text))) {
		errno = EILSEQ;
		return -1;
	}
	size.unicode = needs_unicode(text);
	while (*p != '\0') {
		size.characters++;
		size.units += units_of(next(&p), size.unicode);
	}
	if (size.units <= (size.unicode ? 70 : 160))
		size.segments = size.units > 0;
	else
		size.segments = split(text, size.unicode, size.unicode ? 67 : 153);
	*ret = size;
	return 0;
}

static bool
fits(const char *text, size_t max_segments, size_t max_characters)
{
	struct sms_size	size;

	return sms_measure(text, &size) == 0 && size.segments <= max_segments && size.characters <= max_characters;
}

/* Bytes of the text before its last character (of len bytes). */
static size_t
before_last(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[--len] & 0xc0) == 0x80)
		continue;
	return len;
}

static size_t
between_words(const char *text, size_t len)
{
	size_t	at = len;

	while (at > len / 2 && text[at] != ' ' && text[at] != '\n')
		at--;
	if (at <= len / 2)
		at = len;
	while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\n'))
		at--;
	return at;
}

char *
sms_fit(const char *text, size_t max_segments, size_t max_characters, bool *ret_cut)
{
	size_t	 len = strlen(text), low = 0, high, mid;
	char	*out;

	*ret_cut = false;
	if (max_segments < 1 || max_characters < sizeof(DOTS) || !utf8_valid(text, len)) {
		errno = max_segments < 1 || max_characters < sizeof(DOTS) ? EINVAL : EILSEQ;
		return NULL;
	}
	if ((out = mem_alloc(len + sizeof(DOTS))) == NULL)
		return NULL;
	memcpy(out, text, len + 1);
	if (fits(out, max_segments, max_characters))
		return out;
	/* longest beginning that fits with its dots: what is longer never fits better */
	for (high = len; low < high;) {
		mid = low + (high - low + 1) / 2;
		while (mid > low && ((unsigned char)text[mid] & 0xc0) == 0x80)
			mid--;
		if (mid == low) {
			high = before_last(text, high);
			continue;
		}
		memcpy(out, text, mid);
		memcpy(out + mid, DOTS, sizeof(DOTS));
		if (fits(out, max_segments, max_characters))
			low = mid;
		else
			high = before_last(text, mid);
	}
	low = between_words(text, low);
	memcpy(out, text, low);
	memcpy(out + low, DOTS, sizeof(DOTS));
	*ret_cut = true;
	return out;
}
