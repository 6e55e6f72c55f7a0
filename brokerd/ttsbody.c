/* SPDX-License-Identifier: ISC */
#include "brokerd/ttsbody.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "brokerd/apierr.h"
#include "common/json.h"
#include "common/num.h"
#include "common/wire.h"

#define WAV_PCM		1
#define WAV_EXTENSIBLE	0xfffe
#define CHUNK		2048		/* samples given out at a time */

void
ttsbody_init(struct ttsbody *b, uint32_t rate_hz, ttsbody_pcm *pcm, void *arg)
{
	memset(b, 0, sizeof(*b));
	b->pcm = pcm;
	b->arg = arg;
	b->rate_hz = rate_hz;
	b->nchannels = 1;
	buf_init(&b->head, TTSBODY_HEAD_MAX);
	sse_init(&b->sse);
}

void
ttsbody_clear(struct ttsbody *b)
{
	buf_clear(&b->head);
	sse_clear(&b->sse);
}

static int
fail(struct ttsbody *b, const char *words)
{
	if (b->error[0] == '\0')
		(void)snprintf(b->error, sizeof(b->error), "%s", words);
	return -1;
}

/* ---- samples ---- */

static int16_t
sample_at(const uint8_t *p)
{
	return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

static void
give(struct ttsbody *b, const int16_t *pcm, size_t n)
{
	if (n == 0)
		return;
	b->nsamples += n;
	b->pcm(b->arg, pcm, n, b->rate_hz);
}

static void
take_pcm(struct ttsbody *b, const uint8_t *p, size_t len)
{
	int16_t	 out[CHUNK];
	size_t	 n = 0, unit = 2 * (size_t)b->nchannels, i;

	for (i = 0; i < len; i++) {
		b->part[b->part_len++] = p[i];
		if (b->part_len < unit)
			continue;
		b->part_len = 0;
		out[n++] = b->nchannels == 1 ? sample_at(b->part) :
		    (int16_t)((sample_at(b->part) + sample_at(b->part + 2)) / 2);
		if (n == CHUNK) {
			give(b, out, n);
			n = 0;
		}
	}
	give(b, out, n);
}

/* ---- WAV ---- */

static int
take_format(struct ttsbody *b, const uint8_t *data, size_t len)
{
	struct wire_reader	 r = wire_reader(data, len);
	unsigned		 format = wire_get_u16(&r), channels = wire_get_u16(&r), bits;
	uint32_t		 rate = wire_get_u32(&r);

	(void)wire_get_u32(&r);
	(void)wire_get_u16(&r);
	bits = wire_get_u16(&r);
	if (wire_failed(&r) || (format != WAV_PCM && format != WAV_EXTENSIBLE) || bits != 16 ||
	    channels < 1 || channels > 2 || rate < 4000 || rate > 48000)
		return fail(b, "a WAV header that is not 16-bit PCM in one or two channels");
	b->nchannels = channels;
	b->rate_hz = rate;
	return 0;
}

/* Where the samples begin: 1 and *ret; 0 more of the header must come; -1. */
static int
parse_wav(struct ttsbody *b, size_t *ret)
{
	const uint8_t	*p = (const uint8_t *)b->head.data;
	size_t		 at = 12, len = b->head.len;
	uint32_t	 size;

	while (at + 8 <= len) {
		size = (uint32_t)p[at + 4] | (uint32_t)p[at + 5] << 8 | (uint32_t)p[at + 6] << 16 | (uint32_t)p[at + 7] << 24;
		if (memcmp(p + at, "data", 4) == 0) {
			*ret = at + 8;
			return 1;
		}
		if (size > TTSBODY_HEAD_MAX)
			return fail(b, "a WAV header that is too long");
		if (at + 8 + size > len)
			return 0;
		if (memcmp(p + at, "fmt ", 4) == 0 && take_format(b, p + at + 8, size) == -1)
			return -1;
		at += 8 + size + size % 2;
	}
	return 0;
}

static int
take_wav_head(struct ttsbody *b, const uint8_t *p, size_t len)
{
	size_t	 at;
	int	 rc;

	if (buf_append(&b->head, p, len) == -1)
		return fail(b, "a WAV header that is too long");
	if (b->head.len < 12)
		return 0;
	if ((rc = parse_wav(b, &at)) != 1)
		return rc;
	b->mode = TTSBODY_WAV;
	b->part_len = 0;
	take_pcm(b, (const uint8_t *)b->head.data + at, b->head.len - at);
	buf_reset(&b->head);
	return 0;
}

/* A header again, in front of a later piece? Then it is read as one. */
static int
take_wav(struct ttsbody *b, const uint8_t *p, size_t len)
{
	if (b->part_len == 0 && len >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WAVE", 4) == 0) {
		b->mode = TTSBODY_WAV_HEAD;
		return take_wav_head(b, p, len);
	}
	take_pcm(b, p, len);
	return 0;
}

/* ---- SSE ---- */

static int
b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int
take_base64(struct ttsbody *b, const char *text)
{
	uint8_t		 out[3];
	uint32_t	 bits = 0;
	unsigned	 n = 0;
	int		 v;

	for (; *text != '\0' && *text != '='; text++) {
		if ((v = b64_value(*text)) == -1)
			return fail(b, "audio that is no base64");
		bits = bits << 6 | (uint32_t)v;
		if (++n < 4)
			continue;
		out[0] = (uint8_t)(bits >> 16);
		out[1] = (uint8_t)(bits >> 8);
		out[2] = (uint8_t)bits;
		take_pcm(b, out, 3);
		bits = 0;
		n = 0;
	}
	if (n >= 2) {
		bits <<= 6 * (4 - n);
		out[0] = (uint8_t)(bits >> 16);
		out[1] = (uint8_t)(bits >> 8);
		take_pcm(b, out, n - 1);
	}
	return 0;
}

static bool
on_event(void *arg, const char *event, const char *data, size_t len)
{
	struct ttsbody		*b = arg;
	struct json_object	*obj;
	const char		*type, *audio, *words = NULL;

	if (strcmp(data, "[DONE]") == 0) {
		b->ended = true;
		return true;
	}
	if ((obj = json_parse(data, len, NULL)) == NULL || (words = apierr_of(obj)) != NULL ||
	    !json_object_is_type(obj, json_type_object) || strcmp(event, "error") == 0) {
		(void)fail(b, words != NULL ? words : "an event that is an error, or no JSON");
		json_object_put(obj);
		return false;
	}
	type = json_get_str_or(obj, "type", "");
	if ((audio = json_get_str(obj, "audio")) == NULL)
		audio = json_get_str(obj, "delta");
	if (strcmp(type, "speech.audio.done") == 0)
		b->ended = true;
	else if (audio != NULL)
		(void)take_base64(b, audio);
	json_object_put(obj);
	return b->error[0] == '\0';
}

/* ---- what is it? ---- */

static bool
type_is(const char *type, const char *what)
{
	return strncasecmp(type, what, strlen(what)) == 0;
}

static void
take_rate(struct ttsbody *b, const char *type)
{
	const char	*p = strcasestr(type, "rate=");
	size_t		 n;
	int64_t		 rate;

	if (p == NULL)
		return;
	p += strlen("rate=");
	n = strspn(p, "0123456789");
	if (num_parse_n(p, n, 4000, 48000, &rate) == 0)
		b->rate_hz = (uint32_t)rate;
}

static bool
is_mp3(const uint8_t *p)
{
	return memcmp(p, "ID3", 3) == 0 || (p[0] == 0xff && (p[1] & 0xe0) == 0xe0 && p[1] != 0xff);
}

/* From the type and the first four bytes (fewer at the end of a short body). */
static int
decide(struct ttsbody *b, const char *type)
{
	const uint8_t	*p = (const uint8_t *)b->head.data;
	bool		 four = b->head.len >= 4;

	if (type_is(type, "text/event-stream"))
		b->mode = TTSBODY_SSE;
	else if (type_is(type, "application/json"))
		b->mode = TTSBODY_JSON;
	else if (four && memcmp(p, "RIFF", 4) == 0)
		b->mode = TTSBODY_WAV_HEAD;
	else if (type_is(type, "audio/mpeg") || (four && !type_is(type, "audio/pcm") && !type_is(type, "audio/l16") && is_mp3(p)))
		return fail(b, "the server sent MP3: set response_format=pcm there");
	else if (type_is(type, "text/"))
		return fail(b, "the server sent text");
	else
		b->mode = TTSBODY_PCM;
	take_rate(b, type);
	return 0;
}

static int
take(struct ttsbody *b, const uint8_t *p, size_t len)
{
	switch (b->mode) {
	case TTSBODY_UNKNOWN:
		return 0;
	case TTSBODY_PCM:
		take_pcm(b, p, len);
		return 0;
	case TTSBODY_WAV_HEAD:
		return take_wav_head(b, p, len);
	case TTSBODY_WAV:
		return take_wav(b, p, len);
	case TTSBODY_SSE:
		if (sse_feed(&b->sse, p, len, on_event, b) != 0)
			return fail(b, "an event that is too large");
		return 0;
	case TTSBODY_JSON:
		(void)buf_append(&b->head, p, len);	/* what does not fit is not needed for an error */
		return 0;
	}
	return 0;
}

static int
begin(struct ttsbody *b, const char *type)
{
	struct buf	 first = b->head;
	int		 rc;

	if (decide(b, type) == -1)
		return -1;
	buf_init(&b->head, TTSBODY_HEAD_MAX);
	rc = take(b, (const uint8_t *)first.data, first.len);
	buf_clear(&first);
	return rc;
}

int
ttsbody_feed(struct ttsbody *b, const char *type, const void *data, size_t len)
{
	if (b->error[0] != '\0')
		return -1;
	if (b->mode != TTSBODY_UNKNOWN)
		return take(b, data, len);
	if (len > TTSBODY_HEAD_MAX / 2) {	/* enough to decide on its own */
		if (buf_append(&b->head, data, TTSBODY_HEAD_MAX / 2) == -1 || begin(b, type) == -1)
			return fail(b, "no memory");
		return take(b, (const uint8_t *)data + TTSBODY_HEAD_MAX / 2, len - TTSBODY_HEAD_MAX / 2);
	}
	if (buf_append(&b->head, data, len) == -1)
		return fail(b, "no memory");
	return b->head.len < 4 ? 0 : begin(b, type);
}

int
ttsbody_end(struct ttsbody *b, const char *type)
{
	char	 words[160];

	if (b->error[0] == '\0' && b->mode == TTSBODY_UNKNOWN && b->head.len > 0)
		(void)begin(b, type);
	if (b->mode == TTSBODY_SSE && b->error[0] == '\0')
		(void)sse_end(&b->sse, on_event, b);
	if (b->mode == TTSBODY_JSON)
		(void)fail(b, apierr_text(b->head.data, b->head.len, words, sizeof(words)));
	if (b->error[0] != '\0')
		return -1;
	return b->nsamples == 0 ? fail(b, "an empty body") : 0;
}
