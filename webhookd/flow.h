/* SPDX-License-Identifier: ISC */
/*
 * flow: NCCO templates.
 *
 * A flow is a JSON file, an object with "ncco": an array of actions in which
 * every string may hold ${name} variables. They are replaced inside the parsed
 * tree, so a value can never break out of its string; its bytes that are no
 * UTF-8 become U+FFFD. A variable that is not defined is an error when the file
 * is loaded (the names are known), a "$" that begins no "${" is itself. An action whose member "when" names a variable is
 * left out when that variable is empty ("when" itself is never sent).
 * Pure but for flow_load(), which reads one file.
 */
#ifndef WEBHOOKD_FLOW_H
#define WEBHOOKD_FLOW_H

#include <stddef.h>

struct flow;
struct json_object;

struct flow_var { const char *name, *value; };	/* value NULL counts as "" */

/*
 * names: the variables that may be used, ended by NULL. NULL with
 * "file: cause" in err: unreadable, over 64 KiB, malformed, an unknown variable.
 */
struct flow *flow_load(const char *path, const char *const *names, char *err, size_t err_size);
struct flow *flow_parse(const char *what, const char *text, size_t len, const char *const *names,
    char *err, size_t err_size);
void	flow_free(struct flow *f);
/* The NCCO with the variables filled in; the caller puts it. NULL: ENOMEM. */
struct json_object *flow_render(const struct flow *f, const struct flow_var *vars, size_t nvars);

#endif
