/* SPDX-License-Identifier: ISC */
#include "vadd/segment.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/mem.h"

#define RUN_REACH	3	/* an onset began at most 3 x onset_ms ago */
#define LEAK		4	/* a frame of speech takes back so many of silence */

enum segment_state { SILENT, OPEN, PAUSED };

struct segment {
	struct segment_limits	limits;
	enum segment_state	state;
	uint64_t	now_ms;
	uint32_t	run_ms;		/* speech towards an onset, leaky */
	uint64_t	run_start_ms;
	uint32_t	silence_ms;	/* towards pause and hangover */
	uint64_t	audio_start_ms;	/* of the open utterance */
	uint64_t	audio_end_ms;	/* of the last one */
	uint64_t	speech_start_ms, speech_end_ms;
};

const struct segment_limits segment_defaults = {
	.onset_ms = 60, .preroll_ms = 300, .pause_ms = 200, .hangover_ms = 500, .max_ms = 20000
};

int
segment_limits_check(const struct segment_limits *l, const char **ret_cause)
{
	if (l->onset_ms == 0 || l->onset_ms > 1000)
		*ret_cause = "onset_ms is not in 1 to 1000";
	else if (l->preroll_ms > 2000)
		*ret_cause = "preroll_ms is over 2000";
	else if (l->pause_ms == 0)
		*ret_cause = "pause_ms is 0";
	else if (l->hangover_ms <= l->pause_ms || l->hangover_ms > 10000)
		*ret_cause = "hangover_ms is not more than pause_ms, or over 10000";
	else if (l->max_ms < 1000 || l->max_ms > 60000)
		*ret_cause = "max_ms is not in 1000 to 60000";
	else if (l->max_ms < segment_reach_ms(l) + l->hangover_ms)
		*ret_cause = "max_ms has no room for onset, preroll and hangover";
	else if (l->short_ms > 0 && (l->short_hangover_ms <= l->pause_ms || l->short_hangover_ms > l->hangover_ms))
		*ret_cause = "short_hangover_ms is not more than pause_ms, or over hangover_ms";
	else
		return 0;
	return -1;
}

uint32_t
segment_reach_ms(const struct segment_limits *limits)
{
	return limits->preroll_ms + RUN_REACH * limits->onset_ms;
}

struct segment *
segment_new(const struct segment_limits *limits, uint64_t start_ms)
{
	struct segment	*seg;
	const char	*cause;

	if (segment_limits_check(limits, &cause) == -1) {
		errno = EINVAL;
		return NULL;
	}
	if ((seg = mem_calloc(1, sizeof(*seg))) == NULL)
		return NULL;
	seg->limits = *limits;
	seg->now_ms = seg->audio_end_ms = start_ms;
	return seg;
}

void
segment_free(struct segment *seg)
{
	free(seg);
}

int
segment_set_limits(struct segment *seg, const struct segment_limits *limits)
{
	const char	*cause;

	if (segment_limits_check(limits, &cause) == -1) {
		errno = EINVAL;
		return -1;
	}
	seg->limits = *limits;
	return 0;
}

void
segment_abort(struct segment *seg)
{
	seg->state = SILENT;
	seg->run_ms = seg->silence_ms = 0;
}

bool
segment_is_open(const struct segment *seg)
{
	return seg->state != SILENT;
}

uint64_t
segment_now_ms(const struct segment *seg)
{
	return seg->now_ms;
}

static enum segment_kind
report(const struct segment *seg, enum segment_kind kind, uint64_t audio_ms, uint64_t speech_ms,
    struct segment_event *ret)
{
	ret->kind = kind;
	ret->announced_ms = seg->now_ms;
	ret->audio_ms = audio_ms;
	ret->speech_ms = speech_ms;
	return kind;
}

/* Count towards an onset; true when it is reached. */
static bool
onset(struct segment *seg, enum segment_speech speech, uint32_t frame_ms)
{
	uint64_t	 oldest;

	if (speech == SEGMENT_SILENCE) {
		seg->run_ms -= seg->run_ms < frame_ms ? seg->run_ms : frame_ms;
		return false;
	}
	if (seg->run_ms == 0)
		seg->run_start_ms = seg->now_ms - frame_ms;
	oldest = (uint64_t)RUN_REACH * seg->limits.onset_ms;
	oldest = seg->now_ms > oldest ? seg->now_ms - oldest : 0;
	if (seg->run_start_ms < oldest)
		seg->run_start_ms = oldest;
	seg->run_ms += speech == SEGMENT_SURE ? frame_ms + frame_ms / 2 : frame_ms;
	return seg->run_ms >= seg->limits.onset_ms;
}

static enum segment_kind
begin(struct segment *seg, struct segment_event *ret)
{
	uint64_t	 start = seg->run_start_ms;

	start -= start < seg->limits.preroll_ms ? start : seg->limits.preroll_ms;
	if (start < seg->audio_end_ms)
		start = seg->audio_end_ms;
	if (seg->run_start_ms < start)
		seg->run_start_ms = start;
	seg->state = OPEN;
	seg->audio_start_ms = start;
	seg->speech_start_ms = seg->run_start_ms;
	seg->speech_end_ms = seg->now_ms;
	seg->run_ms = seg->silence_ms = 0;
	return report(seg, SEGMENT_BEGIN, start, seg->run_start_ms, ret);
}

static enum segment_kind
end(struct segment *seg, bool capped, struct segment_event *ret)
{
	uint64_t	 audio_end = seg->speech_end_ms + seg->limits.pause_ms;

	if (audio_end > seg->now_ms || (capped && seg->state == OPEN))
		audio_end = seg->now_ms;
	seg->state = SILENT;
	seg->audio_end_ms = audio_end;
	seg->run_ms = seg->silence_ms = 0;
	ret->capped = capped;
	return report(seg, SEGMENT_END, audio_end, seg->speech_end_ms, ret);
}

static enum segment_kind
feed_open(struct segment *seg, enum segment_speech speech, uint32_t frame_ms, struct segment_event *ret)
{
	if (speech != SEGMENT_SILENCE) {
		seg->silence_ms -= seg->silence_ms < LEAK * frame_ms ? seg->silence_ms : LEAK * frame_ms;
		if (seg->silence_ms == 0)
			seg->speech_end_ms = seg->now_ms;
		return SEGMENT_NONE;
	}
	seg->silence_ms += frame_ms;
	if (seg->silence_ms < seg->limits.pause_ms)
		return SEGMENT_NONE;
	seg->state = PAUSED;
	seg->run_ms = 0;
	return report(seg, SEGMENT_PAUSE, seg->now_ms, seg->speech_end_ms, ret);
}

static uint32_t
hangover_ms(const struct segment *seg)
{
	if (seg->speech_end_ms - seg->speech_start_ms <= seg->limits.short_ms)
		return seg->limits.short_hangover_ms;
	return seg->limits.hangover_ms;
}

static enum segment_kind
feed_paused(struct segment *seg, enum segment_speech speech, uint32_t frame_ms, struct segment_event *ret)
{
	if (onset(seg, speech, frame_ms)) {
		seg->state = OPEN;
		seg->run_ms = seg->silence_ms = 0;
		seg->speech_end_ms = seg->now_ms;
		return report(seg, SEGMENT_RESUME, seg->now_ms, seg->run_start_ms, ret);
	}
	if (speech == SEGMENT_SILENCE)
		seg->silence_ms += frame_ms;
	if (seg->silence_ms >= hangover_ms(seg))
		return end(seg, false, ret);
	return SEGMENT_NONE;
}

enum segment_kind
segment_feed(struct segment *seg, enum segment_speech speech, uint32_t frame_ms, struct segment_event *ret_ev)
{
	enum segment_kind	 kind = SEGMENT_NONE;

	assert(frame_ms >= 1 && frame_ms <= 100);
	seg->now_ms += frame_ms;
	*ret_ev = (struct segment_event){ .kind = SEGMENT_NONE, .announced_ms = seg->now_ms,
	    .audio_ms = seg->now_ms, .speech_ms = seg->now_ms };
	switch (seg->state) {
	case SILENT:
		return onset(seg, speech, frame_ms) ? begin(seg, ret_ev) : SEGMENT_NONE;
	case OPEN:
		kind = feed_open(seg, speech, frame_ms, ret_ev);
		break;
	case PAUSED:
		kind = feed_paused(seg, speech, frame_ms, ret_ev);
		break;
	}
	if (kind != SEGMENT_END && seg->now_ms - seg->audio_start_ms >= seg->limits.max_ms)
		return end(seg, true, ret_ev);
	return kind;
}

enum segment_kind
segment_flush(struct segment *seg, struct segment_event *ret_ev)
{
	*ret_ev = (struct segment_event){ .kind = SEGMENT_NONE, .announced_ms = seg->now_ms,
	    .audio_ms = seg->now_ms, .speech_ms = seg->now_ms };
	if (seg->state == SILENT)
		return SEGMENT_NONE;
	return end(seg, false, ret_ev);
}
