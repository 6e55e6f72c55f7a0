/* SPDX-License-Identifier: ISC */
/* ask_say: a text to a WAV file, sentence by sentence (asks.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brokerd/asks_impl.h"
#include "brokerd/reply.h"
#include "brokerd/voice.h"
#include "brokerd/work.h"
#include "common/mem.h"

#define SAY_RATE_HZ	16000

static void pump(struct ask *k);

static uint32_t
rate_of(const struct ask *k)
{
	return k->m.rate_hz > 0 ? (uint32_t)k->m.rate_hz : SAY_RATE_HZ;
}

/* ---- the file ---- */

/* In a thread. Whoever looks for the file finds nothing, or all of it. */
static void
write_file(void *arg)
{
	struct ask_file	*f = arg;

	if (audio_write_file(f->temp, f->clip.rate_hz, f->clip.samples, NULL, f->clip.nsamples) == 0 &&
	    rename(f->temp, f->path) == 0)
		return;
	f->error = errno;
	(void)unlink(f->temp);
}

static void
on_written(void *arg)
{
	struct ask_file		*f = arg;
	struct ask		*k = f->ask;
	struct msg_answer	 m = { .ok = true };

	if (k != NULL) {
		k->file = NULL;
		m.duration_ms = (int64_t)(f->clip.nsamples * 1000 / f->clip.rate_hz);
		if (f->error == 0)
			ask_finish(k, &m);
		else
			ask_fail(k, strerror(f->error));
	}
	audio_clip_clear(&f->clip);
	free(f);
}

static void
write_all(struct ask *k)
{
	struct ask_file	*f;

	if (k->pcm.len == 0) {
		ask_fail(k, "nothing that can be spoken");
		return;
	}
	if (k->call.text[0] != '\0')
		ask_usage(k, 0, "tts_chars", k->engine, k->chars);
	if ((f = mem_calloc(1, sizeof(*f))) == NULL) {
		ask_fail(k, "out of memory");
		return;
	}
	f->ask = k;
	(void)snprintf(f->path, sizeof(f->path), "%s", k->m.path);
	(void)snprintf(f->temp, sizeof(f->temp), "%s.tmp.%lld.%llu", k->m.path, (long long)getpid(), (unsigned long long)k->asks->asked);
	f->clip.rate_hz = rate_of(k);
	f->clip.nsamples = k->pcm.len / sizeof(int16_t);
	f->clip.samples = (int16_t *)(void *)buf_steal(&k->pcm, NULL);
	if (work_start(k->asks->work, write_file, on_written, f) == 0) {
		k->file = f;
		return;
	}
	audio_clip_clear(&f->clip);
	free(f);
	ask_fail(k, errno == EAGAIN ? ASK_REFUSED "full" : "out of memory");
}

/* ---- speaking ---- */

static void
on_more(void *arg)
{
	pump(arg);
}

static const struct voice_ops voice_ops = { on_more };

static int
speak(struct ask *k, const char *text)
{
	struct engine_request	 rq;
	const char		*at;

	memset(&rq, 0, sizeof(rq));
	rq.call = k->call.text;
	rq.language = k->language;
	rq.voice = k->assistant->voice;
	rq.text = text;
	if ((k->voices[k->nvoices] = voice_speak(&k->assistant->tts, &rq, rate_of(k), REPLY_PIECE_S, &voice_ops, k)) == NULL)
		return -1;
	k->nvoices++;
	for (at = text; *at != '\0'; at++)
		k->chars += ((unsigned char)*at & 0xc0) != 0x80;
	return 0;
}

/* Begin the next sentences. -1: no memory. */
static int
speak_next(struct ask *k)
{
	struct buf	 raw, spoken;
	int		 rc = 0;

	buf_init(&raw, SENTENCE_PENDING_MAX);
	buf_init(&spoken, SENTENCE_PENDING_MAX);
	while (rc == 0 && k->nvoices < ASK_VOICES && sentence_next(&k->incoming, true, &raw) == 1) {
		if ((rc = sentence_speakable(raw.data, raw.len, &spoken)) == 0 && spoken.len > 0)
			rc = speak(k, spoken.data);
		buf_reset(&raw);
		buf_reset(&spoken);
	}
	buf_clear(&raw);
	buf_clear(&spoken);
	return rc;
}

static void
drop_first(struct ask *k)
{
	voice_free(k->voices[0]);
	k->nvoices--;
	memmove(&k->voices[0], &k->voices[1], k->nvoices * sizeof(k->voices[0]));
}

/* NULL: go on; else why not. */
static const char *
take(struct ask *k, struct voice *v)
{
	size_t	 n = voice_ready(v), len = n * sizeof(int16_t);

	if (n == 0)
		return NULL;
	if (!ask_reserve(k, len))
		return ASK_REFUSED "too much audio";
	if (buf_append(&k->pcm, voice_samples(v), len) == -1)
		return "out of memory";
	voice_take(v, n);
	return NULL;
}

static void
pump(struct ask *k)
{
	const char	*cause;
	char		 error[256];

	while (k->nvoices > 0) {
		if ((cause = take(k, k->voices[0])) != NULL) {
			ask_fail(k, cause);
			return;
		}
		if (!k->voices[0]->ended)
			return;
		if (k->voices[0]->failed) {
			(void)snprintf(error, sizeof(error), "tts: %s", k->voices[0]->error);
			ask_fail(k, error);
			return;
		}
		(void)snprintf(k->engine, sizeof(k->engine), "%s", k->voices[0]->engine);
		drop_first(k);
		if (speak_next(k) == -1) {
			ask_fail(k, "out of memory");
			return;
		}
	}
	if (k->file == NULL)
		write_all(k);
}

static void
start(struct ask *k)
{
	if (sentence_feed(&k->incoming, k->m.text, strlen(k->m.text)) == -1) {
		ask_fail(k, strerror(errno));
		return;
	}
	sentence_end(&k->incoming);
	if (speak_next(k) == -1)
		ask_fail(k, "out of memory");
	else if (k->nvoices == 0)
		ask_fail(k, "nothing that can be spoken");
}

static void
stop(struct ask *k)
{
	while (k->nvoices > 0)
		drop_first(k);
	sentence_clear(&k->incoming);
	buf_clear(&k->pcm);
}

const struct ask_ops ask_say_ops = { start, stop };
