/* SPDX-License-Identifier: ISC */
#include "vadd/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/mem.h"
#include "common/msg.h"
#include "vadd/decimate.h"
#include "vadd/suppress.h"

#define LOUD_RATIO	1e-3	/* -30 dB: what callsim(1) and the ear still count as the word */
#define TAIL_MS		200	/* at most so much of the detector's release is taken back */

struct stream {
	uint32_t	rate_hz, frame;	/* frame: samples of 20 ms */
	struct vad	*vad;
	struct segment	*seg;
	struct profile	profile;
	float		open_playing;	/* asked for at the opening while the bot is heard */
	uint32_t	onset_playing;
	bool		playing;	/* the bot is heard */
	struct echo	*echo;		/* NULL: nothing was played yet */
	struct echo_result back;	/* of the last frame */
	struct barge	barge;
	bool		audible;	/* the bot was heard when the judged speech began */
	struct vad_result last;
	struct standing	standing;

	struct decimate	*down;		/* NULL at 8 kHz */

	uint64_t	base, base_ms;	/* where counting began, in both units */
	uint64_t	next;		/* sample expected next */
	int16_t		*ring;		/* the last ring_size samples before next */
	size_t		ring_size;	/* whole frames */

	struct utterance *open;		/* NULL when closed, or given up */
	uint32_t	number;		/* of the open one, else of the last */
	uint64_t	speech_start_ms;
	double		peak;		/* energy of the loudest 10 ms of the open one */
	uint64_t	loud_end;	/* sample after the last 10 ms near it; 0: none */

	struct suppress	*suppress;	/* NULL: no profile has asked for it */
	bool		suppressing;	/* the open one */
	uint32_t	run;		/* frames since one was lost */
};

static size_t
ring_size(const struct stream *st, const struct segment_limits *limits)
{
	return ((size_t)segment_reach_ms(limits) / AUDIO_FRAME_MS + 2) * st->frame;
}

static int
stream_fill(struct stream *st, uint64_t start)
{
	if ((st->vad = vad_new()) == NULL)
		return -1;
	if ((st->seg = segment_new(&st->profile.limits, start * 1000 / st->rate_hz)) == NULL)
		return -1;
	st->ring_size = ring_size(st, &st->profile.limits);
	if ((st->ring = mem_calloc(st->ring_size, sizeof(*st->ring))) == NULL)
		return -1;
	if (st->rate_hz == VAD_RATE_HZ)
		return 0;
	if ((st->down = mem_calloc(1, sizeof(*st->down))) == NULL)
		return -1;
	decimate_init(st->down, st->rate_hz);
	return 0;
}

struct stream *
stream_new(uint32_t rate_hz, uint64_t start, uint32_t first_number,
    const struct segment_limits *limits)
{
	struct profile_set	 set;
	struct stream		*st;

	if (!audio_rate_ok(rate_hz) || start > STREAM_START_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if ((st = mem_calloc(1, sizeof(*st))) == NULL)
		return NULL;
	st->rate_hz = rate_hz;
	st->frame = AUDIO_FRAME_SAMPLES(rate_hz);
	profile_set_init(&set);
	st->profile = set.rows[0];
	st->profile.limits = *limits;
	st->base = st->next = start;
	st->base_ms = start * 1000 / rate_hz;
	st->number = first_number - 1;
	if (stream_fill(st, start) == -1) {
		stream_free(st);
		return NULL;
	}
	return st;
}

void
stream_free(struct stream *st)
{
	int	 saved_errno = errno;

	if (st == NULL)
		return;
	vad_free(st->vad);
	segment_free(st->seg);
	free(st->down);
	echo_free(st->echo);
	suppress_free(st->suppress);
	utterance_free(st->open);
	free(st->ring);
	free(st);
	errno = saved_errno;
}

/* ---- the decision, at 8 kHz ---- */

static void
decide(struct stream *st, const int16_t *samples, bool lost)
{
	int16_t		 decimated[VAD_FRAME_SAMPLES];
	const int16_t	*low = samples;

	if (st->down != NULL) {
		decimate_run(st->down, samples, decimated);
		low = decimated;
	}
	st->last = vad_feed(st->vad, lost ? NULL : low);
	if (lost)
		return;
	standing_feed(&st->standing, vad_level_db(st->vad), segment_is_open(st->seg));
	if (st->echo != NULL)
		st->back = echo_heard(st->echo, st->next * VAD_RATE_HZ / st->rate_hz, st->playing, low);
}

/* ---- the audio ---- */

static uint64_t
sample_at(const struct stream *st, uint64_t ms)
{
	return st->base + (ms - st->base_ms) * st->rate_hz / 1000;
}

/* A longer ring with what the old one holds. */
static int
lengthen(struct stream *st, size_t size)
{
	int16_t		*ring;
	uint64_t	 at, from;

	if ((ring = mem_calloc(size, sizeof(*ring))) == NULL)
		return -1;
	from = st->next - st->base > st->ring_size ? st->next - st->ring_size : st->base;
	for (at = from; at < st->next; at += st->frame)
		memcpy(ring + (at - st->base) % size, st->ring + (at - st->base) % st->ring_size,
		    st->frame * sizeof(*ring));
	free(st->ring);
	st->ring = ring;
	st->ring_size = size;
	return 0;
}

static struct segment_limits
limits_of(const struct profile *profile, bool playing, uint32_t onset_playing)
{
	struct segment_limits	 limits = profile->limits;
	const char		*cause;

	if (playing && onset_playing > limits.onset_ms)
		limits.onset_ms = onset_playing;
	return segment_limits_check(&limits, &cause) == 0 ? limits : profile->limits;
}

int
stream_set_profile(struct stream *st, const struct profile *profile, const struct profile *bot)
{
	struct segment_limits	 limits = limits_of(profile, true, bot->limits.onset_ms);
	const size_t		 size = ring_size(st, &limits);
	const char		*cause;

	if (profile_check(profile, &cause) == -1) {
		errno = EINVAL;
		return -1;
	}
	if (profile->suppress_db > 0 && st->suppress == NULL && (st->suppress = suppress_new(st->rate_hz)) == NULL)
		return -1;
	if (size > st->ring_size && lengthen(st, size) == -1)
		return -1;
	st->profile = *profile;
	st->open_playing = bot->open;
	st->onset_playing = bot->limits.onset_ms;
	limits = limits_of(profile, st->playing, st->onset_playing);
	return segment_set_limits(st->seg, &limits);
}

static void
remember(struct stream *st, const int16_t *samples)
{
	size_t	 at = (size_t)((st->next - st->base) % st->ring_size);

	memcpy(st->ring + at, samples, st->frame * sizeof(*samples));
	st->next += st->frame;
}

/* Copy everything from sample `from` to now out of the ring. */
static int
recall(const struct stream *st, uint64_t from, struct utterance *u)
{
	size_t	 n, at, first;

	n = (size_t)(st->next - from);
	assert(n <= st->ring_size);
	at = (size_t)((from - st->base) % st->ring_size);
	first = n < st->ring_size - at ? n : st->ring_size - at;
	if (utterance_append(u, st->ring + at, first) == -1)
		return -1;
	return utterance_append(u, st->ring, n - first);
}

/* The noise of the line, for the suppressor, while nobody speaks: every second frame will do. */
static void
learn(struct stream *st, bool lost)
{
	int16_t	 block[SUPPRESS_BLOCK_MAX];
	size_t	 n, at, first;

	st->run = lost ? 0 : st->run + 1;
	if (st->suppress == NULL || st->profile.suppress_db == 0 || st->run % 2 != 0)
		return;
	n = suppress_block(st->suppress);
	if (st->run * st->frame < n || st->last.speech || st->back.active || segment_is_open(st->seg))
		return;
	at = (size_t)((st->next - n - st->base) % st->ring_size);
	first = n < st->ring_size - at ? n : st->ring_size - at;
	memcpy(block, st->ring + at, first * sizeof(*block));
	memcpy(block + first, st->ring, (n - first) * sizeof(*block));
	suppress_learn(st->suppress, block);
}

/*
 * Where the voice was last near its loudest. The detector holds on for some
 * 60 to 120 ms after that, which would count as speech in every latency.
 */
static void
listen(struct stream *st, const int16_t *samples)
{
	const size_t	 half = st->frame / 2;
	double		 energy;
	size_t		 h, i;

	for (h = 0; h < 2; h++) {
		energy = 0;
		for (i = h * half; i < (h + 1) * half; i++)
			energy += (double)samples[i] * samples[i];
		if (energy > st->peak)
			st->peak = energy;
		if (energy > 0 && energy >= st->peak * LOUD_RATIO)
			st->loud_end = st->next - st->frame + (h + 1) * half;
	}
}

static uint64_t
voice_end_ms(const struct stream *st, uint64_t decided_ms)
{
	uint64_t	 loud_ms;

	if (st->loud_end == 0)
		return decided_ms;
	loud_ms = st->base_ms + (st->loud_end - st->base) * 1000 / st->rate_hz;
	if (loud_ms >= decided_ms || loud_ms <= st->speech_start_ms)
		return decided_ms;
	return loud_ms + TAIL_MS < decided_ms ? decided_ms - TAIL_MS : loud_ms;
}

static void
give_up(struct stream *st, struct stream_event *ev)
{
	utterance_free(st->open);
	st->open = NULL;
	ev->lost = st->number;
}

static void
begin(struct stream *st, struct stream_event *ev)
{
	st->number++;
	standing_begin(&st->standing);
	st->speech_start_ms = ev->seg.speech_ms;
	st->peak = 0;
	st->loud_end = 0;
	if ((st->open = utterance_new(st->number, st->rate_hz)) == NULL ||
	    recall(st, sample_at(st, ev->seg.audio_ms), st->open) == -1) {
		give_up(st, ev);
		return;
	}
	st->open->start_ms = ev->seg.audio_ms;
	st->open->speech_start_ms = ev->seg.speech_ms;
	if ((st->suppressing = st->profile.suppress_db > 0))
		suppress_begin(st->suppress, (float)st->profile.suppress_db);
}

static void
end(struct stream *st, struct stream_event *ev)
{
	struct utterance	*u = st->open;

	st->open = NULL;
	if (standing_end(&st->standing, ev->seg.capped))
		vad_relearn(st->vad);
	if (u == NULL)
		return;			/* was given up */
	u->speech_end_ms = voice_end_ms(st, ev->seg.speech_ms);
	u->at_ms = ev->seg.announced_ms;
	if (st->suppressing)
		suppress_end(st->suppress, u->pcm, u->nsamples);
	utterance_cut(u, (size_t)((ev->seg.audio_ms - u->start_ms) * st->rate_hz / 1000));
	ev->done = u;
}

static void
follow(struct stream *st, const int16_t *samples, struct stream_event *ev)
{
	if (st->open != NULL && samples != NULL) {
		listen(st, samples);
		if (utterance_append(st->open, samples, st->frame) == -1)
			give_up(st, ev);
	}
	if (st->open != NULL && st->suppressing)
		suppress_feed(st->suppress, st->open->pcm, st->open->nsamples);
	if (segment_is_open(st->seg) || ev->seg.kind == SEGMENT_END)
		ev->number = st->number;
	switch (ev->seg.kind) {
	case SEGMENT_BEGIN:
		begin(st, ev);
		ev->number = st->number;
		break;
	case SEGMENT_END:
		end(st, ev);
		break;
	case SEGMENT_NONE:
	case SEGMENT_PAUSE:
	case SEGMENT_RESUME:
		break;
	}
	ev->speech_start_ms = st->speech_start_ms;
}

/* ---- the bot's own voice ---- */

void
stream_set_playing(struct stream *st, bool playing)
{
	struct segment_limits	 limits;

	if (st->playing == playing)
		return;
	st->playing = playing;
	limits = limits_of(&st->profile, playing, st->onset_playing);
	(void)segment_set_limits(st->seg, &limits);	/* checked */
}

/* To 8 kHz, as well as levels in bands need it: a triangle over 2 n - 1 samples. */
static void
thin(const struct stream *st, const int16_t *in, int16_t out[VAD_FRAME_SAMPLES])
{
	const int	 n = (int)(st->rate_hz / VAD_RATE_HZ), len = (int)st->frame;
	int		 i, j, at, sum;

	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		for (sum = 0, j = 1 - n; j < n; j++) {
			at = i * n + j;
			at = at < 0 ? 0 : at >= len ? len - 1 : at;
			sum += in[at] * (n - abs(j));
		}
		out[i] = (int16_t)(sum / (n * n));
	}
}

int
stream_played(struct stream *st, uint64_t start, const int16_t *samples)
{
	int16_t	 low[VAD_FRAME_SAMPLES];

	start = start * VAD_RATE_HZ / st->rate_hz;
	if (samples == NULL) {
		if (st->echo != NULL)
			echo_cut(st->echo, start);
		return 0;
	}
	if (st->echo == NULL && (st->echo = echo_new()) == NULL)
		return -1;
	thin(st, samples, low);
	echo_played(st->echo, start, low);
	return 0;
}

/* While the bot is heard nothing opens sooner until its echo is known, or known to be none. */
static enum segment_speech
is_speech(const struct stream *st)
{
	float	 open = st->profile.open;

	if (standing_hides(&st->standing, vad_level_db(st->vad), segment_is_open(st->seg)))
		return SEGMENT_SILENCE;
	if (segment_is_open(st->seg))
		return st->last.score >= st->profile.hold ? SEGMENT_SPEECH : SEGMENT_SILENCE;
	if (st->playing && st->open_playing > open)
		open = st->open_playing;
	if (st->last.score < open || st->back.explained)
		return SEGMENT_SILENCE;
	return st->last.sure && (!st->playing || (st->back.active && st->back.path != ECHO_UNKNOWN)) ? SEGMENT_SURE : SEGMENT_SPEECH;
}

/* It was the bot: as if it had never begun. */
static void
drop_open(struct stream *st)
{
	utterance_free(st->open);
	st->open = NULL;
	segment_abort(st->seg);
}

static void
judge_event(struct stream *st, struct stream_event *ev)
{
	switch (ev->seg.kind) {
	case SEGMENT_NONE:
		break;
	case SEGMENT_BEGIN:
		st->barge = (struct barge){ 0 };
		st->audible = st->playing;
		if (st->playing || st->back.active)
			barge_begin(&st->barge, (uint32_t)(ev->seg.announced_ms - ev->seg.speech_ms));
		break;
	case SEGMENT_RESUME:
		if (st->barge.state != BARGE_WITHDRAWN || !st->playing)
			break;
		st->audible = ev->again = true;
		barge_begin(&st->barge, (uint32_t)(ev->seg.announced_ms - ev->seg.speech_ms));
		break;
	case SEGMENT_PAUSE:
	case SEGMENT_END:
		ev->barge = barge_pause(&st->barge);
		break;
	}
}

/* Is it an interruption? What began after the bot fell silent can only be its echo, or is none of our business. */
static void
judge(struct stream *st, struct stream_event *ev, bool speech)
{
	if (ev->seg.kind == SEGMENT_NONE)
		ev->barge = barge_feed(&st->barge, speech, &st->back, st->profile.confirm_ms, AUDIO_FRAME_MS);
	else
		judge_event(st, ev);
	if (ev->barge == BARGE_ECHO) {
		echo_believe(st->echo);
		drop_open(st);
	} else if (!st->audible)
		ev->barge = BARGE_NONE;
	ev->again |= ev->barge == BARGE_AGAIN;
	if (ev->done != NULL && st->audible && st->barge.state == BARGE_WITHDRAWN)
		ev->done->flags |= MSG_UTT_ASIDE;
	if (!segment_is_open(st->seg))
		st->barge = (struct barge){ 0 };	/* what comes is no part of it */
}

void
stream_feed(struct stream *st, const int16_t *samples, struct stream_event *ret_ev)
{
	static const int16_t	 silence[AUDIO_FRAME_SAMPLES_MAX];
	const bool		 lost = samples == NULL;
	enum segment_speech	 speech;

	if (lost)
		samples = silence;
	memset(ret_ev, 0, sizeof(*ret_ev));
	decide(st, samples, lost);
	ret_ev->vad = st->last;
	remember(st, samples);
	learn(st, lost);
	speech = is_speech(st);
	(void)segment_feed(st->seg, speech, AUDIO_FRAME_MS, &ret_ev->seg);
	follow(st, samples, ret_ev);
	judge(st, ret_ev, speech != SEGMENT_SILENCE);
	ret_ev->untold = st->playing && (st->echo == NULL || st->back.untold);
}

void
stream_flush(struct stream *st, struct stream_event *ret_ev)
{
	memset(ret_ev, 0, sizeof(*ret_ev));
	ret_ev->vad = st->last;
	(void)segment_flush(st->seg, &ret_ev->seg);
	follow(st, NULL, ret_ev);
	judge(st, ret_ev, false);
}

int
stream_jump(struct stream *st, uint64_t start)
{
	struct segment_limits	 limits = limits_of(&st->profile, st->playing, st->onset_playing);
	struct segment		*seg;

	if (start < st->next || start > STREAM_START_MAX || segment_is_open(st->seg)) {
		errno = EINVAL;
		return -1;
	}
	if ((seg = segment_new(&limits, start * 1000 / st->rate_hz)) == NULL)
		return -1;
	segment_free(st->seg);
	st->seg = seg;
	st->base = st->next = start;
	st->base_ms = start * 1000 / st->rate_hz;
	st->run = 0;
	return 0;
}

uint64_t
stream_position(const struct stream *st)
{
	return st->next;
}

uint32_t
stream_rate_hz(const struct stream *st)
{
	return st->rate_hz;
}

uint32_t
stream_frame_samples(const struct stream *st)
{
	return st->frame;
}

uint32_t
stream_open(const struct stream *st, uint64_t *ret_speech_start_ms, uint64_t *ret_now_ms)
{
	if (!segment_is_open(st->seg))
		return 0;
	if (ret_speech_start_ms != NULL)
		*ret_speech_start_ms = st->speech_start_ms;
	if (ret_now_ms != NULL)
		*ret_now_ms = segment_now_ms(st->seg);
	return st->number;
}
