/* SPDX-License-Identifier: ISC */
/*
 * store_list: lists that only the tools ask for (store.h has the rest). fn
 * returns false to stop; 0, or -1 with errno.
 */
#ifndef COMMON_STORE_LIST_H
#define COMMON_STORE_LIST_H

#include "common/store.h"

/* By number. */
int	store_each_contact(struct store *s, bool (*fn)(void *arg, const struct store_contact *c), void *arg);
/* Oldest first. */
int	store_each_recording(struct store *s, const struct callid *call,
	    bool (*fn)(void *arg, const struct store_recording *r), void *arg);
/* 1, 0, -1 with errno. */
int	store_get_recording(struct store *s, int64_t id, struct store_recording *ret);
/*
 * Calls that began before that time (wall ms), newest first, and of those of
 * that very millisecond the ones whose id is less than before_id (NULL: none):
 * the time and the id of a page's last call give the next page. caller may be NULL.
 */
int	store_each_call_before(struct store *s, int64_t before, const struct callid *before_id, bool open_only, const char *caller, int limit,
	    bool (*fn)(void *arg, const struct store_call *c), void *arg);
/* Jobs of one call, oldest first. */
int	store_each_job_of(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_job *j),
	    void *arg);
/*
 * The call whose id begins with prefix, which is not empty: 1 there is one, 0
 * none, -1 errno (EEXIST: several).
 */
int	store_find_call_by_prefix(struct store *s, const char *prefix, struct callid *ret);

#endif
