/* SPDX-License-Identifier: ISC */
#include "vadd/train/detectors.h"

#include <malloc.h>

static void *
trained_create(void)
{
	return vad_new();
}

static void
trained_destroy(void *vad)
{
	vad_free(vad);
}

static struct vad_result
trained_feed(void *vad, const int16_t *samples)
{
	return vad_feed(vad, samples);
}

static void
trained_relearn(void *vad)
{
	vad_relearn(vad);
}

static size_t
trained_bytes(void)
{
	struct vad	*vad = vad_new();
	const size_t	 n = malloc_usable_size(vad);

	vad_free(vad);
	return n;
}

static void *
old_create(void)
{
	return untrained_new();
}

static void
old_destroy(void *vad)
{
	untrained_free(vad);
}

static struct vad_result
old_feed(void *vad, const int16_t *samples)
{
	return untrained_feed(vad, samples);
}

static void
old_relearn(void *vad)
{
	untrained_relearn(vad);
}

static size_t
old_bytes(void)
{
	struct untrained	*vad = untrained_new();
	const size_t		 n = malloc_usable_size(vad);

	untrained_free(vad);
	return n;
}

#ifdef WITH_WEBRTC
/* Two of its frames; without a score of its own it has three values. */
static struct vad_result
webrtc_feed(void *vad, const int16_t *samples)
{
	const int	 n = webrtc_speech(vad, samples) + webrtc_speech(vad, samples + VAD_FRAME_SAMPLES / 2);

	return (struct vad_result){ .score = (float)n / 2, .speech = n >= 1 };
}

static void
webrtc_relearn(void *vad)
{
	(void)vad;
}

static size_t
webrtc_bytes(void)
{
	return 0;
}
#endif

const struct detector detectors[] = {
	{ "vad", trained_create, trained_destroy, trained_feed, trained_relearn, trained_bytes, true },
	{ "untrained", old_create, old_destroy, old_feed, old_relearn, old_bytes, false },
#ifdef WITH_WEBRTC
	{ "webrtc", webrtc_new, webrtc_free, webrtc_feed, webrtc_relearn, webrtc_bytes, false },
#endif
	{ NULL, NULL, NULL, NULL, NULL, NULL, false }
};
