/* SPDX-License-Identifier: ISC */
/*
 * reconnect: what a call is told when its socket was lost.
 *
 * A `disconnected` (or a socket that could not connect) of a call that goes on is
 * answered with an NCCO that connects it to a living sockd: the same call,
 * history kept, no greeting. With none alive the answer waits up to
 * reconnect_wait_ms for one (a supervisor is about to start it; Vonage waits 10 s,
 * spec/vonage.md 1.2), then it is a spoken "one moment" and the connect to the address
 * that is known. After max_reconnects sockets the call is told an apology.
 */
#ifndef WEBHOOKD_RECONNECT_H
#define WEBHOOKD_RECONNECT_H

#include "common/callid.h"
#include "webhookd/webhookd.h"

struct reconnect *reconnect_new(struct webhookd *w);	/* NULL: ENOMEM */
/* Answers what still waits with "one moment". */
void	reconnect_free(struct reconnect *r);
/* Answers req now or later; key is the event's, "" none: doubled ones get the same NCCO. */
void	reconnect_start(struct reconnect *r, struct http_req *req, const struct callid *id, const char *key);
/* A sockd came up: answer those who wait. */
void	reconnect_retry(struct reconnect *r);

#endif
