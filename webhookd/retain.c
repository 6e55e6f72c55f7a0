/* SPDX-License-Identifier: ISC */
#include "webhookd/retain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_keep.h"
#include "webhookd/leftover.h"
#include "webhookd/media.h"
#include "webhookd/webhookd.h"

#define DAY_MS		86400000LL
#define ROUND_US	3600000000LL
#define BATCH_US	200000		/* between two batches */
#define FILES_AT_ONCE	20		/* unlink() of a large file takes some ms */

struct retain {
	struct webhookd		*w;
	struct loop_watch	*timer;
	int64_t			 last_recording;	/* of this round */
	bool			 more;
	struct leftovers	*leftovers;
	bool			 more_files;		/* of the leftovers of this round */
	struct retain_stats	 stats;
};

/* Wall ms before which things are too old; 0: nothing is. */
static int64_t
before(int days)
{
	return days > 0 ? clock_wall_ms() - days * DAY_MS : 0;
}

static void
drop(struct retain *k, enum store_old what, int days)
{
	int64_t	limit = before(days);
	int	rc;

	if (limit == 0 || (rc = store_any_old(k->w->store, what, limit)) == 0)
		return;
	if (rc == 1)
		rc = store_drop_old(k->w->store, what, limit, NULL, NULL);
	if (rc == -1) {
		log_warn(NULL, "retention", "cause=%s did=waits_for_the_next_round", LOG_Q(strerror(errno)));
		return;
	}
	k->stats.batches++;
	k->more = true;
}

static bool
drop_file(void *arg, const struct store_recording *r)
{
	struct retain	*k = arg;
	struct log_ctx	 ctx = { r->call.text };

	k->more = true;
	k->last_recording = r->id;
	if (unlink(r->path) == -1 && errno != ENOENT) {
		k->stats.files_failed++;
		log_error(&ctx, "retention.file", "path=%s cause=%s", LOG_Q(r->path), LOG_Q(strerror(errno)));
		return true;
	}
	k->stats.files++;
	if (store_drop_recording(k->w->store, r->id, NULL, NULL) == -1)
		log_warn(&ctx, "retention", "cause=%s did=waits_for_the_next_round", LOG_Q(strerror(errno)));
	return true;
}

/* What the bot said to somebody, where Vonage has no voice for it. */
static void
drop_spoken(struct retain *k, int64_t limit)
{
	int	n = media_drop_unused(k->w, limit, FILES_AT_ONCE);

	if (n > 0) {
		k->stats.files += (uint64_t)n;
		k->more = true;
	} else if (n == -1 && errno != ENOENT)
		log_warn(NULL, "retention", "what=media cause=%s did=waits_for_the_next_round", LOG_Q(strerror(errno)));
}

/* Once a round, in looks of their own, however long the rest takes. */
static void
drop_leftovers(struct retain *k)
{
	unsigned long	deleted = 0;

	if (k->more_files) {
		k->more_files = leftovers_look(k->leftovers, &deleted);
		k->stats.files += deleted;
	}
	if (k->more_files)
		k->more = true;
	else if (!k->more)
		k->more_files = true;		/* of the next round */
}

static void
on_timer(void *arg)
{
	struct retain		*k = arg;
	const struct webhookd_conf *c = conf_of(k->w);
	int64_t			 limit = before(c->retention_audio_days);

	k->more = false;
	drop(k, STORE_OLD_EVENTS, c->retention_events_days);
	drop(k, STORE_OLD_JOBS, c->retention_events_days);
	drop(k, STORE_OLD_TRANSCRIPTS, c->retention_transcripts_days);
	drop(k, STORE_OLD_ANSWERS, c->retention_transcripts_days);
	if (limit != 0 && store_old_recordings(k->w->store, limit, k->last_recording, FILES_AT_ONCE, drop_file, k) == -1)
		log_warn(NULL, "retention", "cause=%s did=waits_for_the_next_round", LOG_Q(strerror(errno)));
	if (limit != 0)
		drop_spoken(k, limit);
	drop_leftovers(k);
	if (!k->more)
		k->last_recording = 0;
	loop_timer_set(k->w->d->loop, k->timer, k->more ? BATCH_US : ROUND_US);
}

struct retain *
retain_new(struct webhookd *w)
{
	struct retain	*k;

	if ((k = mem_calloc(1, sizeof(*k))) == NULL)
		return NULL;
	k->w = w;
	k->more_files = true;
	if ((k->leftovers = leftovers_new(w)) == NULL || (k->timer = loop_timer_new(w->d->loop, on_timer, k)) == NULL) {
		leftovers_free(k->leftovers);
		free(k);
		return NULL;
	}
	loop_timer_set(w->d->loop, k->timer, 0);
	return k;
}

void
retain_free(struct retain *k)
{
	if (k == NULL)
		return;
	loop_watch_free(k->w->d->loop, k->timer);
	leftovers_free(k->leftovers);
	free(k);
}

const struct retain_stats *
retain_get_stats(const struct retain *k)
{
	return &k->stats;
}
