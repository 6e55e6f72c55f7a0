/* SPDX-License-Identifier: ISC */
#include "tools/callsim/line.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

struct line {
	uint32_t	 rate_hz;
	size_t		 nframe;	/* samples in 20 ms */
	int64_t		 ticks;
	bool		 cleared;	/* a clear came in this tick */
	int16_t		 said[AUDIO_FRAME_SAMPLES_MAX];
	struct clip	*clip;		/* being said */
	size_t		 pos;
	struct earmeter	 meter;
	int32_t		 noise;		/* amplitude */
	uint32_t	 random;
	double		 echo;		/* gain; 0: none */
	int16_t		*heard;		/* ring of nheard samples, the next one at heard_at */
	size_t		 nheard, heard_at;
	FILE		*wav;
	uint64_t	 wav_len;
	int		 wav_errno;
};

static int
wav_header(struct line *l)
{
	uint8_t	head[AUDIO_WAV_HEADER_LEN];

	audio_wav_header(head, l->rate_hz, 2, l->wav_len);
	return fseek(l->wav, 0, SEEK_SET) == -1 || fwrite(head, sizeof(head), 1, l->wav) != 1 ? -1 : 0;
}

struct line *
line_new(uint32_t rate_hz, const struct line_config *config)
{
	struct line	*l;

	if ((l = mem_calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->rate_hz = rate_hz;
	l->nframe = AUDIO_FRAME_SAMPLES(rate_hz);
	l->random = 12345;
	if (config->noise_db > -100)
		l->noise = (int32_t)(32768 * sqrt(3) * pow(10, config->noise_db / 20));
	if (config->echo_ms >= AUDIO_FRAME_MS && config->echo_db > -100) {
		l->echo = pow(10, config->echo_db / 20);
		l->nheard = (size_t)(config->echo_ms / AUDIO_FRAME_MS) * l->nframe;
		if ((l->heard = mem_calloc(l->nheard, sizeof(*l->heard))) == NULL) {
			line_free(l);
			return NULL;
		}
	}
	earmeter_init(&l->meter, rate_hz, config->level_db, config->quiet_ms);
	if (config->wav_path != NULL && ((l->wav = fopen(config->wav_path, "wbe")) == NULL ||
	    wav_header(l) == -1)) {
		line_free(l);
		return NULL;
	}
	return l;
}

static int16_t
clip16(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

static void
wav_write(struct line *l, const int16_t *others, const int16_t *talk)
{
	int16_t	both[2 * AUDIO_FRAME_SAMPLES_MAX] = { 0 };
	size_t	i;

	for (i = 0; i < l->nframe; i++) {
		both[2 * i] = l->said[i];
		both[2 * i + 1] = clip16((others == NULL ? 0 : others[i]) + (talk == NULL ? 0 : talk[i]));
	}
	if (fwrite(both, 2 * sizeof(int16_t), l->nframe, l->wav) != l->nframe && l->wav_errno == 0)
		l->wav_errno = errno;
	l->wav_len += l->nframe * 2 * sizeof(int16_t);
}

/* What is heard comes back after the whole length of the ring. */
static void
keep_echo(struct line *l, const int16_t *others, const int16_t *talk)
{
	size_t	i;

	for (i = 0; i < l->nframe; i++, l->heard_at = (l->heard_at + 1) % l->nheard)
		l->heard[l->heard_at] = clip16((others == NULL ? 0 : others[i]) + (talk == NULL ? 0 : talk[i]));
}

/* A loudspeaker bends what is loud. */
static void
add_echo(struct line *l)
{
	size_t	i;

	for (i = 0; i < l->nframe; i++)
		l->said[i] = clip16(l->said[i] + (int32_t)(tanh(l->heard[(l->heard_at + i) % l->nheard] / 16384.0) *
		    16384.0 * l->echo));
}

void
line_hear(struct line *l, const int16_t *others, const int16_t *talk)
{
	static const int16_t	silence[AUDIO_FRAME_SAMPLES_MAX];

	earmeter_heard(&l->meter, others == NULL ? silence : others, l->nframe);
	if (l->cleared)
		earmeter_cleared(&l->meter);
	l->cleared = false;
	if (l->heard != NULL)
		keep_echo(l, others, talk);
	if (l->wav != NULL)
		wav_write(l, others, talk);
}

void
line_cleared(struct line *l)
{
	l->cleared = true;
}

static void
fill(struct line *l)
{
	size_t	left = l->clip->audio.nsamples - l->pos;

	if (left > l->nframe)
		left = l->nframe;
	memcpy(l->said, l->clip->audio.samples + l->pos, left * sizeof(*l->said));
	memset(l->said + left, 0, (l->nframe - left) * sizeof(*l->said));
	l->pos += left;
	if (l->pos < l->clip->audio.nsamples)
		return;
	clip_unref(l->clip);
	l->clip = NULL;
}

static void
add_noise(struct line *l)
{
	size_t	i;

	for (i = 0; i < l->nframe; i++) {
		l->random = l->random * 1664525 + 1013904223;
		l->said[i] = clip16(l->said[i] +
		    (int32_t)(((int64_t)(int32_t)l->random * l->noise) >> 31));
	}
}

bool
line_tick(struct line *l, int16_t *out)
{
	bool	any = l->clip != NULL || l->noise > 0 || l->heard != NULL;

	if (l->clip != NULL)
		fill(l);
	else
		memset(l->said, 0, sizeof(l->said));
	if (l->heard != NULL)
		add_echo(l);
	if (l->noise > 0)
		add_noise(l);
	memcpy(out, l->said, l->nframe * sizeof(*out));
	l->ticks++;
	return any;
}

void
line_say(struct line *l, struct clip *clip)
{
	int64_t	at = l->ticks * (int64_t)l->nframe;

	clip_unref(l->clip);
	l->clip = clip_ref(clip);
	l->pos = 0;
	earmeter_say(&l->meter, at + (int64_t)clip->speech_begin, at + (int64_t)clip->speech_end);
}

bool
line_saying(const struct line *l)
{
	return l->clip != NULL;
}

const struct earmeter *
line_meter(const struct line *l)
{
	return &l->meter;
}

uint32_t
line_rate(const struct line *l)
{
	return l->rate_hz;
}

int64_t
line_now_ms(const struct line *l)
{
	return l->ticks == 0 ? 0 : (l->ticks - 1) * AUDIO_FRAME_MS;
}

int64_t
line_ticks(const struct line *l)
{
	return l->ticks;
}

int
line_finish(struct line *l)
{
	if (l->wav == NULL)
		return 0;
	if (wav_header(l) == -1 && l->wav_errno == 0)
		l->wav_errno = errno;
	if (fclose(l->wav) == EOF && l->wav_errno == 0)
		l->wav_errno = errno;
	l->wav = NULL;
	errno = l->wav_errno;
	return l->wav_errno == 0 ? 0 : -1;
}

void
line_free(struct line *l)
{
	if (l == NULL)
		return;
	(void)line_finish(l);
	clip_unref(l->clip);
	free(l->heard);
	free(l);
}
