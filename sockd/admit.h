/* SPDX-License-Identifier: ISC */
/* admit: may this WebSocket upgrade in? Draining, id, token, room, in this order. */
#ifndef SOCKD_ADMIT_H
#define SOCKD_ADMIT_H

#include "sockd/ws.h"

struct sockd;

/* 0, or 400 (id), 401 (no token), 403 (forged, expired, used before), 503 (draining, full); logged and counted. */
int	admit(struct sockd *s, const struct ws_request *req);

#endif
