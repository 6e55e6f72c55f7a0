/* SPDX-License-Identifier: ISC */
/*
 * Everything that arrives over the bus. The first byte says what the rest is:
 * the body of that kind (msg.h), MSG_NKINDS: a head. What decodes must encode,
 * and to the same: binary bodies and heads byte for byte, JSON to what encodes
 * the same again (members may be reordered, unknown or absent).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bus_impl.h"
#include "common/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELDS_MAX	16384

static void
must(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "fuzz_msg: %s\n", what);
	abort();
}

static void
same(const struct buf *again, const void *data, size_t len)
{
	must(again->len == len && memcmp(again->data, data, len) == 0, "it encodes to other bytes");
}

static void
head(const void *data, size_t len)
{
	char		text[MSG_TOPIC_MAX + 1];
	struct msg_head	h, again;

	if (msg_head_decode(&h, data, len) == -1)
		return;
	/* 007 is 7, so the text may be shorter; what it says is the same */
	must(msg_head_encode(&h, text) <= len, "a head grew");
	must(msg_head_decode(&again, text, strlen(text)) == 0, "a head does not decode again");
	must(h.kind == again.kind && h.version == again.version && h.seq == again.seq &&
	    strcmp(h.from, again.from) == 0 && callid_equal(&h.call, &again.call), "a head changed its meaning");
}

static void
control(enum msg_kind kind, const void *data, size_t len)
{
	uint64_t	fields[FIELDS_MAX / sizeof(uint64_t)];
	struct buf	once, twice;

	must(msg_fields_size(kind) <= sizeof(fields), "a struct is larger than this target expects");
	memset(fields, 0xee, sizeof(fields));
	if (msg_decode(kind, data, len, fields) == -1)
		return;
	buf_init(&once, MSG_BODY_MAX);
	buf_init(&twice, MSG_BODY_MAX);
	must(msg_encode(kind, fields, &once) == 0, "a struct that was decoded does not encode");
	must(msg_decode(kind, once.data, once.len, fields) == 0, "what was encoded does not decode");
	must(msg_encode(kind, fields, &twice) == 0, "it does not encode twice");
	same(&twice, once.data, once.len);
	buf_clear(&once);
	buf_clear(&twice);
}

static void
audio(const void *data, size_t len)
{
	struct msg_audio_frame	f;
	struct buf		out;
	size_t			pos = 0;
	int			rc;

	buf_init(&out, MSG_BODY_MAX);
	while ((rc = msg_audio_next(data, len, &pos, &f)) == 1)
		must(msg_audio_add(&out, &f) == 0, "a frame that was decoded does not encode");
	if (rc == 0)
		same(&out, data, len);
	else
		must(out.len == 0, "frames of a broken body were given out");
	buf_clear(&out);
}

static void
binary(enum msg_kind kind, const void *data, size_t len)
{
	struct msg_utterance	u;
	struct msg_play		p;
	struct msg_pcm		q;
	struct buf		out;
	int			got = -1, put = -1;

	buf_init(&out, MSG_BODY_MAX);
	if (kind == MSG_UTTERANCE && (got = msg_utterance_decode(&u, data, len)) == 0)
		put = msg_utterance_encode(&u, &out);
	if (kind == MSG_PLAY && (got = msg_play_decode(&p, data, len)) == 0)
		put = msg_play_encode(&p, &out);
	if ((kind == MSG_AUDIO_IN || kind == MSG_AUDIO_OUT) && (got = msg_pcm_decode(&q, data, len)) == 0)
		put = msg_pcm_encode(&q, &out);
	must(got == put, "a body that was decoded does not encode");
	if (got == 0)
		same(&out, data, len);
	buf_clear(&out);
}

/* A stat has no struct: the bus takes from it what it knows. */
static void
stat_of_a_peer(const void *data, size_t len)
{
	static const struct bus_ops	ops;
	static struct bus		b = { .ops = &ops };
	struct peer			p = { .bus = &b, .up = true };

	bus_peer_on_stat(&b, &p, data, len);
	must(p.pub.calls >= 0 && p.pub.max_calls >= 0, "a stat gave a negative number of calls");
	must(memchr(p.pub.uri, '\0', sizeof(p.pub.uri)) != NULL, "a stat gave an endless address");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum msg_kind	kind;

	if (size == 0)
		return 0;
	kind = (enum msg_kind)(data[0] % (MSG_NKINDS + 1));
	if (kind == MSG_NKINDS)
		head(data + 1, size - 1);
	else if (kind == MSG_STAT)
		stat_of_a_peer(data + 1, size - 1);
	else if (kind == MSG_AUDIO)
		audio(data + 1, size - 1);
	else if (msg_kind_binary(kind))
		binary(kind, data + 1, size - 1);
	else
		control(kind, data + 1, size - 1);
	return 0;
}
