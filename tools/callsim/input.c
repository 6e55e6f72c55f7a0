/* SPDX-License-Identifier: ISC */
#include "tools/callsim/input.h"

#include <stdio.h>
#include <string.h>

const char *
input_reason_name(enum input_reason reason)
{
	static const char *const names[] = {
		[INPUT_END_ON_SILENCE] = "end_on_silence_timeout",
		[INPUT_MAX_DURATION] = "max_duration",
		[INPUT_START_TIMEOUT] = "start_timeout",
	};

	return names[reason];
}

void
input_begin(struct input *in, const struct input_config *config)
{
	*in = (struct input){ .config = *config, .reason = INPUT_START_TIMEOUT };
	if (in->config.max_digits > INPUT_DIGITS_MAX)
		in->config.max_digits = INPUT_DIGITS_MAX;
}

void
input_arm(struct input *in, int64_t now_ms)
{
	if (in->armed)
		return;
	in->armed = true;
	in->armed_ms = now_ms;
}

bool
input_key(struct input *in, char key, int64_t now_ms)
{
	if (in->done || !in->config.dtmf || in->speaking || in->spoke)
		return in->done;
	input_arm(in, now_ms);
	if (key == '#' && in->config.submit_on_hash)
		return in->done = true;
	in->digits[in->ndigits++] = key;
	in->last_digit_ms = now_ms;
	return in->done = in->ndigits >= in->config.max_digits;
}

bool
input_speech_begin(struct input *in, const char *text, int64_t now_ms)
{
	size_t	len = strlen(in->text);

	if (in->done || !in->config.speech || in->ndigits > 0)
		return in->done;
	input_arm(in, now_ms);
	if (!in->spoke)
		in->speech_begin_ms = now_ms;
	in->speaking = in->spoke = true;
	(void)snprintf(in->text + len, sizeof(in->text) - len, "%s%s", len > 0 ? " " : "", text);
	return false;
}

bool
input_speech_end(struct input *in, int64_t now_ms)
{
	if (!in->speaking)
		return in->done;
	in->speaking = false;
	in->speech_end_ms = now_ms;
	return in->done;
}

static bool
tick_speech(struct input *in, int64_t now_ms)
{
	if (now_ms - in->speech_begin_ms >= in->config.max_duration_ms) {
		in->reason = INPUT_MAX_DURATION;
		return true;
	}
	in->reason = INPUT_END_ON_SILENCE;
	return !in->speaking && now_ms - in->speech_end_ms >= in->config.silence_ms;
}

bool
input_tick(struct input *in, int64_t now_ms)
{
	if (in->done || !in->armed)
		return in->done;
	if (in->spoke)
		in->done = tick_speech(in, now_ms);
	else if (in->ndigits > 0 || !in->config.speech)
		in->done = in->timed_out = now_ms - (in->ndigits > 0 ? in->last_digit_ms :
		    in->armed_ms) >= in->config.dtmf_timeout_ms;
	else {
		in->done = now_ms - in->armed_ms >= in->config.start_timeout_ms;
		in->timed_out = in->done && in->config.dtmf;
	}
	return in->done;
}
