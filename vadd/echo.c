/* SPDX-License-Identifier: ISC */
#include "vadd/echo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "vadd/spectrum.h"

#define NBANDS		10
#define SLOTS		128		/* of 20 ms; a power of two */
#define DELAYS		42		/* 0 to 820 ms */
#define AHEAD		(ECHO_AHEAD_MAX_MS / 20)
#define HISTORY		32		/* of what was heard, frames */
#define RANGE_DB	30.0f		/* below its loudest, what is played cannot be heard back */
#define LOWEST_DB	(-100.0f)
#define FLOOR_MIN_DB	(-72.0f)	/* a line without noise: what lies below is not looked at */
#define KEEP		0.93f		/* 280 ms */
#define VOTE_MATCH	0.65f		/* a frame that is so like what was played votes for its delay */
#define VOTES		16		/* make a path known */
#define VOTES_MAX	50
#define NONE_FRAMES	60		/* of the bot's voice and nothing heard */
#define EXCESS_DB	6.0f
#define SAME_MATCH	0.80f
#define TOP_BANDS	4
#define FADE_DB		2.5f		/* a room holds on: fall in a frame, 125 dB/s */

/* First bins of the bands, 31.25 Hz each; 310 to 3400 Hz. */
static const uint8_t edges[NBANDS + 1] = { 10, 14, 18, 23, 29, 36, 45, 56, 70, 87, 108 };

struct sums { float xy, xx, yy; };

struct echo {
	uint8_t		far[SLOTS][NBANDS];	/* (dB + 100) * 2 */
	uint8_t		near[HISTORY][NBANDS];
	int64_t		slot, far_slot;		/* of the last frame heard, and played; -1 none */
	int64_t		voiced_slot;		/* the last played one with a voice */
	float		top[NBANDS], far_mean[NBANDS];	/* loudest of late, dB; mean within the range */
	float		floor[NBANDS], near_mean[NBANDS];
	struct sums	sums[DELAYS];
	float		loss[NBANDS];		/* near less far, dB */
	float		tail[NBANDS];		/* echo of the last frame, dB */
	enum echo_path	path;
	unsigned	delay;			/* slots */
	unsigned	vote, votes;		/* for a delay */
	unsigned	clear;			/* frames with the bot's voice and without anything heard */
	bool		heard;
};

struct echo *
echo_new(void)
{
	struct echo	*e;
	unsigned	 b;

	if ((e = mem_calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->slot = e->far_slot = e->voiced_slot = -1;
	for (b = 0; b < NBANDS; b++) {
		e->top[b] = -50.0f;
		e->tail[b] = LOWEST_DB;
		e->floor[b] = -60.0f;
	}
	return e;
}

void
echo_free(struct echo *e)
{
	free(e);
}

size_t
echo_size(void)
{
	return sizeof(struct echo);
}

/* ---- levels ---- */

static float
bounded(float x, float low, float high)
{
	return x < low ? low : x > high ? high : x;
}

/* Levels of the bands, dB of full scale. */
static void
measure(const int16_t *samples, float level[NBANDS])
{
	float		 window[SPECTRUM_SAMPLES] = { 0 }, power[SPECTRUM_BINS], sum;
	const unsigned	 at = (SPECTRUM_SAMPLES - ECHO_FRAME_SAMPLES) / 2;
	unsigned	 b, k;

	for (k = 0; k < ECHO_FRAME_SAMPLES; k++)
		window[at + k] = (float)samples[k] / 32768.0f;
	spectrum_power(window, power);
	for (b = 0; b < NBANDS; b++) {
		for (k = edges[b], sum = 0.0f; k < edges[b + 1]; k++)
			sum += power[k];
		level[b] = bounded(spectrum_db(sum), LOWEST_DB, 0.0f);
	}
}

static uint8_t
pack(float db)
{
	return (uint8_t)((db - LOWEST_DB) * 2.0f + 0.5f);
}

static float
unpack(uint8_t v)
{
	return (float)v * 0.5f + LOWEST_DB;
}

static float
far_level(const struct echo *e, int64_t slot, unsigned b)
{
	return slot < 0 ? LOWEST_DB : unpack(e->far[slot & (SLOTS - 1)][b]);
}

/* Within what could be heard back: 0 to RANGE_DB. */
static float
far_height(const struct echo *e, int64_t slot, unsigned b)
{
	return bounded(far_level(e, slot, b) - e->top[b] + RANGE_DB, 0.0f, RANGE_DB);
}

/* Bands with voice in what was played in that slot. */
static unsigned
voiced(const struct echo *e, int64_t slot)
{
	unsigned	 b, n = 0;

	for (b = 0; b < NBANDS; b++)
		n += far_height(e, slot, b) > 12.0f;
	return n;
}

/* ---- what is played ---- */

void
echo_played(struct echo *e, uint64_t start, const int16_t samples[ECHO_FRAME_SAMPLES])
{
	const int64_t	 slot = (int64_t)((start + ECHO_FRAME_SAMPLES / 2) / ECHO_FRAME_SAMPLES);
	uint8_t		*row = e->far[slot & (SLOTS - 1)];
	float		 level[NBANDS];
	unsigned	 b;

	if (e->slot >= 0 && (slot > e->slot + AHEAD || slot < e->slot - DELAYS))
		return;
	measure(samples, level);
	for (b = 0; b < NBANDS; b++) {
		e->top[b] = level[b] > e->top[b] ? level[b] : bounded(e->top[b] - 0.04f, -70.0f, 0.0f);
		row[b] = pack(level[b]);
		/* The clock was set right by a frame: no hole. */
		if (e->far_slot >= 0 && slot == e->far_slot + 2)
			e->far[(slot - 1) & (SLOTS - 1)][b] = row[b];
	}
	e->far_slot = slot;
	if (voiced(e, slot) >= 3)
		e->voiced_slot = slot;
}

void
echo_cut(struct echo *e, uint64_t start)
{
	int64_t	 slot = (int64_t)((start + ECHO_FRAME_SAMPLES / 2) / ECHO_FRAME_SAMPLES);

	for (; slot <= e->far_slot; slot++)
		memset(e->far[slot & (SLOTS - 1)], 0, NBANDS);
	e->far_slot = -1;
	slot = (int64_t)(start / ECHO_FRAME_SAMPLES);
	e->voiced_slot = slot < e->voiced_slot ? slot : e->voiced_slot;
}

/* ---- what is heard ---- */

/* Forget what lay in the slots that the clock reaches now, AHEAD of it. */
static void
advance(struct echo *e, int64_t slot)
{
	int64_t	 at = e->slot < 0 || slot - e->slot > SLOTS ? slot - SLOTS : e->slot;

	if (e->slot < 0 || slot < e->slot) {	/* the first, or another clock */
		e->slot = slot;
		return;
	}
	for (; at < slot; at++)
		memset(e->far[(at + 1 + AHEAD) & (SLOTS - 1)], 0, NBANDS);
	e->slot = slot;
}

/* The noise floor: falls in some frames, rises 2 dB in a second. */
static void
learn_floor(struct echo *e, const float level[NBANDS])
{
	unsigned	 b;

	for (b = 0; b < NBANDS; b++) {
		if (!e->heard)
			e->floor[b] = bounded(level[b], FLOOR_MIN_DB, -45.0f);
		else if (level[b] < e->floor[b])
			e->floor[b] = bounded(e->floor[b] + 0.3f * (level[b] - e->floor[b]), FLOOR_MIN_DB, 0.0f);
		else
			e->floor[b] += 0.04f;
	}
	e->heard = true;
}

static void
add(struct sums *s, float keep, float xy, float xx, float yy)
{
	s->xy = s->xy * keep + xy;
	s->xx = s->xx * keep + xx;
	s->yy = s->yy * keep + yy;
}

/* At least 4 dB in each band for some frames must move on either side. */
static float
match_of(const struct sums *s)
{
	const float	 least = 16.0f * NBANDS * 4;

	if (s->xx < least || s->yy < least / 4)
		return 0.0f;
	return s->xy / sqrtf(s->xx * s->yy);
}

static void
correlate(struct echo *e, const float y[NBANDS])
{
	float		 x, xy, xx, yy = 0.0f;
	unsigned	 b, d;

	for (b = 0; b < NBANDS; b++)
		yy += y[b] * y[b];
	for (d = 0; d < DELAYS; d++) {
		xy = xx = 0.0f;
		for (b = 0; b < NBANDS; b++) {
			x = far_height(e, e->slot - d, b) - e->far_mean[b];
			xy += x * y[b];
			xx += x * x;
		}
		add(&e->sums[d], KEEP, xy, xx, yy);
	}
}

static float
best(const struct echo *e, unsigned *ret_delay)
{
	float		 m, top = -1.0f;
	unsigned	 d;

	for (d = 0; d < DELAYS; d++) {
		m = match_of(&e->sums[d]);
		if (m > top) {
			top = m;
			*ret_delay = d;
		}
	}
	return top;
}

/* ---- the path ---- */

/* The loss in each band from the last frames heard: what two thirds do not pass, so that a voice over it counts little. */
static void
learn_loss(struct echo *e)
{
	float		 d[HISTORY], t;
	unsigned	 b, i, j, n;
	int64_t		 slot;

	for (b = 0; b < NBANDS; b++) {
		for (i = n = 0; i < HISTORY; i++) {
			slot = e->slot - i;
			if (slot < 0 || far_height(e, slot - e->delay, b) < 15.0f)
				continue;
			t = unpack(e->near[slot & (HISTORY - 1)][b]) - far_level(e, slot - e->delay, b);
			for (j = n++; j > 0 && d[j - 1] > t; j--)
				d[j] = d[j - 1];
			d[j] = t;
		}
		e->loss[b] = n > 0 ? d[n * 2 / 3] : -30.0f;
	}
}

/* Frames that agree on a delay find the path, and find another when it moved. */
static void
find_path(struct echo *e, float match, unsigned delay)
{
	if (match >= VOTE_MATCH && delay + 1 >= e->vote && delay <= e->vote + 1)
		e->votes += e->votes < VOTES_MAX;
	else if (match >= VOTE_MATCH && e->votes >= 2)
		e->votes -= 2;
	else if (match >= VOTE_MATCH) {
		e->vote = delay;
		e->votes = 1;
	}
	if (e->votes >= VOTES && (e->path != ECHO_KNOWN || e->vote + 1 < e->delay || e->vote > e->delay + 1)) {
		e->path = ECHO_KNOWN;
		e->delay = e->vote;
		learn_loss(e);
	} else if (e->path == ECHO_UNKNOWN && e->clear >= NONE_FRAMES)
		e->path = ECHO_NONE;
}

/* What the echo can be at most in a band of this frame. */
static float
predicted(const struct echo *e, unsigned b)
{
	float	 far = LOWEST_DB, t;
	int	 j;

	for (j = -1; j <= 1; j++) {
		t = far_level(e, e->slot - (int64_t)e->delay + j, b);
		far = t > far ? t : far;
	}
	return far + e->loss[b];
}

/* Mean over the best bands of what stands out of echo and noise. */
static float
excess(struct echo *e, const float level[NBANDS])
{
	float		 over[NBANDS], t, p, sum = 0.0f;
	unsigned	 b, j;

	for (b = 0; b < NBANDS; b++) {
		p = e->path == ECHO_KNOWN ? predicted(e, b) : LOWEST_DB;
		e->tail[b] -= FADE_DB;
		e->tail[b] = p > e->tail[b] ? p : e->tail[b];
		p = e->tail[b] > e->floor[b] + 3.0f ? e->tail[b] : e->floor[b] + 3.0f;
		t = level[b] - p;
		for (j = b; j > 0 && over[j - 1] < t; j--)
			over[j] = over[j - 1];
		over[j] = t;
	}
	for (b = 0; b < TOP_BANDS; b++)
		sum += over[b];
	return sum / TOP_BANDS;
}

/* The loss follows slowly where nobody else is heard. */
static void
follow_loss(struct echo *e, const float level[NBANDS], float over)
{
	unsigned	 b;
	float		 d;

	if (e->path != ECHO_KNOWN || over > EXCESS_DB)
		return;
	for (b = 0; b < NBANDS; b++) {
		if (far_height(e, e->slot - (int64_t)e->delay, b) < 15.0f)
			continue;
		d = level[b] - predicted(e, b);
		e->loss[b] += d > 0.0f ? 0.10f * d : 0.02f * d;
	}
}

struct echo_result
echo_heard(struct echo *e, uint64_t start, const int16_t samples[ECHO_FRAME_SAMPLES])
{
	struct echo_result	 r = { .path = e->path };
	float			 level[NBANDS], y[NBANDS];
	unsigned		 b, d = 0;

	advance(e, (int64_t)(start / ECHO_FRAME_SAMPLES));
	r.active = e->voiced_slot >= 0 && e->slot - e->voiced_slot < DELAYS;
	if (!r.active && (e->slot & 7) != 0)
		return r;		/* the floor only, and seldom */
	measure(samples, level);
	learn_floor(e, level);
	for (b = 0; b < NBANDS; b++)
		e->near[e->slot & (HISTORY - 1)][b] = pack(level[b]);
	if (!r.active)
		return r;
	for (b = 0; b < NBANDS; b++) {
		y[b] = bounded(level[b] - e->floor[b] - 3.0f, 0.0f, RANGE_DB);
		e->near_mean[b] += 0.02f * (y[b] - e->near_mean[b]);
		y[b] -= e->near_mean[b];
		e->far_mean[b] += 0.02f * (far_height(e, e->slot, b) - e->far_mean[b]);
	}
	correlate(e, y);
	r.excess_db = excess(e, level);
	if (voiced(e, e->slot) >= 3)
		e->clear = r.excess_db < 5.0f ? e->clear + 1 : 0;
	r.match = best(e, &d);
	find_path(e, r.match, d);
	follow_loss(e, level, r.excess_db);
	r.path = e->path;
	r.delay_ms = (e->path == ECHO_KNOWN ? e->delay : d) * 20;
	r.explained = e->path == ECHO_KNOWN &&
	    (r.excess_db < EXCESS_DB || (r.match > SAME_MATCH && r.excess_db < 2 * EXCESS_DB));
	return r;
}
