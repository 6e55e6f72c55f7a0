/* SPDX-License-Identifier: ISC */
/* restlist: legs as GET /v1/calls shows them: filters, pages, HAL links (spec/vonage.md 7.2, 7.3). Pure. */
#ifndef CALLSIM_RESTLIST_H
#define CALLSIM_RESTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/callsim/control.h"
#include "tools/callsim/rest.h"

#define RESTLIST_PAGE		10
#define RESTLIST_PAGE_MAX	100

struct restlist {		/* a query; texts point into it */
	const char	*status;	/* NULL: any */
	const char	*conversation;	/* NULL: any */
	const char	*start, *end;	/* as they came, for the links */
	int64_t		 start_ms, end_ms;	/* wall time of creation; 0, INT64_MAX: any */
	int64_t		 page_size, record_index;
	bool		 descending;
};

/* 0, or -1 with the reply's 400: unknown names and bad values are refused. */
int	restlist_parse(const struct evkeyvalq *query, struct restlist *ret, struct rest_reply *reply);
bool	restlist_takes(const struct restlist *q, const struct control_info *info);
/* A leg; the caller puts it. NULL: ENOMEM. */
struct json_object *restlist_call(const struct control_info *info);
/* The page of calls: all that match, oldest first (borrowed). The caller puts it. NULL: ENOMEM. */
struct json_object *restlist_page(const struct restlist *q, struct json_object *calls);

#endif
