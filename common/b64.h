/* SPDX-License-Identifier: ISC */
/*
 * b64: base64url without padding (RFC 4648 section 5), as JWTs and our tokens
 * use it. Pure. Decoding is strict: no padding, no spaces, no bits left over,
 * so two different texts never mean the same bytes.
 */
#ifndef COMMON_B64_H
#define COMMON_B64_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Characters for len bytes, without a NUL. */
#define B64URL_LEN(len)		(((len) * 4 + 2) / 3)
/* Most bytes that len characters decode to. */
#define B64URL_BYTES(len)	((len) / 4 * 3 + 2)

/* Writes B64URL_LEN(len) characters and a NUL to out. */
void	b64url_encode(char *out, const void *data, size_t len);
/* Append the same to b; errors as in buf_append(). */
int	b64url_append(struct buf *b, const void *data, size_t len);
/*
 * Decode all of text. 0; -1 with errno EINVAL (not base64url) or EMSGSIZE
 * (more than out_size bytes), *ret_len untouched then.
 */
int	b64url_decode(void *out, size_t out_size, const char *text, size_t len, size_t *ret_len);

#endif
