/* SPDX-License-Identifier: ISC */
#include "brokerd/backchannel.h"

#include <stddef.h>
#include <string.h>

#include "common/utf8.h"

#define WORDS_MAX	4
#define WORD_SIZE	48		/* bytes; none is longer */

/* No "yes" and no "no": they may be an answer. */
static const char builtin[] =
    "uh huh uhhuh uhuh hm hmm hmmm mhm mm mmm mmhm mmhmm mhmm um uhm ah aha oh eh ok okay right sure yeah yep yup alright "
    "ach genau klar okey stimmt "				/* German, Dutch */
    "ok\u00e9 precies tja "
    "d'accord ouais hein entendu "					/* French */
    "vale claro aj\u00e1 ya bueno "					/* Spanish */
    "ecco certo gi\u00e0 mh beh capito "				/* Italian */
    "pois t\u00e1 "							/* Portuguese */
    "ага угу ну ладно понятно ясно ок окей "				/* Russian */
    "hı hıhı tamam "							/* Turkish */
    "طيب تمام اها آها أها ماشي "					/* Arabic */
    "آهان اهان اوهوم هوم اوکی باشه خب درسته هان اهوم "		/* Persian */
    "अच्छा ठीक हम्म "							/* Hindi */
    "嗯 嗯嗯 哦 好的 "							/* Chinese */
    "うん うんうん へえ なるほど ";					/* Japanese */

static const char *const separators[] = {
	" ", "\t", "\r", "\n", ".", ",", ";", ":", "!", "?", "-", "\"", "(", ")",
	"\u060c", "\u061b", "\u061f", "\u06d4",				/* of Persian and Arabic */
	"\u2026", "\u2013", "\u2014", "\u00a1", "\u00bf", "\u00ab", "\u00bb", "\u201c", "\u201d",
	"\u3001", "\u3002", "\uff0c", "\uff01", "\uff1f", "\u0964",
};

/* Bytes of the separator that text begins with; 0: none. */
static size_t
separator(const char *text)
{
	size_t	 i, n;

	for (i = 0; i < sizeof(separators) / sizeof(separators[0]); i++)
		if (n = strlen(separators[i]), strncmp(text, separators[i], n) == 0)
			return n;
	return 0;
}

/* A capital of two bytes at s becomes a small letter: Latin-1, Greek, Cyrillic. */
static void
lower_two(unsigned char s[2])
{
	if (s[0] == 0xc3 && s[1] >= 0x80 && s[1] <= 0x9e && s[1] != 0x97)
		s[1] += 0x20;
	else if (s[0] == 0xce && s[1] >= 0x91 && s[1] <= 0x9f)
		s[1] += 0x20;
	else if (s[0] == 0xce && s[1] >= 0xa0 && s[1] <= 0xa9) {
		s[0] = 0xcf;
		s[1] -= 0x20;
	} else if (s[0] == 0xd0 && s[1] >= 0x90 && s[1] <= 0x9f)
		s[1] += 0x20;
	else if (s[0] == 0xd0 && s[1] >= 0xa0 && s[1] <= 0xaf) {
		s[0] = 0xd1;
		s[1] -= 0x20;
	}
}

/*
 * The next word of *text in small letters, an apostrophe as ', without the joiners that some
 * recognisers write. Moves *text behind it. 1; 0 at the end; -1: too long to be one of ours.
 */
static int
next_word(const char **text, char word[WORD_SIZE])
{
	const char	*s = *text;
	size_t		 n, len = 0;

	while ((n = separator(s)) > 0)
		s += n;
	for (; *s != '\0' && separator(s) == 0; s += n) {
		if ((n = utf8_char_len(s, strlen(s))) == 0)
			n = 1;
		if (len + n >= WORD_SIZE)
			return -1;
		if (strncmp(s, "\u200c", 3) == 0 || strncmp(s, "\u200d", 3) == 0)
			continue;
		memcpy(word + len, s, n);
		if (n == 1 && *s >= 'A' && *s <= 'Z')
			word[len] = (char)(*s + 32);
		else if (n == 2)
			lower_two((unsigned char *)word + len);
		else if (strncmp(s, "\u2019", 3) == 0) {
			word[len] = '\'';
			len -= 2;
		}
		len += n;
	}
	word[len] = '\0';
	*text = s;
	return len > 0;
}

static bool
is_one_of(const char *word, const char *words)
{
	char	 w[WORD_SIZE];
	int	 rc;

	while ((rc = next_word(&words, w)) == 1)
		if (strcmp(w, word) == 0)
			return true;
	return false;
}

bool
backchannel(const char *text, const char *words)
{
	char	 word[WORD_SIZE];
	size_t	 count = 0;
	int	 rc;

	while ((rc = next_word(&text, word)) == 1)
		if (++count > WORDS_MAX || !is_one_of(word, words == NULL ? builtin : words))
			return false;
	return rc == 0 && count > 0;
}
