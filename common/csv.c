/* SPDX-License-Identifier: ISC */
#include "common/csv.h"

#include <errno.h>
#include <string.h>

#include "common/utf8.h"

void
csv_init(struct csv *c, const char *data, size_t len)
{
	c->at = data;
	c->end = data + len;
	c->line = 1;
	c->separator = ',';
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		c->at += 3;
}

void
csv_row_init(struct csv_row *r)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->text, CSV_ROW_MAX);
}

void
csv_row_clear(struct csv_row *r)
{
	buf_clear(&r->text);
}

/* Past the end of the line. */
static void
skip_line(struct csv *c)
{
	while (c->at < c->end && *c->at != '\n')
		c->at++;
	if (c->at < c->end) {
		c->at++;
		c->line++;
	}
}

static bool
at_line_end(const struct csv *c)
{
	return c->at == c->end || *c->at == '\n' || (*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n') ||
	    (*c->at == '\r' && c->at + 1 == c->end);
}

/* c->at is behind the opening quote; NULL, or what is wrong. */
static const char *
quoted(struct csv *c, struct buf *b)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '"') {
			if (++c->at == c->end || *c->at != '"')
				return at_line_end(c) || *c->at == c->separator ? NULL : "text after a closing quote";
		} else if (*c->at == '\n')
			c->line++;
		if (buf_putc(b, *c->at) == -1)
			break;		/* not to the end of the file for each such row */
	}
	return "a quote that is not closed";
}

static const char *
bare(struct csv *c, struct buf *b)
{
	for (; !at_line_end(c) && *c->at != c->separator; c->at++) {
		if (*c->at == '"')
			return "a quote inside a field without quotes";
		if (*c->at == '\r')
			return "a carriage return inside a line";
		(void)buf_putc(b, *c->at);
	}
	return NULL;
}

static const char *
fields(struct csv *c, struct csv_row *r, size_t starts[CSV_FIELDS])
{
	const char	*error;

	for (r->n = 0;;) {
		if (r->n == CSV_FIELDS)
			return "more than 64 fields";
		starts[r->n++] = r->text.len;
		if (c->at < c->end && *c->at == '"') {
			c->at++;
			error = quoted(c, &r->text);
		} else
			error = bare(c, &r->text);
		(void)buf_putc(&r->text, '\0');
		if (error != NULL)
			return error;
		if (at_line_end(c))
			return NULL;
		c->at++;		/* the separator */
	}
}

/* A quote that is never closed swallowed the rest: read on behind its first line. */
static void
go_back(struct csv *c, const char *begin, unsigned line)
{
	c->at = begin;
	c->line = line;
	skip_line(c);
}

void
csv_guess_separator(struct csv *c)
{
	struct csv	 look = *c;
	const char	*begin;
	size_t		 len;

	while (look.at < look.end && at_line_end(&look))
		skip_line(&look);
	begin = look.at;
	skip_line(&look);
	len = (size_t)(look.at - begin);
	if (len > 0 && memchr(begin, ';', len) != NULL && memchr(begin, ',', len) == NULL)
		c->separator = ';';
}

int
csv_next(struct csv *c, struct csv_row *r)
{
	size_t		 starts[CSV_FIELDS], i, len;
	const char	*begin;

	while (c->at < c->end && at_line_end(c))
		skip_line(c);
	if (c->at >= c->end)
		return 0;
	buf_reset(&r->text);
	begin = c->at;
	r->line = c->line;
	r->error = fields(c, r, starts);
	len = (size_t)(c->at - begin);
	if (r->error == NULL && memchr(begin, '\0', len) != NULL)
		r->error = "a NUL byte";
	if (r->error == NULL && !utf8_valid(begin, len))
		r->error = "not UTF-8";
	if (buf_failed(&r->text)) {
		if (r->text.error == ENOMEM)
			return -1;
		r->error = "longer than 64 KiB";
	}
	if (r->error != NULL) {
		r->n = 0;
		go_back(c, begin, r->line);
		return 1;
	}
	skip_line(c);
	for (i = 0; i < r->n; i++)
		r->fields[i] = r->text.data + starts[i];
	return 1;
}

void
csv_put(struct buf *b, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		(void)buf_puts(b, text);
		return;
	}
	(void)buf_putc(b, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)buf_putc(b, '"');
		(void)buf_putc(b, *text);
	}
	(void)buf_putc(b, '"');
}
