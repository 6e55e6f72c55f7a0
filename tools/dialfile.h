/* SPDX-License-Identifier: ISC */
/*
 * dialfile: the CSV file of a campaign. Pure.
 *
 * The first row names the columns: "number" must be one, in any case, the others are
 * variables for the flow (letters, digits and _, not beginning with a digit), as they are
 * written. With semicolons in it and no comma it is semicolons that separate.
 * A row is bad when it is no CSV, has another number of fields, a number that
 * is not E.164, one that a row before had, or over 4 KiB of variables.
 */
#ifndef TOOLS_DIALFILE_H
#define TOOLS_DIALFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/store_dial.h"

#define DIALFILE_MAX	(64u << 20)	/* bytes of a file */

struct dialfile {
	struct dialfile_row { char number[16]; char *vars; unsigned line; } *rows;
	size_t	 n, size;
	size_t	 bad;
};
/*
 * Read all of text; told is called for each bad row, with its line and why. 0; -1
 * with errno ENOMEM, or EINVAL: the header is bad (told with its line), or there is no row.
 */
int	dialfile_parse(struct dialfile *f, const char *text, size_t len, void (*told)(void *arg, unsigned line, const char *why),
	    void *arg);
void	dialfile_clear(struct dialfile *f);

#endif
