/* SPDX-License-Identifier: ISC */
/*
 * throttle: how often somebody may come, by a key (an address, a number). A
 * token bucket for each key, in a table with a maximum: the key that was not
 * seen for longest is forgotten, which does it no harm but a full bucket.
 * Time is the caller's; no I/O.
 */
#ifndef WEBHOOKD_THROTTLE_H
#define WEBHOOKD_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#define THROTTLE_KEY_SIZE	64	/* longer keys share a bucket by their first bytes */

struct throttle;
struct throttle *throttle_new(size_t max_keys);	/* NULL: ENOMEM */
void	throttle_free(struct throttle *t);
/*
 * Take one token of the key's bucket, which holds burst tokens (1 or more) and
 * gains per_minute of them in a minute. 0: taken; else none was there, and the
 * ms until there is one. per_minute 0 is no limit. No memory: taken.
 */
int64_t	throttle_take(struct throttle *t, const char *key, int64_t per_minute, int64_t burst, int64_t now_mono_ms);
size_t	throttle_count(const struct throttle *t);

#endif
