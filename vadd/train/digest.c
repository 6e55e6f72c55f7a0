/* SPDX-License-Identifier: ISC */
/*
 * digest: what the detector says of a made-up call, as two numbers: a sum over
 * the bits of all scores, and one over the decisions.
 *
 * The call is made with whole numbers only, so that it is the same wherever
 * this is compiled; tests/run/vad-digest.sh compares compilers and options.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vadd/vad.h"

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

int
main(void)
{
	struct resonator	 mouth[2] = { { 0, 0, 0, 0 }, { 0, 0, 0, 0 } };
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
	(void)printf("scores 0x%08" PRIx32 " decisions 0x%08" PRIx32 " speech %" PRIu32 " of %d\n", bits, said, speech,
	    SECONDS * 50);
	return 0;
}
