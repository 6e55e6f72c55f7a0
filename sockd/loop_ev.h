/* SPDX-License-Identifier: ISC */
/*
 * loop_ev: the loop of common/loop.h on libev, because packaged libwebsockets
 * has no libevent plugin (stack.md 1). loop_native() is a struct ev_loop.
 */
#ifndef SOCKD_LOOP_EV_H
#define SOCKD_LOOP_EV_H

#include "common/loop.h"

extern const struct loop_ops loop_libev;

#endif
