/* SPDX-License-Identifier: ISC */
/*
 * plain: foreign text on a terminal. Pure.
 *
 * What callers say and what peers send may hold anything. Control characters
 * (C0, DEL, C1), invisible and direction-changing ones and bytes that are no UTF-8 are
 * written as \n, \r, \t, \e, \xNN or \u{NNNN}; a backslash stays one.
 * Widths are columns of a terminal: combining marks take none, wide
 * characters (CJK, emoji) two.
 */
#ifndef TOOLS_PLAIN_H
#define TOOLS_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

/* Colours: SGR sequences, "" when off. */
enum plain_colour { PLAIN_OFF, PLAIN_BOLD, PLAIN_DIM, PLAIN_RED, PLAIN_GREEN, PLAIN_YELLOW, PLAIN_BLUE, PLAIN_CYAN, PLAIN_NCOLOURS };
const char *plain_sgr(bool on, enum plain_colour colour);
/* Colour is wanted: fd is a terminal, TERM is not dumb, NO_COLOR is not set. */
bool	plain_colour_wanted(int fd);

/* Append len bytes of text, escaped. Errors are the buffer's (sticky). */
void	plain_put(struct buf *b, const char *text, size_t len);
/*
 * As above, at most columns wide: what is longer ends in "~". Returns the
 * columns used.
 */
size_t	plain_put_cut(struct buf *b, const char *text, size_t columns);
/* The same, filled with spaces up to columns: a column of a table. */
void	plain_put_column(struct buf *b, const char *text, size_t columns);
/*
 * Append text wrapped between words into lines of at most columns (at least 8): the first
 * line goes where the buffer stands, the others begin with indent spaces. No newline at the end.
 */
void	plain_put_wrapped(struct buf *b, const char *text, size_t indent, size_t columns);
/* Append a value of logfmt: bare when it has no space, quote, = or escape, else in quotes. */
void	plain_put_value(struct buf *b, const char *text, size_t len);
/* Columns that the escaped text takes. */
size_t	plain_width(const char *text);

#endif
