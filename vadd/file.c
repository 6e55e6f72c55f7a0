/* SPDX-License-Identifier: ISC */
#include "vadd/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/audio.h"
#include "vadd/stream.h"

static void
print_segment(FILE *out, struct stream_event *ev)
{
	if (ev->seg.kind == SEGMENT_BEGIN)
		(void)fprintf(out, "+ %" PRIu64 " %" PRIu64 "\n", ev->seg.announced_ms, ev->seg.audio_ms);
	if (ev->seg.kind == SEGMENT_END)
		(void)fprintf(out, "- %" PRIu64 " %" PRIu64 "\n", ev->seg.announced_ms, ev->seg.audio_ms);
	utterance_free(ev->done);
}

static void
print_clip(struct stream *st, const struct audio_clip *clip, FILE *out)
{
	const size_t		 frame = stream_frame_samples(st);
	int16_t			 rest[AUDIO_FRAME_SAMPLES_MAX] = { 0 };
	struct stream_event	 ev;
	const int16_t		*samples;
	size_t			 at;

	for (at = 0; at < clip->nsamples; at += frame) {
		samples = clip->samples + at;
		if (clip->nsamples - at < frame) {
			memcpy(rest, samples, (clip->nsamples - at) * sizeof(*rest));
			samples = rest;
		}
		stream_feed(st, samples, &ev);
		(void)fprintf(out, "%d %.3f\n", ev.vad.speech, (double)ev.vad.score);
		print_segment(out, &ev);
	}
	stream_flush(st, &ev);
	print_segment(out, &ev);
}

/* At its own rate if a call can have it, else at 8 kHz. */
static int
read_clip(const char *path, struct audio_clip *ret, const char **ret_cause)
{
	if (audio_read_file(path, 0, FILE_SECONDS_MAX, ret, ret_cause) == -1)
		return -1;
	if (audio_rate_ok(ret->rate_hz))
		return 0;
	audio_clip_clear(ret);
	return audio_read_file(path, VAD_RATE_HZ, FILE_SECONDS_MAX, ret, ret_cause);
}

int
file_run(const char *path, FILE *out, FILE *err)
{
	struct audio_clip	 clip = { 0 };
	const char		*cause = "cannot be read";
	struct stream		*st;

	if (vad_check(&cause) == -1 || read_clip(path, &clip, &cause) == -1) {
		(void)fprintf(err, "vadd: %s: %s\n", path, cause);
		return 1;
	}
	if ((st = stream_new(clip.rate_hz, 0, 1, &segment_defaults)) == NULL) {
		(void)fprintf(err, "vadd: %s: %s\n", path, strerror(errno));
		audio_clip_clear(&clip);
		return 1;
	}
	print_clip(st, &clip, out);
	stream_free(st);
	audio_clip_clear(&clip);
	if (fflush(out) != 0 || ferror(out)) {
		(void)fprintf(err, "vadd: %s: standard output: %s\n", path, strerror(errno));
		return 1;
	}
	return 0;
}
