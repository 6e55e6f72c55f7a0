/* SPDX-License-Identifier: ISC */
/*
 * flow: what a call hears and what follows. See callpipe-flow(5).
 *
 * A flow is a JSON file: steps, each an NCCO template and a table of what
 * follows ("on"). The members "ncco" and "on" of the file itself are its first step,
 * "start"; others are in "steps". In every string of a template ${name} is
 * replaced inside the parsed tree, so a value can never break out of its
 * string; its bytes that are no UTF-8 become U+FFFD. An action whose "when" does not
 * hold is left out ("when" itself is never sent).
 *
 * All flows of a folder are loaded and checked together (flow_set_load()):
 * they name each other. Pure but for that, which reads files. Loaded flows do not change.
 */
#ifndef WEBHOOKD_FLOW_H
#define WEBHOOKD_FLOW_H

#include <stdbool.h>
#include <stddef.h>

struct flow;
struct flow_set;
struct json_object;

#define FLOW_NAME_MAX	63	/* bytes of the name of a flow or a step: A-Z a-z 0-9 _ - */
#define FLOW_START	"start"
#define FOLLOW_AI_TRANSFER "ai:transfer"	/* key of "on": the AI on the step's WebSocket wants a person */

struct flow_step {			/* all borrowed from the flow */
	const char		*name;
	struct json_object	*ncco;	/* template, an array */
	struct json_object	*on;	/* an object; NULL: nothing follows */
	bool			 socket;	/* it connects to sockd */
};

/* Who hears of errors and warnings: "file:line: cause". */
struct flow_report {
	void	(*fn)(void *arg, bool warning, const char *text);	/* NULL: only counted */
	void	*arg;
	size_t	 errors, warnings;
	char	 first[400];		/* the first error */
};

/*
 * All *.json of a folder, checked. NULL: there was an error, or a flow of
 * needed (ended by NULL) is not there.
 */
struct flow_set *flow_set_load(const char *dir, const char *const *needed, struct flow_report *r);
/* The same from texts in memory, for tests: name, text, name, text, NULL. */
struct flow_set *flow_set_parse(const char *const *texts, struct flow_report *r);
void	flow_set_free(struct flow_set *set);
const struct flow *flow_find(const struct flow_set *set, const char *name);	/* NULL: none */
const char *flow_name(const struct flow *f);
const struct flow_step *flow_step_find(const struct flow *f, const char *name);	/* NULL: none */

struct flow_var { const char *name, *value; };	/* value NULL counts as "" */

/* What ${name} is: the call's own first, then what is fixed, then the flow's default. */
struct flow_scope {
	struct json_object	*vars;		/* of the call: strings; may be NULL */
	const struct flow_var	*fixed;
	size_t			 nfixed;
	const struct flow	*flow;
};
/* "" when nobody has it. Borrowed. */
const char *flow_scope_get(const struct flow_scope *scope, const char *name);
/* The condition of a "when" (a text, or an array of which all must hold); NULL holds. */
bool	flow_when(struct json_object *when, const struct flow_scope *scope);
/* A text with its variables filled in, the caller's (free()). NULL: ENOMEM, or over 8 KiB. */
char	*flow_expand(const char *text, const struct flow_scope *scope);
/* The NCCO of a step with the variables filled in; the caller puts it. NULL: ENOMEM. */
struct json_object *flow_render(const struct flow_step *step, const struct flow_scope *scope);
/* Each call of it is followed by a summary as a short message ("sms": true). */
bool	flow_wants_sms(const struct flow *f);
/* ${language} of a flow that says one of its own (a template); NULL: it says none. */
const char *flow_language(const struct flow *f);

#endif
