/* SPDX-License-Identifier: ISC */
/*
 * buf: a growing byte buffer with a maximum.
 *
 * The content is always followed by a NUL that is not counted, so text can be
 * used as a C string. Errors are sticky: after one failed append all later
 * ones fail, and buf_failed() is asked once at the end. Not locked.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {			/* read the fields, change them by calls only */
	char	*data;		/* never NULL after buf_init(); "" when empty */
	size_t	 len;		/* bytes in use */
	size_t	 size;		/* bytes allocated */
	size_t	 max;		/* most bytes it may hold */
	bool	 failed;
	int	 error;		/* errno of the first failure, 0 if none */
};

void	 buf_init(struct buf *b, size_t max);	/* allocates nothing */
void	 buf_clear(struct buf *b);		/* frees; ready for use again */
void	 buf_reset(struct buf *b);		/* len 0, error forgotten, memory kept */
/*
 * 0, or -1 with errno ENOMEM or EMSGSIZE (over max); nothing is added then.
 * After a failure: -1 with that failure's errno. Never append a buffer to itself.
 */
int	 buf_append(struct buf *b, const void *data, size_t len);
int	 buf_puts(struct buf *b, const char *text);
int	 buf_putc(struct buf *b, char c);
int	 buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int	 buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Append text as a quoted JSON string (UTF-8 kept, invalid bytes become U+FFFD). */
int	 buf_put_json_str(struct buf *b, const char *text, size_t len);
/* Drop the first n bytes (n <= len). */
void	 buf_consume(struct buf *b, size_t n);
bool	 buf_failed(const struct buf *b);
/*
 * Give the memory to the caller (free()); the buffer is cleared in any case.
 * NULL with errno if it had failed or memory for "" lacks. ret_len may be NULL.
 */
char	*buf_steal(struct buf *b, size_t *ret_len);

#endif
