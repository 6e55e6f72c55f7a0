/* SPDX-License-Identifier: ISC */
/*
 * log: one event, one line, logfmt, to stderr.
 *
 *   ts=2026-11-20T12:00:00.123Z level=info prog=vadd.0 call=3f9c event=utterance ms=1840
 *
 * error: somebody must act. warn: odd, we went on (say what we did). info: a
 * call's milestones. debug: the rest, off unless -v. No key or token at any
 * level; no transcript, digit or phone number above debug. Each line is one
 * write(2), so lines of several processes do not mix. errno is kept.
 * Thread-safe.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

struct log_ctx {
	const char	*call;	/* call id, or NULL; borrowed for the context's life */
};

/* name: "vadd.0", copied. Lines above max_level are dropped. fd is normally 2. */
void log_open(const char *name, enum log_level max_level, int fd);
bool log_enabled(enum log_level level);

/*
 * ctx may be NULL. event: a short fixed word, dots allowed. fmt prints the
 * rest as key=value pairs; foreign text goes through LOG_Q below.
 */
#define log_error(ctx, event, ...)	log_write(LOG_LVL_ERROR, ctx, event, __VA_ARGS__)
#define log_warn(ctx, event, ...)	log_write(LOG_LVL_WARN, ctx, event, __VA_ARGS__)
#define log_info(ctx, event, ...)	log_write(LOG_LVL_INFO, ctx, event, __VA_ARGS__)
#define log_debug(ctx, event, ...)	do {						\
	if (log_enabled(LOG_LVL_DEBUG))						\
		log_write(LOG_LVL_DEBUG, ctx, event, __VA_ARGS__);		\
} while (0)

void log_write(enum log_level level, const struct log_ctx *ctx, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Quote foreign text for a value: "…" with \" \\ \n \xNN escapes, cut at
 * LOG_QUOTE_MAX bytes with "…". Returns a pointer into a ring of 8
 * thread-local buffers: use it in the same log call only.
 */
#define LOG_QUOTE_MAX	160
const char *log_quote(const char *text);		/* NULL prints as "" */
const char *log_quote_n(const char *text, size_t len);
#define LOG_Q(text)	log_quote(text)

/*
 * Repeated troubles: true for the first event of each period, then false
 * until period_ms passed; *ret_missed is how many were suppressed since the
 * last true. Zero-initialise the struct.
 */
struct log_rate { long long next_ms; unsigned long missed; };
bool log_rate_ok(struct log_rate *r, unsigned period_ms, unsigned long *ret_missed);

#endif
