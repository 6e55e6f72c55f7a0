/* SPDX-License-Identifier: ISC */
/*
 * Flows. The first line is what the caller's number is said to be, the rest
 * the flow. A refusal has file, line and cause; what renders must be JSON that reads
 * as what was rendered, with no "when" in its actions.
 */
#include "common/json.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/flow.h"

static void
check(const struct flow_set *set, const char *value)
{
	const struct flow_var	 fixed[] = { { "from", value }, { "to", "442079460000" }, { "contact.name", NULL } };
	const struct flow	*f = flow_find(set, "flow");
	struct flow_scope	 scope = { NULL, fixed, 3, f };
	struct json_object	*ncco, *again, *action;
	const char		*text;
	size_t			 len, i, n;

	must(f != NULL && flow_step_find(f, FLOW_START) != NULL, "a flow without a beginning");
	if ((ncco = flow_render(flow_step_find(f, FLOW_START), &scope)) == NULL)
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
	const char		*text = (const char *)data, *nl = memchr(data, '\n', size), *texts[3] = { "flow", NULL, NULL };
	struct flow_report	 r = { .fn = NULL };
	struct flow_set		*set;
	char			*value, *flow;

	if (nl == NULL)
		return 0;
	must((value = mem_strndup(text, (size_t)(nl - text))) != NULL, "no memory");
	must((flow = mem_strndup(nl + 1, (size_t)(text + size - nl - 1))) != NULL, "no memory");
	texts[1] = flow;
	set = flow_set_parse(texts, &r);
	must_end(r.first, sizeof(r.first), "an endless error");
	if (set == NULL)
		must(r.errors > 0 && strncmp(r.first, "flow.json:", 10) == 0, "refused without a cause");
	else
		check(set, value);
	flow_set_free(set);
	free(value);
	free(flow);
	return 0;
}
