/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as CSV: lines never go back, each good row is UTF-8 and reads the
 * same when it is written again.
 */
#include "common/csv.h"
#include "common/utf8.h"
#include "tests/fuzz/must.h"

static void
write_again(const struct csv_row *r)
{
	struct csv	c;
	struct csv_row	again;
	struct buf	b;
	size_t		i;

	buf_init(&b, 4 * CSV_ROW_MAX);
	(void)buf_puts(&b, "x\n");	/* a byte order mark counts in the first line only */
	for (i = 0; i < r->n; i++) {
		if (i > 0)
			(void)buf_putc(&b, ',');
		csv_put(&b, r->fields[i]);
	}
	(void)buf_putc(&b, '\n');
	must(!buf_failed(&b), "a row is too long to be written");
	csv_init(&c, b.data, b.len);
	csv_row_init(&again);
	must(csv_next(&c, &again) == 1, "no first line");
	if (r->n == 1 && r->fields[0][0] == '\0')
		must(csv_next(&c, &again) == 0, "an empty line is a row");
	else {
		must(csv_next(&c, &again) == 1, "a written row is none");
		/* quotes can make it longer than a row may be */
		must(again.error != NULL ? b.len > CSV_ROW_MAX / 2 : again.n == r->n, "another number of fields");
		for (i = 0; again.error == NULL && i < r->n; i++)
			must(strcmp(again.fields[i], r->fields[i]) == 0, "a field changed");
	}
	csv_row_clear(&again);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv	c;
	struct csv_row	r;
	unsigned	line = 0;
	size_t		i;

	csv_init(&c, (const char *)data, size);
	csv_row_init(&r);
	while (csv_next(&c, &r) == 1) {
		must(r.line > line, "a line twice");
		line = r.line;
		must(r.error != NULL ? r.n == 0 : r.n > 0, "fields of a bad row");
		for (i = 0; i < r.n; i++)
			must(utf8_valid(r.fields[i], strlen(r.fields[i])), "a field is not UTF-8");
		if (r.error == NULL)
			write_again(&r);
	}
	must(c.at == c.end, "it ended before the end");
	csv_row_clear(&r);
	return 0;
}
