/* SPDX-License-Identifier: ISC */
/*
 * NCCO templates. The first line is what the caller's number is said to be,
 * the rest the flow. What renders must be JSON that reads as what was rendered,
 * with no "when" in its actions.
 */
#include "common/json.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/flow.h"

static const char *const	names[] = { "from", "to", "empty", NULL };

static void
check(const struct flow *f, const char *value)
{
	struct flow_var		 vars[] = { { "from", value }, { "to", "442079460000" }, { "empty", NULL } };
	struct json_object	*ncco, *again, *action;
	const char		*text;
	size_t			 len, i, n;

	if ((ncco = flow_render(f, vars, 3)) == NULL)
		return;			/* a text over the maximum counts as no memory */
	must(json_object_is_type(ncco, json_type_array), "an NCCO that is no array");
	text = json_text(ncco, &len);
	must((again = json_parse(text, len, NULL)) != NULL, "an NCCO that is no JSON");
	n = json_object_array_length(ncco);
	must(json_object_array_length(again) == n, "a value broke out of its text");
	for (i = 0; i < n; i++) {
		action = json_object_array_get_idx(ncco, i);
		must(json_get(action, "when") == NULL, "\"when\" is sent");
	}
	must(strcmp(json_text(again, NULL), text) == 0, "an NCCO reads otherwise");
	json_object_put(again);
	json_object_put(ncco);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*text = (const char *)data, *nl = memchr(data, '\n', size);
	struct flow	*f;
	char		 err[200] = "", *value;

	if (nl == NULL)
		return 0;
	must((value = mem_strndup(text, (size_t)(nl - text))) != NULL, "no memory");
	f = flow_parse("flow", nl + 1, (size_t)(text + size - nl - 1), names, err, sizeof(err));
	must_end(err, sizeof(err), "an endless error");
	if (f == NULL)
		must(strncmp(err, "flow: ", 6) == 0, "refused without a cause");
	else
		check(f, value);
	flow_free(f);
	free(value);
	return 0;
}
