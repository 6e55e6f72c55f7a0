/* SPDX-License-Identifier: ISC */
/* digest: SHA-256, alone and keyed (HMAC), over several pieces. libcrypto, see jwt.h. */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_LEN	32
#define DIGEST_HEX_SIZE	(2 * DIGEST_LEN + 1)

/* 0, or -1 with ENOMEM. */
int	digest_hmac(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[DIGEST_LEN]);
/*
 * Of texts, each with its NUL, so that ("ab", "c") and ("a", "bc") differ; lower-case hex. 0, or -1 with ENOMEM.
 */
int	digest_texts_hex(const char *const *texts, size_t n, char out[DIGEST_HEX_SIZE]);
/* Of a regular file, not through a link. -1 with errno. Blocks: for tools. */
int	digest_file_hex(const char *path, char out[DIGEST_HEX_SIZE]);
void	digest_hex(const uint8_t sum[DIGEST_LEN], char out[DIGEST_HEX_SIZE]);
/* In constant time. */
bool	digest_equal(const void *a, const void *b, size_t len);

#endif
