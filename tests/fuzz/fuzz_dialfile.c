/* SPDX-License-Identifier: ISC */
/* The file of a campaign: each row has a number of its own and variables as JSON, the others are told. */
#include "common/json.h"
#include "common/utf8.h"
#include "tests/fuzz/must.h"
#include "tools/dialfile.h"

static void
told(void *arg, unsigned line, const char *why)
{
	size_t	*n = arg;

	must(line > 0 && why != NULL && *why != '\0', "told without a line or a cause");
	++*n;
}

/* "" when the file has no other column. */
static void
check_vars(const char *text)
{
	struct json_object	*vars;

	if (*text == '\0')
		return;
	vars = json_parse(text, strlen(text), NULL);
	must(json_object_is_type(vars, json_type_object), "variables that are no object");
	json_object_object_foreach(vars, key, value) {
		must(*key != '\0' && json_object_is_type(value, json_type_string) &&
		    utf8_valid(json_object_get_string(value), (size_t)json_object_get_string_len(value)), "a variable that is no text");
	}
	json_object_put(vars);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dialfile		 f;
	unsigned		 line = 1;
	size_t			 n = 0, i, j;
	int			 rc;

	rc = dialfile_parse(&f, (const char *)data, size, told, &n);
	must(rc == 0 || n > 0, "refused without a cause");
	must(rc == -1 || n == f.bad, "a bad row that nobody was told of");
	for (i = 0; i < f.n; i++) {
		must(f.rows[i].line > line, "a line twice");
		line = f.rows[i].line;
		must(strspn(f.rows[i].number, "0123456789") == strlen(f.rows[i].number) && strlen(f.rows[i].number) >= 7,
		    "a number that is none");
		check_vars(f.rows[i].vars);
		for (j = i > 20 ? i - 20 : 0; j < i; j++)
			must(strcmp(f.rows[i].number, f.rows[j].number) != 0, "a number twice");
	}
	dialfile_clear(&f);
	return 0;
}
