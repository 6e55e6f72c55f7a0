/* SPDX-License-Identifier: ISC */
/*
 * route: which vadd hears a call and which brokerd leads it.
 *
 * A call is given to the least loaded live vadd (call.route) and offered to
 * the least loaded live brokerd (call.offer). No claim within claim_ms, a
 * decline or a full mailbox: the next one. When all were asked, or there is none, the
 * call is kept and offered again each second. When the owner dies or releases it
 * the call is offered again as `resume`; when the vadd dies another gets it, under a
 * new generation (utterances are numbered from 1 again), and the owner
 * is offered it again first, which keeps its rights meanwhile.
 *
 * Each offer has a new generation, greater than all before of this process and
 * at least the wall clock in ms.
 */
#ifndef SOCKD_ROUTE_H
#define SOCKD_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bus.h"

#define ROUTE_RETRY_MS	1000

struct call;
struct sockd;

/* The call is live: choose a vadd, offer it. */
void	route_begin(struct call *c, int64_t now_ms);
/* Its socket, clock or rate changed: everybody is told under a new generation; the owner is asked first. */
void	route_again(struct call *c, int64_t now_ms);
void	route_housekeeping(struct call *c, int64_t now_ms);
/* call.end to vadd and brokerd. */
void	route_end(struct call *c, const char *reason);

/* Orders; c is the call. */
void	route_claim(struct call *c, const struct bus_msg *msg);
void	route_decline(struct call *c, const struct bus_msg *msg);
void	route_release(struct call *c, const struct bus_msg *msg);
void	route_profile(struct call *c, const struct bus_msg *msg);
/* A process came or went. */
void	route_peer(struct sockd *s, struct bus_peer *peer);

/* May this sender give orders of that generation for the call? */
bool	route_from_owner(const struct call *c, const char *from, int64_t gen);
bool	route_from_vadd(const struct call *c, const char *from, int64_t gen);
/* The generation that the owner knows. */
int64_t	route_owner_gen(const struct call *c);
/* Order to the owner, if there is one, and the fact, if wanted. */
void	route_tell(const struct call *c, enum msg_kind kind, const void *fields, bool fact);

#endif
