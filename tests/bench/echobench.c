/* SPDX-License-Identifier: ISC */
/*
 * echobench: how well vadd tells the caller who interrupts from the bot's own echo.
 *
 *   echobench [-q] [-s SCENE] [-n SEED] LIST        (echoclips.py makes LIST)
 *
 * Every bot is played over a line whose far end gives it back: late, weaker, through a loudspeaker
 * that clips, a room, a telephone band, noise and mu-law. The loop is closed as in sockd:
 * speech pauses the playback two frames later, a withdrawal lets it go on, what was told ahead is cut. One line a
 * scene. Nobody else speaks: false confirmations, pauses and utterances a minute of playback, and pauses in the first 5 s of it.
 * CALLER files interrupt: confirmed within 400 ms of the label, at all, p50/p95 of that and of the pause.
 * Others (uhuh, brief, cough, click), which should not: share confirmed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/audio.h"
#include "vadd/profile.h"
#include "vadd/stream.h"

#define RATE		8000
#define FRAME		160
#define LINE		16384		/* samples of what was played */
#define CLIPS_MAX	512
#define BARGES_MAX	16384
#define GIVE_UP_MS	1500
#define LEAD		10		/* frames told ahead */
#define LOOP		2		/* frames until sockd has paused or goes on */
#define TAPS		120
#define KINDS		6

static const char *const kinds[KINDS] = { "bot", "caller", "uhuh", "brief", "cough", "click" };
static bool quiet_list;

struct scene {
	const char	*name;
	int		 delay_ms;	/* -1: 20 to 800, another in each run */
	double		 echo_db;	/* 0: -35 to -10, another in each run; -100 none */
	double		 caller_db;	/* 0: -34 to -14 */
	double		 noise_db;	/* 0: -70 to -48 */
	double		 drive;		/* of the loudspeaker; 0: 1 to 8 */
	double		 rt_ms;		/* of the room; 0: 60 to 450 */
	enum { STEADY, MOVED, DRIFT, GATED, SWITCHED, RESTART, UNTOLD, LOSSY, ALIGNED, MUSIC, FIRST } kind;
};
static const struct scene scenes[] = {
	{ "no echo", 20, -100, -22, -62, 1, 100, STEADY },
	{ "-20 dB 100 ms", 100, -20, -22, -62, 2, 150, STEADY },
	{ "-20 dB 300 ms", 300, -20, -22, -62, 2, 150, STEADY },
	{ "-20 dB 600 ms", 600, -20, -22, -62, 2, 150, STEADY },
	{ "mixed", -1, 0, 0, 0, 0, 0, STEADY },
	{ "loud -10 dB", -1, -10, -22, -62, 3, 200, STEADY },
	{ "soft -32 dB", -1, -32, -26, -66, 2, 150, STEADY },
	{ "caller -32 dBFS", -1, -22, -32, -62, 2, 150, STEADY },
	{ "noise -45 dBFS", -1, -18, -20, -45, 2, 150, STEADY },
	{ "room 500 ms", -1, -18, -22, -62, 2, 500, STEADY },
	{ "bad loudspeaker", -1, -16, -22, -62, 10, 150, STEADY },
	{ "canceller's rest", -1, -18, -22, -62, 2, 150, GATED },
	{ "delay jumps", -1, -20, -22, -62, 2, 150, MOVED },
	{ "delay drifts", -1, -20, -22, -62, 2, 150, DRIFT },
	{ "echo from 30 s on", -1, -20, -22, -62, 2, 150, SWITCHED },
	{ "vadd killed", -1, -20, -22, -62, 2, 150, RESTART },
	{ "frames lost", -1, -20, -22, -62, 2, 150, LOSSY },
	{ "not told", -1, -20, -22, -62, 2, 150, UNTOLD },
	{ "with a sentence", -1, -20, -22, -62, 2, 150, ALIGNED },
	{ "first second", 20, -100, -22, -62, 1, 100, FIRST },	/* of a call; no echo */
	{ "music", -1, -20, -22, -62, 2, 150, MUSIC },
};

struct clip { int16_t *pcm; size_t n, onset; };

struct counts {
	double	 minutes;
	unsigned runs, falses, pauses, early, utterances, barges, in_time, confirmed, nstart;
	int	 ms[BARGES_MAX], start_ms[BARGES_MAX];
};

struct sim {
	const struct scene *scene;
	struct stream	*st;
	struct profile_set set;
	const struct clip *bot, *caller;	/* caller: NULL none now */
	size_t		 bot_at, caller_at;
	uint64_t	 frame, begun;		/* begun: of the stream, frames */
	uint64_t	 onset;			/* sample of the caller's first sound */
	uint64_t	 told;			/* frames told */
	bool		 paused, waiting, reported;	/* waiting: for the verdict about the caller */
	unsigned	 change;		/* frames until paused becomes !paused */
	unsigned	 quiet;			/* frames until the bot goes on */
	float		 line[LINE];
	uint64_t	 pos;
	struct { unsigned at; double g; } taps[TAPS];
	double		 hp, hp_in, lp1, lp2, drive, gain, noise, pink, caller_gain, gate;
	double		 delay;			/* samples */
	uint32_t	 seed;
};

static uint32_t
draw(struct sim *s)
{
	s->seed = s->seed * 1664525U + 1013904223U;
	return s->seed >> 8;
}

static double
between(struct sim *s, double low, double high)
{
	return low + (high - low) * draw(s) / (1 << 24);
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static struct clip
load(const char *path, size_t onset)
{
	struct audio_clip	 c = { 0 };
	const char		*cause = "";

	if (audio_read_file(path, RATE, 600, &c, &cause) == -1) {
		(void)fprintf(stderr, "echobench: %s: %s\n", path, cause);
		exit(2);
	}
	return (struct clip){ .pcm = c.samples, .n = c.nsamples, .onset = onset };
}

/* ---- the far end ---- */

static void
prepare(struct sim *s)
{
	const struct scene	*c = s->scene;
	double			 rt, power = 1;
	unsigned		 i;

	s->delay = 8 * (c->delay_ms < 0 ? between(s, 20, 780) : c->delay_ms);
	s->gain = pow(10, (c->echo_db == 0 ? between(s, -35, -10) : c->echo_db) / 20);
	s->caller_gain = pow(10, ((c->caller_db == 0 ? between(s, -34, -14) : c->caller_db) + 20) / 20);
	s->noise = pow(10, (c->noise_db == 0 ? between(s, -70, -48) : c->noise_db) / 20);
	s->drive = c->drive == 0 ? between(s, 1, 8) : c->drive;
	rt = 8 * (c->rt_ms == 0 ? between(s, 60, 450) : c->rt_ms);
	s->taps[0].g = 1;
	for (i = 1; i < TAPS; i++) {
		s->taps[i].at = 8 + (unsigned)(between(s, 0, 1) * rt);
		s->taps[i].g = between(s, -1, 1) * 0.5 * pow(10, -3.0 * s->taps[i].at / rt);
		power += s->taps[i].g * s->taps[i].g;
	}
	for (i = 0; i < TAPS; i++)
		s->taps[i].g /= sqrt(power);
	s->gate = 1;
	if (c->kind == SWITCHED)
		s->gain = 0;
}

/* Once a frame. */
static void
change(struct sim *s)
{
	switch (s->scene->kind) {
	case MOVED:
		if (s->frame % 1000 == 999)
			s->delay = 8 * between(s, 20, 780);
		break;
	case DRIFT:
		s->delay += s->frame < 1500 ? 0.8 : -0.8;	/* 0.5 % */
		s->delay = s->delay < 160 ? 160 : s->delay;
		break;
	case GATED:
		if (draw(s) % 8 == 0)
			s->gate = pow(10, between(s, -25, 5) / 20);
		break;
	case SWITCHED:
		if (s->frame == 1500)
			s->gain = pow(10, s->scene->echo_db / 20);
		break;
	case STEADY:
	case RESTART:
	case UNTOLD:
	case LOSSY:
	case ALIGNED:
	case MUSIC:
	case FIRST:
		break;
	}
}

/* One sample of the echo: room, loudspeaker, band. */
static double
echo_of(struct sim *s)
{
	const uint64_t	 at = s->pos - (uint64_t)s->delay;
	double		 v = 0;
	size_t		 i;

	if (s->gain <= 1e-5)
		return 0;
	v = (double)s->line[at & (LINE - 1)];
	v = tanh(v * s->drive * 3) / (s->drive * 3);
	v *= s->taps[0].g;
	for (i = 1; i < TAPS; i++)
		v += s->taps[i].g * (double)s->line[(at - s->taps[i].at) & (LINE - 1)];
	s->hp = v - s->hp_in + 0.79 * s->hp;	/* 300 Hz */
	s->hp_in = v;
	s->lp1 += 0.85 * (s->hp - s->lp1);
	s->lp2 += 0.85 * (s->lp1 - s->lp2);
	return s->lp2 * s->gain * s->gate;
}

static void
hear(struct sim *s, int16_t out[FRAME])
{
	double	 v, white;
	int	 i;

	for (i = 0; i < FRAME; i++, s->pos++) {
		white = between(s, -1, 1) * 1.7;
		s->pink += 0.3 * (white - s->pink);
		v = echo_of(s) + (0.5 * white + s->pink) * s->noise;
		if (s->caller != NULL)
			v += s->caller->pcm[s->caller_at++] / 32768.0 * s->caller_gain;
		if (s->caller != NULL && s->caller_at >= s->caller->n)
			s->caller = NULL;
		v = v * 32768;
		out[i] = audio_ulaw_decode(audio_ulaw_encode((int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v)));
	}
}

/* ---- sockd ---- */

static void
tell(struct sim *s)
{
	size_t	 at;

	if (s->told < s->frame)
		s->told = s->frame;
	for (; s->told < s->frame + LEAD; s->told++) {
		at = s->bot_at + (s->told - s->frame) * FRAME;
		if (at + FRAME > s->bot->n)
			return;
		if (s->scene->kind == UNTOLD || (s->scene->kind == LOSSY && draw(s) % 20 == 0))
			continue;
		(void)stream_played(s->st, s->told * FRAME, s->bot->pcm + at);
	}
}

static void
play(struct sim *s)
{
	int16_t		 frame[FRAME] = { 0 };
	size_t		 i;
	bool		 on;

	if (s->change > 0 && --s->change == 0) {
		s->paused = !s->paused;
		if (s->paused) {
			(void)stream_played(s->st, s->frame * FRAME, NULL);
			s->told = s->frame;
		}
	}
	on = !s->paused && s->quiet == 0;
	if (on) {
		tell(s);
		memcpy(frame, s->bot->pcm + s->bot_at, sizeof(frame));
		s->bot_at += FRAME;
	}
	for (i = 0; i < FRAME; i++)
		s->line[(s->pos + i) & (LINE - 1)] = (float)frame[i] / 32768;
	stream_set_playing(s->st, on);
	if (s->caller == NULL)
		s->quiet -= s->quiet > 0;
}

static void
set_paused(struct sim *s, bool paused)
{
	s->change = paused == s->paused ? 0 : LOOP;
}

static void
confirmed(struct sim *s, struct counts *n)
{
	const int	 ms = (int)(((int64_t)(s->frame + 1) * FRAME - (int64_t)s->onset) / 8);

	if (!s->waiting || ms <= 0) {
		n->falses++;
	} else {
		n->ms[n->confirmed++] = ms;
		n->in_time += ms <= 400;
		s->waiting = false;
	}
	s->paused = false;			/* cancelled: the next sentence comes */
	s->change = 0;
	s->quiet = 75;				/* after the caller's last word */
	(void)stream_played(s->st, (s->frame + LOOP) * FRAME, NULL);
	s->told = s->frame;
}

static void
follow(struct sim *s, struct stream_event *ev, struct counts *n)
{
	const int	 ms = (int)(((int64_t)(s->frame + 1) * FRAME - (int64_t)s->onset) / 8);

	if ((ev->seg.kind == SEGMENT_BEGIN || ev->again) && s->quiet == 0) {
		n->pauses++;
		n->early += s->bot_at < 5 * RATE;
		set_paused(s, true);
		if (s->waiting && ms > 0 && !s->reported) {
			s->reported = true;
			n->start_ms[n->nstart++] = ms;
		}
	}
	if (ev->barge == BARGE_CONFIRM || ev->barge == BARGE_AGAIN)
		confirmed(s, n);
	if (ev->barge == BARGE_ECHO || ev->barge == BARGE_SHORT || ev->seg.kind == SEGMENT_END)
		set_paused(s, false);
	if (ev->done != NULL)
		n->utterances++;
	utterance_free(ev->done);
}

static void
start_vadd(struct sim *s)
{
	stream_free(s->st);
	s->st = stream_new(RATE, s->frame * FRAME, 1, &s->set.rows[0].limits);
	if (s->st == NULL || stream_set_profile(s->st, &s->set.rows[0], profile_find(&s->set, "bot_speaking")) == -1)
		exit(2);
	s->change = s->paused ? 1 : 0;
	s->told = s->told > s->frame ? s->told : s->frame;
}

/* Does a sentence of the bot begin now? */
static bool
at_sentence(const struct sim *s)
{
	double	 e[2] = { 0, 0 };
	size_t	 i;

	for (i = 0; i < 2400 && s->bot_at >= 2000 && s->bot_at + 800 < s->bot->n; i++)
		e[i >= 2000] += abs(s->bot->pcm[s->bot_at + i - 2000]);
	return e[1] > 400 * 300 && e[0] < 2000 * 30;
}

static bool
caller_due(struct sim *s, uint64_t next)
{
	return s->frame >= next && !s->paused && s->change == 0 && s->quiet == 0 && s->caller == NULL &&
	    (s->scene->kind != ALIGNED || at_sentence(s));
}

static void
run(const struct scene *scene, const struct clip *bot, const struct clip *callers, size_t ncallers, uint32_t seed,
    struct counts *n)
{
	static struct sim	 s;
	struct stream_event	 ev;
	int16_t			 in[FRAME];
	uint64_t		 next = scene->kind == FIRST ? 30 : 150;

	s = (struct sim){ .scene = scene, .bot = bot, .seed = seed * 7919, .pos = LINE };
	profile_set_init(&s.set);
	prepare(&s);
	start_vadd(&s);
	for (; s.bot_at + FRAME <= bot->n; s.frame++) {
		if (ncallers > 0 && n->barges < BARGES_MAX && caller_due(&s, next)) {
			s.caller = &callers[draw(&s) % ncallers];
			s.onset = s.frame * FRAME + s.caller->onset;
			s.caller_at = 0;
			s.waiting = true;
			s.reported = false;
			n->barges++;
			next = scene->kind == FIRST ? UINT64_MAX : s.frame + 200 + draw(&s) % 150;
		}
		if (s.waiting && s.frame * FRAME > s.onset + GIVE_UP_MS * 8) {
			s.waiting = false;
			s.quiet = scene->kind == FIRST ? 75 : s.quiet;
		}
		if (scene->kind == FIRST && s.caller == NULL && s.quiet == 70) {
			start_vadd(&s);
			next = s.frame + 70 + 5 + draw(&s) % 45;
		}
		if (scene->kind == RESTART && s.frame % 500 == 499)
			start_vadd(&s);
		change(&s);
		play(&s);
		hear(&s, in);
		if (scene->kind == LOSSY && draw(&s) % 33 == 0)
			stream_feed(s.st, NULL, &ev);
		else
			stream_feed(s.st, in, &ev);
		follow(&s, &ev, n);
	}
	n->minutes += (double)bot->n / RATE / 60;
	n->runs++;
	stream_free(s.st);
	s.st = NULL;
}

static int
at_percent(int *ms, unsigned n, unsigned percent)
{
	qsort(ms, n, sizeof(ms[0]), by_value);
	return n == 0 ? -1 : ms[n * percent / 100];
}

static void
report(const struct scene *scene, struct counts n[KINDS])
{
	struct counts	*alone = &n[0], *talk = &n[1];
	int		 k;

	(void)printf("%-18s %6.2f %6.2f %6.2f %6.1f | %5u %5.1f%% %5.1f%% %4d %4d  %4d %4d |", scene->name,
	    alone->falses / alone->minutes, alone->pauses / alone->minutes, alone->utterances / alone->minutes,
	    (double)alone->early / alone->runs, talk->barges, 100.0 * talk->in_time / talk->barges,
	    100.0 * talk->confirmed / talk->barges, at_percent(talk->ms, talk->confirmed, 50),
	    at_percent(talk->ms, talk->confirmed, 95), at_percent(talk->start_ms, talk->nstart, 50),
	    at_percent(talk->start_ms, talk->nstart, 95));
	for (k = 2; k < KINDS; k++)
		if (n[k].barges > 0)
			(void)printf(" %5.1f%%", 100.0 * n[k].confirmed / n[k].barges);
	(void)printf("\n");
	(void)fflush(stdout);
}

int
main(int argc, char *argv[])
{
	static struct clip	 clips[KINDS + 1][CLIPS_MAX];
	static struct counts	 n[KINDS];
	size_t			 nclips[KINDS + 1] = { 0 }, i, c, onset, bots;
	const char		*only = NULL;
	char			 kind[16], path[1000];
	uint32_t		 seed = 1;
	FILE			*f;
	int			 k, opt;

	while ((opt = getopt(argc, argv, "qs:n:")) != -1) {
		if (opt == 's')
			only = optarg;
		else if (opt == 'n')
			seed = (uint32_t)strtoul(optarg, NULL, 10);
		else if (opt == 'q')
			quiet_list = true;
		else
			return 2;
	}
	if (optind + 1 != argc || (f = fopen(argv[optind], "re")) == NULL) {
		(void)fprintf(stderr, "usage: echobench [-q] [-s SCENE] [-n SEED] LIST\n");
		return 2;
	}
	while (fscanf(f, "%15s %zu %999s", kind, &onset, path) == 3) {
		for (k = 0; k < KINDS && strcmp(kinds[k], kind) != 0; k++)
			;
		if (nclips[k] < CLIPS_MAX)
			clips[k][nclips[k]++] = load(path, onset);
	}
	(void)fclose(f);
	(void)printf("                      a minute of playback    | interruptions, ms                            | not to be confirmed\n"
	    "scene               false pauses utter. first5s|     n in 400   all  p50  p95 pause  p95 |  uhuh  brief  cough  click\n");
	for (c = 0; c < sizeof(scenes) / sizeof(scenes[0]); c++) {
		if (only != NULL && strstr(scenes[c].name, only) == NULL)
			continue;
		memset(n, 0, sizeof(n));
		bots = scenes[c].kind == MUSIC ? KINDS : 0;
		for (k = 0; k < (quiet_list ? 2 : KINDS); k++)
			for (i = 0; i < nclips[bots]; i++)
				run(&scenes[c], &clips[bots][i], clips[k], k == 0 ? 0 : nclips[k], (uint32_t)(seed * 1000 + i + (size_t)k * 100), &n[k]);
		report(&scenes[c], n);
	}
	return 0;
}
