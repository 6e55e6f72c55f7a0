/* SPDX-License-Identifier: ISC */
#include "common/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int
digest_hmac(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[DIGEST_LEN])
{
	unsigned	 n = 0;

	if (HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &n) != NULL && n == DIGEST_LEN)
		return 0;
	errno = ENOMEM;
	return -1;
}

int
digest_texts_hex(const char *const *texts, size_t n, char out[DIGEST_HEX_SIZE])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 sum[DIGEST_LEN];
	unsigned	 len = 0;
	size_t		 i;
	bool		 ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, texts[i], strlen(texts[i]) + 1) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, sum, &len) == 1 && len == DIGEST_LEN;
	EVP_MD_CTX_free(ctx);
	if (!ok) {
		errno = ENOMEM;
		return -1;
	}
	digest_hex(sum, out);
	return 0;
}

static int
sum_of(int fd, EVP_MD_CTX *ctx, uint8_t sum[EVP_MAX_MD_SIZE])
{
	uint8_t		data[65536];
	unsigned	len = 0;
	ssize_t		n;
	bool		ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	while (ok && (n = read(fd, data, sizeof(data))) != 0) {
		if (n == -1)
			return -1;
		ok = EVP_DigestUpdate(ctx, data, (size_t)n) == 1;
	}
	if (ok && EVP_DigestFinal_ex(ctx, sum, &len) == 1 && len == DIGEST_LEN)
		return 0;
	errno = ENOMEM;
	return -1;
}

int
digest_file_hex(const char *path, char out[DIGEST_HEX_SIZE])
{
	uint8_t		 sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX	*ctx;
	int		 fd, rc, e;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return -1;
	ctx = EVP_MD_CTX_new();
	rc = sum_of(fd, ctx, sum);
	e = errno;
	EVP_MD_CTX_free(ctx);
	(void)close(fd);
	errno = e;
	if (rc == 0)
		digest_hex(sum, out);
	return rc;
}

void
digest_hex(const uint8_t sum[DIGEST_LEN], char out[DIGEST_HEX_SIZE])
{
	size_t	i;

	for (i = 0; i < DIGEST_LEN; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

bool
digest_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
