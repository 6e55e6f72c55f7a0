/* SPDX-License-Identifier: ISC */
/*
 * orders: what comes into sockd's mailbox, dealt out to route and play. An
 * order for a call that is not here is answered with call.end (reason
 * "unknown"), so that a process that missed the end lets go of it.
 */
#ifndef SOCKD_ORDERS_H
#define SOCKD_ORDERS_H

#include "common/bus.h"

struct sockd;

void	orders_take(struct sockd *s, const struct bus_msg *msg);

#endif
