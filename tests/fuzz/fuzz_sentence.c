/* SPDX-License-Identifier: ISC */
/*
 * A model's text cut into sentences. The first byte says in which pieces the
 * rest arrives (must.h), the second when it stalls. Nothing gets lost, no
 * piece is too long or cut inside a character, and what is made for the voice
 * has no markup to stumble over.
 */
#include "brokerd/sentence.h"
#include "common/utf8.h"
#include "tests/fuzz/must.h"

#define TEXT_MAX	1400	/* a little more than two pieces; runs of marks take long byte by byte */

static void
speak(const struct buf *raw)
{
	struct buf	out;
	size_t		i;

	buf_init(&out, SENTENCE_PENDING_MAX);
	must(sentence_speakable(raw->data, raw->len, &out) == 0, "a piece cannot be spoken");
	must(out.len <= raw->len, "more is spoken than was written");
	must(!utf8_valid(raw->data, raw->len) || utf8_valid(out.data, out.len), "speech that is not UTF-8");
	must(out.len == 0 || (out.data[0] != ' ' && out.data[out.len - 1] != ' '), "spaces around a piece");
	for (i = 0; i < out.len; i++) {
		must((unsigned char)out.data[i] >= ' ' || out.data[i] == '\0', "a control character is spoken");
		must(strchr("*`|~", out.data[i]) == NULL || out.data[i] == '\0', "markup is spoken");
		must(i == 0 || out.data[i] != ' ' || out.data[i - 1] != ' ', "two spaces");
	}
	buf_clear(&out);
}

static void
pull(struct sentence *s, bool stalled, bool valid, struct buf *all)
{
	struct buf	raw;
	int		rc;

	buf_init(&raw, SENTENCE_PENDING_MAX);
	while ((rc = sentence_next(s, stalled, &raw)) == 1) {
		must(raw.len > 0 && raw.len <= SENTENCE_MAX, "a piece of a wrong length");
		must(!valid || utf8_valid(raw.data, raw.len), "a piece cut inside a character");
		must(s->begun, "a piece, but not begun");
		(void)buf_append(all, raw.data, raw.len);
		speak(&raw);
	}
	must(rc == 0, "no memory");
	buf_clear(&raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*text = (const char *)data + 2;
	struct sentence	 s;
	struct buf	 all;
	uint32_t	 state;
	size_t		 at, n, len, turn = 0;
	bool		 valid;

	if (size < 2 || size > TEXT_MAX)
		return 0;
	len = size - 2;
	state = data[0];
	valid = utf8_valid(text, len);
	buf_init(&all, RESULT_MAX);
	sentence_init(&s);
	for (at = 0; at < len; at += n) {
		n = piece(&state, len - at);
		must(sentence_feed(&s, text + at, n) == 0, "a text was not taken");
		pull(&s, (data[1] >> turn++ % 8 & 1) != 0, valid, &all);
	}
	sentence_end(&s);
	pull(&s, false, valid, &all);
	must(s.text.len == 0 && all.len == len && memcmp(all.data, text, len) == 0, "the pieces are not the text");
	sentence_clear(&s);
	buf_clear(&all);
	return 0;
}
