/* SPDX-License-Identifier: ISC */
#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/utf8.h"

#define LINE_SIZE	PIPE_BUF	/* longer writes to a pipe may mix */
#define CUT		"…"
#define RING		8
#define QUOTE_SIZE	(LOG_QUOTE_MAX * 4 + sizeof(CUT) + 2)	/* all \xNN, the quotes */

static const char *const level_names[] = {
	[LOG_LVL_ERROR] = "error",
	[LOG_LVL_WARN] = "warn",
	[LOG_LVL_INFO] = "info",
	[LOG_LVL_DEBUG] = "debug",
};

static char		log_name[64] = "-";
static atomic_int	log_max_level = LOG_LVL_INFO;
static atomic_int	log_fd = STDERR_FILENO;

void
log_open(const char *name, enum log_level max_level, int fd)
{
	(void)snprintf(log_name, sizeof(log_name), "%s", name);
	atomic_store(&log_max_level, (int)max_level);
	atomic_store(&log_fd, fd);
}

bool
log_enabled(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&log_max_level, memory_order_relaxed);
}

/* What snprintf() says it wanted, as what is there. */
static size_t
clip(int n, size_t size)
{
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

static size_t
put_head(char *line, size_t size, enum log_level level, const struct log_ctx *ctx,
    const char *event)
{
	char	 iso[CLOCK_ISO_SIZE];
	bool	 has_call;

	has_call = ctx != NULL && ctx->call != NULL;
	return clip(snprintf(line, size, "ts=%s level=%s prog=%s%s%s event=%s",
	    clock_iso(clock_wall_ms(), iso), level_names[level], log_name,
	    has_call ? " call=" : "", has_call ? ctx->call : "", event), size);
}

static void
write_line(const char *line, size_t len)
{
	int	fd = atomic_load(&log_fd);

	while (write(fd, line, len) == -1 && errno == EINTR)
		continue;
}

void
log_write(enum log_level level, const struct log_ctx *ctx, const char *event, const char *fmt, ...)
{
	char	 line[LINE_SIZE];
	va_list	 ap;
	size_t	 len, room = sizeof(line) - strlen(CUT "\n") + 1, i;
	int	 saved_errno = errno, n;

	if (!log_enabled(level))
		return;
	len = put_head(line, room, level, ctx, event);
	line[len++] = ' ';
	va_start(ap, fmt);
	errno = saved_errno;		/* for %m */
	n = vsnprintf(line + len, room - len, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room - len) {
		memcpy(line + room - 1, CUT, sizeof(CUT) - 1);
		len = room - 1 + sizeof(CUT) - 1;
	} else
		len += n > 0 ? (size_t)n : 0;
	if (line[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++) {
		if (line[i] == '\n' || line[i] == '\r' || line[i] == '\0')
			line[i] = ' ';
	}
	line[len++] = '\n';
	write_line(line, len);
	errno = saved_errno;
}

/* Print the n bytes at s, one character or one bad byte, to out; returns bytes printed. */
static size_t
quote_char(char *out, const char *s, size_t n)
{
	static const char	 hex[] = "0123456789abcdef";
	unsigned char		 c = (unsigned char)*s;
	size_t			 i;

	if (*s == '"' || *s == '\\' || *s == '\n') {
		out[0] = '\\';
		out[1] = *s == '\n' ? 'n' : *s;
		return 2;
	}
	/* U+0080 to U+009F steer terminals as the ASCII controls do */
	if (n > 0 && c >= 0x20 && c != 0x7f && !(c == 0xc2 && (unsigned char)s[1] < 0xa0)) {
		memcpy(out, s, n);
		return n;
	}
	for (i = 0; i < (n > 0 ? n : 1); i++) {
		c = (unsigned char)s[i];
		memcpy(out + i * 4, (const char[]){ '\\', 'x', hex[c >> 4], hex[c & 15] }, 4);
	}
	return i * 4;
}

const char *
log_quote_n(const char *text, size_t len)
{
	static _Thread_local char	 ring[RING][QUOTE_SIZE];
	static _Thread_local unsigned	 turn;
	char				*out = ring[turn++ % RING];
	size_t				 at = 0, i, n;

	out[at++] = '"';
	for (i = 0; i < len; i += n > 0 ? n : 1) {
		n = utf8_char_len(text + i, len - i);
		if (i + (n > 0 ? n : 1) > LOG_QUOTE_MAX) {
			memcpy(out + at, CUT, sizeof(CUT) - 1);
			at += sizeof(CUT) - 1;
			break;
		}
		at += quote_char(out + at, text + i, n);
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}

const char *
log_quote(const char *text)
{
	/* strnlen: a foreign text may be megabytes long */
	return text == NULL ? log_quote_n("", 0) : log_quote_n(text, strnlen(text, LOG_QUOTE_MAX + 4));
}

bool
log_rate_ok(struct log_rate *r, unsigned period_ms, unsigned long *ret_missed)
{
	long long	now = clock_mono_ms();

	if (now < r->next_ms) {
		r->missed++;
		return false;
	}
	*ret_missed = r->missed;
	r->missed = 0;
	r->next_ms = now + period_ms;
	return true;
}
