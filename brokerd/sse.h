/* SPDX-License-Identifier: ISC */
/*
 * sse: text/event-stream (spec/ai.md 0.5). Pure.
 *
 * Any split of the input gives the same events; lines end with LF, CRLF or CR;
 * a leading BOM is skipped, comments are ignored, several data lines are joined with
 * LF. An event without data, or whose data begins with ':' (a keepalive of
 * broken gateways), is skipped. An event is at most SSE_EVENT_MAX bytes.
 */
#ifndef BROKERD_SSE_H
#define BROKERD_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

#define SSE_EVENT_MAX	(1u << 20)

struct sse {
	struct buf	 line, data, event;
	bool		 cr;		/* the last byte was CR */
	bool		 begun;		/* the BOM, if any, is behind */
	bool		 has_data;
};
/* event is "" when none was named. data is NUL-terminated. false stops the feed. */
typedef bool sse_fn(void *arg, const char *event, const char *data, size_t len);

void	sse_init(struct sse *s);
void	sse_clear(struct sse *s);
/* 0; 1 stopped; -1 with EMSGSIZE or ENOMEM. */
int	sse_feed(struct sse *s, const void *data, size_t len, sse_fn *fn, void *arg);
/* End of the body: what is buffered is an event too. As sse_feed(). */
int	sse_end(struct sse *s, sse_fn *fn, void *arg);

#endif
