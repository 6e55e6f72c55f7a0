/* SPDX-License-Identifier: ISC */
#include "common/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/utf8.h"

#define BUF_SIZE_MIN	64

static char empty[1];			/* data of all buffers without memory; never written */

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .data = empty, .max = max < SIZE_MAX ? max : SIZE_MAX - 1 };
}

void
buf_clear(struct buf *b)
{
	if (b->size > 0)
		free(b->data);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	b->error = 0;
	if (b->size > 0)
		b->data[0] = '\0';
}

static int
fail(struct buf *b, int error)
{
	b->failed = true;
	b->error = error;
	errno = error;
	return -1;
}

/* Room for len more bytes and the NUL. */
static int
reserve(struct buf *b, size_t len)
{
	size_t	 need, size;
	char	*data;

	if (b->failed) {
		errno = b->error;
		return -1;
	}
	if (len > b->max - b->len)
		return fail(b, EMSGSIZE);
	need = b->len + len + 1;
	if (need <= b->size)
		return 0;
	size = b->size > SIZE_MAX / 2 ? SIZE_MAX : b->size * 2;
	if (size < BUF_SIZE_MIN)
		size = BUF_SIZE_MIN;
	if (size > b->max + 1)
		size = b->max + 1;
	if (size < need)
		size = need;
	if ((data = mem_realloc(b->size > 0 ? b->data : NULL, size)) == NULL)
		return fail(b, ENOMEM);
	data[b->len] = '\0';
	b->data = data;
	b->size = size;
	return 0;
}

int
buf_append(struct buf *b, const void *data, size_t len)
{
	if (reserve(b, len) == -1)
		return -1;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_puts(struct buf *b, const char *text)
{
	return buf_append(b, text, strlen(text));
}

int
buf_putc(struct buf *b, char c)
{
	return buf_append(b, &c, 1);
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	ap;
	int	rc;

	va_start(ap, fmt);
	rc = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return rc;
}

int
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list	measure;
	int	n;

	if (reserve(b, 0) == -1)
		return -1;
	va_copy(measure, ap);
	n = vsnprintf(NULL, 0, fmt, measure);
	va_end(measure);
	if (n < 0)
		return fail(b, errno == ENOMEM ? ENOMEM : EMSGSIZE);
	if (reserve(b, (size_t)n) == -1)
		return -1;
	if (vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap) != n) {
		b->data[b->len] = '\0';
		return fail(b, ENOMEM);
	}
	b->len += (size_t)n;
	return 0;
}

/* Bytes at text that a JSON string holds as they are. */
static size_t
plain_len(const char *text, size_t len)
{
	size_t	i, n;

	for (i = 0; i < len; i += n) {
		if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
			break;
		if ((n = utf8_char_len(text + i, len - i)) == 0)
			break;
	}
	return i;
}

static void
put_json_escape(struct buf *b, char c)
{
	static const char	 special[] = "\b\f\n\r\t\"\\";
	static const char	 letter[] = "bfnrt\"\\";
	const char		*found;

	if (c != '\0' && (found = strchr(special, c)) != NULL)
		(void)buf_append(b, (const char[]){ '\\', letter[found - special] }, 2);
	else if ((unsigned char)c < 0x20)
		(void)buf_printf(b, "\\u%04x", (unsigned)(unsigned char)c);
	else
		(void)buf_puts(b, UTF8_REPLACEMENT);
}

int
buf_put_json_str(struct buf *b, const char *text, size_t len)
{
	size_t	before = b->len, n;

	(void)buf_putc(b, '"');
	while (len > 0 && !b->failed) {
		if ((n = plain_len(text, len)) > 0)
			(void)buf_append(b, text, n);
		else {
			put_json_escape(b, *text);
			n = 1;
		}
		text += n;
		len -= n;
	}
	if (buf_putc(b, '"') == 0)
		return 0;
	if (b->len > before) {
		b->len = before;
		b->data[before] = '\0';
	}
	return -1;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

char *
buf_steal(struct buf *b, size_t *ret_len)
{
	char	*data = NULL;
	int	 error = 0;

	if (reserve(b, 0) == 0) {
		data = b->data;
		if (ret_len != NULL)
			*ret_len = b->len;
		b->size = 0;
	} else
		error = b->error;
	buf_clear(b);
	if (data == NULL)
		errno = error;
	return data;
}
