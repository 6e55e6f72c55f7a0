/* SPDX-License-Identifier: ISC */
#include "webhookd/phrase.h"

#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

#define SPACE	((uint32_t)' ')

static uint32_t
decode(const char *text, size_t n)
{
	const unsigned char	*b = (const unsigned char *)text;

	switch (n) {
	case 1:
		return b[0];
	case 2:
		return (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3f);
	case 3:
		return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
	case 4:
		return (uint32_t)(b[0] & 0x07) << 18 | (uint32_t)(b[1] & 0x3f) << 12 | (uint32_t)(b[2] & 0x3f) << 6 | (b[3] & 0x3f);
	}
	return SPACE;
}

static size_t
encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* 0: leave it out. */
static uint32_t
fold_arabic(uint32_t c)
{
	if ((c >= 0x64b && c <= 0x65f) || c == 0x670 || c == 0x640)
		return 0;			/* vowel marks, tatweel */
	if (c == 0x61c)
		return 0;			/* a mark of direction */
	if (c == 0x64a || c == 0x649 || c == 0x626)
		return 0x6cc;			/* ya, with hamza or without: people write and hear both */
	if (c == 0x643)
		return 0x6a9;			/* kaf */
	if (c == 0x624)
		return 0x648;			/* waw with hamza */
	if (c == 0x629 || c == 0x6c0 || (c >= 0x6c1 && c <= 0x6c3) || c == 0x6d5)
		return 0x647;			/* heh in its spellings */
	if (c == 0x622 || c == 0x623 || c == 0x625)
		return 0x627;			/* alef with something */
	if (c >= 0x660 && c <= 0x669)
		return '0' + (c - 0x660);
	if (c >= 0x6f0 && c <= 0x6f9)
		return '0' + (c - 0x6f0);
	if (c == 0x60c || c == 0x61b || c == 0x61f || c == 0x66a || c == 0x66b || c == 0x66c || c == 0x6d4)
		return SPACE;			/* punctuation */
	return c;
}

static uint32_t
fold_latin(uint32_t c)
{
	if (c < 0x80) {
		if (c >= 'A' && c <= 'Z')
			return c + 32;
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : c == '\'' ? 0 : SPACE;
	}
	if (c < 0xc0)
		return c == 0xaa || c == 0xb5 || c == 0xba ? c : c == 0xad ? 0 : SPACE;
	if (c <= 0xde)
		return c == 0xd7 ? SPACE : c + 32;
	if (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131)
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c >= 0x14a && c <= 0x177 ? c | 1 : c == 0x178 ? 0xff : c;
}

static uint32_t
fold(uint32_t c)
{
	if (c < 0x180)
		return fold_latin(c);
	if (c >= 0x391 && c <= 0x3a9)
		return c + 32;			/* Greek */
	if (c >= 0x410 && c <= 0x42f)
		return c + 32;			/* Cyrillic */
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if (c >= 0x600 && c <= 0x6ff)
		return fold_arabic(c);
	if (c == 0x2019 || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff)
		return 0;			/* apostrophe, marks of direction, byte order mark */
	if ((c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x3003))
		return SPACE;			/* spaces, joiners, dashes, quotation marks */
	return c;
}

size_t
phrase_normalise(const char *text, size_t len, char *out, size_t size)
{
	size_t		n, at = 0, i;
	uint32_t	c;

	out[at++] = ' ';
	for (i = 0; i < len && at + 6 < size; i += n) {
		if ((n = utf8_char_len(text + i, len - i)) == 0) {
			n = 1;
			c = SPACE;
		} else
			c = fold(decode(text + i, n));
		if (c == 0 || (c == SPACE && out[at - 1] == ' '))
			continue;
		at += encode(c, out + at);
	}
	if (out[at - 1] != ' ')
		out[at++] = ' ';
	out[at] = '\0';
	return at;
}

bool
phrase_in(const char *phrases, const char *text)
{
	char		 said[PHRASE_MAX + 8], want[512];
	const char	*end;

	(void)phrase_normalise(text, strnlen(text, PHRASE_MAX), said, sizeof(said));
	for (;; phrases = end + 1) {
		end = strchrnul(phrases, '|');
		if (phrase_normalise(phrases, (size_t)(end - phrases), want, sizeof(want)) > 1 && strstr(said, want) != NULL)
			return true;
		if (*end == '\0')
			return false;
	}
}
