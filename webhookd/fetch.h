/* SPDX-License-Identifier: ISC */
/*
 * fetch: recordings of Vonage, downloaded (spec/vonage.md 8). Each is a job of kind
 * "fetch".
 *
 * The body goes to RECORD_DIR/vonage/NAME.part as it comes; beside it NAME.tag says of which
 * version it is (ETag, length), so that the next attempt, of this process or another, asks for
 * the rest only. A server that does not go on from there, or has another version, is read from
 * its beginning. What is complete (Content-Length, and the size in the event) is synced, hashed and
 * renamed by a thread: a file that is there under its name is whole. The bearer token goes to https under
 * vonage.com and nexmo.com only (vonage_url_ok()). A full disk fails the attempt, and removes its part.
 */
#ifndef WEBHOOKD_FETCH_H
#define WEBHOOKD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store.h"

struct json_object;
struct webhookd;

/* call is NULL when nobody knows it; row's text is valid until the return. Its row is committed. */
typedef void recording_fn(struct webhookd *w, const struct callid *call, const struct store_recording *row);

#define FETCH_HOOKS_MAX	4
struct fetch_hooks { recording_fn *fn[FETCH_HOOKS_MAX]; size_t n; };
/* fn is told of every recording from now on. At most FETCH_HOOKS_MAX. */
void	fetch_on_arrival(struct webhookd *w, recording_fn *fn);

/*
 * Add the job for a record event; members as in spec 8 (recording_url, size,
 * recording_uuid, conversation_uuid, start_time, end_time). call may be NULL: then its conversation finds it.
 * done (NULL: nobody asks) gets word of its commit.
 * 0; 1: the recording is there, done does not run; -1 with errno, having said why: EINVAL (no URL, size 0), EPERM (a host that gets no token), those of jobs_add().
 */
int	fetch_add(struct webhookd *w, const struct callid *call, struct json_object *members, store_done *done, void *arg);

/* "wav", "mp3", "ogg" by the first bytes, else by the Content-Type; NULL: neither. Pure. */
const char *fetch_format(const void *head, size_t len, const char *type);

#endif
