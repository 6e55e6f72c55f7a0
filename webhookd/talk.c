/* SPDX-License-Identifier: ISC */
#include "webhookd/talk.h"

#include <stdbool.h>
#include <string.h>

#include "common/buf.h"
#include "common/utf8.h"

/* Bytes of the mark that ends a sentence here; 0: none. Persian and Chinese ones too. */
static size_t
sentence_end(const char *at)
{
	static const char *const	marks[] = { ".", "!", "?", "\n", "\xd8\x9f", "\xdb\x94", "\xe3\x80\x82", "\xef\xbc\x81", "\xef\xbc\x9f" };
	size_t				i, n;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		n = strlen(marks[i]);
		if (strncmp(at, marks[i], n) != 0)
			continue;
		/* "3.5" is no end */
		return n > 1 || *at == '\n' || strchr(" \t\n\"')", at[n]) != NULL ? n : 0;
	}
	return 0;
}

size_t
talk_next(const char *text, size_t max)
{
	size_t	i, n, end, chars = 0, sentence = 0, word = 0;

	for (i = 0; text[i] != '\0' && chars < max; i += n, chars++) {
		if ((n = utf8_char_len(text + i, strlen(text + i) < 4 ? strlen(text + i) : 4)) == 0)
			n = 1;
		if ((end = sentence_end(text + i)) > 0)
			sentence = i + end;
		else if (text[i] == ' ' || text[i] == '\t')
			word = i + 1;
	}
	if (text[i] == '\0')
		return i;
	return sentence > 0 ? sentence : word > 0 ? word : i;
}

/* spec/vonage.md 10 */
static const char *const	entities[][2] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" }, { "&apos;", "'" } };

const char *
talk_entity(char c)
{
	size_t	i;

	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (entities[i][1][0] == c)
			return entities[i][0];
	return NULL;
}

char *
talk_plain(const char *text)
{
	struct buf			b;
	bool				tag = false;
	size_t				i;

	buf_init(&b, 1u << 20);
	for (; *text != '\0'; text++) {
		if (*text == '<')
			tag = true;
		else if (*text == '>' && tag) {
			tag = false;
			(void)buf_putc(&b, ' ');
		} else if (!tag) {
			for (i = 0; i < 5 && strncmp(text, entities[i][0], strlen(entities[i][0])) != 0; i++)
				continue;
			(void)(i < 5 ? buf_puts(&b, entities[i][1]) : buf_putc(&b, *text));
			text += i < 5 ? strlen(entities[i][0]) - 1 : 0;
		}
	}
	return buf_steal(&b, NULL);
}
