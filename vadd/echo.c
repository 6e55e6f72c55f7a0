/* SPDX-License-Identifier: ISC */
#include "vadd/echo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "vadd/likeness.h"
#include "vadd/spectrum.h"

#define NBANDS		LIKENESS_BANDS
#define SLOTS		128		/* of 20 ms; a power of two */
#define DELAYS		LIKENESS_DELAYS
#define REDRAW_DB	1.0f
#define DEAF_SLOTS	50
#define ROOM_SLOTS	10		/* a room holds on so long */
#define AHEAD		(ECHO_AHEAD_MAX_MS / 20)
#define HISTORY		32		/* of what was heard, frames */
#define RANGE_DB	30.0f		/* below its loudest, what is played cannot be heard back */
#define LOWEST_DB	(-100.0f)
#define FLOOR_MIN_DB	(-72.0f)	/* a line without noise: what lies below is not looked at */
#define VOTE_MATCH	0.55f		/* a frame that is so like what was played votes for its delay */
#define VOTES		12		/* make a path known */
#define VOTES_MAX	50
#define BELIEVE_MATCH	0.50f		/* that the last frames were an echo says its delay as well */
#define UNLIKELY	10		/* frames of the bot's voice and nothing heard: look elsewhere first */
#define NO_PATH		20		/* frames of the bot's voice and nothing heard: no echo with that delay */
#define VOICED_SURE	9		/* bands in which the bot is loud for that */
#define GONE		40		/* and that of a known one is no more */
#define NOTHING_DB	4.0f		/* so little over the noise is nothing */
#define SUSPECT_MATCH	0.40f
#define SUSPECT_SURE	0.70f
#define SUSPECT_SLOTS	50
#define EXCESS_DB	6.0f		/* over the echo as learnt is something else; */
#define EXCESS_MAX_DB	10.0f		/* up to that where the echo itself varies more */
#define SURE_MATCH	0.75f
#define SLACK_RISE_DB	0.3f		/* a frame: of the sure echo one in 20 is above it */
#define SLACK_FALL_DB	0.015f
#define SAME_MATCH	0.70f
#define TOP_BANDS	6
#define AUDIBLE_DB	(-65.0f)	/* in a band of what is played */
#define TOP_FALL_DB	0.02f		/* a frame: 1 dB/s */
#define HARMONIC_DB	3.0f		/* looked at only in what stands out */
#define FADE_DB		2.5f		/* a room holds on: fall in a frame, 125 dB/s */

/* First bins of the bands, 31.25 Hz each; 310 to 3400 Hz. */
static const uint8_t edges[NBANDS + 1] = { 10, 12, 14, 16, 19, 22, 25, 29, 33, 38, 44, 51, 59, 68, 79, 92, 108 };

struct echo {
	uint8_t		far[SLOTS][NBANDS];	/* packed; 0: not told */
	uint8_t		voiced[SLOTS];		/* bands with voice in it */
	uint8_t		near[HISTORY][NBANDS];
	int64_t		slot, far_slot;		/* of the last frame heard, and played; -1 none, or cut */
	int64_t		told_slot;		/* of the last one played, cut or not */
	int64_t		voiced_slot;		/* the last played one that is not silence */
	float		top[NBANDS], far_mean[NBANDS];	/* loudest of late, dB; mean within the range */
	float		floor[NBANDS], near_mean[NBANDS], near_top[NBANDS];	/* over the floor, the latter two */
	struct likeness	likeness;
	float		form_range;		/* mean of near_top and far_mean when its forms were drawn */
	float		loss[NBANDS];		/* near less far, dB */
	float		tail[NBANDS];		/* echo of the last frame, dB */
	enum echo_path	path;
	unsigned	delay;			/* slots */
	float		slack;			/* how far the echo differs from what is learnt, dB */
	unsigned	vote, votes;		/* for a delay */
	uint8_t		clear[DELAYS];		/* frames with the bot's voice at that delay and without anything heard */
	int64_t		suspect_slot;		/* until then what is like the bot is it */
	int64_t		untold_slot;		/* the last one with something played that we do not know */
	bool		heard;
};

struct echo *
echo_new(void)
{
	struct echo	*e;
	unsigned	 b;

	if ((e = mem_calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->slot = e->far_slot = e->voiced_slot = e->told_slot = e->suspect_slot = e->untold_slot = -1;
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

/* Spectrum, and levels of the bands, dB of full scale. */
static void
measure(const int16_t *samples, float power[SPECTRUM_BINS], float level[NBANDS])
{
	float		 window[SPECTRUM_SAMPLES] = { 0 }, sum;
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
	return (uint8_t)((db - LOWEST_DB) * 2.0f + 1.5f);
}

static float
unpack(uint8_t v)
{
	return v == 0 ? LOWEST_DB : (float)(v - 1) * 0.5f + LOWEST_DB;
}

static float
far_level(const struct echo *e, int64_t slot, unsigned b)
{
	return slot < 0 ? LOWEST_DB : unpack(e->far[slot & (SLOTS - 1)][b]);
}

/* Within its loudest RANGE_DB: 0 to RANGE_DB. */
static float
far_height(const struct echo *e, int64_t slot, unsigned b)
{
	return bounded(far_level(e, slot, b) - e->top[b] + RANGE_DB, 0.0f, RANGE_DB);
}

/* What can be heard of it at most, over the noise, when the loudest of both belong together. */
static float
far_over_noise(const struct echo *e, int64_t slot, unsigned b)
{
	const float	 range = bounded(e->near_top[b], 8.0f, RANGE_DB);

	return bounded(far_level(e, slot, b) - e->top[b] + range, 0.0f, range);
}

static bool
is_told(const struct echo *e, int64_t slot)
{
	return slot < 0 || e->far[slot & (SLOTS - 1)][0] != 0;
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

static bool
is_audible(const float level[NBANDS])
{
	unsigned	 b;

	for (b = 0; b < NBANDS; b++)
		if (level[b] > AUDIBLE_DB)
			return true;
	return false;
}

/* What was played in that slot, so far as it can be heard over the noise. */
static void
draw_form(struct echo *e, int64_t slot)
{
	float		 x[NBANDS];
	unsigned	 b;

	for (b = 0; b < NBANDS; b++)
		x[b] = far_over_noise(e, slot, b) - e->far_mean[b];
	likeness_play(&e->likeness, slot, is_told(e, slot) ? x : NULL);
}

/* ---- what is played ---- */

void
echo_played(struct echo *e, uint64_t start, const int16_t samples[ECHO_FRAME_SAMPLES])
{
	const int64_t	 slot = (int64_t)((start + ECHO_FRAME_SAMPLES / 2) / ECHO_FRAME_SAMPLES);
	float		 level[NBANDS], power[SPECTRUM_BINS];
	int64_t		 at;
	unsigned	 b;

	if (e->slot >= 0 && (slot > e->slot + AHEAD || slot < e->slot - DELAYS))
		return;
	measure(samples, power, level);
	for (b = 0; b < NBANDS; b++) {
		e->top[b] = level[b] > e->top[b] ? level[b] : bounded(e->top[b] - 0.04f, -70.0f, 0.0f);
		e->far[slot & (SLOTS - 1)][b] = pack(level[b]);
		/* One that was lost, or the clock was set right: like its neighbour. */
		for (at = slot - 1; e->far_slot >= 0 && at > e->far_slot && slot - e->far_slot <= 3; at--)
			e->far[at & (SLOTS - 1)][b] = pack(level[b]);
	}
	if (e->slot >= slot)
		draw_form(e, slot);	/* late */
	e->far_slot = slot > e->far_slot ? slot : e->far_slot;
	e->told_slot = slot;
	e->voiced[slot & (SLOTS - 1)] = (uint8_t)voiced(e, slot);
	if (is_audible(level))
		e->voiced_slot = slot;
}

void
echo_cut(struct echo *e, uint64_t start)
{
	int64_t	 slot = (int64_t)((start + ECHO_FRAME_SAMPLES / 2) / ECHO_FRAME_SAMPLES);

	if (slot <= e->far_slot - SLOTS)
		slot = e->far_slot - SLOTS + 1;	/* all of them */
	for (; slot <= e->far_slot; slot++) {
		memset(e->far[slot & (SLOTS - 1)], pack(LOWEST_DB), NBANDS);
		e->voiced[slot & (SLOTS - 1)] = 0;
	}
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
	for (; at < slot; at++) {
		likeness_play(&e->likeness, at + 1, NULL);
		memset(e->far[(at + 1 + AHEAD) & (SLOTS - 1)], 0, NBANDS);
		e->voiced[(at + 1 + AHEAD) & (SLOTS - 1)] = 0;
	}
	e->slot = slot;
}

/* Nothing was told for this time: silence, or something that did not reach us. */
static void
note_untold(struct echo *e, bool playing)
{
	uint8_t	*row = e->far[e->slot & (SLOTS - 1)];

	if (row[0] != 0)
		return;
	if (!playing)
		memset(row, pack(LOWEST_DB), NBANDS);
	else if (!is_told(e, e->slot - 1) && !is_told(e, e->slot - 2))	/* the flag may be some frames off */
		e->untold_slot = e->slot;
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

/* All of them when what can be heard has changed, else the last one. */
static void
draw_forms(struct echo *e)
{
	float		 range = 0.0f;
	unsigned	 b, d;

	for (b = 0; b < NBANDS; b++)
		range += (e->near_top[b] + e->far_mean[b]) / NBANDS;
	if (range < e->form_range + REDRAW_DB && range > e->form_range - REDRAW_DB) {
		draw_form(e, e->slot);
		return;
	}
	e->form_range = range;
	for (d = 0; d < DELAYS; d++)
		draw_form(e, e->slot - d);
}

static float
best(const struct echo *e, unsigned *ret_delay)
{
	float		 m, top = -1.0f;
	unsigned	 d;

	for (d = 0; d < DELAYS; d++) {
		m = likeness_at(&e->likeness, d);
		if (m > top && (e->path != ECHO_UNKNOWN || e->clear[d] < UNLIKELY)) {
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
	float		 d[HISTORY] = { 0 }, t;
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

static void
set_path(struct echo *e, unsigned delay)
{
	e->path = ECHO_KNOWN;
	e->delay = delay;
	e->slack = EXCESS_DB;
	e->clear[delay] = 0;
	learn_loss(e);
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
	if (match >= VOTE_MATCH && e->path == ECHO_KNOWN && delay + 1 >= e->delay && delay <= e->delay + 1)
		e->clear[e->delay] = 0;	/* weak, but there */
	if (e->votes >= VOTES && (e->path != ECHO_KNOWN || e->vote + 1 < e->delay || e->vote > e->delay + 1))
		set_path(e, e->vote);
}

/* The bot speaks and nothing is heard: there is no path with that delay. */
static void
refute_paths(struct echo *e, float over_noise)
{
	unsigned	 d, left = 0;
	const bool	 nothing = over_noise < NOTHING_DB;

	for (d = 0; d < DELAYS; d++) {
		if (e->slot >= d && e->voiced[(e->slot - d) & (SLOTS - 1)] >= VOICED_SURE) {
			if (nothing)
				e->clear[d] += e->clear[d] < 200;
			else if (e->clear[d] > 0 && e->path != ECHO_NONE)
				e->clear[d]--;
		}
		left += e->clear[d] < NO_PATH;
	}
	if (e->path == ECHO_KNOWN && e->clear[e->delay] >= GONE) {
		e->path = ECHO_UNKNOWN;
		e->votes = 0;
	}
	if (e->path == ECHO_UNKNOWN && left == 0)
		e->path = ECHO_NONE;
}

void
echo_believe(struct echo *e)
{
	unsigned	 d = 0;

	if (e->path != ECHO_KNOWN) {
		if (best(e, &d) >= BELIEVE_MATCH)
			set_path(e, d);
		e->vote = d;
		e->votes = VOTES / 2;
	}
	e->suspect_slot = e->slot + SUSPECT_SLOTS;
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

/* Mean over the best bands of what stands out. */
static float
mean_of_best(const float over[NBANDS])
{
	float		 best_of[NBANDS] = { 0 }, sum = 0.0f;
	unsigned	 b, j;

	for (b = 0; b < NBANDS; b++) {
		for (j = b; j > 0 && best_of[j - 1] < over[b]; j--)
			best_of[j] = best_of[j - 1];
		best_of[j] = over[b];
	}
	for (b = 0; b < TOP_BANDS; b++)
		sum += best_of[b];
	return sum / TOP_BANDS;
}

/* Over echo and noise; *ret_noise: over the noise. */
static float
excess(struct echo *e, const float level[NBANDS], float *ret_noise)
{
	float		 over[NBANDS], over_noise[NBANDS], p;
	unsigned	 b;

	for (b = 0; b < NBANDS; b++) {
		p = e->path == ECHO_KNOWN ? predicted(e, b) : LOWEST_DB;
		e->tail[b] -= FADE_DB;
		e->tail[b] = p > e->tail[b] ? p : e->tail[b];
		over_noise[b] = level[b] - e->floor[b] - 3.0f;
		over[b] = level[b] - e->tail[b] < over_noise[b] ? level[b] - e->tail[b] : over_noise[b];
	}
	*ret_noise = mean_of_best(over_noise);
	return mean_of_best(over);
}

/* The loss follows slowly where nobody else is heard. */
static void
follow_loss(struct echo *e, const float level[NBANDS], float over)
{
	unsigned	 b;
	float		 d;

	if (e->path != ECHO_KNOWN || over > e->slack)
		return;
	for (b = 0; b < NBANDS; b++) {
		if (far_height(e, e->slot - (int64_t)e->delay, b) < 15.0f)
			continue;
		d = level[b] - predicted(e, b);
		e->loss[b] += d > 0.0f ? 0.10f * d : 0.02f * d;
	}
}

/* Both against their means; so far as they stand out of the noise. */
static void
compare(struct echo *e, const float level[NBANDS])
{
	float		 y[NBANDS];
	unsigned	 b;

	for (b = 0; b < NBANDS; b++) {
		y[b] = bounded(level[b] - e->floor[b] - 3.0f, 0.0f, RANGE_DB);
		e->near_top[b] = y[b] > e->near_top[b] ? y[b] : e->near_top[b] - TOP_FALL_DB;
		e->near_mean[b] += 0.02f * (y[b] - e->near_mean[b]);
		y[b] -= e->near_mean[b];
		e->far_mean[b] += 0.02f * (far_over_noise(e, e->slot, b) - e->far_mean[b]);
	}
	draw_forms(e);
	likeness_hear(&e->likeness, e->slot, y);
}

/* The loudest that was heard of late against the loudest that was played. */
static float
gain(const struct echo *e)
{
	float		 sum = 0.0f;
	unsigned	 b;

	for (b = 0; b < NBANDS; b++)
		sum += e->floor[b] + 3.0f + e->near_top[b] - e->top[b];
	return sum / NBANDS;
}

static void
learn_slack(struct echo *e, const struct echo_result *r)
{
	if (e->path == ECHO_KNOWN && r->match >= SURE_MATCH)
		e->slack = bounded(e->slack + (r->excess_db > e->slack ? SLACK_RISE_DB : -SLACK_FALL_DB),
		    EXCESS_DB, EXCESS_MAX_DB);
}

static bool
is_explained(const struct echo *e, const struct echo_result *r)
{
	if (e->path == ECHO_KNOWN)
		return r->excess_db < e->slack || (r->match > SAME_MATCH && r->excess_db < 2 * EXCESS_DB);
	if (e->path == ECHO_UNKNOWN && r->match >= SUSPECT_SURE && r->gain_db < ECHO_GAIN_DB)
		return true;
	return e->slot < e->suspect_slot && r->match >= SUSPECT_MATCH;
}

struct echo_result
echo_heard(struct echo *e, uint64_t start, bool playing, const int16_t samples[ECHO_FRAME_SAMPLES])
{
	struct echo_result	 r = { .path = e->path };
	float			 level[NBANDS], power[SPECTRUM_BINS], over_noise;
	unsigned		 b, d = 0;

	advance(e, (int64_t)(start / ECHO_FRAME_SAMPLES));
	note_untold(e, playing);
	r.untold = e->untold_slot >= 0 && e->slot - e->untold_slot < DELAYS;
	r.deaf = r.untold && e->slot - e->told_slot > DEAF_SLOTS;
	r.active = e->voiced_slot >= 0 && e->slot - e->voiced_slot < DELAYS + ROOM_SLOTS;
	if (!r.active && (e->slot & 7) != 0) {
		draw_form(e, e->slot);
		return r;		/* the floor only, and seldom */
	}
	measure(samples, power, level);
	learn_floor(e, level);
	for (b = 0; b < NBANDS; b++)
		e->near[e->slot & (HISTORY - 1)][b] = pack(level[b]);
	if (!r.active) {
		draw_form(e, e->slot);
		return r;
	}
	compare(e, level);
	r.match = best(e, &d);
	find_path(e, r.match, d);
	r.excess_db = excess(e, level, &over_noise);
	refute_paths(e, over_noise);
	follow_loss(e, level, r.excess_db);
	learn_slack(e, &r);
	r.path = e->path;
	r.gain_db = gain(e);
	r.delay_ms = (e->path == ECHO_KNOWN ? e->delay : d) * 20;
	r.explained = is_explained(e, &r);
	if (!r.explained && r.excess_db >= HARMONIC_DB)
		r.harmonicity = spectrum_harmonicity(power, edges[0], edges[NBANDS]);
	return r;
}
