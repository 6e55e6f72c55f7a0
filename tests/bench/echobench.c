/* SPDX-License-Identifier: ISC */
/*
 * echobench: how well vadd tells the caller who interrupts from the bot's own echo.
 *
 *   echobench BOT... -- CALLER... -- ASIDE...
 *
 * Every BOT file is played over a line whose far end gives it back: late, weaker, through a
 * loudspeaker that clips softly, a small room and a telephone band, with room noise, as mu-law. The loop is
 * closed as in sockd: speech pauses the playback, a withdrawal lets it go on. Once nobody
 * else speaks; then the CALLER files interrupt; then the ASIDE files, which should not. One line for each delay and level:
 * false confirmations, pauses and utterances a minute of playback without a caller; interruptions that were
 * confirmed within 400 ms of the first sound of the caller, at all, and p50/p95 of those; asides confirmed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "vadd/profile.h"
#include "vadd/stream.h"

#define RATE		8000
#define FRAME		160
#define LINE		16384		/* samples of what was played */
#define CLIPS_MAX	64
#define BARGES_MAX	4096
#define GIVE_UP_MS	1500

struct clip { int16_t *pcm; size_t n, onset; };

struct counts {
	double	 minutes;
	unsigned falses, pauses, utterances, barges, in_time, confirmed;
	int	 ms[BARGES_MAX];
};

struct sim {
	struct stream	*st;
	const struct clip *bot, *caller;	/* caller: NULL none now */
	size_t		 bot_at, caller_at;
	uint64_t	 frame, onset_frame;
	bool		 paused, waiting;	/* waiting: for the verdict about the caller */
	unsigned	 quiet;			/* frames until the bot goes on */
	float		 line[LINE];
	uint64_t	 pos;
	double		 hp, hp_in, lp1, lp2, drive, gain, noise;
	unsigned	 delay;
	uint32_t	 seed;
};

static uint32_t
draw(struct sim *s)
{
	s->seed = s->seed * 1664525U + 1013904223U;
	return s->seed >> 8;
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Its voice begins with the first 200 ms of which two thirds lie within 26 dB of the loudest 10 ms. */
static size_t
find_onset(const struct clip *c)
{
	double	 e, first = 0, top = 0;
	size_t	 i, j, pass, k, n;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i + 1760 <= c->n; i += 80) {
			for (k = n = 0; k < (pass == 0 ? 1U : 20U); k++) {
				for (e = 0, j = i + k * 80; j < i + k * 80 + 80; j++)
					e += (double)c->pcm[j] * c->pcm[j];
				if (k < 1)
					first = e;
				n += e > top * 0.0025;
			}
			if (pass == 0 && e > top)
				top = e;
			if (pass == 1 && n >= 13 && first > top * 0.0025)
				return i;
		}
	return 0;
}

static struct clip
load(const char *path)
{
	struct audio_clip	 c = { 0 };
	struct clip		 out = { 0 };
	const char		*cause = "";

	if (audio_read_file(path, RATE, 600, &c, &cause) == -1) {
		(void)fprintf(stderr, "echobench: %s: %s\n", path, cause);
		exit(2);
	}
	out.pcm = c.samples;
	out.n = c.nsamples;
	out.onset = find_onset(&out);
	return out;
}

/* Make its speech so loud: the mean of its louder half, dB of full scale. */
static void
level(struct clip *c, double db)
{
	double	 sum = 0, g;
	size_t	 i, n = 0;

	for (i = 0; i < c->n; i++)
		if (abs(c->pcm[i]) > 300) {
			sum += (double)c->pcm[i] * c->pcm[i];
			n++;
		}
	g = n == 0 ? 1 : pow(10, db / 20) * 32768 / sqrt(sum / (double)n);
	for (i = 0; i < c->n; i++) {
		double	 v = c->pcm[i] * g;

		c->pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
	}
}

/* One sample of the echo: room, loudspeaker, band. */
static double
echo_of(struct sim *s)
{
	static const struct { unsigned at; double g; } taps[] = {
		{ 0, 1 }, { 58, 0.5 }, { 105, -0.3 }, { 247, 0.2 }, { 431, -0.1 }
	};
	double	 v = 0;
	size_t	 i;

	for (i = 0; i < sizeof(taps) / sizeof(taps[0]); i++)
		v += taps[i].g * (double)s->line[(s->pos - s->delay - taps[i].at) & (LINE - 1)];
	v = tanh(v * s->drive) / s->drive;
	s->hp = v - s->hp_in + 0.79 * s->hp;	/* 300 Hz */
	s->hp_in = v;
	s->lp1 += 0.85 * (s->hp - s->lp1);
	s->lp2 += 0.85 * (s->lp1 - s->lp2);
	return s->lp2 * s->gain;
}

static void
hear(struct sim *s, int16_t out[FRAME])
{
	double	 v;
	int	 i;

	for (i = 0; i < FRAME; i++, s->pos++) {
		v = echo_of(s) + ((double)(draw(s) & 0xffff) / 32768 - 1) * s->noise;
		if (s->caller != NULL)
			v += s->caller->pcm[s->caller_at++] / 32768.0;
		if (s->caller != NULL && s->caller_at >= s->caller->n)
			s->caller = NULL;
		v = v * 32768;
		out[i] = audio_ulaw_decode(audio_ulaw_encode((int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v)));
	}
}

static void
play(struct sim *s)
{
	int16_t		 frame[FRAME] = { 0 };
	size_t		 i;
	const bool	 on = !s->paused && s->quiet == 0;

	if (on) {
		memcpy(frame, s->bot->pcm + s->bot_at, sizeof(frame));
		s->bot_at += FRAME;
		(void)stream_played(s->st, s->frame * FRAME, frame);
	}
	for (i = 0; i < FRAME; i++)
		s->line[(s->pos + i) & (LINE - 1)] = (float)frame[i] / 32768;
	stream_set_playing(s->st, on);
	if (s->caller == NULL)
		s->quiet -= s->quiet > 0;
}

static void
confirmed(struct sim *s, struct counts *n)
{
	const int	 ms = ((int)(s->frame + 1 - s->onset_frame)) * 20;

	if (!s->waiting) {
		n->falses++;
	} else {
		n->ms[n->confirmed++] = ms;
		n->in_time += ms <= 400;
		s->waiting = false;
	}
	s->paused = false;
	s->quiet = 75;		/* after the caller's last word */
}

static void
follow(struct sim *s, struct stream_event *ev, struct counts *n)
{
	if ((ev->seg.kind == SEGMENT_BEGIN || ev->again) && s->quiet == 0) {
		n->pauses++;
		s->paused = true;
	}
	if (ev->barge == BARGE_CONFIRM)
		confirmed(s, n);
	if (ev->barge == BARGE_ECHO || ev->barge == BARGE_SHORT || ev->seg.kind == SEGMENT_END)
		s->paused = false;
	if (ev->done != NULL)
		n->utterances++;
	utterance_free(ev->done);
}

static void
run(const struct clip *bot, const struct clip *callers, size_t ncallers, unsigned delay_ms, double echo_db,
    uint32_t seed, struct counts *n)
{
	static struct sim	 s;
	struct stream_event	 ev;
	struct profile_set	 set;
	int16_t			 in[FRAME];
	uint64_t		 next = 250;

	profile_set_init(&set);
	s = (struct sim){ .bot = bot, .delay = delay_ms * 8, .seed = seed, .drive = 3, .pos = LINE,
	    .gain = pow(10, echo_db / 20), .noise = pow(10, -62 / 20.0) };
	s.st = stream_new(RATE, 0, 1, &set.rows[0].limits);
	if (s.st == NULL || stream_set_profile(s.st, &set.rows[0], profile_find(&set, "bot_speaking")->open) == -1)
		exit(2);
	for (; s.bot_at + FRAME <= bot->n; s.frame++) {
		if (s.frame >= next && ncallers > 0 && !s.paused && s.quiet == 0 && s.caller == NULL &&
		    n->barges < BARGES_MAX) {
			s.caller = &callers[draw(&s) % ncallers];
			s.onset_frame = s.frame + s.caller->onset / FRAME;
			s.caller_at = 0;
			s.waiting = true;
			n->barges++;
			next = s.frame + 300 + draw(&s) % 150;
		}
		if (s.waiting && s.frame > s.onset_frame + GIVE_UP_MS / 20)
			s.waiting = false;
		play(&s);
		hear(&s, in);
		stream_feed(s.st, in, &ev);
		follow(&s, &ev, n);
	}
	n->minutes += (double)bot->n / RATE / 60;
	stream_free(s.st);
}

int
main(int argc, char *argv[])
{
	static const unsigned	 delays[] = { 40, 100, 200, 300, 450, 600, 780 };
	static const double	 levels[] = { -100, -30, -20, -12 };
	static struct clip	 clips[3][CLIPS_MAX];
	static struct counts	 alone, talk, aside;
	size_t			 n[3] = { 0, 0, 0 }, side = 0, d, l, i;
	int			 a;

	for (a = 1; a < argc; a++) {
		if (strcmp(argv[a], "--") == 0)
			side += side < 2;
		else if (n[side] < CLIPS_MAX)
			clips[side][n[side]++] = load(argv[a]);
	}
	if (n[0] == 0 || n[1] == 0 || n[2] == 0) {
		(void)fprintf(stderr, "usage: echobench bot... -- caller... -- aside...\n");
		return 2;
	}
	for (i = 0; i < n[0]; i++)
		level(&clips[0][i], -16);
	for (i = 0; i < n[1]; i++)
		level(&clips[1][i], -24);
	for (i = 0; i < n[2]; i++)
		level(&clips[2][i], -26);
	(void)printf("echo_db delay_ms  minutes  false/min pauses/min utterances/min  barges in_400ms confirmed p50_ms p95_ms asides\n");
	for (l = 0; l < sizeof(levels) / sizeof(levels[0]); l++)
		for (d = 0; d < sizeof(delays) / sizeof(delays[0]); d++) {
			if (l == 0 && d > 0)
				continue;
			memset(&alone, 0, sizeof(alone));
			memset(&talk, 0, sizeof(talk));
			memset(&aside, 0, sizeof(aside));
			for (i = 0; i < n[0]; i++) {
				run(&clips[0][i], NULL, 0, delays[d], levels[l], (uint32_t)(7 + i), &alone);
				run(&clips[0][i], clips[1], n[1], delays[d], levels[l], (uint32_t)(99 + i), &talk);
				run(&clips[0][i], clips[2], n[2], delays[d], levels[l], (uint32_t)(33 + i), &aside);
			}
			qsort(talk.ms, talk.confirmed, sizeof(talk.ms[0]), by_value);
			(void)printf("%7.0f %8u %8.1f %10.2f %10.2f %14.2f %7u %7.1f%% %8.1f%% %6d %6d %5.1f%%\n", levels[l], delays[d],
			    alone.minutes, alone.falses / alone.minutes, alone.pauses / alone.minutes,
			    alone.utterances / alone.minutes, talk.barges, 100.0 * talk.in_time / talk.barges,
			    100.0 * talk.confirmed / talk.barges, talk.confirmed ? talk.ms[talk.confirmed / 2] : -1,
			    talk.confirmed ? talk.ms[talk.confirmed * 95 / 100] : -1,
			    100.0 * aside.confirmed / aside.barges);
		}
	return 0;
}
