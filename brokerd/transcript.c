/* SPDX-License-Identifier: ISC */
#include "brokerd/transcript.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"

#define SAME_WORD_MAX	5
#define ECHO_WORDS	3
#define NORMAL_MAX	8192

static const char *const boilerplate[] = {	/* whole normalised text only */
	"thank you for watching", "thanks for watching", "please subscribe", "subtitles by the amara org community",
	"please subscribe to my channel", "like and subscribe",
};

static void
put_trimmed(struct buf *out, const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	(void)buf_append(out, text, len);
}

/* Segments that say themselves that there was no speech (spec/ai.md 1.2). */
static bool
only_silence(struct json_object *obj)
{
	struct json_object	*segments = json_get_arr(obj, "segments"), *s;
	double			 silence, logprob;
	size_t			 i, n = segments == NULL ? 0 : json_object_array_length(segments);

	for (i = 0; i < n; i++) {
		s = json_object_array_get_idx(segments, i);
		if (!json_object_is_type(s, json_type_object) || json_get_double(s, "no_speech_prob", &silence) != 1 ||
		    json_get_double(s, "avg_logprob", &logprob) != 1 || silence <= 0.6 || logprob >= -1.0)
			return false;
	}
	return n > 0;
}

const char *
transcript_decode(const char *type, const char *body, size_t len, struct buf *out)
{
	struct json_object	*obj;
	const char		*text;

	if (strncasecmp(type, "text/", 5) == 0) {
		put_trimmed(out, body, strnlen(body, len));
		return buf_failed(out) ? "no memory" : NULL;
	}
	if ((obj = json_parse(body, len, NULL)) == NULL)
		return "the answer is no JSON";
	text = json_object_is_type(obj, json_type_object) ? json_get_str(obj, "text") : NULL;
	if (text != NULL && !only_silence(obj))
		put_trimmed(out, text, strlen(text));
	json_object_put(obj);
	return text == NULL ? "the answer has no text" : buf_failed(out) ? "no memory" : NULL;
}

static bool
is_word_byte(char c)
{
	return ((unsigned char)c & 0x80) != 0 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Lower case words with single spaces between, and one at both ends. Returns the number of words. */
static size_t
normalise(const char *text, char *out, size_t size)
{
	size_t	 n = 0, words = 0;

	out[n++] = ' ';
	for (; *text != '\0' && n + 2 < size; text++) {
		if (is_word_byte(*text)) {
			words += out[n - 1] == ' ';
			out[n++] = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
		} else if (*text != '\'' && out[n - 1] != ' ') {
			out[n++] = ' ';
		}
	}
	if (out[n - 1] != ' ')
		out[n++] = ' ';
	out[n] = '\0';
	return words;
}

static bool
in_brackets(const char *text)
{
	size_t		 n = strlen(text);
	const char	*open, *close = NULL, *at;

	if (n < 2 || (at = strchr("[(*", text[0])) == NULL)
		return false;
	open = "[(*";
	close = "])*";
	return text[n - 1] == close[at - open] && strchr(text + 1, text[n - 1]) == text + n - 1;
}

static bool
one_word_over_and_over(const char *normal, size_t words)
{
	size_t	 len = strcspn(normal + 1, " ") + 1, i;

	if (words < SAME_WORD_MAX)
		return false;
	for (i = 0; normal[i + 1] != '\0'; i += len)
		if (strncmp(normal + i, normal, len + 1) != 0)
			return false;
	return true;
}

const char *
transcript_doubt(const char *text, const char *prompt)
{
	char	 normal[NORMAL_MAX], ours[NORMAL_MAX];
	size_t	 words = normalise(text, normal, sizeof(normal)), i, n;

	if (in_brackets(text))
		return "it stands in brackets";
	if (words == 0)
		return "it has no words";
	if (one_word_over_and_over(normal, words))
		return "it repeats one word";
	for (i = 0; i < sizeof(boilerplate) / sizeof(boilerplate[0]); i++) {
		n = strlen(boilerplate[i]);
		if (strncmp(normal + 1, boilerplate[i], n) == 0 && normal[n + 2] == '\0')
			return "it is a subtitle's boilerplate";
	}
	(void)normalise(prompt == NULL ? "" : prompt, ours, sizeof(ours));
	if (words > ECHO_WORDS && strstr(ours, normal) != NULL)
		return "it echoes the prompt";
	return NULL;
}
