/* SPDX-License-Identifier: ISC */
/*
 * input: what an NCCO input has heard and when it is complete
 * (spec/vonage.md 3.7).
 *
 * Time is given as milliseconds of the leg. Keys and speech count from
 * input_begin(); the timers run from input_arm(), when what is played with
 * bargeIn is over (or was interrupted). Whichever of the two kinds begins
 * first decides:
 *
 *   keys	end with maxDigits, with the hash (submitOnHash), or timeOut
 *		after the last digit;
 *   speech	ends endOnSilence after it, or maxDuration after its begin;
 *   neither	with keys only: timeOut after the begin; with speech: startTimeout.
 * Pure.
 */
#ifndef CALLSIM_INPUT_H
#define CALLSIM_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_DIGITS_MAX	20
#define INPUT_TEXT_MAX		2000

struct input_config {
	bool		 dtmf, speech;
	int64_t		 dtmf_timeout_ms;
	unsigned	 max_digits;
	bool		 submit_on_hash;
	int64_t		 silence_ms, start_timeout_ms, max_duration_ms;
};

enum input_reason {		/* of speech: timeout_reason */
	INPUT_END_ON_SILENCE, INPUT_MAX_DURATION, INPUT_START_TIMEOUT
};

struct input {			/* read the fields, change them by calls only */
	struct input_config config;
	bool		 armed, done;
	int64_t		 armed_ms;
	char		 digits[INPUT_DIGITS_MAX + 1];
	unsigned	 ndigits;
	int64_t		 last_digit_ms;
	bool		 timed_out;		/* the keys */
	bool		 speaking, spoke;
	int64_t		 speech_begin_ms, speech_end_ms;
	char		 text[INPUT_TEXT_MAX];	/* all that was said, in words */
	enum input_reason reason;
};

void	input_begin(struct input *in, const struct input_config *config);
void	input_arm(struct input *in, int64_t now_ms);	/* the first time counts */
/* Each returns whether the input is complete now; then nothing changes any more. */
bool	input_key(struct input *in, char key, int64_t now_ms);
bool	input_speech_begin(struct input *in, const char *text, int64_t now_ms);
bool	input_speech_end(struct input *in, int64_t now_ms);
bool	input_tick(struct input *in, int64_t now_ms);

const char *input_reason_name(enum input_reason reason);

#endif
