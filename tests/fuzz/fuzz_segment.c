/* SPDX-License-Identifier: ISC */
/*
 * Decisions made into utterances. Ten bytes make the limits; of each byte after
 * them the lowest bit is the decision and the others the length of the frame,
 * but for 0xff, which sets the limits to the defaults. Events come in the
 * order of segment.h, and times never run backwards.
 */
#include "tests/fuzz/must.h"
#include "vadd/segment.h"

#define LIMITS_LEN	10
#define FRAME_MAX_MS	100

struct seen {
	struct segment_limits	limits;
	uint64_t	audio_start, audio_end, speech_end;
	uint32_t	longest;	/* max_ms so far */
	bool		open, paused;
};

static uint32_t
u16(const uint8_t *p)
{
	return (uint32_t)(p[0] | p[1] << 8);
}

static void
on_begin(struct seen *s, const struct segment_event *ev)
{
	must(!s->open, "an utterance in an utterance");
	must(ev->audio_ms >= s->audio_end, "audio is handed on twice");
	must(ev->audio_ms <= ev->speech_ms && ev->speech_ms <= ev->announced_ms, "it begins at a wrong time");
	must(ev->announced_ms - ev->audio_ms <= segment_reach_ms(&s->limits), "it reaches too far back");
	s->open = true;
	s->paused = false;
	s->audio_start = ev->audio_ms;
	s->speech_end = ev->announced_ms;
}

static void
on_end(struct seen *s, const struct segment_event *ev)
{
	must(s->open, "the end of nothing");
	must(ev->audio_ms >= s->audio_start && ev->audio_ms <= ev->announced_ms, "it ends at a wrong time");
	must(ev->audio_ms - s->audio_start < s->longest + FRAME_MAX_MS, "it is too long");
	must(ev->speech_ms <= ev->announced_ms && ev->speech_ms >= s->audio_start, "speech ends at a wrong time");
	s->open = s->paused = false;
	s->audio_end = ev->audio_ms;
}

static void
on_event(struct seen *s, const struct segment_event *ev)
{
	switch (ev->kind) {
	case SEGMENT_NONE:
		break;
	case SEGMENT_BEGIN:
		on_begin(s, ev);
		break;
	case SEGMENT_PAUSE:
		must(s->open && !s->paused, "a pause of nothing");
		must(ev->speech_ms <= ev->announced_ms, "a pause before it was quiet");
		s->paused = true;
		s->speech_end = ev->speech_ms;
		break;
	case SEGMENT_RESUME:
		must(s->open && s->paused, "it goes on without a pause");
		must(ev->speech_ms >= s->speech_end && ev->speech_ms <= ev->announced_ms, "it goes on at a wrong time");
		s->paused = false;
		break;
	case SEGMENT_END:
		on_end(s, ev);
		break;
	}
}

static void
feed(struct segment *seg, struct seen *s, const uint8_t *data, size_t size)
{
	struct segment_event	ev;
	uint64_t		now;
	size_t			i;
	uint32_t		frame_ms;

	for (i = 0; i < size; i++) {
		if (data[i] == 0xff) {
			must(segment_set_limits(seg, &segment_defaults) == 0, "the defaults are refused");
			s->limits = segment_defaults;
			s->longest = s->longest > s->limits.max_ms ? s->longest : s->limits.max_ms;
			continue;
		}
		frame_ms = 1 + (data[i] >> 1) % FRAME_MAX_MS;
		now = segment_now_ms(seg);
		memset(&ev, 0xee, sizeof(ev));
		must(segment_feed(seg, (data[i] & 1) != 0, frame_ms, &ev) == ev.kind, "two kinds of event");
		must(segment_now_ms(seg) == now + frame_ms && ev.announced_ms == now + frame_ms, "the clock is wrong");
		on_event(s, &ev);
		must(segment_is_open(seg) == s->open, "open or not?");
	}
	must(segment_flush(seg, &ev) == (s->open ? SEGMENT_END : SEGMENT_NONE), "a wrong end of the audio");
	on_event(s, &ev);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen	 s = { .open = false };
	struct segment	*seg;
	const char	*cause = NULL;

	if (size < LIMITS_LEN)
		return 0;
	s.limits = (struct segment_limits){ .onset_ms = u16(data), .preroll_ms = u16(data + 2), .pause_ms = u16(data + 4),
	    .hangover_ms = u16(data + 6), .max_ms = u16(data + 8) };
	if (segment_limits_check(&s.limits, &cause) == -1) {
		must(cause != NULL && segment_new(&s.limits, 0) == NULL, "wrong limits are taken");
		s.limits = segment_defaults;
	}
	s.longest = s.limits.max_ms;
	must((seg = segment_new(&s.limits, 0)) != NULL, "good limits are refused");
	feed(seg, &s, data + LIMITS_LEN, size - LIMITS_LEN);
	segment_free(seg);
	return 0;
}
