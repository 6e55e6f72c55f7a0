/* SPDX-License-Identifier: ISC */
#include "common/b64.h"

#include <errno.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* One to three bytes as two to four characters; returns how many. */
static size_t
encode_group(char out[4], const uint8_t *in, size_t len)
{
	uint32_t	bits = (uint32_t)in[0] << 16;
	size_t		i;

	if (len > 1)
		bits |= (uint32_t)in[1] << 8;
	if (len > 2)
		bits |= in[2];
	for (i = 0; i < len + 1; i++)
		out[i] = alphabet[bits >> (18 - 6 * i) & 0x3f];
	return len + 1;
}

void
b64url_encode(char *out, const void *data, size_t len)
{
	const uint8_t	*in = data;
	char		 group[4];
	size_t		 i, k, n, take;

	for (i = 0; i < len; i += take) {
		take = len - i < 3 ? len - i : 3;
		n = encode_group(group, in + i, take);
		for (k = 0; k < n; k++)
			*out++ = group[k];
	}
	*out = '\0';
}

int
b64url_append(struct buf *b, const void *data, size_t len)
{
	const uint8_t	*in = data;
	char		 group[4];
	size_t		 i, take;

	for (i = 0; i < len; i += take) {
		take = len - i < 3 ? len - i : 3;
		if (buf_append(b, group, encode_group(group, in + i, take)) == -1)
			return -1;
	}
	return 0;
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

int
b64url_decode(void *out, size_t out_size, const char *text, size_t len, size_t *ret_len)
{
	uint8_t		*to = out;
	uint32_t	 bits = 0;
	unsigned	 nbits = 0;
	size_t		 i, n = 0;
	int		 value;

	for (i = 0; i < len; i++) {
		if ((value = value_of(text[i])) == -1)
			goto bad;
		bits = (bits << 6 | (uint32_t)value) & 0xffff;
		if ((nbits += 6) < 8)
			continue;
		if (n == out_size) {
			errno = EMSGSIZE;
			return -1;
		}
		nbits -= 8;
		to[n++] = (uint8_t)(bits >> nbits);
	}
	/* a lone character, or bits that no byte uses */
	if (nbits == 6 || (bits & ((1U << nbits) - 1)) != 0)
		goto bad;
	*ret_len = n;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}
