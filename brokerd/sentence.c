/* SPDX-License-Identifier: ISC */
#include "brokerd/sentence.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/utf8.h"

#define UTF8_LEN_MAX	4

static const char *const abbreviations[] = {	/* without the last full stop */
	"mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "etc", "approx",
	"e.g", "i.e", "a.m", "p.m", "inc", "ltd", "tel", "ext", "u.s", "u.k",
};

/* The code point at pos, 0 at the end; *ret_len its bytes. */
static uint32_t
peek(const char *text, size_t len, size_t pos, size_t *ret_len)
{
	const unsigned char	*p = (const unsigned char *)text + pos;
	size_t			 n;

	if (pos >= len) {
		*ret_len = 0;
		return 0;
	}
	n = utf8_char_len(text + pos, len - pos);
	*ret_len = n == 0 ? 1 : n;
	switch (n) {
	case 2:
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	case 3:
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	case 4:
		return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
		    (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	}
	return p[0] == 0 ? 0xfffd : p[0];
}

static bool
is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xa0;
}

static bool
is_arabic_mark(uint32_t c)
{
	return c == 0x061f || c == 0x061b || c == 0x06d4;	/* question mark, semicolon, full stop */
}

static bool
is_mark(uint32_t c)
{
	return c == '.' || c == '!' || c == '?' || c == 0x2026 || is_arabic_mark(c);
}

static bool
is_closer(uint32_t c)
{
	return c == '"' || c == '\'' || c == ')' || c == ']' || c == '*' || c == '_' ||
	    c == 0xbb || c == 0x201d || c == 0x2019;
}

static bool
is_digit(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 0x06f0 && c <= 0x06f9) || (c >= 0x0660 && c <= 0x0669);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t
count_chars(const char *text, size_t len)
{
	size_t	 i, n = 0;

	for (i = 0; i < len; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			n++;
	return n;
}

/* Does the word that ends at the full stop text[dot] keep it? */
static bool
is_abbreviation(const char *text, size_t dot)
{
	size_t	 i, begin = dot, n;

	while (begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '.'))
		begin--;
	n = dot - begin;
	if (n == 1 && text[begin] != 'I')
		return true;		/* an initial */
	for (i = 0; i < sizeof(abbreviations) / sizeof(abbreviations[0]); i++)
		if (strlen(abbreviations[i]) == n && strncasecmp(text + begin, abbreviations[i], n) == 0)
			return true;
	return false;
}

static bool
digit_before(const char *text, size_t pos)
{
	size_t	 n, at = pos;

	if (at == 0)
		return false;
	do {
		at--;
	} while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
	return is_digit(peek(text, pos, at, &n));
}

/*
 * A mark stands at pos. The end of the sentence (after marks, closers and
 * spaces), or 0 when it does not end here or that cannot be said yet. What lies
 * behind SENTENCE_MAX is no end, and is not looked for: a model that has gone
 * astray sends marks by the thousand.
 */
static size_t
end_at_mark(const struct sentence *s, size_t pos, bool stalled)
{
	const char	*text = s->text.data;
	size_t		 len = s->text.len, n, at = pos;
	uint32_t	 c = peek(text, len, pos, &n);
	bool		 arabic = is_arabic_mark(c), space = false;

	if (c == '.' && (digit_before(text, pos) || is_abbreviation(text, pos)))
		return 0;
	for (c = peek(text, len, at, &n); at <= SENTENCE_MAX && (is_mark(c) || is_closer(c)); c = peek(text, len, at, &n))
		at += n;
	for (; n > 0 && at <= SENTENCE_MAX && is_space(c); c = peek(text, len, at, &n)) {
		at += n;
		space = true;
	}
	if (n == 0)			/* nothing follows yet */
		return stalled ? at : 0;
	return space || arabic ? at : 0;
}

static size_t
end_at_newline(const struct sentence *s, size_t pos, bool stalled)
{
	size_t	 n, at = pos;

	while (is_space(peek(s->text.data, s->text.len, at, &n)) && n > 0 && at <= SENTENCE_MAX)
		at += n;
	return n > 0 || stalled ? at : 0;
}

/* The first piece may end at a comma when the rest is slow. */
static size_t
end_at_comma(const struct sentence *s)
{
	const char	*text = s->text.data;
	size_t		 len = s->text.len, pos, n, last = 0, next;
	uint32_t	 c;

	for (pos = 0; pos < len; pos += n) {
		c = peek(text, len, pos, &n);
		if ((c == ',' || c == 0x060c) && is_space(peek(text, len, pos + n, &next)) &&
		    count_chars(text, pos) >= SENTENCE_EARLY)
			last = pos + n + next;
	}
	return last;
}

/*
 * Too long without a mark: after the last space below the maximum, else between
 * code points; what has no beginning of one there is no UTF-8 and is cut anyway.
 */
static size_t
end_by_force(const struct sentence *s)
{
	size_t	 at;

	for (at = SENTENCE_MAX; at > SENTENCE_MAX / 2; at--)
		if (s->text.data[at - 1] == ' ')
			return at;
	for (at = SENTENCE_MAX; at > SENTENCE_MAX - UTF8_LEN_MAX; at--)
		if (((unsigned char)s->text.data[at] & 0xc0) != 0x80)
			return at;
	return SENTENCE_MAX;
}

static size_t
find_end(const struct sentence *s, bool stalled)
{
	const char	*text = s->text.data;
	size_t		 len = s->text.len, pos, n, end;
	uint32_t	 c;

	for (pos = 0; pos < len && pos <= SENTENCE_MAX; pos += n) {
		c = peek(text, len, pos, &n);
		end = 0;
		if (is_mark(c))
			end = end_at_mark(s, pos, stalled);
		else if (c == '\n')
			end = end_at_newline(s, pos, stalled);
		if (end > 0 && count_chars(text, end) >= SENTENCE_MIN && end <= SENTENCE_MAX)
			return end;
	}
	if (len > SENTENCE_MAX)
		return end_by_force(s);
	if (s->ended)
		return len;
	return stalled && !s->begun ? end_at_comma(s) : 0;
}

void
sentence_init(struct sentence *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->text, SENTENCE_PENDING_MAX);
}

void
sentence_clear(struct sentence *s)
{
	buf_clear(&s->text);
}

int
sentence_feed(struct sentence *s, const char *text, size_t len)
{
	return buf_append(&s->text, text, len);
}

void
sentence_end(struct sentence *s)
{
	s->ended = true;
}

int
sentence_next(struct sentence *s, bool stalled, struct buf *ret)
{
	size_t	 end;

	if (s->text.len == 0 || (end = find_end(s, stalled || s->ended)) == 0)
		return 0;
	buf_reset(ret);
	if (buf_append(ret, s->text.data, end) == -1)
		return -1;
	buf_consume(&s->text, end);
	s->begun = true;
	return 1;
}

/* ---- what can be spoken ---- */

static bool
is_unspeakable(uint32_t c)
{
	return (c >= 0x1f000 && c <= 0x1faff) || (c >= 0x2600 && c <= 0x27bf) ||	/* emoji, symbols */
	    c == 0xfe0f || c == 0x20e3 || c == 0x200d ||
	    c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    (c < 0x20 && !is_space(c)) || c == 0x7f;
}

/* At the start of a line: # of a heading, a bullet, a quotation mark. */
static size_t
skip_line_marks(const char *text, size_t len, size_t pos)
{
	size_t	 at = pos;

	while (at < len && (text[at] == ' ' || text[at] == '\t'))
		at++;
	while (at < len && (text[at] == '#' || text[at] == '>'))
		at++;
	if (at + 1 < len && strchr("-*+", text[at]) != NULL && text[at + 1] == ' ')
		at += 2;
	return at;
}

/* [text](target) stands at pos: the place of the "]", or 0. */
static size_t
link_text_end(const char *text, size_t len, size_t pos, size_t *ret_end)
{
	const char	*close, *paren;

	if ((close = memchr(text + pos, ']', len - pos)) == NULL ||
	    close + 1 >= text + len || close[1] != '(')
		return 0;
	if ((paren = memchr(close, ')', (size_t)(text + len - close))) == NULL)
		return 0;
	*ret_end = (size_t)(paren - text) + 1;
	return (size_t)(close - text);
}

static bool
is_word_byte(const char *text, size_t len, size_t pos)
{
	return pos < len && (is_letter(text[pos]) || is_digit((unsigned char)text[pos]) ||
	    ((unsigned char)text[pos] & 0x80) != 0);
}

static bool
is_markup(const char *text, size_t len, size_t pos)
{
	switch (text[pos]) {
	case '*':
	case '`':
	case '|':
	case '~':
		return true;
	case '_':			/* snake_case keeps it */
		return pos == 0 || !is_word_byte(text, len, pos - 1) || !is_word_byte(text, len, pos + 1);
	}
	return false;
}

static void
put_spaced(struct buf *out, const char *data, size_t n, bool *space)
{
	if (*space && out->len > 0)
		(void)buf_putc(out, ' ');
	*space = false;
	(void)buf_append(out, data, n);
}

int
sentence_speakable(const char *text, size_t len, struct buf *ret)
{
	size_t		 pos = 0, n, close, end, skip_at = len, skip_to = len;
	bool		 space = false, line = true;
	uint32_t	 c;

	while (pos < len) {
		if (line)
			pos = skip_line_marks(text, len, pos);
		line = false;
		if (pos == skip_at) {
			pos = skip_to;
			continue;
		}
		c = peek(text, len, pos, &n);
		if (n == 0)
			break;
		if (c == '!' && pos + 1 < len && text[pos + 1] == '[' &&
		    link_text_end(text, len, pos + 1, &end) > 0) {
			pos++;
			continue;
		}
		if (c == '[' && (close = link_text_end(text, len, pos, &end)) > 0) {
			skip_at = close;
			skip_to = end;
		} else if (is_space(c)) {
			space = true;
			line = c == '\n';
		} else if (is_markup(text, len, pos)) {
			space = space || c == '|';
		} else if (!is_unspeakable(c)) {
			put_spaced(ret, text + pos, n, &space);
		}
		pos += n;
	}
	return buf_failed(ret) ? -1 : 0;
}
