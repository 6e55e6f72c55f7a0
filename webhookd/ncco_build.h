/* SPDX-License-Identifier: ISC */
/* ncco_build: a rendered step made ready to be sent. See ncco.h. */
#ifndef WEBHOOKD_NCCO_BUILD_H
#define WEBHOOKD_NCCO_BUILD_H

#include "webhookd/flow.h"

struct known_call;
struct webhookd;

/* The caller puts it. NULL: ENOMEM. */
struct json_object *ncco_build(struct webhookd *w, struct known_call *call, const struct flow_step *step,
    const struct flow_scope *scope);

#endif
