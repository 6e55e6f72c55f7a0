/* SPDX-License-Identifier: ISC */
/* actions_impl: the table behind actions. Not for others. */
#ifndef WEBHOOKD_ACTIONS_IMPL_H
#define WEBHOOKD_ACTIONS_IMPL_H

#include <stdbool.h>

#include "webhookd/actions.h"

enum option_type {
	OPT_STR,	/* text: words, or chars and at most max characters */
	OPT_TALK,	/* text of talk */
	OPT_INT,	/* whole number min to max */
	OPT_NUM,	/* number min to max; as text too */
	OPT_BOOL,
	OPT_URL,	/* words: its schemes; http and https */
	OPT_URL1,	/* array of exactly one of them */
	OPT_SPOKEN,	/* language of a talk */
	OPT_HEARD,	/* language of speech */
	OPT_STRV,	/* array of at most max texts, of words */
	OPT_OBJ,	/* object of sub */
	OPT_ANY,	/* object of anything */
	OPT_ENDPOINT	/* array of exactly one endpoint */
};

struct option {
	const char		*name;
	enum option_type	 type;
	double			 min, max;
	const char *const	*words;
	const char		*chars;
	const struct option	*sub;
	bool			 required;
};
struct action { const char *name; const struct option *options; };	/* or an endpoint */

extern const struct action actions_table[], actions_endpoints[];

#endif
