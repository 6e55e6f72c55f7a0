/* SPDX-License-Identifier: ISC */
/*
 * Answers of a chat server. The first byte: 'w' a body that is not streamed,
 * else how a stream is cut into pieces (must.h). Text must be UTF-8 and the
 * same however the stream was cut; what is collected stays in its bounds.
 */
#include "brokerd/chatstream.h"
#include "brokerd/sse.h"
#include "common/utf8.h"
#include "tests/fuzz/must.h"

static void
on_text(void *arg, const char *text, size_t len)
{
	must(len > 0, "an empty text");
	(void)buf_append(arg, text, len);
}

static bool
on_event(void *arg, const char *event, const char *data, size_t len)
{
	return chatstream_event(arg, event, data, len);
}

static void
check(const struct chatstream *cs, const struct buf *out)
{
	size_t	i;

	must(utf8_valid(out->data, out->len), "text that is not UTF-8");
	must(cs->any_text == (out->len > 0), "any_text is wrong");
	must(cs->ncalls <= CHATSTREAM_CALLS_MAX, "too many calls");
	for (i = 0; i < cs->ncalls; i++) {
		must(cs->calls[i].args.len <= CHATSTREAM_ARGS_MAX, "arguments over the maximum");
		must_end(cs->calls[i].id, sizeof(cs->calls[i].id), "an endless id");
		must_end(cs->calls[i].name, sizeof(cs->calls[i].name), "an endless name");
	}
	must_end(cs->error, sizeof(cs->error), "an endless error");
	must(cs->error_code == 0 || (cs->error_code >= 100 && cs->error_code <= 599), "a strange code");
	must(cs->tokens_in >= -1 && cs->tokens_out >= -1, "fewer than no tokens");
	must(!cs->done || cs->finished, "done, but not finished");
	must(chatstream_action(cs) != NULL, "no action, not even none");
}

/* What is to be compared goes after the text. */
static void
note(const struct chatstream *cs, struct buf *out)
{
	size_t	i;

	for (i = 0; i < cs->ncalls; i++)
		(void)buf_printf(out, "\n%s %s %s", cs->calls[i].id, cs->calls[i].name, cs->calls[i].args.data);
	(void)buf_printf(out, "\n%s %d %d", cs->error, cs->finished, cs->done);
}

static void
stream(const uint8_t *data, size_t size, uint32_t state, struct buf *out)
{
	struct chatstream	cs;
	struct sse		s;
	size_t			at, n;
	int			rc = 0;

	chatstream_init(&cs, on_text, out);
	sse_init(&s);
	for (at = 0; at < size && rc == 0; at += n) {
		n = piece(&state, size - at);
		rc = sse_feed(&s, data + at, n, on_event, &cs);
	}
	if (rc == 0)
		(void)sse_end(&s, on_event, &cs);
	must(chatstream_end(&cs) == cs.finished, "the end is not the end");
	check(&cs, out);
	note(&cs, out);
	sse_clear(&s);
	chatstream_clear(&cs);
}

static void
whole_body(const uint8_t *data, size_t size)
{
	struct chatstream	cs;
	struct buf		out;

	buf_init(&out, RESULT_MAX);
	chatstream_init(&cs, on_text, &out);
	must(chatstream_whole(&cs, (const char *)data, size) == (cs.error[0] == '\0'), "an error without words");
	(void)chatstream_end(&cs);
	check(&cs, &out);
	chatstream_clear(&cs);
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	at_once, pieces;

	if (size == 0)
		return 0;
	if (data[0] == 'w') {
		whole_body(data + 1, size - 1);
		return 0;
	}
	buf_init(&at_once, RESULT_MAX);
	buf_init(&pieces, RESULT_MAX);
	stream(data + 1, size - 1, UINT8_MAX, &at_once);
	stream(data + 1, size - 1, data[0], &pieces);
	must_equal(&at_once, &pieces, "pieces give another answer");
	buf_clear(&at_once);
	buf_clear(&pieces);
	return 0;
}
