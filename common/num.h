/* SPDX-License-Identifier: ISC */
/* num: strict numbers from text, and arithmetic that reports overflow. Pure. */
#ifndef COMMON_NUM_H
#define COMMON_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Parse the whole of s as a decimal integer in min..max: no spaces, no sign
 * but a leading '-', no leading '+', no empty text. 0; -1 with errno EINVAL
 * (not such a number) or ERANGE (outside), *ret untouched.
 */
int num_parse(const char *s, int64_t min, int64_t max, int64_t *ret);
/* The same for text that is not NUL-terminated. */
int num_parse_n(const char *s, size_t len, int64_t min, int64_t max, int64_t *ret);
/* A decimal fraction ("-1.5", "20", no exponent) in min..max; locale does not matter. */
int num_parse_double(const char *s, double min, double max, double *ret);

/* false when the result does not fit a size_t; *ret is untouched then. */
bool num_add(size_t a, size_t b, size_t *ret);
bool num_mul(size_t a, size_t b, size_t *ret);

#endif
