/* SPDX-License-Identifier: ISC */
#include "webhookd/pairs.h"

#include <sys/queue.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"

/* Cut there it would be another's name: a NUL becomes U+FFFD. */
static char *
without_nul(const char *text, size_t len)
{
	struct buf	b;
	size_t		n;

	buf_init(&b, 3 * len + 1);
	for (; (n = strlen(text)) < len; text += n + 1, len -= n + 1) {
		(void)buf_append(&b, text, n);
		(void)buf_puts(&b, "\xef\xbf\xbd");
	}
	(void)buf_append(&b, text, len);
	return buf_steal(&b, NULL);
}

static char *
decode(const char *text, size_t len)
{
	char	*copy, *decoded, *whole;
	size_t	 size = 0;

	if ((copy = mem_strndup(text, len)) == NULL)
		return NULL;
	decoded = evhttp_uridecode(copy, 1, &size);
	free(copy);
	if (decoded == NULL || strlen(decoded) == size)
		return decoded;
	whole = without_nul(decoded, size);
	free(decoded);
	return whole;
}

static int
add(const char *text, size_t len, struct evkeyvalq *ret)
{
	const char	*equal = memchr(text, '=', len);
	size_t		 name_len = equal != NULL ? (size_t)(equal - text) : len;
	struct evkeyval	*kv;

	if (name_len == 0)
		return 0;
	if ((kv = mem_calloc(1, sizeof(*kv))) == NULL)
		return -1;
	kv->key = decode(text, name_len);
	kv->value = equal != NULL ? decode(equal + 1, len - name_len - 1) : mem_strdup("");
	if (kv->key == NULL || kv->value == NULL) {
		free(kv->key);
		free(kv->value);
		free(kv);
		return -1;
	}
	TAILQ_INSERT_TAIL(ret, kv, next);
	return 0;
}

int
pairs_parse(const char *text, struct evkeyvalq *ret)
{
	size_t	len;

	TAILQ_INIT(ret);
	for (; *text != '\0'; text += len + (text[len] == '&')) {
		len = strcspn(text, "&");
		if (add(text, len, ret) == -1) {
			evhttp_clear_headers(ret);
			errno = ENOMEM;
			return -1;
		}
	}
	return 0;
}
