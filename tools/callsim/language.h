/* SPDX-License-Identifier: ISC */
/* language: what Vonage can speak and understand (spec/vonage.md 10). Pure. */
#ifndef CALLSIM_LANGUAGE_H
#define CALLSIM_LANGUAGE_H

#include <stdbool.h>

bool	language_spoken(const char *code);	/* text to speech; fa-IR is not */
bool	language_understood(const char *code);	/* speech recognition, transcription */

#endif
