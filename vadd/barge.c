/* SPDX-License-Identifier: ISC */
#include "vadd/barge.h"

#define MATCH		0.45f	/* of an unknown path: so like what is played is an echo */
#define MATCH_KNOWN	0.75f
#define WEAK_DB		3.0f	/* the end of a sound, which the detector holds */

void
barge_begin(struct barge *b, uint32_t speech_ms)
{
	*b = (struct barge){ .state = BARGE_PENDING, .age_ms = speech_ms, .speech_ms = speech_ms, .own_ms = speech_ms };
}

static enum barge_verdict
decide(struct barge *b, enum barge_verdict v)
{
	b->state = v == BARGE_CONFIRM ? BARGE_CONFIRMED : BARGE_WITHDRAWN;
	return v;
}

static bool
is_echo(const struct barge *b, const struct echo_result *echo)
{
	if (echo->path == ECHO_KNOWN)
		return b->own_ms * 2 < b->age_ms || (echo->match >= MATCH_KNOWN && b->own_ms * 4 < b->age_ms * 3);
	return echo->path == ECHO_UNKNOWN && echo->match >= MATCH;
}

enum barge_verdict
barge_feed(struct barge *b, bool speech, const struct echo_result *echo, uint32_t confirm_ms, uint32_t frame_ms)
{
	const uint32_t	 decide_ms = confirm_ms + BARGE_DECIDE_MS - BARGE_CONFIRM_MS;

	if (b->state != BARGE_PENDING)
		return BARGE_NONE;
	b->age_ms += frame_ms;
	if (speech) {
		b->speech_ms += frame_ms;
		b->own_ms += echo->explained || (echo->active && echo->excess_db < WEAK_DB) ? 0 : frame_ms;
	}
	if (b->age_ms >= BARGE_EARLY_MS && is_echo(b, echo))
		return decide(b, BARGE_ECHO);
	if (b->own_ms >= confirm_ms)
		return decide(b, BARGE_CONFIRM);
	if (b->age_ms >= decide_ms)
		return decide(b, b->own_ms * 2 >= decide_ms ? BARGE_CONFIRM : BARGE_SHORT);
	return BARGE_NONE;
}

enum barge_verdict
barge_pause(struct barge *b)
{
	return b->state == BARGE_PENDING ? decide(b, BARGE_SHORT) : BARGE_NONE;
}
