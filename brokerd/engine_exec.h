/* SPDX-License-Identifier: ISC */
/*
 * engine_exec: an engine that is a program (callpipe-engine(7)).
 *
 * instances processes are kept running; each takes one request at a time (or
 * as many as its first line says). Further requests wait, at most `queue` of them
 * and none longer than first_byte_ms. A process that has a request and sends
 * nothing for progress_ms, breaks the protocol or ends is killed and started
 * again: the first time at once, then after 100 ms, doubling up to 10 s until a
 * request succeeds. Its requests fail with "try again at once". While all
 * processes keep failing, requests are refused with EHOSTDOWN.
 */
#ifndef BROKERD_ENGINE_EXEC_H
#define BROKERD_ENGINE_EXEC_H

#include "brokerd/config.h"
#include "brokerd/engine.h"

struct event_base;

/* Starts the processes. conf is copied. NULL with errno. */
struct engine *engine_exec_new(struct event_base *base, const struct engine_conf *conf);

#endif
