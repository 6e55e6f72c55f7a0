/* SPDX-License-Identifier: ISC */
/* campaignpace: how many calls of a campaign may begin now. Pure. */
#ifndef WEBHOOKD_CAMPAIGNPACE_H
#define WEBHOOKD_CAMPAIGNPACE_H

#include <stdint.h>

#include "common/dialopts.h"

/*
 * At most batch in progress; with a pause between calls one at a time, when
 * its time (next_at, below 1: now) came.
 */
int	campaignpace_room(const struct dial_options *o, int in_progress, int64_t next_at, int64_t now);
/* When the call after one that begins now may begin. A clock that was set back does not stop it: see room. */
int64_t	campaignpace_next(int min_ms, int max_ms, uint32_t random, int64_t now);

#endif
