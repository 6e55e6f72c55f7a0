/* SPDX-License-Identifier: ISC */
#include "tools/callsim/line.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

struct track {			/* a clip being played */
	struct clip	*clip;
	size_t		 pos;
};

struct line {
	uint32_t	 rate_hz;
	size_t		 nframe;	/* samples in 20 ms */
	int64_t		 ticks;
	bool		 open;		/* frames below are being said and heard */
	bool		 cleared;	/* a clear came in this tick */
	int16_t		 said[AUDIO_FRAME_SAMPLES_MAX];
	int16_t		 socket[AUDIO_FRAME_SAMPLES_MAX];
	int16_t		 talk[AUDIO_FRAME_SAMPLES_MAX];
	struct track	 say, talking;
	struct vbuffer	*buffer;
	struct earmeter	 meter;
	int32_t		 noise;		/* amplitude */
	uint32_t	 random;
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
	earmeter_init(&l->meter, rate_hz, config->level_db, config->quiet_ms);
	if ((l->buffer = vbuffer_new(AUDIO_FRAME_BYTES(rate_hz))) == NULL)
		goto fail;
	if (config->wav_path != NULL && ((l->wav = fopen(config->wav_path, "wbe")) == NULL ||
	    wav_header(l) == -1))
		goto fail;
	return l;
fail:
	line_free(l);
	return NULL;
}

static int16_t
clip16(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

static void
wav_write(struct line *l)
{
	int16_t	both[2 * AUDIO_FRAME_SAMPLES_MAX] = { 0 };
	size_t	i;

	for (i = 0; i < l->nframe; i++) {
		both[2 * i] = l->said[i];
		both[2 * i + 1] = clip16(l->socket[i] + l->talk[i]);
	}
	if (fwrite(both, 2 * sizeof(int16_t), l->nframe, l->wav) != l->nframe && l->wav_errno == 0)
		l->wav_errno = errno;
	l->wav_len += l->nframe * 2 * sizeof(int16_t);
}

/* The open frame is over: measure and record it. */
static void
close_frame(struct line *l)
{
	if (!l->open)
		return;
	l->open = false;
	earmeter_heard(&l->meter, l->socket, l->nframe);
	if (l->cleared)
		earmeter_cleared(&l->meter);
	l->cleared = false;
	if (l->wav != NULL)
		wav_write(l);
}

static void
track_stop(struct track *t)
{
	clip_unref(t->clip);
	*t = (struct track){ 0 };
}

static void
track_fill(struct track *t, int16_t *out, size_t n)
{
	size_t	left = 0;

	if (t->clip != NULL) {
		left = t->clip->audio.nsamples - t->pos;
		if (left > n)
			left = n;
		memcpy(out, t->clip->audio.samples + t->pos, left * sizeof(*out));
		t->pos += left;
		if (t->pos == t->clip->audio.nsamples)
			track_stop(t);
	}
	memset(out + left, 0, (n - left) * sizeof(*out));
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

void
line_tick(struct line *l, const int16_t **ret_out)
{
	close_frame(l);
	track_fill(&l->say, l->said, l->nframe);
	if (l->noise > 0)
		add_noise(l);
	track_fill(&l->talking, l->talk, l->nframe);
	if (vbuffer_tick(l->buffer, l->socket) == 0)
		memset(l->socket, 0, sizeof(l->socket));
	l->open = true;
	l->ticks++;
	*ret_out = l->said;
}

void
line_say(struct line *l, struct clip *clip)
{
	int64_t	at = l->ticks * (int64_t)l->nframe;

	track_stop(&l->say);
	l->say.clip = clip_ref(clip);
	earmeter_say(&l->meter, at + (int64_t)clip->speech_begin, at + (int64_t)clip->speech_end);
}

void
line_talk(struct line *l, struct clip *clip)
{
	track_stop(&l->talking);
	if (clip != NULL)
		l->talking.clip = clip_ref(clip);
}

bool
line_saying(const struct line *l)
{
	return l->say.clip != NULL;
}

bool
line_talking(const struct line *l)
{
	return l->talking.clip != NULL;
}

struct vbuffer *
line_buffer(struct line *l)
{
	return l->buffer;
}

void
line_clear(struct line *l, int64_t since_tick_us)
{
	int64_t	from = since_tick_us * l->rate_hz / 1000000;

	(void)vbuffer_clear(l->buffer);
	l->cleared = true;
	if (from >= 0 && from < (int64_t)l->nframe)
		memset(l->socket + from, 0, (l->nframe - (size_t)from) * sizeof(*l->socket));
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

size_t
line_frame_len(const struct line *l)
{
	return l->nframe * sizeof(int16_t);
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
	close_frame(l);
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
	track_stop(&l->say);
	track_stop(&l->talking);
	vbuffer_free(l->buffer);
	free(l);
}
