/* SPDX-License-Identifier: ISC */
/* flow_impl: what flow.c, flow_set.c and flow_check.c share. Not for others. */
#ifndef WEBHOOKD_FLOW_IMPL_H
#define WEBHOOKD_FLOW_IMPL_H

#include "webhookd/flow.h"

#define FLOW_FILE_MAX	65536	/* bytes */
#define FLOW_VALUE_MAX	8192	/* bytes of one text with its variables */
#define FLOW_STEPS_MAX	200
#define FLOW_FILES_MAX	200

struct flow {
	char			 name[FLOW_NAME_MAX + 1];
	char			*path, *text;	/* as read, to tell lines */
	size_t			 len;
	struct json_object	*root, *vars;	/* vars: defaults, in root; NULL none */
	struct flow_step	*steps;		/* [0] is "start" */
	size_t			 nsteps;
};

struct flow_set {
	struct flow	*flows[FLOW_FILES_MAX];
	size_t		 n;
};

/* flow.c: takes name and path, copies text. NULL: told. */
struct flow *flow_parse(const char *name, const char *path, const char *text, size_t len, struct flow_report *r);
void	flow_free(struct flow *f);
bool	flow_name_ok(const char *name);
/* The next ${name} of a text; false when there is none. */
bool	flow_next_var(const char *text, const char **ret_begin, const char **ret_name, size_t *ret_len, const char **ret_end);

/* flow_check.c: all that can be wrong with flows that parse. */
void	flow_check(const struct flow_set *set, struct flow_report *r);
/* "PATH:LINE: cause" where the JSON path stands. */
void	flow_tell(const struct flow *f, struct flow_report *r, bool warning, const char *json_path, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void	flow_tell_text(struct flow_report *r, bool warning, const char *text);

#endif
