/* SPDX-License-Identifier: ISC */
/*
 * What follows an event. The first line is a flow, each further one an event:
 * a flow that was found good leads, whatever comes, to steps that are there
 * and render to JSON.
 */
#include "common/json.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/follow.h"

#define EVENTS_MAX	64

struct walk {
	const struct flow	*flow;
	const struct flow_step	*step;
	struct flow_state	 st;
};

static void
render(struct walk *w, const struct flow_scope *scope)
{
	struct json_object	*ncco, *again;
	const char		*text;
	size_t			 len;

	if ((ncco = flow_render(w->step, scope)) == NULL)
		return;			/* a text over the maximum counts as no memory */
	text = json_text(ncco, &len);
	must((again = json_parse(text, len, NULL)) != NULL, "an NCCO that is no JSON");
	must(json_object_array_length(again) == json_object_array_length(ncco), "a value broke out of its text");
	json_object_put(again);
	json_object_put(ncco);
}

static void
follow(struct walk *w, struct json_object *obj)
{
	const struct flow_var	 fixed[] = { { "uuid", "f7ae" }, { "from", "447700900123" } };
	struct flow_scope	 scope = { w->st.vars, fixed, 2, w->flow };
	struct follow		 fo;
	struct event		 ev;

	event_parse(obj, &ev);
	memset(&fo, 0xee, sizeof(fo));
	if (follow_event(w->flow, w->step, &w->st, &scope, &ev, &fo)) {
		must(fo.on != NULL && json_object_object_get_ex(w->step->on, fo.on, NULL), "what matched is not written there");
		must_end(fo.flow, sizeof(fo.flow), "an endless flow");
		must_end(fo.step, sizeof(fo.step), "an endless step");
		must_end(fo.how, sizeof(fo.how), "an endless how");
		must_end(fo.value, sizeof(fo.value), "an endless value");
		must_end(fo.confidence, sizeof(fo.confidence), "an endless confidence");
		if (fo.step[0] != '\0') {
			must(strcmp(fo.flow, flow_name(w->flow)) == 0, "a flow that is not there");
			must((w->step = flow_step_find(w->flow, fo.step)) != NULL, "a step that is not there");
		}
		scope.vars = w->st.vars;
		render(w, &scope);
	}
	(void)follow_has_failure(w->step);
	event_clear(&ev);
}

static void
play(const struct flow_set *set, const char *at, const char *end)
{
	struct walk		 w = { .flow = flow_find(set, "flow") };
	struct json_object	*obj;
	const char		*nl;
	int			 n;

	must((w.step = flow_step_find(w.flow, FLOW_START)) != NULL, "a flow without a beginning");
	for (n = 0; at < end && n < EVENTS_MAX; at = nl + 1, n++) {
		if ((nl = memchr(at, '\n', (size_t)(end - at))) == NULL)
			nl = end;
		obj = json_parse(at, (size_t)(nl - at), NULL);
		if (json_object_is_type(obj, json_type_object))
			follow(&w, obj);
		json_object_put(obj);
	}
	flow_state_clear(&w.st);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char		*text = (const char *)data, *nl = memchr(data, '\n', size), *texts[3] = { "flow", NULL, NULL };
	struct flow_report	 r = { .fn = NULL };
	struct flow_set		*set;
	char			*flow;

	if (nl == NULL)
		return 0;
	must((flow = mem_strndup(text, (size_t)(nl - text))) != NULL, "no memory");
	texts[1] = flow;
	if ((set = flow_set_parse(texts, &r)) != NULL)
		play(set, nl + 1, text + size);
	flow_set_free(set);
	free(flow);
	return 0;
}
