/* SPDX-License-Identifier: ISC */
#include "tools/dialfile.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/csv.h"
#include "common/dialopts.h"
#include "common/flowvar.h"
#include "common/json.h"
#include "common/mem.h"

#define NAME_MAX_LEN	32

struct reading {
	struct dialfile	*f;
	void		(*told)(void *arg, unsigned line, const char *why);
	void		*arg;
	char		*names[CSV_FIELDS];	/* of the columns; owned */
	size_t		 nnames, number;	/* column of the number */
	void		*seen;			/* tsearch(3): numbers as text, line behind */
};
struct seen { char number[DIAL_NUMBER_SIZE]; unsigned line; };

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->number, ((const struct seen *)b)->number);
}

static bool
good_name(const char *name)
{
	size_t	len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && len <= NAME_MAX_LEN && name[len] == '\0' && !isdigit((unsigned char)*name);
}

static bool
is_number(const char *name)
{
	return strcasecmp(name, "number") == 0;
}

static const char *
read_header(struct reading *g, const struct csv_row *r)
{
	size_t	i, j;

	g->number = CSV_FIELDS;
	if (r->error != NULL)
		return r->error;
	for (i = 0; i < r->n; i++) {
		if (!good_name(r->fields[i]))
			return "a column's name is letters, digits and _, at most 32";
		if (!is_number(r->fields[i]) && flowvar_is_fixed(r->fields[i]))
			return "a column has the name of a variable that comes with the call (uuid, from, to, sms ...)";
		for (j = 0; j < i; j++)
			if (strcmp(g->names[j], r->fields[i]) == 0 || (is_number(g->names[j]) && is_number(r->fields[i])))
				return "two columns have the same name";
		if ((g->names[i] = mem_strdup(r->fields[i])) == NULL)
			return "out of memory";
		g->nnames++;
		if (is_number(r->fields[i]))
			g->number = i;
	}
	return g->number == CSV_FIELDS ? "there is no column \"number\"" : NULL;
}

/* The variables as JSON, "" none. The caller's; NULL: ENOMEM, or EMSGSIZE. */
static char *
make_vars(const struct reading *g, const struct csv_row *r)
{
	struct json_object	*obj = json_object_new_object();
	const char		*text;
	char			*ret = NULL;
	size_t			 i, len = 0;
	int			 rc = obj == NULL ? -1 : 0;

	for (i = 0; rc == 0 && i < r->n; i++)
		if (i != g->number)
			rc = json_add_str(obj, g->names[i], r->fields[i]);
	text = rc == 0 ? json_text(obj, &len) : NULL;
	errno = ENOMEM;
	if (text != NULL && len >= STORE_DIAL_VARS)
		errno = EMSGSIZE;
	else if (text != NULL)
		ret = mem_strdup(r->n > 1 ? text : "");
	json_object_put(obj);
	return ret;
}

static int
grow(struct dialfile *f)
{
	size_t	 size = f->size == 0 ? 256 : 2 * f->size;
	void	*rows;

	if (f->n < f->size)
		return 0;
	if ((rows = mem_realloc(f->rows, size * sizeof(f->rows[0]))) == NULL)
		return -1;
	f->rows = rows;
	f->size = size;
	return 0;
}

/* NULL: taken; else why not. -1 to *rc: ENOMEM. */
static const char *
add_row(struct reading *g, const struct csv_row *r, char *why, size_t why_size, int *rc)
{
	struct dialfile		*f = g->f;
	struct seen		*s, **hit;
	char			*vars;

	if (r->error != NULL)
		return r->error;
	if (r->n != g->nnames) {
		(void)snprintf(why, why_size, "%zu fields, the header has %zu", r->n, g->nnames);
		return why;
	}
	if ((s = mem_calloc(1, sizeof(*s))) == NULL || grow(f) == -1) {
		free(s);
		*rc = -1;
		return NULL;
	}
	s->line = r->line;
	if (dial_number(r->fields[g->number], s->number) == -1) {
		free(s);
		return "number: 7 to 15 digits are wanted, the first not 0, with or without +";
	}
	if ((vars = make_vars(g, r)) == NULL) {
		*rc = errno == EMSGSIZE ? 0 : -1;
		free(s);
		return "more than 4 KiB of variables";
	}
	if ((hit = tsearch(s, &g->seen, compare)) == NULL || *hit != s) {
		*rc = hit == NULL ? -1 : 0;
		if (hit != NULL)
			(void)snprintf(why, why_size, "the number of line %u again", (*hit)->line);
		free(vars);
		free(s);
		return why;
	}
	f->rows[f->n] = (struct dialfile_row){ .vars = vars, .line = r->line };
	memcpy(f->rows[f->n++].number, s->number, sizeof(s->number));
	return NULL;
}

static int
read_rows(struct reading *g, struct csv *c, struct csv_row *r)
{
	const char	*error;
	char		 why[80] = "";
	int		 rc, failed = 0;

	while ((rc = csv_next(c, r)) == 1) {
		error = add_row(g, r, why, sizeof(why), &failed);
		if (failed == -1)
			break;
		if (error == NULL)
			continue;
		g->f->bad++;
		g->told(g->arg, r->line, error);
	}
	if (failed == -1 || rc == -1) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

/* Of a spreadsheet's "Unicode text": with a byte order mark, or every other byte of its ASCII is 0. */
static bool
is_utf16(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0 ||
	    (text[0] == '\0') != (text[1] == '\0'));
}

int
dialfile_parse(struct dialfile *f, const char *text, size_t len, void (*told)(void *arg, unsigned line, const char *why),
    void *arg)
{
	struct reading	 g = { .f = f, .told = told, .arg = arg };
	struct csv	 c;
	struct csv_row	 r;
	const char	*error;
	size_t		 i;
	int		 rc = -1, e = EINVAL;

	memset(f, 0, sizeof(*f));
	csv_init(&c, text, len);
	csv_guess_separator(&c);
	csv_row_init(&r);
	if (is_utf16(text, len))
		told(arg, 1, "the file is UTF-16: save it as CSV in UTF-8");
	else if (csv_next(&c, &r) != 1)
		told(arg, 1, "an empty file");
	else if ((error = read_header(&g, &r)) != NULL)
		told(arg, r.line, error);
	else if ((rc = read_rows(&g, &c, &r)) == -1)
		e = errno;
	csv_row_clear(&r);
	tdestroy(g.seen, free);
	for (i = 0; i < g.nnames; i++)
		free(g.names[i]);
	errno = e;
	return rc;
}

void
dialfile_clear(struct dialfile *f)
{
	size_t	i;

	for (i = 0; i < f->n; i++)
		free(f->rows[i].vars);
	free(f->rows);
	memset(f, 0, sizeof(*f));
}
