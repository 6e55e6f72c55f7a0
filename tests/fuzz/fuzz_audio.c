/* SPDX-License-Identifier: ISC */
/*
 * Audio files in memory. The first byte chooses the rate that is asked for;
 * what is read is mono, of that rate and not longer than allowed.
 */
#include "common/audio.h"
#include "tests/fuzz/must.h"

#define SECONDS_MAX	2

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t	 rates[] = { 0, 8000, 16000, 24000, 1 };
	struct audio_clip	 clip = { .samples = NULL };
	const char		*cause = NULL;
	uint32_t		 rate;

	if (size == 0)
		return 0;
	rate = rates[data[0] % (sizeof(rates) / sizeof(rates[0]))];
	if (audio_read_memory(data + 1, size - 1, rate, SECONDS_MAX, &clip, &cause) == -1) {
		must(cause != NULL && *cause != '\0', "refused without a cause");
		must(clip.samples == NULL, "refused, but something was given");
		return 0;
	}
	must(rate == 0 ? clip.rate_hz >= 1000 && clip.rate_hz <= AUDIO_RATE_MAX : clip.rate_hz == rate, "another rate");
	must(clip.nsamples <= (size_t)SECONDS_MAX * clip.rate_hz, "longer than allowed");
	must(audio_peak(clip.samples, clip.nsamples) <= 32768, "louder than can be");
	must(audio_rms_db(clip.samples, clip.nsamples) >= -120 &&
	    audio_rms_db(clip.samples, clip.nsamples) <= 0.001, "a level that cannot be");
	audio_clip_clear(&clip);
	return 0;
}
