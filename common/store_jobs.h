/* SPDX-License-Identifier: ISC */
/*
 * store_jobs: who does which job (store.h has the row). Completions and
 * refusals as in store.h; "ENOENT" is what a completion gets.
 *
 * A job is claimed before it is done: state "running", its owner's name and, in
 * next_at, the end of the lease. After that time anybody may claim it, so that
 * one whose owner died is done; two never have it at once.
 */
#ifndef COMMON_STORE_JOBS_H
#define COMMON_STORE_JOBS_H

#include "common/store.h"

/*
 * Jobs of a kind that may be claimed now (waiting, parked, or with a lease that ran out; none
 * before it in its line is unfinished), oldest first, at most limit (0: all).
 */
int	store_due_jobs(struct store *s, const char *kind, int64_t now, int limit,
    bool (*fn)(void *arg, const struct store_job *j), void *arg);
/* Counts an attempt. ENOENT: it is not due, or somebody else was first. */
int	store_claim_job(struct store *s, int64_t id, const char *owner, int64_t now, int64_t until, store_done *done, void *arg);
/* j's id, owner, state, attempts, rounds, next_at (-1: none), error. Changes nothing when another process has it. */
int	store_end_job(struct store *s, const struct store_job *j, store_done *done, void *arg);
/* Whether a recording of Vonage is there already: 1, 0, or -1 with errno. */
int	store_has_recording(struct store *s, const char *uuid);
/* Whether a file has its row. As above. */
int	store_has_recording_file(struct store *s, const char *path);
/* Whether a download of that name (the recording's uuid, or "job-ID") is still to be done. As above. */
int	store_fetch_unfinished(struct store *s, const char *name);
/* Whether that call has or had a job of that kind and key, finished ones too. As above. */
int	store_had_job(struct store *s, const struct callid *call, const char *kind, const char *key);
/* A longer lease. ENOENT: it is lost. */
int	store_renew_job(struct store *s, int64_t id, const char *owner, int64_t until, store_done *done, void *arg);
/* Leases of a process that is no more end now. */
int	store_release_jobs(struct store *s, const char *owner, int64_t now);
/* By hand. Again from the first attempt, now. ENOENT: no such job, or it is done or running; EEXIST: one with its key is unfinished. */
int	store_retry_job(struct store *s, int64_t id, int64_t now, store_done *done, void *arg);
/* Never again. ENOENT: no such job, or it is done or running. */
int	store_drop_job(struct store *s, int64_t id, store_done *done, void *arg);

#endif
