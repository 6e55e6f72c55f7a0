/* SPDX-License-Identifier: ISC */
/*
 * untrained: the detector by rules that was vad.c until 0.1.0, for comparison.
 */
#include "vadd/train/detectors.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "vadd/spectrum.h"

#define NBANDS		14
#define TOP_BANDS	5	/* speech need not fill more */
#define OVERLAP		(SPECTRUM_SAMPLES - VAD_FRAME_SAMPLES)
#define SUBWINDOWS	8	/* the floor is the least of as many */
#define SUB_FRAMES	12	/* frames in each: 8 x 12 x 20 ms = 1.9 s */
#define SUB_FRAMES_FIRST 4	/* learn faster at the start of a call */
#define QUIET_FRAMES	10	/* digital silence counts as background after 200 ms */

/* All levels are dB of full scale in one band. */
#define FLOOR_MIN	(-88.0f)	/* below the coding noise of G.711 */
#define FLOOR_FIRST	(-48.0f)	/* highest believed in the first frame */
#define RISE_DB		0.6f	/* most rise of the floor in a frame: 30 dB/s */

struct peak { float hz, share; };

struct tones {			/* the stationary tone veto */
	struct peak	last[2];
	unsigned	held;		/* frames with the same two peaks */
	unsigned	after;		/* frames to be doubted when it stops */
};

struct untrained {
	float		past[OVERLAP];	/* end of the last frame, DC removed */
	float		dc_in, dc_out;	/* high-pass of first order */
	float		smooth[NBANDS];	/* power, mean of about 5 frames */
	float		floor[NBANDS];	/* dB */
	float		least[SUBWINDOWS][NBANDS];
	float		current[NBANDS];	/* least of the running subwindow */
	unsigned	sub, nsub, in_sub;
	unsigned	quiet;		/* frames of digital silence in a row */
	bool		heard;		/* there was a frame that was not silent */
	float		usual;		/* standing out, upper quartile of some seconds */
	float		voice;		/* level of the caller's speech, dB */
	float		score;		/* of the last frame, with its release */
	unsigned	run;		/* speech frames of late, to 10 */
	struct tones	tones;
};

/* First bins of the bands, 31.25 Hz each; 200 to 3600 Hz, about as wide as the ear's. */
static const uint8_t edges[NBANDS + 1] = {
	6, 10, 14, 18, 22, 27, 32, 38, 45, 53, 62, 73, 86, 100, 115
};

struct untrained *
untrained_new(void)
{
	struct untrained	*vad;
	unsigned	 b, s;

	if ((vad = mem_calloc(1, sizeof(*vad))) == NULL)
		return NULL;
	for (b = 0; b < NBANDS; b++) {
		vad->floor[b] = vad->current[b] = FLOOR_FIRST;
		for (s = 0; s < SUBWINDOWS; s++)
			vad->least[s][b] = FLOOR_FIRST;
	}
	vad->voice = -40.0f;
	return vad;
}

void
untrained_free(struct untrained *vad)
{
	free(vad);
}

/* Window of old and new samples with DC removed (pole at .98: 25 Hz). */
static void
take_samples(struct untrained *vad, const int16_t *samples, float *window)
{
	unsigned	 i;
	float		 x;

	memcpy(window, vad->past, sizeof(vad->past));
	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		x = (float)samples[i] / 32768.0f;
		vad->dc_out = x - vad->dc_in + 0.98f * vad->dc_out + 1e-20f;
		vad->dc_in = x;
		window[OVERLAP + i] = vad->dc_out;
	}
	memcpy(vad->past, window + VAD_FRAME_SAMPLES, sizeof(vad->past));
}

static bool
is_silent(const int16_t *samples)
{
	unsigned	 i;

	for (i = 0; i < VAD_FRAME_SAMPLES; i++) {
		if (samples[i] > 1 || samples[i] < -1)
			return false;
	}
	return true;
}

static float
bounded(float x, float low, float high)
{
	return x < low ? low : x > high ? high : x;
}

/* ---- the noise floor ---- */

static void
floor_close_subwindow(struct untrained *vad)
{
	memcpy(vad->least[vad->sub], vad->current, sizeof(vad->current));
	vad->sub = (vad->sub + 1) % SUBWINDOWS;
	vad->nsub++;
	vad->in_sub = 0;
	memset(vad->current, 0, sizeof(vad->current));	/* 0 dB: above all */
}

/*
 * Minimum statistics: the least of the smoothed level of the last 1.9 s, and
 * a little more because a minimum lies below the mean (more in the narrow
 * bands, which vary more).
 */
static void
floor_update(struct untrained *vad)
{
	unsigned	 b, s;
	float		 level, target;

	for (b = 0; b < NBANDS; b++) {
		level = bounded(spectrum_db(vad->smooth[b]), FLOOR_MIN, 0.0f);
		if (level < vad->current[b])
			vad->current[b] = level;
		target = vad->current[b];
		for (s = 0; s < SUBWINDOWS; s++) {
			if (vad->least[s][b] < target)
				target = vad->least[s][b];
		}
		target += edges[b + 1] - edges[b] < 8 ? 3.0f : 2.0f;
		if (target > vad->floor[b] + RISE_DB)
			target = vad->floor[b] + RISE_DB;
		vad->floor[b] = target;
	}
	if (++vad->in_sub >= (vad->nsub < SUBWINDOWS ? SUB_FRAMES_FIRST : SUB_FRAMES))
		floor_close_subwindow(vad);
}

void
untrained_relearn(struct untrained *vad)
{
	unsigned	 b, s, newest, older;

	newest = (vad->sub + SUBWINDOWS - 1) % SUBWINDOWS;
	older = (vad->sub + SUBWINDOWS - 2) % SUBWINDOWS;
	for (b = 0; b < NBANDS; b++) {
		if (vad->least[older][b] < vad->least[newest][b])
			vad->least[newest][b] = vad->least[older][b];
		for (s = 0; s < SUBWINDOWS; s++)
			vad->least[s][b] = vad->least[newest][b];
		vad->floor[b] = vad->least[newest][b] + 3.0f;
	}
	vad->voice = -40.0f;
}

/* ---- the tone veto ---- */

/* The strongest lobe of the spectrum; takes it out of power. */
static struct peak
take_peak(float *power, float total)
{
	struct peak	 p = { 0.0f, 0.0f };
	float		 sum = 0.0f, moment = 0.0f;
	int		 k, top = 3;

	for (k = 3; k < SPECTRUM_BINS - 3; k++) {
		if (power[k] > power[top])
			top = k;
	}
	for (k = top - 2; k <= top + 2; k++) {
		sum += power[k];
		moment += power[k] * (float)k;
		power[k] = 0.0f;
	}
	if (sum > 0.0f && total > 0.0f) {
		p.hz = moment / sum * 31.25f;
		p.share = sum / total;
	}
	return p;
}

/* A weak peak matters to nobody; a strong one must have been there before. */
static bool
peak_stands(struct peak p, const struct peak *last, float range_hz)
{
	unsigned	 i;
	float		 d;

	if (p.share < 0.05f)
		return true;
	for (i = 0; i < 2; i++) {
		d = p.hz - last[i].hz;
		if (d > -range_hz && d < range_hz && last[i].share >= 0.02f)
			return true;
	}
	return false;
}

/* How far the frame looks like standing tones: 0 not, 1 to be doubted, 2 sure. */
static int
tones_judge(struct tones *t, const float *power)
{
	float		 rest[SPECTRUM_BINS], total = 0.0f;
	struct peak	 p[2];
	unsigned	 k;
	bool		 narrow;

	memcpy(rest, power, sizeof(rest));
	for (k = 1; k < SPECTRUM_BINS; k++)
		total += power[k];
	p[0] = take_peak(rest, total);
	p[1] = take_peak(rest, total);
	narrow = p[0].share + p[1].share > 0.9f;
	if (narrow && peak_stands(p[0], t->last, 9.0f) && peak_stands(p[1], t->last, 9.0f))
		t->held++;
	else if (narrow && t->held > 0 && peak_stands(p[0], t->last, 30.0f))
		t->held--;		/* two close tones beat: not yet over */
	else
		t->held = 0;
	memcpy(t->last, p, sizeof(p));
	if (t->held >= 1) {
		t->after = 3;
		return 2;
	}
	if (t->after > 0 && t->after-- > 0)
		return 1;
	return narrow ? 1 : 0;
}

/* ---- the decision ---- */

/* Mean over the best bands of what stands out of the floor, dB; *ret_level is of the whole frame. */
static float
stands_out(struct untrained *vad, const float *power, bool learn, float *ret_level)
{
	float		 sum, level, over[NBANDS] = { 0 }, out = 0.0f, all = 0.0f, t;
	unsigned	 b, k, j;

	for (b = 0; b < NBANDS; b++) {
		for (k = edges[b], sum = 0.0f; k < edges[b + 1]; k++)
			sum += power[k];
		all += sum;
		if (learn)
			vad->smooth[b] = vad->heard ? vad->smooth[b] + 0.2f * (sum - vad->smooth[b]) : sum;
		level = bounded(spectrum_db(sum), FLOOR_MIN, 0.0f);
		t = bounded(level - vad->floor[b] - 2.0f, 0.0f, 18.0f);
		for (j = b; j > 0 && over[j - 1] < t; j--)
			over[j] = over[j - 1];
		over[j] = t;
	}
	for (b = 0; b < TOP_BANDS; b++)
		out += over[b];
	*ret_level = bounded(spectrum_db(all), -90.0f, 0.0f);
	return out / TOP_BANDS;
}

/* The level of speech rises in some frames and falls 1 dB in a second. */
static void
voice_update(struct untrained *vad, float level, bool speech)
{
	if (speech && level > vad->voice)
		vad->voice += 0.15f * (level - vad->voice);
	else if (vad->voice > -60.0f)
		vad->voice -= 0.02f;
}

/*
 * What stands out in more than a quarter of the last seconds may belong to
 * the background: a road, voices far away. Returns how much of it to take
 * off: little when the frame is as loud as the caller's voice, all when not.
 */
static float
usual_update(struct untrained *vad, float out, float below_voice)
{
	float		 usual, far;

	vad->usual += out > vad->usual ? 0.03f : -0.012f;
	usual = bounded(vad->usual - 1.0f, 0.0f, 14.0f);
	far = bounded((below_voice - 5.0f) / 6.0f, 0.0f, 1.0f);
	return usual * far + bounded(usual, 0.0f, 3.0f) * (1.0f - far);
}

static float
score_of(float out, float below_voice, float harmonic)
{
	float		 z;

	z = (out - 2.4f) / 2.0f;
	z += bounded((harmonic - 0.15f) * 8.0f, -0.4f, 1.5f);
	if (below_voice > 17.0f)
		z -= bounded((below_voice - 17.0f) / 5.0f, 0.0f, 2.0f);
	/* A sigmoid without exp(). */
	return 0.5f + 0.5f * z / (1.0f + (z < 0.0f ? -z : z));
}

static struct vad_result
conclude(struct untrained *vad, float score)
{
	const float	 held = vad->score * (vad->run > 4 ? 0.9f : 0.4f);

	if (score < 0.5f)
		vad->run -= vad->run > 0;
	else if (vad->run < 10)
		vad->run++;
	vad->score = score > held ? score : held;
	return (struct vad_result){ .score = vad->score, .speech = vad->score >= 0.5f };
}

struct vad_result
untrained_feed(struct untrained *vad, const int16_t *samples)
{
	float		 window[SPECTRUM_SAMPLES], power[SPECTRUM_BINS], out, level, below, score;
	bool		 learn;
	int		 tone;

	if (samples == NULL)
		return conclude(vad, 0.0f);
	vad->quiet = is_silent(samples) ? vad->quiet + 1 : 0;
	learn = vad->quiet == 0 || vad->quiet > QUIET_FRAMES;
	take_samples(vad, samples, window);
	spectrum_power(window, power);
	out = stands_out(vad, power, learn, &level);
	tone = tones_judge(&vad->tones, power);
	if (learn) {
		floor_update(vad);
		vad->heard = true;
	}
	below = vad->voice - level;
	score = score_of(out - usual_update(vad, out, below), below,
	    spectrum_harmonicity(power, edges[0], edges[NBANDS]));
	voice_update(vad, level, score >= 0.5f && tone == 0);
	if (tone == 2) {
		vad->score = 0.0f;	/* no release: it was none of it speech */
		score = 0.0f;
	} else if (tone == 1 && vad->score < 0.5f) {
		score *= 0.6f;		/* wait for the next frame */
	}
	return conclude(vad, score);
}
