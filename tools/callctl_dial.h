/* SPDX-License-Identifier: ISC */
/* callctl_dial: what callctl dial and callctl campaign share. */
#ifndef TOOLS_CALLCTL_DIAL_H
#define TOOLS_CALLCTL_DIAL_H

#include "common/store_dial.h"
#include "tools/callctl.h"

struct json_object *ctl_dial_json(const struct store_dial *d);	/* NULL: ENOMEM */
void	ctl_dial_heading(struct ctl *ctl);
void	ctl_dial_row(struct buf *b, const struct store_dial *d);
void	ctl_nap(int ms);
/* Wait for a queued write whose completion sets *err; rc is what queueing it returned. 0 or an errno value. */
int	ctl_written(struct ctl *ctl, int rc, const int *err);

#endif
