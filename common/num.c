/* SPDX-License-Identifier: ISC */
#include "common/num.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits as a negative number, which has the wider range. */
static int
parse_digits(const char *s, size_t len, int64_t *ret)
{
	int64_t	value = 0;
	bool	fits = true;
	size_t	i;

	for (i = 0; i < len; i++) {
		if (!is_digit(s[i])) {
			errno = EINVAL;
			return -1;
		}
		fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
		    !__builtin_sub_overflow(value, s[i] - '0', &value);
	}
	if (!fits) {
		errno = ERANGE;
		return -1;
	}
	*ret = value;
	return 0;
}

int
num_parse_n(const char *s, size_t len, int64_t min, int64_t max, int64_t *ret)
{
	int64_t	value = 0;
	bool	negative;

	negative = len > 0 && s[0] == '-';
	if (len == (negative ? 1 : 0)) {
		errno = EINVAL;
		return -1;
	}
	if (parse_digits(s + negative, len - negative, &value) == -1)
		return -1;
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) {
		errno = ERANGE;
		return -1;
	}
	if (value < min || value > max) {
		errno = ERANGE;
		return -1;
	}
	*ret = value;
	return 0;
}

int
num_parse(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	return num_parse_n(s, strlen(s), min, max, ret);
}

/* -?[0-9]+(\.[0-9]+)? and nothing else */
static bool
is_fraction(const char *s)
{
	if (*s == '-')
		s++;
	if (!is_digit(*s))
		return false;
	while (is_digit(*s))
		s++;
	if (*s == '\0')
		return true;
	if (*s++ != '.' || !is_digit(*s))
		return false;
	while (is_digit(*s))
		s++;
	return *s == '\0';
}

int
num_parse_double(const char *s, double min, double max, double *ret)
{
	locale_t	 c_locale;
	double		 value;

	if (!is_fraction(s)) {
		errno = EINVAL;
		return -1;
	}
	/* strtod() alone would want a comma under some locales */
	if ((c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)) == (locale_t)0)
		return -1;
	value = strtod_l(s, NULL, c_locale);
	freelocale(c_locale);
	if (!(value >= min && value <= max)) {
		errno = ERANGE;
		return -1;
	}
	*ret = value;
	return 0;
}

bool
num_add(size_t a, size_t b, size_t *ret)
{
	size_t	sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

bool
num_mul(size_t a, size_t b, size_t *ret)
{
	size_t	product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}
