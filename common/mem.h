/* SPDX-License-Identifier: ISC */
/*
 * mem: allocation that can be made to fail.
 *
 * Every allocation of the daemons goes through here, so that a test can make
 * the nth one fail (curl's torture mode) and see that nothing leaks or
 * crashes. free() is the ordinary one. Thread-safe; mem_fail_at() is for
 * single-threaded tests only.
 */
#ifndef COMMON_MEM_H
#define COMMON_MEM_H

#include <stddef.h>

void	*mem_alloc(size_t size);		/* uninitialised; NULL: ENOMEM */
void	*mem_calloc(size_t count, size_t size);	/* zeroed; overflow is ENOMEM */
void	*mem_realloc(void *ptr, size_t size);	/* on failure ptr stays valid */
char	*mem_strdup(const char *text);		/* text must not be NULL */
/* Copy len bytes and end them with a NUL. */
char	*mem_strndup(const char *text, size_t len);

/* The nth allocation from now (0 is the next) fails once; -1: none. */
void	 mem_fail_at(int n);

#endif
