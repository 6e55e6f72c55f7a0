/* SPDX-License-Identifier: ISC */
/*
 * soak: hours of sounds that nobody speaks in, through a stream of vadd as a call would go.
 *
 *   soak [hours [kind]]		default 10; make soak
 *
 * Room tones last for all the hours: what opens in them is counted, and nothing may hold an utterance open to its longest.
 * Standing sounds begin after 10 s of a quiet room, as an engine or a fan is started in mid-call, and stay: of them
 * the share of time that something is open counts after the first minute. Exit status 1 when a limit is passed.
 * The same sounds each time: no seed from outside, so that what fails can be looked at.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "vadd/stream.h"

#define RATE_HZ		8000
#define FRAME		160
#define FRAMES_S	50
#define TURN		6.283185307179586
#define QUIET_S		10		/* before a standing sound */
#define STAND_S		1200		/* they are steady: 20 minutes say all */
#define TABLE_BITS	12

static double	sine[1 << TABLE_BITS];
static uint32_t	seed;
static double	state[8];		/* of the sound that runs */
static double	t;			/* seconds since the begin */
static int64_t	n;			/* samples */

static double
uniform(void)
{
	seed = seed * 1664525U + 1013904223U;
	return seed / 4294967296.0;
}

static double
white(void)
{
	return (uniform() + uniform() + uniform() + uniform() - 2) * 1.73;
}

static double
pink(void)
{
	double	 w = white();

	state[0] = 0.99765 * state[0] + w * 0.0990460;
	state[1] = 0.96300 * state[1] + w * 0.2965164;
	state[2] = 0.57000 * state[2] + w * 1.0526913;
	return (state[0] + state[1] + state[2] + w * 0.1848) / 2.2;
}

static double
wave(double turns)
{
	return sine[(int64_t)(turns * (1 << TABLE_BITS)) & ((1 << TABLE_BITS) - 1)];
}

static double
harmonics(int slot, double hz, int count, double slope)
{
	double	 v = 0;
	int	 h;

	state[slot] += hz / RATE_HZ;
	for (h = 1; h <= count; h++)
		v += wave(h * state[slot] + h * h * 0.13) / (1 + (h - 1) * slope);
	return v;
}

static double db(double x) { return pow(10, x / 20); }

/* ---- room tones ---- */

static double room_white(void) { return 0.0006 * white(); }
static double room_pink(void) { return 0.004 * pink(); }
static double room_drift(void) { return db(-55 + 15 * wave(t / 600)) * pink(); }
static double room_hum(void) { return 0.02 * harmonics(3, 50 + 0.1 * wave(t / 20), 11, 1.5) + 0.001 * white(); }

/* Louder and weaker by up to 20 dB every half minute or so: a door, a window, another handset. */
static double
room_steps(void)
{
	if (n % (RATE_HZ * 37) == 0)
		state[4] = db(-65 + 20 * uniform());
	return state[4] * pink();
}

/* The least bits that a telephone line leaves of silence. */
static double room_idle(void) { return (uniform() < 0.3 ? 8 : uniform() < 0.5 ? -8 : 0) / 32768.0; }

/* Comfort noise that comes and goes, with digital silence between. */
static double room_comfort(void) { return fmod(t, 11) < 7 ? 0.0015 * white() : 0; }

/* Somebody breathes near the microphone: noise of the mouth, 0.9 s of every 4. */
static double
room_breath(void)
{
	double	 part = fmod(t, 4), w = white();

	state[4] = 0.6 * state[4] + w;
	state[5] = 0.9 * state[5] + 0.1 * state[4];
	w = (state[4] - state[5]) * 0.6;
	return 0.001 * white() + (part < 0.9 ? 0.012 * (0.5 - 0.5 * wave(part / 0.9 + 0.25)) * w : 0);
}

static double
room_clicks(void)
{
	if (uniform() < 1.5 / RATE_HZ)
		state[4] = 0.3 * (uniform() - 0.5);
	state[4] *= 0.9;
	return state[4] * white() + 0.001 * pink();
}

/* Cars that pass: swells of some seconds. */
static double room_traffic(void) { return db(-60 + 22 * (0.5 - 0.5 * wave(t / 9.7 + 0.25)) * (0.5 + 0.5 * wave(t / 71))) * pink(); }

/* ---- sounds that begin and stay ---- */

static double stand_fan(void) { return pink() * (1 + 0.15 * wave(3.1 * t)) + 0.3 * wave(98 * t); }
static double stand_engine(void) { return 0.4 * harmonics(3, 31 + 2 * wave(0.05 * t), 50, 0.25) + 0.3 * pink(); }
static double stand_motor(void) { return 0.5 * harmonics(3, 110 + 8 * wave(0.07 * t), 25, 0.4) + 0.15 * pink(); }
static double stand_vacuum(void) { return 0.5 * harmonics(3, 210 + wave(0.3 * t), 14, 1) + 0.8 * white(); }
static double stand_machine(void) { return (fmod(t, 0.5) < 0.25 ? 1 : 0.25) * pink() + 0.2 * wave(400 * t); }
static double stand_pulses(void) { return (0.55 + 0.45 * wave(4 * t)) * pink() * 1.3; }
static double stand_siren(void) { return harmonics(3, 600 + 300 * wave(0.4 * t), 3, 2); }
static double stand_organ(void) { return 0.4 * (harmonics(3, 196, 5, 1) + harmonics(4, 247, 5, 1) + harmonics(5, 294, 5, 1)); }

static double
stand_rain(void)
{
	if (uniform() < 0.004)
		state[4] = 6 * (uniform() - 0.5);
	state[4] *= 0.9;
	return 0.7 * white() + 3 * state[4];
}

/* Three strings that are plucked again and again: the nearest to a voice here. */
static double
stand_strings(void)
{
	static const double	 hz[] = { 220, 247, 262, 294, 330, 349, 392, 440, 494, 523 };
	static double		 note[3], loud[3];
	double			 v = 0;
	int			 i;

	for (i = 0; i < 3; i++) {
		if (n % (2000 + i * 1000) == 0) {
			note[i] = hz[(int)(uniform() * 10)] * (i == 0 ? 0.5 : 1);
			loud[i] = 1;
		}
		loud[i] *= 0.9997;
		v += loud[i] * harmonics(3 + i, note[i], 6, 1);
	}
	return 0.5 * v;
}

static const struct sound {
	const char	*name;
	double		 (*make)(void);
	bool		 stands;
	double		 most;		/* room: utterances an hour; stands: percent open after the first minute */
} sounds[] = {
	{ "white", room_white, false, 0 }, { "pink", room_pink, false, 0 }, { "drift", room_drift, false, 0 },
	{ "hum", room_hum, false, 0 }, { "steps", room_steps, false, 6 }, { "idle", room_idle, false, 0 },
	{ "comfort", room_comfort, false, 6 }, { "breath", room_breath, false, 6 }, { "clicks", room_clicks, false, 6 },
	{ "traffic", room_traffic, false, 6 },
	{ "fan", stand_fan, true, 1 }, { "engine", stand_engine, true, 1 }, { "motor", stand_motor, true, 1 },
	{ "vacuum", stand_vacuum, true, 1 }, { "machine", stand_machine, true, 1 }, { "pulses", stand_pulses, true, 1 },
	{ "siren", stand_siren, true, 1 }, { "organ", stand_organ, true, 1 }, { "rain", stand_rain, true, 1 },
	{ "strings", stand_strings, true, 5 },
};

struct tally {
	unsigned	opened, capped;
	uint64_t	longest_ms, begin_ms;
	int64_t		open_first, open_later;		/* frames: in the first minute, and after it */
};

static void
take(struct stream *st, const int16_t *pcm, int64_t k, int64_t from, struct tally *ret)
{
	struct stream_event	 ev;
	uint64_t		 ms;

	stream_feed(st, pcm, &ev);
	if (ev.seg.kind == SEGMENT_BEGIN) {
		ret->opened++;
		ret->begin_ms = ev.seg.audio_ms;
	} else if (ev.seg.kind == SEGMENT_END) {
		ret->capped += ev.seg.capped;
		ms = ev.seg.announced_ms - ret->begin_ms;
		ret->longest_ms = ms > ret->longest_ms ? ms : ret->longest_ms;
	}
	utterance_free(ev.done);
	if (stream_open(st, NULL, NULL) == 0)
		return;
	if (k - from < 60 * FRAMES_S)
		ret->open_first++;
	else
		ret->open_later++;
}

/* Level of a sound, so that all that stand are as loud. */
static double
rms(const struct sound *s)
{
	double	 v, sum = 0;

	for (n = 0; n < 10 * RATE_HZ; n++) {
		t = (double)n / RATE_HZ;
		v = s->make();
		sum += v * v;
	}
	return sqrt(sum / (10 * RATE_HZ));
}

static int
run(const struct sound *s, int64_t seconds, double level_db)
{
	const int64_t	 from = s->stands ? QUIET_S * FRAMES_S : 0, frames = seconds * FRAMES_S + from;
	const double	 gain = s->stands ? db(level_db) / rms(s) : 1;
	struct tally	 y = { 0 };
	struct stream	*st;
	int16_t		 pcm[FRAME];
	int64_t		 k;
	double		 v, hours, later;
	bool		 bad;
	int		 i;

	memset(state, 0, sizeof(state));
	seed = 7;
	if ((st = stream_new(RATE_HZ, 0, 1, &segment_defaults)) == NULL)
		return 1;
	for (k = 0; k < frames; k++) {
		for (i = 0; i < FRAME; i++) {
			n = k * FRAME + i;
			t = (double)n / RATE_HZ;
			v = s->stands ? 0.0006 * white() : 0;
			v += k >= from ? s->make() * gain : 0;
			pcm[i] = (int16_t)lrint(v > 0.99 ? 32440 : v < -0.99 ? -32440 : v * 32768);
		}
		take(st, pcm, k, from, &y);
	}
	stream_free(st);
	hours = (double)seconds / 3600;
	later = 100.0 * (double)y.open_later / (double)(frames - from);
	bad = s->stands ? later > s->most : y.capped > 0 || (double)y.opened / hours > s->most;
	if (s->stands)
		printf("%-8s %3.0f dB: %u utterances, %u to the cap; open %4.1f %% of the first minute, %4.2f %% later%s\n", s->name, level_db,
		    y.opened, y.capped, 100.0 * (double)y.open_first / (60.0 * FRAMES_S), later, bad ? "  TOO MUCH" : "");
	else
		printf("%-8s %.1f hours: %u utterances, %.2f an hour, longest %.1f s, %u to the cap%s\n", s->name, hours, y.opened,
		    (double)y.opened / hours, (double)y.longest_ms / 1000, y.capped, bad ? "  TOO MUCH" : "");
	(void)fflush(stdout);
	return bad;
}

int
main(int argc, char *argv[])
{
	int64_t	 hours = 10;
	size_t	 i;
	int	 bad = 0;

	if (argc > 3 || (argc > 1 && num_parse(argv[1], 1, 1000, &hours) == -1)) {
		fprintf(stderr, "usage: soak [hours [kind]]\n");
		return 2;
	}
	for (i = 0; i < sizeof(sine) / sizeof(sine[0]); i++)
		sine[i] = sin(TURN * (double)i / (1 << TABLE_BITS));
	for (i = 0; i < sizeof(sounds) / sizeof(sounds[0]); i++) {
		if (argc > 2 && strcmp(argv[2], sounds[i].name) != 0)
			continue;
		if (!sounds[i].stands)
			bad += run(&sounds[i], hours * 3600, 0);
		else
			bad += run(&sounds[i], STAND_S, -40) + run(&sounds[i], STAND_S, -30) + run(&sounds[i], STAND_S, -20);
	}
	return bad != 0;
}
