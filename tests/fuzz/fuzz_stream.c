/* SPDX-License-Identifier: ISC */
/*
 * A call's audio made of what the bytes say: the first chooses the rate, then each is an order: its upper half what
 * comes, its lower half how many frames of it. Whatever comes, scores are numbers, positions and times go
 * forward, and each utterance that begins is given out once.
 */
#include <stdlib.h>

#include "common/audio.h"
#include "tests/fuzz/must.h"
#include "vadd/stream.h"

struct seen {
	uint32_t	number;		/* of the open utterance, 0 none */
	uint64_t	last_end_ms;
};

static void
on_event(struct seen *s, const struct stream *st, const struct stream_event *ev)
{
	must(ev->vad.score >= 0.0f && ev->vad.score <= 1.0f, "a score that is none");
	if (ev->seg.kind == SEGMENT_BEGIN) {
		must(s->number == 0 && ev->number != 0, "an utterance in an utterance");
		must(ev->seg.audio_ms >= s->last_end_ms, "audio is handed on twice");
		s->number = ev->number;
	}
	if (ev->barge == BARGE_ECHO)
		s->number = 0;		/* as if it had never begun */
	if (ev->seg.kind == SEGMENT_END) {
		must(s->number == ev->number, "the end of another");
		must(ev->done != NULL, "an utterance that is not given out");
		must(ev->done->nsamples <= ev->done->size && ev->done->speech_end_ms >= ev->done->speech_start_ms &&
		    ev->done->speech_start_ms >= ev->done->start_ms, "an utterance with wrong times");
		s->last_end_ms = ev->done->start_ms + ev->done->nsamples * 1000 / ev->done->rate_hz;
		s->number = 0;
	} else {
		must(ev->done == NULL, "an utterance without an end");
	}
	must((stream_open(st, NULL, NULL) != 0) == (s->number != 0), "open or not?");
	utterance_free(ev->done);
}

static void
fill(int16_t *pcm, uint32_t n, unsigned kind, uint64_t at, uint32_t *seed)
{
	uint32_t	 i;

	for (i = 0; i < n; i++) {
		*seed = *seed * 1664525U + 1013904223U;
		switch (kind) {
		case 0:
			pcm[i] = 0;
			break;
		case 1:
			pcm[i] = (int16_t)(*seed >> 16);
			break;
		case 2:
			pcm[i] = (at + i) / 9 % 2 != 0 ? 32767 : -32768;
			break;
		case 3:
			pcm[i] = -32768;
			break;
		case 4:
			pcm[i] = (int16_t)((int)(*seed >> 28) - 8);
			break;
		case 5:		/* pulses of a voice */
			pcm[i] = (int16_t)((at + i) % (n / 2 + at / 8000 % 20) * 200 + (*seed >> 26));
			break;
		default:
			pcm[i] = (int16_t)((at + i) * (at + i) * 7919);
		}
	}
}

static void
feed(struct stream *st, struct seen *s, const uint8_t *data, size_t size)
{
	struct profile_set	 set;
	struct stream_event	 ev;
	int16_t			 pcm[AUDIO_FRAME_SAMPLES_MAX];
	uint64_t		 at;
	uint32_t		 seed = 1, n = stream_frame_samples(st);
	unsigned		 kind, count;
	size_t			 i;

	profile_set_init(&set);
	for (i = 0; i < size; i++) {
		kind = data[i] >> 4;
		for (count = (data[i] & 15U) * 2 + 1; count > 0; count--) {
			at = stream_position(st);
			memset(&ev, 0xee, sizeof(ev));
			if (kind < 12) {
				fill(pcm, n, kind % 6, at, &seed);
				if (kind >= 6)
					must(stream_played(st, at + (data[i] & 3U) * n, pcm) == 0, "the bot is refused");
				stream_set_playing(st, kind >= 6);
				stream_feed(st, kind == 11 ? NULL : pcm, &ev);
				must(stream_position(st) == at + n, "the clock is wrong");
				on_event(s, st, &ev);
				continue;
			}
			if (kind == 12)
				must(stream_set_profile(st, &set.rows[data[i] % set.count], &set.rows[1]) == 0, "a profile is refused");
			else if (kind == 13)
				must(stream_played(st, at, NULL) == 0, "the bot's end is refused");
			else {
				stream_flush(st, &ev);
				on_event(s, st, &ev);
				if (kind == 15)
					must(stream_jump(st, at + data[i] % 16U * n * 100) == 0, "a jump is refused");
			}
			break;
		}
	}
	stream_flush(st, &ev);
	on_event(s, st, &ev);
	must(s->number == 0, "it stays open");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t	 rates[] = { 8000, 16000, 24000 };
	struct seen		 s = { 0 };
	struct stream		*st;

	if (size < 1 || size > 64)
		return 0;
	must((st = stream_new(rates[data[0] % 3], 0, 1, &segment_defaults)) != NULL, "no stream");
	feed(st, &s, data + 1, size - 1);
	stream_free(st);
	return 0;
}
