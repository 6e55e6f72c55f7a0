/* SPDX-License-Identifier: ISC */
#include "brokerd/backchannel.h"

#include <stddef.h>
#include <string.h>

#define WORDS_MAX	4
#define SEPARATORS	" \t\r\n.,;:!?-'\""

/* No "yes" and no "no": they may be an answer. */
static const char *const words[] = {
	"uh", "huh", "uhhuh", "hm", "hmm", "hmmm", "mhm", "mm", "mmm", "mmhm", "mmhmm", "um", "uhm", "ah", "aha", "oh", "eh",
	"ok", "okay", "right", "sure", "yeah", "yep", "yup", "alright",
	"genau", "klar", "accord", "ouais", "vale", "claro", "ecco", "certo",
	"\xd8\xa2\xd9\x87\xd8\xa7\xd9\x86",		/* "ahan" */
	"\xd8\xa8\xd8\xa7\xd8\xb4\xd9\x87",		/* "bashe" */
};

/* Compare n bytes, ASCII letters in any case. */
static bool
is_word(const char *text, size_t n)
{
	size_t	 i, k;
	char	 c;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (k = 0; k < n && words[i][k] != '\0'; k++) {
			c = text[k] >= 'A' && text[k] <= 'Z' ? (char)(text[k] + 32) : text[k];
			if (c != words[i][k])
				break;
		}
		if (k == n && words[i][k] == '\0')
			return true;
	}
	return false;
}

bool
backchannel(const char *text)
{
	size_t	 n, count = 0;

	for (text += strspn(text, SEPARATORS); *text != '\0'; text += n, text += strspn(text, SEPARATORS)) {
		n = strcspn(text, SEPARATORS);
		if (++count > WORDS_MAX || !is_word(text, n))
			return false;
	}
	return count > 0;
}
