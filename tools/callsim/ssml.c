/* SPDX-License-Identifier: ISC */
#include "tools/callsim/ssml.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN	32

struct reader {
	const char	*at;
	char		*out;
	size_t		 chars, depth;
	char		 open[SSML_DEPTH_MAX][NAME_MAX_LEN];
	char		*cause;
	size_t		 cause_size;
};

static const char *const tags[] = {
	"speak", "break", "emphasis", "lang", "phoneme", "prosody", "say-as", "p", "s", "sub", NULL
};
static const struct { const char *name; char c; } entities[] = {
	{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' },
};

static int wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int
wrong(struct reader *r, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->cause, r->cause_size, fmt, ap);
	va_end(ap);
	return -1;
}

bool
ssml_is(const char *text)
{
	return strncmp(text, "<speak", 6) == 0;
}

size_t
ssml_characters(const char *text)
{
	size_t	n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
skip_space(struct reader *r)
{
	while (*r->at != '\0' && strchr(" \t\r\n", *r->at) != NULL)
		r->at++;
}

static int
read_name(struct reader *r, char name[NAME_MAX_LEN])
{
	size_t	n = 0;

	while (isalnum((unsigned char)*r->at) || (*r->at != '\0' && strchr("-:_", *r->at) != NULL)) {
		if (n + 1 == NAME_MAX_LEN)
			return wrong(r, "SSML: a name is too long");
		name[n++] = *r->at++;
	}
	name[n] = '\0';
	return n == 0 ? wrong(r, "SSML: a name is missing at \"%.12s\"", r->at) : 0;
}

/* name='value' ..., up to > or /> */
static int
read_attributes(struct reader *r)
{
	char		 name[NAME_MAX_LEN], quote;
	const char	*end;

	for (;;) {
		skip_space(r);
		if (*r->at == '>' || *r->at == '/' || *r->at == '\0')
			return 0;
		if (read_name(r, name) == -1)
			return -1;
		skip_space(r);
		if (*r->at++ != '=')
			return wrong(r, "SSML: attribute %s has no value", name);
		skip_space(r);
		quote = *r->at;
		if (quote != '\'' && quote != '"')
			return wrong(r, "SSML: the value of %s is not quoted", name);
		if ((end = strchr(r->at + 1, quote)) == NULL || memchr(r->at, '<', (size_t)(end - r->at)) != NULL)
			return wrong(r, "SSML: the value of %s does not end", name);
		r->at = end + 1;
	}
}

static int
close_tag(struct reader *r)
{
	char	name[NAME_MAX_LEN];

	r->at += 2;
	if (read_name(r, name) == -1)
		return -1;
	skip_space(r);
	if (*r->at++ != '>')
		return wrong(r, "SSML: </%s does not end", name);
	if (r->depth == 0 || strcmp(r->open[r->depth - 1], name) != 0)
		return wrong(r, "SSML: </%s> closes %s", name, r->depth == 0 ? "nothing" : r->open[r->depth - 1]);
	r->depth--;
	return 0;
}

static int
open_tag(struct reader *r)
{
	char	name[NAME_MAX_LEN];
	size_t	i;

	r->at++;
	if (read_name(r, name) == -1)
		return -1;
	for (i = 0; tags[i] != NULL && strcmp(tags[i], name) != 0; i++)
		;
	if (tags[i] == NULL || (i == 0) != (r->depth == 0))
		return wrong(r, "SSML: <%s> is not known here", name);
	if (read_attributes(r) == -1)
		return -1;
	if (r->at[0] == '/' && r->at[1] == '>') {
		r->at += 2;
		return 0;
	}
	if (*r->at != '>')
		return wrong(r, "SSML: <%s does not end", name);
	r->at++;
	if (r->depth == SSML_DEPTH_MAX)
		return wrong(r, "SSML: more than %d tags inside each other", SSML_DEPTH_MAX);
	(void)snprintf(r->open[r->depth++], NAME_MAX_LEN, "%s", name);
	return 0;
}

static int
read_entity(struct reader *r)
{
	size_t	i, len;

	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		len = strlen(entities[i].name);
		if (strncmp(r->at, entities[i].name, len) != 0)
			continue;
		*r->out++ = entities[i].c;
		r->at += len;
		r->chars++;
		return 0;
	}
	return wrong(r, "SSML: a bare & at \"%.12s\"", r->at);
}

static int
read_one(struct reader *r)
{
	int	rc;

	if (*r->at == '<') {
		rc = r->at[1] == '/' ? close_tag(r) : open_tag(r);
		*r->out++ = ' ';
		return rc;
	}
	if (r->depth == 0)
		return wrong(r, "SSML: text outside <speak>");
	if (*r->at == '&')
		return read_entity(r);
	if (*r->at == '>')
		return wrong(r, "SSML: a bare >");
	r->chars += ((unsigned char)*r->at & 0xc0) != 0x80;
	*r->out++ = *r->at++;
	return 0;
}

int
ssml_read(const char *text, char *plain, size_t *ret_chars, char *cause, size_t cause_size)
{
	struct reader	r = { .at = text, .out = plain, .cause = cause, .cause_size = cause_size };
	bool		closed = false;

	while (*r.at != '\0') {
		if (closed)
			return wrong(&r, "SSML: something behind </speak>");
		if (read_one(&r) == -1)
			return -1;
		closed = r.depth == 0;
	}
	if (r.depth != 0)
		return wrong(&r, "SSML: <%s> is not closed", r.open[r.depth - 1]);
	*r.out = '\0';
	*ret_chars = r.chars;
	return 0;
}
