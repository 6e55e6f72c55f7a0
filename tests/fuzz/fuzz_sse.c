/* SPDX-License-Identifier: ISC */
/*
 * text/event-stream. The first byte says how the rest is cut into pieces
 * (must.h); the events must be those of the same bytes fed at once.
 */
#include <errno.h>

#include "brokerd/sse.h"
#include "tests/fuzz/must.h"

static bool
note(void *arg, const char *event, const char *data, size_t len)
{
	must(len > 0 && data[0] != ':', "an event without data");
	must(data[len] == '\0' && strlen(event) <= 256, "an endless text");
	must(len <= SSE_EVENT_MAX, "an event over the maximum");
	(void)buf_printf(arg, "%s\n%zu:", event, len);
	(void)buf_append(arg, data, len);
	return data[0] != '!';		/* stops there */
}

static void
run(const uint8_t *data, size_t size, uint32_t state, struct buf *out)
{
	struct sse	s;
	size_t		at, n;
	int		rc = 0;

	sse_init(&s);
	for (at = 0; at < size && rc == 0; at += n) {
		n = piece(&state, size - at);
		rc = sse_feed(&s, data + at, n, note, out);
	}
	if (rc == 0)
		rc = sse_end(&s, note, out);
	must(rc != -1 || errno == EMSGSIZE, "another error than too long");
	(void)buf_printf(out, "end %d", rc);
	sse_clear(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	whole, pieces;

	if (size == 0)
		return 0;
	buf_init(&whole, RESULT_MAX);
	buf_init(&pieces, RESULT_MAX);
	run(data + 1, size - 1, UINT8_MAX, &whole);
	run(data + 1, size - 1, data[0], &pieces);
	must_equal(&whole, &pieces, "pieces give other events");
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
