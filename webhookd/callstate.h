/* SPDX-License-Identifier: ISC */
/*
 * callstate: ask Vonage how a call is (GET /v1/calls/ID), and take the answer
 * for the event that did not come: the first leg and the call move as if it
 * had been told, and a dial gets its result. A call that Vonage does not know (any
 * more) is over.
 */
#ifndef WEBHOOKD_CALLSTATE_H
#define WEBHOOKD_CALLSTATE_H

#include <stdbool.h>

struct callid;
struct webhookd;

/* over: the call has ended. known: Vonage told; false: ask again later. */
typedef void callstate_fn(void *arg, bool over, bool known);
/* fn may be NULL. 0 and it runs once; -1 with errno (vonage_get()), and it does not. */
int	callstate_ask(struct webhookd *w, const struct callid *call, callstate_fn *fn, void *arg);

#endif
