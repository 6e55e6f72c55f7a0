/* SPDX-License-Identifier: ISC */
#include "tools/plain.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/utf8.h"

struct range { uint32_t first, last; };

/* What moves or hides text; shown as an escape. */
static const struct range hidden[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
	{ 0x200b, 0x200b }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
};
static const struct range narrow[] = {
	{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a }, { 0x64b, 0x65f },
	{ 0x670, 0x670 }, { 0x6d6, 0x6dc }, { 0x200c, 0x200d }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0xa4cf }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff }, { 0x20000, 0x3fffd },
};

#define IN(table, c)	in_ranges(table, sizeof(table) / sizeof((table)[0]), c)

static bool
in_ranges(const struct range *r, size_t n, uint32_t c)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

const char *
plain_sgr(bool on, enum plain_colour colour)
{
	static const char *const sgr[PLAIN_NCOLOURS] = {
		[PLAIN_OFF] = "\033[0m",
		[PLAIN_BOLD] = "\033[1m",
		[PLAIN_DIM] = "\033[2m",
		[PLAIN_RED] = "\033[31m",
		[PLAIN_GREEN] = "\033[32m",
		[PLAIN_YELLOW] = "\033[33m",
		[PLAIN_BLUE] = "\033[34m",
		[PLAIN_CYAN] = "\033[36m",
	};

	return on ? sgr[colour] : "";
}

bool
plain_colour_wanted(int fd)
{
	const char	*term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0 && (no == NULL || *no == '\0');
}

static uint32_t
code_point(const char *text, size_t n)
{
	const unsigned char	*p = (const unsigned char *)text;
	uint32_t		 c;
	size_t			 i;

	if (n == 1)
		return p[0];
	c = p[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fU);
	return c;
}

struct glyph {			/* one character as it is shown */
	char	 text[16];
	size_t	 len, columns, eaten;	/* bytes shown, columns, bytes of the source */
	bool	 escaped;
};

static void
escape(struct glyph *g, uint32_t c, bool byte)
{
	static const char	from[] = "\n\r\t\033", to[] = "nrte";
	const char		*at = c != 0 && c < 0x80 ? strchr(from, (int)c) : NULL;
	int			 n;

	if (at != NULL)
		n = snprintf(g->text, sizeof(g->text), "\\%c", to[at - from]);
	else if (byte || c < 0x80)
		n = snprintf(g->text, sizeof(g->text), "\\x%02x", (unsigned)c);
	else
		n = snprintf(g->text, sizeof(g->text), "\\u{%x}", (unsigned)c);
	g->len = g->columns = (size_t)n;
	g->escaped = true;
}

/* The next character of text (len > 0). */
static void
glyph_next(struct glyph *g, const char *text, size_t len)
{
	size_t		n = utf8_char_len(text, len);
	uint32_t	c;

	g->escaped = false;
	g->eaten = n == 0 ? 1 : n;
	if (n == 0) {
		escape(g, (unsigned char)*text, true);
		return;
	}
	c = code_point(text, n);
	if (IN(hidden, c)) {
		escape(g, c, false);
		return;
	}
	memcpy(g->text, text, n);
	g->len = n;
	g->columns = IN(narrow, c) ? 0 : IN(wide, c) ? 2 : 1;
}

void
plain_put(struct buf *b, const char *text, size_t len)
{
	struct glyph	 g;

	for (; len > 0; text += g.eaten, len -= g.eaten) {
		glyph_next(&g, text, len);
		(void)buf_append(b, g.text, g.len);
	}
}

static size_t
width_n(const char *text, size_t len)
{
	struct glyph	 g;
	size_t		 columns = 0;

	for (; len > 0; text += g.eaten, len -= g.eaten) {
		glyph_next(&g, text, len);
		columns += g.columns;
	}
	return columns;
}

size_t
plain_width(const char *text)
{
	return width_n(text, strlen(text));
}

size_t
plain_put_cut(struct buf *b, const char *text, size_t columns)
{
	struct glyph	 g;
	size_t		 len = strlen(text), used = 0;
	bool		 cut = width_n(text, len) > columns;

	if (columns == 0)
		return 0;
	for (; len > 0; text += g.eaten, len -= g.eaten) {
		glyph_next(&g, text, len);
		if (used + g.columns + (cut ? 1 : 0) > columns)
			break;
		(void)buf_append(b, g.text, g.len);
		used += g.columns;
	}
	if (!cut)
		return used;
	(void)buf_putc(b, '~');
	return used + 1;
}

static void
spaces(struct buf *b, size_t n)
{
	while (n-- > 0)
		(void)buf_putc(b, ' ');
}

void
plain_put_column(struct buf *b, const char *text, size_t columns)
{
	size_t	 used = plain_put_cut(b, text, columns);

	spaces(b, columns - used);
}

/* A word that is longer than a line is broken. */
static size_t
put_long_word(struct buf *b, const char *word, size_t len, size_t indent, size_t columns)
{
	struct glyph	 g;
	size_t		 used = 0;

	for (; len > 0; word += g.eaten, len -= g.eaten) {
		glyph_next(&g, word, len);
		if (used + g.columns > columns) {
			(void)buf_putc(b, '\n');
			spaces(b, indent);
			used = 0;
		}
		(void)buf_append(b, g.text, g.len);
		used += g.columns;
	}
	return used;
}

void
plain_put_wrapped(struct buf *b, const char *text, size_t indent, size_t columns)
{
	size_t	 len, used = 0, w;

	if (columns < 8)
		columns = 8;
	for (;; text += len) {
		text += strspn(text, " \n");
		if (*text == '\0')
			return;
		len = strcspn(text, " \n");
		w = width_n(text, len);
		if (used > 0 && used + 1 + w <= columns) {
			(void)buf_putc(b, ' ');
			plain_put(b, text, len);
			used += 1 + w;
			continue;
		}
		if (used > 0) {
			(void)buf_putc(b, '\n');
			spaces(b, indent);
		}
		used = put_long_word(b, text, len, indent, columns);
	}
}

static bool
is_bare(const char *text, size_t len)
{
	struct glyph	 g;

	if (len == 0)
		return false;
	for (; len > 0; text += g.eaten, len -= g.eaten) {
		glyph_next(&g, text, len);
		if (g.escaped || strchr(" \"=\\", *text) != NULL)
			return false;
	}
	return true;
}

void
plain_put_value(struct buf *b, const char *text, size_t len)
{
	struct glyph	 g;

	if (is_bare(text, len)) {
		(void)buf_append(b, text, len);
		return;
	}
	(void)buf_putc(b, '"');
	for (; len > 0; text += g.eaten, len -= g.eaten) {
		glyph_next(&g, text, len);
		if (*text == '"' || *text == '\\')
			(void)buf_putc(b, '\\');
		(void)buf_append(b, g.text, g.len);
	}
	(void)buf_putc(b, '"');
}
