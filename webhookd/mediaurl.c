/* SPDX-License-Identifier: ISC */
#include "webhookd/mediaurl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/b64.h"
#include "common/digest.h"
#include "common/num.h"

#define PURPOSE		"callpipe media 1"	/* what makes the key another one than the token's */
#define MAC_LEN		16
#define STATIC_MAX	128
#define EXPIRY_MAX	99999999999		/* seconds */

int
mediaurl_name(const char *text, const char *language, const char *assistant, char out[MEDIAURL_NAME_SIZE])
{
	const char	*texts[] = { text, language, assistant };

	if (digest_texts_hex(texts, 3, out) == -1)
		return -1;
	memcpy(out + DIGEST_HEX_SIZE - 1, ".wav", 5);
	return 0;
}

bool
mediaurl_name_ok(const char *name)
{
	return strspn(name, "0123456789abcdef") == DIGEST_HEX_SIZE - 1 && strcmp(name + DIGEST_HEX_SIZE - 1, ".wav") == 0;
}

bool
mediaurl_static_ok(const char *name)
{
	size_t	 n = strlen(name);

	if (n < 5 || n > STATIC_MAX || name[0] == '.')
		return false;
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != n)
		return false;
	return strcmp(name + n - 4, ".wav") == 0 || strcmp(name + n - 4, ".mp3") == 0;
}

int
mediaurl_sign(const char *secret, const char *name, int64_t expiry_s, char out[MEDIAURL_MAC_SIZE])
{
	uint8_t	 key[DIGEST_LEN], mac[DIGEST_LEN];
	char	 text[256];

	(void)snprintf(text, sizeof(text), "%s.%lld", name, (long long)expiry_s);
	if (digest_hmac(secret, strlen(secret), PURPOSE, strlen(PURPOSE), key) == -1 ||
	    digest_hmac(key, sizeof(key), text, strlen(text), mac) == -1)
		return -1;
	b64url_encode(out, mac, MAC_LEN);
	return 0;
}

enum mediaurl_status
mediaurl_check(const char *secret, const char *name, const char *expiry, const char *mac, int64_t now_wall_ms,
    int64_t *ret_expiry_s)
{
	char	 want[MEDIAURL_MAC_SIZE];
	int64_t	 at;

	if (expiry == NULL || mac == NULL || num_parse(expiry, 0, EXPIRY_MAX, &at) == -1 ||
	    strlen(mac) != sizeof(want) - 1 || mediaurl_sign(secret, name, at, want) == -1 ||
	    !digest_equal(want, mac, sizeof(want) - 1))
		return MEDIAURL_FORGED;
	if (now_wall_ms / 1000 >= at)
		return MEDIAURL_EXPIRED;
	*ret_expiry_s = at;
	return MEDIAURL_OK;
}

int
mediaurl_range(const char *range, int64_t size, int64_t *ret_from, int64_t *ret_len)
{
	char		 from[24], to[24], extra;
	int64_t		 a, b = size - 1;
	bool		 tail;

	from[0] = to[0] = '\0';
	if (range == NULL || strncmp(range, "bytes=", 6) != 0)
		return 0;
	range += 6;
	tail = range[0] == '-';
	if (tail ? sscanf(range, "-%20[0-9]%c", to, &extra) != 1 :
	    sscanf(range, "%20[0-9]-%20[0-9]%c", from, to, &extra) < 1 || strlen(from) + 1 + strlen(to) != strlen(range))
		return 0;
	if (num_parse(tail ? to : from, 0, INT64_MAX, &a) == -1 ||
	    (!tail && to[0] != '\0' && (num_parse(to, 0, INT64_MAX, &b) == -1 || b < a)))
		return 0;
	if (tail)
		a = a == 0 ? size : a < size ? size - a : 0;
	if (a >= size)
		return -1;
	if (b >= size)
		b = size - 1;
	*ret_from = a;
	*ret_len = b - a + 1;
	return 1;
}
