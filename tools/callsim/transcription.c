/* SPDX-License-Identifier: ISC */
#include "tools/callsim/transcription.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/report.h"

#define WORD_CONFIDENCE	0.9	/* no recogniser listened: it is what the script says */

static void
add_words(struct json_object *words, const char *text, int64_t at_ms, int64_t duration_ms)
{
	size_t			 total = strlen(text), begin, len;
	struct json_object	*o;
	char			 word[100];

	for (begin = strspn(text, " "); text[begin] != '\0'; begin += len + strspn(text + begin + len, " ")) {
		len = strcspn(text + begin, " ");
		if ((o = json_object_new_object()) == NULL)
			return;
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text + begin);
		(void)json_add_str(o, "word", word);
		(void)json_add_int(o, "start_time", at_ms + duration_ms * (int64_t)begin / (int64_t)total);
		(void)json_add_int(o, "end_time", at_ms + duration_ms * (int64_t)(begin + len) / (int64_t)total);
		(void)json_add(o, "confidence", report_number(WORD_CONFIDENCE));
		(void)json_object_array_add(words, o);
	}
}

void
transcription_add(struct json_object *sentences, const char *text, int64_t at_ms, int64_t duration_ms)
{
	struct json_object	*o = json_object_new_object(), *words = json_object_new_array();
	char			*raw = mem_strdup(text), *p;

	if (sentences == NULL || o == NULL || words == NULL || raw == NULL) {
		json_object_put(o);
		json_object_put(words);
		free(raw);
		return;
	}
	for (p = raw; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	add_words(words, text, at_ms, duration_ms);
	(void)json_add_str(o, "sentence", text);
	(void)json_add_str(o, "raw_sentence", raw);
	(void)json_add_int(o, "duration", duration_ms);
	(void)json_add_int(o, "timestamp", at_ms);
	(void)json_add(o, "words", words);
	(void)json_object_array_add(sentences, o);
	free(raw);
}

int
transcription_write(const char *path, const char *request_id, struct json_object *sentences, int64_t duration_ms)
{
	struct json_object	*o = json_object_new_object(), *channels = json_object_new_array();
	struct json_object	*channel = json_object_new_object();
	int			 rc = -1;

	if (o != NULL && channels != NULL && channel != NULL) {
		(void)json_add_str(o, "ver", "2.1.0");
		(void)json_add_str(o, "request_id", request_id);
		(void)json_add_int(channel, "duration", duration_ms);
		(void)json_add(channel, "transcript", json_object_get(sentences));
		(void)json_object_array_add(channels, json_object_get(channel));
		(void)json_add(o, "channels", json_object_get(channels));
		rc = report_write(o, path);
	} else
		errno = ENOMEM;
	json_object_put(channel);
	json_object_put(channels);
	json_object_put(o);
	return rc;
}
