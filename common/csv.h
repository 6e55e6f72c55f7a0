/* SPDX-License-Identifier: ISC */
/*
 * csv: comma (or semicolon) separated values as RFC 4180 has them, in UTF-8. Pure.
 *
 * Lines end in LF or CRLF; a field in quotes may hold commas, line ends and
 * doubled quotes; a byte order mark at the beginning is skipped, and lines
 * without anything. A row that is none is given with its error and the number of its line,
 * and reading goes on in the line after it.
 */
#ifndef COMMON_CSV_H
#define COMMON_CSV_H

#include <stddef.h>

#include "common/buf.h"

#define CSV_FIELDS	64	/* most in a row */
#define CSV_ROW_MAX	65536	/* bytes */

struct csv { const char *at, *end; unsigned line; char separator; };
struct csv_row {
	unsigned	 line;			/* of its beginning, from 1 */
	const char	*error;			/* NULL: a good one; static text */
	size_t		 n;
	const char	*fields[CSV_FIELDS];	/* valid until the next row */
	struct buf	 text;
};

void	csv_init(struct csv *c, const char *data, size_t len);	/* data is borrowed; separated by commas */
/* Before the first row: by semicolons if that has some and no comma (spreadsheets where the comma is the decimal point). */
void	csv_guess_separator(struct csv *c);
void	csv_row_init(struct csv_row *r);
void	csv_row_clear(struct csv_row *r);
/* 1 a row, good or bad; 0 the end; -1 ENOMEM. */
int	csv_next(struct csv *c, struct csv_row *r);
/* Append a field, in quotes where it needs them. Errors are the buffer's. */
void	csv_put(struct buf *b, const char *text);

#endif
