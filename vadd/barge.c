/* SPDX-License-Identifier: ISC */
#include "vadd/barge.h"

#define MATCH		0.80f	/* of an unknown path: so like what is played is an echo */
#define MATCH_LATE	0.54f	/* when there is more to compare */
#define MATCH_LOUD	0.15f	/* more where it is louder than most echoes */
#define LATE_MS		280
#define EARLY_MS	240	/* words begin softly: before that only a clear echo is one */
#define MATCH_KNOWN	0.65f
#define LOUD_DB		18.0f	/* below the loudest: the end of a sound, which the detector holds */
#define STRANGE_DB	15.0f	/* no echo is so much louder than the one that is known */
#define LEAST_DB	3.0f	/* over echo and noise */
#define QUIET_MS	80	/* an interruption is no longer below LOUD_DB when it is confirmed */
#define VOICED		0.15f	/* harmonicity of a vowel, also in noise */
#define VOICED_MS	60	/* coughs, clicks and breath have less of it */

void
barge_begin(struct barge *b, uint32_t speech_ms)
{
	*b = (struct barge){ .state = BARGE_PENDING, .age_ms = speech_ms, .own_ms = speech_ms,
	    .strange_ms = speech_ms };
}

static enum barge_verdict
decide(struct barge *b, enum barge_verdict v)
{
	b->short_ms = b->own_ms;
	b->state = v == BARGE_CONFIRM || v == BARGE_AGAIN ? BARGE_CONFIRMED : BARGE_WITHDRAWN;
	return v;
}

static bool
is_echo(const struct barge *b, const struct echo_result *back)
{
	switch (back->path) {
	case ECHO_KNOWN:
		return b->strange_ms * (b->age_ms < EARLY_MS ? 4 : 2) < b->age_ms ||
		    (back->match >= MATCH_KNOWN && b->strange_ms * 4 < b->age_ms * 3);
	case ECHO_NONE:
	case ECHO_UNKNOWN:
		break;
	}
	if (back->path == ECHO_NONE)		/* the receiver was laid down, perhaps */
		return b->age_ms >= EARLY_MS && back->match >= MATCH;
	return back->match >= (b->age_ms >= LATE_MS ? MATCH_LATE : MATCH) + (back->gain_db > ECHO_GAIN_DB ? MATCH_LOUD : 0.0f);
}

/* What is played will be told soon, but is not known now. */
static bool
is_blind(const struct echo_result *back)
{
	return back->untold && !back->deaf;
}

static void
note(struct barge *b, bool speech, const struct echo_result *back, uint32_t frame_ms)
{
	float	 least = b->peak_db - LOUD_DB;

	b->age_ms += frame_ms;
	b->quiet_ms += frame_ms;
	if (!speech || back->explained)
		return;
	b->strange_ms += back->excess_db >= STRANGE_DB ? 2 * frame_ms : frame_ms;
	if (back->active) {
		b->peak_db = back->excess_db > b->peak_db ? back->excess_db : b->peak_db;
		if (back->excess_db < (least > LEAST_DB ? least : LEAST_DB))
			return;
	}
	b->own_ms += frame_ms;
	b->voiced_ms += !back->active || back->harmonicity >= VOICED ? frame_ms : 0;
	b->quiet_ms = 0;
}

/* It was withdrawn as short. */
static enum barge_verdict
goes_on(struct barge *b, const struct echo_result *back)
{
	const uint32_t	 more_ms = b->own_ms - b->short_ms;

	if (more_ms < BARGE_AGAIN_MS || b->quiet_ms > 0 || b->voiced_ms < VOICED_MS || is_blind(back))
		return BARGE_NONE;
	return decide(b, is_echo(b, back) ? BARGE_ECHO : BARGE_AGAIN);
}

enum barge_verdict
barge_feed(struct barge *b, bool speech, const struct echo_result *back, uint32_t confirm_ms, uint32_t frame_ms)
{
	if (b->state != BARGE_PENDING && b->state != BARGE_WITHDRAWN)
		return BARGE_NONE;
	note(b, speech, back, frame_ms);
	if (b->state == BARGE_WITHDRAWN)
		return goes_on(b, back);
	if (b->age_ms >= BARGE_ECHO_MS && is_echo(b, back))
		return decide(b, BARGE_ECHO);
	if (b->age_ms < confirm_ms)
		return BARGE_NONE;
	if (b->own_ms * 2 >= confirm_ms && b->quiet_ms < QUIET_MS && b->voiced_ms >= VOICED_MS && !is_blind(back))
		return decide(b, BARGE_CONFIRM);
	return b->age_ms >= confirm_ms + BARGE_LATER_MS ? decide(b, BARGE_SHORT) : BARGE_NONE;
}

enum barge_verdict
barge_pause(struct barge *b)
{
	return b->state == BARGE_PENDING ? decide(b, BARGE_SHORT) : BARGE_NONE;
}
