/* SPDX-License-Identifier: ISC */
/*
 * calltap_line: one fact of the bus as one line of text. Pure.
 *
 *   2026-11-20T12:00:00.123Z sockd.0 call.start 3f9c rate_hz=16000 name="Anna Bell"
 *
 * Times are UTC; a call that is none prints as "-". The members of a body come
 * in the order of the sender as key=value, with objects and arrays as quoted JSON.
 * Audio is told by rate_hz, start, ms and level_db instead of its samples. A
 * body that is not what its kind should have prints as malformed=LENGTH.
 * Foreign text is escaped (plain.h). No newline is put at the end.
 */
#ifndef TOOLS_CALLTAP_LINE_H
#define TOOLS_CALLTAP_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/bus.h"

void	line_text(struct buf *out, int64_t wall_ms, const struct bus_msg *msg, bool colour);
/* An object {ts, from, kind, call, seq, body}; without call when there is none. */
void	line_json(struct buf *out, int64_t wall_ms, const struct bus_msg *msg);

#endif
