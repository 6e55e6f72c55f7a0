/* SPDX-License-Identifier: ISC */
/*
 * jsonline: in which line of a JSON text something stands. Pure.
 * json-c keeps no places, so the text is walked again, only when an error is told.
 */
#ifndef WEBHOOKD_JSONLINE_H
#define WEBHOOKD_JSONLINE_H

#include <stddef.h>

/*
 * The line (from 1) of what path names in text, which is valid JSON: "/steps/ask/ncco/0/dtmf"
 * (member names as they are, "/" in them as "~1", "~" as "~0"). Of what is not there: the
 * line of the innermost that is.
 */
size_t	json_line(const char *text, size_t len, const char *path);
/* The line where a text stops being JSON, as well as can be told. */
size_t	json_error_line(const char *text, size_t len);

#endif
