/* SPDX-License-Identifier: ISC */
/* transcription: the file of a recording's transcription (spec/vonage.md 8). */
#ifndef CALLSIM_TRANSCRIPTION_H
#define CALLSIM_TRANSCRIPTION_H

#include <stdint.h>

#include "common/json.h"

/* A sentence that begins at_ms from the start; its words share its time by their letters. */
void	transcription_add(struct json_object *sentences, const char *text, int64_t at_ms, int64_t duration_ms);
/* sentences is borrowed. 0; -1 with errno. */
int	transcription_write(const char *path, const char *request_id, struct json_object *sentences,
	    int64_t duration_ms);

#endif
