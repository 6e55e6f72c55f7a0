/* SPDX-License-Identifier: ISC */
/*
 * voice: text to 16-bit PCM, piece by piece.
 *
 * Two synthesisers: flite with the voice slt in this process (English, 16 kHz),
 * and the program espeak-ng as a child process for other languages (22,050 Hz;
 * it is GPL, so it is never linked). Not locked; one call at a time.
 */
#ifndef BROKERD_ENGINES_VOICE_H
#define BROKERD_ENGINES_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes a piece of audio; n may be 0 (a chance to stop). False: stop now. */
typedef bool voice_sink(void *arg, uint32_t rate_hz, const int16_t *samples, size_t n);

enum voice_result { VOICE_OK, VOICE_STOPPED, VOICE_FAILED };

/* Load slt. 0, -1. */
int	voice_flite_open(void);
/* Speak one piece of text, all of it in memory as one utterance. */
enum voice_result voice_flite(const char *text, voice_sink *sink, void *arg);

/*
 * The name of espeak-ng's voice for a language tag ("fa", "pt-BR"), NULL when
 * it has none.
 */
const char *voice_espeak_name(const char *language);
/*
 * Run program (found by PATH) with a voice. On VOICE_FAILED the reason is in
 * cause. The child is killed when sink says stop or after 5 s without output.
 */
enum voice_result voice_espeak(const char *program, const char *voice, const char *text,
    voice_sink *sink, void *arg, char *cause, size_t cause_size);

/*
 * Length of the first sentence of text: to the end mark and the spaces behind
 * it, or all. "7.30" and "p.m. on" are not cut.
 */
size_t	voice_sentence_len(const char *text);

#endif
