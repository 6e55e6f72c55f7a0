/* SPDX-License-Identifier: ISC */
/*
 * hear: what comes in on a call's socket. A binary message is one 20 ms frame
 * of the call's rate or it is dropped and counted; SOCKD_BAD_FRAMES_MAX in a row close
 * the call (1003). Audio before websocket:connected is kept, the last second of it.
 */
#ifndef SOCKD_HEAR_H
#define SOCKD_HEAR_H

#include <stddef.h>

struct call;

void	hear_audio(struct call *c, const void *data, size_t len);
/* The call may be gone after it. */
void	hear_text(struct call *c, const char *text, size_t len);
/* The call is live: take what came before. */
void	hear_early(struct call *c);

#endif
