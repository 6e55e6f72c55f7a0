/* SPDX-License-Identifier: ISC */
/*
 * jobs: requests that must survive, as rows of the store.
 *
 * A job has a kind (job_*.c, fetch.c), a call or none, and arguments as a JSON object. It is
 * claimed (committed, with a lease) before it is begun, so several webhookds share the
 * work and one that dies leaves it to the others; the jobs of a process that comes back are
 * its own at once. An attempt that fails for a while is made again after a pause that grows,
 * with jitter, or when Retry-After said so; after JOBS_ATTEMPTS it is parked: a second queue
 * that is tried again every job_retry_s, for at most job_rounds rounds; then it has failed.
 * callctl shows them, sets one back or drops it.
 *
 * Kinds at the moment, with their arguments; "leg" (default: the call's first) where it is about a leg:
 *   hangup   {leg, reason}; goes before all others at Vonage
 *   control  {leg, body, left}: body of PUT /v1/calls/LEG; left: flow_leave() gave it; in line
 *   play     {leg, what, body}: as vonage_play(); in line
 *   fetch    fetch.h makes them
 *   sms      {to, from, text, ref}; from: default sms_from. Never done twice
 *   turn     recturn.h makes them
 *   summary  {to}: text by the assistant, then an sms
 *   transfer {turn}: brokerd makes them (job_transfer.c); in line
 * In line: those of a call are done in the order in which they were added.
 */
#ifndef WEBHOOKD_JOBS_H
#define WEBHOOKD_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "common/store.h"

struct callid;
struct job;
struct jobs;
struct json_object;
struct vonage_reply;
struct webhookd;

#define JOBS_ATTEMPTS	5		/* of a round */
#define JOBS_LEASE_MS	30000		/* more than any request takes; longer work renews it */

enum job_result {
	JOB_DONE,
	JOB_AGAIN,		/* failed for now */
	JOB_REFUSED		/* failed for good */
};

struct job_kind {
	const char	*name;
	/* Begin; job_end() is called now or later. */
	void		 (*start)(struct job *job);
	/* We stop: drop what start() began, call nothing. May be NULL. */
	void		 (*stop)(struct job *job);
	int		 at_once;	/* in this process */
	int		 pause_ms;	/* after the first attempt; then pause_factor times as long, at most 60 s */
	int		 pause_factor;
	int64_t		 parked_max_ms;	/* pause between rounds, if that is less than job_retry_s; 0: is never parked */
	bool		 once;		/* one whose end is not known is not done again */
	bool		 in_line;
	bool		 of_call;	/* senseless when the call is over */
};
extern const struct job_kind job_hangup, job_control, job_play, job_fetch, job_sms, job_turn, job_summary, job_transfer;

struct job {			/* one under way here */
	const struct job_kind	*kind;
	struct webhookd		*w;
	struct store_job	 row;		/* id 0: it has no row */
	struct json_object	*args;		/* never NULL */
	int64_t			 retry_after_ms;	/* for JOB_AGAIN; -1 */
	void			*own;		/* the kind's */
	struct jobs		*jobs;
	bool			 interrupted;	/* somebody began it before and did not come to an end */
	bool			 claiming;	/* its claim is being committed */
};
/* Ends it; text (for people) may be NULL. The job is gone afterwards. */
void	job_end(struct job *job, enum job_result result, const char *text);
/* What an answer of Vonage means for a job. */
void	job_end_reply(struct job *job, const struct vonage_reply *reply);
/* vonage_X() returned -1 with this errno. */
void	job_end_errno(struct job *job, int e);
/* Its leg, and the region_url of its call ("" unknown). */
const char *job_leg(const struct job *job);
const char *job_region(struct job *job);
struct log_ctx job_log(const struct job *job);
/* A longer lease, for work in several steps; call it now and then. */
void	job_renew(struct job *job);

struct jobs *jobs_new(struct webhookd *w);	/* NULL: ENOMEM; begins with what is due */
/* Stops what is under way; its rows are free for others. Completions of the store run in it. */
void	jobs_free(struct jobs *j);
void	jobs_kick(struct jobs *j);		/* look now; NULL is a no-op */
void	jobs_drain(struct jobs *j);		/* begin no more */
size_t	jobs_busy(const struct jobs *j);	/* under way, without those that go on elsewhere (fetch, turn) */
/*
 * Store a job; it is begun when it is committed, not before not_before_wall_ms (0: now). call may be NULL, or
 * key: an unfinished job with the same kind and key makes this one superfluous. args (borrowed) may be NULL.
 * 0, or -1 with errno: EINVAL (no such kind), EMSGSIZE (args), those of store_add_job().
 */
int	jobs_add(struct webhookd *w, const char *kind, const struct callid *call, const char *key,
    struct json_object *args, int64_t not_before_wall_ms);
/* The same for now, with the row in ret (without its id) and word of its commit; the caller kicks. */
int	jobs_add_then(struct webhookd *w, const char *kind, const struct callid *call, const char *key,
    struct json_object *args, struct store_job *ret, store_done *done, void *arg);
/* Hang up a call whose job could not be stored (a full disk): once, now. */
void	jobs_hang_up_now(struct jobs *j, const struct callid *call);
/* ms to the next attempt, after so many; within a quarter of the nominal pause. */
int64_t	jobs_pause_ms(const struct job_kind *kind, int attempts);

#endif
