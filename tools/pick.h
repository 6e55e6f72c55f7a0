/* SPDX-License-Identifier: ISC */
/* pick: the call that a person means: its whole id, the beginning of it, or "last". */
#ifndef TOOLS_PICK_H
#define TOOLS_PICK_H

#include <stddef.h>

#include "common/store.h"

/* 1 found; 0 not found or several (err says which); -1 the database failed (err). */
int	pick_call(struct store *s, const char *text, struct store_call *ret, char *err, size_t err_size);

#endif
