/* SPDX-License-Identifier: ISC */
/*
 * jobs: requests that must survive, as rows of the store: hang-ups on
 * brokerd's order.
 *
 * A job that is started gets its next time set ahead (a lease), so that it is
 * tried again if this process dies with it; several webhookds may do one twice, which
 * a hang-up bears (404 is success). Tried JOBS_ATTEMPTS times with growing pauses.
 */
#ifndef WEBHOOKD_JOBS_H
#define WEBHOOKD_JOBS_H

struct callid;
struct jobs;
struct webhookd;

#define JOBS_ATTEMPTS	8
#define JOBS_AT_ONCE	16

struct jobs *jobs_new(struct webhookd *w);	/* NULL: ENOMEM; begins with what is due */
void	jobs_free(struct jobs *j);
void	jobs_kick(struct jobs *j);		/* look now */
/* Hang up a call whose job could not be stored (a full disk): once, now. */
void	jobs_hang_up_now(struct jobs *j, const struct callid *call);

#endif
