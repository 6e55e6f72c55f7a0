/* SPDX-License-Identifier: ISC */
/* What the fuzz targets share. Included once by each, so all of it is static. */
#ifndef TESTS_FUZZ_MUST_H
#define TESTS_FUZZ_MUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECE_MAX	17
#define RESULT_MAX	(64u << 20)	/* of what a target notes of a parser's output */

static inline void
must(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "must: %s\n", what);
	abort();
}

/* Text in an array of size bytes ends inside it. */
static inline void
must_end(const char *text, size_t size, const char *what)
{
	must(memchr(text, '\0', size) != NULL, what);
}

static inline void
must_equal(const struct buf *a, const struct buf *b, const char *what)
{
	must(!buf_failed(a) && !buf_failed(b), "notes do not fit");
	must(a->len == b->len && memcmp(a->data, b->data, a->len) == 0, what);
}

/*
 * The length of the next piece of an input that is fed in pieces; state begins
 * as a byte of the input. 0: always one byte; 255: all at once.
 */
static inline size_t
piece(uint32_t *state, size_t left)
{
	size_t	n = 1;

	if (*state == UINT8_MAX)
		return left;
	if (*state != 0) {
		*state = *state * 1103515245 + 12345;
		n = 1 + (*state >> 16) % PIECE_MAX;
		*state += *state == 0 || *state == UINT8_MAX;
	}
	return n < left ? n : left;
}

#endif
