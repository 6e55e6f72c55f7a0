/* SPDX-License-Identifier: ISC */
/*
 * callctl_stat: one look at all daemons by the bus.
 *
 * What is lost and what waits has a name of its own in each daemon's stat;
 * here they are summed up, so that a number over 0 says where to look.
 */
#ifndef TOOLS_CALLCTL_STAT_H
#define TOOLS_CALLCTL_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus.h"
#include "common/json.h"
#include "tools/callctl.h"

struct look_daemon {
	char	name[BUS_NAME_SIZE];
	bool	running;		/* holds its lock, or was heard */
	struct json_object *stat;	/* NULL: not heard */
};
struct look {
	struct look_daemon	*daemons;
	size_t			 n;
};

/*
 * Wait until every running daemon was heard, at most peer_dead_ms. 0, or -1
 * (told why).
 */
int	look_around(struct ctl *ctl, struct look *ret);
void	look_clear(struct look *l);
/* Sums of a stat's counters. Pure. */
int64_t	look_drops(struct json_object *stat);
int64_t	look_queue(struct json_object *stat);

#endif
