/* SPDX-License-Identifier: ISC */
#include "brokerd/keys.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"

void
keys_add(struct keys *k, char key)
{
	if (key == '\0' || strchr("0123456789*#ABCD", key) == NULL || k->n == KEYS_MAX)
		return;
	if (key == '#')
		k->over = true;
	if (key != '#' || k->n == 0)
		k->list[k->n++] = key;
	if (k->n == KEYS_MAX)
		k->over = true;
}

void
keys_take(struct keys *k, bool hide, char heard[KEYS_TEXT_SIZE], char kept[KEYS_TEXT_SIZE])
{
	size_t	 i, len;

	heard[0] = kept[0] = '\0';
	if (k->n > 0) {
		len = (size_t)snprintf(heard, KEYS_TEXT_SIZE, "[caller pressed");
		for (i = 0; i < k->n; i++)
			len += (size_t)snprintf(heard + len, KEYS_TEXT_SIZE - len, " %c", k->list[i]);
		(void)snprintf(heard + len, KEYS_TEXT_SIZE - len, "]");
		if (hide)
			(void)snprintf(kept, KEYS_TEXT_SIZE, "[caller pressed %zu key%s]", k->n, k->n == 1 ? "" : "s");
		else
			(void)snprintf(kept, KEYS_TEXT_SIZE, "%s", heard);
	}
	explicit_bzero(k, sizeof(*k));
}

char *
question_join(const char *carry, const char *words, const char *pressed)
{
	const char	*parts[3] = { carry, words, pressed };
	struct buf	 b;
	size_t		 i;

	buf_init(&b, QUESTION_MAX);
	(void)buf_puts(&b, "");
	for (i = 0; i < 3; i++)
		if (parts[i] != NULL && parts[i][0] != '\0')
			(void)buf_printf(&b, "%s%s", b.len > 0 ? " " : "", parts[i]);
	return buf_steal(&b, NULL);
}
