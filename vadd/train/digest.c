/* SPDX-License-Identifier: ISC */
/*
 * digest: what the detector says of a made-up call, as two numbers: a sum over
 * the bits of all scores, and one over the decisions. Then what is said of the same
 * call at every rate, with a bot that it talks over and hears as an echo: a sum over
 * all events, and how many there were.
 *
 * The call is made with whole numbers only, so that it is the same wherever
 * this is compiled; tests/run/vad-digest.sh compares compilers and options.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vadd/stream.h"

#define SECONDS		60
#define SCALE		4096		/* of the resonators' coefficients */

struct resonator { int64_t a, b, y1, y2; };	/* y = x + a y1 - b y2 */

static uint32_t	 seed = 1;

static int32_t
noise(int32_t most)
{
	seed = seed * 1664525U + 1013904223U;
	return (int32_t)((int64_t)(seed >> 8) * (2 * most + 1) / (1 << 24)) - most;
}

static int64_t
resonate(struct resonator *r, int64_t x)
{
	const int64_t	 y = x + (r->a * r->y1 - r->b * r->y2) / SCALE;

	r->y2 = r->y1;
	r->y1 = y;
	return y;
}

/* Two resonances each, 90 Hz wide: at 700 and 1,200 Hz, at 300 and 2,200, at 450 and 900. */
static const int64_t	 vowels[3][2][2] = {
	{ { 6742, 3816 }, { 4648, 3816 } },
	{ { 7689, 3816 }, { -1237, 3816 } },
	{ { 7419, 3816 }, { 6013, 3816 } },
};

/* Three seconds of syllables and two of room, tones, clicks and silence between; n counts samples. */
static int16_t
sample(uint32_t n, struct resonator *mouth)
{
	static uint32_t	 pulse;		/* samples to the next one */
	const uint32_t	 in = n % (5 * VAD_RATE_HZ), turn = n / (5 * VAD_RATE_HZ), beat = in % 1600, i = in / 1600;
	int64_t		 x = noise(20), voice = 0;

	mouth[0].a = vowels[i % 3][0][0];
	mouth[0].b = vowels[i % 3][0][1];
	mouth[1].a = vowels[i % 3][1][0];
	mouth[1].b = vowels[i % 3][1][1];
	if (in < 3 * VAD_RATE_HZ && beat >= 300 && beat < 1300) {
		if (pulse-- == 0) {
			voice = 3000;
			pulse = 50 + beat / 90 + i % 5 * 4;
		}
	} else
		pulse = 0;
	voice = resonate(&mouth[1], resonate(&mouth[0], voice)) / 4;
	if (in < 3 * VAD_RATE_HZ && beat < 280)
		voice += noise(i % 2 == 0 ? 700 : 60);
	if (turn % 4 == 1 && in >= 3 * VAD_RATE_HZ)
		x += (in / 9) % 2 != 0 ? 3000 : -3000;
	if (turn % 4 == 2 && in >= 3 * VAD_RATE_HZ)
		x += in % 2000 < 40 ? noise(20000) : 0;
	if (turn % 4 == 3 && in >= 4 * VAD_RATE_HZ)
		return 0;
	x += voice / (1 << turn % 5);
	return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
}

/* ---- a whole stream ---- */

#define WHOLE		(SECONDS * VAD_RATE_HZ)
#define SHIFT		(2 * VAD_RATE_HZ)	/* the bot is the same voice, so much later in the call */
#define ECHO		2400			/* samples: 300 ms */

static int16_t	 line[WHOLE + SHIFT];

static bool
plays(uint32_t n)
{
	return n / (8 * VAD_RATE_HZ) % 2 == 0;
}

static int16_t
bot(uint32_t n)
{
	return plays(n) ? line[n + SHIFT] : 0;
}

/* The caller says nothing for a while, to let the echo be known, then speaks over it. */
static int16_t
heard(uint32_t n)
{
	const int32_t	 x = (n < 6 * VAD_RATE_HZ ? noise(20) : line[n % WHOLE]) + (n < ECHO ? 0 : bot(n - ECHO) / 10);

	return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
}

static uint32_t
add(uint32_t sum, uint32_t word)
{
	return (sum ^ word) * 16777619U;
}

static uint32_t
add_event(uint32_t sum, struct stream_event *ev, uint32_t verdicts[5])
{
	uint32_t	 word;

	memcpy(&word, &ev->vad.score, sizeof(word));
	sum = add(add(sum, word), ev->seg.kind);
	sum = add(add(sum, (uint32_t)ev->seg.audio_ms), (uint32_t)ev->seg.speech_ms);
	sum = add(add(add(sum, ev->barge), ev->again), ev->number);
	verdicts[ev->barge]++;
	if (ev->done != NULL)
		sum = add(add(sum, (uint32_t)ev->done->speech_end_ms), (uint32_t)ev->done->nsamples);
	utterance_free(ev->done);
	return sum;
}

static int
whole(uint32_t rate_hz, uint32_t *sum, uint32_t verdicts[5])
{
	const uint32_t		 ratio = rate_hz / VAD_RATE_HZ;
	struct profile_set	 set;
	struct stream		*st = stream_new(rate_hz, 0, 1, &segment_defaults);
	struct stream_event	 ev;
	int16_t			 in[3 * VAD_FRAME_SAMPLES], out[3 * VAD_FRAME_SAMPLES];
	uint32_t		 n, i;

	profile_set_init(&set);
	if (st == NULL || stream_set_profile(st, &set.rows[0], &set.rows[1]) == -1)
		return -1;
	for (n = 0; n < WHOLE; n += VAD_FRAME_SAMPLES) {
		for (i = 0; i < VAD_FRAME_SAMPLES * ratio; i++) {
			in[i] = i % ratio == 0 ? heard(n + i / ratio) : in[i - 1];
			out[i] = bot(n + i / ratio);
		}
		stream_set_playing(st, plays(n));
		if (plays(n) && stream_played(st, (uint64_t)n * ratio, out) == -1)
			return -1;
		stream_feed(st, n / VAD_FRAME_SAMPLES % 97 == 96 ? NULL : in, &ev);
		*sum = add_event(*sum, &ev, verdicts);
	}
	stream_free(st);
	return 0;
}

int
main(void)
{
	struct resonator	 mouth[2] = { { 0, 0, 0, 0 }, { 0, 0, 0, 0 } };
	uint32_t		 verdicts[5] = { 0, 0, 0, 0, 0 }, events = 2166136261U;
	struct vad		*vad = vad_new();
	struct vad_result	 r;
	int16_t			 frame[VAD_FRAME_SAMPLES];
	uint32_t		 n, i, word, bits = 2166136261U, said = 2166136261U, speech = 0;

	if (vad == NULL)
		return 1;
	for (n = 0; n < SECONDS * VAD_RATE_HZ; n += VAD_FRAME_SAMPLES) {
		for (i = 0; i < VAD_FRAME_SAMPLES; i++)
			frame[i] = sample(n + i, mouth);
		r = vad_feed(vad, n / VAD_FRAME_SAMPLES % 97 == 96 ? NULL : frame);
		memcpy(&word, &r.score, sizeof(word));
		for (i = 0; i < 4; i++)
			bits = (bits ^ (word >> (8 * i) & 0xffU)) * 16777619U;
		said = (said ^ (uint32_t)r.speech) * 16777619U;
		speech += r.speech;
	}
	vad_free(vad);
	(void)printf("scores 0x%08" PRIx32 " decisions 0x%08" PRIx32 " speech %" PRIu32 " of %d", bits, said, speech,
	    SECONDS * 50);
	for (n = 0; n < WHOLE + SHIFT; n++)
		line[n] = sample(n, mouth);
	for (n = 1; n <= 3; n++)
		if (whole(n * VAD_RATE_HZ, &events, verdicts) == -1)
			return 1;
	(void)printf(" events 0x%08" PRIx32 " confirmed %" PRIu32 " withdrawn %" PRIu32 "\n", events,
	    verdicts[BARGE_CONFIRM] + verdicts[BARGE_AGAIN], verdicts[BARGE_ECHO] + verdicts[BARGE_SHORT]);
	return 0;
}
