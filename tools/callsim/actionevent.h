/* SPDX-License-Identifier: ISC */
/*
 * actionevent: the JSON of events that NCCO actions send (spec/vonage.md 2.4,
 * 3.7, 8). The caller frees it; NULL: ENOMEM.
 */
#ifndef CALLSIM_ACTIONEVENT_H
#define CALLSIM_ACTIONEVENT_H

#include <stdint.h>

#include "tools/callsim/input.h"

struct leg;
struct recorder;

/* recording_url: of saveAudio, NULL without. */
char	*actionevent_input(const struct leg *leg, const struct input *in, const char *recording_url);
/* One key of mode asynchronous. */
char	*actionevent_key(const struct leg *leg, char key);
char	*actionevent_transfer(const char *uuid, const char *from, const char *to);
char	*actionevent_notify(const char *conversation_uuid, const char *payload);
char	*actionevent_record(const struct recorder *r, const char *url, int64_t size, int64_t end_ms);
char	*actionevent_transcribed(const struct recorder *r, const char *url);

#endif
