/* SPDX-License-Identifier: ISC */
#include "common/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_int countdown = -1;	/* allocations until the one that fails; -1: none */

static bool
must_fail(void)
{
	if (atomic_load_explicit(&countdown, memory_order_relaxed) < 0)
		return false;
	if (atomic_fetch_sub(&countdown, 1) != 0)
		return false;
	errno = ENOMEM;
	return true;
}

void
mem_fail_at(int n)
{
	atomic_store(&countdown, n < 0 ? -1 : n);
}

void *
mem_alloc(size_t size)
{
	if (must_fail())
		return NULL;
	return malloc(size == 0 ? 1 : size);
}

void *
mem_calloc(size_t count, size_t size)
{
	size_t	total;

	if (must_fail())
		return NULL;
	/* sanitizers abort where calloc() itself would fail */
	if (__builtin_mul_overflow(count, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return total == 0 ? calloc(1, 1) : calloc(count, size);
}

void *
mem_realloc(void *ptr, size_t size)
{
	if (must_fail())
		return NULL;
	return realloc(ptr, size == 0 ? 1 : size);
}

char *
mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

char *
mem_strndup(const char *text, size_t len)
{
	char	*copy;

	if (len == SIZE_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	if ((copy = mem_alloc(len + 1)) == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}
