/* SPDX-License-Identifier: ISC */
#include "tools/callsim/tracks.h"

#include <string.h>

#include "common/audio.h"
#include "tools/callsim/mix.h"

void
tracks_stop(struct tracks *t, enum track_name name)
{
	struct track	*one = &t->all[name];

	if (one->clip == NULL)
		return;
	clip_unref(one->clip);
	*one = (struct track){ 0 };
	t->nplaying--;
}

void
tracks_play(struct tracks *t, enum track_name name, struct clip *clip, int64_t loop, double level)
{
	clip_ref(clip);		/* it may be the one that is stopped */
	tracks_stop(t, name);
	t->all[name] = (struct track){ .clip = clip, .loop = loop, .level = level };
	t->nplaying++;
}

void
tracks_clear(struct tracks *t)
{
	unsigned	i;

	for (i = 0; i < TRACK_COUNT; i++)
		tracks_stop(t, (enum track_name)i);
}

bool
tracks_playing(const struct tracks *t, enum track_name name)
{
	return t->all[name].clip != NULL;
}

/* The next n samples of one, with silence behind its end; a loop goes on at once. */
static void
fill(struct tracks *t, enum track_name name, int16_t *out, size_t n)
{
	struct track	*one = &t->all[name];
	size_t		 left, at = 0;

	while (at < n && one->clip != NULL) {
		left = one->clip->audio.nsamples - one->pos;
		if (left > n - at)
			left = n - at;
		memcpy(out + at, one->clip->audio.samples + one->pos, left * sizeof(*out));
		at += left;
		one->pos += left;
		if (one->pos < one->clip->audio.nsamples)
			continue;
		one->pos = 0;
		if (one->loop == 1 || one->clip->audio.nsamples == 0)
			tracks_stop(t, name);
		else if (one->loop > 1)
			one->loop--;
	}
	memset(out + at, 0, (n - at) * sizeof(*out));
}

bool
tracks_frame(struct tracks *t, int16_t *out, size_t n)
{
	int16_t		 frame[AUDIO_FRAME_SAMPLES_MAX];
	double		 level;
	bool		 any = false;
	unsigned	 i;

	if (t->nplaying == 0)
		return false;
	for (i = 0; i < TRACK_COUNT; i++) {
		if (t->all[i].clip == NULL)
			continue;
		level = t->all[i].level;
		fill(t, (enum track_name)i, any ? frame : out, n);
		mix_level(any ? frame : out, n, level);
		if (any)
			mix_add(out, frame, n);
		any = true;
	}
	return any;
}
