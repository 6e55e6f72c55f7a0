/* SPDX-License-Identifier: ISC */
/*
 * retain: retention. Once an hour what is older than retention_events_days (with finished jobs),
 * retention_transcripts_days, retention_audio_days is deleted, each in batches with a
 * pause between them, so that calls do not notice. Transcripts are the texts of
 * turns, of recordings, and the answers to flows; audio is the files of recordings and
 * their rows (the file first: one that cannot be deleted keeps its row, is
 * logged, and tried again the next hour), and the pieces of media.h that nobody needed since. 0 days: for ever.
 * Files that nobody answers for (leftover.h) are looked at in each round.
 */
#ifndef WEBHOOKD_RETAIN_H
#define WEBHOOKD_RETAIN_H

#include <stdint.h>

struct retain;
struct webhookd;

struct retain_stats { uint64_t batches, files, files_failed; };

struct retain *retain_new(struct webhookd *w);	/* NULL: ENOMEM; the first round begins at once */
void	retain_free(struct retain *k);
const struct retain_stats *retain_get_stats(const struct retain *k);

#endif
