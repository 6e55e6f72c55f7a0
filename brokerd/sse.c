/* SPDX-License-Identifier: ISC */
#include "brokerd/sse.h"

#include <string.h>

#define BOM	"\xef\xbb\xbf"

void
sse_init(struct sse *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->line, SSE_EVENT_MAX);
	buf_init(&s->data, SSE_EVENT_MAX);
	buf_init(&s->event, 256);
}

void
sse_clear(struct sse *s)
{
	buf_clear(&s->line);
	buf_clear(&s->data);
	buf_clear(&s->event);
}

static int
dispatch(struct sse *s, sse_fn *fn, void *arg)
{
	bool	 go = true;

	if (s->has_data && s->data.len > 0 && s->data.data[0] != ':')
		go = fn(arg, s->event.data, s->data.data, s->data.len);
	if (!go)
		return 1;
	buf_reset(&s->data);
	buf_reset(&s->event);
	s->has_data = false;
	return 0;
}

static int
take_field(struct sse *s, const char *name, size_t name_len, const char *value, size_t len)
{
	if (name_len == 4 && memcmp(name, "data", 4) == 0) {
		if (s->has_data && buf_putc(&s->data, '\n') == -1)
			return -1;
		s->has_data = true;
		return buf_append(&s->data, value, len);
	}
	if (name_len == 5 && memcmp(name, "event", 5) == 0) {
		buf_reset(&s->event);
		return buf_append(&s->event, value, len);
	}
	return 0;
}

static int
take_line(struct sse *s, sse_fn *fn, void *arg)
{
	const char	*line = s->line.data, *colon;
	size_t		 len = s->line.len, name_len, at;
	int		 rc;

	if (!s->begun && len >= 3 && memcmp(line, BOM, 3) == 0) {
		line += 3;
		len -= 3;
	}
	s->begun = true;
	if (len == 0)
		return dispatch(s, fn, arg);
	colon = memchr(line, ':', len);
	name_len = colon == NULL ? len : (size_t)(colon - line);
	at = colon == NULL ? len : name_len + 1;
	if (at < len && line[at] == ' ')
		at++;
	rc = name_len == 0 ? 0 : take_field(s, line, name_len, line + at, len - at);
	buf_reset(&s->line);
	return rc;
}

static int
end_line(struct sse *s, sse_fn *fn, void *arg)
{
	int	 rc = take_line(s, fn, arg);

	if (rc == 0)
		buf_reset(&s->line);
	return rc;
}

int
sse_feed(struct sse *s, const void *data, size_t len, sse_fn *fn, void *arg)
{
	const char	*p = data, *end = p + len, *eol;
	int		 rc;

	while (p < end) {
		if (s->cr && *p == '\n') {
			s->cr = false;
			p++;
			continue;
		}
		s->cr = false;
		for (eol = p; eol < end && *eol != '\n' && *eol != '\r'; eol++)
			;
		if (buf_append(&s->line, p, (size_t)(eol - p)) == -1)
			return -1;
		p = eol;
		if (eol == end)
			break;
		s->cr = *eol == '\r';
		p++;
		if ((rc = end_line(s, fn, arg)) != 0)
			return rc;
	}
	return 0;
}

int
sse_end(struct sse *s, sse_fn *fn, void *arg)
{
	int	 rc;

	if (s->line.len > 0 && (rc = end_line(s, fn, arg)) != 0)
		return rc;
	return dispatch(s, fn, arg);
}
