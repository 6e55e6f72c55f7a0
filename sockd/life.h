/* SPDX-License-Identifier: ISC */
/*
 * life: a call from its socket's opening to its end.
 *
 * It is live from websocket:connected on. A second socket with a valid token for the
 * same call takes it over at its own websocket:connected: the old socket is
 * closed with 4409 "replaced", everything else stays: the clock goes on where the
 * moment is mapped (the gap is silence), playback goes on from what was heard, the
 * recording goes on, the generation rises and the owner is offered the
 * call again (resume). If the rate differs, playback is cut (reason closed)
 * and another recording begins.
 */
#ifndef SOCKD_LIFE_H
#define SOCKD_LIFE_H

#include <stdint.h>

#include "sockd/ws.h"

struct call;
struct sockd;
struct vtext_connected;

extern const struct ws_ops life_ws_ops;		/* arg is struct sockd */

/* websocket:connected came. The call may be gone after it (another took its socket). */
void	life_connected(struct call *c, const struct vtext_connected *who);
/* Close the socket of an open call; it ends when the close is done. reason is static. */
void	life_close(struct call *c, unsigned code, const char *reason, uint64_t *counter);
/* Each 100 ms. */
void	life_housekeeping(struct sockd *s, int64_t now_ms);

#endif
