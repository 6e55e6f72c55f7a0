/* SPDX-License-Identifier: ISC */
/* dialargs: the options that callctl dial and callctl campaign run share, as options of a dial (dialopts.h). */
#ifndef TOOLS_DIALARGS_H
#define TOOLS_DIALARGS_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum {
	DIALARG_FLOW = 2000, DIALARG_VAR, DIALARG_KEY, DIALARG_WAIT, DIALARG_NAME, DIALARG_SKIP_BAD, DIALARG_WATCH, DIALARG_CSV,
	DIALARG_FIRST,			/* below: options of the dial */
	DIALARG_FROM = DIALARG_FIRST, DIALARG_AMD, DIALARG_AMD_HANGUP, DIALARG_BEEP, DIALARG_RINGING, DIALARG_LENGTH,
	DIALARG_MAX, DIALARG_RETRY_MACHINE, DIALARG_RETRY, DIALARG_QUIET, DIALARG_PACE, DIALARG_AT_ONCE, DIALARG_BATCH
};
/* Rows for getopt_long() of the options of a dial; those of a campaign come last. */
extern const struct option dialarg_longs[];
#define DIALARG_NDIAL		10
#define DIALARG_NCAMPAIGN	13

/* Take one into o; false: why is in err. arg may be NULL for those without. */
bool	dialarg_take(struct json_object *o, int option, const char *arg, char *err, size_t err_size);

#endif
